/*
 * region.h - the one wrapper of all of gilsim's own allocations.
 *
 * A region owns every block allocated from it. A stage (parse, compile, simulate) takes its
 * memory from one region and gives all of it back with region_release(), also after a failure
 * halfway: an allocation that fails, or would exceed the region's limit, does not return but
 * jumps to the stage's entry (region.unwind), which releases the region and reports. So no code
 * in between needs a check after an allocation, and none leaks.
 */
#ifndef SIM_BASE_REGION_H
#define SIM_BASE_REGION_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct region_block;
struct near_chunk;

struct region {
	struct region_block *blocks; /* owned; doubly linked, newest first */
	struct near_chunk *chunks;   /* owned, likewise */
	unsigned char *near_unused, *near_end; /* of the chunk that region_alloc_near() cuts up */
	size_t size_bytes;	     /* handed out and not yet given back */
	size_t limit_bytes;	     /* 0: none */
	bool is_over_limit;	     /* the last allocation would have exceeded it */
	jmp_buf *unwind;	     /* borrowed; NULL: print "out of memory" and exit with status 3 */
	struct region *outer;	     /* NULL, or the region within which it lives, */
	struct region *inner;	     /* the newest one that lives within this one, */
	struct region *older;	     /* and the one that was that before */
};

/* The region starts empty, without a limit and without an unwind target. */
void region_init(struct region *region);
/* The same for one that lives within `outer` until it is released, later ones first: when an allocation fails in `outer`, or in
 * it while it has no unwind target of its own, it is released, and `outer` fails. */
void region_init_within(struct region *region, struct region *outer);
/* Frees every block; the region is empty and usable again. */
void region_release(struct region *region);

/* What an allocation that fails does: jumps to `unwind`, or ends the program. For who has unwound an inner region. */
_Noreturn void region_fail(struct region *region);
/* A line for people: that memory is short, or which limit the last allocation would have exceeded. */
void region_print_failure(const struct region *region, FILE *stream);

/* Zeroed memory, aligned for any type. Size 0 gives a valid unique pointer. */
void *region_alloc(struct region *region, size_t size_bytes);
/* count * size_bytes, overflow checked. */
void *region_alloc_array(struct region *region, size_t count, size_t size_bytes);
/* As realloc; `content` may be NULL. What lies beyond the old size is not initialised. */
void *region_resize(struct region *region, void *content, size_t size_bytes);
/* The same in near memory (near_memory.h), for what there are few of: it goes with the region and not before. */
void *region_alloc_near(struct region *region, size_t size_bytes);
/* A chunk of near memory, which goes with the region; its content is anything. */
struct near_chunk *region_take_chunk(struct region *region);
/* Gives one block back early; NULL is allowed. */
void region_free(struct region *region, void *content);
/* A copy of a text that malloc() or open_memstream() has made, which is freed, also when the copy fails. NULL: there was no
 * memory for the text either. */
char *region_take_text(struct region *region, char *text);
/* A copy of `text` (or of its first `length` bytes, terminated). */
char *region_strdup(struct region *region, const char *text);
char *region_strndup(struct region *region, const char *text, size_t length);
/* printf into a new string. */
char *region_format(struct region *region, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for one more element of a growing array: doubles `*capacity` when `count` has reached it. */
void *region_grow(struct region *region, void *array, size_t count, size_t *capacity, size_t element_bytes);

/* For tests: let the n-th allocation from now on (0: the next) fail, in all regions of this thread;
 * UINT64_MAX switches it off. */
void region_fail_after(uint64_t allocation_count);

#endif
