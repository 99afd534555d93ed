/*
 * time_comparison.c - see time_comparison.h.
 */
#include "sim/cli/time_comparison.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/cli/prediction.h"
#include "sim/results/results_stats.h"
#include "sim/results/text_table.h"

static const enum time_part working_parts[] = { TIME_PYTHON, TIME_C, TIME_NATIVE, TIME_GIL_WAIT, TIME_RUN_QUEUE,
						TIME_THROTTLED };

/* The round whose makespan is nearest to the median. */
static size_t median_round(const struct native_rounds *rounds, size_t variant, struct region *region)
{
	double *makespans = region_alloc_array(region, rounds->round_count, sizeof(*makespans));
	size_t nearest = 0;
	double median;

	for (size_t round = 0; round < rounds->round_count; round++)
		makespans[round] = native_rounds_at(rounds, round, variant)->result.makespan_s;
	median = stats_median(makespans, rounds->round_count, region);
	for (size_t round = 1; round < rounds->round_count; round++)
		if (!(fabs(makespans[round] - median) >= fabs(makespans[nearest] - median)) && isfinite(makespans[round]))
			nearest = round;
	return nearest;
}

static double sojourns_s(const struct native_run *run)
{
	sim_ns sum_ns = 0;

	for (size_t i = 0; i < run->task_count; i++)
		if (run->tasks[i].end_ns >= 0)
			sum_ns += run->tasks[i].end_ns - run->tasks[i].release_ns;
	return sim_time_seconds(sum_ns);
}

static bool is_one_of(const char *what, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(what, *words))
			return true;
	return false;
}

static double steps_s(const struct native_run *run, const char *const *words)
{
	sim_ns sum_ns = 0;

	for (size_t i = 0; i < run->step_count; i++)
		if (is_one_of(run->steps[i].what, words))
			sum_ns += run->steps[i].end_ns - run->steps[i].begin_ns;
	return sim_time_seconds(sum_ns);
}

struct time_comparison time_comparison_make(const struct scenario *scenario, const struct native_rounds *rounds,
					    size_t variant, double error, struct region *region)
{
	static const char *const working[] = { "python", "c", "native", "gil_wait", "run_queue", NULL },
				 *const waiting[] = { "io", NULL };
	size_t round = median_round(rounds, variant, region);
	const struct native_run *run = native_rounds_at(rounds, round, variant), *noted = &rounds->noted[variant];
	struct variant_result predicted;
	int cores = rounds->scenario->workloads[variant].machine.cores;
	struct time_comparison comparison = { .scenario = rounds->scenario->name,
					      .variant = rounds->scenario->workloads[variant].variant,
					      .python = native_label(rounds->backend, rounds->python, region),
					      .error = error,
					      .noted_factor = NAN };
	double parts_s = 0;

	prediction_of_round(scenario, rounds, round, variant, region, &predicted);
	for (size_t i = 0; i < sizeof(working_parts) / sizeof(working_parts[0]); i++)
		comparison.predicted.working_s += fmax(0, predicted.time_in_s[working_parts[i]]);
	for (int part = 0; part < TIME_PART_COUNT; part++)
		parts_s += fmax(0, predicted.time_in_s[part]); /* fmax() prefers the number to the NaN */
	comparison.predicted.io_s = fmax(0, predicted.time_in_s[TIME_IO]);
	comparison.predicted.other_s = parts_s - comparison.predicted.working_s - comparison.predicted.io_s;
	comparison.predicted.cores_s = predicted.utilisation_cores * predicted.makespan_s * cores;
	comparison.predicted.context_switches = predicted.context_switches;

	if (noted->step_count > 0)
		comparison.noted_factor = noted->result.makespan_s / run->result.makespan_s;
	comparison.measured.working_s = noted->step_count > 0 ? steps_s(noted, working) : NAN;
	comparison.measured.io_s = noted->step_count > 0 ? steps_s(noted, waiting) : NAN;
	comparison.measured.other_s = sojourns_s(noted) - comparison.measured.working_s - comparison.measured.io_s;
	comparison.measured.cores_s = run->result.utilisation_cores * run->result.makespan_s * cores;
	comparison.measured.context_switches = run->result.context_switches;
	return comparison;
}

static void add_times(struct text_table *table, const char *what, double predicted_s, double measured_s)
{
	const double seconds[] = { predicted_s, measured_s };

	text_table_cell(table, "%s", what);
	for (size_t i = 0; i < 2; i++) {
		char text[32] = "-";

		if (isfinite(seconds[i]))
			units_format_duration_short(seconds[i], text);
		text_table_cell(table, "%s", text);
	}
	if (isfinite(predicted_s - measured_s) && predicted_s != measured_s) {
		char text[32];

		units_format_duration_short(fabs(predicted_s - measured_s), text);
		text_table_cell(table, "%c%s", predicted_s < measured_s ? '-' : '+', text);
	} else {
		text_table_cell(table, "%s", "");
	}
}

static void print_one(const struct time_comparison *comparison, struct region *region, FILE *stream)
{
	struct text_table table;

	fprintf(stream, "\n%s, %s on %s: makespan %+.1f%%; where the time went", comparison->scenario,
		comparison->variant, comparison->python, 100 * comparison->error);
	if (isfinite(comparison->noted_factor))
		fprintf(stream, " (measured tasks in a run that took %.2f times as long, noting that)", comparison->noted_factor);
	fputs(":\n", stream);
	text_table_init(&table, region, "lrrr");
	text_table_cell(&table, "summed over tasks");
	text_table_cell(&table, "predicted");
	text_table_cell(&table, "measured");
	text_table_cell(&table, "off by");
	add_times(&table, "working, or wanting GIL or core", comparison->predicted.working_s,
		  comparison->measured.working_s);
	add_times(&table, "io", comparison->predicted.io_s, comparison->measured.io_s);
	add_times(&table, "all else: queues, locks, start, library", comparison->predicted.other_s,
		  comparison->measured.other_s);
	add_times(&table, "on cores, all threads", comparison->predicted.cores_s, comparison->measured.cores_s);
	text_table_cell(&table, "context switches");
	text_table_cell(&table, "%.0f", comparison->predicted.context_switches);
	text_table_cell(&table, "%.0f", comparison->measured.context_switches);
	text_table_cell(&table, "%+.0f", comparison->predicted.context_switches - comparison->measured.context_switches);
	text_table_print(&table, false, stream);
}

void time_comparisons_print(const struct time_comparison *comparisons, size_t count, size_t most, struct region *region,
			    FILE *stream)
{
	bool *printed = region_alloc_array(region, count, sizeof(*printed));

	for (size_t rank = 0; rank < most && rank < count; rank++) {
		size_t worst = SIZE_MAX;

		for (size_t i = 0; i < count; i++)
			if (!printed[i] && (worst == SIZE_MAX || fabs(comparisons[i].error) > fabs(comparisons[worst].error)))
				worst = i;
		printed[worst] = true;
		print_one(&comparisons[worst], region, stream);
	}
}
