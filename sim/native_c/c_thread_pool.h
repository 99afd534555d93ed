/*
 * c_thread_pool.h - concurrent.futures.ThreadPoolExecutor: one SimpleQueue, threads started on demand.
 */
#ifndef SIM_NATIVE_C_C_THREAD_POOL_H
#define SIM_NATIVE_C_C_THREAD_POOL_H

#include "sim/native_c/c_queue.h"
#include "sim/native_c/c_thread.h"

/* A work item and its future. */
struct c_call {
	void (*call)(void *argument);
	void *argument;
	struct c_event done;
};

struct c_thread_pool {
	struct c_simple_queue queue; /* of struct c_call; NULL: the end */
	struct c_thread *workers;
	int worker_count, worker_limit;
	atomic_int idle_permits;
	bool permit_when_empty; /* since 3.12 a worker that finds the queue empty leaves one; before, after each
				   task */
};

void c_thread_pool_init(struct c_thread_pool *pool, const struct workload *workload, int workers);
/* Starts all its workers, and lets them come to rest. */
void c_thread_pool_warm_up(struct c_thread_pool *pool);
void c_thread_pool_submit(struct c_thread_pool *pool, struct c_call *call);
/* shutdown(wait=True) */
void c_thread_pool_shut_down(struct c_thread_pool *pool);

#endif
