/*
 * model_run.c - see model_run.h.
 */
#include "models/simulate/model_run.h"

#include "models/simulate/steps.h"

struct model_run model_run_of_workload(struct simulation *simulation)
{
	return (struct model_run){
		.simulation = simulation,
		.model = &simulation->workload->model,
		.count = simulation->workload->run.count,
		.stride = 1,
	};
}

static struct payload arguments_of(const struct model_run *run)
{
	int64_t bytes = run->simulation->workload->run.bytes;

	return !run->start && bytes > 0 ? (struct payload){ bytes, 1 } : start_arguments(run->start);
}

static struct payload result_of(const struct model_run *run)
{
	return run->start ? start_result(run->start) : (struct payload){ run->simulation->workload->run.result_bytes, 0 };
}

/* Among the workload's run, or among what the step starts. */
static uint64_t index_of(const struct model_run *run, int64_t number)
{
	return (uint64_t)(run->first + number * run->stride);
}

static uint32_t task_of(const struct model_run *run, int64_t number)
{
	return workload_run_task(run->simulation->workload, run->simulation->replication, index_of(run, number));
}

struct task_instance *model_run_release(const struct model_run *run, int64_t number)
{
	if (run->parent)
		return step_new_child(run->parent, run->start, (int64_t)index_of(run, number));
	return task_instance_new(run->simulation, task_of(run, number), index_of(run, number));
}

static const char *task_name(const struct model_run *run)
{
	const struct workload *workload = run->simulation->workload;

	return workload->tasks[run->parent ? run->start->task : workload->run.task].name;
}

/* All models' locals begin with the run. */
struct run_locals {
	struct model_run *run;
	int64_t next;
	void *children; /* of its own kind, one for each instance or process */
	struct executor *executor;
	struct py_futures *set;
};

static void *new_children(const struct model_run *run, int64_t count, size_t bytes)
{
	return region_alloc_array(run->simulation->region, (size_t)count, bytes);
}

/* ---- sequential: for i in range(count): run_task(i) ---- */

static enum progress run_sequential(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct task_run_locals *task;

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < my->run->count; my->next++) {
		task = os_thread_push(thread, task_run);
		task->instance = model_run_release(my->run, my->next);
		AWAIT(frame, os_thread_enter(thread));
	}
	PROGRAM_END;
}

/* ---- threads, processes: start all, join all ---- */

static enum progress run_threads(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct py_thread **threads = my->children;

	PROGRAM_BEGIN(frame);
	threads = my->children = new_children(my->run, my->run->count, sizeof(struct py_thread *));
	for (my->next = 0; my->next < my->run->count; my->next++) {
		threads[my->next] = py_thread_new(py_current(thread)->interpreter, task_name(my->run),
						  task_run_as_thread, model_run_release(my->run, my->next));
		AWAIT(frame, py_thread_start(thread, threads[my->next]));
	}
	for (my->next = 0; my->next < my->run->count; my->next++)
		AWAIT(frame, py_thread_join(thread, threads[my->next]));
	PROGRAM_END;
}

static enum progress run_processes(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct mp_process *processes = my->children;

	PROGRAM_BEGIN(frame);
	processes = my->children = new_children(my->run, my->run->count, sizeof(struct mp_process));
	for (my->next = 0; my->next < my->run->count; my->next++)
		AWAIT(frame, mp_process_start(thread, &my->run->simulation->context, &processes[my->next],
					      task_name(my->run), task_run_as_process, model_run_release(my->run, my->next)));
	for (my->next = 0; my->next < my->run->count; my->next++)
		AWAIT(frame, mp_process_join(thread, &processes[my->next]));
	PROGRAM_END;
}

/* ---- processes with `each`: process k of w runs range(k, count, w) by the inner model ---- */

struct share {
	struct mp_process process;
	struct model_run run;
};

static enum progress run_share(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, model_run_execute(thread, mp_argument(thread)));
	PROGRAM_END;
}

static struct share *share_out(const struct model_run *run)
{
	int64_t workers = model_workers(run->simulation->workload, run->model);
	struct share *shares = new_children(run, workers, sizeof(*shares));

	for (int64_t i = 0; i < workers; i++) {
		shares[i].run = *run;
		shares[i].run.model = run->model->each;
		shares[i].run.first = run->first + i * run->stride;
		shares[i].run.stride = run->stride * workers;
		shares[i].run.count = run->count > i ? (run->count - i + workers - 1) / workers : 0;
	}
	return shares;
}

static enum progress run_shares(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct share *shares = my->children;

	PROGRAM_BEGIN(frame);
	shares = my->children = share_out(my->run);
	for (my->next = 0; my->next < model_workers(my->run->simulation->workload, my->run->model); my->next++)
		AWAIT(frame, mp_process_start(thread, &my->run->simulation->context, &shares[my->next].process,
					      "Process", run_share, &shares[my->next].run));
	for (my->next = 0; my->next < model_workers(my->run->simulation->workload, my->run->model); my->next++)
		AWAIT(frame, mp_process_join(thread, &shares[my->next].process));
	PROGRAM_END;
}

/* ---- Executors: with executor: list(executor.map(run_task, range(count))) ---- */

/* What one call does: process.py:_process_chunk. */
struct chunk {
	int64_t count;
	struct task_instance *instances[];
};

/* The usual chunk is one task. Of the workload's own run it has its instance when it begins: millions may wait for that. */
struct chunk_call {
	struct executor_call call;
	const struct model_run *run;
	int64_t number;
	struct task_release release;
};

struct chunk_locals {
	const struct chunk *chunk;
	int64_t next;
};

static enum progress run_chunk(struct os_thread *thread, struct frame *frame)
{
	struct chunk_locals *my = FRAME_LOCALS(frame, struct chunk_locals);
	struct task_run_locals *task;

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < my->chunk->count; my->next++) {
		if (my->next > 0)
			AWAIT(frame, py_overhead(thread, py_cost(thread, COST_POOL_ITEM)));
		task = os_thread_push(thread, task_run);
		task->instance = my->chunk->instances[my->next];
		AWAIT(frame, os_thread_enter(thread));
	}
	PROGRAM_END;
}

/* The instance of a call that is one task. */
static struct task_instance *instance_of(struct chunk_call *call)
{
	const struct model_run *run = call->run;

	if (!call->call.instance)
		call->call.instance = task_instance_new_released(run->simulation, task_of(run, call->number),
								 index_of(run, call->number), &call->release);
	return call->call.instance;
}

struct released_locals {
	struct chunk_call *call;
};

static enum progress run_released(struct os_thread *thread, struct frame *frame)
{
	struct released_locals *my = FRAME_LOCALS(frame, struct released_locals);

	instance_of(my->call);
	frame_become(frame, executor_call_run);
	return executor_call_run(thread, frame);
}

static int64_t chunk_items(const struct model_run *run)
{
	return model_chunk_items(run->simulation->workload, run->model, run->count);
}

static int64_t chunk_count(const struct model_run *run)
{
	return (run->count + chunk_items(run) - 1) / chunk_items(run);
}

/* Its instances are released when the chunk is cut off. */
static enum progress submit_chunk(struct os_thread *thread, const struct model_run *run, struct executor *executor,
				  struct chunk_call *call, int64_t number)
{
	int64_t first = number * chunk_items(run);
	int64_t count = run->count - first < chunk_items(run) ? run->count - first : chunk_items(run);
	struct chunk *several;

	call->run = run;
	call->number = first;
	if (count == 1 && run->parent)
		return executor_submit_task(thread, executor, &call->call, model_run_release(run, first),
					    arguments_of(run), result_of(run));
	if (count == 1) {
		call->release = task_release(run->simulation, task_of(run, first));
		return executor_submit(thread, executor, &call->call, run_released, call, arguments_of(run),
				       result_of(run));
	}
	several = region_alloc(run->simulation->region,
			       sizeof(*several) + (size_t)count * sizeof(struct task_instance *));
	several->count = count;
	for (int64_t i = 0; i < count; i++)
		several->instances[i] = model_run_release(run, first + i);
	return executor_submit(thread, executor, &call->call, run_chunk, several,
			       payload_times(arguments_of(run), count), payload_times(result_of(run), count));
}

static struct py_futures *set_of(const struct model_run *run, struct chunk_call *chunks)
{
	struct py_futures *set = region_alloc(run->simulation->region, sizeof(*set));

	py_futures_init(set, run->simulation->region, (size_t)chunk_count(run));
	for (int64_t i = 0; i < chunk_count(run); i++)
		py_futures_add(set, executor_call_future(&chunks[i].call));
	return set;
}

static const enum py_wait_for wait_conditions[] = {
	[RETURN_FIRST] = WAIT_FIRST,
	[RETURN_ALL] = WAIT_ALL,
	[RETURN_EXCEPTION] = WAIT_EXCEPTION,
};

/* future.cancel(); its task has then ended without having begun. */
static enum progress cancel(struct os_thread *thread, struct chunk_call *call)
{
	struct py_future *future = executor_call_future(&call->call);
	sim_ns cost_ns;

	if (future->done || !py_future_cancel(thread, future, &cost_ns))
		return DONE;
	task_instance_cancel(instance_of(call));
	return py_overhead(thread, cost_ns);
}

static enum progress run_executor(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct chunk_call *chunks = my->children;
	const struct model *model = my->run->model;

	PROGRAM_BEGIN(frame);
	my->executor = my->run->warm;
	if (!my->executor) {
		my->executor = executor_new(my->run->simulation, model);
		AWAIT(frame, executor_open(thread, my->executor));
	}
	my->executor->keeps_futures = true;
	chunks = my->children = new_children(my->run, chunk_count(my->run), sizeof(struct chunk_call));
	for (my->next = 0; my->next < chunk_count(my->run); my->next++)
		AWAIT(frame, submit_chunk(thread, my->run, my->executor, &chunks[my->next], my->next));
	if (model->return_when == RETURN_ALL) {
		for (my->next = 0; my->next < chunk_count(my->run); my->next++) {
			AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_RESULT) + py_future_gone(thread)));
			AWAIT(frame, py_future_wait(thread, executor_call_future(&chunks[my->next].call), SIM_NS_MAX));
		}
	} else {
		my->set = set_of(my->run, chunks);
		AWAIT(frame, py_futures_wait(thread, my->set, wait_conditions[model->return_when], SIM_NS_MAX));
		for (my->next = 0; my->next < chunk_count(my->run); my->next++)
			AWAIT(frame, cancel(thread, &chunks[my->next]));
	}
	AWAIT(frame, executor_shutdown(thread, my->executor, false));
	PROGRAM_END;
}

/* ---- pool: with Pool(w) as pool: pool.map(run_task, range(count), chunksize) ---- */

struct pool_locals {
	struct model_run *run;
	struct executor *executor;
	struct mp_job *job;
	struct executor_call *calls; /* apply_async() */
	int64_t next;
};

static enum progress run_pool_item(struct os_thread *thread, struct frame *frame)
{
	struct mp_item_locals *my = FRAME_LOCALS(frame, struct mp_item_locals);
	struct task_instance **instances = my->context;
	struct task_run_locals *task;

	PROGRAM_BEGIN(frame);
	task = os_thread_push(thread, task_run);
	task->instance = instances[my->index];
	AWAIT(frame, os_thread_enter(thread));
	PROGRAM_END;
}

/* map() and its like release all their items at once. */
static struct mp_job *new_job(const struct model_run *run)
{
	struct mp_job *job = region_alloc(run->simulation->region, sizeof(*job));
	struct task_instance **instances = new_children(run, run->count, sizeof(struct task_instance *));

	for (int64_t i = 0; i < run->count; i++)
		instances[i] = model_run_release(run, i);
	job->item_program = run_pool_item;
	job->context = instances;
	job->item_count = run->count;
	job->chunk_items = chunk_items(run);
	job->payload = arguments_of(run);
	job->result = result_of(run);
	return job;
}

static enum progress submit_pool(struct os_thread *thread, const struct pool_locals *my)
{
	enum map_kind map = my->run->model->map;

	if (map == MAP_MAP)
		return mp_pool_map(thread, my->executor->pool, my->job);
	return mp_pool_imap(thread, my->executor->pool, my->job, map == MAP_IMAP);
}

static enum progress run_pool(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);
	const struct model_run *run = my->run;

	PROGRAM_BEGIN(frame);
	my->executor = run->warm;
	if (!my->executor) {
		my->executor = executor_new(run->simulation, run->model);
		AWAIT(frame, executor_open(thread, my->executor));
	}
	if (run->model->map == MAP_APPLY_ASYNC) {
		my->calls = new_children(run, run->count, sizeof(*my->calls));
		for (my->next = 0; my->next < run->count; my->next++)
			AWAIT(frame,
			      executor_submit_task(thread, my->executor, &my->calls[my->next],
						   model_run_release(run, my->next),
						   arguments_of(run), result_of(run)));
		for (my->next = 0; my->next < run->count; my->next++)
			AWAIT(frame, py_future_wait(thread, executor_call_future(&my->calls[my->next]), SIM_NS_MAX));
	} else {
		my->job = new_job(run);
		AWAIT(frame, submit_pool(thread, my));
		while (my->job->iterated && my->job->taken_count * my->job->chunk_items < my->job->item_count)
			AWAIT(frame, mp_job_next(thread, my->job));
	}
	AWAIT(frame, mp_pool_terminate(thread, my->executor->pool));
	PROGRAM_END;
}

/* ---- All of them ---- */

static program_fn *program_of(const struct model *model)
{
	switch (model->kind) {
	case MODEL_SEQUENTIAL:
		return run_sequential;
	case MODEL_THREADS:
		return run_threads;
	case MODEL_PROCESSES:
		return model->each ? run_shares : run_processes;
	case MODEL_THREAD_POOL:
	case MODEL_INTERPRETER_POOL:
	case MODEL_PROCESS_POOL:
		return run_executor;
	case MODEL_POOL:
		return run_pool;
	case MODEL_ASYNCIO:
		return model_run_asyncio;
	default:
		return NULL;
	}
}

bool model_run_is_known(const struct model *model)
{
	return program_of(model) && (!model->each || model_run_is_known(model->each));
}

enum progress model_run_execute(struct os_thread *thread, struct model_run *run)
{
	struct model_run **my = os_thread_push(thread, program_of(run->model));

	*my = run;
	return os_thread_enter(thread);
}
