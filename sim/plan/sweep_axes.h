/*
 * sweep_axes.h - what a sweep varies: paths of the scenario and the values that each takes; the grid of them all.
 *
 *   variants.threads.workers=1..64      1..64:2       every second
 *   run.count=1..1000:log               doubled each time, and the end
 *   io=1ms..20ms:1ms                    with units, the same on both ends
 *   python.gil=on,off                   a list
 */
#ifndef SIM_PLAN_SWEEP_AXES_H
#define SIM_PLAN_SWEEP_AXES_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/region.h"

struct sweep_axis {
	const char *path;
	const char **values; /* as one would write them */
	size_t count;
};

struct sweep_axes {
	struct sweep_axis *items;
	size_t count;
};

#define SWEEP_MAX_POINTS 10000000

/* Adds the axis "PATH=RANGE". False, with `*why` in the user's words, when it is none. */
bool sweep_axes_add(struct sweep_axes *axes, const char *text, struct region *region, const char **why);
/* How many points the grid has; 1 without an axis, more than SWEEP_MAX_POINTS when there are too many. */
size_t sweep_axes_points(const struct sweep_axes *axes);
/* The value of an axis at a point: points are counted so that the last axis changes first. */
const char *sweep_axes_value(const struct sweep_axes *axes, size_t point, size_t axis);
/* "PATH=VALUE" for each axis, at `settings` (one for each axis). */
void sweep_axes_settings(const struct sweep_axes *axes, size_t point, const char **settings, struct region *region);

#endif
