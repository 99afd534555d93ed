/*
 * mp_semaphore.h - multiprocessing.Semaphore and BoundedSemaphore, and Lock, which is one of value 1: a POSIX
 * semaphore that processes share.
 *
 * Source      Modules/_multiprocessing/semaphore.c: one sem_trywait() with the GIL held, else sem_wait() or
 *             sem_timedwait() without it.
 */
#ifndef MODELS_LIBRARY_MP_SEMAPHORE_H
#define MODELS_LIBRARY_MP_SEMAPHORE_H

#include "models/interpreter/posix_semaphore.h"

struct mp_semaphore {
	struct posix_semaphore semaphore;
};

void mp_semaphore_init(struct mp_semaphore *semaphore, int64_t value);
/* For AWAIT. Until `deadline_ns` (SIM_NS_MAX: as long as it takes; now or earlier: not at all); py_thread.timed_out
 * tells that it was not acquired. */
enum progress mp_semaphore_acquire(struct os_thread *thread, struct mp_semaphore *semaphore, sim_ns deadline_ns);
/* For AWAIT. Once, and so many times, one after the other: release() takes no number. */
enum progress mp_semaphore_release(struct os_thread *thread, struct mp_semaphore *semaphore);
enum progress mp_semaphore_release_all(struct os_thread *thread, struct mp_semaphore *semaphore, int64_t count);

#endif
