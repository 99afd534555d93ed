/*
 * resources_process.c - see resources_process.h.
 */
#include "models/simulate/resources_process.h"

#include "models/simulate/resources.h"
#include "models/simulate/service.h"

/* ---- Locks and semaphores ---- */

static void *make_lock(struct simulation *simulation, const struct resource *resource)
{
	struct mp_semaphore *lock = region_alloc(simulation->region, sizeof(*lock));

	(void)resource;
	mp_semaphore_init(lock, 1);
	return lock;
}

static enum progress acquire_lock(struct os_thread *thread, void *object, sim_ns deadline_ns)
{
	return mp_semaphore_acquire(thread, object, deadline_ns);
}

static enum progress release_lock(struct os_thread *thread, void *object, int64_t count)
{
	(void)count;
	return mp_semaphore_release(thread, object);
}

static bool may_release_lock(const struct os_thread *thread, const void *object, int64_t count)
{
	const struct mp_semaphore *lock = object;

	(void)thread;
	(void)count;
	return lock->semaphore.value == 0;
}

static void *make_rlock(struct simulation *simulation, const struct resource *resource)
{
	struct mp_rlock *rlock = region_alloc(simulation->region, sizeof(*rlock));

	(void)resource;
	mp_rlock_init(rlock);
	return rlock;
}

static enum progress acquire_rlock(struct os_thread *thread, void *object, sim_ns deadline_ns)
{
	return mp_rlock_acquire(thread, object, deadline_ns);
}

static enum progress release_rlock(struct os_thread *thread, void *object, int64_t count)
{
	(void)count;
	return mp_rlock_release(thread, object);
}

static bool may_release_rlock(const struct os_thread *thread, const void *object, int64_t count)
{
	const struct mp_rlock *rlock = object;

	(void)count;
	return rlock->owner == thread;
}

static void *make_semaphore(struct simulation *simulation, const struct resource *resource)
{
	struct bounded_mp_semaphore *made = region_alloc(simulation->region, sizeof(*made));

	mp_semaphore_init(&made->semaphore, resource->size);
	made->limit = resource->kind == RESOURCE_BOUNDED_SEMAPHORE ? resource->size : INT64_MAX;
	return made;
}

static enum progress acquire_semaphore(struct os_thread *thread, void *object, sim_ns deadline_ns)
{
	struct bounded_mp_semaphore *bounded = object;

	return mp_semaphore_acquire(thread, &bounded->semaphore, deadline_ns);
}

static enum progress release_semaphore(struct os_thread *thread, void *object, int64_t count)
{
	struct bounded_mp_semaphore *bounded = object;

	return mp_semaphore_release_all(thread, &bounded->semaphore, count);
}

static bool may_release_semaphore(const struct os_thread *thread, const void *object, int64_t count)
{
	const struct bounded_mp_semaphore *bounded = object;

	(void)thread;
	return bounded->semaphore.semaphore.value <= bounded->limit - count;
}

/* ---- Conditions and events ---- */

static void *make_condition(struct simulation *simulation, const struct resource *resource)
{
	struct mp_condition *condition = region_alloc(simulation->region, sizeof(*condition));

	(void)resource;
	mp_condition_init(condition);
	return condition;
}

static enum progress acquire_condition(struct os_thread *thread, void *object, sim_ns deadline_ns)
{
	struct mp_condition *condition = object;

	return mp_rlock_acquire(thread, &condition->lock, deadline_ns);
}

static enum progress release_condition(struct os_thread *thread, void *object, int64_t count)
{
	struct mp_condition *condition = object;

	(void)count;
	return mp_rlock_release(thread, &condition->lock);
}

static bool may_release_condition(const struct os_thread *thread, const void *object, int64_t count)
{
	const struct mp_condition *condition = object;

	return may_release_rlock(thread, &condition->lock, count);
}

static void *make_event(struct simulation *simulation, const struct resource *resource)
{
	struct mp_event *event = region_alloc(simulation->region, sizeof(*event));

	(void)resource;
	mp_event_init(event);
	return event;
}

static void *make_barrier(struct simulation *simulation, const struct resource *resource)
{
	struct py_barrier *barrier = region_alloc(simulation->region, sizeof(*barrier));

	mp_barrier_init(barrier, resource->size);
	return barrier;
}

/* ---- Queues, pipes, shared memory ---- */

static void *make_queue(struct simulation *simulation, const struct resource *resource)
{
	struct mp_queue *queue = region_alloc(simulation->region, sizeof(*queue));

	mp_queue_init(queue, simulation->machine, resource->size > 0 ? resource->size : MP_QUEUE_UNBOUNDED);
	if (resource->joinable)
		mp_queue_make_joinable(queue);
	return queue;
}

static void *make_pipe(struct simulation *simulation, const struct resource *resource)
{
	(void)resource;
	return pipe_new(simulation->machine);
}

/* How many words a shared memory block, list or array has. */
static int64_t cell_count(const struct resource *resource)
{
	if (resource->kind == RESOURCE_SHARED_MEMORY)
		return resource->bytes / 8;
	return resource->size > 0 ? resource->size : 1;
}

static void *make_cells(struct simulation *simulation, const struct resource *resource)
{
	struct mp_cells *made = region_alloc(simulation->region, sizeof(*made));

	made->cells = shared_cells_new(simulation->region, cell_count(resource), resource->initial);
	if (resource->kind == RESOURCE_MANAGER)
		made->manager = mp_manager_new(simulation->region, &simulation->context);
	return made;
}

static enum progress start_manager(struct os_thread *thread, void *object)
{
	struct mp_cells *made = object;

	return mp_manager_start(thread, made->manager);
}

const struct resource_class resources_of_processes[RESOURCE_KIND_COUNT] = {
	[RESOURCE_LOCK] = { "lock", make_lock, acquire_lock, release_lock, may_release_lock, NULL },
	[RESOURCE_RLOCK] = { "rlock", make_rlock, acquire_rlock, release_rlock, may_release_rlock, NULL },
	[RESOURCE_SEMAPHORE] = { "semaphore", make_semaphore, acquire_semaphore, release_semaphore,
				 may_release_semaphore, NULL },
	[RESOURCE_BOUNDED_SEMAPHORE] = { "semaphore", make_semaphore, acquire_semaphore, release_semaphore,
					 may_release_semaphore, NULL },
	[RESOURCE_CONDITION] = { "condition", make_condition, acquire_condition, release_condition,
				 may_release_condition, NULL },
	[RESOURCE_EVENT] = { .what = "event", .make = make_event },
	[RESOURCE_BARRIER] = { .what = "barrier", .make = make_barrier },
	[RESOURCE_QUEUE] = { .what = "queue", .make = make_queue },
	[RESOURCE_SIMPLE_QUEUE] = { .what = "queue", .make = make_queue },
	[RESOURCE_PIPE] = { .what = "pipe", .make = make_pipe },
	[RESOURCE_VARIABLE] = { .what = "variable", .make = make_cells },
	[RESOURCE_ARRAY] = { .what = "array", .make = make_cells },
	[RESOURCE_SHARED_MEMORY] = { .what = "shared memory", .make = make_cells },
	[RESOURCE_MANAGER] = { .what = "manager", .make = make_cells, .start = start_manager },
	[RESOURCE_SERVICE] = { .what = "service", .make = service_new },
};
