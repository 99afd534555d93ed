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
/* The two columns of CSV, `production` and `production_error`: "sojourn.p99=0.035;makespan=0.04" of a variant. */
void production_print_csv(const struct variant_result *result, struct csv_writer *writer);

#endif
