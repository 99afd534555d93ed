/*
 * lock.h - threading.Lock.
 *
 * Source      up to 3.13: Python/thread_pthread.h (a POSIX semaphore), Modules/_threadmodule.c:
 *             acquire_timed(): a woken waiter owns the lock and then queues for the GIL (in 3.13.0
 *             lock_PyThread_acquire_lock() still calls PyThread_acquire_lock_timed(): seen in the binary). Since
 *             3.14: Python/lock.c (_PyMutex_LockTimed, mutex_unpark) and Python/parking_lot.c: first in, first
 *             out; the woken takes the GIL first and then tries for the lock; a waiter older than
 *             lock.fair_after is handed it.
 * Left out    spinning (GIL builds do not spin; free-threaded ones do, up to 40 rounds).
 */
#ifndef MODELS_LIBRARY_LOCK_H
#define MODELS_LIBRARY_LOCK_H

#include "models/interpreter/parking_lot.h"
#include "models/interpreter/posix_semaphore.h"

struct py_lock {
	enum cost cost;			  /* of acquiring and releasing it uncontended */
	uint8_t waiting_activity;	  /* what waiting for it is called */
	bool locked;			  /* as a PyMutex */
	struct parking_lot parked;	  /* likewise */
	struct posix_semaphore semaphore; /* as a semaphore */
	struct os_thread *owner;	  /* who acquired it last, while it is locked */
};

void py_lock_init(struct py_lock *lock);
/* The lock inside an RLock: another cost. */
void py_lock_init_of_rlock(struct py_lock *lock);

/* For AWAIT. Waits for the lock until `deadline_ns` (SIM_NS_MAX: as long as it takes; now or earlier: not at all);
 * py_thread.timed_out tells that it was not acquired. */
enum progress py_lock_acquire_until(struct os_thread *thread, struct py_lock *lock, sim_ns deadline_ns);
static inline enum progress py_lock_acquire(struct os_thread *thread, struct py_lock *lock)
{
	return py_lock_acquire_until(thread, lock, SIM_NS_MAX);
}
/* For AWAIT. By whomever: a Lock does not know its owner. */
enum progress py_lock_release(struct os_thread *thread, struct py_lock *lock);
/* Whether it is locked, by whomever. */
bool py_lock_is_locked(const struct os_thread *thread, const struct py_lock *lock);

#endif
