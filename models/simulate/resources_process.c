/*
 * resources_process.c - what stands behind resources that processes share.
 */
#include "models/library/mp_semaphore.h"
#include "models/simulate/resources.h"

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

const struct resource_class resources_of_processes[RESOURCE_KIND_COUNT] = {
	[RESOURCE_LOCK] = { "lock", make_lock, acquire_lock, release_lock, may_release_lock },
};
