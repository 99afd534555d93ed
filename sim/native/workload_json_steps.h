/*
 * workload_json_steps.h - a workload's tasks and resources as the JSON that the harness binds; the part of
 * workload_json.c that writes steps.
 *
 * A step is [NAME, fields, body]; those with a duration are [NAME, "constant" | "item" | "drawn", amount].
 */
#ifndef SIM_NATIVE_WORKLOAD_JSON_STEPS_H
#define SIM_NATIVE_WORKLOAD_JSON_STEPS_H

#include <jansson.h>

#include "sim/scenario/workload.h"

/* The tasks that the variant runs, with their steps; null for the others. */
json_t *workload_json_tasks(const struct workload *workload);
json_t *workload_json_resources(const struct workload *workload);
/* Why the harness cannot run the variant's model, steps or resources; NULL: it can. */
const char *workload_json_why_not(const struct workload *workload);

/* What a model is in the harness: {model, workers, ...}; null for NULL. */
json_t *workload_json_model(const struct workload *workload, const struct model *model);

#endif
