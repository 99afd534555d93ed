/*
 * aio_task.c - see aio_task.h.
 */
#include "models/library/aio_task.h"

#include <string.h>

#include "models/library/aio_executor.h"
#include "models/library/aio_gather.h"

static aio_callback_fn go_on;

/* ---- Accounts ---- */

static const struct aio_account *account_of(const struct aio_loop *loop, const struct aio_task *task)
{
	return &loop->accounts[task->account];
}

/* There are few: each comes once, and none goes. */
static uint16_t account_for(struct aio_loop *loop, const char *name, sim_ns *time_in)
{
	uint16_t *list = &loop->account_lists[((uintptr_t)name / 8 + (uintptr_t)time_in / 8) % AIO_ACCOUNT_LISTS];
	uint16_t at = *list;

	while (at != 0 && (loop->accounts[at].name != name || loop->accounts[at].time_in != time_in))
		at = loop->accounts[at].next;
	if (at != 0)
		return at;
	loop->account_count++;
	assert(loop->account_count >> AIO_ACCOUNT_BITS == 0);
	loop->accounts = region_grow(loop->region, loop->accounts, loop->account_count, &loop->account_capacity,
				     sizeof(*loop->accounts));
	at = (uint16_t)loop->account_count;
	loop->accounts[at] = (struct aio_account){ .name = name, .time_in = time_in, .next = *list };
	*list = at;
	return at;
}

/* ---- Life ---- */

/* all_tasks(): the first one that is not done behind `task` (NULL: of all), by where they lie in memory, as a set
 * of Python's has them; NULL: there is none. */
static struct aio_task *next_task(const struct aio_loop *loop, const struct aio_task *task)
{
	void *at = (void *)task;

	for (size_t eights = task ? task->locals_eights : 0; eights <= FRAME_LOCALS_BYTES / 8; eights++)
		while ((at = pool_next(&loop->tasks[eights], at)) != NULL)
			if (((struct aio_task *)at)->references > 0 && !aio_future_done(at))
				return at;
	return NULL;
}

struct aio_task *aio_task_new(struct aio_loop *loop, const char *name, program_fn *program)
{
	return aio_task_new_sized(loop, name, program, FRAME_LOCALS_BYTES);
}

struct aio_task *aio_task_new_sized(struct aio_loop *loop, const char *name, program_fn *program,
				    size_t locals_bytes)
{
	const size_t eights = (locals_bytes + 7) / 8;
	struct aio_task *task = pool_take(&loop->tasks[eights]);

	if (loop->newest_account == 0 || loop->accounts[loop->newest_account].name != name)
		loop->newest_account = account_for(loop, name, NULL);
	*task = (struct aio_task){
		.future.kind = AIO_TASK,
		.account = loop->newest_account,
		.activity = ACTIVITY_LOOP_WAIT,
		.references = 2, /* the creator's and the loop's */
		.locals_eights = eights & AIO_EIGHTS_MASK,
	};
	loop->task_count++;
	frame_stack_init(&task->frame, program, locals_bytes);
	return task;
}

void aio_task_hold(struct aio_task *task)
{
	task->references = (task->references + 1) & AIO_REFERENCE_MASK;
	assert(task->references > 0);
}

void aio_task_release(struct aio_loop *loop, struct aio_task *task)
{
	assert(task->references > 0);
	if (--task->references == 0)
		pool_give_back(&loop->tasks[task->locals_eights], task);
}

/* ---- Accounting ---- */

/* A wait begins or ends now. (Unsigned, since the beginnings alone may be more than fit.) */
static void count_beginning(const struct aio_loop *loop, const struct aio_task *task)
{
	sim_ns *time_in = account_of(loop, task)->time_in;

	if (time_in)
		time_in[task->activity] =
			(sim_ns)((uint64_t)time_in[task->activity] - (uint64_t)machine_now(loop->machine));
}

static void count_end(const struct aio_loop *loop, const struct aio_task *task)
{
	sim_ns *time_in = account_of(loop, task)->time_in;

	if (time_in)
		time_in[task->activity] =
			(sim_ns)((uint64_t)time_in[task->activity] + (uint64_t)machine_now(loop->machine));
}

void aio_task_is_ready(struct aio_loop *loop, struct aio_task *task)
{
	count_end(loop, task);
	task->activity = ACTIVITY_LOOP_WAIT;
	count_beginning(loop, task);
}

void aio_tasks_take_stock(struct aio_loop *loop)
{
	for (const struct aio_task *task = next_task(loop, NULL); task; task = next_task(loop, task))
		if (!task->has_ended)
			count_end(loop, task);
}

/* ---- Steps ---- */

struct step_locals {
	struct aio_task *task, *previous;
	sim_ns *previous_time_in;
	uint32_t exception; /* to be thrown into the coroutine */
};

/* The coroutine has come to its end: with a result, or with what it raised. */
static void finish(struct os_thread *thread, struct aio_loop *loop, struct aio_task *task)
{
	uint32_t exception = py_catch(thread);

	/* Asked to cancel, it returned nevertheless, before its next step: cancelled all the same. */
	if (task->must_cancel && exception == PY_NO_EXCEPTION)
		exception = PY_CANCELLED_ERROR;
	task->must_cancel = false;
	loop->task_count--;
	aio_future_set(loop, &task->future, exception);
	aio_task_release(loop, task);
}

static enum progress step(struct os_thread *thread, struct frame *frame)
{
	struct step_locals *my = FRAME_LOCALS(frame, struct step_locals);
	struct aio_loop *loop = aio_running_loop(thread);
	struct aio_task *task = my->task;

	PROGRAM_BEGIN(frame);
	my->previous = loop->current;
	my->previous_time_in = thread->time_in;
	AWAIT(frame, aio_charge(thread, COST_AIO_STEP));
	count_end(loop, task);
	os_thread_account_to(thread, account_of(loop, task)->time_in);
	loop->current = task;
	loop->running = account_of(loop, task)->name;
	if (task->sleep != AIO_AWAKE || task->waiting_for)
		aio_objects_gone(loop, COST_AIO_WAIT_OBJECTS);
	if (task->sleep != AIO_AWAKE)
		aio_cancel_timer(loop, near_at(task->alarm));
	task->sleep = AIO_AWAKE;
	task->waiting_for = 0;
	if (task->must_cancel) {
		my->exception = PY_CANCELLED_ERROR;
		task->must_cancel = false;
	}
	py_raise(thread, my->exception);
	task->has_ended = true;
	AWAIT(frame, os_thread_attach(thread, &task->frame));
	loop->current = my->previous;
	if (task->has_ended)
		finish(thread, loop, task);
	os_thread_account_to(thread, my->previous_time_in);
	PROGRAM_END;
}

static enum progress enter_step(struct os_thread *thread, struct aio_task *task, uint32_t exception)
{
	struct step_locals *locals = os_thread_push(thread, step);

	locals->task = task;
	locals->exception = exception;
	return os_thread_enter(thread);
}

/* Also any later one, when nothing was waited for that could raise. */
static enum progress go_on(struct os_thread *thread, void *subject, struct aio_future *future)
{
	(void)future;
	return enter_step(thread, subject, PY_NO_EXCEPTION);
}

enum progress aio_task_wakeup(struct os_thread *thread, void *subject, struct aio_future *future)
{
	return enter_step(thread, subject, future->exception);
}

/* From now on its time is counted as `activity`, and not by its thread. */
static void begin_wait(struct os_thread *thread, struct aio_loop *loop, struct aio_task *task, uint8_t activity)
{
	const struct aio_account *account = account_of(loop, task);

	if (thread->time_in != account->time_in)
		task->account = account_for(loop, account->name, thread->time_in);
	task->activity = activity & AIO_ACTIVITY_MASK;
	count_beginning(loop, task);
	task->has_ended = false;
	os_thread_account_to(thread, NULL);
}

/* The coroutine gives way; the program of its step goes on. */
enum progress aio_task_suspend(struct os_thread *thread, struct aio_task *task, struct aio_future *waiting_for,
			       uint8_t activity)
{
	struct aio_loop *loop = aio_running_loop(thread);

	task->waiting_for = near_ref_or_none(waiting_for);
	begin_wait(thread, loop, task, activity);
	if (waiting_for)
		aio_objects_made(loop, COST_AIO_WAIT_OBJECTS);
	if (task->must_cancel && waiting_for && aio_future_cancel(loop, waiting_for))
		task->must_cancel = false;
	return os_thread_detach(thread, &task->frame);
}

void aio_task_schedule(struct aio_loop *loop, struct aio_task *task)
{
	aio_call_soon(loop, go_on, task, NULL);
}

struct start_locals {
	struct aio_task *task;
};

static enum progress start(struct os_thread *thread, struct frame *frame)
{
	struct start_locals *my = FRAME_LOCALS(frame, struct start_locals);
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_TASK));
	if (loop->eager)
		AWAIT(frame, enter_step(thread, my->task, PY_NO_EXCEPTION));
	else
		aio_task_schedule(loop, my->task);
	PROGRAM_END;
}

enum progress aio_task_start(struct os_thread *thread, struct aio_task *task)
{
	struct start_locals *locals = os_thread_push(thread, start);

	locals->task = task;
	return os_thread_enter(thread);
}

/* ---- Cancellation ---- */

static enum progress cancel_sleeper(struct os_thread *thread, void *subject, struct aio_future *future)
{
	(void)future;
	return enter_step(thread, subject, PY_CANCELLED_ERROR);
}

/* Of millions that sleep none is in a cache: what a coroutine goes on with a turn later is fetched meanwhile. Its
 * locals mostly begin with a reference to what it is about; where they do not, something else is fetched and
 * nothing lost. (gcc leaves calls out of what only prefetches.) */
static inline __attribute__((always_inline)) void prefetch_coroutine(const struct aio_task *task)
{
	near_ref about = 0;

	if (task->locals_eights > 0)
		memcpy(&about, task->frame.locals, sizeof(about));
	near_fetch(about, AIO_FETCHED_BYTES);
}

/* It goes on a turn later. */
static void end_sleep(struct aio_loop *loop, struct aio_task *task, aio_callback_fn *by)
{
	prefetch_coroutine(task);
	task->sleep = AIO_SLEEP_ENDED;
	aio_task_is_ready(loop, task);
	aio_call_soon(loop, by, task, NULL);
}

bool aio_task_cancel(struct aio_loop *loop, struct aio_task *task)
{
	if (aio_future_done(&task->future))
		return false;
	if (task->cancel_requests < AIO_REQUEST_MASK)
		task->cancel_requests++;
	if (task->sleep == AIO_ASLEEP)
		end_sleep(loop, task, cancel_sleeper);
	else if (task->sleep == AIO_SLEEP_ENDED || !task->waiting_for ||
		 !aio_future_cancel(loop, near_at(task->waiting_for)))
		task->must_cancel = true;
	return true;
}

uint32_t aio_task_uncancel(struct aio_task *task)
{
	if (task->cancel_requests > 0)
		task->cancel_requests--;
	return task->cancel_requests;
}

/* ---- Sleeping ---- */

static enum progress give_way(struct os_thread *thread)
{
	struct aio_loop *loop = aio_running_loop(thread);

	aio_task_schedule(loop, loop->current);
	return aio_task_suspend(thread, loop->current, NULL, ACTIVITY_LOOP_WAIT);
}

static enum progress yield(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_YIELD));
	AWAIT(frame, give_way(thread));
	PROGRAM_END;
}

enum progress aio_yield(struct os_thread *thread)
{
	os_thread_push(thread, yield);
	return os_thread_enter(thread);
}

struct sleep_locals {
	sim_ns duration_ns;
};

static enum progress wake_sleeper(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct aio_task *sleeper = subject;

	(void)future;
	if (sleeper->sleep == AIO_ASLEEP)
		end_sleep(aio_running_loop(thread), sleeper, go_on);
	return DONE;
}

/* As many sleep at once as there are tasks: what sleep() awaits is no future but the task's alarm, and it keeps no frame. */
static enum progress sleep_program(struct os_thread *thread, struct frame *frame)
{
	struct sleep_locals *my = FRAME_LOCALS(frame, struct sleep_locals);
	struct aio_loop *loop = aio_running_loop(thread);
	struct aio_task *task = loop->current;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_SLEEP));
	task->alarm = near_ref_to(aio_call_later(loop, my->duration_ns, wake_sleeper, task));
	task->sleep = AIO_ASLEEP;
	aio_objects_made(loop, COST_AIO_WAIT_OBJECTS);
	begin_wait(thread, loop, task, ACTIVITY_IO);
	if (task->must_cancel)
		end_sleep(loop, task, cancel_sleeper);
	task->must_cancel = false;
	os_thread_pop(thread);
	return os_thread_detach(thread, &task->frame);
	PROGRAM_END;
}

enum progress aio_sleep(struct os_thread *thread, sim_ns duration_ns)
{
	struct sleep_locals *locals;

	if (duration_ns <= 0)
		return aio_yield(thread);
	locals = os_thread_push_sized(thread, sleep_program, sizeof(*locals));
	locals->duration_ns = duration_ns;
	return os_thread_enter(thread);
}

/* ---- asyncio.run() ---- */

struct run_locals {
	struct aio_loop *loop;
	struct aio_task *task;
	struct aio_future *rest;
	uint32_t exception;
};

/* runners.py:_cancel_all_tasks(): what main() has left behind; a future that is done when all of it is. */
static struct aio_future *cancel_all(struct aio_loop *loop)
{
	near_ref *futures = region_alloc_array(loop->region, loop->task_count, sizeof(near_ref));
	size_t count = 0;

	for (struct aio_task *task = next_task(loop, NULL); task; task = next_task(loop, task)) {
		futures[count++] = near_ref_to(&task->future);
		aio_future_hold(&task->future);
		aio_task_cancel(loop, task);
	}
	return aio_gather_begin(loop, futures, count, true);
}

static enum progress run(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);

	PROGRAM_BEGIN(frame);
	if (interpreter_first_time(py_current(thread)->interpreter, FIRST_LOOP | FIRST_TASK))
		AWAIT(frame, py_cold_overhead(thread, py_cost(thread, COST_AIO_FIRST_RUN)));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_AIO_RUN) + py_cost(thread, COST_AIO_TASK)));
	aio_task_schedule(my->loop, my->task);
	AWAIT(frame, aio_run_until_complete(thread, my->loop, &my->task->future));
	my->exception = my->task->future.exception;
	aio_task_release(my->loop, my->task);
	if (my->loop->task_count > 0) {
		my->rest = cancel_all(my->loop);
		AWAIT(frame, aio_run_until_complete(thread, my->loop, my->rest));
		aio_gather_end(my->loop, my->rest);
	}
	if (my->loop->default_executor)
		AWAIT(frame, aio_shutdown_default_executor(thread, my->loop));
	py_raise(thread, my->exception);
	PROGRAM_END;
}

enum progress aio_run(struct os_thread *thread, struct aio_loop *loop, struct aio_task *main_task)
{
	struct run_locals *locals = os_thread_push(thread, run);

	locals->loop = loop;
	locals->task = main_task;
	return os_thread_enter(thread);
}
