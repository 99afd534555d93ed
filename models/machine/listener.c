/*
 * listener.c - see listener.h.
 */
#include "models/machine/listener.h"

struct listener *listener_new(struct machine_model *machine, int64_t backlog)
{
	struct listener *listener = region_alloc(machine->region, sizeof(*listener));

	listener->machine = machine;
	listener->backlog = backlog;
	ring_init(&listener->connections, machine->region, sizeof(void *));
	return listener;
}

static void set_ready(const struct listener *listener, struct epoll_item *item)
{
	if (!item->is_ready)
		item->ready_since_ns = machine_now(listener->machine);
	epoll_item_set_ready(item, NULL);
}

bool listener_connect(struct listener *listener, void *connection)
{
	/* sk_acceptq_is_full(): more than the backlog, not as many. */
	if ((int64_t)listener->connections.count > listener->backlog)
		return false;
	*(void **)ring_append(&listener->connections) = connection;
	for (struct listener_watch *watch = listener->watches; watch; watch = watch->next)
		set_ready(listener, watch->item);
	futex_wake(&listener->accepters, NULL, true);
	return true;
}

void *listener_take(struct listener *listener)
{
	void *connection;

	if (listener->connections.count == 0)
		return NULL;
	connection = *(void **)ring_at(&listener->connections, 0);
	ring_drop_first(&listener->connections);
	return connection;
}

struct accept_locals {
	struct listener *listener;
	void **connection;
};

static enum progress accept(struct os_thread *thread, struct frame *frame)
{
	struct accept_locals *my = FRAME_LOCALS(frame, struct accept_locals);

	PROGRAM_BEGIN(frame);
	while (!(*my->connection = listener_take(my->listener)))
		AWAIT(frame, futex_wait(thread, &my->listener->accepters, SIM_NS_MAX, 0));
	PROGRAM_END;
}

enum progress listener_accept(struct os_thread *thread, struct listener *listener, void **connection)
{
	struct accept_locals *my = os_thread_push(thread, accept);

	my->listener = listener;
	my->connection = connection;
	return os_thread_enter(thread);
}

static bool is_readable(const void *listener)
{
	return ((const struct listener *)listener)->connections.count > 0;
}

void listener_add_watch(struct listener *listener, struct listener_watch *watch, struct epoll_item *item,
			struct epoll *epoll)
{
	*watch = (struct listener_watch){ .item = item, .next = listener->watches };
	listener->watches = watch;
	item->epoll = epoll;
	item->is_readable = is_readable;
	item->descriptor = listener;
	if (is_readable(listener))
		set_ready(listener, item);
}

void listener_remove_watch(struct listener *listener, struct listener_watch *watch)
{
	struct listener_watch **link = &listener->watches;

	while (*link && *link != watch)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = watch->next;
	epoll_item_set_read(watch->item);
}
