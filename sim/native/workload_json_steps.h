/*
 * workload_json_steps.h - a workload's tasks and resources as the JSON that the harness binds; the part of
 * workload_json.c that writes steps.
 *
 * A step is [NAME, fields, body]; those with a duration are [NAME, "constant" | "item" | "drawn", amount]. What is
 * drawn has a site: 2 x the step's index, and one more for a retry's jitter.
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

/* What the harness hands to the function of a step with a duration: iterations of its loop, or seconds to sleep. */
json_t *workload_json_amount(const struct workload *workload, enum step_kind kind, sim_ns duration_ns);
/* Whether a step of this kind has a duration that is its work. */
bool workload_json_is_leaf(enum step_kind kind);

/* What is drawn at a step, and the value that the `draw`-th draw of an instance has there; a retry's jitter is a
 * site of its own. */
bool workload_json_is_drawn(const struct workload *workload, const struct step *step, bool is_jitter);
json_t *workload_json_draw(const struct workload *workload, const struct step *step, bool is_jitter,
			   uint64_t entity, uint64_t draw, sim_ns item_ns);
/* Which arm an IF with a chance takes at that draw. */
bool workload_json_chance(const struct workload *workload, const struct step *step, uint64_t entity, uint64_t draw);
static inline json_int_t workload_json_site(const struct workload *workload, const struct step *step,
					    bool is_jitter)
{
	return 2 * (json_int_t)(step - workload->steps) + is_jitter;
}
/* What a model is in the harness: {model, workers, ...}; null for NULL. */
json_t *workload_json_model(const struct workload *workload, const struct model *model);

#endif
