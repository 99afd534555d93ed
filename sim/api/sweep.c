/*
 * sweep.c - see gilsim_sweep() and gilsim_merge() in gilsim.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/api/answer.h"
#include "sim/base/random.h"
#include "sim/plan/sweep_print.h"
#include "sim/plan/sweep_ranks.h"
#include "sim/results/version.h"

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

/* Of the file, the profile's costs, and all options that decide over results (--max-memory, whose default is
 * another on each machine, is not in it). Files that the scenario names (logs, empirical distributions) are not in
 * it. */
static const char *fingerprint_of(const struct sweep *sweep, const struct scenario *scenario, struct region *region)
{
	const struct scenario_options *options = &sweep->source.options;
	const struct evaluation *evaluation = &sweep->evaluation;
	uint64_t hash = hash_file(0, sweep->source.path);

	hash = hash_costs(hash, scenario);
	hash = hash_texts(hash, options->overrides, options->override_count);
	hash = hash_texts(hash, options->variants, options->variant_count);
	hash = hash_text(hash, options->profile);
	hash = random_hash_path(hash, options->seed);
	hash = random_hash_path(hash, evaluation->replications);
	hash = random_hash_path(hash, evaluation->limits.events);
	hash = hash_text(hash, evaluation->precision.metric);
	hash = random_hash_path(hash, (uint64_t)(evaluation->precision.ratio * 1e9));
	for (size_t i = 0; i < sweep->axes->count; i++) {
		hash = hash_text(hash, sweep->axes->items[i].path);
		hash = hash_texts(hash, sweep->axes->items[i].values, sweep->axes->items[i].count);
	}
	return region_format(region, "%016" PRIx64, hash);
}

/* ---- The answer: what is stored ---- */

struct swept {
	struct sweep_store *store; /* owned */
	const char *csv_header;
};

static bool print(struct gilsim_answer *answer, enum gilsim_format format, bool color, FILE *stream)
{
	const struct swept *swept = answer->content;

	if (format == GILSIM_JSON)
		return sweep_print_json(swept->store, stream);
	if (format == GILSIM_CSV)
		return sweep_print_csv(swept->store, swept->csv_header, stream);
	return sweep_print_table(swept->store, color, &answer->region, stream);
}

static void close_store(struct gilsim_answer *answer)
{
	const struct swept *swept = answer->content;

	sweep_store_close(swept->store);
}

static int store_failed(const struct sweep_store_error *error, FILE *messages)
{
	fprintf(messages, "gilsim: %s\n", error->text);
	return error->status == 2 ? EINVAL : EIO;
}

/* Opens a new one for a sweep of this identity, or goes on with one; returns 0 or an errno. */
static int open_store(struct searching *searching, const char *path, enum sweep_store_mode mode,
		      struct sweep_identity *identity)
{
	struct gilsim_answer *answer = searching->answer;
	struct swept *swept = region_alloc(&answer->region, sizeof(*swept));
	struct sweep_store_error error;

	swept->csv_header = identity->csv_header;
	swept->store = sweep_store_open(path, mode, identity, &answer->region, &error);
	if (!swept->store)
		return store_failed(&error, searching->messages);
	answer->content = swept;
	answer->close = close_store;
	answer->is_found = true;
	return 0;
}

/* ---- Sweeping ---- */

static bool read_axes(struct sweep_axes *axes, const struct gilsim_sweep_options *given, struct region *region,
		      FILE *messages)
{
	const char *why;

	*axes = (struct sweep_axes){ .count = 0 };
	for (size_t i = 0; i < given->axis_count; i++)
		if (!sweep_axes_add(axes, given->axes[i], region, &why)) {
			fprintf(messages, "gilsim: --vary: %s\n", why);
			return false;
		}
	if (axes->count == 0)
		fputs("gilsim: nothing is varied, expected --vary PATH=RANGE\n", messages);
	else if (sweep_axes_points(axes) > SWEEP_MAX_POINTS)
		fprintf(messages, "gilsim: the grid has more than %d points\n", SWEEP_MAX_POINTS);
	else
		return true;
	return false;
}

static bool loads(const struct sweep *sweep, const char *const *settings, struct region *outer)
{
	struct diagnostics diagnostics;
	struct region region;
	bool loaded;

	region_init_within(&region, outer);
	diagnostics_init(&diagnostics, &region);
	loaded = scenario_source_load(&sweep->source, settings, sweep->axes->count, &region, &diagnostics) != NULL;
	if (!loaded)
		diagnostics_print(&diagnostics, sweep->messages);
	region_release(&region);
	return loaded;
}

/* Loads the scenario with every value of every axis once, so that mistakes are known before the first simulation.
 * NULL after one; else the first point's. */
static const struct scenario *check_axes(const struct sweep *sweep, struct region *region)
{
	const struct sweep_axes *axes = sweep->axes;
	const char **settings = region_alloc_array(region, axes->count, sizeof(*settings));
	struct diagnostics diagnostics;

	sweep_axes_settings(axes, 0, settings, region);
	for (size_t i = 0; i < axes->count; i++) {
		const char *first = settings[i];

		for (size_t value = 0; value < axes->items[i].count; value++) {
			settings[i] =
				region_format(region, "%s=%s", axes->items[i].path, axes->items[i].values[value]);
			if (!loads(sweep, settings, region))
				return NULL;
		}
		settings[i] = first;
	}
	diagnostics_init(&diagnostics, region);
	return scenario_source_load(&sweep->source, settings, axes->count, region, &diagnostics);
}

/* The store, with rank 0; returns 0 or an errno. */
static int prepare(struct searching *searching, struct sweep *sweep)
{
	const struct gilsim_sweep_options *given = searching->options;
	struct region *region = &searching->answer->region;
	const struct scenario *first = check_axes(sweep, region);
	struct sweep_identity identity;
	int failure;

	if (!first)
		return EINVAL;
	identity = (struct sweep_identity){
		.release = GILSIM_VERSION,
		.scenario = first->name,
		.fingerprint = fingerprint_of(sweep, first, region),
		.csv_header = sweep_csv_header(sweep->axes, region),
		.point_count = sweep_axes_points(sweep->axes),
	};
	failure = open_store(searching, given->database, given->resume ? STORE_RESUME : STORE_CREATE, &identity);
	if (failure == 0)
		sweep->store = ((struct swept *)searching->answer->content)->store;
	return failure;
}

static void show_progress(void *context, uint64_t done, uint64_t total)
{
	const struct searching *searching = context;
	char what[64];

	if (!searching->how->progress)
		return;
	snprintf(what, sizeof(what), "%" PRIu64 " of %" PRIu64 " points", done, total);
	searching->how->progress(searching->how->context, (double)done / (double)total, what);
}

/* Returns 0 or an errno. */
static int result_of(enum sweep_end end, const struct sweep *sweep, FILE *messages)
{
	struct sweep_store_error error;

	if (end == SWEEP_BAD_POINT)
		return EINVAL;
	if (end != SWEEP_STORE_FAILED)
		return 0;
	sweep_store_error_of(sweep->store, &error);
	return store_failed(&error, messages);
}

static int run_sweep(struct searching *searching, struct sweep *sweep, const struct sweep_ranks *ranks)
{
	int failure = ranks->rank == 0 ? prepare(searching, sweep) : 0;
	enum sweep_end end;

	if (!sweep_ranks_agree(ranks, failure == 0))
		return failure;
	end = sweep_ranks_run(ranks, sweep, &searching->answer->region);
	if (ranks->rank != 0)
		return 0;
	searching->answer->print = print;
	return result_of(end, sweep, searching->messages);
}

static int find_points(struct searching *searching)
{
	const struct gilsim_sweep_options *given = searching->options;
	struct sweep_axes axes;
	struct sweep sweep = {
		.axes = &axes,
		.source = searching->gilsim->source,
		.evaluation = { .replications = given->replications > 0 ? given->replications : 1,
				.precision = { given->precision_ratio, given->precision_metric },
				.jobs = searching->how->jobs,
				.wish_to_stop = searching->how->stop,
				.limits = searching->gilsim->limits },
		.shard = given->shard,
		.shard_count = given->shard_count > 0 ? given->shard_count : 1,
		.messages = searching->messages,
		.progress = show_progress,
		.context = searching,
	};
	struct sweep_ranks ranks;
	int failure;

	sweep.source.options.further_option = "--vary";
	if (!read_axes(&axes, given, &searching->answer->region, searching->messages))
		return EINVAL;
	if (!sweep_ranks_start(&ranks)) {
		fputs("gilsim: started by mpirun, but built without MPI; 'make MPI=1' builds it with that\n",
		      searching->messages);
		return ENOSYS;
	}
	failure = run_sweep(searching, &sweep, &ranks);
	sweep_ranks_end(&ranks);
	return failure;
}

struct gilsim_answer *gilsim_sweep(const struct gilsim *gilsim, const struct gilsim_sweep_options *options,
				   const struct gilsim_search *search, char **messages)
{
	struct searching searching = { .gilsim = gilsim, .options = options, .how = search };

	return answer_search(find_points, &searching, messages);
}

/* ---- Merging ---- */

struct merge_options {
	const char *const *databases;
	size_t count;
	const char *database;
	bool partial;
};

/* Opens it as it is, for what it is of; returns 0 or an errno. */
static int read_identity(const char *path, struct sweep_identity *identity, struct region *region, FILE *messages)
{
	struct sweep_store_error error;
	struct sweep_store *store = sweep_store_open(path, STORE_READ, identity, region, &error);

	if (!store)
		return store_failed(&error, messages);
	sweep_store_close(store);
	if (strcmp(identity->release, GILSIM_VERSION) == 0)
		return 0;
	fprintf(messages, "gilsim: %s is of gilsim %s, this is %s\n", path, identity->release, GILSIM_VERSION);
	return EINVAL;
}

/* That all are of the sweep of the first, whose identity that is. */
static int check_databases(const struct merge_options *options, struct sweep_identity *first, struct region *region,
			   FILE *messages)
{
	int failure = read_identity(options->databases[0], first, region, messages);

	for (size_t i = 1; failure == 0 && i < options->count; i++) {
		struct sweep_identity other;

		failure = read_identity(options->databases[i], &other, region, messages);
		if (failure == 0 && strcmp(other.fingerprint, first->fingerprint) != 0) {
			fprintf(messages,
				"gilsim: %s and %s are of different sweeps: their scenario, profile, axes or "
				"options differ\n",
				options->databases[0], options->databases[i]);
			failure = EINVAL;
		}
	}
	return failure;
}

static int merge_points(struct searching *searching)
{
	const struct merge_options *options = searching->options;
	struct gilsim_answer *answer = searching->answer;
	FILE *messages = searching->messages;
	struct sweep_identity identity;
	struct sweep_store_error error;
	struct sweep_store *store;
	int failure = check_databases(options, &identity, &answer->region, messages);
	uint64_t count;

	if (failure == 0)
		failure = open_store(searching, options->database, STORE_CREATE, &identity);
	if (failure != 0)
		return failure;
	store = ((struct swept *)answer->content)->store;
	for (size_t i = 0; i < options->count; i++)
		if (!sweep_store_merge(store, options->databases[i], &error))
			return store_failed(&error, messages);
	count = sweep_store_count(store);
	if (count < identity.point_count && !options->partial) {
		fprintf(messages,
			"gilsim: %" PRIu64 " of %" PRIu64 " points are missing; --partial prints what there is\n",
			identity.point_count - count, identity.point_count);
		return EINVAL;
	}
	answer->print = print;
	return 0;
}

struct gilsim_answer *gilsim_merge(const char *const *databases, size_t count, const char *database, bool partial,
				   char **messages)
{
	const struct merge_options options = { databases, count, database, partial };
	struct searching searching = { .options = &options };

	return answer_search(merge_points, &searching, messages);
}
