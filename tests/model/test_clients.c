/*
 * test_clients.c - who makes requests and how they come to a program: users who are answered, and requests that the
 * program makes itself; by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

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

TestSuite(clients, .init = set_up, .fini = tear_down);

/* Ten requests under the model, one every 10 ms from 10 ms on. */
static void use_arrivals(enum model_kind model, bool inside)
{
	model_bench_release(&bench);
	model_bench_init(&bench, 4);
	model_bench_run_poisson(&bench, 1, 100, 10);
	bench.workload.model.kind = model;
	bench.workload.model.timeout_ns = TIMEOUT_NONE;
	bench.tasks[0].ways = model == MODEL_ASYNCIO ? TASK_AS_COROUTINE : TASK_AS_FUNCTION;
	bench.workload.run.spacing = (struct distribution){ .kind = DISTRIBUTION_CONSTANT, .a = 10e6 };
	bench.workload.run.from_inside = inside;
}

Test(clients, requests_from_inside_come_when_those_from_outside_do)
{
	static const enum model_kind models[] = { MODEL_THREAD_POOL, MODEL_ASYNCIO };

	for (size_t model = 0; model < 2; model++)
		for (int inside = 0; inside <= 1; inside++) {
			const struct variant_result *result;

			use_arrivals(models[model], inside);
			model_bench_step(&bench, STEP_IO, 4 * SIM_MS);
			result = model_bench_simulate(&bench);
			cr_expect(eq(dbl, result->completed, 10));
			cr_expect(fabs(result->makespan_s - 0.104) < 1e-6, "%g", result->makespan_s);
			cr_expect(fabs(result->sojourn.max - 0.004) < 1e-6, "%g", result->sojourn.max);
		}
}

/* Requests that block the loop for 25 ms each. The first comes at 10 ms. When it is done the coroutine that makes them is
 * late with two, which are done at 85 ms; by then five more are due, the last of which ends at 210 ms. From outside
 * the tenth comes at 100 ms and ends at 260 ms. */
Test(clients, who_makes_requests_inside_a_blocked_loop_is_late_himself)
{
	static const double longest_s[] = { 0.160, 0.125 };

	for (int inside = 0; inside <= 1; inside++) {
		const struct variant_result *result;

		use_arrivals(MODEL_ASYNCIO, inside);
		model_bench_step(&bench, STEP_BLOCK, 25 * SIM_MS);
		result = model_bench_simulate(&bench);
		cr_expect(fabs(result->makespan_s - 0.260) < 1e-6, "%g", result->makespan_s);
		cr_expect(fabs(result->sojourn.max - longest_s[inside]) < 1e-6, "%g", result->sojourn.max);
	}
}

/* A user's request takes 4 ms, telling him 1 ms, and he thinks for 6 ms, of which nobody waits for the tenth. */
Test(clients, telling_a_user_takes_a_write_to_a_pipe)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 4 * SIM_MS);
	model_bench_run_poisson(&bench, 1, 1, 10);
	bench.workload.run.kind = RUN_USERS;
	bench.workload.run.users = 1;
	bench.workload.run.think = (struct duration){ .constant_ns = 6 * SIM_MS };
	model_bench_set_cost(&bench, COST_PIPE_WRITE, 1e6);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 10));
	cr_expect(fabs(result->makespan_s - (10 * 0.005 + 9 * 0.006)) < 1e-6, "%g", result->makespan_s);
	cr_expect(fabs(result->sojourn.max - 0.004) < 1e-6, "%g", result->sojourn.max);
}
