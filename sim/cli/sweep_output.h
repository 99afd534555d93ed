/*
 * sweep_output.h - the points of a sweep's database as a table, JSON or CSV, in order of their numbers.
 */
#ifndef SIM_CLI_SWEEP_OUTPUT_H
#define SIM_CLI_SWEEP_OUTPUT_H

#include "sim/cli/cli.h"
#include "sim/plan/sweep_store.h"

/* Prints all points; returns STATUS_DONE, or STATUS_ENVIRONMENT after a message. */
int sweep_print(struct sweep_store *store, const char *csv_header, const struct output_arguments *output,
		struct region *region);

#endif
