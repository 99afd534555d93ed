/*
 * heading.h - how the JSON of plans and of advice begins: whose it is, as in that of results.
 */
#ifndef SIM_PLAN_HEADING_H
#define SIM_PLAN_HEADING_H

#include "sim/base/region.h"
#include "sim/results/json_writer.h"
#include "sim/scenario/scenario.h"

/* The keys "gilsim", "scenario", "about", "file", "seed", "machine" and "python" of the scenario's baseline. */
void heading_print_json(struct json_writer *json, const struct scenario *base);
/* The key "flags": how to set this workload's model up, a line a way (deployment.h). */
void flags_print_json(struct json_writer *json, const struct workload *workload, struct region *region);

#endif
