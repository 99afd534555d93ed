/*
 * aio_barrier.c - see aio_barrier.h.
 */
#include "models/library/aio_barrier.h"

struct wait_locals {
	struct aio_barrier *barrier;
};

/* In the condition's lock, which is held again when this has ended, however it did. */
static enum progress pass(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);
	struct aio_barrier *barrier = my->barrier;
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	while (barrier->is_draining) {
		AWAIT(frame, aio_condition_wait(thread, &barrier->condition));
		if (py_exception(thread) != PY_NO_EXCEPTION)
			return DONE;
	}
	if (++barrier->inside == barrier->parties) {
		barrier->is_draining = true;
		aio_condition_notify(loop, &barrier->condition, 0);
	}
	while (!barrier->is_draining && py_exception(thread) == PY_NO_EXCEPTION)
		AWAIT(frame, aio_condition_wait(thread, &barrier->condition));
	if (--barrier->inside == 0) {
		barrier->is_draining = false;
		aio_condition_notify(loop, &barrier->condition, 0);
	}
	PROGRAM_END;
}

static enum progress enter_pass(struct os_thread *thread, struct aio_barrier *barrier)
{
	struct wait_locals *locals = os_thread_push(thread, pass);

	locals->barrier = barrier;
	return os_thread_enter(thread);
}

static enum progress wait(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);

	PROGRAM_BEGIN(frame);
	aio_owe(aio_running_loop(thread), COST_AIO_BARRIER);
	AWAIT(frame, aio_lock_acquire(thread, &my->barrier->condition.lock));
	if (py_exception(thread) != PY_NO_EXCEPTION)
		return DONE;
	AWAIT(frame, enter_pass(thread, my->barrier));
	AWAIT(frame, aio_lock_release(thread, &my->barrier->condition.lock));
	PROGRAM_END;
}

enum progress aio_barrier_wait(struct os_thread *thread, struct aio_barrier *barrier)
{
	struct wait_locals *locals = os_thread_push(thread, wait);

	locals->barrier = barrier;
	return os_thread_enter(thread);
}
