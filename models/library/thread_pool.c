/*
 * thread_pool.c - see thread_pool.h.
 */
#include "models/library/thread_pool.h"

static program_fn worker;

/* What a call takes in which a permit is given or looked for, that apart. */
static sim_ns cost_less_permit(const struct os_thread *thread, enum cost cost, sim_ns permit_ns)
{
	const sim_ns rest_ns = py_cost(thread, cost) - permit_ns;

	return rest_ns > 0 ? rest_ns : 0;
}

struct thread_pool *thread_pool_new(struct interpreter *interpreter, uint32_t max_workers)
{
	struct region *region = interpreter->runtime->machine->region;
	struct thread_pool *pool = region_alloc(region, sizeof(*pool));

	pool->interpreter = interpreter;
	pool->max_workers = max_workers;
	pool->workers = region_alloc_array(region, max_workers, sizeof(*pool->workers));
	simple_queue_init(&pool->queue, region);
	py_semaphore_init(&pool->idle, region, 0);
	return pool;
}

struct worker_locals {
	void *item;		 /* struct work_item; NULL: the sentinel */
	struct interpreter *own; /* NULL: the work runs in the pool's */
	sim_ns cost_ns;
	bool runs;
};

static enum progress worker(struct os_thread *thread, struct frame *frame)
{
	struct worker_locals *my = FRAME_LOCALS(frame, struct worker_locals);
	struct thread_pool *pool = py_current(thread)->argument;
	struct work_item *item = my->item;
	bool permit_when_empty = py_has(thread, PYTHON_PERMIT_WHEN_EMPTY);

	PROGRAM_BEGIN(frame);
	if (pool->own_interpreters) {
		my->own = interpreter_new_sub(pool->interpreter);
		os_process_use_memory(thread->process, py_cost(thread, COST_MEMORY_SUBINTERPRETER));
		AWAIT(frame, py_enter_interpreter(thread, my->own));
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_INTERPRETER_CREATE)));
		AWAIT(frame, py_enter_interpreter(thread, pool->interpreter));
	}
	for (;;) {
		if (!permit_when_empty || !simple_queue_try_get(thread, &pool->queue, &my->item)) {
			if (permit_when_empty)
				AWAIT(frame, py_semaphore_release(thread, &pool->idle, 1));
			AWAIT(frame, simple_queue_get(thread, &pool->queue, &my->item));
		}
		if (!my->item)
			break;
		/* As it is measured, with the queue full. */
		AWAIT(frame, py_overhead(thread, permit_when_empty ? py_cost(thread, COST_TPE_TASK) :
								     cost_less_permit(thread, COST_TPE_TASK,
										      py_semaphore_cost(thread))));
		item = my->item;
		my->runs = py_future_set_running(thread, &item->future, &my->cost_ns);
		AWAIT(frame, os_thread_compute(thread, my->cost_ns));
		my->cost_ns = item->future.kept ? 0 : py_future_gone(thread);
		if (my->cost_ns > 0)
			AWAIT(frame, py_overhead(thread, my->cost_ns));
		if (my->runs) {
			if (my->own) {
				AWAIT(frame, py_overhead(thread, py_cost(thread, COST_INTERPRETER_CALL)));
				AWAIT(frame, py_enter_interpreter(thread, my->own));
			}
			work_item_push(thread, item);
			AWAIT(frame, os_thread_enter(thread));
			if (my->own)
				AWAIT(frame, py_enter_interpreter(thread, pool->interpreter));
			AWAIT(frame, py_future_set(thread, &item->future, item->failed));
		}
		if (!permit_when_empty)
			AWAIT(frame, py_semaphore_release(thread, &pool->idle, 1));
	}
	if (my->own) {
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_INTERPRETER_DESTROY)));
		os_process_use_memory(thread->process, -py_cost(thread, COST_MEMORY_SUBINTERPRETER));
	}
	AWAIT(frame, simple_queue_put(thread, &pool->queue, NULL));
	PROGRAM_END;
}

struct submit_locals {
	struct thread_pool *pool;
	struct work_item *item;
};

static enum progress submit(struct os_thread *thread, struct frame *frame)
{
	struct submit_locals *my = FRAME_LOCALS(frame, struct submit_locals);
	struct thread_pool *pool = my->pool;

	PROGRAM_BEGIN(frame);
	/* As it is measured, with the workers busy. */
	AWAIT(frame, py_overhead(thread, cost_less_permit(thread, COST_TPE_SUBMIT, py_semaphore_fail_cost(thread)) +
						 py_future_made(thread)));
	AWAIT(frame, py_collect(thread));
	AWAIT(frame, simple_queue_put(thread, &pool->queue, my->item));
	AWAIT(frame, py_semaphore_acquire_in_no_time(thread, &pool->idle));
	if (py_current(thread)->timed_out && pool->worker_count < pool->max_workers) {
		pool->workers[pool->worker_count] =
			py_thread_new(pool->interpreter, "ThreadPoolExecutor worker", worker, pool);
		pool->worker_count++;
		AWAIT(frame, py_thread_start(thread, pool->workers[pool->worker_count - 1]));
	}
	PROGRAM_END;
}

enum progress thread_pool_submit(struct os_thread *thread, struct thread_pool *pool, struct work_item *item)
{
	struct submit_locals *my = os_thread_push(thread, submit);

	my->pool = pool;
	my->item = item;
	return os_thread_enter(thread);
}

struct shutdown_locals {
	struct thread_pool *pool;
	void *drained;
	sim_ns cost_ns;
	uint32_t next;
	bool cancel_futures;
};

static enum progress shut_down(struct os_thread *thread, struct frame *frame)
{
	struct shutdown_locals *my = FRAME_LOCALS(frame, struct shutdown_locals);
	struct thread_pool *pool = my->pool;

	PROGRAM_BEGIN(frame);
	while (my->cancel_futures && simple_queue_try_get(thread, &pool->queue, &my->drained)) {
		py_future_cancel(thread, &((struct work_item *)my->drained)->future, &my->cost_ns);
		AWAIT(frame, py_overhead(thread, my->cost_ns));
	}
	AWAIT(frame, simple_queue_put(thread, &pool->queue, NULL));
	for (my->next = 0; my->next < pool->worker_count; my->next++)
		AWAIT(frame, py_thread_join(thread, pool->workers[my->next]));
	PROGRAM_END;
}

enum progress thread_pool_shutdown(struct os_thread *thread, struct thread_pool *pool, bool cancel_futures)
{
	struct shutdown_locals *my = os_thread_push(thread, shut_down);

	my->pool = pool;
	my->cancel_futures = cancel_futures;
	return os_thread_enter(thread);
}
