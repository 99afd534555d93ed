/*
 * plan_rate.h - the highest arrival rate that still meets the objectives, and the knee.
 *
 * The knee is the rate at which throughput over mean sojourn is largest (Kleinrock's power): below it more load costs
 * little, above it waiting grows faster than what is done.
 */
#ifndef SIM_PLAN_PLAN_RATE_H
#define SIM_PLAN_PLAN_RATE_H

#include "sim/plan/ask.h"

struct asked_rate {
	double per_s;
	bool for_knee; /* its mean sojourn was asked for, and nothing decided */
	struct answer_to_point answer;
};

struct rate_search {
	struct asked_rate *points; /* in the order in which they were asked */
	size_t count, capacity;
	double highest; /* that holds; NaN: none does */
	double lowest;	/* above it, that does not hold; NaN: none was found */
	bool is_open;	/* that one is undecided, not failed */
	double knee;	/* NaN: not found */
};

/* Searches run.arrivals.rate of `variant` with these overrides, from `start_per_s` on, to within `resolution` (0.02:
 * two per cent). */
struct rate_search plan_find_rate(const struct scenario_source *source, const struct objectives *objectives,
				  const char *variant, const char *const *overrides, size_t override_count,
				  double start_per_s, double resolution, struct batch *batch, struct region *region);

/* One search and what it was of, for printing. */
struct rate_row {
	const char *what; /* "threads, machine.cores=4" */
	struct rate_search found;
};

/* False with errno set when the stream failed. */
bool rate_print_table(const struct rate_row *rows, size_t count, const struct objectives *objectives,
		      const struct scenario *base, struct region *region, FILE *stream);
bool rate_print_json(const struct rate_row *rows, size_t count, const struct objectives *objectives,
		     const struct scenario *base, FILE *stream);
bool rate_print_csv(const struct rate_row *rows, size_t count, const struct scenario *base, FILE *stream);

#endif
