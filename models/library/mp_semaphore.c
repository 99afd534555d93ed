/*
 * mp_semaphore.c - see mp_semaphore.h.
 */
#include "models/library/mp_semaphore.h"

struct acquire_locals {
	struct mp_semaphore *semaphore;
	sim_ns deadline_ns;
	bool timed_out;
	uint8_t previous_activity;
};

static enum progress acquire(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	os_thread_set_activity(thread, ACTIVITY_LOCK_WAIT);
	while (my->semaphore->value == 0 && !my->timed_out) {
		AWAIT(frame, futex_wait(thread, &my->semaphore->waiters, my->deadline_ns,
					thread->machine->timer_slack_ns));
		my->timed_out = thread->timed_out && my->semaphore->value == 0;
	}
	my->semaphore->value -= !my->timed_out;
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	thread->timed_out = my->timed_out;
	PROGRAM_END;
}

enum progress mp_semaphore_acquire(struct os_thread *thread, struct mp_semaphore *semaphore, sim_ns deadline_ns)
{
	struct acquire_locals *my;

	thread->timed_out = false;
	if (semaphore->value > 0) {
		semaphore->value--;
		return py_overhead(thread, py_cost(thread, COST_MP_LOCK_UNCONTENDED) / 2);
	}
	my = os_thread_push(thread, acquire);
	my->semaphore = semaphore;
	my->deadline_ns = deadline_ns;
	my->previous_activity = thread->activity;
	return os_thread_enter(thread);
}

enum progress mp_semaphore_release(struct os_thread *thread, struct mp_semaphore *semaphore)
{
	semaphore->value++;
	return py_overhead(thread, py_cost(thread, COST_MP_LOCK_UNCONTENDED) / 2 +
					   futex_wake(&semaphore->waiters, thread, false));
}
