/*
 * drivers.c - see drivers.h.
 */
#include "models/simulate/drivers.h"

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

/* ---- arrivals: a generator outside the program writes to a pipe; the main thread reads and submits ---- */

/* A submitted request. Those that are done serve again, oldest first, so that a long run needs no more memory
 * than its backlog. */
struct request {
	struct work_item item;
	struct request *next;
};

struct generator {
	struct simulation *simulation;
	uint64_t generated;
	sim_ns first_ns;
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

static struct task_instance *take_unread(struct generator *generator)
{
	void *instance = NULL;

	simple_queue_try_get(&generator->unread, &instance);
	generator->readable = generator->closed || !simple_queue_is_empty(&generator->unread);
	return instance;
}

static event_fn arrive;

static void schedule_arrival(struct generator *generator)
{
	struct simulation *simulation = generator->simulation;
	const struct run *run = &simulation->workload->run;
	struct variate variate = variate_open(simulation->workload->seed, simulation->replication,
					      random_hash_name("arrivals"), 0, generator->generated);
	sim_ns next_ns = sim_time_add(engine_now(simulation->engine), distribution_draw_ns(&run->spacing, &variate));
	bool over = (run->count > 0 && generator->generated == (uint64_t)run->count) ||
		    (run->arrivals_for_ns > 0 && next_ns - generator->first_ns >= run->arrivals_for_ns);

	if (!over) {
		engine_schedule_at(simulation->engine, next_ns, arrive, generator, 0);
		return;
	}
	generator->closed = generator->readable = true;
	futex_wake(&generator->readers, NULL, true);
}

static void arrive(struct engine *engine, void *subject, uint64_t argument)
{
	struct generator *generator = subject;
	struct simulation *simulation = generator->simulation;

	(void)engine;
	(void)argument;
	simple_queue_append(&generator->unread,
			    task_instance_new(simulation, simulation->workload->run.task, generator->generated));
	generator->readable = true;
	generator->generated++;
	schedule_arrival(generator);
	futex_wake(&generator->readers, NULL, true);
}

/* The work of the oldest request that is done, or a new one. */
static struct work_item *next_item(struct generator *generator)
{
	struct request *request = generator->oldest;

	if (request && request->item.future.done)
		generator->oldest = request->next;
	else
		request = region_alloc(generator->simulation->region, sizeof(*request));
	request->next = NULL;
	if (generator->oldest)
		generator->newest->next = request;
	else
		generator->oldest = request;
	generator->newest = request;
	return &request->item;
}

/* Whether so many wait for a worker that the next is turned away. */
static bool is_full(const struct thread_pool *pool, int64_t limit)
{
	return limit > 0 && (int64_t)pool->queue.items.count >= limit;
}

struct arrivals_locals {
	struct thread_pool *pool;
	struct generator *generator;
	struct work_item *item;
};

static enum progress run_arrivals(struct os_thread *thread, struct frame *frame)
{
	struct arrivals_locals *my = FRAME_LOCALS(frame, struct arrivals_locals);
	struct simulation *simulation = simulation_of(thread);
	const struct workload *workload = simulation->workload;

	PROGRAM_BEGIN(frame);
	my->pool = thread_pool_new(simulation->interpreter, (uint32_t)workload->model.workers);
	my->generator = region_alloc(simulation->region, sizeof(*my->generator));
	my->generator->simulation = simulation;
	simple_queue_init(&my->generator->unread, simulation->region);
	AWAIT(frame, resources_start(thread, simulation));
	simulation_start_clock(simulation);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_CREATE)));
	my->generator->first_ns = engine_now(simulation->engine);
	schedule_arrival(my->generator);
	for (;;) {
		AWAIT(frame, py_wait_until(thread, &my->generator->readable, &my->generator->readers,
					   ACTIVITY_QUEUE_WAIT, SIM_NS_MAX));
		if (simple_queue_is_empty(&my->generator->unread))
			break;
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_READ)));
		if (is_full(my->pool, workload->model.queue_limit)) {
			task_instance_reject(take_unread(my->generator));
			continue;
		}
		my->item = next_item(my->generator);
		fill_item(my->item, task_run, take_unread(my->generator));
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

	if (workload->model.kind == MODEL_SERVER)
		return run_server;
	if (run == RUN_USERS)
		return NULL;
	if (run == RUN_ARRIVALS)
		return workload->model.kind == MODEL_THREAD_POOL ? run_arrivals : NULL;
	if (workload->model.kind == MODEL_PROGRAM)
		return workload->model.spawn == SPAWN_COROUTINE ? run_coroutine_program : run_program;
	return model_run_is_known(&workload->model) ? run_model : NULL;
}
