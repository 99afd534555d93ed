/*
 * plot_decisions.c - pictures of what `plan` and `advise` have found.
 */
#include <math.h>
#include <string.h>

#include "sim/report/plot.h"
#include "sim/report/plot_rows.h"
#include "sim/results/results.h"

/* ---- plan: margins ---- */

/* A point that misses its objective by more than its value is drawn there: how far off hopeless is says nothing. */
#define LEAST_MARGIN (-1.0)
/* Along a wider axis than this, small values would lie upon each other. */
#define LINEAR_SPAN 100

/* Where the points of a plan lie: along what is minimised, or along the rate. */
static const char *const x_columns[] = { "cost", "rate_per_s" };

static const char *decision_mark(const char *decision)
{
	return !strcmp(decision, "holds") ? "holds" : !strcmp(decision, "undecided") ? "undecided" : "fails";
}

/* The text of a point: its variant, or what its rate was of. */
static const char *series_of(const struct plot *plot, size_t row)
{
	const char *what = data_table_text(&plot->table, row, "what");

	return *what ? what : data_table_text(&plot->table, row, "variant");
}

struct margins {
	struct plot *plot;
	const char *x; /* its column */
	bool is_rate;
	const char **labels;
	size_t label_count, label_capacity;
	size_t points, cut;
	double least_x, most_x;
};

static size_t label_index(struct margins *margins, const char *label)
{
	for (size_t i = 0; i < margins->label_count; i++)
		if (!strcmp(margins->labels[i], label))
			return i + 1;
	margins->labels = region_grow(margins->plot->region, margins->labels, margins->label_count,
				      &margins->label_capacity, sizeof(margins->labels[0]));
	margins->labels[margins->label_count++] = label;
	return margins->label_count;
}

static void put_margin(struct margins *margins, size_t row, FILE *stream)
{
	const struct data_table *table = &margins->plot->table;
	double x = data_table_number(table, row, margins->x), margin = data_table_number(table, row, "margin");
	double half = data_table_number(table, row, "margin_half");
	const char *label = series_of(margins->plot, row);

	if (!isfinite(x) || !isfinite(margin) || !plot_wants_variant(margins->plot, data_table_text(table, row, "variant")))
		return;
	half = isfinite(half) ? half : 0;
	margins->cut += margin < LEAST_MARGIN;
	margins->points++;
	margins->least_x = fmin(margins->least_x, x);
	margins->most_x = fmax(margins->most_x, x);
	fprintf(stream, "%zu\t", label_index(margins, label));
	plot_field(stream, label);
	fprintf(stream, "\t%.9g\t%.9g\t%.9g\t%.9g\t%s\t%d\n", x, fmax(margin, LEAST_MARGIN),
		fmax(margin - half, LEAST_MARGIN), fmax(margin + half, LEAST_MARGIN),
		decision_mark(data_table_text(table, row, "decision")), margin < LEAST_MARGIN);
}

/* The row of that list; SIZE_MAX: there is none. */
static size_t row_of(const struct data_table *table, const char *list)
{
	for (size_t row = 0; row < table->row_count; row++)
		if (!strcmp(data_table_text(table, row, "row"), list))
			return row;
	return SIZE_MAX;
}

static void put_plan_title(struct margins *margins)
{
	struct plot *plot = margins->plot;
	const struct data_table *table = &plot->table;
	const char *minimised = plot_axis_title(data_table_text(table, 0, "minimised"));
	size_t answer = row_of(table, margins->is_rate ? "rate" : "answer");
	double value = answer == SIZE_MAX ? (double)NAN
					  : data_table_number(table, answer, margins->is_rate ? "highest_per_s" : "cost");

	plot_text(plot, "axis", "%s", margins->is_rate ? "arrivals per second" : minimised);
	plot_number(plot, "answer_x", value);
	plot_number(plot, "knee_x", margins->is_rate && answer != SIZE_MAX ? data_table_number(table, answer, "knee_per_s")
									    : (double)NAN);
	if (!isfinite(value))
		plot_text(plot, "title", "%snothing that was asked holds", plot_subject(plot));
	else if (margins->is_rate)
		plot_text(plot, "title", "%sthe objectives hold up to %.4g arrivals per second", plot_subject(plot), value);
	else
		plot_text(plot, "title", "%sthe least %s that holds is %.4g", plot_subject(plot), minimised, value);
}

bool plot_prepare_plan(struct plot *plot)
{
	struct margins margins = { .plot = plot, .least_x = INFINITY, .most_x = -INFINITY };
	FILE *stream = plot_data(plot, "plan.tsv", "series,label,x,margin,low,high,decision,is_cut");

	margins.is_rate = row_of(&plot->table, "rate") != SIZE_MAX;
	margins.x = x_columns[margins.is_rate];
	for (size_t row = 0; row < plot->table.row_count; row++)
		if (!strcmp(data_table_text(&plot->table, row, "row"), margins.is_rate ? "rate_asked" : "asked"))
			put_margin(&margins, row, stream);
	if (!plot_data_end(plot, stream))
		return false;
	if (margins.points == 0)
		return data_fail(plot->error, 2, "no point of the plan has a margin");
	put_plan_title(&margins);
	plot_number(plot, "least_x", margins.least_x);
	plot_number(plot, "most_x", margins.most_x);
	plot_number(plot, "is_logarithmic", margins.least_x > 0 && margins.most_x > LINEAR_SPAN * margins.least_x);
	plot_number(plot, "is_rate", margins.is_rate);
	plot_number(plot, "series_count", (double)margins.label_count);
	for (size_t i = 0; i < margins.label_count; i++)
		plot_text(plot, region_format(plot->region, "label_%zu", i + 1), "%s", margins.labels[i]);
	plot_note(plot, "margin: how far inside its limit the objective that binds is, as a share of the limit");
	if (margins.cut > 0)
		plot_note(plot, "%zu of %zu points lie below -100 %% and are drawn there", margins.cut, margins.points);
	return true;
}

/* ---- advise: a bar a model ---- */

bool plot_prepare_advice(struct plot *plot)
{
	const struct data_table *table = &plot->table;
	const char *metric = data_table_text(table, 0, "metric"), *unit_text = "", *best = NULL;
	FILE *stream = plot_data(plot, "advice.tsv", "y,label,value,behind,is_winner,needs_more");
	double longest = 0, scale = 1;
	size_t count = 0, longest_label = 0;
	char unit = 'r';

	for (size_t row = 0; row < table->row_count; row++) {
		const char *name = data_table_text(table, row, "variant"), *size = data_table_text(table, row, "size");
		double value = data_table_number(table, row, "value"), behind = data_table_number(table, row, "behind");
		const char *label;

		if (strcmp(data_table_text(table, row, "row"), "ranking") != 0 || !isfinite(value) ||
		    !plot_wants_variant(plot, name))
			continue;
		label = plot_short_label(plot, *size && strcmp(size, "-") != 0 ? region_format(plot->region, "%s, %s", name, size)
									      : name,
					 36);
		longest_label = strlen(label) > longest_label ? strlen(label) : longest_label;
		longest = fmax(longest, value);
		if (data_table_number(table, row, "is_winner") == 1)
			best = name;
		fprintf(stream, "%zu\t", ++count);
		plot_field(stream, label);
		fprintf(stream, "\t%.9g\t%.9g\t%d\t%d\n", value, behind, data_table_number(table, row, "is_winner") == 1,
			*data_table_text(table, row, "needs") != '\0');
	}
	if (!plot_data_end(plot, stream))
		return false;
	if (count == 0)
		return data_fail(plot->error, 2, "no model of the advice has a figure");
	results_metric_exists(metric, &unit);
	if (unit == 's') {
		scale = longest >= 1 ? 1 : longest >= 1e-3 ? 1e3 : 1e6;
		unit_text = longest >= 1 ? " [s]" : longest >= 1e-3 ? " [ms]" : " [us]";
	} else if (unit == '/') {
		unit_text = " [1/s]";
	}
	plot_number(plot, "bar_count", (double)count);
	plot_number(plot, "longest", longest * scale);
	plot_number(plot, "value_scale", scale);
	plot_text(plot, "value", "%s%s", metric, unit_text);
	plot_label_width(plot, longest_label);
	if (best)
		plot_text(plot, "title", "%s'%s' is the model to use", plot_subject(plot), best);
	else
		plot_text(plot, "title", "%snone of the models completes this work", plot_subject(plot));
	plot_note(plot, "dark: the answer; dashed: needs another interpreter, or two models at once; each at its best size");
	plot->height_px = 190 + 36 * (int)count;
	return true;
}
