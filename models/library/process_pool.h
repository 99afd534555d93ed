/*
 * process_pool.h - concurrent.futures.ProcessPoolExecutor.
 *
 * Source      Lib/concurrent/futures/process.py @3.8 to 3.13.
 * Modelled    the caller, the manager thread and the call queue's feeder thread, which all pay for the parent's
 *             GIL; the call queue of max_workers + 1 (a call in it is RUNNING and cannot be cancelled); the wake-up
 *             pipe with a message a submit(); one result for each of the manager's rounds, each of which polls
 *             every worker's sentinel; when workers start (see process_pool_submit); max_tasks_per_child;
 *             shutdown(cancel_futures).
 * Left out    workers that die (BrokenProcessPool); initialisers; the shutdown lock, which nobody contends for
 *             long.
 */
#ifndef MODELS_LIBRARY_PROCESS_POOL_H
#define MODELS_LIBRARY_PROCESS_POOL_H

#include "models/library/future.h"
#include "models/library/mp_process.h"
#include "models/library/mp_queue.h"

struct process_call {
	struct work_item item;
	struct payload arguments, result; /* beside what every call has */
	struct mp_process *exited;	  /* the worker that has left after this call; NULL: none */
};

struct process_pool {
	struct interpreter *interpreter;
	struct mp_context *context;
	uint32_t max_workers, worker_count; /* worker_count: alive */
	int64_t max_tasks_per_child;	    /* 0: no limit */
	struct mp_process **workers;
	struct simple_queue waiting; /* struct process_call: submitted, not yet in the call queue */
	int64_t pending;	     /* submitted and not yet done */
	struct mp_queue calls;
	struct pipe *wakeups;
	struct mp_queue results;
	struct futex watch; /* what the manager polls: results and wake-ups */
	void *received;	    /* struct process_call: whose result the manager has read in this round; NULL: none */
	int64_t idle_permits;
	struct py_thread *manager; /* NULL before the first submit() */
	bool shutting_down, cancel_futures;
};

/* For AWAIT, inside the constructor's cost; max_tasks_per_child is 0 for no limit. */
struct process_pool *process_pool_new(struct interpreter *interpreter, struct mp_context *context,
				      uint32_t max_workers, int64_t max_tasks_per_child);
/* For AWAIT. ProcessPoolExecutor(): what its queues and locks cost. */
enum progress process_pool_open(struct os_thread *thread, struct process_pool *pool);
/*
 * For AWAIT. The call is the caller's and must live until its future is done and nobody asks any more.
 * Workers start here: with fork all at the first submit() (gh-90622; before 3.9 with any method); else one a
 * submit() while no idle worker has left a permit.
 */
enum progress process_pool_submit(struct os_thread *thread, struct process_pool *pool, struct process_call *call);
/* For AWAIT. shutdown(wait=True, cancel_futures). */
enum progress process_pool_shutdown(struct os_thread *thread, struct process_pool *pool, bool cancel_futures);

#endif
