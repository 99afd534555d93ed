/*
 * ring.c - see ring.h.
 */
#include "sim/base/ring.h"

#include <string.h>

#define LEAST_CAPACITY 8

void ring_init(struct ring *ring, struct region *region, size_t element_bytes)
{
	*ring = (struct ring){ .region = region, .element_bytes = element_bytes };
}

/* Twice the room, with the elements in order from its start. */
static void grow(struct ring *ring)
{
	size_t capacity = ring->capacity ? 2 * ring->capacity : LEAST_CAPACITY;
	unsigned char *elements = region_alloc_array(ring->region, capacity, ring->element_bytes);

	for (size_t i = 0; i < ring->count; i++)
		memcpy(elements + i * ring->element_bytes, ring_at(ring, i), ring->element_bytes);
	region_free(ring->region, ring->elements);
	ring->elements = elements;
	ring->first = 0;
	ring->capacity = capacity;
}

void *ring_append(struct ring *ring)
{
	if (ring->count == ring->capacity)
		grow(ring);
	ring->count++;
	return ring_at(ring, ring->count - 1);
}
