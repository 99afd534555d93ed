/*
 * evaluate.c - every variant, every replication, one after the other.
 */
#include <math.h>

#include "sim/plan/evaluate.h"

struct results results_heading(const struct scenario *scenario, const char *source)
{
	static const char *const gil_names[] = {
		[GIL_ON] = "on", [GIL_OFF] = "off", [GIL_PER_INTERPRETER] = "per-interpreter"
	};
	const struct workload *baseline = &scenario->workloads[scenario->baseline];

	return (struct results){
		.scenario = scenario->name,
		.about = scenario->about,
		.file = scenario->file,
		.source = source,
		.seed = scenario->seed,
		.replications = 1,
		.machine_profile = baseline->machine.profile,
		.machine_cores = baseline->machine.cores,
		.machine_quota_cores = baseline->machine.quota_cores,
		.python_version = baseline->python.version,
		.python_gil = gil_names[baseline->python.gil],
		.spin_rate_ratio = NAN,
		.variant_count = scenario->workload_count,
		.baseline = scenario->baseline,
	};
}

static bool wishes_to_stop(const struct evaluation *evaluation)
{
	return evaluation->wish_to_stop && *evaluation->wish_to_stop;
}

static void simulate_one(const struct workload *workload, const struct evaluation *evaluation, size_t replication,
			 struct region *region, struct variant_result *result)
{
	const struct evaluation_watcher *watcher = evaluation->watcher;
	struct simulate_options options = { .replication = replication, .wish_to_stop = evaluation->wish_to_stop,
					    .limits = evaluation->limits };

	if (watcher && watcher->begin)
		options.trace = watcher->begin(watcher->context, workload, replication);
	simulate(workload, &options, region, result);
	if (watcher && watcher->end)
		watcher->end(watcher->context);
}

struct results evaluate(const struct scenario *scenario, const struct evaluation *evaluation, struct region *region)
{
	struct results *each = region_alloc_array(region, evaluation->replications, sizeof(*each));
	struct results combined;
	size_t complete = 0;

	for (; complete < evaluation->replications && (complete == 0 || !wishes_to_stop(evaluation)); complete++) {
		struct results *results = &each[complete];
		size_t variant = 0;

		*results = results_heading(scenario, "simulated");
		results->variants = region_alloc_array(region, results->variant_count, sizeof(results->variants[0]));
		for (; variant < scenario->workload_count && !wishes_to_stop(evaluation); variant++)
			simulate_one(&scenario->workloads[variant], evaluation, complete, region,
				     &results->variants[variant]);
		if (variant < scenario->workload_count) {
			/* Interrupted. Without the baseline there are no speed-ups. */
			if (complete > 0)
				break;
			results->variant_count = variant;
			if (scenario->baseline >= variant)
				return *results;
		}
		results_fill_speedups(results);
	}
	results_combine(each, complete, region, &combined);
	return combined;
}
