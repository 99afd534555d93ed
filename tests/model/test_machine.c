/*
 * test_machine.c - cores, the kernel's scheduler and its costs, checked by arithmetic done by hand.
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
	model_bench_init(&bench, 2);
	model_bench_set_cost(&bench, COST_SCHED_HZ, 250);
	model_bench_set_cost(&bench, COST_SCHED_BASE_SLICE, 2.8e6);
	model_bench_set_cost(&bench, COST_SCHED_LATENCY, 24e6);
	model_bench_set_cost(&bench, COST_SCHED_MIN_GRANULARITY, 3e6);
	model_bench_set_cost(&bench, COST_SCHED_WAKEUP_GRANULARITY, 4e6);
}

static void tear_down(void)
{
	model_bench_release(&bench);
}

TestSuite(machine, .init = set_up, .fini = tear_down);

static double ns(double seconds)
{
	return round(seconds * 1e9);
}

Test(machine, two_processes_on_two_cores_take_as_long_as_one)
{
	model_bench_step(&bench, STEP_PYTHON, 31 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 2);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 31e6));
}

/* Each child's first task takes 3 ms more; a pool's worker pays that and 2 ms for its first chunk, once for three. */
Test(machine, a_forked_childs_first_task_copies_pages)
{
	model_bench_set_cost(&bench, COST_PROCESS_FIRST_TASK, 3e6);
	model_bench_set_cost(&bench, COST_POOL_FIRST_TASK, 2e6);
	model_bench_step(&bench, STEP_PYTHON, 11 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 2);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 14e6));
	model_bench_run_count(&bench, MODEL_POOL, 1, 3);
	model_bench_simulate(&bench);
	cr_expect(lt(dbl, fabs(ns(bench.result.makespan_s) - 38e6), 10)); /* work takes 1 ns at least */
}

/* Two tasks of 11 ms in each child's loop, which pays 3 ms once; what a task's first copies is among that. */
Test(machine, a_forked_childs_first_loop_copies_pages)
{
	static const struct model loop = { .kind = MODEL_ASYNCIO, .timeout_ns = TIMEOUT_NONE };

	model_bench_set_cost(&bench, COST_AIO_FIRST_RUN, 3e6);
	model_bench_set_cost(&bench, COST_PROCESS_FIRST_TASK, 7e6);
	model_bench_step(&bench, STEP_PYTHON, 11 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 2, 4);
	bench.workload.model.each = &loop;
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 25e6));
}

Test(machine, five_processes_on_one_core_take_five_times_as_long)
{
	bench.workload.machine.cores = 1;
	model_bench_step(&bench, STEP_PYTHON, 31 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 5);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 155e6));
}

/* On one core everybody's turn is a whole number of ticks: in 62 ms two processes change 10 to 16 times, not 62. */
Test(machine, a_running_thread_is_preempted_at_ticks_only)
{
	char *trace, *at;
	long preempted = 0;

	bench.workload.machine.cores = 1;
	model_bench_step(&bench, STEP_PYTHON, 31 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 2);
	trace = model_bench_trace(&bench, false);
	long phase_ns = -1;
	for (at = trace; (at = strstr(at, " preempted ")); at++) {
		char *line = at;

		while (line > trace && line[-1] != '\n')
			line--;
		if (phase_ns < 0)
			phase_ns = strtol(line, NULL, 10) % 4000000;
		cr_expect(eq(long, strtol(line, NULL, 10) % 4000000, phase_ns));
		preempted++;
	}
	cr_expect(ge(long, preempted, 10));
	cr_expect(le(long, preempted, 16));
	free(trace);
}

/* The first turn of a new thread is half a slice; all others are slices of 0.7 ms (one CPU: a quarter of 2.8 ms), whatever the
 * ticks do: so two processes of 31 ms each change some 88 times. */
Test(machine, where_slices_have_timers_they_end_to_the_nanosecond)
{
	char *trace, *at;
	long previous_ns = -1, preempted = 0;

	model_bench_set_cost(&bench, COST_SCHED_HRTICK, 1);
	bench.workload.machine.cores = 1;
	model_bench_step(&bench, STEP_PYTHON, 31 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 2);
	trace = model_bench_trace(&bench, false);
	for (at = trace; (at = strstr(at, " preempted ")); at++) {
		char *line = at;
		long now_ns;

		while (line > trace && line[-1] != '\n')
			line--;
		now_ns = strtol(line, NULL, 10);
		if (preempted > 3)
			cr_expect(eq(long, now_ns - previous_ns, 700000L));
		previous_ns = now_ns;
		preempted++;
	}
	cr_expect(ge(long, preempted, 62000000 / 700000L - 3));
	free(trace);
}

Test(machine, cfs_shares_a_core_as_well)
{
	model_bench_set_cost(&bench, COST_SCHED_KIND, 0);
	bench.workload.machine.cores = 1;
	model_bench_step(&bench, STEP_PYTHON, 31 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 3);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 93e6));
	/* Nobody is done before all have had their turns: the first ends after more than two thirds. */
	cr_expect(gt(dbl, bench.result.sojourn.p50, 0.062));
}

/* Three equal processes on two cores: at best 1.5 times one's time, at worst twice. The balancer's moves give
 * something in between. */
Test(machine, three_processes_on_two_cores_are_balanced)
{
	model_bench_step(&bench, STEP_PYTHON, 400 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 3);
	model_bench_simulate(&bench);
	cr_expect(ge(dbl, bench.result.makespan_s, 0.6));
	cr_expect(lt(dbl, bench.result.makespan_s, 0.75));
}

/* 8 threads' worth of work on 8 cores under a quota of 2: each period of 100 ms gives 200 ms of core time. Use is charged
 * at ticks, so a core may overrun by one, which the next period pays back. */
Test(machine, a_quota_stretches_the_work_to_its_share)
{
	bench.workload.machine.cores = 8;
	bench.workload.machine.quota_cores = 2;
	model_bench_step(&bench, STEP_PYTHON, 250 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 8);
	model_bench_simulate(&bench);
	/* 2 s of work: nine periods are not enough but for the overrun, and the last needs no full one. */
	cr_expect(ge(dbl, bench.result.makespan_s, 0.9));
	cr_expect(le(dbl, bench.result.makespan_s, 1.03));
	cr_expect(gt(dbl, bench.result.time_in_s[TIME_THROTTLED], 8 * 0.6));
}

Test(machine, a_quota_of_as_many_cores_as_there_are_costs_nothing)
{
	bench.workload.machine.quota_cores = 2;
	model_bench_step(&bench, STEP_PYTHON, 250 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 2);
	model_bench_simulate(&bench);
	cr_expect(lt(dbl, fabs(bench.result.makespan_s - 0.25), 0.0001));
}

/* Both busy at 0.8 of the speed alone: 20 ms of each together take 25 ms, and the longer one's other 11 ms go at full
 * speed. */
Test(machine, busy_cores_slow_each_other)
{
	const sim_ns items_ns[] = { 31 * SIM_MS, 20 * SIM_MS };

	model_bench_set_cost(&bench, COST_CPU_ALL_BUSY_SPEED, 0.8);
	model_bench_step(&bench, STEP_PYTHON, 0)->duration.kind = DURATION_ITEM;
	model_bench_run_items(&bench, MODEL_PROCESSES, 0, items_ns, 2);
	model_bench_simulate(&bench);
	cr_expect(lt(dbl, fabs(bench.result.makespan_s - 0.036), 1e-8));
}

/* A sleep ends after its time, the timer's slack and the wake-up of an idle core. */
Test(machine, a_sleep_is_late_by_slack_and_wake_up)
{
	model_bench_set_cost(&bench, COST_TIMER_SLACK, 50e3);
	model_bench_set_cost(&bench, COST_WAKE_TIMER_SHALLOW, 13e3);
	model_bench_set_cost(&bench, COST_WAKE_TIMER_DEEP, 27e3);
	model_bench_step(&bench, STEP_IO, 7 * SIM_MS);
	model_bench_run_count(&bench, MODEL_SEQUENTIAL, 0, 3);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 3 * 7.077e6));
}

Test(machine, a_context_switch_costs_what_the_profile_says)
{
	double without_s;

	bench.workload.machine.cores = 1;
	model_bench_step(&bench, STEP_PYTHON, 31 * SIM_MS);
	model_bench_run_count(&bench, MODEL_PROCESSES, 0, 2);
	model_bench_simulate(&bench);
	without_s = bench.result.makespan_s;
	model_bench_set_cost(&bench, COST_SCHED_SWITCH, 2300);
	model_bench_set_cost(&bench, COST_SCHED_SWITCH_PROCESS, 1700);
	model_bench_simulate(&bench);
	cr_expect(gt(dbl, ns(bench.result.makespan_s - without_s), 10. * 4000));
	cr_expect(lt(dbl, ns(bench.result.makespan_s - without_s), 30. * 4000));
}

/* Two jobs a core. The short ones' core has nothing left after 4 ms: it takes what waits for the other, or leaves it
 * there, where no tick comes by. */
Test(machine, a_core_that_runs_out_of_work_takes_what_waits_elsewhere)
{
	static const sim_ns items_ns[] = { 2 * SIM_MS, 20 * SIM_MS, 2 * SIM_MS, 9 * SIM_MS };

	model_bench_set_cost(&bench, COST_SCHED_HZ, 1);
	model_bench_step(&bench, STEP_PYTHON, 0)->duration.kind = DURATION_ITEM;
	model_bench_run_items(&bench, MODEL_PROCESSES, 0, items_ns, 4);
	model_bench_simulate(&bench);
	cr_expect(lt(dbl, bench.result.makespan_s, 0.025));
	model_bench_set_cost(&bench, COST_SCHED_NEWIDLE, 0);
	model_bench_simulate(&bench);
	cr_expect(gt(dbl, bench.result.makespan_s, 0.0289));
}

/* Two jobs a core; one core idles after 4 ms. At each tick, 10 ms apart, the other lets the one go on that has waited, so that
 * who waits is cache-hot: it moves at the third tick, 29 ms after the start in the mean, when half of that is left of each. */
Test(machine, an_idle_core_takes_a_hot_thread_at_the_third_tick)
{
	static const sim_ns items_ns[] = { 2 * SIM_MS, 100 * SIM_MS, 2 * SIM_MS, 100 * SIM_MS };
	double sum_s = 0;

	model_bench_set_cost(&bench, COST_SCHED_HZ, 100);
	model_bench_set_cost(&bench, COST_SCHED_NEWIDLE, 0);
	model_bench_step(&bench, STEP_PYTHON, 0)->duration.kind = DURATION_ITEM;
	model_bench_run_items(&bench, MODEL_PROCESSES, 0, items_ns, 4);
	for (uint64_t i = 0; i < 20; i++)
		sum_s += model_bench_replicate(&bench, i)->makespan_s;
	cr_expect(gt(dbl, sum_s / 20, 0.110));
	cr_expect(lt(dbl, sum_s / 20, 0.120));
}

/* Eight jobs of 20 ms on one core, eight of 1 ms on the other, which idles after them. At the next tick, 10 ms apart, seven have
 * not run yet, and it takes half of the eight: four jobs a core end 80 ms later. (One at a time, and more only as busy cores even
 * out, took 98 to 100 ms in all.) */
Test(machine, an_idle_core_takes_half_of_what_another_has)
{
	sim_ns items_ns[16];

	for (int i = 0; i < 16; i++)
		items_ns[i] = i % 2 == 0 ? SIM_MS : 20 * SIM_MS;
	model_bench_set_cost(&bench, COST_SCHED_HZ, 100);
	model_bench_set_cost(&bench, COST_SCHED_NEWIDLE, 0);
	model_bench_step(&bench, STEP_PYTHON, 0)->duration.kind = DURATION_ITEM;
	model_bench_run_items(&bench, MODEL_PROCESSES, 0, items_ns, 16);
	for (uint64_t i = 0; i < 20; i++)
		cr_expect(lt(dbl, model_bench_replicate(&bench, i)->makespan_s, 0.096));
}
