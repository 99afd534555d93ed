/*
 * handle.h - what is behind the handles of gilsim.h.
 *
 * Two regions: the scenario's, and the last run's, which goes when it is run again. An allocation that fails comes
 * back to the function that was called.
 */
#ifndef SIM_API_HANDLE_H
#define SIM_API_HANDLE_H

#include "models/simulate/simulate.h"
#include "sim/base/region.h"
#include "sim/plan/scenario_source.h"
#include "sim/plan/verdict.h"
#include "sim/results/results.h"
#include "sim/results/trace_writer.h"
#include "sim/scenario/scenario.h"

struct gilsim {
	struct region region, run_region;
	struct scenario_source source;
	struct scenario *scenario;
	struct thresholds thresholds;
	struct simulate_limits limits;
	struct results results;
	bool has_results, is_explained;
};

/* The sink for the records of this run, until its end. Whatever happens to the trace, the run goes on. */
const struct trace_sink *trace_begin(struct gilsim_trace *trace, const struct trace_run *run);
void trace_end(struct gilsim_trace *trace);
/* False: memory was short, and records are missing. NULL is whole. */
bool trace_is_whole(const struct gilsim_trace *trace);

#endif
