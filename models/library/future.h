/*
 * future.h - concurrent.futures.Future: done or not, and who waits for it.
 *
 * Source      Lib/concurrent/futures/_base.py: set_result() notifies all waiters; result() waits on the
 *             future's condition. The condition's own lock, held for microseconds, is not modelled.
 */
#ifndef MODELS_LIBRARY_FUTURE_H
#define MODELS_LIBRARY_FUTURE_H

#include "models/interpreter/py_thread.h"

struct py_future {
	bool done;
	struct futex waiters;
};

/* For AWAIT. */
enum progress py_future_set(struct os_thread *thread, struct py_future *future);
enum progress py_future_wait(struct os_thread *thread, struct py_future *future);

#endif
