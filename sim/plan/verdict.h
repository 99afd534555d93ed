/*
 * verdict.h - results against what their scenario expects, and against thresholds that were given beside it.
 *
 * Each prints a line for whatever it has judged, and returns whether all of it holds.
 */
#ifndef SIM_PLAN_VERDICT_H
#define SIM_PLAN_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/region.h"
#include "sim/results/expectation.h"
#include "sim/results/results.h"
#include "sim/scenario/scenario.h"

/* The scenario's expectations; those of variants that are left out are skipped. With overrides they are shown, and count only
 * if `strict`. */
bool expectations_hold(const struct scenario *scenario, const struct results *results, bool strict, FILE *stream);

/* False when a variant ended in a deadlock or at its limit that no expectation names; then it says which. */
bool endings_are_expected(const struct scenario *scenario, const struct results *results, FILE *messages);

/* What --slo gives, in the grammar of `expect:`. */
struct thresholds {
	struct expectation *items;
	size_t count;
};

/* Reads them for the variants of this scenario; false with what is wrong on `messages`. */
bool thresholds_read(struct thresholds *thresholds, const char *const *texts, size_t count, const struct scenario *scenario,
		     struct region *region, FILE *messages);

/* What has no data does not hold. Unlike expectations they count whatever was overridden. */
bool thresholds_hold(const struct thresholds *thresholds, const struct results *results, FILE *stream);

#endif
