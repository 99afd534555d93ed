/*
 * results_stats.c - quantiles, means and confidence intervals (GSL).
 */
#include <math.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#include "sim/results/results_stats.h"

double stats_mean(const double *values, size_t count)
{
	double sum = 0;

	/* In the order given, so that the same samples give the same last digit everywhere. */
	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count == 0 ? NAN : sum / (double)count;
}

struct interval stats_mean_ci95(const double *values, size_t count)
{
	double mean = stats_mean(values, count);
	double square_sum = 0, half_width;

	if (count < 2 || !isfinite(mean))
		return (struct interval){ NAN, NAN };
	for (size_t i = 0; i < count; i++)
		square_sum += (values[i] - mean) * (values[i] - mean);
	half_width = gsl_cdf_tdist_Pinv(0.975, (double)(count - 1)) *
		     sqrt(square_sum / (double)(count - 1) / (double)count);
	return (struct interval){ mean - half_width, mean + half_width };
}

double *stats_sorted(const double *values, size_t count, struct region *region)
{
	double *copy = region_alloc_array(region, count, sizeof(*copy));

	if (count > 0)
		memcpy(copy, values, count * sizeof(*copy));
	gsl_sort(copy, 1, count);
	return copy;
}

double stats_quantile(const double *ascending, size_t count, double p)
{
	return count == 0 ? NAN : gsl_stats_quantile_from_sorted_data(ascending, 1, count, p);
}

double stats_median(const double *values, size_t count, struct region *region)
{
	double *present = region_alloc_array(region, count, sizeof(*present));
	size_t present_count = 0;
	double median;

	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i]))
			present[present_count++] = values[i];
	gsl_sort(present, 1, present_count);
	median = stats_quantile(present, present_count, 0.5);
	region_free(region, present);
	return median;
}
