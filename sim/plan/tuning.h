/*
 * tuning.h - each candidate at its best size: workers, workers inside, chunks.
 */
#ifndef SIM_PLAN_TUNING_H
#define SIM_PLAN_TUNING_H

#include "sim/plan/batch.h"
#include "sim/plan/candidates.h"
#include "sim/plan/objective.h"
#include "sim/plan/workload_change.h"

/* A candidate at one size, and what it came to. */
struct contender {
	const struct candidate *candidate; /* borrowed */
	struct model_size size;
	struct workload workload;
	struct variant_result result; /* of replication 0 */
};

/*
 * Sizes every candidate that can run. Worker counts are searched where they can matter (1, powers of two, the cores,
 * whole waves of the tasks), then between the neighbours of the best until those are next to it. One entry of
 * `contenders` for each such candidate, in their order; returns how many.
 */
size_t tuning_search(struct batch *batch, const struct objective *objective, const struct candidate_list *candidates,
		     int most_processes, struct region *region, struct contender *contenders);

/* What the workload of a contender becomes under another question. */
struct workload_change {
	struct workload (*apply)(const struct workload *workload, double factor, struct region *region);
	double factor;
	double processes_per_core; /* the most that are started */
};

/*
 * Simulates the contenders with a change, each at the size that it had, and where it has workers also with one a core
 * and with one a task (up to a bound), and keeps the best in contenders[i].result and size. Less than tuning_search() asks, for searches
 * that ask again and again.
 */
void tuning_revisit(struct batch *batch, const struct objective *objective, const struct workload_change *change,
		    struct contender *contenders, size_t count, struct region *region);

#endif
