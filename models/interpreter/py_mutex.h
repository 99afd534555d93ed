/*
 * py_mutex.h - PyMutex: a lock of one byte, in front of the parking lot.
 *
 * Source      Python/lock.c @3.13, 3.14: _PyMutex_LockTimed(), mutex_unpark(). 3.15 looks at the lock again while
 *             it spins.
 * Modelled    first in, first out; the woken takes the GIL first and then tries for the lock, which others may have
 *             taken; a waiter older than lock.fair_after is handed it. Without a GIL, who finds it locked and
 *             nobody parked yields its core 40 times, without a look at the lock in between, before it parks; a
 *             time-out begins after that.
 */
#ifndef MODELS_INTERPRETER_PY_MUTEX_H
#define MODELS_INTERPRETER_PY_MUTEX_H

#include "models/interpreter/parking_lot.h"

struct py_mutex {
	bool locked;
	struct os_thread *heir; /* whom it was handed to when it was last unlocked; NULL: nobody, it was free */
	struct parking_lot parked;
};

static inline bool py_mutex_try(struct py_mutex *mutex)
{
	if (mutex->locked)
		return false;
	mutex->locked = true;
	return true;
}
/* For AWAIT: after a try. Waits until `deadline_ns` (SIM_NS_MAX: as long as it takes); py_thread.timed_out tells
 * that it was not locked. */
enum progress py_mutex_lock(struct os_thread *thread, struct py_mutex *mutex, sim_ns deadline_ns, uint8_t activity);
/* Returns what waking somebody costs the caller; 0 when nobody waits. */
sim_ns py_mutex_unlock(struct os_thread *thread, struct py_mutex *mutex);
/* For AWAIT: the yields alone, of who waits for a lock that somebody else will unlock. */
enum progress py_mutex_spin(struct os_thread *thread);

#endif
