/*
 * prediction.c - what the simulator says of a scenario at the pace that its native runs had.
 *
 * A run on a machine whose clock has changed since the calibration takes longer by that much; that
 * is no fault of a model, so the time of every step is multiplied by the measured pace of its kind: CPU time
 * for an iteration during the runs. What cores that are busy together lose is in that already. Steps too short to be timed
 * have the pace that was measured around the runs, and cpu.all_busy_speed is then what it was around them, too.
 * Where the outcome is a race, one simulation is one sample; so several replications are made
 * and their medians taken. All of them have the random times that native runs have, those of replication 0; what
 * differs from one to the next is the machine's chance, as it does there.
 */
#include <math.h>

#include "models/simulate/simulate.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/prediction.h"
#include "sim/plan/evaluate.h"
#include "sim/results/results_stats.h"

#define REPLICATIONS 5

const char *const predicted_metrics[PREDICTED_METRIC_COUNT] = {
	[PREDICTED_MAKESPAN] = "makespan",     [PREDICTED_SPEEDUP] = "speedup",
	[PREDICTED_THROUGHPUT] = "throughput", [PREDICTED_P50] = "p50",
	[PREDICTED_P99] = "p99",	       [PREDICTED_COMPLETED] = "completed",
	[PREDICTED_FAILED] = "failed",	       [PREDICTED_TIMED_OUT] = "timed_out",
	[PREDICTED_CANCELLED] = "cancelled",   [PREDICTED_REJECTED] = "rejected",
	[PREDICTED_UNFINISHED] = "unfinished", [PREDICTED_RETRIES] = "retries",
	[PREDICTED_LOST_UPDATES] = "lost_updates",
};

/* Whether the pace of all kinds of CPU step that the workload has was measured while it ran. */
static bool timed_during(const struct workload *workload, const struct native_run *run)
{
	bool used[3], timed = false;

	workload_spins(workload, used);
	for (int kind = 0; kind < 3; kind++) {
		if (used[kind] && !isfinite(run->spin_during[kind]))
			return false;
		timed |= used[kind];
	}
	return timed;
}

/* How fast cores are, against the pace of the steps, while all are busy; NaN when it was not measured. */
static double measured_all_busy_speed(const struct native_rounds *rounds, size_t variant, struct region *region)
{
	const struct workload *workload = &rounds->scenario->workloads[variant];
	double *samples = region_alloc_array(region, rounds->round_count, sizeof(*samples));

	for (size_t round = 0; round < rounds->round_count; round++) {
		const struct native_run *run = native_rounds_at(rounds, round, variant);

		if (!run->result.measured)
			samples[round] = NAN;
		else
			samples[round] = timed_during(workload, run) ? 1 : run->all_busy_speed;
	}
	return stats_median(samples, rounds->round_count, region);
}

static struct workload at_pace(const struct workload *workload, const double pace[3], double all_busy_speed)
{
	struct workload adjusted = *workload;

	/* A profile without costs is asked what it would be without any. */
	if (isfinite(all_busy_speed) && adjusted.machine.costs.value[COST_CPU_ALL_BUSY_SPEED] != 1)
		adjusted.machine.costs.value[COST_CPU_ALL_BUSY_SPEED] = all_busy_speed;

	if (isfinite(pace[0]))
		adjusted.python.slowdown_python *= pace[0];
	if (isfinite(pace[1]))
		adjusted.python.slowdown_c *= pace[1];
	if (isfinite(pace[2]))
		adjusted.python.slowdown_native *= pace[2];
	return adjusted;
}

void prediction_make(const struct scenario *scenario, const struct native_rounds *rounds, struct region *region,
		     struct trace_writer *trace, struct prediction *predictions)
{
	struct workload *workloads = region_alloc_array(region, scenario->workload_count, sizeof(*workloads));
	struct results *each = region_alloc_array(region, REPLICATIONS, sizeof(*each));
	double samples[REPLICATIONS];

	for (size_t variant = 0; variant < scenario->workload_count; variant++) {
		double pace[3];

		native_rounds_pace(rounds, variant, pace, region);
		workloads[variant] = at_pace(&scenario->workloads[variant], pace,
					     measured_all_busy_speed(rounds, variant, region));
	}
	for (size_t replication = 0; replication < REPLICATIONS; replication++) {
		struct simulate_options options = { .replication = replication,
						    .has_native_draws = true,
						    .wish_to_stop = interrupt_flag() };

		each[replication] = results_heading(scenario, "simulated");
		each[replication].variants =
			region_alloc_array(region, scenario->workload_count, sizeof(each[replication].variants[0]));
		for (size_t variant = 0; variant < scenario->workload_count; variant++) {
			const struct trace_run run = { .scenario = scenario->name,
						       .variant = workloads[variant].variant,
						       .source = "predicted",
						       .seed = scenario->seed,
						       .replication = replication };
			bool traced = trace && replication == 0;

			variant_result_init(&each[replication].variants[variant]);
			if (rounds->why_not[variant])
				continue;
			options.trace = traced ? trace_writer_begin_run(trace, &run) : NULL;
			simulate(&workloads[variant], &options, region, &each[replication].variants[variant]);
			if (traced)
				trace_writer_end_run(trace);
		}
		results_fill_speedups(&each[replication]);
	}
	for (size_t variant = 0; variant < scenario->workload_count; variant++)
		for (size_t metric = 0; metric < PREDICTED_METRIC_COUNT; metric++) {
			for (size_t replication = 0; replication < REPLICATIONS; replication++)
				samples[replication] = variant_result_metric(&each[replication].variants[variant],
									     predicted_metrics[metric]);
			predictions[variant].values[metric] = stats_median(samples, REPLICATIONS, region);
		}
}
