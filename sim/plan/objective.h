/*
 * objective.h - which of two results is the better one.
 */
#ifndef SIM_PLAN_OBJECTIVE_H
#define SIM_PLAN_OBJECTIVE_H

#include <stdbool.h>

#include "sim/results/results.h"
#include "sim/scenario/workload.h"

struct objective {
	const char *metric;    /* as in `expect:` */
	bool larger_is_better; /* rates and speed-ups */
};

/* By default the makespan of work that is there from the start, and the 99th percentile of requests that arrive. */
struct objective objective_for(const struct workload *workload, const char *metric);
double objective_value(const struct objective *objective, const struct variant_result *result);
/* How many times as good `a` is as `b`: above 1 it is better. NaN when one of them has no value. */
double objective_ratio(const struct objective *objective, const struct variant_result *a,
		       const struct variant_result *b);

/* What a result must not be, however fast. */
enum fitness { FIT, FIT_LOSES_UPDATES, FIT_OVERLOADED, FIT_UNFINISHED, FIT_NO_DATA };
enum fitness objective_fitness(const struct objective *objective, const struct variant_result *result);
/* Negative when `a` is better, 0 when they are alike: first how fit they are, then which share of the
 * tasks completed (more than one in a hundred apart), then the metric. */
int objective_compare(const struct objective *objective, const struct variant_result *a,
		      const struct variant_result *b);

#endif
