/*
 * pool.c - see pool.h.
 */
#include "sim/base/pool.h"

/* Small runs need little, large ones lose no more than one block of this. */
#define BLOCK_ITEMS_LEAST 8
#define BLOCK_BYTES_MOST ((size_t)1 << 18)

void pool_init(struct pool *pool, struct region *region, size_t item_bytes)
{
	assert(item_bytes >= sizeof(void *) && item_bytes % sizeof(void *) == 0);
	*pool = (struct pool){ .region = region, .item_bytes = item_bytes, .block_items = BLOCK_ITEMS_LEAST };
}

void pool_grow(struct pool *pool)
{
	const size_t block_bytes = pool->block_items * pool->item_bytes;

	pool->unused = region_alloc(pool->region, block_bytes);
	pool->end = pool->unused + block_bytes;
	if (2 * block_bytes <= BLOCK_BYTES_MOST)
		pool->block_items *= 2;
}
