/*
 * cmd_advise.c - `gilsim advise`: which model to use, why, and what would change that.
 */
#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/library_search.h"

enum { OPTION_METRIC = 0x400, OPTION_REPLICATIONS, OPTION_NO_FLIPS, OPTION_MAX_PROCESSES };

struct advise_arguments {
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct limit_arguments limits;
	struct gilsim_advise_options options;
	size_t jobs;
};

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
		arguments->options.metric = text;
		return 0;
	case OPTION_REPLICATIONS:
		arguments->options.replications = (size_t)option_integer(state, "--replications", text, 1, 100000);
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
	  "What counts (default: makespan; sojourn.p99 for requests that arrive). Rates and ratios: more is better",
	  3 },
	{ "replications", OPTION_REPLICATIONS, "N", 0, "Of the final comparison (default 5)", 3 },
	{ "max-processes", OPTION_MAX_PROCESSES, "N", 0, "No more processes than this (default: two a core)", 3 },
	{ "no-flips", OPTION_NO_FLIPS, 0, 0, "Do not search for what would change the answer", 3 },
	{ "jobs", 'j', "N", 0,
	  "Simulations at a time (default: one a core); the results are the same for any number", 3 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &scenario_argp, 0, NULL, 0 }, { &output_argp, 0, NULL, 0 }, { &limit_argp, 0, NULL, 0 }, { 0 }
};

static const struct argp advise_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "FILE",
	.doc = "Simulate the work of a scenario under every model that can run it, each at its best number of "
	       "workers, and "
	       "say which wins, why, and what would have to change for another to win. The scenario's own variants "
	       "are not needed; its tasks and its 'run' are what counts.\v"
	       "Exit status: 0 done, 1 no model completes the work, 2 bad input, 3 output failed, 130 on ^C.\n\n"
	       "Example:\n  gilsim advise scenarios/seeds/a2-*.yaml --set machine.cores=2",
	.children = children,
};

static struct gilsim_answer *search(const struct gilsim *gilsim, const void *options, const struct gilsim_search *how,
				    char **messages)
{
	return gilsim_advise(gilsim, options, how, messages);
}

int cmd_advise(int argc, char **argv)
{
	struct region region;
	struct advise_arguments arguments = { .scenario.region = &region };
	struct library_question question;
	int status;

	region_init(&region);
	argp_parse(&advise_argp, argc, argv, 0, NULL, &arguments);
	interrupt_after(arguments.limits.time_s);
	question = (struct library_question){
		.scenario = &arguments.scenario,
		.limits = &arguments.limits,
		.output = &arguments.output,
		.jobs = arguments.jobs,
		.options = &arguments.options,
	};
	status = library_search(&question, search);
	region_release(&region);
	return status;
}
