/*
 * steps_asyncio.c - the steps of coroutines: tasks and what is done with them.
 *
 * What the library raises in a step is in py_exception() when the step's function or program has ended; the block
 * that executes the step (task_program.c) turns it into the instance's exception. The numbers are the same.
 */
#include "models/library/aio_executor.h"
#include "models/library/aio_gather.h"
#include "models/library/aio_group.h"
#include "models/library/aio_timeout.h"
#include "models/library/stream.h"
#include "models/simulate/coroutines.h"
#include "models/simulate/executors.h"
#include "models/simulate/steps.h"

_Static_assert((int)EXCEPTION_TIMEOUT == (int)PY_TIMEOUT_ERROR &&
		       (int)EXCEPTION_CANCELLED == (int)PY_CANCELLED_ERROR &&
		       (int)EXCEPTION_GROUP == (int)PY_EXCEPTION_GROUP,
	       "the library and the workload number exceptions alike");

void coroutine_prepare(struct aio_loop *loop, struct task_instance *instance)
{
	instance->in_coroutine = true;
	instance->raises = true;
	aio_owe(loop, COST_AIO_INSTANCE);
	aio_objects_made(loop, COST_AIO_INSTANCE_OBJECTS);
	loop->owed_ns += os_process_grow_heap(loop->interpreter->process,
					      loop->interpreter->runtime->cost_ns[COST_MEMORY_COROUTINE]);
}

struct aio_task *coroutine_task_new(struct aio_loop *loop, struct task_instance *instance)
{
	const struct workload *workload = task_simulation(instance)->workload;
	struct aio_task *task = aio_task_new_sized(loop, workload->tasks[task_index(instance)].name, task_run,
						   sizeof(struct task_run_locals));

	((struct task_run_locals *)aio_task_locals(task))->instance = instance;
	coroutine_prepare(loop, instance);
	return task;
}

static uint32_t index_of(const struct task_instance *instance, const struct step *step)
{
	return (uint32_t)(step - task_simulation(instance)->workload->steps);
}

/* ---- io ---- */

enum progress step_io_awaited(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	sim_ns duration_ns = step_ns(instance, step, 1);

	if (step->io_via == IO_SLEEP)
		return aio_sleep(thread, duration_ns);
	return aio_stream_ask(thread, step_streams(thread, task_simulation(instance), true), duration_ns);
}

/* ---- Handles ---- */

static struct aio_future *future_of(const struct handle *handle)
{
	return handle->call ? &handle->call->future : &handle->task->future;
}

/* The groups that a step names. */
struct group_range {
	uint32_t first, end;
};

static struct group_range groups_of(const struct task_instance *instance, const struct step *step)
{
	const struct activation *activation = task_activation(instance);
	uint32_t count = task_simulation(instance)->workload->tasks[activation->task].group_count;

	if (!activation->groups)
		return (struct group_range){ 0, 0 };
	if (step->group == GROUP_ALL)
		return (struct group_range){ 0, count };
	return (struct group_range){ step->group, step->group + 1 };
}

/* The first handle from `group` on. */
static struct handle *first_of(const struct task_instance *instance, uint32_t *group, uint32_t end)
{
	for (; *group < end; ++*group) {
		struct handle *handle = task_activation(instance)->groups[*group].first;

		if (handle)
			return handle;
	}
	return NULL;
}

/* The handle after `handle`, which is of `*group`. */
static struct handle *next_of(const struct task_instance *instance, const struct handle *handle, uint32_t *group,
			      uint32_t end)
{
	if (handle->next)
		return handle->next;
	++*group;
	return first_of(instance, group, end);
}

/* All futures of the step's groups, in order of starting: an array of the region. */
static near_ref *futures_of(const struct task_instance *instance, const struct step *step, size_t *count)
{
	struct group_range range = groups_of(instance, step);
	near_ref *futures;
	uint32_t group = range.first;

	*count = 0;
	for (struct handle *it = first_of(instance, &group, range.end); it;
	     it = next_of(instance, it, &group, range.end))
		++*count;
	futures = region_alloc_array(task_simulation(instance)->region, *count, sizeof(near_ref));
	*count = 0;
	group = range.first;
	for (struct handle *it = first_of(instance, &group, range.end); it;
	     it = next_of(instance, it, &group, range.end))
		futures[(*count)++] = near_ref_to(future_of(it));
	return futures;
}

static struct handle *handle_of(const struct task_instance *instance, const struct step *step,
				const struct aio_future *future)
{
	struct group_range range = groups_of(instance, step);
	uint32_t group = range.first;
	struct handle *handle = first_of(instance, &group, range.end);

	while (future_of(handle) != future)
		handle = next_of(instance, handle, &group, range.end);
	return handle;
}

/* What has been awaited is over: the program keeps no reference to it. */
static void forget_groups(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct group_range range = groups_of(instance, step);
	uint32_t group = range.first;

	for (struct handle *it = first_of(instance, &group, range.end); it;
	     it = next_of(instance, it, &group, range.end))
		if (it->task)
			aio_task_release(aio_running_loop(thread), it->task);
	for (group = range.first; group < range.end; group++)
		task_activation(instance)->groups[group] = (struct handle_group){ NULL, NULL };
}

/* ---- create_task, gather ---- */

struct create_locals {
	struct task_instance *instance;
	const struct step *step;
	struct handle *handle;
	int64_t next, count;
};

static enum progress start_task(struct os_thread *thread, struct task_instance *instance, struct aio_task *task)
{
	struct aio_group *group = task_extras_of(instance)->task_group;

	return group ? aio_group_start(thread, group, task) : aio_task_start(thread, task);
}

static enum progress create_tasks(struct os_thread *thread, struct frame *frame)
{
	struct create_locals *my = FRAME_LOCALS(frame, struct create_locals);
	struct task_instance *instance = my->instance, *child;

	PROGRAM_BEGIN(frame);
	my->count = step_start_count(instance, my->step->start);
	for (my->next = 0; my->next < my->count && instance->leaving == LEAVING_NOT; my->next++) {
		child = step_new_child(instance, my->step->start, my->next);
		my->handle = task_add_handle(instance, my->step->group);
		my->handle->instance = child;
		my->handle->task = coroutine_task_new(aio_running_loop(thread), child);
		my->handle->daemon = my->step->start->daemon ||
				     task_simulation(instance)->workload->tasks[my->step->start->task].daemon;
		task_set_handle(child, my->handle);
		AWAIT(frame, start_task(thread, instance, my->handle->task));
	}
	PROGRAM_END;
}

enum progress step_create_task(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct create_locals *locals = os_thread_push(thread, create_tasks);

	locals->instance = instance;
	locals->step = step;
	return os_thread_enter(thread);
}

struct gather_locals {
	struct task_instance *instance;
	const struct step *step;
	near_ref *handles, *futures;
	int64_t next, count;
};

/* Adds up the results. While some child has not ended, it will still tell its handle. */
static void end_gather(struct os_thread *thread, struct gather_locals *my)
{
	struct simulation *simulation = task_simulation(my->instance);
	int64_t sum = 0;

	for (int64_t i = 0; i < my->count; i++) {
		struct handle *handle = near_at(my->handles[i]);

		sum += handle->result;
		if (handle->done)
			pool_give_back(&simulation->handles, handle);
	}
	if (py_exception(thread) == PY_NO_EXCEPTION)
		step_store(my->instance, my->step->variable, sum);
	region_free(simulation->region, my->handles);
}

static enum progress gather(struct os_thread *thread, struct frame *frame)
{
	struct gather_locals *my = FRAME_LOCALS(frame, struct gather_locals);
	struct task_instance *instance = my->instance, *child;
	struct handle *handle;

	PROGRAM_BEGIN(frame);
	my->count = step_start_count(instance, my->step->start);
	if (my->count < 0)
		my->count = 0;
	my->handles = region_alloc_array(task_simulation(instance)->region, (size_t)my->count, sizeof(near_ref));
	my->futures = region_alloc_array(task_simulation(instance)->region, (size_t)my->count, sizeof(near_ref));
	for (my->next = 0; my->next < my->count; my->next++) {
		child = step_new_child(instance, my->step->start, my->next);
		handle = task_handle_new(task_simulation(instance));
		handle->task = coroutine_task_new(aio_running_loop(thread), child);
		task_set_handle(child, handle);
		my->handles[my->next] = near_ref_to(handle);
		my->futures[my->next] = near_ref_to(&handle->task->future);
		AWAIT(frame, aio_task_start(thread, handle->task));
	}
	AWAIT(frame, aio_gather(thread, my->futures, (size_t)my->count, my->step->start->return_exceptions));
	end_gather(thread, my);
	PROGRAM_END;
}

enum progress step_gather(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct gather_locals *locals = os_thread_push(thread, gather);

	locals->instance = instance;
	locals->step = step;
	return os_thread_enter(thread);
}

/* ---- await, shield, cancel ---- */

struct await_locals {
	struct task_instance *instance;
	const struct step *step;
	struct handle *handle;
	struct group_range range;
};

static enum progress await_one(struct os_thread *thread, const struct step *step, const struct handle *handle)
{
	if (step->kind == STEP_SHIELD)
		return aio_shield(thread, future_of(handle));
	if (step->timeout_ns != TIMEOUT_NONE)
		return aio_wait_for_future(thread, future_of(handle), step->timeout_ns);
	return aio_await(thread, future_of(handle), ACTIVITY_QUEUE_WAIT);
}

static enum progress await_handles(struct os_thread *thread, struct frame *frame)
{
	struct await_locals *my = FRAME_LOCALS(frame, struct await_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	my->range = groups_of(instance, my->step);
	my->handle = first_of(instance, &my->range.first, my->range.end);
	while (my->handle) {
		if (my->step->kind != STEP_JOIN || !my->handle->daemon)
			AWAIT(frame, await_one(thread, my->step, my->handle));
		if (py_exception(thread) != PY_NO_EXCEPTION)
			return DONE;
		step_store(instance, my->step->variable, my->handle->result);
		my->handle = next_of(instance, my->handle, &my->range.first, my->range.end);
	}
	if (my->step->kind != STEP_SHIELD)
		forget_groups(thread, instance, my->step);
	PROGRAM_END;
}

enum progress step_await(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct await_locals *locals = os_thread_push(thread, await_handles);

	locals->instance = instance;
	locals->step = step;
	return os_thread_enter(thread);
}

enum progress step_cancel_tasks(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct group_range range = groups_of(instance, step);
	uint32_t group = range.first;

	for (struct handle *it = first_of(instance, &group, range.end); it;
	     it = next_of(instance, it, &group, range.end))
		aio_future_cancel(aio_running_loop(thread), future_of(it));
	return DONE;
}

/* ---- wait, as_completed ---- */

struct wait_locals {
	struct task_instance *instance;
	const struct step *step;
	near_ref *futures;
	struct aio_future *done;
	struct aio_completion *completion;
	size_t count, left;
};

static const enum aio_return_when return_whens[] = {
	[RETURN_FIRST] = AIO_FIRST_COMPLETED,
	[RETURN_ALL] = AIO_ALL_COMPLETED,
	[RETURN_EXCEPTION] = AIO_FIRST_EXCEPTION,
};

static enum progress wait_handles(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);

	PROGRAM_BEGIN(frame);
	my->futures = futures_of(my->instance, my->step, &my->count);
	AWAIT(frame,
	      aio_wait(thread, my->futures, my->count, return_whens[my->step->return_when], my->step->timeout_ns));
	region_free(task_simulation(my->instance)->region, my->futures);
	PROGRAM_END;
}

static enum progress take_completed(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	my->futures = futures_of(instance, my->step, &my->count);
	my->completion = aio_completion_new(aio_running_loop(thread), my->futures, my->count, my->step->timeout_ns);
	region_free(task_simulation(instance)->region, my->futures);
	for (my->left = my->count; my->left > 0 && instance->leaving == LEAVING_NOT; my->left--) {
		AWAIT(frame, aio_completion_next(thread, my->completion, &my->done));
		if (py_exception(thread) == PY_NO_EXCEPTION)
			py_raise(thread, my->done->exception);
		if (py_exception(thread) != PY_NO_EXCEPTION)
			break;
		step_store(instance, my->step->variable, handle_of(instance, my->step, my->done)->result);
		push_body(thread, instance, my->step);
		AWAIT(frame, os_thread_enter(thread));
	}
	aio_completion_drop(aio_running_loop(thread), my->completion);
	if (my->left == 0)
		forget_groups(thread, instance, my->step);
	if (instance->leaving == LEAVING_BREAK)
		instance->leaving = LEAVING_NOT;
	PROGRAM_END;
}

static enum progress enter_wait(struct os_thread *thread, program_fn *program, struct task_instance *instance,
				const struct step *step)
{
	struct wait_locals *locals = os_thread_push(thread, program);

	locals->instance = instance;
	locals->step = step;
	return os_thread_enter(thread);
}

enum progress step_wait_tasks(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter_wait(thread, wait_handles, instance, step);
}

enum progress step_tasks_as_completed(struct os_thread *thread, struct task_instance *instance,
				      const struct step *step)
{
	return enter_wait(thread, take_completed, instance, step);
}

/* ---- timeout, task_group ---- */

struct scope_locals {
	struct task_instance *instance;
	const struct step *step;
	struct aio_group *group, *outer;
	struct aio_timeout timeout;
};

/* What leaves the block as the library sees it. */
static void raise_what_leaves(struct os_thread *thread, struct task_instance *instance)
{
	if (instance->leaving == LEAVING_RAISE)
		py_raise(thread, instance->exception);
}

/* The library has looked at it and may have made something else of it, or nothing. */
static void leave_with_what_is_raised(struct os_thread *thread, struct task_instance *instance)
{
	if (instance->leaving == LEAVING_RAISE)
		instance->leaving = LEAVING_NOT;
	if (py_exception(thread) != PY_NO_EXCEPTION)
		task_raise(instance, (enum exception_kind)py_catch(thread));
}

static enum progress timeout_block(struct os_thread *thread, struct frame *frame)
{
	struct scope_locals *my = FRAME_LOCALS(frame, struct scope_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_timeout_enter(thread, &my->timeout, my->step->timeout_ns));
	push_body(thread, instance, my->step);
	AWAIT(frame, os_thread_enter(thread));
	raise_what_leaves(thread, instance);
	aio_timeout_leave(thread, &my->timeout);
	leave_with_what_is_raised(thread, instance);
	PROGRAM_END;
}

/*
 * Some of the instance's steps as a coroutine of their own, for wait_for(). Up to 3.11 that is a task of its own, which may be
 * left running alone: it executes a copy of the instance, with the same variables but its own exceptions.
 */
struct steps_locals {
	struct task_instance *instance, *copy; /* NULL: it executes the instance itself */
	uint32_t first, end;
	sim_ns timeout_ns;
};

static struct task_instance *copy_of(const struct task_instance *instance)
{
	struct task_instance *copy = pool_take(&task_simulation(instance)->instances);

	*copy = *instance;
	return copy;
}

/* wait_for() has ended: the instance goes on from where the copy is, if that is at its end. */
static void end_copy(struct steps_locals *my)
{
	struct task_instance *instance = my->instance;

	if (!my->copy->has_ended_steps) {
		instance->has_left_steps = true;
		return;
	}
	*instance = *my->copy;
	instance->has_ended_steps = false;
	if (instance->extras)
		task_extras(instance)->instance = instance;
	pool_give_back(&task_simulation(instance)->instances, my->copy);
}

static enum progress steps_coroutine(struct os_thread *thread, struct frame *frame)
{
	struct steps_locals *my = FRAME_LOCALS(frame, struct steps_locals);

	PROGRAM_BEGIN(frame);
	if (py_exception(thread) == PY_NO_EXCEPTION) {
		push_steps(thread, my->instance, my->first, my->end);
		AWAIT(frame, os_thread_enter(thread));
		raise_what_leaves(thread, my->instance);
	}
	my->instance->has_ended_steps = true;
	PROGRAM_END;
}

static enum progress await_steps_in_time(struct os_thread *thread, struct frame *frame)
{
	struct steps_locals *my = FRAME_LOCALS(frame, struct steps_locals);
	struct steps_locals *inner;

	PROGRAM_BEGIN(frame);
	if (!py_has(thread, PYTHON_WAITS_IN_PLACE))
		my->copy = copy_of(my->instance);
	inner = aio_wait_for(thread, "wait_for", steps_coroutine, my->timeout_ns);
	*inner = *my;
	if (my->copy)
		inner->instance = my->copy;
	AWAIT(frame, os_thread_enter(thread));
	if (my->copy)
		end_copy(my);
	my->instance->has_ended_steps = false;
	leave_with_what_is_raised(thread, my->instance);
	PROGRAM_END;
}

static void push_steps_in_time(struct os_thread *thread, struct task_instance *instance, uint32_t first,
			       uint32_t end, sim_ns timeout_ns)
{
	struct steps_locals *locals = os_thread_push(thread, await_steps_in_time);

	*locals = (struct steps_locals){ .instance = instance, .first = first, .end = end, .timeout_ns = timeout_ns };
}

void coroutine_push_bounded(struct os_thread *thread, struct task_instance *instance)
{
	const struct task *task = &task_simulation(instance)->workload->tasks[task_index(instance)];

	push_steps_in_time(thread, instance, task->first, task->end, task_extras_of(instance)->timeout_ns);
}

static enum progress group_block(struct os_thread *thread, struct frame *frame)
{
	struct scope_locals *my = FRAME_LOCALS(frame, struct scope_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	my->outer = task_extras_of(instance)->task_group;
	my->group = task_extras(instance)->task_group = aio_group_new(thread);
	push_body(thread, instance, my->step);
	AWAIT(frame, os_thread_enter(thread));
	task_extras(instance)->task_group = my->outer;
	raise_what_leaves(thread, instance);
	AWAIT(frame, aio_group_leave(thread, my->group));
	leave_with_what_is_raised(thread, instance);
	PROGRAM_END;
}

static enum progress enter_scope(struct os_thread *thread, program_fn *program, struct task_instance *instance,
				 const struct step *step)
{
	struct scope_locals *locals = os_thread_push(thread, program);

	locals->instance = instance;
	locals->step = step;
	return os_thread_enter(thread);
}

enum progress step_timeout(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	if (py_has(thread, PYTHON_TIMEOUT_BLOCK))
		return enter_scope(thread, timeout_block, instance, step);
	/* Before 3.11 there is wait_for() only. */
	push_steps_in_time(thread, instance, index_of(instance, step) + 1, step->end, step->timeout_ns);
	return os_thread_enter(thread);
}

enum progress step_task_group(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter_scope(thread, group_block, instance, step);
}

/* ---- submit: run_in_executor() ---- */

struct submit_locals {
	struct task_instance *instance;
	const struct step *step;
	struct handle *handle;
	struct aio_executor pool; /* nothing in it: the loop's own */
	int64_t next, count;
};

static uint32_t default_workers(const struct workload *workload)
{
	const struct model unspecified = { .kind = MODEL_THREAD_POOL };

	return (uint32_t)model_workers(workload, &unspecified);
}

static void never_run(void *argument)
{
	task_instance_cancel(argument);
}

static enum progress submit_calls(struct os_thread *thread, struct frame *frame)
{
	struct submit_locals *my = FRAME_LOCALS(frame, struct submit_locals);
	struct task_instance *instance = my->instance, *child;
	struct executor *executor =
		my->step->resource == INDEX_NONE
			? NULL
			: resource_object(thread, task_simulation(instance), my->step->resource);

	PROGRAM_BEGIN(frame);
	if (executor && !executor->opened)
		AWAIT(frame, executor_open(thread, executor));
	if (executor)
		my->pool = (struct aio_executor){ executor->threads, executor->processes };
	my->count = step_start_count(instance, my->step->start);
	for (my->next = 0; my->next < my->count && instance->leaving == LEAVING_NOT; my->next++) {
		child = step_new_child(instance, my->step->start, my->next);
		my->handle = task_add_handle(instance, my->step->group);
		my->handle->instance = child;
		my->handle->call =
			region_alloc_near(task_simulation(instance)->region, sizeof(*my->handle->call));
		my->handle->call->call.arguments = start_arguments(my->step->start);
		my->handle->call->call.result = start_result(my->step->start);
		my->handle->call->cancelled = near_of((any_fn *)never_run);
		task_set_handle(child, my->handle);
		child->raises = true;
		AWAIT(frame,
		      aio_run_in_executor(thread, my->pool, default_workers(task_simulation(instance)->workload),
					  my->handle->call, task_run, child));
	}
	PROGRAM_END;
}

enum progress step_run_in_executor(struct os_thread *thread, struct task_instance *instance,
				   const struct step *step)
{
	struct submit_locals *locals = os_thread_push(thread, submit_calls);

	locals->instance = instance;
	locals->step = step;
	return os_thread_enter(thread);
}
