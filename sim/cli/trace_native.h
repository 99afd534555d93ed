/*
 * trace_native.h - measured runs as traces.
 *
 * What the harness has noted of a run (native_run.tasks, steps, holds, messages) becomes the records that the
 * simulator emits of its own, so that both make the same lanes, arrows and curves.
 */
#ifndef SIM_CLI_TRACE_NATIVE_H
#define SIM_CLI_TRACE_NATIVE_H

#include "sim/cli/native_rounds.h"
#include "sim/results/trace_writer.h"

/* Writes `runs`, one for each variant of the rounds' scenario, as that replication. */
void trace_native_runs(struct trace_writer *writer, const struct native_rounds *rounds, const struct native_run *runs,
		       size_t replication, uint64_t seed, struct region *region);
/* The records of one run of this workload, in order of time. */
void trace_native_run(const struct trace_sink *sink, const struct workload *workload, const struct native_run *run,
		      struct region *region);

#endif
