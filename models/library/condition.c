/*
 * condition.c - see condition.h.
 */
#include "models/library/condition.h"

struct condition_waiter {
	struct py_lock lock; /* held until it is notified */
	struct condition_waiter *next;
	bool queued;
};

void py_condition_init(struct py_condition *condition, struct region *region, struct py_lock *lock,
		       struct py_rlock *rlock)
{
	assert(!lock != !rlock);
	*condition = (struct py_condition){
		.region = region, .lock = lock, .rlock = rlock, .waiting_activity = ACTIVITY_LOCK_WAIT
	};
}

enum progress py_condition_acquire_until(struct os_thread *thread, struct py_condition *condition,
					 sim_ns deadline_ns)
{
	return condition->lock ? py_lock_acquire_until(thread, condition->lock, deadline_ns)
			       : py_rlock_acquire_until(thread, condition->rlock, deadline_ns);
}

enum progress py_condition_release(struct os_thread *thread, struct py_condition *condition)
{
	return condition->lock ? py_lock_release(thread, condition->lock)
			       : py_rlock_release(thread, condition->rlock);
}

static struct condition_waiter *add_waiter(struct py_condition *condition)
{
	struct condition_waiter *waiter = condition->unused;

	if (waiter)
		condition->unused = waiter->next;
	else
		waiter = region_alloc(condition->region, sizeof(*waiter));
	py_lock_init(&waiter->lock);
	waiter->lock.waiting_activity = condition->waiting_activity;
	waiter->next = NULL;
	waiter->queued = true;
	if (condition->last)
		condition->last->next = waiter;
	else
		condition->first = waiter;
	condition->last = waiter;
	return waiter;
}

static void take_out(struct py_condition *condition, struct condition_waiter *waiter)
{
	struct condition_waiter **link = &condition->first;
	struct condition_waiter *previous = NULL;

	while (*link != waiter) {
		previous = *link;
		link = &previous->next;
	}
	*link = waiter->next;
	if (condition->last == waiter)
		condition->last = previous;
	waiter->next = NULL;
	waiter->queued = false;
}

struct wait_locals {
	struct py_condition *condition;
	struct condition_waiter *waiter;
	sim_ns deadline_ns;
	int64_t depth; /* of the RLock */
	bool timed_out;
};

static enum progress wait(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);
	struct py_condition *condition = my->condition;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_CONDITION_WAIT) / 2));
	my->waiter = add_waiter(condition);
	AWAIT(frame, py_lock_acquire(thread, &my->waiter->lock));
	if (condition->lock)
		AWAIT(frame, py_lock_release(thread, condition->lock));
	if (condition->rlock)
		AWAIT(frame, py_rlock_release_save(thread, condition->rlock, &my->depth));
	AWAIT(frame, py_lock_acquire_until(thread, &my->waiter->lock, my->deadline_ns));
	my->timed_out = py_current(thread)->timed_out;
	if (condition->lock)
		AWAIT(frame, py_lock_acquire(thread, condition->lock));
	if (condition->rlock)
		AWAIT(frame, py_rlock_acquire_restore(thread, condition->rlock, my->depth));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_CONDITION_WAIT) / 2));
	if (my->waiter->queued)
		take_out(condition, my->waiter);
	my->waiter->next = condition->unused;
	condition->unused = my->waiter;
	py_current(thread)->timed_out = my->timed_out;
	PROGRAM_END;
}

enum progress py_condition_wait(struct os_thread *thread, struct py_condition *condition, sim_ns deadline_ns)
{
	struct wait_locals *my = os_thread_push(thread, wait);

	my->condition = condition;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

sim_ns py_condition_wait_cost(const struct os_thread *thread)
{
	/* Its own lock is taken, the condition's released and taken. */
	return py_cost(thread, COST_CONDITION_WAIT) + py_cost(thread, COST_LOCK_UNCONTENDED) / 2 * 3;
}

struct notify_locals {
	struct py_condition *condition;
	struct condition_waiter *waiter;
	int64_t left;
};

static enum progress notify(struct os_thread *thread, struct frame *frame)
{
	struct notify_locals *my = FRAME_LOCALS(frame, struct notify_locals);

	PROGRAM_BEGIN(frame);
	for (; my->left > 0 && my->condition->first; my->left--) {
		my->waiter = my->condition->first;
		take_out(my->condition, my->waiter);
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_CONDITION_NOTIFY)));
		AWAIT(frame, py_lock_release(thread, &my->waiter->lock));
	}
	PROGRAM_END;
}

enum progress py_condition_notify(struct os_thread *thread, struct py_condition *condition, int64_t count)
{
	struct notify_locals *my;

	if (!condition->first)
		return DONE;
	my = os_thread_push(thread, notify);
	my->condition = condition;
	my->left = count;
	return os_thread_enter(thread);
}
