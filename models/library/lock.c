/*
 * lock.c - see lock.h.
 */
#include "models/library/lock.h"

static void init(struct py_lock *lock, enum cost cost)
{
	*lock = (struct py_lock){
		.cost = cost,
		.waiting_activity = ACTIVITY_LOCK_WAIT,
		.semaphore.value = 1,
	};
}

void py_lock_init(struct py_lock *lock)
{
	init(lock, COST_LOCK_UNCONTENDED);
}

void py_lock_init_of_rlock(struct py_lock *lock)
{
	init(lock, COST_RLOCK_UNCONTENDED);
}

static bool is_mutex(const struct os_thread *thread)
{
	return py_has(thread, PYTHON_LOCK_IS_MUTEX);
}

struct acquire_locals {
	struct py_lock *lock;
	sim_ns since_ns, deadline_ns;
	void *handed_over; /* the lock itself, or NULL */
	bool timed_out;
};

/* Up to 3.13: who gets the semaphore has the lock, GIL or not. */
static enum progress acquire_semaphore(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame,
	      posix_semaphore_wait(thread, &my->lock->semaphore, my->deadline_ns, my->lock->waiting_activity));
	if (!py_current(thread)->timed_out)
		my->lock->owner = thread;
	PROGRAM_END;
}

/* Since 3.14: parked in order of arrival; the GIL comes before the lock. */
static enum progress acquire_mutex(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);

	PROGRAM_BEGIN(frame);
	my->since_ns = machine_now(thread->machine);
	while (my->lock->locked && !my->handed_over && !my->timed_out) {
		AWAIT(frame, parking_lot_park(thread, &my->lock->parked, my->since_ns, my->deadline_ns,
					      my->lock->waiting_activity, &my->handed_over));
		my->timed_out = py_current(thread)->timed_out;
	}
	if (!my->timed_out) {
		my->lock->locked = true;
		my->lock->owner = thread;
	}
	PROGRAM_END;
}

/* The try with the GIL held. */
static bool try_acquire(struct os_thread *thread, struct py_lock *lock)
{
	if (is_mutex(thread)) {
		if (lock->locked)
			return false;
		lock->locked = true;
	} else if (!posix_semaphore_try(&lock->semaphore)) {
		return false;
	}
	lock->owner = thread;
	return true;
}

enum progress py_lock_acquire_until(struct os_thread *thread, struct py_lock *lock, sim_ns deadline_ns)
{
	struct acquire_locals *my;

	py_current(thread)->timed_out = false;
	if (try_acquire(thread, lock))
		return py_overhead(thread, py_cost(thread, lock->cost) / 2);
	if (deadline_ns <= machine_now(thread->machine)) {
		py_current(thread)->timed_out = true;
		return DONE;
	}
	my = os_thread_push(thread, is_mutex(thread) ? acquire_mutex : acquire_semaphore);
	my->lock = lock;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

/* mutex_unpark(): a waiter that has waited for long gets the lock itself, which stays locked. */
static sim_ns release_mutex(struct os_thread *thread, struct py_lock *lock)
{
	const struct parked *first = lock->parked.first;
	bool hand_over =
		first && machine_now(thread->machine) - first->since_ns > py_cost(thread, COST_LOCK_FAIR_AFTER);

	lock->locked = hand_over;
	lock->owner = hand_over ? first->thread : NULL;
	return first ? parking_lot_unpark(&lock->parked, thread, hand_over ? lock : NULL) : 0;
}

enum progress py_lock_release(struct os_thread *thread, struct py_lock *lock)
{
	sim_ns cost_ns = py_cost(thread, lock->cost) / 2;

	if (is_mutex(thread)) {
		assert(lock->locked);
		return py_overhead(thread, cost_ns + release_mutex(thread, lock));
	}
	assert(lock->semaphore.value == 0);
	lock->owner = NULL;
	return py_overhead(thread, cost_ns + posix_semaphore_post(&lock->semaphore, thread));
}

bool py_lock_is_locked(const struct os_thread *thread, const struct py_lock *lock)
{
	return is_mutex(thread) ? lock->locked : lock->semaphore.value == 0;
}
