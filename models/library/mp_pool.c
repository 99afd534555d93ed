/*
 * mp_pool.c - see mp_pool.h.
 */
#include "models/library/mp_pool.h"

/* Pickled size of what goes with each chunk: job, chunk, and the names of two functions (89 for one item of a native run);
 * and of a result (26). */
#define CHUNK_BASE_BYTES 90
#define RESULT_BASE_BYTES 30
#define SENTINEL_BYTES 4

/* What keeps time moving while the worker handler goes round and round, also where nothing costs anything. */
#define SPIN_NS 1

struct chunk {
	struct mp_job *job;
	int64_t first, end;
	int64_t index; /* of the job's chunks */
};

static int64_t items_of(const struct chunk *chunk)
{
	return chunk->end - chunk->first;
}

/* ---- A worker process ---- */

struct worker_locals {
	void *chunk; /* struct chunk; NULL: the sentinel */
	int64_t index, done;
};

static void push_item(struct os_thread *thread, const struct mp_job *job, int64_t index)
{
	struct mp_item_locals *item;

	if (job->call) {
		work_item_push(thread, job->call);
		return;
	}
	item = os_thread_push(thread, job->item_program);
	item->context = job->context;
	item->index = index;
}

static enum progress worker(struct os_thread *thread, struct frame *frame)
{
	struct worker_locals *my = FRAME_LOCALS(frame, struct worker_locals);
	struct mp_pool *pool = mp_argument(thread);
	struct chunk *chunk = my->chunk;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_WORKER_ENTRY)));
	pool->entered_workers++;
	pool->all_entered = pool->entered_workers == pool->worker_count;
	if (pool->all_entered)
		futex_wake(&pool->entered, NULL, false);
	for (my->done = 0; pool->max_tasks_per_child == 0 || my->done < pool->max_tasks_per_child; my->done++) {
		AWAIT(frame, mp_semaphore_acquire(thread, &pool->task_read_lock, SIM_NS_MAX));
		AWAIT(frame, connection_receive_bytes(thread, pool->tasks, &my->chunk));
		AWAIT(frame, mp_semaphore_release(thread, &pool->task_read_lock));
		if (!my->chunk)
			break;
		chunk = my->chunk;
		if (my->done == 0 && pool->context->method == MP_FORK)
			AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_FIRST_TASK)));
		AWAIT(frame,
		      py_overhead(thread,
				  py_cost(thread, COST_POOL_TASK) +
					  unpickle_cost(thread, payload_times(chunk->job->payload, items_of(chunk)),
							UNTIL_UNPICKLED)));
		leave_objects(thread);
		for (my->index = chunk->first; my->index < chunk->end; my->index++) {
			if (my->index > chunk->first)
				AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_ITEM)));
			push_item(thread, chunk->job, my->index);
			AWAIT(frame, os_thread_enter(thread));
		}
		AWAIT(frame, py_overhead(thread, pickle_cost(thread, payload_times(chunk->job->result,
											 items_of(chunk)))));
		AWAIT(frame, mp_semaphore_acquire(thread, &pool->result_write_lock, SIM_NS_MAX));
		AWAIT(frame, connection_send(thread, pool->results,
					     RESULT_BASE_BYTES + items_of(chunk) * chunk->job->result.bytes, chunk));
		AWAIT(frame, mp_semaphore_release(thread, &pool->result_write_lock));
	}
	PROGRAM_END;
}

static enum progress start_worker(struct os_thread *thread, struct mp_pool *pool, uint32_t index)
{
	pool->workers[index].watch = &pool->watch;
	return mp_process_start(thread, pool->context, &pool->workers[index], "Pool worker", worker, pool);
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
	struct payload payload;
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
			my->chunk->index = job->next_item / job->chunk_items;
			my->chunk->end = job->next_item + job->chunk_items;
			if (my->chunk->end > job->item_count)
				my->chunk->end = job->item_count;
			job->next_item = my->chunk->end;
			my->payload = payload_times(job->payload, items_of(my->chunk));
			AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_DISPATCH) +
								 pickle_cost(thread, my->payload)));
			AWAIT(frame, connection_send(thread, pool->tasks, CHUNK_BASE_BYTES + my->payload.bytes,
						     my->chunk));
		}
	}
	/* The result handler and the workers shall end. */
	AWAIT(frame, mp_semaphore_acquire(thread, &pool->result_write_lock, SIM_NS_MAX));
	AWAIT(frame, connection_send(thread, pool->results, SENTINEL_BYTES, NULL));
	AWAIT(frame, mp_semaphore_release(thread, &pool->result_write_lock));
	for (my->sentinel_count = 0; my->sentinel_count < pool->worker_count; my->sentinel_count++)
		AWAIT(frame, connection_send(thread, pool->tasks, SENTINEL_BYTES, NULL));
	PROGRAM_END;
}

struct result_handler_locals {
	void *chunk; /* struct chunk; NULL: the sentinel */
	struct mp_job *job;
	bool failed;
};

/* Whether imap()'s next() has something to return. */
static bool job_has_next(const struct mp_job *job)
{
	return job->in_order ? job->arrived[job->taken_count] : job->arrived_count > job->taken_count;
}

/* IMapIterator._set(); returns what waking the one in next() costs. */
static sim_ns arrive(struct os_thread *thread, struct mp_job *job, const struct chunk *chunk)
{
	job->arrived_count++;
	if (job->in_order)
		job->arrived[chunk->index] = true;
	if (job->has_next || !job_has_next(job))
		return 0;
	job->has_next = true;
	return futex_wake(&job->next_waiters, thread, false);
}

static enum progress handle_results(struct os_thread *thread, struct frame *frame)
{
	struct result_handler_locals *my = FRAME_LOCALS(frame, struct result_handler_locals);
	struct mp_pool *pool = py_current(thread)->argument;
	struct chunk *chunk = my->chunk;

	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, connection_receive(thread, pool->results, &my->chunk));
		if (!my->chunk || pool->terminating)
			break;
		chunk = my->chunk;
		my->job = chunk->job;
		AWAIT(frame,
		      py_overhead(thread,
				  py_cost(thread, COST_POOL_RESULT) +
					  unpickle_cost(thread, payload_times(my->job->result, items_of(chunk)),
							KEPT)));
		if (my->job->iterated)
			AWAIT(frame, os_thread_compute(thread, arrive(thread, my->job, chunk)));
		region_free(thread->machine->region, chunk);
		my->job->chunks_left--;
		if (my->job->chunks_left > 0)
			continue;
		my->failed = my->job->call && my->job->call->failed;
		AWAIT(frame, py_future_set(thread, &my->job->future, my->failed));
		pool->unfinished_jobs--;
		/* That the cache of jobs is empty is told the worker handler (_PoolCache). */
		if (pool->unfinished_jobs == 0)
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
/* One that has left after its last task: join() and a new one in its place. */
static enum progress replace_worker(struct os_thread *thread, struct frame *frame)
{
	struct worker_handler_locals *my = FRAME_LOCALS(frame, struct worker_handler_locals);
	struct mp_pool *pool = py_current(thread)->argument;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_process_join(thread, &pool->workers[my->next]));
	AWAIT(frame, start_worker(thread, pool, my->next));
	PROGRAM_END;
}

static enum progress maintain_worker(struct os_thread *thread, struct mp_pool *pool, uint32_t index)
{
	struct worker_handler_locals *locals;

	if (!mp_process_has_exited(&pool->workers[index]))
		return spend_and_look(thread, py_cost(thread, COST_POOL_WATCH_WORKER));
	locals = os_thread_push(thread, replace_worker);
	locals->next = index;
	return os_thread_enter(thread);
}

static bool has_exited_worker(const struct mp_pool *pool)
{
	for (uint32_t i = 0; pool->max_tasks_per_child > 0 && i < pool->worker_count; i++)
		if (mp_process_has_exited(&pool->workers[i]))
			return true;
	return false;
}

/* A waitpid() for each worker, a poll() of the sentinels and results, one of the notifier; then, if nothing has come,
 * it waits. While results lie unread it goes round and round. */
static enum progress handle_workers(struct os_thread *thread, struct frame *frame)
{
	struct worker_handler_locals *my = FRAME_LOCALS(frame, struct worker_handler_locals);
	struct mp_pool *pool = py_current(thread)->argument;

	PROGRAM_BEGIN(frame);
	while (!pool->terminating && !(pool->closing && pool->unfinished_jobs == 0)) {
		for (my->next = 0; my->next < pool->worker_count; my->next++)
			AWAIT(frame, maintain_worker(thread, pool, my->next));
		AWAIT(frame, py_overhead(thread, machine_irregular(thread->machine,
								   py_cost(thread, COST_POOL_WATCH) / 2)));
		AWAIT(frame, py_release_gil(thread));
		os_thread_set_activity(thread, ACTIVITY_QUEUE_WAIT);
		while (!pool->notified && !pipe_is_readable(pool->results) && !has_exited_worker(pool))
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

struct mp_pool *mp_pool_new(struct interpreter *interpreter, struct mp_context *context, uint32_t workers,
			    int64_t max_tasks_per_child)
{
	struct machine_model *machine = interpreter->runtime->machine;
	struct mp_pool *pool = region_alloc(machine->region, sizeof(*pool));

	pool->interpreter = interpreter;
	pool->context = context;
	pool->worker_count = workers;
	pool->max_tasks_per_child = max_tasks_per_child;
	pool->workers = region_alloc_array(machine->region, workers, sizeof(*pool->workers));
	simple_queue_init(&pool->jobs, machine->region);
	mp_semaphore_init(&pool->task_read_lock, 1);
	mp_semaphore_init(&pool->result_write_lock, 1);
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
	AWAIT(frame, mp_ensure_tracker(thread, pool->context));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_CREATE)));
	for (my->next = 0; my->next < pool->worker_count; my->next++)
		AWAIT(frame, start_worker(thread, pool, my->next));
	AWAIT(frame, py_thread_start(thread, pool->worker_handler));
	AWAIT(frame, py_thread_start(thread, pool->task_handler));
	AWAIT(frame, py_thread_start(thread, pool->result_handler));
	PROGRAM_END;
}

static enum progress call_with(struct os_thread *thread, program_fn *program, struct mp_pool *pool, struct mp_job *job)
{
	struct pool_locals *my = os_thread_push(thread, program);

	my->pool = pool;
	my->job = job;
	return os_thread_enter(thread);
}

enum progress mp_pool_open(struct os_thread *thread, struct mp_pool *pool)
{
	return call_with(thread, open_pool, pool, NULL);
}

static enum progress submit(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_MAP)));
	my->job->chunks_left = (my->job->item_count + my->job->chunk_items - 1) / my->job->chunk_items;
	my->job->future.state = FUTURE_RUNNING;
	if (my->job->chunks_left == 0) {
		AWAIT(frame, py_future_set(thread, &my->job->future, false));
	} else {
		my->pool->unfinished_jobs++;
		AWAIT(frame, simple_queue_put(thread, &my->pool->jobs, my->job));
	}
	PROGRAM_END;
}

enum progress mp_pool_submit(struct os_thread *thread, struct mp_pool *pool, struct mp_job *job)
{
	return call_with(thread, submit, pool, job);
}

static enum progress map(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_pool_submit(thread, my->pool, my->job));
	AWAIT(frame, py_future_wait(thread, &my->job->future, SIM_NS_MAX));
	PROGRAM_END;
}

enum progress mp_pool_map(struct os_thread *thread, struct mp_pool *pool, struct mp_job *job)
{
	return call_with(thread, map, pool, job);
}

enum progress mp_pool_imap(struct os_thread *thread, struct mp_pool *pool, struct mp_job *job, bool in_order)
{
	job->iterated = true;
	job->in_order = in_order;
	if (in_order)
		job->arrived = region_alloc_array(thread->machine->region,
						  (size_t)(job->item_count / job->chunk_items + 2), sizeof(bool));
	return mp_pool_submit(thread, pool, job);
}

static enum progress next(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);
	struct mp_job *job = my->job;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_NEXT)));
	job->has_next = job_has_next(job);
	if (!job->has_next)
		AWAIT(frame, py_wait_until(thread, &job->has_next, &job->next_waiters, ACTIVITY_QUEUE_WAIT, SIM_NS_MAX));
	job->taken_count++;
	PROGRAM_END;
}

enum progress mp_job_next(struct os_thread *thread, struct mp_job *job)
{
	return call_with(thread, next, NULL, job);
}

static enum progress join_all(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);
	struct mp_pool *pool = my->pool;

	PROGRAM_BEGIN(frame);
	pool->closing = true;
	AWAIT(frame, os_thread_compute(thread, notify(pool, thread)));
	AWAIT(frame, py_thread_join(thread, pool->worker_handler));
	AWAIT(frame, py_thread_join(thread, pool->task_handler));
	AWAIT(frame, py_thread_join(thread, pool->result_handler));
	for (my->next = 0; my->next < pool->worker_count; my->next++)
		AWAIT(frame, mp_process_join(thread, &pool->workers[my->next]));
	PROGRAM_END;
}

enum progress mp_pool_join(struct os_thread *thread, struct mp_pool *pool)
{
	return call_with(thread, join_all, pool, NULL);
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
	AWAIT(frame, mp_semaphore_acquire(thread, &pool->task_read_lock, SIM_NS_MAX));
	while (!pool->task_handler->finished && pipe_is_readable(pool->tasks)) {
		AWAIT(frame, connection_receive_bytes(thread, pool->tasks, &my->drained));
		AWAIT(frame, py_sleep(thread, 0));
	}
	AWAIT(frame, os_thread_compute(thread, notify(pool, thread)));
	AWAIT(frame, mp_semaphore_acquire(thread, &pool->result_write_lock, SIM_NS_MAX));
	AWAIT(frame, connection_send(thread, pool->results, SENTINEL_BYTES, NULL));
	AWAIT(frame, mp_semaphore_release(thread, &pool->result_write_lock));
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
	return call_with(thread, terminate, pool, NULL);
}
