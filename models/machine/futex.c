/*
 * futex.c - see futex.h.
 */
#include "models/machine/futex.h"

#include "models/machine/machine.h"

static void append(struct futex *futex, struct os_thread *thread)
{
	thread->waiting_on = futex;
	thread->next_waiter = NULL;
	thread->previous_waiter = futex->last;
	if (futex->last)
		futex->last->next_waiter = thread;
	else
		futex->first = thread;
	futex->last = thread;
}

enum progress futex_wait(struct os_thread *thread, struct futex *futex, sim_ns deadline_ns, sim_ns slack_ns)
{
	assert(thread->waiting_on == NULL && !thread->wake_pending);
	append(futex, thread);
	return os_thread_block(thread, deadline_ns, slack_ns);
}

sim_ns futex_wake(struct futex *futex, struct os_thread *waker, bool sync)
{
	struct os_thread *thread = futex->first;

	return thread ? os_thread_wake(thread, waker, sync) : 0;
}

void futex_forget(struct os_thread *thread)
{
	struct futex *futex = thread->waiting_on;

	if (!futex)
		return;
	if (thread->previous_waiter)
		thread->previous_waiter->next_waiter = thread->next_waiter;
	else
		futex->first = thread->next_waiter;
	if (thread->next_waiter)
		thread->next_waiter->previous_waiter = thread->previous_waiter;
	else
		futex->last = thread->previous_waiter;
	thread->next_waiter = thread->previous_waiter = NULL;
	thread->waiting_on = NULL;
}

void futex_move_all(struct futex *to, struct futex *from)
{
	while (from->first) {
		struct os_thread *thread = from->first;

		futex_forget(thread);
		append(to, thread);
	}
}
