/*
 * steps_control.c - the steps that decide what comes next: conditions, variables, calls, exceptions.
 *
 * They wait for nothing themselves, so that functions and coroutines share them.
 */
#include <math.h>

#include "models/library/aio_task.h"
#include "models/simulate/steps.h"

struct control_locals {
	struct task_instance *instance;
	const struct step *step;
	uint32_t at;		  /* TRY: the part that is executed */
	enum leaving leaving;	  /* TRY: how the parts before `finally` ended */
	enum exception_kind exception;
	int64_t returned;
	int64_t tries; /* RETRY */
};

static enum progress enter(struct os_thread *thread, program_fn *program, struct task_instance *instance,
			   const struct step *step)
{
	struct control_locals *my = os_thread_push(thread, program);

	my->instance = instance;
	my->step = step;
	return os_thread_enter(thread);
}

static const struct step *steps_of(const struct task_instance *instance)
{
	return task_simulation(instance)->workload->steps;
}

static uint32_t index_of(const struct task_instance *instance, const struct step *step)
{
	return (uint32_t)(step - steps_of(instance));
}

/* ---- Variables and conditions ---- */

enum progress step_let(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t value = step_value(instance, step->value);

	(void)thread;
	if (instance->leaving == LEAVING_NOT)
		step_store(instance, step->variable, value);
	return DONE;
}

static bool is_true(struct task_instance *instance, const struct step *step)
{
	const struct simulation *simulation = task_simulation(instance);

	if (step->chance < 0)
		return step_value(instance, step->value) != 0;
	return step_chance(step, simulation->step_streams[index_of(instance, step)], instance->entity,
			   task_next_draw(instance, true));
}

enum progress step_if(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	uint32_t arm = index_of(instance, step) + 1;
	bool truth = is_true(instance, step);

	if (!truth)
		arm = steps_of(instance)[arm].end;
	if (instance->leaving != LEAVING_NOT || arm >= step->end)
		return DONE;
	push_steps(thread, instance, arm + 1, steps_of(instance)[arm].end);
	return os_thread_enter(thread);
}

static enum progress run_while(struct os_thread *thread, struct frame *frame)
{
	struct control_locals *my = FRAME_LOCALS(frame, struct control_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	while (step_value(instance, my->step->value) != 0 && instance->leaving == LEAVING_NOT) {
		push_steps(thread, instance, index_of(instance, my->step) + 1, my->step->end);
		AWAIT(frame, os_thread_enter(thread));
		if (instance->leaving != LEAVING_NOT)
			break;
		AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, py_cost(thread, COST_STEP_COST)));
	}
	if (instance->leaving == LEAVING_BREAK)
		instance->leaving = LEAVING_NOT;
	PROGRAM_END;
}

enum progress step_while(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter(thread, run_while, instance, step);
}

/* ---- Calls ---- */

enum progress step_return(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t value = step_value(instance, step->value);

	(void)thread;
	if (instance->leaving != LEAVING_NOT)
		return DONE;
	task_return(instance, value);
	instance->leaving = LEAVING_RETURN;
	return DONE;
}

/* The callee's variables are set from the caller's, which are the innermost until the call is entered. */
void step_enter_callee(struct task_instance *instance, const struct start *start)
{
	const struct workload *workload = task_simulation(instance)->workload;
	struct activation *caller = task_activation(instance), *callee;

	task_enter_call(instance, start->task);
	callee = task_activation(instance);
	for (uint32_t i = 0; i < start->argument_count; i++) {
		if (!workload_value(workload, workload->arguments[start->first_argument + i], caller->variables,
				    &callee->variables[i]))
			task_raise(instance, EXCEPTION_ARITHMETIC);
	}
	if (callee->depth >= CALL_DEPTH_LIMIT)
		task_raise(instance, EXCEPTION_RECURSION);
	task_return(instance, 0);
}

static enum progress run_call(struct os_thread *thread, struct frame *frame)
{
	struct control_locals *my = FRAME_LOCALS(frame, struct control_locals);
	struct task_instance *instance = my->instance;
	const struct task *called = &task_simulation(instance)->workload->tasks[my->step->start->task];

	PROGRAM_BEGIN(frame);
	step_enter_callee(instance, my->step->start);
	push_steps(thread, instance, called->first, called->end);
	AWAIT(frame, os_thread_enter(thread));
	if (instance->leaving == LEAVING_RETURN)
		instance->leaving = LEAVING_NOT;
	task_leave_call(instance);
	step_store(instance, my->step->variable, task_extras_of(instance)->returned);
	PROGRAM_END;
}

enum progress step_call(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter(thread, run_call, instance, step);
}

/* ---- Exceptions ---- */

enum progress step_raise(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	(void)thread;
	task_raise(instance, step->exception == EXCEPTION_NONE ? instance->exception : step->exception);
	if (instance->exception == EXCEPTION_NONE) /* a bare `raise` with nothing to raise again */
		instance->exception = EXCEPTION_RUNTIME;
	return DONE;
}

static bool takes(const struct step *handler, enum exception_kind exception)
{
	return handler->exception == EXCEPTION_NONE ? exception != EXCEPTION_CANCELLED
						    : handler->exception == (uint32_t)exception;
}

/* The handler that takes what was raised, from part `at` on; the step's end if none does. */
static uint32_t find_handler(const struct task_instance *instance, const struct step *step, uint32_t at)
{
	const struct step *steps = steps_of(instance);

	while (at < step->end && !(steps[at].kind == STEP_EXCEPT && takes(&steps[at], instance->exception)))
		at = steps[at].end;
	return at;
}

static uint32_t find_finally(const struct task_instance *instance, const struct step *step)
{
	const struct step *steps = steps_of(instance);
	uint32_t at = index_of(instance, step) + 1;

	while (at < step->end && steps[at].kind != STEP_FINALLY)
		at = steps[at].end;
	return at;
}

static enum progress run_try(struct os_thread *thread, struct frame *frame)
{
	struct control_locals *my = FRAME_LOCALS(frame, struct control_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	my->at = index_of(instance, my->step) + 1;
	push_steps(thread, instance, my->at + 1, steps_of(instance)[my->at].end);
	AWAIT(frame, os_thread_enter(thread));
	if (instance->leaving == LEAVING_RAISE) {
		my->at = find_handler(instance, my->step, steps_of(instance)[my->at].end);
		if (my->at < my->step->end) {
			instance->leaving = LEAVING_NOT;
			push_steps(thread, instance, my->at + 1, steps_of(instance)[my->at].end);
			AWAIT(frame, os_thread_enter(thread));
		}
	}
	my->at = find_finally(instance, my->step);
	if (my->at < my->step->end) {
		my->leaving = instance->leaving;
		my->exception = instance->exception;
		my->returned = task_extras_of(instance)->returned;
		instance->leaving = LEAVING_NOT;
		push_steps(thread, instance, my->at + 1, steps_of(instance)[my->at].end);
		AWAIT(frame, os_thread_enter(thread));
		if (instance->leaving == LEAVING_NOT) {
			instance->leaving = my->leaving;
			instance->exception = my->exception;
			task_return(instance, my->returned);
		}
	}
	if (instance->leaving == LEAVING_NOT)
		instance->exception = EXCEPTION_NONE;
	PROGRAM_END;
}

enum progress step_try(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter(thread, run_try, instance, step);
}

/* The wait before the repetition after `tries` tries. */
static sim_ns backoff_ns(struct task_instance *instance, const struct retry *retry, int64_t tries)
{
	const struct simulation *simulation = task_simulation(instance);
	const struct workload *workload = simulation->workload;
	uint64_t stream = random_hash_name("retry");
	struct variate variate;
	double ns =
		(double)workload_draw(workload, &retry->backoff, stream, simulation->replication, instance->entity,
				      task_next_draw(instance, retry->backoff.kind == DURATION_DRAWN));

	for (int64_t i = 1; i < tries && ns < (double)retry->limit_ns; i++)
		ns *= retry->factor;
	ns = fmin(ns, (double)retry->limit_ns);
	if (retry->jitter > 0) {
		variate = variate_open(workload->seed, simulation->replication, stream, instance->entity,
				       task_next_draw(instance, true));
		ns *= 1 + retry->jitter * (2 * variate_uniform(&variate) - 1);
	}
	return sim_time_round(ns);
}

enum progress step_sleep(struct os_thread *thread, const struct task_instance *instance, sim_ns duration_ns)
{
	return instance->in_coroutine ? aio_sleep(thread, duration_ns) : py_sleep(thread, duration_ns);
}

static enum progress run_retry(struct os_thread *thread, struct frame *frame)
{
	struct control_locals *my = FRAME_LOCALS(frame, struct control_locals);
	struct task_instance *instance = my->instance;

	PROGRAM_BEGIN(frame);
	for (;;) {
		push_steps(thread, instance, index_of(instance, my->step) + 1, my->step->end);
		AWAIT(frame, os_thread_enter(thread));
		if (instance->leaving != LEAVING_RAISE || ++my->tries >= my->step->retry->times ||
		    !takes(my->step, instance->exception))
			break;
		instance->leaving = LEAVING_NOT;
		instance->exception = EXCEPTION_NONE;
		task_simulation(instance)->retries++;
		AWAIT(frame, step_sleep(thread, instance, backoff_ns(instance, my->step->retry, my->tries)));
		if (py_exception(thread) != PY_NO_EXCEPTION)
			break;
	}
	PROGRAM_END;
}

enum progress step_retry(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter(thread, run_retry, instance, step);
}
