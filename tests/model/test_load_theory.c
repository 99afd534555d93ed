/*
 * test_load_theory.c - M/M/c through a scenario file under the profile `ideal`, against exact values.
 *
 * GILSIM_LONG=1 (make check-load) takes every point of c = 1, 2, 8, 32 and load = 0.5, 0.8, 0.95, and 400 seeds for the
 * coverage of intervals; else a few of them, to be quick.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

#include "models/simulate/simulate.h"
#include "sim/plan/parallel.h"
#include "tests/model/theory_helper.h"
#include "tests/unit/scenario_helper.h"

#define MU_PER_S 100.
#define REPLICATIONS 20

static const char text[] = "name: mmc\n"
			   "about: an M/M/c queue\n"
			   "machine: {profile: ideal, cores: 4}\n"
			   "tasks: {work: [{io: exponential(10ms)}]}\n"
			   "run: {task: work, arrivals: {rate: 80/s, count: 20000}, warm_up: 20s}\n"
			   "variants:\n"
			   "  pool: {model: thread_pool, workers: 1}\n";

static struct helper helper;

static void set_up(void)
{
	helper_open(&helper);
}

static void tear_down(void)
{
	helper_close(&helper);
}

TestSuite(load_theory, .init = set_up, .fini = tear_down, .timeout = 900);

static bool is_long(void)
{
	return getenv("GILSIM_LONG") != NULL;
}

static const struct scenario *mmc(int servers, double load, long count, int warm_up_s, uint64_t seed)
{
	struct region *region = &helper.region;
	const char **overrides = region_alloc_array(region, 4, sizeof(*overrides));
	struct scenario_options options = { .overrides = overrides, .override_count = 4, .seed = seed };

	overrides[0] = region_format(region, "variants.pool.workers=%d", servers);
	overrides[1] = region_format(region, "run.arrivals.rate=%.9g/s", load * servers * MU_PER_S);
	overrides[2] = region_format(region, "run.arrivals.count=%ld", count);
	overrides[3] = region_format(region, "run.warm_up=%ds", warm_up_s);
	return helper_load_good(&helper, text, &options);
}

/* ---- Replications, several at a time ---- */

struct batch {
	const struct scenario *scenario;
	struct estimate wait_s, waited, p99_s;
};

static void *simulate_replication(void *context, size_t replication, struct region *region)
{
	const struct batch *batch = context;
	struct variant_result *result = region_alloc(region, sizeof(*result));

	simulate(&batch->scenario->workloads[0], &(const struct simulate_options){ .replication = replication }, region,
		 result);
	return result;
}

/* The parts of the time add up to the sojourns, so the wait is its part of them. */
static double mean_wait(const struct variant_result *result)
{
	double sum = 0;

	for (int part = 0; part < TIME_PART_COUNT; part++)
		sum += result->time_in_s[part];
	return result->sojourn.mean * result->time_in_s[TIME_QUEUE_WAIT] / sum;
}

static bool add(void *context, size_t replication, void *result)
{
	struct batch *batch = context;

	(void)replication;
	estimate_add(&batch->wait_s, mean_wait(result));
	estimate_add(&batch->waited, ((struct variant_result *)result)->waited_fraction);
	estimate_add(&batch->p99_s, ((struct variant_result *)result)->sojourn.p99);
	return true;
}

static struct batch replicate(const struct scenario *scenario, size_t count)
{
	struct batch batch = { .scenario = scenario };
	struct region region;
	struct parallel parallel = {
		.count = count, .region = &region, .work = simulate_replication, .take = add, .context = &batch
	};

	region_init(&region);
	cr_assert(eq(sz, parallel_run(&parallel), count));
	region_release(&region);
	return batch;
}

static double exact_wait(int servers, double load)
{
	return erlang_c(servers, load * servers) / (servers * MU_PER_S * (1 - load));
}

/* ---- What must hold ---- */

static void check_point(int servers, double load, long count, int warm_up_s)
{
	double arrival = load * servers * MU_PER_S;
	struct batch batch = replicate(mmc(servers, load, count, warm_up_s, 1), REPLICATIONS);
	char name[64];

	snprintf(name, sizeof(name), "mean wait, c = %d, load %g", servers, load);
	expect_covers(&batch.wait_s, exact_wait(servers, load), name);
	snprintf(name, sizeof(name), "P(wait), c = %d, load %g", servers, load);
	expect_covers(&batch.waited, erlang_c(servers, load * servers), name);
	snprintf(name, sizeof(name), "p99, c = %d, load %g", servers, load);
	expect_within(&batch.p99_s, sojourn_percentile(servers, arrival, MU_PER_S, 0.99), name);
}

Test(load_theory, m_m_c_is_met_at_every_point)
{
	static const int servers[] = { 1, 2, 8, 32 };

	if (!is_long()) {
		check_point(2, 0.8, 20000, 10);
		check_point(8, 0.8, 20000, 10);
		return;
	}
	for (size_t i = 0; i < 4; i++) {
		check_point(servers[i], 0.5, 200000, 20);
		check_point(servers[i], 0.8, 200000, 40);
		/* The queue forgets its empty start in about 1 / (mu (1 - sqrt(load))^2): 15 s. */
		check_point(servers[i], 0.95, 800000, 200);
	}
}

Test(load_theory, intervals_of_95_per_cent_cover_the_exact_value_as_often_as_they_say)
{
	size_t seeds = is_long() ? 400 : 40, covered = 0;

	for (size_t seed = 1; seed <= seeds; seed++) {
		struct batch batch = replicate(mmc(2, 0.8, is_long() ? 8000 : 2000, 5, seed), 10);

		covered += fabs(estimate_mean(&batch.wait_s) - exact_wait(2, 0.8)) <=
			   estimate_half_width(&batch.wait_s, 0.95);
	}
	/* Of 40, 95 % is 38; fewer than 33 come about once in a thousand times. */
	if (is_long())
		cr_expect(covered >= 368 && covered <= 392, "%zu of 400", covered);
	else
		cr_expect(covered >= 33, "%zu of 40", covered);
}
