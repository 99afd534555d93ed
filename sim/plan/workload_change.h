/*
 * workload_change.h - a compiled workload with one thing changed: what "what if" questions ask.
 *
 * Each returns a copy whose changed parts live in `region`; what stays is shared with the original.
 */
#ifndef SIM_PLAN_WORKLOAD_CHANGE_H
#define SIM_PLAN_WORKLOAD_CHANGE_H

#include "sim/base/region.h"
#include "sim/scenario/workload.h"

/* How a model is sized. What a model does not have is not looked at. */
struct model_size {
	int workers;	   /* of the outer model */
	int inner_workers; /* of `each` */
	int64_t chunksize; /* 0: the library's own rule */
};

struct workload workload_with_size(const struct workload *workload, struct model_size size, struct region *region);
/* Another number of cores. Workers that the scenario left to Python are not counted anew. */
struct workload workload_with_cores(const struct workload *workload, int cores);
/* CPU steps last `cpu` times as long and waits `wait` times, items included (as the first step that has one uses
 * them). Both factors are greater than 0. */
struct workload workload_with_durations(const struct workload *workload, double cpu, double wait,
					struct region *region);
/* `factor` times as many tasks (items are repeated), or arrivals or users at a time; at least one. The library's own
 * chunk rule is applied again unless `chunksize` is given. */
struct workload workload_with_load(const struct workload *workload, double factor, struct region *region);

/* Arguments and results of its tasks of `factor` times the size; where both are integers, of
 * WORKLOAD_LEAST_PAYLOAD_BYTES. */
#define WORKLOAD_LEAST_PAYLOAD_BYTES 512
struct workload workload_with_payload(const struct workload *workload, double factor);
/* Whether its tasks' results, where they have some size, come back: a process of its own hands none to its starter. */
bool workload_gets_results(const struct workload *workload);

/* Whether its workers are processes, each with an interpreter's memory. */
bool model_starts_processes(const struct model *model);

/* The sum of what the steps of all tasks that are started take in the mean: seconds on a core, and waiting. */
struct workload_content {
	double cpu_s, wait_s;
	bool is_random; /* something is drawn */
	bool blocks;	/* there is a `block` step */
};
struct workload_content workload_content(const struct workload *workload);

#endif
