/*
 * statistics.h - figures filled as a run goes on: counts, means, time-weighted means, percentiles.
 *
 * Sums are of integers (128 bits), so they do not depend on order or rounding.
 */
#ifndef SIM_ENGINE_STATISTICS_H
#define SIM_ENGINE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/region.h"
#include "sim/base/sim_time.h"

/* Durations: count, sum, extremes, and every value up to SAMPLE_EXACT_LIMIT; then they move
 * into a log histogram of 0.1 % relative width. */
#define SAMPLE_EXACT_LIMIT 10000000u

struct sample_set {
	struct region *region; /* borrowed */
	sim_ns *values;	       /* owned; NULL once the histogram has taken over */
	uint64_t *bins;	       /* owned; NULL while exact */
	uint64_t count;
	size_t capacity;
	__int128 sum;
	sim_ns min, max;
	bool sorted;
	uint64_t placed; /* so many values come first, in any order: none of the others is less */
};

void sample_set_init(struct sample_set *set, struct region *region);
/* value >= 0. */
void sample_set_add(struct sample_set *set, sim_ns value);
/* Adds all of `other`'s values. */
void sample_set_merge(struct sample_set *set, const struct sample_set *other);
double sample_set_mean(const struct sample_set *set); /* NaN when empty, as are the percentiles */
/* Type 7 (linear between order statistics) while exact; within 0.1 % from the histogram. 0 <= p <= 1.
 * Moves the values in place, no more than it takes to find those of that rank. */
double sample_set_percentile(struct sample_set *set, double p);
bool sample_set_is_exact(const struct sample_set *set);

/* A quantity that changes in steps over time: its time-weighted mean and maximum. */
struct level {
	int64_t value, max;
	sim_ns since_ns, start_ns;
	__int128 area; /* value x ns */
};

void level_init(struct level *level, sim_ns now_ns, int64_t value);
static inline void level_set(struct level *level, sim_ns now_ns, int64_t value)
{
	level->area += (__int128)level->value * (now_ns - level->since_ns);
	level->since_ns = now_ns;
	level->value = value;
	if (value > level->max)
		level->max = value;
}
static inline void level_add(struct level *level, sim_ns now_ns, int64_t change)
{
	level_set(level, now_ns, level->value + change);
}
/* The mean over [start, now]; 0 for an empty span. */
double level_mean(const struct level *level, sim_ns now_ns);

#endif
