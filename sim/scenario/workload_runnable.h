/*
 * workload_runnable.h - refuses what a variant's model cannot run: steps that have no place in a coroutine or another process, a
 * load that it does not take.
 */
#ifndef SIM_SCENARIO_WORKLOAD_RUNNABLE_H
#define SIM_SCENARIO_WORKLOAD_RUNNABLE_H

#include "sim/scenario/scenario_parse.h"

/* Errors are reported. `tasks` and `resources`, the workload's own, learn how they are started and by whom they are used. */
void workload_check_runnable(struct reading *reading, const struct checked *checked, const struct checked_variant *variant,
			     struct workload *workload, struct task *tasks, struct resource *resources);

#endif
