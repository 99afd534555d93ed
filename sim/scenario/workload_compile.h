/*
 * workload_compile.h - one variant of a checked scenario as a workload: defaults filled in, costs taken
 * from the profile, and refused what its model cannot run.
 */
#ifndef SIM_SCENARIO_WORKLOAD_COMPILE_H
#define SIM_SCENARIO_WORKLOAD_COMPILE_H

#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario_parse.h"

struct loaded_profile;

struct compiler {
	struct reading *reading;
	const struct scenario_options *options;
	const char *scenario, *file;
	struct loaded_profile *profiles; /* by name, so that each is read once */
	bool cores_clamped;		 /* some machine had more cores than options->max_cores */
};

/* Errors are reported; the workload is complete when there were none. */
void workload_compile(struct compiler *compiler, const struct checked *checked,
		      const struct checked_variant *variant, struct workload *workload);

#endif
