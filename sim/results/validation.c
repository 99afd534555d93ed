/*
 * validation.c - errors of predictions, row by row and summed up by metric.
 */
#include <math.h>
#include <string.h>

#include "sim/results/results_stats.h"
#include "sim/results/validation.h"

/* A row is hard when a prediction without any cost is off by more than this. */
#define HARD_ERROR_RATIO 0.10

struct validation_row *validation_add(struct validation *validation, struct region *region)
{
	validation->rows = region_grow(region, validation->rows, validation->row_count, &validation->row_capacity,
				       sizeof(validation->rows[0]));
	validation->rows[validation->row_count] =
		(struct validation_row){ .predicted = NAN, .ideal = NAN, .spin_ratio = NAN };
	return &validation->rows[validation->row_count++];
}

static double relative_error(double predicted, double median)
{
	double error = (predicted - median) / median;

	return isfinite(error) ? error : NAN;
}

static double run_error(const double *runs, size_t count, struct region *region)
{
	double *errors, *others;

	if (count < 3)
		return NAN;
	errors = region_alloc_array(region, count, sizeof(*errors));
	others = region_alloc_array(region, count, sizeof(*others));
	for (size_t i = 0; i < count; i++) {
		memcpy(others, runs, count * sizeof(*others));
		others[i] = others[count - 1];
		errors[i] = fabs(relative_error(runs[i], stats_median(others, count - 1, region)));
	}
	return stats_median(errors, count, region);
}

static void finish_row(struct validation_row *row, struct region *region)
{
	double *present = region_alloc_array(region, row->measured_count, sizeof(*present));
	size_t count = 0;
	double *sorted;

	for (size_t i = 0; i < row->measured_count; i++)
		if (!isnan(row->measured[i]))
			present[count++] = row->measured[i];
	sorted = stats_sorted(present, count, region);
	row->measured = present;
	row->measured_count = count;
	row->min = count > 0 ? sorted[0] : NAN;
	row->max = count > 0 ? sorted[count - 1] : NAN;
	row->median = stats_quantile(sorted, count, 0.5);
	row->q1 = stats_quantile(sorted, count, 0.25);
	row->q3 = stats_quantile(sorted, count, 0.75);
	row->within_spread = row->predicted >= row->min && row->predicted <= row->max;
	row->error = row->is_count ? NAN : relative_error(row->predicted, row->median);
	row->ideal_error = row->is_count ? NAN : relative_error(row->ideal, row->median);
	row->run_error = row->is_count ? NAN : run_error(present, count, region);
	row->hard = fabs(row->ideal_error) > HARD_ERROR_RATIO;
}

static struct validation_summary *summary_of(struct validation *validation, const char *metric)
{
	for (size_t i = 0; i < validation->summary_count; i++)
		if (!strcmp(validation->summaries[i].metric, metric))
			return &validation->summaries[i];
	validation->summaries[validation->summary_count].metric = metric;
	return &validation->summaries[validation->summary_count++];
}

static void finish_summary(struct validation_summary *summary, const struct validation *validation,
			   struct region *region)
{
	double *all = region_alloc_array(region, validation->row_count, sizeof(*all));
	double *hard = region_alloc_array(region, validation->row_count, sizeof(*hard));
	double *runs = region_alloc_array(region, validation->row_count, sizeof(*runs));
	double *runs_hard = region_alloc_array(region, validation->row_count, sizeof(*runs_hard));
	double *sorted;

	summary->rows = summary->rows_hard = 0;
	for (size_t i = 0; i < validation->row_count; i++) {
		const struct validation_row *row = &validation->rows[i];

		if (row->is_count || isnan(row->error) || strcmp(row->metric, summary->metric) != 0)
			continue;
		runs[summary->rows] = row->run_error;
		all[summary->rows++] = fabs(row->error);
		if (!row->hard)
			continue;
		runs_hard[summary->rows_hard] = row->run_error;
		hard[summary->rows_hard++] = fabs(row->error);
	}
	sorted = stats_sorted(all, summary->rows, region);
	summary->median = stats_quantile(sorted, summary->rows, 0.5);
	summary->p90 = stats_quantile(sorted, summary->rows, 0.9);
	summary->max = summary->rows > 0 ? sorted[summary->rows - 1] : NAN;
	summary->median_hard = stats_median(hard, summary->rows_hard, region);
	summary->median_run = stats_median(runs, summary->rows, region);
	summary->median_run_hard = stats_median(runs_hard, summary->rows_hard, region);
}

void validation_finish(struct validation *validation, struct region *region)
{
	for (size_t i = 0; i < validation->row_count; i++)
		finish_row(&validation->rows[i], region);
	validation->summaries = region_alloc_array(region, validation->row_count, sizeof(validation->summaries[0]));
	validation->summary_count = 0;
	for (size_t i = 0; i < validation->row_count; i++)
		if (!validation->rows[i].is_count)
			summary_of(validation, validation->rows[i].metric);
	for (size_t i = 0; i < validation->summary_count; i++)
		finish_summary(&validation->summaries[i], validation, region);
}

double validation_worst_error(const struct validation *validation)
{
	double worst = NAN;

	for (size_t i = 0; i < validation->row_count; i++) {
		const struct validation_row *row = &validation->rows[i];

		if (strcmp(row->metric, "makespan") != 0 && strcmp(row->metric, "speedup") != 0)
			continue;
		/* fmax() prefers the number to the NaN. */
		worst = fmax(worst, fabs(row->error));
	}
	return worst;
}
