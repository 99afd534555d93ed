/*
 * condition.h - threading.Condition.
 *
 * Source      Lib/threading.py: Condition.wait(), notify() @3.8 to 3.13.
 * Modelled    each waiter waits for a lock of its own, in a queue, first in, first out; notify() releases the first
 *             ones' locks; who is woken takes the GIL and then the condition's lock, which the notifier still holds
 *             until it leaves its `with`. A waiter whose time is up stays in the queue until it has the condition's
 *             lock again: a notify() meanwhile is lost with it.
 */
#ifndef MODELS_LIBRARY_CONDITION_H
#define MODELS_LIBRARY_CONDITION_H

#include "models/library/rlock.h"

struct condition_waiter;

struct py_condition {
	struct region *region;
	struct py_lock *lock; /* one of the two; borrowed */
	struct py_rlock *rlock;
	struct condition_waiter *first, *last; /* who waits */
	struct condition_waiter *unused;
	uint8_t waiting_activity; /* what waiting for it is called */
};

/* Exactly one of `lock` and `rlock` is given. */
void py_condition_init(struct py_condition *condition, struct region *region, struct py_lock *lock,
		       struct py_rlock *rlock);
/* For AWAIT: its lock's. */
enum progress py_condition_acquire_until(struct os_thread *thread, struct py_condition *condition,
					 sim_ns deadline_ns);
enum progress py_condition_release(struct os_thread *thread, struct py_condition *condition);
/* For AWAIT; the caller holds the lock. Waits until notified or until `deadline_ns`; py_thread.timed_out tells. */
enum progress py_condition_wait(struct os_thread *thread, struct py_condition *condition, sim_ns deadline_ns);
/* What that takes when there is no time to wait. */
sim_ns py_condition_wait_cost(const struct os_thread *thread);
/* For AWAIT; the caller holds the lock. Notifies the first `count` waiters (INT64_MAX: all there are). */
enum progress py_condition_notify(struct os_thread *thread, struct py_condition *condition, int64_t count);

#endif
