#include "tests/model/model_helper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/random.h"

void model_bench_init(struct model_bench *bench, int cores)
{
	memset(bench, 0, sizeof(*bench));
	region_init(&bench->region);
	bench->workload.scenario = bench->workload.variant = "test";
	bench->workload.machine = (struct machine){ .profile = "ideal", .cores = cores, .quota_period_ns = 100 * SIM_MS };
	for (int i = 0; i < COST_COUNT; i++)
		bench->workload.machine.costs.value[i] = cost_infos[i].ideal;
	bench->workload.python = (struct python){
		.minor = 12,
		.version = "3.12",
		.switch_interval_ns = 5 * SIM_MS,
		.slowdown_python = 1,
		.slowdown_c = 1,
		.slowdown_native = 1,
		.spin_python_ns = 1,
		.spin_c_ns = 1,
		.spin_native_ns = 1,
	};
	bench->workload.tasks = bench->tasks;
	bench->workload.steps = bench->steps;
	bench->workload.resources = bench->resources;
	bench->workload.limit_ns = SIM_NS_MAX;
	bench->workload.scale = 1;
	bench->workload.seed = 1;
	model_bench_task(bench, "work", false);
}

void model_bench_release(struct model_bench *bench)
{
	region_release(&bench->region);
}

uint32_t model_bench_task(struct model_bench *bench, const char *name, bool daemon)
{
	uint32_t index = bench->workload.task_count++;
	struct task *task = &bench->tasks[index];

	task->name = name;
	task->daemon = daemon;
	task->first = task->end = bench->workload.step_count;
	task->stream = random_hash_name(name);
	task->group_count = 1;
	return index;
}

struct step *model_bench_step(struct model_bench *bench, enum step_kind kind, sim_ns duration_ns)
{
	uint32_t index = bench->workload.step_count++;
	struct step *step = &bench->steps[index];

	step->kind = kind;
	step->end = index + 1;
	step->duration.kind = DURATION_CONSTANT;
	step->duration.constant_ns = duration_ns;
	step->resource = step->variable = INDEX_NONE;
	step->timeout_ns = TIMEOUT_NONE;
	step->chance = -1;
	bench->tasks[bench->workload.task_count - 1].end = index + 1;
	return step;
}

struct step *model_bench_spawn(struct model_bench *bench, uint32_t task, int64_t count)
{
	struct step *step = model_bench_step(bench, STEP_SPAWN, 0);
	struct start *start = region_alloc(&bench->region, sizeof(*start));

	start->task = task;
	start->count.constant = count;
	start->index_variable = INDEX_NONE;
	step->start = start;
	return step;
}

struct step *model_bench_exponential(struct model_bench *bench, enum step_kind kind, sim_ns mean_ns)
{
	struct step *step = model_bench_step(bench, kind, 0);

	step->duration.kind = DURATION_DRAWN;
	step->duration.distribution =
		(struct distribution){ .kind = DISTRIBUTION_EXPONENTIAL, .a = (double)mean_ns };
	return step;
}

struct step *model_bench_begin(struct model_bench *bench, enum step_kind kind)
{
	return model_bench_step(bench, kind, 0);
}

void model_bench_end(struct model_bench *bench, struct step *step)
{
	step->end = bench->workload.step_count;
}

static void set_model(struct model_bench *bench, enum model_kind model, int workers)
{
	bench->workload.model.kind = model;
	bench->workload.model.workers = workers;
	bench->workload.model.chunksize = 1;
	bench->workload.model.return_when = RETURN_ALL;
	bench->workload.model.timeout_ns = TIMEOUT_NONE;
}

void model_bench_run_count(struct model_bench *bench, enum model_kind model, int workers, int64_t count)
{
	set_model(bench, model, workers);
	bench->workload.run = (struct run){ .kind = RUN_COUNT, .count = count };
}

void model_bench_run_items(struct model_bench *bench, enum model_kind model, int workers, const sim_ns *items_ns,
			   size_t count)
{
	set_model(bench, model, workers);
	bench->workload.run = (struct run){ .kind = RUN_ITEMS, .count = (int64_t)count, .items_ns = items_ns };
}

void model_bench_run_poisson(struct model_bench *bench, int workers, double rate_per_s, int64_t count)
{
	set_model(bench, MODEL_THREAD_POOL, workers);
	bench->workload.run = (struct run){ .kind = RUN_ARRIVALS, .count = count };
	bench->workload.run.spacing =
		(struct distribution){ .kind = DISTRIBUTION_EXPONENTIAL, .a = 1e9 / rate_per_s };
}

void model_bench_run_program(struct model_bench *bench, uint32_t main_task, enum spawn_kind spawn)
{
	set_model(bench, MODEL_PROGRAM, 0);
	bench->workload.model.spawn = spawn;
	bench->workload.run = (struct run){ .kind = RUN_PROGRAM, .task = main_task };
}

void model_bench_set_cost(struct model_bench *bench, enum cost cost, double value)
{
	bench->workload.machine.costs.value[cost] = value;
}

const struct variant_result *model_bench_replicate(struct model_bench *bench, uint64_t replication)
{
	struct simulate_options options = { .replication = replication };

	simulate(&bench->workload, &options, &bench->region, &bench->result);
	return &bench->result;
}

const struct variant_result *model_bench_simulate(struct model_bench *bench)
{
	return model_bench_replicate(bench, 0);
}

static void emit(void *context, const struct trace_record *record)
{
	fprintf(context, "%ld %d %d.%d@%d %s %s %ld\n", (long)record->time_ns, (int)record->phase, record->process,
		record->thread, record->core, record->what, record->name ? record->name : "-", (long)record->value);
}

char *model_bench_trace(struct model_bench *bench, bool unmerged)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	/* A cost that is not merged says once more what its thread is at, which is no news. */
	struct trace_sink sink = { emit, stream, TRACE_ALL_PHASES & ~(1u << TRACE_STATE) };
	struct simulate_options options = { .trace = &sink, .unmerged = unmerged };

	simulate(&bench->workload, &options, &bench->region, &bench->result);
	fclose(stream);
	return text;
}
