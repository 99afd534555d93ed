/*
 * task_program.c - see task_program.h.
 *
 * Steps are executed block by block: a step with a body (repeat, loop, with) pushes a frame for it.
 */
#include "models/simulate/task_program.h"

static program_fn run_block;

static const struct task *task_of(const struct task_instance *instance)
{
	return &instance->simulation->workload->tasks[instance->task];
}

/* How many wait for somebody to begin them, and how many have not ended. */
static void trace_counters(const struct simulation *simulation)
{
	if (!simulation->machine->trace)
		return;
	machine_trace(simulation->machine, NULL, TRACE_COUNTER, "waiting", NULL,
		      (int64_t)(simulation->released - simulation->begun));
	machine_trace(simulation->machine, NULL, TRACE_COUNTER, "in_flight", NULL,
		      (int64_t)(simulation->released - simulation->completed));
}

static struct task_instance *instance_new(struct simulation *simulation, uint32_t task, uint64_t entity, bool counted)
{
	struct task_instance *instance = simulation->free_instances;

	if (instance)
		simulation->free_instances = instance->next_free;
	else
		instance = region_alloc(simulation->region, sizeof(*instance));
	*instance = (struct task_instance){
		.simulation = simulation,
		.task = task,
		.counted = counted,
		.entity = entity,
		.release_ns = engine_now(simulation->engine),
	};
	if (counted) {
		simulation->released++;
		level_add(&simulation->in_flight, instance->release_ns, 1);
		trace_counters(simulation);
	}
	return instance;
}

struct task_instance *task_instance_new(struct simulation *simulation, uint32_t task, uint64_t index)
{
	const struct run *run = &simulation->workload->run;
	struct task_instance *instance = instance_new(simulation, task, workload_entity(index), true);

	if (run->kind == RUN_ITEMS)
		instance->item_ns = run->items_ns[index];
	return instance;
}

struct task_instance *task_instance_new_main(struct simulation *simulation, uint32_t task)
{
	return instance_new(simulation, task, random_hash_name("main"), false);
}

/* The time that a CPU step takes on this interpreter. */
static sim_ns step_ns(struct task_instance *instance, const struct step *step, double slowdown)
{
	const struct simulation *simulation = instance->simulation;
	sim_ns ns = workload_duration(simulation->workload, step, task_of(instance), simulation->replication,
				      instance->entity, instance->draw_count, instance->item_ns);

	instance->draw_count += step->duration.kind == DURATION_DRAWN;
	return slowdown == 1 ? ns : sim_time_round((double)ns * slowdown);
}

/* ---- spawn and join ---- */

struct spawn_locals {
	struct task_instance *instance;
	const struct step *step;
	struct spawned *spawned;
	int64_t left;
};

static struct task_instance *new_child(struct task_instance *parent, uint32_t task)
{
	return instance_new(parent->simulation, task, random_hash_path(parent->entity, parent->child_count++), true);
}

static enum progress spawn(struct os_thread *thread, struct frame *frame)
{
	struct spawn_locals *my = FRAME_LOCALS(frame, struct spawn_locals);
	struct simulation *simulation = my->instance->simulation;
	const struct task *task = &simulation->workload->tasks[my->step->task];
	struct task_instance *child;

	PROGRAM_BEGIN(frame);
	for (my->left = my->step->count; my->left > 0; my->left--) {
		child = new_child(my->instance, my->step->task);
		my->spawned = region_alloc(simulation->region, sizeof(*my->spawned));
		my->spawned->daemon = task->daemon;
		if (my->instance->last_spawned)
			my->instance->last_spawned->next = my->spawned;
		else
			my->instance->spawned = my->spawned;
		my->instance->last_spawned = my->spawned;
		if (simulation->workload->model.spawn == SPAWN_PROCESS) {
			AWAIT(frame, mp_process_start(thread, &my->spawned->process, task->name,
						      task_run_as_process, child));
		} else {
			my->spawned->thread = py_thread_new(py_current(thread)->interpreter, task->name,
							    task_run_as_thread, child);
			AWAIT(frame, py_thread_start(thread, my->spawned->thread));
		}
	}
	PROGRAM_END;
}

static enum progress join(struct os_thread *thread, struct frame *frame)
{
	struct spawn_locals *my = FRAME_LOCALS(frame, struct spawn_locals);

	PROGRAM_BEGIN(frame);
	for (my->spawned = my->instance->spawned; my->spawned; my->spawned = my->spawned->next) {
		if (my->spawned->daemon)
			continue;
		if (my->spawned->thread)
			AWAIT(frame, py_thread_join(thread, my->spawned->thread));
		if (!my->spawned->thread)
			AWAIT(frame, mp_process_join(thread, &my->spawned->process));
	}
	my->instance->spawned = my->instance->last_spawned = NULL;
	PROGRAM_END;
}

/* ---- Steps ---- */

struct block_locals {
	struct task_instance *instance;
	uint32_t first, end, at;
	int64_t rounds_left; /* -1: for ever */
	uint32_t resource;   /* WITH */
	bool is_loop;
};

static struct block_locals *push_block(struct os_thread *thread, program_fn *program, struct task_instance *instance,
				       uint32_t first, uint32_t end)
{
	struct block_locals *block = os_thread_push(thread, program);

	block->instance = instance;
	block->first = first;
	block->end = end;
	block->rounds_left = 1;
	return block;
}

static enum progress acquire_resource(struct os_thread *thread, struct simulation *simulation, uint32_t resource)
{
	if (simulation->across_processes)
		return mp_lock_acquire(thread, &simulation->mp_locks[resource]);
	return py_lock_acquire(thread, &simulation->locks[resource]);
}

static enum progress release_resource(struct os_thread *thread, struct simulation *simulation, uint32_t resource)
{
	if (simulation->across_processes)
		return mp_lock_release(thread, &simulation->mp_locks[resource]);
	return py_lock_release(thread, &simulation->locks[resource]);
}

static enum progress run_with(struct os_thread *thread, struct frame *frame)
{
	struct block_locals *my = FRAME_LOCALS(frame, struct block_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, acquire_resource(thread, my->instance->simulation, my->resource));
	push_block(thread, run_block, my->instance, my->first, my->end);
	AWAIT(frame, os_thread_enter(thread));
	AWAIT(frame, release_resource(thread, my->instance->simulation, my->resource));
	PROGRAM_END;
}

static enum progress execute(struct os_thread *thread, struct task_instance *instance, uint32_t index)
{
	struct simulation *simulation = instance->simulation;
	const struct python *python = &simulation->workload->python;
	const struct step *step = &simulation->workload->steps[index];
	struct block_locals *block;
	struct spawn_locals *locals;

	switch (step->kind) {
	case STEP_PYTHON:
		return py_bytecode(thread, ACTIVITY_PYTHON,
				   step_ns(instance, step, python->slowdown_python) +
					   py_cost(thread, COST_STEP_COST));
	case STEP_C:
		return py_c_call(thread, step_ns(instance, step, python->slowdown_c));
	case STEP_NATIVE:
		return py_native_call(thread, step_ns(instance, step, python->slowdown_native));
	case STEP_IO:
	case STEP_BLOCK:
		return py_sleep(thread, step_ns(instance, step, 1));
	case STEP_REPEAT:
		block = push_block(thread, run_block, instance, index + 1, step->end);
		block->is_loop = true;
		block->rounds_left = step->count;
		return os_thread_enter(thread);
	case STEP_LOOP:
		block = push_block(thread, run_block, instance, index + 1, step->end);
		block->is_loop = true;
		block->rounds_left = -1;
		return os_thread_enter(thread);
	case STEP_BREAK:
		instance->breaking = true;
		return DONE;
	case STEP_WITH:
		block = push_block(thread, run_with, instance, index + 1, step->end);
		block->resource = step->resource;
		return os_thread_enter(thread);
	case STEP_SPAWN:
	case STEP_JOIN:
		locals = os_thread_push(thread, step->kind == STEP_SPAWN ? spawn : join);
		locals->instance = instance;
		locals->step = step;
		return os_thread_enter(thread);
	case STEP_STAGE:
		simulation_mark_stage(simulation, step->name);
		return DONE;
	case STEP_KIND_COUNT:
		break;
	}
	assert(0 && "a step of a known kind");
	return DONE;
}

/* Steps whose own cost is not part of their work: their bytecode comes first. */
static bool has_separate_step_cost(enum step_kind kind)
{
	return kind == STEP_C || kind == STEP_NATIVE || kind == STEP_IO || kind == STEP_BLOCK || kind == STEP_WITH;
}

static enum progress run_block(struct os_thread *thread, struct frame *frame)
{
	struct block_locals *my = FRAME_LOCALS(frame, struct block_locals);
	const struct step *steps = my->instance->simulation->workload->steps;

	PROGRAM_BEGIN(frame);
	while (my->rounds_left != 0 && !my->instance->breaking) {
		my->rounds_left -= my->rounds_left > 0;
		for (my->at = my->first; my->at < my->end && !my->instance->breaking; my->at = steps[my->at].end) {
			if (has_separate_step_cost(steps[my->at].kind))
				AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, py_cost(thread, COST_STEP_COST)));
			AWAIT(frame, execute(thread, my->instance, my->at));
		}
	}
	if (my->is_loop)
		my->instance->breaking = false;
	PROGRAM_END;
}

/* ---- A whole instance ---- */

static void begin(struct os_thread *thread, struct task_instance *instance)
{
	struct simulation *simulation = instance->simulation;
	sim_ns now = engine_now(simulation->engine);

	instance->number = ++simulation->begun;
	simulation->waited += now > instance->release_ns;
	simulation->time_in_ns[ACTIVITY_QUEUE_WAIT] += now - instance->release_ns;
	os_thread_account_to(thread, simulation->time_in_ns);
	machine_trace(simulation->machine, thread, TRACE_BEGIN, "task", task_of(instance)->name,
		      (int64_t)instance->number);
	trace_counters(simulation);
}

static void end(struct os_thread *thread, struct task_instance *instance)
{
	struct simulation *simulation = instance->simulation;
	sim_ns now = engine_now(simulation->engine);

	os_thread_account_to(thread, NULL);
	simulation->completed++;
	sample_set_add(&simulation->sojourns, now - instance->release_ns);
	level_add(&simulation->in_flight, now, -1);
	machine_trace(simulation->machine, thread, TRACE_END, "task", task_of(instance)->name,
		      (int64_t)instance->number);
	trace_counters(simulation);
}

enum progress task_run(struct os_thread *thread, struct frame *frame)
{
	struct task_run_locals *my = FRAME_LOCALS(frame, struct task_run_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	if (instance->counted)
		begin(thread, instance);
	push_block(thread, run_block, instance, task_of(instance)->first, task_of(instance)->end);
	AWAIT(frame, os_thread_enter(thread));
	if (instance->counted)
		end(thread, instance);
	instance->next_free = instance->simulation->free_instances;
	instance->simulation->free_instances = instance;
	PROGRAM_END;
}

enum progress task_run_as_thread(struct os_thread *thread, struct frame *frame)
{
	struct task_run_locals *locals;

	PROGRAM_BEGIN(frame);
	locals = os_thread_push(thread, task_run);
	locals->instance = py_current(thread)->argument;
	AWAIT(frame, os_thread_enter(thread));
	PROGRAM_END;
}

enum progress task_run_as_process(struct os_thread *thread, struct frame *frame)
{
	struct task_run_locals *locals;

	PROGRAM_BEGIN(frame);
	locals = os_thread_push(thread, task_run);
	locals->instance = mp_argument(thread);
	AWAIT(frame, os_thread_enter(thread));
	PROGRAM_END;
}
