/*
 * gc.c - see gc.h.
 */
#include "models/interpreter/gc.h"

/* Both of the older generations' thresholds, in all versions. */
#define OLDER_THRESHOLD 10
#define BATCH 512 /* LOCAL_ALLOC_COUNT_THRESHOLD */

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

static sim_ns looking_at(const struct garbage_collector *gc, int64_t objects)
{
	return objects <= gc->near_objects ? objects * gc->per_object_ns
					   : gc->near_objects * gc->per_object_ns +
						     (objects - gc->near_objects) * gc->per_far_object_ns;
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
	return looking_at(gc, looked_at);
}

/* Whether the batch is full, and counts. */
static bool fills_batch(struct garbage_collector *gc, int64_t count)
{
	gc->uncounted += count;
	if (gc->uncounted < BATCH && gc->uncounted > -BATCH)
		return false;
	gc->count[0] += gc->uncounted;
	gc->uncounted = 0;
	return true;
}

static sim_ns collect_all(struct garbage_collector *gc)
{
	gc->count[0] = 0;
	gc->long_lived_total = gc->objects[0];
	return gc->heap_ns + looking_at(gc, gc->objects[0]);
}

sim_ns gc_objects_made(struct garbage_collector *gc, int64_t count)
{
	gc->objects[0] += count;
	if (gc->threshold <= 0)
		return 0;
	if (!gc->has_generations)
		return fills_batch(gc, count) && gc->count[0] > gc->threshold &&
				       gc->count[0] > gc->long_lived_total / 4
			       ? collect_all(gc)
			       : 0;
	gc->count[0] += count;
	return gc->count[0] > gc->threshold ? collect(gc, generation_due(gc)) : 0;
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

	if (gc->has_generations)
		gc->count[0] -= count < gc->count[0] ? count : gc->count[0];
	else
		fills_batch(gc, -count);
	for (int i = GC_GENERATIONS - 1; i >= 0 && count > 0; i--) {
		int64_t taken = count < gc->objects[i] ? count : gc->objects[i];

		gc->objects[i] -= taken;
		count -= taken;
	}
	return is_far && gc->per_far_object_ns > gc->per_object_ns
		       ? fetched * (gc->per_far_object_ns - gc->per_object_ns)
		       : 0;
}
