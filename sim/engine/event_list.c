/*
 * event_list.c - a small heap in front of a radix sort that is never finished.
 *
 * The front is an implicit 4-ary heap that holds every entry up to front_last_ns. An entry is 16 bytes
 * and the four children of a node share a cache line, so a level costs one line and a choice
 * without branches. While few events are pending that is all there is.
 *
 * With more, those after front_last_ns wait in the back, in buckets: by the highest 8-bit digit in which
 * their time differs from a base that never lies after any of them (a radix heap: Ahuja, Mehlhorn,
 * Orlin, Tarjan, JACM 37 (1990); a ladder queue with fixed rungs: Tang, Goh, Thng, TOMACS 15 (2005)).
 * Adding is an append. When the front runs empty, the first bucket either becomes the new front,
 * if it is small, or is dealt out to the level below, its start being the new base. So an entry is
 * moved at most once a level, eight times at worst and two or three times in practice, always
 * in sequence, and then passes through a heap that fits the first-level cache. A heap of a
 * million entries would miss the caches on most of its ten levels instead.
 *
 * Events of one instant leave in the order of their handles, of which the upper bits are a sequence
 * number. It is the heap alone that orders; the order within a bucket does not matter.
 *
 * Cancelling makes an entry dead: its slot no longer carries its handle. Dead ones are skipped
 * at the top, and swept out when they outnumber the living. Taking the next event leaves a hole at
 * the top of the heap, which the next event to be added fills at half the price of closing it first.
 *
 * All allocation happens in event_list_grow(), for the most entries and chunks that so many slots
 * can come to use.
 *
 * Invariants  Every entry in the back is later than front_last_ns and not before back_base_ns. Without a hole,
 *             front[0] is live unless the list is empty. A slot has one entry at most that is not dead. The front
 *             is empty (a hole counts) only if the back is, except inside of settle.
 */
#include "sim/engine/event_list.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE_BYTES 64
/* Ends the list of free slots: no slot has this index. */
#define SLOT_NONE EVENT_SLOT_MASK
/* The slots double from here. So few need no back. */
#define SLOT_COUNT_LEAST 128
/* 16 bytes of head and these make 512: large enough to be read in sequence, small enough that 256
 * buckets being dealt to stay in the second-level cache. */
#define CHUNK_ENTRY_COUNT 31
/* A heap of this many stays within 8 KiB and four to five levels; a larger one spills. With half and with
 * twice as much here and below, tests/bench shows the same within a tenth, its noise on a busy machine. */
#define SPILL_COUNT_LEAST 512
/* A bucket of up to so many becomes the front as it is. */
#define TAKE_COUNT_MOST 256
/* Buckets are taken until the front has so many, to spread the cost of looking for one. */
#define TAKE_COUNT_LEAST 16
/* With no more than so many in all, the back is given up and all go to the front. */
#define WHOLE_COUNT 128
/* Dead entries that are no reason to sweep, however few live. */
#define DEAD_COUNT_ALLOWED 64

struct event_chunk {
	struct event_chunk *next;
	uint64_t entry_count;
	event_entry entries[CHUNK_ENTRY_COUNT];
};

/* --- the heap in front ---------------------------------------------------------------------- */

/* The least of the four entries from `first` on. */
static inline uint64_t least_of_four(const event_entry *front, uint64_t first)
{
	uint64_t a = first + (front[first + 1] < front[first]);
	uint64_t b = first + 2 + (front[first + 3] < front[first + 2]);

	return (front[b] < front[a]) ? b : a;
}

/* Puts `entry` where it belongs below the free place `index`. */
static inline void heap_sift_down(event_entry *front, uint64_t count, uint64_t index, event_entry entry)
{
	for (uint64_t first = 4 * index + 1; first < count; first = 4 * index + 1) {
		uint64_t least = least_of_four(front, first);

		if (front[least] >= entry)
			break;
		front[index] = front[least];
		index = least;
	}
	front[index] = entry;
}

/* The same at the top of a heap of two. Of two, as in a bare queue, the other is soon found. A guess at which comes first lets
 * what follows begin, and tells what it will be; chosen without a branch, it would have to wait: the asm keeps compilers
 * from that. */
static inline void heap_replace_top_of_two(event_entry *front, event_entry entry)
{
	const event_entry other = front[1];

	if (other < entry) {
		__asm__ volatile("");
		front[0] = other;
		front[1] = entry;
	} else {
		front[0] = entry;
	}
}

/* Nothing stands in the rest of the last group: EVENT_NEVER does, so that the choice among children needs no bounds. */
static inline void heap_pad(event_entry *front, uint64_t count)
{
	for (uint64_t i = count; i % 4 != 1; i++)
		front[i] = EVENT_NEVER;
}

/* Appends without regard to the order. */
static inline void heap_append(struct event_list *list, event_entry entry)
{
	uint64_t index = list->front_count++;

	list->front[index] = entry;
	/* The first of a group: the other three places are not filled. Mostly they say so already, all or none. */
	if (index % 4 == 1 && list->front[index + 1] != EVENT_NEVER)
		list->front[index + 1] = list->front[index + 2] = list->front[index + 3] = EVENT_NEVER;
}

static inline void heap_push(struct event_list *list, event_entry entry)
{
	event_entry *front = list->front;
	uint64_t index = list->front_count;

	heap_append(list, entry);
	while (index > 0) {
		uint64_t parent = (index - 1) / 4;

		if (entry >= front[parent])
			break;
		front[index] = front[parent];
		index = parent;
	}
	front[index] = entry;
}

/* Brings a heap filled by heap_append() into order: Floyd, CACM 7 (1964). */
static void heap_order(struct event_list *list)
{
	if (list->front_count < 2)
		return;
	for (uint64_t index = (list->front_count - 2) / 4 + 1; index-- > 0;)
		heap_sift_down(list->front, list->front_count, index, list->front[index]);
}

/* Fills the hole with the last entry. */
static void heap_close_hole(struct event_list *list)
{
	uint64_t last = --list->front_count;
	event_entry entry = list->front[last];

	list->front_has_hole = false;
	list->front[last] = EVENT_NEVER;
	if (last > 0)
		heap_sift_down(list->front, last, 0, entry);
}

/* Takes out the entry at `index`: the top, or one right below a hole. */
static void heap_remove(struct event_list *list, uint64_t index)
{
	uint64_t last = --list->front_count;
	event_entry entry = list->front[last];

	list->front[last] = EVENT_NEVER;
	if (last > index)
		heap_sift_down(list->front, last, index, entry);
}

/* --- the buckets at the back ---------------------------------------------------------------- */

static inline struct event_chunk *chunk_claim(struct event_list *list)
{
	struct event_chunk *chunk = list->free_chunks;

	assert(chunk && "event_list_grow() provides for all");
	list->free_chunks = chunk->next;
	return chunk;
}

static inline void chunk_give_back(struct event_list *list, struct event_chunk *chunk)
{
	chunk->next = list->free_chunks;
	list->free_chunks = chunk;
}

static inline void back_add(struct event_list *list, event_entry entry)
{
	/* The level of two equal times is 0. */
	uint64_t difference = (uint64_t)(event_entry_time(entry) ^ list->back_base_ns) | 1;
	unsigned int level = (63 - (unsigned int)__builtin_clzll(difference)) / EVENT_DIGIT_BITS;
	unsigned int digit = (event_entry_time(entry) >> (level * EVENT_DIGIT_BITS)) & (EVENT_DIGIT_COUNT - 1);
	struct event_bucket *bucket = &list->buckets[level][digit];
	struct event_chunk *chunk = bucket->chunks;

	if (!chunk || chunk->entry_count == CHUNK_ENTRY_COUNT) {
		chunk = chunk_claim(list);
		chunk->next = bucket->chunks;
		chunk->entry_count = 0;
		bucket->chunks = chunk;
		list->occupied[level][digit / 64] |= (uint64_t)1 << (digit % 64);
	}
	chunk->entries[chunk->entry_count++] = entry;
	bucket->entry_count++;
	list->back_count++;
}

/* The first bucket: that of the least digit at the lowest level that has any. The back must not be empty. */
static struct event_bucket *back_first(const struct event_list *list, unsigned int *level, unsigned int *digit)
{
	for (*level = 0; *level < EVENT_LEVEL_COUNT; ++*level) {
		for (unsigned int word = 0; word < EVENT_DIGIT_COUNT / 64; word++) {
			uint64_t bits = list->occupied[*level][word];

			if (bits != 0) {
				*digit = word * 64 + (unsigned int)__builtin_ctzll(bits);
				return &list->buckets[*level][*digit];
			}
		}
	}
	assert(list->back_count == 0 && "the back tells how many it holds");
	abort();
}

/* Empties a bucket; its chunks go to the caller. */
static struct event_chunk *back_detach(struct event_list *list, unsigned int level, unsigned int digit)
{
	struct event_bucket *bucket = &list->buckets[level][digit];
	struct event_chunk *chunks = bucket->chunks;

	list->back_count -= bucket->entry_count;
	list->occupied[level][digit / 64] &= ~((uint64_t)1 << (digit % 64));
	*bucket = (struct event_bucket){ 0 };
	return chunks;
}

static inline bool entry_is_live(const struct event_list *list, event_entry entry)
{
	return list->dead_count == 0 || list->slots[entry & EVENT_SLOT_MASK].handle == event_entry_handle(entry);
}

/* Moves the living of a chain of chunks to the front, out of order. */
static void chunks_to_front(struct event_list *list, struct event_chunk *chunk)
{
	while (chunk) {
		struct event_chunk *next = chunk->next;

		for (uint64_t i = 0; i < chunk->entry_count; i++) {
			/* These slots are needed soon: when many at a time are asked for, their ways from
			 * memory overlap. */
			__builtin_prefetch(&list->slots[chunk->entries[i] & EVENT_SLOT_MASK], 1);
			if (!entry_is_live(list, chunk->entries[i]))
				list->dead_count--;
			else
				heap_append(list, chunk->entries[i]);
		}
		chunk_give_back(list, chunk);
		chunk = next;
	}
}

/* Deals a chain of chunks out to the buckets where the entries belong as seen from the base. */
static void chunks_to_back(struct event_list *list, struct event_chunk *chunk)
{
	while (chunk) {
		struct event_chunk *next = chunk->next;

		for (uint64_t i = 0; i < chunk->entry_count; i++)
			back_add(list, chunk->entries[i]);
		chunk_give_back(list, chunk);
		chunk = next;
	}
}

/* The front is empty and has no hole: fills it from the back. Ends with both empty if all were dead. */
static void front_refill(struct event_list *list)
{
	bool whole = list->back_count <= WHOLE_COUNT;

	while (list->back_count > 0 && (whole || list->front_count < TAKE_COUNT_LEAST)) {
		unsigned int level, digit, shift;
		struct event_bucket *bucket = back_first(list, &level, &digit);
		bool small = bucket->entry_count <= TAKE_COUNT_MOST || level == 0;
		uint64_t above;

		if (!small && list->front_count > 0)
			break;
		shift = level * EVENT_DIGIT_BITS;
		above = ~(uint64_t)0 << shift << EVENT_DIGIT_BITS / 2 << EVENT_DIGIT_BITS / 2;
		list->back_base_ns = (sim_ns)(((uint64_t)list->back_base_ns & above) | (uint64_t)digit << shift);
		if (small) {
			list->front_last_ns = (sim_ns)((uint64_t)list->back_base_ns | (((uint64_t)1 << shift) - 1));
			chunks_to_front(list, back_detach(list, level, digit));
		} else {
			chunks_to_back(list, back_detach(list, level, digit));
		}
	}
	if (list->back_count == 0)
		list->front_last_ns = SIM_NS_MAX;
	heap_order(list);
	list->spill_count = 2 * list->front_count > SPILL_COUNT_LEAST ? 2 * list->front_count : SPILL_COUNT_LEAST;
}

/* Drops the dead and parts front and back anew. Costs as much as there are entries: for when so many
 * have come to the front, or died, since the last time. */
static void event_list_rebuild(struct event_list *list)
{
	struct event_chunk *chunks = NULL;
	uint64_t old_count;

	if (list->front_has_hole)
		heap_close_hole(list);
	old_count = list->front_count;
	if (list->back_count == 0 && event_list_pending_count(list) <= SPILL_COUNT_LEAST / 2) {
		/* In place: the padding of a group must wait until all of it has been read. */
		list->front_count = 0;
		for (uint64_t i = 0; i < old_count; i++) {
			if (entry_is_live(list, list->front[i]))
				list->front[list->front_count++] = list->front[i];
		}
		heap_pad(list->front, list->front_count);
		list->dead_count = 0;
		list->spill_count = SPILL_COUNT_LEAST;
		heap_order(list);
		return;
	}
	for (uint64_t level = 0; level < EVENT_LEVEL_COUNT; level++) {
		for (uint64_t digit = 0; digit < EVENT_DIGIT_COUNT; digit++) {
			struct event_bucket *bucket = &list->buckets[level][digit];

			while (bucket->chunks) {
				struct event_chunk *next = bucket->chunks->next;

				bucket->chunks->next = chunks;
				chunks = bucket->chunks;
				bucket->chunks = next;
			}
			bucket->entry_count = 0;
		}
	}
	memset(list->occupied, 0, sizeof(list->occupied));
	list->back_count = 0;
	/* What is in the front is earlier than the rest, and its top is the first. */
	if (old_count > 0)
		list->back_base_ns = event_entry_time(list->front[0]);
	for (uint64_t i = 0; i < old_count; i++) {
		if (entry_is_live(list, list->front[i]))
			back_add(list, list->front[i]);
	}
	list->front_count = 0;
	while (chunks) {
		struct event_chunk *next = chunks->next;

		for (uint64_t i = 0; i < chunks->entry_count; i++) {
			if (entry_is_live(list, chunks->entries[i]))
				back_add(list, chunks->entries[i]);
		}
		chunk_give_back(list, chunks);
		chunks = next;
	}
	list->dead_count = 0;
	front_refill(list);
}

/* The dead entry at `at`, which is the top or right below a hole, goes. */
static void remove_dead(struct event_list *list, uint64_t at)
{
	list->dead_count--;
	heap_remove(list, at);
}

void event_list_settle(struct event_list *list)
{
	if (list->front_has_hole)
		heap_close_hole(list);
	for (;;) {
		if (list->front_count == 0) {
			list->front_last_ns = SIM_NS_MAX;
			if (list->back_count == 0)
				return;
			front_refill(list);
			continue;
		}
		if (entry_is_live(list, list->front[0]))
			return;
		remove_dead(list, 0);
	}
}

sim_ns event_list_find_next(struct event_list *list)
{
	/* The next is one of the hole's four children, and the hole stays for an event yet to come. */
	while (list->front_has_hole && list->front_count > 1) {
		const uint64_t least = least_of_four(list->front, 1);
		const event_entry next = list->front[least];

		if (entry_is_live(list, next))
			return event_entry_time(next);
		remove_dead(list, least);
	}
	if (list->front_has_hole)
		event_list_settle(list);
	return event_entry_time(list->front[0]);
}

/* --- slots ---------------------------------------------------------------------------------- */

/* The first address from `block` on that lies on a cache line. */
static void *cache_aligned(void *block)
{
	return (void *)(((uintptr_t)block + CACHE_LINE_BYTES - 1) & ~(uintptr_t)(CACHE_LINE_BYTES - 1));
}

/* Doubles the slots, and makes room for all the entries that they can come to have: one live each, and as
 * many dead and DEAD_COUNT_ALLOWED more before they are swept out. */
static void event_list_grow(struct event_list *list)
{
	const uint64_t doubled = list->slot_capacity ? 2 * list->slot_capacity : SLOT_COUNT_LEAST;
	const uint64_t slot_capacity = doubled < SLOT_NONE ? doubled : SLOT_NONE;
	const uint64_t entry_capacity = 2 * slot_capacity + DEAD_COUNT_ALLOWED + 8;
	event_entry *front;
	struct event_slot *slots;
	void *front_block, *slots_block;

	if (list->slot_capacity == SLOT_NONE) {
		fprintf(stderr, "gilsim: more than %" PRIu64 " events are pending at once\n", SLOT_NONE);
		abort();
	}
	front_block = region_alloc(list->region, entry_capacity * sizeof(*front) + 2 * CACHE_LINE_BYTES);
	/* The children of node i start at 4 i + 1: node 1 stands at the start of a line. */
	front = (event_entry *)cache_aligned(front_block) + 3;
	if (list->front_block) {
		memcpy(front, list->front, list->front_count * sizeof(*front));
		heap_pad(front, list->front_count);
	}
	region_free(list->region, list->front_block);
	list->front = front;
	list->front_block = front_block;

	slots_block = region_alloc(list->region, slot_capacity * sizeof(*slots) + CACHE_LINE_BYTES);
	slots = cache_aligned(slots_block);
	if (list->slots_block)
		memcpy(slots, list->slots, list->slot_count * sizeof(*slots));
	region_free(list->region, list->slots_block);
	list->slots = slots;
	list->slots_block = slots_block;

	/* The back comes into use once there can be more entries than spill_count. Every bucket may have one
	 * chunk that is partly filled, and twice that while all are dealt out anew, but none is empty. */
	if (entry_capacity > SPILL_COUNT_LEAST) {
		const uint64_t partly_filled_most = 2 * EVENT_LEVEL_COUNT * EVENT_DIGIT_COUNT;
		uint64_t chunk_count = entry_capacity / CHUNK_ENTRY_COUNT + 2;
		struct event_chunk *chunks;

		chunk_count += entry_capacity < partly_filled_most ? entry_capacity : partly_filled_most;
		if (!list->buckets)
			list->buckets = region_alloc_array(list->region, EVENT_LEVEL_COUNT, sizeof(*list->buckets));
		chunks = region_alloc_array(list->region, chunk_count - list->chunk_count, sizeof(*chunks));
		for (uint64_t i = chunk_count - list->chunk_count; i-- > 0;)
			chunk_give_back(list, &chunks[i]);
		list->chunk_count = chunk_count;
	}
	list->slot_capacity = slot_capacity;
}

static inline void slot_give_back(struct event_list *list, uint64_t index)
{
	list->slots[index].handle = list->first_free_slot;
	list->first_free_slot = index;
}

_Noreturn __attribute__((cold)) void event_list_sequence_exhausted(void)
{
	fprintf(stderr, "gilsim: more than 2^%d events in one run: the order of ties could no longer be kept\n",
		EVENT_SEQUENCE_BITS);
	abort();
}

/* Gives the slot the next handle: behind all others of its time. */
static inline event_handle slot_number(struct event_list *list, uint64_t slot_index)
{
	return list->slots[slot_index].handle = event_list_number(list) | slot_index;
}

/* What follows is what a new entry does not lead to as a rule. Each is the last that is called and returns the handle, so that
 * the rule needs no registers kept. */
static __attribute__((noinline)) event_handle entry_add_to_back(struct event_list *list, event_entry entry)
{
	back_add(list, entry);
	return event_entry_handle(entry);
}

static __attribute__((noinline)) event_handle entry_push(struct event_list *list, event_entry entry)
{
	heap_push(list, entry);
	if (list->front_count > list->spill_count && list->front_count >= list->back_count)
		event_list_rebuild(list);
	return event_entry_handle(entry);
}

static __attribute__((noinline)) event_handle entry_settle(struct event_list *list, event_handle handle)
{
	event_list_settle(list);
	return handle;
}

static __attribute__((noinline)) event_handle entry_fill_hole(struct event_list *list, event_entry entry)
{
	heap_sift_down(list->front, list->front_count, 0, entry);
	return entry_is_live(list, list->front[0]) ? event_entry_handle(entry) :
						     entry_settle(list, event_entry_handle(entry));
}

/* Gives the slot the next handle and that handle a place in the order. */
static inline event_handle entry_add(struct event_list *list, uint64_t slot_index, sim_ns time_ns)
{
	const event_handle handle = slot_number(list, slot_index);
	const event_entry entry = (event_entry)time_ns << 64 | handle;

	if (time_ns < list->next_ns)
		list->next_ns = time_ns;
	if (time_ns > list->front_last_ns)
		return entry_add_to_back(list, entry);
	if (!list->front_has_hole)
		return entry_push(list, entry);
	list->front_has_hole = false;
	if (list->front_count != 2)
		return entry_fill_hole(list, entry);
	heap_replace_top_of_two(list->front, entry);
	return entry_is_live(list, list->front[0]) ? handle : entry_settle(list, handle);
}

static inline bool entry_is_next(const struct event_list *list, event_handle handle)
{
	return !list->front_has_hole && event_entry_handle(list->front[0]) == handle;
}

/* The entry of that handle is no longer wanted: its slot no longer carries its event. */
static void entry_drop(struct event_list *list, event_handle handle)
{
	list->next_ns = TIME_UNKNOWN;
	/* That of the next event goes at once; whoever takes it finds no dead ones at the top. */
	if (entry_is_next(list, handle)) {
		list->front_has_hole = true;
		return;
	}
	if (++list->dead_count > event_list_pending_count(list) + DEAD_COUNT_ALLOWED) {
		event_list_rebuild(list);
		event_list_settle(list);
	}
}

void event_list_init(struct event_list *list, struct region *region)
{
	*list = (struct event_list){
		.next_ns = TIME_UNKNOWN,
		.region = region,
		.front_last_ns = SIM_NS_MAX,
		.spill_count = SPILL_COUNT_LEAST,
		.first_free_slot = SLOT_NONE,
	};
	event_list_grow(list);
}

/* No slot is free: makes one, which is taken at once. */
static __attribute__((noinline)) event_handle event_list_add_growing(struct event_list *list, sim_ns time_ns,
								     event_fn *function, void *subject, uint64_t argument)
{
	if (list->slot_count == list->slot_capacity)
		event_list_grow(list);
	slot_give_back(list, list->slot_count++);
	return event_list_add(list, time_ns, function, subject, argument);
}

event_handle event_list_add(struct event_list *list, sim_ns time_ns, event_fn *function, void *subject,
			    uint64_t argument)
{
	const uint64_t slot_index = list->first_free_slot;
	struct event_slot *slot = &list->slots[slot_index];

	if (slot_index == SLOT_NONE)
		return event_list_add_growing(list, time_ns, function, subject, argument);
	list->first_free_slot = slot->handle;
	slot->function = function;
	slot->subject = subject;
	slot->argument = argument;
	return entry_add(list, slot_index, time_ns);
}

bool event_list_cancel(struct event_list *list, event_handle handle)
{
	if (!event_list_is_pending(list, handle))
		return false;
	slot_give_back(list, handle & EVENT_SLOT_MASK);
	entry_drop(list, handle);
	return true;
}

event_handle event_list_move(struct event_list *list, event_handle handle, sim_ns time_ns)
{
	const uint64_t index = handle & EVENT_SLOT_MASK;

	assert(event_list_is_pending(list, handle));
	/* The slot carries no event for a moment, so that a sweep takes the old entry for dead. */
	list->slots[index].handle = EVENT_NONE;
	entry_drop(list, handle);
	return entry_add(list, index, time_ns);
}
