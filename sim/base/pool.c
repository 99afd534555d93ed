/*
 * pool.c - see pool.h.
 */
#include "sim/base/pool.h"

#include "sim/base/near_memory.h"

void pool_init(struct pool *pool, struct region *region, size_t item_bytes)
{
	assert(item_bytes >= sizeof(void *) && item_bytes % sizeof(void *) == 0 &&
	       item_bytes <= NEAR_CONTENT_BYTES);
	*pool = (struct pool){ .region = region, .item_bytes = item_bytes };
}

void pool_grow(struct pool *pool)
{
	pool->unused = region_take_chunk(pool->region)->content;
	pool->end = pool->unused + NEAR_CONTENT_BYTES / pool->item_bytes * pool->item_bytes;
}
