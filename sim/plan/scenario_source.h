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
	const char *path;
	struct scenario_options options; /* its overrides come before those of a question */
};

/* A scenario that the simulator can run: scenario_load(), and checked by the simulator. Standard input ("-") may be
 * read several times, the first of which puts it aside. Several threads may. */
struct scenario *scenario_read(const char *path, const struct scenario_options *options, struct region *region,
			       struct diagnostics *diagnostics);

/* The scenario with these further overrides ("PATH=VALUE"); NULL after an error, all of which are in `diagnostics`.
 */
struct scenario *scenario_source_load(const struct scenario_source *source, const char *const *overrides,
				      size_t count, struct region *region, struct diagnostics *diagnostics);

#endif
