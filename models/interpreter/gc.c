/*
 * gc.c - see gc.h.
 */
#include "models/interpreter/gc.h"

#include <stdbool.h>

/* Both of the older generations' thresholds, in all versions. */
#define OLDER_THRESHOLD 10

/* gc_collect_generations(): the oldest generation whose threshold is exceeded; all objects only when it pays. */
static int generation_due(const struct garbage_collector *gc)
{
	for (int i = GC_GENERATIONS - 1; i > 0; i--) {
		if (gc->count[i] <= OLDER_THRESHOLD)
			continue;
		if (i == GC_GENERATIONS - 1 && gc->long_lived_pending < gc->long_lived_total / 4)
			continue;
		return i;
	}
	return 0;
}

static sim_ns collect(struct garbage_collector *gc, int generation)
{
	int64_t looked_at = 0;

	for (int i = 0; i <= generation; i++) {
		looked_at += gc->objects[i];
		gc->objects[i] = 0;
		gc->count[i] = 0;
	}
	if (generation < GC_GENERATIONS - 1) {
		gc->objects[generation + 1] += looked_at;
		gc->count[generation + 1]++;
		if (generation == GC_GENERATIONS - 2)
			gc->long_lived_pending += looked_at;
	} else {
		gc->objects[GC_GENERATIONS - 1] = looked_at;
		gc->long_lived_total = looked_at;
		gc->long_lived_pending = 0;
	}
	return looked_at <= gc->near_objects ? looked_at * gc->per_object_ns
					     : gc->near_objects * gc->per_object_ns +
						       (looked_at - gc->near_objects) * gc->per_far_object_ns;
}

sim_ns gc_objects_made(struct garbage_collector *gc, int64_t count)
{
	gc->objects[0] += count;
	gc->count[0] += count;
	return gc->threshold > 0 && gc->count[0] > gc->threshold ? collect(gc, generation_due(gc)) : 0;
}

static int64_t objects_of(const struct garbage_collector *gc)
{
	int64_t sum = 0;

	for (int i = 0; i < GC_GENERATIONS; i++)
		sum += gc->objects[i];
	return sum;
}

sim_ns gc_objects_gone(struct garbage_collector *gc, int64_t count)
{
	bool is_far = objects_of(gc) > gc->near_objects;
	int64_t fetched = count;

	gc->count[0] -= count < gc->count[0] ? count : gc->count[0];
	for (int i = GC_GENERATIONS - 1; i >= 0 && count > 0; i--) {
		int64_t taken = count < gc->objects[i] ? count : gc->objects[i];

		gc->objects[i] -= taken;
		count -= taken;
	}
	return is_far && gc->per_far_object_ns > gc->per_object_ns
		       ? fetched * (gc->per_far_object_ns - gc->per_object_ns)
		       : 0;
}
