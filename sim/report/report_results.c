/*
 * report_results.c - the section of results: of runs, and of sweeps.
 */
#include <math.h>
#include <string.h>

#include "sim/report/plot_rows.h"
#include "sim/report/report_page.h"
#include "sim/results/version.h"

/* What was varied beyond that has no column of its own. */
#define MAX_AXES 4
/* Longer tables are folded; the best row of each variant stands above them. */
#define ROWS_SHOWN 40
/* A server keeps up with its arrivals when it serves at least this share of them; as in plot_sweep.c. */
#define SERVED_SHARE 0.95

static const struct data_table *results_of(const struct report *report)
{
	return &report->tables[DATA_RESULTS];
}

static double figure(const struct report *report, size_t row, const char *column)
{
	return data_table_number(results_of(report), row, column);
}

static const char *text_of(const struct report *report, size_t row, const char *column)
{
	return data_table_text(results_of(report), row, column);
}

/* ---- Which row is best ---- */

/* The rows of one run, or of all points of a sweep of one scenario: from `first` up to the returned one. */
static size_t end_of_group(const struct report *report, size_t first, bool is_sweep)
{
	size_t row = first + 1;

	while (row < results_of(report)->row_count &&
	       !strcmp(text_of(report, row, "scenario"), text_of(report, first, "scenario")) &&
	       !strcmp(text_of(report, row, "source"), text_of(report, first, "source")) &&
	       (is_sweep || strcmp(text_of(report, row, "variant"), text_of(report, first, "variant")) != 0))
		row++;
	return row;
}

/* Requests that arrive of their own accord: how long all of them took is not the question, but how long each did. */
static bool is_open(const struct report *report, size_t row)
{
	return isfinite(figure(report, row, "backlog_growth_per_s"));
}

/* What counts, the less the better; of an open load that is overloaded there are no percentiles. */
static double time_of(const struct report *report, size_t row)
{
	return figure(report, row, is_open(report, row) ? "sojourn_p99_s" : "makespan_s");
}

/* Of one variant, or (NULL) of all. */
static size_t best_row(const struct report *report, size_t first, size_t end, const char *variant)
{
	size_t best = SIZE_MAX;

	for (size_t row = first; row < end; row++)
		if ((!variant || !strcmp(text_of(report, row, "variant"), variant)) && isfinite(time_of(report, row)) &&
		    (best == SIZE_MAX || time_of(report, row) < time_of(report, best)))
			best = row;
	return best;
}

static size_t baseline_row(const struct report *report, size_t first, size_t end)
{
	for (size_t row = first; row < end; row++)
		if (figure(report, row, "baseline") == 1)
			return row;
	return SIZE_MAX;
}

/* ---- The answer of a run ---- */

static void put_open_answer(struct report *report, size_t first, size_t end, size_t best)
{
	if (best == SIZE_MAX)
		report_put_paragraph(report, "answer", "%s: no variant keeps up with what arrives.",
				     text_of(report, first, "scenario"));
	else
		report_put_paragraph(report, "answer",
				     "%s: '%s' answers soonest: 99 of 100 requests within %s, half of them within %s, at %s "
				     "requests a second.",
				     text_of(report, first, "scenario"), text_of(report, best, "variant"),
				     report_seconds(report, figure(report, best, "sojourn_p99_s")),
				     report_seconds(report, figure(report, best, "sojourn_p50_s")),
				     report_number(report, figure(report, best, "throughput_per_s")));
	for (size_t row = first; row < end; row++)
		if (is_open(report, row) && !isfinite(time_of(report, row)))
			report_put_paragraph(report, "", "'%s' does not keep up: its backlog grows by %s a second.",
					     text_of(report, row, "variant"),
					     report_number(report, figure(report, row, "backlog_growth_per_s")));
}

static void put_closed_answer(struct report *report, size_t first, size_t end, size_t best)
{
	size_t baseline = baseline_row(report, first, end);
	const char *scenario = text_of(report, first, "scenario");

	if (best == SIZE_MAX)
		report_put_paragraph(report, "answer", "%s: no variant came to its end.", scenario);
	else if (best == baseline || baseline == SIZE_MAX)
		report_put_paragraph(report, "answer", "%s: nothing is faster than '%s', which takes %s.", scenario,
				     text_of(report, best, "variant"),
				     report_seconds(report, figure(report, best, "makespan_s")));
	else
		report_put_paragraph(report, "answer", "%s: '%s' is the fastest: %s, %s times as fast as '%s' with %s.",
				     scenario, text_of(report, best, "variant"),
				     report_seconds(report, figure(report, best, "makespan_s")),
				     report_number(report, figure(report, best, "speedup")),
				     text_of(report, baseline, "variant"),
				     report_seconds(report, figure(report, baseline, "makespan_s")));
}

static void put_run_answer(struct report *report, size_t first, size_t end, size_t best)
{
	if (is_open(report, best == SIZE_MAX ? first : best))
		put_open_answer(report, first, end, best);
	else
		put_closed_answer(report, first, end, best);
	if (*text_of(report, first, "about"))
		report_put_paragraph(report, "", "%s", text_of(report, first, "about"));
	for (size_t row = first; row < end; row++)
		if (figure(report, row, "deadlock") == 1)
			report_put_paragraph(report, "", "'%s' ends in a deadlock. %s", text_of(report, row, "variant"),
					     text_of(report, row, "deadlock_report"));
}

/* ---- The answer of a sweep ---- */

/* The columns of what was varied: those with a dot (data_table.h) and two texts or more. */
static size_t axes_of(const struct data_table *table, struct table_column *axes, size_t most)
{
	size_t count = 0;

	for (size_t column = 0; column < table->column_count && count < most; column++) {
		bool varies = false;

		for (size_t row = 1; row < table->row_count; row++)
			varies |= strcmp(data_table_text(table, row, table->columns[column]),
					 data_table_text(table, 0, table->columns[column])) != 0;
		if (varies && strchr(table->columns[column], '.'))
			axes[count++] =
				(struct table_column){ table->columns[column], table->columns[column], FORM_TEXT };
	}
	return count;
}

/* " (machine.cores = 4, run.count = 100)" */
static const char *place_text(const struct report *report, const struct table_column *axes, size_t axis_count,
			      size_t row)
{
	const char *text = "";

	for (size_t i = 0; i < axis_count; i++)
		text = region_format(report->region, "%s%s%s = %s", text, i == 0 ? " (" : ", ", axes[i].title,
				     text_of(report, row, axes[i].column));
	return axis_count > 0 ? region_format(report->region, "%s)", text) : text;
}

/* The axis of the arrival rate; NULL: it was not varied. */
static const char *rate_axis(const struct table_column *axes, size_t axis_count)
{
	for (size_t i = 0; i < axis_count; i++)
		if (strstr(axes[i].column, "rate"))
			return axes[i].column;
	return NULL;
}

/* At the highest rate that any row keeps up with, the row that answers soonest. */
static size_t best_under_load(const struct report *report, const char *rate, size_t first, size_t end)
{
	size_t best = SIZE_MAX;

	for (size_t row = first; row < end; row++) {
		double per_s = figure(report, row, rate), best_per_s;

		if (!(figure(report, row, "throughput_per_s") >= SERVED_SHARE * per_s) || !isfinite(time_of(report, row)))
			continue;
		best_per_s = best == SIZE_MAX ? -INFINITY : figure(report, best, rate);
		if (per_s > best_per_s || (per_s == best_per_s && time_of(report, row) < time_of(report, best)))
			best = row;
	}
	return best;
}

static size_t best_of_sweep(const struct report *report, const struct table_column *axes, size_t axis_count,
			    size_t first, size_t end)
{
	const char *rate = rate_axis(axes, axis_count);

	return rate ? best_under_load(report, rate, first, end) : best_row(report, first, end, NULL);
}

static void put_sweep_answer(struct report *report, const struct table_column *axes, size_t axis_count, size_t first,
			     size_t end, size_t best)
{
	const char *rate = rate_axis(axes, axis_count), *scenario = text_of(report, first, "scenario");

	if (best == SIZE_MAX)
		report_put_paragraph(report, "answer", "%s: of %zu rows none %s.", scenario, end - first,
				     rate ? "keeps up with what arrives" : "came to its end");
	else if (rate)
		report_put_paragraph(report, "answer",
				     "%s: of %zu rows, the highest load that is kept up with is %s: '%s' answers 99 of 100 "
				     "requests within %s there%s.",
				     scenario, end - first, text_of(report, best, rate), text_of(report, best, "variant"),
				     report_seconds(report, time_of(report, best)), place_text(report, axes, axis_count, best));
	else if (is_open(report, best))
		report_put_paragraph(report, "answer",
				     "%s: of %zu rows, '%s' answers soonest: 99 of 100 requests within %s%s.", scenario,
				     end - first, text_of(report, best, "variant"),
				     report_seconds(report, time_of(report, best)), place_text(report, axes, axis_count, best));
	else
		report_put_paragraph(report, "answer",
				     "%s: of %zu rows, '%s' is the fastest: %s, %s times as fast as the baseline there%s.",
				     scenario, end - first, text_of(report, best, "variant"),
				     report_seconds(report, figure(report, best, "makespan_s")),
				     report_number(report, figure(report, best, "speedup")),
				     place_text(report, axes, axis_count, best));
	if (*text_of(report, first, "about"))
		report_put_paragraph(report, "", "%s", text_of(report, first, "about"));
}

/* ---- Tables ---- */

/* The best row of each variant, as a table of one row each. */
static void put_best_rows(struct report *report, size_t first, size_t end, const struct table_column *columns,
			  size_t count)
{
	struct data_table bests = { .kind = DATA_RESULTS, .region = report->region };

	for (size_t row = first; row < end; row++) {
		const char *variant = text_of(report, row, "variant");
		struct data_table one = *results_of(report);
		bool is_first = best_row(report, first, row, variant) == SIZE_MAX;
		size_t best = best_row(report, first, end, variant);

		if (!is_first || best == SIZE_MAX || !isfinite(time_of(report, row)))
			continue;
		one.cells += best * one.row_width;
		one.row_count = 1;
		data_table_append(&bests, &one);
	}
	report_put(report, "<h3>The best of each variant</h3>\n");
	report_put_table(report, &(struct table_rows){ .table = &bests, .end = bests.row_count, .best = SIZE_MAX }, columns,
			 count);
}

static void put_results_table(struct report *report, size_t first, size_t end, size_t best)
{
	static const struct table_column measures[] = {
		{ "variant", "variant", FORM_TEXT },	       { "model", "model", FORM_TEXT },
		{ "workers", "workers", FORM_COUNT },	       { "makespan_s", "makespan", FORM_SECONDS },
		{ "speedup", "speedup", FORM_RATIO },	       { "throughput_per_s", "tasks/s", FORM_RATIO },
		{ "sojourn_p50_s", "p50", FORM_SECONDS },      { "sojourn_p99_s", "p99", FORM_SECONDS },
		{ "completed", "completed", FORM_COUNT },      { "unfinished", "unfinished", FORM_COUNT },
		{ "gil_switches", "GIL switches", FORM_COUNT }
	};
	struct table_column columns[MAX_AXES + sizeof(measures) / sizeof(measures[0])];
	size_t axis_count = axes_of(results_of(report), columns, MAX_AXES);
	size_t count = axis_count + sizeof(measures) / sizeof(measures[0]);
	bool is_folded = end - first > ROWS_SHOWN;

	memcpy(columns + axis_count, measures, sizeof(measures));
	if (is_folded) {
		put_best_rows(report, first, end, columns, count);
		fprintf(report->stream, "<details><summary>All %zu rows</summary>\n", end - first);
	}
	report_put_table(report,
			 &(struct table_rows){ .table = results_of(report),
					       .first = first,
					       .end = end,
					       .best = best },
			 columns, count);
	if (is_folded)
		report_put(report, "</details>\n");
	report_put_paragraph(report, "faint", "%s; profile %s, %s cores; Python %s; seed %s; replications %s; gilsim %s",
			     text_of(report, first, "source"), text_of(report, first, "machine_profile"),
			     text_of(report, first, "machine_cores"), text_of(report, first, "python_version"),
			     text_of(report, first, "seed"), text_of(report, first, "replications"),
			     *text_of(report, first, "gilsim") ? text_of(report, first, "gilsim") : GILSIM_VERSION);
}

/* ---- The section ---- */

static bool put_run_pictures(struct report *report)
{
	return (is_open(report, 0) ||
		report_put_picture(report, "speedup", DATA_RESULTS, NULL, "Speedup of each variant over the baseline")) &&
	       report_put_picture(report, "breakdown", DATA_RESULTS, NULL,
				  "Where the time of a task goes, by variant") &&
	       report_put_picture(report, "latency", DATA_RESULTS, NULL, "Percentiles of a task's time, by variant") &&
	       report_put_picture(report, "waterfall", DATA_RESULTS, NULL, "How the mean time of a task adds up");
}

static bool put_sweep_pictures(struct report *report, const struct table_column *axes, size_t axis_count)
{
	const char *metric = is_open(report, 0) ? "p99" : "makespan";
	bool has_rate = rate_axis(axes, axis_count) != NULL;

	return (is_open(report, 0) || report_put_picture(report, "speedup", DATA_RESULTS, NULL,
							 "Speedup over the baseline along the axis")) &&
	       (!has_rate || report_put_picture(report, "load", DATA_RESULTS, NULL,
						"Throughput and latency along the arrival rate")) &&
	       (axis_count < 2 || report_put_picture(report, "heatmap", DATA_RESULTS, metric,
						     region_format(report->region, "%s over two axes", metric))) &&
	       (!plot_axis_is_parallelism(axes[0].column) || report_put_picture(report, "scalability", DATA_RESULTS, NULL,
					       "Throughput along the axis, and the law fitted to it"));
}

bool report_put_results(struct report *report)
{
	struct table_column axes[MAX_AXES];
	size_t axis_count = axes_of(results_of(report), axes, MAX_AXES);
	bool drawn;

	if (results_of(report)->row_count == 0)
		return true;
	report_open_section(report, "results", axis_count > 0 ? "Results of a sweep" : "Results");
	for (size_t first = 0, end; first < results_of(report)->row_count; first = end) {
		size_t best;

		end = end_of_group(report, first, axis_count > 0);
		best = best_of_sweep(report, axes, axis_count, first, end);
		if (axis_count > 0)
			put_sweep_answer(report, axes, axis_count, first, end, best);
		else
			put_run_answer(report, first, end, best);
		put_results_table(report, first, end, best);
	}
	drawn = axis_count > 0 ? put_sweep_pictures(report, axes, axis_count) : put_run_pictures(report);
	report_put(report, "</section>\n");
	return drawn;
}
