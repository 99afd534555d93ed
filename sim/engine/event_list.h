/*
 * event_list.h - the future event list: pending events in order of time, then of scheduling.
 *
 * It knows no clock. Whoever uses it takes the next event, and never adds one before the time
 * of the last that was taken.
 */
#ifndef SIM_ENGINE_EVENT_LIST_H
#define SIM_ENGINE_EVENT_LIST_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/region.h"
#include "sim/base/sim_time.h"

struct engine;

typedef void event_fn(struct engine *engine, void *subject, uint64_t argument);

/* Names one scheduled event for as long as it is pending; 0 names none. A handle of an event that
 * has run or was cancelled is recognised as stale, until 2^40 further events have been scheduled. */
typedef uint64_t event_handle;
#define EVENT_NONE ((event_handle)0)

/* A handle is a sequence number above the index of a slot: so many bits has the index. */
#define EVENT_SLOT_BITS 24
#define EVENT_SEQUENCE_BITS 40
#define EVENT_SLOT_MASK (((uint64_t)1 << EVENT_SLOT_BITS) - 1)
/* The back sorts by digits of this many bits of the time. */
#define EVENT_DIGIT_BITS 8
#define EVENT_DIGIT_COUNT (1 << EVENT_DIGIT_BITS)
#define EVENT_LEVEL_COUNT (64 / EVENT_DIGIT_BITS)

/* One place in the order: the time above the handle, as one number. It moves through general registers;
 * a struct would be copied by a vector load, which waits for the two stores that wrote it. It is dead
 * once its slot no longer carries its handle. */
typedef unsigned __int128 event_entry;

/* Later than any event, and than the end of time. */
#define EVENT_NEVER (~(event_entry)0)

static inline sim_ns event_entry_time(event_entry entry)
{
	return (sim_ns)(entry >> 64);
}

static inline event_handle event_entry_handle(event_entry entry)
{
	return (event_handle)entry;
}

struct event_slot {
	event_fn *function;
	void *subject;
	uint64_t argument;
	event_handle handle; /* of a free slot: the index of the next free one; no event has such a handle */
};

/* Also where the next event is due at 0, which is looked for each time then. */
#define TIME_UNKNOWN ((sim_ns)0)

struct event_chunk;

/* Entries that agree with the base in all digits above one, and share that one. */
struct event_bucket {
	struct event_chunk *chunks; /* only the first may be partly filled */
	uint64_t entry_count;
};

struct event_list {
	/* The front: a heap of all entries up to front_last_ns. */
	event_entry *front;
	uint64_t front_count; /* with the hole, if there is one */
	bool front_has_hole;  /* front[0] has been taken and nothing has filled its place yet */
	sim_ns front_last_ns;
	uint64_t spill_count; /* with more than so many in the front, some go to the back */

	struct event_slot *slots;
	uint64_t slot_count, slot_capacity, first_free_slot;
	event_handle newest; /* the sequence number given last, above no slot's index */
	sim_ns next_ns;	     /* the time of the next event; TIME_UNKNOWN: it must be looked for, if there is any */
	uint64_t dead_count; /* entries that stand for no event any more */

	/* The back: all later entries, by the highest digit in which they differ from the base. */
	uint64_t back_count;
	sim_ns back_base_ns;
	struct event_bucket (*buckets)[EVENT_DIGIT_COUNT];
	uint64_t occupied[EVENT_LEVEL_COUNT][EVENT_DIGIT_COUNT / 64];
	struct event_chunk *free_chunks;
	uint64_t chunk_count;

	struct region *region; /* borrowed */
	void *front_block, *slots_block;
};

void event_list_init(struct event_list *list, struct region *region);
_Noreturn void event_list_sequence_exhausted(void);
/* The next sequence number, as part of a handle: behind all others of its time. */
static inline event_handle event_list_number(struct event_list *list)
{
	if (__builtin_add_overflow(list->newest, (event_handle)1 << EVENT_SLOT_BITS, &list->newest))
		event_list_sequence_exhausted();
	return list->newest;
}
event_handle event_list_add(struct event_list *list, sim_ns time_ns, event_fn *function, void *subject,
			    uint64_t argument);
/* False when the handle is stale. */
bool event_list_cancel(struct event_list *list, event_handle handle);
/* Gives the event another time and the place behind all others of that time; returns its new handle. */
event_handle event_list_move(struct event_list *list, event_handle handle, sim_ns time_ns);

/* Of how many events it has an entry. */
static inline uint64_t event_list_pending_count(const struct event_list *list)
{
	return list->front_count - list->front_has_hole + list->back_count - list->dead_count;
}

/* Closes the hole at the top, and brings a live entry there; refills the front from the back. */
void event_list_settle(struct event_list *list);
/* The time of the next event, of which there must be one, without closing a hole where that can be avoided. */
sim_ns event_list_find_next(struct event_list *list);

/* The time of the next event; false when there is none. */
static inline bool event_list_peek(struct event_list *list, sim_ns *time_ns)
{
	if (event_list_pending_count(list) == 0)
		return false;
	if (list->next_ns == TIME_UNKNOWN)
		list->next_ns = event_list_find_next(list);
	*time_ns = list->next_ns;
	return true;
}

/* The same, and makes the event ready to be taken. What is on top is never dead. */
static inline bool event_list_ready(struct event_list *list, sim_ns *time_ns)
{
	if (list->front_has_hole)
		event_list_settle(list);
	*time_ns = event_entry_time(list->front[0]);
	return list->front_count > 0;
}

/* Takes the event that event_list_ready() found. What it returns is valid until the next change. */
static inline const struct event_slot *event_list_take(struct event_list *list)
{
	uint64_t index = list->front[0] & EVENT_SLOT_MASK;
	struct event_slot *slot = &list->slots[index];

	list->front_has_hole = true;
	list->next_ns = TIME_UNKNOWN;
	slot->handle = list->first_free_slot;
	list->first_free_slot = index;
	return slot;
}

static inline bool event_list_is_pending(const struct event_list *list, event_handle handle)
{
	uint64_t index = handle & EVENT_SLOT_MASK;

	return handle != EVENT_NONE && index < list->slot_count && list->slots[index].handle == handle;
}

#endif
