/*
 * test_scenario_compile.c - from a scenario to its workloads: steps, defaults, costs, choices.
 */
#include "tests/unit/scenario_helper.h"

#include <math.h>

static const struct scenario_options plain = { .seed = 23 };

/* A scenario with these variants around one task of 7 ms that is run 13 times. */
static struct scenario *load_variants(struct helper *helper, const char *head, const char *variants,
				      const struct scenario_options *options)
{
	return helper_load_good(
		helper,
		region_format(&helper->region,
			      "%s\ntasks: {t: [{io: 7ms}]}\nrun: {task: t, count: 13}\nvariants: %s\n", head,
			      variants),
		options);
}

Test(scenario_compile, steps_lie_flat_and_know_where_their_bodies_end)
{
	static const char text[] =
		"machine: ideal\n"
		"resources: {l1: {kind: lock}, l2: lock}\n"
		"tasks:\n"
		"  main:\n"
		"    - stage: first\n"
		"    - spawn: {task: hog, count: 3}\n"
		"    - repeat: 7\n"
		"      do: [{io: 1ms}, {with: l2, do: [{python: 2ms}]}, {loop: [{block: 3ms}, break]}]\n"
		"    - join: all\n"
		"  hog: {daemon: true, steps: [{loop: [{c: 4ms}, {native: 5ms}]}]}\n"
		"variants: {p: {model: program, spawn: process, set: {'tasks.main[2].do[1]': {io: 1us}}}, q: "
		"program}\n";
	static const struct {
		enum step_kind kind;
		uint32_t end;
	} expected[] = {
		{ STEP_STAGE, 1 },  { STEP_SPAWN, 2 }, { STEP_REPEAT, 9 },  { STEP_IO, 4 },    { STEP_WITH, 6 },
		{ STEP_PYTHON, 6 }, { STEP_LOOP, 9 },  { STEP_BLOCK, 8 },   { STEP_BREAK, 9 }, { STEP_JOIN, 10 },
		{ STEP_LOOP, 13 },  { STEP_C, 12 },    { STEP_NATIVE, 13 },
	};
	struct helper helper;
	const struct workload *w;

	helper_open(&helper);
	w = &helper_load_good(&helper, text, &plain)->workloads[1];
	cr_assert(eq(u32, w->step_count, sizeof(expected) / sizeof(expected[0])));
	for (uint32_t i = 0; i < w->step_count; i++) {
		cr_expect(eq(int, w->steps[i].kind, expected[i].kind), "step %u", i);
		cr_expect(eq(u32, w->steps[i].end, expected[i].end), "step %u", i);
	}
	cr_expect(eq(str, (char *)w->steps[0].name, "first"));
	cr_expect(eq(u32, w->steps[1].start->task, 1));
	cr_expect(eq(i64, w->steps[1].start->count.constant, 3));
	cr_expect(eq(i64, w->steps[2].count.constant, 7));
	cr_expect(eq(u32, w->steps[4].resource, 1));
	cr_expect(eq(i64, w->steps[12].duration.constant_ns, 5000000));
	cr_expect(eq(int, w->steps[3].line, 8));
	cr_expect(eq(int, w->run.kind, RUN_PROGRAM));
	cr_expect(eq(u32, w->run.task, 0));
	cr_expect(eq(int, w->model.spawn, SPAWN_THREAD));
	cr_expect(not(w->tasks[0].daemon));
	cr_expect(w->tasks[1].daemon);
	cr_expect(eq(u64, w->tasks[1].stream, random_hash_name("hog")));
	helper_close(&helper);
}

Test(scenario_compile, a_thread_pool_has_four_threads_more_than_cores_and_at_most_32)
{
	static const struct {
		const char *machine;
		int workers;
	} cases[] = { { "machine: {profile: ideal, cores: 7}", 11 },
		      { "machine: {profile: ideal, cores: 28}", 32 },
		      { "machine: {profile: ideal, cores: 64}", 32 },
		      { "machine: ideal", 8 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct helper helper;

		helper_open(&helper);
		cr_expect(eq(int,
			     load_variants(&helper, cases[i].machine, "{a: {model: thread_pool}}", &plain)
				     ->workloads[0]
				     .model.workers,
			     cases[i].workers),
			  "%s", cases[i].machine);
		helper_close(&helper);
	}
}

Test(scenario_compile, pool_map_makes_four_chunks_a_worker_rounded_up)
{
	/* divmod(count, 4 * workers), and one more if there is a rest. */
	static const struct {
		const char *count;
		int64_t chunksize;
	} cases[] = { { "run.count=1", 1 },  { "run.count=12", 1 }, { "run.count=13", 2 },
		      { "run.count=24", 2 }, { "run.count=25", 3 }, { "run.count=1000", 84 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scenario_options options = { .overrides = &cases[i].count, .override_count = 1 };
		struct helper helper;
		const struct workload *w;

		helper_open(&helper);
		w = load_variants(&helper, "machine: {profile: ideal, cores: 3}",
				  "{a: {model: pool}, b: {model: pool, workers: 5, chunksize: 11, warm: true}}",
				  &options)
			    ->workloads;
		cr_expect(eq(int, w[0].model.workers, 3));
		cr_expect(eq(i64, w[0].model.chunksize, cases[i].chunksize), "%s", cases[i].count);
		cr_expect(not(w[0].model.warm));
		cr_expect(eq(int, w[1].model.workers, 5));
		cr_expect(eq(i64, w[1].model.chunksize, 11));
		cr_expect(w[1].model.warm);
		helper_close(&helper);
	}
}

Test(scenario_compile, all_but_map_hand_over_one_item_at_a_time)
{
	static const char variants[] =
		"{a: {model: pool, map: imap}, b: {model: pool, map: imap_unordered}, "
		"c: {model: pool, map: apply_async}, d: {model: process_pool}, "
		"e: {model: pool, map: imap, chunksize: 5}, f: {model: process_pool, chunksize: 5}, "
		"g: {model: process_pool, return_when: first, chunksize: 5}}";
	static const int64_t expected[] = { 1, 1, 1, 1, 5, 5, 1 };
	const char *count = "run.count=1000";
	struct scenario_options options = { .overrides = &count, .override_count = 1 };
	struct helper helper;
	const struct workload *w;

	helper_open(&helper);
	w = load_variants(&helper, "machine: {profile: ideal, cores: 3}", variants, &options)->workloads;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		cr_expect(eq(i64, w[i].model.chunksize, expected[i]), "%s", w[i].variant);
	helper_close(&helper);
}

Test(scenario_compile, what_the_file_leaves_out_has_python_s_defaults)
{
	struct helper helper;
	const struct workload *w;

	helper_open(&helper);
	w = load_variants(&helper, "machine: ideal",
			  "{a: sequential, b: {model: threads, set: {python.version: '3.14'}}}", &plain)
		    ->workloads;
	cr_expect(eq(str, (char *)w[0].python.version, "3.12"));
	cr_expect(eq(int, w[0].python.minor, 12));
	cr_expect(eq(int, w[0].python.gil, GIL_ON));
	cr_expect(eq(int, w[0].python.start, START_FORK));
	cr_expect(eq(int, w[1].python.start, START_FORKSERVER), "3.14 to start with a fork server");
	cr_expect(eq(i64, w[0].python.switch_interval_ns, 5 * SIM_MS));
	cr_expect(eq(dbl, w[0].python.slowdown_python, 1));
	cr_expect(eq(int, w[0].machine.cores, 4));
	cr_expect(eq(dbl, w[0].machine.quota_cores, 0));
	cr_expect(eq(i64, w[0].machine.quota_period_ns, 100 * SIM_MS));
	cr_expect(eq(i64, w[0].limit_ns, SIM_NS_MAX));
	cr_expect(eq(dbl, w[0].scale, 1));
	cr_expect(eq(u64, w[0].seed, 23));
	helper_close(&helper);
}

Test(scenario_compile, a_slower_build_is_slower_by_the_ratio_of_its_spin_costs)
{
	char name[] = "/tmp/gilsim-test-XXXXXX.yaml";
	int descriptor = mkstemps(name, 5);
	FILE *file = fdopen(descriptor, "w");
	struct helper helper;
	struct profile *profile;
	const struct workload *w;

	helper_open(&helper);
	profile = profile_load("ideal", &helper.region, &helper.diagnostics);
	profile->name = "slow";
	profile->cores = 6;
	for (size_t i = 0; i < profile->python_count; i++) {
		bool gil = profile->pythons[i].gil;

		profile->pythons[i].values[COST_SPIN_PYTHON].value = gil ? 40 : 50;
		profile->pythons[i].values[COST_SPIN_C].value = gil ? 8 : 6;
		profile->pythons[i].values[COST_SPIN_NATIVE].value = 500;
	}
	cr_assert(profile_write(profile, file));
	fclose(file);
	w = load_variants(&helper, region_format(&helper.region, "machine: %s\npython: '3.13'", name),
			  "{a: threads, b: {model: threads, set: {python.gil: off}}}", &plain)
		    ->workloads;
	cr_expect(eq(int, w[0].machine.cores, 6), "the profile's own cores");
	cr_expect(eq(dbl, w[0].python.slowdown_python, 1));
	cr_expect(eq(dbl, w[1].python.slowdown_python, 1.25));
	cr_expect(eq(dbl, w[1].python.slowdown_c, 0.75));
	cr_expect(eq(dbl, w[1].python.slowdown_native, 1));
	cr_expect(eq(dbl, w[1].python.spin_python_ns, 40), "iterations to be those of the GIL build");
	cr_expect(eq(dbl, w[1].machine.costs.value[COST_SPIN_PYTHON], 50));
	helper_close(&helper);
	unlink(name);
}

Test(scenario_compile, cores_are_clamped_and_defaults_follow)
{
	struct scenario_options options = { .max_cores = 2 };
	struct helper helper;
	struct scenario *scenario;

	helper_open(&helper);
	scenario = load_variants(&helper, "machine: {profile: ideal, cores: 5}", "{a: {model: pool}}", &options);
	cr_expect(scenario->cores_clamped);
	cr_expect(eq(int, scenario->workloads[0].machine.cores, 2));
	cr_expect(eq(int, scenario->workloads[0].model.workers, 2));
	options.max_cores = 7;
	scenario = load_variants(&helper, "machine: {profile: ideal, cores: 5}", "{a: {model: pool}}", &options);
	cr_expect(not(scenario->cores_clamped));
	cr_expect(eq(int, scenario->workloads[0].machine.cores, 5));
	cr_expect(eq(int, scenario->workloads[0].machine.kernel_cpus, 7), "the kernel to count them all");
	helper_close(&helper);
}

Test(scenario_compile, machine_and_interpreter_take_all_their_keys)
{
	struct helper helper;
	const struct workload *w;

	helper_open(&helper);
	w = load_variants(&helper,
			  "machine: {profile: ideal, cores: 3, quota: 1.5, quota_period: 50ms}\n"
			  "python: {version: 3.10, gil: on, switch_interval: 711us, start: spawn, "
			  "imports: {time: 300ms, memory: 80MiB}}\n"
			  "limit: 7s",
			  "{a: processes}", &plain)
		    ->workloads;
	cr_expect(eq(dbl, w->machine.quota_cores, 1.5));
	cr_expect(eq(i64, w->machine.quota_period_ns, 50 * SIM_MS));
	cr_expect(eq(str, (char *)w->python.version, "3.10"));
	cr_expect(eq(int, w->python.start, START_SPAWN));
	cr_expect(eq(i64, w->python.imports_ns, 300 * SIM_MS));
	cr_expect(eq(i64, w->python.imports_bytes, 80 << 20));
	cr_expect(eq(i64, w->limit_ns, 7 * SIM_S));
	helper_close(&helper);
}

Test(scenario_compile, arrivals_are_poisson_or_even)
{
	static const char text[] =
		"machine: ideal\n"
		"tasks: {t: [{python: 7ms}]}\n"
		"run: {task: t, arrivals: {rate: 40/s, for: 3s, count: 17}}\n"
		"variants: {a: asyncio, b: {model: thread_pool, set: {run.arrivals.spacing: even}}}\n"
		"scale: 0.5\nnative_count: 5\n";
	struct scenario_options options = { .scaled = true };
	struct helper helper;
	const struct workload *w;

	helper_open(&helper);
	w = helper_load_good(&helper, text, &plain)->workloads;
	cr_expect(eq(int, w[0].run.kind, RUN_ARRIVALS));
	cr_expect(eq(int, w[0].run.spacing.kind, DISTRIBUTION_EXPONENTIAL));
	cr_expect(eq(dbl, w[0].run.spacing.a, 25e6));
	cr_expect(eq(int, w[1].run.spacing.kind, DISTRIBUTION_CONSTANT));
	cr_expect(eq(i64, w[0].run.arrivals_for_ns, 3 * SIM_S));
	cr_expect(eq(i64, w[0].run.count, 17));
	/* Scaled, work and distances shrink alike: the load stays. */
	w = helper_load_good(&helper, text, &options)->workloads;
	cr_expect(eq(dbl, w[0].run.spacing.a, 12.5e6));
	cr_expect(eq(i64, w[0].run.arrivals_for_ns, 1500 * SIM_MS));
	cr_expect(eq(i64, w[0].steps[0].duration.constant_ns, 3500000));
	cr_expect(eq(i64, w[0].run.count, 5));
	helper_close(&helper);
}

Test(scenario_compile, scale_counts_in_native_runs_only_and_takes_expectations_away)
{
	static const char text[] = "machine: ideal\n"
				   "tasks: {t: [{python: 7ms}, {io: item}, {io: exponential(2ms)}]}\n"
				   "run: {task: t, items: [3ms, 1ns]}\n"
				   "limit: 5s\nscale: 0.1\n"
				   "variants: {a: {model: threads, set: {python.switch_interval: 3ms}}}\n"
				   "expect: [makespan > 10ms]\n";
	struct scenario_options options = { .scaled = true };
	struct helper helper;
	struct scenario *scenario;

	helper_open(&helper);
	scenario = helper_load_good(&helper, text, &plain);
	cr_expect(eq(i64, scenario->workloads[0].steps[0].duration.constant_ns, 7000000));
	cr_expect(eq(sz, scenario->expectation_count, 1));
	cr_expect(eq(int, scenario->expectations[0].line, 7));
	scenario = helper_load_good(&helper, text, &options);
	cr_expect(eq(i64, scenario->workloads[0].steps[0].duration.constant_ns, 700000));
	cr_expect(eq(i64, scenario->workloads[0].run.items_ns[0], 300000));
	cr_expect(eq(dbl, scenario->workloads[0].steps[2].duration.distribution.a, 2e5));
	cr_expect(eq(i64, scenario->workloads[0].limit_ns, 5 * SIM_S), "the limit to stay");
	cr_expect(eq(i64, scenario->workloads[0].python.switch_interval_ns, 3 * SIM_MS), "the interpreter to stay");
	cr_expect(eq(dbl, scenario->workloads[0].scale, 0.1));
	cr_expect(eq(sz, scenario->expectation_count, 0));
	helper_close(&helper);
}

Test(scenario_compile, chosen_variants_come_with_the_baseline)
{
	static const char text[] =
		"machine: ideal\n"
		"tasks: {t: [{python: 7ms}]}\n"
		"run: {task: t}\n"
		"variants: {a: threads, b: sequential, c: pool, d: processes}\n"
		"baseline: b\n"
		"expect: [a.makespan > 1ms, c.makespan > 1ms, d.speedup / a.speedup < 2, makespan > 1ms]\n";
	static const char *const names[] = { "c" }, *const wrong[] = { "x" };
	struct scenario_options options = { .variants = names, .variant_count = 1 };
	struct helper helper;
	struct scenario *scenario;

	helper_open(&helper);
	scenario = helper_load_good(&helper, text, &plain);
	cr_expect(eq(sz, scenario->workload_count, 4));
	cr_expect(eq(sz, scenario->baseline, 1));
	scenario = helper_load_good(&helper, text, &options);
	cr_assert(eq(sz, scenario->workload_count, 2));
	cr_expect(eq(str, (char *)scenario->workloads[0].variant, "b"));
	cr_expect(eq(str, (char *)scenario->workloads[1].variant, "c"));
	cr_expect(eq(sz, scenario->baseline, 0));
	cr_expect(eq(sz, scenario->expectation_count, 2), "those of variants that do not run to be left out");
	options.variants = wrong;
	cr_expect(helper_load(&helper, text, &options) == NULL);
	cr_expect(helper_says(&helper, "error: --variant: unknown variant 'x', expected one of a, b, c, d\n"));
	helper_close(&helper);
}

Test(scenario_compile, the_name_is_the_file_s_unless_given)
{
	struct helper helper;

	helper_open(&helper);
	cr_expect(eq(str, (char *)load_variants(&helper, "machine: ideal\nname: x y", "{a: threads}", &plain)->name,
		     "x y"));
	helper_close(&helper);
}

Test(scenario_compile, the_command_line_s_profile_comes_first)
{
	struct scenario_options options = { .profile = "ideal" };
	struct helper helper;

	helper_open(&helper);
	cr_expect(eq(str,
		     (char *)load_variants(&helper, "machine: nowhere", "{a: threads}", &options)
			     ->workloads[0]
			     .machine.profile,
		     "ideal"));
	cr_expect(helper_load(&helper,
			      "machine: ideel\ntasks: {t: [{io: 1ms}]}\nrun: t\nvariants: {a: threads, b: pool}",
			      &plain) == NULL);
	cr_expect(eq(sz, helper.diagnostics.error_count, 1));
	cr_expect(helper_says(&helper, ":1:10: error: unknown profile 'ideel', did you mean 'ideal'?"));
	helper_close(&helper);
}

Test(scenario_compile, a_task_that_no_variant_starts_is_warned_of)
{
	struct helper helper;

	helper_open(&helper);
	cr_expect(helper_load(&helper,
			      "machine: ideal\ntasks:\n  t: [{io: 1ms}]\n  u: [{io: 1ms}]\nrun: t\nvariants: {a: "
			      "threads}",
			      &plain) != NULL);
	cr_expect(helper_says(&helper, ":4:3: warning: task 'u' is never started\n"));
	helper_close(&helper);
}

Test(scenario_compile, a_duration_depends_on_its_path_alone)
{
	static const char text[] =
		"machine: ideal\n"
		"tasks:\n"
		"  t: [{python: exponential(2ms)}, {io: exponential(2ms)}, {io: 711us}, {io: item}]\n"
		"run: {task: t, items: [5ms, 3ms]}\n"
		"variants: {a: threads, b: pool}\n";
	/* The same step, with a task before it and other steps after it. */
	static const char longer[] = "machine: ideal\n"
				     "tasks:\n"
				     "  s: [{python: exponential(9ms)}]\n"
				     "  t: [{python: exponential(2ms)}, {io: exponential(7ms)}]\n"
				     "run: {task: t, count: 2}\n"
				     "variants: {a: {model: threads, set: {run.task: s}}, b: threads}\n";
	struct helper helper;
	const struct workload *w, *other;
	uint64_t entity = workload_entity(1);
	sim_ns drawn;

	helper_open(&helper);
	w = helper_load_good(&helper, text, &plain)->workloads;
	other = &helper_load_good(&helper, longer, &plain)->workloads[1];
	drawn = workload_duration(&w[0], &w[0].steps[0], &w[0].tasks[0], 3, entity, 5, 0);
	cr_expect(drawn > 0);
	cr_expect(eq(i64, workload_duration(&w[0], &w[0].steps[0], &w[0].tasks[0], 3, entity, 5, 0), drawn));
	cr_expect(eq(i64, workload_duration(&w[1], &w[1].steps[0], &w[1].tasks[0], 3, entity, 5, 0), drawn));
	cr_expect(eq(i64, workload_duration(other, &other->steps[1], &other->tasks[1], 3, entity, 5, 0), drawn));
	cr_expect(ne(i64, workload_duration(&w[0], &w[0].steps[1], &w[0].tasks[0], 3, entity, 5, 0), drawn),
		  "step");
	cr_expect(ne(i64, workload_duration(&w[0], &w[0].steps[0], &w[0].tasks[0], 4, entity, 5, 0), drawn), "run");
	cr_expect(ne(i64, workload_duration(&w[0], &w[0].steps[0], &w[0].tasks[0], 3, workload_entity(2), 5, 0),
		     drawn));
	cr_expect(ne(i64, workload_duration(&w[0], &w[0].steps[0], &w[0].tasks[0], 3, entity, 6, 0), drawn),
		  "draw");
	cr_expect(eq(i64, workload_duration(&w[0], &w[0].steps[2], &w[0].tasks[0], 3, entity, 5, 13), 711000));
	cr_expect(eq(i64, workload_duration(&w[0], &w[0].steps[3], &w[0].tasks[0], 3, entity, 5, 13), 13));
	helper_close(&helper);
}

Test(scenario_compile, a_hundred_thousand_tasks_and_variants_with_settings_load_in_a_moment)
{
	size_t size = 8 << 20, length;
	char *text = malloc(size), *end = text;
	struct helper helper;
	struct scenario *scenario;

	end += sprintf(end, "machine: ideal\ntasks:\n  main: [{spawn: t0}]\n");
	for (int i = 0; i < 100000; i++)
		end += i < 99999 ? sprintf(end, "  t%d: [{spawn: t%d}]\n", i, i + 1)
				 : sprintf(end, "  t%d: [{io: 1ms}]\n", i);
	end += sprintf(end, "variants:\n");
	for (int i = 0; i < 20; i++)
		end += sprintf(end, "  v%d: {model: program, set: {machine.cores: %d}}\n", i, i + 1);
	length = (size_t)(end - text);
	cr_assert(length < size);
	helper_open(&helper);
	scenario = helper_load_good(&helper, text, &plain);
	cr_expect(eq(u32, scenario->workloads[19].task_count, 100001));
	cr_expect(eq(int, scenario->workloads[19].machine.cores, 20));
	helper_close(&helper);
	free(text);
}

Test(scenario_compile, every_failed_allocation_is_survived_without_a_leak)
{
	static const char text[] =
		"machine: ideal\n"
		"tasks: {t: [{python: 'choice(1ms: 80%, 2ms: 20%)'}, {io: 711us}], main: [{spawn: t}, join]}\n"
		"run: t\n"
		"variants: {a: threads, b: {model: program, set: {machine.cores: 3}}}\n"
		"expect: [a.makespan < 5s, makspan > 3]\n";
	volatile uint64_t failing = 0;
	volatile bool done = false;

	while (!done) {
		struct helper helper;
		jmp_buf unwind;

		helper_open(&helper);
		helper.region.unwind = &unwind;
		region_fail_after(failing);
		if (setjmp(unwind) == 0) {
			helper_load(&helper, text, &plain);
			done = true;
		}
		region_fail_after(UINT64_MAX);
		cr_expect(helper.region.unwind == &unwind);
		helper_close(&helper);
		failing++;
		cr_assert(failing < 100000);
	}
	cr_expect(gt(u64, failing, 150));
}
