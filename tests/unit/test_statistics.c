/*
 * test_statistics.c - what statistics.h promises: exact sums, type 7 percentiles, 0.1 % from the histogram.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_statistics_double.h>

#include "sim/base/random.h"
#include "sim/engine/statistics.h"

/* Durations from nanoseconds to minutes, evenly spread over the magnitudes. */
static sim_ns sample(uint64_t number)
{
	struct variate variate = variate_open(711, 0, 5, 13, number);

	return (sim_ns)exp(variate_uniform(&variate) * 25);
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

Test(sample_set, an_empty_set_has_no_figures)
{
	struct region region;
	struct sample_set set;

	region_init(&region);
	sample_set_init(&set, &region);
	cr_expect(isnan(sample_set_mean(&set)));
	cr_expect(isnan(sample_set_percentile(&set, 0.5)));
	cr_expect(sample_set_is_exact(&set));
	region_release(&region);
}

Test(sample_set, percentiles_are_those_of_gsl)
{
	static const double ps[] = { 0, 0.011, 0.25, 0.5, 0.731, 0.9, 0.95, 0.99, 0.9999, 1 };
	enum { P_COUNT = sizeof(ps) / sizeof(ps[0]) };
	static const size_t counts[] = { 1, 2, 3, 7, 100, 2385 };

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		double *values = malloc(counts[c] * sizeof(*values));
		struct region region;
		struct sample_set set;

		region_init(&region);
		sample_set_init(&set, &region);
		for (size_t i = 0; i < counts[c]; i++) {
			sample_set_add(&set, sample(i));
			values[i] = (double)sample(i);
			/* Asking in between sorts; what is added afterwards must still be taken in. */
			if (i == counts[c] / 2)
				sample_set_percentile(&set, 0.5);
		}
		qsort(values, counts[c], sizeof(*values), compare_doubles);
		/* Upwards, and downwards again. */
		for (size_t k = 0; k < 2 * P_COUNT; k++) {
			const size_t i = k < P_COUNT ? k : 2 * P_COUNT - 1 - k;
			double expected = gsl_stats_quantile_from_sorted_data(values, 1, counts[c], ps[i]);

			cr_expect(le(dbl, fabs(sample_set_percentile(&set, ps[i]) - expected), 1e-12 * expected),
				  "%zu values, p %g", counts[c], ps[i]);
		}
		free(values);
		region_release(&region);
	}
}

/* Of all magnitudes, with many ties: every digit of the sort decides somewhere. */
Test(sample_set, values_are_sorted_whatever_their_digits)
{
	enum { COUNT = 20000 };
	static double values[COUNT];
	struct region region;
	struct sample_set set;

	region_init(&region);
	sample_set_init(&set, &region);
	for (uint64_t i = 0; i < COUNT; i++) {
		sim_ns value = (sim_ns)(random_hash_path(4711, i / 3) >> (1 + i % 63));

		sample_set_add(&set, value);
		values[i] = (double)value;
	}
	qsort(values, COUNT, sizeof(*values), compare_doubles);
	for (int i = 0; i < COUNT; i++)
		cr_assert(le(dbl, fabs(sample_set_percentile(&set, i / (double)(COUNT - 1)) - values[i]),
			     1e-9 * (values[i] + 1)),
			  "rank %d", i);
	region_release(&region);
}

Test(sample_set, a_percentile_by_hand)
{
	struct region region;
	struct sample_set set;

	region_init(&region);
	sample_set_init(&set, &region);
	sample_set_add(&set, 2385);
	sample_set_add(&set, 711);
	sample_set_add(&set, 13);
	sample_set_add(&set, 1000);
	/* Rank 0.9 * 3 = 2.7: seven tenths of the way from 1000 to 2385. */
	cr_expect(lt(dbl, fabs(sample_set_percentile(&set, 0.9) - 1969.5), 1e-9));
	cr_expect(eq(dbl, sample_set_mean(&set), 4109. / 4));
	cr_expect(eq(i64, set.min, 13));
	cr_expect(eq(i64, set.max, 2385));
	region_release(&region);
}

Test(sample_set, the_mean_of_long_durations_is_exact)
{
	struct region region;
	struct sample_set set;

	region_init(&region);
	sample_set_init(&set, &region);
	for (int i = 0; i < 7; i++)
		sample_set_add(&set, SIM_NS_MAX);
	sample_set_add(&set, SIM_NS_MAX - 80);
	cr_expect(eq(dbl, sample_set_mean(&set), (double)(SIM_NS_MAX - 10)));
	region_release(&region);
}

/* One value more than is kept exactly. */
static void sample_set_init_as_bins(struct sample_set *set, struct region *region)
{
	sample_set_init(set, region);
	for (uint64_t i = 0; i <= SAMPLE_EXACT_LIMIT; i++)
		sample_set_add(set, (sim_ns)(711 + i * 2385));
}

Test(sample_set, beyond_the_limit_percentiles_are_within_a_thousandth)
{
	struct region region;
	struct sample_set set;
	static sim_ns table[65536];
	static double values[65536];

	region_init(&region);
	sample_set_init(&set, &region);
	for (uint64_t i = 0; i < 65536; i++)
		table[i] = sample(i);
	for (uint64_t i = 0; i < SAMPLE_EXACT_LIMIT; i++)
		sample_set_add(&set, table[i % 65536]);
	cr_expect(sample_set_is_exact(&set));
	/* The table of values a whole number of times, as near as may be: its quantiles do not move. */
	while (set.count % 65536 != 0)
		sample_set_add(&set, table[set.count % 65536]);
	cr_expect(not(sample_set_is_exact(&set)));
	cr_expect(eq(ptr, set.values, NULL));
	for (size_t i = 0; i < 65536; i++)
		values[i] = (double)table[i];
	qsort(values, 65536, sizeof(values[0]), compare_doubles);
	for (int percent = 1; percent < 100; percent++) {
		double estimate = sample_set_percentile(&set, percent / 100.);
		/* Each value stands there 153 times: the order statistic below the rank is a table entry. */
		double exact = values[(size_t)(percent / 100. * (double)(set.count - 1)) / (set.count / 65536)];

		cr_expect(lt(dbl, fabs(estimate / exact - 1), 0.001), "p%d: %g, not %g", percent, estimate, exact);
	}
	cr_expect(eq(dbl, sample_set_percentile(&set, 0), (double)set.min));
	cr_expect(eq(dbl, sample_set_percentile(&set, 1), (double)set.max));
	region_release(&region);
}

Test(sample_set, merging_adds_all_values)
{
	struct region region;
	struct sample_set left, right, both, empty;

	region_init(&region);
	sample_set_init(&left, &region);
	sample_set_init(&right, &region);
	sample_set_init(&both, &region);
	sample_set_init(&empty, &region);
	for (uint64_t i = 0; i < 711; i++) {
		sample_set_add(i % 3 ? &left : &right, sample(i));
		sample_set_add(&both, sample(i));
	}
	sample_set_merge(&left, &right);
	sample_set_merge(&left, &empty);
	sample_set_merge(&empty, &left);
	cr_expect(eq(u64, empty.count, 711));
	cr_expect(eq(dbl, sample_set_mean(&left), sample_set_mean(&both)));
	cr_expect(eq(i64, empty.min, both.min));
	cr_expect(eq(i64, empty.max, both.max));
	for (int percent = 0; percent <= 100; percent += 7)
		cr_expect(eq(dbl, sample_set_percentile(&empty, percent / 100.),
			     sample_set_percentile(&both, percent / 100.)));
	region_release(&region);
}

Test(sample_set, merging_with_a_histogram_gives_a_histogram)
{
	struct region region;
	struct sample_set vast, few, copy, one;

	region_init(&region);
	sample_set_init(&few, &region);
	sample_set_init_as_bins(&vast, &region);
	sample_set_init(&copy, &region);
	sample_set_add(&few, 7);
	sample_set_add(&few, INT64_C(1) << 62);
	sample_set_merge(&copy, &few);
	sample_set_merge(&few, &vast);
	sample_set_merge(&vast, &copy);
	cr_expect(not(sample_set_is_exact(&few)));
	cr_expect(eq(u64, few.count, SAMPLE_EXACT_LIMIT + 3));
	cr_expect(eq(u64, vast.count, SAMPLE_EXACT_LIMIT + 3));
	cr_expect(eq(dbl, sample_set_percentile(&few, 1), 0x1p62));
	cr_expect(eq(dbl, sample_set_percentile(&few, 0.731), sample_set_percentile(&vast, 0.731)));
	cr_expect(eq(dbl, sample_set_mean(&few), sample_set_mean(&vast)));
	sample_set_init(&one, &region);
	sample_set_add(&one, 4711);
	sample_set_merge(&one, &vast);
	cr_expect(eq(i64, one.min, 7));
	cr_expect(eq(i64, one.max, INT64_C(1) << 62));
	region_release(&region);
}

Test(level, the_mean_is_weighted_by_time)
{
	struct level level;

	level_init(&level, 1000, 3);
	level_set(&level, 1711, 7);  /* 3 for 711 ns */
	level_add(&level, 2385, -5); /* 7 for 674 ns */
	level_add(&level, 2385, 11); /* 2 for no time */
	level_set(&level, 2400, 0);  /* 13 for 15 ns */
	cr_expect(eq(dbl, level_mean(&level, 4000), (3 * 711 + 7 * 674 + 13 * 15) / 3000.));
	cr_expect(eq(i64, level.max, 13));
	cr_expect(eq(i64, level.value, 0));
}

Test(level, an_empty_span_has_mean_0)
{
	struct level level;

	level_init(&level, 711, 5);
	cr_expect(eq(dbl, level_mean(&level, 711), 0));
	cr_expect(eq(dbl, level_mean(&level, 712), 5));
}

Test(level, areas_do_not_overflow)
{
	struct level level;

	level_init(&level, 0, INT64_C(1) << 40);
	cr_expect(eq(dbl, level_mean(&level, SIM_NS_MAX), 0x1p40));
}
