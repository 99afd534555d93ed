/*
 * report.c - see report.h.
 */
#include "sim/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/html.h"
#include "sim/report/report_embed.h"
#include "sim/report/report_page.h"
#include "sim/report/report_timeline.h"
#include "sim/results/version.h"

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

/* ---- validate ---- */

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
	report_put_paragraph(report, "answer",
			     "Of %zu predicted makespans, %zu are within 5 %% of what CPython took; the median error is %.1f "
			     "%%, the largest %.1f %%.",
			     count, within, 50 * (errors[(count - 1) / 2] + errors[count / 2]), 100 * errors[count - 1]);
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

	report_put_table(report,
			 &(struct table_rows){ .table = table,
					       .end = table->row_count,
					       .best = SIZE_MAX,
					       .column = "metric",
					       .value = "makespan" },
			 columns, sizeof(columns) / sizeof(columns[0]));
	report_put_paragraph(report, "faint",
			     "Makespans. \"Without costs\" is the error of a prediction in which nothing but the scenario's own "
			     "durations takes time: rows beyond 10 %% are the hard ones.");
}

static bool put_validation(struct report *report)
{
	bool drawn;

	if (report->tables[DATA_VALIDATION].row_count == 0)
		return true;
	report_open_section(report, "validation", "Predictions beside measurements");
	put_validation_answer(report);
	drawn = report_put_picture(report, "validation", DATA_VALIDATION, NULL,
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
	written = written &&
		  report_put_picture(report, "backlog", DATA_TRACE, NULL, "Tasks waiting and in flight over time");
	report_put(report, "</section>\n");
	return written;
}

/* ---- The page ---- */

static const char *title_of(const struct report *report)
{
	static const enum data_kind of_scenarios[] = { DATA_RESULTS, DATA_ADVICE, DATA_PLAN };

	for (size_t i = 0; i < sizeof(of_scenarios) / sizeof(of_scenarios[0]); i++)
		if (report->tables[of_scenarios[i]].row_count > 0)
			return data_table_text(&report->tables[of_scenarios[i]], 0, "scenario");
	return report->tables[DATA_VALIDATION].row_count > 0 ? "predictions and measurements" : "trace";
}

static void open_page(struct report *report)
{
	static const struct {
		const char *id, *title;
		unsigned kinds; /* a bit for each that makes this section */
	} sections[] = { { "advice", "Advice", 1u << DATA_ADVICE },
			 { "plan", "Plan", 1u << DATA_PLAN },
			 { "results", "Results", 1u << DATA_RESULTS },
			 { "validation", "Validation", 1u << DATA_VALIDATION },
			 { "time", "Timeline", 1u << DATA_TRACE },
			 { "scenario", "Scenario", ~(1u << DATA_TRACE) },
			 { "machine", "Machine", ~(1u << DATA_TRACE) } };
	unsigned given = 0;

	for (int kind = 0; kind < DATA_KIND_COUNT; kind++)
		given |= report->input_count[kind] > 0 ? 1u << kind : 0;
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
		if (given & sections[i].kinds)
			fprintf(report->stream, "<a href=\"#%s\">%s</a>", sections[i].id, sections[i].title);
	report_put(report, "</nav>\n<main>\n");
}

bool report_write(const struct report_options *options, FILE *stream, struct region *region,
		  struct data_error *error)
{
	struct report report = { .stream = stream,
				 .region = region,
				 .error = error,
				 .folder = options->folder,
				 .wish_to_stop = options->wish_to_stop };

	if (!read_inputs(&report, options))
		return false;
	open_page(&report);
	if (!report_put_advice(&report) || !report_put_plan(&report) || !report_put_results(&report) ||
	    !put_validation(&report) || !put_timeline(&report))
		return false;
	report_put_scenarios(&report);
	report_put_machines(&report);
	report_put(&report, "</main>\n<p class=\"faint\">Made by gilsim " GILSIM_VERSION ".</p>\n<script>\n");
	report_put(&report, report_script);
	report_put(&report, "</script>\n</body></html>\n");
	return true;
}
