/*
 * steps_executor.c - the steps of concurrent.futures in functions: submitting, waiting for what was submitted,
 * cancelling; and a whole run inside a program.
 */
#include "models/simulate/deadlock.h"
#include "models/simulate/executors.h"
#include "models/simulate/model_run.h"
#include "models/simulate/resources.h"
#include "models/simulate/steps.h"

/* ---- submit ---- */

struct submit_locals {
	struct task_instance *instance;
	const struct step *step;
	struct executor *executor;
	struct executor_call *call;
	int64_t next, count;
};

static struct executor_call *new_call(struct submit_locals *my)
{
	struct executor_call *call = region_alloc(task_simulation(my->instance)->region, sizeof(*call));
	struct task_instance *child = step_new_child(my->instance, my->step->start, my->next);
	struct handle *handle = task_add_handle(my->instance, my->step->group);

	handle->instance = child;
	handle->executor = my->step->resource;
	task_set_handle(child, handle);
	call->instance = child;
	return call;
}

static enum progress submit(struct os_thread *thread, struct frame *frame)
{
	struct submit_locals *my = FRAME_LOCALS(frame, struct submit_locals);
	const struct start *start = my->step->start;

	PROGRAM_BEGIN(frame);
	if (!my->executor->opened)
		AWAIT(frame, executor_open(thread, my->executor));
	my->count = step_start_count(my->instance, start);
	for (my->next = 0; my->next < my->count && my->instance->leaving == LEAVING_NOT; my->next++) {
		my->call = new_call(my);
		AWAIT(frame, executor_submit_task(thread, my->executor, my->call, my->call->instance,
						  start_arguments(start), start_result(start)));
	}
	PROGRAM_END;
}

enum progress step_submit(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct executor *executor = resource_object(thread, task_simulation(instance), step->resource);
	struct submit_locals *my = os_thread_push(thread, submit);

	my->instance = instance;
	my->step = step;
	my->executor = executor;
	return os_thread_enter(thread);
}

/* ---- Over the futures of a group, or of all ---- */

struct futures_locals {
	struct task_instance *instance;
	const struct step *step;
	struct handle *handle;
	struct py_futures *set;
	struct py_future *next;
	uint32_t group, end;
	sim_ns deadline_ns;
};

static struct futures_locals *push_futures(struct os_thread *thread, program_fn *program,
					   struct task_instance *instance, const struct step *step)
{
	const struct task *task = &task_simulation(instance)->workload->tasks[task_activation(instance)->task];
	struct futures_locals *my = os_thread_push(thread, program);

	my->instance = instance;
	my->step = step;
	my->group = step->group == GROUP_ALL ? 0 : step->group;
	my->end = step->group == GROUP_ALL ? task->group_count : step->group + 1;
	my->deadline_ns = step_deadline(thread, step);
	return my;
}

/* The first handle of the groups, or the one after `handle`; NULL: there is none left. */
static struct handle *next_handle(struct futures_locals *my, struct handle *handle)
{
	struct handle_group *groups = task_activation(my->instance)->groups;

	if (handle && handle->next)
		return handle->next;
	for (my->group += handle != NULL; groups && my->group < my->end; my->group++)
		if (groups[my->group].first)
			return groups[my->group].first;
	return NULL;
}

/* What result() returns or raises. */
static void take_result(struct futures_locals *my, const struct handle *handle)
{
	if (handle->future->state == FUTURE_CANCELLED)
		task_raise(my->instance, EXCEPTION_CANCELLED);
	else if (handle->exception != EXCEPTION_NONE)
		task_raise(my->instance, handle->exception);
	else
		step_store(my->instance, my->step->variable, handle->result);
}

static enum progress await_all(struct os_thread *thread, struct frame *frame)
{
	struct futures_locals *my = FRAME_LOCALS(frame, struct futures_locals);

	PROGRAM_BEGIN(frame);
	for (my->handle = next_handle(my, NULL); my->handle && my->instance->leaving == LEAVING_NOT;
	     my->handle = next_handle(my, my->handle)) {
		if (!my->handle->future)
			continue;
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_RESULT)));
		deadlock_await_begins(my->instance, my->handle);
		AWAIT(frame, py_future_wait(thread, my->handle->future, step_deadline(thread, my->step)));
		deadlock_await_ends(my->instance);
		if (py_current(thread)->timed_out)
			task_raise(my->instance, EXCEPTION_TIMEOUT);
		else
			take_result(my, my->handle);
	}
	PROGRAM_END;
}

enum progress step_await_futures(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	push_futures(thread, await_all, instance, step);
	return os_thread_enter(thread);
}

static struct py_futures *new_set(struct futures_locals *my)
{
	struct region *region = task_simulation(my->instance)->region;
	struct py_futures *set = region_alloc(region, sizeof(*set));
	uint32_t first_group = my->group;
	size_t count = 0;

	for (struct handle *it = next_handle(my, NULL); it; it = next_handle(my, it))
		count += it->future != NULL;
	py_futures_init(set, region, count);
	my->group = first_group;
	for (struct handle *it = next_handle(my, NULL); it; it = next_handle(my, it))
		if (it->future)
			py_futures_add(set, it->future);
	my->group = first_group;
	return set;
}

static const enum py_wait_for wait_conditions[] = {
	[RETURN_FIRST] = WAIT_FIRST,
	[RETURN_ALL] = WAIT_ALL,
	[RETURN_EXCEPTION] = WAIT_EXCEPTION,
};

enum progress step_wait_futures(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct futures_locals my = {
		.instance = instance,
		.group = step->group == GROUP_ALL ? 0 : step->group,
		.end = step->group == GROUP_ALL ? task_simulation(instance)
							  ->workload->tasks[task_activation(instance)->task]
							  .group_count
						: step->group + 1,
	};

	return py_futures_wait(thread, new_set(&my), wait_conditions[step->return_when], step_deadline(thread, step));
}

static struct handle *handle_of(struct futures_locals *my, const struct py_future *future)
{
	uint32_t first_group = my->group;
	struct handle *it = next_handle(my, NULL);

	while (it->future != future)
		it = next_handle(my, it);
	my->group = first_group;
	return it;
}

static enum progress as_completed(struct os_thread *thread, struct frame *frame)
{
	struct futures_locals *my = FRAME_LOCALS(frame, struct futures_locals);

	PROGRAM_BEGIN(frame);
	my->set = new_set(my);
	for (;;) {
		AWAIT(frame, py_futures_next(thread, my->set, &my->next, my->deadline_ns));
		if (!my->next)
			break;
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_RESULT)));
		take_result(my, handle_of(my, my->next));
		if (my->instance->leaving != LEAVING_NOT)
			break;
		push_body(thread, my->instance, my->step);
		AWAIT(frame, os_thread_enter(thread));
		if (my->instance->leaving != LEAVING_NOT)
			break;
	}
	if (my->instance->leaving == LEAVING_BREAK)
		my->instance->leaving = LEAVING_NOT;
	else if (!my->next && my->set->pending > 0 && my->instance->leaving == LEAVING_NOT)
		task_raise(my->instance, EXCEPTION_TIMEOUT);
	PROGRAM_END;
}

enum progress step_as_completed(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	push_futures(thread, as_completed, instance, step);
	return os_thread_enter(thread);
}

/* Cancels it if it has not begun; returns what telling those that wait for it costs. */
static sim_ns cancel_one(struct os_thread *thread, struct handle *handle)
{
	sim_ns cost_ns = 0;

	if (handle->future && !handle->future->done && py_future_cancel(thread, handle->future, &cost_ns))
		task_instance_cancel(handle->instance);
	return cost_ns;
}

static enum progress cancel_all(struct os_thread *thread, struct frame *frame)
{
	struct futures_locals *my = FRAME_LOCALS(frame, struct futures_locals);

	PROGRAM_BEGIN(frame);
	for (my->handle = next_handle(my, NULL); my->handle; my->handle = next_handle(my, my->handle))
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_RESULT) + cancel_one(thread, my->handle)));
	PROGRAM_END;
}

enum progress step_cancel_futures(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	push_futures(thread, cancel_all, instance, step);
	return os_thread_enter(thread);
}

/* ---- run ---- */

enum progress step_run(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t count = step_start_count(instance, step->start);
	struct model_run *run;

	if (instance->leaving != LEAVING_NOT)
		return DONE;
	run = region_alloc(task_simulation(instance)->region, sizeof(*run));
	*run = (struct model_run){
		.simulation = task_simulation(instance),
		.model = step->model,
		.count = count,
		.stride = 1,
		.parent = instance,
		.start = step->start,
	};
	return model_run_execute(thread, run);
}
