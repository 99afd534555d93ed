/*
 * pool.h - things of one size that come and go: given back, they serve again; new ones come a chunk of near memory
 * at a time (near_memory.h), and never move.
 *
 * One by one from a region each would cost a header of its own and a call of malloc.
 */
#ifndef SIM_BASE_POOL_H
#define SIM_BASE_POOL_H

#include <assert.h>
#include <stddef.h>

#include "sim/base/region.h"

struct near_chunk;

struct pool {
	struct region *region; /* borrowed: where it grows */
	size_t item_bytes;
	void *free;			/* the first of those given back; each begins with a pointer to the next */
	unsigned char *unused, *end;	/* of the newest chunk */
	struct near_chunk *first_chunk, *last_chunk;
};

/* Items of `item_bytes`, a multiple of a pointer's size and no more than NEAR_CONTENT_BYTES. */
void pool_init(struct pool *pool, struct region *region, size_t item_bytes);
/* For pool_take(): the next chunk. */
void pool_grow(struct pool *pool);

/* An item that was given back, as it was but for the pointer at its start; NULL: there is none. */
static inline void *pool_take_used(struct pool *pool)
{
	void *item = pool->free;

	if (item)
		pool->free = *(void **)item;
	return item;
}

/* An item; what stands in it is anything. */
static inline void *pool_take(struct pool *pool)
{
	void *item = pool_take_used(pool);

	if (item)
		return item;
	if (pool->unused == pool->end)
		pool_grow(pool);
	item = pool->unused;
	pool->unused += pool->item_bytes;
	return item;
}

/* The item behind `item` (NULL: the first), whether in use or given back, by where they lie; NULL: it was the last.
 */
void *pool_next(const struct pool *pool, void *item);

/* The item serves again. */
static inline void pool_give_back(struct pool *pool, void *item)
{
	*(void **)item = pool->free;
	pool->free = item;
}

#endif
