/*
 * lock.h - threading.Lock.
 *
 * Source      Modules/_threadmodule.c: lock_PyThread_acquire_lock(). Up to 3.13.0 a POSIX semaphore
 *             (Python/thread_pthread.h): a woken waiter owns the lock and then queues for the GIL. Since 3.13.1 a
 *             PyMutex (gh-117721; py_mutex.h); an RLock's since 3.14.
 * Assumed     a 3.13 with the GIL is 3.13.0, one without it a later one.
 */
#ifndef MODELS_LIBRARY_LOCK_H
#define MODELS_LIBRARY_LOCK_H

#include "models/interpreter/py_mutex.h"
#include "models/interpreter/posix_semaphore.h"

struct py_lock {
	enum cost cost;		  /* of acquiring and releasing it uncontended */
	uint8_t waiting_activity; /* what waiting for it is called */
	bool is_of_rlock;
	/* One of the two, by the version of Python. */
	struct py_mutex mutex;
	struct posix_semaphore semaphore;
	struct os_thread *owner; /* who acquired it last, while it is locked */
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
