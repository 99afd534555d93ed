/*
 * test_allocation.c - each allocation fails in turn, from reading a scenario to the end of its simulations, of a sweep, of a plan.
 *
 * Nothing may crash; that nothing leaks either is what the sanitizers say of this test.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <unistd.h>

#include "models/simulate/simulate.h"
#include "sim/plan/plan.h"
#include "sim/plan/sweep.h"
#include "sim/scenario/expectation_parse.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/scenario_helper.h"

/* Of so many each one; of the rest only some, since each try costs a whole simulation. */
#define ALL_UP_TO 600
#define STRIDE 97

static const char workers[] = "machine: {profile: ideal, cores: 2}\n"
			      "resources: {guard: {kind: lock}, q: {kind: queue, size: 1}}\n"
			      "tasks:\n"
			      "  put: [{repeat: 3, do: [{with: guard, do: [{python: 'uniform(1ms, 2ms)'}]}, {put: q}]}]\n"
			      "  get: [{repeat: 3, do: [{get: q}, {try: [{raise: Oops}], except: [{io: 1ms}]}]}]\n"
			      "  main: [{spawn: {task: put, count: 2}}, {spawn: {task: get, count: 2}}, {join: all}]\n"
			      "variants:\n"
			      "  threads: {model: program}\n"
			      "  processes: {model: program, spawn: process}\n"
			      "  coroutines: {model: program, spawn: coroutine}\n"
			      "expect: [threads.completed = 4]\n";

static const char pools[] = "machine: {profile: ideal, cores: 2}\n"
			    "tasks: {work: [{call: {task: leaf, args: [3]}}, {native: 2ms}],\n"
			    "        leaf: {args: [n], steps: [{python: exponential(1ms)}, {return: n * 2}]}}\n"
			    "run: {task: work, count: 7}\n"
			    "variants:\n"
			    "  pool: {model: pool, workers: 2}\n"
			    "  executor: {model: process_pool, workers: 2}\n"
			    "  threads: {model: thread_pool, workers: 2}\n"
			    "  asyncio: {model: asyncio, timeout: 5ms}\n"
			    "  broken: {model: asyncio, workers: 5}\n"; /* an error, told with its place */

static const char sizes[] = "machine: {profile: ideal, cores: 2}\n"
			    "tasks: {work: [{io: exponential(5ms)}, {python: 1ms}]}\n"
			    "run: {task: work, count: 5}\n"
			    "variants:\n"
			    "  threads: {model: thread_pool, workers: 2}\n";

/* What has an end with something to say: stages, classes, who waits for whom. */
static const char stuck[] = "machine: {profile: ideal, cores: 2}\n"
			    "resources: {guard: {kind: lock}, q: {kind: queue}}\n"
			    "tasks:\n"
			    "  hold: [{stage: holding}, {with: guard, do: [{get: q}]}]\n"
			    "  main: [{stage: starting}, {spawn: {task: hold, count: 2}}, {join: all}]\n"
			    "variants:\n"
			    "  threads: {model: program}\n"
			    "  coroutines: {model: program, spawn: coroutine}\n";

static void load_and_run(int descriptor, struct region *region)
{
	const struct scenario_options options = { .seed = 1 };
	const struct simulate_options simulation = { .replication = 0 };
	struct diagnostics diagnostics;
	struct scenario *scenario;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	diagnostics_init(&diagnostics, region);
	scenario = scenario_load(path, &options, region, &diagnostics);
	for (size_t i = 0; scenario && i < scenario->workload_count; i++) {
		struct variant_result result;

		simulate_check(&scenario->workloads[i], &diagnostics);
		simulate(&scenario->workloads[i], &simulation, region, &result);
	}
}

/* The same as a search asks it, again and again with other overrides. The store is SQLite's, whose memory is not the regions':
 * it is there before the first allocation may fail. */
static struct sweep_store *store;
static struct sweep_axes axes;

static void sweep(int descriptor, struct region *region)
{
	char path[64];
	const struct sweep sweep = { .axes = &axes,
				     .evaluation = { .replications = 1, .jobs = 1 },
				     .shard_count = 1,
				     .store = store,
				     .source = { path, { .seed = 1 } },
				     .messages = stderr };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	sweep_run(&sweep, region);
}

static void plan(int descriptor, struct region *region)
{
	static const char *const variants[] = { "threads" };
	char path[64];
	const struct scenario_source source = { path, { .seed = 1 } };
	struct batch batch = { .jobs = 1 };
	struct expectation slo;
	struct unit_error error;
	struct plan_options options = { .objectives = { .slos = &slo, .count = 1, .confidence = 0.95, .least = 3, .most = 6 },
					.variants = variants,
					.variant_count = 1 };
	int column;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	expectation_parse("makespan < 12ms", NULL, 0, region, &slo, &column, &error);
	options.axes = axes_with_numbers(&axes, region);
	options.axis_count = axes.count;
	plan_search(&source, &options, &batch, region);
}

/* Whether it ran to its end with the n-th allocation failing, that is to say without needing it. */
static bool survives(void (*body)(int descriptor, struct region *region), int descriptor, uint64_t n)
{
	struct region region;
	jmp_buf failed;
	volatile bool is_complete = false;

	region_init(&region);
	region.unwind = &failed;
	region_fail_after(n);
	if (setjmp(failed) == 0) {
		body(descriptor, &region);
		is_complete = true;
	}
	region_fail_after(UINT64_MAX);
	region_release(&region);
	return is_complete;
}

static int count_open_files(void)
{
	glob_t files;
	int count;

	cr_assert(eq(int, glob("/proc/self/fd/*", 0, NULL, &files), 0));
	count = (int)files.gl_pathc;
	globfree(&files);
	return count;
}

static void fail_each(void (*body)(int descriptor, struct region *region), const char *text)
{
	char path[64];
	int descriptor = fuzz_file((const uint8_t *)text, strlen(text), path);
	int open_files = count_open_files();
	uint64_t n = 0;

	while (!survives(body, descriptor, n))
		n += n < ALL_UP_TO ? 1 : STRIDE;
	cr_expect(eq(int, count_open_files(), open_files), "files that were left open");
	cr_expect(gt(u64, n, 100), "only %llu allocations", (unsigned long long)n);
	close(descriptor);
}

Test(allocation, each_may_fail_under_threads_processes_and_coroutines)
{
	fail_each(load_and_run, workers);
}

Test(allocation, each_may_fail_under_executors_and_in_diagnostics)
{
	fail_each(load_and_run, pools);
}

Test(allocation, each_may_fail_in_stages_and_deadlocks)
{
	fail_each(load_and_run, stuck);
}

Test(allocation, each_may_fail_in_sweeps_and_plans)
{
	struct sweep_identity identity = { .release = "", .scenario = "", .fingerprint = "", .csv_header = "" };
	struct sweep_store_error error;
	struct region region;
	const char *why;

	region_init(&region);
	cr_assert(sweep_axes_add(&axes, "variants.threads.workers=1..3", &region, &why));
	identity.point_count = sweep_axes_points(&axes);
	store = sweep_store_open(NULL, STORE_CREATE, &identity, &region, &error);
	cr_assert(store != NULL, "%s", error.text);
	fail_each(sweep, sizes);
	cr_expect(eq(u64, sweep_store_count(store), 3), "what was stored before a failure is not done again");
	fail_each(plan, sizes);
	sweep_store_close(store);
	region_release(&region);
}
