/*
 * distribution.h - random durations and numbers, drawn with GSL from a counter-based variate.
 *
 * All parameters of a duration's distribution are in nanoseconds. A drawn duration is rounded to
 * whole nanoseconds here, once, and negative values are drawn as 0.
 */
#ifndef SIM_BASE_DISTRIBUTION_H
#define SIM_BASE_DISTRIBUTION_H

#include "sim/base/random.h"
#include "sim/base/sim_time.h"

enum distribution_kind {
	DISTRIBUTION_CONSTANT,	  /* a: value */
	DISTRIBUTION_EXPONENTIAL, /* a: mean */
	DISTRIBUTION_UNIFORM,	  /* a: low, b: high */
	DISTRIBUTION_NORMAL,	  /* a: mean, b: standard deviation; cut at 0 */
	/* a: zeta (mean of the logarithm), b: sigma; scenario text gives mean and p99 or sd */
	DISTRIBUTION_LOGNORMAL,
	DISTRIBUTION_GAMMA,	/* a: shape, b: scale */
	DISTRIBUTION_PARETO,	/* a: exponent, b: least value */
	DISTRIBUTION_WEIBULL,	/* a: scale, b: exponent */
	DISTRIBUTION_CHOICE,	/* values[] with cumulative weights[] */
	DISTRIBUTION_EMPIRICAL, /* values[], each as likely as the others */
};

struct distribution {
	enum distribution_kind kind;
	double a, b;
	const double *values;	  /* borrowed */
	const double *cumulative; /* borrowed; ascending, last is 1 */
	uint32_t value_count;
};

/* In the distribution's own unit. */
double distribution_draw(const struct distribution *distribution, struct variate *variate);
/* Rounded to whole nanoseconds, at least 0. */
sim_ns distribution_draw_ns(const struct distribution *distribution, struct variate *variate);
/* The mean, infinite where there is none. */
double distribution_mean(const struct distribution *distribution);
/* The variance, infinite where there is none. */
double distribution_variance(const struct distribution *distribution);
/* Finds zeta and sigma of the log-normal with this mean and this 99th percentile;
 * false when there is none (p99 not above the mean, or too far above it). */
bool distribution_lognormal_from_p99(double mean, double p99, struct distribution *distribution);
/* The same from mean and standard deviation; sd >= 0, mean > 0. */
bool distribution_lognormal_from_sd(double mean, double sd, struct distribution *distribution);

#endif
