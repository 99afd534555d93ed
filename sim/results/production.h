/*
 * production.h - figures that were measured in production (`measured:` of a scenario), beside their predictions.
 */
#ifndef SIM_RESULTS_PRODUCTION_H
#define SIM_RESULTS_PRODUCTION_H

#include "sim/results/csv_writer.h"
#include "sim/results/results.h"

struct json_writer;

/* How far the prediction is off, relative to what was measured; NaN where one of them is missing. */
double production_error(const struct variant_result *result, const struct production *production);

/* A table of all such figures; nothing where there is none. */
void production_print(const struct results *results, FILE *stream);
/* The value of the key `production` of a variant. */
void production_print_json(const struct variant_result *result, struct json_writer *writer);
/* In CSV, two columns for each metric that any of these results has a figure of: their heads, a variant's cells. */
void production_print_csv_heads(const struct results *results, size_t count, struct csv_writer *writer);
void production_print_csv_cells(const struct results *results, size_t count, const struct variant_result *result,
				struct csv_writer *writer);

#endif
