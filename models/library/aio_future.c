/*
 * aio_future.c - see aio_future.h.
 */
#include "models/library/aio_future.h"

#include "models/library/aio_gather.h"
#include "models/library/aio_loop.h"
#include "models/library/aio_task.h"

/* One of several of a future, in the order in which they were added. */
struct aio_callback {
	aio_callback_fn *function;
	void *subject;
	struct aio_callback *next;
};

void aio_future_hold(struct aio_future *future)
{
	if (future->kind == AIO_TASK)
		((struct aio_task *)future)->references++;
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

/* The only one. */
static aio_callback_fn *callback_of(const struct aio_future *future)
{
	return (aio_callback_fn *)near_function(future->callback);
}

static void schedule_callbacks(struct aio_loop *loop, struct aio_future *future)
{
	struct aio_callback *it = future->has_several ? future->several : NULL;

	if (future->callback)
		schedule(loop, callback_of(future), future->subject, future);
	future->callback = 0;
	future->has_several = false;
	while (it) {
		struct aio_callback *next = it->next;

		schedule(loop, it->function, it->subject, future);
		region_free(loop->region, it);
		it = next;
	}
}

void aio_future_set(struct aio_loop *loop, struct aio_future *future, uint32_t exception)
{
	assert(future->state == AIO_PENDING && exception >> AIO_EXCEPTION_BITS == 0);
	future->state = exception == PY_CANCELLED_ERROR ? AIO_CANCELLED : AIO_FINISHED;
	future->exception = exception & ((1u << AIO_EXCEPTION_BITS) - 1);
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
	aio_future_set_cancelled(loop, future);
	return true;
}

static void append(struct aio_loop *loop, struct aio_callback **end, aio_callback_fn *function, void *subject)
{
	while (*end)
		end = &(*end)->next;
	*end = region_alloc(loop->region, sizeof(**end));
	**end = (struct aio_callback){ .function = function, .subject = subject };
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
		future->subject = subject;
		return;
	}
	if (!future->has_several) {
		void *first = future->subject;

		future->several = NULL;
		future->has_several = true;
		append(loop, &future->several, callback_of(future), first);
		future->callback = 0;
	}
	append(loop, &future->several, callback, subject);
}

bool aio_future_remove_callback(struct aio_loop *loop, struct aio_future *future, aio_callback_fn *callback,
				void *subject)
{
	if (!future->has_several) {
		if (callback_of(future) != callback || future->subject != subject)
			return false;
		future->callback = 0;
		return true;
	}
	for (struct aio_callback **at = &future->several; *at; at = &(*at)->next)
		if ((*at)->function == callback && (*at)->subject == subject) {
			struct aio_callback *removed = *at;

			*at = removed->next;
			region_free(loop->region, removed);
			return true;
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
