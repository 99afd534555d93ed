/*
 * test_queue.c - first in, first out, over many blocks; what has been emptied is given back.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim/base/queue.h"

#define ELEMENTS 200000u

static void append(struct queue *queue, uint64_t value)
{
	*(uint64_t *)queue_append(queue) = value;
}

static void expect_next(struct queue *queue, uint64_t value)
{
	const uint64_t taken = *(const uint64_t *)queue_take(queue);

	cr_assert(eq(u64, taken, value));
}

Test(queue, first_in_first_out_and_gives_its_blocks_back)
{
	struct region region;
	struct queue queue;
	size_t full_bytes;

	region_init(&region);
	queue_init(&queue, &region, sizeof(uint64_t));
	for (uint64_t i = 0; i < ELEMENTS; i++)
		append(&queue, i);
	full_bytes = region.size_bytes;
	cr_expect(eq(sz, queue.count, (size_t)ELEMENTS));
	for (uint64_t i = 0; i < ELEMENTS; i++)
		expect_next(&queue, i);
	cr_expect(eq(sz, queue.count, (size_t)0));
	cr_expect(lt(sz, region.size_bytes, full_bytes / 2));
	region_release(&region);
}

/* As long as it stays short it allocates nothing, however many go through. */
Test(queue, goes_on_without_allocating)
{
	uint64_t next_in = 0, next_out = 0;
	struct region region;
	struct queue queue;

	region_init(&region);
	queue_init(&queue, &region, sizeof(uint64_t));
	for (; next_in < 1000; next_in++) {
		append(&queue, next_in);
		if (next_in % 3 > 0)
			expect_next(&queue, next_out++);
	}
	while (queue.count > 1)
		expect_next(&queue, next_out++);
	region_fail_after(8);
	for (; next_in < ELEMENTS; next_in++) {
		append(&queue, next_in);
		expect_next(&queue, next_out++);
	}
	region_fail_after(UINT64_MAX);
	region_release(&region);
}
