/*
 * test_distribution.c - what distribution.h promises: the right distributions, one variate a value,
 * whole nanoseconds.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "sim/base/distribution.h"

#define DRAW_COUNT 40000
#define STREAM 77

static const double choice_values[] = { 3e6, 11e6, 5e6, 71e6 };
static const double choice_cumulative[] = { 0.1, 0.35, 0.9, 1 };
static const double empirical_values[] = { 7, 13, 13, 711, 2385 };

/* One of each kind. */
static const struct distribution examples[] = {
	{ .kind = DISTRIBUTION_CONSTANT, .a = 711 },
	{ .kind = DISTRIBUTION_EXPONENTIAL, .a = 2.385e6 },
	{ .kind = DISTRIBUTION_UNIFORM, .a = 711, .b = 2385 },
	{ .kind = DISTRIBUTION_NORMAL, .a = 1000, .b = 900 },
	{ .kind = DISTRIBUTION_LOGNORMAL, .a = 13.1, .b = 0.7 },
	{ .kind = DISTRIBUTION_GAMMA, .a = 2.3, .b = 711 },
	{ .kind = DISTRIBUTION_PARETO, .a = 5.3, .b = 711 },
	{ .kind = DISTRIBUTION_WEIBULL, .a = 711, .b = 1.7 },
	{ .kind = DISTRIBUTION_CHOICE, .values = choice_values, .cumulative = choice_cumulative, .value_count = 4 },
	{ .kind = DISTRIBUTION_EMPIRICAL, .values = empirical_values, .value_count = 5 },
};
#define EXAMPLE_COUNT (sizeof(examples) / sizeof(examples[0]))

static double draw(const struct distribution *distribution, uint64_t number)
{
	struct variate variate = variate_open(4711, 0, STREAM, 13, number);

	return distribution_draw(distribution, &variate);
}

/* The distribution function of the continuous kinds. */
static double cumulative(const struct distribution *distribution, double x)
{
	const double a = distribution->a, b = distribution->b;

	switch (distribution->kind) {
	case DISTRIBUTION_EXPONENTIAL:
		return gsl_cdf_exponential_P(x, a);
	case DISTRIBUTION_UNIFORM:
		return gsl_cdf_flat_P(x, a, b);
	case DISTRIBUTION_LOGNORMAL:
		return gsl_cdf_lognormal_P(x, a, b);
	case DISTRIBUTION_GAMMA:
		return gsl_cdf_gamma_P(x, a, b);
	case DISTRIBUTION_PARETO:
		return gsl_cdf_pareto_P(x, a, b);
	case DISTRIBUTION_WEIBULL:
		return gsl_cdf_weibull_P(x, a, b);
	default:
		return NAN;
	}
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

Test(distribution, draws_follow_the_distribution_function)
{
	static double values[DRAW_COUNT];

	for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
		double distance = 0;

		if (isnan(cumulative(&examples[i], 1)))
			continue;
		for (uint64_t n = 0; n < DRAW_COUNT; n++)
			values[n] = draw(&examples[i], n);
		qsort(values, DRAW_COUNT, sizeof(values[0]), compare_doubles);
		for (size_t n = 0; n < DRAW_COUNT; n++) {
			double p = cumulative(&examples[i], values[n]);

			distance =
				fmax(distance, fmax(p - (double)n / DRAW_COUNT, (double)(n + 1) / DRAW_COUNT - p));
		}
		/* Kolmogorov and Smirnov: beyond 1.95 / sqrt(n) once in a thousand. */
		cr_expect(lt(dbl, distance * sqrt(DRAW_COUNT), 1.95), "kind %d", examples[i].kind);
	}
}

Test(distribution, the_mean_of_the_draws_is_the_stated_mean)
{
	for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
		double mean = distribution_mean(&examples[i]), sum = 0, square_sum = 0, deviation;

		for (uint64_t n = 0; n < DRAW_COUNT; n++) {
			double value = draw(&examples[i], n);

			sum += value - mean;
			square_sum += (value - mean) * (value - mean);
		}
		deviation = sqrt(square_sum) + 1e-9;
		cr_expect(lt(dbl, fabs(sum) / deviation, 4), "kind %d", examples[i].kind);
	}
}

Test(distribution, means_by_hand)
{
	static const double ones[] = { 4, 9 };
	static const double half[] = { 0.25, 1 };

	cr_expect(eq(dbl, distribution_mean(&examples[1]), 2.385e6));
	cr_expect(eq(dbl, distribution_mean(&examples[2]), 1548));
	cr_expect(eq(dbl,
		     distribution_mean(&(struct distribution){
			     .kind = DISTRIBUTION_CHOICE, .values = ones, .cumulative = half, .value_count = 2 }),
		     0.25 * 4 + 0.75 * 9));
	cr_expect(eq(dbl, distribution_mean(&examples[9]), 3129. / 5));
	cr_expect(isinf(distribution_mean(&(struct distribution){ .kind = DISTRIBUTION_PARETO, .a = 1, .b = 7 })));
	cr_expect(eq(dbl, distribution_mean(&(struct distribution){ .kind = DISTRIBUTION_NORMAL, .a = -7, .b = 0 }),
		     0));
}

Test(distribution, choices_come_as_often_as_their_weights)
{
	unsigned int counts[4] = { 0 };

	for (uint64_t n = 0; n < DRAW_COUNT; n++) {
		double value = draw(&examples[8], n);

		for (size_t i = 0; i < 4; i++)
			counts[i] += value == choice_values[i];
	}
	cr_expect(lt(dbl, fabs(counts[0] - 0.1 * DRAW_COUNT), 5 * sqrt(0.09 * DRAW_COUNT)));
	cr_expect(lt(dbl, fabs(counts[1] - 0.25 * DRAW_COUNT), 5 * sqrt(0.19 * DRAW_COUNT)));
	cr_expect(lt(dbl, fabs(counts[2] - 0.55 * DRAW_COUNT), 5 * sqrt(0.25 * DRAW_COUNT)));
	cr_expect(eq(uint, counts[0] + counts[1] + counts[2] + counts[3], DRAW_COUNT));
}

Test(distribution, a_value_does_not_depend_on_what_was_drawn_before)
{
	/* Gamma and normal reject; each variate has draws of its own. */
	for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
		double tenth = draw(&examples[i], 10);

		for (uint64_t n = 0; n < 10; n++)
			draw(&examples[i], n);
		cr_expect(eq(dbl, draw(&examples[i], 10), tenth), "kind %d", examples[i].kind);
	}
}

Test(distribution, a_longer_mean_stretches_the_same_draws)
{
	/* Common random numbers: the variant with twice the mean meets twice the values. */
	for (uint64_t n = 0; n < 1000; n++) {
		double one = draw(&(struct distribution){ .kind = DISTRIBUTION_EXPONENTIAL, .a = 711 }, n);
		double two = draw(&(struct distribution){ .kind = DISTRIBUTION_EXPONENTIAL, .a = 1422 }, n);

		cr_assert(eq(dbl, two, 2 * one));
	}
}

Test(distribution, durations_are_whole_and_never_negative)
{
	static const struct distribution wide = { .kind = DISTRIBUTION_NORMAL, .a = 711, .b = 2385 };
	static const struct distribution below = { .kind = DISTRIBUTION_UNIFORM, .a = -2385, .b = -711 };
	static const struct distribution vast = { .kind = DISTRIBUTION_PARETO, .a = 0.01, .b = 1e15 };
	bool zero_seen = false, positive_seen = false;

	for (uint64_t n = 0; n < 1000; n++) {
		struct variate variate = variate_open(1, 0, STREAM, 0, n);
		sim_ns value_ns = distribution_draw_ns(&wide, &variate);

		cr_assert(ge(i64, value_ns, 0));
		zero_seen |= value_ns == 0;
		positive_seen |= value_ns > 0;
		cr_assert(eq(i64, distribution_draw_ns(&below, &variate), 0));
		cr_assert(ge(i64, distribution_draw_ns(&vast, &variate), INT64_C(1000000000000000)));
	}
	cr_expect(zero_seen && positive_seen);
}

Test(distribution, a_lognormal_from_mean_and_p99_has_both)
{
	static const double p99s[] = { 20.0001, 21, 37, 90, 200, 299 };

	for (size_t i = 0; i < sizeof(p99s) / sizeof(p99s[0]); i++) {
		struct distribution distribution;

		cr_assert(distribution_lognormal_from_p99(20e6, p99s[i] * 1e6, &distribution));
		cr_expect(lt(dbl, fabs(distribution_mean(&distribution) / 20e6 - 1), 1e-12));
		cr_expect(lt(dbl, fabs(cumulative(&distribution, p99s[i] * 1e6) - 0.99), 1e-9), "p99 %g ms",
			  p99s[i]);
	}
}

Test(distribution, a_lognormal_without_a_solution_is_refused)
{
	struct distribution distribution = { .a = 711 };

	cr_expect(not(distribution_lognormal_from_p99(20, 20, &distribution)));
	cr_expect(not(distribution_lognormal_from_p99(20, 19, &distribution)));
	cr_expect(not(distribution_lognormal_from_p99(20, 300, &distribution)), "15 times the mean");
	cr_expect(not(distribution_lognormal_from_p99(0, 20, &distribution)));
	cr_expect(not(distribution_lognormal_from_p99(20, INFINITY, &distribution)));
	cr_expect(not(distribution_lognormal_from_p99(NAN, 20, &distribution)));
	cr_expect(not(distribution_lognormal_from_sd(0, 20, &distribution)));
	cr_expect(not(distribution_lognormal_from_sd(20, -1, &distribution)));
	cr_expect(eq(dbl, distribution.a, 711));
}

Test(distribution, a_lognormal_from_mean_and_sd_has_both)
{
	struct distribution distribution;
	double variance;

	cr_assert(distribution_lognormal_from_sd(711, 2385, &distribution));
	cr_expect(lt(dbl, fabs(distribution_mean(&distribution) / 711 - 1), 1e-12));
	variance = expm1(distribution.b * distribution.b) * 711 * 711;
	cr_expect(lt(dbl, fabs(sqrt(variance) / 2385 - 1), 1e-12));
	cr_assert(distribution_lognormal_from_sd(711, 0, &distribution));
	cr_expect(eq(dbl, distribution.b, 0));
}

Test(distribution, variances_are_those_of_the_books)
{
	const double values[] = { 1, 10 }, shares[] = { 0.8, 1 }, four[] = { 1, 2, 3, 4 };
	const struct {
		struct distribution distribution;
		double variance;
	} rows[] = {
		{ { .kind = DISTRIBUTION_CONSTANT, .a = 711 }, 0 },
		{ { .kind = DISTRIBUTION_EXPONENTIAL, .a = 3 }, 9 },
		{ { .kind = DISTRIBUTION_UNIFORM, .a = 2, .b = 8 }, 3 },
		{ { .kind = DISTRIBUTION_NORMAL, .a = 100, .b = 7 }, 49 },
		{ { .kind = DISTRIBUTION_NORMAL, .a = 5, .b = 0 }, 0 },
		/* Half of it is 0: E[x^2] = 1/2, mean = 1 / sqrt(2 pi). */
		{ { .kind = DISTRIBUTION_NORMAL, .a = 0, .b = 1 }, 0.5 - 0.5 / M_PI },
		{ { .kind = DISTRIBUTION_GAMMA, .a = 2, .b = 10 }, 200 },
		{ { .kind = DISTRIBUTION_PARETO, .a = 3, .b = 2 }, 3 },
		{ { .kind = DISTRIBUTION_WEIBULL, .a = 5, .b = 1 }, 25 },
		{ { .kind = DISTRIBUTION_WEIBULL, .a = 2, .b = 2 }, 4 - M_PI },
		{ { .kind = DISTRIBUTION_LOGNORMAL, .a = 0, .b = 1 }, (M_E - 1) * M_E },
		{ { .kind = DISTRIBUTION_CHOICE, .values = values, .cumulative = shares, .value_count = 2 }, 12.96 },
		{ { .kind = DISTRIBUTION_EMPIRICAL, .values = four, .value_count = 4 }, 1.25 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect(fabs(distribution_variance(&rows[i].distribution) - rows[i].variance) <=
				  1e-9 * (1 + rows[i].variance),
			  "row %zu: %.12g, expected %.12g", i, distribution_variance(&rows[i].distribution),
			  rows[i].variance);
	cr_expect(isinf(distribution_variance(&(struct distribution){ .kind = DISTRIBUTION_PARETO, .a = 2, .b = 1 })));
}
