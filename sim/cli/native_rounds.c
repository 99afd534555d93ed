/*
 * native_rounds.c - the variants of one scenario on one interpreter, round after round.
 */
#include <math.h>
#include <string.h>

#include "sim/base/random.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/native_rounds.h"
#include "sim/native/native_cpus.h"
#include "sim/native_c/c_backend.h"
#include "sim/results/results_stats.h"

/* A run during which the pace changed by more than this is repeated, at most so many times, and all of them together at
 * most so many times for each that is wanted: on a machine that is never steady the answer should still come. */
#define DRIFT_ALLOWED_RATIO 0.03
#define REPEATS_ALLOWED 5
#define MEAN_REPEATS_ALLOWED 2
/* With --max-time, rounds go on until every variant's median is known this well. */
#define MEDIAN_KNOWN_RATIO 0.01

/* --- interpreters and scenarios --------------------------------------------------------------- */

bool native_probe_all(const struct native_arguments *arguments, struct region *region,
		      struct native_python **pythons, size_t *count)
{
	static const char *const by_default[] = { "python3" };
	const char *const *names = arguments->pythons.count > 0 ? arguments->pythons.items : by_default;
	bool all = true;

	*count = arguments->pythons.count > 0 ? arguments->pythons.count : 1;
	*pythons = region_alloc_array(region, *count, sizeof(**pythons));
	for (size_t i = 0; i < *count; i++) {
		struct native_error error;

		if (native_probe_python(names[i], region, &(*pythons)[i], &error))
			continue;
		fprintf(stderr, "gilsim: %s\n", error.text);
		all = false;
	}
	return all;
}

struct scenario *native_load_scenario(const char *path, const struct scenario_arguments *arguments,
				      const struct native_arguments *native, const struct native_python *python,
				      const char *profile, struct region *region)
{
	struct scenario_options options = scenario_arguments_options(arguments);
	struct text_list overrides = { 0 };
	struct scenario *scenario;

	for (size_t i = 0; i < options.override_count; i++)
		text_list_add(&overrides, region, options.overrides[i]);
	text_list_add(&overrides, region, region_format(region, "python.version=%s", python->version));
	options.overrides = overrides.items;
	options.override_count = overrides.count;
	options.profile = profile;
	options.scaled = true;
	options.max_cores = native_cpu_count();
	if (native->cpus) {
		struct native_cpus cpus;
		struct native_error error;

		if (native_cpus_choose(&cpus, native->cpus, 0, &error))
			options.max_cores = (int)cpus.count;
	}
	scenario = load_scenario(path, &options, region);
	for (size_t i = 0; scenario && native->backend == BACKEND_C && i < scenario->workload_count; i++)
		c_backend_adapt(&scenario->workloads[i]);
	return scenario;
}

bool native_check_files(const struct scenario_arguments *arguments, const struct native_arguments *native,
			const struct native_python *python)
{
	bool all = true;

	for (size_t i = 0; i < arguments->files.count; i++) {
		struct region region;

		region_init(&region);
		all &= native_load_scenario(arguments->files.items[i], arguments, native, python,
					    arguments->profile ? arguments->profile : "default", &region) != NULL;
		region_release(&region);
	}
	return all;
}

const char *native_label(enum native_backend backend, const struct native_python *python, struct region *region)
{
	if (backend == BACKEND_C)
		return region_format(region, "c %s", python->version);
	return region_format(region, "%s%s", python->full_version, python->free_threaded_build ? "t" : "");
}

const char *native_source(const struct native_rounds *rounds, struct region *region)
{
	if (rounds->backend == BACKEND_C)
		return region_format(region, "the c backend as of %s", rounds->python->version);
	return region_format(region, "Python %s", native_label(rounds->backend, rounds->python, region));
}

/* --- pace ------------------------------------------------------------------------------------- */

void workload_spins(const struct workload *workload, bool used[3])
{
	used[0] = used[1] = used[2] = false;
	for (uint32_t i = 0; i < workload->step_count; i++) {
		used[0] |= workload->steps[i].kind == STEP_PYTHON;
		used[1] |= workload->steps[i].kind == STEP_C;
		used[2] |= workload->steps[i].kind == STEP_NATIVE;
	}
}

/* How much of the run's time is that of cores: what waits does not slow down with them. */
static double cpu_share(const struct workload *workload, const struct native_run *run)
{
	double busy_cores = run->result.utilisation_cores * workload->machine.cores;

	return isfinite(busy_cores) ? fmin(busy_cores, 1) : 1;
}

static double spin_around(const struct native_run *run, int kind)
{
	return (run->spin_before[kind] + run->spin_after[kind]) / 2;
}

/* A run's nanoseconds for an iteration of a loop: during it, else around it. */
static double run_pace(const struct native_run *run, int kind)
{
	return isfinite(run->spin_during[kind]) ? run->spin_during[kind] : spin_around(run, kind);
}

/* By how much a change of pace during a run, or somebody else's work, may have changed its time: for bytecode, which there always is,
 * and the kinds of step that the workload has, in proportion to what needs a core. The pace before and after should agree, and that during the run should lie
 * between that of one core alone and that of all together. */
static double run_drift(const struct workload *workload, const struct native_run *run)
{
	bool used[3];
	double drift = 0;

	workload_spins(workload, used);
	for (int kind = 0; kind < 3; kind++) {
		double before = run->spin_before[kind], after = run->spin_after[kind];
		double during = run->spin_during[kind];
		double together = isfinite(run->all_busy_speed) ? fmin(run->all_busy_speed, 1) : 1;

		if ((!used[kind] && kind != 0) || !(before > 0) || !(after > 0))
			continue;
		drift = fmax(drift, fabs(after / before - 1));
		if (isfinite(during)) {
			drift = fmax(drift, fmin(before, after) / during - 1);
			drift = fmax(drift, during * together / fmax(before, after) - 1);
		}
	}
	drift *= cpu_share(workload, run);
	/* What other programs ran meanwhile, and what a hypervisor took, was missing here. */
	if (isfinite(run->others_share))
		drift = fmax(drift, run->others_share);
	return isfinite(run->stolen_share) ? fmax(drift, run->stolen_share) : drift;
}

void native_run_pace(const struct workload *workload, const struct native_run *run, double pace[3])
{
	static const enum cost costs[3] = { COST_SPIN_PYTHON, COST_SPIN_C, COST_SPIN_NATIVE };

	for (int kind = 0; kind < 3; kind++) {
		pace[kind] = run->result.measured ? run_pace(run, kind) / workload->machine.costs.value[costs[kind]] :
						    NAN;
		if (!(pace[kind] > 0) || !isfinite(pace[kind]))
			pace[kind] = NAN;
	}
}

double native_run_pace_around(const struct workload *workload, const struct native_run *run)
{
	double pace = spin_around(run, 1) / workload->machine.costs.value[COST_SPIN_C];

	return run->result.measured && pace > 0 ? pace : NAN;
}

double native_run_library_pace(const struct workload *workload, const struct native_run *run)
{
	double pace = run->library_ns / workload->machine.costs.value[COST_SPIN_LIBRARY];

	return run->result.measured && pace > 0 ? pace : native_run_pace_around(workload, run);
}

double native_rounds_all_busy_speed(const struct native_rounds *rounds, struct region *region)
{
	size_t count = rounds->round_count * rounds->scenario->workload_count;
	double *samples = region_alloc_array(region, count, sizeof(*samples));
	double speed;

	for (size_t i = 0; i < count; i++)
		samples[i] = rounds->runs[i].result.measured ? rounds->runs[i].all_busy_speed : NAN;
	speed = stats_median(samples, count, region);
	return speed > 1 ? 1 : speed;
}

double *native_rounds_main_paces(const struct native_rounds *rounds, size_t variant, struct region *region)
{
	const struct workload *workload = &rounds->scenario->workloads[variant];
	double *samples = region_alloc_array(region, rounds->round_count, sizeof(*samples));
	bool used[3];
	int kind = 0;

	workload_spins(workload, used);
	while (kind < 2 && !used[kind])
		kind++;
	for (size_t round = 0; round < rounds->round_count; round++) {
		double pace[3];

		native_run_pace(workload, native_rounds_at(rounds, round, variant), pace);
		samples[round] = used[kind] ? pace[kind] : NAN;
	}
	return samples;
}

double native_rounds_main_pace(const struct native_rounds *rounds, size_t variant, struct region *region)
{
	return stats_median(native_rounds_main_paces(rounds, variant, region), rounds->round_count, region);
}

/* --- running ---------------------------------------------------------------------------------- */

static bool can_run(const struct native_rounds *rounds, const struct workload *workload, const char **why_not)
{
	if (rounds->backend == BACKEND_C)
		return c_backend_can_run(workload, why_not);
	if (rounds->python->free_threaded_build && workload->python.gil != GIL_OFF) {
		*why_not = "gil: on is measured on a build with the GIL, not on this free-threaded one";
		return false;
	}
	return native_can_run(workload, rounds->python, why_not);
}

static bool execute(const struct native_rounds *rounds, const struct workload *workload,
		    const struct native_options *options, struct region *region, struct native_run *run,
		    struct native_error *error)
{
	if (rounds->backend == BACKEND_C)
		return c_backend_execute(workload, options, region, run, error);
	return native_execute(workload, rounds->python, options, region, run, error);
}

/* One run that went steadily, or the steadiest of several that did not. False on a failure and on ^C. */
static bool run_once(struct native_rounds *rounds, size_t variant, const struct native_options *options,
		     struct region *region, struct native_run *run)
{
	const struct workload *workload = &rounds->scenario->workloads[variant];
	size_t repeats_allowed = MEAN_REPEATS_ALLOWED * rounds->round_count * rounds->scenario->workload_count;
	struct native_run steadiest = { 0 };
	double least_drift = INFINITY;
	struct native_error error;

	for (int attempt = 0;; attempt++) {
		double drift;
		bool ran = execute(rounds, workload, options, region, run, &error);

		if (interrupt_seen())
			return false;
		if (!ran) {
			rounds->why_not[variant] = region_strdup(region, error.text);
			rounds->failed = true;
			return false;
		}
		drift = run_drift(workload, run);
		if (drift < least_drift) {
			least_drift = drift;
			steadiest = *run;
		}
		if (drift <= DRIFT_ALLOWED_RATIO || rounds->quick)
			return true;
		if (attempt == REPEATS_ALLOWED || rounds->repeated_count >= repeats_allowed) {
			*run = steadiest;
			rounds->unsteady_count++;
			return true;
		}
		rounds->repeated_count++;
	}
}

/* A random order of the variants, by seed and round (Fisher-Yates). */
static void shuffle(size_t *order, size_t count, uint64_t seed, size_t round)
{
	struct variate variate = variate_open(seed, 0, random_hash_name("order of native runs"), round, 0);

	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (size_t i = count; i > 1; i--) {
		size_t other = (size_t)(variate_next(&variate) % i);
		size_t held = order[i - 1];

		order[i - 1] = order[other];
		order[other] = held;
	}
}

/* Whether each variant's median makespan is known within MEDIAN_KNOWN_RATIO: 1.57 IQR / sqrt(n) is
 * about half of a median's 95 % interval (McGill, Tukey and Larsen, 1978). */
static bool medians_are_known(const struct native_rounds *rounds, struct region *region)
{
	for (size_t variant = 0; variant < rounds->scenario->workload_count; variant++) {
		double *samples = region_alloc_array(region, rounds->round_count, sizeof(*samples));
		double *sorted;
		double quartiles;

		if (rounds->why_not[variant])
			continue;
		for (size_t round = 0; round < rounds->round_count; round++)
			samples[round] = native_rounds_at(rounds, round, variant)->result.makespan_s;
		sorted = stats_sorted(samples, rounds->round_count, region);
		quartiles = stats_quantile(sorted, rounds->round_count, 0.75) -
			    stats_quantile(sorted, rounds->round_count, 0.25);
		if (1.57 * quartiles / sqrt((double)rounds->round_count) >
		    MEDIAN_KNOWN_RATIO * stats_quantile(sorted, rounds->round_count, 0.5))
			return false;
	}
	return true;
}

static bool any_can_run(const struct native_rounds *rounds)
{
	for (size_t variant = 0; variant < rounds->scenario->workload_count; variant++)
		if (!rounds->why_not[variant])
			return true;
	return false;
}

static void init_runs(struct native_run *runs, size_t count)
{
	memset(runs, 0, count * sizeof(*runs));
	for (size_t i = 0; i < count; i++) {
		variant_result_init(&runs[i].result);
		runs[i].result.measured = false;
	}
}

/* A round's runs, all of them not run yet. */
static void add_round(struct native_rounds *rounds, struct region *region)
{
	size_t variant_count = rounds->scenario->workload_count;

	if (rounds->round_count == rounds->round_capacity) {
		rounds->round_capacity = 2 * rounds->round_capacity + 8;
		rounds->runs = region_resize(region, rounds->runs,
					     rounds->round_capacity * variant_count * sizeof(rounds->runs[0]));
	}
	init_runs(&rounds->runs[rounds->round_count * variant_count], variant_count);
	rounds->round_count++;
}

/* Runs the variants of the newest round; false on ^C. */
static bool run_round(struct native_rounds *rounds, const struct native_options *options, uint64_t seed,
		      int expected_rounds, struct progress *progress, struct region *region)
{
	size_t variant_count = rounds->scenario->workload_count;
	size_t round = rounds->round_count - 1;
	size_t *order = region_alloc_array(region, variant_count, sizeof(*order));

	shuffle(order, variant_count, seed, round);
	for (size_t i = 0; i < variant_count; i++) {
		size_t variant = order[i];
		struct native_run run;

		if (rounds->why_not[variant])
			continue;
		progress_update(progress,
				(double)(round * variant_count + i) /
					(double)((size_t)expected_rounds * variant_count),
				region_format(region, "%s: %s, round %zu", rounds->scenario->name,
					      rounds->scenario->workloads[variant].variant, round + 1));
		if (run_once(rounds, variant, options, region, &run)) {
			run.result.peak_memory_bytes = rounds->peak_memory_bytes[variant];
			rounds->runs[round * variant_count + variant] = run;
		}
		if (interrupt_seen())
			return false;
	}
	return true;
}

/* A run of each variant while its memory is watched, which makes its times worthless; it also brings the interpreter's
 * files into memory. */
static void watch_memory(struct native_rounds *rounds, struct native_options options, struct progress *progress,
			 struct region *region)
{
	const struct scenario *scenario = rounds->scenario;

	options.memory = true;
	options.trace = false;
	rounds->peak_memory_bytes =
		region_alloc_array(region, scenario->workload_count, sizeof(rounds->peak_memory_bytes[0]));
	for (size_t variant = 0; variant < scenario->workload_count && !interrupt_seen(); variant++) {
		struct native_run run;
		struct native_error error;

		rounds->peak_memory_bytes[variant] = NAN;
		/* The memory of the c backend says nothing of Python's. */
		if (rounds->why_not[variant] || rounds->quick || rounds->backend == BACKEND_C)
			continue;
		progress_update(progress, 0, region_format(region, "%s: %s, memory", scenario->name,
							   scenario->workloads[variant].variant));
		/* A failure comes again in the first round, and is told there. */
		if (execute(rounds, &scenario->workloads[variant], &options, region, &run, &error))
			rounds->peak_memory_bytes[variant] = run.result.peak_memory_bytes;
	}
}

/* A run of each variant while what it does is noted, which slows a program of many threads to half its speed: its times tell
 * where the time goes, and are not among those of the rounds. */
static void note_steps(struct native_rounds *rounds, struct native_options options, struct progress *progress,
		       struct region *region)
{
	const struct scenario *scenario = rounds->scenario;

	options.trace = true;
	rounds->noted = region_alloc_array(region, scenario->workload_count, sizeof(rounds->noted[0]));
	init_runs(rounds->noted, scenario->workload_count);
	for (size_t variant = 0; variant < scenario->workload_count && !interrupt_seen(); variant++) {
		struct native_run run;
		struct native_error error;

		if (rounds->why_not[variant])
			continue;
		progress_update(progress, 1, region_format(region, "%s: %s, steps", scenario->name,
							   scenario->workloads[variant].variant));
		/* It has run before; if it fails now, there is nothing to tell of it. */
		if (execute(rounds, &scenario->workloads[variant], &options, region, &run, &error) && !interrupt_seen())
			rounds->noted[variant] = run;
	}
}

void native_rounds_run(struct native_rounds *rounds, const struct scenario *scenario,
		       const struct native_python *python, const struct native_arguments *arguments, uint64_t seed,
		       struct region *region)
{
	const struct native_options options = { .cpus = arguments->cpus,
						.timeout_ns = arguments->timeout_ns,
						.trace = arguments->trace_path != NULL && !arguments->note_apart,
						.glance = arguments->quick };
	struct progress progress;

	*rounds = (struct native_rounds){ .scenario = scenario,
					  .python = python,
					  .backend = arguments->backend,
					  .quick = arguments->quick };
	rounds->why_not = region_alloc_array(region, scenario->workload_count, sizeof(rounds->why_not[0]));
	progress_start(&progress);
	for (size_t variant = 0; variant < scenario->workload_count; variant++) {
		const char *why_not;

		if (!can_run(rounds, &scenario->workloads[variant], &why_not))
			rounds->why_not[variant] = why_not;
	}
	watch_memory(rounds, options, &progress, region);
	while (!interrupt_seen() && any_can_run(rounds)) {
		bool enough = rounds->round_count >= (size_t)arguments->repeat;

		if (enough && progress_elapsed_s(&progress) >= sim_time_seconds(arguments->max_time_ns))
			break;
		if (enough && medians_are_known(rounds, region))
			break;
		add_round(rounds, region);
		if (!run_round(rounds, &options, seed, arguments->repeat, &progress, region) &&
		    rounds->round_count > 1)
			rounds->round_count--;
	}
	if (arguments->note_apart)
		note_steps(rounds, options, &progress, region);
	progress_end(&progress);
}

void native_rounds_report(const struct native_rounds *rounds, struct region *region)
{
	const struct scenario *scenario = rounds->scenario;
	const char *source = native_source(rounds, region);

	if (scenario->cores_clamped)
		fprintf(stderr, "gilsim: %s: run and predicted with %d core%s, all that may be used here\n",
			scenario->file, scenario->workloads[scenario->baseline].machine.cores,
			scenario->workloads[scenario->baseline].machine.cores == 1 ? "" : "s");
	for (size_t variant = 0; variant < scenario->workload_count; variant++)
		if (rounds->why_not[variant])
			fprintf(stderr, "gilsim: %s: variant '%s' is not measured on %s: %s\n", scenario->file,
				scenario->workloads[variant].variant, source, rounds->why_not[variant]);
	if (rounds->repeated_count > 0)
		fprintf(stderr,
			"gilsim: %s: %s: runs repeated because the interpreter's pace changed, or others used "
			"the cores, by more than 3%%: %zu",
			scenario->file, source, rounds->repeated_count);
	if (rounds->unsteady_count > 0)
		fprintf(stderr, "; kept although it was so each time: %zu", rounds->unsteady_count);
	if (rounds->repeated_count > 0)
		fputc('\n', stderr);
}
