/*
 * mp_pool.h - multiprocessing.Pool.
 *
 * Source      Lib/multiprocessing/pool.py @3.11, 3.13: Pool.__init__, _map_async, _handle_workers, _handle_tasks,
 *             _handle_results, worker, _terminate_pool, _help_stuff_finish, IMapIterator.
 * Modelled    workers started one after the other; the three helper threads of the parent, which pay for its GIL;
 *             tasks written until the pipe is full; whoever holds the read lock takes the next chunk; the worker
 *             handler's waking for every result; maxtasksperchild; map(), imap(), imap_unordered(), apply_async();
 *             leaving `with`, which terminates, and close() with join().
 * Left out    errors of the handlers, initialisers, workers that are killed.
 */
#ifndef MODELS_LIBRARY_MP_POOL_H
#define MODELS_LIBRARY_MP_POOL_H

#include "models/library/connection.h"
#include "models/library/future.h"
#include "models/library/mp_semaphore.h"
#include "models/library/mp_process.h"
#include "models/library/simple_queue.h"

/* What a worker's frame for one item starts with: `context` and `index` as given to mp_pool_map(). */
struct mp_item_locals {
	void *context;
	int64_t index;
};

struct mp_job {
	/* What is to be done: a call (apply_async), or a program for each item with `context` and `index`. */
	struct work_item *call;
	program_fn *item_program;
	void *context;
	int64_t item_count, chunk_items;
	struct payload payload, result; /* of one item */

	struct py_future future; /* of the whole: map(), apply_async() */
	int64_t next_item, chunks_left;
	/* imap(): what next() waits for. */
	bool iterated, in_order;
	bool *arrived; /* by chunk */
	int64_t arrived_count, taken_count; /* chunks */
	bool has_next;
	struct futex next_waiters;
};

struct mp_pool {
	struct interpreter *interpreter;
	struct mp_context *context;
	uint32_t worker_count;
	struct mp_process *workers;
	struct simple_queue jobs; /* to the task handler; NULL ends it */
	struct pipe *tasks, *results;
	struct mp_semaphore task_read_lock, result_write_lock;
	struct py_thread *worker_handler, *task_handler, *result_handler;
	int64_t max_tasks_per_child;  /* chunks; 0: no limit */
	int64_t unfinished_jobs;      /* len(_cache) */
	bool closing, terminating;
	bool notified;		  /* the worker handler's notifier holds something */
	uint32_t entered_workers; /* that wait for their first task */
	struct futex watch, entered;
	bool all_entered;
};

struct mp_pool *mp_pool_new(struct interpreter *interpreter, struct mp_context *context, uint32_t workers,
			    int64_t max_tasks_per_child);
/* For AWAIT. Pool(): forks the workers and starts the helper threads. */
enum progress mp_pool_open(struct os_thread *thread, struct mp_pool *pool);
/* For AWAIT. apply_async(), map_async(): returns at once. `job` is the caller's, with the call, or item_program, context,
 * item_count and chunk_items, and the sizes filled in; it must live until its future is done. */
enum progress mp_pool_submit(struct os_thread *thread, struct mp_pool *pool, struct mp_job *job);
/* For AWAIT. map(): submits and waits. */
enum progress mp_pool_map(struct os_thread *thread, struct mp_pool *pool, struct mp_job *job);
/* For AWAIT. imap() or imap_unordered(): submits, in chunks of one item as a rule; then next() once for each chunk. */
enum progress mp_pool_imap(struct os_thread *thread, struct mp_pool *pool, struct mp_job *job, bool in_order);
enum progress mp_job_next(struct os_thread *thread, struct mp_job *job);
/* For AWAIT. close() and join(): until all that was submitted is done. */
enum progress mp_pool_join(struct os_thread *thread, struct mp_pool *pool);
/* For AWAIT. terminate(), which leaving `with` calls. */
enum progress mp_pool_terminate(struct os_thread *thread, struct mp_pool *pool);

#endif
