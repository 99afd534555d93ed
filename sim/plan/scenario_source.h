/*
 * scenario_source.h - where the scenario of a question comes from: one file, loaded anew with other overrides.
 *
 * Plans and advice change a scenario by its paths, so that what they ask could be asked with --set as well.
 */
#ifndef SIM_PLAN_SCENARIO_SOURCE_H
#define SIM_PLAN_SCENARIO_SOURCE_H

#include "sim/base/diagnostic.h"
#include "sim/base/region.h"
#include "sim/scenario/scenario.h"

struct scenario_source {
	/* The scenario with these further overrides ("PATH=VALUE", after those of the command line), checked also by
	 * the simulator; NULL after an error, all of which are in `diagnostics`. */
	struct scenario *(*load)(const struct scenario_source *source, const char *const *overrides, size_t count,
				 struct region *region, struct diagnostics *diagnostics);
	const void *context;
};

#endif
