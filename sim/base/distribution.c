/*
 * distribution.c - GSL's methods, fed by a counter-based variate.
 *
 * A gsl_rng is a type and a pointer to its state: here the type is constant and the state is the
 * caller's variate, so nothing is allocated and nothing is seeded.
 */
#include "sim/base/distribution.h"

#include <assert.h>
#include <math.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sf_gamma.h>

/* GSL's default is to abort on a range error; ours is to check values. */
__attribute__((constructor)) static void distribution_quiet_gsl(void)
{
	gsl_set_error_handler_off();
}

static void variate_rng_set(void *state, unsigned long seed)
{
	(void)state;
	(void)seed;
}

static unsigned long variate_rng_get(void *state)
{
	return variate_next(state);
}

static double variate_rng_get_double(void *state)
{
	return variate_uniform(state);
}

static const gsl_rng_type variate_rng_type = {
	.name = "gilsim-variate",
	.max = UINT64_MAX,
	.min = 0,
	.size = sizeof(struct variate),
	.set = variate_rng_set,
	.get = variate_rng_get,
	.get_double = variate_rng_get_double,
};
_Static_assert(sizeof(unsigned long) == sizeof(uint64_t), "gsl_rng_get() returns an unsigned long");

/* The first index whose cumulative weight lies above `u`; the last one catches rounding. */
static uint32_t cumulative_find(const double *cumulative, uint32_t count, double u)
{
	uint32_t low = 0, high = count - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (u < cumulative[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

double distribution_draw(const struct distribution *distribution, struct variate *variate)
{
	const double a = distribution->a, b = distribution->b;
	const gsl_rng rng = { .type = &variate_rng_type, .state = variate };

	switch (distribution->kind) {
	case DISTRIBUTION_CONSTANT:
		return a;
	case DISTRIBUTION_EXPONENTIAL:
		/* The formula of gsl_ran_exponential() without its calls: this one is drawn most. */
		return -a * log1p(-variate_uniform(variate));
	case DISTRIBUTION_UNIFORM:
		return a + (b - a) * variate_uniform(variate);
	case DISTRIBUTION_NORMAL:
		return fmax(0, a + gsl_ran_gaussian(&rng, b));
	case DISTRIBUTION_LOGNORMAL:
		return gsl_ran_lognormal(&rng, a, b);
	case DISTRIBUTION_GAMMA:
		return gsl_ran_gamma(&rng, a, b);
	case DISTRIBUTION_PARETO:
		return gsl_ran_pareto(&rng, a, b);
	case DISTRIBUTION_WEIBULL:
		return gsl_ran_weibull(&rng, a, b);
	case DISTRIBUTION_CHOICE:
		return distribution->values[cumulative_find(distribution->cumulative, distribution->value_count,
							    variate_uniform(variate))];
	case DISTRIBUTION_EMPIRICAL:
		return distribution->values[(uint32_t)(variate_uniform(variate) * distribution->value_count)];
	}
	assert(distribution->kind <= DISTRIBUTION_EMPIRICAL && "a known kind of distribution");
	return NAN;
}

sim_ns distribution_draw_ns(const struct distribution *distribution, struct variate *variate)
{
	sim_ns value_ns = sim_time_round(distribution_draw(distribution, variate));

	return value_ns > 0 ? value_ns : 0;
}

double distribution_mean(const struct distribution *distribution)
{
	const double a = distribution->a, b = distribution->b;
	double sum = 0, below = 0;

	switch (distribution->kind) {
	case DISTRIBUTION_CONSTANT:
	case DISTRIBUTION_EXPONENTIAL:
		return a;
	case DISTRIBUTION_UNIFORM:
		return a + (b - a) / 2;
	case DISTRIBUTION_NORMAL:
		/* What lies below 0 counts as 0: the mean of max(0, x). */
		if (b <= 0)
			return fmax(0, a);
		return a * gsl_cdf_ugaussian_P(a / b) + b * gsl_ran_ugaussian_pdf(a / b);
	case DISTRIBUTION_LOGNORMAL:
		return exp(a + b * b / 2);
	case DISTRIBUTION_GAMMA:
		return a * b;
	case DISTRIBUTION_PARETO:
		return a > 1 ? a * b / (a - 1) : INFINITY;
	case DISTRIBUTION_WEIBULL:
		return a * gsl_sf_gamma(1 + 1 / b);
	case DISTRIBUTION_CHOICE:
		for (uint32_t i = 0; i < distribution->value_count; i++) {
			sum += distribution->values[i] * (distribution->cumulative[i] - below);
			below = distribution->cumulative[i];
		}
		return sum;
	case DISTRIBUTION_EMPIRICAL:
		for (uint32_t i = 0; i < distribution->value_count; i++)
			sum += distribution->values[i];
		return sum / distribution->value_count;
	}
	assert(distribution->kind <= DISTRIBUTION_EMPIRICAL && "a known kind of distribution");
	return NAN;
}

/* The mean of the squares, for those that are given by their values. */
static double mean_square(const struct distribution *distribution)
{
	double sum = 0, below = 0;

	for (uint32_t i = 0; i < distribution->value_count; i++) {
		double weight = 1.0 / distribution->value_count;

		if (distribution->kind == DISTRIBUTION_CHOICE) {
			weight = distribution->cumulative[i] - below;
			below = distribution->cumulative[i];
		}
		sum += weight * distribution->values[i] * distribution->values[i];
	}
	return sum;
}

double distribution_variance(const struct distribution *distribution)
{
	const double a = distribution->a, b = distribution->b, mean = distribution_mean(distribution);

	switch (distribution->kind) {
	case DISTRIBUTION_CONSTANT:
		return 0;
	case DISTRIBUTION_EXPONENTIAL:
		return a * a;
	case DISTRIBUTION_UNIFORM:
		return (b - a) * (b - a) / 12;
	case DISTRIBUTION_NORMAL:
		/* Of max(0, x), as the mean. */
		if (b <= 0)
			return 0;
		return (a * a + b * b) * gsl_cdf_ugaussian_P(a / b) + a * b * gsl_ran_ugaussian_pdf(a / b) -
		       mean * mean;
	case DISTRIBUTION_LOGNORMAL:
		return expm1(b * b) * mean * mean;
	case DISTRIBUTION_GAMMA:
		return a * b * b;
	case DISTRIBUTION_PARETO:
		return a > 2 ? b * b * a / ((a - 1) * (a - 1) * (a - 2)) : INFINITY;
	case DISTRIBUTION_WEIBULL:
		return a * a * (gsl_sf_gamma(1 + 2 / b) - pow(gsl_sf_gamma(1 + 1 / b), 2));
	case DISTRIBUTION_CHOICE:
	case DISTRIBUTION_EMPIRICAL:
		return fmax(0, mean_square(distribution) - mean * mean);
	}
	assert(distribution->kind <= DISTRIBUTION_EMPIRICAL && "a known kind of distribution");
	return NAN;
}

/*
 * With q the normal distribution's 99 % point, mean = exp(zeta + sigma^2 / 2) and p99 =
 * exp(zeta + q sigma), so ln(p99 / mean) = q sigma - sigma^2 / 2. That has a solution up to q^2 / 2
 * (p99 about 15 times the mean), and two below: the smaller sigma is the one that tends to a
 * constant as p99 tends to the mean. Written without the difference of nearly equal numbers.
 */
bool distribution_lognormal_from_p99(double mean, double p99, struct distribution *distribution)
{
	const double q = gsl_cdf_ugaussian_Pinv(0.99);
	double log_ratio, discriminant, sigma;

	if (!(mean > 0) || !(p99 > mean) || !isfinite(p99))
		return false;
	log_ratio = log(p99 / mean);
	discriminant = q * q - 2 * log_ratio;
	if (!(discriminant >= 0) || !(log_ratio > 0))
		return false;
	sigma = 2 * log_ratio / (q + sqrt(discriminant));
	*distribution = (struct distribution){ .kind = DISTRIBUTION_LOGNORMAL,
					       .a = log(mean) - sigma * sigma / 2,
					       .b = sigma };
	return true;
}

bool distribution_lognormal_from_sd(double mean, double sd, struct distribution *distribution)
{
	double variance;

	if (!(mean > 0) || !isfinite(mean) || !(sd >= 0) || !isfinite(sd))
		return false;
	variance = log1p(sd / mean * (sd / mean));
	if (!isfinite(variance))
		return false;
	*distribution = (struct distribution){ .kind = DISTRIBUTION_LOGNORMAL,
					       .a = log(mean) - variance / 2,
					       .b = sqrt(variance) };
	return true;
}
