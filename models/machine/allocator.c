/*
 * allocator.c - see allocator.h.
 */
#include "models/machine/allocator.h"

#include "models/machine/machine.h"
#include "models/machine/os_process.h"
#include "models/machine/os_thread.h"

#define PAGE_BYTES 4096
#define HEADER_BYTES 8
#define ALIGNMENT 16
#define LEAST_BYTES 32 /* MINSIZE: a block, and what stays of a top */
#define MAPPING_THRESHOLD (128 << 10)
#define MAPPING_THRESHOLD_MOST (32 << 20)
#define TOP_PAD (128 << 10)
#define TRIM_TRIED_FROM (64 << 10) /* FASTBIN_CONSOLIDATION_THRESHOLD */

static int64_t round_up(int64_t bytes, int64_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

static int64_t block_bytes(int64_t bytes)
{
	bytes = round_up(bytes + HEADER_BYTES, ALIGNMENT);
	return bytes < LEAST_BYTES ? LEAST_BYTES : bytes;
}

static int64_t mapping_bytes(int64_t bytes)
{
	return round_up(block_bytes(bytes) + HEADER_BYTES, PAGE_BYTES);
}

void malloc_thresholds_init(struct malloc_thresholds *thresholds)
{
	*thresholds = (struct malloc_thresholds){ MAPPING_THRESHOLD, MAPPING_THRESHOLD };
}

/* ---- Arenas ---- */

struct arena *arena_of(struct os_thread *thread)
{
	struct os_process *process = thread->process;

	if (thread->arena)
		return thread->arena;
	thread->arena = process->idle_arenas;
	if (thread->arena) {
		process->idle_arenas = thread->arena->next_idle;
	} else {
		thread->arena = region_alloc(thread->machine->region, sizeof(*thread->arena));
		thread->arena->process = process;
	}
	return thread->arena;
}

void arena_leave(struct os_thread *thread)
{
	struct arena *arena = thread->arena;

	if (!arena)
		return;
	arena->next_idle = thread->process->idle_arenas;
	thread->process->idle_arenas = arena;
	thread->arena = NULL;
}

/* ---- Records ---- */

static struct memory_block *record_new(struct arena *arena)
{
	struct memory_block *block = arena->spare;

	if (block)
		arena->spare = block->next;
	else
		block = region_alloc(arena->process->machine->region, sizeof(*block));
	*block = (struct memory_block){ .arena = arena };
	return block;
}

static void record_drop(struct memory_block *block)
{
	struct arena *arena = block->arena;

	block->next = arena->spare;
	arena->spare = block;
}

/* Puts a block behind `previous` (NULL: first). */
static struct memory_block *insert_behind(struct arena *arena, struct memory_block *previous, int64_t begin,
					  int64_t bytes)
{
	struct memory_block *block = record_new(arena);

	block->begin = begin;
	block->bytes = bytes;
	block->previous = previous;
	block->next = previous ? previous->next : arena->first;
	*(previous ? &previous->next : &arena->first) = block;
	*(block->next ? &block->next->previous : &arena->last) = block;
	return block;
}

static void take_out(struct memory_block *block)
{
	struct arena *arena = block->arena;

	*(block->previous ? &block->previous->next : &arena->first) = block->next;
	*(block->next ? &block->next->previous : &arena->last) = block->previous;
	record_drop(block);
}

/* ---- A heap ---- */

static void give_back(struct arena *arena, int64_t bytes)
{
	if (bytes == 0)
		return;
	arena->trims++;
	arena->released_bytes += bytes;
	arena->process->allocated_bytes -= bytes;
	os_process_use_memory(arena->process, -bytes);
}

/* systrim(), heap_trim(). */
static void trim(struct arena *arena)
{
	int64_t spare = arena->end - arena->top - LEAST_BYTES - 1 - TOP_PAD;

	if (arena->end - arena->top < arena->process->malloc_thresholds.trim || spare < PAGE_BYTES)
		return;
	arena->map_calls++;
	arena->end -= spare / PAGE_BYTES * PAGE_BYTES;
	if (arena->touched_end > arena->end) {
		int64_t touched = arena->touched_end - arena->end;

		if (touched > arena->touched_bytes) /* what was skipped below has not been */
			touched = arena->touched_bytes;
		arena->touched_bytes -= touched;
		give_back(arena, touched);
		arena->touched_end = arena->end;
	}
}

/* Joins it with its free neighbours, or with the top. */
static void free_in_heap(struct memory_block *block)
{
	struct arena *arena = block->arena;
	int64_t bytes;

	block->is_free = true;
	if (block->next && block->next->is_free) {
		block->bytes += block->next->bytes;
		take_out(block->next);
	}
	if (block->previous && block->previous->is_free) {
		block = block->previous;
		block->bytes += block->next->bytes;
		take_out(block->next);
	}
	bytes = block->bytes;
	if (block == arena->last) {
		bytes += arena->end - arena->top;
		arena->top = block->begin;
		take_out(block);
	}
	if (bytes >= TRIM_TRIED_FROM)
		trim(arena);
}

/* What is behind its first so many bytes is free. */
static void cut(struct memory_block *block, int64_t bytes)
{
	int64_t rest = block->bytes - bytes;

	if (rest < LEAST_BYTES)
		return;
	block->bytes = bytes;
	free_in_heap(insert_behind(block->arena, block, block->begin + bytes, rest));
}

static struct memory_block *take_from_top(struct arena *arena, int64_t bytes)
{
	struct memory_block *block = insert_behind(arena, arena->last, arena->top, bytes);

	arena->top += bytes;
	return block;
}

static bool top_has_room(const struct arena *arena, int64_t bytes)
{
	return arena->end - arena->top >= bytes + LEAST_BYTES;
}

static struct memory_block *best_fit(const struct arena *arena, int64_t bytes)
{
	struct memory_block *best = NULL;

	for (struct memory_block *block = arena->first; block; block = block->next)
		if (block->is_free && block->bytes >= bytes && (!best || block->bytes < best->bytes))
			best = block;
	return best;
}

/* ---- malloc(), realloc(), free() ---- */

struct memory_block *memory_allocate(struct arena *arena, int64_t bytes)
{
	int64_t wanted = block_bytes(bytes);
	struct memory_block *block = best_fit(arena, wanted);

	if (block) {
		block->is_free = false;
		cut(block, wanted);
		return block;
	}
	if (top_has_room(arena, wanted))
		return take_from_top(arena, wanted);
	if (wanted >= arena->process->malloc_thresholds.mapping) {
		block = record_new(arena);
		block->is_mapping = true;
		arena->map_calls++;
		block->bytes = mapping_bytes(bytes);
		return block;
	}
	arena->map_calls++;
	arena->end = arena->top + round_up(wanted + TOP_PAD + LEAST_BYTES, PAGE_BYTES);
	return take_from_top(arena, wanted);
}

void memory_free(struct memory_block *block)
{
	struct malloc_thresholds *thresholds = &block->arena->process->malloc_thresholds;

	if (!block->is_mapping) {
		free_in_heap(block);
		return;
	}
	if (block->bytes > thresholds->mapping && block->bytes <= MAPPING_THRESHOLD_MOST)
		*thresholds = (struct malloc_thresholds){ block->bytes, 2 * block->bytes };
	block->arena->map_calls++;
	give_back(block->arena, block->touched_bytes);
	record_drop(block);
}

static void resize_mapping(struct memory_block *block, int64_t bytes)
{
	if (block->bytes == mapping_bytes(bytes))
		return;
	block->bytes = mapping_bytes(bytes);
	block->arena->map_calls++;
	if (block->touched_bytes > block->bytes) {
		give_back(block->arena, block->touched_bytes - block->bytes);
		block->touched_bytes = block->bytes;
	}
}

/* Into what is free behind it. */
static bool grow_in_place(struct memory_block *block, int64_t wanted)
{
	struct arena *arena = block->arena;
	struct memory_block *next = block->next;

	if (!next && top_has_room(arena, wanted - block->bytes)) {
		block->bytes = wanted;
		arena->top = block->begin + wanted;
		return true;
	}
	if (!next || !next->is_free || block->bytes + next->bytes < wanted)
		return false;
	block->bytes += next->bytes;
	take_out(next);
	cut(block, wanted);
	return true;
}

struct memory_block *memory_resize(struct memory_block *block, int64_t bytes, int64_t used, int64_t *copied,
				   int64_t *fresh)
{
	int64_t wanted = block_bytes(bytes);
	struct memory_block *moved;

	if (block->is_mapping) {
		resize_mapping(block, bytes);
		return block;
	}
	if (wanted <= block->bytes) {
		cut(block, wanted);
		return block;
	}
	if (grow_in_place(block, wanted))
		return block;
	moved = memory_allocate(block->arena, bytes);
	if (moved == block->next) { /* the new one is right behind it */
		block->bytes += moved->bytes;
		take_out(moved);
		cut(block, wanted);
		return block;
	}
	*fresh += memory_touch(moved, used);
	*copied += used;
	memory_free(block);
	return moved;
}

int64_t memory_touch(struct memory_block *block, int64_t bytes)
{
	struct arena *arena = block->arena;
	int64_t *touched = block->is_mapping ? &block->touched_bytes : &arena->touched_end;
	int64_t end = round_up(block->begin + bytes, PAGE_BYTES);
	int64_t from = *touched > block->begin ? *touched : block->begin;
	int64_t fresh = end > from ? end - from : 0;

	if (end > *touched)
		*touched = end;
	if (!block->is_mapping)
		arena->touched_bytes += fresh;
	arena->process->allocated_bytes += fresh;
	os_process_use_memory(arena->process, fresh);
	return fresh;
}

sim_ns memory_fault_cost(const struct os_thread *thread, int64_t fresh_bytes)
{
	return (fresh_bytes + PAGE_BYTES - 1) / PAGE_BYTES * machine_cost(thread->machine, COST_MEM_FAULT);
}

static bool runs_elsewhere(const struct os_thread *thread)
{
	const struct machine_model *machine = thread->machine;

	for (int i = 0; i < machine->core_count; i++) {
		const struct os_thread *other = machine->cores[i].current;

		if (other && other != thread && other->process == thread->process)
			return true;
	}
	return false;
}

sim_ns memory_kernel_cost(struct os_thread *thread)
{
	const struct machine_model *machine = thread->machine;
	struct arena *arena = thread->arena;
	sim_ns cost;

	if (!arena || arena->map_calls == 0)
		return 0;
	cost = arena->map_calls * machine_cost(machine, COST_MEM_MAP) +
	       arena->released_bytes / PAGE_BYTES * machine_cost(machine, COST_MEM_RELEASE);
	if (arena->trims > 0 && runs_elsewhere(thread))
		cost += arena->trims * machine_cost(machine, COST_MEM_SHOOTDOWN);
	arena->map_calls = arena->trims = arena->released_bytes = 0;
	return cost;
}

sim_ns memory_exit_cost(const struct os_process *process)
{
	return process->allocated_bytes / PAGE_BYTES * machine_cost(process->machine, COST_MEM_RELEASE);
}
