/*
 * test_load.c - users, rates over time, bursts, mixes, warm-up and overload, each against arithmetic or theory.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "tests/model/model_helper.h"
#include "tests/model/theory_helper.h"

static struct model_bench bench;

static void set_up(void)
{
	model_bench_init(&bench, 4);
}

static void tear_down(void)
{
	model_bench_release(&bench);
}

TestSuite(load, .init = set_up, .fini = tear_down);

/* ---- When arrivals come ---- */

static struct arrival_source source_of(uint64_t replication)
{
	struct arrival_source source;

	arrival_source_init(&source, &bench.workload, replication);
	return source;
}

/* Arrivals at least `from_ns` and before `to_ns`, from the start on. */
static size_t count_between(uint64_t replication, sim_ns from_ns, sim_ns to_ns)
{
	struct arrival_source source = source_of(replication);
	uint32_t task;
	size_t count = 0;

	while (arrival_source_next(&source, &task) && source.at_ns < to_ns)
		count += source.at_ns >= from_ns;
	return count;
}

static void use_curve(const struct rate_point *rates, uint32_t count, sim_ns every_ns, sim_ns for_ns)
{
	model_bench_run_poisson(&bench, 4, 1, 0); /* a second of its clock apart */
	bench.workload.run.rates = rates;
	bench.workload.run.rate_count = count;
	bench.workload.run.rates_every_ns = every_ns;
	bench.workload.run.arrivals_for_ns = for_ns;
}

static const struct rate_point ramp[] = { { 0, 0 }, { 10 * SIM_S, 70 }, { 30 * SIM_S, 70 }, { 50 * SIM_S, 10 } };

Test(load, a_curve_brings_as_many_as_the_area_below_it)
{
	/* Up the ramp 350, on the plateau 1400, down 800, and 10/s after it; of the ramp's first half a quarter. */
	static const struct {
		sim_ns from_s, to_s;
		double expected;
	} spans[] = { { 0, 5, 87.5 }, { 0, 10, 350 }, { 10, 30, 1400 }, { 30, 50, 800 }, { 50, 150, 1000 } };

	use_curve(ramp, 4, 0, 150 * SIM_S);
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct estimate estimate = { 0 };

		for (uint64_t replication = 0; replication < 60; replication++)
			estimate_add(&estimate,
				     (double)count_between(replication, spans[i].from_s * SIM_S, spans[i].to_s * SIM_S));
		expect_within(&estimate, spans[i].expected, "arrivals");
	}
}

Test(load, even_arrivals_along_a_ramp_come_where_the_area_is_whole)
{
	struct arrival_source source;
	uint32_t task;

	use_curve(ramp, 4, 0, 10 * SIM_S);
	bench.workload.run.spacing = (struct distribution){ .kind = DISTRIBUTION_CONSTANT, .a = 1e9 };
	source = source_of(0);
	/* Below the ramp 7 t / s there is an area of 3.5 t^2: the n-th comes at sqrt(n / 3.5). */
	for (int n = 1; n < 350; n++) {
		cr_assert(arrival_source_next(&source, &task));
		cr_expect(fabs((double)source.at_ns - sqrt(n / 3.5) * 1e9) < 2e3, "%d: %ld", n, (long)source.at_ns);
	}
}

Test(load, a_curve_that_repeats_is_the_same_each_time)
{
	static const struct rate_point rates[] = { { 0, 40 }, { 10 * SIM_S, 40 }, { 11 * SIM_S, 0 } };

	use_curve(rates, 3, 60 * SIM_S, 600 * SIM_S);
	bench.workload.run.spacing = (struct distribution){ .kind = DISTRIBUTION_CONSTANT, .a = 1e9 };
	/* 400 and 20 in each of ten minutes; the very last one is due at the end. */
	cr_expect(eq(sz, count_between(0, 0, 600 * SIM_S), 4199));
	cr_expect(eq(sz, count_between(0, 131 * SIM_S, 180 * SIM_S), 0));
}

Test(load, a_curve_that_ends_at_nothing_ends)
{
	static const struct rate_point rates[] = { { 0, 40 }, { 10 * SIM_S, 0 } };

	use_curve(rates, 2, 0, 0);
	cr_expect(eq(sz, count_between(0, 0, SIM_NS_MAX), count_between(0, 0, 10 * SIM_S)));
}

Test(load, bursts_come_together_at_the_same_rate)
{
	struct arrival_source source;
	uint32_t task;
	sim_ns first_ns;

	model_bench_run_poisson(&bench, 4, 100 / 7., 7000);
	bench.workload.run.burst = 7;
	source = source_of(0);
	for (int burst = 0; burst < 1000; burst++) {
		cr_assert(arrival_source_next(&source, &task));
		first_ns = source.at_ns;
		for (int i = 1; i < 7; i++) {
			cr_assert(arrival_source_next(&source, &task));
			cr_expect(eq(i64, source.at_ns, first_ns));
		}
	}
	cr_expect(not(arrival_source_next(&source, &task)));
	cr_expect(fabs((double)source.at_ns / 1e9 - 70) < 3.3 * 70 / sqrt(1000));
}

/* ---- Several tasks ---- */

Test(load, a_mix_has_its_shares_and_its_own_figures)
{
	static const struct task_share mix[] = { { 0, 0.7 }, { 1, 1 } };
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 7 * SIM_MS);
	model_bench_task(&bench, "other", false);
	model_bench_step(&bench, STEP_IO, 23 * SIM_MS);
	model_bench_run_poisson(&bench, 60, 100, 10000);
	bench.workload.run.mix = mix;
	bench.workload.run.mix_count = 2;
	result = model_bench_simulate(&bench);
	cr_assert(eq(sz, result->class_count, 2));
	cr_expect(eq(dbl, result->classes[0].completed + result->classes[1].completed, 10000));
	cr_expect(fabs(result->classes[0].completed - 7000) < 3.3 * sqrt(10000 * 0.7 * 0.3));
	cr_expect(eq(dbl, result->classes[0].sojourn.p50, 0.007));
	cr_expect(eq(dbl, result->classes[1].sojourn.p99, 0.023));
}

/* ---- Users ---- */

static void use_users(int64_t users, double think_ns, sim_ns for_ns)
{
	model_bench_run_poisson(&bench, 1, 1, 0);
	bench.workload.run.kind = RUN_USERS;
	bench.workload.run.users = users;
	bench.workload.run.arrivals_for_ns = for_ns;
	bench.workload.run.think = (struct duration){
		.kind = DURATION_DRAWN, .distribution = { .kind = DISTRIBUTION_EXPONENTIAL, .a = think_ns }
	};
}

/* One server and n users who think: P(the server is idle) by the recursion of the machine repairman. */
Test(load, users_who_think_are_the_machine_repairman)
{
	const double service_s = 13e-3, think_s = 71e-3;
	struct estimate throughput = { 0 };
	double term = 1, sum = 1;

	for (int i = 0; i < 7; i++) {
		term *= (7 - i) * service_s / think_s;
		sum += term;
	}
	model_bench_exponential(&bench, STEP_IO, 13 * SIM_MS);
	use_users(7, think_s * 1e9, 100 * SIM_S);
	bench.workload.run.warm_up_ns = 3 * SIM_S;
	for (uint64_t i = 0; i < 20; i++) {
		const struct variant_result *result = model_bench_replicate(&bench, i);

		estimate_add(&throughput, result->throughput_per_s);
		/* Nobody is left out: all users have a request, or think (the interactive response time law). */
		cr_expect(fabs(7 / result->throughput_per_s - think_s - result->sojourn.mean) < 0.04 * think_s);
		cr_expect(isnan(result->backlog_growth_per_s));
	}
	expect_within(&throughput, (1 - 1 / sum) / service_s, "throughput");
}

Test(load, users_make_as_many_requests_as_were_asked_for)
{
	model_bench_step(&bench, STEP_IO, 3 * SIM_MS);
	use_users(5, 7e6, 0);
	bench.workload.run.count = 711;
	cr_expect(eq(dbl, model_bench_simulate(&bench)->completed, 711));
	/* Those that are turned away come again after a while, too. */
	bench.workload.model.queue_limit = 1;
	model_bench_simulate(&bench);
	cr_expect(bench.result.rejected > 0);
	cr_expect(eq(dbl, bench.result.completed + bench.result.rejected, 711));
}

/* ---- Warm-up ---- */

/* Two every 20 ms, the last five times of which are measured: one of the two waits for the other. */
Test(load, what_comes_before_the_warm_up_is_over_is_in_no_figure_of_time)
{
	const struct variant_result *result;
	double sum = 0;

	model_bench_step(&bench, STEP_IO, 9 * SIM_MS);
	model_bench_run_poisson(&bench, 1, 1, 110);
	bench.workload.run.spacing = (struct distribution){ .kind = DISTRIBUTION_CONSTANT, .a = 20e6 };
	bench.workload.run.burst = 2;
	bench.workload.run.warm_up_ns = 1010 * SIM_MS; /* the 51st burst of 55 comes at 1020 ms */
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 110));
	cr_expect(fabs(result->sojourn.mean - 0.0135) < 1e-12);
	for (int part = 0; part < TIME_PART_COUNT; part++)
		sum += result->time_in_s[part];
	cr_expect(fabs(sum - 10 * result->sojourn.mean) < 1e-9, "five bursts are measured: %g", sum);
	/* 10 requests from 1.02 s to 1.118 s. */
	cr_expect(fabs(result->throughput_per_s - 10 / 0.098) < 1e-6, "%g", result->throughput_per_s);
}

Test(load, mser_finds_the_end_of_a_warm_up)
{
	/* 400 requests at once, then one by one: their wait falls until it is gone. */
	static struct logged_arrival log[4000];
	const struct variant_result *result;

	for (int i = 0; i < 4000; i++)
		log[i].at_ns = i < 400 ? 0 : (i - 400) * 10 * SIM_MS;
	model_bench_exponential(&bench, STEP_IO, 5 * SIM_MS);
	model_bench_run_poisson(&bench, 1, 1, 0);
	bench.workload.run.log = log;
	bench.workload.run.log_count = 4000;
	result = model_bench_simulate(&bench);
	cr_expect(result->sojourn.p99 > 1, "%g", result->sojourn.p99);
	bench.workload.run.warm_up_ns = WARM_UP_MSER;
	result = model_bench_simulate(&bench);
	cr_expect(result->sojourn.p99 < 0.2, "%g", result->sojourn.p99);
	/* D/M/1 at half load: the sojourn's mean is 1 / (mu (1 - s)) with s = exp(-2 (1 - s)) = 0.2032. */
	cr_expect(fabs(result->sojourn.mean - 0.005 / (1 - 0.2032)) < 0.0008, "%g", result->sojourn.mean);
}

/* ---- Overload ---- */

Test(load, more_than_can_be_done_is_overload)
{
	const struct variant_result *result;

	model_bench_exponential(&bench, STEP_IO, 10 * SIM_MS);
	model_bench_run_poisson(&bench, 1, 130, 13000);
	result = model_bench_simulate(&bench);
	cr_expect(result->overloaded);
	/* 130/s come, 100/s go. */
	cr_expect(fabs(result->backlog_growth_per_s - 30) < 5, "%g", result->backlog_growth_per_s);
	cr_expect(isnan(result->sojourn.p99));
	cr_expect(result->note != NULL);
}

Test(load, a_busy_queue_is_no_overload)
{
	model_bench_exponential(&bench, STEP_IO, 10 * SIM_MS);
	model_bench_run_poisson(&bench, 1, 95, 5000);
	for (uint64_t i = 0; i < 20; i++)
		cr_expect(not(model_bench_replicate(&bench, i)->overloaded), "replication %lu", i);
}

Test(load, long_tasks_in_large_numbers_are_no_overload)
{
	model_bench_step(&bench, STEP_IO, 5 * SIM_S);
	model_bench_run_poisson(&bench, 4000, 200, 1500);
	model_bench_simulate(&bench);
	/* Most of them are in flight when the last one comes. */
	cr_expect(bench.result.in_flight_max > 700);
	cr_expect(not(bench.result.overloaded));
	cr_expect(eq(dbl, bench.result.sojourn.p99, 5));
}

static void serve_in_a_loop(double rate_per_s, int64_t count)
{
	model_bench_run_poisson(&bench, 0, rate_per_s, count);
	bench.workload.model.kind = MODEL_ASYNCIO;
}

/* Early requests come to the loop again and wait for those that have come since: they take nearly as long as late ones. */
Test(load, a_loop_that_is_shared_among_too_many_is_overloaded)
{
	model_bench_step(&bench, STEP_PYTHON, SIM_MS);
	model_bench_step(&bench, STEP_IO, 20 * SIM_MS);
	model_bench_step(&bench, STEP_PYTHON, SIM_MS);
	serve_in_a_loop(1000, 8000);
	model_bench_simulate(&bench);
	cr_expect(bench.result.overloaded);
	/* 1000/s come, at most 500/s go. */
	cr_expect(ge(dbl, bench.result.backlog_growth_per_s, 490));
}

Test(load, a_loop_in_which_many_wait_long_is_not_overloaded)
{
	model_bench_exponential(&bench, STEP_IO, 5 * SIM_S);
	serve_in_a_loop(400, 8000);
	for (uint64_t i = 0; i < 5; i++) {
		const struct variant_result *result = model_bench_replicate(&bench, i);

		cr_expect(gt(dbl, result->in_flight_max, 1500));
		cr_expect(not(result->overloaded), "replication %lu", i);
	}
}
