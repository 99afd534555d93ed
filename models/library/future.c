/*
 * future.c - see future.h.
 */
#include "models/library/future.h"

struct work_locals {
	void *argument;
};

void work_item_push(struct os_thread *thread, const struct work_item *item)
{
	struct work_locals *locals = os_thread_push(thread, (program_fn *)near_function(item->program));

	locals->argument = item->argument;
}

/* Each future's part of wait() and as_completed(): a set element, a condition taken twice, a list entry. */
static sim_ns watch_cost(const struct os_thread *thread, const struct py_futures *set)
{
	return py_cost(thread, COST_FUTURE_WATCH) * (sim_ns)set->count;
}

static void note_finished(struct py_future_watch *watch)
{
	struct py_futures *set = watch->set;

	watch->finished = true;
	watch->next_finished = NULL;
	if (set->last_finished)
		set->last_finished->next_finished = watch;
	else
		set->first_finished = watch;
	set->last_finished = watch;
}

/* _Waiter.add_result() and its like: returns what setting the event costs. */
static sim_ns tell(struct os_thread *thread, struct py_future_watch *watch)
{
	struct py_futures *set = watch->set;

	note_finished(watch);
	set->pending--;
	if (set->pending > 0 && !set->as_completed && set->wait_for != WAIT_FIRST &&
	    !(set->wait_for == WAIT_EXCEPTION && watch->future->failed))
		return 0;
	set->event = true;
	return futex_wake(&set->waiters, thread, false);
}

static sim_ns tell_all(struct os_thread *thread, struct py_future *future)
{
	sim_ns cost_ns = 0;

	for (struct py_future_watch *watch = future->watches; watch; watch = watch->next_of_future)
		cost_ns += tell(thread, watch);
	future->watches = NULL;
	return cost_ns;
}

static sim_ns wake_waiters(struct os_thread *thread, struct py_future *future)
{
	sim_ns cost_ns = 0;

	while (futex_has_waiters(&future->waiters))
		cost_ns += futex_wake(&future->waiters, thread, false);
	return cost_ns;
}

sim_ns py_future_made(struct os_thread *thread)
{
	struct interpreter *interpreter = py_current(thread)->interpreter;
	sim_ns heap_ns = os_process_grow_heap(thread->process, py_cost(thread, COST_MEMORY_FUTURE));
	sim_ns collection_ns = gc_objects_made(&interpreter->gc, py_cost(thread, COST_FUTURE_OBJECTS));

	if (interpreter->gil)
		return heap_ns + collection_ns;
	interpreter->world.collection_ns += collection_ns;
	return heap_ns;
}

sim_ns py_future_gone(struct os_thread *thread)
{
	os_process_grow_heap(thread->process, -py_cost(thread, COST_MEMORY_FUTURE));
	return gc_objects_gone(&py_current(thread)->interpreter->gc, py_cost(thread, COST_FUTURE_OBJECTS));
}

bool py_future_set_running(struct os_thread *thread, struct py_future *future, sim_ns *cost_ns)
{
	*cost_ns = 0;
	if (future->state == FUTURE_CANCELLED) {
		*cost_ns = tell_all(thread, future);
		return false;
	}
	assert(future->state == FUTURE_PENDING);
	future->state = FUTURE_RUNNING;
	return true;
}

static py_future_callback_fn *callback_of(const struct py_future *future)
{
	return (py_future_callback_fn *)near_function(future->callback);
}

struct set_locals {
	struct py_future *future;
	sim_ns cost_ns;
};

static enum progress set(struct os_thread *thread, struct frame *frame)
{
	struct set_locals *my = FRAME_LOCALS(frame, struct set_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, my->cost_ns));
	if (my->future->callback)
		AWAIT(frame, callback_of(my->future)(thread, my->future));
	PROGRAM_END;
}

enum progress py_future_set(struct os_thread *thread, struct py_future *future, bool failed)
{
	struct set_locals *my;
	sim_ns cost_ns;

	assert(!future->done);
	future->state = FUTURE_FINISHED;
	future->done = true;
	future->failed = failed;
	cost_ns = tell_all(thread, future) + wake_waiters(thread, future);
	if (!future->callback)
		return py_overhead(thread, cost_ns);
	my = os_thread_push(thread, set);
	my->future = future;
	my->cost_ns = cost_ns;
	return os_thread_enter(thread);
}

bool py_future_cancel(struct os_thread *thread, struct py_future *future, sim_ns *cost_ns)
{
	*cost_ns = 0;
	if (future->state != FUTURE_PENDING)
		return future->state == FUTURE_CANCELLED;
	future->state = FUTURE_CANCELLED;
	future->done = true;
	*cost_ns = wake_waiters(thread, future);
	return true;
}

enum progress py_future_wait(struct os_thread *thread, struct py_future *future, sim_ns deadline_ns)
{
	py_current(thread)->timed_out = false;
	if (future->done)
		return DONE;
	return py_wait_until(thread, &future->done, &future->waiters, ACTIVITY_QUEUE_WAIT, deadline_ns);
}

/* ---- Several futures ---- */

void py_futures_init(struct py_futures *set, struct region *region, size_t capacity)
{
	*set = (struct py_futures){ .watches = region_alloc_array(region, capacity, sizeof(*set->watches)) };
}

void py_futures_add(struct py_futures *set, struct py_future *future)
{
	set->watches[set->count++] = (struct py_future_watch){ .future = future, .set = set };
}

/* To wait(), a future that was cancelled counts as done only when its executor has seen that
 * (CANCELLED_AND_NOTIFIED); its watch is told then. Returns whether one has failed. */
static bool install(struct py_futures *set)
{
	bool failed = false;

	set->pending = 0;
	for (size_t i = 0; i < set->count; i++) {
		struct py_future_watch *watch = &set->watches[i];

		if (watch->finished)
			continue;
		if (watch->future->state == FUTURE_FINISHED) {
			note_finished(watch);
			failed |= watch->future->failed;
			continue;
		}
		set->pending++;
		watch->next_of_future = watch->future->watches;
		watch->future->watches = watch;
	}
	return failed;
}

static void uninstall(struct py_futures *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct py_future_watch *watch = &set->watches[i];
		struct py_future_watch **link = &watch->future->watches;

		while (*link && *link != watch)
			link = &(*link)->next_of_future;
		if (*link)
			*link = watch->next_of_future;
	}
}

struct futures_locals {
	struct py_futures *set;
	struct py_future **next;
	enum py_wait_for wait_for;
	sim_ns deadline_ns;
	bool timed_out;
};

static enum progress wait_for_set(struct os_thread *thread, struct frame *frame)
{
	struct futures_locals *my = FRAME_LOCALS(frame, struct futures_locals);
	struct py_futures *set = my->set;
	bool failed;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, watch_cost(thread, set)));
	set->wait_for = my->wait_for;
	failed = install(set);
	set->event = set->pending == 0 || (set->wait_for == WAIT_FIRST && set->first_finished) ||
		     (set->wait_for == WAIT_EXCEPTION && failed);
	if (!set->event) {
		AWAIT(frame,
		      py_wait_until(thread, &set->event, &set->waiters, ACTIVITY_QUEUE_WAIT, my->deadline_ns));
		my->timed_out = py_current(thread)->timed_out;
	}
	uninstall(set);
	py_current(thread)->timed_out = my->timed_out;
	PROGRAM_END;
}

enum progress py_futures_wait(struct os_thread *thread, struct py_futures *set, enum py_wait_for wait_for,
			      sim_ns deadline_ns)
{
	struct futures_locals *my = os_thread_push(thread, wait_for_set);

	my->set = set;
	my->wait_for = wait_for;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

static enum progress next_of_set(struct os_thread *thread, struct frame *frame)
{
	struct futures_locals *my = FRAME_LOCALS(frame, struct futures_locals);
	struct py_futures *set = my->set;

	PROGRAM_BEGIN(frame);
	*my->next = NULL;
	if (!set->as_completed) {
		AWAIT(frame, py_overhead(thread, watch_cost(thread, set)));
		set->as_completed = true;
		install(set);
	}
	if (!set->first_finished && set->pending > 0) {
		set->event = false;
		AWAIT(frame,
		      py_wait_until(thread, &set->event, &set->waiters, ACTIVITY_QUEUE_WAIT, my->deadline_ns));
	}
	if (set->first_finished) {
		*my->next = set->first_finished->future;
		set->first_finished = set->first_finished->next_finished;
		if (!set->first_finished)
			set->last_finished = NULL;
	}
	if (!*my->next)
		uninstall(set);
	PROGRAM_END;
}

enum progress py_futures_next(struct os_thread *thread, struct py_futures *set, struct py_future **next,
			      sim_ns deadline_ns)
{
	struct futures_locals *my = os_thread_push(thread, next_of_set);

	my->set = set;
	my->next = next;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}
