/*
 * test_native.c - the native runner does the workload that it was given, all of it, and cleans up.
 *
 * Nothing here depends on how long things take, except that a run with a time limit is given far less than
 * it needs. Needs a python3 (3.8 or later) in PATH; runs from the top of the tree.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/native/calibrate.h"
#include "sim/native/native.h"
#include "sim/native/native_cpus.h"
#include "sim/native/native_process.h"
#include "sim/native/native_records.h"
#include "sim/native/workload_json.h"

static struct region region;
static struct native_error error;

static void set_up(void)
{
	region_init(&region);
	error.text[0] = '\0';
}

static void tear_down(void)
{
	region_release(&region);
}

TestSuite(native, .init = set_up, .fini = tear_down);

/* ---- Workloads written by hand ------------------------------------------------------------------ */

/* Spin constants that are no measurement: they make the numbers easy to check. */
static struct workload workload_of(enum model_kind model, const struct step *steps, uint32_t step_count,
				   const struct task *tasks, uint32_t task_count, int64_t count)
{
	return (struct workload){
		.scenario = "test",
		.variant = "under-test",
		.machine = { .cores = 2 },
		.python = { .minor = 11,
			    .version = "3.11",
			    .switch_interval_ns = 7 * SIM_MS,
			    .spin_python_ns = 40,
			    .spin_c_ns = 8,
			    .spin_native_ns = 500 },
		.model = { .kind = model, .workers = 3, .chunksize = 2, .return_when = RETURN_ALL },
		.run = { .kind = model == MODEL_PROGRAM ? RUN_PROGRAM : RUN_COUNT, .count = count },
		.tasks = tasks,
		.task_count = task_count,
		.steps = steps,
		.step_count = step_count,
		.limit_ns = SIM_NS_MAX,
		.scale = 1,
		.seed = 711,
	};
}

#define CONSTANT(step, ns)                                                                                         \
	{                                                                                                          \
		.kind = step, .duration = {.kind = DURATION_CONSTANT, .constant_ns = ns }                          \
	}

/* One of each step that a task may have in any model. */
static struct step all_steps[] = {
	CONSTANT(STEP_PYTHON, 23000),
	CONSTANT(STEP_C, 8000),
	CONSTANT(STEP_NATIVE, 71000),
	CONSTANT(STEP_IO, 170000),
	{ .kind = STEP_REPEAT, .count.constant = 3, .variable = INDEX_NONE },
	CONSTANT(STEP_BLOCK, 1000),
	{ .kind = STEP_LOOP },
	CONSTANT(STEP_PYTHON, 400),
	{ .kind = STEP_BREAK },
	{ .kind = STEP_WITH, .timeout_ns = TIMEOUT_NONE },
	CONSTANT(STEP_C, 800),
	{ .kind = STEP_STAGE, .name = "end" },
};
static const struct task one_task[] = { { .name = "work", .first = 0, .end = 12, .ways = TASK_AS_FUNCTION } };
static const struct resource one_lock[] = { { .kind = RESOURCE_LOCK, .name = "lock" } };

static struct workload all_steps_under(enum model_kind model)
{
	struct workload workload = workload_of(model, all_steps, 12, one_task, 1, 7);

	for (uint32_t i = 0; i < 12; i++)
		all_steps[i].end = i + 1;
	all_steps[4].end = 6;
	all_steps[6].end = 9;
	all_steps[9].end = 11;
	workload.resources = one_lock;
	workload.resource_count = 1;
	return workload;
}

static json_t *json_of(const struct workload *workload)
{
	const struct native_cpus cpus = { .items = { 0, 3 }, .count = 2 };
	const char *why_not = NULL;
	struct workload_json json;

	cr_assert(workload_json_make(workload, &cpus, &region, &json, &why_not), "%s", why_not);
	return json_loads(json.text, 0, NULL);
}

static void expect_json(const json_t *value, const char *expected)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	cr_expect(eq(str, text, (char *)expected));
	free(text);
}

Test(native, json_has_iterations_and_seconds_instead_of_durations)
{
	struct workload workload = all_steps_under(MODEL_THREAD_POOL);
	json_t *root = json_of(&workload);

	expect_json(json_object_get(json_array_get(json_object_get(root, "tasks"), 0), "steps"),
		    "[[\"python\",\"constant\",575],[\"c\",\"constant\",1000],[\"native\",\"constant\",142],"
		    "[\"io\",\"constant\",0.00017000000000000001],"
		    "[\"repeat\",{\"count\":3,\"variable\":null},[[\"block\",\"constant\",9.9999999999999995e-7]]],"
		    "[\"loop\",{},[[\"python\",\"constant\",10],[\"break\",{},[]]]],"
		    "[\"with\",{\"resource\":0,\"timeout_s\":null,\"count\":0},[[\"c\",\"constant\",100]]],"
		    "[\"stage\",{\"name\":\"end\"},[]]]");
	expect_json(json_object_get(root, "model"), "\"thread_pool\"");
	expect_json(json_object_get(root, "workers"), "3");
	expect_json(json_object_get(root, "count"), "7");
	expect_json(json_object_get(root, "resources"), "[{\"kind\":\"lock\",\"scope\":\"threads\",\"size\":0,"
							"\"initial\":0,\"bytes\":0,\"joinable\":false,\"per_process\":false,\"model\":null}]");
	expect_json(json_object_get(root, "cpus"), "[0,3]");
	expect_json(json_object_get(root, "switch_interval_s"), "0.0070000000000000001");
	json_decref(root);
}

Test(native, json_rounds_iterations_to_the_nearest_and_gives_native_at_least_one)
{
	struct step steps[] = { CONSTANT(STEP_PYTHON, 59), CONSTANT(STEP_PYTHON, 60), CONSTANT(STEP_NATIVE, 3) };
	const struct task task = { .name = "work", .first = 0, .end = 3, .ways = TASK_AS_FUNCTION };
	struct workload workload = workload_of(MODEL_THREADS, steps, 3, &task, 1, 1);
	json_t *root;

	for (uint32_t i = 0; i < 3; i++)
		steps[i].end = i + 1;
	root = json_of(&workload);
	expect_json(json_object_get(json_array_get(json_object_get(root, "tasks"), 0), "steps"),
		    "[[\"python\",\"constant\",1],[\"python\",\"constant\",2],[\"native\",\"constant\",1]]");
	json_decref(root);
}

Test(native, json_writes_items_as_amounts_of_each_kind_of_step)
{
	struct step steps[] = { { .kind = STEP_IO, .duration = { .kind = DURATION_ITEM } },
				{ .kind = STEP_PYTHON, .duration = { .kind = DURATION_ITEM } } };
	const struct task task = { .name = "work", .first = 0, .end = 2, .ways = TASK_AS_FUNCTION };
	const sim_ns items_ns[] = { 2000, 711000 };
	struct workload workload = workload_of(MODEL_SEQUENTIAL, steps, 2, &task, 1, 2);
	json_t *root;

	steps[0].end = 1;
	steps[1].end = 2;
	workload.run.kind = RUN_ITEMS;
	workload.run.items_ns = items_ns;
	root = json_of(&workload);
	expect_json(json_object_get(root, "items"),
		    "[[50,17775],null,null,[1.9999999999999999e-6,0.00071100000000000004],null]");
	json_decref(root);
}

/* Two drawn steps, the second one three times. */
static struct step drawn_steps[] = {
	{ .kind = STEP_IO,
	  .end = 1,
	  .duration = { .kind = DURATION_DRAWN,
			.distribution = { .kind = DISTRIBUTION_EXPONENTIAL, .a = 90000 } } },
	{ .kind = STEP_REPEAT, .end = 3, .count.constant = 3, .variable = INDEX_NONE },
	{ .kind = STEP_PYTHON,
	  .end = 3,
	  .duration = { .kind = DURATION_DRAWN,
			.distribution = { .kind = DISTRIBUTION_UNIFORM, .a = 30000, .b = 50000 } } },
};
static const struct task drawn_task[] = { { .name = "work", .first = 0, .end = 3, .ways = TASK_AS_FUNCTION, .stream = 23 } };

Test(native, json_writes_each_entitys_draws_in_order)
{
	struct workload workload = workload_of(MODEL_THREADS, drawn_steps, 3, drawn_task, 1, 5);
	json_t *root = json_of(&workload), *draws = json_object_get(root, "draws");

	cr_assert(eq(sz, json_array_size(draws), 5));
	for (uint64_t i = 0; i < 5; i++) {
		const json_t *amounts = json_array_get(draws, i);

		cr_assert(eq(sz, json_array_size(amounts), 4));
		cr_expect(eq(dbl, json_real_value(json_array_get(amounts, 0)),
			     sim_time_seconds(workload_duration(&workload, &drawn_steps[0], drawn_task, 0,
								workload_entity(i), 0, 0))));
		for (uint64_t draw = 1; draw < 4; draw++) {
			sim_ns duration_ns = workload_duration(&workload, &drawn_steps[2], drawn_task, 0,
							       workload_entity(i), draw, 0);

			cr_expect(eq(i64, json_integer_value(json_array_get(amounts, draw)),
				     llround((double)duration_ns / 40)));
		}
	}
	json_decref(root);
}

/* Arrivals 100 us apart on average. */
static struct workload arrivals_of(int64_t count, sim_ns for_ns)
{
	struct workload workload = workload_of(MODEL_THREAD_POOL, drawn_steps, 3, drawn_task, 1, count);

	workload.run.kind = RUN_ARRIVALS;
	workload.run.arrivals_for_ns = for_ns;
	workload.run.spacing = (struct distribution){ .kind = DISTRIBUTION_EXPONENTIAL, .a = 100000 };
	return workload;
}

Test(native, json_has_the_arrivals_that_the_simulator_draws)
{
	struct workload workload = arrivals_of(7, 0);
	json_t *root = json_of(&workload), *times = json_object_get(root, "arrivals_ns");
	sim_ns expected_ns = 0;

	cr_assert(eq(sz, json_array_size(times), 7));
	cr_expect(eq(sz, json_array_size(json_object_get(root, "draws")), 7));
	for (uint64_t i = 0; i < 7; i++) {
		struct variate variate = variate_open(711, 0, random_hash_name("arrivals"), 0, i);

		expected_ns += distribution_draw_ns(&workload.run.spacing, &variate);
		cr_expect(eq(i64, json_integer_value(json_array_get(times, i)), expected_ns));
	}
	json_decref(root);
}

Test(native, arrivals_end_after_their_time)
{
	struct workload workload = arrivals_of(0, 3 * SIM_MS);
	json_t *root = json_of(&workload), *times = json_object_get(root, "arrivals_ns");
	size_t count = json_array_size(times);

	cr_assert(count > 0);
	cr_expect(json_integer_value(json_array_get(times, count - 1)) < 3 * SIM_MS);
	json_decref(root);
}

/* main spawns two workers, and a nest; the nest spawns three workers of its own. */
static struct step program_steps[] = {
	{ .kind = STEP_SPAWN, .end = 1, .start = &(const struct start){ .task = 1, .count.constant = 2, .index_variable = INDEX_NONE } },
	{ .kind = STEP_SPAWN, .end = 2, .start = &(const struct start){ .task = 2, .count.constant = 1, .index_variable = INDEX_NONE } },
	{ .kind = STEP_JOIN, .end = 3, .timeout_ns = TIMEOUT_NONE },
	{ .kind = STEP_STAGE, .end = 4, .name = "after" },
	CONSTANT(STEP_PYTHON, 9000),
	{ .kind = STEP_SPAWN, .end = 6, .start = &(const struct start){ .task = 1, .count.constant = 3, .index_variable = INDEX_NONE } },
	{ .kind = STEP_JOIN, .end = 7, .timeout_ns = TIMEOUT_NONE },
};
static const struct task program_tasks[] = {
	{ .name = "main", .first = 0, .end = 4, .ways = TASK_AS_FUNCTION },
	{ .name = "worker", .first = 4, .end = 5, .ways = TASK_AS_FUNCTION },
	{ .name = "nest", .first = 5, .end = 7, .ways = TASK_AS_FUNCTION },
};

static struct workload program(enum spawn_kind spawn)
{
	struct workload workload = workload_of(MODEL_PROGRAM, program_steps, 7, program_tasks, 3, 0);

	program_steps[4].end = 5;
	workload.model.spawn = spawn;
	return workload;
}

Test(native, json_numbers_spawned_tasks_breadth_first)
{
	struct workload workload = program(SPAWN_THREAD);
	json_t *root = json_of(&workload);

	expect_json(json_object_get(root, "count"), "6");
	expect_json(json_object_get(root, "instance_tasks"), "[1,1,2,1,1,1]");
	expect_json(json_object_get(root, "first_children"), "[3,3,3,6,6,6]");
	json_decref(root);
}

Test(native, an_endless_loop_that_draws_is_refused)
{
	struct step steps[] = { { .kind = STEP_LOOP, .end = 2 }, drawn_steps[0] };
	const struct task task = { .name = "work", .first = 0, .end = 2, .ways = TASK_AS_FUNCTION };
	struct workload workload = workload_of(MODEL_THREADS, steps, 2, &task, 1, 1);
	const struct native_python python = { .executable = "python3" };
	const char *why_not = NULL;

	steps[1].end = 2;
	cr_expect(not(native_can_run(&workload, &python, &why_not)));
	cr_expect(eq(str, (char *)why_not, "an endless loop that draws durations is not run natively"));
}

Test(native, a_task_that_spawns_itself_is_refused)
{
	struct step steps[] = { { .kind = STEP_SPAWN, .end = 1, .start = &(const struct start){ .task = 0, .count.constant = 2, .index_variable = INDEX_NONE } } };
	const struct task task = { .name = "main", .first = 0, .end = 1, .ways = TASK_AS_FUNCTION };
	struct workload workload = workload_of(MODEL_PROGRAM, steps, 1, &task, 1, 0);
	const struct native_python python = { .executable = "python3" };
	const char *why_not = NULL;

	cr_expect(not(native_can_run(&workload, &python, &why_not)));
	cr_expect(eq(str, (char *)why_not, "more than 100000 tasks would be spawned"));
}

Test(native, a_build_with_a_gil_cannot_run_without)
{
	struct workload workload = all_steps_under(MODEL_THREADS);
	const struct native_python python = { .executable = "python3" };
	const char *why_not = NULL;

	workload.python.gil = GIL_OFF;
	cr_expect(not(native_can_run(&workload, &python, &why_not)));
	cr_expect(eq(str, (char *)why_not, "gil: off needs a free-threaded build"));
}

/* ---- CPUs ------------------------------------------------------------------------------------------ */

Test(native, a_list_of_cpus_is_read_as_taskset_does)
{
	struct native_cpus allowed, cpus;
	char list[64];

	native_cpus_allowed(&allowed);
	snprintf(list, sizeof(list), "%d,%d-%d", allowed.items[0], allowed.items[0], allowed.items[0]);
	cr_assert(native_cpus_choose(&cpus, list, 7, &error));
	cr_expect(eq(sz, cpus.count, 1));
	cr_expect(eq(int, cpus.items[0], allowed.items[0]));
	cr_assert(native_cpus_choose(&cpus, NULL, 1, &error));
	cr_expect(eq(sz, cpus.count, 1));
	cr_assert(native_cpus_choose(&cpus, NULL, 100000, &error));
	cr_expect(eq(sz, cpus.count, allowed.count));
}

Test(native, a_wrong_list_of_cpus_is_refused)
{
	const char *const lists[] = { "", "x", "0-", "1-0", "0,", "-1", "0 1", "99999999999999999999" };
	struct native_cpus cpus;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		cr_expect(not(native_cpus_choose(&cpus, lists[i], 2, &error)), "'%s'", lists[i]);
	cr_expect(not(native_cpus_choose(&cpus, "1023", 2, &error)));
	cr_expect(eq(str, error.text, "none of the CPUs '1023' may be used by this process"));
}

/* ---- Running ------------------------------------------------------------------------------------------ */

static struct native_python real_python(void)
{
	struct native_python python;

	cr_assert(native_probe_python("python3", &region, &python, &error), "%s", error.text);
	return python;
}

static struct native_run run_it(const struct workload *workload, sim_ns timeout_ns)
{
	const struct native_python python = real_python();
	const struct native_options options = { .timeout_ns = timeout_ns };
	struct native_run run;

	cr_assert(native_execute(workload, &python, &options, &region, &run, &error), "%s", error.text);
	return run;
}

Test(native, every_model_completes_every_task)
{
	static const enum model_kind models[] = { MODEL_SEQUENTIAL, MODEL_THREADS, MODEL_THREAD_POOL,
						  MODEL_PROCESSES, MODEL_POOL };

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		struct workload workload = all_steps_under(models[i]);

		for (int warm = 0; warm <= 1; warm++) {
			struct native_run run;

			workload.model.warm = warm;
			run = run_it(&workload, 60 * SIM_S);
			cr_expect(eq(dbl, run.result.completed, 7), "model %zu", i);
			cr_expect(eq(dbl, run.result.unfinished, 0), "model %zu", i);
			cr_expect(run.result.measured);
			cr_expect(run.result.makespan_s >= 0.00017);
			cr_expect(run.result.sojourn.p50 >= 0.00017);
			cr_expect(run.result.sojourn.max <= run.result.makespan_s);
			cr_expect(run.result.in_flight_max >= 1);
			for (int kind = 0; kind < 3; kind++) {
				cr_expect(run.spin_before[kind] > 0);
				cr_expect(run.spin_after[kind] > 0);
			}
		}
	}
}

Test(native, a_sequential_run_has_one_task_in_flight)
{
	struct workload workload = all_steps_under(MODEL_SEQUENTIAL);
	struct native_run run = run_it(&workload, 60 * SIM_S);

	cr_expect(eq(dbl, run.result.in_flight_max, 1));
	cr_expect(run.result.in_flight_mean <= 1);
	cr_expect(eq(sz, run.result.stage_count, 7));
	cr_expect(eq(str, (char *)run.result.stages[6].name, "end"));
}

Test(native, drawn_durations_are_run)
{
	struct workload workload = workload_of(MODEL_THREADS, drawn_steps, 3, drawn_task, 1, 5);
	struct native_run run = run_it(&workload, 60 * SIM_S);

	cr_expect(eq(dbl, run.result.completed, 5));
}

Test(native, arrivals_are_run)
{
	struct workload workload = arrivals_of(23, 0);
	struct native_run run = run_it(&workload, 60 * SIM_S);

	cr_expect(eq(dbl, run.result.completed, 23));
	cr_expect(eq(dbl, run.result.unfinished, 0));
	cr_expect(run.result.note != NULL && strstr(run.result.note, "the load generator took") != NULL);
}

Test(native, a_program_runs_what_its_tasks_spawn)
{
	for (int spawn = SPAWN_THREAD; spawn <= SPAWN_PROCESS; spawn++) {
		struct workload workload = program((enum spawn_kind)spawn);
		struct native_run run = run_it(&workload, 60 * SIM_S);

		cr_expect(eq(dbl, run.result.completed, 6));
		cr_expect(eq(dbl, run.result.unfinished, 0));
		cr_expect(eq(sz, run.result.stage_count, 1));
	}
}

Test(native, processes_may_be_spawned_instead_of_forked)
{
	static const enum start_method starts[] = { START_SPAWN, START_FORKSERVER };

	for (size_t i = 0; i < 2; i++) {
		struct workload workload = workload_of(MODEL_PROCESSES, program_steps, 7, program_tasks, 3, 2);
		struct native_run run;

		program_steps[4].end = 5;
		workload.run.task = 1;
		workload.python.start = starts[i];
		run = run_it(&workload, 120 * SIM_S);
		cr_expect(eq(dbl, run.result.completed, 2));
	}
}

/* main starts a daemon that spins for ever, does a little work of its own, and ends. */
Test(native, a_daemon_need_not_end)
{
	struct step steps[] = {
		{ .kind = STEP_SPAWN, .end = 1, .start = &(const struct start){ .task = 1, .count.constant = 1, .index_variable = INDEX_NONE } },
		CONSTANT(STEP_PYTHON, 900000),
		{ .kind = STEP_JOIN, .end = 3, .timeout_ns = TIMEOUT_NONE },
		{ .kind = STEP_LOOP, .end = 5 },
		CONSTANT(STEP_PYTHON, 100000),
	};
	const struct task tasks[] = { { .name = "main", .first = 0, .end = 3, .ways = TASK_AS_FUNCTION },
				      { .name = "hog", .first = 3, .end = 5, .ways = TASK_AS_FUNCTION, .daemon = true } };

	steps[1].end = 2;
	steps[4].end = 5;
	for (int spawn = SPAWN_THREAD; spawn <= SPAWN_PROCESS; spawn++) {
		struct workload workload = workload_of(MODEL_PROGRAM, steps, 5, tasks, 2, 0);
		struct native_run run;

		workload.model.spawn = (enum spawn_kind)spawn;
		run = run_it(&workload, 60 * SIM_S);
		cr_expect(eq(dbl, run.result.completed, 0));
		cr_expect(eq(dbl, run.result.unfinished, 1));
		cr_expect(run.result.makespan_s > 0);
		cr_expect(run.spin_after[0] > 0);
	}
}

/* ---- Time limits, and what is left behind -------------------------------------------------------------- */

/* Counts entries of /tmp (or of TMPDIR) that are ours. */
static int folders_left(void)
{
	DIR *stream = opendir("/tmp");
	struct dirent *entry;
	int count = 0;

	cr_assert(stream != NULL);
	while ((entry = readdir(stream)))
		count += strncmp(entry->d_name, "gilsim-", 7) == 0;
	closedir(stream);
	return count;
}

/* Of five tasks in a pool of processes the last one sleeps for an hour. */
static const sim_ns one_long_item_ns[] = { 1000, 2000, 3000, 4000, 3600 * SIM_S };

static struct workload one_long_task(enum model_kind model, struct step *step, struct task *task)
{
	struct workload workload;

	*step = (struct step){ .kind = STEP_IO, .end = 1, .duration = { .kind = DURATION_ITEM } };
	*task = (struct task){ .name = "work", .first = 0, .end = 1, .ways = TASK_AS_FUNCTION };
	workload = workload_of(model, step, 1, task, 1, 5);
	workload.run.kind = RUN_ITEMS;
	workload.run.items_ns = one_long_item_ns;
	workload.model.chunksize = 1;
	return workload;
}

Test(native, a_run_that_takes_too_long_is_killed_and_counted)
{
	struct step step;
	struct task task;
	struct workload workload = one_long_task(MODEL_POOL, &step, &task);
	struct native_run run = run_it(&workload, 3 * SIM_S);

	cr_expect(eq(dbl, run.result.completed, 4));
	cr_expect(eq(dbl, run.result.unfinished, 1));
	cr_expect(isnan(run.result.makespan_s));
	cr_expect(isnan(run.spin_before[0]));
	cr_expect(not(run.result.limit_reached));
}

Test(native, a_workloads_limit_counts_from_its_first_statement)
{
	struct step step;
	struct task task;
	struct workload workload = one_long_task(MODEL_THREADS, &step, &task);
	struct native_run run;

	workload.limit_ns = 700 * SIM_MS;
	run = run_it(&workload, 60 * SIM_S);
	cr_expect(eq(dbl, run.result.completed, 4));
	cr_expect(eq(dbl, run.result.unfinished, 1));
	cr_expect(run.result.limit_reached);
	cr_expect(isnan(run.result.makespan_s));
}

Test(native, nothing_is_left_behind)
{
	char folder[] = "/tmp/test-native-XXXXXX";
	struct workload workload;
	struct step step;
	struct task task;
	DIR *stream;
	struct dirent *entry;
	int entries = 0;

	cr_assert(mkdtemp(folder) != NULL);
	setenv("TMPDIR", folder, 1);
	workload = one_long_task(MODEL_POOL, &step, &task);
	run_it(&workload, 2 * SIM_S);
	workload = all_steps_under(MODEL_POOL);
	run_it(&workload, 60 * SIM_S);
	stream = opendir(folder);
	cr_assert(stream != NULL);
	while ((entry = readdir(stream)))
		entries += entry->d_name[0] != '.';
	closedir(stream);
	cr_expect(eq(int, entries, 0));
	cr_expect(eq(int, rmdir(folder), 0));
	/* No child either, not even an unreaped one. */
	cr_expect(eq(int, waitpid(-1, NULL, WNOHANG), -1));
}

static volatile sig_atomic_t interrupts;

static void count_interrupt(int signal_number)
{
	(void)signal_number;
	interrupts++;
}

Test(native, an_interrupt_ends_the_run_and_reaches_the_caller)
{
	const struct native_python python = real_python();
	const struct native_options options = { .timeout_ns = 60 * SIM_S };
	struct native_run run;
	struct workload workload;
	struct step step;
	struct task task;
	int folders = folders_left();
	pid_t parent = getpid(), child;

	workload = one_long_task(MODEL_POOL, &step, &task);
	signal(SIGINT, count_interrupt);
	child = fork();
	cr_assert(child >= 0);
	if (child == 0) {
		sleep(1);
		kill(parent, SIGINT);
		_exit(0);
	}
	cr_expect(not(native_execute(&workload, &python, &options, &region, &run, &error)));
	cr_expect(eq(int, interrupts, 1));
	cr_expect(strstr(error.text, "interrupted") != NULL, "%s", error.text);
	cr_expect(folders_left() <= folders);
}

/* Processes whose command line names this folder: an interpreter that executes the harness there, and what it has forked. */
static int processes_of(const char *folder)
{
	DIR *stream = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	cr_assert(stream != NULL);
	while ((entry = readdir(stream))) {
		char path[300], line[4096];
		size_t length;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		length = fread(line, 1, sizeof(line), file);
		count += memmem(line, length, folder, strlen(folder)) != NULL;
		fclose(file);
	}
	closedir(stream);
	return count;
}

Test(native, what_an_interpreter_has_forked_does_not_outlive_a_killed_run, .timeout = 240)
{
	const struct native_python python = real_python();
	const struct native_options options = { .timeout_ns = 60 * SIM_S };
	char folder[] = "/tmp/test-native-XXXXXX";
	struct native_run run;
	struct workload workload;
	struct step step;
	struct task task;
	pid_t runner;

	cr_assert(mkdtemp(folder) != NULL);
	setenv("TMPDIR", folder, 1);
	workload = one_long_task(MODEL_POOL, &step, &task);
	runner = fork();
	cr_assert(runner >= 0);
	if (runner == 0) {
		native_execute(&workload, &python, &options, &region, &run, &error);
		_exit(0);
	}
	/* The interpreter and a worker, which has come to the item that takes an hour. */
	for (int looks = 0; looks < 1500 && processes_of(folder) < 2; looks++)
		usleep(10000);
	sleep(3);
	cr_expect(processes_of(folder) >= 2);
	kill(runner, SIGKILL);
	waitpid(runner, NULL, 0);
	for (int looks = 0; looks < 1000 && processes_of(folder) > 0; looks++)
		usleep(10000);
	cr_expect(eq(int, processes_of(folder), 0));
	native_folder_remove(folder);
}

/* ---- Interpreters that are none --------------------------------------------------------------------- */

static void expect_refusal(const char *executable, const char *expected)
{
	struct native_python python;

	cr_expect(not(native_probe_python(executable, &region, &python, &error)));
	cr_expect(strstr(error.text, expected) != NULL, "'%s' in '%s'", expected, error.text);
}

Test(native, a_file_that_is_no_interpreter_is_refused_with_the_reason)
{
	expect_refusal("/nonexistent/python3", "cannot run '/nonexistent/python3': No such file or directory");
	expect_refusal("tests", "cannot run 'tests'");
	expect_refusal("tests/native/noise.sh", "it printed 'welcome to this shell'");
	expect_refusal("tests/native/crash.sh", "killed by signal 11 (Segmentation fault): out of cheese");
	expect_refusal("tests/native/old.sh", "is Python 3.7.16; Python 3.8 or later is needed");
	expect_refusal("tests/native/flood.sh", "printed more than 64 MiB");
}

Test(native, an_interpreter_that_does_not_answer_is_given_up, .timeout = 40)
{
	expect_refusal("tests/native/hang.sh", "gave no answer within 10 s");
}

Test(native, an_interpreter_that_answers_nonsense_fails_the_run)
{
	static const char *const executables[] = { "tests/native/noise.sh", "tests/native/crash.sh" };
	static const char *const expected[] = { "answered nonsense for variant 'under-test': 'welcome",
						"killed by signal 11 (Segmentation fault): out of cheese" };
	struct workload workload = all_steps_under(MODEL_THREADS);
	const struct native_options options = { .timeout_ns = 60 * SIM_S };

	for (size_t i = 0; i < 2; i++) {
		const struct native_python python = { .executable = executables[i], .version = "3.11" };
		struct native_run run;

		cr_expect(not(native_execute(&workload, &python, &options, &region, &run, &error)));
		cr_expect(strstr(error.text, expected[i]) != NULL, "%s", error.text);
	}
}

Test(native, the_interpreter_says_who_it_is)
{
	struct native_python python = real_python();

	cr_expect(eq(chr, python.executable[0], '/'));
	cr_expect(strncmp(python.version, "3.", 2) == 0);
	cr_expect(strncmp(python.full_version, python.version, strlen(python.version)) == 0);
}

/* ---- Calibration --------------------------------------------------------------------------------------- */

/* A pass that was broken off would count some costs once more than others. */
Test(native, what_a_broken_off_pass_has_measured_does_not_count)
{
	const struct native_python python = { .executable = "tests/native/partial.sh", .version = "3.11", .full_version = "3.11.0" };
	struct native_samples *samples = native_samples_new(&region);
	struct profile *profile = profile_new("here", &region);

	cr_assert_not(native_calibrate_python(profile, &python, samples, &region, NULL, NULL, &error));
	cr_assert(strstr(error.text, "failed") != NULL, "%s", error.text);
	cr_assert(eq(sz, samples[COST_SPIN_C].count, 0));
}

Test(native, calibration_gives_every_parameter_a_value, .timeout = 240)
{
	struct native_python python = real_python();
	struct profile *profile = profile_new("test", &region);

	cr_assert(native_calibrate_machine(profile, native_samples_new(&region), &region, NULL, NULL, &error), "%s", error.text);
	cr_assert(native_calibrate_python(profile, &python, native_samples_new(&region), &region, NULL, NULL, &error), "%s", error.text);
	cr_assert(eq(sz, profile->python_count, 1));
	for (int cost = 0; cost < COST_COUNT; cost++) {
		const struct profile_value *value = cost_infos[cost].scope == SCOPE_MACHINE
							    ? &profile->values[cost]
							    : &profile->pythons[0].values[cost];

		cr_expect(value->provenance != PROVENANCE_MISSING, "%s", cost_infos[cost].name);
		cr_expect(isfinite(value->value) && value->value >= 0, "%s", cost_infos[cost].name);
		cr_expect(value->note != NULL, "%s", cost_infos[cost].name);
	}
	cr_expect(eq(str, (char *)profile->pythons[0].version, (char *)python.version));
}

/* ---- Figures ------------------------------------------------------------------------------------------ */

Test(native, figures_follow_from_the_records)
{
	/* Released at 0, 1, 2 ms; the third has begun and not ended; one was never released. */
	static const struct native_record tasks[] = {
		{ .release_ns = 1000000, .start_ns = 1500000, .end_ns = 3000000 },
		{ .release_ns = 2000000, .start_ns = 3000000, .end_ns = 7000000 },
		{ .release_ns = 3000000, .start_ns = 3500000 },
		{ .release_ns = 0 },
	};
	struct native_clock clock = { .start_ns = 1000000, .end_ns = 9000000 };
	struct native_records records = { .clock = &clock, .tasks = tasks, .count = 4 };
	struct variant_result result;

	variant_result_init(&result);
	native_records_summarise(&records, 4, &region, &result);
	cr_expect(eq(dbl, result.completed, 2));
	cr_expect(eq(dbl, result.unfinished, 2));
	cr_expect(eq(dbl, result.makespan_s, 0.008));
	cr_expect(ieee_ulp_eq(dbl, result.sojourn.mean, 0.0035, 4));
	cr_expect(ieee_ulp_eq(dbl, result.sojourn.p90, 0.0047, 4));
	cr_expect(ieee_ulp_eq(dbl, result.throughput_per_s, 250, 4));
	/* The first ends at the very moment at which the third is released. */
	cr_expect(eq(dbl, result.in_flight_max, 2));
	cr_expect(ieee_ulp_eq(dbl, result.in_flight_mean, 13.0 / 8, 4));
}

/* The pace during a run is CPU time over iterations, main's own included; what was not timed has none. */
Test(native, the_pace_is_cpu_time_over_iterations)
{
	static const struct native_record tasks[] = {
		{ .pace = { { 6000, 100 }, { 0, 0 }, { 500, 10 } } },
		{ .pace = { { 3000, 50 }, { 0, 0 }, { 700, 10 } } },
	};
	struct native_clock clock = { .pace = { { 1500, 50 }, { 0, 0 }, { 0, 0 } } };
	struct native_records records = { .clock = &clock, .tasks = tasks, .count = 2 };
	double spin_ns[3];

	native_records_pace(&records, spin_ns);
	cr_expect(ieee_ulp_eq(dbl, spin_ns[0], 52.5, 4));
	cr_expect(isnan(spin_ns[1]));
	cr_expect(ieee_ulp_eq(dbl, spin_ns[2], 60, 4));
}

/* Steps of several kinds, each by its own mean; one that was not timed leaves the others unknown, too. */
Test(native, how_slow_each_task_was_is_told_against_the_mean_of_all)
{
	static const struct native_record tasks[] = {
		{ .pace = { { 6000, 100 }, { 0, 0 }, { 900, 10 } } },
		{ .pace = { { 3000, 50 }, { 0, 0 }, { 300, 30 } } },
		{ .pace = { { 0, 0 }, { 0, 0 }, { 0, 0 } } },
	};
	const struct native_records records = { .tasks = tasks, .count = 3 };
	struct native_run run = { .spin_during = { 50, NAN, 52 } };

	/* The third has not been timed. */
	native_records_slowness(&records, 3, &region, &run);
	cr_expect(run.slowness == NULL);
	native_records_slowness(&records, 2, &region, &run);
	cr_assert(eq(sz, run.slowness_count, 2));
	cr_expect(ieee_ulp_eq(dbl, run.slowness[0], 6900.0 / 5520, 4));
	cr_expect(ieee_ulp_eq(dbl, run.slowness[1], 3300.0 / 4060, 4));
}
