/*
 * drivers_server.c - the model `server`: an arbiter forks workers that accept from a listening socket, and replaces
 * those that end or give no sign of life. Mirrors sim/native/harness_server.py.
 *
 * Source      gunicorn 20.1: arbiter.py (spawn_worker, murder_workers, reap_workers, max_requests of the workers).
 * Modelled    the workers are started and listen before the first request comes; the run ends with the last answer.
 *             A worker that has given no sign of life for longer than the timeout is killed with all that it has
 *             accepted, and replaced; so is one that has served as many requests as it may.
 * Assumed     the arbiter looks every tenth of the timeout; gunicorn looks every second, Celery sets a timer for
 *             each task.
 */
#include "models/simulate/drivers.h"
#include "models/simulate/resources.h"
#include "models/simulate/server.h"

#define LOOKS_PER_TIMEOUT 10
/* A worker that must give signs of life gives two within the timeout, as gunicorn's do. */
#define SIGNS_PER_TIMEOUT 2

/* ---- Workers ---- */

static enum server_kind kind_of(const struct model *model)
{
	if (model->each && model->each->kind == MODEL_THREAD_POOL)
		return SERVER_THREADS;
	if (model->each && model->each->kind == MODEL_ASYNCIO)
		return SERVER_ASYNCIO;
	return model->prefetch > 0 ? SERVER_PREFETCHING : SERVER_BLOCKING;
}

static void prepare(struct server_slot *slot)
{
	struct server *server = slot->server;
	const struct model *model = server->model;

	slot->process.watch = &server->events;
	slot->worker = (struct server_worker){
		.kind = kind_of(model),
		.threads = model->each ? (uint32_t)model_workers(server->simulation->workload, model->each) : 0,
		.prefetch = model->prefetch,
		.request_limit = model->max_tasks_per_child,
		.sign_interval_ns =
			model->timeout_ns == TIMEOUT_NONE ? SIM_NS_MAX : model->timeout_ns / SIGNS_PER_TIMEOUT,
		.statistics = &server->simulation->loops,
		.alive_ns = SERVER_RESTS,
	};
}

static enum progress run_worker(struct os_thread *thread, struct frame *frame)
{
	struct server_slot *slot = mp_argument(thread);
	struct server *server = slot->server;

	PROGRAM_BEGIN(frame);
	/* Its own socket, bound and listening; or the one that it has inherited. Then it tells the arbiter. */
	if (!server->shared)
		AWAIT(frame, os_thread_compute(thread, 3 * py_cost(thread, COST_SYSCALL_BASE)));
	slot->worker.listener =
		server->shared ? server->shared : listener_new(thread->machine, server->model->backlog);
	server->all_listen = ++server->listening_count == server->slot_count;
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_WRITE) +
						       futex_wake(&server->events, thread, true)));
	AWAIT(frame, server_serve(thread, &slot->worker));
	PROGRAM_END;
}

struct slot_locals {
	struct server_slot *slot;
	bool kills;
};

static enum progress start_worker(struct os_thread *thread, struct server_slot *slot)
{
	struct server *server = slot->server;

	prepare(slot);
	return mp_process_start(thread, &server->simulation->context, &slot->process, "worker", run_worker, slot);
}

/* Kills it, and counts what it leaves behind. */
static void kill_worker(struct server_slot *slot)
{
	struct os_process *process = slot->process.interpreter->process;

	for (struct os_thread *it = process->threads; it; it = it->next_in_process) {
		if (it->state == THREAD_NEW)
			continue;
		os_thread_account_to(it, NULL);
		if (py_current(it) && aio_running_loop(it))
			aio_tasks_take_stock(aio_running_loop(it));
	}
	os_process_kill(process);
}

static enum progress end_worker(struct os_thread *thread, struct frame *frame)
{
	struct slot_locals *my = FRAME_LOCALS(frame, struct slot_locals);
	struct server_slot *slot = my->slot;

	PROGRAM_BEGIN(frame);
	if (my->kills) {
		kill_worker(slot);
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_SYSCALL_BASE)));
	}
	AWAIT(frame, mp_process_join(thread, &slot->process));
	if (slot->worker.listener) {
		slot->server->listening_count--;
		server_worker_gone(&slot->worker);
		server_clients_reset(slot->server, &slot->worker);
		slot->worker.listener = NULL;
	}
	PROGRAM_END;
}

/* For AWAIT: joins the worker, which has ended or shall (`kills`). */
static enum progress remove_worker(struct os_thread *thread, struct server_slot *slot, bool kills)
{
	struct slot_locals *my = os_thread_push(thread, end_worker);

	my->slot = slot;
	my->kills = kills;
	return os_thread_enter(thread);
}

/* ---- The arbiter ---- */

static bool has_ended(const struct server *server)
{
	for (int64_t i = 0; i < server->slot_count; i++)
		if (mp_process_has_exited(&server->slots[i].process))
			return true;
	return false;
}

static bool is_silent(const struct server_slot *slot, sim_ns now)
{
	sim_ns timeout_ns = slot->server->model->timeout_ns;

	return timeout_ns != TIMEOUT_NONE && slot->worker.alive_ns != SERVER_RESTS &&
	       now - slot->worker.alive_ns > timeout_ns;
}

struct arbiter_locals {
	struct server *server;
	int64_t next;
	sim_ns deadline_ns;
	bool is_silent;
};

/* multiprocessing.connection.wait(): until a worker has ended, all is answered, or it is time to look at them. */
static enum progress wait_for_news(struct os_thread *thread, struct frame *frame)
{
	struct arbiter_locals *my = FRAME_LOCALS(frame, struct arbiter_locals);
	struct server *server = my->server;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PPE_WAIT) +
						 py_cost(thread, COST_PPE_WAIT_WORKER) * server->slot_count));
	my->deadline_ns = SIM_NS_MAX;
	if (server->model->timeout_ns != TIMEOUT_NONE)
		my->deadline_ns =
			sim_time_add(machine_now(thread->machine), server->model->timeout_ns / LOOKS_PER_TIMEOUT);
	AWAIT(frame, py_release_gil(thread));
	while (!server->all_answered && !has_ended(server)) {
		AWAIT(frame, futex_wait(thread, &server->events, my->deadline_ns, thread->machine->timer_slack_ns));
		if (thread->timed_out)
			break;
	}
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

static enum progress await_news(struct os_thread *thread, struct server *server)
{
	struct arbiter_locals *my = os_thread_push(thread, wait_for_news);

	my->server = server;
	return os_thread_enter(thread);
}

static struct server *server_new(struct simulation *simulation)
{
	const struct model *model = &simulation->workload->model;
	struct server *server = region_alloc(simulation->region, sizeof(*server));

	server->simulation = simulation;
	server->model = model;
	server->slot_count = model->workers;
	server->slots = region_alloc_array(simulation->region, (size_t)model->workers, sizeof(*server->slots));
	for (int64_t i = 0; i < server->slot_count; i++)
		server->slots[i].server = server;
	if (!model->reuse_port)
		server->shared = listener_new(simulation->machine, model->backlog);
	return server;
}

enum progress run_server(struct os_thread *thread, struct frame *frame)
{
	struct arbiter_locals *my = FRAME_LOCALS(frame, struct arbiter_locals);
	struct simulation *simulation = py_current(thread)->argument;
	struct server *server = my->server;

	PROGRAM_BEGIN(frame);
	server = my->server = server_new(simulation);
	AWAIT(frame, resources_start(thread, simulation));
	if (!server->model->warm)
		simulation_start_clock(simulation);
	for (my->next = 0; my->next < server->slot_count; my->next++)
		AWAIT(frame, start_worker(thread, &server->slots[my->next]));
	AWAIT(frame, py_wait_until(thread, &server->all_listen, &server->events, ACTIVITY_START_UP, SIM_NS_MAX));
	if (server->model->warm)
		simulation_start_clock(simulation);
	server_clients_start(server);
	for (;;) {
		AWAIT(frame, await_news(thread, server));
		if (server->all_answered)
			break;
		for (my->next = 0; my->next < server->slot_count; my->next++) {
			my->is_silent = is_silent(&server->slots[my->next], machine_now(thread->machine));
			if (!my->is_silent && !mp_process_has_exited(&server->slots[my->next].process))
				continue;
			AWAIT(frame, remove_worker(thread, &server->slots[my->next], my->is_silent));
			AWAIT(frame, start_worker(thread, &server->slots[my->next]));
		}
	}
	for (my->next = 0; my->next < server->slot_count; my->next++)
		AWAIT(frame, remove_worker(thread, &server->slots[my->next],
					   !mp_process_has_exited(&server->slots[my->next].process)));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}
