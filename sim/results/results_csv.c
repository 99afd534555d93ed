/*
 * results_csv.c - results as CSV: a row for each variant, units in the columns' names. Intervals of means are named as
 * the JSON's are ("p99_s_ci95_low"), and empty without replications.
 */
#include <math.h>

#include "sim/results/csv_writer.h"
#include "sim/results/figures.h"
#include "sim/results/production.h"

static void print_interval(struct csv_writer *writer, const struct variant_result *variant, enum sampled sampled)
{
	void (*print)(struct csv_writer *, double) = sampled_is_time(sampled) ? csv_seconds : csv_number;

	print(writer, variant->ci95[sampled].low);
	print(writer, variant->ci95[sampled].high);
}

static void print_row(struct csv_writer *writer, const struct results *results, size_t index)
{
	const struct variant_result *variant = &results->variants[index];
	char number[24];

	csv_text(writer, results->scenario);
	csv_text(writer, results->file);
	csv_text(writer, results->source);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)results->seed);
	csv_text(writer, number);
	csv_number(writer, results->replications);
	csv_text(writer, results->machine_profile);
	csv_number(writer, results->machine_cores);
	csv_text(writer, results->python_version);
	csv_text(writer, results->python_gil);
	csv_text(writer, variant->name);
	csv_text(writer, variant->model);
	csv_number(writer, variant->workers > 0 ? (double)variant->workers : (double)NAN);
	csv_number(writer, index == results->baseline);
	csv_number(writer, variant_result_metric(variant, "deadlock"));
	for (size_t i = 0; i < figure_count; i++) {
		double value = figure_value(variant, &figures[i]);

		if (figures[i].unit == 's')
			csv_seconds(writer, value);
		else
			csv_number(writer, figures[i].unit == 'c' && value < 0 ? NAN : value);
	}
	for (int i = 0; i < SAMPLED_COUNT; i++)
		print_interval(writer, variant, (enum sampled)i);
	production_print_csv(variant, writer);
	csv_end_line(writer);
}

bool results_print_csv_header(const char *const *settings, size_t setting_count, FILE *stream)
{
	static const char *const columns[] = { "scenario",	"file",		  "source",
					       "seed",		"replications",	  "machine_profile",
					       "machine_cores", "python_version", "python_gil",
					       "variant",	"model",	  "workers",
					       "baseline",	"deadlock" };
	struct csv_writer writer = { .stream = stream };

	for (size_t i = 0; i < setting_count; i++)
		csv_text(&writer, settings[i]);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		csv_text(&writer, columns[i]);
	for (size_t i = 0; i < figure_count; i++)
		csv_text(&writer, figures[i].column);
	for (int i = 0; i < SAMPLED_COUNT; i++) {
		char column[64];

		snprintf(column, sizeof(column), "%s_ci95_low", sampled_keys[i]);
		csv_text(&writer, column);
		snprintf(column, sizeof(column), "%s_ci95_high", sampled_keys[i]);
		csv_text(&writer, column);
	}
	csv_text(&writer, "production");
	csv_text(&writer, "production_error");
	csv_end_line(&writer);
	return csv_finish(&writer);
}

bool results_print_csv_rows(const struct results *results, const char *const *values, size_t value_count, FILE *stream)
{
	struct csv_writer writer = { .stream = stream };

	for (size_t variant = 0; variant < results->variant_count; variant++) {
		for (size_t i = 0; i < value_count; i++)
			csv_text(&writer, values[i]);
		print_row(&writer, results, variant);
	}
	return csv_finish(&writer);
}

bool results_print_csv(const struct results *results, size_t count, FILE *stream)
{
	bool ok = results_print_csv_header(NULL, 0, stream);

	for (size_t file = 0; file < count; file++)
		ok = ok && results_print_csv_rows(&results[file], NULL, 0, stream);
	return ok;
}
