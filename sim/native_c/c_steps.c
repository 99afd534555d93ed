/*
 * c_steps.c - see c_steps.h. The simulator's models/simulate/steps_basic.c and steps_control.c, and
 * harness_control.py, do the same.
 */
#include "sim/native_c/c_steps.h"

#include <math.h>

#include "sim/base/random.h"
#include "sim/native_c/c_clock.h"
#include "sim/native_c/c_loop.h"
#include "sim/native_c/c_pipe.h"
#include "sim/native_c/c_process.h"
#include "sim/native_c/c_resources.h"

typedef void step_fn(struct c_instance *self, const struct step *step);

static uint32_t index_of(const struct step *step)
{
	return (uint32_t)(step - c_run.workload->steps);
}

static void run_body(struct c_instance *self, const struct step *step)
{
	c_steps_run(self, index_of(step) + 1, step->end);
}

/* ---- Work ---- */

static int64_t iterations(struct c_instance *self, const struct step *step, double spin_ns)
{
	return llround((double)c_duration_ns(self, step) / spin_ns);
}

static void step_python(struct c_instance *self, const struct step *step)
{
	c_note_work(self, 0, iterations(self, step, c_run.workload->python.spin_python_ns), c_work_python);
}

static void step_c(struct c_instance *self, const struct step *step)
{
	c_note_work(self, 1, iterations(self, step, c_run.workload->python.spin_c_ns), c_work_c);
}

static void step_native(struct c_instance *self, const struct step *step)
{
	c_note_work(self, 2, iterations(self, step, c_run.workload->python.spin_native_ns), c_work_native);
}

static void step_block(struct c_instance *self, const struct step *step)
{
	c_sleep(c_duration_ns(self, step));
}

static void wait_without_loop_or_in_it(struct c_instance *self, sim_ns duration_ns)
{
	if (self->in_coroutine)
		c_loop_sleep(duration_ns);
	else
		c_sleep(duration_ns);
}

static void step_io(struct c_instance *self, const struct step *step)
{
	wait_without_loop_or_in_it(self, c_duration_ns(self, step));
}

/* ---- Rounds and conditions ---- */

/* Whether another round follows; a break ends here. */
static bool goes_on(struct c_instance *self)
{
	if (self->leaving == C_LEAVING_BREAK) {
		self->leaving = C_LEAVING_NOT;
		return false;
	}
	c_eval_breaker();
	return self->leaving == C_LEAVING_NOT;
}

static void step_repeat(struct c_instance *self, const struct step *step)
{
	int64_t count = c_value(self, step->count);

	if (self->leaving != C_LEAVING_NOT)
		return;
	for (int64_t round = 0; round < count; round++) {
		c_store(self, step->variable, round);
		run_body(self, step);
		if (!goes_on(self))
			return;
	}
}

static void step_loop(struct c_instance *self, const struct step *step)
{
	do
		run_body(self, step);
	while (goes_on(self));
}

static void step_while(struct c_instance *self, const struct step *step)
{
	while (c_value(self, step->value) != 0 && self->leaving == C_LEAVING_NOT) {
		run_body(self, step);
		if (!goes_on(self))
			return;
	}
}

static void step_break(struct c_instance *self, const struct step *step)
{
	(void)step;
	self->leaving = C_LEAVING_BREAK;
}

static bool is_true(struct c_instance *self, const struct step *step)
{
	if (step->chance < 0)
		return c_value(self, step->value) != 0;
	return workload_chance(c_run.workload, step, &c_run.workload->tasks[self->activation->task], 0,
			       self->entity, self->draw_count++);
}

static void step_if(struct c_instance *self, const struct step *step)
{
	const struct step *steps = c_run.workload->steps;
	uint32_t arm = index_of(step) + 1;

	if (!is_true(self, step))
		arm = steps[arm].end;
	if (self->leaving == C_LEAVING_NOT && arm < step->end)
		run_body(self, &steps[arm]);
}

/* ---- Variables and calls ---- */

static void step_let(struct c_instance *self, const struct step *step)
{
	int64_t value = c_value(self, step->value);

	if (self->leaving == C_LEAVING_NOT)
		c_store(self, step->variable, value);
}

static void step_return(struct c_instance *self, const struct step *step)
{
	int64_t value = c_value(self, step->value);

	if (self->leaving != C_LEAVING_NOT)
		return;
	self->returned = value;
	self->leaving = C_LEAVING_RETURN;
}

static void step_call(struct c_instance *self, const struct step *step)
{
	const struct task *called = &c_run.workload->tasks[step->start->task];
	struct c_activation *caller = self->activation;
	struct c_activation *callee = c_activation_new(step->start->task, caller);

	for (uint32_t i = 0; i < step->start->argument_count; i++)
		callee->variables[i] = c_value(self, c_run.workload->arguments[step->start->first_argument + i]);
	self->activation = callee;
	if (callee->depth >= CALL_DEPTH_LIMIT)
		c_raise(self, EXCEPTION_RECURSION);
	self->returned = 0;
	c_steps_run(self, called->first, called->end);
	if (self->leaving == C_LEAVING_RETURN)
		self->leaving = C_LEAVING_NOT;
	self->activation = caller;
	c_activation_free(callee);
	c_store(self, step->variable, self->returned);
}

/* ---- Exceptions ---- */

static void step_raise(struct c_instance *self, const struct step *step)
{
	c_raise(self, step->exception == EXCEPTION_NONE ? self->exception : step->exception);
	if (self->exception == EXCEPTION_NONE) /* a bare `raise` with nothing to raise again */
		self->exception = EXCEPTION_RUNTIME;
}

static bool takes(const struct step *handler, uint32_t exception)
{
	return handler->exception == EXCEPTION_NONE ? exception != EXCEPTION_CANCELLED
						    : handler->exception == exception;
}

/* The first part of a `try`, from `at` on, that is of this kind and, if it is an `except`, takes what was raised.
 */
static const struct step *find_part(const struct c_instance *self, const struct step *step, uint32_t at,
				    enum step_kind kind)
{
	for (; at < step->end; at = c_run.workload->steps[at].end) {
		const struct step *part = &c_run.workload->steps[at];

		if (part->kind == kind && (kind != STEP_EXCEPT || takes(part, self->exception)))
			return part;
	}
	return NULL;
}

static void run_finally(struct c_instance *self, const struct step *part)
{
	enum c_leaving leaving = self->leaving;
	uint32_t exception = self->exception;
	int64_t returned = self->returned;

	self->leaving = C_LEAVING_NOT;
	run_body(self, part);
	if (self->leaving != C_LEAVING_NOT)
		return;
	self->leaving = leaving;
	self->exception = exception;
	self->returned = returned;
}

static void step_try(struct c_instance *self, const struct step *step)
{
	const struct step *part = step + 1;

	run_body(self, part);
	if (self->leaving == C_LEAVING_RAISE) {
		part = find_part(self, step, part->end, STEP_EXCEPT);
		if (part) {
			self->leaving = C_LEAVING_NOT;
			run_body(self, part);
		}
	}
	part = find_part(self, step, index_of(step) + 1, STEP_FINALLY);
	if (part)
		run_finally(self, part);
	if (self->leaving == C_LEAVING_NOT)
		self->exception = EXCEPTION_NONE;
}

/* The wait before the repetition after `tries` tries. */
static sim_ns backoff_ns(struct c_instance *self, const struct retry *retry, int64_t tries)
{
	uint64_t stream = random_hash_name("retry");
	double ns =
		(double)workload_draw(c_run.workload, &retry->backoff, stream, 0, self->entity, self->draw_count);
	struct variate variate;

	self->draw_count += retry->backoff.kind == DURATION_DRAWN;
	for (int64_t i = 1; i < tries && ns < (double)retry->limit_ns; i++)
		ns *= retry->factor;
	ns = fmin(ns, (double)retry->limit_ns);
	if (retry->jitter > 0) {
		variate = variate_open(c_run.workload->seed, 0, stream, self->entity, self->draw_count++);
		ns *= 1 + retry->jitter * (2 * variate_uniform(&variate) - 1);
	}
	return sim_time_round(ns);
}

static void step_retry(struct c_instance *self, const struct step *step)
{
	for (int64_t tries = 1;; tries++) {
		run_body(self, step);
		if (self->leaving != C_LEAVING_RAISE || tries >= step->retry->times ||
		    !takes(step, self->exception))
			return;
		self->leaving = C_LEAVING_NOT;
		self->exception = EXCEPTION_NONE;
		if (self->record)
			self->record->retries++;
		else
			c_run.clock->retries++;
		wait_without_loop_or_in_it(self, backoff_ns(self, step->retry, tries));
	}
}

/* ---- Starting and joining ---- */

static int64_t start_count(struct c_instance *self, const struct start *start)
{
	return start->items_ns ? start->item_count : c_value(self, start->count);
}

static void start_one(const struct c_instance *self, struct c_handle *handle)
{
	c_instance_release(handle->instance);
	if (self->in_coroutine)
		handle->coroutine = c_loop_create_task(handle->instance);
	else if (c_run.workload->model.spawn == SPAWN_PROCESS)
		handle->process = c_process_start(c_instance_run_body, handle->instance);
	else
		c_thread_start(&handle->thread, c_instance_run_body, handle->instance);
}

static void step_spawn(struct c_instance *self, const struct step *step)
{
	const struct start *start = step->start;
	int64_t count = start_count(self, start);

	for (int64_t i = 0; i < count && self->leaving == C_LEAVING_NOT; i++) {
		struct c_handle *handle = c_handle_new(self, step->group);

		handle->daemon = start->daemon || c_run.workload->tasks[start->task].daemon;
		handle->instance = c_instance_new_child(self, start, i, self->in_coroutine);
		start_one(self, handle);
	}
}

static void join_group(struct c_group *group)
{
	size_t kept = 0;

	for (size_t i = 0; i < group->count; i++) {
		struct c_handle *handle = group->handles[i];

		if (handle->daemon)
			group->handles[kept++] = handle;
		else if (handle->coroutine)
			c_loop_await(handle->coroutine);
		else if (handle->process)
			c_process_join(handle->process);
		else
			c_thread_join(&handle->thread);
	}
	group->count = kept;
}

/* The groups that a step names: [*first, end). */
static uint32_t groups_of(const struct c_instance *self, const struct step *step, uint32_t *first)
{
	bool all = step->group == GROUP_ALL;

	*first = all ? 0 : step->group;
	return all ? c_run.workload->tasks[self->activation->task].group_count + 1 : *first + 1;
}

static void step_join(struct c_instance *self, const struct step *step)
{
	uint32_t group, end = groups_of(self, step, &group);

	for (; group < end; group++)
		join_group(c_group_of(self, group));
}

static void step_stage(struct c_instance *self, const struct step *step)
{
	int number = atomic_fetch_add(&c_run.shared->stage_count, 1);

	(void)self;
	if (number < C_STAGE_LIMIT) {
		c_run.shared->stages[number].name = step->name;
		c_run.shared->stages[number].at_ns = c_clock_ns();
	} else {
		c_die("more than %d stages are marked", C_STAGE_LIMIT);
	}
}

/* ---- Coroutines ---- */

static uint32_t await_group(struct c_group *group)
{
	uint32_t exception = EXCEPTION_NONE;

	for (size_t i = 0; i < group->count && exception == EXCEPTION_NONE; i++)
		exception = c_loop_await(group->handles[i]->coroutine);
	group->count = 0;
	return exception;
}

static void step_await(struct c_instance *self, const struct step *step)
{
	uint32_t group, end = groups_of(self, step, &group);
	uint32_t exception = EXCEPTION_NONE;

	for (; group < end && exception == EXCEPTION_NONE; group++)
		exception = await_group(c_group_of(self, group));
	if (exception != EXCEPTION_NONE)
		c_raise(self, exception);
}

static void step_gather(struct c_instance *self, const struct step *step)
{
	int64_t count = start_count(self, step->start);
	struct c_instance **children = c_alloc((size_t)(count > 0 ? count : 0), sizeof(*children));
	uint32_t exception;

	for (int64_t i = 0; i < count; i++) {
		children[i] = c_instance_new_child(self, step->start, i, true);
		c_instance_release(children[i]);
	}
	exception = c_loop_gather(children, count > 0 ? (size_t)count : 0, step->start->return_exceptions);
	if (exception != EXCEPTION_NONE)
		c_raise(self, exception);
}

/* ---- All of them ---- */

static step_fn *const of_all[STEP_KIND_COUNT] = {
	[STEP_PYTHON] = step_python, [STEP_C] = step_c,		  [STEP_NATIVE] = step_native,
	[STEP_BLOCK] = step_block,   [STEP_IO] = step_io,	  [STEP_REPEAT] = step_repeat,
	[STEP_LOOP] = step_loop,     [STEP_WHILE] = step_while,	  [STEP_BREAK] = step_break,
	[STEP_IF] = step_if,	     [STEP_BODY] = run_body,	  [STEP_LET] = step_let,
	[STEP_CALL] = step_call,     [STEP_RETURN] = step_return, [STEP_TRY] = step_try,
	[STEP_EXCEPT] = run_body,    [STEP_FINALLY] = run_body,	  [STEP_RAISE] = step_raise,
	[STEP_RETRY] = step_retry,   [STEP_SPAWN] = step_spawn,	  [STEP_JOIN] = step_join,
	[STEP_STAGE] = step_stage,
};

static step_fn *const of_functions[STEP_KIND_COUNT] = {
	[STEP_WITH] = c_step_with,
	[STEP_ACQUIRE] = c_step_acquire,
	[STEP_RELEASE] = c_step_release,
	[STEP_WAIT] = c_step_wait,
	[STEP_SET] = c_step_set,
	[STEP_CLEAR] = c_step_set,
	[STEP_NOTIFY] = c_step_notify,
	[STEP_PUT] = c_step_put,
	[STEP_GET] = c_step_get,
	[STEP_TASK_DONE] = c_step_task_done,
	[STEP_JOIN_QUEUE] = c_step_join_queue,
	[STEP_READ] = c_step_read,
	[STEP_WRITE] = c_step_write,
	[STEP_REQUEST] = c_step_request,
	[STEP_SEND] = c_step_send,
	[STEP_RECV] = c_step_recv,
};

static step_fn *const of_coroutines[STEP_KIND_COUNT] = {
	[STEP_CREATE_TASK] = step_spawn,
	[STEP_GATHER] = step_gather,
	[STEP_AWAIT] = step_await,
};

static step_fn *function_of(enum step_kind kind, bool in_coroutine)
{
	if (of_all[kind])
		return of_all[kind];
	return in_coroutine ? of_coroutines[kind] : of_functions[kind];
}

bool c_step_is_known(enum step_kind kind, bool in_coroutine)
{
	return function_of(kind, in_coroutine) != NULL;
}

void c_steps_run(struct c_instance *instance, uint32_t first, uint32_t end)
{
	for (uint32_t at = first; at < end && instance->leaving == C_LEAVING_NOT;
	     at = c_run.workload->steps[at].end) {
		const struct step *step = &c_run.workload->steps[at];
		int64_t begin_ns = c_is_traced() ? c_clock_ns() : 0;

		function_of(step->kind, instance->in_coroutine)(instance, step);
		if (c_is_traced())
			c_note_step(step->kind, begin_ns);
	}
}
