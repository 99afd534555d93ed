/*
 * test_gil.c - the global interpreter lock, checked by arithmetic done by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>

#include "tests/model/model_helper.h"

static struct model_bench bench;

static void set_up(void)
{
	model_bench_init(&bench, 3);
}

static void tear_down(void)
{
	model_bench_release(&bench);
}

TestSuite(gil, .init = set_up, .fini = tear_down);

static double ns(double seconds)
{
	return round(seconds * 1e9);
}

Test(gil, bytecode_on_two_threads_takes_as_long_as_one_after_the_other)
{
	model_bench_step(&bench, STEP_PYTHON, 23 * SIM_MS);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 2);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 46e6));
}

/* The first thread has the GIL when main wants to start the second: main gets it after one interval, so the second
 * is released at 5 ms and ends with the makespan, 46 ms. The first goes on at 5 ms, since it waited first; then they take turns
 * of 5 ms, and it ends at 38 ms. */
Test(gil, a_waiter_asks_after_each_switch_interval)
{
	model_bench_step(&bench, STEP_PYTHON, 23 * SIM_MS);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 2);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 46e6));
	cr_expect(eq(dbl, ns(bench.result.sojourn.max), 41e6));
	cr_expect(ge(dbl, bench.result.gil_switches, 9));
	cr_expect(le(dbl, bench.result.gil_switches, 16));
}

Test(gil, c_code_that_holds_it_is_not_interrupted)
{
	model_bench_step(&bench, STEP_C, 23 * SIM_MS);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 2);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 46e6));
	cr_expect(eq(dbl, ns(bench.result.gil_wait_behind_c_s), ns(bench.result.time_in_s[TIME_GIL_WAIT])));
	cr_expect(eq(dbl, bench.result.gil_wait_behind_python_s, 0));
}

Test(gil, c_code_that_releases_it_runs_side_by_side)
{
	model_bench_step(&bench, STEP_NATIVE, 23 * SIM_MS);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 3);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 23e6));
}

Test(gil, sleeping_threads_overlap)
{
	const sim_ns items_ns[] = { 37 * SIM_MS, 11 * SIM_MS };

	model_bench_step(&bench, STEP_IO, 0)->duration.kind = DURATION_ITEM;
	model_bench_run_items(&bench, MODEL_THREADS, 0, items_ns, 2);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 37e6));
}

Test(gil, a_free_threaded_build_runs_bytecode_side_by_side)
{
	bench.workload.python.gil = GIL_OFF;
	model_bench_step(&bench, STEP_PYTHON, 23 * SIM_MS);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 3);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 23e6));
	cr_expect(isnan(bench.result.gil_switches));
}

/* The reader needs the GIL after each wait and gets it a switch interval later. */
static void add_convoy(sim_ns interval_ns)
{
	struct step *repeat, *loop;
	uint32_t hog, reader, main_task;

	bench.workload.python.switch_interval_ns = interval_ns;
	hog = model_bench_task(&bench, "hog", true);
	loop = model_bench_begin(&bench, STEP_LOOP);
	model_bench_step(&bench, STEP_PYTHON, 3 * SIM_MS);
	model_bench_end(&bench, loop);
	reader = model_bench_task(&bench, "reader", false);
	repeat = model_bench_begin(&bench, STEP_REPEAT);
	repeat->count.constant = 10;
	model_bench_step(&bench, STEP_IO, 110 * SIM_US);
	model_bench_step(&bench, STEP_PYTHON, 50 * SIM_US);
	model_bench_end(&bench, repeat);
	main_task = model_bench_task(&bench, "main", false);
	model_bench_spawn(&bench, hog, 1);
	model_bench_spawn(&bench, reader, 1);
	model_bench_step(&bench, STEP_JOIN, 0);
	model_bench_run_program(&bench, main_task, SPAWN_THREAD);
}

/* Starting the reader takes one interval (main waits for the GIL behind the hog), each of its ten rounds
 * 0.11 ms of waiting, one interval and 0.05 ms; and main's return from join() is not held up, since the
 * reader gives the GIL away when it ends and main is the first to want it. */
Test(gil, beside_a_hog_each_wait_costs_one_switch_interval)
{
	const sim_ns interval_ns[] = { 500 * SIM_US, 5 * SIM_MS, 20 * SIM_MS };

	for (int i = 0; i < 3; i++) {
		tear_down();
		set_up();
		add_convoy(interval_ns[i]);
		model_bench_simulate(&bench);
		cr_expect(ge(dbl, ns(bench.result.makespan_s), 10. * (double)(interval_ns[i] + 160 * SIM_US)));
		cr_expect(le(dbl, ns(bench.result.makespan_s), 13. * (double)(interval_ns[i] + 160 * SIM_US)));
	}
}

Test(gil, daemons_are_left_behind_and_counted_unfinished)
{
	add_convoy(5 * SIM_MS);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, bench.result.completed, 1));
	cr_expect(eq(dbl, bench.result.unfinished, 1));
	cr_expect_not(bench.result.deadlock);
}

Test(gil, merged_and_unmerged_costs_give_the_same_trace)
{
	char *merged, *unmerged;

	for (int i = 0; i < COST_COUNT; i++)
		if (cost_infos[i].unit == UNIT_ns && cost_infos[i].ideal == 0)
			bench.workload.machine.costs.value[i] = 1711;
	add_convoy(5 * SIM_MS);
	merged = model_bench_trace(&bench, false);
	unmerged = model_bench_trace(&bench, true);
	cr_expect(eq(str, merged, unmerged));
	free(merged);
	free(unmerged);
}
