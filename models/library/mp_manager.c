/*
 * mp_manager.c - see mp_manager.h.
 */
#include "models/library/mp_manager.h"

/* Pickled size of (ident, method name, args, kwds) and of ('#RETURN', value). */
#define REQUEST_BASE_BYTES 60
#define REPLY_BASE_BYTES 30
/* What each side sends to let the other prove itself, to prove itself, and to be content with that. */
#define CHALLENGE_BYTES 31
#define DIGEST_BYTES 16
#define WELCOME_BYTES 9

struct mp_manager_connection {
	const struct os_thread *client;
	bool for_one_request;
	struct pipe *requests, *replies; /* the two ways of a socket */
	struct py_thread *server_thread;
	struct mp_manager_connection *next, *next_knocking;
	struct payload result; /* of the call under way */
};

/* ---- The server ---- */

struct serve_locals {
	void *ignored;
};

/* _handle_request(): the handshake and the first request; serve_client(). */
static enum progress serve_client(struct os_thread *thread, struct frame *frame)
{
	struct serve_locals *my = FRAME_LOCALS(frame, struct serve_locals);
	struct mp_manager_connection *connection = py_current(thread)->argument;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MANAGER_ACCEPT)));
	AWAIT(frame, connection_send(thread, connection->replies, CHALLENGE_BYTES, NULL));
	AWAIT(frame, connection_receive(thread, connection->requests, &my->ignored));
	AWAIT(frame, connection_send(thread, connection->replies, WELCOME_BYTES, NULL));
	AWAIT(frame, connection_receive(thread, connection->requests, &my->ignored));
	AWAIT(frame, connection_send(thread, connection->replies, DIGEST_BYTES, NULL));
	AWAIT(frame, connection_receive(thread, connection->requests, &my->ignored));
	AWAIT(frame, connection_receive(thread, connection->requests, &my->ignored));
	AWAIT(frame, connection_send(thread, connection->replies, REPLY_BASE_BYTES, NULL));
	while (!connection->for_one_request) {
		AWAIT(frame, connection_receive(thread, connection->requests, &my->ignored));
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MANAGER_SERVE) +
							 pickle_cost(thread, connection->result)));
		AWAIT(frame, connection_send(thread, connection->replies, REPLY_BASE_BYTES + connection->result.bytes,
					     NULL));
	}
	PROGRAM_END;
}

struct accept_locals {
	struct mp_manager_connection *connection;
};

/* accepter(): a thread for each connection. */
static enum progress accept_clients(struct os_thread *thread, struct frame *frame)
{
	struct accept_locals *my = FRAME_LOCALS(frame, struct accept_locals);
	struct mp_manager *manager = mp_argument(thread);

	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, py_wait_until(thread, &manager->has_knocking, &manager->accepter, ACTIVITY_QUEUE_WAIT,
					   SIM_NS_MAX));
		my->connection = manager->knocking;
		manager->knocking = my->connection->next_knocking;
		manager->has_knocking = manager->knocking != NULL;
		my->connection->server_thread =
			py_thread_new(py_current(thread)->interpreter, "Manager connection", serve_client, my->connection);
		AWAIT(frame, py_thread_start(thread, my->connection->server_thread));
	}
	PROGRAM_END;
}

/* ---- Its clients ---- */

struct mp_manager *mp_manager_new(struct region *region, struct mp_context *context)
{
	struct mp_manager *manager = region_alloc(region, sizeof(*manager));

	manager->context = context;
	return manager;
}

static struct mp_manager_connection *connection_of(const struct mp_manager *manager, const struct os_thread *client)
{
	struct mp_manager_connection *connection = manager->connections;

	while (connection && (connection->client != client || connection->for_one_request))
		connection = connection->next;
	return connection;
}

static struct mp_manager_connection *connection_new(struct mp_manager *manager, struct os_thread *client)
{
	struct mp_manager_connection *connection = region_alloc(client->machine->region, sizeof(*connection));

	connection->client = client;
	pipe_new_socket(client->machine, &connection->requests, &connection->replies);
	connection->next = manager->connections;
	manager->connections = connection;
	return connection;
}

/* Whoever knocks first is served first; returns what waking the accepter costs. */
static sim_ns knock(struct os_thread *thread, struct mp_manager *manager, struct mp_manager_connection *connection)
{
	struct mp_manager_connection **link = &manager->knocking;

	while (*link)
		link = &(*link)->next_knocking;
	*link = connection;
	manager->has_knocking = true;
	return futex_wake(&manager->accepter, thread, true);
}

struct connect_locals {
	struct mp_manager *manager;
	struct mp_manager_connection *connection;
	void *ignored;
};

/* Client(), and dispatch() of the first request: 'accept_connection', 'incref' or 'decref'. */
static enum progress connect(struct os_thread *thread, struct frame *frame)
{
	struct connect_locals *my = FRAME_LOCALS(frame, struct connect_locals);
	struct mp_manager_connection *connection = my->connection;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MANAGER_CONNECT)));
	AWAIT(frame, os_thread_compute(thread, knock(thread, my->manager, connection)));
	AWAIT(frame, connection_receive(thread, connection->replies, &my->ignored));
	AWAIT(frame, connection_send(thread, connection->requests, DIGEST_BYTES, NULL));
	AWAIT(frame, connection_receive(thread, connection->replies, &my->ignored));
	AWAIT(frame, connection_send(thread, connection->requests, CHALLENGE_BYTES, NULL));
	AWAIT(frame, connection_receive(thread, connection->replies, &my->ignored));
	AWAIT(frame, connection_send(thread, connection->requests, WELCOME_BYTES, NULL));
	AWAIT(frame, connection_send(thread, connection->requests, REQUEST_BASE_BYTES, NULL));
	AWAIT(frame, connection_receive(thread, connection->replies, &my->ignored));
	PROGRAM_END;
}

static enum progress connect_to(struct os_thread *thread, struct mp_manager *manager,
				struct mp_manager_connection *connection)
{
	struct connect_locals *locals = os_thread_push(thread, connect);

	locals->manager = manager;
	locals->connection = connection;
	return os_thread_enter(thread);
}

/* _decref(), and what _incref() sends. */
static enum progress tell_reference(struct os_thread *thread, void *argument)
{
	struct mp_manager *manager = argument;
	struct mp_manager_connection *connection = connection_new(manager, thread);

	connection->for_one_request = true;
	return connect_to(thread, manager, connection);
}

/* _after_fork(). */
static enum progress count_reference(struct os_thread *thread, void *argument)
{
	struct interpreter *interpreter = py_current(thread)->interpreter;
	struct py_hook *finalizer = region_alloc(thread->machine->region, sizeof(*finalizer));

	*finalizer = (struct py_hook){ tell_reference, argument, interpreter->finalizers };
	interpreter->finalizers = finalizer;
	return tell_reference(thread, argument);
}

struct start_locals {
	struct mp_manager *manager;
};

static enum progress start(struct os_thread *thread, struct frame *frame)
{
	struct start_locals *my = FRAME_LOCALS(frame, struct start_locals);
	struct interpreter *interpreter;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MANAGER_START)));
	AWAIT(frame, mp_process_start(thread, my->manager->context, &my->manager->server, "SyncManager",
				      accept_clients, my->manager));
	interpreter = py_current(thread)->interpreter;
	my->manager->after_fork = (struct py_hook){ count_reference, my->manager, interpreter->after_fork };
	interpreter->after_fork = &my->manager->after_fork;
	PROGRAM_END;
}

enum progress mp_manager_start(struct os_thread *thread, struct mp_manager *manager)
{
	struct start_locals *my = os_thread_push(thread, start);

	my->manager = manager;
	return os_thread_enter(thread);
}

struct call_locals {
	struct mp_manager *manager;
	struct mp_manager_connection *connection;
	struct payload arguments, result;
	void *ignored;
};

static enum progress call(struct os_thread *thread, struct frame *frame)
{
	struct call_locals *my = FRAME_LOCALS(frame, struct call_locals);

	PROGRAM_BEGIN(frame);
	my->connection = connection_of(my->manager, thread);
	if (!my->connection) {
		my->connection = connection_new(my->manager, thread);
		AWAIT(frame, connect_to(thread, my->manager, my->connection));
	}
	my->connection->result = my->result;
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MANAGER_CALL) +
						 pickle_cost(thread, my->arguments)));
	AWAIT(frame, connection_send(thread, my->connection->requests, REQUEST_BASE_BYTES + my->arguments.bytes, NULL));
	AWAIT(frame, connection_receive(thread, my->connection->replies, &my->ignored));
	AWAIT(frame, py_overhead(thread, unpickle_cost(thread, my->result, UNTIL_UNPICKLED)));
	PROGRAM_END;
}

enum progress mp_manager_call(struct os_thread *thread, struct mp_manager *manager, struct payload arguments,
			      struct payload result)
{
	struct call_locals *my = os_thread_push(thread, call);

	my->manager = manager;
	my->arguments = arguments;
	my->result = result;
	return os_thread_enter(thread);
}
