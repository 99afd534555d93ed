/*
 * statistics.c - sample sets: exact while they are small, a log histogram after that.
 *
 * The histogram's bins are those of HdrHistogram: a value's leading bits are the bin, its other bits are
 * dropped. Up to 1024 a value has a bin of its own; above, each doubling is cut in 512 equal bins, so
 * a bin is at most 1/512 of its lower end wide and its middle within 0.1 % of all values in it.
 */
#include "sim/engine/statistics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define BIN_BITS 9
#define BINS_PER_DOUBLING ((uint64_t)1 << BIN_BITS)
/* Values have at most 63 bits; the first two runs of bins are the single values below 1024. */
#define BIN_COUNT ((63 - BIN_BITS + 1) * BINS_PER_DOUBLING)

/* Values are placed by digits of so many bits; so few are sorted by insertion. */
#define DIGIT_BITS 8
#define DIGIT_COUNT (1u << DIGIT_BITS)
#define INSERTION_COUNT 32

static uint64_t bin_of(sim_ns value)
{
	unsigned int bits = 64 - (unsigned int)__builtin_clzll((uint64_t)value | 1);
	unsigned int shift = bits > BIN_BITS + 1 ? bits - (BIN_BITS + 1) : 0;

	return (shift << BIN_BITS) + ((uint64_t)value >> shift);
}

/* The middle of a bin. */
static double bin_value(uint64_t bin)
{
	uint64_t shift = bin < 2 * BINS_PER_DOUBLING ? 0 : (bin >> BIN_BITS) - 1;
	uint64_t low = (bin - (shift << BIN_BITS)) << shift;

	return (double)low + (double)(((uint64_t)1 << shift) - 1) / 2;
}

void sample_set_init(struct sample_set *set, struct region *region)
{
	*set = (struct sample_set){ .region = region };
}

/* The values become counts. */
static void sample_set_to_bins(struct sample_set *set)
{
	if (set->bins)
		return;
	set->bins = region_alloc_array(set->region, BIN_COUNT, sizeof(*set->bins));
	for (uint64_t i = 0; i < set->count; i++)
		set->bins[bin_of(set->values[i])]++;
	region_free(set->region, set->values);
	set->values = NULL;
	set->capacity = 0;
}

void sample_set_add(struct sample_set *set, sim_ns value)
{
	assert(value >= 0);
	if (!set->bins && set->count == SAMPLE_EXACT_LIMIT)
		sample_set_to_bins(set);
	if (set->bins) {
		set->bins[bin_of(value)]++;
	} else {
		set->values =
			region_grow(set->region, set->values, set->count, &set->capacity, sizeof(*set->values));
		set->sorted = set->count == 0 || (set->sorted && value >= set->values[set->count - 1]);
		set->values[set->count] = value;
		set->placed = 0;
	}
	if (set->count == 0 || value < set->min)
		set->min = value;
	if (set->count == 0 || value > set->max)
		set->max = value;
	set->sum += value;
	set->count++;
}

void sample_set_merge(struct sample_set *set, const struct sample_set *other)
{
	uint64_t other_count = other->count; /* `other` may be `set` */

	if (other_count == 0)
		return;
	if (other->bins || set->bins || set->count + other_count > SAMPLE_EXACT_LIMIT)
		sample_set_to_bins(set);
	if (!other->bins) {
		for (uint64_t i = 0; i < other_count; i++)
			sample_set_add(set, other->values[i]);
		return;
	}
	for (uint64_t i = 0; i < BIN_COUNT; i++)
		set->bins[i] += other->bins[i];
	if (set->count == 0 || other->min < set->min)
		set->min = other->min;
	if (set->count == 0 || other->max > set->max)
		set->max = other->max;
	set->sum += other->sum;
	set->count += other_count;
}

double sample_set_mean(const struct sample_set *set)
{
	/* The quotient and the rest apart: a sum of 10^7 long durations has more bits than a double. */
	__int128 whole;

	if (set->count == 0)
		return NAN;
	whole = set->sum / set->count;
	return (double)whole + (double)(set->sum % set->count) / (double)set->count;
}

static void sort_by_insertion(sim_ns *values, uint64_t count)
{
	for (uint64_t i = 1; i < count; i++) {
		const sim_ns value = values[i];
		uint64_t at = i;

		for (; at > 0 && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
}

static inline unsigned int digit_of(sim_ns value, unsigned int shift)
{
	return (unsigned int)((uint64_t)value >> shift) & (DIGIT_COUNT - 1);
}

/*
 * Moves values that differ in no bit above the digit at `shift` so that those of ranks `first` to `last` stand
 * where sorting would put them: in place, by that digit and then the values of those ranks' digits by the next
 * lower one ("American flag sort": McIlroy, Bostic, McIlroy, Computing Systems 6 (1993)). A value is carried from
 * place to place until it comes to where its digit's values stand.
 */
static void place_by_digits(sim_ns *values, uint64_t count, unsigned int shift, uint64_t first, uint64_t last)
{
	uint64_t next[DIGIT_COUNT] = { 0 }, end[DIGIT_COUNT];
	uint64_t start = 0;

	for (uint64_t i = 0; i < count; i++)
		next[digit_of(values[i], shift)]++;
	for (unsigned int digit = 0; digit < DIGIT_COUNT; digit++) {
		end[digit] = start + next[digit];
		next[digit] = start;
		start = end[digit];
	}
	for (unsigned int digit = 0; digit < DIGIT_COUNT; digit++) {
		while (next[digit] < end[digit]) {
			sim_ns carried = values[next[digit]];

			for (unsigned int its = digit_of(carried, shift); its != digit; its = digit_of(carried, shift)) {
				const sim_ns found = values[next[its]];

				values[next[its]++] = carried;
				carried = found;
			}
			values[next[digit]++] = carried;
		}
	}
	if (shift == 0)
		return;
	start = 0;
	for (unsigned int digit = 0; digit < DIGIT_COUNT && start <= last; digit++) {
		const uint64_t its_count = end[digit] - start;

		/* Not found out by the callee, which clears its tables first. */
		if (end[digit] <= first || its_count < 2)
			;
		else if (its_count <= INSERTION_COUNT)
			sort_by_insertion(values + start, its_count);
		else
			place_by_digits(values + start, its_count, shift - DIGIT_BITS,
					first > start ? first - start : 0, last - start);
		start = end[digit];
	}
}

/* Puts the values of two ranks that follow each other, or of the last one, where they belong. */
static void sample_set_place(struct sample_set *set, uint64_t rank)
{
	uint64_t differing = (uint64_t)(set->min ^ set->max);
	uint64_t from = rank >= set->placed ? set->placed : 0;

	if (set->sorted || set->bins || differing == 0)
		return;
	place_by_digits(set->values + from, set->count - from,
			(63 - (unsigned int)__builtin_clzll(differing)) / DIGIT_BITS * DIGIT_BITS, rank - from,
			rank - from + 1);
	set->placed = rank;
}

/* The value of rank `rank` (from 0) by the histogram. The extremes are known exactly. */
static double bins_value_at(const struct sample_set *set, uint64_t rank)
{
	uint64_t below = 0, bin = 0;

	if (rank == 0)
		return (double)set->min;
	if (rank >= set->count - 1)
		return (double)set->max;
	while (below + set->bins[bin] <= rank)
		below += set->bins[bin++];
	return fmin(fmax(bin_value(bin), (double)set->min), (double)set->max);
}

static double sample_set_value_at(const struct sample_set *set, uint64_t rank)
{
	return set->bins ? bins_value_at(set, rank) : (double)set->values[rank];
}

double sample_set_percentile(struct sample_set *set, double p)
{
	double rank, low;
	uint64_t below;

	assert(p >= 0 && p <= 1);
	if (set->count == 0)
		return NAN;
	rank = p * (double)(set->count - 1);
	below = (uint64_t)rank;
	sample_set_place(set, below);
	low = sample_set_value_at(set, below);
	/* The last has no neighbour, nor has it need of one. */
	if (below + 1 >= set->count)
		return low;
	return low + (rank - (double)below) * (sample_set_value_at(set, below + 1) - low);
}

bool sample_set_is_exact(const struct sample_set *set)
{
	return set->bins == NULL;
}

void level_init(struct level *level, sim_ns now_ns, int64_t value)
{
	*level = (struct level){ .value = value, .max = value, .since_ns = now_ns, .start_ns = now_ns };
}

double level_mean(const struct level *level, sim_ns now_ns)
{
	__int128 area = level->area + (__int128)level->value * (now_ns - level->since_ns);

	if (now_ns == level->start_ns)
		return 0;
	return (double)area / (double)(now_ns - level->start_ns);
}
