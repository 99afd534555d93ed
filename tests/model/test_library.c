/*
 * test_library.c - executors, pools and locks, checked by arithmetic done by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/model_helper.h"

static struct model_bench bench;

static void set_up(void)
{
	model_bench_init(&bench, 4);
}

static void tear_down(void)
{
	model_bench_release(&bench);
}

TestSuite(library, .init = set_up, .fini = tear_down);

static double ns(double seconds)
{
	return round(seconds * 1e9);
}

/* 23 waits of 7 ms on 5 workers: five waves. */
Test(library, a_thread_pool_works_in_waves)
{
	model_bench_step(&bench, STEP_IO, 7 * SIM_MS);
	model_bench_run_count(&bench, MODEL_THREAD_POOL, 5, 23);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 35e6));
	cr_expect(eq(dbl, bench.result.completed, 23));
	cr_expect(eq(dbl, bench.result.in_flight_max, 23));
}


Test(library, a_pool_hands_unequal_jobs_to_whoever_is_free)
{
	const sim_ns items_ns[] = { 9 * SIM_MS, 7 * SIM_MS, 5 * SIM_MS, 4 * SIM_MS, 2 * SIM_MS, 3 * SIM_MS, 4 * SIM_MS };

	/* Workers are free at 9, 7, 5, 4; then 4+2=6, 5+3=8, 6+4=10. */
	model_bench_step(&bench, STEP_C, 0)->duration.kind = DURATION_ITEM;
	model_bench_run_items(&bench, MODEL_POOL, 4, items_ns, 7);
	model_bench_simulate(&bench);
	/* The helper threads share the four busy cores for some slices of 0.1 ms. */
	cr_expect(lt(dbl, fabs(ns(bench.result.makespan_s) - 10e6), 500e3));
	cr_expect(eq(dbl, bench.result.completed, 7));
}

/* Chunks of three of eight items on two workers: 3, 3, then 2. */
/* Two cores of which one is slower, as a run has met them: the pool waits for that one, and the sum is the same. The waits
 * are as long as ever. */
Test(library, each_instance_takes_what_its_core_has_made_of_it)
{
	static const double slowness[] = { 1.3, 0.7 };

	model_bench_step(&bench, STEP_PYTHON, 110 * SIM_MS);
	model_bench_step(&bench, STEP_NATIVE, 30 * SIM_MS);
	model_bench_step(&bench, STEP_IO, 7 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 2);
	bench.workload.run.slowness = slowness;
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 1.3 * 140e6 + 7e6));
	model_bench_run_count(&bench, MODEL_SEQUENTIAL, 0, 2);
	bench.workload.run.slowness = slowness;
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 2 * 147e6));
}

Test(library, a_pool_takes_whole_chunks)
{
	model_bench_step(&bench, STEP_PYTHON, 5 * SIM_MS);
	model_bench_run_count(&bench, MODEL_POOL, 2, 8);
	bench.workload.model.chunksize = 3;
	model_bench_simulate(&bench);
	cr_expect(lt(dbl, fabs(ns(bench.result.makespan_s) - 25e6), 1000));
}

/* 33 items on two workers; map() cuts them into chunks of five. */
Test(library, imap_takes_single_items_unless_it_is_told_otherwise)
{
	static const struct {
		enum map_kind map;
		int64_t chunksize;
		double makespan_ns;
	} cases[] = { { MAP_IMAP, 0, 17 * 5e6 },
		      { MAP_IMAP_UNORDERED, 0, 17 * 5e6 },
		      { MAP_IMAP, 11, 22 * 5e6 },
		      { MAP_MAP, 0, 18 * 5e6 } };

	model_bench_step(&bench, STEP_PYTHON, 5 * SIM_MS);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		model_bench_run_count(&bench, MODEL_POOL, 2, 33);
		bench.workload.model.map = cases[i].map;
		bench.workload.model.chunksize = cases[i].chunksize;
		model_bench_simulate(&bench);
		cr_expect(lt(dbl, fabs(ns(bench.result.makespan_s) - cases[i].makespan_ns), 1000), "%zu: %g", i,
			  bench.result.makespan_s);
	}
}

Test(library, a_pool_of_warm_workers_spares_their_start)
{
	double cold_s;

	model_bench_set_cost(&bench, COST_FORK_BASE, 700e3);
	model_bench_set_cost(&bench, COST_PROCESS_BOOTSTRAP, 900e3);
	model_bench_step(&bench, STEP_PYTHON, 5 * SIM_MS);
	model_bench_run_count(&bench, MODEL_POOL, 3, 3);
	model_bench_simulate(&bench);
	cold_s = bench.result.makespan_s;
	bench.workload.model.warm = true;
	model_bench_simulate(&bench);
	/* Three forks one after the other, the last child's start, and its work; warm: the work. */
	cr_expect(lt(dbl, fabs(ns(cold_s) - (2.1e6 + 0.9e6 + 5e6)), 1000));
	cr_expect(lt(dbl, fabs(ns(bench.result.makespan_s) - 5e6), 1000));
}

/* Ten threads, three rounds each of 2 ms under one lock: nobody overlaps. */
static void add_locked_rounds(void)
{
	struct step *repeat, *with;

	bench.workload.resource_count = 1;
	bench.resources[0] = (struct resource){ .kind = RESOURCE_LOCK, .name = "guard" };
	repeat = model_bench_begin(&bench, STEP_REPEAT);
	repeat->count.constant = 3;
	with = model_bench_begin(&bench, STEP_WITH);
	with->resource = 0;
	model_bench_step(&bench, STEP_IO, 2 * SIM_MS);
	model_bench_end(&bench, with);
	model_bench_end(&bench, repeat);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 10);
}

Test(library, a_lock_lets_one_in_at_a_time)
{
	for (int minor = 13; minor <= 14; minor++) {
		tear_down();
		set_up();
		bench.workload.python.minor = minor;
		add_locked_rounds();
		model_bench_simulate(&bench);
		cr_expect(eq(dbl, ns(bench.result.makespan_s), 60e6), "3.%d", minor);
		cr_expect(gt(dbl, bench.result.time_in_s[TIME_LOCK_WAIT], 0.1));
	}
}

/* Since 3.14 a waiter older than 1 ms is handed the lock, so nobody goes round thrice before others had a turn; up to
 * 3.13 the releaser takes it back at once, every time. */
Test(library, a_lock_is_fair_since_3_14)
{
	double unfair_p50_s;

	bench.workload.python.minor = 13;
	add_locked_rounds();
	model_bench_simulate(&bench);
	unfair_p50_s = bench.result.sojourn.p50;
	bench.workload.python.minor = 14;
	model_bench_simulate(&bench);
	cr_expect(gt(dbl, bench.result.sojourn.p50, 1.3 * unfair_p50_s));
}

Test(library, a_lock_taken_twice_is_reported_as_a_deadlock)
{
	struct step *outer, *inner;

	bench.workload.resource_count = 1;
	bench.resources[0] = (struct resource){ .kind = RESOURCE_LOCK, .name = "guard" };
	outer = model_bench_begin(&bench, STEP_WITH);
	inner = model_bench_begin(&bench, STEP_WITH);
	outer->resource = inner->resource = 0;
	model_bench_end(&bench, inner);
	model_bench_end(&bench, outer);
	model_bench_run_count(&bench, MODEL_SEQUENTIAL, 0, 1);
	model_bench_simulate(&bench);
	cr_expect(bench.result.deadlock);
	cr_expect(eq(dbl, bench.result.unfinished, 1));
	cr_assert_not_null(strstr(bench.result.deadlock_report, "waits for lock 'guard' held by MainThread"));
}

Test(library, a_limit_stops_what_would_go_on)
{
	struct step *loop = model_bench_begin(&bench, STEP_LOOP);

	model_bench_step(&bench, STEP_PYTHON, 3 * SIM_MS);
	model_bench_end(&bench, loop);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 2);
	bench.workload.limit_ns = 100 * SIM_MS;
	model_bench_simulate(&bench);
	cr_expect(bench.result.limit_reached);
	cr_expect_not(bench.result.deadlock);
	cr_expect(eq(dbl, bench.result.unfinished, 2));
}

Test(library, the_same_seed_gives_the_same_trace_and_another_does_not)
{
	char *first, *second, *other;

	model_bench_exponential(&bench, STEP_PYTHON, 3 * SIM_MS);
	model_bench_exponential(&bench, STEP_IO, 2 * SIM_MS);
	model_bench_run_count(&bench, MODEL_THREAD_POOL, 3, 40);
	first = model_bench_trace(&bench, false);
	second = model_bench_trace(&bench, false);
	bench.workload.seed = 2;
	other = model_bench_trace(&bench, false);
	cr_expect(eq(str, first, second));
	cr_expect(ne(str, first, other));
	free(first);
	free(second);
	free(other);
}

/* Every model meets the same service times: the work done is the same to the nanosecond. */
Test(library, all_models_meet_the_same_random_times)
{
	static const enum model_kind kinds[] = { MODEL_SEQUENTIAL, MODEL_THREADS, MODEL_THREAD_POOL, MODEL_PROCESSES,
						 MODEL_POOL };
	double python_s = -1;

	model_bench_exponential(&bench, STEP_PYTHON, 3 * SIM_MS);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		model_bench_run_count(&bench, kinds[i], 3, 40);
		model_bench_simulate(&bench);
		if (python_s < 0)
			python_s = bench.result.time_in_s[TIME_PYTHON];
		cr_expect(eq(dbl, ns(bench.result.time_in_s[TIME_PYTHON]), ns(python_s)), "%s", bench.result.model);
	}
}

/* Leaving the pool kills its workers, at the same time, each on a core of its own. */
Test(library, killed_workers_give_back_the_memory_of_an_interpreter)
{
	double without_s;

	model_bench_step(&bench, STEP_PYTHON, 11 * SIM_MS);
	model_bench_run_count(&bench, MODEL_POOL, 2, 2);
	model_bench_simulate(&bench);
	without_s = bench.result.makespan_s;
	model_bench_set_cost(&bench, COST_PROCESS_INTERPRETER_EXIT, 7e6);
	model_bench_simulate(&bench);
	cr_expect(lt(dbl, fabs(ns(bench.result.makespan_s - without_s) - 7e6), 10e3));
}
