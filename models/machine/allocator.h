/*
 * allocator.h - malloc() of large blocks: which of their pages a process touches for the first time.
 *
 * Source      glibc 2.36, malloc/malloc.c and arena.c: what no free block and no top has room for comes from mmap()
 *             from 128 KiB on (M_MMAP_THRESHOLD), else from a heap that grows; a mapping is given back by free(),
 *             which sets the threshold to its size (32 MiB at most) and M_TRIM_THRESHOLD to twice that: a heap
 *             whose top is larger than that gives it back down to 128 KiB (M_TOP_PAD). Blocks are taken from the
 *             smallest free one that fits; neighbours that are free become one. realloc() grows a mapping by
 *             mremap(), a block into what is free behind it, else into a new one. Each thread has a heap (arena) of
 *             its own, which the next one inherits.
 * Modelled    all that, for the blocks that somebody asks for here; pages of a heap are touched from its beginning
 *             on.
 * Left out    small blocks; that there are no more than 8 arenas a core; copies of pages after fork(): a child
 *             begins with an empty heap and its parent's thresholds; the pages' table entries that mremap() moves.
 */
#ifndef MODELS_MACHINE_ALLOCATOR_H
#define MODELS_MACHINE_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/sim_time.h"

struct os_process;
struct os_thread;

/* Of a heap: its neighbours are those in memory. Of a mapping: it has none. */
struct memory_block {
	struct arena *arena;
	struct memory_block *next, *previous;
	int64_t begin, bytes;  /* with malloc's header, rounded up */
	int64_t touched_bytes; /* of a mapping */
	bool is_free, is_mapping;
	struct memory_block *next_made; /* for who has several */
};

/* A thread's heap: blocks without gaps between them, then the top. */
struct arena {
	struct os_process *process;
	struct arena *next_idle;
	struct memory_block *first, *last;
	struct memory_block *spare; /* records to be used again */
	int64_t top, end;	    /* where the blocks end, and what it has of the kernel */
	int64_t touched_end, touched_bytes;
	int64_t map_calls, trims, released_bytes; /* of the kernel, since memory_kernel_cost() was asked */
	struct memory_block *message; /* of connections: pickled, or received and not yet unpickled */
};

/* What the arenas of a process share; inherited by fork(). */
struct malloc_thresholds {
	int64_t mapping, trim;
};
void malloc_thresholds_init(struct malloc_thresholds *thresholds);

/* The calling thread's; leaves it to another one at its end (arena_leave(), if it has any). */
struct arena *arena_of(struct os_thread *thread);
void arena_leave(struct os_thread *thread);

struct memory_block *memory_allocate(struct arena *arena, int64_t bytes);
/* As realloc(): its first `used` bytes are kept; those that had to be copied are added to `*copied`, and what that
 * faults to `*fresh`. */
struct memory_block *memory_resize(struct memory_block *block, int64_t bytes, int64_t used, int64_t *copied,
				   int64_t *fresh);
/* Writes to its first so many bytes; returns how many of them the kernel has to give pages for. */
int64_t memory_touch(struct memory_block *block, int64_t bytes);
void memory_free(struct memory_block *block);

/* What so many fresh bytes cost: page faults. */
sim_ns memory_fault_cost(const struct os_thread *thread, int64_t fresh_bytes);
/* What the kernel has taken for the thread's allocations since this was asked last: mappings, heaps that grow and shrink,
 * pages given back. Those cost more while another core runs a thread of the same process: it has to flush its translations
 * (arch/x86/mm/tlb.c:flush_tlb_mm_range()), and is waited for. */
sim_ns memory_kernel_cost(struct os_thread *thread);
/* What a process that ends has to give back of what it has allocated. */
sim_ns memory_exit_cost(const struct os_process *process);

#endif
