/*
 * theory.h - what a formula says of a variant, beside what the simulation says.
 *
 * sim/plan/theory.h finds out which formula applies. They live beside the figures of their variant.
 */
#ifndef SIM_RESULTS_THEORY_H
#define SIM_RESULTS_THEORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/results/usl.h"

struct json_writer;
struct results;

#define THEORY_ROWS_MOST 6

struct theory_row {
	const char *figure; /* "mean wait" */
	char unit;	    /* 's', 'r' or '/', as results_metric_exists() gives them */
	double exact, simulated;
};

/* Of one variant. */
struct theory {
	const char *law; /* "M/M/4"; NULL: none applies */
	const char *why; /* what makes it apply, or why none does */
	struct theory_row rows[THEORY_ROWS_MOST];
	size_t row_count;
};

/* The Universal Scalability Law through variants that differ in their workers. */
struct scalability {
	const char *model; /* of these variants */
	size_t points;
	struct usl usl;
};

/* Beside the table of results: nothing where no law applies, unless `all`: then why not. */
void theory_print(const struct results *results, bool all, FILE *stream);
/* The values of the keys `theory` of a variant and `scalability` of the results. */
void theory_print_json(const struct theory *theory, struct json_writer *writer);
void scalability_print_json(const struct scalability *scalability, struct json_writer *writer);

#endif
