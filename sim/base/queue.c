/*
 * queue.c - see queue.h.
 */
#include "sim/base/queue.h"

/* A queue that is short for ever needs little; the blocks of one of millions go back to the system one by one. */
#define BLOCK_BYTES_LEAST 512
#define BLOCK_BYTES_MOST ((size_t)1 << 18)

struct queue_block {
	struct queue_block *next;
	size_t bytes; /* of elements */
	unsigned char elements[];
};

void queue_init(struct queue *queue, struct region *region, size_t element_bytes)
{
	assert(element_bytes >= sizeof(void *) && element_bytes % sizeof(void *) == 0);
	*queue = (struct queue){ .region = region, .element_bytes = element_bytes };
}

static struct queue_block *new_block(struct queue *queue)
{
	size_t bytes = queue->count * queue->element_bytes;
	struct queue_block *block;

	bytes = bytes < BLOCK_BYTES_LEAST ? BLOCK_BYTES_LEAST : bytes > BLOCK_BYTES_MOST ? BLOCK_BYTES_MOST : bytes;
	bytes -= bytes % queue->element_bytes;
	block = region_alloc(queue->region, sizeof(*block) + bytes);
	block->bytes = bytes;
	return block;
}

void queue_grow(struct queue *queue)
{
	struct queue_block *block = queue->spare ? queue->spare : new_block(queue);

	queue->spare = NULL;
	block->next = NULL;
	if (queue->last_block) {
		queue->last_block->next = block;
	} else {
		queue->first_block = block;
		queue->first = block->elements;
		queue->first_end = block->elements + block->bytes;
	}
	queue->last_block = block;
	queue->free = block->elements;
	queue->last_end = block->elements + block->bytes;
}

/* One block is kept, so that a queue that goes on and on allocates nothing. */
void queue_drop_block(struct queue *queue)
{
	struct queue_block *block = queue->first_block;

	queue->first_block = block->next;
	queue->first = queue->first_block->elements;
	queue->first_end = queue->first + queue->first_block->bytes;
	if (queue->spare)
		region_free(queue->region, queue->spare);
	queue->spare = block;
}
