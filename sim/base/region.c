/*
 * region.c - blocks from malloc in a doubly linked list, so that one can go early and all at the end.
 *
 * malloc and not an arena: arrays of millions of entries grow in place by mremap, the sanitizers see
 * every overrun, and a block given back early is really free. The header costs 32 bytes a block.
 */
#include "sim/base/region.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/base/near_memory.h"

struct region_block {
	struct region_block *newer, *older;
	struct region *region;
	size_t size_bytes;
	_Alignas(max_align_t) unsigned char content[];
};

#define REGION_GROW_LEAST 8
/* A block of so many bytes is a mapping of its own (malloc(3): M_MMAP_THRESHOLD grows no further). */
#define MAPPED_BYTES ((size_t)32 << 20)
#define PAGE_BYTES ((uintptr_t)4096)

/* How many allocations of this thread still succeed; only tests set it. */
static _Thread_local uint64_t allocations_left = UINT64_MAX;

void region_fail_after(uint64_t allocation_count)
{
	allocations_left = allocation_count;
}

static bool allocation_may_succeed(void)
{
	if (allocations_left == UINT64_MAX)
		return true;
	if (allocations_left == 0)
		return false;
	allocations_left--;
	return true;
}

void region_print_failure(const struct region *region, FILE *stream)
{
	if (region->is_over_limit)
		fprintf(stream, "gilsim: more than %zu MiB of memory are needed, which is the limit\n",
			region->limit_bytes >> 20);
	else
		fprintf(stream, "gilsim: out of memory\n");
}

_Noreturn void region_fail(struct region *region)
{
	struct region *target = region;

	while (!target->unwind && target->outer)
		target = target->outer;
	if (!target->unwind)
		region_print_failure(region, stderr);
	while (target->inner)
		region_release(target->inner);
	if (target->unwind)
		longjmp(*target->unwind, 1);
	exit(3);
}

static struct region_block *block_of(void *content)
{
	return (struct region_block *)(void *)((unsigned char *)content - offsetof(struct region_block, content));
}

/* Whether `growth_bytes` more stay within the region's limit. */
static bool fits_limit(struct region *region, size_t growth_bytes)
{
	region->is_over_limit = region->limit_bytes > 0 && (region->size_bytes > region->limit_bytes ||
							    growth_bytes > region->limit_bytes - region->size_bytes);
	return !region->is_over_limit;
}

/* The size of the block with its header, or 0 when that is more than any object can have. */
static size_t gross_bytes(size_t size_bytes)
{
	if (size_bytes > PTRDIFF_MAX - sizeof(struct region_block))
		return 0;
	return sizeof(struct region_block) + size_bytes;
}

/* What is as large is read and written all over, and the processor knows the places of few pages. The whole of a mapping,
 * from its first page on: of two parts with different advice mremap would not take both. */
static void prefer_huge_pages(struct region_block *block, size_t gross)
{
	const uintptr_t start = (uintptr_t)block / PAGE_BYTES * PAGE_BYTES;

	if (gross >= MAPPED_BYTES) /* without them it is only slower */
		(void)madvise((void *)start, (uintptr_t)block - start + gross, MADV_HUGEPAGE);
}

static void block_link(struct region *region, struct region_block *block)
{
	block->newer = NULL;
	block->older = region->blocks;
	if (region->blocks)
		region->blocks->newer = block;
	region->blocks = block;
}

void region_init(struct region *region)
{
	memset(region, 0, sizeof(*region));
}

void region_init_within(struct region *region, struct region *outer)
{
	region_init(region);
	region->outer = outer;
	region->older = outer->inner;
	outer->inner = region;
}

void region_release(struct region *region)
{
	struct region_block *block = region->blocks;

	if (region->outer) {
		assert(region->outer->inner == region);
		region->outer->inner = region->older;
		region->outer = NULL;
	}
	while (block) {
		struct region_block *older = block->older;

		free(block);
		block = older;
	}
	region->blocks = NULL;
	if (region->chunks)
		near_chunks_give_back(region->chunks);
	region->chunks = NULL;
	region->near_unused = region->near_end = NULL;
	region->size_bytes = 0;
}

void *region_alloc(struct region *region, size_t size_bytes)
{
	size_t gross = gross_bytes(size_bytes);
	struct region_block *block;

	if (gross == 0 || !fits_limit(region, size_bytes) || !allocation_may_succeed())
		region_fail(region);
	block = calloc(1, gross);
	if (!block)
		region_fail(region);
	prefer_huge_pages(block, gross);
	block->region = region;
	block->size_bytes = size_bytes;
	block_link(region, block);
	region->size_bytes += size_bytes;
	return block->content;
}

void *region_alloc_array(struct region *region, size_t count, size_t size_bytes)
{
	size_t total_bytes;

	if (__builtin_mul_overflow(count, size_bytes, &total_bytes))
		region_fail(region);
	return region_alloc(region, total_bytes);
}

struct near_chunk *region_take_chunk(struct region *region)
{
	struct near_chunk *chunk;

	if (!fits_limit(region, NEAR_CHUNK_BYTES) || !allocation_may_succeed())
		region_fail(region);
	chunk = near_chunk_take();
	if (!chunk)
		region_fail(region);
	chunk->next = region->chunks;
	region->chunks = chunk;
	region->size_bytes += NEAR_CHUNK_BYTES;
	return chunk;
}

void *region_alloc_near(struct region *region, size_t size_bytes)
{
	const size_t bytes = (size_bytes + NEAR_UNIT_BYTES - 1) / NEAR_UNIT_BYTES * NEAR_UNIT_BYTES;
	unsigned char *content;

	assert(bytes <= NEAR_CONTENT_BYTES);
	if (bytes > (size_t)(region->near_end - region->near_unused)) {
		region->near_unused = region_take_chunk(region)->content;
		region->near_end = region->near_unused + NEAR_CONTENT_BYTES;
	}
	content = region->near_unused;
	region->near_unused += bytes;
	return memset(content, 0, bytes);
}

void *region_resize(struct region *region, void *content, size_t size_bytes)
{
	size_t gross = gross_bytes(size_bytes);
	struct region_block *block, *resized;
	size_t old_bytes;

	if (!content)
		return region_alloc(region, size_bytes);
	block = block_of(content);
	assert(block->region == region);
	old_bytes = block->size_bytes;
	if (gross == 0 || (size_bytes > old_bytes && !fits_limit(region, size_bytes - old_bytes)) ||
	    !allocation_may_succeed())
		region_fail(region);
	resized = realloc(block, gross);
	if (!resized)
		region_fail(region);
	prefer_huge_pages(resized, gross);
	/* The block may have moved: its neighbours, or the head of the list, must point to the new place. */
	if (resized->older)
		resized->older->newer = resized;
	if (resized->newer)
		resized->newer->older = resized;
	else
		region->blocks = resized;
	resized->size_bytes = size_bytes;
	region->size_bytes = region->size_bytes - old_bytes + size_bytes;
	return resized->content;
}

void region_free(struct region *region, void *content)
{
	struct region_block *block;

	if (!content)
		return;
	block = block_of(content);
	assert(block->region == region);
	if (block->older)
		block->older->newer = block->newer;
	if (block->newer)
		block->newer->older = block->older;
	else
		region->blocks = block->older;
	region->size_bytes -= block->size_bytes;
	free(block);
}

char *region_strndup(struct region *region, const char *text, size_t length)
{
	char *copy;

	length = strnlen(text, length);
	copy = region_alloc(region, length + 1);
	memcpy(copy, text, length);
	return copy;
}

char *region_strdup(struct region *region, const char *text)
{
	return region_strndup(region, text, strlen(text));
}

char *region_take_text(struct region *region, char *text)
{
	jmp_buf failed, *outer = region->unwind;
	char *volatile copy = NULL;

	region->unwind = &failed;
	if (text && setjmp(failed) == 0)
		copy = region_strdup(region, text);
	region->unwind = outer;
	free(text);
	if (!copy)
		region_fail(region);
	return copy;
}

char *region_format(struct region *region, const char *format, ...)
{
	va_list arguments;
	int length;
	char *text;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		region_fail(region);
	text = region_alloc(region, (size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}

void *region_grow(struct region *region, void *array, size_t count, size_t *capacity, size_t element_bytes)
{
	size_t larger, total_bytes;

	if (count < *capacity)
		return array;
	larger = *capacity < REGION_GROW_LEAST ? REGION_GROW_LEAST : *capacity;
	while (larger <= count || larger == *capacity) {
		if (__builtin_mul_overflow(larger, (size_t)2, &larger))
			region_fail(region);
	}
	if (__builtin_mul_overflow(larger, element_bytes, &total_bytes))
		region_fail(region);
	array = region_resize(region, array, total_bytes);
	*capacity = larger;
	return array;
}
