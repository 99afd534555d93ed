/*
 * steps_helper.h - the first variant of a scenario's text, simulated: for tests that check steps by hand.
 */
#ifndef TESTS_MODEL_STEPS_HELPER_H
#define TESTS_MODEL_STEPS_HELPER_H

#include <math.h>

#include "models/simulate/simulate.h"
#include "tests/unit/scenario_helper.h"

static inline struct variant_result helper_simulate(struct helper *helper, const char *text)
{
	const struct scenario_options options = { .seed = 1 };
	struct scenario *scenario = helper_load_good(helper, text, &options);
	struct variant_result result;

	variant_result_init(&result);
	simulate(&scenario->workloads[0], &(struct simulate_options){ 0 }, &helper->region, &result);
	return result;
}

/* Milliseconds, to the microsecond. */
static inline double ms(double seconds)
{
	return round(seconds * 1e6) / 1e3;
}

#endif
