/*
 * resources_threading.c - see resources_threading.h.
 */
#include "models/simulate/resources_threading.h"

#include "models/simulate/resources.h"
#include "models/simulate/service.h"

/* ---- Locks ---- */

static void *make_lock(struct simulation *simulation, const struct resource *resource)
{
	struct py_lock *lock = region_alloc(simulation->region, sizeof(*lock));

	(void)resource;
	py_lock_init(lock);
	return lock;
}

static enum progress acquire_lock(struct os_thread *thread, void *object, sim_ns deadline_ns)
{
	return py_lock_acquire_until(thread, object, deadline_ns);
}

static enum progress release_lock(struct os_thread *thread, void *object, int64_t count)
{
	(void)count;
	return py_lock_release(thread, object);
}

static bool may_release_lock(const struct os_thread *thread, const void *object, int64_t count)
{
	(void)count;
	return py_lock_is_locked(thread, object);
}

static void *make_rlock(struct simulation *simulation, const struct resource *resource)
{
	struct py_rlock *rlock = region_alloc(simulation->region, sizeof(*rlock));

	(void)resource;
	py_rlock_init(rlock);
	return rlock;
}

static enum progress acquire_rlock(struct os_thread *thread, void *object, sim_ns deadline_ns)
{
	return py_rlock_acquire_until(thread, object, deadline_ns);
}

static enum progress release_rlock(struct os_thread *thread, void *object, int64_t count)
{
	(void)count;
	return py_rlock_release(thread, object);
}

static bool may_release_rlock(const struct os_thread *thread, const void *object, int64_t count)
{
	const struct py_rlock *rlock = object;

	(void)count;
	return rlock->lock.owner == thread;
}

static void *make_condition(struct simulation *simulation, const struct resource *resource)
{
	struct owned_condition *owned = region_alloc(simulation->region, sizeof(*owned));

	(void)resource;
	py_rlock_init(&owned->rlock);
	py_condition_init(&owned->condition, simulation->region, NULL, &owned->rlock);
	return owned;
}

static enum progress acquire_condition(struct os_thread *thread, void *object, sim_ns deadline_ns)
{
	struct owned_condition *owned = object;

	return py_condition_acquire_until(thread, &owned->condition, deadline_ns);
}

static enum progress release_condition(struct os_thread *thread, void *object, int64_t count)
{
	struct owned_condition *owned = object;

	(void)count;
	return py_condition_release(thread, &owned->condition);
}

static bool may_release_condition(const struct os_thread *thread, const void *object, int64_t count)
{
	const struct owned_condition *owned = object;

	return may_release_rlock(thread, &owned->rlock, count);
}

/* ---- Semaphores ---- */

static void *make_semaphore(struct simulation *simulation, const struct resource *resource)
{
	struct counted_semaphore *counted = region_alloc(simulation->region, sizeof(*counted));

	py_semaphore_init(&counted->semaphore, simulation->region, resource->size);
	counted->limit = resource->kind == RESOURCE_SEMAPHORE ? INT64_MAX : resource->size;
	return counted;
}

static enum progress acquire_semaphore(struct os_thread *thread, void *object, sim_ns deadline_ns)
{
	struct counted_semaphore *counted = object;

	return py_semaphore_acquire_until(thread, &counted->semaphore, deadline_ns);
}

static enum progress release_semaphore(struct os_thread *thread, void *object, int64_t count)
{
	struct counted_semaphore *counted = object;

	return py_semaphore_release(thread, &counted->semaphore, count);
}

static bool may_release_semaphore(const struct os_thread *thread, const void *object, int64_t count)
{
	const struct counted_semaphore *counted = object;

	(void)thread;
	return count <= counted->limit - counted->semaphore.value;
}

/* ---- What is not acquired ---- */

static void *make_event(struct simulation *simulation, const struct resource *resource)
{
	struct thread_event *event = region_alloc(simulation->region, sizeof(*event));

	(void)resource;
	thread_event_init(event, simulation->region);
	return event;
}

static void *make_barrier(struct simulation *simulation, const struct resource *resource)
{
	struct py_barrier *barrier = region_alloc(simulation->region, sizeof(*barrier));

	py_barrier_init(barrier, simulation->region, resource->size);
	return barrier;
}

static void *make_queue(struct simulation *simulation, const struct resource *resource)
{
	struct py_queue *queue = region_alloc(simulation->region, sizeof(*queue));
	enum queue_order order = resource->kind == RESOURCE_PRIORITY_QUEUE ? QUEUE_PRIORITY
				 : resource->kind == RESOURCE_LIFO_QUEUE   ? QUEUE_LIFO
									   : QUEUE_FIFO;

	py_queue_init(queue, simulation->region, order, resource->size);
	queue->name = resource->name;
	return queue;
}

static void *make_simple_queue(struct simulation *simulation, const struct resource *resource)
{
	struct simple_queue *queue = region_alloc(simulation->region, sizeof(*queue));

	(void)resource;
	simple_queue_init(queue, simulation->region);
	return queue;
}

void *cells_new_of_resource(struct simulation *simulation, const struct resource *resource)
{
	int64_t count = resource->kind == RESOURCE_ARRAY ? resource->size : 1;

	return shared_cells_new(simulation->region, count, resource->initial);
}

const struct resource_class resources_of_threads[RESOURCE_KIND_COUNT] = {
	[RESOURCE_LOCK] = { "lock", make_lock, acquire_lock, release_lock, may_release_lock, NULL },
	[RESOURCE_RLOCK] = { "rlock", make_rlock, acquire_rlock, release_rlock, may_release_rlock, NULL },
	[RESOURCE_CONDITION] = { "condition", make_condition, acquire_condition, release_condition,
				 may_release_condition, NULL },
	[RESOURCE_SEMAPHORE] = { "semaphore", make_semaphore, acquire_semaphore, release_semaphore,
				 may_release_semaphore, NULL },
	[RESOURCE_BOUNDED_SEMAPHORE] = { "semaphore", make_semaphore, acquire_semaphore, release_semaphore,
					 may_release_semaphore, NULL },
	[RESOURCE_LIMITER] = { "limiter", make_semaphore, acquire_semaphore, release_semaphore,
			       may_release_semaphore, NULL },
	[RESOURCE_EVENT] = { .what = "event", .make = make_event },
	[RESOURCE_BARRIER] = { .what = "barrier", .make = make_barrier },
	[RESOURCE_QUEUE] = { .what = "queue", .make = make_queue },
	[RESOURCE_LIFO_QUEUE] = { .what = "queue", .make = make_queue },
	[RESOURCE_PRIORITY_QUEUE] = { .what = "queue", .make = make_queue },
	[RESOURCE_SIMPLE_QUEUE] = { .what = "queue", .make = make_simple_queue },
	[RESOURCE_VARIABLE] = { .what = "variable", .make = cells_new_of_resource },
	[RESOURCE_ARRAY] = { .what = "array", .make = cells_new_of_resource },
	[RESOURCE_SERVICE] = { .what = "service", .make = service_new },
};
