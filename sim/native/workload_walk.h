/*
 * workload_walk.h - an instance's way through its steps, as far as it is known before the run.
 *
 * It is, where it follows from the scenario, the seed and the instance's arguments alone: then walking it tells all
 * that it will ever draw and start, in order. It is not, where it depends on what the run brings: an item that was
 * got from a queue, a result, an exception.
 */
#ifndef SIM_NATIVE_WORKLOAD_WALK_H
#define SIM_NATIVE_WORKLOAD_WALK_H

#include <jansson.h>

#include "sim/native/workload_instances.h"

enum walk_end {
	WALK_DONE,
	WALK_UNKNOWN, /* the way depends on data */
	WALK_FAILED,  /* it is known, but cannot be written out: list->why_not */
};

/* Adds those that the instance starts to the list, and what it draws to `values` (NULL: not wanted). After
 * WALK_UNKNOWN, what was added is of no use. */
enum walk_end workload_walk(struct instance_list *list, const struct instance *instance, json_t *values);

/* Whether the instances that a model starts are coroutines. */
bool workload_is_of_coroutines(const struct model *model);

#endif
