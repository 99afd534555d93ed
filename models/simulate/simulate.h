/*
 * simulate.h - one compiled workload on one simulated machine: build, run, read out.
 *
 * The only place where models meet a workload.
 */
#ifndef MODELS_SIMULATE_SIMULATE_H
#define MODELS_SIMULATE_SIMULATE_H

#include <signal.h>

#include "sim/base/diagnostic.h"
#include "sim/base/region.h"
#include "sim/engine/trace.h"
#include "sim/results/results.h"
#include "sim/scenario/workload.h"

/* A run that would exceed one of them ends there, as at the workload's own limit, and its note says so. 0: no limit. */
struct simulate_limits {
	uint64_t events; /* or rounds of loops that take no time */
	size_t memory_bytes;
};

struct simulate_options {
	uint64_t replication;
	bool has_native_draws; /* the random durations are those of replication 0, as native runs have them; only the
				* machine's own chances are the replication's */
	const struct trace_sink *trace; /* NULL: none */
	bool unmerged;			/* for tests: every cost is an event of its own */
	const volatile sig_atomic_t *wish_to_stop; /* not 0: the run ends where it is; NULL: nobody has one */
	struct simulate_limits limits;
};

/* Runs the workload to its end, its limit, or a deadlock. Strings in `result` live in `region`. */
void simulate(const struct workload *workload, const struct simulate_options *options, struct region *region,
	      struct variant_result *result);

/* Reports, at its line, each step, resource and model of the workload that simulate() has no model of. */
void simulate_check(const struct workload *workload, struct diagnostics *diagnostics);

#endif
