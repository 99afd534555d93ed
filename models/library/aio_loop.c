/*
 * aio_loop.c - see aio_loop.h.
 */
#include "models/library/aio_loop.h"

#include <string.h>

#include "models/library/aio_task.h"

/* Lib/asyncio/base_events.py: MAXIMUM_SELECT_TIMEOUT. */
#define MAXIMUM_SELECT_TIMEOUT_NS (SIM_S * 24 * 3600)

static aio_callback_fn read_from_self;

struct aio_loop *aio_loop_new(struct interpreter *interpreter, struct aio_statistics *statistics)
{
	struct machine_model *machine = interpreter->runtime->machine;
	struct aio_loop *loop = region_alloc(machine->region, sizeof(*loop));

	loop->interpreter = interpreter;
	loop->machine = machine;
	loop->region = machine->region;
	queue_init(&loop->ready, machine->region, sizeof(struct aio_ready));
	aio_timers_init(&loop->timers, machine->region);
	for (size_t eights = 0; eights <= FRAME_LOCALS_BYTES / 8; eights++)
		pool_init(&loop->tasks[eights], machine->region, sizeof(struct aio_task) + 8 * eights);
	pool_init(&loop->callbacks, machine->region, AIO_CALLBACK_BYTES);
	pool_init(&loop->gatherings, machine->region, AIO_GATHERING_BYTES);
	loop->statistics = statistics;
	aio_add_reader(loop, &loop->self_pipe, read_from_self, loop);
	return loop;
}

/* ---- The ready queue ---- */

void aio_call_soon(struct aio_loop *loop, aio_callback_fn *callback, void *subject, struct aio_future *future)
{
	*(struct aio_ready *)queue_append(&loop->ready) = (struct aio_ready){
		.subject = subject,
		.callback = near_of((any_fn *)callback),
		.future = near_ref_or_none(future),
	};
}

/* For AWAIT. */
static enum progress call_ready(struct os_thread *thread, const struct aio_ready *ready)
{
	aio_callback_fn *callback = (aio_callback_fn *)near_function(ready->callback);

	return callback(thread, ready->subject, near_at_or_null(ready->future));
}

/* ---- Costs and records ---- */

enum progress aio_charge(struct os_thread *thread, enum cost cost)
{
	struct aio_loop *loop = aio_running_loop(thread);
	sim_ns owed_ns = loop->owed_ns;

	if (loop->timers.comparisons > 0)
		owed_ns += sim_time_round((double)loop->timers.comparisons *
					  (double)py_cost(thread, COST_AIO_TIMER_COMPARE));
	loop->owed_ns = 0;
	loop->timers.comparisons = 0;
	return py_overhead(thread, py_cost(thread, cost) + owed_ns);
}

static void record_lag(struct aio_loop *loop, sim_ns due_ns)
{
	if (loop->statistics)
		sample_set_add(&loop->statistics->lags, machine_now(loop->machine) - due_ns);
}

/* A callback has been called that began then. */
static void record_duration(struct aio_loop *loop, sim_ns began_ns)
{
	sim_ns took_ns = machine_now(loop->machine) - began_ns;
	struct aio_slow_callback **at;

	if (took_ns < AIO_SLOW_CALLBACK_NS || !loop->running || !loop->statistics)
		return;
	for (at = &loop->statistics->slow; *at && strcmp((*at)->name, loop->running) != 0; at = &(*at)->next)
		;
	if (!*at) {
		*at = region_alloc(loop->region, sizeof(**at));
		(*at)->name = loop->running;
	}
	(*at)->count++;
	if (took_ns > (*at)->longest_ns)
		(*at)->longest_ns = took_ns;
}

/* ---- Timers ---- */

/* uvloop's call_later() rounds to the nearest millisecond (loop.pyx); what is nothing then comes in the next turn. */
static sim_ns round_to_nearest(const struct aio_loop *loop, sim_ns delay_ns)
{
	sim_ns unit_ns = loop->interpreter->runtime->cost_ns[COST_AIO_TIMER_ROUND];

	return unit_ns <= 1 ? delay_ns : (delay_ns + unit_ns / 2) / unit_ns * unit_ns;
}

struct aio_timer *aio_call_later(struct aio_loop *loop, sim_ns delay_ns, aio_callback_fn *callback, void *subject)
{
	if (loop->interpreter->runtime->has_uvloop)
		delay_ns = round_to_nearest(loop, delay_ns);
	return aio_timers_add(&loop->timers, sim_time_add(machine_now(loop->machine), delay_ns), callback, subject);
}

/* For AWAIT: the first of those that are due. */
static enum progress call_due(struct os_thread *thread, struct aio_loop *loop)
{
	struct aio_due due;
	void *subject = aio_timers_begin_call(&loop->timers, &due);

	if (!subject)
		return DONE;
	record_lag(loop, due.when_ns);
	return ((aio_callback_fn *)near_function(due.callback))(thread, subject, NULL);
}

/*
 * The selector rounds up to whole milliseconds in floating point, and epoll.poll() rounds the result up to
 * nanoseconds and those to milliseconds: 9 * 1e-3 is a little more than 9 ms, so 10 ms are waited.
 */
static sim_ns round_up(const struct os_thread *thread, sim_ns timeout_ns)
{
	sim_ns unit_ns = py_cost(thread, COST_AIO_TIMER_ROUND);
	double product_ns;
	sim_ns asked_ns, units;

	if (unit_ns <= 1 || py_runtime_of(thread)->has_uvloop)
		return timeout_ns;
	units = (timeout_ns + unit_ns - 1) / unit_ns;
	product_ns = (double)units * ((double)unit_ns / 1e9) * 1e9;
	asked_ns = (sim_ns)product_ns;
	asked_ns += (double)asked_ns < product_ns;
	return (asked_ns + unit_ns - 1) / unit_ns * unit_ns;
}

static sim_ns select_timeout(const struct os_thread *thread, const struct aio_loop *loop)
{
	sim_ns timeout_ns;

	if (loop->ready.count > 0 || loop->stopping)
		return 0;
	if (loop->timers.count == 0)
		return SIM_NS_MAX;
	timeout_ns = loop->timers.heap[0].when_ns - machine_now(loop->machine);
	if (timeout_ns <= 0)
		return 0;
	return round_up(thread, timeout_ns < MAXIMUM_SELECT_TIMEOUT_NS ? timeout_ns : MAXIMUM_SELECT_TIMEOUT_NS);
}

/* ---- Descriptors ---- */

void aio_add_reader(struct aio_loop *loop, struct aio_reader *reader, aio_callback_fn *callback, void *subject)
{
	*reader = (struct aio_reader){ .item.epoll = &loop->epoll, .callback = callback, .subject = subject };
}

sim_ns aio_reader_set_ready(struct aio_loop *loop, struct aio_reader *reader, struct os_thread *waker)
{
	if (!reader->item.is_ready)
		reader->item.ready_since_ns = machine_now(loop->machine);
	return epoll_item_set_ready(&reader->item, waker);
}

static enum progress run_reader(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct aio_reader *reader = subject;

	record_lag(aio_running_loop(thread), reader->item.ready_since_ns);
	return reader->callback(thread, reader->subject, future);
}

/* ---- The self-pipe ---- */

struct self_pipe_locals {
	struct aio_loop *loop;
	int reads;
};

/* It reads until there is nothing left, which the second call says. */
static enum progress read_self_pipe(struct os_thread *thread, struct frame *frame)
{
	struct self_pipe_locals *my = FRAME_LOCALS(frame, struct self_pipe_locals);

	PROGRAM_BEGIN(frame);
	for (my->reads = 0; my->reads < 2; my->reads++) {
		AWAIT(frame, py_release_gil(thread));
		epoll_item_set_read(&my->loop->self_pipe.item);
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_READ)));
		AWAIT(frame, py_take_gil(thread));
	}
	AWAIT(frame, aio_charge(thread, COST_AIO_SELF_PIPE));
	PROGRAM_END;
}

static enum progress read_from_self(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct self_pipe_locals *locals = os_thread_push(thread, read_self_pipe);

	(void)future;
	locals->loop = subject;
	return os_thread_enter(thread);
}

struct threadsafe_locals {
	struct aio_loop *loop;
	aio_callback_fn *callback;
	void *subject;
};

static enum progress call_soon_threadsafe(struct os_thread *thread, struct frame *frame)
{
	struct threadsafe_locals *my = FRAME_LOCALS(frame, struct threadsafe_locals);
	struct aio_loop *loop = my->loop;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_AIO_THREADSAFE)));
	aio_call_soon(loop, my->callback, my->subject, NULL);
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_WRITE) +
						       aio_reader_set_ready(loop, &loop->self_pipe, thread)));
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

enum progress aio_call_soon_threadsafe(struct os_thread *thread, struct aio_loop *loop, aio_callback_fn *callback,
				       void *subject)
{
	struct threadsafe_locals *locals = os_thread_push(thread, call_soon_threadsafe);

	locals->loop = loop;
	locals->callback = callback;
	locals->subject = subject;
	return os_thread_enter(thread);
}

/* ---- Turns ---- */

struct select_locals {
	struct aio_loop *loop;
	sim_ns timeout_ns;
};

static enum progress select(struct os_thread *thread, struct frame *frame)
{
	struct select_locals *my = FRAME_LOCALS(frame, struct select_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_AIO_SELECT)));
	AWAIT(frame, epoll_wait_ready(thread, &my->loop->epoll, my->timeout_ns));
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

/* What is readable, then what is due; returns how many callbacks this turn has. */
static size_t collect(struct aio_loop *loop)
{
	for (struct epoll_item *item = loop->epoll.first_ready; item; item = item->next)
		aio_call_soon(loop, run_reader, item, NULL);
	aio_timers_take_due(&loop->timers, machine_now(loop->machine));
	return loop->ready.count + loop->timers.dues.count;
}

static enum progress stop_loop(struct os_thread *thread, void *subject, struct aio_future *future)
{
	(void)subject;
	(void)future;
	aio_running_loop(thread)->stopping = true;
	return DONE;
}

struct run_locals {
	struct aio_loop *loop;
	struct aio_future *future;
	size_t left;
	sim_ns began_ns;
};

/* For AWAIT: the next callback of a turn that has `left` of them; those that are due come last. */
static enum progress call_next(struct os_thread *thread, struct aio_loop *loop, size_t left)
{
	if (left > loop->timers.dues.count)
		return call_ready(thread, queue_take(&loop->ready));
	return call_due(thread, loop);
}

static enum progress enter_select(struct os_thread *thread, struct aio_loop *loop)
{
	struct select_locals *locals = os_thread_push(thread, select);

	locals->loop = loop;
	locals->timeout_ns = select_timeout(thread, loop);
	return os_thread_enter(thread);
}

static enum progress run_until_complete(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct aio_loop *loop = my->loop;

	PROGRAM_BEGIN(frame);
	py_current(thread)->event_loop = loop;
	loop->stopping = false;
	aio_future_add_callback(loop, my->future, stop_loop, NULL);
	while (!loop->stopping) {
		loop->iterations++;
		aio_timers_tidy(&loop->timers);
		AWAIT(frame, aio_charge(thread, COST_AIO_ITERATION));
		AWAIT(frame, enter_select(thread, loop));
		for (my->left = collect(loop); my->left > 0; my->left--) {
			my->began_ns = machine_now(loop->machine);
			loop->running = NULL;
			AWAIT(frame, aio_charge(thread, COST_AIO_CALLBACK));
			AWAIT(frame, call_next(thread, loop, my->left));
			record_duration(loop, my->began_ns);
		}
	}
	py_current(thread)->event_loop = NULL;
	PROGRAM_END;
}

enum progress aio_run_until_complete(struct os_thread *thread, struct aio_loop *loop, struct aio_future *future)
{
	struct run_locals *locals = os_thread_push(thread, run_until_complete);

	locals->loop = loop;
	locals->future = future;
	return os_thread_enter(thread);
}
