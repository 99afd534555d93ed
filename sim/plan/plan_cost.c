/*
 * plan_cost.c - workers, cores, memory, price.
 */
#include <math.h>
#include <string.h>

#include "sim/plan/plan_cost.h"

/* Workers times those inside; of a program, those of its executors. */
static double workers_of(const struct workload *workload)
{
	const struct model *model = &workload->model;
	double workers = model->workers > 0 ? model->workers : 0;

	if (model->each && model->each->workers > 0)
		workers *= model->each->workers;
	for (uint32_t i = 0; workers == 0 && i < workload->resource_count; i++) {
		const struct resource *resource = &workload->resources[i];

		if (resource->model)
			workers += resource->model->workers;
		else if (resource->kind == RESOURCE_LIMITER)
			workers += (double)resource->size;
	}
	return workers > 0 ? workers : 1;
}

static double cores_of(const struct workload *workload)
{
	return workload->machine.quota_cores > 0 ? workload->machine.quota_cores : workload->machine.cores;
}

double plan_cost(const struct plan_options *options, const struct plan_point *point, const char **machine)
{
	const struct workload *workload = point->answer.workload;
	const struct price *price;

	*machine = NULL;
	if (options->minimised == MINIMISE_PATH) {
		const struct axis *axis = &options->axes[options->minimised_axis];
		size_t at = point->at[options->minimised_axis];

		return axis->is_numeric ? axis->numbers[at] : (double)at;
	}
	if (!workload)
		return NAN;
	switch (options->minimised) {
	case MINIMISE_WORKERS:
		return workers_of(workload);
	case MINIMISE_CORES:
		return cores_of(workload);
	case MINIMISE_MEMORY:
		return point->answer.cost_memory_bytes;
	default:
		price = price_find(options->prices, cores_of(workload),
				   fmax((double)workload->machine.memory_bytes, point->answer.cost_memory_bytes));
		*machine = price ? price->name : NULL;
		return price ? price->per_hour : NAN;
	}
}

/* ---- Before asking ---- */

/* Whether this axis can change the estimate at all. */
static bool matters(const struct plan_options *options, const struct axis *axis)
{
	switch (options->minimised) {
	case MINIMISE_WORKERS:
		return strstr(axis->path, "workers") || strstr(axis->path, "tokens");
	case MINIMISE_CORES:
	case MINIMISE_PRICE:
		return strncmp(axis->path, "machine", strlen("machine")) == 0;
	case MINIMISE_MEMORY:
		return true;
	case MINIMISE_PATH:
		break;
	}
	return false;
}

struct estimator {
	const struct scenario_source *source;
	const struct plan_options *options;
	const char *variant;
	struct batch *batch;
	struct region *region;
};

/* What stands for the cost with `axis` at `value` and the others at their first; 0: unknown. */
static double quantity(const struct estimator *estimator, size_t axis, size_t value, double *memory)
{
	struct plan_point point = { .variant = estimator->variant };
	const struct workload *workload;
	struct diagnostics ignored;
	struct region region;
	const char **overrides;
	size_t override_count;
	double result = 0;

	region_init_within(&region, estimator->region);
	diagnostics_init(&ignored, &region);
	point.at[axis] = value;
	overrides = plan_overrides(estimator->options, &point, &override_count, &region);
	workload = ask_workload(estimator->source, estimator->variant, overrides, override_count, &region, &ignored);
	if (workload && estimator->options->minimised == MINIMISE_MEMORY) {
		struct variant_result simulated;

		batch_simulate(estimator->batch, workload, 1, (struct replications){ .count = 1 }, &region, &simulated);
		result = simulated.peak_memory_bytes;
	} else if (workload) {
		result = estimator->options->minimised == MINIMISE_WORKERS ? workers_of(workload) : cores_of(workload);
		*memory = (double)workload->machine.memory_bytes;
	}
	region_release(&region);
	return result;
}

struct cost_estimate plan_estimate_costs(const struct scenario_source *source, const struct plan_options *options,
					 const char *variant, struct batch *batch, struct region *region)
{
	const struct estimator estimator = { source, options, variant, batch, region };
	struct cost_estimate estimate = { .at_first = 1 };
	double ignored;

	if (options->minimised != MINIMISE_PATH)
		estimate.at_first = quantity(&estimator, 0, 0, &estimate.memory_at_first);
	for (size_t a = 0; a < options->axis_count; a++) {
		const struct axis *axis = &options->axes[a];

		estimate.factors[a] = region_alloc_array(region, axis->count, sizeof(estimate.factors[a][0]));
		for (size_t i = 0; i < axis->count; i++) {
			double factor = 1;

			if (options->minimised == MINIMISE_PATH && a == options->minimised_axis)
				factor = axis->is_numeric ? axis->numbers[i] : (double)i;
			else if (matters(options, axis) && axis_is_about(axis, variant) && estimate.at_first > 0)
				factor = quantity(&estimator, a, i, &ignored) / estimate.at_first;
			estimate.factors[a][i] = factor;
		}
	}
	return estimate;
}

double plan_estimated_cost(const struct cost_estimate *estimate, const struct plan_options *options, const size_t *at)
{
	double product = estimate->at_first;
	const struct price *price;

	for (size_t a = 0; a < options->axis_count; a++)
		product *= estimate->factors[a][at[a]];
	if (options->minimised != MINIMISE_PRICE)
		return product;
	price = price_find(options->prices, product, estimate->memory_at_first);
	return price ? price->per_hour : INFINITY;
}
