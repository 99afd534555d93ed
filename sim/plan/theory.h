/*
 * theory.h - which law of queueing or of speed-up holds for a compiled workload, and what it says.
 *
 * The laws know nothing of what starting, switching and library code cost: where these are more than a few per cent of
 * the work, no law applies, and that is said.
 */
#ifndef SIM_PLAN_THEORY_H
#define SIM_PLAN_THEORY_H

#include "sim/results/results.h"
#include "sim/results/theory.h"
#include "sim/scenario/workload.h"

/* The law of one variant beside its simulated figures; never NULL. */
const struct theory *theory_of(const struct workload *workload, const struct variant_result *result,
			       struct region *region);

/*
 * The Universal Scalability Law through the variants that differ in nothing but their workers, of the model that has
 * the most of them. NULL when there are fewer than four such variants, or no law fits.
 */
const struct scalability *scalability_of(const struct workload *workloads, const struct results *results,
					 struct region *region);

#endif
