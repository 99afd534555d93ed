/*
 * test_random.c - what random.h promises: values that depend on what they are for and on nothing else,
 * and that look independent however near the parts of two keys are.
 *
 * The statistical limits lie 5 standard deviations out. The values are fixed, so a test that
 * passes once passes always.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <stdlib.h>

#include "sim/base/random.h"

Test(random, values_are_pinned)
{
	struct variate variate = variate_open(4711, 3, random_hash_name("arrivals"), random_hash_path(7, 29), 13);

	/* A change of these changes every result ever published. */
	cr_expect(eq(u64, random_hash_name(""), UINT64_C(0x9d2e5894f250ead4)));
	cr_expect(eq(u64, random_hash_name("arrivals"), UINT64_C(0xa605b0ad42b8f8c3)));
	cr_expect(eq(u64, random_hash_path(7, 29), UINT64_C(0x42339b7c507ff38b)));
	cr_expect(eq(u64, variate_next(&variate), UINT64_C(0x5ca66199c54b8d24)));
	cr_expect(eq(u64, variate_next(&variate), UINT64_C(0xc5437589ffc0b4e9)));
}

Test(random, a_draw_depends_on_its_own_parts_only)
{
	struct variate a = variate_open(1, 0, 5, 9, 2), b = variate_open(1, 0, 5, 9, 3);
	struct variate again = variate_open(1, 0, 5, 9, 2);
	uint64_t first = variate_next(&a), second;

	/* Draws of one do not touch another. */
	for (int i = 0; i < 17; i++)
		variate_next(&b);
	second = variate_next(&a);
	cr_expect(eq(u64, variate_next(&again), first));
	cr_expect(eq(u64, variate_next(&again), second));
}

Test(random, every_part_of_the_key_counts_and_so_does_its_place)
{
	uint64_t seen[64];
	size_t count = 0;

	for (uint64_t bits = 0; bits < 32; bits++) {
		struct variate variate =
			variate_open(bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1, bits >> 4 & 1);

		seen[count++] = variate_next(&variate);
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++)
			cr_assert(ne(u64, seen[i], seen[j]));
	}
	cr_expect(ne(u64, random_hash_path(2, 3), random_hash_path(3, 2)));
	cr_expect(ne(u64, random_hash_path(0, 0), 0));
	cr_expect(
		ne(u64, random_hash_path(random_hash_path(1, 2), 3), random_hash_path(random_hash_path(1, 3), 2)));
	cr_expect(ne(u64, random_hash_name("io"), random_hash_name("oi")));
}

Test(random, uniforms_stay_within_their_bounds)
{
	struct variate variate = variate_open(7, 0, 0, 0, 0);

	for (int i = 0; i < 1000000; i++) {
		double closed = variate_uniform(&variate), open = variate_uniform_open(&variate);

		cr_assert(closed >= 0 && closed < 1);
		cr_assert(open > 0 && open < 1);
	}
}

/* --- statistics ----------------------------------------------------------------------------- */

/* Which number runs while the others stay: the ways in which a simulation meets neighbouring keys. */
enum runner { SEED, REPLICATION, STREAM, ENTITY, VARIATE, DRAW, CHILD, RUNNER_COUNT };

static uint64_t run_value(enum runner runner, uint64_t i, uint64_t other)
{
	struct variate variate;

	switch (runner) {
	case SEED:
		variate = variate_open(i, 0, other, 7, 11);
		break;
	case REPLICATION:
		variate = variate_open(1, i, other, 7, 11);
		break;
	case STREAM:
		variate = variate_open(1, 0, i, other, 11);
		break;
	case ENTITY:
		variate = variate_open(1, 0, other, i, 11);
		break;
	case VARIATE:
		variate = variate_open(1, 0, other, 7, i);
		break;
	case DRAW:
		variate = variate_open(1, 0, other, 7, 11);
		variate.draw_count = i;
		break;
	default:
		variate = variate_open(1, 0, 5, random_hash_path(other, i), 11);
		break;
	}
	return variate_next(&variate);
}

/* (chi square - degrees of freedom) / standard deviation, of counts that should all be equal. */
static double chi_square_deviation(const uint32_t *counts, size_t count, double expected)
{
	double chi_square = 0;

	for (size_t i = 0; i < count; i++)
		chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
	return (chi_square - (double)(count - 1)) / sqrt(2. * (double)(count - 1));
}

Test(random, neighbouring_keys_give_evenly_spread_values_in_every_byte)
{
	enum { DRAW_COUNT = 1 << 18 };

	for (int runner = 0; runner < RUNNER_COUNT; runner++) {
		static uint32_t counts[8][256];

		for (size_t byte = 0; byte < 8; byte++) {
			for (size_t value = 0; value < 256; value++)
				counts[byte][value] = 0;
		}
		for (uint64_t i = 0; i < DRAW_COUNT; i++) {
			uint64_t draw = run_value((enum runner)runner, i, 3);

			for (size_t byte = 0; byte < 8; byte++)
				counts[byte][draw >> (8 * byte) & 255]++;
		}
		for (size_t byte = 0; byte < 8; byte++)
			cr_expect(lt(dbl, fabs(chi_square_deviation(counts[byte], 256, DRAW_COUNT / 256.)), 5),
				  "runner %d, byte %zu", runner, byte);
	}
}

Test(random, successive_values_fill_the_square_evenly)
{
	enum { DRAW_COUNT = 1 << 18 };

	for (int runner = 0; runner < RUNNER_COUNT; runner++) {
		static uint32_t high[4096], low[4096];
		uint64_t last = run_value((enum runner)runner, 0, 9);

		for (size_t i = 0; i < 4096; i++)
			high[i] = low[i] = 0;
		for (uint64_t i = 1; i <= DRAW_COUNT; i++) {
			uint64_t draw = run_value((enum runner)runner, i, 9);

			high[last >> 58 << 6 | draw >> 58]++;
			low[(last & 63) << 6 | (draw & 63)]++;
			last = draw;
		}
		cr_expect(lt(dbl, fabs(chi_square_deviation(high, 4096, DRAW_COUNT / 4096.)), 5), "runner %d",
			  runner);
		cr_expect(lt(dbl, fabs(chi_square_deviation(low, 4096, DRAW_COUNT / 4096.)), 5), "runner %d",
			  runner);
	}
}

Test(random, neighbouring_sequences_are_not_correlated)
{
	enum { DRAW_COUNT = 1 << 17 };

	/* The same run of one part beside two neighbouring values of another: two replications of one
	 * stream, two children of one parent. */
	for (int runner = 0; runner < RUNNER_COUNT; runner++) {
		for (uint64_t lag = 0; lag < 3; lag++) {
			double sum = 0;

			for (uint64_t i = 0; i < DRAW_COUNT; i++) {
				double a = (double)run_value((enum runner)runner, i, 4) * 0x1p-64 - 0.5;
				double b = (double)run_value((enum runner)runner, i + lag, 5) * 0x1p-64 - 0.5;

				sum += a * b;
			}
			/* The product of two centred uniforms has variance 1/144. */
			cr_expect(lt(dbl, fabs(sum) * 12 / sqrt(DRAW_COUNT), 5), "runner %d, lag %lu", runner,
				  (unsigned long)lag);
		}
	}
}

Test(random, one_bit_of_any_part_changes_half_of_the_value)
{
	enum { KEY_COUNT = 2000 };

	for (int part = 0; part < 5; part++) {
		for (int bit = 0; bit < 64; bit += 7) {
			uint64_t changed_count = 0;

			for (uint64_t i = 0; i < KEY_COUNT; i++) {
				uint64_t parts[5] = { 1, i % 7, random_hash_name("service"), i, i / 3 };
				struct variate a, b;

				a = variate_open(parts[0], parts[1], parts[2], parts[3], parts[4]);
				parts[part] ^= (uint64_t)1 << bit;
				b = variate_open(parts[0], parts[1], parts[2], parts[3], parts[4]);
				changed_count +=
					(uint64_t)__builtin_popcountll(variate_next(&a) ^ variate_next(&b));
			}
			/* 64 bits a key, each with variance 1/4. */
			cr_expect(lt(dbl, fabs((double)changed_count - KEY_COUNT * 32.) / sqrt(KEY_COUNT * 16.), 5),
				  "part %d, bit %d", part, bit);
		}
	}
}

static int compare_values(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

Test(random, a_million_paths_and_names_do_not_collide)
{
	enum { PATH_COUNT = 1000000 };
	uint64_t *paths = malloc(PATH_COUNT * sizeof(*paths));

	for (uint64_t i = 0; i < PATH_COUNT; i++)
		paths[i] = random_hash_path(random_hash_path(i / 1000, i / 10 % 100), i % 10);
	qsort(paths, PATH_COUNT, sizeof(*paths), compare_values);
	for (size_t i = 1; i < PATH_COUNT; i++)
		cr_assert(ne(u64, paths[i], paths[i - 1]));
	free(paths);
}
