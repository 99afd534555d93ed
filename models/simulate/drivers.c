/*
 * drivers.c - see drivers.h.
 */
#include "models/simulate/drivers.h"

#include "models/library/mp_pool.h"
#include "models/library/thread_pool.h"
#include "models/simulate/task_program.h"

/* Pickled size of an item of range(), and what one more of it adds to a chunk. */
#define ITEM_PAYLOAD_BYTES 3

static struct simulation *simulation_of(const struct os_thread *thread)
{
	return py_current(thread)->argument;
}

/* ---- sequential: for i in range(count): run_task(i) ---- */

struct sequential_locals {
	int64_t next;
};

static enum progress run_sequential(struct os_thread *thread, struct frame *frame)
{
	struct sequential_locals *my = FRAME_LOCALS(frame, struct sequential_locals);
	struct simulation *simulation = simulation_of(thread);
	const struct run *run = &simulation->workload->run;
	struct task_run_locals *task;

	PROGRAM_BEGIN(frame);
	simulation_start_clock(simulation);
	for (my->next = 0; my->next < run->count; my->next++) {
		task = os_thread_push(thread, task_run);
		task->instance = task_instance_new(simulation, run->task, (uint64_t)my->next);
		AWAIT(frame, os_thread_enter(thread));
	}
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

/* ---- threads, processes: start all, join all ---- */

struct one_each_locals {
	struct py_thread **threads;
	struct mp_process *processes;
	int64_t next;
};

static enum progress run_threads(struct os_thread *thread, struct frame *frame)
{
	struct one_each_locals *my = FRAME_LOCALS(frame, struct one_each_locals);
	struct simulation *simulation = simulation_of(thread);
	const struct run *run = &simulation->workload->run;

	PROGRAM_BEGIN(frame);
	my->threads = region_alloc_array(simulation->region, (size_t)run->count, sizeof(*my->threads));
	simulation_start_clock(simulation);
	for (my->next = 0; my->next < run->count; my->next++) {
		my->threads[my->next] = py_thread_new(simulation->interpreter,
						      simulation->workload->tasks[run->task].name,
						      task_run_as_thread,
						      task_instance_new(simulation, run->task, (uint64_t)my->next));
		AWAIT(frame, py_thread_start(thread, my->threads[my->next]));
	}
	for (my->next = 0; my->next < run->count; my->next++)
		AWAIT(frame, py_thread_join(thread, my->threads[my->next]));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

static enum progress run_processes(struct os_thread *thread, struct frame *frame)
{
	struct one_each_locals *my = FRAME_LOCALS(frame, struct one_each_locals);
	struct simulation *simulation = simulation_of(thread);
	const struct run *run = &simulation->workload->run;

	PROGRAM_BEGIN(frame);
	my->processes = region_alloc_array(simulation->region, (size_t)run->count, sizeof(*my->processes));
	simulation_start_clock(simulation);
	for (my->next = 0; my->next < run->count; my->next++)
		AWAIT(frame, mp_process_start(thread, &my->processes[my->next],
					      simulation->workload->tasks[run->task].name, task_run_as_process,
					      task_instance_new(simulation, run->task, (uint64_t)my->next)));
	for (my->next = 0; my->next < run->count; my->next++)
		AWAIT(frame, mp_process_join(thread, &my->processes[my->next]));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

/* ---- thread_pool: with ThreadPoolExecutor(w) as ex: list(ex.map(run_task, range(count))) ---- */

struct pool_locals {
	struct thread_pool *pool;
	struct work_item *items;
	int64_t next;
};

static enum progress do_nothing(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, SIM_MS)); /* long enough for every worker to get one */
	PROGRAM_END;
}

static void fill_item(struct work_item *item, program_fn *program, void *argument)
{
	*item = (struct work_item){ .program = program, .argument = argument };
}

static enum progress run_thread_pool(struct os_thread *thread, struct frame *frame)
{
	struct pool_locals *my = FRAME_LOCALS(frame, struct pool_locals);
	struct simulation *simulation = simulation_of(thread);
	const struct run *run = &simulation->workload->run;
	const struct model *model = &simulation->workload->model;

	PROGRAM_BEGIN(frame);
	my->items = region_alloc_array(simulation->region,
				       (size_t)(run->count > model->workers ? run->count : model->workers),
				       sizeof(*my->items));
	my->pool = thread_pool_new(simulation->interpreter, (uint32_t)model->workers);
	if (model->warm) {
		for (my->next = 0; my->next < model->workers; my->next++) {
			fill_item(&my->items[my->next], do_nothing, NULL);
			AWAIT(frame, thread_pool_submit(thread, my->pool, &my->items[my->next]));
		}
		for (my->next = 0; my->next < model->workers; my->next++)
			AWAIT(frame, py_future_wait(thread, &my->items[my->next].future));
	}
	simulation_start_clock(simulation);
	if (!model->warm)
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_CREATE)));
	for (my->next = 0; my->next < run->count; my->next++) {
		fill_item(&my->items[my->next], task_run,
			  task_instance_new(simulation, run->task, (uint64_t)my->next));
		AWAIT(frame, thread_pool_submit(thread, my->pool, &my->items[my->next]));
	}
	for (my->next = 0; my->next < run->count; my->next++) {
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_RESULT)));
		AWAIT(frame, py_future_wait(thread, &my->items[my->next].future));
	}
	AWAIT(frame, thread_pool_shutdown(thread, my->pool));
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
		my->item = next_item(my->generator);
		fill_item(my->item, task_run, take_unread(my->generator));
		AWAIT(frame, thread_pool_submit(thread, my->pool, my->item));
	}
	AWAIT(frame, thread_pool_shutdown(thread, my->pool));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

/* ---- pool: with Pool(w) as p: p.map(run_task, range(count), chunksize) ---- */

struct mp_pool_locals {
	struct mp_pool *pool;
	struct mp_job *job;
};

static enum progress run_pool_item(struct os_thread *thread, struct frame *frame)
{
	struct mp_item_locals *my = FRAME_LOCALS(frame, struct mp_item_locals);
	struct task_instance **instances = my->context;
	struct task_run_locals *task;

	PROGRAM_BEGIN(frame);
	task = os_thread_push(thread, task_run);
	task->instance = instances[my->index];
	AWAIT(frame, os_thread_enter(thread));
	PROGRAM_END;
}

/* map() releases all its items at once. */
static struct mp_job *new_job(struct simulation *simulation)
{
	const struct workload *workload = simulation->workload;
	struct mp_job *job = region_alloc(simulation->region, sizeof(*job));
	struct task_instance **instances =
		region_alloc_array(simulation->region, (size_t)workload->run.count, sizeof(struct task_instance *));

	for (int64_t i = 0; i < workload->run.count; i++)
		instances[i] = task_instance_new(simulation, workload->run.task, (uint64_t)i);
	job->item_program = run_pool_item;
	job->context = instances;
	job->item_count = workload->run.count;
	job->chunk_items = workload->model.chunksize;
	job->payload_bytes = ITEM_PAYLOAD_BYTES;
	return job;
}

static enum progress run_mp_pool(struct os_thread *thread, struct frame *frame)
{
	struct mp_pool_locals *my = FRAME_LOCALS(frame, struct mp_pool_locals);
	struct simulation *simulation = simulation_of(thread);
	const struct model *model = &simulation->workload->model;

	PROGRAM_BEGIN(frame);
	my->pool = mp_pool_new(simulation->interpreter, (uint32_t)model->workers);
	if (model->warm) {
		AWAIT(frame, mp_pool_open(thread, my->pool));
		AWAIT(frame, py_wait_until(thread, &my->pool->all_entered, &my->pool->entered, ACTIVITY_START_UP,
					   SIM_NS_MAX));
	}
	simulation_start_clock(simulation);
	if (!model->warm)
		AWAIT(frame, mp_pool_open(thread, my->pool));
	my->job = new_job(simulation);
	AWAIT(frame, mp_pool_map(thread, my->pool, my->job));
	AWAIT(frame, mp_pool_terminate(thread, my->pool));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

/* ---- program: the task `main` decides; daemons are left behind ---- */

static enum progress run_program(struct os_thread *thread, struct frame *frame)
{
	struct simulation *simulation = simulation_of(thread);
	struct task_run_locals *task;

	PROGRAM_BEGIN(frame);
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

	if (workload->model.kind == MODEL_ASYNCIO ||
	    (workload->model.kind == MODEL_PROGRAM && workload->model.spawn == SPAWN_COROUTINE))
		return driver_for_asyncio(workload);
	if (run == RUN_USERS)
		return NULL;
	if (run == RUN_ARRIVALS)
		return workload->model.kind == MODEL_THREAD_POOL ? run_arrivals : NULL;
	switch (workload->model.kind) {
	case MODEL_SEQUENTIAL:
		return run_sequential;
	case MODEL_THREADS:
		return run_threads;
	case MODEL_THREAD_POOL:
		return run_thread_pool;
	case MODEL_PROCESSES:
		return run_processes;
	case MODEL_POOL:
		return run_mp_pool;
	case MODEL_PROGRAM:
		return run_program;
	default:
		return NULL;
	}
}
