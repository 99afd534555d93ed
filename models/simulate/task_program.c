/*
 * task_program.c - see task_program.h.
 *
 * Steps are executed block by block: a step with a body pushes a frame for it (steps.h).
 */
#include "models/simulate/task_program.h"

#include "models/simulate/arrivals.h"
#include "models/simulate/coroutines.h"
#include "models/simulate/deadlock.h"
#include "models/simulate/shared_cells.h"
#include "models/simulate/steps.h"

static const struct task *task_of(const struct task_instance *instance)
{
	return &task_simulation(instance)->workload->tasks[task_index(instance)];
}

/* ---- Activations and handles ---- */

/* An activation of its own for a call by `caller`, or for all of an instance (NULL). */
static struct activation *activation_new(struct simulation *simulation, uint32_t task, struct activation *caller)
{
	const struct task *called = &simulation->workload->tasks[task];
	struct activation *activation = pool_take(&simulation->activations);

	*activation = (struct activation){
		.simulation = simulation,
		.caller = caller,
		.depth = caller ? caller->depth + 1 : 0,
		.task = task,
	};
	if (called->variable_count > 0)
		activation->variables = region_alloc_array(simulation->region, called->variable_count,
							   sizeof(*activation->variables));
	return activation;
}

/* Whether its activation stays as it is at the start: it has no variables, and starts and calls nothing. */
static bool keeps_nothing(const struct workload *workload, const struct task *task)
{
	for (uint32_t at = task->first; at < task->end; at++)
		if (workload->steps[at].start)
			return false;
	return task->variable_count == 0;
}

/* Steps whose own cost is part of their work, or that are no statements of their own; before all others
 * their bytecode is paid. */
static bool has_no_step_cost(enum step_kind kind)
{
	return kind == STEP_PYTHON || kind == STEP_REPEAT || kind == STEP_LOOP || kind == STEP_BREAK ||
	       kind == STEP_SPAWN || kind == STEP_JOIN || kind == STEP_STAGE || kind == STEP_BODY;
}

/* What is the same at each execution of a step. */
struct step_plan {
	const struct step *step;
	step_fn *programs[2]; /* in a function, in a coroutine */
	uint32_t next;	      /* in its block; TASK_STEP_NONE: it is the last */
	bool has_cost;	      /* of its own, before its work */
};

/* Of the steps of a block, and of the blocks in it. */
static void plan_steps(const struct workload *workload, uint32_t first, uint32_t end, struct step_plan *plans)
{
	const struct step *steps = workload->steps;

	for (uint32_t at = first; at < end; at = steps[at].end) {
		plans[at] = (struct step_plan){
			.step = &steps[at],
			.programs = { step_program_of(workload, &steps[at], false),
				      step_program_of(workload, &steps[at], true) },
			.next = steps[at].end < end ? steps[at].end : TASK_STEP_NONE,
			.has_cost = !has_no_step_cost(steps[at].kind),
		};
		plan_steps(workload, at + 1, steps[at].end, plans);
	}
}

void task_programs_init(struct simulation *simulation)
{
	const struct workload *workload = simulation->workload;
	struct region *region = simulation->region;

	pool_init(&simulation->instances, region, sizeof(struct task_instance));
	pool_init(&simulation->extras, region, sizeof(struct instance_extras));
	pool_init(&simulation->activations, region, sizeof(struct activation));
	pool_init(&simulation->handles, region, sizeof(struct handle));
	simulation->shared_activations =
		region_alloc_array(region, workload->task_count, sizeof(*simulation->shared_activations));
	simulation->plans = region_alloc_array(region, workload->step_count, sizeof(*simulation->plans));
	simulation->step_streams = region_alloc_array(region, workload->step_count, sizeof(*simulation->step_streams));
	for (uint32_t i = 0; i < workload->task_count; i++) {
		for (uint32_t at = workload->tasks[i].first; at < workload->tasks[i].end; at++)
			simulation->step_streams[at] = workload_step_stream(workload, &workload->steps[at],
									    &workload->tasks[i], simulation->replication);
		plan_steps(workload, workload->tasks[i].first, workload->tasks[i].end, simulation->plans);
		if (!keeps_nothing(workload, &workload->tasks[i]))
			continue;
		simulation->shared_activations[i] = activation_new(simulation, i, NULL);
	}
}

void task_enter_call(struct task_instance *instance, uint32_t task)
{
	task_set_activation(instance, activation_new(task_simulation(instance), task, task_activation(instance)));
}

void task_leave_call(struct task_instance *instance)
{
	struct activation *activation = task_activation(instance);
	struct simulation *simulation = activation->simulation;

	if (instance->has_left_steps) /* they still use it */
		return;
	task_set_activation(instance, activation->caller);
	if (activation == simulation->shared_activations[activation->task])
		return;
	if (activation->variables)
		region_free(simulation->region, activation->variables);
	if (activation->groups)
		region_free(simulation->region, activation->groups);
	pool_give_back(&simulation->activations, activation);
}

struct handle *task_handle_new(struct simulation *simulation)
{
	struct handle *handle = pool_take(&simulation->handles);

	*handle = (struct handle){ 0 };
	return handle;
}

struct handle *task_add_handle(struct task_instance *instance, uint32_t group)
{
	struct activation *activation = task_activation(instance);
	struct region *region = task_simulation(instance)->region;
	uint32_t count = task_simulation(instance)->workload->tasks[activation->task].group_count;
	struct handle *handle = task_handle_new(task_simulation(instance));
	struct handle_group *place;

	if (!activation->groups)
		activation->groups = region_alloc_array(region, count > 0 ? count : 1, sizeof(*activation->groups));
	place = &activation->groups[group];
	if (place->last)
		place->last->next = handle;
	else
		place->first = handle;
	place->last = handle;
	return handle;
}

void task_raise(struct task_instance *instance, enum exception_kind exception)
{
	instance->leaving = LEAVING_RAISE;
	instance->exception = (uint32_t)exception & ((1u << TASK_EXCEPTION_BITS) - 1);
}

/* ---- Extras ---- */

const struct instance_extras no_extras = { .slowness = 1, .timeout_ns = TIMEOUT_NONE, .waits_for = INDEX_NONE };

struct instance_extras *task_extras(struct task_instance *instance)
{
	struct simulation *simulation = task_simulation(instance);
	struct instance_extras *extras = near_at_or_null(instance->extras);

	if (extras)
		return extras;
	extras = pool_take(&simulation->extras);
	*extras = no_extras;
	instance->extras = near_ref_to(extras);
	extras->instance = instance;
	extras->previous = simulation->last_extras;
	if (simulation->last_extras)
		simulation->last_extras->next = extras;
	else
		simulation->first_extras = extras;
	simulation->last_extras = extras;
	return extras;
}

static void drop_extras(struct simulation *simulation, struct task_instance *instance)
{
	struct instance_extras *extras = near_at_or_null(instance->extras);

	if (!extras)
		return;
	if (extras->previous)
		extras->previous->next = extras->next;
	else
		simulation->first_extras = extras->next;
	if (extras->next)
		extras->next->previous = extras->previous;
	else
		simulation->last_extras = extras->previous;
	pool_give_back(&simulation->extras, extras);
}

void task_return(struct task_instance *instance, int64_t value)
{
	if (value != task_extras_of(instance)->returned)
		task_extras(instance)->returned = value;
}

void task_set_timeout(struct task_instance *instance, sim_ns timeout_ns)
{
	if (timeout_ns != task_extras_of(instance)->timeout_ns)
		task_extras(instance)->timeout_ns = timeout_ns;
}

/* ---- New instances ---- */

/* How many wait for somebody to begin them, and how many have not ended. */
static void trace_counters(const struct simulation *simulation)
{
	if (!simulation->machine->trace)
		return;
	machine_trace(simulation->machine, NULL, TRACE_COUNTER, "waiting", NULL,
		      (int64_t)(simulation->released - simulation->begun));
	machine_trace(simulation->machine, NULL, TRACE_COUNTER, "in_flight", NULL,
		      simulation->in_flight.value);
}

/* `release` NULL: it is not counted. */
static struct task_instance *instance_new(struct simulation *simulation, uint32_t task, uint64_t entity,
					  const struct task_release *release)
{
	struct task_instance *instance = pool_take(&simulation->instances);
	struct activation *shared = simulation->shared_activations[task];

	*instance = (struct task_instance){
		.counted = release != NULL,
		.entity = entity,
		.release_ns = release ? (sim_ns)release->at_ns : engine_now(simulation->engine),
		.is_measured = release && release->is_measured,
	};
	task_set_activation(instance, shared ? shared : activation_new(simulation, task, NULL));
	return instance;
}

struct task_release task_release(struct simulation *simulation, uint32_t task)
{
	struct task_release release = task_statistics_release(simulation, task);

	trace_counters(simulation);
	return release;
}

struct task_instance *task_instance_new_released(struct simulation *simulation, uint32_t task, uint64_t index,
						 const struct task_release *release)
{
	const struct run *run = &simulation->workload->run;
	struct task_instance *instance = instance_new(simulation, task, workload_entity(index), release);

	if (run->kind == RUN_ITEMS)
		task_extras(instance)->item_ns = run->items_ns[index];
	if (run->slowness)
		task_extras(instance)->slowness = run->slowness[index];
	return instance;
}

struct task_instance *task_instance_new(struct simulation *simulation, uint32_t task, uint64_t index)
{
	const struct task_release release = task_release(simulation, task);

	return task_instance_new_released(simulation, task, index, &release);
}

struct task_instance *task_instance_new_main(struct simulation *simulation, uint32_t task)
{
	return instance_new(simulation, task, random_hash_name("main"), NULL);
}

struct task_instance *task_instance_new_child(struct task_instance *parent, uint32_t task)
{
	struct simulation *simulation = task_simulation(parent);
	const struct task_release release = task_release(simulation, task);

	return instance_new(simulation, task, random_hash_path(parent->entity, task_extras(parent)->child_count++),
			    &release);
}

/* ---- A whole instance ---- */

static void begin(struct os_thread *thread, struct task_instance *instance)
{
	struct simulation *simulation = task_simulation(instance);

	simulation->begun++;
	instance->has_begun = true;
	if (simulation->machine->trace)
		task_extras(instance)->number = simulation->begun;
	task_statistics_begun(instance);
	os_thread_account_to(thread, task_statistics_time_in(instance));
	machine_trace(simulation->machine, thread, TRACE_BEGIN, "task", task_of(instance)->name,
		      (int64_t)task_extras_of(instance)->number);
	trace_counters(simulation);
}

static void end(struct os_thread *thread, struct task_instance *instance)
{
	struct simulation *simulation = task_simulation(instance);

	os_thread_account_to(thread, NULL);
	if (instance->leaving != LEAVING_RAISE)
		simulation->completed++;
	else if (instance->exception == EXCEPTION_TIMEOUT)
		simulation->timed_out++;
	else if (instance->exception == EXCEPTION_CANCELLED)
		simulation->cancelled++;
	else if (instance->exception == EXCEPTION_REJECTED)
		simulation->rejected++;
	else
		simulation->failed++;
	task_statistics_ended(instance, instance->leaving != LEAVING_RAISE);
	machine_trace(simulation->machine, thread, TRACE_END, "task", task_of(instance)->name,
		      (int64_t)task_extras_of(instance)->number);
	trace_counters(simulation);
}

static void tell_user(struct task_instance *instance)
{
	const uint32_t number = task_user_number(instance);

	if (number == 0)
		return;
	arrivals_request_ended(task_simulation(instance)->arrivals, number - 1);
	task_set_user_number(instance, 0);
}

static void give_back(struct task_instance *instance)
{
	struct simulation *simulation = task_simulation(instance);

	tell_user(instance);
	task_leave_call(instance);
	if (instance->has_left_steps)
		return;
	drop_extras(simulation, instance);
	pool_give_back(&simulation->instances, instance);
}

void task_instance_reject(struct task_instance *instance)
{
	task_simulation(instance)->rejected++;
	task_statistics_turned_away(instance);
	give_back(instance);
}

void task_instance_abort(struct task_instance *instance)
{
	struct simulation *simulation = task_simulation(instance);

	simulation->failed++;
	if (instance->has_begun) {
		task_statistics_ended(instance, false);
		machine_trace(simulation->machine, task_thread(instance), TRACE_END, "task",
			      task_of(instance)->name, (int64_t)task_extras_of(instance)->number);
		deadlock_forget(instance);
		shared_cells_forget(instance);
	} else {
		task_statistics_turned_away(instance);
	}
	trace_counters(simulation);
	give_back(instance);
}

static void tell_handle(struct task_instance *instance)
{
	struct handle *handle = task_handle(instance);

	if (!handle)
		return;
	handle->done = true;
	handle->result = task_extras_of(instance)->returned;
	handle->exception = instance->leaving == LEAVING_RAISE ? instance->exception : EXCEPTION_NONE;
}

void task_instance_cancel(struct task_instance *instance)
{
	task_simulation(instance)->cancelled++;
	task_statistics_turned_away(instance);
	task_raise(instance, EXCEPTION_CANCELLED);
	tell_handle(instance);
	give_back(instance);
}

/* What the harness keeps of a coroutine goes with it. */
static void forget_objects(struct os_thread *thread, const struct task_instance *instance)
{
	if (!instance->in_coroutine)
		return;
	aio_objects_gone(aio_running_loop(thread), COST_AIO_INSTANCE_OBJECTS);
	os_process_grow_heap(thread->process, -py_cost(thread, COST_MEMORY_COROUTINE));
}

static void free_allocated(struct memory_block *block)
{
	while (block) {
		struct memory_block *next = block->next_made;

		memory_free(block);
		block = next;
	}
}

/* Tells who waits for its outcome, and gives it back. */
static void leave(struct os_thread *thread, struct task_instance *instance)
{
	tell_handle(instance);
	if (instance->leaving == LEAVING_RAISE && instance->raises)
		py_raise(thread, instance->exception);
	forget_objects(thread, instance);
	deadlock_forget(instance);
	shared_cells_forget(instance);
	give_back(instance);
}

/* What it has allocated is freed. The client outside that waits for it is told through a pipe, as soon as the write is
 * done. */
static enum progress wind_up(struct os_thread *thread, struct frame *frame)
{
	struct task_run_locals *my = FRAME_LOCALS(frame, struct task_run_locals);

	PROGRAM_BEGIN(frame);
	free_allocated(task_extras_of(my->instance)->allocated);
	AWAIT(frame, os_thread_compute(thread, memory_kernel_cost(thread)));
	if (task_user_number(my->instance) != 0) {
		AWAIT(frame, py_release_gil(thread));
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_WRITE)));
		tell_user(my->instance);
		AWAIT(frame, py_take_gil(thread));
	}
	leave(thread, my->instance);
	PROGRAM_END;
}

/* The frame's last act: counts the instance's outcome, and is done with it, at once or as the frame that winds it up. */
static enum progress finish(struct os_thread *thread, struct frame *frame, struct task_instance *instance)
{
	if (instance->counted)
		end(thread, instance);
	if (task_user_number(instance) == 0 && !task_extras_of(instance)->allocated) {
		leave(thread, instance);
		return DONE;
	}
	frame_become(frame, wind_up);
	FRAME_LOCALS(frame, struct task_run_locals)->instance = instance;
	return wind_up(thread, frame);
}

/* ---- Blocks of steps ---- */

static enum progress execute(struct os_thread *thread, struct task_instance *instance, const struct step_plan *plan)
{
	return plan->programs[instance->in_coroutine](thread, instance, plan->step);
}

enum progress task_run_steps(struct os_thread *thread, struct frame *frame)
{
	struct task_steps_locals *my = FRAME_LOCALS(frame, struct task_steps_locals);
	struct task_instance *instance = near_at(my->instance);
	const struct step_plan *plans = task_simulation(instance)->plans;

	PROGRAM_BEGIN(frame);
	if (!engine_count_round(thread->machine->engine))
		AWAIT(frame, os_thread_compute(thread, 1));
	if (my->is_body)
		AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, py_cost(thread, COST_BODY_COST)));
	for (; my->at != TASK_STEP_NONE && instance->leaving == LEAVING_NOT;
	     my->at = plans[my->at].next & TASK_STEP_MASK) {
		if (plans[my->at].has_cost)
			AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, py_cost(thread, COST_STEP_COST)));
		AWAIT(frame, execute(thread, instance, &plans[my->at]));
		/* What the library raised; the numbers are the same (steps_asyncio.c). */
		if (py_exception(thread) != PY_NO_EXCEPTION)
			task_raise(instance, (enum exception_kind)py_catch(thread));
	}
	if (my->is_whole)
		return finish(thread, frame, instance);
	PROGRAM_END;
}

/* The frame goes on as that of all the instance's steps: millions may wait in theirs, and have no other. */
static enum progress become_steps(struct os_thread *thread, struct frame *frame, struct task_instance *instance)
{
	const struct task *task = task_of(instance);

	frame_become(frame, task_run_steps);
	*FRAME_LOCALS(frame, struct task_steps_locals) = (struct task_steps_locals){
		.instance = near_ref_to(instance),
		.at = (task->first < task->end ? task->first : TASK_STEP_NONE) & TASK_STEP_MASK,
		.is_whole = true,
	};
	return task_run_steps(thread, frame);
}

enum progress task_run(struct os_thread *thread, struct frame *frame)
{
	struct task_run_locals *my = FRAME_LOCALS(frame, struct task_run_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	if (py_exception(thread) != PY_NO_EXCEPTION) { /* a coroutine that was cancelled before its first step */
		forget_objects(thread, instance);
		task_instance_cancel(instance);
		return DONE;
	}
	if (interpreter_first_time(py_current(thread)->interpreter, FIRST_TASK))
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PROCESS_FIRST_TASK)));
	instance->thread = near_ref_to(thread);
	if (instance->counted)
		begin(thread, instance);
	if (task_extras_of(instance)->timeout_ns == TIMEOUT_NONE)
		return become_steps(thread, frame, instance);
	coroutine_push_bounded(thread, instance);
	AWAIT(frame, os_thread_enter(thread));
	return finish(thread, frame, instance);
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
