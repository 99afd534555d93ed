/*
 * c_thread_pool.c - see c_thread_pool.h. models/library/thread_pool.c mirrors the same program.
 */
#include "sim/native_c/c_thread_pool.h"

#include "sim/profile/python_version.h"

#define SETTLE_NS (10 * SIM_MS)

void c_thread_pool_init(struct c_thread_pool *pool, const struct workload *workload, int workers)
{
	*pool = (struct c_thread_pool){
		.workers = c_alloc((size_t)workers, sizeof(pool->workers[0])),
		.worker_limit = workers,
		.permit_when_empty = python_has(workload->python.minor, PYTHON_PERMIT_WHEN_EMPTY),
	};
	c_simple_queue_init(&pool->queue, workload);
}

static void work(void *argument)
{
	struct c_thread_pool *pool = argument;
	void *item;

	for (;;) {
		struct c_call *call;

		if (!pool->permit_when_empty || !c_simple_queue_try_get(&pool->queue, &item)) {
			if (pool->permit_when_empty)
				atomic_fetch_add(&pool->idle_permits, 1);
			item = c_simple_queue_get(&pool->queue);
		}
		call = item;
		if (!call)
			break;
		call->call(call->argument);
		c_event_set(&call->done);
		if (!pool->permit_when_empty)
			atomic_fetch_add(&pool->idle_permits, 1);
	}
	c_simple_queue_put(&pool->queue, NULL);
}

static void start_worker(struct c_thread_pool *pool)
{
	pool->worker_count++;
	c_thread_start(&pool->workers[pool->worker_count - 1], work, pool);
}

void c_thread_pool_warm_up(struct c_thread_pool *pool)
{
	while (pool->worker_count < pool->worker_limit)
		start_worker(pool);
	if (!pool->permit_when_empty)
		atomic_store(&pool->idle_permits, pool->worker_limit);
	c_sleep(SETTLE_NS);
}

static bool take_permit(struct c_thread_pool *pool)
{
	int permits = atomic_load(&pool->idle_permits);

	while (permits > 0 && !atomic_compare_exchange_weak(&pool->idle_permits, &permits, permits - 1))
		continue;
	return permits > 0;
}

void c_thread_pool_submit(struct c_thread_pool *pool, struct c_call *call)
{
	c_simple_queue_put(&pool->queue, call);
	if (!take_permit(pool) && pool->worker_count < pool->worker_limit)
		start_worker(pool);
}

void c_thread_pool_shut_down(struct c_thread_pool *pool)
{
	c_simple_queue_put(&pool->queue, NULL);
	for (int i = 0; i < pool->worker_count; i++)
		c_thread_join(&pool->workers[i]);
}
