/*
 * data_fill.h - how readers of result files fill a table.
 */
#ifndef SIM_REPORT_DATA_FILL_H
#define SIM_REPORT_DATA_FILL_H

#include <jansson.h>

#include "sim/report/data_table.h"

void data_add_row(struct data_table *table);
/* Sets a cell of the newest row; NULL or "": empty. */
void data_set(struct data_table *table, const char *column, const char *text);
/* The same for a string, number or boolean (1, 0) of JSON; anything else is empty. */
void data_set_json(struct data_table *table, const char *column, const json_t *value);
/* What a run was told by --set, or the point of a sweep: an object of paths and values. */
void data_set_paths(struct data_table *table, const json_t *paths);
/* The columns by which a result says whose it is: scenario, seed, machine, Python. */
void data_set_heading(struct data_table *table, const json_t *root);
/* Seconds by part, an object: the columns "time_in_PART_s". */
void data_set_times(struct data_table *table, const json_t *times);

/* What `plan` and `advise` print (data_decisions.c). False: it is neither, and the table is as it was. */
bool data_add_decisions(struct data_table *table, const json_t *root);

#endif
