/*
 * thread_pool.h - concurrent.futures.ThreadPoolExecutor, and InterpreterPoolExecutor.
 *
 * Source      Lib/concurrent/futures/thread.py @3.11, 3.12, 3.13; interpreter.py @3.14.
 * Modelled    threads started by submit() while no idle permit is found; the permits' over-counting up to 3.11 (one
 *             per task) and its cure since 3.12 (one per empty queue); the semaphore that they are, whose lock all
 *             workers meet at: who is made to drop the GIL while holding it can leave a convoy behind; the queue's
 *             own wake-ups; shutdown by a None that each worker passes on, or that drains the queue first
 *             (cancel_futures). An interpreter pool is the same pool whose workers each create an interpreter with
 *             a GIL of its own when they start and enter it for each call.
 * Left out    initialisers, weak references, the two locks of submit(), which nobody contends for long.
 */
#ifndef MODELS_LIBRARY_THREAD_POOL_H
#define MODELS_LIBRARY_THREAD_POOL_H

#include "models/library/future.h"
#include "models/library/semaphore.h"
#include "models/library/simple_queue.h"

struct thread_pool {
	struct interpreter *interpreter;
	struct simple_queue queue;
	struct py_thread **workers;
	uint32_t worker_count, max_workers;
	struct py_semaphore idle;
	bool own_interpreters; /* InterpreterPoolExecutor */
};

struct thread_pool *thread_pool_new(struct interpreter *interpreter, uint32_t max_workers);
/* For AWAIT. The item is the caller's and must live until its future is done and nobody asks any more. */
enum progress thread_pool_submit(struct os_thread *thread, struct thread_pool *pool, struct work_item *item);
/* For AWAIT. shutdown(wait=True, cancel_futures). */
enum progress thread_pool_shutdown(struct os_thread *thread, struct thread_pool *pool, bool cancel_futures);

#endif
