/*
 * production.c - see production.h.
 */
#include "sim/results/production.h"

#include <math.h>

#include "sim/base/units.h"
#include "sim/results/json_writer.h"
#include "sim/results/text_table.h"

double production_error(const struct variant_result *result, const struct production *production)
{
	double error = variant_result_metric(result, production->metric) / production->value - 1;

	return isfinite(error) ? error : (double)NAN;
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
			char unit = 'r';

			results_metric_exists(production->metric, &unit);
			text_table_cell(&table, "%s", results->variants[i].name);
			text_table_cell(&table, "%s", production->metric);
			text_table_value(&table, unit, production->value);
			text_table_value(&table, unit, variant_result_metric(&results->variants[i], production->metric));
			text_table_change(&table, production_error(&results->variants[i], production));
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
		json_writer_key_string(writer, "metric", production->metric);
		json_writer_key_number(writer, "measured", production->value);
		json_writer_key_number(writer, "predicted", variant_result_metric(result, production->metric));
		json_writer_key_number(writer, "error", production_error(result, production));
		json_writer_close(writer, '}');
	}
	json_writer_close(writer, ']');
}

/* "METRIC=VALUE", after what is there. */
static char *append(struct region *region, const char *before, const char *metric, double value)
{
	char number[64];

	format_number(value, number);
	return region_format(region, "%s%s%s=%s", before, *before ? ";" : "", metric, number);
}

void production_print_csv(const struct variant_result *result, struct csv_writer *writer)
{
	const char *values = "", *errors = "";
	struct region region;

	region_init(&region);
	for (size_t i = 0; i < result->production_count; i++) {
		const struct production *production = &result->production[i];

		values = append(&region, values, production->metric, production->value);
		errors = append(&region, errors, production->metric, production_error(result, production));
	}
	csv_text(writer, values);
	csv_text(writer, errors);
	region_release(&region);
}
