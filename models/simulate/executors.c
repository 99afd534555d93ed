/*
 * executors.c - see executors.h.
 */
#include "models/simulate/executors.h"

bool executor_is_known(enum model_kind kind)
{
	return kind == MODEL_THREAD_POOL || kind == MODEL_INTERPRETER_POOL || kind == MODEL_PROCESS_POOL ||
	       kind == MODEL_POOL;
}

struct executor *executor_new(struct simulation *simulation, const struct model *model)
{
	struct executor *executor = region_alloc(simulation->region, sizeof(*executor));

	executor->simulation = simulation;
	executor->model = model;
	return executor;
}

enum progress executor_open(struct os_thread *thread, struct executor *executor)
{
	struct interpreter *interpreter = py_current(thread)->interpreter;
	struct mp_context *context = &executor->simulation->context;
	const struct model *model = executor->model;
	uint32_t workers = (uint32_t)model_workers(executor->simulation->workload, model);

	executor->opened = true;
	if (model->kind == MODEL_PROCESS_POOL) {
		executor->processes = process_pool_new(interpreter, context, workers, model->max_tasks_per_child);
		return process_pool_open(thread, executor->processes);
	}
	if (model->kind == MODEL_POOL) {
		executor->pool = mp_pool_new(interpreter, context, workers, model->max_tasks_per_child);
		return mp_pool_open(thread, executor->pool);
	}
	executor->threads = thread_pool_new(interpreter, workers);
	executor->threads->own_interpreters = model->kind == MODEL_INTERPRETER_POOL;
	return py_overhead(thread, py_cost(thread, COST_TPE_CREATE));
}

/* ---- Calls ---- */

struct call_locals {
	struct executor_call *call;
};

enum progress executor_call_run(struct os_thread *thread, struct frame *frame)
{
	struct call_locals *my = FRAME_LOCALS(frame, struct call_locals);
	struct task_run_locals *task;
	bool failed;

	PROGRAM_BEGIN(frame);
	my->call->instance->raises = true;
	task = os_thread_push(thread, task_run);
	task->instance = my->call->instance;
	AWAIT(frame, os_thread_enter(thread));
	failed = py_catch(thread) != PY_NO_EXCEPTION;
	if (my->call->process)
		my->call->process->item.failed = failed;
	else
		my->call->item.failed = failed;
	PROGRAM_END;
}

struct payload start_arguments(const struct start *start)
{
	static const struct payload number = { 3, 0 }; /* which no pickler has to remember */

	return start && start->bytes > 0 ? (struct payload){ start->bytes, start->objects } : number;
}

struct payload start_result(const struct start *start)
{
	return start ? (struct payload){ start->result_bytes, start->result_objects } : (struct payload){ 0, 0 };
}

static struct process_call *process_call_new(struct region *region, struct work_item item, struct payload arguments,
					     struct payload result)
{
	struct process_call *call = region_alloc(region, sizeof(*call));

	*call = (struct process_call){ .item = item, .arguments = arguments, .result = result };
	return call;
}

static struct mp_job *job_new(struct region *region, struct work_item *item, struct payload arguments,
			      struct payload result)
{
	struct mp_job *job = region_alloc(region, sizeof(*job));

	*job = (struct mp_job){
		.call = item, .item_count = 1, .chunk_items = 1, .payload = arguments, .result = result
	};
	return job;
}

enum progress executor_submit(struct os_thread *thread, struct executor *executor, struct executor_call *call,
			      program_fn *program, void *argument, struct payload arguments, struct payload result)
{
	struct region *region = executor->simulation->region;

	*call = (struct executor_call){ .instance = call->instance };
	work_item_init(&call->item, program, argument);
	if (executor->processes)
		call->process = process_call_new(region, call->item, arguments, result);
	else if (executor->pool)
		call->job = job_new(region, &call->item, arguments, result);
	executor_call_future(call)->kept = executor->keeps_futures;
	if (call->instance && task_handle(call->instance))
		task_handle(call->instance)->future = executor_call_future(call);
	if (call->process)
		return process_pool_submit(thread, executor->processes, call->process);
	if (call->job)
		return mp_pool_submit(thread, executor->pool, call->job);
	return thread_pool_submit(thread, executor->threads, &call->item);
}

enum progress executor_submit_task(struct os_thread *thread, struct executor *executor, struct executor_call *call,
				   struct task_instance *instance, struct payload arguments, struct payload result)
{
	call->instance = instance;
	return executor_submit(thread, executor, call, executor_call_run, call, arguments, result);
}

/* ---- As a resource ---- */

static void *make(struct simulation *simulation, const struct resource *resource)
{
	return executor_new(simulation, resource->model);
}

static enum progress acquire(struct os_thread *thread, void *object, sim_ns deadline_ns)
{
	(void)deadline_ns;
	py_current(thread)->timed_out = false;
	return executor_open(thread, object);
}

static enum progress release(struct os_thread *thread, void *object, int64_t count)
{
	(void)count;
	return executor_shutdown(thread, object, false);
}

const struct resource_class executor_resource = {
	.what = "executor", .make = make, .acquire = acquire, .release = release
};

enum progress executor_shutdown(struct os_thread *thread, struct executor *executor, bool cancel_futures)
{
	executor->opened = false;
	if (executor->processes)
		return process_pool_shutdown(thread, executor->processes, cancel_futures);
	if (executor->pool)
		return mp_pool_join(thread, executor->pool);
	return thread_pool_shutdown(thread, executor->threads, cancel_futures);
}

/* ---- Warming up ---- */

struct warm_locals {
	struct executor *executor;
	struct executor_call *calls;
	int next;
};

static enum progress keep_busy(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, 10 * SIM_MS)); /* long enough for every worker to get one */
	PROGRAM_END;
}

static enum progress warm_up(struct os_thread *thread, struct frame *frame)
{
	struct warm_locals *my = FRAME_LOCALS(frame, struct warm_locals);
	struct executor *executor = my->executor;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, executor_open(thread, executor));
	if (executor->pool)
		AWAIT(frame, py_wait_until(thread, &executor->pool->all_entered, &executor->pool->entered,
					   ACTIVITY_START_UP, SIM_NS_MAX));
	if (!executor->pool) {
		my->calls = region_alloc_array(
			executor->simulation->region,
			(size_t)model_workers(executor->simulation->workload, executor->model), sizeof(*my->calls));
		for (my->next = 0; my->next < model_workers(executor->simulation->workload, executor->model);
		     my->next++)
			AWAIT(frame,
			      executor_submit(thread, executor, &my->calls[my->next], keep_busy, NULL,
					      start_arguments(NULL), start_result(NULL)));
		for (my->next = 0; my->next < model_workers(executor->simulation->workload, executor->model);
		     my->next++)
			AWAIT(frame, py_future_wait(thread, executor_call_future(&my->calls[my->next]), SIM_NS_MAX));
	}
	AWAIT(frame, py_sleep(thread, 10 * SIM_MS)); /* until all of them wait for work */
	PROGRAM_END;
}

enum progress executor_warm_up(struct os_thread *thread, struct executor *executor)
{
	struct warm_locals *my = os_thread_push(thread, warm_up);

	my->executor = executor;
	return os_thread_enter(thread);
}
