/*
 * epoll.h - an epoll instance: one thread waits until a descriptor is readable.
 *
 * Source      Linux fs/eventpoll.c: ready descriptors in the order in which they became so; level-triggered, so one
 *             that still has something to read is reported again. select_estimate_accuracy() of fs/select.c: the
 *             slack of the timeout grows with it.
 * Left out    edge triggers, several waiters, writability (a socket's buffer is never full).
 */
#ifndef MODELS_MACHINE_EPOLL_H
#define MODELS_MACHINE_EPOLL_H

#include "models/machine/futex.h"
#include "models/machine/machine.h"

/* A descriptor that is watched; the owner keeps it, within what it is about. Where other processes read from it too, it
 * is asked once more before it is reported (ep_item_poll). */
struct epoll_item {
	struct epoll *epoll;
	bool is_ready;
	bool (*is_readable)(const void *descriptor); /* NULL: while is_ready says so */
	const void *descriptor;
	sim_ns ready_since_ns; /* kept by who makes it ready */
	struct epoll_item *next; /* ready, in order */
};

struct epoll {
	struct futex waiters;
	struct epoll_item *first_ready, *last_ready;
};

/* The item is readable from now on. Returns what that costs the thread that made it so; NULL: a device did. */
sim_ns epoll_item_set_ready(struct epoll_item *item, struct os_thread *waker);
/* It has been read to its end. */
void epoll_item_set_read(struct epoll_item *item);
/* For AWAIT: waits until an item is ready or the timeout has passed (SIM_NS_MAX: none; 0: only looks). */
enum progress epoll_wait_ready(struct os_thread *thread, struct epoll *epoll, sim_ns timeout_ns);

/* How late the kernel may let the timeout of a poll(), select() or epoll_wait() expire. */
sim_ns poll_slack(const struct machine_model *machine, sim_ns timeout_ns);

#endif
