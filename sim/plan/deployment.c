/*
 * deployment.c - from a model to the flags of those who run it.
 *
 * Source      command lines of gunicorn (settings: workers, threads, worker_class), uvicorn (--workers), celery
 *             (worker --pool, --concurrency, --prefetch-multiplier) and docker run (--cpus), as documented.
 */
#include <stdio.h>

#include "sim/plan/deployment.h"

const char *deployment_variant(const struct workload *workload, struct region *region)
{
	const struct model *model = &workload->model;
	const char *text = region_format(region, "{model: %s", model_names[model->kind]);

	if (model->kind == MODEL_PROGRAM) {
		static const char *const spawned[] = {
			[SPAWN_THREAD] = "thread", [SPAWN_PROCESS] = "process", [SPAWN_COROUTINE] = "coroutine"
		};

		return region_format(region, "%s, spawn: %s}", text, spawned[model->spawn]);
	}
	if (model->workers > 0)
		text = region_format(region, "%s, workers: %d", text, model->workers);
	if ((model->kind == MODEL_POOL || model->kind == MODEL_PROCESS_POOL) && model->chunksize > 0)
		text = region_format(region, "%s, chunksize: %lld", text, (long long)model->chunksize);
	if (model->each) {
		text = region_format(region, "%s, each: {model: %s", text, model_names[model->each->kind]);
		if (model->each->workers > 0)
			text = region_format(region, "%s, workers: %d", text, model->each->workers);
		text = region_format(region, "%s}", text);
	}
	return region_format(region, "%s}", text);
}

const char *deployment_size(const struct workload *workload, struct region *region)
{
	const struct model *model = &workload->model;

	if (model->workers <= 0)
		return "-";
	if (model->each && model->each->workers > 0)
		return region_format(region, "%d x %d", model->workers, model->each->workers);
	return region_format(region, "%d", model->workers);
}

static void add(const char *lines[DEPLOYMENT_LINES_MAX], size_t *count, const char *line)
{
	if (*count < DEPLOYMENT_LINES_MAX)
		lines[(*count)++] = line;
}

size_t deployment_flags(const struct workload *workload, struct region *region,
			const char *lines[DEPLOYMENT_LINES_MAX])
{
	const struct model *model = &workload->model;
	enum model_kind inner = model->each ? model->each->kind : MODEL_SEQUENTIAL;
	int threads = model->each ? model->each->workers : 0;
	bool serves = workload->run.kind == RUN_ARRIVALS || workload->run.kind == RUN_USERS;
	size_t count = 0;

	switch (model->kind) {
	case MODEL_THREAD_POOL:
		add(lines, &count, region_format(region, "ThreadPoolExecutor(max_workers=%d)", model->workers));
		if (serves)
			add(lines, &count,
			    region_format(region, "gunicorn --worker-class gthread --workers 1 --threads %d",
					  model->workers));
		break;
	case MODEL_INTERPRETER_POOL:
		add(lines, &count, region_format(region, "InterpreterPoolExecutor(max_workers=%d)", model->workers));
		break;
	case MODEL_PROCESS_POOL:
		add(lines, &count, region_format(region, "ProcessPoolExecutor(max_workers=%d), map(chunksize=%lld)",
						 model->workers, (long long)model->chunksize));
		break;
	case MODEL_POOL:
		add(lines, &count, region_format(region, "multiprocessing.Pool(%d), map(chunksize=%lld)",
						 model->workers, (long long)model->chunksize));
		break;
	case MODEL_PROCESSES:
	case MODEL_SERVER:
		if (model->workers <= 0)
			break;
		if (model->prefetch > 0)
			add(lines, &count,
			    region_format(region, "celery worker --pool prefork --concurrency %d --prefetch-multiplier %lld",
					  model->workers, (long long)model->prefetch));
		else if (inner == MODEL_THREAD_POOL)
			add(lines, &count,
			    region_format(region, "gunicorn --worker-class gthread --workers %d --threads %d",
					  model->workers, threads));
		else if (inner == MODEL_ASYNCIO)
			add(lines, &count, region_format(region, "uvicorn --workers %d", model->workers));
		else
			add(lines, &count,
			    region_format(region, "gunicorn --worker-class sync --workers %d", model->workers));
		break;
	case MODEL_ASYNCIO:
		add(lines, &count, serves ? "uvicorn --workers 1" : "asyncio.run(main()), one gather() of all");
		break;
	default:
		break;
	}
	for (uint32_t i = 0; i < workload->resource_count; i++) {
		const struct resource *resource = &workload->resources[i];

		if (resource->kind == RESOURCE_LIMITER)
			add(lines, &count, region_format(region, "anyio.CapacityLimiter(%lld) for '%s'",
							 (long long)resource->size, resource->name));
		else if (resource->kind == RESOURCE_THREAD_POOL && resource->model)
			add(lines, &count, region_format(region, "ThreadPoolExecutor(max_workers=%d) for '%s'",
							 resource->model->workers, resource->name));
		else if (resource->kind == RESOURCE_PROCESS_POOL && resource->model)
			add(lines, &count, region_format(region, "ProcessPoolExecutor(max_workers=%d) for '%s'",
							 resource->model->workers, resource->name));
	}
	if (workload->machine.quota_cores > 0)
		add(lines, &count, region_format(region, "docker run --cpus %.3g", workload->machine.quota_cores));
	return count;
}
