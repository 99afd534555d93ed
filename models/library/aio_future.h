/*
 * aio_future.h - asyncio.Future: pending or done, and what is to be called then.
 *
 * Source      Modules/_asynciomodule.c @3.12: one callback inline, further ones in a list; when the future is done
 *             each is scheduled with call_soon(), never called at once.
 * Left out    the result's value: who waits for one keeps it elsewhere.
 *
 * A future lives where its owner puts it, in near memory, and must outlive its callbacks.
 */
#ifndef MODELS_LIBRARY_AIO_FUTURE_H
#define MODELS_LIBRARY_AIO_FUTURE_H

#include "models/interpreter/py_thread.h"
#include "sim/base/near_memory.h"

struct aio_loop;
struct aio_future;
struct aio_callback;

/* What the loop calls, inside AWAIT: `subject` is the callee's, `future` the one that is done (NULL: none). */
typedef enum progress aio_callback_fn(struct os_thread *thread, void *subject, struct aio_future *future);

enum aio_future_state { AIO_PENDING, AIO_FINISHED, AIO_CANCELLED };
/* How cancel() works: at once, or by way of what the future stands for. */
enum aio_future_kind { AIO_PLAIN, AIO_TASK, AIO_GATHER, AIO_CALL };

/* So many bits has the number of an exception. */
#define AIO_EXCEPTION_BITS 24

/* All zeros: pending, of kind AIO_PLAIN. */
struct aio_future {
	near_ref subject; /* of the callback; struct aio_callback: the first of several */
	near_fn callback; /* aio_callback_fn, the only one; 0: none, or several */
	uint32_t exception : AIO_EXCEPTION_BITS; /* PY_NO_EXCEPTION: it has a result */
	uint32_t state : 2; /* enum aio_future_state */
	uint32_t kind : 2;  /* enum aio_future_kind */
	bool has_several : 1;
};

/* Of futures there may be millions: lists of them refer to each in four bytes. */
static inline struct aio_future *aio_future_at(near_ref ref)
{
	return near_at(ref);
}

static inline bool aio_future_done(const struct aio_future *future)
{
	return future->state != AIO_PENDING;
}
/* Keeps a future that is a task from going, and lets it. */
void aio_future_hold(struct aio_future *future);
void aio_future_let_go(struct aio_loop *loop, struct aio_future *future);
/* set_result(), or set_exception(); it must be pending. */
void aio_future_set(struct aio_loop *loop, struct aio_future *future, uint32_t exception);
/* Future.cancel(), Task.cancel(); false: it was done already. */
bool aio_future_cancel(struct aio_loop *loop, struct aio_future *future);
/* For the kinds themselves: it is cancelled from now on. */
void aio_future_set_cancelled(struct aio_loop *loop, struct aio_future *future);
/* The subject lies in near memory. */
void aio_future_add_callback(struct aio_loop *loop, struct aio_future *future, aio_callback_fn *callback,
			     void *subject);
/* False: there was none, because it has been scheduled already or never was added. */
bool aio_future_remove_callback(struct aio_loop *loop, struct aio_future *future, aio_callback_fn *callback,
				void *subject);
/* For AWAIT in a coroutine: `await future`. Suspends the current task unless the future is done; raises its
 * exception. `activity` is what the task is at while it waits. */
enum progress aio_await(struct os_thread *thread, struct aio_future *future, uint8_t activity);

#endif
