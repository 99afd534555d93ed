/*
 * steps_generator.c - yield and iterate: generators in functions, asynchronous ones in coroutines.
 *
 * A generator runs as a part of its consumer's instance, with an activation of its own, which is the innermost one
 * only while it runs. One that is left early is closed at once, its `with` and `finally` blocks included; an asynchronous one's
 * aclose() is a task of its own in CPython, some turns of the loop later.
 */
#include "models/library/aio_generator.h"
#include "models/simulate/steps.h"

/* A generator between two values. */
struct suspended {
	struct aio_generator generator;
	struct activation *activation; /* its innermost */
};

struct iterate_locals {
	struct task_instance *instance;
	const struct step *step;
	struct suspended *suspended;
	struct activation *outer;
	uint32_t leaving, exception; /* of the consumer that leaves it early */
};

struct body_locals {
	struct task_instance *instance;
	uint32_t task;
};

/* The generator's own code, up to its end. */
static enum progress generate(struct os_thread *thread, struct frame *frame)
{
	struct body_locals *my = FRAME_LOCALS(frame, struct body_locals);
	const struct task *task = &task_simulation(my->instance)->workload->tasks[my->task];

	PROGRAM_BEGIN(frame);
	push_steps(thread, my->instance, task->first, task->end);
	AWAIT(frame, os_thread_enter(thread));
	if (my->instance->leaving == LEAVING_RETURN)
		my->instance->leaving = LEAVING_NOT;
	PROGRAM_END;
}

static void begin(struct os_thread *thread, struct iterate_locals *my)
{
	struct task_instance *instance = my->instance;
	const struct start *start = my->step->start;
	struct body_locals *locals;

	my->suspended = region_alloc(task_simulation(instance)->region, sizeof(*my->suspended));
	locals = aio_generator_init(thread->machine, &my->suspended->generator, generate);
	locals->instance = instance;
	locals->task = start->task;
	my->outer = task_activation(instance);
	step_enter_callee(instance, start);
	task_activation(instance)->generator = &my->suspended->generator;
	my->suspended->activation = task_activation(instance);
}

/* It is past its end, and takes the calls that it was in with it. */
static void end(struct iterate_locals *my)
{
	struct task_instance *instance = my->instance;

	task_set_activation(instance, my->suspended->activation);
	while (task_activation(instance) != my->outer)
		task_leave_call(instance);
	region_free(task_simulation(instance)->region, my->suspended);
}

static enum progress iterate(struct os_thread *thread, struct frame *frame)
{
	struct iterate_locals *my = FRAME_LOCALS(frame, struct iterate_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	begin(thread, my);
	while (instance->leaving == LEAVING_NOT) {
		task_set_activation(instance, my->suspended->activation);
		AWAIT(frame, aio_generator_next(thread, &my->suspended->generator));
		my->suspended->activation = task_activation(instance);
		task_set_activation(instance, my->outer);
		if (aio_generator_is_over(&my->suspended->generator) || instance->leaving != LEAVING_NOT)
			break;
		step_store(instance, my->step->variable, my->suspended->generator.value);
		push_body(thread, instance, my->step);
		AWAIT(frame, os_thread_enter(thread));
	}
	if (instance->leaving == LEAVING_BREAK)
		instance->leaving = LEAVING_NOT;
	if (!aio_generator_is_over(&my->suspended->generator)) {
		my->leaving = instance->leaving;
		my->exception = instance->exception;
		instance->leaving = LEAVING_RETURN; /* GeneratorExit: its yield returns nothing any more */
		task_set_activation(instance, my->suspended->activation);
		AWAIT(frame, aio_generator_next(thread, &my->suspended->generator));
		my->suspended->activation = task_activation(instance);
		if (instance->leaving == LEAVING_NOT) {
			instance->leaving = my->leaving & 3;
			instance->exception = my->exception & ((1u << TASK_EXCEPTION_BITS) - 1);
		}
	}
	end(my);
	PROGRAM_END;
}

enum progress step_iterate(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct iterate_locals *locals = os_thread_push(thread, iterate);

	locals->instance = instance;
	locals->step = step;
	return os_thread_enter(thread);
}

enum progress step_yield(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t value = step_value(instance, step->value);

	return instance->leaving == LEAVING_NOT
		       ? aio_generator_yield(thread, task_activation(instance)->generator, value)
		       : DONE;
}
