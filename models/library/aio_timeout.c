/*
 * aio_timeout.c - see aio_timeout.h.
 */
#include "models/library/aio_timeout.h"

#include "models/library/aio_gather.h"

static enum progress expire(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct aio_timeout *timeout = subject;

	(void)future;
	timeout->expired = true;
	aio_task_cancel(aio_running_loop(thread), timeout->task);
	return DONE;
}

enum progress aio_timeout_enter(struct os_thread *thread, struct aio_timeout *timeout, sim_ns delay_ns)
{
	struct aio_loop *loop = aio_running_loop(thread);

	*timeout = (struct aio_timeout){
		.task = loop->current,
		.cancel_requests = loop->current->cancel_requests,
		.timer = aio_call_later(loop, delay_ns, expire, timeout),
	};
	return aio_charge(thread, COST_AIO_TIMEOUT);
}

void aio_timeout_leave(struct os_thread *thread, struct aio_timeout *timeout)
{
	aio_cancel_timer(aio_running_loop(thread), timeout->timer);
	if (timeout->expired && aio_task_uncancel(timeout->task) <= timeout->cancel_requests &&
	    py_exception(thread) == PY_CANCELLED_ERROR)
		py_raise(thread, PY_TIMEOUT_ERROR);
}

/* ---- wait_for() up to 3.11, for a future ---- */

struct old_wait_locals {
	struct aio_future *future;
	near_ref ref; /* to it */
	sim_ns timeout_ns;
	uint32_t exception;
};

/*
 * wait() with a timeout is the same sequence: a waiter, a timer, a callback on the future. When the time is over,
 * or this task is cancelled, _cancel_and_wait() cancels the future and waits until it has come to its end.
 */
static enum progress old_wait_for(struct os_thread *thread, struct frame *frame)
{
	struct old_wait_locals *my = FRAME_LOCALS(frame, struct old_wait_locals);
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_WAIT_FOR));
	AWAIT(frame, aio_wait(thread, &my->ref, 1, AIO_ALL_COMPLETED, my->timeout_ns));
	my->exception = py_catch(thread);
	if (!aio_future_done(my->future)) {
		aio_future_cancel(loop, my->future);
		AWAIT(frame, aio_wait(thread, &my->ref, 1, AIO_ALL_COMPLETED, AIO_NO_TIMEOUT));
		if (py_exception(thread) != PY_NO_EXCEPTION)
			my->exception = py_catch(thread);
		else if (my->exception == PY_NO_EXCEPTION && my->future->exception == PY_CANCELLED_ERROR)
			my->exception = PY_TIMEOUT_ERROR;
		else if (my->exception == PY_NO_EXCEPTION)
			my->exception = my->future->exception;
	} else {
		my->exception = my->future->exception;
	}
	py_raise(thread, my->exception);
	PROGRAM_END;
}

struct new_wait_locals {
	struct aio_future *future;
	sim_ns timeout_ns;
	struct aio_timeout timeout;
};

static enum progress new_wait_for(struct os_thread *thread, struct frame *frame)
{
	struct new_wait_locals *my = FRAME_LOCALS(frame, struct new_wait_locals);

	PROGRAM_BEGIN(frame);
	aio_owe(aio_running_loop(thread), COST_AIO_WAIT_FOR);
	AWAIT(frame, aio_timeout_enter(thread, &my->timeout, my->timeout_ns));
	AWAIT(frame, aio_await(thread, my->future, ACTIVITY_QUEUE_WAIT));
	aio_timeout_leave(thread, &my->timeout);
	PROGRAM_END;
}

enum progress aio_wait_for_future(struct os_thread *thread, struct aio_future *future, sim_ns timeout_ns)
{
	if (!py_has(thread, PYTHON_WAITS_IN_PLACE)) {
		struct old_wait_locals *locals = os_thread_push(thread, old_wait_for);

		locals->future = future;
		locals->ref = near_ref_to(future);
		locals->timeout_ns = timeout_ns;
	} else {
		struct new_wait_locals *locals = os_thread_push(thread, new_wait_for);

		locals->future = future;
		locals->timeout_ns = timeout_ns;
	}
	return os_thread_enter(thread);
}

/* ---- wait_for() of a coroutine ---- */

struct wait_for_locals {
	struct frame *bottom; /* of the coroutine's stack */
	sim_ns timeout_ns;
	struct aio_timeout timeout;
};

struct wait_for_task_locals { /* up to 3.11 */
	struct aio_task *task;
	struct aio_future *future; /* the task's */
	sim_ns timeout_ns;
};

static enum progress wait_for_in_place(struct os_thread *thread, struct frame *frame)
{
	struct wait_for_locals *my = FRAME_LOCALS(frame, struct wait_for_locals);

	PROGRAM_BEGIN(frame);
	aio_owe(aio_running_loop(thread), COST_AIO_WAIT_FOR);
	AWAIT(frame, aio_timeout_enter(thread, &my->timeout, my->timeout_ns));
	AWAIT(frame, os_thread_attach(thread, my->bottom));
	aio_timeout_leave(thread, &my->timeout);
	PROGRAM_END;
}

/* Whoever is cancelled while _cancel_and_wait() waits for the cancelled coroutine's `finally` leaves that running
 * alone. */
static enum progress wait_for_task(struct os_thread *thread, struct frame *frame)
{
	struct wait_for_task_locals *my = FRAME_LOCALS(frame, struct wait_for_task_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_task_start(thread, my->task));
	AWAIT(frame, aio_wait_for_future(thread, my->future, my->timeout_ns));
	aio_task_release(aio_running_loop(thread), my->task);
	PROGRAM_END;
}

void *aio_wait_for(struct os_thread *thread, const char *name, program_fn *program, sim_ns timeout_ns)
{
	struct wait_for_locals *locals;

	if (!py_has(thread, PYTHON_WAITS_IN_PLACE)) {
		struct wait_for_task_locals *of_task = os_thread_push(thread, wait_for_task);

		of_task->timeout_ns = timeout_ns;
		of_task->task = aio_task_new(aio_running_loop(thread), name, program);
		of_task->future = &of_task->task->future;
		return aio_task_locals(of_task->task);
	}
	locals = os_thread_push(thread, wait_for_in_place);
	locals->timeout_ns = timeout_ns;
	locals->bottom = frame_stack_new(thread->machine, program, FRAME_LOCALS_BYTES);
	return locals->bottom->locals;
}
