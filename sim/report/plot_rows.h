/*
 * plot_rows.h - what pictures of results ask of the rows: labels, axes, metrics.
 */
#ifndef SIM_REPORT_PLOT_ROWS_H
#define SIM_REPORT_PLOT_ROWS_H

#include "sim/report/plot.h"

/* The variant, after the scenario and the source where these differ between the rows. */
const char *plot_row_label(const struct plot *plot, size_t row);
/* "a1-cpu-count: ", or "" when the rows are of several scenarios. */
const char *plot_subject(const struct plot *plot);
/* Whether a column has two texts or more. */
bool plot_column_differs(const struct plot *plot, const char *column);
/* How many different numbers a column has. */
size_t plot_different(const struct plot *plot, const char *column);
/*
 * An axis: the column that is asked for, else the first varied path with two values or more, else workers, else
 * cores; never `but`. NULL after an error, or when there is none and `required` is false.
 */
const char *plot_axis(struct plot *plot, const char *asked, const char *but, bool required);
/* For people: "cores" for machine_cores and machine.cores, else the name. */
const char *plot_axis_title(const char *column);
/* The column of a metric by its name in `expect:` ("p99") or by its own. NULL: there is none. */
const char *plot_metric_column(const struct plot *plot, const char *metric);
/* Whether the axis counts what works at the same time, so that the ideal speedup is its value. */
bool plot_axis_is_parallelism(const char *column);

#endif
