/*
 * theory_helper.c - see theory_helper.h.
 */
#include "tests/model/theory_helper.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <gsl/gsl_cdf.h>
#include <math.h>

void estimate_add(struct estimate *estimate, double value)
{
	estimate->sum += value;
	estimate->sum_of_squares += value * value;
	estimate->count++;
}

double estimate_mean(const struct estimate *estimate)
{
	return estimate->sum / (double)estimate->count;
}

double estimate_half_width(const struct estimate *estimate, double confidence)
{
	double count = (double)estimate->count, mean = estimate_mean(estimate);
	double variance = (estimate->sum_of_squares - count * mean * mean) / (count - 1);

	return gsl_cdf_tdist_Pinv((1 + confidence) / 2, count - 1) * sqrt(variance / count);
}

void expect_covers(const struct estimate *estimate, double exact, const char *what)
{
	double mean = estimate_mean(estimate), half = estimate_half_width(estimate, 0.999);

	cr_expect(fabs(mean - exact) <= half, "%s: %g, exactly %g, half width %g", what, mean, exact, half);
}

void expect_within(const struct estimate *estimate, double exact, const char *what)
{
	double half = estimate_half_width(estimate, 0.999);

	expect_covers(estimate, exact, what);
	cr_expect(half < 0.1 * exact, "%s: the interval is narrow enough to say something: %g of %g", what, half,
		  exact);
}

/* P(sojourn > t). */
static double sojourn_tail(int servers, double arrival, double mu, double t)
{
	double wait = erlang_c(servers, arrival / mu);
	double drain = servers * mu - arrival;

	if (fabs(drain - mu) < 1e-9 * mu)
		return exp(-mu * t) * (1 + wait * mu * t);
	return exp(-mu * t) * (1 - wait) + wait * (drain * exp(-mu * t) - mu * exp(-drain * t)) / (drain - mu);
}

double sojourn_percentile(int servers, double arrival, double mu, double p)
{
	double low = 0, high = 1000 / mu;

	for (int i = 0; i < 200; i++) {
		double middle = (low + high) / 2;

		if (sojourn_tail(servers, arrival, mu, middle) > 1 - p)
			low = middle;
		else
			high = middle;
	}
	return low;
}
