/*
 * drivers_clients.c - arrivals and users under the model `thread_pool`: the main thread submits each request.
 *
 * Requests from outside come through a pipe, which the main thread reads; those from inside it makes itself, and sleeps
 * in between. Mirrors run_arrivals() of sim/native/harness_clients.py.
 */
#include "models/library/thread_pool.h"
#include "models/simulate/arrivals.h"
#include "models/simulate/drivers.h"
#include "models/simulate/resources.h"

/* A submitted request. Those that are done serve again, oldest first, so that a long run needs no more memory
 * than its backlog. */
struct request {
	struct work_item item;
	struct request *next;
};

struct clients {
	struct simulation *simulation;
	struct thread_pool *pool;
	struct request *oldest, *newest;
	/* From outside. */
	struct simple_queue unread; /* instances whose arrival lies in the pipe */
	bool closed;
	bool readable; /* something is unread, or the pipe is closed */
	struct futex readers;
	/* From inside. */
	struct arrival_source source;
	uint32_t next_task;
	sim_ns first_ns;
};

static struct clients *clients_new(struct simulation *simulation)
{
	struct clients *clients = region_alloc(simulation->region, sizeof(*clients));

	clients->simulation = simulation;
	clients->pool = thread_pool_new(simulation->interpreter, (uint32_t)simulation->workload->model.workers);
	simple_queue_init(&clients->unread, simulation->region);
	return clients;
}

/* ---- Submitting ---- */

/* Whether so many wait for a worker that the next is turned away. */
static bool is_full(const struct clients *clients)
{
	int64_t limit = clients->simulation->workload->model.queue_limit;

	return limit > 0 && (int64_t)clients->pool->queue.items.count >= limit;
}

/* The work of the oldest request that is done, or a new one. */
static struct work_item *next_item(struct clients *clients)
{
	struct request *request = clients->oldest;

	if (request && request->item.future.done)
		clients->oldest = request->next;
	else
		request = region_alloc(clients->simulation->region, sizeof(*request));
	request->next = NULL;
	if (clients->oldest)
		clients->newest->next = request;
	else
		clients->oldest = request;
	clients->newest = request;
	return &request->item;
}

/* For AWAIT: hands the request to the pool, or turns it away. */
static enum progress submit(struct os_thread *thread, struct clients *clients, struct task_instance *instance)
{
	struct work_item *item;

	if (is_full(clients)) {
		task_instance_reject(instance);
		return DONE;
	}
	item = next_item(clients);
	work_item_init(item, task_run, instance);
	return thread_pool_submit(thread, clients->pool, item);
}

/* ---- From outside ---- */

static struct task_instance *take_unread(const struct os_thread *thread, struct clients *clients)
{
	void *instance = NULL;

	simple_queue_try_get(thread, &clients->unread, &instance);
	clients->readable = clients->closed || !simple_queue_is_empty(&clients->unread);
	return instance;
}

static void request_comes(void *context, struct task_instance *instance)
{
	struct clients *clients = context;

	simple_queue_append(NULL, &clients->unread, instance);
	clients->readable = true;
	futex_wake(&clients->readers, NULL, true);
}

static void pipe_closes(void *context)
{
	struct clients *clients = context;

	clients->closed = clients->readable = true;
	futex_wake(&clients->readers, NULL, true);
}

struct clients_locals {
	struct clients *clients;
};

static enum progress read_requests(struct os_thread *thread, struct frame *frame)
{
	struct clients_locals *my = FRAME_LOCALS(frame, struct clients_locals);
	struct clients *clients = my->clients;

	PROGRAM_BEGIN(frame);
	arrivals_start(clients->simulation,
		       &(const struct arrivals_receiver){ request_comes, pipe_closes, clients });
	for (;;) {
		AWAIT(frame, py_wait_until(thread, &clients->readable, &clients->readers, ACTIVITY_QUEUE_WAIT,
					   SIM_NS_MAX));
		if (simple_queue_is_empty(&clients->unread))
			break;
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_READ)));
		AWAIT(frame, submit(thread, clients, take_unread(thread, clients)));
	}
	PROGRAM_END;
}

/* ---- From inside ---- */

static enum progress make_requests(struct os_thread *thread, struct frame *frame)
{
	struct clients_locals *my = FRAME_LOCALS(frame, struct clients_locals);
	struct clients *clients = my->clients;
	struct simulation *simulation = clients->simulation;

	PROGRAM_BEGIN(frame);
	clients->first_ns = machine_now(thread->machine);
	arrival_source_init(&clients->source, simulation->workload, simulation->replication);
	while (arrival_source_next(&clients->source, &clients->next_task)) {
		if (clients->first_ns + clients->source.at_ns > machine_now(thread->machine))
			AWAIT(frame, py_sleep(thread, clients->first_ns + clients->source.at_ns -
							      machine_now(thread->machine)));
		AWAIT(frame, submit(thread, clients,
				    task_instance_new(simulation, clients->next_task, clients->source.index - 1)));
	}
	task_statistics_arrivals_over(simulation);
	PROGRAM_END;
}

/* ---- The main thread ---- */

static enum progress serve(struct os_thread *thread, struct clients *clients)
{
	struct clients_locals *my = os_thread_push(
		thread, clients->simulation->workload->run.from_inside ? make_requests : read_requests);

	my->clients = clients;
	return os_thread_enter(thread);
}

enum progress run_clients(struct os_thread *thread, struct frame *frame)
{
	struct clients_locals *my = FRAME_LOCALS(frame, struct clients_locals);
	struct simulation *simulation = py_current(thread)->argument;

	PROGRAM_BEGIN(frame);
	my->clients = clients_new(simulation);
	AWAIT(frame, resources_start(thread, simulation));
	simulation_start_clock(simulation);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_CREATE)));
	AWAIT(frame, serve(thread, my->clients));
	AWAIT(frame, thread_pool_shutdown(thread, my->clients->pool, false));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}
