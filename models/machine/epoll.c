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

enum progress epoll_wait_ready(struct os_thread *thread, struct epoll *epoll, sim_ns timeout_ns)
{
	sim_ns deadline_ns = SIM_NS_MAX;

	if (epoll->first_ready || timeout_ns == 0)
		return DONE;
	if (timeout_ns != SIM_NS_MAX)
		deadline_ns = sim_time_add(machine_now(thread->machine), timeout_ns);
	return futex_wait(thread, &epoll->waiters, deadline_ns, poll_slack(thread->machine, timeout_ns));
}

sim_ns poll_slack(const struct machine_model *machine, sim_ns timeout_ns)
{
	sim_ns slack_ns = machine->timer_slack_ns;

	/* Without any slack at all (PR_SET_TIMERSLACK of an ideal machine) the timeout is exact. */
	if (slack_ns == 0 || timeout_ns / 1000 < slack_ns)
		return slack_ns;
	return timeout_ns / 1000 < 100 * SIM_MS ? timeout_ns / 1000 : 100 * SIM_MS;
}
