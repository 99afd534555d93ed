/*
 * cmd_plan.c - `gilsim plan`: the cheapest configuration that meets objectives, or the highest rate that does.
 */
#include <string.h>

#include "sim/base/units.h"
#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/library_search.h"

enum {
	OPTION_SLO = 0x500,
	OPTION_VARY,
	OPTION_MINIMISE,
	OPTION_PRICES,
	OPTION_FIND,
	OPTION_CONFIDENCE,
	OPTION_REPLICATIONS,
	OPTION_MOST,
};

struct plan_arguments {
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct limit_arguments limits;
	struct text_list slos, axes;
	struct gilsim_plan_options options;
	size_t jobs;
};

static double parse_confidence(const struct argp_state *state, const char *text)
{
	struct unit_error error;
	double confidence = 0;

	if (!units_parse_ratio(text, &confidence, &error) || confidence < 0.5 || confidence >= 1)
		argp_error(state, "--confidence is '%s', expected a share from 50%% to below 100%%", text);
	return confidence;
}

static void check_arguments(const struct argp_state *state, struct plan_arguments *arguments)
{
	if (arguments->scenario.files.count > 1)
		argp_error(state, "%zu files, expected one", arguments->scenario.files.count);
	if (arguments->slos.count == 0)
		argp_error(state, "no --slo, expected e.g. --slo 'p99 < 200ms'");
	if (arguments->axes.count == 0 && !arguments->options.find_rate)
		argp_error(state, "nothing to vary, expected --vary PATH=RANGE or --find rate");
	arguments->options.axes = arguments->axes.items;
	arguments->options.axis_count = arguments->axes.count;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct plan_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->scenario;
		state->child_inputs[1] = &arguments->output;
		state->child_inputs[2] = &arguments->limits;
		return 0;
	case OPTION_SLO:
		text_list_add(&arguments->slos, arguments->scenario.region, text);
		return 0;
	case OPTION_VARY:
		text_list_add(&arguments->axes, arguments->scenario.region, text);
		return 0;
	case OPTION_MINIMISE:
		arguments->options.minimise = text;
		return 0;
	case OPTION_PRICES:
		arguments->options.prices = text;
		return 0;
	case OPTION_FIND:
		if (strcmp(text, "rate") != 0)
			argp_error(state, "--find is '%s', expected rate", text);
		arguments->options.find_rate = true;
		return 0;
	case OPTION_CONFIDENCE:
		arguments->options.confidence = parse_confidence(state, text);
		return 0;
	case OPTION_REPLICATIONS:
		arguments->options.replications = (size_t)option_integer(state, "--replications", text, 1, 100000);
		return 0;
	case OPTION_MOST:
		arguments->options.most_replications =
			(size_t)option_integer(state, "--most-replications", text, 1, 100000);
		return 0;
	case 'j':
		arguments->jobs = (size_t)option_integer(state, "--jobs", text, 1, 4096);
		return 0;
	case ARGP_KEY_END:
		check_arguments(state, arguments);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Planning:", 3 },
	{ "slo", OPTION_SLO, "OBJECTIVE", 0,
	  "What must hold, in the grammar of expect:, e.g. 'p99 < 200ms' (repeatable)", 3 },
	{ "vary", OPTION_VARY, "PATH=RANGE", 0,
	  "1..64, 1..64:2, 1..1024:log, 10ms..50ms:10ms or a,b,c (repeatable)", 3 },
	{ "minimise", OPTION_MINIMISE, "WHAT", 0,
	  "workers, cores, memory, price, or a path of --vary (default: the path if there is one, else workers)",
	  3 },
	{ "minimize", OPTION_MINIMISE, "WHAT", OPTION_ALIAS, 0, 3 },
	{ "prices", OPTION_PRICES, "FILE", 0,
	  "Machines to rent: machines: {NAME: {cores: 2, memory: 4GiB, price: 0.04}}", 3 },
	{ "find", OPTION_FIND, "rate", 0,
	  "The highest arrival rate that meets the objectives, and the knee, of each point", 3 },
	{ "confidence", OPTION_CONFIDENCE, "SHARE", 0, "Of each decision (default 95%)", 3 },
	{ "replications", OPTION_REPLICATIONS, "N", 0, "Of a point at least (default 5)", 3 },
	{ "most-replications", OPTION_MOST, "N", 0, "And at most; then it is undecided (default 40)", 3 },
	{ "jobs", 'j', "N", 0,
	  "Simulations at a time (default: one a core); the results are the same for any number", 3 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &scenario_argp, 0, NULL, 0 }, { &output_argp, 0, NULL, 0 }, { &limit_argp, 0, NULL, 0 }, { 0 }
};

static const struct argp plan_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "FILE",
	.doc = "Find the cheapest configuration that meets every objective, by asking as few as possible; each is "
	       "replicated "
	       "until it is decided with the stated confidence. Of several variants (all, or those of --variant, "
	       "or "
	       "those that --vary names) the cheapest is taken.\v"
	       "Exit status: 0 found, 1 nothing holds, 2 bad input, 3 output failed, 130 on ^C.\n\n"
	       "Examples:\n"
	       "  gilsim plan scenarios/planning/api-server.yaml --slo 'p99 < 60ms' \\\n"
	       "      --vary variants.threads.workers=1..64\n"
	       "  gilsim plan scenarios/planning/api-server.yaml --slo 'p99 < 60ms' \\\n"
	       "      --find rate",
	.children = children,
};

static struct gilsim_answer *search(const struct gilsim *gilsim, const void *options, const struct gilsim_search *how,
				    char **messages)
{
	return gilsim_plan(gilsim, options, how, messages);
}

int cmd_plan(int argc, char **argv)
{
	struct region region;
	struct plan_arguments arguments = { .scenario.region = &region };
	struct library_question question;
	int status;

	region_init(&region);
	argp_parse(&plan_argp, argc, argv, 0, NULL, &arguments);
	interrupt_after(arguments.limits.time_s);
	question = (struct library_question){
		.scenario = &arguments.scenario,
		.slos = &arguments.slos,
		.limits = &arguments.limits,
		.output = &arguments.output,
		.jobs = arguments.jobs,
		.options = &arguments.options,
	};
	status = library_search(&question, search);
	region_release(&region);
	return status;
}
