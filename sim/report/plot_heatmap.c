/*
 * plot_heatmap.c - a metric over two axes of a sweep, with the border of where an objective holds.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/plot.h"
#include "sim/report/plot_rows.h"
#include "sim/results/results.h"

struct heatmap {
	struct plot *plot;
	const char *variant, *x, *y, *metric, *slo_metric;
	const char *title; /* of the metric, as it was asked for */
	double *xs, *ys;
	size_t x_count, y_count;
	size_t *row_at; /* of the table, + 1; 0: no point */
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool is_of_variant(const struct heatmap *heatmap, size_t row)
{
	return !strcmp(data_table_text(&heatmap->plot->table, row, "variant"), heatmap->variant);
}

/* The different values of a column, sorted. */
static double *values_of(const struct heatmap *heatmap, const char *column, size_t *count)
{
	const struct data_table *table = &heatmap->plot->table;
	double *values = region_alloc_array(heatmap->plot->region, table->row_count, sizeof(*values));
	size_t different = 0;

	*count = 0;
	for (size_t row = 0; row < table->row_count; row++)
		if (is_of_variant(heatmap, row) && isfinite(data_table_number(table, row, column)))
			values[(*count)++] = data_table_number(table, row, column);
	qsort(values, *count, sizeof(*values), by_value);
	for (size_t i = 0; i < *count; i++)
		if (different == 0 || values[i] != values[different - 1])
			values[different++] = values[i];
	*count = different;
	return values;
}

static size_t index_of(const double *values, size_t count, double value)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] == value)
			return i;
	return SIZE_MAX;
}

static const char *choose_variant(const struct plot *plot)
{
	const char *variant = NULL;

	for (size_t row = 0; row < plot->table.row_count; row++) {
		const char *name = data_table_text(&plot->table, row, "variant");

		if (plot_wants_variant(plot, name) &&
		    (!variant || data_table_number(&plot->table, row, "baseline") != 1)) {
			variant = name;
			if (data_table_number(&plot->table, row, "baseline") != 1)
				break;
		}
	}
	return variant;
}

static bool holds(const struct heatmap *heatmap, size_t row)
{
	const struct expectation *slo = heatmap->plot->options->slo;
	double value = data_table_number(&heatmap->plot->table, row, heatmap->slo_metric);

	switch (slo->comparison) {
	case COMPARE_LESS:
		return value < slo->value;
	case COMPARE_LESS_EQUAL:
		return value <= slo->value;
	case COMPARE_EQUAL:
		return value == slo->value;
	case COMPARE_GREATER_EQUAL:
		return value >= slo->value;
	case COMPARE_GREATER:
		return value > slo->value;
	case COMPARE_NEAR:
		return fabs(value - slo->value) <= slo->tolerance * fabs(slo->value);
	}
	return false;
}

static bool holds_at(const struct heatmap *heatmap, size_t x, size_t y)
{
	size_t row = heatmap->row_at[y * heatmap->x_count + x];

	return row > 0 && holds(heatmap, row - 1);
}

/* Edges between a cell where the objective holds and a neighbour where it does not. */
static bool put_border(struct heatmap *heatmap)
{
	FILE *stream = plot_data(heatmap->plot, "border.tsv", "x,y,dx,dy");

	for (size_t y = 0; heatmap->slo_metric && y < heatmap->y_count; y++)
		for (size_t x = 0; x < heatmap->x_count; x++) {
			bool here = holds_at(heatmap, x, y);

			if (x + 1 < heatmap->x_count && holds_at(heatmap, x + 1, y) != here)
				fprintf(stream, "%g\t%g\t0\t1\n", (double)x + 0.5, (double)y - 0.5);
			if (y + 1 < heatmap->y_count && holds_at(heatmap, x, y + 1) != here)
				fprintf(stream, "%g\t%g\t1\t0\n", (double)x - 0.5, (double)y + 0.5);
		}
	return plot_data_end(heatmap->plot, stream);
}

static bool more_is_better(const char *column)
{
	return strstr(column, "speedup") || strstr(column, "throughput") || strstr(column, "completed");
}

/* Of those where the objective holds, or of all. */
static size_t best_row(const struct heatmap *heatmap)
{
	const struct data_table *table = &heatmap->plot->table;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < heatmap->x_count * heatmap->y_count; i++) {
		size_t row = heatmap->row_at[i] - 1;
		double value, so_far;

		if (heatmap->row_at[i] == 0 || (heatmap->slo_metric && !holds(heatmap, row)))
			continue;
		value = data_table_number(table, row, heatmap->metric);
		so_far = best == SIZE_MAX ? (double)NAN : data_table_number(table, best, heatmap->metric);
		if (best == SIZE_MAX || (more_is_better(heatmap->metric) ? value > so_far : value < so_far))
			best = row;
	}
	return best;
}

/* "0.0123" in seconds as "12.3", with the unit in the title. */
static double scale_of(const struct heatmap *heatmap, const char **unit)
{
	const char *metric = heatmap->metric;
	size_t length = strlen(metric);
	double least = INFINITY;

	for (size_t i = 0; i < heatmap->x_count * heatmap->y_count; i++)
		if (heatmap->row_at[i])
			least = fmin(least,
				     data_table_number(&heatmap->plot->table, heatmap->row_at[i] - 1, metric));
	*unit = "";
	if (length > 6 && !strcmp(metric + length - 6, "_per_s")) {
		*unit = " [1/s]";
	} else if (length > 2 && !strcmp(metric + length - 2, "_s")) {
		*unit = least >= 1 ? " [s]" : least >= 1e-3 ? " [ms]" : " [us]";
		return least >= 1 ? 1 : least >= 1e-3 ? 1e3 : 1e6;
	}
	return 1;
}

static bool put_cells(struct heatmap *heatmap)
{
	const struct data_table *table = &heatmap->plot->table;
	FILE *stream = plot_data(heatmap->plot, "cells.tsv", "x_index,y_index,x,y,value,is_best");
	size_t best = best_row(heatmap);

	for (size_t y = 0; y < heatmap->y_count; y++)
		for (size_t x = 0; x < heatmap->x_count; x++) {
			size_t row = heatmap->row_at[y * heatmap->x_count + x];

			if (row > 0)
				fprintf(stream, "%zu\t%zu\t%.9g\t%.9g\t%.9g\t%d\n", x, y, heatmap->xs[x],
					heatmap->ys[y], data_table_number(table, row - 1, heatmap->metric),
					row - 1 == best);
		}
	return plot_data_end(heatmap->plot, stream);
}

static bool lacks_cells(const struct heatmap *heatmap)
{
	for (size_t i = 0; i < heatmap->x_count * heatmap->y_count; i++)
		if (heatmap->row_at[i] == 0)
			return true;
	return false;
}

static bool put_tics(struct heatmap *heatmap, const char *name, const double *values, size_t count)
{
	FILE *stream = plot_data(heatmap->plot, name, "index,label");

	for (size_t i = 0; i < count; i++)
		fprintf(stream, "%zu\t%g\n", i, values[i]);
	return plot_data_end(heatmap->plot, stream);
}

static bool choose_metrics(struct heatmap *heatmap)
{
	struct plot *plot = heatmap->plot;
	const struct expectation *slo = plot->options->slo;
	const char *asked = plot->options->metric ? plot->options->metric : slo ? slo->left.metric : "p99";

	heatmap->title = asked;
	heatmap->metric = plot_metric_column(plot, asked);
	if (!heatmap->metric)
		return data_fail(plot->error, 2, "the results have no metric '%s'", asked);
	if (slo) {
		heatmap->slo_metric = plot_metric_column(plot, slo->left.metric);
		if (!heatmap->slo_metric || slo->right.metric)
			return data_fail(plot->error, 2, "--slo '%s': the results have no such metric", slo->text);
	}
	return true;
}

bool plot_prepare_heatmap(struct plot *plot)
{
	struct heatmap heatmap = { .plot = plot, .variant = choose_variant(plot) };
	const char *unit;
	double scale;

	if (!heatmap.variant)
		return data_fail(plot->error, 2, "the results have no variant of that name");
	heatmap.x = plot_axis(plot, plot->options->x, plot->options->y, true);
	heatmap.y = heatmap.x ? plot_axis(plot, plot->options->y, heatmap.x, true) : NULL;
	if (!heatmap.x || !heatmap.y || !choose_metrics(&heatmap))
		return false;
	heatmap.xs = values_of(&heatmap, heatmap.x, &heatmap.x_count);
	heatmap.ys = values_of(&heatmap, heatmap.y, &heatmap.y_count);
	if (heatmap.x_count < 2 || heatmap.y_count < 2 || heatmap.x_count > 64 || heatmap.y_count > 64)
		return data_fail(plot->error, 2, "%zu values of %s and %zu of %s, expected 2 to 64 of each",
				 heatmap.x_count, heatmap.x, heatmap.y_count, heatmap.y);
	heatmap.row_at = region_alloc_array(plot->region, heatmap.x_count * heatmap.y_count, sizeof(size_t));
	for (size_t row = 0; row < plot->table.row_count; row++) {
		size_t x = index_of(heatmap.xs, heatmap.x_count, data_table_number(&plot->table, row, heatmap.x));
		size_t y = index_of(heatmap.ys, heatmap.y_count, data_table_number(&plot->table, row, heatmap.y));

		if (is_of_variant(&heatmap, row) && x != SIZE_MAX && y != SIZE_MAX &&
		    isfinite(data_table_number(&plot->table, row, heatmap.metric)))
			heatmap.row_at[y * heatmap.x_count + x] = row + 1;
	}
	scale = scale_of(&heatmap, &unit);
	if (!put_cells(&heatmap) || !put_border(&heatmap) ||
	    !put_tics(&heatmap, "x_tics.tsv", heatmap.xs, heatmap.x_count) ||
	    !put_tics(&heatmap, "y_tics.tsv", heatmap.ys, heatmap.y_count))
		return false;
	plot_number(plot, "x_count", (double)heatmap.x_count);
	plot_number(plot, "y_count", (double)heatmap.y_count);
	plot_number(plot, "value_scale", scale);
	plot_number(plot, "has_border", heatmap.slo_metric != NULL);
	plot_text(plot, "x_title", "%s", plot_axis_title(heatmap.x));
	plot_text(plot, "y_title", "%s", plot_axis_title(heatmap.y));
	plot_text(plot, "metric_title", "%s%s", heatmap.title, unit);
	plot_text(plot, "title", "%s%s%s of '%s'", plot_subject(plot), heatmap.title, unit, heatmap.variant);
	if (heatmap.slo_metric)
		plot_note(plot, "thick line: border of where %s holds", plot->options->slo->text);
	plot_note(plot, "star: the best point%s", heatmap.slo_metric ? " that holds" : "");
	if (lacks_cells(&heatmap))
		plot_note(plot, "empty: no figure, as where it is overloaded");
	plot->height_px = 220 + 34 * (int)heatmap.y_count;
	return true;
}
