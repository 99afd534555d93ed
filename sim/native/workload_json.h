/*
 * workload_json.h - a compiled workload as the JSON that the harness executes.
 *
 * All that a run could decide is decided here: durations become whole loop iterations or seconds, drawn
 * ones are written out for each entity in the order of its draws, and the tasks that a program will
 * start, as threads, processes, coroutines or calls of an executor, are numbered in advance. So the harness draws
 * and chooses nothing. Where how many are started depends on data, they get their numbers as they are started.
 *
 * Entities: an instance started by the run is workload_entity(index). In a program `main` is
 * random_hash_name("main"), and the k-th task that an instance starts (from 0) is
 * random_hash_path(entity of the instance, k). Instances are numbered breadth first: main's children in
 * order of starting, then the first child's children, and so on; a child's number is its parent's
 * first child's number plus k. The times between arrivals are drawn from the stream "arrivals", entity 0.
 */
#ifndef SIM_NATIVE_WORKLOAD_JSON_H
#define SIM_NATIVE_WORKLOAD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/region.h"
#include "sim/scenario/workload.h"

struct workload_json {
	char *text; /* owned by the region */
	size_t length_bytes;
	int64_t instance_count; /* tasks that the run can start at most: the records that it needs */
	int64_t run_count;	/* those that the run itself releases, the first of them; 0: `main` starts them */
};

struct native_cpus;

/* `cpus` are the CPUs that the run is confined to; a load generator outside the program takes others if it
 * may. False with a reason (a static text) when the workload cannot be
 * written out: it draws without end, or spawns or draws more than the limits in workload_json.c. */
bool workload_json_make(const struct workload *workload, const struct native_cpus *cpus, struct region *region,
			struct workload_json *json, const char **why_not);
/* Only finds out whether workload_json_make() would succeed. */
bool workload_json_is_possible(const struct workload *workload, const char **why_not);

#endif
