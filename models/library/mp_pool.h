/*
 * mp_pool.h - multiprocessing.Pool and its map().
 *
 * Source      Lib/multiprocessing/pool.py @3.11, 3.13: Pool.__init__, _map_async, _handle_workers,
 *             _handle_tasks, _handle_results, worker, _terminate_pool, _help_stuff_finish.
 * Modelled    workers forked one after the other; the three helper threads of the parent, which pay for its GIL;
 *             tasks written until the pipe is full; whoever holds the read lock takes the next chunk; the worker
 *             handler's waking for every result; leaving `with`, which terminates.
 * Left out    maxtasksperchild, errors, imap and apply (issue 3), the workers' dying on their own.
 */
#ifndef MODELS_LIBRARY_MP_POOL_H
#define MODELS_LIBRARY_MP_POOL_H

#include "models/library/connection.h"
#include "models/library/mp_lock.h"
#include "models/library/mp_process.h"
#include "models/library/simple_queue.h"

/* What a worker's frame for one item starts with: `context` and `index` as given to mp_pool_map(). */
struct mp_item_locals {
	void *context;
	int64_t index;
};

struct mp_job {
	program_fn *item_program;
	void *context;
	int64_t item_count, chunk_items, next_item;
	int64_t chunks_left;
	int64_t payload_bytes; /* pickled size of one item */
	bool done;
	struct futex waiters;
};

struct mp_pool {
	struct interpreter *interpreter;
	struct mp_context *context;
	uint32_t worker_count;
	struct mp_process *workers;
	struct simple_queue jobs; /* to the task handler; NULL ends it */
	struct pipe *tasks, *results;
	struct mp_lock task_read_lock, result_write_lock;
	struct py_thread *worker_handler, *task_handler, *result_handler;
	bool terminating;
	bool notified;		  /* the worker handler's notifier holds something */
	uint32_t entered_workers; /* that wait for their first task */
	struct futex watch, entered;
	bool all_entered;
};

struct mp_pool *mp_pool_new(struct interpreter *interpreter, struct mp_context *context, uint32_t workers);
/* For AWAIT. Pool(): forks the workers and starts the helper threads. */
enum progress mp_pool_open(struct os_thread *thread, struct mp_pool *pool);
/* For AWAIT. map(): `job` is the caller's, with item_program, context, item_count, chunk_items and
 * payload_bytes filled in. */
enum progress mp_pool_map(struct os_thread *thread, struct mp_pool *pool, struct mp_job *job);
/* For AWAIT. terminate(), which leaving `with` calls. */
enum progress mp_pool_terminate(struct os_thread *thread, struct mp_pool *pool);

#endif
