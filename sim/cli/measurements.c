/*
 * measurements.c - what `validate` has measured, in a file.
 *
 * Kept are a run's times, counts and paces, which is what rows and predictions are made of; no task's or step's own
 * times.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "sim/cli/measurements.h"
#include "sim/cli/output_file.h"
#include "sim/native/native_process.h"
#include "sim/results/version.h"

/* Of a spin.* cost, which a profile has with four digits. */
#define SAME_SPIN_RATIO 1e-3

static const char *const backend_names[] = { [BACKEND_CPYTHON] = "cpython", [BACKEND_C] = "c" };

static const struct {
	const char *key;
	size_t offset; /* of a double in struct native_run */
} figures[] = {
#define RESULT(key, member)                                                                                        \
	{                                                                                                          \
		key, offsetof(struct native_run, result.member)                                                    \
	}
#define PACE(key, member)                                                                                          \
	{                                                                                                          \
		key, offsetof(struct native_run, member)                                                           \
	}
	RESULT("makespan_s", makespan_s),
	RESULT("throughput_per_s", throughput_per_s),
	RESULT("p50_s", sojourn.p50),
	RESULT("p99_s", sojourn.p99),
	RESULT("peak_memory_bytes", peak_memory_bytes),
	RESULT("completed", completed),
	RESULT("failed", failed),
	RESULT("timed_out", timed_out),
	RESULT("cancelled", cancelled),
	RESULT("rejected", rejected),
	RESULT("unfinished", unfinished),
	RESULT("retries", retries),
	RESULT("lost_updates", lost_updates),
	RESULT("utilisation_cores", utilisation_cores),
	PACE("python_before_ns", spin_before[0]),
	PACE("python_during_ns", spin_during[0]),
	PACE("python_after_ns", spin_after[0]),
	PACE("c_before_ns", spin_before[1]),
	PACE("c_during_ns", spin_during[1]),
	PACE("c_after_ns", spin_after[1]),
	PACE("native_before_ns", spin_before[2]),
	PACE("native_during_ns", spin_during[2]),
	PACE("native_after_ns", spin_after[2]),
	PACE("library_ns", library_ns),
	PACE("others_share", others_share),
	PACE("stolen_share", stolen_share),
	PACE("all_busy_speed", all_busy_speed),
};
#define FIGURE_COUNT (sizeof(figures) / sizeof(figures[0]))

static double *figure_of(const struct native_run *run, size_t figure)
{
	return (double *)(void *)((char *)run + figures[figure].offset);
}

static void spins_of(const struct scenario *scenario, double spin_ns[3])
{
	const double *costs = scenario->workloads[0].machine.costs.value;

	spin_ns[0] = costs[COST_SPIN_PYTHON];
	spin_ns[1] = costs[COST_SPIN_C];
	spin_ns[2] = costs[COST_SPIN_NATIVE];
}

static struct measurement *add(struct measurement_list *list, struct region *region)
{
	struct measurement *added;

	list->items = region_grow(region, list->items, list->count, &list->capacity, sizeof(list->items[0]));
	added = &list->items[list->count++];
	memset(added, 0, sizeof(*added));
	return added;
}

void measurements_add(struct measurement_list *list, const struct scenario_arguments *arguments, const char *path,
		      const struct native_rounds *rounds, struct region *region)
{
	struct measurement *measurement = add(list, region);

	measurement->path = path;
	measurement->profile = rounds->scenario->workloads[0].machine.profile;
	measurement->overrides = arguments->overrides;
	for (size_t i = 0; i < rounds->scenario->workload_count; i++)
		text_list_add(&measurement->variants, region, rounds->scenario->workloads[i].variant);
	measurement->seed = arguments->seed;
	measurement->backend = rounds->backend;
	measurement->python = *rounds->python;
	measurement->cpus = native_cpu_count();
	spins_of(rounds->scenario, measurement->spin_ns);
	measurement->rounds = *rounds;
}

/* ---- Writing ---- */

static json_t *texts_json(const char *const *texts, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, texts[i] ? json_string(texts[i]) : json_null());
	return array;
}

static json_t *run_json(const struct native_run *run)
{
	json_t *object;

	if (!run->result.measured)
		return json_null();
	object = json_object();
	for (size_t i = 0; i < FIGURE_COUNT; i++) {
		double value = *figure_of(run, i);

		json_object_set_new(object, figures[i].key, isfinite(value) ? json_real(value) : json_null());
	}
	if (run->slowness) {
		json_t *slowness = json_array();

		for (size_t i = 0; i < run->slowness_count; i++)
			json_array_append_new(slowness, json_real(run->slowness[i]));
		json_object_set_new(object, "slowness", slowness);
	}
	return object;
}

static json_t *measurement_json(const struct measurement *measurement)
{
	const struct native_python *python = &measurement->python;
	size_t variants = measurement->variants.count;
	json_t *rounds = json_array();

	for (size_t round = 0; round < measurement->rounds.round_count; round++) {
		json_t *runs = json_array();

		for (size_t variant = 0; variant < variants; variant++)
			json_array_append_new(runs,
					      run_json(&measurement->rounds.runs[round * variants + variant]));
		json_array_append_new(rounds, runs);
	}
	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:i, s:[f,f,f], s:o, s:o, s:o, s:o}", "file",
			 measurement->path, "profile", measurement->profile, "seed", (json_int_t)measurement->seed,
			 "backend", backend_names[measurement->backend], "python", python->version, "full_version",
			 python->full_version, "free_threaded_build", python->free_threaded_build, "cpus",
			 measurement->cpus, "spin_ns", measurement->spin_ns[0], measurement->spin_ns[1],
			 measurement->spin_ns[2], "overrides",
			 texts_json(measurement->overrides.items, measurement->overrides.count), "variants",
			 texts_json(measurement->variants.items, variants), "why_not",
			 texts_json(measurement->rounds.why_not, variants), "rounds", rounds);
}

bool measurements_write(const struct measurement_list *list, const char *path, struct region *region)
{
	struct output_file output;
	json_t *array = json_array(), *root;
	bool written;

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, measurement_json(&list->items[i]));
	root = json_pack("{s:s, s:o}", "gilsim", GILSIM_VERSION, "measurements", array);
	/* With all digits: what is read is what was measured. */
	written = root && output_file_open(&output, path, region);
	if (written && json_dumpf(root, output.stream, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) != 0) {
		output_file_discard(&output);
		written = false;
	}
	json_decref(root);
	return written && output_file_close(&output);
}

/* ---- Reading ---- */

static bool read_texts(const json_t *array, struct text_list *texts, struct region *region)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *text = json_array_get(array, i);

		if (!json_is_string(text) && !json_is_null(text))
			return false;
		text_list_add(texts, region,
			      json_is_null(text) ? NULL : region_strdup(region, json_string_value(text)));
	}
	return json_is_array(array);
}

/* Of each instance; there is none where not all of them were timed. */
static bool read_slowness(const json_t *array, struct native_run *run, struct region *region)
{
	size_t count = json_array_size(array);
	double *slowness;

	if (!array)
		return true;
	slowness = region_alloc_array(region, count, sizeof(*slowness));
	for (size_t i = 0; i < count; i++) {
		slowness[i] = json_number_value(json_array_get(array, i));
		if (!(slowness[i] > 0))
			return false;
	}
	run->slowness = slowness;
	run->slowness_count = count;
	return json_is_array(array);
}

static bool read_run(const json_t *object, struct native_run *run, struct region *region)
{
	memset(run, 0, sizeof(*run));
	variant_result_init(&run->result);
	run->result.measured = json_is_object(object);
	if (json_is_null(object))
		return true;
	for (size_t i = 0; i < FIGURE_COUNT; i++) {
		const json_t *value = json_object_get(object, figures[i].key);

		/* What was kept before there was a look at hypervisors says nothing of them. */
		bool may_lack = figure_of(run, i) == &run->stolen_share || figure_of(run, i) == &run->library_ns;

		if (!json_is_number(value) && !json_is_null(value) && !(may_lack && !value))
			return false;
		*figure_of(run, i) = json_is_number(value) ? json_number_value(value) : NAN;
	}
	return read_slowness(json_object_get(object, "slowness"), run, region);
}

static bool read_rounds(const json_t *array, struct measurement *measurement, struct region *region)
{
	struct native_rounds *rounds = &measurement->rounds;
	size_t variants = measurement->variants.count;

	rounds->round_count = rounds->round_capacity = json_array_size(array);
	rounds->runs = region_alloc_array(region, rounds->round_count * variants, sizeof(rounds->runs[0]));
	for (size_t round = 0; round < rounds->round_count; round++) {
		const json_t *runs = json_array_get(array, round);

		if (json_array_size(runs) != variants)
			return false;
		for (size_t variant = 0; variant < variants; variant++)
			if (!read_run(json_array_get(runs, variant), &rounds->runs[round * variants + variant],
				      region))
				return false;
	}
	return rounds->round_count > 0;
}

static bool read_measurement(const json_t *object, struct measurement *measurement, struct region *region)
{
	struct text_list why_not = { 0 };
	const char *path, *profile, *backend, *version, *full_version;
	json_int_t seed;
	int is_free_threaded;

	if (json_unpack((json_t *)object, "{s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:i, s:[F,F,F]}", "file", &path,
			"profile", &profile, "seed", &seed, "backend", &backend, "python", &version, "full_version",
			&full_version, "free_threaded_build", &is_free_threaded, "cpus", &measurement->cpus,
			"spin_ns", &measurement->spin_ns[0], &measurement->spin_ns[1],
			&measurement->spin_ns[2]) != 0)
		return false;
	measurement->path = region_strdup(region, path);
	measurement->profile = region_strdup(region, profile);
	measurement->seed = (uint64_t)seed;
	measurement->backend = !strcmp(backend, backend_names[BACKEND_C]) ? BACKEND_C : BACKEND_CPYTHON;
	measurement->python.executable = "";
	measurement->python.version = region_strdup(region, version);
	measurement->python.full_version = region_strdup(region, full_version);
	measurement->python.free_threaded_build = is_free_threaded;
	if (!read_texts(json_object_get(object, "overrides"), &measurement->overrides, region) ||
	    !read_texts(json_object_get(object, "variants"), &measurement->variants, region) ||
	    !read_texts(json_object_get(object, "why_not"), &why_not, region) ||
	    why_not.count != measurement->variants.count)
		return false;
	measurement->rounds.backend = measurement->backend;
	measurement->rounds.why_not = why_not.items;
	return read_rounds(json_object_get(object, "rounds"), measurement, region);
}

bool measurements_read(struct measurement_list *list, const char *path, struct region *region,
		       struct native_error *error)
{
	json_error_t reason;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &reason);
	const json_t *array = json_object_get(root, "measurements");
	bool ok = json_array_size(array) > 0;

	if (!root) {
		if (reason.line > 0)
			native_error_set(error, "%s:%d:%d: no JSON: %s", path, reason.line, reason.column,
					 reason.text);
		else
			native_error_set(error, "%s: %s", path, strerror(errno));
		return false;
	}
	for (size_t i = 0; ok && i < json_array_size(array); i++)
		ok = read_measurement(json_array_get(array, i), add(list, region), region);
	if (!ok)
		native_error_set(error, "%s: JSON, but not what `gilsim validate --save FILE` writes", path);
	json_decref(root);
	return ok;
}

static bool has_variants(const struct scenario *scenario, const struct text_list *variants)
{
	for (size_t i = 0; i < variants->count; i++)
		if (i >= scenario->workload_count || !variants->items[i] ||
		    strcmp(scenario->workloads[i].variant, variants->items[i]) != 0)
			return false;
	return scenario->workload_count == variants->count;
}

bool measurement_bind(struct measurement *measurement, const struct scenario *scenario, struct native_error *error)
{
	double spin_ns[3];

	if (!has_variants(scenario, &measurement->variants)) {
		native_error_set(error, "%s: has other variants than when it was measured", measurement->path);
		return false;
	}

	if (measurement->cpus != native_cpu_count()) {
		native_error_set(error, "%s: measured where gilsim might use %d CPUs, and here it may use %d",
				 measurement->path, measurement->cpus, native_cpu_count());
		return false;
	}
	spins_of(scenario, spin_ns);
	for (int kind = 0; kind < 3; kind++)
		if (!(fabs(spin_ns[kind] / measurement->spin_ns[kind] - 1) <= SAME_SPIN_RATIO)) {
			native_error_set(
				error,
				"%s: measured with steps of iterations of %.4g, %.4g, %.4g ns (spin.python, .c, "
				".native); the "
				"profile has %.4g, %.4g, %.4g: give --profile the one that it was measured with",
				measurement->path, measurement->spin_ns[0], measurement->spin_ns[1],
				measurement->spin_ns[2], spin_ns[0], spin_ns[1], spin_ns[2]);
			return false;
		}
	measurement->rounds.scenario = scenario;
	measurement->rounds.python = &measurement->python;
	return true;
}
