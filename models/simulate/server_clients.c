/*
 * server_clients.c - the clients of a server: they connect, send a request, and wait for the answer. When they come
 * arrivals.c says.
 *
 * Source      Linux net/ipv4/tcp_timer.c: tcp_retransmit_timer(), tcp_write_timeout(); net/core/sock_reuseport.c:
 *             reuseport_select_sock() @6.12.
 * Modelled    a connection that meets a full backlog is tried again by the client's kernel: after a second each of
 *             the first five times, then after twice as long each time, ten times in all (before Linux 6.5: after
 *             1, 2, 4, ... seconds, six times), and then given up: the request was rejected. With a socket for each
 *             worker the connection's addresses are hashed to choose one, busy or not.
 * Assumed     the hash, which is keyed by a random number, is drawn evenly. Linux 6.5 and later is what has EEVDF.
 * Left out    the network; a client's own timeout.
 */
#include <assert.h>

#include "models/simulate/arrivals.h"
#include "models/simulate/coroutines.h"
#include "models/simulate/server.h"
#include "models/simulate/task_program.h"

#define SYN_TIMEOUT_NS SIM_S
#define SYN_RETRIES 6
#define SYN_LINEAR_TIMEOUTS 4

struct request {
	struct server_connection connection;
	struct server *server;
	struct task_instance *instance;
	struct handle handle;	   /* told of the instance's end */
	struct listener *listener; /* it is connected to */
	uint64_t number;
	uint32_t user_number; /* from 1; 0: no user's */
	int try_count;
	struct request *next, *previous; /* of the open ones */
};

static event_fn connect;

/* ---- One request ---- */

/* What a coroutine of the server executes. */
static enum progress run_in_coroutine(struct os_thread *thread, struct frame *frame)
{
	struct task_run_locals *my = FRAME_LOCALS(frame, struct task_run_locals);
	struct task_run_locals *inner;

	PROGRAM_BEGIN(frame);
	coroutine_prepare(aio_running_loop(thread), my->instance);
	inner = os_thread_push(thread, task_run);
	inner->instance = my->instance;
	AWAIT(frame, os_thread_enter(thread));
	PROGRAM_END;
}

static const struct model *inner_model(const struct server *server)
{
	return server->model->each;
}

/* The clock stops with the last answer. */
static void check_end(struct server *server)
{
	if (!server->closed || server->open_count > 0 || server->all_answered)
		return;
	server->all_answered = true;
	futex_wake(&server->events, NULL, true);
}

/* The client is done with it, whatever came of it. */
static void finish(struct request *request)
{
	struct server *server = request->server;

	*(request->previous ? &request->previous->next : &server->open) = request->next;
	if (request->next)
		request->next->previous = request->previous;
	server->open_count--;
	request->next = NULL;
	*(server->oldest_done ? &server->newest_done->next : &server->oldest_done) = request;
	server->newest_done = request;
	if (request->user_number > 0)
		arrivals_request_ended(server->simulation->arrivals, request->user_number - 1);
	check_end(server);
}

static void answered(struct server_connection *connection)
{
	finish((struct request *)connection);
}

static struct listener *choose_listener(const struct server *server, const struct request *request)
{
	const struct simulation *simulation = server->simulation;
	struct variate variate = variate_open(simulation->workload->seed, simulation->replication,
					      random_hash_name("reuse_port"), 0, request->number);
	int64_t chosen;

	if (server->shared)
		return server->shared;
	if (server->listening_count == 0)
		return NULL;
	chosen = (int64_t)(variate_uniform(&variate) * (double)server->listening_count);
	for (int64_t i = 0; i < server->slot_count; i++)
		if (server->slots[i].worker.listener && chosen-- == 0)
			return server->slots[i].worker.listener;
	return NULL;
}

static int linear_timeouts(const struct machine_model *machine)
{
	return machine->eevdf ? SYN_LINEAR_TIMEOUTS : 0;
}

/* How long the client's kernel waits after that many tries. */
static sim_ns retry_delay(const struct machine_model *machine, int try_count)
{
	int doublings = try_count - linear_timeouts(machine) - 1;

	return doublings > 0 ? SYN_TIMEOUT_NS << doublings : SYN_TIMEOUT_NS;
}

static void connect(struct engine *engine, void *subject, uint64_t argument)
{
	struct request *request = subject;
	struct server *server = request->server;
	const struct machine_model *machine = server->simulation->machine;

	(void)argument;
	if (request->try_count > SYN_RETRIES + linear_timeouts(machine)) { /* ETIMEDOUT */
		task_instance_reject(request->instance);
		finish(request);
		return;
	}
	request->listener = choose_listener(server, request);
	if (!request->listener) { /* ECONNREFUSED */
		task_instance_abort(request->instance);
		finish(request);
		return;
	}
	if (listener_connect(request->listener, &request->connection))
		return;
	request->listener = NULL;
	request->try_count++;
	engine_schedule_after(engine, retry_delay(machine, request->try_count), connect, request, 0);
}

void server_clients_reset(struct server *server, const struct server_worker *worker)
{
	struct request *next;

	assert(worker); /* what nobody has accepted has none */
	for (struct request *request = server->open; request; request = next) {
		bool is_queued = !request->connection.worker && request->listener &&
				 request->listener == worker->listener && !server->shared;

		next = request->next;
		if (request->connection.worker != worker && !is_queued)
			continue;
		if (!request->handle.done)
			task_instance_abort(request->instance);
		finish(request);
	}
}

/* ---- When they come ---- */

/* The memory of the request that was answered first, if the server has closed it, or new memory. */
static struct request *take_done(struct server *server)
{
	struct request *request = server->oldest_done;

	if (!request || !(request->connection.closed || request->connection.item.future.done))
		return region_alloc_near(server->simulation->region, sizeof(*request));
	server->oldest_done = request->next;
	return request;
}

static void request_comes(void *context, struct task_instance *instance)
{
	struct server *server = context;
	struct simulation *simulation = server->simulation;
	struct request *request = take_done(server);
	sim_ns now = engine_now(simulation->engine);

	*request = (struct request){ .server = server,
				     .instance = instance,
				     .user_number = task_user_number(instance) };
	task_set_user_number(instance, 0); /* a user waits for the answer, not only for the instance's end */
	request->number = server->released_count++;
	task_set_handle(request->instance, &request->handle);
	request->connection.handler = task_run;
	if (inner_model(server) && inner_model(server)->kind == MODEL_ASYNCIO) {
		request->connection.handler = run_in_coroutine;
		task_set_timeout(request->instance, inner_model(server)->timeout_ns);
	}
	request->connection.request = request->instance;
	request->connection.answered = answered;
	request->next = server->open;
	if (server->open)
		server->open->previous = request;
	server->open = request;
	server->open_count++;
	server->free_ns = sim_time_add(server->free_ns > now ? server->free_ns : now,
				       machine_cost(simulation->machine, COST_SERVER_CONNECT));
	engine_schedule_at(simulation->engine, server->free_ns, connect, request, 0);
}

static void no_more_come(void *context)
{
	struct server *server = context;

	server->closed = true;
	check_end(server);
}

void server_clients_start(struct server *server)
{
	const struct arrivals_receiver receiver = { request_comes, no_more_come, server };

	arrivals_start(server->simulation, &receiver);
}
