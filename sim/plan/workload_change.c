/*
 * workload_change.c - copies of a workload with one thing changed.
 */
#include <math.h>
#include <string.h>

#include "sim/plan/workload_change.h"
#include "sim/scenario/distribution_parse.h"

/* 0: by the library's own rule. */
static void set_chunksize(struct workload *workload, int64_t chunksize)
{
	workload->model.chunksize = chunksize;
	if (workload->model.kind == MODEL_POOL || workload->model.kind == MODEL_PROCESS_POOL)
		workload->model.chunksize = model_chunk_items(workload, &workload->model, workload->run.count);
}

struct workload workload_with_size(const struct workload *workload, struct model_size size, struct region *region)
{
	struct workload changed = *workload;

	if (workload->model.workers > 0)
		changed.model.workers = size.workers;
	set_chunksize(&changed, size.chunksize);
	if (workload->model.each && workload->model.each->workers > 0) {
		struct model *each = region_alloc(region, sizeof(*each));

		*each = *workload->model.each;
		each->workers = size.inner_workers;
		changed.model.each = each;
	}
	return changed;
}

struct workload workload_with_cores(const struct workload *workload, int cores)
{
	struct workload changed = *workload;

	changed.machine.cores = cores;
	changed.machine.kernel_cpus = cores;
	return changed;
}

/* ---- Durations ---- */

static bool is_cpu(const struct step *step)
{
	return step->kind == STEP_PYTHON || step->kind == STEP_C || step->kind == STEP_NATIVE;
}

static bool is_wait(const struct step *step)
{
	return step->kind == STEP_IO || step->kind == STEP_BLOCK;
}

static void scale_duration(struct duration *duration, double factor, struct region *region)
{
	if (duration->kind == DURATION_CONSTANT)
		duration->constant_ns = sim_time_round((double)duration->constant_ns * factor);
	else if (duration->kind == DURATION_DRAWN)
		distribution_scale(&duration->distribution, factor, region);
}

static const sim_ns *scaled_items(const sim_ns *items_ns, int64_t count, double factor, struct region *region)
{
	sim_ns *scaled = region_alloc_array(region, (size_t)count, sizeof(scaled[0]));

	for (int64_t i = 0; i < count; i++)
		scaled[i] = sim_time_round((double)items_ns[i] * factor);
	return scaled;
}

struct workload workload_with_durations(const struct workload *workload, double cpu, double wait,
					struct region *region)
{
	struct workload changed = *workload;
	struct step *steps = region_alloc_array(region, workload->step_count, sizeof(steps[0]));
	struct resource *resources = region_alloc_array(region, workload->resource_count, sizeof(resources[0]));
	double item_factor = 0;

	for (uint32_t i = 0; i < workload->step_count; i++) {
		struct step *step = &steps[i];

		*step = workload->steps[i];
		if (!is_cpu(step) && !is_wait(step))
			continue;
		if (step->duration.kind == DURATION_ITEM && item_factor == 0)
			item_factor = is_cpu(step) ? cpu : wait;
		scale_duration(&step->duration, is_cpu(step) ? cpu : wait, region);
	}
	for (uint32_t i = 0; i < workload->resource_count; i++) {
		resources[i] = workload->resources[i];
		if (resources[i].kind == RESOURCE_SERVICE)
			scale_duration(&resources[i].time, wait, region);
	}
	changed.steps = steps;
	changed.resources = resources;
	if (item_factor > 0 && item_factor != 1 && workload->run.kind == RUN_ITEMS)
		changed.run.items_ns =
			scaled_items(workload->run.items_ns, workload->run.count, item_factor, region);
	return changed;
}

/* ---- Load ---- */

static int64_t scaled_count(int64_t count, double factor)
{
	double scaled = round((double)count * factor);

	return scaled < 1 ? 1 : (int64_t)scaled;
}

struct workload workload_with_load(const struct workload *workload, double factor, struct region *region)
{
	struct workload changed = *workload;
	struct run *run = &changed.run;
	bool follows_rule;

	set_chunksize(&changed, 0);
	follows_rule = changed.model.chunksize == workload->model.chunksize;
	switch (run->kind) {
	case RUN_COUNT:
		run->count = scaled_count(run->count, factor);
		break;
	case RUN_ITEMS: {
		sim_ns *items_ns;

		run->count = scaled_count(run->count, factor);
		items_ns = region_alloc_array(region, (size_t)run->count, sizeof(items_ns[0]));
		for (int64_t i = 0; i < run->count; i++)
			items_ns[i] = workload->run.items_ns[i % workload->run.count];
		run->items_ns = items_ns;
		break;
	}
	case RUN_ARRIVALS:
		/* Of rates over time, `spacing` is the clock that all of them go by. */
		distribution_scale(&run->spacing, 1 / factor, region);
		break;
	case RUN_USERS:
		run->users = scaled_count(run->users, factor);
		break;
	case RUN_PROGRAM:
		break;
	}
	set_chunksize(&changed, follows_rule ? 0 : workload->model.chunksize);
	return changed;
}

/* ---- Payloads ---- */

struct workload workload_with_payload(const struct workload *workload, double factor)
{
	struct workload changed = *workload;
	struct run *run = &changed.run;

	if (run->bytes == 0 && run->result_bytes == 0)
		run->bytes = run->result_bytes = WORKLOAD_LEAST_PAYLOAD_BYTES;
	run->bytes = (int64_t)round((double)run->bytes * factor);
	run->result_bytes = (int64_t)round((double)run->result_bytes * factor);
	return changed;
}

bool workload_gets_results(const struct workload *workload)
{
	return workload->run.result_bytes == 0 || workload->model.kind != MODEL_PROCESSES;
}

/* ---- What is in it ---- */

bool model_starts_processes(const struct model *model)
{
	return model->kind == MODEL_PROCESSES || model->kind == MODEL_POOL || model->kind == MODEL_PROCESS_POOL ||
	       model->kind == MODEL_SERVER;
}

static double mean_ns(const struct workload *workload, const struct duration *duration)
{
	double sum = 0;

	switch (duration->kind) {
	case DURATION_CONSTANT:
		return (double)duration->constant_ns;
	case DURATION_DRAWN:
		return distribution_mean(&duration->distribution);
	case DURATION_ITEM:
		break;
	}
	if (workload->run.kind != RUN_ITEMS || workload->run.count == 0)
		return 0;
	for (int64_t i = 0; i < workload->run.count; i++)
		sum += (double)workload->run.items_ns[i];
	return sum / (double)workload->run.count;
}

struct workload_content workload_content(const struct workload *workload)
{
	struct workload_content content = { .is_random = workload->run.kind == RUN_ARRIVALS &&
							 workload->run.spacing.kind != DISTRIBUTION_CONSTANT };

	for (uint32_t i = 0; i < workload->task_count; i++) {
		const struct task *task = &workload->tasks[i];

		for (uint32_t at = task->first; task->ways != 0 && at < task->end; at++) {
			const struct step *step = &workload->steps[at];

			content.blocks |= step->kind == STEP_BLOCK;
			content.is_random |= step->kind == STEP_IF && step->chance >= 0;
			content.is_random |= step->duration.kind == DURATION_DRAWN;
			if (is_cpu(step))
				content.cpu_s += mean_ns(workload, &step->duration) / 1e9;
			else if (is_wait(step))
				content.wait_s += mean_ns(workload, &step->duration) / 1e9;
			else if (step->kind == STEP_REQUEST)
				content.wait_s +=
					mean_ns(workload, &workload->resources[step->resource].time) / 1e9;
		}
	}
	return content;
}
