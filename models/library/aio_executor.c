/*
 * aio_executor.c - see aio_executor.h.
 */
#include "models/library/aio_executor.h"

struct work_locals {
	struct aio_executor_call *call;
};

/* _set_state(): the executor's future is done, and so is asyncio's, unless that was cancelled meanwhile. */
static enum progress set_state(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct aio_executor_call *call = subject;

	(void)future;
	if (!aio_future_done(&call->future))
		aio_future_set(call->loop, &call->future, call->exception);
	return aio_charge(thread, COST_AIO_FUTURE);
}

/* What a worker process executes; the manager thread tells the loop. */
static enum progress work_in_process(struct os_thread *thread, struct frame *frame)
{
	struct work_locals *my = FRAME_LOCALS(frame, struct work_locals);
	struct aio_executor_call *call = my->call;

	PROGRAM_BEGIN(frame);
	*(void **)os_thread_push(thread, call->program) = call->argument;
	AWAIT(frame, os_thread_enter(thread));
	call->exception = py_catch(thread);
	call->call.item.failed = call->exception != PY_NO_EXCEPTION;
	PROGRAM_END;
}

static enum progress tell_loop(struct os_thread *thread, struct py_future *future)
{
	struct aio_executor_call *call =
		(void *)((unsigned char *)future - offsetof(struct aio_executor_call, call.item.future));

	return aio_call_soon_threadsafe(thread, call->loop, set_state, call);
}

/* What a worker thread executes: the program, then the callback by which the loop learns of it. */
static enum progress work(struct os_thread *thread, struct frame *frame)
{
	struct work_locals *my = FRAME_LOCALS(frame, struct work_locals);
	struct aio_executor_call *call = my->call;

	PROGRAM_BEGIN(frame);
	*(void **)os_thread_push(thread, call->program) = call->argument;
	AWAIT(frame, os_thread_enter(thread));
	call->exception = py_catch(thread);
	AWAIT(frame, aio_call_soon_threadsafe(thread, call->loop, set_state, call));
	PROGRAM_END;
}

/* _call_check_cancel(): a call that runs already is run to its end. */
static enum progress cancel_source(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct aio_executor_call *call = subject;
	struct py_future *source = &call->call.item.future;
	sim_ns cost_ns = 0;

	(void)future;
	if (!source->done && py_future_cancel(thread, source, &cost_ns) && call->cancelled)
		((aio_call_cancelled_fn *)near_function(call->cancelled))(call->argument);
	return py_overhead(thread, cost_ns + py_cost(thread, COST_AIO_FUTURE));
}

void aio_executor_call_cancel(struct aio_loop *loop, struct aio_future *future)
{
	aio_call_soon(loop, cancel_source, (unsigned char *)future - offsetof(struct aio_executor_call, future),
		      NULL);
}

struct submit_locals {
	struct aio_executor executor;
	struct aio_executor_call *call;
	uint32_t default_workers;
};

static enum progress submit(struct os_thread *thread, struct frame *frame)
{
	struct submit_locals *my = FRAME_LOCALS(frame, struct submit_locals);
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_EXECUTOR));
	work_item_init(&my->call->call.item, my->executor.processes ? work_in_process : work, my->call);
	if (my->executor.processes) {
		my->call->call.item.future.callback = near_of((any_fn *)tell_loop);
		AWAIT(frame, process_pool_submit(thread, my->executor.processes, &my->call->call));
		return DONE;
	}
	if (!my->executor.threads && !loop->default_executor) {
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_CREATE)));
		loop->default_executor = thread_pool_new(loop->interpreter, my->default_workers);
	}
	AWAIT(frame, thread_pool_submit(thread,
					my->executor.threads ? my->executor.threads : loop->default_executor,
					&my->call->call.item));
	PROGRAM_END;
}

enum progress aio_run_in_executor(struct os_thread *thread, struct aio_executor executor, uint32_t default_workers,
				  struct aio_executor_call *call, program_fn *program, void *argument)
{
	struct submit_locals *locals = os_thread_push(thread, submit);

	*call = (struct aio_executor_call){ .future.kind = AIO_CALL,
					    .loop = aio_running_loop(thread),
					    .call.arguments = call->call.arguments,
					    .call.result = call->call.result,
					    .program = program,
					    .argument = argument,
					    .cancelled = call->cancelled };
	locals->executor = executor;
	locals->call = call;
	locals->default_workers = default_workers;
	return os_thread_enter(thread);
}

/* ---- Shutting down: a thread joins the workers, so that the loop need not block ---- */

struct shutdown {
	struct aio_loop *loop;
	struct aio_future joined;
	struct py_thread *helper;
};

static enum progress set_joined(struct os_thread *thread, void *subject, struct aio_future *future)
{
	(void)future;
	aio_future_set(aio_running_loop(thread), subject, PY_NO_EXCEPTION);
	return DONE;
}

static enum progress do_shutdown(struct os_thread *thread, struct frame *frame)
{
	struct shutdown *shutdown = py_current(thread)->argument;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, thread_pool_shutdown(thread, shutdown->loop->default_executor, false));
	AWAIT(frame, aio_call_soon_threadsafe(thread, shutdown->loop, set_joined, &shutdown->joined));
	PROGRAM_END;
}

struct shutdown_locals {
	struct shutdown *shutdown;
};

static enum progress shutdown_coroutine(struct os_thread *thread, struct frame *frame)
{
	struct shutdown_locals *my = FRAME_LOCALS(frame, struct shutdown_locals);
	struct shutdown *shutdown = my->shutdown;

	PROGRAM_BEGIN(frame);
	shutdown->helper =
		py_thread_new(py_current(thread)->interpreter, "asyncio shutdown", do_shutdown, shutdown);
	AWAIT(frame, py_thread_start(thread, shutdown->helper));
	AWAIT(frame, aio_await(thread, &shutdown->joined, ACTIVITY_QUEUE_WAIT));
	AWAIT(frame, py_thread_join(thread, shutdown->helper));
	PROGRAM_END;
}

struct run_shutdown_locals {
	struct aio_loop *loop;
	struct aio_task *task;
};

static enum progress run_shutdown(struct os_thread *thread, struct frame *frame)
{
	struct run_shutdown_locals *my = FRAME_LOCALS(frame, struct run_shutdown_locals);
	struct shutdown_locals *locals;

	PROGRAM_BEGIN(frame);
	my->task = aio_task_new(my->loop, "shutdown_default_executor", shutdown_coroutine);
	locals = aio_task_locals(my->task);
	locals->shutdown = region_alloc_near(my->loop->region, sizeof(*locals->shutdown));
	locals->shutdown->loop = my->loop;
	aio_task_schedule(my->loop, my->task);
	AWAIT(frame, aio_run_until_complete(thread, my->loop, &my->task->future));
	aio_task_release(my->loop, my->task);
	PROGRAM_END;
}

enum progress aio_shutdown_default_executor(struct os_thread *thread, struct aio_loop *loop)
{
	struct run_shutdown_locals *locals = os_thread_push(thread, run_shutdown);

	locals->loop = loop;
	return os_thread_enter(thread);
}
