/*
 * candidates.h - the models that could run a scenario's work: each compiled, or why it cannot.
 *
 * What a scenario's own variants are is not looked at: the candidates are made from its tasks and its `run`. A program
 * (a task `main` without `run`) is tried with each thing that `spawn` can start, beside its variants as they are.
 */
#ifndef SIM_PLAN_CANDIDATES_H
#define SIM_PLAN_CANDIDATES_H

#include "sim/plan/scenario_source.h"

struct candidate {
	const char *name;  /* "thread_pool", "threads-in-processes" */
	const char *group; /* "threads", "processes", "asyncio", "mixed": what a decision is between */
	const char *needs; /* another interpreter than the scenario's, or two models at once; NULL: neither */
	const char *why_not; /* it cannot run this; NULL: it can */
	struct workload workload;
	bool has_workers, has_inner_workers, has_chunksize; /* what may be tuned */
};

struct candidate_list {
	struct candidate *items;
	size_t count;
};

/* `base` is the scenario as it is, from the same source. A process a task is no candidate beyond `most_processes`. */
struct candidate_list candidates_find(const struct scenario_source *source, const struct scenario *base,
				      int most_processes, struct region *region);

#endif
