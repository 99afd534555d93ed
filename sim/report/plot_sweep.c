/*
 * plot_sweep.c - pictures of results along axes: speedup, load, scalability.
 */
#include <math.h>
#include <string.h>

#include "sim/report/plot.h"
#include "sim/report/plot_rows.h"
#include "sim/results/usl.h"

/* A knee: where so much of the best speedup is reached. */
#define KNEE_SHARE 0.9
/* A server is saturated when it serves less than this share of what arrives. */
#define SERVED_SHARE 0.95
/* Axes beside the drawn one that tell lines apart. */
#define MAX_OTHER_AXES 4
/* Beyond so many, lines cannot be told apart. */
#define SERIES_SEEN 8

/* ---- Series: the rows of one label, in order of the axis ---- */

struct series {
	const char *label;
	size_t *rows;
	size_t count, capacity;
};

struct series_list {
	struct series *series;
	size_t count, capacity;
};

/* The axes that are not drawn. */
struct other_axes {
	const char *columns[MAX_OTHER_AXES];
	size_t count;
};

/* A path that sets what the column of results tells. */
static bool is_same_axis(const char *path, const char *axis)
{
	return !strcmp(path, axis) || (!strcmp(axis, "workers") && strstr(path, "workers")) ||
	       (!strcmp(axis, "machine_cores") && !strcmp(path, "machine.cores"));
}

static struct other_axes other_axes(const struct plot *plot, const char *axis)
{
	const struct data_table *table = &plot->table;
	struct other_axes others = { .count = 0 };

	for (size_t i = 0; i < table->column_count && others.count < MAX_OTHER_AXES; i++)
		if (strchr(table->columns[i], '.') && (!axis || !is_same_axis(table->columns[i], axis)) &&
		    plot_column_differs(plot, table->columns[i]))
			others.columns[others.count++] = table->columns[i];
	return others;
}

/* The variant, and where it stands on the other axes: "threads, workers 8". */
static const char *label_of(const struct plot *plot, size_t row, const struct other_axes *others)
{
	const char *label = plot_row_label(plot, row);
	const char *own = region_format(plot->region, "variants.%s.", data_table_text(&plot->table, row, "variant"));

	for (size_t i = 0; i < others->count; i++) {
		const char *path = others->columns[i];

		/* What is set of another variant makes no difference to this one. */
		if (strncmp(path, "variants.", 9) != 0 || !strncmp(path, own, strlen(own)))
			label = region_format(plot->region, "%s, %s %s", label, plot_axis_title(path),
					      data_table_text(&plot->table, row, path));
	}
	return label;
}

static struct series_list collect(struct plot *plot, const char *axis, const char *needed)
{
	struct other_axes others = other_axes(plot, axis);
	struct series_list list = { 0 };

	for (size_t row = 0; row < plot->table.row_count; row++) {
		const char *label;
		struct series *series = NULL;
		size_t at;

		if (!plot_wants_variant(plot, data_table_text(&plot->table, row, "variant")) ||
		    !isfinite(data_table_number(&plot->table, row, needed)) ||
		    (axis && !isfinite(data_table_number(&plot->table, row, axis))))
			continue;
		label = label_of(plot, row, &others);
		for (size_t i = 0; i < list.count && !series; i++)
			if (!strcmp(list.series[i].label, label))
				series = &list.series[i];
		if (!series) {
			list.series =
				region_grow(plot->region, list.series, list.count, &list.capacity, sizeof(*series));
			series = &list.series[list.count++];
			*series = (struct series){ .label = label };
		}
		series->rows = region_grow(plot->region, series->rows, series->count, &series->capacity,
					   sizeof(series->rows[0]));
		for (at = series->count++; axis && at > 0; at--) {
			if (data_table_number(&plot->table, series->rows[at - 1], axis) <=
			    data_table_number(&plot->table, row, axis))
				break;
			series->rows[at] = series->rows[at - 1];
		}
		series->rows[at] = row;
	}
	return list;
}

/* Leaves as many as can be told apart: from first to last at even distances, and the one that must be seen. */
static void thin_out(struct plot *plot, struct series_list *list, size_t wanted)
{
	size_t count = list->count;

	if (count <= SERIES_SEEN)
		return;
	for (size_t i = 0; i < SERIES_SEEN; i++) {
		size_t first = i * count / SERIES_SEEN, end = (i + 1) * count / SERIES_SEEN;

		/* The last one of the last part, so that both ends are there. */
		list->series[i] = list->series[wanted >= first && wanted < end ? wanted
					       : i + 1 == SERIES_SEEN	       ? count - 1
									       : first];
	}
	list->count = SERIES_SEEN;
	plot_note(plot, "%d of %zu lines are shown", SERIES_SEEN, count);
}

/* The series with most points. */
static const struct series *longest(const struct series_list *list)
{
	const struct series *most = &list->series[0];

	for (size_t i = 1; i < list->count; i++)
		if (list->series[i].count > most->count)
			most = &list->series[i];
	return most;
}

/* In a legend, labels are no longer than `most`; legend_width is that of the longest. */
static void put_labels(struct plot *plot, const struct series_list *list, size_t most)
{
	size_t longest_label = 0;

	for (size_t i = 0; i < list->count; i++) {
		const char *label = plot_short_label(plot, list->series[i].label, most);

		longest_label = strlen(label) > longest_label ? strlen(label) : longest_label;
		plot_text(plot, region_format(plot->region, "label_%zu", i + 1), "%s", label);
	}
	plot_number(plot, "series_count", (double)list->count);
	plot_number(plot, "legend_width", (double)longest_label);
}

static double number(const struct plot *plot, size_t row, const char *column)
{
	return data_table_number(&plot->table, row, column);
}

/* ---- Speedup ---- */

static size_t best_of(const struct plot *plot, const struct series *series)
{
	size_t best = 0;

	for (size_t i = 1; i < series->count; i++)
		if (number(plot, series->rows[i], "speedup") > number(plot, series->rows[best], "speedup"))
			best = i;
	return best;
}

static size_t knee_of(const struct plot *plot, const struct series *series)
{
	double best = number(plot, series->rows[best_of(plot, series)], "speedup");

	for (size_t i = 0; i < series->count; i++)
		if (number(plot, series->rows[i], "speedup") >= KNEE_SHARE * best)
			return i;
	return 0;
}

/* The series with the best point of all. */
static size_t winner_of(const struct plot *plot, const struct series_list *list)
{
	size_t winner = 0;

	for (size_t i = 1; i < list->count; i++) {
		const struct series *series = &list->series[i], *best = &list->series[winner];

		if (number(plot, series->rows[best_of(plot, series)], "speedup") >
		    number(plot, best->rows[best_of(plot, best)], "speedup"))
			winner = i;
	}
	return winner;
}

static bool put_speedups(struct plot *plot, const struct series_list *list, const char *axis)
{
	FILE *stream = plot_data(plot, "speedup.tsv", "series,label,x,speedup,low,high,mark");
	size_t winner = winner_of(plot, list), longest_label = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct series *series = &list->series[i];
		size_t best = best_of(plot, series), knee = knee_of(plot, series);
		const char *label = plot_short_label(plot, series->label, 36);

		longest_label = strlen(label) > longest_label ? strlen(label) : longest_label;
		for (size_t at = 0; at < series->count; at++) {
			size_t row = series->rows[at];
			double speedup = number(plot, row, "speedup");
			double low = number(plot, row, "speedup_ci95_low"),
			       high = number(plot, row, "speedup_ci95_high");
			bool is_marked = axis && i == winner;

			fprintf(stream, "%zu\t", i + 1);
			plot_field(stream, label);
			fprintf(stream, "\t%.9g\t%.9g\t%.9g\t%.9g\t%s\n",
				axis ? number(plot, row, axis) : (double)i + 1, speedup,
				isfinite(low) ? low : speedup, isfinite(high) ? high : speedup,
				is_marked && at == best	  ? "best"
				: is_marked && at == knee ? "knee"
							  : "-");
		}
	}
	plot_label_width(plot, longest_label);
	return plot_data_end(plot, stream);
}

bool plot_prepare_speedup(struct plot *plot)
{
	const char *axis = plot_axis(plot, plot->options->x, NULL, false);
	struct series_list list;
	const struct series *winner;
	double best;

	if (!axis && plot->options->x)
		return false;
	list = collect(plot, axis, "speedup");
	/* Variants that differ in their workers are no axis: each would be a point. */
	if (axis && !plot->options->x && list.count > 0 && longest(&list)->count < 2) {
		axis = NULL;
		list = collect(plot, NULL, "speedup");
	}
	if (list.count == 0)
		return data_fail(plot->error, 2, "no result has a speedup");
	if (axis)
		thin_out(plot, &list, winner_of(plot, &list));
	if (!put_speedups(plot, &list, axis))
		return false;
	put_labels(plot, &list, 36);
	winner = &list.series[winner_of(plot, &list)];
	best = number(plot, winner->rows[best_of(plot, winner)], "speedup");
	plot_number(plot, "has_axis", axis != NULL);
	plot_text(plot, "axis", "%s", axis ? plot_axis_title(axis) : "");
	plot_number(plot, "has_ideal", axis && plot_axis_is_parallelism(axis));
	plot_number(plot, "has_band", plot_different(plot, "speedup_ci95_low") > 0);
	plot_number(plot, "best_speedup", best);
	if (axis) {
		plot_text(plot, "title", "%s'%s' is up to %.3gx as fast as the baseline, at %s %g",
			  plot_subject(plot), winner->label, best, plot_axis_title(axis),
			  number(plot, winner->rows[best_of(plot, winner)], axis));
		if (knee_of(plot, winner) < best_of(plot, winner))
			plot_note(plot, "knee: the first point with %.0f %% of the best speedup", 100 * KNEE_SHARE);
	} else {
		plot_text(plot, "title", "%s'%s' is the fastest: %.3gx as fast as the baseline", plot_subject(plot),
			  winner->label, best);
		plot->height_px = 170 + 36 * (int)list.count;
	}
	return true;
}

/* ---- Load ---- */

bool plot_prepare_load(struct plot *plot)
{
	const char *asked = plot->options->x, *axis;
	struct series_list list;
	bool lacks_percentiles = false;
	FILE *stream;

	for (size_t i = 0; i < plot->table.column_count && !asked; i++)
		if (strstr(plot->table.columns[i], "rate") && strchr(plot->table.columns[i], '.'))
			asked = plot->table.columns[i];
	axis = plot_axis(plot, asked, NULL, true);
	if (!axis)
		return false;
	list = collect(plot, axis, "throughput_per_s");
	if (list.count == 0)
		return data_fail(plot->error, 2, "no result has a throughput");
	thin_out(plot, &list, 0);
	stream = plot_data(plot, "load.tsv", "series,label,x,throughput_per_s,p50_s,p99_s,saturated");
	for (size_t i = 0; i < list.count; i++) {
		bool saturated = false;

		for (size_t at = 0; at < list.series[i].count; at++) {
			size_t row = list.series[i].rows[at];
			double x = number(plot, row, axis), served = number(plot, row, "throughput_per_s");
			bool begins = !saturated && served < SERVED_SHARE * x;

			saturated |= begins;
			lacks_percentiles |= !isfinite(number(plot, row, "sojourn_p99_s"));
			fprintf(stream, "%zu\t", i + 1);
			plot_field(stream, list.series[i].label);
			fprintf(stream, "\t%.9g\t%.9g\t%.9f\t%.9f\t%d\n", x, served,
				number(plot, row, "sojourn_p50_s"), number(plot, row, "sojourn_p99_s"), begins);
		}
	}
	if (!plot_data_end(plot, stream))
		return false;
	put_labels(plot, &list, 28);
	plot_text(plot, "axis", "%s", plot_axis_title(axis));
	plot_number(plot, "slo_s", plot->options->slo ? plot->options->slo->value : NAN);
	plot_text(plot, "slo_text", "%s", plot->options->slo ? plot->options->slo->text : "");
	plot_text(plot, "title", "%swhat is served, and how long it takes", plot_subject(plot));
	plot_note(plot, "saturated: less than %.0f %% of what arrives is served%s", 100 * SERVED_SHARE,
		  lacks_percentiles ? "; where it is overloaded there are no percentiles" : "");
	plot->height_px = 640;
	return true;
}

/* ---- Scalability ---- */

/* The one that is not the baseline, unless there is no other. */
static const struct series *to_fit(const struct plot *plot, const struct series_list *list)
{
	const struct series *best = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct series *series = &list->series[i];

		if (data_table_number(&plot->table, series->rows[0], "baseline") == 1)
			continue;
		if (!best || series->count > best->count)
			best = series;
	}
	return best ? best : longest(list);
}

/* " +- 0.01", or nothing where the fit tells no interval. */
static const char *half_width_text(struct plot *plot, double half)
{
	return isfinite(half) ? region_format(plot->region, " +- %.2g", half) : "";
}

bool plot_prepare_scalability(struct plot *plot)
{
	const char *axis = plot_axis(plot, plot->options->x, NULL, true);
	struct series_list list;
	const struct series *series;
	struct usl usl;
	double *n, *throughput, highest = 0;
	FILE *stream;

	if (!axis)
		return false;
	list = collect(plot, axis, "throughput_per_s");
	if (list.count == 0)
		return data_fail(plot->error, 2, "no result has a throughput");
	series = to_fit(plot, &list);
	n = region_alloc_array(plot->region, series->count, sizeof(*n));
	throughput = region_alloc_array(plot->region, series->count, sizeof(*throughput));
	stream = plot_data(plot, "scalability.tsv", "n,throughput_per_s,fitted_per_s");
	for (size_t i = 0; i < series->count; i++) {
		n[i] = number(plot, series->rows[i], axis);
		throughput[i] = number(plot, series->rows[i], "throughput_per_s");
		highest = fmax(highest, throughput[i]);
	}
	if (!usl_fit(n, throughput, series->count, &usl)) {
		fclose(stream);
		return data_fail(plot->error, 2,
				 "'%s' has no three different points above 0 along %s to fit a law to",
				 series->label, axis);
	}
	for (size_t i = 0; i < series->count; i++)
		fprintf(stream, "%.9g\t%.9g\t%.9g\n", n[i], throughput[i], usl_throughput(&usl, n[i]));
	if (!plot_data_end(plot, stream))
		return false;
	plot_number(plot, "lambda", usl.lambda);
	plot_number(plot, "sigma", usl.sigma);
	plot_number(plot, "kappa", usl.kappa);
	plot_number(plot, "peak_n", usl.peak_n);
	plot_number(plot, "peak_throughput", usl.peak_throughput);
	plot_number(plot, "last_n", n[series->count - 1]);
	plot_number(plot, "highest", highest);
	plot_text(plot, "axis", "%s", plot_axis_title(axis));
	if (isfinite(usl.peak_n))
		plot_text(plot, "title", "%s'%s' peaks at %.3g %s", plot_subject(plot), series->label, usl.peak_n,
			  plot_axis_title(axis));
	else
		plot_text(plot, "title", "%s'%s' has no peak: nothing is retrograde", plot_subject(plot),
			  series->label);
	plot_note(plot, "Universal Scalability Law: contention %.3g%s, coherency %.3g%s, R2 %.4f", usl.sigma,
		  half_width_text(plot, usl.sigma_half), usl.kappa, half_width_text(plot, usl.kappa_half), usl.r_squared);
	return true;
}
