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

/* Where a chunk's last item ends. */
static unsigned char *end_of(const struct pool *pool, struct near_chunk *chunk)
{
	return chunk->content + NEAR_CONTENT_BYTES / pool->item_bytes * pool->item_bytes;
}

void pool_grow(struct pool *pool)
{
	struct near_chunk *chunk = region_take_chunk(pool->region);

	chunk->next_of_pool = NULL;
	if (pool->last_chunk)
		pool->last_chunk->next_of_pool = chunk;
	else
		pool->first_chunk = chunk;
	pool->last_chunk = chunk;
	pool->unused = chunk->content;
	pool->end = end_of(pool, chunk);
}

void *pool_next(const struct pool *pool, void *item)
{
	struct near_chunk *chunk = item ? near_chunk_of(item) : pool->first_chunk;
	unsigned char *next;

	if (!chunk)
		return NULL;
	next = item ? (unsigned char *)item + pool->item_bytes : chunk->content;
	if (next != (chunk == pool->last_chunk ? pool->unused : end_of(pool, chunk)))
		return next;
	return chunk->next_of_pool ? chunk->next_of_pool->content : NULL;
}
