/*
 * explain.h - why a prediction is what it is, found by asking the simulator what it would be without each cost.
 *
 * Method      Each question is the compiled workload with one thing changed (no GIL, cores for everybody, a group of
 *             costs as in the profile `ideal`, a step 10 % shorter) on the same random numbers, so that what differs
 *             comes of that thing alone. The ideal has all of them changed; what the single changes do not add up
 *             to is their interaction, and is said, not shared out. The models know nothing of it.
 * Left out    Locks: without them the program would be another one.
 */
#ifndef SIM_PLAN_EXPLAIN_H
#define SIM_PLAN_EXPLAIN_H

#include "sim/plan/evaluate.h"
#include "sim/results/explanation.h"

/* How many simulations an explanation takes, for each replication. */
size_t explain_question_count(const struct workload *workload, const struct variant_result *predicted,
			      struct region *region);

/*
 * Explains the figures `predicted` of `workload`, which were means over the replications of `evaluation`. NULL when
 * they did not come to an end, or when a wish to stop came first. Of `evaluation`, the watcher's begin() and end() are
 * called for each simulation, too; what it returns is not traced.
 */
const struct explanation *explain(const struct workload *workload, const struct variant_result *predicted,
				  const struct evaluation *evaluation, struct region *region);

#endif
