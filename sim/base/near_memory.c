/*
 * near_memory.c - see near_memory.h.
 *
 * The addresses are reserved without memory behind them, which comes in large steps as chunks are taken in order.
 * Chunks that come back are taken again first; when all have come back, what lies beyond the first KEPT_BYTES goes
 * to the system.
 */
#include "sim/base/near_memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>

#define RESERVED_BYTES_MOST (((size_t)1 << 32) * NEAR_UNIT_BYTES)
#define RESERVED_BYTES_LEAST ((size_t)1 << 28)
#define STEP_BYTES ((size_t)1 << 24)
/* So much is no burden; beyond, huge pages serve, since what lies there is taken and given back in any order, and
 * with small pages nearly each would be another way through the page tables. */
#define KEPT_BYTES STEP_BYTES

unsigned char *near_memory;

static struct {
	pthread_mutex_t mutex; /* guards all below */
	size_t reserved_bytes, usable_bytes, used_bytes;
	struct near_chunk *free;
	size_t taken_count;
} state = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* Less where the process may not have as many addresses (ulimit -v). */
static bool reserve(void)
{
	for (size_t bytes = RESERVED_BYTES_MOST; bytes >= RESERVED_BYTES_LEAST; bytes /= 2) {
		void *start = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (start == MAP_FAILED)
			continue;
		near_memory = start;
		state.reserved_bytes = bytes;
		state.used_bytes = NEAR_CHUNK_BYTES; /* nothing has the reference 0 */
		return true;
	}
	return false;
}

/* Puts memory behind the next addresses. */
static bool extend(void)
{
	unsigned char *end = near_memory + state.usable_bytes;

	if (state.usable_bytes == state.reserved_bytes || mprotect(end, STEP_BYTES, PROT_READ | PROT_WRITE) != 0)
		return false;
	if (state.usable_bytes >= KEPT_BYTES)
		(void)madvise(end, STEP_BYTES, MADV_HUGEPAGE); /* without them it is only slower */
	state.usable_bytes += STEP_BYTES;
	return true;
}

static struct near_chunk *take(void)
{
	struct near_chunk *chunk = state.free;

	if (chunk) {
		state.free = chunk->next;
	} else {
		if (!near_memory && !reserve())
			return NULL;
		if (state.used_bytes + NEAR_CHUNK_BYTES > state.usable_bytes && !extend())
			return NULL;
		chunk = (struct near_chunk *)(void *)(near_memory + state.used_bytes);
		state.used_bytes += NEAR_CHUNK_BYTES;
	}
	state.taken_count++;
	return chunk;
}

struct near_chunk *near_chunk_take(void)
{
	struct near_chunk *chunk;

	pthread_mutex_lock(&state.mutex);
	chunk = take();
	pthread_mutex_unlock(&state.mutex);
	return chunk;
}

/* Nothing is in use: all begins anew. */
static void forget_all(void)
{
	if (state.used_bytes > KEPT_BYTES)
		(void)madvise(near_memory + KEPT_BYTES, state.used_bytes - KEPT_BYTES, MADV_DONTNEED);
	state.used_bytes = NEAR_CHUNK_BYTES;
	state.free = NULL;
}

void near_chunks_give_back(struct near_chunk *chunks)
{
	pthread_mutex_lock(&state.mutex);
	while (chunks) {
		struct near_chunk *next = chunks->next;

		chunks->next = state.free;
		state.free = chunks;
		state.taken_count--;
		chunks = next;
	}
	if (state.taken_count == 0)
		forget_all();
	pthread_mutex_unlock(&state.mutex);
}
