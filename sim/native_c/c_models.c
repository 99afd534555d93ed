/*
 * c_models.c - see c_models.h. harness.py runs the same programs on CPython, models/simulate/model_run.c in the
 * simulator.
 */
#include "sim/native_c/c_models.h"

#include "sim/native_c/c_clock.h"
#include "sim/native_c/c_instance.h"
#include "sim/native_c/c_loop.h"
#include "sim/native_c/c_pool.h"
#include "sim/native_c/c_process.h"
#include "sim/native_c/c_thread_pool.h"

/* Instances first, first + stride, ... of the run, so many. */
struct share {
	const struct model *model;
	int64_t first, stride, count;
};

/* Made before the clock starts, of this process and, by fork(), of those that it starts. */
static struct c_instance **instances;
static struct c_thread_pool warm_threads;
static struct c_pool *warm_pool;

static struct c_instance *instance_of(const struct share *share, int64_t number)
{
	return instances[share->first + number * share->stride];
}

static int workers_of(const struct share *share)
{
	return model_workers(c_run.workload, share->model);
}

static void execute(const struct share *share);

/* ---- sequential, threads, processes ---- */

static void run_sequential(const struct share *share)
{
	for (int64_t i = 0; i < share->count; i++)
		c_instance_run(instance_of(share, i));
}

static void run_threads(const struct share *share)
{
	struct c_thread *threads = c_alloc((size_t)share->count, sizeof(*threads));

	for (int64_t i = 0; i < share->count; i++) {
		c_instance_release(instance_of(share, i));
		c_thread_start(&threads[i], c_instance_run_body, instance_of(share, i));
	}
	for (int64_t i = 0; i < share->count; i++)
		c_thread_join(&threads[i]);
}

static void run_one_process_each(const struct share *share)
{
	pid_t *processes = c_alloc((size_t)share->count, sizeof(*processes));

	for (int64_t i = 0; i < share->count; i++) {
		c_instance_release(instance_of(share, i));
		processes[i] = c_process_start(c_instance_run_body, instance_of(share, i));
	}
	for (int64_t i = 0; i < share->count; i++)
		c_process_join(processes[i]);
}

static void execute_body(void *share)
{
	execute(share);
}

/* Process k of w runs k, k + w, ... by the inner model. */
static void run_shares(const struct share *share)
{
	int64_t workers = workers_of(share);
	pid_t *processes = c_alloc((size_t)workers, sizeof(*processes));

	for (int64_t i = 0; i < workers; i++) {
		struct share part = { .model = share->model->each,
				      .first = share->first + i * share->stride,
				      .stride = share->stride * workers,
				      .count = share->count > i ? (share->count - i + workers - 1) / workers : 0 };

		processes[i] = c_process_start(execute_body, &part);
	}
	for (int64_t i = 0; i < workers; i++)
		c_process_join(processes[i]);
}

/* ---- thread_pool: with ThreadPoolExecutor() as executor: list(executor.map(run_task, range(count))) ---- */

static void run_thread_pool(const struct share *share)
{
	bool is_warm = warm_threads.workers && share->model == &c_run.workload->model;
	struct c_call *calls = c_alloc((size_t)share->count, sizeof(*calls));
	struct c_thread_pool own = { 0 }, *pool = is_warm ? &warm_threads : &own;

	if (!is_warm)
		c_thread_pool_init(pool, c_run.workload, workers_of(share));
	for (int64_t i = 0; i < share->count; i++) {
		c_instance_release(instance_of(share, i));
		calls[i].call = c_instance_run_body;
		calls[i].argument = instance_of(share, i);
		c_thread_pool_submit(pool, &calls[i]);
	}
	for (int64_t i = 0; i < share->count; i++)
		c_event_wait(&calls[i].done, SIM_NS_MAX);
	c_thread_pool_shut_down(pool);
}

/* ---- pool: with Pool(w) as pool: pool.map(run_task, range(count), chunksize) ---- */

/* Whose items the workers run; known to them since they were forked. */
static const struct share *pool_share;

static void run_pool_item(int64_t item)
{
	c_instance_run(instance_of(pool_share, item));
}

static struct c_pool *open_pool(const struct share *share)
{
	pool_share = share;
	return c_pool_open(workers_of(share), run_pool_item, c_run.workload->run.bytes,
			   c_run.workload->run.result_bytes);
}

static void apply_each(const struct share *share, struct c_pool *pool)
{
	struct c_pool_job **jobs = c_alloc((size_t)share->count, sizeof(struct c_pool_job *));

	for (int64_t i = 0; i < share->count; i++) {
		c_instance_release(instance_of(share, i));
		jobs[i] = c_pool_submit(pool, i, 1, 1);
	}
	for (int64_t i = 0; i < share->count; i++)
		c_pool_wait(jobs[i]);
}

static void run_pool(const struct share *share)
{
	struct c_pool *pool = warm_pool ? warm_pool : open_pool(share);

	if (share->model->map == MAP_APPLY_ASYNC) {
		apply_each(share, pool);
	} else {
		for (int64_t i = 0; i < share->count; i++)
			c_instance_release(instance_of(share, i));
		c_pool_wait(c_pool_submit(pool, 0, share->count,
					  model_chunk_items(c_run.workload, share->model, share->count)));
	}
	c_pool_terminate(pool);
}

/* ---- asyncio ---- */

static void run_asyncio(const struct share *share)
{
	struct c_instance **gathered = c_alloc((size_t)share->count, sizeof(struct c_instance *));

	for (int64_t i = 0; i < share->count; i++) {
		gathered[i] = instance_of(share, i);
		c_instance_release(gathered[i]);
	}
	c_loop_run_gather(gathered, (size_t)share->count, share->model->return_exceptions);
}

/* ---- All of them ---- */

typedef void run_fn(const struct share *share);

static run_fn *function_of(const struct model *model)
{
	switch (model->kind) {
	case MODEL_SEQUENTIAL:
		return run_sequential;
	case MODEL_THREADS:
		return run_threads;
	case MODEL_THREAD_POOL:
		return run_thread_pool;
	case MODEL_PROCESSES:
		return model->each ? run_shares : run_one_process_each;
	case MODEL_POOL:
		return run_pool;
	case MODEL_ASYNCIO:
		return run_asyncio;
	default:
		return NULL;
	}
}

static void execute(const struct share *share)
{
	function_of(share->model)(share);
}

const char *c_model_why_not(const struct workload *workload, const struct model *model)
{
	if (model->kind == MODEL_PROGRAM)
		return NULL;
	if (!function_of(model))
		return "the c backend has no such model: it has sequential, threads, thread_pool, processes, pool, "
		       "asyncio "
		       "and program";
	if (model->return_when != RETURN_ALL || model->timeout_ns != TIMEOUT_NONE ||
	    model->max_tasks_per_child > 0 || model->eager)
		return "the c backend waits for all tasks, without timeouts, eager tasks or workers that are "
		       "replaced";
	if (model->kind == MODEL_POOL && model->map != MAP_MAP && model->map != MAP_APPLY_ASYNC)
		return "the c backend's pool has map and apply_async";
	return model->each ? c_model_why_not(workload, model->each) : NULL;
}

static struct share all_of_run(void)
{
	return (struct share){ .model = &c_run.workload->model, .stride = 1, .count = c_run.workload->run.count };
}

static bool ends_in_coroutines(const struct model *model)
{
	return model->each ? ends_in_coroutines(model->each) : model->kind == MODEL_ASYNCIO;
}

void c_models_prepare(void)
{
	static struct share share;
	const struct model *model = &c_run.workload->model;

	share = all_of_run();
	if (model->kind == MODEL_PROGRAM) {
		instances = c_alloc(1, sizeof(struct c_instance *));
		instances[0] = c_instance_new_main(model->spawn == SPAWN_COROUTINE);
		return;
	}
	instances = c_alloc((size_t)share.count, sizeof(struct c_instance *));
	for (int64_t i = 0; i < share.count; i++)
		instances[i] = c_instance_new(i, ends_in_coroutines(model));
	if (!model->warm)
		return;
	if (model->kind == MODEL_THREAD_POOL) {
		c_thread_pool_init(&warm_threads, c_run.workload, workers_of(&share));
		c_thread_pool_warm_up(&warm_threads);
	} else if (model->kind == MODEL_POOL) {
		warm_pool = open_pool(&share);
		c_pool_warm_up(warm_pool);
	}
}

void c_models_run(void)
{
	struct share share = all_of_run();

	if (share.model->kind != MODEL_PROGRAM)
		execute(&share);
	else if (share.model->spawn == SPAWN_COROUTINE)
		c_loop_run(instances[0]);
	else
		c_instance_run(instances[0]);
}
