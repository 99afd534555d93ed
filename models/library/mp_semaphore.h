/*
 * mp_semaphore.h - multiprocessing.Semaphore and BoundedSemaphore: a POSIX semaphore that processes share.
 *
 * Source      Modules/_multiprocessing/semaphore.c: one sem_trywait() with the GIL held, else sem_wait() or
 *             sem_timedwait() without it. Woken in order of arrival; whoever runs takes it (barging).
 */
#ifndef MODELS_LIBRARY_MP_SEMAPHORE_H
#define MODELS_LIBRARY_MP_SEMAPHORE_H

#include "models/interpreter/py_thread.h"

struct mp_semaphore {
	int64_t value;
	struct futex waiters;
};

/* For AWAIT. Until the deadline (SIM_NS_MAX: none); thread->timed_out tells whether it passed. */
enum progress mp_semaphore_acquire(struct os_thread *thread, struct mp_semaphore *semaphore, sim_ns deadline_ns);
/* For AWAIT. */
enum progress mp_semaphore_release(struct os_thread *thread, struct mp_semaphore *semaphore);

#endif
