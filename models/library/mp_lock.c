/*
 * mp_lock.c - see mp_lock.h.
 */
#include "models/library/mp_lock.h"

struct acquire_locals {
	struct mp_lock *lock;
	uint8_t previous_activity;
};

static enum progress acquire(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	os_thread_set_activity(thread, ACTIVITY_LOCK_WAIT);
	while (my->lock->locked)
		AWAIT(frame, futex_wait(thread, &my->lock->waiters, SIM_NS_MAX, 0));
	my->lock->locked = true;
	my->lock->owner = thread;
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

enum progress mp_lock_acquire(struct os_thread *thread, struct mp_lock *lock)
{
	struct acquire_locals *my;

	if (!lock->locked) {
		lock->locked = true;
		lock->owner = thread;
		return py_overhead(thread, py_cost(thread, COST_LOCK_UNCONTENDED) / 2);
	}
	my = os_thread_push(thread, acquire);
	my->lock = lock;
	my->previous_activity = thread->activity;
	return os_thread_enter(thread);
}

enum progress mp_lock_release(struct os_thread *thread, struct mp_lock *lock)
{
	assert(lock->locked);
	lock->locked = false;
	lock->owner = NULL;
	return py_overhead(thread, py_cost(thread, COST_LOCK_UNCONTENDED) / 2 +
					   futex_wake(&lock->waiters, thread, false));
}
