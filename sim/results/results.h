/*
 * results.h - what a run measured, per variant: plain structs, filled by the simulator or the native runner.
 *
 * Figures are means over replications. A figure that was not or could not be measured is NaN (or -1 for
 * a count) and prints as null, never as 0.
 */
#ifndef SIM_RESULTS_RESULTS_H
#define SIM_RESULTS_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/region.h"
#include "sim/base/sim_time.h"

/* Where a task's time goes; the parts add up to its sojourn. */
enum time_part {
	TIME_PYTHON,	/* running bytecode */
	TIME_C,		/* running C code that holds the GIL */
	TIME_NATIVE,	/* running C code without the GIL */
	TIME_GIL_WAIT,	/* waiting for the GIL */
	TIME_RUN_QUEUE, /* able to run, without a core */
	TIME_IO,	/* in io and block steps, timers' lateness included */
	TIME_LOCK_WAIT,
	TIME_QUEUE_WAIT, /* released, and not yet begun by a worker; or in get and put */
	TIME_IPC,	 /* pipes, pickling */
	TIME_START_UP,	 /* starting threads and processes */
	TIME_LOOP_WAIT,	 /* ready, but the event loop is busy */
	TIME_SWITCHING,	 /* wake-up latency, context switches, hand-overs, library overhead */
	TIME_THROTTLED,	 /* CPU quota used up */
	TIME_PART_COUNT
};
extern const char *const time_part_names[TIME_PART_COUNT]; /* "python", "c", ..., as in the JSON */

struct summary {
	double mean, p50, p90, p95, p99, max; /* seconds */
};

struct stage_result {
	const char *name;
	double start_s, end_s;
};

/* Of the tasks of one name, where a run has a mix of them. */
struct class_result {
	const char *name;
	double released, completed, not_completed;
	struct summary sojourn;
};
/* What intervals are made of, in the order of the JSON keys in sampled_keys: "makespan_s", ... */
enum sampled { SAMPLED_MAKESPAN, SAMPLED_SPEEDUP, SAMPLED_THROUGHPUT, SAMPLED_P50, SAMPLED_P99, SAMPLED_COUNT };
extern const char *const sampled_keys[SAMPLED_COUNT];
/* Whether it is a time, in seconds. */
static inline bool sampled_is_time(enum sampled sampled)
{
	return sampled == SAMPLED_MAKESPAN || sampled == SAMPLED_P50 || sampled == SAMPLED_P99;
}
#define SAMPLES_MOST 1000

struct interval {
	double low, high; /* NaN: none (one replication) */
};

/* A figure that was measured in production (`measured:` of a scenario). */
struct production {
	const char *metric; /* by its full name, "sojourn.p99" */
	double value;	    /* in the metric's JSON unit */
};

/* How far off predictions like this one were where they have been measured. */
struct known_error {
	const char *kind;   /* which rows: "threads, python+io", "threads" or "any model" */
	const char *metric; /* of which figure */
	size_t rows;
	double median, p90; /* of |predicted - measured| / measured */
};

struct explanation;
struct scalability;
struct theory;

struct variant_result {
	const char *name;
	const char *model;
	int workers;   /* 0: the model has none */
	bool measured; /* false: nothing was run (`why_not` says why); all figures are missing */
	const char *why_not;
	double makespan_s, speedup, throughput_per_s;
	double completed, failed, timed_out, cancelled, rejected, unfinished, retries,
		lost_updates; /* NaN: unknown */
	bool deadlock, limit_reached;
	const char *deadlock_report; /* NULL: none */
	struct summary sojourn;
	bool percentiles_exact;
	bool overloaded; /* more arrives than is done: there is no steady state that a percentile could be of */
	double backlog_growth_per_s; /* 0 when it is not overloaded; NaN without arrivals */
	struct class_result *classes;
	size_t class_count;
	double waited_fraction;
	double in_flight_mean, in_flight_max;
	double time_in_s[TIME_PART_COUNT];
	double gil_wait_behind_python_s, gil_wait_behind_c_s;
	double loop_lag_mean_s, loop_lag_p99_s, loop_lag_max_s;
	struct stage_result *stages;
	size_t stage_count;
	double utilisation_cores, utilisation_gil;
	double context_switches, gil_switches;
	double peak_memory_bytes;
	double events;
	union {
		struct interval ci95[SAMPLED_COUNT];
		struct {
			struct interval makespan_ci95, speedup_ci95, throughput_ci95, p50_ci95, p99_ci95;
		};
	};
	/* Each replication's own of what has an interval, in order: two results of the same random numbers can be
	 * compared one by one. NULL: one replication, or more than SAMPLES_MOST. */
	const double *samples[SAMPLED_COUNT];
	const double *paces; /* native, likewise: each run's, measured over calibrated; NULL: not known */
	/* What the simulation assumed or could not know; may be NULL. */
	const char *note;
	const struct explanation *explanation; /* NULL: not asked for */
	const struct theory *theory;	       /* NULL: nobody has looked for a law */
	const struct production *production;   /* figures from production, of `measured:`; NULL: none */
	size_t production_count;
	const struct known_error *known_error; /* NULL: nothing is known */
};

struct results {
	const char *scenario, *about, *file;
	const char *source; /* "simulated", "cpython", "c" */
	uint64_t seed;
	int replications;
	const char *machine_profile;
	int machine_cores;
	double machine_quota_cores; /* 0: none */
	const char *python_version;
	const char *python_gil;	       /* "on", "off", "per-interpreter" of the scenario's top level */
	const char *python_executable; /* NULL unless native */
	double spin_rate_ratio;	       /* native: measured over calibrated; NaN otherwise */
	struct variant_result *variants;
	size_t variant_count;
	size_t baseline;
	const char *const *overrides; /* of --set, "PATH=VALUE" each; borrowed */
	size_t override_count;
	const struct scalability *scalability; /* NULL: no variants to see it in */
};

/* Every figure missing. */
void variant_result_init(struct variant_result *result);
/* A copy whose texts and stages live in `region`; names of the variant, its model and its classes stay
 * borrowed. */
struct variant_result variant_result_copy(const struct variant_result *result, struct region *region);
/* The value of a metric by its name in `expect:`, or NaN. */
double variant_result_metric(const struct variant_result *result, const char *metric);
/* Whether there is a metric of that name; `*unit` becomes 's' (seconds), 'r' (ratio), 'c' (count), 'b' (bytes),
 * '/' (per second). `names` of all are in metric_names, NULL-terminated. */
bool results_metric_exists(const char *metric, char *unit);
/* A figure of such a unit for people: "59.2 ms", "280.4/s", "17.3 MiB", "12"; "-" when it is not finite. */
void results_figure_text(double value, char unit, char text[32]);
extern const char *const metric_names[];

/*
 * Combines replications of one scenario: out = means, with 95 % intervals (Student's t, GSL) where there are
 * two or more, and speed-ups against the baseline of the same replication. `replications` are arrays of the
 * same variants. Memory from `region`.
 */
void results_combine(const struct results *replications, size_t count, struct region *region, struct results *out);
/* Fills speedups of one replication from its makespans. */
void results_fill_speedups(struct results *results);
/* The index of the variant with the least makespan; SIZE_MAX if none was measured. */
size_t results_best(const struct results *results);

/* Printing: one object for one file, an array for several. All return false with errno set if the stream failed. */
bool results_print_json(const struct results *results, size_t count, FILE *stream);
bool results_print_csv(const struct results *results, size_t count, FILE *stream);
/* The two parts of it, with further columns before the others: the settings of a sweep's axes, and their values. */
bool results_print_csv_header(const char *const *settings, size_t setting_count, FILE *stream);
bool results_print_csv_rows(const struct results *results, const char *const *values, size_t value_count, FILE *stream);
/* For people. `color` allows ANSI colours. */
bool results_print_table(const struct results *results, bool color, FILE *stream);
/* What --explain adds: where the time went in full, a column a variant; then each variant's explanation. */
bool results_print_explanation(const struct results *results, FILE *stream);

#endif
