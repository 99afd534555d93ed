/*
 * cmd_validate.c - `gilsim validate`: predictions beside measurements.
 *
 * For each interpreter and file: the native rounds first, then the predictions at the pace that these
 * runs had, once with the machine's profile and once with the profile `ideal`, where nothing costs
 * anything: rows that such a prediction misses show what the models are worth. The rounds may be kept in a file, and come from
 * one instead.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/plan/error_ledger.h"
#include "sim/cli/host_profile.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/measurements.h"
#include "sim/cli/output_file.h"
#include "sim/cli/prediction.h"
#include "sim/cli/time_comparison.h"
#include "sim/cli/trace_file.h"
#include "sim/cli/trace_native.h"
#include "sim/native_c/c_spin.h"
#include "sim/results/results_stats.h"
#include "sim/results/validation.h"

/* So many rows are explained, if they are off by more than this. */
#define EXPLAINED_ROWS 3
#define EXPLAINED_ERROR_RATIO 0.03

enum { OPTION_MAX_ERROR = 0x400, OPTION_BY_ERROR, OPTION_EXPLAIN, OPTION_SAVE, OPTION_SAVED };

struct validate_arguments {
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct native_arguments native;
	double max_error; /* NaN: no gate */
	bool by_error, explain;
	const char *save_path;	      /* NULL: what is measured is not kept */
	struct text_list saved_paths; /* none: measure */
};

/* What is found out about all files and interpreters. */
struct findings {
	struct validation validation;
	struct time_comparison *comparisons; /* with --explain, of makespans that are off */
	size_t comparison_count, comparison_capacity;
	struct measurement_list measurements;
};

/* "5" and "5%" both mean 0.05. */
static double option_percent(const struct argp_state *state, const char *option, const char *text)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (*end == '%')
		end++;
	if (end == text || *end || errno || !(value >= 0) || !isfinite(value))
		argp_error(state, "%s is '%s', expected a percentage such as 5", option, text);
	return value / 100;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct validate_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->scenario;
		state->child_inputs[1] = &arguments->output;
		state->child_inputs[2] = &arguments->native;
		arguments->max_error = NAN;
		return 0;
	case OPTION_MAX_ERROR:
		arguments->max_error = option_percent(state, "--max-error", text);
		return 0;
	case OPTION_EXPLAIN:
		arguments->explain = true;
		return 0;
	case OPTION_BY_ERROR:
		arguments->by_error = true;
		return 0;
	case OPTION_SAVE:
		arguments->save_path = text;
		return 0;
	case OPTION_SAVED:
		text_list_add(&arguments->saved_paths, arguments->scenario.region, text);
		arguments->scenario.needs_no_file = true;
		return 0;
	case ARGP_KEY_END:
		if (arguments->saved_paths.count > 0 &&
		    (arguments->explain || arguments->save_path || arguments->native.trace_path || arguments->native.pythons.count > 0 ||
		     arguments->scenario.files.count > 0))
			argp_error(state, "--saved measures nothing: it goes with neither a scenario file nor --python, --explain, "
					  "--trace or --save");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Judging:", 4 },
	{ "max-error", OPTION_MAX_ERROR, "PCT", 0,
	  "Exit with status 1 when a makespan or speedup is off by more than this", 4 },
	{ "by-error", OPTION_BY_ERROR, 0, 0, "Print the rows with the largest error first", 4 },
	{ "explain", OPTION_EXPLAIN, 0, 0,
	  "Print where the time went, predicted and measured, for the three makespans that are off most", 4 },
	{ 0, 0, 0, 0, "Keeping measurements:", 5 },
	{ "save", OPTION_SAVE, "FILE.json", 0, "Write what was measured to FILE.json", 5 },
	{ "saved", OPTION_SAVED, "FILE.json", 0,
	  "Measure nothing; predict again what FILE.json has, after a change of a model or of costs (repeatable)", 5 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &scenario_argp, 0, NULL, 0 }, { &output_argp, 0, NULL, 0 }, { &native_argp, 0, NULL, 0 }, { 0 }
};

static const struct argp validate_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "FILE...\n--saved FILE.json",
	.doc = "Simulate scenarios and run them for real, and print the error of each prediction beside the spread "
	       "of the "
	       "measurements.\v"
	       "Without --profile, this machine's own calibration is used; it is measured when it is missing. With "
	       "--backend c, what runs has the interpreter's algorithms and none of its costs, and is predicted with the "
	       "machine's costs alone: so an error can be placed in the model of the machine or in that of the interpreter.\n\n"
	       "Example:\n  gilsim validate --python python3.11 --python python3.13 scenarios/validation/*.yaml\n"
	       "  gilsim validate --save runs.json my.yaml\n"
	       "  gilsim validate --saved runs.json\n\n"
	       "Exit status: 0 done, 1 an error above --max-error, 2 bad input, 3 an interpreter or the output failed, 130 stopped by a "
	       "signal.",
	.children = children,
};

/* The samples of a metric, one a round. Speedups are ratios within a round. */
static double *measured_samples(const struct native_rounds *rounds, size_t variant, const char *metric,
				struct region *region)
{
	double *samples = region_alloc_array(region, rounds->round_count, sizeof(*samples));

	for (size_t round = 0; round < rounds->round_count; round++) {
		const struct variant_result *result = &native_rounds_at(rounds, round, variant)->result;

		if (!strcmp(metric, "speedup"))
			samples[round] =
				variant_result_metric(
					&native_rounds_at(rounds, round, rounds->scenario->baseline)->result,
					"makespan") /
				variant_result_metric(result, "makespan");
		else
			samples[round] = variant_result_metric(result, metric);
	}
	return samples;
}

/* Of all counts but that of the completed only those are worth a row that are not 0 everywhere. */
static bool is_worth_a_row(size_t metric, double predicted, const double *samples, size_t count)
{
	if (metric <= PREDICTED_COMPLETED || predicted > 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (samples[i] > 0)
			return true;
	return false;
}

static bool any_measured(const double *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (isfinite(samples[i]))
			return true;
	return false;
}

static void add_rows(struct validation *validation, const struct native_rounds *rounds,
		     const struct prediction *predictions, const struct prediction *ideal, struct region *region)
{
	const struct scenario *scenario = rounds->scenario;

	for (size_t variant = 0; variant < scenario->workload_count; variant++) {
		double pace = native_rounds_main_pace(rounds, variant, region);

		if (rounds->why_not[variant]) /* it failed in some round: that is told, and nothing is predicted */
			continue;
		for (size_t metric = 0; metric < PREDICTED_METRIC_COUNT; metric++) {
			const char *name = predicted_metrics[metric];
			const double *samples;
			struct validation_row *row;

			if (variant == scenario->baseline && !strcmp(name, "speedup"))
				continue;
			samples = measured_samples(rounds, variant, name, region);
			if (!any_measured(samples, rounds->round_count) ||
			    !is_worth_a_row(metric, predictions[variant].values[metric], samples,
					    rounds->round_count))
				continue;
			row = validation_add(validation, region);
			row->scenario = scenario->name;
			row->file = scenario->file;
			row->profile = scenario->workloads[variant].machine.profile;
			row->variant = scenario->workloads[variant].variant;
			row->python = native_label(rounds->backend, rounds->python, region);
			row->metric = name;
			row->model = ledger_model(&scenario->workloads[variant], region);
			row->steps = ledger_steps(&scenario->workloads[variant], region);
			row->is_count = metric >= PREDICTED_COMPLETED;
			row->predicted = predictions[variant].values[metric];
			row->ideal = ideal[variant].values[metric];
			row->measured = samples;
			row->measured_count = rounds->round_count;
			row->spin_ratio = pace;
		}
	}
}

static void add_comparisons(struct findings *findings, const struct native_rounds *rounds, const struct scenario *scenario,
			    const struct prediction *predictions, struct region *region)
{
	for (size_t variant = 0; variant < scenario->workload_count; variant++) {
		const double *samples = measured_samples(rounds, variant, "makespan", region);
		double median = stats_median(samples, rounds->round_count, region);
		double error = (predictions[variant].values[PREDICTED_MAKESPAN] - median) / median;

		if (!(fabs(error) > EXPLAINED_ERROR_RATIO))
			continue;
		findings->comparisons = region_grow(region, findings->comparisons, findings->comparison_count,
						    &findings->comparison_capacity, sizeof(findings->comparisons[0]));
		findings->comparisons[findings->comparison_count++] =
			time_comparison_make(scenario, rounds, variant, error, region);
	}
}

/* Predicts what was measured of `scenario`, and adds its rows. False when it cannot be loaded any more. */
static bool judge(const struct validate_arguments *arguments, const struct scenario_arguments *loading,
		  const struct native_arguments *native, const char *path, const struct scenario *scenario,
		  const struct native_rounds *rounds, struct trace_writer *trace, struct region *region, struct findings *findings)
{
	struct scenario *ideal_scenario = native_load_scenario(path, loading, native, rounds->python, "ideal", region);
	struct prediction *predictions = region_alloc_array(region, scenario->workload_count, sizeof(*predictions));
	struct prediction *ideal = region_alloc_array(region, scenario->workload_count, sizeof(*ideal));
	bool measurement_ended_early = interrupt_seen();

	if (!ideal_scenario)
		return false;
	prediction_make(scenario, rounds, region, trace, predictions);
	prediction_make(ideal_scenario, rounds, region, NULL, ideal);
	/* One run beside one replication: what has happened beside what was said. */
	if (trace)
		trace_native_runs(trace, rounds, rounds->noted, 0, loading->seed, region);
	/* What ^C has cut short is no prediction. */
	if (measurement_ended_early || !interrupt_seen())
		add_rows(&findings->validation, rounds, predictions, ideal, region);
	if (arguments->explain && !interrupt_seen())
		add_comparisons(findings, rounds, scenario, predictions, region);
	return true;
}

static int validate_file(const struct validate_arguments *arguments, const char *path,
			 const struct native_python *python, const char *profile, struct trace_writer *trace,
			 struct region *region, struct findings *findings)
{
	struct scenario *scenario =
		native_load_scenario(path, &arguments->scenario, &arguments->native, python, profile, region);
	struct native_rounds rounds;

	if (!scenario)
		return STATUS_BAD_INPUT;
	native_rounds_run(&rounds, scenario, python, &arguments->native, arguments->scenario.seed, region);
	native_rounds_report(&rounds, region);
	if (rounds.round_count > 0) {
		measurements_add(&findings->measurements, &arguments->scenario, path, &rounds, region);
		if (!judge(arguments, &arguments->scenario, &arguments->native, path, scenario, &rounds, trace, region, findings))
			return STATUS_BAD_INPUT;
	}
	return rounds.failed ? STATUS_ENVIRONMENT : STATUS_DONE;
}

/* Measures every file on every interpreter. */
static int measure_all(const struct validate_arguments *arguments, struct region *region, struct findings *findings)
{
	struct native_python *pythons;
	size_t python_count;
	struct trace_file trace;
	int status;

	if (!native_probe_all(&arguments->native, region, &pythons, &python_count))
		return STATUS_ENVIRONMENT;
	if (!native_check_files(&arguments->scenario, &arguments->native, &pythons[0]))
		return STATUS_BAD_INPUT;
	status = trace_file_open(&trace, arguments->native.trace_path, region);
	if (status != STATUS_DONE)
		return status;
	for (size_t i = 0; i < python_count && !interrupt_seen(); i++) {
		const char *profile = arguments->scenario.profile;

		if (!profile)
			profile = host_profile_obtain(&pythons[i], region);
		if (!profile) {
			status = worse_status(status, STATUS_ENVIRONMENT);
			continue;
		}
		for (size_t file = 0; file < arguments->scenario.files.count && !interrupt_seen(); file++)
			status = worse_status(status,
					      validate_file(arguments, arguments->scenario.files.items[file], &pythons[i],
							    profile, trace.writer, region, findings));
	}
	return worse_status(status, trace_file_close(&trace));
}

/* One that was measured before, with the overrides of then and those of now. */
static int judge_saved(const struct validate_arguments *arguments, struct measurement *measurement, struct region *region,
		       struct findings *findings)
{
	struct scenario_arguments loading = arguments->scenario;
	struct native_arguments native = arguments->native;
	struct text_list overrides = { 0 };
	struct scenario *scenario;
	struct native_error error;

	for (size_t i = 0; i < measurement->overrides.count; i++)
		text_list_add(&overrides, region, measurement->overrides.items[i]);
	for (size_t i = 0; i < loading.overrides.count; i++)
		text_list_add(&overrides, region, loading.overrides.items[i]);
	loading.overrides = overrides;
	loading.variants = measurement->variants;
	loading.seed = measurement->seed;
	native.backend = measurement->backend;
	if (!loading.profile)
		loading.profile = measurement->profile;
	if (native.backend == BACKEND_C)
		c_spin_set_nominal(measurement->spin_ns);
	scenario = native_load_scenario(measurement->path, &loading, &native, &measurement->python, loading.profile, region);
	if (!scenario)
		return STATUS_BAD_INPUT;
	if (!measurement_bind(measurement, scenario, &error)) {
		fprintf(stderr, "gilsim: %s\n", error.text);
		return STATUS_BAD_INPUT;
	}
	return judge(arguments, &loading, &native, measurement->path, scenario, &measurement->rounds, NULL, region, findings) ?
		       STATUS_DONE :
		       STATUS_BAD_INPUT;
}

static int judge_all_saved(const struct validate_arguments *arguments, struct region *region, struct findings *findings)
{
	struct measurement_list saved = { 0 };
	struct native_error error;
	int status = STATUS_DONE;

	for (size_t i = 0; i < arguments->saved_paths.count; i++)
		if (!measurements_read(&saved, arguments->saved_paths.items[i], region, &error)) {
			fprintf(stderr, "gilsim: %s\n", error.text);
			status = STATUS_BAD_INPUT;
		}
	for (size_t i = 0; status == STATUS_DONE && i < saved.count && !interrupt_seen(); i++)
		status = judge_saved(arguments, &saved.items[i], region, findings);
	return status;
}

static int print_findings(const struct validate_arguments *arguments, struct findings *findings, struct region *region)
{
	struct validation *validation = &findings->validation;
	struct output_file output;
	bool printed;
	double worst;

	validation_finish(validation, region);
	if (!output_file_open(&output, arguments->output.path, region))
		return output_failed(arguments->output.path);
	if (arguments->output.format == FORMAT_JSON)
		printed = validation_print_json(validation, output.stream);
	else if (arguments->output.format == FORMAT_CSV)
		printed = validation_print_csv(validation, output.stream);
	else
		printed = validation_print_table(validation, arguments->by_error, wants_color(output.stream),
						 output.stream);
	/* Beside a document for programs, it has no place on the same stream. */
	time_comparisons_print(findings->comparisons, findings->comparison_count, EXPLAINED_ROWS, region,
			       arguments->output.format == FORMAT_TABLE ? output.stream : stderr);
	if (!printed) {
		int status = output_failed(arguments->output.path);

		output_file_discard(&output);
		return status;
	}
	if (!output_file_close(&output))
		return output_failed(arguments->output.path);
	worst = validation_worst_error(validation);
	/* No data is no proof. */
	if (isfinite(arguments->max_error) && !(worst <= arguments->max_error)) {
		fprintf(stderr, "gilsim: the largest error of a makespan or speedup is %.1f%%, more than %.3g%%\n",
			100 * worst, 100 * arguments->max_error);
		return STATUS_FAILED_EXPECTATION;
	}
	return STATUS_DONE;
}

int cmd_validate(int argc, char **argv)
{
	struct region region;
	struct validate_arguments arguments = { .scenario.region = &region, .native.region = &region };
	struct findings findings = { 0 };
	int status;

	region_init(&region);
	argp_parse(&validate_argp, argc, argv, 0, NULL, &arguments);
	arguments.native.note_apart = arguments.explain || arguments.native.trace_path;
	interrupt_watch();
	if (!output_file_is_possible(arguments.output.path, &region) ||
	    !output_file_is_possible(arguments.save_path, &region)) {
		status = output_failed(output_file_is_possible(arguments.output.path, &region)
					       ? arguments.save_path
					       : arguments.output.path);
		region_release(&region);
		return status;
	}
	status = arguments.saved_paths.count > 0 ? judge_all_saved(&arguments, &region, &findings) :
						   measure_all(&arguments, &region, &findings);
	if (arguments.save_path && findings.measurements.count > 0 &&
	    !measurements_write(&findings.measurements, arguments.save_path, &region))
		status = worse_status(status, output_failed(arguments.save_path));
	if (findings.validation.row_count > 0)
		status = worse_status(status, print_findings(&arguments, &findings, &region));
	else if (status == STATUS_DONE && !interrupt_seen()) {
		fputs("gilsim: nothing could be measured\n", stderr);
		status = STATUS_ENVIRONMENT;
	}
	if (interrupt_seen())
		status = STATUS_INTERRUPTED;
	region_release(&region);
	return status;
}
