/*
 * test_pool.c - pools: items are apart from each other, and serve again.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdint.h>
#include <string.h>

#include "sim/base/near_memory.h"
#include "sim/base/pool.h"

#define ITEMS 3000
#define ITEM_BYTES 24

Test(pool, items_are_apart_and_serve_again)
{
	static unsigned char *items[ITEMS];
	struct region region;
	struct pool pool;
	size_t size_bytes;

	region_init(&region);
	pool_init(&pool, &region, ITEM_BYTES);
	for (int i = 0; i < ITEMS; i++) {
		items[i] = pool_take(&pool);
		memset(items[i], i % 251, ITEM_BYTES);
	}
	for (int i = 0; i < ITEMS; i++)
		for (int byte = 0; byte < ITEM_BYTES; byte++)
			cr_assert(eq(int, items[i][byte], i % 251));
	size_bytes = region.size_bytes;
	cr_expect(le(sz, size_bytes, (size_t)ITEMS * ITEM_BYTES + 2 * NEAR_CHUNK_BYTES));
	for (int i = 0; i < ITEMS; i++)
		pool_give_back(&pool, items[i]);
	for (int i = ITEMS - 1; i >= 0; i--)
		cr_assert(eq(ptr, pool_take(&pool), items[i]));
	cr_expect(eq(sz, region.size_bytes, size_bytes));
	region_release(&region);
}

Test(pool, all_items_are_found_where_they_lie)
{
	static unsigned char *items[ITEMS];
	struct region region;
	struct pool pool;
	void *found = NULL;

	region_init(&region);
	pool_init(&pool, &region, ITEM_BYTES);
	cr_expect_null(pool_next(&pool, NULL));
	for (int i = 0; i < ITEMS; i++)
		items[i] = pool_take(&pool);
	pool_give_back(&pool, items[ITEMS / 2]);
	for (int i = 0; i < ITEMS; i++) {
		found = pool_next(&pool, found);
		cr_assert(eq(ptr, found, items[i]));
	}
	cr_expect_null(pool_next(&pool, found));
	region_release(&region);
}

Test(pool, an_item_as_large_as_a_line_of_the_cache_lies_in_one)
{
	struct region region;
	struct pool pool;

	region_init(&region);
	pool_init(&pool, &region, NEAR_CONTENT_ALIGNMENT);
	for (int i = 0; i < ITEMS; i++)
		cr_assert(eq(sz, (uintptr_t)pool_take(&pool) % NEAR_CONTENT_ALIGNMENT, 0));
	region_release(&region);
}
