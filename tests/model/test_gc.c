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
	struct garbage_collector gc = { .threshold = 70, .near_objects = INT64_MAX, .per_object_ns = 3 };

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
	struct garbage_collector gc = {
		.threshold = 70, .near_objects = 50, .per_object_ns = 3, .per_far_object_ns = 7
	};

	cr_expect(eq(i64, make(&gc, 71), 50 * 3 + 21 * 7));
}

Test(gc, what_the_caches_have_lost_is_fetched_when_it_is_used_again)
{
	struct garbage_collector gc = {
		.threshold = 1000, .near_objects = 50, .per_object_ns = 3, .per_far_object_ns = 7
	};

	make(&gc, 60);
	cr_expect(eq(i64, gc_objects_gone(&gc, 10), 10 * (7 - 3)));
	cr_expect(eq(i64, gc_objects_gone(&gc, 10), 0));
}

/* Eleven collections of 71 objects, and the twelfth takes the second generation with it. */
Test(gc, every_twelfth_collection_is_of_the_second_generation)
{
	struct garbage_collector gc = { .threshold = 70, .near_objects = INT64_MAX, .per_object_ns = 1 };

	cr_expect(eq(i64, make(&gc, 11 * 71), 11 * 71));
	cr_expect(eq(i64, make(&gc, 71), 12 * 71));
	cr_expect(eq(i64, gc.objects[2], 12 * 71));
	cr_expect(eq(i64, gc.long_lived_pending, 12 * 71));
}

/* All objects are looked at only when a quarter of the old have come since: their number grows by that factor. */
Test(gc, all_objects_are_looked_at_ever_more_rarely)
{
	struct garbage_collector gc = { .threshold = 70, .near_objects = INT64_MAX, .per_object_ns = 1 };
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

Test(gc, a_build_without_collections_never_collects)
{
	struct garbage_collector gc = { 0 };

	cr_expect(eq(i64, make(&gc, 100000), 0));
}
