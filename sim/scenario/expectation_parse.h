/*
 * expectation_parse.h - the one grammar of `expect:`, `--slo` and thresholds; see sim/results/expectation.h.
 */
#ifndef SIM_SCENARIO_EXPECTATION_PARSE_H
#define SIM_SCENARIO_EXPECTATION_PARSE_H

#include <stdbool.h>

#include "sim/base/region.h"
#include "sim/base/units.h"
#include "sim/results/expectation.h"

/* `variants` are the names that may be named. On failure `*column` receives the 1-based place of the fault in
 * the text. Strings in `expectation` live in `region`; its file, line and column are the caller's to set. */
bool expectation_parse(const char *text, const char *const *variants, size_t variant_count, struct region *region,
		       struct expectation *expectation, int *column, struct unit_error *error);

/* A value of `metric` as the right side of such a line has it, "120ms" for p99. `*full_metric` is the metric's full name.
 * False when there is no such metric or it has no such value. */
bool expectation_parse_value(const char *metric, const char *text, struct region *region, const char **full_metric,
			     double *value, struct unit_error *error);

#endif
