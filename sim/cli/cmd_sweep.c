/*
 * cmd_sweep.c - `gilsim sweep`: a scenario at every point of a grid.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/random.h"
#include "sim/cli/cli.h"
#include "sim/cli/evaluation_options.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/progress.h"
#include "sim/cli/sweep_output.h"
#include "sim/plan/sweep_ranks.h"
#include "sim/results/version.h"

enum { OPTION_VARY = 0x200, OPTION_DB, OPTION_RESUME, OPTION_SHARD };

struct sweep_arguments {
	struct region *region;
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct evaluation evaluation;
	struct limit_arguments limits;
	struct sweep_axes axes;
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
	const char *why;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->scenario;
		state->child_inputs[1] = &arguments->output;
		state->child_inputs[2] = &arguments->evaluation;
		state->child_inputs[3] = &arguments->limits;
		return 0;
	case OPTION_VARY:
		if (!sweep_axes_add(&arguments->axes, text, arguments->region, &why))
			argp_error(state, "--vary: %s", why);
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
		if (sweep_axes_points(&arguments->axes) > SWEEP_MAX_POINTS)
			argp_error(state, "the grid has more than %d points", SWEEP_MAX_POINTS);
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
	{ "shard", OPTION_SHARD, "I/N", 0, "Only the I-th of N parts of the points; 'gilsim merge' puts them together", 4 },
	{ 0 },
};

static const struct argp_child children[] = { { &scenario_argp, 0, NULL, 0 }, { &output_argp, 0, NULL, 0 },
					      { &evaluation_argp, 0, NULL, 0 }, { &limit_argp, 0, NULL, 0 },
					      { 0 } };

static const struct argp sweep_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "FILE",
	.doc = "Simulate a scenario at every point of a grid. All points, and all variants of each, meet the same random "
	       "numbers; results come in order of points, the same bytes for any number of jobs, shards and restarts.\v"
	       "Exit status: 0 done, 1 stopped by --max-time, 2 bad input, 3 database or output failed, 130 on ^C.\n\n"
	       "Example:\n  gilsim sweep web.yaml --vary variants.threads.workers=1..64 --db web.db --format csv > web.csv\n"
	       "  gilsim plot speedup web.csv",
	.children = children,
};

/* ---- Which sweep it is ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return random_hash_path(hash, text ? random_hash_name(text) : 0);
}

static uint64_t hash_texts(uint64_t hash, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = hash_text(hash, texts[i]);
	return random_hash_path(hash, count);
}

static uint64_t hash_file(uint64_t hash, const char *path)
{
	FILE *stream = fopen(strcmp(path, "-") ? path : "/proc/self/fd/0", "r");
	int c;

	while (stream && (c = getc(stream)) != EOF)
		hash = random_hash_path(hash, (uint64_t)c);
	if (stream)
		fclose(stream);
	return hash;
}

static uint64_t hash_costs(uint64_t hash, const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->workload_count; i++)
		for (int cost = 0; cost < COST_COUNT; cost++) {
			uint64_t bits;

			memcpy(&bits, &scenario->workloads[i].machine.costs.value[cost], sizeof(bits));
			hash = random_hash_path(hash, bits);
		}
	return hash;
}

/* Of the file, the profile's costs, and all options that decide over results (--max-memory, whose default is another on each
 * machine, is not in it). Files that the scenario names (logs,
 * empirical distributions) are not in it. */
static const char *fingerprint_of(const struct sweep_arguments *arguments, const struct scenario *scenario)
{
	const struct scenario_arguments *options = &arguments->scenario;
	const struct evaluation *evaluation = &arguments->evaluation;
	uint64_t hash = hash_file(0, options->files.items[0]);

	hash = hash_costs(hash, scenario);
	hash = hash_texts(hash, options->overrides.items, options->overrides.count);
	hash = hash_texts(hash, options->variants.items, options->variants.count);
	hash = hash_text(hash, options->profile);
	hash = random_hash_path(hash, options->seed);
	hash = random_hash_path(hash, evaluation->replications);
	hash = random_hash_path(hash, arguments->limits.simulation.events);
	hash = hash_text(hash, evaluation->precision.metric);
	hash = random_hash_path(hash, (uint64_t)(evaluation->precision.ratio * 1e9));
	for (size_t i = 0; i < arguments->axes.count; i++) {
		hash = hash_text(hash, arguments->axes.items[i].path);
		hash = hash_texts(hash, arguments->axes.items[i].values, arguments->axes.items[i].count);
	}
	return region_format(arguments->region, "%016" PRIx64, hash);
}

/* ---- Running ---- */

struct sweeping {
	const struct sweep_arguments *arguments;
	struct progress progress;
};

static struct scenario *load(void *context, const char *const *overrides, size_t count, struct region *region)
{
	const struct sweeping *sweeping = context;
	struct scenario_options options = scenario_arguments_options(&sweeping->arguments->scenario);

	options.overrides = overrides;
	options.override_count = count;
	return load_scenario_again(sweeping->arguments->scenario.files.items[0], &options, region);
}

static void show_progress(void *context, uint64_t done, uint64_t total)
{
	struct sweeping *sweeping = context;
	double left_s = progress_elapsed_s(&sweeping->progress) / (double)done * (double)(total - done);
	char what[96];

	snprintf(what, sizeof(what), "%" PRIu64 " of %" PRIu64 " points, %.0f %s left", done, total,
		 left_s < 120 ? left_s : left_s / 60, left_s < 120 ? "s" : "min");
	progress_update(&sweeping->progress, (double)done / (double)total, what);
}

/* Loads the scenario with every value of every axis once, so that mistakes are known before the first simulation. NULL
 * after one; else the first point's. */
static struct scenario *check_axes(const struct sweep_arguments *arguments)
{
	struct scenario_options options = scenario_arguments_options(&arguments->scenario);
	const struct sweep_axes *axes = &arguments->axes;
	size_t given = arguments->scenario.overrides.count;
	const char **overrides = region_alloc_array(arguments->region, given + axes->count, sizeof(*overrides));
	const char *path = arguments->scenario.files.items[0];
	struct scenario *scenario;

	for (size_t i = 0; i < given; i++)
		overrides[i] = arguments->scenario.overrides.items[i];
	options.overrides = overrides;
	options.override_count = given + axes->count;
	sweep_axes_settings(axes, 0, overrides + given, arguments->region);
	scenario = load_scenario(path, &options, arguments->region);
	for (size_t i = 0; scenario && i < axes->count; i++) {
		const char *first = overrides[given + i];

		for (size_t value = 1; scenario && value < axes->items[i].count; value++) {
			struct region region;

			region_init(&region);
			overrides[given + i] =
				region_format(&region, "%s=%s", axes->items[i].path, axes->items[i].values[value]);
			if (!load_scenario_again(path, &options, &region))
				scenario = NULL;
			region_release(&region);
		}
		overrides[given + i] = first;
	}
	return scenario;
}

static int store_failed(const struct sweep_store_error *error)
{
	fprintf(stderr, "gilsim: %s\n", error->text);
	return error->status == 2 ? STATUS_BAD_INPUT : STATUS_ENVIRONMENT;
}

static int status_of(enum sweep_end end, struct sweep_store *store)
{
	struct sweep_store_error error;

	switch (end) {
	case SWEEP_STOPPED:
		return interrupt_status();
	case SWEEP_BAD_POINT:
		return STATUS_BAD_INPUT;
	case SWEEP_STORE_FAILED:
		sweep_store_error_of(store, &error);
		return store_failed(&error);
	default:
		return STATUS_DONE;
	}
}

/* The store of rank 0, after `*status` has become why there is none. */
static struct sweep_store *open_store(const struct sweep_arguments *arguments, const struct scenario *scenario,
				      const char *csv_header, int *status)
{
	struct sweep_identity identity = {
		.release = GILSIM_VERSION,
		.scenario = scenario->name,
		.fingerprint = fingerprint_of(arguments, scenario),
		.csv_header = csv_header,
		.point_count = sweep_axes_points(&arguments->axes),
	};
	struct sweep_store_error error;
	struct sweep_store *store = sweep_store_open(arguments->database, arguments->resume ? STORE_RESUME : STORE_CREATE,
						     &identity, arguments->region, &error);

	if (!store)
		*status = store_failed(&error);
	return store;
}

static int run_sweep(const struct sweep_arguments *arguments, const struct sweep_ranks *ranks)
{
	struct sweeping sweeping = { .arguments = arguments };
	struct sweep sweep = {
		.axes = &arguments->axes,
		.overrides = arguments->scenario.overrides.items,
		.override_count = arguments->scenario.overrides.count,
		.evaluation = arguments->evaluation,
		.shard = (uint64_t)arguments->shard - 1,
		.shard_count = (uint64_t)arguments->shard_count,
		.load = load,
		.progress = show_progress,
		.context = &sweeping,
	};
	const char *csv_header = sweep_csv_header(&arguments->axes, arguments->region);
	int status = STATUS_DONE;
	enum sweep_end end;

	if (ranks->rank == 0) {
		struct scenario *scenario = check_axes(arguments);

		status = scenario ? STATUS_DONE : STATUS_BAD_INPUT;
		if (scenario)
			sweep.store = open_store(arguments, scenario, csv_header, &status);
	}
	if (!sweep_ranks_agree(ranks, status == STATUS_DONE))
		return status;
	sweep.evaluation.wish_to_stop = interrupt_flag();
	sweep.evaluation.limits = arguments->limits.simulation;
	interrupt_watch();
	progress_start(&sweeping.progress);
	end = sweep_ranks_run(ranks, &sweep, arguments->region);
	progress_end(&sweeping.progress);
	if (ranks->rank != 0)
		return STATUS_DONE;
	status = status_of(end, sweep.store);
	if (end == SWEEP_DONE || end == SWEEP_STOPPED)
		status = worse_status(status, sweep_print(sweep.store, csv_header, &arguments->output,
							  arguments->region));
	sweep_store_close(sweep.store);
	return status;
}

int cmd_sweep(int argc, char **argv)
{
	struct region region;
	struct sweep_arguments arguments = {
		.region = &region, .scenario.region = &region, .shard = 1, .shard_count = 1
	};
	struct sweep_ranks ranks;
	int status;

	region_init(&region);
	argp_parse(&sweep_argp, argc, argv, 0, NULL, &arguments);
	interrupt_after(arguments.limits.time_s);
	if (!sweep_ranks_start(&ranks)) {
		fputs("gilsim: started by mpirun, but built without MPI; 'make MPI=1' builds it with that\n", stderr);
		region_release(&region);
		return STATUS_ENVIRONMENT;
	}
	status = run_sweep(&arguments, &ranks);
	sweep_ranks_end(&ranks);
	region_release(&region);
	return status;
}
