/*
 * cmd_advise.c - `gilsim advise`: which model to use, why, and what would change that.
 */

#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/output_file.h"
#include "sim/cli/progress.h"
#include "sim/plan/advise.h"

enum { OPTION_METRIC = 0x400, OPTION_REPLICATIONS, OPTION_NO_FLIPS, OPTION_MAX_PROCESSES };

#define DEFAULT_REPLICATIONS 5

struct advise_arguments {
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct limit_arguments limits;
	struct advise_options options;
	size_t jobs;
};

static void check_metric(const struct argp_state *state, const char *metric)
{
	char unit;

	if (!results_metric_exists(metric, &unit))
		argp_error(state, "--metric: unknown metric '%s', expected e.g. makespan, throughput or sojourn.p99",
			   metric);
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct advise_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->scenario;
		state->child_inputs[1] = &arguments->output;
		state->child_inputs[2] = &arguments->limits;
		return 0;
	case OPTION_METRIC:
		check_metric(state, text);
		arguments->options.metric = text;
		return 0;
	case OPTION_REPLICATIONS:
		arguments->options.replications =
			(size_t)option_integer(state, "--replications", text, 1, 100000);
		return 0;
	case OPTION_MAX_PROCESSES:
		arguments->options.most_processes = (int)option_integer(state, "--max-processes", text, 1, 100000);
		return 0;
	case OPTION_NO_FLIPS:
		arguments->options.without_flips = true;
		return 0;
	case 'j':
		arguments->jobs = (size_t)option_integer(state, "--jobs", text, 1, 4096);
		return 0;
	case ARGP_KEY_END:
		if (arguments->scenario.files.count > 1)
			argp_error(state, "%zu files, expected one", arguments->scenario.files.count);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Advice:", 3 },
	{ "metric", OPTION_METRIC, "METRIC", 0,
	  "What counts (default: makespan; sojourn.p99 for requests that arrive). Rates and ratios: more is better", 3 },
	{ "replications", OPTION_REPLICATIONS, "N", 0, "Of the final comparison (default 5)", 3 },
	{ "max-processes", OPTION_MAX_PROCESSES, "N", 0, "No more processes than this (default: two a core)", 3 },
	{ "no-flips", OPTION_NO_FLIPS, 0, 0, "Do not search for what would change the answer", 3 },
	{ "jobs", 'j', "N", 0, "Simulations at a time (default: one a core); the results are the same for any number",
	  3 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &scenario_argp, 0, NULL, 0 }, { &output_argp, 0, NULL, 0 }, { &limit_argp, 0, NULL, 0 }, { 0 }
};

static const struct argp advise_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "FILE",
	.doc = "Simulate the work of a scenario under every model that can run it, each at its best number of workers, and "
	       "say which wins, why, and what would have to change for another to win. The scenario's own variants "
	       "are not needed; its tasks and its 'run' are what counts.\v"
	       "Exit status: 0 done, 1 no model completes the work, 2 bad input, 3 output failed, 130 on ^C.\n\n"
	       "Example:\n  gilsim advise scenarios/seeds/a2-*.yaml --set machine.cores=2",
	.children = children,
};

static void show_progress(void *context, uint64_t simulated)
{
	/* How many there will be is not known before the searches end. */
	progress_update(context, 1 - 1 / (1 + (double)simulated / 200), "advice");
}

static bool print(const struct advise_arguments *arguments, const struct advice *advice, struct region *region,
		  FILE *stream)
{
	if (arguments->output.format == FORMAT_JSON)
		return advice_print_json(advice, region, stream);
	if (arguments->output.format == FORMAT_CSV)
		return advice_print_csv(advice, region, stream);
	return advice_print_table(advice, wants_color(stream), region, stream);
}

static int advise_and_print(const struct advise_arguments *arguments, const struct scenario *base,
			    struct region *region)
{
	const struct scenario_source source = scenario_arguments_source(&arguments->scenario);
	struct progress progress;
	struct batch batch = { .jobs = arguments->jobs,
			       .wish_to_stop = interrupt_flag(),
			       .limits = arguments->limits.simulation,
			       .progress = show_progress,
			       .context = &progress };
	struct output_file output;
	struct advice advice;

	interrupt_watch();
	progress_start(&progress);
	advice = advise(&source, base, &arguments->options, &batch, region);
	progress_end(&progress);
	if (advice.ranking_count == 0 && interrupt_seen())
		return interrupt_status();
	if (!output_file_open(&output, arguments->output.path, region))
		return output_failed(arguments->output.path);
	if (!print(arguments, &advice, region, output.stream)) {
		output_file_discard(&output);
		return output_failed(arguments->output.path);
	}
	if (!output_file_close(&output))
		return output_failed(arguments->output.path);
	if (interrupt_seen())
		return interrupt_status();
	return advice.winner == SIZE_MAX ? STATUS_FAILED_EXPECTATION : STATUS_DONE;
}

int cmd_advise(int argc, char **argv)
{
	struct region region;
	struct advise_arguments arguments = { .scenario.region = &region,
					      .options.replications = DEFAULT_REPLICATIONS };
	struct scenario_options options;
	const struct scenario *base;
	int status = STATUS_BAD_INPUT;

	region_init(&region);
	argp_parse(&advise_argp, argc, argv, 0, NULL, &arguments);
	interrupt_after(arguments.limits.time_s);
	options = scenario_arguments_options(&arguments.scenario);
	base = load_scenario(arguments.scenario.files.items[0], &options, &region);
	if (base)
		status = advise_and_print(&arguments, base, &region);
	region_release(&region);
	return status;
}
