/*
 * mp_condition.c - see mp_condition.h.
 */
#include "models/library/mp_condition.h"

/* ---- RLock ---- */

void mp_rlock_init(struct mp_rlock *rlock)
{
	*rlock = (struct mp_rlock){ .owner = NULL };
	mp_semaphore_init(&rlock->semaphore, 1);
}

struct rlock_locals {
	struct mp_rlock *rlock;
	sim_ns deadline_ns;
};

static enum progress acquire_rlock(struct os_thread *thread, struct frame *frame)
{
	struct rlock_locals *my = FRAME_LOCALS(frame, struct rlock_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_semaphore_acquire(thread, &my->rlock->semaphore, my->deadline_ns));
	if (!py_current(thread)->timed_out) {
		my->rlock->owner = thread;
		my->rlock->depth = 1;
	}
	PROGRAM_END;
}

enum progress mp_rlock_acquire(struct os_thread *thread, struct mp_rlock *rlock, sim_ns deadline_ns)
{
	struct rlock_locals *my;

	if (rlock->owner == thread) {
		py_current(thread)->timed_out = false;
		rlock->depth++;
		return py_overhead(thread, py_cost(thread, COST_MP_LOCK_UNCONTENDED) / 2);
	}
	my = os_thread_push(thread, acquire_rlock);
	my->rlock = rlock;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

enum progress mp_rlock_release(struct os_thread *thread, struct mp_rlock *rlock)
{
	assert(rlock->owner == thread && rlock->depth > 0);
	rlock->depth--;
	if (rlock->depth > 0)
		return py_overhead(thread, py_cost(thread, COST_MP_LOCK_UNCONTENDED) / 2);
	rlock->owner = NULL;
	return mp_semaphore_release(thread, &rlock->semaphore);
}

/* ---- Condition ---- */

void mp_condition_init(struct mp_condition *condition)
{
	mp_rlock_init(&condition->lock);
	mp_semaphore_init(&condition->sleeping, 0);
	mp_semaphore_init(&condition->woken, 0);
	mp_semaphore_init(&condition->wait, 0);
}

struct condition_locals {
	struct mp_condition *condition;
	sim_ns deadline_ns;
	int64_t count, depth;
	bool timed_out;
};

static enum progress wait(struct os_thread *thread, struct frame *frame)
{
	struct condition_locals *my = FRAME_LOCALS(frame, struct condition_locals);
	struct mp_condition *condition = my->condition;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_semaphore_release(thread, &condition->sleeping));
	my->depth = condition->lock.depth;
	while (condition->lock.owner == thread)
		AWAIT(frame, mp_rlock_release(thread, &condition->lock));
	AWAIT(frame, mp_semaphore_acquire(thread, &condition->wait, my->deadline_ns));
	my->timed_out = py_current(thread)->timed_out;
	AWAIT(frame, mp_semaphore_release(thread, &condition->woken));
	for (; my->depth > 0; my->depth--)
		AWAIT(frame, mp_rlock_acquire(thread, &condition->lock, SIM_NS_MAX));
	py_current(thread)->timed_out = my->timed_out;
	PROGRAM_END;
}

enum progress mp_condition_wait(struct os_thread *thread, struct mp_condition *condition, sim_ns deadline_ns)
{
	struct condition_locals *my = os_thread_push(thread, wait);

	my->condition = condition;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

static enum progress notify(struct os_thread *thread, struct frame *frame)
{
	struct condition_locals *my = FRAME_LOCALS(frame, struct condition_locals);
	struct mp_condition *condition = my->condition;

	PROGRAM_BEGIN(frame);
	/* Sleepers that have woken by their deadline since the last notify(). */
	while (posix_semaphore_try(&condition->woken.semaphore))
		posix_semaphore_try(&condition->sleeping.semaphore);
	for (my->depth = 0; my->depth < my->count && posix_semaphore_try(&condition->sleeping.semaphore); my->depth++)
		AWAIT(frame, mp_semaphore_release(thread, &condition->wait));
	if (my->depth > 0) {
		for (; my->depth > 0; my->depth--)
			AWAIT(frame, mp_semaphore_acquire(thread, &condition->woken, SIM_NS_MAX));
		while (posix_semaphore_try(&condition->wait.semaphore))
			;
	}
	PROGRAM_END;
}

enum progress mp_condition_notify(struct os_thread *thread, struct mp_condition *condition, int64_t count)
{
	struct condition_locals *my = os_thread_push(thread, notify);

	my->condition = condition;
	my->count = count;
	return os_thread_enter(thread);
}

/* ---- Event ---- */

void mp_event_init(struct mp_event *event)
{
	*event = (struct mp_event){ .is_set = false };
	mp_condition_init(&event->condition);
}

struct event_locals {
	struct mp_event *event;
	sim_ns deadline_ns;
	bool sets, timed_out;
};

static enum progress wait_for_event(struct os_thread *thread, struct frame *frame)
{
	struct event_locals *my = FRAME_LOCALS(frame, struct event_locals);
	struct mp_event *event = my->event;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_rlock_acquire(thread, &event->condition.lock, SIM_NS_MAX));
	if (!event->is_set)
		AWAIT(frame, mp_condition_wait(thread, &event->condition, my->deadline_ns));
	my->timed_out = !event->is_set;
	AWAIT(frame, mp_rlock_release(thread, &event->condition.lock));
	py_current(thread)->timed_out = my->timed_out;
	PROGRAM_END;
}

static enum progress change_event(struct os_thread *thread, struct frame *frame)
{
	struct event_locals *my = FRAME_LOCALS(frame, struct event_locals);
	struct mp_event *event = my->event;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_rlock_acquire(thread, &event->condition.lock, SIM_NS_MAX));
	event->is_set = my->sets;
	if (my->sets)
		AWAIT(frame, mp_condition_notify(thread, &event->condition, INT64_MAX));
	AWAIT(frame, mp_rlock_release(thread, &event->condition.lock));
	PROGRAM_END;
}

static enum progress call(struct os_thread *thread, program_fn *program, struct mp_event *event, sim_ns deadline_ns,
			  bool sets)
{
	struct event_locals *my = os_thread_push(thread, program);

	my->event = event;
	my->deadline_ns = deadline_ns;
	my->sets = sets;
	return os_thread_enter(thread);
}

enum progress mp_event_wait(struct os_thread *thread, struct mp_event *event, sim_ns deadline_ns)
{
	return call(thread, wait_for_event, event, deadline_ns, false);
}

enum progress mp_event_set(struct os_thread *thread, struct mp_event *event)
{
	return call(thread, change_event, event, SIM_NS_MAX, true);
}

enum progress mp_event_clear(struct os_thread *thread, struct mp_event *event)
{
	return call(thread, change_event, event, SIM_NS_MAX, false);
}
