/* test_gc.c - when garbage is collected, and how much is looked at; by arithmetic done by hand. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "models/interpreter/gc.h"

/* What making `count` objects one by one takes. */
static sim_ns make(struct garbage_collector *gc, int64_t count)
{
	sim_ns sum_ns = 0;

	while (count-- > 0)
		sum_ns += gc_objects_made(gc, 1);
	return sum_ns;
}

Test(gc, the_youngest_are_looked_at_when_more_than_the_threshold_were_made)
{
	struct garbage_collector gc = {
		.has_generations = true, .threshold = 70, .near_objects = INT64_MAX, .per_object_ns = 3
	};

	cr_expect(eq(i64, make(&gc, 70), 0));
	cr_expect(eq(i64, make(&gc, 1), 71 * 3));
	cr_expect(eq(i64, gc.objects[0], 0));
	cr_expect(eq(i64, gc.objects[1], 71));
	/* What goes in between puts it off; those that go are the old ones, so the young are 91 by then. */
	make(&gc, 50);
	gc_objects_gone(&gc, 20);
	cr_expect(eq(i64, gc.objects[1], 51));
	cr_expect(eq(i64, make(&gc, 40), 0));
	cr_expect(eq(i64, make(&gc, 1), 91 * 3));
}

Test(gc, what_the_caches_do_not_hold_takes_longer)
{
	struct garbage_collector gc = { .has_generations = true,
					.threshold = 70,
					.near_objects = 50,
					.per_object_ns = 3,
					.per_far_object_ns = 7 };

	cr_expect(eq(i64, make(&gc, 71), 50 * 3 + 21 * 7));
}

Test(gc, what_the_caches_have_lost_is_fetched_when_it_is_used_again)
{
	struct garbage_collector gc = { .has_generations = true,
					.threshold = 1000,
					.near_objects = 50,
					.per_object_ns = 3,
					.per_far_object_ns = 7 };

	make(&gc, 60);
	cr_expect(eq(i64, gc_objects_gone(&gc, 10), 10 * (7 - 3)));
	cr_expect(eq(i64, gc_objects_gone(&gc, 10), 0));
}

/* Eleven collections of 71 objects, and the twelfth takes the second generation with it. */
Test(gc, every_twelfth_collection_is_of_the_second_generation)
{
	struct garbage_collector gc = {
		.has_generations = true, .threshold = 70, .near_objects = INT64_MAX, .per_object_ns = 1
	};

	cr_expect(eq(i64, make(&gc, 11 * 71), 11 * 71));
	cr_expect(eq(i64, make(&gc, 71), 12 * 71));
	cr_expect(eq(i64, gc.objects[2], 12 * 71));
	cr_expect(eq(i64, gc.long_lived_pending, 12 * 71));
}

/* All objects are looked at only when a quarter of the old have come since: their number grows by that factor. */
Test(gc, all_objects_are_looked_at_ever_more_rarely)
{
	struct garbage_collector gc = {
		.has_generations = true, .threshold = 70, .near_objects = INT64_MAX, .per_object_ns = 1
	};
	int64_t before = 0, collections = 0;

	for (int64_t i = 0; i < 2000000; i++) {
		gc_objects_made(&gc, 1);
		if (gc.long_lived_total != before) {
			cr_expect(ge(dbl, (double)gc.long_lived_total, 1.25 * (double)before));
			before = gc.long_lived_total;
			collections++;
		}
	}
	cr_expect(gt(i64, collections, 10));
	cr_expect(lt(i64, collections, 30));
}

/* Batches of 512: after the fourth 2048 were made, which is more than the threshold; each collection looks at all. */
Test(gc, a_free_threaded_build_looks_at_everything_after_batches)
{
	struct garbage_collector gc = {
		.threshold = 2000, .near_objects = INT64_MAX, .per_object_ns = 3, .heap_ns = 1000
	};

	cr_expect(eq(i64, make(&gc, 2047), 0));
	cr_expect(eq(i64, make(&gc, 1), 1000 + 2048 * 3));
	/* What went in between counts, too: a batch less. */
	gc_objects_gone(&gc, 512);
	cr_expect(eq(i64, make(&gc, 4 * 512), 0));
	cr_expect(eq(i64, make(&gc, 512), 1000 + (2048 - 512 + 5 * 512) * 3));
}

/* As measured on 3.13.5t: of 11 objects each, after 186, 372, 558 and 744 of them, and then, since a quarter of what is there
 * is more than the threshold, ever later. */
Test(gc, a_free_threaded_build_waits_for_a_quarter_more)
{
	struct garbage_collector gc = { .threshold = 2000, .near_objects = INT64_MAX, .heap_ns = 1 };
	int64_t at[7], count = 0;

	for (int64_t i = 0; i < 22000 && count < 7; i++)
		if (gc_objects_made(&gc, 1) > 0)
			at[count++] = i + 1;
	cr_expect(eq(i64, count, 7));
	for (int i = 0; i < 4; i++)
		cr_expect(eq(i64, at[i], 2048 * (i + 1)));
	cr_expect(eq(i64, at[4], 8192 + 2560));
	cr_expect(eq(i64, at[5], 10752 + 3072));
	cr_expect(eq(i64, at[6], 13824 + 3584));
}

Test(gc, a_build_without_collections_never_collects)
{
	struct garbage_collector gc = { 0 };

	cr_expect(eq(i64, make(&gc, 100000), 0));
}
