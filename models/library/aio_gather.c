/*
 * aio_gather.c - see aio_gather.h.
 *
 * Each of these keeps an object that is referred to by who waits and by each callback that may still come; the last
 * one frees it. A callback that has been scheduled cannot be taken back.
 */
#include "models/library/aio_gather.h"

/* One of the loop's `gatherings`. */
#define FITS_GATHERINGS(type) _Static_assert(sizeof(type) <= AIO_GATHERING_BYTES, "there is room for " #type)

/* ---- gather() ---- */

struct aio_gather {
	struct aio_future outer; /* first: its kind is AIO_GATHER */
	near_ref *children;
	size_t count, finished, references;
	bool return_exceptions, cancel_requested;
};
FITS_GATHERINGS(struct aio_gather);

static void gather_unref(struct aio_loop *loop, struct aio_gather *gather)
{
	if (--gather->references > 0)
		return;
	for (size_t i = 0; i < gather->count; i++)
		aio_future_let_go(loop, aio_future_at(gather->children[i]));
	aio_objects_gone(loop, COST_AIO_GATHER_OBJECTS);
	region_free(loop->region, gather->children);
	pool_give_back(&loop->gatherings, gather);
}

static void count_child(struct aio_loop *loop, struct aio_gather *gather, const struct aio_future *child)
{
	gather->finished++;
	if (aio_future_done(&gather->outer))
		return;
	if (!gather->return_exceptions && child->exception != PY_NO_EXCEPTION)
		aio_future_set(loop, &gather->outer, child->exception);
	else if (gather->finished == gather->count)
		aio_future_set(loop, &gather->outer,
			       gather->cancel_requested ? PY_CANCELLED_ERROR : PY_NO_EXCEPTION);
}

static enum progress gathered_is_done(struct os_thread *thread, void *subject, struct aio_future *child)
{
	struct aio_loop *loop = aio_running_loop(thread);
	struct aio_gather *gather = subject;

	count_child(loop, gather, child);
	gather_unref(loop, gather);
	return aio_charge(thread, COST_AIO_GATHER_DONE);
}

bool aio_gather_cancel(struct aio_loop *loop, struct aio_gather *gather)
{
	bool any = false;

	for (size_t i = 0; i < gather->count; i++)
		any |= aio_future_cancel(loop, aio_future_at(gather->children[i]));
	gather->cancel_requested |= any;
	return any;
}

struct aio_future *aio_gather_begin(struct aio_loop *loop, near_ref *futures, size_t count, bool return_exceptions)
{
	struct aio_gather *gather = pool_take(&loop->gatherings);
	bool counts_at_once = python_has(loop->interpreter->runtime->minor, PYTHON_EAGER_TASKS);

	aio_owe(loop, COST_AIO_GATHER_CALL);
	aio_objects_made(loop, COST_AIO_GATHER_OBJECTS);
	*gather = (struct aio_gather){
		.outer.kind = AIO_GATHER,
		.children = futures,
		.count = count,
		.references = 1,
		.return_exceptions = return_exceptions,
	};
	for (size_t i = 0; i < count; i++) {
		aio_owe(loop, COST_AIO_GATHER);
		if (counts_at_once && aio_future_done(aio_future_at(futures[i])))
			continue;
		gather->references++;
		aio_future_add_callback(loop, aio_future_at(futures[i]), gathered_is_done, gather);
	}
	for (size_t i = 0; counts_at_once && i < count; i++)
		if (aio_future_done(aio_future_at(futures[i])))
			count_child(loop, gather, aio_future_at(futures[i]));
	if (count == 0)
		aio_future_set(loop, &gather->outer, PY_NO_EXCEPTION);
	return &gather->outer;
}

void aio_gather_end(struct aio_loop *loop, struct aio_future *outer)
{
	gather_unref(loop, (struct aio_gather *)outer);
}

struct gather_locals {
	struct aio_future *outer;
};

static enum progress gather_all(struct os_thread *thread, struct frame *frame)
{
	struct gather_locals *my = FRAME_LOCALS(frame, struct gather_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_await(thread, my->outer, ACTIVITY_QUEUE_WAIT));
	aio_gather_end(aio_running_loop(thread), my->outer);
	PROGRAM_END;
}

enum progress aio_gather(struct os_thread *thread, near_ref *futures, size_t count, bool return_exceptions)
{
	struct gather_locals *locals = os_thread_push(thread, gather_all);

	locals->outer = aio_gather_begin(aio_running_loop(thread), futures, count, return_exceptions);
	return os_thread_enter(thread);
}

/* ---- wait() ---- */

struct wait {
	struct aio_future waiter;
	const near_ref *futures; /* the caller's */
	size_t count, left, references;
	enum aio_return_when return_when;
	struct aio_timer *timer;
};
FITS_GATHERINGS(struct wait);

static void wait_unref(struct aio_loop *loop, struct wait *wait)
{
	if (--wait->references == 0)
		pool_give_back(&loop->gatherings, wait);
}

static void release_waiter(struct aio_loop *loop, struct aio_future *waiter)
{
	if (!aio_future_done(waiter))
		aio_future_set(loop, waiter, PY_NO_EXCEPTION);
}

static enum progress waited_is_done(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct aio_loop *loop = aio_running_loop(thread);
	struct wait *wait = subject;
	bool failed = future->exception != PY_NO_EXCEPTION && future->exception != PY_CANCELLED_ERROR;

	wait->left--;
	if (wait->left == 0 || wait->return_when == AIO_FIRST_COMPLETED ||
	    (wait->return_when == AIO_FIRST_EXCEPTION && failed))
		release_waiter(loop, &wait->waiter);
	aio_future_let_go(loop, future);
	wait_unref(loop, wait);
	return aio_charge(thread, COST_AIO_GATHER_DONE);
}

static enum progress wait_is_over(struct os_thread *thread, void *subject, struct aio_future *future)
{
	(void)future;
	release_waiter(aio_running_loop(thread), subject);
	return DONE;
}

static struct wait *wait_new(struct aio_loop *loop, const near_ref *futures, size_t count,
			     enum aio_return_when return_when, sim_ns timeout_ns)
{
	struct wait *wait = pool_take(&loop->gatherings);

	*wait = (struct wait){ .futures = futures,
			       .count = count,
			       .left = count,
			       .references = count + 1,
			       .return_when = return_when };
	if (timeout_ns >= 0)
		wait->timer = aio_call_later(loop, timeout_ns, wait_is_over, &wait->waiter);
	for (size_t i = 0; i < count; i++) {
		aio_future_hold(aio_future_at(futures[i]));
		aio_owe(loop, COST_AIO_GATHER);
		aio_future_add_callback(loop, aio_future_at(futures[i]), waited_is_done, wait);
	}
	return wait;
}

static void wait_end(struct aio_loop *loop, struct wait *wait)
{
	if (wait->timer)
		aio_cancel_timer(loop, wait->timer);
	for (size_t i = 0; i < wait->count; i++) {
		if (!aio_future_remove_callback(loop, aio_future_at(wait->futures[i]), waited_is_done, wait))
			continue;
		aio_future_let_go(loop, aio_future_at(wait->futures[i]));
		wait_unref(loop, wait);
	}
	wait_unref(loop, wait);
}

struct wait_locals {
	struct wait *wait;
};

static enum progress wait_for_some(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_FUTURE));
	AWAIT(frame, aio_await(thread, &my->wait->waiter, ACTIVITY_QUEUE_WAIT));
	wait_end(aio_running_loop(thread), my->wait);
	PROGRAM_END;
}

enum progress aio_wait(struct os_thread *thread, const near_ref *futures, size_t count,
		       enum aio_return_when return_when, sim_ns timeout_ns)
{
	struct wait_locals *locals;

	if (count == 0)
		return DONE;
	locals = os_thread_push(thread, wait_for_some);
	locals->wait = wait_new(aio_running_loop(thread), futures, count, return_when, timeout_ns);
	return os_thread_enter(thread);
}

/* ---- as_completed(): a queue into which the callbacks put what is done ---- */

struct aio_completion {
	near_ref *futures; /* all that it has been given; a copy */
	near_ref *done;	   /* in order of completion */
	size_t count, done_count, taken, references;
	struct aio_future *getter; /* of who waits for the next one; NULL: nobody */
	struct aio_timer *timer;
	bool timed_out;
};
FITS_GATHERINGS(struct aio_completion);

static void completion_unref(struct aio_loop *loop, struct aio_completion *completion)
{
	if (--completion->references > 0)
		return;
	for (size_t i = 0; i < completion->count; i++)
		aio_future_let_go(loop, aio_future_at(completion->futures[i]));
	region_free(loop->region, completion->futures);
	region_free(loop->region, completion->done);
	pool_give_back(&loop->gatherings, completion);
}

static enum progress completed(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct aio_loop *loop = aio_running_loop(thread);
	struct aio_completion *completion = subject;

	completion->done[completion->done_count++] = near_ref_to(future);
	if (completion->getter)
		release_waiter(loop, completion->getter);
	completion_unref(loop, completion);
	return aio_charge(thread, COST_AIO_GATHER_DONE);
}

static void forget_completions(struct aio_loop *loop, struct aio_completion *completion)
{
	for (size_t i = 0; i < completion->count; i++)
		if (aio_future_remove_callback(loop, aio_future_at(completion->futures[i]), completed, completion))
			completion_unref(loop, completion);
}

static enum progress completion_is_over(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct aio_loop *loop = aio_running_loop(thread);
	struct aio_completion *completion = subject;

	(void)future;
	completion->timed_out = true;
	forget_completions(loop, completion);
	if (completion->getter)
		release_waiter(loop, completion->getter);
	return DONE;
}

struct aio_completion *aio_completion_new(struct aio_loop *loop, const near_ref *futures, size_t count,
					  sim_ns timeout_ns)
{
	struct aio_completion *completion = pool_take(&loop->gatherings);

	*completion = (struct aio_completion){
		.futures = region_alloc_array(loop->region, count, sizeof(near_ref)),
		.done = region_alloc_array(loop->region, count, sizeof(near_ref)),
		.count = count,
		.references = count + 1,
	};
	for (size_t i = 0; i < count; i++) {
		completion->futures[i] = futures[i];
		aio_future_hold(aio_future_at(futures[i]));
		aio_owe(loop, COST_AIO_GATHER);
		aio_future_add_callback(loop, aio_future_at(futures[i]), completed, completion);
	}
	if (timeout_ns >= 0)
		completion->timer = aio_call_later(loop, timeout_ns, completion_is_over, completion);
	return completion;
}

void aio_completion_drop(struct aio_loop *loop, struct aio_completion *completion)
{
	if (completion->timer)
		aio_cancel_timer(loop, completion->timer);
	forget_completions(loop, completion);
	completion_unref(loop, completion);
}

struct next_locals {
	struct aio_completion *completion;
	struct aio_future **future;
	struct aio_future getter;
};

static enum progress next_completion(struct os_thread *thread, struct frame *frame)
{
	struct next_locals *my = FRAME_LOCALS(frame, struct next_locals);
	struct aio_completion *completion = my->completion;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_QUEUE_GET));
	if (completion->taken == completion->done_count && !completion->timed_out) {
		aio_owe(aio_running_loop(thread), COST_AIO_FUTURE);
		completion->getter = &my->getter;
		AWAIT(frame, aio_await(thread, &my->getter, ACTIVITY_QUEUE_WAIT));
		completion->getter = NULL;
	}
	if (py_exception(thread) != PY_NO_EXCEPTION)
		;
	else if (completion->taken < completion->done_count)
		*my->future = aio_future_at(completion->done[completion->taken++]);
	else
		py_raise(thread, PY_TIMEOUT_ERROR);
	PROGRAM_END;
}

enum progress aio_completion_next(struct os_thread *thread, struct aio_completion *completion,
				  struct aio_future **future)
{
	struct next_locals *locals = os_thread_push(thread, next_completion);

	locals->completion = completion;
	locals->future = future;
	return os_thread_enter(thread);
}

/* ---- shield() ---- */

struct shield {
	struct aio_future outer;
	size_t references;
};
FITS_GATHERINGS(struct shield);

static void shield_unref(struct aio_loop *loop, struct shield *shield)
{
	if (--shield->references == 0)
		pool_give_back(&loop->gatherings, shield);
}

static enum progress shielded_is_done(struct os_thread *thread, void *subject, struct aio_future *inner)
{
	struct aio_loop *loop = aio_running_loop(thread);
	struct shield *shield = subject;

	if (!aio_future_done(&shield->outer))
		aio_future_set(loop, &shield->outer, inner->exception);
	aio_future_let_go(loop, inner);
	shield_unref(loop, shield);
	return aio_charge(thread, COST_AIO_GATHER_DONE);
}

struct shield_locals {
	struct aio_future *inner;
	struct shield *shield;
};

static enum progress shield_one(struct os_thread *thread, struct frame *frame)
{
	struct shield_locals *my = FRAME_LOCALS(frame, struct shield_locals);
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_FUTURE));
	my->shield = pool_take(&loop->gatherings);
	*my->shield = (struct shield){ .references = 2 };
	aio_future_hold(my->inner);
	aio_future_add_callback(loop, my->inner, shielded_is_done, my->shield);
	AWAIT(frame, aio_await(thread, &my->shield->outer, ACTIVITY_QUEUE_WAIT));
	if (aio_future_remove_callback(loop, my->inner, shielded_is_done, my->shield)) {
		aio_future_let_go(loop, my->inner);
		shield_unref(loop, my->shield);
	}
	shield_unref(loop, my->shield);
	PROGRAM_END;
}

enum progress aio_shield(struct os_thread *thread, struct aio_future *future)
{
	struct shield_locals *locals;

	if (aio_future_done(future))
		return aio_await(thread, future, ACTIVITY_QUEUE_WAIT);
	locals = os_thread_push(thread, shield_one);
	locals->inner = future;
	return os_thread_enter(thread);
}
