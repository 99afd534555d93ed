/*
 * cmd_plan.c - `gilsim plan`: the cheapest configuration that meets objectives, or the highest rate that does.
 */
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/output_file.h"
#include "sim/cli/progress.h"
#include "sim/plan/plan.h"
#include "sim/plan/plan_rate.h"
#include "sim/scenario/expectation_parse.h"

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

#define DEFAULT_REPLICATIONS 5
#define DEFAULT_MOST_REPLICATIONS 40
/* Rates are found to within this share. */
#define RATE_RESOLUTION 0.02
/* Configurations of which --find rate searches each. */
#define RATE_ROWS_MAX 1000

struct plan_arguments {
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct limit_arguments limits;
	struct text_list slos;
	struct sweep_axes vary;
	struct plan_options options;
	const char *minimise, *prices;
	bool find_rate;
	size_t jobs;
};

static void add_axis(const struct argp_state *state, struct plan_arguments *arguments, const char *text)
{
	const char *why;

	if (arguments->vary.count == PLAN_AXES_MAX)
		argp_error(state, "more than %d of --vary", PLAN_AXES_MAX);
	else if (!sweep_axes_add(&arguments->vary, text, arguments->scenario.region, &why))
		argp_error(state, "--vary: %s", why);
}

static double parse_confidence(const struct argp_state *state, const char *text)
{
	struct unit_error error;
	double confidence = 0;

	if (!units_parse_ratio(text, &confidence, &error) || confidence < 0.5 || confidence >= 1)
		argp_error(state, "--confidence is '%s', expected a share from 50%% to below 100%%", text);
	return confidence;
}

/* What is to be minimised: a word, or one of the axes' paths; by default the only axis, else workers. */
static void choose_minimised(const struct argp_state *state, struct plan_arguments *arguments)
{
	static const struct {
		const char *word;
		enum minimised minimised;
	} words[] = { { "workers", MINIMISE_WORKERS },
		      { "cores", MINIMISE_CORES },
		      { "memory", MINIMISE_MEMORY },
		      { "price", MINIMISE_PRICE } };
	struct plan_options *options = &arguments->options;
	const char *text = arguments->minimise;

	if (!text) {
		options->minimised = arguments->prices		? MINIMISE_PRICE
				     : options->axis_count == 1 ? MINIMISE_PATH
								: MINIMISE_WORKERS;
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].word) == 0) {
			options->minimised = words[i].minimised;
			if (options->minimised == MINIMISE_PRICE && !arguments->prices)
				argp_error(state, "--minimise price without --prices FILE");
			return;
		}
	}
	for (size_t i = 0; i < options->axis_count; i++) {
		if (strcmp(text, options->axes[i].path) == 0) {
			options->minimised = MINIMISE_PATH;
			options->minimised_axis = i;
			return;
		}
	}
	argp_error(state, "--minimise is '%s', expected workers, cores, memory, price or a path of --vary", text);
}

static void check_arguments(const struct argp_state *state, struct plan_arguments *arguments)
{
	struct objectives *objectives = &arguments->options.objectives;
	size_t most_points = arguments->find_rate ? RATE_ROWS_MAX : PLAN_POINTS_MAX;

	if (arguments->scenario.files.count > 1)
		argp_error(state, "%zu files, expected one", arguments->scenario.files.count);
	if (arguments->slos.count == 0)
		argp_error(state, "no --slo, expected e.g. --slo 'p99 < 200ms'");
	if (arguments->vary.count == 0 && !arguments->find_rate)
		argp_error(state, "nothing to vary, expected --vary PATH=RANGE or --find rate");
	if (sweep_axes_points(&arguments->vary) > most_points)
		argp_error(state, "--vary gives more than %zu points", most_points);
	arguments->options.axes = axes_with_numbers(&arguments->vary, arguments->scenario.region);
	arguments->options.axis_count = arguments->vary.count;
	if (objectives->most < objectives->least)
		objectives->most = objectives->least;
	choose_minimised(state, arguments);
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct plan_arguments *arguments = state->input;
	struct objectives *objectives = &arguments->options.objectives;

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
		add_axis(state, arguments, text);
		return 0;
	case OPTION_MINIMISE:
		arguments->minimise = text;
		return 0;
	case OPTION_PRICES:
		arguments->prices = text;
		return 0;
	case OPTION_FIND:
		if (strcmp(text, "rate") != 0)
			argp_error(state, "--find is '%s', expected rate", text);
		arguments->find_rate = true;
		return 0;
	case OPTION_CONFIDENCE:
		objectives->confidence = parse_confidence(state, text);
		return 0;
	case OPTION_REPLICATIONS:
		objectives->least = (size_t)option_integer(state, "--replications", text, 1, 100000);
		return 0;
	case OPTION_MOST:
		objectives->most = (size_t)option_integer(state, "--most-replications", text, 1, 100000);
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
	{ "slo", OPTION_SLO, "OBJECTIVE", 0, "What must hold, in the grammar of expect:, e.g. 'p99 < 200ms' (repeatable)", 3 },
	{ "vary", OPTION_VARY, "PATH=RANGE", 0, "1..64, 1..64:2, 1..1024:log, 10ms..50ms:10ms or a,b,c (repeatable)", 3 },
	{ "minimise", OPTION_MINIMISE, "WHAT", 0,
	  "workers, cores, memory, price, or a path of --vary (default: the path if there is one, else workers)", 3 },
	{ "minimize", OPTION_MINIMISE, "WHAT", OPTION_ALIAS, 0, 3 },
	{ "prices", OPTION_PRICES, "FILE", 0, "Machines to rent: machines: {NAME: {cores: 2, memory: 4GiB, price: 0.04}}", 3 },
	{ "find", OPTION_FIND, "rate", 0, "The highest arrival rate that meets the objectives, and the knee, of each point", 3 },
	{ "confidence", OPTION_CONFIDENCE, "SHARE", 0, "Of each decision (default 95%)", 3 },
	{ "replications", OPTION_REPLICATIONS, "N", 0, "Of a point at least (default 5)", 3 },
	{ "most-replications", OPTION_MOST, "N", 0, "And at most; then it is undecided (default 40)", 3 },
	{ "jobs", 'j', "N", 0, "Simulations at a time (default: one a core); the results are the same for any number", 3 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &scenario_argp, 0, NULL, 0 }, { &output_argp, 0, NULL, 0 }, { &limit_argp, 0, NULL, 0 }, { 0 }
};

static const struct argp plan_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "FILE",
	.doc = "Find the cheapest configuration that meets every objective, by asking as few as possible; each is replicated "
	       "until it is decided with the stated confidence. Of several variants (all, or those of --variant, or "
	       "those that --vary names) the cheapest is taken.\v"
	       "Exit status: 0 found, 1 nothing holds, 2 bad input, 3 output failed, 130 on ^C.\n\n"
	       "Examples:\n"
	       "  gilsim plan scenarios/planning/api-server.yaml --slo 'p99 < 60ms' --vary variants.threads.workers=1..64\n"
	       "  gilsim plan scenarios/planning/api-server.yaml --slo 'p99 < 60ms' --find rate",
	.children = children,
};

/* ---- What the arguments mean for this scenario ---- */

static bool parse_slos(struct plan_arguments *arguments, const struct scenario *base, struct region *region)
{
	const char **names = region_alloc_array(region, base->workload_count, sizeof(names[0]));
	struct expectation *slos = region_alloc_array(region, arguments->slos.count, sizeof(slos[0]));
	bool all = true;

	for (size_t i = 0; i < base->workload_count; i++)
		names[i] = base->workloads[i].variant;
	for (size_t i = 0; i < arguments->slos.count; i++) {
		struct unit_error error;
		int column;

		if (expectation_parse(arguments->slos.items[i], names, base->workload_count, region, &slos[i], &column,
				      &error))
			continue;
		fprintf(stderr, "gilsim: --slo '%s': column %d: %s\n", arguments->slos.items[i], column, error.text);
		all = false;
	}
	arguments->options.objectives.slos = slos;
	arguments->options.objectives.count = arguments->slos.count;
	return all;
}

/* Whether a path of --vary is about this variant. */
static bool is_named_by_axes(const struct plan_arguments *arguments, const char *variant, struct region *region)
{
	const char *start = region_format(region, "variants.%s.", variant);

	for (size_t i = 0; i < arguments->options.axis_count; i++)
		if (strncmp(arguments->options.axes[i].path, start, strlen(start)) == 0)
			return true;
	return false;
}

static bool is_asked_for(const struct text_list *variants, const char *name)
{
	for (size_t i = 0; i < variants->count; i++)
		if (strcmp(variants->items[i], name) == 0)
			return true;
	return false;
}

static void choose_variants(struct plan_arguments *arguments, const struct scenario *base, struct region *region)
{
	const char **chosen = region_alloc_array(region, base->workload_count, sizeof(chosen[0]));
	size_t count = 0;

	for (size_t i = 0; i < base->workload_count; i++)
		if (arguments->scenario.variants.count > 0
			    ? is_asked_for(&arguments->scenario.variants, base->workloads[i].variant)
			    : is_named_by_axes(arguments, base->workloads[i].variant, region))
			chosen[count++] = base->workloads[i].variant;
	for (size_t i = 0; count == 0 && i < base->workload_count; i++)
		chosen[i] = base->workloads[i].variant;
	arguments->options.variants = chosen;
	arguments->options.variant_count = count > 0 ? count : base->workload_count;
}

/* Every value of every axis is tried once by itself, so that a path that does not exist is told before the search. */
static bool check_axes(const struct plan_arguments *arguments, const struct scenario_source *source)
{
	for (size_t a = 0; a < arguments->options.axis_count; a++) {
		const struct axis *axis = &arguments->options.axes[a];

		for (size_t i = 0; i < axis->count; i += axis->is_numeric && axis->count > 1 ? axis->count - 1 : 1) {
			struct diagnostics diagnostics;
			struct region region;
			const char *setting;
			bool loaded;

			region_init(&region);
			diagnostics_init(&diagnostics, &region);
			setting = region_format(&region, "%s=%s", axis->path, axis->values[i]);
			loaded = source->load(source, &setting, 1, &region, &diagnostics) != NULL;
			if (!loaded)
				diagnostics_print(&diagnostics, stderr);
			region_release(&region);
			if (!loaded)
				return false;
		}
	}
	return true;
}

static bool read_prices(struct plan_arguments *arguments, struct region *region)
{
	struct diagnostics diagnostics;

	if (!arguments->prices)
		return true;
	diagnostics_init(&diagnostics, region);
	arguments->options.prices = price_list_read(arguments->prices, region, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	return arguments->options.prices != NULL;
}

/* ---- Searching and printing ---- */

static void show_progress(void *context, uint64_t simulated)
{
	/* How many there will be is not known before the search ends. */
	progress_update(context, 1 - 1 / (1 + (double)simulated / 200), "plan");
}

static bool print_plan(const struct plan_arguments *arguments, const struct plan *plan, const struct scenario *base,
		       struct region *region, FILE *stream)
{
	if (arguments->output.format == FORMAT_JSON)
		return plan_print_json(plan, &arguments->options, base, region, stream);
	if (arguments->output.format == FORMAT_CSV)
		return plan_print_csv(plan, &arguments->options, base, region, stream);
	return plan_print_table(plan, &arguments->options, base, wants_color(stream), region, stream);
}

static bool print_rates(const struct plan_arguments *arguments, const struct rate_row *rows, size_t count,
			const struct scenario *base, struct region *region, FILE *stream)
{
	if (arguments->output.format == FORMAT_JSON)
		return rate_print_json(rows, count, &arguments->options.objectives, base, stream);
	if (arguments->output.format == FORMAT_CSV)
		return rate_print_csv(rows, count, base, stream);
	return rate_print_table(rows, count, &arguments->options.objectives, base, region, stream);
}

struct answers {
	struct plan plan;
	struct rate_row *rows; /* --find rate */
	size_t row_count;
	bool found;
};

static const struct workload *workload_of(const struct scenario *base, const char *variant)
{
	for (size_t i = 0; i < base->workload_count; i++)
		if (strcmp(base->workloads[i].variant, variant) == 0)
			return &base->workloads[i];
	return NULL;
}

/* One search for each variant and each point of the axes. */
static void find_rates(const struct plan_arguments *arguments, const struct scenario_source *source,
		       const struct scenario *base, struct batch *batch, struct region *region,
		       struct answers *answers)
{
	const struct plan_options *options = &arguments->options;
	size_t points = 1;

	for (size_t a = 0; a < options->axis_count; a++)
		points *= options->axes[a].count;
	answers->rows = region_alloc_array(region, points * options->variant_count, sizeof(answers->rows[0]));
	for (size_t i = 0; i < points * options->variant_count && !batch_stopped(batch); i++) {
		struct plan_point point = { .variant = options->variants[i / points] };
		struct rate_row *row = &answers->rows[answers->row_count++];
		const struct workload *workload = workload_of(base, point.variant);
		size_t rest = i % points;
		const char **overrides;

		for (size_t a = 0; a < options->axis_count; a++) {
			point.at[a] = rest % options->axes[a].count;
			rest /= options->axes[a].count;
		}
		overrides = plan_overrides(options, &point, region);
		row->what = point.variant;
		for (size_t a = 0; a < options->axis_count; a++)
			row->what = region_format(region, "%s, %s", row->what, overrides[a]);
		row->found = plan_find_rate(source, &options->objectives, point.variant, overrides,
					    options->axis_count, 1e9 / distribution_mean(&workload->run.spacing),
					    RATE_RESOLUTION, batch, region);
		answers->found |= row->found.highest > 0;
	}
}

static int print_answers(const struct plan_arguments *arguments, const struct answers *answers,
			 const struct scenario *base, struct region *region)
{
	struct output_file output;
	bool printed;

	if (!output_file_open(&output, arguments->output.path, region))
		return output_failed(arguments->output.path);
	printed = arguments->find_rate
			  ? print_rates(arguments, answers->rows, answers->row_count, base, region, output.stream)
			  : print_plan(arguments, &answers->plan, base, region, output.stream);
	if (!printed) {
		output_file_discard(&output);
		return output_failed(arguments->output.path);
	}
	if (!output_file_close(&output))
		return output_failed(arguments->output.path);
	return answers->found ? STATUS_DONE : STATUS_FAILED_EXPECTATION;
}

static int search_and_print(struct plan_arguments *arguments, const struct scenario_source *source,
			    const struct scenario *base, struct region *region)
{
	struct progress progress;
	struct batch batch = { .jobs = arguments->jobs,
			       .wish_to_stop = interrupt_flag(),
			       .limits = arguments->limits.simulation,
			       .progress = show_progress,
			       .context = &progress };
	struct answers answers = { .row_count = 0 };
	int status;

	interrupt_watch();
	progress_start(&progress);
	if (arguments->find_rate) {
		find_rates(arguments, source, base, &batch, region, &answers);
	} else {
		answers.plan = plan_search(source, &arguments->options, &batch, region);
		answers.found = answers.plan.best != SIZE_MAX;
	}
	progress_end(&progress);
	status = print_answers(arguments, &answers, base, region);
	return interrupt_seen() ? interrupt_status() : status;
}

static bool arrivals_are_there(const struct plan_arguments *arguments, const struct scenario *base)
{
	for (size_t i = 0; i < arguments->options.variant_count; i++) {
		const struct workload *workload = workload_of(base, arguments->options.variants[i]);

		if (workload->run.kind == RUN_ARRIVALS)
			continue;
		fprintf(stderr, "gilsim: --find rate: variant '%s' has no arrivals, expected run: {arrivals: {rate: ...}}\n",
			workload->variant);
		return false;
	}
	return true;
}

int cmd_plan(int argc, char **argv)
{
	struct region region;
	struct plan_arguments arguments = {
		.scenario.region = &region,
		.options.objectives = { .confidence = 0.95,
					.least = DEFAULT_REPLICATIONS,
					.most = DEFAULT_MOST_REPLICATIONS },
	};
	struct scenario_options options;
	struct scenario_source source;
	const struct scenario *base;
	int status = STATUS_BAD_INPUT;

	region_init(&region);
	argp_parse(&plan_argp, argc, argv, 0, NULL, &arguments);
	interrupt_after(arguments.limits.time_s);
	source = scenario_arguments_source(&arguments.scenario);
	options = scenario_arguments_options(&arguments.scenario);
	base = load_scenario(arguments.scenario.files.items[0], &options, &region);
	if (base && parse_slos(&arguments, base, &region) && check_axes(&arguments, &source) &&
	    read_prices(&arguments, &region)) {
		choose_variants(&arguments, base, &region);
		if (!arguments.find_rate || arrivals_are_there(&arguments, base))
			status = search_and_print(&arguments, &source, base, &region);
	}
	region_release(&region);
	return status;
}
