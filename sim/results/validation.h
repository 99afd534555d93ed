/*
 * validation.h - predictions beside measurements: the rows of `gilsim validate`.
 */
#ifndef SIM_RESULTS_VALIDATION_H
#define SIM_RESULTS_VALIDATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/region.h"

struct validation_row {
	const char *scenario, *variant, *python, *metric;
	const char *file, *profile; /* of the scenario, of the machine */
	const char *model, *steps; /* what kind of row it is: "thread_pool", "python+io" */
	bool is_count;		/* a count is exact or not; no error */
	double predicted;	/* at the measured spin rate */
	double ideal;		/* what the profile `ideal` predicts */
	const double *measured; /* the samples, in order of the rounds; borrowed */
	size_t measured_count;
	double spin_ratio; /* the interpreter's measured time for an iteration over its calibrated one; NaN: not
			      known */
	/* Filled by validation_finish(). */
	double median, min, max, q1, q3;
	double error;	    /* (predicted - median) / median */
	double ideal_error; /* the same for the zero-cost prediction */
	double run_error;   /* what one run is off by: the median over the runs of |run - median of the others| / that
			       median; NaN: fewer than three runs. A prediction of less error tells more than a run does. */
	bool within_spread; /* predicted inside [min, max] */
	bool hard;	    /* |ideal_error| > 10 % */
};

struct validation_summary {
	const char *metric;
	size_t rows, rows_hard;
	double median, p90, max; /* of |error| */
	double median_hard;
	double median_run, median_run_hard; /* of the same rows' run_error; NaN: of none is it known */
};

struct validation {
	struct validation_row *rows;
	size_t row_count, row_capacity;
	struct validation_summary *summaries;
	size_t summary_count;
};

/* Adds a row; its strings and samples are borrowed. */
struct validation_row *validation_add(struct validation *validation, struct region *region);

/* Computes medians, quartiles, errors and summaries by metric (counts apart). */
void validation_finish(struct validation *validation, struct region *region);
bool validation_print_json(const struct validation *validation, FILE *stream);
bool validation_print_csv(const struct validation *validation, FILE *stream);
/* The largest |error| of makespan and speedup, which --max-error gates; NaN when there is no such row. */
double validation_worst_error(const struct validation *validation);
/* Sorted by |error|, largest first when `by_error`; in the order of the rows otherwise; then the summary. */
bool validation_print_table(const struct validation *validation, bool by_error, bool color, FILE *stream);

#endif
