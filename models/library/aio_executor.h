/*
 * aio_executor.h - loop.run_in_executor() and asyncio.to_thread().
 *
 * Source      Lib/asyncio/base_events.py (run_in_executor, shutdown_default_executor), futures.py:_chain_future
 *             @3.9 to 3.13: the worker's set_result() calls call_soon_threadsafe(), the loop sets asyncio's future
 *             in one turn and goes on with the task in the next. The default executor is a ThreadPoolExecutor()
 *             made at its first use; asyncio.run() shuts it down on a thread of its own. A ProcessPoolExecutor's
 *             manager thread tells the loop. Cancelled, asyncio's future cancels the executor's in the loop's next
 *             turn (_call_check_cancel), which keeps a call from being run that no worker has begun.
 * Left out    getaddrinfo(), which shares the default executor.
 */
#ifndef MODELS_LIBRARY_AIO_EXECUTOR_H
#define MODELS_LIBRARY_AIO_EXECUTOR_H

#include "models/library/aio_task.h"
#include "models/library/process_pool.h"
#include "models/library/thread_pool.h"

/* What a call goes to; neither: the loop's default executor. */
struct aio_executor {
	struct thread_pool *threads;
	struct process_pool *processes;
};

/* Told that a call with this argument will never be run. */
typedef void aio_call_cancelled_fn(void *argument);

/* A call on its way through an executor; the caller's, until its future is done. It lies in near memory. */
struct aio_executor_call {
	struct aio_future future;
	struct aio_loop *loop;
	struct process_call call; /* for threads only its item */
	program_fn *program;
	void *argument;
	near_fn cancelled;  /* aio_call_cancelled_fn; 0: nobody wants to know */
	uint32_t exception; /* what the program raised */
};

/* For AWAIT in a coroutine: run_in_executor(executor, ...): `program` will run on a worker, its locals starting with
 * `argument`. The default executor has so many workers at the most. Processes are handed arguments, and hand back a
 * result, of the sizes that the caller has put into call->call; call->cancelled is the caller's, too. */
enum progress aio_run_in_executor(struct os_thread *thread, struct aio_executor executor, uint32_t default_workers,
				  struct aio_executor_call *call, program_fn *program, void *argument);
/* For aio_future_cancel(): the future of a call has been cancelled. */
void aio_executor_call_cancel(struct aio_loop *loop, struct aio_future *future);
/* For AWAIT at the end of asyncio.run(), when there is a default executor. */
enum progress aio_shutdown_default_executor(struct os_thread *thread, struct aio_loop *loop);

#endif
