/*
 * prediction.h - what the simulator says of a scenario at the pace that its native runs had.
 */
#ifndef SIM_CLI_PREDICTION_H
#define SIM_CLI_PREDICTION_H

#include "sim/cli/native_rounds.h"
#include "sim/results/trace_writer.h"

/* The metrics that predictions and measurements are compared by; those from COMPLETED on are counts, which are exact or
 * not. */
enum predicted_metric {
	PREDICTED_MAKESPAN,
	PREDICTED_SPEEDUP,
	PREDICTED_THROUGHPUT,
	PREDICTED_P50,
	PREDICTED_P99,
	PREDICTED_PEAK_MEMORY,
	PREDICTED_COMPLETED,
	PREDICTED_FAILED,
	PREDICTED_TIMED_OUT,
	PREDICTED_CANCELLED,
	PREDICTED_REJECTED,
	PREDICTED_UNFINISHED,
	PREDICTED_RETRIES,
	PREDICTED_LOST_UPDATES,
	PREDICTED_METRIC_COUNT
};
extern const char *const predicted_metrics[PREDICTED_METRIC_COUNT];

struct prediction {
	double values[PREDICTED_METRIC_COUNT]; /* medians over rounds and replications; NaN: none */
};

/*
 * Simulates every variant of `scenario` that was run, each round at the pace of its runs; there is at least one round.
 * `scenario` has the variants of `rounds`, compiled with whatever profile. `predictions` has one entry a variant. The
 * first simulation goes to `trace`, unless that is NULL.
 */
void prediction_make(const struct scenario *scenario, const struct native_rounds *rounds, struct region *region,
		     struct trace_writer *trace, struct prediction *predictions);
/* One variant's whole result, at the pace of its run in that round. */
void prediction_of_round(const struct scenario *scenario, const struct native_rounds *rounds, size_t round, size_t variant,
			 struct region *region, struct variant_result *result);

#endif
