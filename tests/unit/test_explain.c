/*
 * test_explain.c - explanations and laws of small scenarios without costs, against arithmetic by hand.
 */
#include "tests/unit/scenario_helper.h"

#include <math.h>

#include "sim/plan/evaluate.h"
#include "sim/plan/explain.h"
#include "sim/plan/theory.h"

static struct helper helper;
static struct scenario *scenario;
static struct results results;

static void set_up(void)
{
	helper_open(&helper);
}

static void tear_down(void)
{
	helper_close(&helper);
}

TestSuite(explain, .init = set_up, .fini = tear_down);

static const struct evaluation once = { .replications = 1 };
static const struct explain_options asked_once = { .replications = 1 };

static void run(const char *text)
{
	const struct scenario_options options = { .profile = "ideal", .seed = 1 };

	scenario = helper_load_good(&helper, text, &options);
	results = evaluate(scenario, &once, &helper.region);
}

/* The explanation of a variant. */
static const struct explanation *explained(size_t variant)
{
	const struct explanation *explanation =
		explain(&scenario->workloads[variant], &results.variants[variant], &asked_once, &helper.region);

	cr_assert(explanation != NULL);
	return explanation;
}

static void expect_ms(double seconds, double ms, const char *what)
{
	cr_expect(fabs(seconds * 1e3 - ms) < 1e-3, "%s: %.6f ms, expected %.6f", what, seconds * 1e3, ms);
}

#define HEAD "machine: {cores: 4}\ntasks: {work: "

Test(explain, threads_under_one_gil_lose_what_it_makes_serial)
{
	const struct explanation *explanation;

	run(HEAD "[{python: 10ms}]}\nrun: {task: work, count: 4}\nvariants: {threads: threads}\n");
	explanation = explained(0);
	cr_expect(eq(str, (char *)explanation->metric, (char *)"makespan"));
	expect_ms(explanation->predicted_s, 40, "predicted");
	expect_ms(explanation->ideal_s, 10, "ideal");
	cr_expect(explanation->present[EXPLAINED_GIL]);
	expect_ms(explanation->saves_s[EXPLAINED_GIL], 30, "GIL");
	expect_ms(explanation->interaction_s, 0, "interaction");
	cr_expect(not(explanation->present[EXPLAINED_QUOTA]));
	cr_expect(not(explanation->present[EXPLAINED_WORKERS]));
	cr_assert(eq(sz, explanation->step_count, 1));
	cr_expect(fabs(explanation->steps[0].makespan + 0.1) < 1e-3);
	cr_expect(eq(int, explanation->steps[0].line, 2));
}

/* Two workers on one core: more workers alone gain nothing, more cores alone 20 ms, both 30 ms. */
Test(explain, what_only_two_changes_together_gain_is_left_over)
{
	const struct explanation *explanation;

	run("machine: {cores: 1}\ntasks: {work: [{native: 10ms}]}\nrun: {task: work, count: 4}\n"
	    "variants: {pool: {model: thread_pool, workers: 2}}\n");
	explanation = explained(0);
	expect_ms(explanation->predicted_s, 40, "predicted");
	expect_ms(explanation->ideal_s, 10, "ideal");
	expect_ms(explanation->saves_s[EXPLAINED_CORES], 20, "cores");
	expect_ms(explanation->saves_s[EXPLAINED_WORKERS], 0, "workers");
	expect_ms(explanation->interaction_s, 10, "interaction");
}

Test(explain, a_quota_and_a_service_with_one_slot_are_found)
{
	const struct explanation *explanation;

	/* Half a core: 25 ms of every 50; 100 ms of work end after 3 x 50 + 25 ms. */
	run("machine: {cores: 1, quota: 0.5, quota_period: 50ms}\ntasks: {work: [{native: 100ms}]}\nrun: {task: work}\n"
	    "variants: {threads: threads}\n");
	explanation = explained(0);
	expect_ms(explanation->ideal_s, 100, "ideal");
	cr_expect(fabs(explanation->saves_s[EXPLAINED_QUOTA] - 0.075) < 1e-4, "but for what a slice rounds: %g",
		  explanation->saves_s[EXPLAINED_QUOTA]);
	run("resources: {db: {kind: service, slots: 1, time: 20ms}}\n" HEAD
	    "[{request: db}]}\nrun: {task: work, count: 3}\nvariants: {threads: threads}\n");
	explanation = explained(0);
	expect_ms(explanation->saves_s[EXPLAINED_RESOURCES], 40, "slots");
	expect_ms(explanation->ideal_s, 20, "ideal");
	cr_assert(eq(sz, explanation->step_count, 1));
	cr_expect(eq(str, (char *)explanation->steps[0].kind, (char *)"request"));
	cr_expect(fabs(explanation->steps[0].makespan + 0.1) < 1e-6);
}

Test(explain, costs_of_the_profile_are_told_by_group)
{
	const struct explanation *explanation;

	run("profile: {thread.create: 3ms, interpreter.step: 700us}\n" HEAD
	    "[{io: 10ms}]}\nrun: {task: work}\nvariants: {threads: threads}\n");
	explanation = explained(0);
	expect_ms(explanation->saves_s[EXPLAINED_START_UP], 3, "start-up");
	expect_ms(explanation->saves_s[EXPLAINED_LIBRARY], 0.7, "library");
	expect_ms(explanation->ideal_s, 10, "ideal");
	cr_expect(not(explanation->present[EXPLAINED_SWITCHING]));
}

/* One after the other, 30 ms of io and 10 ms of bytecode: 10 % off is 7.5 % and 2.5 % off. Items scale, too. */
Test(explain, faster_steps_give_their_share)
{
	const struct explanation *explanation;

	run(HEAD "[{io: exponential(30ms)}, {python: 10ms}, {repeat: 2, do: [{python: item}]}]}\n"
		 "run: {task: work, items: [5ms, 15ms]}\nvariants: {alone: sequential}\n");
	explanation = explained(0);
	cr_assert(eq(sz, explanation->step_count, 3));
	/* On the same random numbers all waits are 10 % shorter, whatever they are. */
	cr_expect(fabs(explanation->steps[0].makespan + 0.1 * (explanation->predicted_s - 0.06) /
							  explanation->predicted_s) < 1e-6);
	cr_expect(fabs(explanation->steps[1].makespan + 0.002 / explanation->predicted_s) < 1e-6);
	cr_expect(fabs(explanation->steps[2].makespan + 0.004 / explanation->predicted_s) < 1e-6);
	cr_expect(eq(sz, explanation->steps[2].index, 3), "steps inside others are counted");
}

Test(explain, an_open_load_is_explained_by_its_mean_sojourn)
{
	const struct explanation *explanation;

	run(HEAD "[{io: 8ms}]}\nrun: {task: work, arrivals: {rate: 100/s, count: 500}}\n"
		 "variants: {pool: {model: thread_pool, workers: 1}}\n");
	explanation = explained(0);
	cr_expect(eq(str, (char *)explanation->metric, (char *)"sojourn.mean"));
	expect_ms(explanation->ideal_s, 8, "ideal");
	/* Even arrivals every 10 ms find the worker free; so does any arrival with workers enough. */
	expect_ms(explanation->predicted_s - explanation->saves_s[EXPLAINED_ARRIVALS], 8, "without chance");
	expect_ms(explanation->predicted_s - explanation->saves_s[EXPLAINED_WORKERS], 8, "without the limit");
}

Test(explain, what_does_not_end_is_not_explained)
{
	run("limit: 1s\n" HEAD "[{io: 5s}]}\nrun: {task: work}\nvariants: {threads: threads}\n");
	cr_expect(explain(&scenario->workloads[0], &results.variants[0], &asked_once, &helper.region) == NULL);
	cr_expect(strstr(theory_of(&scenario->workloads[0], &results.variants[0], &helper.region)->why,
			 "did not come to its end") != NULL);
}

/* Scenarios of every kind in the tree, on their own profiles: nothing of it stops the simulator. */
Test(explain, every_model_can_be_explained)
{
	static const char *const files[] = { "seeds/a2-url-fetch",	 "seeds/a3-default-workers",
					     "seeds/b7-queue-producer-consumer", "seeds/b10-tiny-jobs",
					     "seeds/b11-shared-counter", "seeds/c19-free-threaded",
					     "seeds/c20-threads-in-processes", "seeds/b17-async-queue",
					     "programs/crawler",	 "programs/thread-limiter" };
	const struct scenario_options options = { .seed = 1 };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		scenario = scenario_load(region_format(&helper.region, "scenarios/%s.yaml", files[i]), &options,
					 &helper.region, &helper.diagnostics);
		cr_assert(scenario != NULL, "%s", files[i]);
		results = evaluate(scenario, &once, &helper.region);
		for (size_t variant = 0; variant < scenario->workload_count; variant++) {
			const struct explanation *explanation = explain(&scenario->workloads[variant],
									&results.variants[variant], &asked_once,
									&helper.region);
			double sum;

			if (!explanation)
				continue;
			sum = explanation->ideal_s + explanation->interaction_s;
			for (int cost = 0; cost < EXPLAINED_COUNT; cost++)
				sum += explanation->saves_s[cost];
			cr_expect(fabs(sum - explanation->predicted_s) < 1e-9, "%s, %s: %g of %g", files[i],
				  results.variants[variant].name, sum, explanation->predicted_s);
			/* Of barging threads each run is another sample; but for that, nothing gone makes it no slower. */
			cr_expect(explanation->ideal_s < 1.02 * explanation->predicted_s, "%s, %s: ideal %g, predicted %g",
				  files[i], results.variants[variant].name, explanation->ideal_s,
				  explanation->predicted_s);
		}
	}
}

/* ---- Theory ---- */

static const struct theory *theory(size_t variant)
{
	return theory_of(&scenario->workloads[variant], &results.variants[variant], &helper.region);
}

static void expect_row(const struct theory *found, const char *figure, double exact, double tolerance)
{
	for (size_t i = 0; i < found->row_count; i++) {
		if (strcmp(found->rows[i].figure, figure) != 0)
			continue;
		cr_expect(fabs(found->rows[i].exact / exact - 1) < 1e-9, "%s: %g, expected %g", figure,
			  found->rows[i].exact, exact);
		cr_expect(fabs(found->rows[i].simulated / exact - 1) < tolerance, "%s: simulated %g, exactly %g",
			  figure, found->rows[i].simulated, exact);
		return;
	}
	cr_assert(false, "no row '%s': %s", figure, found->why);
}

static void expect_none(size_t variant, const char *why)
{
	const struct theory *found = theory(variant);

	cr_expect(found->law == NULL, "%s", found->law);
	cr_expect(found->why && strstr(found->why, why), "'%s' in '%s'", why, found->why);
}

Test(explain, a_pool_that_waits_is_m_m_c)
{
	run(HEAD "[{io: exponential(10ms)}]}\nrun: {task: work, arrivals: {rate: 150/s, count: 200000}}\n"
		 "variants: {pool: {model: thread_pool, workers: 2}}\n");
	cr_expect(eq(str, (char *)theory(0)->law, (char *)"M/M/2"));
	expect_row(theory(0), "P(wait)", 9.0 / 14, 0.02);
	expect_row(theory(0), "mean wait", 9e-2 / 7, 0.05);
	expect_row(theory(0), "mean sojourn", 16e-2 / 7, 0.03);
}

Test(explain, one_worker_of_any_service_is_m_g_1)
{
	/* 4 ms, and 1 to 3 ms: variance (2 ms)^2 / 12; rho 0.6, wait = 100 (36 + 1/3) / 0.8 us = 4.541667 ms. */
	run(HEAD "[{io: 4ms}, {io: \"uniform(1ms, 3ms)\"}]}\nrun: {task: work, arrivals: {rate: 100/s, count: 100000}}\n"
		 "variants: {pool: {model: thread_pool, workers: 1}, two: {model: thread_pool, workers: 2}}\n");
	cr_expect(eq(str, (char *)theory(0)->law, (char *)"M/G/1"));
	expect_row(theory(0), "mean wait", 4.5416666666667e-3, 0.04);
	expect_none(1, "no closed form");
}

Test(explain, python_under_one_gil_is_amdahls_serial_part)
{
	/* A quarter of each task is bytecode: 4 at once take 4 x 10 + 30 ms of 160 ms. */
	run(HEAD "[{python: 10ms}, {io: 30ms}]}\nrun: {task: work, count: 4}\n"
		 "variants: {alone: sequential, threads: threads, two: {model: thread_pool, workers: 2}}\n");
	expect_row(theory(1), "speedup", 160.0 / 70, 0.001);
	expect_none(0, "measured by");
	expect_none(2, "more tasks than workers");
	/* Without the GIL nothing is serial, and five tasks of four workers take two rounds. */
	run(HEAD "[{native: 10ms}]}\nrun: {task: work, count: 5}\n"
		 "variants: {four: {model: thread_pool, workers: 4}, threads: threads}\n");
	expect_row(theory(0), "speedup", 2.5, 0.001);
	expect_none(1, "the kernel shares");
}

/* The workload of three users who think for 1 s and want one of two workers for 1 s: 12 / 8.5 a second. */
Test(explain, users_who_think_are_a_closed_network)
{
	struct workload *workload;
	struct variant_result *result;

	run(HEAD "[{io: exponential(1s)}]}\nrun: {task: work, count: 3}\n"
		 "variants: {pool: {model: thread_pool, workers: 2}}\n");
	workload = &scenario->workloads[0];
	result = &results.variants[0];
	workload->run.kind = RUN_USERS;
	workload->run.users = 3;
	workload->run.think = (struct duration){ .kind = DURATION_CONSTANT, .constant_ns = SIM_S };
	result->throughput_per_s = 12 / 8.5;
	result->sojourn.mean = 3 / (12 / 8.5) - 1;
	cr_expect(eq(str, (char *)theory(0)->law, (char *)"closed network"), "%s", theory(0)->why);
	expect_row(theory(0), "throughput", 12 / 8.5, 1e-9);
	expect_row(theory(0), "mean sojourn", 1.125, 1e-9);
	/* Two users need not wait for a worker: a second of each. */
	workload->run.users = 2;
	expect_row(theory(0), "throughput", 1, 1);
}

Test(explain, what_no_law_covers_is_said)
{
	run("resources: {l: {kind: lock}}\n" HEAD
	    "[{with: l, do: [{io: 1ms}]}]}\nrun: {task: work, count: 2}\nvariants: {threads: threads}\n");
	expect_none(0, "the step 'with'");
	run(HEAD "[{io: exponential(10ms)}]}\nrun: {task: work, arrivals: {rate: 300/s, count: 100}}\n"
		 "variants: {pool: {model: thread_pool, workers: 2}}\n");
	expect_none(0, "no steady state");
	run(HEAD "[{python: 1ms}, {io: exponential(10ms)}]}\nrun: {task: work, arrivals: {rate: 100/s, count: 100}}\n"
		 "variants: {pool: {model: thread_pool, workers: 2}}\n");
	expect_none(0, "different things");
	run("profile: {interpreter.step: 2ms}\n" HEAD "[{io: exponential(10ms)}]}\n"
	    "run: {task: work, arrivals: {rate: 50/s, count: 100}}\nvariants: {pool: {model: thread_pool, workers: 1}}\n");
	expect_none(0, "costs add");
}

Test(explain, variants_that_differ_in_workers_are_fitted)
{
	const struct scalability *scalability;

	run(HEAD "[{python: 1ms}, {io: 9ms}]}\nrun: {task: work, count: 80}\nvariants:\n"
		 "  w1: {model: thread_pool, workers: 1}\n  w2: {model: thread_pool, workers: 2}\n"
		 "  w4: {model: thread_pool, workers: 4}\n  w8: {model: thread_pool, workers: 8}\n  alone: sequential\n");
	scalability = scalability_of(scenario->workloads, &results, &helper.region);
	cr_assert(scalability != NULL);
	cr_expect(eq(sz, scalability->points, 4));
	cr_expect(eq(str, (char *)scalability->model, (char *)"thread_pool"));
	/* Up to 8 of 10 places, the 1 ms of bytecode goes on while others wait: nothing is lost. */
	cr_expect(scalability->usl.sigma < 0.05 && scalability->usl.r_squared > 0.99, "%g, %g",
		  scalability->usl.sigma, scalability->usl.r_squared);
	results.variant_count = 3;
	cr_expect(scalability_of(scenario->workloads, &results, &helper.region) == NULL);
}
