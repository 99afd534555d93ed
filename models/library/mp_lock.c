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
	sim_ns deadline_ns;
};

static enum progress acquire(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, posix_semaphore_wait(thread, &my->lock->semaphore, my->deadline_ns, ACTIVITY_LOCK_WAIT));
	if (!py_current(thread)->timed_out)
		my->lock->owner = thread;
	PROGRAM_END;
}

enum progress mp_lock_acquire_until(struct os_thread *thread, struct mp_lock *lock, sim_ns deadline_ns)
{
	struct acquire_locals *my;

	py_current(thread)->timed_out = false;
	if (posix_semaphore_try(&lock->semaphore)) {
		lock->owner = thread;
		return py_overhead(thread, py_cost(thread, COST_LOCK_UNCONTENDED) / 2);
	}
	if (deadline_ns <= machine_now(thread->machine)) {
		py_current(thread)->timed_out = true;
		return DONE;
	}
	my = os_thread_push(thread, acquire);
	my->lock = lock;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

enum progress mp_lock_release(struct os_thread *thread, struct mp_lock *lock)
{
	assert(lock->semaphore.value == 0);
	lock->owner = NULL;
	return py_overhead(thread, py_cost(thread, COST_LOCK_UNCONTENDED) / 2 +
					   posix_semaphore_post(&lock->semaphore, thread));
}
