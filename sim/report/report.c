/*
 * report.c - see report.h.
 */
#include "sim/report/report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/units.h"
#include "sim/report/html.h"
#include "sim/report/plot.h"
#include "sim/report/report_embed.h"
#include "sim/report/report_page.h"
#include "sim/report/report_timeline.h"
#include "sim/results/version.h"

/* What was varied beyond that has no column of its own. */
#define MAX_AXES 4

/* ---- Reading ---- */

static bool read_inputs(struct report *report, const struct report_options *options)
{
	for (size_t i = 0; i < options->input_count; i++) {
		struct data_table table;

		if (!data_table_read(&table, options->inputs[i], report->region, report->error))
			return false;
		report->inputs[table.kind] =
			region_grow(report->region, report->inputs[table.kind], report->input_count[table.kind],
				    &report->input_capacity[table.kind], sizeof(const char *));
		report->inputs[table.kind][report->input_count[table.kind]++] = options->inputs[i];
		if (report->input_count[table.kind] == 1)
			report->tables[table.kind] = table;
		else
			data_table_append(&report->tables[table.kind], &table);
	}
	return true;
}

/* ---- Numbers for people ---- */

static const char *seconds_text(const struct report *report, double seconds)
{
	char text[32];

	if (!isfinite(seconds))
		return "-";
	units_format_duration_short(seconds, text);
	return region_strdup(report->region, text);
}

static const char *number_text(const struct report *report, double value, const char *format, const char *unit)
{
	char text[48];

	if (!isfinite(value))
		return "-";
	snprintf(text, sizeof(text), !strcmp(format, "count") ? "%.0f" : "%.4g", value);
	return region_format(report->region, "%s%s", text, unit);
}

/* ---- The answer ---- */

/* The rows of one run, or of all points of a sweep of one scenario: from `first` up to the returned one. */
static size_t end_of_group(const struct data_table *table, size_t first, bool is_sweep)
{
	size_t row = first + 1;

	while (row < table->row_count &&
	       !strcmp(data_table_text(table, row, "scenario"), data_table_text(table, first, "scenario")) &&
	       !strcmp(data_table_text(table, row, "source"), data_table_text(table, first, "source")) &&
	       (is_sweep ||
		strcmp(data_table_text(table, row, "variant"), data_table_text(table, first, "variant")) != 0))
		row++;
	return row;
}

static size_t best_row(const struct data_table *table, size_t first, size_t end)
{
	size_t best = SIZE_MAX;

	for (size_t row = first; row < end; row++) {
		double makespan_s = data_table_number(table, row, "makespan_s");

		if (isfinite(makespan_s) &&
		    (best == SIZE_MAX || makespan_s < data_table_number(table, best, "makespan_s")))
			best = row;
	}
	return best;
}

static size_t baseline_row(const struct data_table *table, size_t first, size_t end)
{
	for (size_t row = first; row < end; row++)
		if (data_table_number(table, row, "baseline") == 1)
			return row;
	return SIZE_MAX;
}

static void put_results_answer(struct report *report, size_t first, size_t end)
{
	const struct data_table *table = report_results(report);
	size_t best = best_row(table, first, end), baseline = baseline_row(table, first, end);

	report_put(report, "<p class=\"answer\">");
	html_print(report->stream, "%s: ", data_table_text(table, first, "scenario"));
	if (best == SIZE_MAX) {
		report_put(report, "no variant came to its end.");
	} else if (best == baseline || baseline == SIZE_MAX) {
		html_print(report->stream, "nothing is faster than '%s', which takes %s.",
			   data_table_text(table, best, "variant"),
			   seconds_text(report, data_table_number(table, best, "makespan_s")));
	} else {
		html_print(report->stream, "'%s' is the fastest: %s, %s times as fast as '%s' with %s.",
			   data_table_text(table, best, "variant"),
			   seconds_text(report, data_table_number(table, best, "makespan_s")),
			   number_text(report, data_table_number(table, best, "speedup"), "%.3g", ""),
			   data_table_text(table, baseline, "variant"),
			   seconds_text(report, data_table_number(table, baseline, "makespan_s")));
	}
	report_put(report, "</p>\n");
	if (*data_table_text(table, first, "about")) {
		report_put(report, "<p>");
		html_text(report->stream, data_table_text(table, first, "about"));
		report_put(report, "</p>\n");
	}
	for (size_t row = first; row < end; row++) {
		if (data_table_number(table, row, "deadlock") != 1)
			continue;
		report_put(report, "<p>");
		html_print(report->stream, "'%s' ends in a deadlock. %s", data_table_text(table, row, "variant"),
			   data_table_text(table, row, "deadlock_report"));
		report_put(report, "</p>\n");
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void put_validation_answer(struct report *report)
{
	const struct data_table *table = &report->tables[DATA_VALIDATION];
	double *errors = region_alloc_array(report->region, table->row_count, sizeof(*errors));
	size_t count = 0, within = 0;

	for (size_t row = 0; row < table->row_count; row++) {
		double error = fabs(data_table_number(table, row, "error_ratio"));

		if (strcmp(data_table_text(table, row, "metric"), "makespan") != 0 || !isfinite(error))
			continue;
		errors[count++] = error;
		within += error <= 0.05;
	}
	if (count == 0)
		return;
	qsort(errors, count, sizeof(*errors), by_value);
	report_put(report, "<p class=\"answer\">");
	html_print(report->stream,
		   "Of %zu predicted makespans, %zu are within 5 %% of what CPython took; the median error is %.1f "
		   "%%, the largest "
		   "%.1f %%.",
		   count, within, 50 * (errors[(count - 1) / 2] + errors[count / 2]), 100 * errors[count - 1]);
	report_put(report, "</p>\n");
}

/* ---- Tables ---- */

enum column_form { FORM_TEXT, FORM_SECONDS, FORM_RATIO, FORM_COUNT, FORM_SHARE };

struct table_column {
	const char *column, *title;
	enum column_form form;
};

static void put_cell(struct report *report, const struct data_table *table, size_t row,
		     const struct table_column *column)
{
	const char *text = data_table_text(table, row, column->column);
	double value = data_table_number(table, row, column->column);

	if (column->form == FORM_TEXT) {
		report_put(report, "<td>");
		html_text(report->stream, text);
		report_put(report, "</td>");
		return;
	}
	/* The value itself, as the result file has it, beside what people read. */
	report_put(report, "<td class=\"number\" data-value=\"");
	html_text(report->stream, text);
	report_put(report, "\">");
	if (column->form == FORM_SECONDS)
		html_text(report->stream, seconds_text(report, value));
	else if (column->form == FORM_SHARE)
		html_text(report->stream,
			  isfinite(value) ? region_format(report->region, "%+.1f %%", 100 * value) : "-");
	else
		html_text(report->stream,
			  number_text(report, value, column->form == FORM_COUNT ? "count" : "", ""));
	report_put(report, "</td>");
}

static void put_table(struct report *report, const struct data_table *table, size_t first, size_t end, size_t best,
		      const char *metric, const struct table_column *columns, size_t count)
{
	report_put(report, "<div class=\"wide\"><table><thead><tr>");
	for (size_t i = 0; i < count; i++) {
		report_put(report, columns[i].form == FORM_TEXT ? "<th>" : "<th class=\"number\">");
		html_text(report->stream, columns[i].title);
		report_put(report, "</th>");
	}
	report_put(report, "</tr></thead><tbody>\n");
	for (size_t row = first; row < end; row++) {
		if (metric && strcmp(data_table_text(table, row, "metric"), metric) != 0)
			continue;
		report_put(report, row == best ? "<tr class=\"best\">" : "<tr>");
		for (size_t i = 0; i < count; i++)
			put_cell(report, table, row, &columns[i]);
		report_put(report, "</tr>\n");
	}
	report_put(report, "</tbody></table></div>\n");
}

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

static void put_results_table(struct report *report, size_t first, size_t end)
{
	static const struct table_column measures[] = {
		{ "variant", "variant", FORM_TEXT },	       { "model", "model", FORM_TEXT },
		{ "workers", "workers", FORM_COUNT },	       { "makespan_s", "makespan", FORM_SECONDS },
		{ "speedup", "speedup", FORM_RATIO },	       { "throughput_per_s", "tasks/s", FORM_RATIO },
		{ "sojourn_p50_s", "p50", FORM_SECONDS },      { "sojourn_p99_s", "p99", FORM_SECONDS },
		{ "completed", "completed", FORM_COUNT },      { "unfinished", "unfinished", FORM_COUNT },
		{ "gil_switches", "GIL switches", FORM_COUNT }
	};
	const struct data_table *table = report_results(report);
	struct table_column columns[MAX_AXES + sizeof(measures) / sizeof(measures[0])];
	size_t count = axes_of(table, columns, MAX_AXES);

	memcpy(columns + count, measures, sizeof(measures));
	put_table(report, table, first, end, best_row(table, first, end), NULL, columns,
		  count + sizeof(measures) / sizeof(measures[0]));
	report_put(report, "<p class=\"faint\">");
	html_print(report->stream, "%s; profile %s, %s cores; Python %s; seed %s; replications %s; gilsim %s",
		   data_table_text(table, first, "source"), data_table_text(table, first, "machine_profile"),
		   data_table_text(table, first, "machine_cores"), data_table_text(table, first, "python_version"),
		   data_table_text(table, first, "seed"), data_table_text(table, first, "replications"),
		   *data_table_text(table, first, "gilsim") ? data_table_text(table, first, "gilsim")
							    : GILSIM_VERSION);
	report_put(report, "</p>\n");
}

static void put_validation_table(struct report *report)
{
	static const struct table_column columns[] = { { "scenario", "scenario", FORM_TEXT },
						       { "variant", "variant", FORM_TEXT },
						       { "python", "Python", FORM_TEXT },
						       { "predicted", "predicted", FORM_SECONDS },
						       { "median", "measured", FORM_SECONDS },
						       { "min", "least", FORM_SECONDS },
						       { "max", "most", FORM_SECONDS },
						       { "error_ratio", "error", FORM_SHARE },
						       { "ideal_error_ratio", "without costs", FORM_SHARE } };
	const struct data_table *table = &report->tables[DATA_VALIDATION];

	put_table(report, table, 0, table->row_count, SIZE_MAX, "makespan", columns,
		  sizeof(columns) / sizeof(columns[0]));
	report_put(report, "<p class=\"faint\">Makespans. \"Without costs\" is the error of a prediction in which "
			   "nothing but the "
			   "scenario's own durations takes time: rows beyond 10 % are the hard ones.</p>\n");
}

/* ---- Pictures ---- */

static bool put_picture(struct report *report, const char *kind, enum data_kind reads, const char *alt)
{
	struct plot_options options = { .kind = kind,
					.inputs = report->inputs[reads],
					.input_count = report->input_count[reads],
					.max_lanes = 12,
					.format = PLOT_SVG };
	const char *folder = region_format(report->region, "%s/%s", report->folder, kind);
	const char *path = region_format(report->region, "%s/picture", folder);
	struct data_error error = { 0 };
	FILE *picture;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return data_fail(report->error, 3, "%s: %s", folder, strerror(errno));
	if (!plot_draw(&options, folder, path, report->region, &error)) {
		/* What has nothing to draw has no picture; what cannot draw is told. */
		if (error.status == 2)
			return true;
		*report->error = error;
		return false;
	}
	picture = fopen(path, "re");
	if (!picture)
		return data_fail(report->error, 3, "%s: %s", path, strerror(errno));
	report_put(report, "<figure><img alt=\"");
	html_text(report->stream, alt);
	report_put(report, "\" src=\"data:image/svg+xml;base64,");
	html_base64(report->stream, picture);
	report_put(report, "\"></figure>\n");
	fclose(picture);
	return true;
}

/* ---- Sections ---- */

/* Where the answer of a sweep lies. */
static void put_sweep_answer(struct report *report, const struct table_column *axes, size_t axis_count,
			     size_t first, size_t end)
{
	const struct data_table *table = report_results(report);
	size_t best = best_row(table, first, end);

	report_put(report, "<p class=\"answer\">");
	html_print(report->stream, "%s: ", data_table_text(table, first, "scenario"));
	if (best == SIZE_MAX) {
		report_put(report, "no variant came to its end.");
	} else {
		html_print(report->stream,
			   "of %zu rows, '%s' is the fastest: %s, %s times as fast as the baseline there",
			   end - first, data_table_text(table, best, "variant"),
			   seconds_text(report, data_table_number(table, best, "makespan_s")),
			   number_text(report, data_table_number(table, best, "speedup"), "%.3g", ""));
		for (size_t i = 0; i < axis_count; i++)
			html_print(report->stream, "%s%s = %s", i == 0 ? " (" : ", ", axes[i].title,
				   data_table_text(table, best, axes[i].column));
		report_put(report, axis_count > 0 ? ")." : ".");
	}
	report_put(report, "</p>\n");
}

static bool put_results(struct report *report)
{
	const struct data_table *table = report_results(report);
	struct table_column axes[MAX_AXES];
	size_t axis_count = axes_of(table, axes, MAX_AXES);
	bool drawn;

	if (table->row_count == 0)
		return true;
	report_open_section(report, "results", "Results");
	for (size_t first = 0, end; first < table->row_count; first = end) {
		end = end_of_group(table, first, axis_count > 0);
		if (axis_count > 0)
			put_sweep_answer(report, axes, axis_count, first, end);
		else
			put_results_answer(report, first, end);
		put_results_table(report, first, end);
	}
	drawn = put_picture(report, "speedup", DATA_RESULTS, "Speedup of each variant over the baseline");
	if (axis_count > 0)
		drawn = drawn &&
			put_picture(report, "load", DATA_RESULTS, "Throughput and latency along the axis") &&
			(axis_count < 2 || put_picture(report, "heatmap", DATA_RESULTS, "p99 over two axes"));
	else
		drawn = drawn &&
			put_picture(report, "breakdown", DATA_RESULTS,
				    "Where the time of a task goes, by variant") &&
			put_picture(report, "latency", DATA_RESULTS, "Percentiles of a task's time, by variant") &&
			put_picture(report, "waterfall", DATA_RESULTS, "How the mean time of a task adds up");
	report_put(report, "</section>\n");
	return drawn;
}

static bool put_validation(struct report *report)
{
	bool drawn;

	if (report->tables[DATA_VALIDATION].row_count == 0)
		return true;
	report_open_section(report, "validation", "Predictions beside measurements");
	put_validation_answer(report);
	drawn = put_picture(report, "validation", DATA_VALIDATION,
			    "Predicted against measured makespans, and their errors");
	put_validation_table(report);
	report_put(report, "</section>\n");
	return drawn;
}

static bool put_timeline(struct report *report)
{
	struct report_timeline summary;
	bool written;

	if (report->input_count[DATA_TRACE] == 0)
		return true;
	report_open_section(report, "time", "Timeline");
	report_put(report,
		   "<p class=\"help\">Turn the wheel to zoom, drag to move; or focus the picture and press +, -, "
		   "the arrows and "
		   "Home. A lane is high where its thread runs and low where it waits; frames are tasks. What "
		   "lies under the "
		   "pointer is told.</p>\n"
		   "<p><button data-action=\"in\">zoom in</button><button data-action=\"out\">zoom out</button>"
		   "<button data-action=\"left\">earlier</button><button data-action=\"right\">later</button>"
		   "<button data-action=\"all\">all</button></p>\n"
		   "<div class=\"timeline\"><canvas id=\"timeline\" tabindex=\"0\" role=\"img\" aria-label=\"What "
		   "each thread is "
		   "at, over time\"></canvas><div class=\"tip\" id=\"tip\" role=\"status\"></div></div>\n"
		   "<div class=\"keys\" id=\"keys\"></div>\n"
		   "<script type=\"application/json\" id=\"trace\">");
	written = report_timeline_write(report->inputs[DATA_TRACE], report->input_count[DATA_TRACE], report->stream,
					report->region, &summary, report->error);
	report_put(report, "</script>\n<p class=\"faint\">");
	html_print(report->stream, "%s. ", summary.foot ? summary.foot : "");
	if (summary.shortest_ns > 0)
		html_print(report->stream,
			   "%zu slices in the trace, %zu here: neighbours shorter than %.3g us are put together, "
			   "and show what most "
			   "of their time is.",
			   summary.slice_count, summary.written_count, (double)summary.shortest_ns / 1e3);
	report_put(report, "</p>\n");
	written = written && put_picture(report, "backlog", DATA_TRACE, "Tasks waiting and in flight over time");
	report_put(report, "</section>\n");
	return written;
}

/* ---- The page ---- */

static const char *title_of(const struct report *report)
{
	const struct data_table *table = report_results(report);

	if (table->row_count > 0)
		return data_table_text(table, 0, "scenario");
	return report->tables[DATA_VALIDATION].row_count > 0 ? "predictions and measurements" : "trace";
}

static void open_page(struct report *report)
{
	static const struct {
		const char *id, *title;
		enum data_kind kind;
	} sections[] = { { "results", "Results", DATA_RESULTS },
			 { "validation", "Validation", DATA_VALIDATION },
			 { "time", "Timeline", DATA_TRACE },
			 { "scenario", "Scenario", DATA_RESULTS },
			 { "machine", "Machine", DATA_RESULTS } };

	report_put(report, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
			   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			   /* Nothing is fetched: not even by accident. */
			   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
			   "'unsafe-inline'; "
			   "script-src 'unsafe-inline'; img-src data:\">\n"
			   "<link rel=\"icon\" href=\"data:,\">\n<title>");
	html_print(report->stream, "gilsim: %s", title_of(report));
	report_put(report, "</title>\n<style>\n");
	report_put(report, report_style);
	report_put(report, "</style></head>\n<body><h1>");
	html_text(report->stream, title_of(report));
	report_put(report, "</h1>\n<nav aria-label=\"Sections\">");
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (report->input_count[sections[i].kind] > 0)
			fprintf(report->stream, "<a href=\"#%s\">%s</a>", sections[i].id, sections[i].title);
	report_put(report, "</nav>\n<main>\n");
}

bool report_write(const struct report_options *options, FILE *stream, struct region *region,
		  struct data_error *error)
{
	struct report report = { .stream = stream, .region = region, .error = error, .folder = options->folder };

	if (!read_inputs(&report, options))
		return false;
	open_page(&report);
	if (!put_results(&report) || !put_validation(&report) || !put_timeline(&report))
		return false;
	report_put_scenarios(&report);
	report_put_machine(&report);
	report_put(&report, "</main>\n<p class=\"faint\">Made by gilsim " GILSIM_VERSION ".</p>\n<script>\n");
	report_put(&report, report_script);
	report_put(&report, "</script>\n</body></html>\n");
	return true;
}
