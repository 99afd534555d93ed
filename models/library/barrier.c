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
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_BARRIER_WAIT)));
	AWAIT(frame, py_lock_acquire(thread, &barrier->lock));
	while (barrier->state == BARRIER_DRAINING)
		AWAIT(frame, py_condition_wait(thread, &barrier->condition, SIM_NS_MAX));
	my->broken = barrier->state == BARRIER_BROKEN;
	if (!my->broken) {
		my->is_last = ++barrier->inside == barrier->parties;
		while (!my->is_last && barrier->state == BARRIER_FILLING &&
		       my->deadline_ns > machine_now(thread->machine))
			AWAIT(frame, py_condition_wait(thread, &barrier->condition, my->deadline_ns));
		if (barrier->state == BARRIER_FILLING) {
			barrier->state = my->is_last ? BARRIER_DRAINING : BARRIER_BROKEN;
			AWAIT(frame, py_condition_notify(thread, &barrier->condition, INT64_MAX));
		}
		my->broken = barrier->state == BARRIER_BROKEN;
		if (--barrier->inside == 0 && barrier->state == BARRIER_DRAINING) {
			barrier->state = BARRIER_FILLING;
			AWAIT(frame, py_condition_notify(thread, &barrier->condition, INT64_MAX));
		}
	}
	AWAIT(frame, py_lock_release(thread, &barrier->lock));
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
