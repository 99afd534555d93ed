/*
 * rlock.h - threading.RLock: a lock that knows its owner and how often it was taken.
 *
 * Source      Modules/_threadmodule.c: rlock_acquire(), rlock_release(), rlock_release_save() @3.11, 3.13 (over a
 *             semaphore); since 3.14 Python/lock.c: _PyRecursiveMutex_Lock() (over a PyMutex).
 */
#ifndef MODELS_LIBRARY_RLOCK_H
#define MODELS_LIBRARY_RLOCK_H

#include "models/library/lock.h"

struct py_rlock {
	struct py_lock lock;
	int64_t depth; /* how often its owner holds it */
};

void py_rlock_init(struct py_rlock *rlock);
/* For AWAIT. As py_lock_acquire_until(), but its owner gets it at once. */
enum progress py_rlock_acquire_until(struct os_thread *thread, struct py_rlock *rlock, sim_ns deadline_ns);
/* For AWAIT. By its owner: gives it free when it was taken but once. */
enum progress py_rlock_release(struct os_thread *thread, struct py_rlock *rlock);
/* For AWAIT. Gives it free however often it was taken, which is stored in `*depth`; and takes it that often again.
 */
enum progress py_rlock_release_save(struct os_thread *thread, struct py_rlock *rlock, int64_t *depth);
enum progress py_rlock_acquire_restore(struct os_thread *thread, struct py_rlock *rlock, int64_t depth);

#endif
