/*
 * cmd_native.c - `gilsim native`: the same scenarios for real.
 */
#include <math.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/host_profile.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/native_rounds.h"
#include "sim/cli/output_file.h"
#include "sim/cli/threshold.h"
#include "sim/cli/trace_file.h"
#include "sim/cli/trace_native.h"
#include "sim/plan/verdict.h"
#include "sim/plan/evaluate.h"

struct native_command_arguments {
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct native_arguments native;
	struct threshold_arguments thresholds;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct native_command_arguments *arguments = state->input;

	(void)text;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &arguments->scenario;
	state->child_inputs[1] = &arguments->output;
	state->child_inputs[2] = &arguments->native;
	state->child_inputs[3] = &arguments->thresholds;
	return 0;
}

static const struct argp_child children[] = {
	{ &scenario_argp, 0, NULL, 0 }, { &output_argp, 0, NULL, 0 }, { &native_argp, 0, NULL, 0 },
	{ &threshold_argp, 0, NULL, 0 }, { 0 }
};

static const struct argp native_command_argp = {
	.parser = parse_option,
	.args_doc = "FILE...",
	.doc = "Run every variant of each scenario for real, on CPython or on plain threads, processes and an epoll loop, "
	       "several rounds in random order.\v"
	       "Prints means over the rounds. Durations are scaled as the scenario's `scale` says, so its "
	       "expectations "
	       "are not tested; a --slo is, against what was measured. Without --profile, this machine's own calibration tells how much work a duration "
	       "is; it "
	       "is measured when it is missing.\n\n"
	       "Example:\n  gilsim native --python python3.13 --repeat 10 scenarios/seeds/b2-*.yaml",
	.children = children,
};

/* The rounds as the replications they are: means, with intervals. */
static struct results combine_rounds(const struct native_rounds *rounds, struct region *region)
{
	const struct scenario *scenario = rounds->scenario;
	size_t count = rounds->round_count > 0 ? rounds->round_count : 1;
	struct results *each = region_alloc_array(region, count, sizeof(*each));
	struct results combined;

	for (size_t round = 0; round < count; round++) {
		each[round] = results_heading(scenario, rounds->backend == BACKEND_C ? "c" : "cpython");
		each[round].python_version = rounds->python->full_version;
		each[round].python_executable = rounds->backend == BACKEND_C ? "the c backend" : rounds->python->executable;
		each[round].spin_rate_ratio = native_rounds_main_pace(rounds, scenario->baseline, region);
		each[round].variants =
			region_alloc_array(region, scenario->workload_count, sizeof(each[round].variants[0]));
		for (size_t variant = 0; variant < scenario->workload_count; variant++) {
			struct variant_result *result = &each[round].variants[variant];

			if (round < rounds->round_count) {
				*result = native_rounds_at(rounds, round, variant)->result;
			} else {
				variant_result_init(result);
				result->measured = false;
			}
			result->name = scenario->workloads[variant].variant;
			result->model = model_names[scenario->workloads[variant].model.kind];
			if (!result->measured)
				result->why_not =
					rounds->why_not[variant] ? rounds->why_not[variant] : "interrupted";
		}
		results_fill_speedups(&each[round]);
	}
	results_combine(each, count, region, &combined);
	for (size_t variant = 0; variant < scenario->workload_count && rounds->round_count > 0; variant++)
		combined.variants[variant].paces = native_rounds_main_paces(rounds, variant, region);
	return combined;
}

/* What one file gave on one interpreter. */
struct measurement {
	struct results results;
	struct thresholds thresholds;
};

static bool print_results(enum output_format format, const struct measurement *measurements, size_t count,
			  struct region *region, FILE *stream, int *status)
{
	struct results *results = region_alloc_array(region, count, sizeof(*results));
	/* Beside a document for programs, verdicts have no place on the same stream. */
	FILE *verdicts = format == FORMAT_TABLE ? stream : stderr;
	bool printed = true;

	for (size_t i = 0; i < count; i++)
		results[i] = measurements[i].results;
	if (format == FORMAT_JSON)
		printed = results_print_json(results, count, stream);
	else if (format == FORMAT_CSV)
		printed = results_print_csv(results, count, stream);
	for (size_t i = 0; i < count; i++) {
		if (format == FORMAT_TABLE) {
			if (i > 0)
				fputc('\n', stream);
			printed &= results_print_table(&results[i], wants_color(stream), stream);
		}
		if (!interrupt_seen())
			*status = worse_status(*status, thresholds_hold(&measurements[i].thresholds, &results[i], verdicts) ?
								STATUS_DONE :
								STATUS_FAILED_EXPECTATION);
	}
	return printed;
}

/* Whether all thresholds can be tested in all files: said before anything is measured. */
static bool check_thresholds(const struct native_command_arguments *arguments, const struct native_python *python)
{
	bool all = true;

	for (size_t i = 0; arguments->thresholds.texts.count > 0 && i < arguments->scenario.files.count; i++) {
		struct region region;
		struct thresholds unused;
		const struct scenario *scenario;

		region_init(&region);
		scenario = native_load_scenario(arguments->scenario.files.items[i], &arguments->scenario,
						&arguments->native, python,
						arguments->scenario.profile ? arguments->scenario.profile : "default",
						&region);
		all &= scenario && thresholds_read(&unused, arguments->thresholds.texts.items,
						   arguments->thresholds.texts.count, scenario, &region, stderr);
		region_release(&region);
	}
	return all;
}

/* Runs all files on one interpreter and appends their results. */
static int run_python(const struct native_command_arguments *arguments, const struct native_python *python,
		      struct trace_writer *trace, struct region *region, struct measurement *measurements,
		      size_t *count)
{
	const char *profile = arguments->scenario.profile;
	int status = STATUS_DONE;

	if (!profile)
		profile = host_profile_obtain(python, region);
	if (!profile)
		return STATUS_ENVIRONMENT;
	for (size_t i = 0; i < arguments->scenario.files.count && !interrupt_seen(); i++) {
		struct native_rounds rounds;
		struct scenario *scenario =
			native_load_scenario(arguments->scenario.files.items[i], &arguments->scenario,
					     &arguments->native, python, profile, region);

		if (!scenario)
			return STATUS_BAD_INPUT;
		native_rounds_run(&rounds, scenario, python, &arguments->native, arguments->scenario.seed, region);
		native_rounds_report(&rounds, region);
		for (size_t round = 0; trace && round < rounds.round_count; round++)
			trace_native_runs(trace, &rounds, native_rounds_at(&rounds, round, 0), round, arguments->scenario.seed,
					  region);
		measurements[*count].results = combine_rounds(&rounds, region);
		if (!thresholds_read(&measurements[*count].thresholds, arguments->thresholds.texts.items,
				     arguments->thresholds.texts.count, scenario, region, stderr))
			return STATUS_BAD_INPUT;
		if (rounds.failed)
			status = worse_status(status, STATUS_ENVIRONMENT);
		if (!endings_are_expected(scenario, &measurements[*count].results, stderr))
			status = worse_status(status, STATUS_FAILED_EXPECTATION);
		(*count)++;
	}
	return status;
}

int cmd_native(int argc, char **argv)
{
	struct region region;
	struct native_command_arguments arguments = { .scenario.region = &region, .native.region = &region,
						     .thresholds.region = &region };
	struct native_python *pythons;
	size_t python_count, count = 0;
	struct measurement *measurements;
	struct trace_file trace;
	struct output_file output;
	int status = STATUS_DONE;

	region_init(&region);
	argp_parse(&native_command_argp, argc, argv, 0, NULL, &arguments);
	interrupt_watch();
	if (!output_file_is_possible(arguments.output.path, &region)) {
		status = output_failed(arguments.output.path);
		goto release;
	}
	if (!native_probe_all(&arguments.native, &region, &pythons, &python_count)) {
		status = STATUS_ENVIRONMENT;
		goto release;
	}
	if (!native_check_files(&arguments.scenario, &arguments.native, &pythons[0]) ||
	    !check_thresholds(&arguments, &pythons[0])) {
		status = STATUS_BAD_INPUT;
		goto release;
	}
	measurements = region_alloc_array(&region, python_count * arguments.scenario.files.count,
					  sizeof(measurements[0]));
	status = trace_file_open(&trace, arguments.native.trace_path, &region);
	if (status != STATUS_DONE)
		goto release;
	for (size_t i = 0; i < python_count && !interrupt_seen(); i++)
		status = worse_status(status, run_python(&arguments, &pythons[i], trace.writer, &region, measurements,
						     &count));
	status = worse_status(status, trace_file_close(&trace));
	if (count > 0) {
		if (!output_file_open(&output, arguments.output.path, &region)) {
			status = output_failed(arguments.output.path);
		} else if (!print_results(arguments.output.format, measurements, count, &region, output.stream,
					  &status)) {
			status = output_failed(arguments.output.path);
			output_file_discard(&output);
		} else if (!output_file_close(&output)) {
			status = output_failed(arguments.output.path);
		}
	}
release:
	if (interrupt_seen())
		status = STATUS_INTERRUPTED;
	region_release(&region);
	return status;
}
