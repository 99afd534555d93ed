/*
 * barrier.c - see barrier.h.
 */
#include "models/library/barrier.h"

void py_barrier_init(struct py_barrier *barrier, struct region *region, int64_t parties)
{
	*barrier = (struct py_barrier){ .parties = parties };
	py_lock_init(&barrier->lock);
	py_condition_init(&barrier->condition, region, &barrier->lock, NULL);
}

void mp_barrier_init(struct py_barrier *barrier, int64_t parties)
{
	*barrier = (struct py_barrier){ .across_processes = true, .parties = parties };
	mp_condition_init(&barrier->mp_condition);
}

static enum progress acquire(struct os_thread *thread, struct py_barrier *barrier)
{
	return barrier->across_processes ? mp_rlock_acquire(thread, &barrier->mp_condition.lock, SIM_NS_MAX)
					 : py_lock_acquire(thread, &barrier->lock);
}

static enum progress release(struct os_thread *thread, struct py_barrier *barrier)
{
	return barrier->across_processes ? mp_rlock_release(thread, &barrier->mp_condition.lock)
					 : py_lock_release(thread, &barrier->lock);
}

static enum progress sleep_until(struct os_thread *thread, struct py_barrier *barrier, sim_ns deadline_ns)
{
	return barrier->across_processes ? mp_condition_wait(thread, &barrier->mp_condition, deadline_ns)
					 : py_condition_wait(thread, &barrier->condition, deadline_ns);
}

static enum progress notify_all(struct os_thread *thread, struct py_barrier *barrier)
{
	return barrier->across_processes ? mp_condition_notify(thread, &barrier->mp_condition, INT64_MAX)
					 : py_condition_notify(thread, &barrier->condition, INT64_MAX);
}

struct wait_locals {
	struct py_barrier *barrier;
	sim_ns deadline_ns;
	bool is_last, broken;
};

static enum progress wait(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);
	struct py_barrier *barrier = my->barrier;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, acquire(thread, barrier));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_BARRIER_WAIT)));
	while (barrier->state == BARRIER_DRAINING)
		AWAIT(frame, sleep_until(thread, barrier, SIM_NS_MAX));
	my->broken = barrier->state == BARRIER_BROKEN;
	if (!my->broken) {
		my->is_last = ++barrier->inside == barrier->parties;
		while (!my->is_last && barrier->state == BARRIER_FILLING &&
		       my->deadline_ns > machine_now(thread->machine))
			AWAIT(frame, sleep_until(thread, barrier, my->deadline_ns));
		if (barrier->state == BARRIER_FILLING) {
			barrier->state = my->is_last ? BARRIER_DRAINING : BARRIER_BROKEN;
			AWAIT(frame, notify_all(thread, barrier));
		}
		my->broken = barrier->state == BARRIER_BROKEN;
		if (--barrier->inside == 0 && barrier->state == BARRIER_DRAINING) {
			barrier->state = BARRIER_FILLING;
			AWAIT(frame, notify_all(thread, barrier));
		}
	}
	AWAIT(frame, release(thread, barrier));
	py_current(thread)->timed_out = my->broken;
	PROGRAM_END;
}

enum progress py_barrier_wait(struct os_thread *thread, struct py_barrier *barrier, sim_ns deadline_ns)
{
	struct wait_locals *my = os_thread_push(thread, wait);

	my->barrier = barrier;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}
