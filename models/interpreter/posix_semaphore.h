/*
 * posix_semaphore.h - sem_t, as CPython's locks use it: one try with the GIL held, else a wait without it.
 *
 * Source      glibc 2.36, nptl/sem_waitcommon.c and sem_post.c: a value, a number of waiters and a futex, first in,
 *             first out; no hand-over: whoever runs may take what a woken waiter was woken for.
 *             Python/thread_pthread.h (the locks up to 3.13); Modules/_multiprocessing/semaphore.c.
 * Modelled    who gets the semaphore has it while it queues for the GIL. A post makes the system call for as long
 *             as somebody is on its way to take it, even if all of these have been woken. Who finds a shared one
 *             taken is for a moment on its way into the kernel, and does not sleep if it was posted meanwhile.
 * Left out    that moment where the semaphore is one process's: its threads meet at the GIL first.
 * Assumed     how that moment varies: exponentially, around the time of the call that is measured (futex.call).
 */
#ifndef MODELS_INTERPRETER_POSIX_SEMAPHORE_H
#define MODELS_INTERPRETER_POSIX_SEMAPHORE_H

#include "models/interpreter/py_thread.h"

struct posix_semaphore {
	int64_t value;
	int64_t waiter_count; /* in sem_wait(), asleep or not */
	struct futex waiters;
	bool is_shared; /* by processes */
};

/* sem_trywait(). */
static inline bool posix_semaphore_try(struct posix_semaphore *semaphore)
{
	if (semaphore->value == 0)
		return false;
	semaphore->value--;
	return true;
}
/* For AWAIT: sem_clockwait() without the GIL, SIM_NS_MAX: sem_wait(). py_thread.timed_out tells how it ended. */
enum progress posix_semaphore_wait(struct os_thread *thread, struct posix_semaphore *semaphore, sim_ns deadline_ns,
				   uint8_t activity);
/* A system call that wakes nobody, or does not wait. It meets others' calls in the kernel's table of futexes, and takes now
 * more, now less: else those who contend for a semaphore, and do the same all the time, would fall into step. */
static inline sim_ns posix_semaphore_call_ns(const struct os_thread *thread)
{
	return machine_irregular(thread->machine, machine_cost(thread->machine, COST_FUTEX_CALL));
}
/* sem_post(). Returns what waking somebody costs the caller; 0 when nobody waits. */
static inline sim_ns posix_semaphore_post(struct posix_semaphore *semaphore, struct os_thread *thread)
{
	semaphore->value++;
	if (semaphore->waiter_count == 0)
		return 0;
	if (!futex_has_waiters(&semaphore->waiters))
		return semaphore->is_shared ? posix_semaphore_call_ns(thread) :
					      machine_cost(thread->machine, COST_SYSCALL_BASE);
	return futex_wake(&semaphore->waiters, thread, false);
}

#endif
