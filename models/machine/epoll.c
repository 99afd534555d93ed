/*
 * epoll.c - see epoll.h.
 */
#include "models/machine/epoll.h"

sim_ns epoll_item_set_ready(struct epoll_item *item, struct os_thread *waker)
{
	struct epoll *epoll = item->epoll;

	if (item->is_ready)
		return 0;
	item->is_ready = true;
	item->next = NULL;
	if (epoll->first_ready)
		epoll->last_ready->next = item;
	else
		epoll->first_ready = item;
	epoll->last_ready = item;
	return futex_wake(&epoll->waiters, waker, true);
}

void epoll_item_set_read(struct epoll_item *item)
{
	struct epoll *epoll = item->epoll;
	struct epoll_item *before = NULL;

	if (!item->is_ready)
		return;
	for (struct epoll_item *it = epoll->first_ready; it != item; it = it->next)
		before = it;
	if (before)
		before->next = item->next;
	else
		epoll->first_ready = item->next;
	if (epoll->last_ready == item)
		epoll->last_ready = before;
	item->is_ready = false;
}

/* What others have read in the meantime is not reported, and does not end the wait. */
static void forget_stale(struct epoll *epoll)
{
	struct epoll_item *next;

	for (struct epoll_item *item = epoll->first_ready; item; item = next) {
		next = item->next;
		if (item->is_readable && !item->is_readable(item->descriptor))
			epoll_item_set_read(item);
	}
}

struct wait_locals {
	struct epoll *epoll;
	sim_ns deadline_ns, slack_ns;
};

static enum progress wait_ready(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);

	PROGRAM_BEGIN(frame);
	while (!my->epoll->first_ready) {
		AWAIT(frame, futex_wait(thread, &my->epoll->waiters, my->deadline_ns, my->slack_ns));
		forget_stale(my->epoll);
		if (thread->timed_out)
			break;
	}
	PROGRAM_END;
}

enum progress epoll_wait_ready(struct os_thread *thread, struct epoll *epoll, sim_ns timeout_ns)
{
	struct wait_locals *my;

	forget_stale(epoll);
	if (epoll->first_ready || timeout_ns == 0)
		return DONE;
	my = os_thread_push(thread, wait_ready);
	my->epoll = epoll;
	my->deadline_ns = timeout_ns == SIM_NS_MAX ? SIM_NS_MAX
						   : sim_time_add(machine_now(thread->machine), timeout_ns);
	my->slack_ns = poll_slack(thread->machine, timeout_ns);
	return os_thread_enter(thread);
}

sim_ns poll_slack(const struct machine_model *machine, sim_ns timeout_ns)
{
	sim_ns slack_ns = machine->timer_slack_ns;

	/* Without any slack at all (PR_SET_TIMERSLACK of an ideal machine) the timeout is exact. */
	if (slack_ns == 0 || timeout_ns / 1000 < slack_ns)
		return slack_ns;
	return timeout_ns / 1000 < 100 * SIM_MS ? timeout_ns / 1000 : 100 * SIM_MS;
}
