/*
 * test_property.c - what must hold of every simulation, whatever the scenario: checked over random ones.
 *
 * `gilsim new --random --seed N` prints the scenario that a message names. PROPERTY_SEEDS=FIRST-LAST says which seeds
 * (`make property` sets it); a few hundred otherwise.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "models/simulate/simulate.h"
#include "sim/base/random.h"
#include "sim/scenario/scenario_random.h"
#include "tests/unit/scenario_helper.h"

#define FIRST_SEED 1
#define LAST_SEED 400
#define MAX_THREADS 1024
#define MAX_CORES 64
#define MAX_LOCKS 256
#define MAX_VIOLATIONS 20
#define MAX_EVENTS 5000000
/* A core more may place tasks less well: by so much of the makespan it is no harm yet, and, where it leaves a core idle that
 * must be woken, by so many seconds. */
#define ANOMALY_RATIO 0.05
#define ANOMALY_S 0.001

/* One simulation as its trace tells it. */
struct observer {
	const char *scenario, *variant; /* for messages */
	uint64_t seed;
	sim_ns last_ns;
	uint64_t hash; /* of all records but states */
	int32_t core_of[MAX_THREADS];
	int32_t on_core[MAX_CORES];
	int32_t holder_of[MAX_LOCKS];
	uint64_t begun, ended;
	bool has_stopped; /* the makespan's clock */
};

static int violations;

static void violation(const struct observer *observer, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void violation(const struct observer *observer, const char *format, ...)
{
	char text[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	cr_expect(false, "seed %llu, %s at %lld ns: %s", (unsigned long long)observer->seed, observer->variant,
		       (long long)observer->last_ns, text);
	violations++;
}

/* ---- From the trace ---- */

/* A thread is on a core from now on, where no other thread may be, or (-1) on none. */
static void see_place(struct observer *observer, int32_t thread, int32_t core)
{
	cr_assert(thread >= 0 && thread < MAX_THREADS && core < MAX_CORES);
	if (observer->core_of[thread] >= 0)
		observer->on_core[observer->core_of[thread]] = -1;
	observer->core_of[thread] = core;
	if (core < 0)
		return;
	if (observer->on_core[core] >= 0)
		violation(observer, "core %d runs thread %d while thread %d is still on it", core, thread,
			  observer->on_core[core]);
	observer->on_core[core] = thread;
}

static void see_lock(struct observer *observer, const struct trace_record *record)
{
	int32_t *holder;

	cr_assert(record->value >= 0 && record->value < MAX_LOCKS);
	holder = &observer->holder_of[record->value];
	if (record->phase == TRACE_TAKE) {
		if (*holder >= 0)
			violation(observer, "thread %d takes lock %lld, which thread %d holds", record->thread,
				  (long long)record->value, *holder);
		*holder = record->thread;
	} else {
		if (*holder != record->thread)
			violation(observer, "thread %d drops lock %lld, which thread %d holds", record->thread,
				  (long long)record->value, *holder);
		*holder = -1;
	}
}

static void see(void *context, const struct trace_record *record)
{
	struct observer *observer = context;

	if (record->time_ns < observer->last_ns)
		violation(observer, "the clock goes back to %lld ns", (long long)record->time_ns);
	observer->last_ns = record->time_ns;
	if (record->phase != TRACE_STATE) {
		observer->hash = random_hash_path(observer->hash, (uint64_t)record->time_ns);
		observer->hash = random_hash_path(observer->hash, random_hash_name(record->what));
		observer->hash = random_hash_path(observer->hash, (uint64_t)record->thread);
		observer->hash = random_hash_path(observer->hash, (uint64_t)record->value);
	}
	if (record->phase == TRACE_STATE)
		see_place(observer, record->thread, record->core);
	else if (record->phase == TRACE_INSTANT && !strcmp(record->what, "exit"))
		see_place(observer, record->thread, -1);
	else if (record->phase == TRACE_TAKE || record->phase == TRACE_DROP)
		see_lock(observer, record);
	observer->begun += record->phase == TRACE_BEGIN;
	observer->ended += record->phase == TRACE_END;
}

static void observe(struct observer *observer, const struct workload *workload, bool unmerged, struct region *region,
		    struct variant_result *result)
{
	const struct trace_sink sink = { see, observer, TRACE_ALL_PHASES };
	const struct simulate_options options = { .trace = &sink,
						  .unmerged = unmerged,
						  .limits = { .events = MAX_EVENTS, .memory_bytes = 1 << 30 } };

	*observer = (struct observer){ .variant = workload->variant, .seed = observer->seed };
	for (int i = 0; i < MAX_THREADS; i++)
		observer->core_of[i] = -1;
	for (int i = 0; i < MAX_CORES; i++)
		observer->on_core[i] = -1;
	for (int i = 0; i < MAX_LOCKS; i++)
		observer->holder_of[i] = -1;
	simulate(workload, &options, region, result);
}

/* ---- From the results ---- */

/* Equal but for the rounding of sums of floating point numbers. */
static bool is_about(double a, double b)
{
	return fabs(a - b) <= 1e-9 + 1e-9 * fabs(a);
}

static bool is_at_most(double a, double b)
{
	return a <= b || is_about(a, b);
}

static double ended_in_all(const struct variant_result *result)
{
	return result->completed + result->failed + result->timed_out + result->cancelled + result->rejected;
}

static void check_outcomes(const struct observer *observer, const struct workload *workload,
			   const struct variant_result *result)
{
	double ended = ended_in_all(result);

	if (result->deadlock)
		violation(observer, "deadlock: %s", result->deadlock_report);
	if (result->limit_reached)
		violation(observer, "it does not end: %s", result->note ? result->note : "");
	if (result->unfinished != 0)
		violation(observer, "%g tasks have not ended", result->unfinished);
	if (workload->run.kind != RUN_PROGRAM && workload->run.count > 0 && ended != (double)workload->run.count)
		violation(observer, "%g tasks have ended, of %lld", ended, (long long)workload->run.count);
	if (observer->begun != observer->ended)
		violation(observer, "%llu tasks were begun, %llu ended", (unsigned long long)observer->begun,
			  (unsigned long long)observer->ended);
	if ((double)observer->ended > ended)
		violation(observer, "%llu tasks have ended, %g were counted", (unsigned long long)observer->ended, ended);
	if (result->lost_updates != 0)
		violation(observer, "%g updates under a lock were lost", result->lost_updates);
}

static void check_times(const struct observer *observer, const struct workload *workload,
			const struct variant_result *result)
{
	double in_parts_s = 0, sojourns_s = 0;
	double cpu_s = result->time_in_s[TIME_PYTHON] + result->time_in_s[TIME_C] + result->time_in_s[TIME_NATIVE];

	for (int i = 0; i < TIME_PART_COUNT; i++) {
		if (!(result->time_in_s[i] >= 0))
			violation(observer, "%s took %g s", time_part_names[i], result->time_in_s[i]);
		in_parts_s += result->time_in_s[i];
	}
	if (observer->ended > 0)
		sojourns_s = result->sojourn.mean * (double)observer->ended;
	if (!is_about(in_parts_s, sojourns_s))
		violation(observer, "the parts of the sojourns are %.9f s, the sojourns %.9f s", in_parts_s, sojourns_s);
	/* Little's law, which holds exactly over a whole run in which every task was begun. */
	if ((double)observer->ended == ended_in_all(result) && result->makespan_s > 0 &&
	    !is_about(result->in_flight_mean * result->makespan_s, sojourns_s))
		violation(observer, "%.9f tasks in flight over %.9f s, but sojourns of %.9f s in all",
			  result->in_flight_mean, result->makespan_s, sojourns_s);
	if (!is_at_most(result->sojourn.max, result->makespan_s) && observer->ended > 0 &&
	    workload->run.kind != RUN_PROGRAM)
		violation(observer, "a sojourn of %.9f s is longer than the makespan, %.9f s", result->sojourn.max,
			  result->makespan_s);
	if (!is_at_most(cpu_s, result->makespan_s * workload->machine.cores))
		violation(observer, "%.9f s of work on %d cores in %.9f s", cpu_s, workload->machine.cores,
			  result->makespan_s);
	if (result->makespan_s > 0 && !is_at_most(result->utilisation_cores, 1))
		violation(observer, "the cores are %.9f busy", result->utilisation_cores);
	if (workload->python.gil == GIL_ON && result->makespan_s > 0 && !is_at_most(result->utilisation_gil, 1))
		violation(observer, "the GIL is %.9f busy", result->utilisation_gil);
	/* Threads of one interpreter. */
	if (workload->python.gil == GIL_ON &&
	    (workload->model.kind == MODEL_THREADS || workload->model.kind == MODEL_THREAD_POOL ||
	     workload->model.kind == MODEL_SEQUENTIAL) &&
	    !is_at_most(cpu_s - result->time_in_s[TIME_NATIVE], result->makespan_s))
		violation(observer, "%.9f s of bytecode and C under one GIL in %.9f s", cpu_s, result->makespan_s);
	for (size_t i = 0; i < result->stage_count; i++)
		if (result->stages[i].end_s < result->stages[i].start_s)
			violation(observer, "stage %s ends before it starts", result->stages[i].name);
}

/* ---- Each scenario ---- */

static char *random_text(uint64_t seed)
{
	char *text;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	scenario_random_print(seed, stream);
	fclose(stream);
	return text;
}

static void check_variant(uint64_t seed, const struct workload *workload, struct region *region)
{
	struct observer first = { .seed = seed }, again = { .seed = seed };
	struct variant_result result, same;

	observe(&first, workload, false, region, &result);
	check_outcomes(&first, workload, &result);
	check_times(&first, workload, &result);
	observe(&again, workload, false, region, &same);
	if (again.hash != first.hash || same.makespan_s != result.makespan_s)
		violation(&first, "two runs differ");
	observe(&again, workload, true, region, &same);
	if (again.hash != first.hash || same.makespan_s != result.makespan_s)
		violation(&first, "unmerged it differs: %.9f s, not %.9f s", same.makespan_s, result.makespan_s);
}

/* What `text` runs, checked. */
static void check_text(uint64_t seed, const char *text)
{
	const struct scenario_options options = { .seed = seed };
	struct scenario *scenario;
	struct helper helper;

	helper_open(&helper);
	scenario = helper_load(&helper, text, &options);
	for (size_t i = 0; scenario && i < scenario->workload_count; i++)
		simulate_check(&scenario->workloads[i], &helper.diagnostics);
	if (!scenario || helper.diagnostics.error_count > 0) {
		cr_expect(false, "seed %llu is not valid: %s", (unsigned long long)seed, helper_messages(&helper));
		violations++;
	}
	for (size_t i = 0; scenario && helper.diagnostics.error_count == 0 && i < scenario->workload_count; i++)
		check_variant(seed, &scenario->workloads[i], &helper.region);
	helper_close(&helper);
}

static void check_seed(uint64_t seed)
{
	char *text = random_text(seed), *twice = random_text(seed);

	cr_expect(eq(str, text, twice), "the same seed gives the same scenario");
	check_text(seed, text);
	free(text);
	free(twice);
}

static void each_seed(void (*check)(uint64_t seed))
{
	const char *range = getenv("PROPERTY_SEEDS");
	unsigned long long first = FIRST_SEED, last = LAST_SEED;

	if (range)
		cr_assert(eq(int, sscanf(range, "%llu-%llu", &first, &last), 2), "PROPERTY_SEEDS is '%s'", range);
	for (unsigned long long seed = first; seed <= last && violations < MAX_VIOLATIONS; seed++)
		check(seed);
}

Test(property, what_must_hold_holds_of_random_scenarios)
{
	each_seed(check_seed);
}

/* ---- Independent work ---- */

/*
 * Tasks of given lengths that share nothing but the cores. Whatever the order in which they run, no core is idle while
 * one waits for a core; so (R. L. Graham, "Bounds on multiprocessing timing anomalies", 1969) they take at least as long
 * as the longest, and as all of them on evenly filled cores, and at most that plus what the longest may stick out by.
 */
struct independent {
	int cores, count;
	double longest_s, sum_s;
	char *text;
};

static struct independent independent_work(uint64_t seed, const char *profile)
{
	static const char *const models[] = { "processes", "threads, set: {python.version: \"3.13\", python.gil: off}" };
	struct variate variate = variate_open(seed, 0, random_hash_name("independent work"), 0, 0);
	struct independent work = { .cores = 1 + (int)(variate_next(&variate) % 6),
				    .count = 1 + (int)(variate_next(&variate) % 20) };
	const char *model = models[variate_next(&variate) % 2];
	size_t length;
	FILE *stream = open_memstream(&work.text, &length);

	fprintf(stream,
		"machine: {profile: %s, cores: %d}\ntasks: {work: [{python: item}]}\nvariants:\n  v: {model: %s}\n"
		"run:\n  task: work\n  items: [",
		profile, work.cores, model);
	for (int i = 0; i < work.count; i++) {
		int us = 1 + (int)(variate_next(&variate) % 200) * (int)(variate_next(&variate) % 200);

		fprintf(stream, "%s%dus", i == 0 ? "" : ", ", us);
		work.sum_s += us / 1e6;
		work.longest_s = fmax(work.longest_s, us / 1e6);
	}
	fputs("]\n", stream);
	fclose(stream);
	return work;
}

struct outcome {
	double makespan_s;
	double busy_s; /* what all tasks took of the cores: another build of Python has another pace */
};

/* On `more` cores than it says; means of so many replications. */
static struct outcome outcome_of(const struct independent *work, uint64_t seed, int more, uint64_t replications)
{
	char text[32];
	const char *override = text;
	const struct scenario_options options = { .seed = seed, .overrides = &override, .override_count = 1 };
	struct outcome mean = { 0 };
	struct scenario *scenario;
	struct helper helper;

	snprintf(text, sizeof(text), "machine.cores=%d", work->cores + more);
	helper_open(&helper);
	scenario = helper_load(&helper, work->text, &options);
	cr_assert(scenario != NULL, "%s", helper_messages(&helper));
	for (uint64_t i = 0; i < replications; i++) {
		const struct simulate_options simulation = { .replication = i };
		struct variant_result result;

		simulate(&scenario->workloads[0], &simulation, &helper.region, &result);
		mean.makespan_s += result.makespan_s / (double)replications;
		mean.busy_s += result.time_in_s[TIME_PYTHON] / (double)replications;
	}
	helper_close(&helper);
	return mean;
}

static double grahams_bound(double sum_s, double longest_s, int cores)
{
	return sum_s / cores + longest_s * (cores - 1) / cores;
}

static void expect_bounds(uint64_t seed)
{
	struct independent work = independent_work(seed, "ideal");
	double even_s = work.sum_s / work.cores;
	double makespan_s = outcome_of(&work, seed, 0, 1).makespan_s;

	if (!is_at_most(fmax(even_s, work.longest_s), makespan_s) ||
	    !is_at_most(makespan_s, grahams_bound(work.sum_s, work.longest_s, work.cores))) {
		cr_expect(false, "seed %llu: %g s, of %g s in all on %d cores, %g s at the longest:\n%s", (unsigned long long)seed,
			  makespan_s, work.sum_s, work.cores, work.longest_s, work.text);
		violations++;
	}
	free(work.text);
}

Test(property, independent_work_keeps_within_grahams_bounds)
{
	each_seed(expect_bounds);
}

/*
 * A core more changes who runs where. Whether a core that runs out of work looks for more is chance, too (sched.newidle): what
 * looks like harm in one run must be there in the mean of many. Then it is an anomaly of the order, which must be rare, and may
 * cost no more than the worst order can.
 */
static uint64_t asked, harmed;

static void expect_little_harm(uint64_t seed)
{
	static const uint64_t replications[] = { 1, 100 };
	struct independent work = independent_work(seed, "default");
	struct outcome outcome = { 0 }, with_more = { 0 };
	double bound_s;
	bool is_harm = true;

	for (size_t i = 0; i < 2 && is_harm; i++) {
		outcome = outcome_of(&work, seed, 0, replications[i]);
		with_more = outcome_of(&work, seed, 1, replications[i]);
		is_harm = with_more.makespan_s > outcome.makespan_s * (1 + ANOMALY_RATIO) + ANOMALY_S;
	}
	bound_s = grahams_bound(with_more.busy_s, work.longest_s * with_more.busy_s / work.sum_s, work.cores + 1) +
		  ANOMALY_S;
	asked++;
	harmed += is_harm;
	if (is_harm && with_more.makespan_s > bound_s) {
		cr_expect(false, "seed %llu: %g s on %d cores, %g s on one more, at most %g s:\n%s", (unsigned long long)seed,
			  outcome.makespan_s, work.cores, with_more.makespan_s, bound_s, work.text);
		violations++;
	}
	free(work.text);
}

Test(property, a_core_more_hurts_independent_work_seldom_and_little)
{
	each_seed(expect_little_harm);
	cr_expect(le(u64, harmed * 1000, asked + 1000), "%llu of %llu", (unsigned long long)harmed, (unsigned long long)asked);
}

/* Each once broke something; its first lines say what. */
Test(property, what_was_found_stays_fixed)
{
	glob_t found;

	cr_assert(eq(int, glob("tests/found/*.yaml", 0, NULL, &found), 0));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		FILE *stream = fopen(found.gl_pathv[i], "r");
		unsigned long long seed;
		char *text = NULL, *line;
		size_t size = 0;

		cr_assert(stream != NULL && getdelim(&text, &size, '\0', stream) > 0, "%s", found.gl_pathv[i]);
		fclose(stream);
		line = strstr(text, "# seed: ");
		cr_assert(line != NULL && sscanf(line, "# seed: %llu", &seed) == 1, "%s", found.gl_pathv[i]);
		check_text(seed, text);
		free(text);
	}
	globfree(&found);
}
