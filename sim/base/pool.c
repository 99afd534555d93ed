/*
 * pool.c - see pool.h.
 */
#include "sim/base/pool.h"

#include <stdint.h>
#include <sys/mman.h>

/* Small runs need little; a pool loses no more than an eighth of what it has. */
#define BLOCK_ITEMS_LEAST 8
#define BLOCK_BYTES_MOST ((size_t)1 << 24)
#define BLOCKS_LEAST 8
/* Items of many blocks are taken and given back in any order. With small pages nearly each would be another way
 * through the page tables. */
#define HUGE_PAGE_BYTES ((size_t)1 << 21)

void pool_init(struct pool *pool, struct region *region, size_t item_bytes)
{
	assert(item_bytes >= sizeof(void *) && item_bytes % sizeof(void *) == 0);
	*pool = (struct pool){ .region = region, .item_bytes = item_bytes };
}

/* Asks for huge pages where whole ones fit; without them it is only slower. */
static void ask_for_huge_pages(unsigned char *block, size_t block_bytes)
{
	uintptr_t start = ((uintptr_t)block + HUGE_PAGE_BYTES - 1) & ~(HUGE_PAGE_BYTES - 1);
	uintptr_t end = ((uintptr_t)block + block_bytes) & ~(HUGE_PAGE_BYTES - 1);

	if (start < end)
		(void)madvise((void *)start, end - start, MADV_HUGEPAGE);
}

void pool_grow(struct pool *pool)
{
	size_t items = pool->item_count / BLOCKS_LEAST, block_bytes;

	if (items < BLOCK_ITEMS_LEAST)
		items = BLOCK_ITEMS_LEAST;
	if (items > BLOCK_BYTES_MOST / pool->item_bytes)
		items = BLOCK_BYTES_MOST / pool->item_bytes;
	block_bytes = items * pool->item_bytes;
	pool->unused = region_alloc(pool->region, block_bytes);
	pool->end = pool->unused + block_bytes;
	pool->item_count += items;
	ask_for_huge_pages(pool->unused, block_bytes);
}
