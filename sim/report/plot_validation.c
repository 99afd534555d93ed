/*
 * plot_validation.c - predictions against measurements: how far off, and whether within the spread.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/plot.h"
#include "sim/report/plot_rows.h"

/* Beyond so many, names cannot be read: the smallest errors are left out of the right half. */
#define ROWS_SEEN 40

struct error_row {
	size_t row;
	double error;
};

static int by_magnitude(const void *a, const void *b)
{
	double x = fabs(((const struct error_row *)a)->error), y = fabs(((const struct error_row *)b)->error);

	if (x != y)
		return x < y ? 1 : -1;
	return ((const struct error_row *)a)->row < ((const struct error_row *)b)->row ? -1 : 1;
}

static int by_sign(const void *a, const void *b)
{
	double x = ((const struct error_row *)a)->error, y = ((const struct error_row *)b)->error;

	if (x != y)
		return x < y ? -1 : 1;
	return ((const struct error_row *)a)->row < ((const struct error_row *)b)->row ? -1 : 1;
}

/* What the axes have to hold. */
static void put_ranges(struct plot *plot, const struct error_row *rows, size_t count)
{
	double least = INFINITY, most = -INFINITY, largest = 0;

	for (size_t i = 0; i < count; i++) {
		double median = data_table_number(&plot->table, rows[i].row, "median");

		least = fmin(least, median);
		most = fmax(most, median);
		largest = fmax(largest, fabs(rows[i].error));
	}
	plot_number(plot, "least_median", least);
	plot_number(plot, "most_median", most);
	plot_number(plot, "largest_error", largest);
}

static bool put_points(struct plot *plot, const struct error_row *rows, size_t count)
{
	FILE *stream = plot_data(plot, "points.tsv", "label,predicted,median,min,max,error_ratio,within_spread");

	for (size_t i = 0; i < count; i++) {
		size_t row = rows[i].row;

		plot_field(stream, plot_row_label(plot, row));
		fprintf(stream, "\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\t%d\n",
			data_table_number(&plot->table, row, "predicted"),
			data_table_number(&plot->table, row, "median"), data_table_number(&plot->table, row, "min"),
			data_table_number(&plot->table, row, "max"), rows[i].error,
			data_table_number(&plot->table, row, "within_spread") == 1);
	}
	return plot_data_end(plot, stream);
}

static bool put_errors(struct plot *plot, const struct error_row *rows, size_t count)
{
	FILE *stream = plot_data(plot, "errors.tsv", "y,label,error_ratio");

	for (size_t i = 0; i < count; i++) {
		const char *python = data_table_text(&plot->table, rows[i].row, "python");

		fprintf(stream, "%zu\t", i);
		plot_field(stream, plot_short_label(plot,
						    region_format(plot->region, "%s, %s",
								  plot_row_label(plot, rows[i].row), python),
						    42));
		fprintf(stream, "\t%.9g\n", rows[i].error);
	}
	return plot_data_end(plot, stream);
}

bool plot_prepare_validation(struct plot *plot)
{
	const struct data_table *table = &plot->table;
	const char *metric = plot->options->metric ? plot->options->metric : "makespan";
	struct error_row *rows = region_alloc_array(plot->region, table->row_count, sizeof(*rows));
	size_t count = 0, seen, within = 0;

	for (size_t row = 0; row < table->row_count; row++) {
		double error = data_table_number(table, row, "error_ratio");

		if (strcmp(data_table_text(table, row, "metric"), metric) != 0 || !isfinite(error) ||
		    !plot_wants_variant(plot, data_table_text(table, row, "variant")))
			continue;
		rows[count++] = (struct error_row){ row, error };
		within += fabs(error) <= 0.05;
	}
	if (count == 0)
		return data_fail(plot->error, 2, "no row of the metric '%s' has an error", metric);
	qsort(rows, count, sizeof(*rows), by_magnitude);
	put_ranges(plot, rows, count);
	if (!put_points(plot, rows, count))
		return false;
	seen = count < ROWS_SEEN ? count : ROWS_SEEN;
	if (seen < count)
		plot_note(plot, "right: the %zu largest errors of %zu", seen, count);
	qsort(rows, seen, sizeof(*rows), by_sign);
	if (!put_errors(plot, rows, seen))
		return false;
	plot_number(plot, "row_count", (double)seen);
	plot_text(plot, "metric", "%s", metric);
	plot_text(plot, "unit", "%s",
		  !strcmp(metric, "speedup")	  ? ""
		  : !strcmp(metric, "throughput") ? " [1/s]"
						  : " [s]");
	plot_text(plot, "title", "%s: %zu of %zu predictions are within 5 %% of what was measured", metric, within,
		  count);
	plot->width_px = 900;
	plot->height_px = seen > 16 ? 140 + 17 * (int)seen : 420;
	return true;
}
