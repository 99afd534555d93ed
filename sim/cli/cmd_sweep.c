/*
 * cmd_sweep.c - `gilsim sweep`: a scenario at every point of a grid.
 */
#include "sim/cli/cli.h"
#include "sim/cli/evaluation_options.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/library_search.h"

enum { OPTION_VARY = 0x200, OPTION_DB, OPTION_RESUME, OPTION_SHARD };

struct sweep_arguments {
	struct region *region;
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct evaluation evaluation;
	struct limit_arguments limits;
	struct text_list axes;
	const char *database; /* NULL: none is kept */
	bool resume;
	long shard, shard_count; /* from 1 */
};

static void parse_shard(struct sweep_arguments *arguments, const struct argp_state *state, const char *text)
{
	int length = 0;

	if (sscanf(text, "%ld/%ld%n", &arguments->shard, &arguments->shard_count, &length) != 2 || text[length] ||
	    arguments->shard < 1 || arguments->shard > arguments->shard_count)
		argp_error(state, "--shard is '%s', expected I/N with I from 1 to N, e.g. 2/4", text);
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct sweep_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->scenario;
		state->child_inputs[1] = &arguments->output;
		state->child_inputs[2] = &arguments->evaluation;
		state->child_inputs[3] = &arguments->limits;
		return 0;
	case OPTION_VARY:
		text_list_add(&arguments->axes, arguments->region, text);
		return 0;
	case OPTION_DB:
		arguments->database = text;
		return 0;
	case OPTION_RESUME:
		arguments->resume = true;
		return 0;
	case OPTION_SHARD:
		parse_shard(arguments, state, text);
		return 0;
	case ARGP_KEY_END:
		if (arguments->scenario.files.count > 1)
			argp_error(state, "%zu scenario files, expected one", arguments->scenario.files.count);
		if (arguments->axes.count == 0)
			argp_error(state, "nothing is varied, expected --vary PATH=RANGE");
		if (arguments->resume && !arguments->database)
			argp_error(state, "--resume without --db, expected the database to go on with");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Sweep:", 4 },
	{ "vary", OPTION_VARY, "PATH=RANGE", 0,
	  "A path and its values: 1..64, 1..64:2, 1..1024:log, 1ms..20ms:1ms or a,b,c (repeatable: a grid)", 4 },
	{ "db", OPTION_DB, "FILE", 0, "Keep the points in this SQLite database, each as it is finished", 4 },
	{ "resume", OPTION_RESUME, 0, 0, "Go on with a database: what is in it is not simulated again", 4 },
	{ "shard", OPTION_SHARD, "I/N", 0,
	  "Only the I-th of N parts of the points; 'gilsim merge' puts them together", 4 },
	{ 0 },
};

static const struct argp_child children[] = { { &scenario_argp, 0, NULL, 0 },
					      { &output_argp, 0, NULL, 0 },
					      { &evaluation_argp, 0, NULL, 0 },
					      { &limit_argp, 0, NULL, 0 },
					      { 0 } };

static const struct argp sweep_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "FILE",
	.doc = "Simulate a scenario at every point of a grid. All points, and all variants of each, meet the same "
	       "random "
	       "numbers; results come in order of points, the same bytes for any number of jobs, shards and "
	       "restarts.\v"
	       "Exit status: 0 done, 1 stopped by --max-time, 2 bad input, 3 database or output failed, 130 on "
	       "^C.\n\n"
	       "Example:\n  gilsim sweep web.yaml --vary variants.threads.workers=1..64 \\\n"
	       "      --db web.db --format csv > web.csv\n"
	       "  gilsim plot speedup web.csv",
	.children = children,
};

static struct gilsim_sweep_options options_of(const struct sweep_arguments *arguments)
{
	return (struct gilsim_sweep_options){
		.axes = arguments->axes.items,
		.axis_count = arguments->axes.count,
		.database = arguments->database,
		.resume = arguments->resume,
		.shard = (uint64_t)arguments->shard - 1,
		.shard_count = (uint64_t)arguments->shard_count,
		.replications = arguments->evaluation.replications,
		.precision_ratio = arguments->evaluation.precision.ratio,
		.precision_metric = arguments->evaluation.precision.metric,
	};
}

static struct gilsim_answer *search(const struct gilsim *gilsim, const void *options, const struct gilsim_search *how,
				    char **messages)
{
	return gilsim_sweep(gilsim, options, how, messages);
}

int cmd_sweep(int argc, char **argv)
{
	struct region region;
	struct sweep_arguments arguments = {
		.region = &region, .scenario.region = &region, .shard = 1, .shard_count = 1
	};
	struct library_question question;
	struct gilsim_sweep_options options;
	int status;

	region_init(&region);
	argp_parse(&sweep_argp, argc, argv, 0, NULL, &arguments);
	interrupt_after(arguments.limits.time_s);
	options = options_of(&arguments);
	question = (struct library_question){
		.scenario = &arguments.scenario,
		.limits = &arguments.limits,
		.output = &arguments.output,
		.jobs = arguments.evaluation.jobs,
		.options = &options,
	};
	status = library_search(&question, search);
	region_release(&region);
	return status;
}
