/*
 * workload_json_draws.h - how much work a step is, in the units of the harness, and what of it is drawn.
 *
 * What is drawn has a site: 2 x the step's index, and one more for a retry's jitter.
 */
#ifndef SIM_NATIVE_WORKLOAD_JSON_DRAWS_H
#define SIM_NATIVE_WORKLOAD_JSON_DRAWS_H

#include <jansson.h>

#include "sim/scenario/workload.h"

/* Whether a step of this kind has a duration that is its work. */
bool workload_json_is_leaf(enum step_kind kind);
/* What the harness hands to the function of a step with a duration: iterations of its loop, or seconds to sleep. */
json_t *workload_json_amount(const struct workload *workload, enum step_kind kind, sim_ns duration_ns);
/* The same of any time; null for none and for ever. */
json_t *workload_json_seconds(sim_ns ns);

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
/* ["drawn", site], or ["constant", value], which is taken over. */
json_t *workload_json_drawn(const struct workload *workload, const struct step *step, bool is_jitter, json_t *constant);

#endif
