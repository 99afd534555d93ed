/*
 * data_table.h - result files as tables of named columns, whether they were printed as JSON or as CSV.
 *
 * Results of `run`, `native` and `sweep` become a row for each variant with the columns of the CSV form
 * (sim/results/figures.h), those of intervals ("speedup_ci95_low") and, for sweeps, one for each path that was
 * varied or set ("machine.cores"): such names have a dot, which no figure's has. Rows of `validate` keep their
 * columns. What `plan` and `advise` print becomes rows as data_decisions.c says. Of several replications' own figures
 * each metric's are one cell, with blanks between ("makespan_s_samples").
 */
#ifndef SIM_REPORT_DATA_TABLE_H
#define SIM_REPORT_DATA_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/region.h"

/* Of what a file says. DATA_PLAN: of `plan`, points or rates. */
enum data_kind { DATA_RESULTS, DATA_VALIDATION, DATA_TRACE, DATA_PLAN, DATA_ADVICE, DATA_KIND_COUNT };

struct data_error {
	int status; /* 2: what was given is wrong; 3: the environment is */
	char text[512];
};

/* Says what is wrong; returns false. */
bool data_fail(struct data_error *error, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

struct data_table {
	enum data_kind kind;
	struct region *region;
	const char **columns;
	size_t column_count, column_capacity;
	const char **cells; /* row by row; NULL: empty */
	size_t row_count, row_capacity, row_width;
};

/* Reads `path` ("-": standard input). A trace is recognised, but not read: it may be long (trace_rows.h). */
bool data_table_read(struct data_table *table, const char *path, struct region *region, struct data_error *error);
/* Adds the rows of another table of the same kind. */
void data_table_append(struct data_table *table, const struct data_table *more);

/* SIZE_MAX: there is no such column. */
size_t data_table_column(const struct data_table *table, const char *name);
/* "" for an empty cell and for the column SIZE_MAX. */
const char *data_table_text(const struct data_table *table, size_t row, const char *column);
/* NaN for an empty cell; quantities with units ("120/s", "5ms") count in their base unit. */
double data_table_number(const struct data_table *table, size_t row, const char *column);
/* The number in such a text; NaN: none. */
double data_number(const char *text);

#endif
