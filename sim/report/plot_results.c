/*
 * plot_results.c - pictures of results that need no sweep: breakdown, latency, waterfall.
 */
#include <math.h>
#include <string.h>

#include "sim/report/plot.h"
#include "sim/report/plot_rows.h"
#include "sim/results/explanation.h"
#include "sim/results/results.h"

static const char *const part_titles[TIME_PART_COUNT] = {
	[TIME_PYTHON] = "bytecode",
	[TIME_C] = "C code, holds the GIL",
	[TIME_NATIVE] = "C code, without the GIL",
	[TIME_GIL_WAIT] = "waits for the GIL",
	[TIME_RUN_QUEUE] = "ready, no core",
	[TIME_IO] = "I/O",
	[TIME_LOCK_WAIT] = "waits for a lock",
	[TIME_QUEUE_WAIT] = "waits in a queue",
	[TIME_IPC] = "pipes, pickling",
	[TIME_START_UP] = "starts up",
	[TIME_LOOP_WAIT] = "waits for the loop",
	[TIME_SWITCHING] = "switching, library code",
	[TIME_THROTTLED] = "CPU quota used up",
};

/* The mean of a task, in seconds. */
static double part_of_task(const struct data_table *table, size_t row, enum time_part part)
{
	char column[40];
	double tasks = data_table_number(table, row, "completed");

	snprintf(column, sizeof(column), "time_in_%s_s", time_part_names[part]);
	return data_table_number(table, row, column) / (tasks > 0 ? tasks : 1);
}

static double whole_of_task(const struct data_table *table, size_t row)
{
	double sum_s = 0;

	for (enum time_part part = 0; part < TIME_PART_COUNT; part++)
		sum_s += part_of_task(table, row, part);
	return sum_s;
}

static void put_time_unit(struct plot *plot, double longest_s)
{
	double scale = longest_s >= 1 ? 1 : longest_s >= 1e-3 ? 1e3 : 1e6;

	plot_number(plot, "time_scale", scale);
	plot_text(plot, "time_unit", "%s", scale == 1 ? "s" : scale == 1e3 ? "ms" : "us");
}

bool plot_prepare_breakdown(struct plot *plot)
{
	const struct data_table *table = &plot->table;
	FILE *stream = plot_data(plot, "breakdown.tsv", "label,y,part,start_s,end_s,share");
	bool present[TIME_PART_COUNT] = { false };
	const char *parts = "", *label;
	size_t longest_label = 0;
	double longest_s = 0;
	int count = 0, part_count = 0;

	for (size_t row = 0; row < table->row_count; row++) {
		double whole_s = whole_of_task(table, row), start_s = 0;

		if (!plot_wants_variant(plot, data_table_text(table, row, "variant")) || !(whole_s > 0))
			continue;
		count++;
		label = plot_short_label(plot, plot_row_label(plot, row), 36);
		longest_label = strlen(label) > longest_label ? strlen(label) : longest_label;
		longest_s = fmax(longest_s, whole_s);
		for (enum time_part part = 0; part < TIME_PART_COUNT; part++) {
			double part_s = part_of_task(table, row, part);

			if (!(part_s > 0))
				continue;
			present[part] |= part_s / whole_s >= 0.001;
			plot_field(stream, label);
			fprintf(stream, "\t%d\t%s\t%.9f\t%.9f\t%.6f\n", -count, time_part_names[part], start_s,
				start_s + part_s, part_s / whole_s);
			start_s += part_s;
		}
	}
	if (!plot_data_end(plot, stream))
		return false;
	if (count == 0)
		return data_fail(plot->error, 2, "no result tells where the time went (native runs cannot see it)");
	for (enum time_part part = 0; part < TIME_PART_COUNT; part++) {
		plot_text(plot, region_format(plot->region, "title_%s", time_part_names[part]), "%s",
			  part_titles[part]);
		part_count += present[part];
		if (present[part])
			parts = region_format(plot->region, "%s%s%s", parts, *parts ? " " : "",
					      time_part_names[part]);
	}
	plot_text(plot, "parts", "%s", parts);
	plot_text(plot, "title", "%swhere the time of a task goes", plot_subject(plot));
	plot_number(plot, "bar_count", count);
	plot_label_width(plot, longest_label);
	plot_number(plot, "longest_s", longest_s);
	put_time_unit(plot, longest_s);
	plot_note(plot, "from left to right as the legend has them, column by column");
	plot->height_px = 183 + 42 * count + 17 * (part_count + 1) / 2;
	return true;
}

bool plot_prepare_latency(struct plot *plot)
{
	static const struct {
		const char *column;
		double tail; /* the share of tasks that take longer */
	} points[] = { { "sojourn_p50_s", 0.5 },
		       { "sojourn_p90_s", 0.1 },
		       { "sojourn_p95_s", 0.05 },
		       { "sojourn_p99_s", 0.01 },
		       { "sojourn_max_s", 0.001 } };
	const struct data_table *table = &plot->table;
	const struct expectation *slo = plot->options->slo;
	FILE *stream = plot_data(plot, "latency.tsv", "series,label,tail,sojourn_s");
	double slo_s = NAN, shortest_s = INFINITY, longest_s = 0;
	int count = 0;

	for (size_t row = 0; row < table->row_count; row++) {
		if (!plot_wants_variant(plot, data_table_text(table, row, "variant")) ||
		    !(data_table_number(table, row, "sojourn_p50_s") > 0))
			continue;
		count++;
		plot_text(plot, region_format(plot->region, "label_%d", count), "%s", plot_row_label(plot, row));
		for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
			double sojourn_s = data_table_number(table, row, points[i].column);

			fprintf(stream, "%d\t", count);
			plot_field(stream, plot_row_label(plot, row));
			fprintf(stream, "\t%g\t%.9f\n", points[i].tail, sojourn_s);
			longest_s = fmax(longest_s, sojourn_s);
			shortest_s = fmin(shortest_s, sojourn_s);
		}
	}
	if (!plot_data_end(plot, stream))
		return false;
	if (count == 0)
		return data_fail(plot->error, 2, "no result has percentiles of a sojourn");
	if (slo) {
		char unit;

		if (!results_metric_exists(slo->left.metric, &unit) || unit != 's')
			return data_fail(plot->error, 2, "--slo '%s' is no limit of a time", slo->text);
		slo_s = slo->value;
		longest_s = fmax(longest_s, slo_s);
		shortest_s = fmin(shortest_s, slo_s);
		plot_text(plot, "slo_text", "%s", slo->text);
	}
	plot_number(plot, "slo_s", slo_s);
	plot_number(plot, "shortest_s", shortest_s);
	plot_number(plot, "longest_s", longest_s);
	plot_number(plot, "series_count", count);
	plot_text(plot, "title", "%sfrom a task's release to its end, by percentile", plot_subject(plot));
	put_time_unit(plot, longest_s);
	return true;
}

/* Whether `run --explain` has looked into it. */
static bool is_explained(const struct data_table *table, size_t row)
{
	return isfinite(data_table_number(table, row, "explain_ideal_s"));
}

/* The row that is asked for, else the fastest. */
static size_t row_to_explain(const struct plot *plot)
{
	const struct data_table *table = &plot->table;
	size_t best = SIZE_MAX;

	for (size_t row = 0; row < table->row_count; row++) {
		double makespan_s = data_table_number(table, row, "makespan_s");

		if (!plot_wants_variant(plot, data_table_text(table, row, "variant")) ||
		    (!(whole_of_task(table, row) > 0) && !is_explained(table, row)))
			continue;
		if (best == SIZE_MAX || makespan_s < data_table_number(table, best, "makespan_s"))
			best = row;
	}
	return best;
}

/* One column of the waterfall, from where the last ended. */
static void put_column(FILE *stream, int *count, const char *label, bool is_total, double start_s, double end_s)
{
	fprintf(stream, "%d\t%s\t%d\t%.9f\t%.9f\n", ++*count, label, is_total, start_s, end_s);
}

/* From an ideal run to the predicted one, as `run --explain` has found it. */
static bool prepare_explained(struct plot *plot, size_t row)
{
	const struct data_table *table = &plot->table;
	bool of_makespan = !strcmp(data_table_text(table, row, "explain_metric"), "makespan");
	double predicted_s = data_table_number(table, row, "explain_predicted_s");
	double at_s = data_table_number(table, row, "explain_ideal_s"), left_out_s = 0, highest_s = fmax(at_s, predicted_s);
	FILE *stream = plot_data(plot, "waterfall.tsv", "x,label,is_total,start_s,end_s");
	int count = 0;

	put_column(stream, &count, "ideal", true, 0, at_s);
	for (int cost = 0; cost < EXPLAINED_COUNT; cost++) {
		double saves_s = data_table_number(table, row, region_format(plot->region, "explain_%s_s",
									     explained_costs[cost].name));

		if (!isfinite(saves_s))
			continue;
		if (fabs(saves_s) < 0.0005 * highest_s) {
			left_out_s += saves_s;
			continue;
		}
		put_column(stream, &count, explained_costs[cost].title, false, at_s, at_s + saves_s);
		at_s += saves_s;
		highest_s = fmax(highest_s, at_s);
	}
	put_column(stream, &count, "together", false, at_s, predicted_s);
	put_column(stream, &count, "predicted", true, 0, predicted_s);
	if (!plot_data_end(plot, stream))
		return false;
	plot_number(plot, "step_count", count);
	plot_text(plot, "value", "%s", of_makespan ? "makespan" : "mean sojourn");
	plot_text(plot, "title", "%swhat adds to the %s of '%s'", plot_subject(plot),
		  of_makespan ? "makespan" : "mean sojourn", data_table_text(table, row, "variant"));
	plot_note(plot,
		  "each taken away alone on the same random numbers; together: what only several of them make or save%s",
		  left_out_s != 0 ? ", and those below 0.05 %" : "");
	put_time_unit(plot, highest_s);
	return true;
}

bool plot_prepare_waterfall(struct plot *plot)
{
	size_t row = row_to_explain(plot);
	FILE *stream;
	double at_s = 0;
	int count = 0;

	if (row == SIZE_MAX)
		return data_fail(plot->error, 2, "no result tells where the time went (native runs cannot see it)");
	if (is_explained(&plot->table, row))
		return prepare_explained(plot, row);
	stream = plot_data(plot, "waterfall.tsv", "x,label,is_total,start_s,end_s");
	for (enum time_part part = 0; part < TIME_PART_COUNT; part++) {
		double part_s = part_of_task(&plot->table, row, part);

		if (!(part_s / whole_of_task(&plot->table, row) >= 0.0005))
			continue;
		put_column(stream, &count, part_titles[part], false, at_s, at_s + part_s);
		at_s += part_s;
	}
	put_column(stream, &count, "in all", true, 0, whole_of_task(&plot->table, row));
	if (!plot_data_end(plot, stream))
		return false;
	plot_number(plot, "step_count", count);
	plot_text(plot, "value", "mean time of a task");
	plot_text(plot, "title", "%show the time of a task adds up in '%s'", plot_subject(plot),
		  data_table_text(&plot->table, row, "variant"));
	plot_note(plot, "mean of %.0f tasks; parts below 0.05 %% are left out",
		  data_table_number(&plot->table, row, "completed"));
	put_time_unit(plot, at_s);
	return true;
}
