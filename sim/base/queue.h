/*
 * queue.h - first in, first out, for millions: blocks that come with the elements and go with them.
 *
 * ring.h holds its largest size for ever, and moves all elements when it grows; this gives back what has been
 * emptied, which serves others of the region.
 */
#ifndef SIM_BASE_QUEUE_H
#define SIM_BASE_QUEUE_H

#include <assert.h>

#include "sim/base/region.h"

struct queue_block;

struct queue {
	struct region *region; /* borrowed: where it grows */
	size_t element_bytes;
	size_t count;
	unsigned char *first, *first_end; /* the first element; where the first block ends */
	unsigned char *free, *last_end;	  /* behind the last element; where the last block ends */
	struct queue_block *first_block, *last_block, *spare;
};

/* Elements of `element_bytes`, a multiple of a pointer's size. */
void queue_init(struct queue *queue, struct region *region, size_t element_bytes);
/* For the two below: there is no room in the last block; the first one is used up. */
void queue_grow(struct queue *queue);
void queue_drop_block(struct queue *queue);

/* Adds an element behind all others and returns it, to be filled in before the next call. */
static inline void *queue_append(struct queue *queue)
{
	void *element;

	if (queue->free == queue->last_end)
		queue_grow(queue);
	element = queue->free;
	queue->free += queue->element_bytes;
	queue->count++;
	return element;
}

/* Takes the first element, of which there must be one, out; it stays readable until the next call. */
static inline const void *queue_take(struct queue *queue)
{
	const void *element;

	assert(queue->count > 0);
	if (queue->first == queue->first_end)
		queue_drop_block(queue);
	element = queue->first;
	queue->first += queue->element_bytes;
	queue->count--;
	return element;
}

#endif
