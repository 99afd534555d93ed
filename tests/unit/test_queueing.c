/*
 * test_queueing.c - formulas of queues and speed-ups against arithmetic by hand and published tables.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "sim/plan/queueing.h"
#include "sim/results/usl.h"

#define EXPECT_NEAR(actual, expected, ratio)                                                                       \
	cr_expect(fabs((actual) / (expected)-1) <= (ratio), "%.12g, expected %.12g", (double)(actual),             \
		  (double)(expected))

/* From the tables in every book on telephone traffic: blocking of c lines offered a erlangs, to four digits. */
Test(queueing, erlang_b_is_that_of_the_tables)
{
	static const struct {
		int lines;
		double erlangs, blocked;
	} rows[] = { { 1, 1, 0.5 },    { 2, 1, 0.2 },	  { 3, 1, 0.0625 },  { 10, 5, 0.01838 },
		     { 20, 12.03, 0.01 }, { 10, 4.461, 0.01 }, { 50, 37.90, 0.01 }, { 100, 84.06, 0.01 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_NEAR(erlang_b(rows[i].lines, rows[i].erlangs), rows[i].blocked, 2e-3);
	cr_expect(eq(dbl, erlang_b(0, 3), 1));
	cr_expect(eq(dbl, erlang_b(3, 0), 0));
	/* No overflow where factorials would: as many lines as erlangs block about sqrt(2 / (pi c)). */
	EXPECT_NEAR(erlang_b(100000, 100000), sqrt(2 / (M_PI * 100000)), 1e-2);
}

/* With two servers P(wait) = 2 r^2 / (1 + r); with one it is r. */
Test(queueing, erlang_c_is_the_closed_form_of_few_servers)
{
	for (double r = 0.05; r < 1; r += 0.1) {
		EXPECT_NEAR(erlang_c(1, r), r, 1e-14);
		EXPECT_NEAR(erlang_c(2, 2 * r), 2 * r * r / (1 + r), 1e-14);
	}
	cr_expect(eq(dbl, erlang_c(3, 3), 1));
	cr_expect(eq(dbl, erlang_c(3, 7), 1));
}

Test(queueing, one_server_is_known_to_everybody)
{
	struct queue_theory queue;

	cr_assert(queue_mmc(1, 0.8, 1, &queue));
	EXPECT_NEAR(queue.utilisation, 0.8, 1e-14);
	EXPECT_NEAR(queue.wait_mean_s, 4, 1e-13);
	EXPECT_NEAR(queue.sojourn_mean_s, 5, 1e-13);
	EXPECT_NEAR(queue.in_system_mean, 4, 1e-13);
	/* The sojourn is exponential of mean 5; of the waiting, 80 %, so is the wait. */
	EXPECT_NEAR(queue_mmc_sojourn_percentile(&queue, 0.5), 5 * log(2), 1e-10);
	EXPECT_NEAR(queue_mmc_sojourn_percentile(&queue, 0.99), 5 * log(100), 1e-10);
	EXPECT_NEAR(queue_mmc_wait_percentile(&queue, 0.99), 5 * log(80), 1e-12);
	cr_expect(eq(dbl, queue_mmc_wait_percentile(&queue, 0.2), 0));
	cr_expect(eq(dbl, queue_mmc_sojourn_percentile(&queue, 0), 0));
}

/* Two servers of rate 1, 1.5 customers a second: wait r^2 / (1 - r^2) = 9/7 s, sojourn 16/7 s. */
Test(queueing, two_servers_by_hand)
{
	struct queue_theory queue;
	double t;

	cr_assert(queue_mmc(2, 1.5, 1, &queue));
	EXPECT_NEAR(queue.wait_probability, 9.0 / 14, 1e-13);
	EXPECT_NEAR(queue.wait_mean_s, 9.0 / 7, 1e-13);
	EXPECT_NEAR(queue.sojourn_mean_s, 16.0 / 7, 1e-13);
	/* P(sojourn > t) = (1 - w) e^-t + w (0.5 e^-t - e^-0.5t) / (0.5 - 1) */
	t = queue_mmc_sojourn_percentile(&queue, 0.99);
	EXPECT_NEAR(5.0 / 14 * exp(-t) - 9.0 / 7 * (0.5 * exp(-t) - exp(-t / 2)), 0.01, 1e-9);
	/* Where the queue drains as fast as one server serves, the formula's limit is taken. */
	cr_assert(queue_mmc(2, 1, 1, &queue));
	t = queue_mmc_sojourn_percentile(&queue, 0.9);
	EXPECT_NEAR(exp(-t) * (1 + t / 3), 0.1, 1e-9);
}

Test(queueing, constant_service_waits_half_as_long)
{
	struct queue_theory exponential, constant;

	cr_assert(queue_mg1(0.7, 1, 1, &exponential));
	cr_assert(queue_mg1(0.7, 1, 0, &constant));
	EXPECT_NEAR(exponential.wait_mean_s, 0.7 / 0.3, 1e-13);
	EXPECT_NEAR(constant.wait_mean_s, 0.35 / 0.3, 1e-13);
	EXPECT_NEAR(constant.wait_probability, 0.7, 1e-13);
}

Test(queueing, what_has_no_steady_state_has_no_answer)
{
	struct queue_theory queue;

	cr_expect(not(queue_mmc(2, 2, 1, &queue)));
	cr_expect(not(queue_mmc(0, 1, 1, &queue)));
	cr_expect(not(queue_mmc(1, NAN, 1, &queue)));
	cr_expect(not(queue_mg1(1, 1, 0, &queue)));
	cr_expect(not(queue_mg1(0.5, 1, -1, &queue)));
	cr_expect(not(queue_mg1(0.5, 1, INFINITY, &queue)));
}

/* Two stations of 1 s and 2 s, by mean value analysis on paper: X(1) = 1/3, then R = 4/3 + 10/3, X(2) = 3/7. */
Test(queueing, a_closed_network_by_hand)
{
	const struct station stations[] = { { 1, 1 }, { 2, 1 } };
	struct closed_theory closed;
	struct region region;

	region_init(&region);
	cr_assert(closed_network(stations, 2, 0, 1, &region, &closed));
	EXPECT_NEAR(closed.throughput_per_s, 1.0 / 3, 1e-13);
	cr_assert(closed_network(stations, 2, 0, 2, &region, &closed));
	EXPECT_NEAR(closed.throughput_per_s, 3.0 / 7, 1e-13);
	EXPECT_NEAR(closed.sojourn_s, 14.0 / 3, 1e-13);
	/* The same stations with a think time of 3 s: X(1) = 1/6, Q = 1/6 and 1/3, R = 7/6 + 8/3, X(2) = 2 / 6.8333. */
	cr_assert(closed_network(stations, 2, 3, 2, &region, &closed));
	EXPECT_NEAR(closed.throughput_per_s, 12.0 / 41, 1e-13);
	region_release(&region);
}

/* Three machines that run for 1 s on average, two mechanics of 1 s each: the states' weights are 1, 3, 3, 1.5. */
Test(queueing, several_servers_are_a_birth_and_death_process)
{
	const struct station mechanics = { 1, 2 };
	const struct station delays[] = { { 1, 2 }, { 2, 0 } };
	struct closed_theory closed;
	struct region region;

	region_init(&region);
	cr_assert(closed_network(&mechanics, 1, 1, 3, &region, &closed));
	EXPECT_NEAR(closed.throughput_per_s, 12 / 8.5, 1e-13);
	/* A station of any number of servers is a longer think time, but within the sojourn. */
	cr_assert(closed_network(delays, 2, 1, 3, &region, &closed));
	EXPECT_NEAR(closed.sojourn_s, 3 / closed.throughput_per_s - 1, 1e-13);
	/* Thousands of customers, where naive products overflow, and MVA's probabilities cancel: the mechanics are the limit. */
	cr_assert(closed_network(&(struct station){ 0.032, 64 }, 1, 0.5, 5000, &region, &closed));
	EXPECT_NEAR(closed.throughput_per_s, 2000, 1e-12);
	/* And with few, nobody waits. */
	cr_assert(closed_network(&(struct station){ 0.032, 64 }, 1, 0.5, 60, &region, &closed));
	EXPECT_NEAR(closed.throughput_per_s, 60 / 0.532, 1e-12);
	cr_expect(not(closed_network(&mechanics, 1, 1, 0, &region, &closed)));
	cr_expect(not(closed_network(&mechanics, 1, -1, 2, &region, &closed)));
	cr_expect(not(closed_network(&(struct station){ 0, 1 }, 1, 0, 2, &region, &closed)));
	region_release(&region);
}

Test(queueing, amdahl_and_gustafson_by_hand)
{
	EXPECT_NEAR(amdahl_speedup(0.1, 10), 1 / 0.19, 1e-14);
	EXPECT_NEAR(amdahl_speedup(0.05, 1e9), 20, 1e-7);
	cr_expect(eq(dbl, amdahl_speedup(0, 16), 16));
	EXPECT_NEAR(gustafson_speedup(0.1, 10), 9.1, 1e-14);
	/* They are one law: Gustafson's with the serial share of the parallel run is Amdahl's with that of the sequential. */
	EXPECT_NEAR(gustafson_speedup(0.3 * amdahl_speedup(0.3, 7), 7), amdahl_speedup(0.3, 7), 1e-14);
}

/* ---- The Universal Scalability Law ---- */

#define POINTS 7
static const double n[POINTS] = { 1, 2, 3, 5, 8, 13, 21 };
static const struct usl law = { .lambda = 37, .sigma = 0.07, .kappa = 0.003 };

Test(queueing, the_scalability_law_that_made_the_points_is_found)
{
	struct usl found;
	double throughput[POINTS];

	for (size_t i = 0; i < POINTS; i++)
		throughput[i] = usl_throughput(&law, n[i]);
	cr_assert(usl_fit(n, throughput, POINTS, &found));
	cr_expect(fabs(found.lambda - 37) < 1e-6 && fabs(found.sigma - 0.07) < 1e-8 &&
		  fabs(found.kappa - 0.003) < 1e-9);
	cr_expect(found.sigma_half >= 0 && found.sigma_half < 1e-9 && found.kappa_half < 1e-9,
		  "points on the law leave no doubt: %g, %g", found.sigma_half, found.kappa_half);
	/* sqrt((1 - 0.07) / 0.003) = sqrt(310) */
	cr_expect(fabs(found.peak_n - 17.606816861659) < 1e-6, "%.9f", found.peak_n);
	cr_expect(fabs(found.r_squared - 1) < 1e-12);
	cr_expect(eq(int, usl_fit(n, throughput, 2, &found), false), "two points fix no three parameters");
	throughput[1] = 0;
	cr_expect(eq(int, usl_fit(n, throughput, POINTS, &found), false));
}

Test(queueing, the_scalability_law_says_how_sure_it_is)
{
	struct usl found;
	double throughput[POINTS];

	for (size_t i = 0; i < POINTS; i++)
		throughput[i] = usl_throughput(&law, n[i]) * (i % 2 ? 1.02 : 0.98);
	cr_assert(usl_fit(n, throughput, POINTS, &found));
	cr_expect(fabs(found.sigma - 0.07) < found.sigma_half && fabs(found.kappa - 0.003) < found.kappa_half,
		  "the truth is inside: %g +- %g, %g +- %g", found.sigma, found.sigma_half, found.kappa,
		  found.kappa_half);
	cr_expect(found.sigma_half > 0.005 && found.sigma_half < 0.1);
	/* Nothing but contention: no peak, and kappa is not below 0. */
	for (size_t i = 0; i < POINTS; i++)
		throughput[i] = n[i] / (1 + 0.2 * (n[i] - 1)) * (i % 2 ? 1.01 : 0.99);
	cr_assert(usl_fit(n, throughput, POINTS, &found));
	cr_expect(found.kappa >= 0 && found.sigma > 0.1);
	/* Three points for three parameters leave none to judge by. */
	for (size_t i = 0; i < 3; i++)
		throughput[i] = usl_throughput(&law, n[i]);
	cr_assert(usl_fit(n, throughput, 3, &found));
	cr_expect(isnan(found.sigma_half));
}
