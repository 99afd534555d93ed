/*
 * posix_semaphore.c - see posix_semaphore.h.
 */
#include "models/interpreter/posix_semaphore.h"

struct wait_locals {
	struct posix_semaphore *semaphore;
	sim_ns deadline_ns;
	uint8_t activity, previous_activity;
	bool timed_out;
};

static enum progress wait(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	os_thread_set_activity(thread, my->activity);
	my->semaphore->waiter_count++;
	while (!my->timed_out && !posix_semaphore_try(my->semaphore)) {
		/* On its way into the kernel, which looks once more before it lets anybody sleep. */
		if (my->semaphore->is_shared) {
			AWAIT(frame, os_thread_compute(thread, posix_semaphore_call_ns(thread)));
			if (my->semaphore->value > 0)
				continue;
		}
		AWAIT(frame, futex_wait(thread, &my->semaphore->waiters, my->deadline_ns,
					thread->machine->timer_slack_ns));
		my->timed_out = thread->timed_out;
	}
	my->semaphore->waiter_count--;
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	py_current(thread)->timed_out = my->timed_out;
	PROGRAM_END;
}

enum progress posix_semaphore_wait(struct os_thread *thread, struct posix_semaphore *semaphore, sim_ns deadline_ns,
				   uint8_t activity)
{
	struct wait_locals *my = os_thread_push(thread, wait);

	my->semaphore = semaphore;
	my->deadline_ns = deadline_ns;
	my->activity = activity;
	my->previous_activity = thread->activity;
	return os_thread_enter(thread);
}
