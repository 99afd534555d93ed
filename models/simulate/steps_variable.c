/*
 * steps_variable.c - reading and writing variables that threads, coroutines or processes share.
 *
 * What leads up to the access takes time, in which the GIL may be lost or others may come first; the access itself is one
 * instant. A write that overwrites what its task has not seen is a lost update (shared_cells.h).
 */
#include "models/simulate/resource_call.h"
#include "models/simulate/resources_process.h"
#include "models/simulate/shared_cells.h"

struct access_locals {
	struct task_instance *instance;
	const struct step *step;
	int64_t index, value;
};

static void access_cells(struct shared_cells *cells, struct access_locals *my)
{
	bool reads = my->step->kind == STEP_READ;
	bool done = reads ? shared_cells_read(cells, my->instance, my->index, &my->value) :
			    shared_cells_write(cells, my->instance, my->index, my->value);

	if (!done)
		task_raise(my->instance, EXCEPTION_RUNTIME); /* IndexError */
	else if (reads)
		step_store(my->instance, my->step->variable, my->value);
}

/* Without a GIL every core counts references to what all of them use, and writes to its cache lines thereby. */
static sim_ns access_cost(struct os_thread *thread, struct shared_cells *cells, int64_t index)
{
	sim_ns cost_ns = py_cost(thread, COST_VARIABLE_ACCESS);

	if (!py_runtime_of(thread)->has_gil && shared_cells_come_across(cells, index, thread->core))
		cost_ns += py_cost(thread, COST_VARIABLE_ACROSS);
	return cost_ns;
}

static enum progress access_variable(struct os_thread *thread, struct frame *frame)
{
	struct access_locals *my = FRAME_LOCALS(frame, struct access_locals);
	struct shared_cells *cells = resource_object(thread, task_simulation(my->instance), my->step->resource);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, access_cost(thread, cells, my->index)));
	access_cells(cells, my);
	PROGRAM_END;
}

/* In shared memory, or in a manager's process. */
static enum progress access_across_processes(struct os_thread *thread, struct frame *frame)
{
	struct access_locals *my = FRAME_LOCALS(frame, struct access_locals);
	struct mp_cells *shared = resource_object(thread, task_simulation(my->instance), my->step->resource);
	const struct payload nothing = { 0, 0 };

	PROGRAM_BEGIN(frame);
	if (shared->manager) {
		/* The server reads or writes when it serves the call: in between nobody else's comes. */
		AWAIT(frame, mp_manager_call(thread, shared->manager,
					     my->step->kind == STEP_WRITE ? step_payload(my->step) : nothing,
					     my->step->kind == STEP_READ ? step_payload(my->step) : nothing));
	} else {
		AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, py_cost(thread, COST_MP_VALUE_ACCESS)));
	}
	access_cells(shared->cells, my);
	PROGRAM_END;
}

static enum progress enter_access(struct os_thread *thread, struct task_instance *instance, const struct step *step,
				  program_fn *program)
{
	int64_t index = step_value(instance, step->extra);
	int64_t value = step_value(instance, step->value);
	struct access_locals *my;

	if (instance->leaving != LEAVING_NOT)
		return DONE;
	my = os_thread_push(thread, program);
	my->instance = instance;
	my->step = step;
	my->index = index;
	my->value = value;
	return os_thread_enter(thread);
}

enum progress step_access(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter_access(thread, instance, step, access_variable);
}

enum progress step_mp_access(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter_access(thread, instance, step, access_across_processes);
}
