/*
 * drivers.c - see drivers.h.
 */
#include "models/simulate/drivers.h"

#include "models/simulate/arrivals.h"
#include "models/simulate/model_run.h"
#include "models/simulate/resources.h"

static struct simulation *simulation_of(const struct os_thread *thread)
{
	return py_current(thread)->argument;
}

/* ---- A run by one model ---- */

struct run_locals {
	struct model_run *run;
};

static enum progress run_model(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct simulation *simulation = simulation_of(thread);
	const struct model *model = &simulation->workload->model;

	PROGRAM_BEGIN(frame);
	my->run = region_alloc(simulation->region, sizeof(*my->run));
	*my->run = model_run_of_workload(simulation);
	if (model->warm && executor_is_known(model->kind)) {
		my->run->warm = executor_new(simulation, model);
		AWAIT(frame, executor_warm_up(thread, my->run->warm));
	}
	AWAIT(frame, resources_start(thread, simulation));
	simulation_start_clock(simulation);
	AWAIT(frame, model_run_execute(thread, my->run));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

/* ---- arrivals and users: the clients outside the program write to a pipe; the main thread reads and submits ---- */

/* A submitted request. Those that are done serve again, oldest first, so that a long run needs no more memory
 * than its backlog. */
struct request {
	struct work_item item;
	struct request *next;
};

struct inbox {
	struct simulation *simulation;
	struct simple_queue unread; /* instances whose arrival lies in the pipe */
	bool closed;
	bool readable; /* something is unread, or the pipe is closed */
	struct futex readers;
	struct request *oldest, *newest;
};

static void fill_item(struct work_item *item, program_fn *program, void *argument)
{
	*item = (struct work_item){ .program = program, .argument = argument };
}

static struct task_instance *take_unread(const struct os_thread *thread, struct inbox *inbox)
{
	void *instance = NULL;

	simple_queue_try_get(thread, &inbox->unread, &instance);
	inbox->readable = inbox->closed || !simple_queue_is_empty(&inbox->unread);
	return instance;
}

static void request_comes(void *context, struct task_instance *instance)
{
	struct inbox *inbox = context;

	simple_queue_append(NULL, &inbox->unread, instance);
	inbox->readable = true;
	futex_wake(&inbox->readers, NULL, true);
}

static void inbox_closes(void *context)
{
	struct inbox *inbox = context;

	inbox->closed = inbox->readable = true;
	futex_wake(&inbox->readers, NULL, true);
}

static struct inbox *inbox_new(struct simulation *simulation)
{
	struct inbox *inbox = region_alloc(simulation->region, sizeof(*inbox));

	inbox->simulation = simulation;
	simple_queue_init(&inbox->unread, simulation->region);
	return inbox;
}

static void inbox_open(struct inbox *inbox)
{
	arrivals_start(inbox->simulation, &(const struct arrivals_receiver){ request_comes, inbox_closes, inbox });
}

/* The work of the oldest request that is done, or a new one. */
static struct work_item *next_item(struct inbox *inbox)
{
	struct request *request = inbox->oldest;

	if (request && request->item.future.done)
		inbox->oldest = request->next;
	else
		request = region_alloc(inbox->simulation->region, sizeof(*request));
	request->next = NULL;
	if (inbox->oldest)
		inbox->newest->next = request;
	else
		inbox->oldest = request;
	inbox->newest = request;
	return &request->item;
}

/* Whether so many wait for a worker that the next is turned away. */
static bool is_full(const struct thread_pool *pool, int64_t limit)
{
	return limit > 0 && (int64_t)pool->queue.items.count >= limit;
}

struct clients_locals {
	struct thread_pool *pool;
	struct inbox *inbox;
	struct work_item *item;
};

static enum progress run_clients(struct os_thread *thread, struct frame *frame)
{
	struct clients_locals *my = FRAME_LOCALS(frame, struct clients_locals);
	struct simulation *simulation = simulation_of(thread);
	const struct workload *workload = simulation->workload;

	PROGRAM_BEGIN(frame);
	my->pool = thread_pool_new(simulation->interpreter, (uint32_t)workload->model.workers);
	my->inbox = inbox_new(simulation);
	AWAIT(frame, resources_start(thread, simulation));
	simulation_start_clock(simulation);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_CREATE)));
	inbox_open(my->inbox);
	for (;;) {
		AWAIT(frame, py_wait_until(thread, &my->inbox->readable, &my->inbox->readers,
					   ACTIVITY_QUEUE_WAIT, SIM_NS_MAX));
		if (simple_queue_is_empty(&my->inbox->unread))
			break;
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_READ)));
		if (is_full(my->pool, workload->model.queue_limit)) {
			task_instance_reject(take_unread(thread, my->inbox));
			continue;
		}
		my->item = next_item(my->inbox);
		fill_item(my->item, task_run, take_unread(thread, my->inbox));
		AWAIT(frame, thread_pool_submit(thread, my->pool, my->item));
	}
	AWAIT(frame, thread_pool_shutdown(thread, my->pool, false));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

/* ---- program: the task `main` decides; daemons are left behind ---- */

static enum progress run_program(struct os_thread *thread, struct frame *frame)
{
	struct simulation *simulation = simulation_of(thread);
	struct task_run_locals *task;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, resources_start(thread, simulation));
	simulation_start_clock(simulation);
	task = os_thread_push(thread, task_run);
	task->instance = task_instance_new_main(simulation, simulation->workload->run.task);
	AWAIT(frame, os_thread_enter(thread));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

program_fn *driver_for(const struct workload *workload)
{
	enum run_kind run = workload->run.kind;

	if (workload->run.from_inside)
		return NULL;
	if (workload->model.kind == MODEL_SERVER)
		return run_server;
	if ((run == RUN_ARRIVALS || run == RUN_USERS) && workload->model.kind == MODEL_ASYNCIO)
		return run_clients_in_loop;
	if (run == RUN_ARRIVALS || run == RUN_USERS)
		return workload->model.kind == MODEL_THREAD_POOL ? run_clients : NULL;
	if (workload->model.kind == MODEL_PROGRAM)
		return workload->model.spawn == SPAWN_COROUTINE ? run_coroutine_program : run_program;
	return model_run_is_known(&workload->model) ? run_model : NULL;
}
