/*
 * lock.h - threading.Lock.
 *
 * Source      up to 3.12: Python/thread_pthread.h (a POSIX semaphore), Modules/_threadmodule.c:
 *             acquire_timed(): a woken waiter owns the lock and then queues for the GIL. Since 3.13: Python/lock.c
 *             (_PyMutex_LockTimed, mutex_unpark) and Python/parking_lot.c: first in, first out; the woken takes
 *             the GIL first and then tries for the lock; a waiter older than lock.fair_after is handed it.
 * Left out    time-outs; spinning (GIL builds do not spin; free-threaded ones do, up to 40 rounds).
 */
#ifndef MODELS_LIBRARY_LOCK_H
#define MODELS_LIBRARY_LOCK_H

#include "models/interpreter/py_thread.h"

struct py_lock {
	const char *name; /* borrowed; may be NULL */
	bool locked;
	struct os_thread *owner; /* who holds it, for reports */
	struct futex waiters;
};

/* For AWAIT. */
enum progress py_lock_acquire(struct os_thread *thread, struct py_lock *lock);
enum progress py_lock_release(struct os_thread *thread, struct py_lock *lock);

#endif
