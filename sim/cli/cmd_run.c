/*
 * cmd_run.c - `gilsim run`: simulate.
 */
#include "sim/cli/cli.h"
#include "sim/cli/evaluation_options.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/library_load.h"
#include "sim/cli/output_file.h"
#include "sim/cli/progress.h"
#include "sim/cli/threshold.h"

enum { OPTION_TRACE = 0x200, OPTION_EXPLAIN, OPTION_STRICT };

struct run_arguments {
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct evaluation evaluation;
	struct threshold_arguments thresholds;
	struct limit_arguments limits;
	const char *trace_path; /* NULL: none */
	bool explain, strict;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct run_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->scenario;
		state->child_inputs[1] = &arguments->output;
		state->child_inputs[2] = &arguments->evaluation;
		state->child_inputs[3] = &arguments->thresholds;
		state->child_inputs[4] = &arguments->limits;
		return 0;
	case OPTION_TRACE:
		arguments->trace_path = text;
		return 0;
	case OPTION_EXPLAIN:
		arguments->explain = true;
		return 0;
	case OPTION_STRICT:
		arguments->strict = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ "trace", OPTION_TRACE, "FILE", 0, "Write what happens: .json for Perfetto and speedscope, .csv for plots, else text", 3 },
	{ "explain", OPTION_EXPLAIN, 0, 0, "Print where the time went in full, what each cost adds, what a faster step would give, "
	  "and why a law of theory applies or does not", 3 },
	{ "strict", OPTION_STRICT, 0, 0, "Let expectations set the exit status even with --set", 3 },
	{ 0 },
};

static const struct argp_child children[] = { { &scenario_argp, 0, NULL, 0 },
					      { &output_argp, 0, NULL, 0 },
					      { &evaluation_argp, 0, NULL, 0 },
					      { &threshold_argp, 0, NULL, 0 },
					      { &limit_argp, 0, NULL, 0 },
					      { 0 } };

static const struct argp run_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "FILE...",
	.doc = "Simulate every variant of each scenario and print them side by side.\v"
	       "Exit status: 0 done, 1 an expectation or --slo does not hold or an unexpected deadlock, 2 bad input, "
	       "3 output failed, 130 on ^C.\n\n"
	       "Examples:\n  gilsim run --set machine.cores=4 scenarios/seeds/a1-*.yaml\n"
	       "  gilsim run --explain scenarios/seeds/b8-*.yaml\n"
	       "  gilsim run --slo 'p99 < 200ms' scenarios/planning/api-server.yaml",
	.children = children,
};

struct execution {
	const struct run_arguments *arguments;
	struct gilsim **scenarios; /* owned; in the order of the files */
	size_t file_count, done;   /* of them were run */
	bool is_over;		   /* there are results, though perhaps not of all */
	struct progress progress;
};

static void show_progress(void *context, double fraction, const char *variant)
{
	struct execution *execution = context;

	progress_update(&execution->progress, ((double)execution->done + fraction) / (double)execution->file_count, variant);
}

/* All files are read before the first runs, so that every mistake is known at once. */
static int load_all(struct execution *execution)
{
	const struct run_arguments *arguments = execution->arguments;
	int status = STATUS_DONE;

	for (size_t i = 0; i < execution->file_count; i++) {
		int its_status = STATUS_DONE;

		execution->scenarios[i] = library_load(arguments->scenario.files.items[i], &arguments->scenario,
						       &arguments->thresholds.texts, &arguments->limits, &its_status);
		status = worse_status(status, its_status);
	}
	return status;
}

static int run_all(struct execution *execution, struct gilsim_trace *trace)
{
	const struct evaluation *evaluation = &execution->arguments->evaluation;
	const struct gilsim_run_options options = {
		.replications = evaluation->replications,
		.precision_ratio = evaluation->precision.ratio,
		.precision_metric = evaluation->precision.metric,
		.jobs = evaluation->jobs,
		.explain = execution->arguments->explain,
		.trace = trace,
		.stop = interrupt_flag(),
		.progress = show_progress,
		.context = execution,
	};
	int status = STATUS_DONE;

	progress_start(&execution->progress);
	for (; execution->done < execution->file_count && !interrupt_seen() && status == STATUS_DONE; execution->done++)
		if (gilsim_run(execution->scenarios[execution->done], &options) != 0)
			status = STATUS_ENVIRONMENT;
	progress_end(&execution->progress);
	execution->is_over = status == STATUS_DONE;
	if (!execution->is_over)
		fprintf(stderr, "gilsim: out of memory (--max-memory is %zu MiB)\n",
			execution->arguments->limits.simulation.memory_bytes >> 20);
	return status;
}

/* The same with what happens written into a file, where one is asked for. */
static int run_traced(struct execution *execution, struct region *region)
{
	const char *path = execution->arguments->trace_path;
	struct gilsim_trace *trace;
	struct output_file file;
	int status;

	if (!path)
		return run_all(execution, NULL);
	if (!output_file_open(&file, path, region))
		return output_failed(path);
	trace = gilsim_trace_new(file.stream, path);
	if (!trace)
		fputs("gilsim: out of memory\n", stderr);
	status = trace ? run_all(execution, trace) : STATUS_ENVIRONMENT;
	gilsim_trace_finish(trace);
	if (!execution->is_over)
		output_file_discard(&file);
	else if (!output_file_close(&file))
		status = output_failed(path);
	return status;
}

static int judge(const struct execution *execution, size_t i, FILE *verdicts)
{
	bool holds = gilsim_judge(execution->scenarios[i], execution->arguments->strict, verdicts, stderr);

	return holds ? STATUS_DONE : STATUS_FAILED_EXPECTATION;
}

/* False with errno when the stream failed. */
static bool print_results(const struct execution *execution, FILE *stream, int *status)
{
	bool is_json = execution->arguments->output.format == FORMAT_JSON, printed = true;

	/* Beside a document for programs, verdicts have no place on the same stream. */
	if (execution->arguments->output.format != FORMAT_TABLE) {
		printed = gilsim_print(execution->scenarios, execution->done, is_json ? GILSIM_JSON : GILSIM_CSV, false, stream);
		for (size_t i = 0; i < execution->done; i++)
			*status = worse_status(*status, judge(execution, i, stderr));
		return printed;
	}
	for (size_t i = 0; i < execution->done; i++) {
		if (i > 0)
			fputc('\n', stream);
		printed &= gilsim_print(&execution->scenarios[i], 1, GILSIM_TABLE, wants_color(stream), stream);
		*status = worse_status(*status, judge(execution, i, stream));
	}
	return printed;
}

static int print_into_file(const struct execution *execution, struct region *region)
{
	const char *path = execution->arguments->output.path;
	struct output_file file;
	int status = STATUS_DONE;

	if (!output_file_open(&file, path, region))
		return output_failed(path);
	if (!print_results(execution, file.stream, &status)) {
		status = output_failed(path);
		output_file_discard(&file);
	} else if (!output_file_close(&file)) {
		status = output_failed(path);
	}
	return status;
}

int cmd_run(int argc, char **argv)
{
	struct region region;
	struct run_arguments arguments = { .scenario.region = &region, .thresholds.region = &region };
	struct execution execution = { .arguments = &arguments };
	int status;

	region_init(&region);
	argp_parse(&run_argp, argc, argv, 0, NULL, &arguments);
	interrupt_after(arguments.limits.time_s);
	execution.file_count = arguments.scenario.files.count;
	execution.scenarios = region_alloc_array(&region, execution.file_count, sizeof(execution.scenarios[0]));
	status = load_all(&execution);
	if (status == STATUS_DONE) {
		interrupt_watch();
		status = run_traced(&execution, &region);
	}
	if (execution.is_over)
		status = worse_status(status, print_into_file(&execution, &region));
	if (execution.is_over && interrupt_seen())
		status = worse_status(status, interrupt_status());
	for (size_t i = 0; i < execution.file_count; i++)
		gilsim_free(execution.scenarios[i]);
	region_release(&region);
	return status;
}
