/*
 * data_table.c - see data_table.h.
 */
#include "sim/report/data_table.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/units.h"
#include "sim/results/csv_reader.h"
#include "sim/report/data_fill.h"
#include "sim/results/explanation.h"
#include "sim/results/figures.h"
#include "sim/results/results.h"

#define MAX_BYTES (256u << 20)

bool data_fail(struct data_error *error, int status, const char *format, ...)
{
	va_list list;

	error->status = status;
	va_start(list, format);
	vsnprintf(error->text, sizeof(error->text), format, list);
	va_end(list);
	return false;
}

/* ---- Cells ---- */

size_t data_table_column(const struct data_table *table, const char *name)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (!strcmp(table->columns[i], name))
			return i;
	return SIZE_MAX;
}

static size_t add_column(struct data_table *table, const char *name)
{
	size_t found = data_table_column(table, name);

	if (found != SIZE_MAX)
		return found;
	table->columns = region_grow(table->region, table->columns, table->column_count, &table->column_capacity,
				     sizeof(table->columns[0]));
	table->columns[table->column_count] = region_strdup(table->region, name);
	return table->column_count++;
}

static void widen(struct data_table *table, size_t width)
{
	const char **cells = region_alloc_array(table->region, (table->row_capacity + 1) * width, sizeof(cells[0]));

	for (size_t row = 0; row < table->row_count; row++)
		for (size_t column = 0; column < table->row_width; column++)
			cells[row * width + column] = table->cells[row * table->row_width + column];
	region_free(table->region, table->cells);
	table->cells = cells;
	table->row_width = width;
}

void data_add_row(struct data_table *table)
{
	if (table->row_count + 1 > table->row_capacity) {
		table->row_capacity = 2 * table->row_capacity + 16;
		widen(table, table->row_width > 0 ? table->row_width : 64);
	}
	table->row_count++;
}

void data_set(struct data_table *table, const char *column, const char *text)
{
	size_t index = add_column(table, column);

	if (index >= table->row_width)
		widen(table, 2 * index + 1);
	table->cells[(table->row_count - 1) * table->row_width + index] =
		text && *text ? region_strdup(table->region, text) : NULL;
}

const char *data_table_text(const struct data_table *table, size_t row, const char *column)
{
	size_t index = data_table_column(table, column);
	const char *cell = index < table->row_width ? table->cells[row * table->row_width + index] : NULL;

	return cell ? cell : "";
}

double data_number(const char *text)
{
	struct unit_error unheard;
	int64_t bytes;
	sim_ns ns;
	double value;
	char *end;

	if (!*text)
		return NAN;
	value = strtod(text, &end);
	if (!*end)
		return value;
	if (units_parse_duration(text, &ns, &unheard))
		return sim_time_seconds(ns);
	if (units_parse_rate(text, &value, &unheard) || units_parse_ratio(text, &value, &unheard))
		return value;
	return units_parse_bytes(text, &bytes, &unheard) ? (double)bytes : (double)NAN;
}

double data_table_number(const struct data_table *table, size_t row, const char *column)
{
	return data_number(data_table_text(table, row, column));
}

void data_table_append(struct data_table *table, const struct data_table *more)
{
	for (size_t row = 0; row < more->row_count; row++) {
		data_add_row(table);
		for (size_t column = 0; column < more->column_count; column++)
			data_set(table, more->columns[column], data_table_text(more, row, more->columns[column]));
	}
}

/* ---- JSON ---- */

void data_set_json(struct data_table *table, const char *column, const json_t *value)
{
	char number[40];

	if (json_is_string(value)) {
		data_set(table, column, json_string_value(value));
	} else if (json_is_boolean(value)) {
		data_set(table, column, json_is_true(value) ? "1" : "0");
	} else if (json_is_number(value)) {
		snprintf(number, sizeof(number), "%.15g", json_number_value(value));
		data_set(table, column, number);
	} else {
		data_set(table, column, NULL);
	}
}

/* "sojourn.p50", in seconds, is "p50" of "sojourn_s". */
static const json_t *figure_in_json(const json_t *variant, const struct figure *figure)
{
	const char *dot = strchr(figure->metric, '.');
	char key[64];

	if (!dot)
		return json_object_get(variant, figure->column);
	snprintf(key, sizeof(key), "%.*s%s", (int)(dot - figure->metric), figure->metric,
		 figure->unit == 's' ? "_s" : "");
	return json_object_get(json_object_get(variant, key), dot + 1);
}

/* The numbers of an array, NaN for what is none. */
static const char *join_numbers(struct region *region, const json_t *numbers)
{
	size_t count = json_array_size(numbers), length = 0;
	char *text = region_alloc(region, count * 25 + 1);

	for (size_t i = 0; i < count; i++) {
		const json_t *number = json_array_get(numbers, i);

		length += (size_t)sprintf(text + length, "%.15g ",
					  json_is_number(number) ? json_number_value(number) : (double)NAN);
	}
	return text;
}

/* The interval of a mean and what it was made of. */
static void set_interval(struct data_table *table, const json_t *variant, const char *key)
{
	const json_t *interval = json_object_get(json_object_get(variant, "ci95"), key);
	const json_t *samples = json_object_get(json_object_get(variant, "samples"), key);
	char column[64];

	snprintf(column, sizeof(column), "%s_samples", key);
	data_set(table, column, join_numbers(table->region, samples));

	snprintf(column, sizeof(column), "%s_ci95_low", key);
	data_set_json(table, column, json_array_get(interval, 0));
	snprintf(column, sizeof(column), "%s_ci95_high", key);
	data_set_json(table, column, json_array_get(interval, 1));
}

void data_set_paths(struct data_table *table, const json_t *paths)
{
	for (void *at = json_object_iter((json_t *)paths); at; at = json_object_iter_next((json_t *)paths, at))
		if (strchr(json_object_iter_key(at), '.'))
			data_set_json(table, json_object_iter_key(at), json_object_iter_value(at));
}

/* The waterfall of --explain: a column for each of its steps that are there. */
static void set_explanation(struct data_table *table, const json_t *explanation)
{
	const json_t *saves = json_object_get(explanation, "saves_s");

	if (!json_is_object(saves))
		return;
	data_set_json(table, "explain_metric", json_object_get(explanation, "metric"));
	data_set_json(table, "explain_ideal_s", json_object_get(explanation, "ideal_s"));
	data_set_json(table, "explain_predicted_s", json_object_get(explanation, "predicted_s"));
	data_set_json(table, "explain_interaction_s", json_object_get(explanation, "interaction_s"));
	for (int cost = 0; cost < EXPLAINED_COUNT; cost++) {
		char column[64];

		snprintf(column, sizeof(column), "explain_%s_s", explained_costs[cost].name);
		data_set_json(table, column, json_object_get(saves, explained_costs[cost].name));
	}
}

void data_set_heading(struct data_table *table, const json_t *root)
{
	static const char *const keys[] = { "gilsim", "scenario", "about", "file", "source", "seed", "replications" };
	const json_t *machine = json_object_get(root, "machine"), *python = json_object_get(root, "python");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		data_set_json(table, keys[i], json_object_get(root, keys[i]));
	data_set_json(table, "machine_profile", json_object_get(machine, "profile"));
	data_set_json(table, "machine_cores", json_object_get(machine, "cores"));
	data_set_json(table, "python_version", json_object_get(python, "version"));
	data_set_json(table, "python_gil", json_object_get(python, "gil"));
}

void data_set_times(struct data_table *table, const json_t *times)
{
	for (int part = 0; part < TIME_PART_COUNT; part++) {
		char column[64];

		snprintf(column, sizeof(column), "time_in_%s_s", time_part_names[part]);
		data_set_json(table, column, json_object_get(times, time_part_names[part]));
	}
}

static void add_variant(struct data_table *table, const json_t *results, const json_t *variant)
{
	static const char *const of_variant[] = { "model",    "workers", "deadlock", "deadlock_report",
						  "measured", "why_not", "note" };
	const char *name = json_string_value(json_object_get(variant, "name"));
	const char *baseline = json_string_value(json_object_get(results, "baseline"));

	data_add_row(table);
	data_set_heading(table, results);
	data_set_paths(table, json_object_get(results, "set"));
	data_set_paths(table, json_object_get(results, "point"));
	data_set(table, "variant", name);
	data_set(table, "baseline", name && baseline && !strcmp(name, baseline) ? "1" : "0");
	for (size_t i = 0; i < sizeof(of_variant) / sizeof(of_variant[0]); i++)
		data_set_json(table, of_variant[i], json_object_get(variant, of_variant[i]));
	for (size_t i = 0; i < figure_count; i++)
		data_set_json(table, figures[i].column, figure_in_json(variant, &figures[i]));
	for (int i = 0; i < SAMPLED_COUNT; i++)
		set_interval(table, variant, sampled_keys[i]);
	set_explanation(table, json_object_get(variant, "explain"));
}

static bool add_results(struct data_table *table, const json_t *results)
{
	const json_t *variants = json_object_get(results, "variants");
	size_t i;
	const json_t *variant;

	if (!json_is_array(variants))
		return false;
	json_array_foreach(variants, i, variant) add_variant(table, results, variant);
	return true;
}

static void add_validation(struct data_table *table, const json_t *rows)
{
	static const char *const direct[] = { "scenario",  "variant",	    "python", "metric",
					      "predicted", "within_spread", "hard",   "spin_ratio" };
	static const char *const measured[] = { "median", "min", "max", "q1", "q3", "n" };
	size_t at;
	const json_t *row;

	json_array_foreach(rows, at, row)
	{
		data_add_row(table);
		for (size_t i = 0; i < sizeof(direct) / sizeof(direct[0]); i++)
			data_set_json(table, direct[i], json_object_get(row, direct[i]));
		for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++)
			data_set_json(table, measured[i],
				 json_object_get(json_object_get(row, "measured"), measured[i]));
		data_set_json(table, "file", json_object_get(row, "file"));
		data_set_json(table, "machine_profile", json_object_get(row, "profile"));
		data_set_json(table, "python_version", json_object_get(row, "python"));
		/* As the CSV form names them. */
		data_set_json(table, "error_ratio", json_object_get(row, "error"));
		data_set_json(table, "ideal_error_ratio", json_object_get(row, "ideal_error"));
		data_set_json(table, "run_error_ratio", json_object_get(row, "run_error"));
	}
}

static bool read_json(struct data_table *table, const char *path, const char *text, size_t length,
		      struct data_error *error)
{
	json_error_t reason;
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &reason);
	bool known = false;

	if (!root)
		return data_fail(error, 2, "%s:%d:%d: no JSON: %s", path, reason.line, reason.column, reason.text);
	if (json_object_get(root, "traceEvents")) {
		data_fail(error, 2,
			  "%s: a trace for viewers; plots and reports read one written by --trace FILE.csv", path);
		json_decref(root);
		return false;
	}
	if (data_add_decisions(table, root)) {
		known = true;
	} else if (json_is_array(json_object_get(root, "rows"))) {
		table->kind = DATA_VALIDATION;
		add_validation(table, json_object_get(root, "rows"));
		known = true;
	} else if (json_is_array(root)) {
		known = json_array_size(root) > 0;
		for (size_t i = 0; i < json_array_size(root); i++)
			known &= add_results(table, json_array_get(root, i));
	} else {
		known = add_results(table, root);
	}
	json_decref(root);
	if (!known)
		return data_fail(error, 2, "%s: JSON, but no result of gilsim", path);
	return true;
}

/* ---- CSV ---- */

static bool read_csv(struct data_table *table, const char *path, char *text, size_t length,
		     struct data_error *error)
{
	FILE *stream = fmemopen(text, length, "r");
	struct csv_reader reader;
	bool opened = stream && csv_reader_open(&reader, stream, table->region);

	if (opened && csv_reader_column(&reader, "start_ns") != SIZE_MAX &&
	    csv_reader_column(&reader, "kind") != SIZE_MAX) {
		table->kind = DATA_TRACE;
		fclose(stream);
		return true;
	}
	if (opened && csv_reader_column(&reader, "predicted") != SIZE_MAX &&
	    csv_reader_column(&reader, "metric") != SIZE_MAX) {
		table->kind = DATA_VALIDATION;
	} else if (opened && csv_reader_column(&reader, "variant") != SIZE_MAX &&
		   csv_reader_column(&reader, "decision") != SIZE_MAX) {
		fclose(stream);
		return data_fail(error, 2, "%s: a plan in CSV; pictures and reports read that of --format json", path);
	} else if (opened && csv_reader_column(&reader, "mechanism") != SIZE_MAX) {
		fclose(stream);
		return data_fail(error, 2, "%s: advice in CSV; pictures and reports read that of --format json", path);
	} else if (!opened || csv_reader_column(&reader, "makespan_s") == SIZE_MAX ||
		   csv_reader_column(&reader, "variant") == SIZE_MAX) {
		if (stream)
			fclose(stream);
		return data_fail(error, 2, "%s: neither JSON nor CSV of gilsim", path);
	}
	while (csv_reader_next(&reader)) {
		data_add_row(table);
		for (size_t i = 0; i < reader.column_count; i++)
			data_set(table, reader.columns[i], csv_reader_field(&reader, i));
	}
	fclose(stream);
	return true;
}

/* ---- Files ---- */

/* All of a file, or of a trace its first bytes. */
static char *read_all(const char *path, struct region *region, size_t *length, struct data_error *error)
{
	FILE *stream = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct stat status;
	size_t capacity = 1 << 16;
	char *text = region_alloc(region, capacity);

	*length = 0;
	if (!stream || fstat(fileno(stream), &status) != 0 || S_ISDIR(status.st_mode)) {
		data_fail(error, 2, "%s: %s", path, stream ? "is a directory" : strerror(errno));
		if (stream && stream != stdin)
			fclose(stream);
		return NULL;
	}
	for (;;) {
		size_t count = fread(text + *length, 1, capacity - *length - 1, stream);

		*length += count;
		if (count == 0 || *length > MAX_BYTES || !strncmp(text, "run,kind,process,", 17))
			break;
		if (*length == capacity - 1) {
			capacity *= 2;
			text = region_resize(region, text, capacity);
		}
	}
	text[*length] = '\0';
	if (stream != stdin)
		fclose(stream);
	if (*length > MAX_BYTES) {
		data_fail(error, 2, "%s: more than %u MiB", path, MAX_BYTES >> 20);
		return NULL;
	}
	return text;
}

bool data_table_read(struct data_table *table, const char *path, struct region *region, struct data_error *error)
{
	size_t length, start;
	char *text = read_all(path, region, &length, error);
	bool read;

	*table = (struct data_table){ .kind = DATA_RESULTS, .region = region };
	if (!text)
		return false;
	start = strspn(text, " \t\r\n");
	if (start == length)
		return data_fail(error, 2, "%s: empty", path);
	if (text[start] == '{' || text[start] == '[')
		read = read_json(table, path, text, length, error);
	else
		read = read_csv(table, path, text, length, error);
	region_free(region, text);
	if (read && table->kind != DATA_TRACE && table->row_count == 0)
		return data_fail(error, 2, "%s: holds no results", path);
	return read;
}
