/*
 * listener.h - a listening TCP socket: connections that wait to be accepted, and who is woken by one.
 *
 * Source      Linux net/ipv4/inet_connection_sock.c: inet_csk_accept(), inet_csk_wait_for_connect(); tcp_input.c:
 *             tcp_conn_request(); kernel/sched/wait.c: __wake_up_common(); fs/eventpoll.c: ep_ptable_queue_proc(),
 *             ep_poll_callback() @6.12.
 * Modelled    the queue of connections that are established, of one more than the backlog; a full one drops what
 *             comes. Threads in accept() wait exclusively, in order of arrival: one connection wakes one of them,
 *             who finds nothing when another was quicker, and waits again at the end. Those that watch the socket
 *             by epoll stand before them, the latest first, and all are woken: whoever runs first has it.
 * Left out    EPOLLEXCLUSIVE; the queue of half-open connections (on a fast link they are there for microseconds);
 *             SYN cookies; who loses packets.
 */
#ifndef MODELS_MACHINE_LISTENER_H
#define MODELS_MACHINE_LISTENER_H

#include "models/machine/epoll.h"
#include "sim/base/ring.h"

/* An epoll's watch of a listener; whoever watches keeps it. */
struct listener_watch {
	struct epoll_item *item;
	struct listener_watch *next; /* the one that watches for longer */
};

struct listener {
	struct machine_model *machine;
	int64_t backlog;
	struct ring connections; /* of void *: established, not yet accepted */
	struct futex accepters;
	struct listener_watch *watches; /* latest first */
};

struct listener *listener_new(struct machine_model *machine, int64_t backlog);
/* A client connects, from outside. False: the queue is full, and its packet is dropped. */
bool listener_connect(struct listener *listener, void *connection);
/* accept() that does not block: NULL when there is none. */
void *listener_take(struct listener *listener);
/* For AWAIT: accept() that blocks; without the cost of the call. */
enum progress listener_accept(struct os_thread *thread, struct listener *listener, void **connection);
/* EPOLL_CTL_ADD of the socket, and its end. The item is filled in. */
void listener_add_watch(struct listener *listener, struct listener_watch *watch, struct epoll_item *item,
			struct epoll *epoll);
void listener_remove_watch(struct listener *listener, struct listener_watch *watch);

#endif
