/*
 * figures.h - the table of all figures of a variant: one row each, with its metric name in `expect:`,
 * its column in CSV, its unit and its place in struct variant_result.
 *
 * Who treats all figures alike (setting them missing, averaging, CSV, metrics by name) goes by
 * this table, so that a new figure needs one more row.
 */
#ifndef SIM_RESULTS_FIGURES_H
#define SIM_RESULTS_FIGURES_H

#include <stddef.h>

#include "sim/results/results.h"

/* F(metric, column, unit, member); units as results_metric_exists() gives them. */
/* clang-format off */
#define VARIANT_FIGURES(F) \
	F("makespan",             "makespan_s",             's', makespan_s) \
	F("speedup",              "speedup",                'r', speedup) \
	F("throughput",           "throughput_per_s",       '/', throughput_per_s) \
	F("completed",            "completed",              'c', completed) \
	F("failed",               "failed",                 'c', failed) \
	F("timed_out",            "timed_out",              'c', timed_out) \
	F("cancelled",            "cancelled",              'c', cancelled) \
	F("rejected",             "rejected",               'c', rejected) \
	F("unfinished",           "unfinished",             'c', unfinished) \
	F("retries",              "retries",                'c', retries) \
	F("lost_updates",         "lost_updates",           'c', lost_updates) \
	F("sojourn.mean",         "sojourn_mean_s",         's', sojourn.mean) \
	F("sojourn.p50",          "sojourn_p50_s",          's', sojourn.p50) \
	F("sojourn.p90",          "sojourn_p90_s",          's', sojourn.p90) \
	F("sojourn.p95",          "sojourn_p95_s",          's', sojourn.p95) \
	F("sojourn.p99",          "sojourn_p99_s",          's', sojourn.p99) \
	F("sojourn.max",          "sojourn_max_s",          's', sojourn.max) \
	F("backlog_growth",       "backlog_growth_per_s",   '/', backlog_growth_per_s) \
	F("waited_fraction",      "waited_fraction",        'r', waited_fraction) \
	F("in_flight.mean",       "in_flight_mean",         'c', in_flight_mean) \
	F("in_flight.max",        "in_flight_max",          'c', in_flight_max) \
	F("time_in.python",       "time_in_python_s",       's', time_in_s[TIME_PYTHON]) \
	F("time_in.c",            "time_in_c_s",            's', time_in_s[TIME_C]) \
	F("time_in.native",       "time_in_native_s",       's', time_in_s[TIME_NATIVE]) \
	F("time_in.gil_wait",     "time_in_gil_wait_s",     's', time_in_s[TIME_GIL_WAIT]) \
	F("time_in.run_queue",    "time_in_run_queue_s",    's', time_in_s[TIME_RUN_QUEUE]) \
	F("time_in.io",           "time_in_io_s",           's', time_in_s[TIME_IO]) \
	F("time_in.lock_wait",    "time_in_lock_wait_s",    's', time_in_s[TIME_LOCK_WAIT]) \
	F("time_in.queue_wait",   "time_in_queue_wait_s",   's', time_in_s[TIME_QUEUE_WAIT]) \
	F("time_in.ipc",          "time_in_ipc_s",          's', time_in_s[TIME_IPC]) \
	F("time_in.start_up",     "time_in_start_up_s",     's', time_in_s[TIME_START_UP]) \
	F("time_in.loop_wait",    "time_in_loop_wait_s",    's', time_in_s[TIME_LOOP_WAIT]) \
	F("time_in.switching",    "time_in_switching_s",    's', time_in_s[TIME_SWITCHING]) \
	F("time_in.throttled",    "time_in_throttled_s",    's', time_in_s[TIME_THROTTLED]) \
	F("gil_wait_behind.python","gil_wait_behind_python_s",'s', gil_wait_behind_python_s) \
	F("gil_wait_behind.c",    "gil_wait_behind_c_s",    's', gil_wait_behind_c_s) \
	F("loop_lag.mean",        "loop_lag_mean_s",        's', loop_lag_mean_s) \
	F("loop_lag.p99",         "loop_lag_p99_s",         's', loop_lag_p99_s) \
	F("loop_lag.max",         "loop_lag_max_s",         's', loop_lag_max_s) \
	F("utilisation.cores",    "utilisation_cores",      'r', utilisation_cores) \
	F("utilisation.gil",      "utilisation_gil",        'r', utilisation_gil) \
	F("context_switches",     "context_switches",       'c', context_switches) \
	F("gil_switches",         "gil_switches",           'c', gil_switches) \
	F("peak_memory",          "peak_memory_bytes",      'b', peak_memory_bytes) \
	F("events",               "events",                 'c', events)
/* clang-format on */

struct figure {
	const char *metric, *column;
	char unit;
	size_t offset; /* of a double in struct variant_result */
};

extern const struct figure figures[];
extern const size_t figure_count;

static inline double *figure_of(struct variant_result *result, const struct figure *figure)
{
	return (double *)((char *)result + figure->offset);
}

static inline double figure_value(const struct variant_result *result, const struct figure *figure)
{
	return *(const double *)((const char *)result + figure->offset);
}

#endif
