/*
 * lock.c - see lock.h.
 */
#include "models/library/lock.h"

struct acquire_locals {
	struct py_lock *lock;
	sim_ns since_ns;
	uint8_t previous_activity;
	bool handed_over;
};

/* Takes a free lock. */
static void own(struct py_lock *lock, struct os_thread *thread)
{
	assert(!lock->locked);
	lock->locked = true;
	lock->owner = thread;
}

/* Up to 3.12: sem_wait() without the GIL; who gets the semaphore has the lock, GIL or not. */
static enum progress acquire_semaphore(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	os_thread_set_activity(thread, ACTIVITY_LOCK_WAIT);
	while (my->lock->locked)
		AWAIT(frame, futex_wait(thread, &my->lock->waiters, SIM_NS_MAX, 0));
	own(my->lock, thread);
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

/* Since 3.13: parked in order of arrival; the GIL comes before the lock. */
static enum progress acquire_mutex(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);

	PROGRAM_BEGIN(frame);
	my->since_ns = machine_now(thread->machine);
	while (my->lock->locked && !my->handed_over) {
		AWAIT(frame, py_release_gil(thread));
		os_thread_set_activity(thread, ACTIVITY_LOCK_WAIT);
		if (my->lock->locked)
			AWAIT(frame, futex_wait(thread, &my->lock->waiters, SIM_NS_MAX, 0));
		os_thread_set_activity(thread, my->previous_activity);
		AWAIT(frame, py_take_gil(thread));
		my->handed_over = my->lock->owner == thread;
	}
	if (!my->handed_over)
		own(my->lock, thread);
	PROGRAM_END;
}

enum progress py_lock_acquire(struct os_thread *thread, struct py_lock *lock)
{
	struct acquire_locals *my;

	if (!lock->locked) {
		own(lock, thread);
		return py_overhead(thread, py_cost(thread, COST_LOCK_UNCONTENDED) / 2);
	}
	my = os_thread_push(thread, py_runtime_of(thread)->minor < 13 ? acquire_semaphore : acquire_mutex);
	my->lock = lock;
	my->previous_activity = thread->activity;
	return os_thread_enter(thread);
}

/* When the first waiter began to wait: what its program noted. */
static sim_ns first_waiter_since(const struct py_lock *lock)
{
	const struct acquire_locals *its = (const void *)lock->waiters.first->top->locals;

	return its->since_ns;
}

enum progress py_lock_release(struct os_thread *thread, struct py_lock *lock)
{
	struct os_thread *next = lock->waiters.first;
	sim_ns cost_ns = py_cost(thread, COST_LOCK_UNCONTENDED) / 2;
	bool hand_over;

	assert(lock->locked);
	hand_over = next && py_runtime_of(thread)->minor >= 13 &&
		    machine_now(thread->machine) - first_waiter_since(lock) > py_cost(thread, COST_LOCK_FAIR_AFTER);
	lock->locked = hand_over;
	lock->owner = hand_over ? next : NULL;
	return py_overhead(thread, cost_ns + futex_wake(&lock->waiters, thread, false));
}
