/*
 * steps_basic.c - the steps that need no library: durations, control flow, starting and joining threads and
 * processes.
 */
#include "models/library/stream.h"
#include "models/machine/cold.h"
#include "models/simulate/resources.h"
#include "models/simulate/steps.h"

/* ---- What all steps use ---- */

sim_ns step_ns(struct task_instance *instance, const struct step *step, double slowdown)
{
	const struct simulation *simulation = task_simulation(instance);
	sim_ns ns = step_duration(step, simulation->step_streams[step - simulation->workload->steps],
				  instance->entity, task_next_draw(instance, step->duration.kind == DURATION_DRAWN),
				  task_extras_of(instance)->item_ns);

	return slowdown == 1 ? ns : sim_time_round((double)ns * slowdown);
}

int64_t step_value(struct task_instance *instance, struct value value)
{
	int64_t result = 0;

	if (!workload_value(task_simulation(instance)->workload, value, task_activation(instance)->variables,
			    &result))
		task_raise(instance, EXCEPTION_ARITHMETIC);
	return result;
}

void step_store(struct task_instance *instance, uint32_t variable, int64_t value)
{
	if (variable != INDEX_NONE)
		task_activation(instance)->variables[variable] = value;
}

static struct task_steps_locals *push_block(struct os_thread *thread, struct task_instance *instance,
					    uint32_t first, uint32_t end)
{
	struct task_steps_locals *block = os_thread_push_sized(thread, task_run_steps, sizeof(*block));

	block->instance = near_ref_to(instance);
	block->at = first < end ? first & TASK_STEP_MASK : TASK_STEP_NONE;
	return block;
}

void push_steps(struct os_thread *thread, struct task_instance *instance, uint32_t first, uint32_t end)
{
	push_block(thread, instance, first, end);
}

static uint32_t index_of(const struct task_instance *instance, const struct step *step)
{
	return (uint32_t)(step - task_simulation(instance)->workload->steps);
}

void push_body(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	push_block(thread, instance, index_of(instance, step) + 1, step->end)->is_body = true;
}

/* ---- Durations ---- */

/* The time of a step of a core's, as this build and the core that its instance met take it. */
static sim_ns busy_ns(struct task_instance *instance, const struct step *step, double slowdown)
{
	return step_ns(instance, step, slowdown * task_extras_of(instance)->slowness);
}

/* For it, the library around the step has been out of the caches for so long. */
static sim_ns cooling(struct os_thread *thread, sim_ns work_ns)
{
	if (thread->machine->cold.work_ns != 0)
		cold_work(thread, work_ns);
	return work_ns;
}

enum progress step_python(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	const struct python *python = &task_simulation(instance)->workload->python;

	return py_bytecode(thread, ACTIVITY_PYTHON,
			   cooling(thread, busy_ns(instance, step, python->slowdown_python)) +
				   py_cost(thread, COST_STEP_COST));
}

enum progress step_c(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return py_c_call(thread, cooling(thread, busy_ns(instance, step,
							 task_simulation(instance)->workload->python.slowdown_c)));
}

enum progress step_native(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return py_native_call(
		thread, cooling(thread, busy_ns(instance, step,
						task_simulation(instance)->workload->python.slowdown_native)));
}

enum progress step_block(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return py_sleep(thread, step_ns(instance, step, 1));
}

/* The pools of a simulation: one for each process that has threads, and for each event loop. */
struct stream_pools {
	const void *owner; /* a loop or an interpreter */
	struct stream_pool pool;
	struct stream_pools *next;
};

struct stream_pool *step_streams(struct os_thread *thread, struct simulation *simulation, bool in_coroutine)
{
	const void *owner = in_coroutine ? (const void *)aio_running_loop(thread) : py_current(thread)->interpreter;
	struct stream_pools **at = &simulation->streams;

	while (*at && (*at)->owner != owner)
		at = &(*at)->next;
	if (!*at) {
		*at = region_alloc(simulation->region, sizeof(**at));
		(*at)->owner = owner;
		(*at)->pool.machine = simulation->machine;
	}
	return &(*at)->pool;
}

enum progress step_io(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	sim_ns duration_ns = step_ns(instance, step, 1);

	if (step->io_via == IO_SLEEP)
		return py_sleep(thread, duration_ns);
	return stream_ask(thread, step_streams(thread, task_simulation(instance), false), duration_ns);
}

/* bytearray(bytes), of which one byte in each page is written: one C call. */
enum progress step_allocate(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	const double *costs = thread->machine->costs->value;
	struct memory_block *block = memory_allocate(arena_of(thread), step->bytes);
	int64_t fresh_bytes = memory_touch(block, step->bytes), bytes = step->bytes;

	if (fresh_bytes > bytes)
		fresh_bytes = bytes;
	block->next_made = task_extras(instance)->allocated;
	task_extras(instance)->allocated = block;
	return py_c_call(thread, sim_time_round(costs[COST_MEMORY_TOUCH] * (double)fresh_bytes +
						costs[COST_MEMORY_FILL] * (double)(bytes - fresh_bytes)) +
					 memory_kernel_cost(thread));
}

/* ---- Control flow ---- */

struct rounds_locals {
	struct task_instance *instance;
	const struct step *step;
	int64_t left; /* -1: for ever */
	int64_t round;
};

/* Ends early by a break. */
static enum progress run_rounds(struct os_thread *thread, struct frame *frame)
{
	struct rounds_locals *my = FRAME_LOCALS(frame, struct rounds_locals);

	PROGRAM_BEGIN(frame);
	while (my->left != 0 && my->instance->leaving == LEAVING_NOT) {
		my->left -= my->left > 0;
		step_store(my->instance, my->step->variable, my->round++);
		push_body(thread, my->instance, my->step);
		AWAIT(frame, os_thread_enter(thread));
	}
	if (my->instance->leaving == LEAVING_BREAK)
		my->instance->leaving = LEAVING_NOT;
	PROGRAM_END;
}

static enum progress enter_rounds(struct os_thread *thread, struct task_instance *instance, const struct step *step,
				  int64_t count)
{
	struct rounds_locals *my = os_thread_push(thread, run_rounds);

	my->instance = instance;
	my->step = step;
	my->left = count;
	return os_thread_enter(thread);
}

enum progress step_repeat(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t count = step_value(instance, step->count);

	if (count <= 0 || instance->leaving != LEAVING_NOT)
		return DONE;
	return enter_rounds(thread, instance, step, count);
}

enum progress step_loop(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter_rounds(thread, instance, step, -1);
}

enum progress step_break(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	(void)thread;
	(void)step;
	instance->leaving = LEAVING_BREAK;
	return DONE;
}

enum progress step_stage(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	(void)thread;
	simulation_mark_stage(task_simulation(instance), step->name);
	return DONE;
}

/* ---- Starting ---- */

int64_t step_start_count(struct task_instance *instance, const struct start *start)
{
	return start->items_ns ? start->item_count : step_value(instance, start->count);
}

struct task_instance *step_new_child(struct task_instance *parent, const struct start *start, int64_t index)
{
	const struct workload *workload = task_simulation(parent)->workload;
	struct task_instance *child = task_instance_new_child(parent, start->task);
	sim_ns item_ns;

	item_ns = start->items_ns ? start->items_ns[index] : task_extras_of(parent)->item_ns;
	if (item_ns != 0)
		task_extras(child)->item_ns = item_ns;
	step_store(parent, start->index_variable, index);
	for (uint32_t i = 0; i < start->argument_count; i++)
		task_activation(child)->variables[i] =
			step_value(parent, workload->arguments[start->first_argument + i]);
	return child;
}

struct spawn_locals {
	struct task_instance *instance;
	const struct step *step;
	struct handle *handle;
	int64_t next, count;
};

static enum progress spawn(struct os_thread *thread, struct frame *frame)
{
	struct spawn_locals *my = FRAME_LOCALS(frame, struct spawn_locals);
	struct simulation *simulation = task_simulation(my->instance);
	const struct task *task = &simulation->workload->tasks[my->step->start->task];
	struct task_instance *child;

	PROGRAM_BEGIN(frame);
	my->count = step_start_count(my->instance, my->step->start);
	for (my->next = 0; my->next < my->count && my->instance->leaving == LEAVING_NOT; my->next++) {
		child = step_new_child(my->instance, my->step->start, my->next);
		my->handle = task_add_handle(my->instance, my->step->group);
		my->handle->daemon = task->daemon || my->step->start->daemon;
		my->handle->instance = child;
		task_set_handle(child, my->handle);
		if (simulation->workload->model.spawn == SPAWN_PROCESS) {
			my->handle->process = region_alloc(simulation->region, sizeof(*my->handle->process));
			AWAIT(frame, mp_process_start(thread, &simulation->context, my->handle->process, task->name,
						      task_run_as_process, child));
		} else {
			my->handle->thread = py_thread_new(py_current(thread)->interpreter, task->name,
							   task_run_as_thread, child);
			AWAIT(frame, py_thread_start(thread, my->handle->thread));
		}
	}
	PROGRAM_END;
}

struct join_locals {
	struct task_instance *instance;
	const struct step *step;
	struct handle *handle;
	uint32_t group, end; /* groups left to join */
};

/* Daemons are left alone, and whom a join with a timeout gave up waiting for can be joined again, as what was submitted can
 * be awaited. */
static bool is_joined(const struct handle *handle)
{
	if (handle->thread)
		return handle->daemon || handle->thread->finished;
	return handle->process && (handle->daemon || mp_process_has_ended(handle->process));
}

static void forget_joined(struct handle_group *group)
{
	struct handle *next = group->first;

	*group = (struct handle_group){ NULL, NULL };
	while (next) {
		struct handle *handle = next;

		next = handle->next;
		if (is_joined(handle))
			continue;
		handle->next = NULL;
		if (group->last)
			group->last->next = handle;
		else
			group->first = handle;
		group->last = handle;
	}
}

static enum progress join(struct os_thread *thread, struct frame *frame)
{
	struct join_locals *my = FRAME_LOCALS(frame, struct join_locals);

	PROGRAM_BEGIN(frame);
	for (; my->group < my->end; my->group++) {
		for (my->handle = task_activation(my->instance)->groups[my->group].first; my->handle;
		     my->handle = my->handle->next) {
			if (my->handle->daemon)
				continue;
			if (my->handle->thread)
				AWAIT(frame, py_thread_join_until(thread, my->handle->thread,
								  step_deadline(thread, my->step)));
			if (my->handle->process)
				AWAIT(frame, mp_process_join_until(thread, my->handle->process,
								   step_deadline(thread, my->step)));
		}
		forget_joined(&task_activation(my->instance)->groups[my->group]);
	}
	PROGRAM_END;
}

enum progress step_spawn(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct spawn_locals *locals = os_thread_push(thread, spawn);

	locals->instance = instance;
	locals->step = step;
	return os_thread_enter(thread);
}

enum progress step_join(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	const struct activation *activation = task_activation(instance);
	struct join_locals *locals;

	if (!activation->groups)
		return DONE;
	locals = os_thread_push(thread, join);
	locals->instance = instance;
	locals->step = step;
	locals->group = step->group == GROUP_ALL ? 0 : step->group;
	locals->end = step->group == GROUP_ALL
			      ? task_simulation(instance)->workload->tasks[activation->task].group_count
			      : step->group + 1;
	return os_thread_enter(thread);
}
