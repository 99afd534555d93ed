/*
 * aio_barrier.h - asyncio.Barrier.
 *
 * Source      Lib/asyncio/locks.py: Barrier.wait(), _block(), _release(), _wait(), _exit() @3.11 to 3.13: a count
 *             and a state under a Condition. Other than threading's, a wait that is cancelled, by wait_for()'s
 *             timeout say, leaves the barrier as if it had never come.
 * Left out    reset() and abort().
 */
#ifndef MODELS_LIBRARY_AIO_BARRIER_H
#define MODELS_LIBRARY_AIO_BARRIER_H

#include "models/library/aio_locks.h"

struct aio_barrier {
	struct aio_condition condition;
	int64_t parties, inside;
	bool is_draining; /* who comes now waits until all have left */
};

/* For AWAIT in a coroutine: waits until all parties do. */
enum progress aio_barrier_wait(struct os_thread *thread, struct aio_barrier *barrier);

#endif
