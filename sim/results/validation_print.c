/*
 * validation_print.c - predictions beside measurements, as JSON, CSV and for people.
 */
#include <math.h>
#include <string.h>

#include "sim/results/csv_writer.h"
#include "sim/results/json_writer.h"
#include "sim/results/results.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"
#include "sim/results/validation.h"

static char unit_of(const struct validation_row *row)
{
	char unit = 'r';

	results_metric_exists(row->metric, &unit);
	return unit;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void key_value(struct json_writer *writer, const char *key, double value, bool is_time)
{
	json_writer_key(writer, key);
	if (is_time)
		json_writer_seconds(writer, value);
	else
		json_writer_number(writer, value);
}

static void key_text(struct json_writer *writer, const char *key, const char *text)
{
	json_writer_key(writer, key);
	json_writer_string(writer, text);
}

static void print_json_row(struct json_writer *writer, const struct validation_row *row)
{
	bool is_time = unit_of(row) == 's';

	json_writer_open_compact(writer, '{');
	key_text(writer, "scenario", row->scenario);
	key_text(writer, "file", row->file);
	key_text(writer, "profile", row->profile);
	key_text(writer, "variant", row->variant);
	key_text(writer, "python", row->python);
	key_text(writer, "metric", row->metric);
	key_value(writer, "predicted", row->predicted, is_time);
	json_writer_key(writer, "measured");
	json_writer_open(writer, '{');
	key_value(writer, "median", row->median, is_time);
	key_value(writer, "min", row->min, is_time);
	key_value(writer, "max", row->max, is_time);
	key_value(writer, "q1", row->q1, is_time);
	key_value(writer, "q3", row->q3, is_time);
	json_writer_key(writer, "n");
	json_writer_integer(writer, (int64_t)row->measured_count);
	json_writer_close(writer, '}');
	key_value(writer, "error", row->error, false);
	json_writer_key(writer, "within_spread");
	if (row->measured_count > 0)
		json_writer_bool(writer, row->within_spread);
	else
		json_writer_null(writer);
	key_value(writer, "ideal_error", row->ideal_error, false);
	key_value(writer, "run_error", row->run_error, false);
	json_writer_key(writer, "hard");
	json_writer_bool(writer, row->hard);
	key_value(writer, "spin_ratio", row->spin_ratio, false);
	key_text(writer, "model", row->model);
	key_text(writer, "steps", row->steps);
	if (row->is_count) {
		json_writer_key(writer, "exact");
		json_writer_bool(writer, row->predicted == row->median);
	}
	json_writer_close(writer, '}');
}

/* How many rows of one count there are, and how many of them are exact. */
static size_t count_exact(const struct validation *validation, const char *metric, size_t *rows)
{
	size_t exact = 0;

	*rows = 0;
	for (size_t i = 0; i < validation->row_count; i++) {
		const struct validation_row *row = &validation->rows[i];

		if (!row->is_count || strcmp(row->metric, metric) != 0)
			continue;
		(*rows)++;
		exact += row->predicted == row->median;
	}
	return exact;
}

/* Whether row `index` is the first count of its metric, so that each is summed up once. */
static bool is_first_count(const struct validation *validation, size_t index)
{
	if (!validation->rows[index].is_count)
		return false;
	for (size_t i = 0; i < index; i++)
		if (validation->rows[i].is_count &&
		    !strcmp(validation->rows[i].metric, validation->rows[index].metric))
			return false;
	return true;
}

bool validation_print_json(const struct validation *validation, FILE *stream)
{
	struct json_writer writer;

	json_writer_init(&writer, stream);
	json_writer_open(&writer, '{');
	json_writer_key(&writer, "rows");
	json_writer_open(&writer, '[');
	for (size_t i = 0; i < validation->row_count; i++)
		print_json_row(&writer, &validation->rows[i]);
	json_writer_close(&writer, ']');
	json_writer_key(&writer, "summary");
	json_writer_open(&writer, '{');
	for (size_t i = 0; i < validation->summary_count; i++) {
		const struct validation_summary *summary = &validation->summaries[i];

		json_writer_key(&writer, summary->metric);
		json_writer_open_compact(&writer, '{');
		json_writer_key(&writer, "rows");
		json_writer_integer(&writer, (int64_t)summary->rows);
		key_value(&writer, "median", summary->median, false);
		key_value(&writer, "p90", summary->p90, false);
		key_value(&writer, "max", summary->max, false);
		key_value(&writer, "median_hard", summary->median_hard, false);
		key_value(&writer, "median_run", summary->median_run, false);
		key_value(&writer, "median_run_hard", summary->median_run_hard, false);
		json_writer_key(&writer, "rows_hard");
		json_writer_integer(&writer, (int64_t)summary->rows_hard);
		json_writer_close(&writer, '}');
	}
	json_writer_close(&writer, '}');
	json_writer_key(&writer, "counts");
	json_writer_open(&writer, '{');
	for (size_t i = 0; i < validation->row_count; i++) {
		size_t rows, exact;

		if (!is_first_count(validation, i))
			continue;
		exact = count_exact(validation, validation->rows[i].metric, &rows);
		json_writer_key(&writer, validation->rows[i].metric);
		json_writer_open_compact(&writer, '{');
		json_writer_key(&writer, "rows");
		json_writer_integer(&writer, (int64_t)rows);
		json_writer_key(&writer, "exact");
		json_writer_integer(&writer, (int64_t)exact);
		json_writer_close(&writer, '}');
	}
	json_writer_close(&writer, '}');
	json_writer_close(&writer, '}');
	return json_writer_finish(&writer);
}

/* --- CSV ------------------------------------------------------------------------------------- */

static void csv_value(struct csv_writer *writer, double value, bool is_time)
{
	if (is_time)
		csv_seconds(writer, value);
	else
		csv_number(writer, value);
}

bool validation_print_csv(const struct validation *validation, FILE *stream)
{
	static const char *const columns[] = {
		"scenario",  "variant",	  "python",	 "metric",	  "unit",
		"predicted", "median",	  "min",	 "max",		  "q1",
		"q3",	     "n",	  "error_ratio", "within_spread", "ideal_error_ratio",
		"hard",	     "spin_ratio", "model",	  "steps",	  "run_error_ratio"
	};
	struct csv_writer writer = { .stream = stream };

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		csv_text(&writer, columns[i]);
	csv_end_line(&writer);
	for (size_t i = 0; i < validation->row_count; i++) {
		const struct validation_row *row = &validation->rows[i];
		char unit = unit_of(row);
		const double values[] = { row->predicted, row->median, row->min, row->max, row->q1, row->q3 };

		csv_text(&writer, row->scenario);
		csv_text(&writer, row->variant);
		csv_text(&writer, row->python);
		csv_text(&writer, row->metric);
		csv_text(&writer, unit == 's'	? "s"
				  : unit == 'c' ? "count"
				  : unit == 'b' ? "bytes"
				  : unit == '/' ? "per_s"
						: "ratio");
		for (size_t value = 0; value < sizeof(values) / sizeof(values[0]); value++)
			csv_value(&writer, values[value], unit == 's');
		csv_number(&writer, (double)row->measured_count);
		csv_number(&writer, row->error);
		csv_number(&writer, row->measured_count > 0 ? (double)row->within_spread : (double)NAN);
		csv_number(&writer, row->ideal_error);
		csv_number(&writer, row->hard);
		csv_number(&writer, row->spin_ratio);
		csv_text(&writer, row->model);
		csv_text(&writer, row->steps);
		csv_number(&writer, row->run_error);
		csv_end_line(&writer);
	}
	return csv_finish(&writer);
}

/* --- for people ------------------------------------------------------------------------------ */

static void value_text(double value, char unit, char text[32])
{
	if (isfinite(value) && unit == 'r')
		snprintf(text, 32, "%.2fx", value);
	else
		results_figure_text(value, unit, text);
}

static void error_cell(struct text_table *table, double error)
{
	if (isfinite(error))
		text_table_cell(table, "%+.1f%%", 100 * error);
	else
		text_table_cell(table, "-");
}

static bool is_same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* `before` is the row above it, NULL when there is none: what it has said already is not said again. */
static void add_row(struct text_table *table, const struct validation_row *row, const struct validation_row *before)
{
	bool same_scenario =
		before && is_same(row->scenario, before->scenario) && is_same(row->python, before->python);
	bool same_variant = same_scenario && is_same(row->variant, before->variant);
	char unit = unit_of(row);
	char predicted[40], median[40], min[40], max[40];

	value_text(row->predicted, unit, predicted);
	value_text(row->median, unit, median);
	value_text(row->min, unit, min);
	value_text(row->max, unit, max);
	text_table_cell(table, "%s", same_scenario ? "" : row->scenario);
	text_table_cell(table, "%s", same_scenario ? "" : row->python);
	text_table_cell(table, "%s", same_variant ? "" : row->variant);
	text_table_cell(table, "%s", row->metric);
	text_table_cell(table, "%s", predicted);
	text_table_cell(table, "%s", median);
	if (row->measured_count > 1)
		text_table_cell(table, "%s .. %s", min, max);
	else
		text_table_cell(table, "%s", row->measured_count == 0 ? "not measured" : "one run");
	if (row->is_count && row->measured_count > 0)
		text_table_cell(table, "%s", row->predicted == row->median ? "exact" : "WRONG");
	else
		error_cell(table, row->error);
	text_table_cell(table, "%s", row->measured_count > 0 && row->within_spread ? "yes" : "");
	error_cell(table, row->ideal_error);
	text_table_cell(table, "%s", row->hard ? "hard" : "");
	if (isfinite(row->spin_ratio))
		text_table_cell(table, "%.3f", row->spin_ratio);
	else
		text_table_cell(table, "%s", "");
}

/* The rows' indexes, by |error| from the largest; those without an error at the end. Stable. */
static size_t *order_by_error(const struct validation *validation, struct region *region)
{
	size_t *order = region_alloc_array(region, validation->row_count, sizeof(*order));

	for (size_t i = 0; i < validation->row_count; i++) {
		double error = fabs(validation->rows[i].error);
		size_t place = i;

		for (; place > 0; place--) {
			double before = fabs(validation->rows[order[place - 1]].error);

			if (isnan(error) || before >= error)
				break;
			order[place] = order[place - 1];
		}
		order[place] = i;
	}
	return order;
}

static void size_cell(struct text_table *table, double error)
{
	if (isfinite(error))
		text_table_cell(table, "%.1f%%", 100 * error);
	else
		text_table_cell(table, "-");
}

static void print_summary(const struct validation *validation, struct region *region, FILE *stream)
{
	static const char *const heads[] = { "|error| of", "rows",	"median",	  "p90",  "max",
					     "of a run",   "hard rows", "median of hard", "of a run" };
	struct text_table table;

	text_table_init(&table, region, "lrrrrrrrr");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&table, "%s", heads[i]);
	for (size_t i = 0; i < validation->summary_count; i++) {
		const struct validation_summary *summary = &validation->summaries[i];

		text_table_cell(&table, "%s", summary->metric);
		text_table_cell(&table, "%zu", summary->rows);
		size_cell(&table, summary->median);
		size_cell(&table, summary->p90);
		size_cell(&table, summary->max);
		size_cell(&table, summary->median_run);
		text_table_cell(&table, "%zu", summary->rows_hard);
		size_cell(&table, summary->median_hard);
		size_cell(&table, summary->median_run_hard);
	}
	text_table_print(&table, false, stream);
	for (size_t i = 0; i < validation->row_count; i++) {
		size_t rows, exact;

		if (!is_first_count(validation, i))
			continue;
		exact = count_exact(validation, validation->rows[i].metric, &rows);
		fprintf(stream, "  %s: %zu of %zu exact\n", validation->rows[i].metric, exact, rows);
	}
}

bool validation_print_table(const struct validation *validation, bool by_error, bool color, FILE *stream)
{
	static const char *const heads[] = { "scenario",  "python",	 "variant", "metric",
					     "predicted", "measured",	 "range",   "error",
					     "in range",  "ideal error", "",	    "pace" };
	struct region region;
	struct text_table table;
	size_t *order = NULL;

	region_init(&region);
	text_table_init(&table, &region, "llllrrrrlrlr");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&table, "%s", heads[i]);
	if (by_error)
		order = order_by_error(validation, &region);
	for (size_t i = 0; i < validation->row_count; i++)
		add_row(&table, &validation->rows[order ? order[i] : i],
			i == 0 || order ? NULL : &validation->rows[i - 1]);
	text_table_print(&table, color, stream);
	fputs("\nideal error: that of a prediction without any cost; where it exceeds 10% the row is hard\n"
	      "pace: the interpreter's time for a loop iteration during these runs over its calibrated one\n"
	      "of a run: what one run is off by from the median of the others, in the median of the rows\n\n",
	      stream);
	print_summary(validation, &region, stream);
	region_release(&region);
	return stream_finish(stream);
}
