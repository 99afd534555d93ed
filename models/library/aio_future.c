/*
 * aio_future.c - see aio_future.h.
 */
#include "models/library/aio_future.h"

#include "models/library/aio_executor.h"
#include "models/library/aio_gather.h"
#include "models/library/aio_loop.h"
#include "models/library/aio_task.h"

/* One of several of a future, in the order in which they were added. */
struct aio_callback {
	near_fn function; /* aio_callback_fn */
	near_ref subject;
	near_ref next;
};

static struct aio_callback *callback_at(near_ref ref)
{
	return near_at_or_null(ref);
}

void aio_future_hold(struct aio_future *future)
{
	if (future->kind == AIO_TASK)
		aio_task_hold((struct aio_task *)future);
}

void aio_future_let_go(struct aio_loop *loop, struct aio_future *future)
{
	if (future->kind == AIO_TASK)
		aio_task_release(loop, (struct aio_task *)future);
}

static void schedule(struct aio_loop *loop, aio_callback_fn *callback, void *subject, struct aio_future *future)
{
	if (callback == aio_task_wakeup)
		aio_task_is_ready(loop, subject);
	aio_call_soon(loop, callback, subject, future);
}

static aio_callback_fn *function_of(near_fn callback)
{
	return (aio_callback_fn *)near_function(callback);
}

static void schedule_callbacks(struct aio_loop *loop, struct aio_future *future)
{
	struct aio_callback *it = future->has_several ? callback_at(future->subject) : NULL;

	if (future->callback)
		schedule(loop, function_of(future->callback), near_at_or_null(future->subject), future);
	future->callback = 0;
	future->has_several = false;
	while (it) {
		struct aio_callback *next = callback_at(it->next);

		schedule(loop, function_of(it->function), near_at_or_null(it->subject), future);
		pool_give_back(&loop->callbacks, it);
		it = next;
	}
}

void aio_future_set(struct aio_loop *loop, struct aio_future *future, uint32_t exception)
{
	assert(future->state == AIO_PENDING && exception >> AIO_EXCEPTION_BITS == 0);
	/* In this order: a wide load behind a narrow store of the same place waits for the memory. */
	future->exception = exception & ((1u << AIO_EXCEPTION_BITS) - 1);
	future->state = exception == PY_CANCELLED_ERROR ? AIO_CANCELLED : AIO_FINISHED;
	schedule_callbacks(loop, future);
}

void aio_future_set_cancelled(struct aio_loop *loop, struct aio_future *future)
{
	aio_future_set(loop, future, PY_CANCELLED_ERROR);
}

bool aio_future_cancel(struct aio_loop *loop, struct aio_future *future)
{
	if (aio_future_done(future))
		return false;
	if (future->kind == AIO_TASK)
		return aio_task_cancel(loop, (struct aio_task *)future);
	if (future->kind == AIO_GATHER)
		return aio_gather_cancel(loop, (struct aio_gather *)future);
	if (future->kind == AIO_CALL)
		aio_executor_call_cancel(loop, future);
	aio_future_set_cancelled(loop, future);
	return true;
}

static void append(struct aio_loop *loop, near_ref *end, near_fn function, near_ref subject)
{
	struct aio_callback *callback = pool_take(&loop->callbacks);

	*callback = (struct aio_callback){ .function = function, .subject = subject };
	while (*end)
		end = &callback_at(*end)->next;
	*end = near_ref_to(callback);
}

void aio_future_add_callback(struct aio_loop *loop, struct aio_future *future, aio_callback_fn *callback,
			     void *subject)
{
	if (aio_future_done(future)) {
		schedule(loop, callback, subject, future);
		return;
	}
	if (!future->callback && !future->has_several) {
		future->callback = near_of((any_fn *)callback);
		future->subject = near_ref_or_none(subject);
		return;
	}
	if (!future->has_several) {
		near_ref first = future->subject;

		future->subject = 0;
		future->has_several = true;
		append(loop, &future->subject, future->callback, first);
		future->callback = 0;
	}
	append(loop, &future->subject, near_of((any_fn *)callback), near_ref_or_none(subject));
}

bool aio_future_remove_callback(struct aio_loop *loop, struct aio_future *future, aio_callback_fn *callback,
				void *subject)
{
	const near_fn function = near_of((any_fn *)callback);
	const near_ref ref = near_ref_or_none(subject);

	if (!future->has_several) {
		if (future->callback != function || future->subject != ref)
			return false;
		future->callback = 0;
		return true;
	}
	for (near_ref *at = &future->subject; *at; at = &callback_at(*at)->next) {
		struct aio_callback *it = callback_at(*at);

		if (it->function == function && it->subject == ref) {
			*at = it->next;
			pool_give_back(&loop->callbacks, it);
			return true;
		}
	}
	return false;
}

enum progress aio_await(struct os_thread *thread, struct aio_future *future, uint8_t activity)
{
	struct aio_loop *loop = aio_running_loop(thread);

	if (aio_future_done(future)) {
		py_raise(thread, future->exception);
		return DONE;
	}
	aio_future_add_callback(loop, future, aio_task_wakeup, loop->current);
	return aio_task_suspend(thread, loop->current, future, activity);
}
