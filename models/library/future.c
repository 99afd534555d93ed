/*
 * future.c - see future.h.
 */
#include "models/library/future.h"

enum progress py_future_set(struct os_thread *thread, struct py_future *future)
{
	sim_ns cost_ns = 0;

	future->done = true;
	while (futex_has_waiters(&future->waiters))
		cost_ns += futex_wake(&future->waiters, thread, false);
	return py_overhead(thread, cost_ns);
}

enum progress py_future_wait(struct os_thread *thread, struct py_future *future)
{
	if (future->done)
		return DONE;
	return py_wait_until(thread, &future->done, &future->waiters, ACTIVITY_QUEUE_WAIT, SIM_NS_MAX);
}
