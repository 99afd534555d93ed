/*
 * py_mutex.c - see py_mutex.h.
 */
#include "models/interpreter/py_mutex.h"

#define SPINS_MOST 40 /* MAX_SPIN_COUNT */

struct spin_locals {
	int count;
};

static enum progress spin(struct os_thread *thread, struct frame *frame)
{
	struct spin_locals *my = FRAME_LOCALS(frame, struct spin_locals);

	PROGRAM_BEGIN(frame);
	for (; my->count < SPINS_MOST; my->count++) {
		AWAIT(frame, os_thread_yield(thread));
	}
	PROGRAM_END;
}

enum progress py_mutex_spin(struct os_thread *thread)
{
	if (py_runtime_of(thread)->has_gil)
		return DONE;
	os_thread_push(thread, spin);
	return os_thread_enter(thread);
}

struct lock_locals {
	struct py_mutex *mutex;
	sim_ns since_ns, deadline_ns;
	void *handed_over; /* the mutex itself, or NULL */
	uint8_t activity, previous_activity;
	bool has_spun, timed_out;
};

static enum progress lock(struct os_thread *thread, struct frame *frame)
{
	struct lock_locals *my = FRAME_LOCALS(frame, struct lock_locals);

	PROGRAM_BEGIN(frame);
	my->since_ns = machine_now(thread->machine);
	while (my->mutex->locked && !my->handed_over && !my->timed_out) {
		if (!my->has_spun && !my->mutex->parked.first) {
			os_thread_set_activity(thread, my->activity);
			AWAIT(frame, py_mutex_spin(thread));
			os_thread_set_activity(thread, my->previous_activity);
			my->has_spun = true;
			if (my->deadline_ns != SIM_NS_MAX)
				my->deadline_ns += machine_now(thread->machine) - my->since_ns;
			continue;
		}
		AWAIT(frame, parking_lot_park(thread, &my->mutex->parked, my->since_ns, my->deadline_ns,
					      my->activity, &my->handed_over));
		my->timed_out = py_current(thread)->timed_out;
	}
	if (!my->timed_out)
		my->mutex->locked = true;
	PROGRAM_END;
}

enum progress py_mutex_lock(struct os_thread *thread, struct py_mutex *mutex, sim_ns deadline_ns, uint8_t activity)
{
	struct lock_locals *my = os_thread_push(thread, lock);

	my->mutex = mutex;
	my->deadline_ns = deadline_ns;
	my->activity = activity;
	my->previous_activity = thread->activity;
	my->has_spun = py_runtime_of(thread)->has_gil; /* such builds never do */
	return os_thread_enter(thread);
}

/* mutex_unpark(): a waiter that has waited for long gets the lock itself, which stays locked. */
sim_ns py_mutex_unlock(struct os_thread *thread, struct py_mutex *mutex)
{
	const struct parked *first = mutex->parked.first;
	bool hand_over =
		first && machine_now(thread->machine) - first->since_ns > py_cost(thread, COST_LOCK_FAIR_AFTER);

	assert(mutex->locked);
	mutex->locked = hand_over;
	mutex->heir = hand_over ? first->thread : NULL;
	return first ? parking_lot_unpark(&mutex->parked, thread, hand_over ? mutex : NULL) : 0;
}
