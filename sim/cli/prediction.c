/*
 * prediction.c - what the simulator says of a scenario at the pace that its native runs had.
 *
 * A run on a machine whose clock has changed since the calibration takes longer by that much; that
 * is no fault of a model, so the time of every step is multiplied by the measured pace of its kind: CPU time
 * for an iteration during the runs; and by how much slower than the others' its own instance's were, since each core of a
 * virtual machine has neighbours of its own. What cores that are busy together lose is in that already. Steps too short to be
 * timed have the pace that was measured around the runs, and cpu.all_busy_speed is then what it was around them, too. Whatever
 * else takes a core's time is multiplied by a pace around the runs: that of short steps includes what each loses to
 * caches that have gone cold while it waited, which the models charge by itself (models/machine/cold.h). An interpreter's costs
 * follow a loop of library code, the kernel's that of C: a virtual machine's neighbour on the same core takes more from code
 * that would keep it busy, and the loop of bytecode, which waits for its own last result, loses least. 40 s of all in turn:
 * spin 1.19 and C 1.26 times their full time, gather(), queue.Queue, Future and the loop of library code 1.35 to 1.38; another
 * 40 s: C 1.26, fork 1.30, a socket pair 1.32, a thread's start 1.33, switches 1.37, library code 1.35.
 * The way from a wake-up to its thread's running is code, too, the kernel's and the hypervisor's: where C code's pace was
 * 1.8 times its best, sleeps of 0.1 ms ended 1.5 times as late.
 * Each round is predicted by itself, at the pace that its runs had: so a speed-up, which is a ratio within one round, is that
 * of two predictions for the same minute, as the measured one is. Where the outcome is a race, one simulation is one sample; so
 * there are several for each round if rounds are few. The medians over all are the prediction. All of them have the random times
 * that native runs have, those of replication 0; what differs from one to the next is the machine's chance, as it does
 * there.
 */
#include <math.h>

#include "models/simulate/simulate.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/prediction.h"
#include "sim/plan/evaluate.h"
#include "sim/results/results_stats.h"

#define LEAST_SAMPLES 15

const char *const predicted_metrics[PREDICTED_METRIC_COUNT] = {
	[PREDICTED_MAKESPAN] = "makespan",     [PREDICTED_SPEEDUP] = "speedup",
	[PREDICTED_THROUGHPUT] = "throughput", [PREDICTED_P50] = "p50",
	[PREDICTED_P99] = "p99",	       [PREDICTED_PEAK_MEMORY] = "peak_memory",
	[PREDICTED_COMPLETED] = "completed",
	[PREDICTED_FAILED] = "failed",	       [PREDICTED_TIMED_OUT] = "timed_out",
	[PREDICTED_CANCELLED] = "cancelled",   [PREDICTED_REJECTED] = "rejected",
	[PREDICTED_UNFINISHED] = "unfinished", [PREDICTED_RETRIES] = "retries",
	[PREDICTED_LOST_UPDATES] = "lost_updates",
};

/* Whether the pace of any kind of CPU step was measured while it ran. */
static bool timed_during(const struct native_run *run)
{
	return isfinite(run->spin_during[0]) || isfinite(run->spin_during[1]) || isfinite(run->spin_during[2]);
}

/* How much longer work took because a hypervisor gave the cores to others while they had some: a program's CPU clock stands
 * still meanwhile. The ways of wake-ups are in no CPU clock: that work takes all of it makes the sum come out right. */
static double stolen_from(const struct native_run *run)
{
	/* A manager's server, for one, is not waited for and counts with others. */
	double busy_share = run->result.utilisation_cores + (isfinite(run->others_share) ? run->others_share : 0);

	return run->stolen_share > 0 && busy_share > 0 ? 1 + run->stolen_share / busy_share : 1;
}

/* What waits for memory, byte by byte or page by page, waits for a neighbour on the same core for about half of the time that
 * others do, by logarithms: copying 0.5 to 0.6 of bytecode's pace and faults 0.8 (two runs of 45 s in which both changed by
 * 1.4 times), of which C code has 1.3. */
static double pace_of_cost(enum cost cost, double c_pace, double library_pace)
{
	if (cost_infos[cost].unit == UNIT_ns_per_byte || cost == COST_MEM_FAULT)
		return sqrt(c_pace);
	return cost_infos[cost].scope == SCOPE_MACHINE ? c_pace : library_pace;
}

/* `workload` at the pace of `run`, which was one of `measured`: the same, with the costs of the profile that the pace is
 * measured against. */
static struct workload at_pace(const struct workload *workload, const struct workload *measured,
			       const struct native_run *run, double all_busy_speed)
{
	struct workload adjusted = *workload;
	double around = native_run_pace_around(measured, run), library = native_run_library_pace(measured, run);
	double stolen = stolen_from(run);
	double pace[3];

	native_run_pace(measured, run, pace);
	if (timed_during(run)) { /* what is lost is in the pace of those steps, and has to be in that of the rest */
		if (isfinite(all_busy_speed)) {
			around /= all_busy_speed;
			library /= all_busy_speed;
			for (int kind = 0; kind < 3; kind++)
				if (!isfinite(run->spin_during[kind]))
					pace[kind] /= all_busy_speed;
		}
		all_busy_speed = 1;
	}
	/* A profile without costs is asked what it would be without any. */
	if (isfinite(all_busy_speed) && adjusted.machine.costs.value[COST_CPU_ALL_BUSY_SPEED] != 1)
		adjusted.machine.costs.value[COST_CPU_ALL_BUSY_SPEED] = all_busy_speed;

	if (isfinite(pace[0])) {
		adjusted.python.slowdown_python *= pace[0] * stolen;
		for (int cost = 0; cost < COST_COUNT; cost++)
			if (cost_infos[cost].nature == NATURE_LOAD)
				adjusted.machine.costs.value[cost] *= pace_of_cost((enum cost)cost, pace[0], pace[0]) * stolen;
	}
	for (int cost = 0; isfinite(around) && cost < COST_COUNT; cost++)
		if (cost_infos[cost].nature == NATURE_WORK || cost_infos[cost].nature == NATURE_WAIT)
			adjusted.machine.costs.value[cost] *= pace_of_cost((enum cost)cost, around, library) *
							      (cost_infos[cost].nature == NATURE_WORK ? stolen : 1);
	if (isfinite(pace[1]))
		adjusted.python.slowdown_c *= pace[1] * stolen;
	if (isfinite(pace[2]))
		adjusted.python.slowdown_native *= pace[2] * stolen;
	if (run->slowness_count == (size_t)adjusted.run.count)
		adjusted.run.slowness = run->slowness;
	return adjusted;
}

/* One sample: every variant that was run, at the pace of its run of `round`. */
static struct results predict_round(const struct scenario *scenario, const struct native_rounds *rounds, size_t round,
				    size_t replication, struct region *region, struct trace_writer *trace)
{
	double all_busy_speed = native_rounds_all_busy_speed(rounds, region);
	struct simulate_options options = { .replication = replication,
					    .has_native_draws = true,
					    /* A ^C that ended the measurement early asks for what there is. */
					    .wish_to_stop = interrupt_seen() ? NULL : interrupt_flag() };
	struct results results = results_heading(scenario, "simulated");

	results.variants = region_alloc_array(region, scenario->workload_count, sizeof(results.variants[0]));
	for (size_t variant = 0; variant < scenario->workload_count; variant++) {
		struct workload workload = at_pace(&scenario->workloads[variant], &rounds->scenario->workloads[variant],
						   native_rounds_at(rounds, round, variant), all_busy_speed);
		const struct trace_run run = { .scenario = scenario->name,
					       .variant = workload.variant,
					       .source = "predicted",
					       .seed = scenario->seed,
					       .replication = replication };

		variant_result_init(&results.variants[variant]);
		if (rounds->why_not[variant])
			continue;
		options.trace = trace ? trace_writer_begin_run(trace, &run) : NULL;
		simulate(&workload, &options, region, &results.variants[variant]);
		if (trace)
			trace_writer_end_run(trace);
	}
	results_fill_speedups(&results);
	return results;
}

void prediction_of_round(const struct scenario *scenario, const struct native_rounds *rounds, size_t round, size_t variant,
			 struct region *region, struct variant_result *result)
{
	const struct simulate_options options = { .has_native_draws = true };
	struct workload workload = at_pace(&scenario->workloads[variant], &rounds->scenario->workloads[variant],
					   native_rounds_at(rounds, round, variant),
					   native_rounds_all_busy_speed(rounds, region));

	variant_result_init(result);
	simulate(&workload, &options, region, result);
}

void prediction_make(const struct scenario *scenario, const struct native_rounds *rounds, struct region *region,
		     struct trace_writer *trace, struct prediction *predictions)
{
	size_t each_round = (LEAST_SAMPLES + rounds->round_count - 1) / rounds->round_count;
	size_t count = each_round * rounds->round_count;
	struct results *each = region_alloc_array(region, count, sizeof(*each));
	double *samples = region_alloc_array(region, count, sizeof(*samples));

	for (size_t i = 0; i < count; i++)
		each[i] = predict_round(scenario, rounds, i % rounds->round_count, i, region, i == 0 ? trace : NULL);
	for (size_t variant = 0; variant < scenario->workload_count; variant++)
		for (size_t metric = 0; metric < PREDICTED_METRIC_COUNT; metric++) {
			for (size_t i = 0; i < count; i++)
				samples[i] = variant_result_metric(&each[i].variants[variant],
								   predicted_metrics[metric]);
			predictions[variant].values[metric] = stats_median(samples, count, region);
		}
}
