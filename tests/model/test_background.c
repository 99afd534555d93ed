/*
 * test_background.c - a machine that is not all the program's: other processes on its cores, and memory that ends and what takes it.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>

#include "tests/model/model_helper.h"

static struct model_bench bench;

static void set_up(void)
{
	model_bench_init(&bench, 1);
}

static void tear_down(void)
{
	model_bench_release(&bench);
}

TestSuite(background, .init = set_up, .fini = tear_down);

Test(background, takes_its_fair_share_of_the_core)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_PYTHON, 200 * SIM_MS);
	model_bench_run_count(&bench, MODEL_SEQUENTIAL, 0, 1);
	bench.workload.machine.background = 1;
	result = model_bench_simulate(&bench);
	cr_expect(fabs(result->makespan_s - 0.4) < 0.02, "half a core: %g s", result->makespan_s);
	cr_expect(fabs(result->utilisation_cores - 0.5) < 0.03, "the program's own: %g", result->utilisation_cores);
	bench.workload.machine.background = 3;
	result = model_bench_simulate(&bench);
	cr_expect(fabs(result->makespan_s - 0.8) < 0.05, "a quarter: %g s", result->makespan_s);
}

Test(background, leaves_other_cores_to_the_program)
{
	const struct variant_result *result;

	bench.workload.machine.cores = 2;
	model_bench_step(&bench, STEP_PYTHON, 200 * SIM_MS);
	model_bench_run_count(&bench, MODEL_SEQUENTIAL, 0, 1);
	bench.workload.machine.background = 1;
	result = model_bench_simulate(&bench);
	cr_expect(fabs(result->makespan_s - 0.2) < 0.01, "%g s", result->makespan_s);
}

Test(background, does_not_hide_a_deadlock)
{
	struct step *step;
	const struct variant_result *result;

	bench.resources[0] = (struct resource){ .kind = RESOURCE_LOCK, .name = "lock", .scope = SCOPE_THREADS };
	bench.workload.resource_count = 1;
	step = model_bench_step(&bench, STEP_ACQUIRE, 0);
	step->resource = 0;
	step = model_bench_step(&bench, STEP_ACQUIRE, 0);
	step->resource = 0;
	model_bench_run_count(&bench, MODEL_THREADS, 0, 1);
	bench.workload.machine.background = 2;
	result = model_bench_simulate(&bench);
	cr_expect(result->deadlock);
	cr_expect(not(result->limit_reached));
	cr_expect(eq(dbl, result->unfinished, 1));
}

Test(background, a_long_sleep_is_no_deadlock)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 5 * SIM_S);
	model_bench_run_count(&bench, MODEL_SEQUENTIAL, 0, 1);
	bench.workload.machine.background = 2;
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 1));
	cr_expect(not(result->deadlock));
}

/* Two tasks of 60 MiB each fit into 200 MiB one after the other and together, four together do not. */
Test(background, memory_that_ends_stops_the_run)
{
	const struct variant_result *result;
	struct step *step = model_bench_step(&bench, STEP_ALLOCATE, 0);

	step->bytes = 60 * 1048576;
	model_bench_step(&bench, STEP_IO, 10 * SIM_MS);
	bench.workload.machine.memory_bytes = 200 * 1048576;
	model_bench_run_count(&bench, MODEL_SEQUENTIAL, 0, 4);
	cr_expect(eq(dbl, model_bench_simulate(&bench)->completed, 4));
	model_bench_run_count(&bench, MODEL_THREADS, 0, 3);
	cr_expect(eq(dbl, model_bench_simulate(&bench)->completed, 3));
	model_bench_run_count(&bench, MODEL_THREADS, 0, 4);
	result = model_bench_simulate(&bench);
	cr_expect(result->limit_reached);
	cr_expect(isnan(result->makespan_s));
	cr_expect(eq(dbl, result->unfinished, 4));
}

/* Threads that end before the next one starts, 10 ms later: of each there stay its object and what it keeps until it is joined,
 * and the third is there itself. */
Test(background, threads_that_have_ended_keep_memory_until_they_are_joined)
{
	model_bench_step(&bench, STEP_IO, SIM_MS);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 3);
	model_bench_set_cost(&bench, COST_PY_THREAD_START, 10e6);
	model_bench_set_cost(&bench, COST_MEMORY_THREAD, 1e6);
	model_bench_set_cost(&bench, COST_MEMORY_THREAD_OBJECT, 1e4);
	model_bench_set_cost(&bench, COST_MEMORY_THREAD_ENDED, 2e5);
	cr_expect(eq(dbl, model_bench_simulate(&bench)->peak_memory_bytes, 3 * 1e4 + 2 * 2e5 + 1e6));
}
