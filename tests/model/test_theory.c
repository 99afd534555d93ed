/*
 * test_theory.c - simulations against what queueing theory and conservation laws say.
 *
 * Under the profile `ideal` a thread pool that only waits is an M/M/c queue. The first seed is taken; the
 * intervals are of 99.9 % confidence from replications (Student's t).
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>

#include "tests/model/model_helper.h"
#include "tests/model/theory_helper.h"

#define REPLICATIONS 20

static struct model_bench bench;

static void set_up(void)
{
	model_bench_init(&bench, 4);
}

static void tear_down(void)
{
	model_bench_release(&bench);
}

TestSuite(theory, .init = set_up, .fini = tear_down);

static void check_mmc(int servers, double utilisation)
{
	const double mu = 1 / 7.3e-3;
	double arrival = utilisation * servers * mu;
	double wait = erlang_c(servers, arrival / mu);
	struct estimate mean = { 0 }, waited = { 0 }, p50 = { 0 }, p99 = { 0 }, in_flight = { 0 };

	model_bench_exponential(&bench, STEP_IO, 7300 * SIM_US);
	model_bench_run_poisson(&bench, servers, arrival, 50000);
	for (uint64_t i = 0; i < REPLICATIONS; i++) {
		const struct variant_result *result = model_bench_replicate(&bench, i);

		cr_assert(eq(dbl, result->completed, 50000));
		estimate_add(&mean, result->sojourn.mean);
		estimate_add(&waited, result->waited_fraction);
		estimate_add(&p50, result->sojourn.p50);
		estimate_add(&p99, result->sojourn.p99);
		estimate_add(&in_flight, result->in_flight_mean);
		/* Little's law holds for the very numbers of each run: L = throughput x W. */
		cr_expect(fabs(result->in_flight_mean - result->throughput_per_s * result->sojourn.mean) <
			  1e-6 * result->in_flight_mean);
	}
	expect_within(&mean, wait / (servers * mu - arrival) + 1 / mu, "mean sojourn");
	expect_within(&waited, wait, "P(wait)");
	expect_within(&p50, sojourn_percentile(servers, arrival, mu, 0.5), "p50");
	expect_within(&p99, sojourn_percentile(servers, arrival, mu, 0.99), "p99");
}

Test(theory, one_server_is_m_m_1)
{
	check_mmc(1, 0.8);
}

Test(theory, three_servers_are_m_m_3)
{
	check_mmc(3, 0.7);
}

Test(theory, sixteen_servers_are_m_m_16)
{
	check_mmc(16, 0.9);
}

/* Bytecode under the GIL is one server, however many threads and cores. */
Test(theory, bytecode_on_a_pool_is_one_server)
{
	struct estimate mean = { 0 };

	bench.workload.python.switch_interval_ns = 1000 * SIM_S; /* nobody is asked to let go: first come, first served */
	model_bench_exponential(&bench, STEP_PYTHON, 730 * SIM_US);
	model_bench_run_poisson(&bench, 1, 0.6 / 730e-6, 20000);
	for (uint64_t i = 0; i < REPLICATIONS; i++)
		estimate_add(&mean, model_bench_replicate(&bench, i)->sojourn.mean);
	/* The main thread reads and submits under the same GIL, at no cost but after the running request: up to
	 * that, M/M/1. */
	cr_expect(mean.sum / REPLICATIONS > 0.95 * 730e-6 / 0.4);
}

Test(theory, parts_of_time_add_up_to_the_sojourns)
{
	static const enum model_kind kinds[] = { MODEL_SEQUENTIAL, MODEL_THREADS, MODEL_THREAD_POOL, MODEL_PROCESSES,
						 MODEL_POOL };

	model_bench_exponential(&bench, STEP_PYTHON, 3700 * SIM_US);
	model_bench_exponential(&bench, STEP_IO, 2300 * SIM_US);
	model_bench_exponential(&bench, STEP_C, 1900 * SIM_US);
	model_bench_exponential(&bench, STEP_NATIVE, 2900 * SIM_US);
	for (int i = 0; i < COST_COUNT; i++)
		if (cost_infos[i].unit == UNIT_ns && cost_infos[i].ideal == 0)
			bench.workload.machine.costs.value[i] = 1711;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct variant_result *result;
		double sum = 0;

		model_bench_run_count(&bench, kinds[i], 3, 17);
		result = model_bench_simulate(&bench);
		cr_assert(eq(dbl, result->completed, 17));
		for (int part = 0; part < TIME_PART_COUNT; part++)
			sum += result->time_in_s[part];
		cr_expect(fabs(sum - 17 * result->sojourn.mean) < 1e-8, "%s: parts %.9f, sojourns %.9f",
			  result->model, sum, 17 * result->sojourn.mean);
	}
}

/* Work is conserved: whatever the model, the CPU work done is the work there was. */
Test(theory, cores_do_exactly_the_work_there_is)
{
	static const enum model_kind kinds[] = { MODEL_SEQUENTIAL, MODEL_THREADS, MODEL_THREAD_POOL, MODEL_PROCESSES,
						 MODEL_POOL };
	double work_s = -1;

	model_bench_exponential(&bench, STEP_PYTHON, 3700 * SIM_US);
	model_bench_exponential(&bench, STEP_IO, 2300 * SIM_US);
	model_bench_exponential(&bench, STEP_NATIVE, 2900 * SIM_US);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct variant_result *result;
		double busy_s;

		model_bench_run_count(&bench, kinds[i], 3, 29);
		result = model_bench_simulate(&bench);
		busy_s = result->utilisation_cores * 4 * result->makespan_s;
		if (work_s < 0)
			work_s = busy_s;
		/* Pool's worker handler takes a nanosecond for each look around, also without costs, and looks around for as long
		 * as a result lies unread: while the result handler, which is woken after it, waits for their core. */
		cr_expect(fabs(busy_s - work_s) < (kinds[i] == MODEL_POOL ? 1e-3 * work_s : 1e-6), "%s: %.9f s of %.9f s", result->model, busy_s, work_s);
		/* No schedule beats the cores, nor the longest task; and none is worse than one after the other. */
		cr_expect(result->makespan_s >= work_s / 4 - 1e-6);
		cr_expect(result->makespan_s >= result->time_in_s[TIME_IO] / 29);
	}
}

/* M/M/1/4: one is served, three wait, the next is turned away. P(full) = (1 - r) r^4 / (1 - r^5). */
Test(theory, a_bounded_queue_turns_away_what_it_should)
{
	const double r = 0.8;
	struct estimate lost = { 0 };

	model_bench_exponential(&bench, STEP_IO, 1 * SIM_MS);
	model_bench_run_poisson(&bench, 1, 1000 * r, 4000);
	bench.workload.model.queue_limit = 3;
	for (int i = 0; i < REPLICATIONS; i++) {
		model_bench_replicate(&bench, (uint64_t)i);
		cr_assert(eq(dbl, bench.result.completed + bench.result.rejected, 4000));
		cr_assert(eq(dbl, bench.result.unfinished, 0));
		estimate_add(&lost, bench.result.rejected / 4000);
	}
	expect_within(&lost, (1 - r) * pow(r, 4) / (1 - pow(r, 5)), "share of the rejected");
}
