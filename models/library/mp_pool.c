/*
 * mp_pool.c - see mp_pool.h.
 */
#include "models/library/mp_pool.h"

/* Pickled size of what goes with each chunk: job number, chunk number, function's name; and of a result. */
#define CHUNK_BASE_BYTES 60
#define RESULT_BASE_BYTES 30
#define SENTINEL_BYTES 4

/* What keeps time moving while the worker handler goes round and round, also where nothing costs anything. */
#define SPIN_NS 1

struct chunk {
	struct mp_job *job;
	int64_t first, end;
};

static sim_ns pickle_cost(const struct os_thread *thread, enum cost rate, int64_t bytes)
{
	return sim_time_round(thread->machine->costs->value[rate] * (double)bytes);
}

/* ---- A worker process ---- */

struct worker_locals {
	void *chunk; /* struct chunk; NULL: the sentinel */
	int64_t index;
};

static enum progress worker(struct os_thread *thread, struct frame *frame)
{
	struct worker_locals *my = FRAME_LOCALS(frame, struct worker_locals);
	struct mp_pool *pool = mp_argument(thread);
	struct chunk *chunk = my->chunk;
	struct mp_item_locals *item;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_WORKER_ENTRY)));
	pool->entered_workers++;
	pool->all_entered = pool->entered_workers == pool->worker_count;
	if (pool->all_entered)
		futex_wake(&pool->entered, NULL, false);
	for (;;) {
		AWAIT(frame, mp_lock_acquire(thread, &pool->task_read_lock));
		AWAIT(frame, connection_receive(thread, pool->tasks, &my->chunk));
		AWAIT(frame, mp_lock_release(thread, &pool->task_read_lock));
		if (!my->chunk)
			break;
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_TASK)));
		chunk = my->chunk;
		for (my->index = chunk->first; my->index < chunk->end; my->index++) {
			if (my->index > chunk->first)
				AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_ITEM)));
			item = os_thread_push(thread, chunk->job->item_program);
			item->context = chunk->job->context;
			item->index = my->index;
			AWAIT(frame, os_thread_enter(thread));
		}
		AWAIT(frame, mp_lock_acquire(thread, &pool->result_write_lock));
		AWAIT(frame, connection_send(thread, pool->results, RESULT_BASE_BYTES, my->chunk));
		AWAIT(frame, mp_lock_release(thread, &pool->result_write_lock));
	}
	PROGRAM_END;
}

/* Writes to the notifier that the worker handler watches. */
static sim_ns notify(struct mp_pool *pool, struct os_thread *thread)
{
	pool->notified = true;
	return py_cost(thread, COST_PIPE_WRITE) + futex_wake(&pool->watch, thread, false);
}

/* ---- The parent's helper threads ---- */

struct task_handler_locals {
	void *job; /* struct mp_job; NULL: the sentinel */
	struct chunk *chunk;
	int64_t bytes;
	uint32_t sentinel_count;
};

static enum progress handle_tasks(struct os_thread *thread, struct frame *frame)
{
	struct task_handler_locals *my = FRAME_LOCALS(frame, struct task_handler_locals);
	struct mp_pool *pool = py_current(thread)->argument;
	struct mp_job *job = my->job;
	struct region *region = thread->machine->region;

	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, simple_queue_get(thread, &pool->jobs, &my->job));
		if (!my->job)
			break;
		job = my->job;
		while (job->next_item < job->item_count && !pool->terminating) {
			my->chunk = region_alloc(region, sizeof(*my->chunk));
			my->chunk->job = job;
			my->chunk->first = job->next_item;
			my->chunk->end = job->next_item + job->chunk_items;
			if (my->chunk->end > job->item_count)
				my->chunk->end = job->item_count;
			job->next_item = my->chunk->end;
			my->bytes = CHUNK_BASE_BYTES + (my->chunk->end - my->chunk->first) * job->payload_bytes;
			AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_DISPATCH) +
								 pickle_cost(thread, COST_PICKLE_DUMPS,
									     my->bytes - CHUNK_BASE_BYTES)));
			AWAIT(frame, connection_send(thread, pool->tasks, my->bytes, my->chunk));
		}
	}
	/* The result handler and the workers shall end. */
	AWAIT(frame, mp_lock_acquire(thread, &pool->result_write_lock));
	AWAIT(frame, connection_send(thread, pool->results, SENTINEL_BYTES, NULL));
	AWAIT(frame, mp_lock_release(thread, &pool->result_write_lock));
	for (my->sentinel_count = 0; my->sentinel_count < pool->worker_count; my->sentinel_count++)
		AWAIT(frame, connection_send(thread, pool->tasks, SENTINEL_BYTES, NULL));
	PROGRAM_END;
}

struct result_handler_locals {
	void *chunk; /* struct chunk; NULL: the sentinel */
};

static enum progress handle_results(struct os_thread *thread, struct frame *frame)
{
	struct result_handler_locals *my = FRAME_LOCALS(frame, struct result_handler_locals);
	struct mp_pool *pool = py_current(thread)->argument;
	struct mp_job *job;

	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, connection_receive(thread, pool->results, &my->chunk));
		if (!my->chunk || pool->terminating)
			break;
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_RESULT)));
		job = ((struct chunk *)my->chunk)->job;
		job->chunks_left--;
		if (job->chunks_left > 0)
			continue;
		job->done = true;
		AWAIT(frame, os_thread_compute(thread, futex_wake(&job->waiters, thread, false)));
		/* The cache of jobs is empty now, which the worker handler is told (_PoolCache). */
		AWAIT(frame, os_thread_compute(thread, notify(pool, thread)));
	}
	PROGRAM_END;
}

struct worker_handler_locals {
	uint32_t next;
	sim_ns work_ns; /* of look_around() */
};

/* One system call of the worker handler with the bytecode before it: a moment in which the GIL is free. These
 * moments come irregularly (each poll() and waitpid() of a round is one), so a result handler that has woken up
 * gets the GIL with the chance that it is free just then. */
static enum progress look_around(struct os_thread *thread, struct frame *frame)
{
	struct worker_handler_locals *my = FRAME_LOCALS(frame, struct worker_handler_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, machine_irregular(thread->machine, my->work_ns)));
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_READ) + SPIN_NS));
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

static enum progress spend_and_look(struct os_thread *thread, sim_ns work_ns)
{
	struct worker_handler_locals *locals = os_thread_push(thread, look_around);

	locals->work_ns = work_ns;
	return os_thread_enter(thread);
}

/* A waitpid() for each worker, a poll() of the sentinels and results, one of the notifier; then, if nothing has
 * come, it waits. While results lie unread it goes round and round. */
static enum progress handle_workers(struct os_thread *thread, struct frame *frame)
{
	struct worker_handler_locals *my = FRAME_LOCALS(frame, struct worker_handler_locals);
	struct mp_pool *pool = py_current(thread)->argument;

	PROGRAM_BEGIN(frame);
	while (!pool->terminating) {
		for (my->next = 0; my->next < pool->worker_count; my->next++)
			AWAIT(frame, spend_and_look(thread, py_cost(thread, COST_POOL_WATCH_WORKER)));
		AWAIT(frame, py_overhead(thread,
					 machine_irregular(thread->machine, py_cost(thread, COST_POOL_WATCH) / 2)));
		AWAIT(frame, py_release_gil(thread));
		os_thread_set_activity(thread, ACTIVITY_QUEUE_WAIT);
		while (!pool->notified && !pipe_is_readable(pool->results))
			AWAIT(frame, futex_wait(thread, &pool->watch, SIM_NS_MAX, 0));
		os_thread_set_activity(thread, ACTIVITY_OVERHEAD);
		AWAIT(frame, py_take_gil(thread));
		pool->notified = false;
		AWAIT(frame, spend_and_look(thread, py_cost(thread, COST_POOL_WATCH) / 2));
	}
	AWAIT(frame, simple_queue_put(thread, &pool->jobs, NULL));
	PROGRAM_END;
}

/* ---- The caller ---- */

struct mp_pool *mp_pool_new(struct interpreter *interpreter, struct mp_context *context, uint32_t workers)
{
	struct machine_model *machine = interpreter->runtime->machine;
	struct mp_pool *pool = region_alloc(machine->region, sizeof(*pool));

	pool->interpreter = interpreter;
	pool->context = context;
	pool->worker_count = workers;
	pool->workers = region_alloc_array(machine->region, workers, sizeof(*pool->workers));
	simple_queue_init(&pool->jobs, machine->region);
	mp_lock_init(&pool->task_read_lock);
	mp_lock_init(&pool->result_write_lock);
	pool->tasks = pipe_new(machine);
	pool->results = pipe_new(machine);
	pool->results->pollers = &pool->watch;
	pool->worker_handler = py_thread_new(interpreter, "Pool worker handler", handle_workers, pool);
	pool->task_handler = py_thread_new(interpreter, "Pool task handler", handle_tasks, pool);
	pool->result_handler = py_thread_new(interpreter, "Pool result handler", handle_results, pool);
	return pool;
}

struct pool_locals {
	struct mp_pool *pool;
	struct mp_job *job;
	void *drained;
	uint32_t next;
};

static enum progress open_pool(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);
	struct mp_pool *pool = my->pool;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_CREATE)));
	for (my->next = 0; my->next < pool->worker_count; my->next++)
		AWAIT(frame, mp_process_start(thread, pool->context, &pool->workers[my->next], "Pool worker",
					      worker, pool));
	AWAIT(frame, py_thread_start(thread, pool->worker_handler));
	AWAIT(frame, py_thread_start(thread, pool->task_handler));
	AWAIT(frame, py_thread_start(thread, pool->result_handler));
	PROGRAM_END;
}

enum progress mp_pool_open(struct os_thread *thread, struct mp_pool *pool)
{
	struct pool_locals *my = os_thread_push(thread, open_pool);

	my->pool = pool;
	return os_thread_enter(thread);
}

static enum progress map(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_MAP)));
	my->job->chunks_left = (my->job->item_count + my->job->chunk_items - 1) / my->job->chunk_items;
	my->job->done = my->job->chunks_left == 0;
	if (!my->job->done) {
		AWAIT(frame, simple_queue_put(thread, &my->pool->jobs, my->job));
		AWAIT(frame,
		      py_wait_until(thread, &my->job->done, &my->job->waiters, ACTIVITY_QUEUE_WAIT, SIM_NS_MAX));
	}
	PROGRAM_END;
}

enum progress mp_pool_map(struct os_thread *thread, struct mp_pool *pool, struct mp_job *job)
{
	struct pool_locals *my = os_thread_push(thread, map);

	my->pool = pool;
	my->job = job;
	return os_thread_enter(thread);
}

static enum progress terminate(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);
	struct mp_pool *pool = my->pool;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_TERMINATE)));
	pool->terminating = true;
	AWAIT(frame, os_thread_compute(thread, notify(pool, thread)));
	/* Whoever reads tasks keeps the lock until the sentinels come; then it is the caller's, who drains. */
	AWAIT(frame, mp_lock_acquire(thread, &pool->task_read_lock));
	while (!pool->task_handler->finished && pipe_is_readable(pool->tasks)) {
		AWAIT(frame, connection_receive(thread, pool->tasks, &my->drained));
		AWAIT(frame, py_sleep(thread, 0));
	}
	AWAIT(frame, os_thread_compute(thread, notify(pool, thread)));
	AWAIT(frame, mp_lock_acquire(thread, &pool->result_write_lock));
	AWAIT(frame, connection_send(thread, pool->results, SENTINEL_BYTES, NULL));
	AWAIT(frame, mp_lock_release(thread, &pool->result_write_lock));
	AWAIT(frame, py_thread_join(thread, pool->worker_handler));
	for (my->next = 0; my->next < pool->worker_count; my->next++) {
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_SYSCALL_BASE)));
		os_process_kill(pool->workers[my->next].interpreter->process);
	}
	AWAIT(frame, py_thread_join(thread, pool->task_handler));
	AWAIT(frame, py_thread_join(thread, pool->result_handler));
	for (my->next = 0; my->next < pool->worker_count; my->next++)
		if (!mp_process_has_exited(&pool->workers[my->next]))
			AWAIT(frame, mp_process_join(thread, &pool->workers[my->next]));
	PROGRAM_END;
}

enum progress mp_pool_terminate(struct os_thread *thread, struct mp_pool *pool)
{
	struct pool_locals *my = os_thread_push(thread, terminate);

	my->pool = pool;
	return os_thread_enter(thread);
}
