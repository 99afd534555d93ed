/*
 * sweep_print.h - the points of a sweep's database as a table, JSON or CSV, in order of their numbers.
 */
#ifndef SIM_PLAN_SWEEP_PRINT_H
#define SIM_PLAN_SWEEP_PRINT_H

#include <stdio.h>

#include "sim/plan/sweep_store.h"

/* False when the stream or the database failed. */
bool sweep_print_table(struct sweep_store *store, bool color, struct region *region, FILE *stream);
bool sweep_print_json(struct sweep_store *store, FILE *stream);
bool sweep_print_csv(struct sweep_store *store, const char *csv_header, FILE *stream);

#endif
