/*
 * test_server.c - servers of several processes: what is accepted by whom, turned away, killed, replaced and taken
 * ahead, by arithmetic done by hand under the profile `ideal`; and queueing theory.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <stdlib.h>

#include "tests/model/model_helper.h"

static struct model_bench bench;
static struct model inner;

static void set_up(void)
{
	model_bench_init(&bench, 8);
}

static void tear_down(void)
{
	model_bench_release(&bench);
}

TestSuite(server, .init = set_up, .fini = tear_down);

/* `workers` processes, each serving by `kind` with so many threads. */
static struct model *serve_by(int workers, enum model_kind kind, int threads)
{
	struct model *model = &bench.workload.model;

	inner = (struct model){ .kind = kind, .workers = threads, .timeout_ns = TIMEOUT_NONE };
	*model = (struct model){
		.kind = MODEL_SERVER, .workers = workers, .timeout_ns = TIMEOUT_NONE, .backlog = 128, .each = &inner
	};
	return model;
}

static void serve_count(int64_t count)
{
	bench.workload.run = (struct run){ .kind = RUN_COUNT, .count = count };
}

static void serve_items(const sim_ns *items_ns, int64_t count)
{
	bench.workload.run = (struct run){ .kind = RUN_ITEMS, .count = count, .items_ns = items_ns };
}

static struct step *item_step(enum step_kind kind)
{
	struct step *step = model_bench_step(&bench, kind, 0);

	step->duration.kind = DURATION_ITEM;
	return step;
}

static bool is_about(double value_s, double expected_s)
{
	return fabs(value_s - expected_s) < 1e-6 + 1e-4 * expected_s;
}

static double ended(const struct variant_result *result)
{
	return result->completed + result->failed + result->rejected + result->timed_out + result->cancelled;
}

Test(server, blocking_workers_serve_one_request_each)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 700 * SIM_US);
	serve_by(3, MODEL_SEQUENTIAL, 0);
	serve_count(10);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 10));
	cr_expect(is_about(result->makespan_s, 4 * 0.7e-3), "ten over three: four rounds, %g", result->makespan_s);
}

Test(server, threads_multiply_what_each_worker_serves)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 700 * SIM_US);
	serve_by(2, MODEL_THREAD_POOL, 3);
	serve_count(60);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 60));
	/* A main thread accepts whether or not its threads are busy, so one worker may have more than its half. */
	cr_expect(result->makespan_s >= 10 * 0.7e-3 - 1e-9 && result->makespan_s < 20 * 0.7e-3 + 1e-6, "%g",
		  result->makespan_s);
}

Test(server, event_loops_hold_all_requests_at_once)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 5 * SIM_MS);
	serve_by(2, MODEL_ASYNCIO, 0);
	bench.workload.model.backlog = 500;
	serve_count(300);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 300));
	cr_expect(eq(dbl, result->in_flight_max, 300));
	cr_expect(is_about(result->makespan_s, 5e-3), "%g", result->makespan_s);
}

Test(server, a_blocking_call_stops_one_loop_and_not_the_other_worker)
{
	static const sim_ns items_ns[] = { 50 * SIM_MS, 1 * SIM_MS, 1 * SIM_MS, 1 * SIM_MS };
	const struct variant_result *result;

	item_step(STEP_BLOCK);
	serve_by(1, MODEL_ASYNCIO, 0);
	serve_items(items_ns, 4);
	result = model_bench_simulate(&bench);
	cr_expect(is_about(result->makespan_s, 53e-3), "one loop does them in turn: %g", result->makespan_s);
	cr_expect(is_about(result->sojourn.p50, 51.5e-3), "and all wait: %g", result->sojourn.p50);
}

/* Ten requests at once; with a backlog of n, n + 1 connections wait, and the worker takes one. */
Test(server, who_meets_a_full_backlog_comes_again_after_a_second)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 3 * SIM_MS);
	model_bench_set_cost(&bench, COST_SERVER_CONNECT, 1000);
	serve_by(1, MODEL_SEQUENTIAL, 0)->backlog = 4;
	serve_count(10);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 10));
	/* One is served and five wait: 6 of 3 ms. The other four come a second later, the first of them after 7 us.
	 */
	cr_expect(is_about(result->makespan_s, 1 + 7e-6 + 4 * 3e-3), "%g", result->makespan_s);
}

Test(server, a_backlog_that_stays_full_rejects_after_the_last_try)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 100 * SIM_S);
	serve_by(1, MODEL_SEQUENTIAL, 0)->backlog = 1;
	bench.workload.machine.costs.value[COST_SCHED_KIND] = 0; /* an older kernel: 1 + 2 + 4 + 8 + 16 + 32 s */
	serve_count(6);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 3));
	cr_expect(eq(dbl, result->rejected, 3));
	cr_expect(is_about(result->makespan_s, 300), "%g", result->makespan_s);
}

Test(server, a_silent_worker_is_killed_and_replaced)
{
	static const sim_ns items_ns[] = { 30 * SIM_MS, 500 * SIM_MS, 30 * SIM_MS, 30 * SIM_MS };
	const struct variant_result *result;
	double time_in_s = 0;

	item_step(STEP_IO);
	serve_by(1, MODEL_SEQUENTIAL, 0)->timeout_ns = 100 * SIM_MS;
	serve_items(items_ns, 4);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 3));
	cr_expect(eq(dbl, result->failed, 1));
	/* The second begins at 30 ms; the arbiter looks every 10 ms and finds it silent for more than 100 ms at 140
	 * ms. */
	cr_expect(is_about(result->makespan_s, 140e-3 + 60e-3), "%g", result->makespan_s);
	cr_expect(eq(dbl, ended(result), 4));
	for (int part = 0; part < TIME_PART_COUNT; part++)
		time_in_s += result->time_in_s[part];
	cr_expect(is_about(time_in_s, 4 * result->sojourn.mean), "all of all sojourns: %g", time_in_s);
}

/* The main thread of a worker with threads gives signs of life while they serve. */
Test(server, a_long_request_on_a_thread_does_not_make_a_worker_silent)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 500 * SIM_MS);
	serve_by(1, MODEL_THREAD_POOL, 2)->timeout_ns = 100 * SIM_MS;
	serve_count(2);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 2));
	cr_expect(is_about(result->makespan_s, 500e-3), "%g", result->makespan_s);
}

Test(server, a_blocked_loop_is_silent_and_takes_its_requests_with_it)
{
	static const sim_ns items_ns[] = { 500 * SIM_MS, 7 * SIM_MS, 7 * SIM_MS };
	const struct variant_result *result;

	item_step(STEP_BLOCK);
	serve_by(1, MODEL_ASYNCIO, 0)->timeout_ns = 100 * SIM_MS;
	serve_items(items_ns, 3);
	result = model_bench_simulate(&bench);
	/* All three had been accepted in one turn. */
	cr_expect(eq(dbl, result->failed, 3), "%g failed", result->failed);
	cr_expect(eq(dbl, ended(result), 3));
}

/* Each worker ends after two requests and is replaced, which takes a fork of 9 ms. */
Test(server, workers_are_recycled)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 20 * SIM_MS);
	model_bench_set_cost(&bench, COST_FORK_BASE, 9e6);
	serve_by(1, MODEL_SEQUENTIAL, 0)->max_tasks_per_child = 2;
	serve_count(5);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 5));
	cr_expect(is_about(result->makespan_s, 5 * 20e-3 + 3 * 9e-3), "%g", result->makespan_s);
}

Test(server, recycling_loses_nothing_whatever_serves)
{
	static const enum model_kind kinds[] = { MODEL_SEQUENTIAL, MODEL_THREAD_POOL, MODEL_ASYNCIO };

	model_bench_step(&bench, STEP_IO, 3 * SIM_MS);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct variant_result *result;

		serve_by(2, kinds[i], 2)->max_tasks_per_child = 7;
		serve_count(100);
		result = model_bench_simulate(&bench);
		cr_expect(eq(dbl, result->completed, 100), "model %d", (int)kinds[i]);
	}
}

/* One job of a second and seven of 10 ms. */
static const sim_ns one_long_ns[] = { SIM_S,	   10 * SIM_MS, 10 * SIM_MS, 10 * SIM_MS,
				      10 * SIM_MS, 10 * SIM_MS, 10 * SIM_MS, 10 * SIM_MS };

Test(server, without_prefetch_short_jobs_pass_a_long_one)
{
	const struct variant_result *result;

	item_step(STEP_IO);
	model_bench_set_cost(&bench, COST_SERVER_CONNECT, 1000);
	serve_by(2, MODEL_SEQUENTIAL, 0);
	serve_items(one_long_ns, 8);
	result = model_bench_simulate(&bench);
	cr_expect(is_about(result->makespan_s, 1 + 1e-6), "%g", result->makespan_s);
	cr_expect(result->sojourn.p50 < 0.06, "%g", result->sojourn.p50);
}

/* The workers accept in turns while they may take three ahead: the first has the long job and the third, fifth and
 * seventh. */
Test(server, prefetch_holds_short_jobs_back_behind_a_long_one)
{
	const struct variant_result *result;

	item_step(STEP_IO);
	model_bench_set_cost(&bench, COST_SERVER_CONNECT, 1000);
	serve_by(2, MODEL_SEQUENTIAL, 0)->prefetch = 3;
	serve_items(one_long_ns, 8);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 8));
	cr_expect(is_about(result->makespan_s, 1 + 3 * 10e-3 + 1e-6), "%g", result->makespan_s);
	cr_expect(is_about(result->sojourn.max, 1 + 3 * 10e-3 + 1e-6), "%g", result->sojourn.max);
}

/* A short job every 3 ms, each of 1 ms: with plain accept() the workers take turns. */
Test(server, accept_that_blocks_is_first_come_first_served)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 1 * SIM_MS);
	serve_by(3, MODEL_SEQUENTIAL, 0)->max_tasks_per_child = 4;
	bench.workload.run = (struct run){ .kind = RUN_ARRIVALS, .count = 9 };
	bench.workload.run.spacing = (struct distribution){ .kind = DISTRIBUTION_CONSTANT, .a = 3e6 };
	/* A replacement would show: it takes a fork of 100 ms. Nine requests in turns are three each. */
	model_bench_set_cost(&bench, COST_FORK_BASE, 100e6);
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 9));
	cr_expect(is_about(result->makespan_s, 3 * 100e-3 + 9 * 3e-3 + 1e-3), "%g", result->makespan_s);
}

/* Workers that poll are all woken, the one that came last first; where nothing takes time it has accepted before
 * the others run, whether or not its thread is free. */
Test(server, workers_that_poll_accept_unevenly)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 700 * SIM_US);
	model_bench_set_cost(&bench, COST_SERVER_CONNECT, 1000);
	serve_by(2, MODEL_THREAD_POOL, 1);
	serve_count(4);
	result = model_bench_simulate(&bench);
	cr_expect(is_about(result->makespan_s, 1e-6 + 4 * 0.7e-3), "one worker has them all: %g",
		  result->makespan_s);
}

/* Sockets of their own are chosen by hash: of 8 requests at once on 4 workers some have to wait behind others. */
Test(server, reuse_port_leaves_workers_idle)
{
	const struct variant_result *result;
	double worst_s = 0;

	model_bench_step(&bench, STEP_IO, 10 * SIM_MS);
	serve_by(4, MODEL_SEQUENTIAL, 0)->reuse_port = true;
	serve_count(8);
	for (uint64_t replication = 0; replication < 8; replication++) {
		result = model_bench_replicate(&bench, replication);
		cr_expect(eq(dbl, result->completed, 8));
		worst_s = fmax(worst_s, result->makespan_s);
	}
	cr_expect(worst_s > 30e-3 - 1e-9, "two rounds would do: %g", worst_s);
}

Test(server, users_think_between_requests)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 2 * SIM_MS);
	serve_by(4, MODEL_SEQUENTIAL, 0);
	bench.workload.run = (struct run){ .kind = RUN_USERS, .users = 3, .count = 30 };
	bench.workload.run.think = (struct duration){ .kind = DURATION_CONSTANT, .constant_ns = 5 * SIM_MS };
	result = model_bench_simulate(&bench);
	cr_expect(eq(dbl, result->completed, 30));
	/* Ten rounds of 2 ms and nine times thinking. */
	cr_expect(is_about(result->makespan_s, 10 * 2e-3 + 9 * 5e-3), "%g", result->makespan_s);
}

Test(server, workers_can_be_there_before_the_clock_starts)
{
	const struct variant_result *result;

	model_bench_step(&bench, STEP_IO, 2 * SIM_MS);
	model_bench_set_cost(&bench, COST_FORK_BASE, 50e6);
	serve_by(2, MODEL_SEQUENTIAL, 0)->warm = true;
	serve_count(2);
	result = model_bench_simulate(&bench);
	cr_expect(is_about(result->makespan_s, 2e-3), "%g", result->makespan_s);
}

/* N blocking workers that only wait are an M/M/N queue. */
Test(server, blocking_workers_are_an_m_m_c_queue)
{
	const double rate_per_s = 3200, mean_s = 1e-3;
	double sum_s = 0;

	model_bench_exponential(&bench, STEP_IO, SIM_MS);
	serve_by(4, MODEL_SEQUENTIAL, 0)->backlog = 1000000;
	bench.workload.run = (struct run){ .kind = RUN_ARRIVALS, .count = 20000 };
	bench.workload.run.spacing =
		(struct distribution){ .kind = DISTRIBUTION_EXPONENTIAL, .a = 1e9 / rate_per_s };
	for (uint64_t replication = 0; replication < 8; replication++)
		sum_s += model_bench_replicate(&bench, replication)->sojourn.mean;
	/* Erlang C of 4 servers at 3.2 erlangs: 0.5964; W = 1 ms + C / (4 - 3.2) ms. */
	cr_expect(fabs(sum_s / 8 - mean_s * (1 + 0.5964 / 0.8)) < 0.05 * 1.7455e-3, "%g", sum_s / 8);
}

Test(server, the_same_seed_gives_the_same_trace)
{
	char *first, *second;

	model_bench_exponential(&bench, STEP_IO, SIM_MS);
	serve_by(2, MODEL_THREAD_POOL, 2)->max_tasks_per_child = 9;
	serve_count(40);
	first = model_bench_trace(&bench, false);
	second = model_bench_trace(&bench, true);
	cr_expect(eq(str, first, second));
	free(first);
	free(second);
}
