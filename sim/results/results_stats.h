/*
 * results_stats.h - quantiles, means and confidence intervals of a few samples.
 */
#ifndef SIM_RESULTS_RESULTS_STATS_H
#define SIM_RESULTS_RESULTS_STATS_H

#include <stddef.h>

#include "sim/base/region.h"
#include "sim/results/results.h"

/* The mean; NaN when there is no value, or one of them is missing (NaN). */
double stats_mean(const double *values, size_t count);
/* The 95 % confidence interval of the mean by Student's t; NaN for fewer than two values or a missing one. */
struct interval stats_mean_ci95(const double *values, size_t count);
/* A copy of the values in ascending order. */
double *stats_sorted(const double *values, size_t count, struct region *region);
/* Type 7 (linear between order statistics) of ascending values; NaN when there is none. 0 <= p <= 1. */
double stats_quantile(const double *ascending, size_t count, double p);
/* The median of values in any order, not the missing ones; NaN when there is none. */
double stats_median(const double *values, size_t count, struct region *region);

#endif
