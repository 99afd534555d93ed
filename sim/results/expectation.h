/*
 * expectation.h - one line of `expect:`, `--slo` or a threshold, already parsed, and its test against results.
 * sim/scenario/expectation_parse.h reads the text:
 *
 *   [VARIANT.]METRIC OP VALUE        OP: < <= = >= > or  ~ VALUE ± 3%  ("+-" may stand for "±")
 *   [VARIANT.]METRIC / [VARIANT.]METRIC OP VALUE
 *
 * Metrics are the JSON keys without their unit suffix; p50 ... p99 are short for sojourn.p50.
 * Without a variant the line holds for each.
 */
#ifndef SIM_RESULTS_EXPECTATION_H
#define SIM_RESULTS_EXPECTATION_H

#include <stdbool.h>
#include <stdio.h>

enum comparison {
	COMPARE_LESS,
	COMPARE_LESS_EQUAL,
	COMPARE_EQUAL,
	COMPARE_GREATER_EQUAL,
	COMPARE_GREATER,
	COMPARE_NEAR
};

struct expectation_operand {
	const char *variant; /* NULL: every variant */
	const char *metric;  /* "makespan", "sojourn.p50", "utilisation.cores", ... */
};

struct expectation {
	const char *text; /* as written */
	const char *file; /* where; NULL for the command line */
	int line, column;
	struct expectation_operand left;
	struct expectation_operand right; /* metric NULL: no division */
	enum comparison comparison;
	double value;	  /* in the metric's JSON unit: seconds, ratio, bytes, count */
	double tolerance; /* NEAR: relative */
};

struct results;
enum verdict { VERDICT_HOLDS, VERDICT_FAILS, VERDICT_NO_DATA };
struct expectation_outcome {
	enum verdict verdict;
	const char *variant; /* the variant that decided it, or NULL */
	double actual;	     /* NaN: no data */
};
/* The worst outcome over the variants it names. Missing figures fail as NO_DATA. */
struct expectation_outcome expectation_test(const struct expectation *expectation, const struct results *results);
/* Whether a figure that is `actual` meets it. */
bool expectation_holds(const struct expectation *expectation, double actual);
/* One line: "ok" or "FAIL", the text, and what came out instead, where it stands in the file. */
void expectation_print(const struct expectation *expectation, const struct expectation_outcome *outcome,
		       FILE *stream);
/* Whether a line names a deadlock or an unfinished count of this variant, so that one is expected. */
bool expectation_expects_unfinished(const struct expectation *expectation, const char *variant);

#endif
