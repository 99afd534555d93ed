/*
 * resources.c - see resources.h. Who models a kind adds its functions and its line here.
 */
#include "models/simulate/resources.h"

#include "models/interpreter/py_thread.h"
#include "models/library/lock.h"
#include "models/library/mp_lock.h"

struct resource_object {
	const struct resource *resource;
	const struct interpreter *interpreter; /* NULL: of the whole program */
	void *object;
	struct resource_object *next;
};

/* ---- Locks ---- */

static void *make_lock(struct simulation *simulation, const struct resource *resource)
{
	struct py_lock *lock = region_alloc(simulation->region, sizeof(*lock));

	lock->name = resource->name;
	return lock;
}

static bool is_lock_waited_for(const void *object, const struct futex *waiters, const struct os_thread **owner)
{
	const struct py_lock *lock = object;

	*owner = lock->owner;
	return waiters == &lock->waiters;
}

static void *make_mp_lock(struct simulation *simulation, const struct resource *resource)
{
	struct mp_lock *lock = region_alloc(simulation->region, sizeof(*lock));

	(void)resource;
	return lock;
}

static bool is_mp_lock_waited_for(const void *object, const struct futex *waiters, const struct os_thread **owner)
{
	const struct mp_lock *lock = object;

	*owner = lock->owner;
	return waiters == &lock->waiters;
}

/* ---- All of them ---- */

static const struct resource_class resources_of_threads[RESOURCE_KIND_COUNT] = {
	[RESOURCE_LOCK] = { "lock", make_lock, is_lock_waited_for },
};

static const struct resource_class resources_of_processes[RESOURCE_KIND_COUNT] = {
	[RESOURCE_LOCK] = { "lock", make_mp_lock, is_mp_lock_waited_for },
};

static const struct resource_class *const classes[] = {
	[SCOPE_THREADS] = resources_of_threads,
	[SCOPE_COROUTINES] = resources_of_coroutines,
	[SCOPE_PROCESSES] = resources_of_processes,
};

const struct resource_class *resource_class_of(const struct resource *resource)
{
	return &classes[resource->scope][resource->kind];
}

void *resource_object(struct os_thread *thread, struct simulation *simulation, uint32_t resource)
{
	const struct resource *wanted = &simulation->workload->resources[resource];
	const struct interpreter *interpreter = wanted->per_process ? py_current(thread)->interpreter : NULL;
	struct resource_object **place = &simulation->objects[resource];
	struct resource_object *made;

	while (*place && (*place)->interpreter != interpreter)
		place = &(*place)->next;
	if (*place)
		return (*place)->object;
	made = region_alloc(simulation->region, sizeof(*made));
	*made = (struct resource_object){ .resource = wanted, .interpreter = interpreter };
	made->object = resource_class_of(wanted)->make(simulation, wanted);
	*place = made;
	return made->object;
}

bool resource_waited_for(const struct simulation *simulation, const struct os_thread *thread,
			 const struct resource **resource, const struct os_thread **owner)
{
	for (uint32_t i = 0; i < simulation->workload->resource_count; i++) {
		const struct resource_class *class = resource_class_of(&simulation->workload->resources[i]);

		for (const struct resource_object *it = simulation->objects[i]; it; it = it->next) {
			if (!class->is_waited_for || !class->is_waited_for(it->object, thread->waiting_on, owner))
				continue;
			*resource = it->resource;
			return true;
		}
	}
	return false;
}
