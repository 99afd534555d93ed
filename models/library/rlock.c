/*
 * rlock.c - see rlock.h.
 */
#include "models/library/rlock.h"

void py_rlock_init(struct py_rlock *rlock)
{
	*rlock = (struct py_rlock){ 0 };
	py_lock_init_of_rlock(&rlock->lock);
}

struct acquire_locals {
	struct py_rlock *rlock;
	sim_ns deadline_ns;
	int64_t depth;
};

static enum progress acquire(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire_until(thread, &my->rlock->lock, my->deadline_ns));
	if (!py_current(thread)->timed_out)
		my->rlock->depth = my->depth;
	PROGRAM_END;
}

static enum progress acquire_times(struct os_thread *thread, struct py_rlock *rlock, sim_ns deadline_ns,
				   int64_t depth)
{
	struct acquire_locals *my = os_thread_push(thread, acquire);

	my->rlock = rlock;
	my->deadline_ns = deadline_ns;
	my->depth = depth;
	return os_thread_enter(thread);
}

enum progress py_rlock_acquire_until(struct os_thread *thread, struct py_rlock *rlock, sim_ns deadline_ns)
{
	if (rlock->lock.owner != thread)
		return acquire_times(thread, rlock, deadline_ns, 1);
	rlock->depth++;
	py_current(thread)->timed_out = false;
	return py_overhead(thread, py_cost(thread, rlock->lock.cost) / 2);
}

enum progress py_rlock_release(struct os_thread *thread, struct py_rlock *rlock)
{
	assert(rlock->lock.owner == thread && rlock->depth > 0);
	if (--rlock->depth > 0)
		return py_overhead(thread, py_cost(thread, rlock->lock.cost) / 2);
	return py_lock_release(thread, &rlock->lock);
}

enum progress py_rlock_release_save(struct os_thread *thread, struct py_rlock *rlock, int64_t *depth)
{
	assert(rlock->lock.owner == thread && rlock->depth > 0);
	*depth = rlock->depth;
	rlock->depth = 0;
	return py_lock_release(thread, &rlock->lock);
}

enum progress py_rlock_acquire_restore(struct os_thread *thread, struct py_rlock *rlock, int64_t depth)
{
	return acquire_times(thread, rlock, SIM_NS_MAX, depth);
}
