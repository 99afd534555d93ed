/*
 * event_lanes.h - pending events that have a place each: one event at most in every lane, set, moved and cleared
 * again and again.
 *
 * A tournament over the lanes: whatever happens to one is a walk from its leaf to the root, without a guess for the
 * processor to get wrong, and leaves nothing dead behind. For events of which there are few and whose times change
 * more often than they come, as the end of what a core is at: in the event list each change would cost a new entry.
 */
#ifndef SIM_ENGINE_EVENT_LANES_H
#define SIM_ENGINE_EVENT_LANES_H

#include "sim/engine/event_list.h"

struct event_lane {
	event_fn *function;
	void *subject;
};

struct event_lanes {
	event_entry first; /* of all; EVENT_NEVER: none is set */
	event_entry *tree; /* node i has the earlier of nodes 2 i and 2 i + 1; the lanes are the last leaf_count */
	struct event_lane *lanes;
	uint64_t count, leaf_count; /* the latter a power of two */
	struct region *region;	    /* borrowed */
};

void event_lanes_init(struct event_lanes *lanes, struct region *region);
/* One more lane, not set; returns its number. */
uint32_t event_lanes_add(struct event_lanes *lanes, event_fn *function, void *subject);
/* Of how many an event is pending. */
uint64_t event_lanes_pending_count(const struct event_lanes *lanes);

static inline event_entry event_lanes_entry(const struct event_lanes *lanes, uint32_t lane)
{
	return lanes->tree[lanes->leaf_count + lane];
}

/* By its offset in bytes, which is a node's number without a multiplication at every step. */
static inline event_entry *event_lanes_node(const struct event_lanes *lanes, uint64_t offset)
{
	void *node = (unsigned char *)lanes->tree + offset;

	return node;
}

/* Gives the lane an entry, or EVENT_NEVER. */
static inline void event_lanes_put(struct event_lanes *lanes, uint32_t lane, event_entry entry)
{
	const uint64_t size = sizeof(entry);
	uint64_t offset = (lanes->leaf_count + lane) * size;

	*event_lanes_node(lanes, offset) = entry;
	while (offset > size) {
		const event_entry other = *event_lanes_node(lanes, offset ^ size);

		entry = other < entry ? other : entry;
		offset = offset / 2 & ~(size - 1);
		*event_lanes_node(lanes, offset) = entry;
	}
	lanes->first = entry;
}

#endif
