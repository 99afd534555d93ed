/*
 * comparison.h - two results of the same scenario: better, worse, the same, or nobody can tell.
 *
 * Method      The relative change from A to B with its 95 % interval: where both sides have as many replications of
 *             the same random numbers, from the differences one by one (Student's t), which leaves out the chance
 *             that both share; else from both sides' intervals (half widths by the root of the sum of squares). It
 *             must lie on one side of the least effect that counts to be better or worse, and within it to be the
 *             same; else it cannot be told. Identical figures with identical intervals are the same. Counts of
 *             completed tasks have no interval and are taken as they are.
 */
#ifndef SIM_RESULTS_COMPARISON_H
#define SIM_RESULTS_COMPARISON_H

#include "sim/base/region.h"
#include "sim/results/results.h"

enum comparison_verdict { COMPARISON_SAME, COMPARISON_BETTER, COMPARISON_CANNOT_TELL, COMPARISON_WORSE };
extern const char *const comparison_verdict_names[]; /* "same", "better", "cannot tell", "worse" */

struct comparison_side {
	double value; /* NaN: missing */
	struct interval ci95;
	const double *samples; /* each replication's; NULL: not known */
	size_t sample_count;
};

struct comparison_metric {
	const char *name;     /* as in `expect:` */
	const char *column;   /* its column in CSV */
	const char *interval; /* the JSON key of its interval in ci95; NULL: a count, which has none */
	char unit;
	bool higher_is_better;
};
extern const struct comparison_metric comparison_metrics[];
extern const size_t comparison_metric_count;
/* NULL: none of that name can be compared. */
const struct comparison_metric *comparison_metric_find(const char *name);

struct comparison_row {
	const char *scenario, *variant;
	const struct comparison_metric *metric;
	struct comparison_side a, b;
	double change;		 /* relative to A; NaN: none */
	struct interval change_ci95;
	enum comparison_verdict verdict;
	const char *why; /* it cannot be told; NULL otherwise */
};

struct comparison_list {
	const char *about_a, *about_b; /* what they are results of, in words */
	double least_effect;	       /* relative */
	struct comparison_row *rows;
	size_t row_count, row_capacity;
};

/* Judges and adds a row; samples of as many replications are taken one by one if `paired`; nothing is added when both sides miss the figure. */
void comparison_add(struct comparison_list *comparison, struct region *region, const char *scenario, const char *variant,
		    const struct comparison_metric *metric, struct comparison_side a, struct comparison_side b, bool paired);
/* The verdict of all: worse if any is, else cannot tell if any is, else better if any is. */
enum comparison_verdict comparison_verdict(const struct comparison_list *comparison);

/* All return false with errno set when the stream failed. */
bool comparison_print_table(const struct comparison_list *comparison, bool color, FILE *stream);
bool comparison_print_json(const struct comparison_list *comparison, FILE *stream);
bool comparison_print_csv(const struct comparison_list *comparison, FILE *stream);

#endif
