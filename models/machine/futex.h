/*
 * futex.h - what an OS thread may block on: a list of waiters, woken in order of arrival.
 *
 * Source      Linux kernel/futex: __futex_queue() (first in, first out among normal tasks), futex_wake(). There is
 *             no hand-off: who is woken must run before it can take anything.
 */
#ifndef MODELS_MACHINE_FUTEX_H
#define MODELS_MACHINE_FUTEX_H

#include "models/machine/os_thread.h"

struct futex {
	struct os_thread *first, *last;
};

/* Appends the running thread and blocks it, as os_thread_block(). */
enum progress futex_wait(struct os_thread *thread, struct futex *futex, sim_ns deadline_ns, sim_ns slack_ns);
/* Wakes the first waiter. Returns what that costs the waker; 0 when nobody waits. */
sim_ns futex_wake(struct futex *futex, struct os_thread *waker, bool sync);
/* Takes a thread out of the list that it waits in, if any. */
void futex_forget(struct os_thread *thread);
/* Appends all of `from` to `to`, in order. */
void futex_move_all(struct futex *to, struct futex *from);

static inline bool futex_has_waiters(const struct futex *futex)
{
	return futex->first != NULL;
}

#endif
