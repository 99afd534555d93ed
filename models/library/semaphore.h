/*
 * semaphore.h - threading.Semaphore and BoundedSemaphore.
 *
 * Source      Lib/threading.py: Semaphore.acquire(), release() @3.8 to 3.13.
 * Modelled    a counter under a Condition: a thread that runs takes a free permit before one that was notified of
 *             it (barging); the notified looks again.
 */
#ifndef MODELS_LIBRARY_SEMAPHORE_H
#define MODELS_LIBRARY_SEMAPHORE_H

#include "models/library/condition.h"

struct py_semaphore {
	struct py_lock lock;
	struct py_condition condition;
	int64_t value;
};

void py_semaphore_init(struct py_semaphore *semaphore, struct region *region, int64_t value);
/* For AWAIT. Waits for a permit until `deadline_ns` (SIM_NS_MAX: as long as it takes; now or earlier: not at all);
 * py_thread.timed_out tells that there was none. */
enum progress py_semaphore_acquire_until(struct os_thread *thread, struct py_semaphore *semaphore,
					 sim_ns deadline_ns);
/* The same by acquire(timeout=0): without a permit it enters the condition's wait(), though for no time, and so
 * gives the lock back and takes it again. */
enum progress py_semaphore_acquire_in_no_time(struct os_thread *thread, struct py_semaphore *semaphore);
/* What either call takes that has to wait for nothing, and what acquire(timeout=0) takes without a permit. */
sim_ns py_semaphore_cost(const struct os_thread *thread);
sim_ns py_semaphore_fail_cost(const struct os_thread *thread);
/* For AWAIT. Gives `count` permits back and notifies as many waiters. */
enum progress py_semaphore_release(struct os_thread *thread, struct py_semaphore *semaphore, int64_t count);

#endif
