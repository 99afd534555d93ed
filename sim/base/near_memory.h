/*
 * near_memory.h - memory in which an address takes four bytes, for what refers to those of which there are
 * millions.
 *
 * All of it lies in one part of the address space, which is reserved when it is first asked for; a reference counts
 * eights of bytes from where that begins. It comes in chunks, which regions take (region_take_chunk()) and pools
 * cut up.
 */
#ifndef SIM_BASE_NEAR_MEMORY_H
#define SIM_BASE_NEAR_MEMORY_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Of something in near memory; 0: of nothing. */
typedef uint32_t near_ref;

#define NEAR_UNIT_BYTES 8
#define NEAR_CHUNK_BYTES ((size_t)1 << 14)
/* What is as large as a line of the cache shall lie in one. */
#define NEAR_CONTENT_ALIGNMENT 64

struct near_chunk {
	struct near_chunk *next;	 /* of the region's */
	struct near_chunk *next_of_pool; /* if it is a pool's */
	_Alignas(NEAR_CONTENT_ALIGNMENT) unsigned char content[];
};

#define NEAR_CONTENT_BYTES (NEAR_CHUNK_BYTES - offsetof(struct near_chunk, content))

/* Where references are counted from. */
extern unsigned char *near_memory;

/* A chunk, whose content is anything; NULL: there is no more. Any thread may call these. */
struct near_chunk *near_chunk_take(void);
/* Gives back a list of chunks. */
void near_chunks_give_back(struct near_chunk *chunks);

/* What is referred to; it must be something. */
static inline void *near_at(near_ref ref)
{
	return near_memory + (size_t)ref * NEAR_UNIT_BYTES;
}

static inline void *near_at_or_null(near_ref ref)
{
	return ref != 0 ? near_at(ref) : NULL;
}

/* The chunk in which something lies. */
static inline struct near_chunk *near_chunk_of(const void *content)
{
	const size_t distance_bytes = (size_t)((const unsigned char *)content - near_memory);

	return (struct near_chunk *)(void *)(near_memory + distance_bytes / NEAR_CHUNK_BYTES * NEAR_CHUNK_BYTES);
}

/* The reference to something in near memory, which has to begin at a multiple of NEAR_UNIT_BYTES. */
static inline near_ref near_ref_to(const void *content)
{
	const size_t distance_bytes = (size_t)((const unsigned char *)content - near_memory);

	assert(distance_bytes % NEAR_UNIT_BYTES == 0 && distance_bytes / NEAR_UNIT_BYTES <= UINT32_MAX);
	return (near_ref)(distance_bytes / NEAR_UNIT_BYTES);
}

static inline near_ref near_ref_or_none(const void *content)
{
	return content ? near_ref_to(content) : 0;
}

/* Fetches so many bytes into the cache, for who will touch them soon: small things may reach into a second line. (gcc leaves
 * calls out of what only prefetches.) */
static inline __attribute__((always_inline)) void near_fetch(near_ref ref, size_t bytes)
{
	const unsigned char *content = near_at(ref);

	__builtin_prefetch(content);
	__builtin_prefetch(content + bytes - 1);
}

#endif
