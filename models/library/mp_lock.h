/*
 * mp_lock.h - multiprocessing.Lock: a POSIX semaphore that processes share.
 *
 * Source      Modules/_multiprocessing/semaphore.c: one try with the GIL held, else sem_wait() without it.
 */
#ifndef MODELS_LIBRARY_MP_LOCK_H
#define MODELS_LIBRARY_MP_LOCK_H

#include "models/interpreter/posix_semaphore.h"

struct mp_lock {
	struct posix_semaphore semaphore;
	struct os_thread *owner; /* who acquired it last, while it is locked */
};

void mp_lock_init(struct mp_lock *lock);
/* For AWAIT. Until `deadline_ns` (SIM_NS_MAX: as long as it takes; now or earlier: not at all); py_thread.timed_out
 * tells that it was not acquired. */
enum progress mp_lock_acquire_until(struct os_thread *thread, struct mp_lock *lock, sim_ns deadline_ns);
static inline enum progress mp_lock_acquire(struct os_thread *thread, struct mp_lock *lock)
{
	return mp_lock_acquire_until(thread, lock, SIM_NS_MAX);
}
/* For AWAIT. */
enum progress mp_lock_release(struct os_thread *thread, struct mp_lock *lock);

#endif
