/*
 * explain.h - why a prediction is what it is, found by asking the simulator what it would be without each cost.
 *
 * Method      Each question is the compiled workload with one thing changed (no GIL, cores for everybody, a group
 *             of costs as in the profile `ideal`, a step 10 % shorter) on the same random numbers, so that what
 *             differs comes of that thing alone. The ideal has all of them changed; what the single changes do not
 *             add up to is their interaction, and is said, not shared out. The models know nothing of it.
 * Left out    Locks: without them the program would be another one.
 */
#ifndef SIM_PLAN_EXPLAIN_H
#define SIM_PLAN_EXPLAIN_H

#include <signal.h>

#include "models/simulate/simulate.h"
#include "sim/base/region.h"
#include "sim/results/explanation.h"
#include "sim/results/results.h"
#include "sim/scenario/workload.h"

struct explain_options {
	size_t replications;			   /* of the prediction: the same are asked again */
	const volatile sig_atomic_t *wish_to_stop; /* not 0: there will be no explanation; NULL: nobody has one */
	struct simulate_limits limits;		   /* of each simulation */
	void (*asked)(void *context);		   /* after each simulation; NULL: nobody counts */
	void *context;
};

/* How many simulations an explanation takes, for each replication. */
size_t explain_question_count(const struct workload *workload, const struct variant_result *predicted,
			      struct region *region);

/* Explains the figures `predicted` of `workload`. NULL when they did not come to an end, or when a wish to stop came
 * first. */
const struct explanation *explain(const struct workload *workload, const struct variant_result *predicted,
				  const struct explain_options *options, struct region *region);

#endif
