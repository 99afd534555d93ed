/*
 * scenario.h - a scenario file: read, checked, overridden, and compiled into workloads.
 *
 *   file -> YAML tree (positions kept) -> overrides of the command line -> struct scenario
 *        -> overrides of one variant   -> struct workload
 */
#ifndef SIM_SCENARIO_SCENARIO_H
#define SIM_SCENARIO_SCENARIO_H

#include <stdio.h>

#include "sim/base/diagnostic.h"
#include "sim/base/region.h"
#include "sim/results/expectation.h"
#include "sim/results/results.h"
#include "sim/scenario/workload.h"

#define SCENARIO_MAX_BYTES ((size_t)32 << 20)

struct scenario_options {
	const char *const *overrides; /* "PATH=VALUE" of --set, in order */
	size_t override_count;
	size_t further_count;	    /* so many of these, the last, are not of --set, but of: */
	const char *further_option; /* "--vary"; NULL: gilsim's own, of which messages do not speak */
	const char *const *variants; /* --variant: only these, and the baseline; empty: all */
	size_t variant_count;
	const char *profile; /* --profile; NULL: the scenario's, else "default" */
	uint64_t seed;
	bool scaled;  /* apply `scale:` and `native_count` (native and validate) */
	int max_cores; /* clamp machine.cores to this, 0: do not (native and validate) */
};

/* A figure of `measured:`. */
struct scenario_measured {
	const char *variant;
	struct production figure;
};

struct scenario {
	const char *name, *about, *file;
	uint64_t seed;
	struct workload *workloads; /* one a variant, in the file's order */
	size_t workload_count;
	size_t baseline; /* index into workloads */
	struct expectation *expectations;
	size_t expectation_count;
	struct scenario_measured *measured; /* of the chosen variants; none of a scaled run */
	size_t measured_count;
	bool overridden; /* --set was given: expectations are shown but do not set the status */
	bool cores_clamped;
};

/*
 * Reads `path` ("-": standard input), checks all of it, applies the options and compiles every variant.
 * NULL when there was any error; all errors of the file and of the options are in `diagnostics`.
 */
struct scenario *scenario_load(const char *path, const struct scenario_options *options, struct region *region,
			       struct diagnostics *diagnostics);

/* JSON Schema of the scenario language, from the same tables that check it. False with errno set when
 * the stream failed. */
bool scenario_print_schema(FILE *stream);

#endif
