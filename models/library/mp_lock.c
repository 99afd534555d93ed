/*
 * mp_lock.c - see mp_lock.h.
 */
#include "models/library/mp_lock.h"

void mp_lock_init(struct mp_lock *lock)
{
	*lock = (struct mp_lock){ .semaphore.value = 1 };
}

struct acquire_locals {
	struct mp_lock *lock;
};

static enum progress acquire(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, posix_semaphore_wait(thread, &my->lock->semaphore, SIM_NS_MAX, ACTIVITY_LOCK_WAIT));
	my->lock->owner = thread;
	PROGRAM_END;
}

enum progress mp_lock_acquire(struct os_thread *thread, struct mp_lock *lock)
{
	struct acquire_locals *my;

	if (posix_semaphore_try(&lock->semaphore)) {
		lock->owner = thread;
		return py_overhead(thread, py_cost(thread, COST_LOCK_UNCONTENDED) / 2);
	}
	my = os_thread_push(thread, acquire);
	my->lock = lock;
	return os_thread_enter(thread);
}

enum progress mp_lock_release(struct os_thread *thread, struct mp_lock *lock)
{
	assert(lock->semaphore.value == 0);
	lock->owner = NULL;
	return py_overhead(thread, py_cost(thread, COST_LOCK_UNCONTENDED) / 2 +
					   posix_semaphore_post(&lock->semaphore, thread));
}
