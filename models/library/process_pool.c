/*
 * process_pool.c - see process_pool.h.
 */
#include "models/library/process_pool.h"

/* process.py: how many more calls than workers the call queue holds. */
#define EXTRA_QUEUED_CALLS 1
/* Pickled size of a _CallItem and a _ResultItem around the caller's own objects. Pickling them, an instance whose class is found
 * by name, is in the costs of who does it. */
static const struct payload call_base = { 125, 0 }, result_base = { 113, 0 }, sentinel = { 4, 0 };

/* ---- A worker process: _process_worker() ---- */

struct worker_locals {
	void *call; /* struct process_call; NULL: the sentinel */
	int64_t done;
};

static enum progress worker(struct os_thread *thread, struct frame *frame)
{
	struct worker_locals *my = FRAME_LOCALS(frame, struct worker_locals);
	struct process_pool *pool = mp_argument(thread);
	struct process_call *call = my->call;

	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, mp_queue_get(thread, &pool->calls, &my->call, SIM_NS_MAX));
		if (!my->call)
			break;
		if (my->done == 0 && pool->context->method == MP_FORK)
			AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PPE_FIRST_CALL)));
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PPE_WORKER)));
		call = my->call;
		leave_objects(thread);
		work_item_push(thread, &call->item);
		AWAIT(frame, os_thread_enter(thread));
		my->done++;
		if (my->done == pool->max_tasks_per_child)
			call->exited = py_current(thread)->argument;
		AWAIT(frame,
		      mp_simple_queue_put(thread, &pool->results, call, payload_sum(result_base, call->result)));
		if (my->done == pool->max_tasks_per_child)
			break;
	}
	/* Its number, which nobody waits for any more. */
	if (!my->call)
		AWAIT(frame, mp_simple_queue_put(thread, &pool->results, NULL, sentinel));
	PROGRAM_END;
}

static enum progress start_worker(struct os_thread *thread, struct process_pool *pool)
{
	struct mp_process *process = region_alloc(thread->machine->region, sizeof(*process));

	pool->workers[pool->worker_count++] = process;
	return mp_process_start(thread, pool->context, process, "ProcessPoolExecutor worker", worker, pool);
}

/* ---- The manager thread: _ExecutorManagerThread ---- */

struct manager_locals {
	struct process_pool *pool;
	void *call;
	sim_ns cost_ns;
	uint32_t next;
	bool runs;
};

/* add_call_item_to_queue(). */
static enum progress add_calls(struct os_thread *thread, struct frame *frame)
{
	struct manager_locals *my = FRAME_LOCALS(frame, struct manager_locals);
	struct process_pool *pool = my->pool;
	struct process_call *call = my->call;

	PROGRAM_BEGIN(frame);
	while (!mp_queue_is_full(&pool->calls) && simple_queue_try_get(thread, &pool->waiting, &my->call)) {
		call = my->call;
		my->runs = py_future_set_running(thread, &call->item.future, &my->cost_ns);
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PPE_DISPATCH) + my->cost_ns));
		pool->pending -= !my->runs;
		if (my->runs)
			AWAIT(frame, mp_queue_put(thread, &pool->calls, call,
						  payload_sum(call_base, call->arguments), SIM_NS_MAX));
	}
	PROGRAM_END;
}

/* _ThreadWakeup.clear(): a poll() and a read for each message, and the poll() that finds none. */
static enum progress clear_wakeups(struct os_thread *thread, struct frame *frame)
{
	struct manager_locals *my = FRAME_LOCALS(frame, struct manager_locals);

	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, connection_poll(thread, my->pool->wakeups, 0));
		if (py_current(thread)->timed_out)
			break;
		AWAIT(frame, connection_receive(thread, my->pool->wakeups, &my->call));
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_CONNECTION_RECEIVE)));
	}
	PROGRAM_END;
}

/* wait_result_broken_or_wakeup(): stores the call whose result has come, or NULL. */
static enum progress wait_for_result(struct os_thread *thread, struct frame *frame)
{
	struct manager_locals *my = FRAME_LOCALS(frame, struct manager_locals);
	struct process_pool *pool = my->pool;
	struct manager_locals *locals;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PPE_WAIT) +
						 py_cost(thread, COST_PPE_WAIT_WORKER) * pool->worker_count));
	AWAIT(frame, py_release_gil(thread));
	os_thread_set_activity(thread, ACTIVITY_QUEUE_WAIT);
	while (!pipe_is_readable(pool->results.pipe) && !pipe_is_readable(pool->wakeups))
		AWAIT(frame, futex_wait(thread, &pool->watch, SIM_NS_MAX, 0));
	os_thread_set_activity(thread, ACTIVITY_OVERHEAD);
	AWAIT(frame, py_take_gil(thread));
	pool->received = NULL;
	if (pipe_is_readable(pool->results.pipe))
		AWAIT(frame, mp_simple_queue_get(thread, &pool->results, &pool->received));
	locals = os_thread_push(thread, clear_wakeups);
	locals->pool = pool;
	AWAIT(frame, os_thread_enter(thread));
	PROGRAM_END;
}

/* processes.pop() and join(), then _adjust_process_count(). */
static enum progress replace_worker(struct os_thread *thread, struct frame *frame)
{
	struct manager_locals *my = FRAME_LOCALS(frame, struct manager_locals);
	struct process_pool *pool = my->pool;
	struct process_call *call = my->call;

	PROGRAM_BEGIN(frame);
	for (my->next = 0; pool->workers[my->next] != call->exited; my->next++)
		;
	pool->workers[my->next] = pool->workers[--pool->worker_count];
	AWAIT(frame, mp_process_join(thread, call->exited));
	if (pool->idle_permits > 0) {
		pool->idle_permits--;
	} else if (pool->worker_count < pool->max_workers) {
		AWAIT(frame, start_worker(thread, pool));
	}
	PROGRAM_END;
}

/* shutdown_workers(), call_queue.join_thread(), and a join() for each worker. */
static enum progress join_internals(struct os_thread *thread, struct frame *frame)
{
	struct manager_locals *my = FRAME_LOCALS(frame, struct manager_locals);
	struct process_pool *pool = my->pool;

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < pool->worker_count; my->next++)
		AWAIT(frame, mp_queue_put(thread, &pool->calls, NULL, sentinel, SIM_NS_MAX));
	AWAIT(frame, mp_queue_flush(thread, &pool->calls));
	for (my->next = 0; my->next < pool->worker_count; my->next++)
		AWAIT(frame, mp_process_join(thread, pool->workers[my->next]));
	PROGRAM_END;
}

static enum progress call_step(struct os_thread *thread, program_fn *program, struct process_pool *pool, void *call)
{
	struct manager_locals *locals = os_thread_push(thread, program);

	locals->pool = pool;
	locals->call = call;
	return os_thread_enter(thread);
}

static void cancel_waiting(struct os_thread *thread, struct process_pool *pool, sim_ns *cost_ns)
{
	void *item;
	sim_ns one_ns;

	*cost_ns = 0;
	while (simple_queue_try_get(thread, &pool->waiting, &item)) {
		py_future_cancel(thread, &((struct process_call *)item)->item.future, &one_ns);
		*cost_ns += one_ns;
		pool->pending--;
	}
}

struct manage_locals {
	sim_ns cost_ns;
};

static enum progress manage(struct os_thread *thread, struct frame *frame)
{
	struct manage_locals *my = FRAME_LOCALS(frame, struct manage_locals);
	struct process_pool *pool = py_current(thread)->argument;
	struct process_call *call = pool->received;

	PROGRAM_BEGIN(frame);
	if (pool->context->method == MP_FORK)
		AWAIT(frame, py_cold_overhead(thread, py_cost(thread, COST_PPE_FIRST_ROUND)));
	for (;;) {
		AWAIT(frame, call_step(thread, add_calls, pool, NULL));
		AWAIT(frame, call_step(thread, wait_for_result, pool, NULL));
		call = pool->received;
		if (call) {
			pool->pending--;
			AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PPE_RESULT) +
								 (call->item.future.kept ? 0 : py_future_gone(thread))));
			AWAIT(frame, py_future_set(thread, &call->item.future, call->item.failed));
			pool->idle_permits += !call->exited;
			if (call->exited)
				AWAIT(frame, call_step(thread, replace_worker, pool, call));
		}
		if (!pool->shutting_down)
			continue;
		if (pool->cancel_futures) {
			pool->cancel_futures = false;
			cancel_waiting(thread, pool, &my->cost_ns);
			AWAIT(frame, py_overhead(thread, my->cost_ns));
		}
		AWAIT(frame, call_step(thread, add_calls, pool, NULL));
		if (pool->pending == 0)
			break;
	}
	AWAIT(frame, call_step(thread, join_internals, pool, NULL));
	PROGRAM_END;
}

/* ---- The caller ---- */

struct process_pool *process_pool_new(struct interpreter *interpreter, struct mp_context *context,
				      uint32_t max_workers, int64_t max_tasks_per_child)
{
	struct machine_model *machine = interpreter->runtime->machine;
	struct process_pool *pool = region_alloc(machine->region, sizeof(*pool));

	pool->interpreter = interpreter;
	pool->context = context;
	pool->max_workers = max_workers;
	pool->max_tasks_per_child = max_tasks_per_child;
	pool->workers = region_alloc_array(machine->region, max_workers, sizeof(struct mp_process *));
	simple_queue_init(&pool->waiting, machine->region);
	mp_queue_init(&pool->calls, machine, (int64_t)max_workers + EXTRA_QUEUED_CALLS);
	pool->calls.wrapping_ns = machine_cost(machine, COST_PPE_FEED);
	mp_queue_init(&pool->results, machine, MP_QUEUE_UNBOUNDED);
	pool->results.items_live = KEPT;
	pool->wakeups = pipe_new(machine);
	pool->results.pipe->pollers = pool->wakeups->pollers = &pool->watch;
	return pool;
}

struct pool_locals {
	struct process_pool *pool;
	struct process_call *call;
	bool cancel_futures;
};

static enum progress open_pool(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_ensure_tracker(thread, my->pool->context));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PPE_CREATE)));
	PROGRAM_END;
}

enum progress process_pool_open(struct os_thread *thread, struct process_pool *pool)
{
	struct pool_locals *my = os_thread_push(thread, open_pool);

	my->pool = pool;
	return os_thread_enter(thread);
}


static enum progress start_all_workers(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);

	PROGRAM_BEGIN(frame);
	while (my->pool->worker_count < my->pool->max_workers)
		AWAIT(frame, start_worker(thread, my->pool));
	PROGRAM_END;
}

static enum progress adjust_workers(struct os_thread *thread, struct process_pool *pool)
{
	bool all_at_once = pool->context->method == MP_FORK || !py_has(thread, PYTHON_PROCESSES_ON_DEMAND);
	struct pool_locals *locals;

	if (all_at_once) {
		if (pool->manager)
			return DONE;
		locals = os_thread_push(thread, start_all_workers);
		locals->pool = pool;
		return os_thread_enter(thread);
	}
	if (pool->idle_permits > 0) {
		pool->idle_permits--;
		return DONE;
	}
	return pool->worker_count < pool->max_workers ? start_worker(thread, pool) : DONE;
}

static enum progress submit(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);
	struct process_pool *pool = my->pool;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PPE_SUBMIT) + py_cost(thread, COST_CONNECTION_SEND) +
						 py_future_made(thread)));
	AWAIT(frame, py_collect(thread));
	simple_queue_append(thread, &pool->waiting, my->call);
	pool->pending++;
	AWAIT(frame, connection_send(thread, pool->wakeups, 0, NULL)); /* _ThreadWakeup.wakeup() */
	AWAIT(frame, adjust_workers(thread, pool));
	if (!pool->manager) {
		pool->manager = py_thread_new(pool->interpreter, "ProcessPoolExecutor manager", manage, pool);
		AWAIT(frame, py_thread_start(thread, pool->manager));
	}
	PROGRAM_END;
}

enum progress process_pool_submit(struct os_thread *thread, struct process_pool *pool, struct process_call *call)
{
	struct pool_locals *my = os_thread_push(thread, submit);

	my->pool = pool;
	my->call = call;
	return os_thread_enter(thread);
}

static enum progress shut_down(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);
	struct process_pool *pool = my->pool;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PPE_SHUTDOWN) + py_cost(thread, COST_CONNECTION_SEND)));
	pool->cancel_futures = my->cancel_futures;
	pool->shutting_down = true;
	AWAIT(frame, connection_send(thread, pool->wakeups, 0, NULL)); /* _ThreadWakeup.wakeup() */
	if (pool->manager)
		AWAIT(frame, py_thread_join(thread, pool->manager));
	PROGRAM_END;
}

enum progress process_pool_shutdown(struct os_thread *thread, struct process_pool *pool, bool cancel_futures)
{
	struct pool_locals *my = os_thread_push(thread, shut_down);

	my->pool = pool;
	my->cancel_futures = cancel_futures;
	return os_thread_enter(thread);
}
