/*
 * plan_cost.h - what is minimised, of a point that was asked and of one that was not.
 */
#ifndef SIM_PLAN_PLAN_COST_H
#define SIM_PLAN_PLAN_COST_H

#include "sim/plan/plan.h"

/* The cost of a point with this answer; NaN: no machine of the prices is large enough. */
double plan_cost(const struct plan_options *options, const struct plan_point *point, const char **machine);

/*
 * What each value of each axis multiplies the cost by, with which points are put in order before they are asked:
 * workers and cores are products of the axes, memory nearly.
 */
struct cost_estimate {
	double at_first; /* all axes at their first value */
	double memory_at_first;
	double *factors[PLAN_AXES_MAX];
};
/* Loads the scenario for the values that matter, and simulates it once for each where memory is minimised. */
struct cost_estimate plan_estimate_costs(const struct scenario_source *source, const struct plan_options *options,
					 const char *variant, struct batch *batch, struct region *region);
double plan_estimated_cost(const struct cost_estimate *estimate, const struct plan_options *options, const size_t *at);

#endif
