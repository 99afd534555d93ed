/*
 * mp_semaphore.c - see mp_semaphore.h.
 */
#include "models/library/mp_semaphore.h"

void mp_semaphore_init(struct mp_semaphore *semaphore, int64_t value)
{
	*semaphore = (struct mp_semaphore){ .semaphore = { .value = value, .is_shared = true } };
}

enum progress mp_semaphore_acquire(struct os_thread *thread, struct mp_semaphore *semaphore, sim_ns deadline_ns)
{
	py_current(thread)->timed_out = false;
	if (posix_semaphore_try(&semaphore->semaphore))
		return py_overhead(thread, py_cost(thread, COST_MP_LOCK_UNCONTENDED) / 2);
	if (deadline_ns <= machine_now(thread->machine)) {
		py_current(thread)->timed_out = true;
		return DONE;
	}
	return posix_semaphore_wait(thread, &semaphore->semaphore, deadline_ns, ACTIVITY_LOCK_WAIT);
}

enum progress mp_semaphore_release(struct os_thread *thread, struct mp_semaphore *semaphore)
{
	return mp_semaphore_release_all(thread, semaphore, 1);
}

enum progress mp_semaphore_release_all(struct os_thread *thread, struct mp_semaphore *semaphore, int64_t count)
{
	sim_ns cost_ns = 0;

	for (int64_t i = 0; i < count; i++)
		cost_ns += py_cost(thread, COST_MP_LOCK_UNCONTENDED) / 2 +
			   posix_semaphore_post(&semaphore->semaphore, thread);
	return py_overhead(thread, cost_ns);
}
