/*
 * test_region.c - what region.h promises: ownership, limits, and failures that unwind.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/redirect.h>

#include <stdint.h>
#include <string.h>

#include "sim/base/region.h"

Test(region, size_counts_what_is_handed_out_and_not_given_back)
{
	struct region region;
	char *a, *b, *c;

	region_init(&region);
	a = region_alloc(&region, 37);
	b = region_alloc_array(&region, 7, 11);
	c = region_strdup(&region, "convoy");
	cr_expect(eq(sz, region.size_bytes, 37 + 77 + 7));
	region_free(&region, b);
	cr_expect(eq(sz, region.size_bytes, 37 + 7));
	a = region_resize(&region, a, 4099);
	cr_expect(eq(sz, region.size_bytes, 4099 + 7));
	region_free(&region, NULL);
	region_free(&region, a);
	region_free(&region, c);
	cr_expect(eq(sz, region.size_bytes, 0));
	region_release(&region);
}

Test(region, memory_is_zeroed_and_aligned_for_any_type)
{
	struct region region;

	region_init(&region);
	for (size_t size = 0; size < 300; size += 13) {
		unsigned char *block = region_alloc(&region, size);

		cr_assert(eq(sz, (uintptr_t)block % _Alignof(max_align_t), 0), "%zu bytes", size);
		for (size_t i = 0; i < size; i++)
			cr_assert(eq(int, block[i], 0));
		memset(block, 0xa5, size);
		/* Every third goes back, so that the next ones come from used memory. */
		if (size % 3 == 0)
			region_free(&region, block);
	}
	region_release(&region);
}

Test(region, blocks_of_size_0_are_valid_and_differ)
{
	struct region region;
	void *a, *b;

	region_init(&region);
	a = region_alloc(&region, 0);
	b = region_alloc(&region, 0);
	cr_expect(ne(ptr, a, NULL));
	cr_expect(ne(ptr, a, b));
	region_release(&region);
}

Test(region, a_released_region_is_empty_and_usable_again)
{
	struct region region;

	region_init(&region);
	for (size_t i = 0; i < 29; i++)
		region_alloc(&region, 1000 * i);
	region_release(&region);
	cr_expect(eq(sz, region.size_bytes, 0));
	cr_expect(eq(str, region_strdup(&region, "again"), "again"));
	region_release(&region);
}

Test(region, resize_keeps_the_content_and_the_list_wherever_the_block_stands)
{
	struct region region;
	char *blocks[5];

	region_init(&region);
	for (size_t i = 0; i < 5; i++) {
		blocks[i] = region_alloc(&region, 17);
		memset(blocks[i], 'a' + (int)i, 17);
	}
	/* First, last and middle of the list, large enough that they move. */
	for (size_t i = 0; i < 5; i += 2)
		blocks[i] = region_resize(&region, blocks[i], 700001);
	for (size_t i = 0; i < 5; i++)
		cr_expect(eq(chr, blocks[i][16], (char)('a' + (int)i)));
	/* Neighbours of what has moved: the list must lead around them and to all that is left. */
	region_free(&region, blocks[3]);
	region_free(&region, blocks[0]);
	cr_expect(eq(sz, region.size_bytes, 2 * 700001 + 17));
	region_release(&region);
}

Test(region, strings_are_copied_to_their_length)
{
	struct region region;

	region_init(&region);
	cr_expect(eq(str, region_strndup(&region, "threads.p50", 7), "threads"));
	cr_expect(eq(str, region_strndup(&region, "io", 7), "io"));
	cr_expect(eq(str, region_format(&region, "%s[%d].%s", "tasks", 713, "io"), "tasks[713].io"));
	cr_expect(eq(str, region_format(&region, "%s", ""), ""));
	region_release(&region);
}

Test(region, grow_doubles_only_when_full)
{
	struct region region;
	uint32_t *array = NULL;
	size_t capacity = 0, growth_count = 0;

	region_init(&region);
	for (size_t count = 0; count < 1009; count++) {
		size_t before = capacity;

		array = region_grow(&region, array, count, &capacity, sizeof(*array));
		cr_assert(gt(sz, capacity, count));
		growth_count += capacity != before;
		array[count] = (uint32_t)count * 3;
	}
	cr_expect(eq(sz, capacity, 1024));
	cr_expect(eq(sz, growth_count, 8));
	for (size_t i = 0; i < 1009; i++)
		cr_assert(eq(u32, array[i], (uint32_t)i * 3));
	region_release(&region);
}

/* --- failures ------------------------------------------------------------------------------- */

/* Does a little of everything; returns how many allocations that takes. */
static void use_region(struct region *region)
{
	size_t capacity = 0;
	void *array = NULL;
	char *text;

	region_alloc(region, 71);
	text = region_format(region, "%d", 4711);
	text = region_resize(region, text, 333);
	for (size_t i = 0; i < 40; i++)
		array = region_grow(region, array, i, &capacity, 24);
	region_free(region, text);
	region_strdup(region, "end");
}

/* True when the use of the region ran to its end. */
static bool use_region_failing_after(struct region *region, uint64_t allocation_count)
{
	jmp_buf unwind;

	if (setjmp(unwind) != 0) {
		region_fail_after(UINT64_MAX);
		region->unwind = NULL;
		return false;
	}
	region->unwind = &unwind;
	region_fail_after(allocation_count);
	use_region(region);
	region_fail_after(UINT64_MAX);
	region->unwind = NULL;
	return true;
}

Test(region, each_failing_allocation_unwinds_and_leaves_nothing_behind)
{
	uint64_t failure_count = 0;

	/* A leak would be found by the sanitizer build. */
	for (;; failure_count++) {
		struct region region;
		bool ended;

		region_init(&region);
		ended = use_region_failing_after(&region, failure_count);
		region_release(&region);
		cr_assert(eq(sz, region.size_bytes, 0));
		if (ended)
			break;
	}
	/* 71 bytes, the format, its resize, 8, 16, 32, 64 elements, "end". */
	cr_expect(eq(u64, failure_count, 8));
}

static bool allocation_unwinds(struct region *region, size_t count, size_t size_bytes)
{
	jmp_buf unwind;

	if (setjmp(unwind) != 0) {
		region->unwind = NULL;
		return true;
	}
	region->unwind = &unwind;
	region_alloc_array(region, count, size_bytes);
	region->unwind = NULL;
	return false;
}

Test(region, what_exceeds_the_limit_or_any_size_fails)
{
	struct region region;

	region_init(&region);
	cr_expect(allocation_unwinds(&region, SIZE_MAX / 16 + 3, 17));
	cr_expect(allocation_unwinds(&region, 1, SIZE_MAX));
	cr_expect(allocation_unwinds(&region, 1, SIZE_MAX - 40));
	region.limit_bytes = 1000;
	cr_expect(not(allocation_unwinds(&region, 7, 99)));
	cr_expect(allocation_unwinds(&region, 1, 308));
	cr_expect(not(allocation_unwinds(&region, 1, 307)));
	cr_expect(allocation_unwinds(&region, 1, 1));
	cr_expect(eq(sz, region.size_bytes, 1000));
	region_release(&region);
}

static bool resize_unwinds(struct region *region, void *block, size_t size_bytes)
{
	jmp_buf unwind;

	if (setjmp(unwind) != 0) {
		region->unwind = NULL;
		return true;
	}
	region->unwind = &unwind;
	region_resize(region, block, size_bytes);
	region->unwind = NULL;
	return false;
}

static bool growth_unwinds(struct region *region, size_t count, size_t element_bytes)
{
	size_t capacity = count;
	jmp_buf unwind;

	if (setjmp(unwind) != 0) {
		region->unwind = NULL;
		return true;
	}
	region->unwind = &unwind;
	region_grow(region, NULL, count, &capacity, element_bytes);
	region->unwind = NULL;
	return false;
}

Test(region, a_resize_that_fails_leaves_the_block_as_it_was)
{
	struct region region;
	char *text;

	region_init(&region);
	text = region_strdup(&region, "convoy");
	region.limit_bytes = 711;
	cr_expect(resize_unwinds(&region, text, 712));
	cr_expect(resize_unwinds(&region, text, SIZE_MAX - 7));
	cr_expect(growth_unwinds(&region, SIZE_MAX / 2 + 1, 1));
	cr_expect(growth_unwinds(&region, SIZE_MAX / 8, 13));
	cr_expect(eq(str, text, "convoy"));
	cr_expect(eq(sz, region.size_bytes, 7));
	region_release(&region);
}

/* That it is freed in both cases is LeakSanitizer's to say. */
Test(region, a_text_that_is_taken_is_copied_or_fails_as_an_allocation_does)
{
	struct region region;
	jmp_buf unwind;

	region_init(&region);
	cr_expect(eq(str, region_take_text(&region, strdup("convoy")), "convoy"));
	region.unwind = &unwind;
	region_fail_after(0);
	if (setjmp(unwind) == 0) {
		region_take_text(&region, strdup("lost"));
		cr_fail("it went on");
	}
	region_fail_after(UINT64_MAX);
	cr_expect(eq(ptr, region.unwind, &unwind), "the caller's target is there again");
	region.unwind = NULL;
	region_release(&region);
}

Test(region, without_an_unwind_target_failure_ends_the_program_with_status_3, .exit_code = 3)
{
	struct region region;

	region_init(&region);
	region_fail_after(0);
	region_alloc(&region, 5);
}

Test(region, one_within_another_is_released_with_it)
{
	struct region outer, first, second;
	jmp_buf failed;

	for (int in = 0; in < 3; in++) {
		struct region *const each[] = { &outer, &first, &second };
		volatile bool returned = false;

		region_init(&outer);
		outer.unwind = &failed;
		if (setjmp(failed) == 0) {
			region_init_within(&first, &outer);
			region_alloc(&first, 100);
			region_init_within(&second, &outer);
			region_alloc(&second, 100);
			region_fail_after(0);
			region_alloc(each[in], 100);
			returned = true;
		}
		region_fail_after(UINT64_MAX);
		cr_expect(eq(int, returned, false));
		/* That nothing is left of them the sanitizers see, too. */
		cr_expect(first.blocks == NULL && second.blocks == NULL);
		cr_expect(eq(ptr, outer.inner, NULL));
		region_release(&outer);
	}
	region_init(&outer);
	region_init_within(&first, &outer);
	region_init_within(&second, &outer);
	region_release(&second);
	region_release(&first);
	cr_expect(eq(ptr, outer.inner, NULL));
	region_release(&outer);
}
