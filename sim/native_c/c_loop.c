/*
 * c_loop.c - see c_loop.h. models/library/aio_loop.c and aio_gather.c mirror the same program.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native_c/c_loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/native_c/c_clock.h"
#include "sim/native_c/c_steps.h"

/* Touched as far as it is used; enough for CALL_DEPTH_LIMIT calls. */
#define STACK_BYTES ((size_t)1 << 20)
#define SELECT_ROUND_NS SIM_MS

typedef void callback_fn(void *subject);

struct callback {
	callback_fn *call;
	void *subject;
};

/* Callbacks that shall be called when it is done. */
struct future {
	bool done;
	uint32_t exception;
	struct callback *callbacks;
	size_t callback_count, callback_capacity;
};

struct c_coroutine {
	struct future ended;			    /* first: a coroutine's callbacks take it for its future */
	uint32_t (*body)(struct c_coroutine *self); /* returns the exception that it ends with */
	struct c_instance *instance;		    /* NULL: main() of a gather */
	ucontext_t context;
	void *stack;		  /* NULL: it has not begun, or has ended */
	struct c_coroutine *next; /* of all that there are */
};

struct timer {
	int64_t when_ns;
	uint64_t number;
	struct future *future;
};

static struct loop {
	struct callback *ready; /* a ring */
	size_t ready_first, ready_count, ready_capacity;
	struct timer *timers; /* a heap, the earliest first */
	size_t timer_count, timer_capacity;
	uint64_t next_timer;
	struct c_coroutine *running, *all;
	ucontext_t context; /* of the loop itself */
	void **free_stacks;
	size_t free_count, free_capacity;
	int epoll_fd;
} loop;

static void *grow(void *items, size_t count, size_t *capacity, size_t item_bytes)
{
	if (count < *capacity)
		return items;
	*capacity = 2 * *capacity + 8;
	items = realloc(items, *capacity * item_bytes);
	if (!items)
		c_die("out of memory");
	return items;
}

static void call_soon(callback_fn *call, void *subject)
{
	if (loop.ready_count == loop.ready_capacity) {
		size_t capacity = 2 * loop.ready_capacity + 64;
		struct callback *ready = c_alloc(capacity, sizeof(*ready));

		for (size_t i = 0; i < loop.ready_count; i++)
			ready[i] = loop.ready[(loop.ready_first + i) % loop.ready_capacity];
		free(loop.ready);
		loop.ready = ready;
		loop.ready_first = 0;
		loop.ready_capacity = capacity;
	}
	loop.ready[(loop.ready_first + loop.ready_count++) % loop.ready_capacity] =
		(struct callback){ call, subject };
}

/* ---- Futures ---- */

static void future_add_callback(struct future *future, callback_fn *call, void *subject)
{
	if (future->done) {
		call_soon(call, subject);
		return;
	}
	future->callbacks = grow(future->callbacks, future->callback_count, &future->callback_capacity,
				 sizeof(future->callbacks[0]));
	future->callbacks[future->callback_count++] = (struct callback){ call, subject };
}

static void future_set(struct future *future, uint32_t exception)
{
	if (future->done)
		return;
	future->done = true;
	future->exception = exception;
	for (size_t i = 0; i < future->callback_count; i++)
		call_soon(future->callbacks[i].call, future->callbacks[i].subject);
	free(future->callbacks);
	future->callbacks = NULL;
	future->callback_count = 0;
}

/* ---- Timers ---- */

static bool goes_before(const struct timer *a, const struct timer *b)
{
	return a->when_ns != b->when_ns ? a->when_ns < b->when_ns : a->number < b->number;
}

static void swap_timers(size_t a, size_t b)
{
	struct timer held = loop.timers[a];

	loop.timers[a] = loop.timers[b];
	loop.timers[b] = held;
}

static void call_later(sim_ns delay_ns, struct future *future)
{
	size_t at = loop.timer_count;

	loop.timers = grow(loop.timers, loop.timer_count, &loop.timer_capacity, sizeof(loop.timers[0]));
	loop.timers[loop.timer_count++] = (struct timer){ c_deadline(delay_ns), loop.next_timer++, future };
	for (; at > 0 && goes_before(&loop.timers[at], &loop.timers[(at - 1) / 2]); at = (at - 1) / 2)
		swap_timers(at, (at - 1) / 2);
}

static struct future *take_first_timer(void)
{
	struct future *future = loop.timers[0].future;
	size_t at = 0;

	loop.timers[0] = loop.timers[--loop.timer_count];
	for (size_t child = 1; child < loop.timer_count; child = 2 * at + 1) {
		if (child + 1 < loop.timer_count && goes_before(&loop.timers[child + 1], &loop.timers[child]))
			child++;
		if (!goes_before(&loop.timers[child], &loop.timers[at]))
			break;
		swap_timers(at, child);
		at = child;
	}
	return future;
}

static void run_timer(void *subject)
{
	future_set(subject, EXCEPTION_NONE);
}

/* ---- Coroutines ---- */

static void *stack_new(void)
{
	void *stack;

	if (loop.free_count > 0)
		return loop.free_stacks[--loop.free_count];
	stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		c_die("no memory for a coroutine's stack");
	return stack;
}

static void stack_give_back(void *stack)
{
	loop.free_stacks =
		grow(loop.free_stacks, loop.free_count, &loop.free_capacity, sizeof(loop.free_stacks[0]));
	loop.free_stacks[loop.free_count++] = stack;
}

static void run_coroutine(void)
{
	struct c_coroutine *self = loop.running;

	future_set(&self->ended, self->body(self));
	swapcontext(&self->context, &loop.context);
}

/* Its next step, until it waits or ends. */
static void step_coroutine(void *subject)
{
	struct c_coroutine *self = subject;

	if (!self->stack) {
		self->stack = stack_new();
		getcontext(&self->context);
		self->context.uc_stack = (stack_t){ .ss_sp = self->stack, .ss_size = STACK_BYTES };
		makecontext(&self->context, run_coroutine, 0);
	}
	loop.running = self;
	swapcontext(&loop.context, &self->context);
	loop.running = NULL;
	if (self->ended.done) {
		stack_give_back(self->stack);
		self->stack = NULL;
	}
}

static void suspend(void)
{
	swapcontext(&loop.running->context, &loop.context);
}

static void await_future(struct future *future)
{
	if (future->done)
		return;
	future_add_callback(future, step_coroutine, loop.running);
	suspend();
}

static struct c_coroutine *create_task(uint32_t (*body)(struct c_coroutine *self), struct c_instance *instance)
{
	struct c_coroutine *coroutine = c_alloc(1, sizeof(*coroutine));

	coroutine->body = body;
	coroutine->instance = instance;
	coroutine->next = loop.all;
	loop.all = coroutine;
	call_soon(step_coroutine, coroutine);
	return coroutine;
}

static uint32_t run_instance(struct c_coroutine *self)
{
	c_instance_run(self->instance);
	return self->instance->leaving == C_LEAVING_RAISE ? self->instance->exception : EXCEPTION_NONE;
}

struct c_coroutine *c_loop_create_task(struct c_instance *instance)
{
	return create_task(run_instance, instance);
}

void c_loop_sleep(sim_ns duration_ns)
{
	struct future elapsed = { 0 };

	if (duration_ns <= 0) {
		call_soon(step_coroutine, loop.running);
		suspend();
		return;
	}
	call_later(duration_ns, &elapsed);
	await_future(&elapsed);
	assert(!elapsed.callbacks); /* future_set() gives them back */
}

uint32_t c_loop_await(struct c_coroutine *coroutine)
{
	await_future(&coroutine->ended);
	return coroutine->ended.exception;
}

/* ---- gather() ---- */

struct gather {
	struct future outer;
	struct c_coroutine **children;
	size_t count, finished;
	bool return_exceptions;
};

struct gathered {
	struct gather *gather;
	const struct c_coroutine *child;
};

static void child_is_done(void *subject)
{
	const struct gathered *gathered = subject;
	struct gather *gather = gathered->gather;
	uint32_t exception = gathered->child->ended.exception;

	gather->finished++;
	if (!gather->return_exceptions && exception != EXCEPTION_NONE)
		future_set(&gather->outer, exception);
	else if (gather->finished == gather->count)
		future_set(&gather->outer, EXCEPTION_NONE);
}

/* It outlives the waiting: after an exception, children that run on still tell it of their end. */
uint32_t c_loop_gather(struct c_instance *const *instances, size_t count, bool return_exceptions)
{
	struct gather *gather = c_alloc(1, sizeof(*gather));
	struct gathered *gathered = c_alloc(count, sizeof(*gathered));

	gather->count = count;
	gather->return_exceptions = return_exceptions;
	for (size_t i = 0; i < count; i++) {
		struct c_coroutine *child = c_loop_create_task(instances[i]);

		gathered[i] = (struct gathered){ gather, child };
		future_add_callback(&child->ended, child_is_done, &gathered[i]);
	}
	if (count > 0)
		await_future(&gather->outer);
	return gather->outer.exception;
}

/* ---- The loop ---- */

static int select_timeout_ms(void)
{
	int64_t left_ns;

	if (loop.ready_count > 0)
		return 0;
	if (loop.timer_count == 0)
		c_die("the event loop waits for nothing"); /* a deadlock: nobody else can wake it */
	left_ns = loop.timers[0].when_ns - c_clock_ns();
	return left_ns <= 0 ? 0 : (int)((left_ns + SELECT_ROUND_NS - 1) / SELECT_ROUND_NS);
}

static void run_once(void)
{
	int timeout_ms = select_timeout_ms();
	struct epoll_event event;
	int64_t now_ns;

	c_release_gil();
	if (epoll_wait(loop.epoll_fd, &event, 1, timeout_ms) < 0 && errno != EINTR)
		c_die("epoll_wait: %s", strerror(errno));
	c_take_gil();
	now_ns = c_clock_ns();
	while (loop.timer_count > 0 && loop.timers[0].when_ns <= now_ns)
		call_soon(run_timer, take_first_timer());
	for (size_t left = loop.ready_count; left > 0; left--) {
		struct callback now = loop.ready[loop.ready_first];

		loop.ready_first = (loop.ready_first + 1) % loop.ready_capacity;
		loop.ready_count--;
		now.call(now.subject);
	}
}

/* asyncio.run() cancels what main() has left behind. */
static void cancel_rest(void)
{
	for (struct c_coroutine *at = loop.all; at; at = at->next) {
		struct native_record *record = at->instance ? at->instance->record : NULL;

		if (at->ended.done || !record)
			continue;
		record->outcome = NATIVE_CANCELLED;
		record->end_ns = c_clock_ns();
	}
}

static void stop(void *subject)
{
	*(bool *)subject = true;
}

static void run_task(struct c_coroutine *main_task)
{
	bool stopped = false;

	loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop.epoll_fd < 0)
		c_die("epoll_create1: %s", strerror(errno));
	future_add_callback(&main_task->ended, stop, &stopped);
	while (!stopped)
		run_once();
	close(loop.epoll_fd);
	cancel_rest();
}

static struct {
	struct c_instance *const *instances;
	size_t count;
	bool return_exceptions;
} of_main;

static uint32_t gather_all(struct c_coroutine *self)
{
	(void)self;
	return c_loop_gather(of_main.instances, of_main.count, of_main.return_exceptions);
}

void c_loop_run_gather(struct c_instance *const *instances, size_t count, bool return_exceptions)
{
	of_main.instances = instances;
	of_main.count = count;
	of_main.return_exceptions = return_exceptions;
	run_task(create_task(gather_all, NULL));
}

void c_loop_run(struct c_instance *main_instance)
{
	run_task(create_task(run_instance, main_instance));
}
