/*
 * event_lanes.c - see event_lanes.h.
 */
#include "sim/engine/event_lanes.h"

#include <string.h>

#define LEAF_COUNT_LEAST 2

/* Doubles the leaves. */
static void grow(struct event_lanes *lanes)
{
	const uint64_t old_count = lanes->leaf_count, leaf_count = old_count > 0 ? 2 * old_count : LEAF_COUNT_LEAST;
	event_entry *old = lanes->tree;

	lanes->tree = region_alloc_array(lanes->region, 2 * leaf_count, sizeof(*lanes->tree));
	lanes->lanes = region_resize(lanes->region, lanes->lanes, leaf_count * sizeof(*lanes->lanes));
	lanes->leaf_count = leaf_count;
	for (uint64_t node = 0; node < 2 * leaf_count; node++)
		lanes->tree[node] = EVENT_NEVER;
	for (uint32_t lane = 0; lane < lanes->count; lane++)
		event_lanes_put(lanes, lane, old[old_count + lane]);
	region_free(lanes->region, old);
}

void event_lanes_init(struct event_lanes *lanes, struct region *region)
{
	*lanes = (struct event_lanes){ .first = EVENT_NEVER, .region = region };
}

uint32_t event_lanes_add(struct event_lanes *lanes, event_fn *function, void *subject)
{
	assert(lanes->count < EVENT_SLOT_MASK);
	if (lanes->count == lanes->leaf_count)
		grow(lanes);
	lanes->lanes[lanes->count] = (struct event_lane){ function, subject };
	return (uint32_t)lanes->count++;
}

uint64_t event_lanes_pending_count(const struct event_lanes *lanes)
{
	uint64_t count = 0;

	for (uint32_t lane = 0; lane < lanes->count; lane++)
		count += event_lanes_entry(lanes, lane) != EVENT_NEVER;
	return count;
}
