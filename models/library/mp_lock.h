/*
 * mp_lock.h - multiprocessing.Lock: a POSIX semaphore that processes share.
 *
 * Source      Modules/_multiprocessing/semaphore.c: one try with the GIL held, else sem_wait() without it. Woken in
 *             order of arrival; whoever runs takes it (barging).
 */
#ifndef MODELS_LIBRARY_MP_LOCK_H
#define MODELS_LIBRARY_MP_LOCK_H

#include "models/interpreter/py_thread.h"

struct mp_lock {
	bool locked;
	struct os_thread *owner;
	struct futex waiters;
};

/* For AWAIT. */
enum progress mp_lock_acquire(struct os_thread *thread, struct mp_lock *lock);
enum progress mp_lock_release(struct os_thread *thread, struct mp_lock *lock);

#endif
