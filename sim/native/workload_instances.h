/*
 * workload_instances.h - the task instances that a native run may start: their numbers, entities and arguments.
 *
 * The part of workload_json.c that knows beforehand what a run will do. Who an instance starts and what it draws is
 * told by walking its steps (workload_walk.h).
 */
#ifndef SIM_NATIVE_WORKLOAD_INSTANCES_H
#define SIM_NATIVE_WORKLOAD_INSTANCES_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/scenario/workload.h"

/* An integer, if it follows from what the run is given and not from what happens in it. */
struct known_value {
	int64_t value;
	bool is_known;
};

struct instance {
	uint32_t task;
	uint64_t entity;
	sim_ns item_ns;
	bool in_coroutine;
	size_t first_argument; /* into the list's arguments */
	uint32_t argument_count;
	int64_t first_child; /* number of the first that it starts; -1: they are numbered as they are started */
};

/* What is known of a task, and of those that it calls. */
struct task_facts {
	bool draws;   /* durations or chances */
	bool spawns;  /* starts tasks that have numbers */
	bool *called; /* owned: by task, itself included */
};

struct instance_list {
	const struct workload *workload;
	struct task_facts *facts;      /* owned: one for each task */
	struct instance *instances;    /* owned; in the order of their numbers */
	struct known_value *arguments; /* owned */
	size_t count, capacity, argument_count, argument_capacity;
	bool has_unnumbered;
	int64_t draws_left;  /* that may still be written out, over all instances */
	int64_t steps_left;  /* that may still be walked through */
	int64_t draws_each;  /* that an instance has at each site when its way depends on data */
	const char *why_not; /* set when it cannot be written out */
};

void instance_list_init(struct instance_list *list, const struct workload *workload);
void instance_list_release(struct instance_list *list);
/* Always false, with the reason. */
bool instance_list_fail(struct instance_list *list, const char *why_not);
/* Adds an instance; its arguments are those that were added since the one before. */
bool instance_list_add(struct instance_list *list, struct instance instance);
void instance_list_add_argument(struct instance_list *list, struct known_value argument);
/* Forgets those from this number on. */
void instance_list_truncate(struct instance_list *list, size_t count);

/* Whether a step starts tasks that are numbered. */
bool instance_starts_at(const struct step *step);
/* Whether a value is drawn at it. */
bool instance_draws_at(const struct workload *workload, const struct step *step);

#endif
