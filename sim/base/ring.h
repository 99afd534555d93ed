/*
 * ring.h - an array that grows: elements are added behind, looked at anywhere, and leave at either end.
 */
#ifndef SIM_BASE_RING_H
#define SIM_BASE_RING_H

#include <assert.h>

#include "sim/base/region.h"

struct ring {
	struct region *region; /* borrowed: where it grows */
	unsigned char *elements;
	size_t element_bytes;
	size_t first, count, capacity; /* capacity is a power of two */
};

void ring_init(struct ring *ring, struct region *region, size_t element_bytes);
/* Adds an element behind and returns it, to be filled in. Pointers to others are stale from now on. */
void *ring_append(struct ring *ring);

/* The element at `position`, counted from the front. */
static inline void *ring_at(const struct ring *ring, size_t position)
{
	assert(position < ring->count);
	return ring->elements + ((ring->first + position) & (ring->capacity - 1)) * ring->element_bytes;
}

/* Takes the first element out; what ring_at(ring, 0) gave stays readable until the next ring_append(). */
static inline void ring_drop_first(struct ring *ring)
{
	assert(ring->count > 0);
	ring->first = (ring->first + 1) & (ring->capacity - 1);
	ring->count--;
}

/* Takes the last element out; likewise. */
static inline void ring_drop_last(struct ring *ring)
{
	assert(ring->count > 0);
	ring->count--;
}

#endif
