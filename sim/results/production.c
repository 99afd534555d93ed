/*
 * production.c - see production.h.
 */
#include "sim/results/production.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/results/figures.h"
#include "sim/results/json_writer.h"
#include "sim/results/text_table.h"

double production_error(const struct variant_result *result, const struct production *production)
{
	double error = variant_result_metric(result, production->metric) / production->value - 1;

	return isfinite(error) ? error : (double)NAN;
}

static void value_cell(struct text_table *table, char unit, double value)
{
	char text[32];

	if (!isfinite(value)) {
		text_table_cell(table, "-");
	} else if (unit == 's') {
		units_format_duration_short(value, text);
		text_table_cell(table, "%s", text);
	} else {
		text_table_cell(table, "%.4g%s", value, unit == '/' ? "/s" : unit == 'b' ? " B" : "");
	}
}

void production_print(const struct results *results, FILE *stream)
{
	static const char *const heads[] = { "variant", "metric", "measured", "predicted", "error" };
	struct region region;
	struct text_table table;
	bool any = false;

	region_init(&region);
	text_table_init(&table, &region, "llrrr");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&table, "%s", heads[i]);
	for (size_t i = 0; i < results->variant_count; i++)
		for (size_t j = 0; j < results->variants[i].production_count; j++) {
			const struct production *production = &results->variants[i].production[j];
			double error = production_error(&results->variants[i], production);
			char unit = 'r';

			results_metric_exists(production->metric, &unit);
			text_table_cell(&table, "%s", results->variants[i].name);
			text_table_cell(&table, "%s", production->metric);
			value_cell(&table, unit, production->value);
			value_cell(&table, unit, variant_result_metric(&results->variants[i], production->metric));
			if (isfinite(error))
				text_table_cell(&table, "%+.1f%%", 100 * error);
			else
				text_table_cell(&table, "-");
			any = true;
		}
	if (any) {
		fputs("\nmeasured in production:\n", stream);
		text_table_print(&table, false, stream);
	}
	region_release(&region);
}

void production_print_json(const struct variant_result *result, struct json_writer *writer)
{
	json_writer_open(writer, '[');
	for (size_t i = 0; i < result->production_count; i++) {
		const struct production *production = &result->production[i];

		json_writer_open_compact(writer, '{');
		json_writer_key(writer, "metric");
		json_writer_string(writer, production->metric);
		json_writer_key(writer, "measured");
		json_writer_number(writer, production->value);
		json_writer_key(writer, "predicted");
		json_writer_number(writer, variant_result_metric(result, production->metric));
		json_writer_key(writer, "error");
		json_writer_number(writer, production_error(result, production));
		json_writer_close(writer, '}');
	}
	json_writer_close(writer, ']');
}

/* ---- CSV ---- */

/* The figure of that metric; NULL: this variant has none. */
static const struct production *find(const struct variant_result *result, const char *metric)
{
	for (size_t i = 0; i < result->production_count; i++)
		if (!strcmp(result->production[i].metric, metric))
			return &result->production[i];
	return NULL;
}

static bool is_measured(const struct results *results, size_t count, const char *metric)
{
	for (size_t file = 0; file < count; file++)
		for (size_t i = 0; i < results[file].variant_count; i++)
			if (find(&results[file].variants[i], metric))
				return true;
	return false;
}

void production_print_csv_heads(const struct results *results, size_t count, struct csv_writer *writer)
{
	for (size_t i = 0; i < figure_count; i++) {
		char head[96];

		if (!is_measured(results, count, figures[i].metric))
			continue;
		snprintf(head, sizeof(head), "production_%s", figures[i].column);
		csv_text(writer, head);
		snprintf(head, sizeof(head), "production_error_%s", figures[i].metric);
		csv_text(writer, head);
	}
}

void production_print_csv_cells(const struct results *results, size_t count, const struct variant_result *result,
				struct csv_writer *writer)
{
	for (size_t i = 0; i < figure_count; i++) {
		const struct production *production = find(result, figures[i].metric);

		if (!is_measured(results, count, figures[i].metric))
			continue;
		if (figures[i].unit == 's')
			csv_seconds(writer, production ? production->value : (double)NAN);
		else
			csv_number(writer, production ? production->value : (double)NAN);
		csv_number(writer, production ? production_error(result, production) : (double)NAN);
	}
}
