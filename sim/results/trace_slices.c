/*
 * trace_slices.c - see trace_slices.h.
 */
#include "sim/results/trace_slices.h"

#include <assert.h>
#include <string.h>

#define NAME_BYTES 48

/* ---- A map from numbers to things: open addressing, no more than half full ---- */

struct map_entry {
	int64_t key;
	void *value; /* NULL: free */
};

struct number_map {
	struct map_entry *entries;
	size_t capacity, count; /* capacity: a power of two */
};

static size_t home_of(const struct number_map *map, int64_t key)
{
	return (size_t)((uint64_t)key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (map->capacity - 1);
}

static struct map_entry *map_find(const struct number_map *map, int64_t key)
{
	size_t at = home_of(map, key);

	while (map->entries[at].value && map->entries[at].key != key)
		at = (at + 1) & (map->capacity - 1);
	return &map->entries[at];
}

static void map_init(struct number_map *map, struct region *region)
{
	*map = (struct number_map){ .capacity = 16 };
	map->entries = region_alloc_array(region, map->capacity, sizeof(*map->entries));
}

static void map_set(struct number_map *map, struct region *region, int64_t key, void *value)
{
	struct map_entry *entry;

	if (2 * (map->count + 1) > map->capacity) {
		struct number_map larger = { .capacity = 2 * map->capacity, .count = map->count };

		larger.entries = region_alloc_array(region, larger.capacity, sizeof(*larger.entries));
		for (size_t i = 0; i < map->capacity; i++)
			if (map->entries[i].value)
				*map_find(&larger, map->entries[i].key) = map->entries[i];
		region_free(region, map->entries);
		*map = larger;
	}
	entry = map_find(map, key);
	map->count += entry->value == NULL;
	*entry = (struct map_entry){ .key = key, .value = value };
}

/* Those behind it move up, so that a search may stop at the first free place. */
static void map_remove(struct number_map *map, int64_t key)
{
	size_t hole = (size_t)(map_find(map, key) - map->entries);
	size_t at = hole;

	if (!map->entries[hole].value)
		return;
	map->count--;
	for (;;) {
		at = (at + 1) & (map->capacity - 1);
		if (!map->entries[at].value)
			break;
		if (((at - home_of(map, map->entries[at].key)) & (map->capacity - 1)) >=
		    ((at - hole) & (map->capacity - 1))) {
			map->entries[hole] = map->entries[at];
			hole = at;
		}
	}
	map->entries[hole].value = NULL;
}

/* ---- Lanes ---- */

struct task {
	char name[NAME_BYTES];
	struct slice slice;
};

struct lane {
	int32_t process, thread;
	char name[NAME_BYTES];
	struct slice state; /* begun and not ended; `what` NULL: none */
	const char *next;   /* what it is at since next_ns, not told yet; NULL: nothing */
	int32_t next_core;
	sim_ns next_ns;
	struct slice parted; /* the state that the beginning or end of a task has ended last */
	sim_ns parted_ns;
	struct task *task; /* the open one that its states nest in; NULL: none */
};

struct lock {
	struct slice held; /* `what` NULL: free */
	char holder_name[NAME_BYTES];
	int32_t last_process, last_thread; /* who held it last; -1: nobody yet */
};

struct counter {
	const char *what;
	char name[NAME_BYTES];
	int64_t value, told;
	sim_ns since_ns;
	bool was_told;
};

struct trace_slices {
	struct slice_receiver receiver;
	struct region *region;
	sim_ns now_ns;
	struct number_map lanes, locks, tasks; /* by thread, lock and task number */
	struct counter *counters;
	size_t counter_count, counter_capacity;
	int64_t run_queue_length;
};

static void copy_name(char target[NAME_BYTES], const char *name)
{
	size_t length = name ? strnlen(name, NAME_BYTES - 1) : 0;

	/* A cut must not fall inside a UTF-8 sequence. */
	if (name && length == NAME_BYTES - 1)
		while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80)
			length--;
	memcpy(target, name ? name : "", length);
	target[length] = '\0';
}

static bool same_state(const struct lane *lane)
{
	return lane->state.what == lane->next && lane->state.core == lane->next_core;
}

static void end_state(struct trace_slices *slices, struct lane *lane, sim_ns end_ns)
{
	if (lane->state.what)
		slices->receiver.end(slices->receiver.context, &lane->state, end_ns);
	lane->state.what = NULL;
}

/* Time has gone on, so what the thread is at since next_ns is more than a moment: now it is told. */
static void settle(struct trace_slices *slices, struct lane *lane)
{
	if (lane->next_ns == slices->now_ns || (lane->next && same_state(lane)))
		return;
	end_state(slices, lane, lane->next_ns);
	if (!lane->next)
		return;
	lane->state = (struct slice){ .kind = SLICE_STATE,
				      .process = lane->process,
				      .thread = lane->thread,
				      .core = lane->next_core,
				      .what = lane->next,
				      .name = "",
				      .start_ns = lane->next_ns };
	lane->state.alternate =
		lane->parted.what == lane->next && lane->parted_ns == lane->next_ns && !lane->parted.alternate;
	slices->receiver.begin(slices->receiver.context, &lane->state);
}

/* Splits what the thread is at: something that it nests in begins or ends here. */
static void split(struct trace_slices *slices, struct lane *lane)
{
	settle(slices, lane);
	if (lane->state.what) {
		lane->parted = lane->state;
		lane->parted_ns = slices->now_ns;
	}
	end_state(slices, lane, slices->now_ns);
	lane->next_ns = slices->now_ns;
}

static struct lane *lane_of(struct trace_slices *slices, const struct trace_record *record)
{
	struct lane *lane = map_find(&slices->lanes, record->thread)->value;

	if (lane)
		return lane;
	lane = region_alloc(slices->region, sizeof(*lane));
	lane->process = record->process;
	lane->thread = record->thread;
	lane->next_ns = slices->now_ns;
	copy_name(lane->name, record->phase == TRACE_INSTANT ? record->name : NULL);
	map_set(&slices->lanes, slices->region, record->thread, lane);
	slices->receiver.thread(slices->receiver.context, lane->process, lane->thread, lane->name, slices->now_ns);
	return lane;
}

/* ---- Counters ---- */

static void tell_counter(struct trace_slices *slices, struct counter *counter)
{
	if (counter->was_told && counter->value == counter->told)
		return;
	counter->told = counter->value;
	counter->was_told = true;
	slices->receiver.counter(slices->receiver.context, counter->what, counter->name, counter->since_ns,
				 counter->value);
}

static void count(struct trace_slices *slices, const char *what, const char *name, int64_t value)
{
	struct counter *counter = NULL;

	for (size_t i = 0; i < slices->counter_count && !counter; i++)
		if (slices->counters[i].what == what &&
		    !strncmp(slices->counters[i].name, name ? name : "", NAME_BYTES - 1))
			counter = &slices->counters[i];
	if (!counter) {
		slices->counters = region_grow(slices->region, slices->counters, slices->counter_count,
					       &slices->counter_capacity, sizeof(*counter));
		counter = &slices->counters[slices->counter_count++];
		*counter = (struct counter){ .what = what, .since_ns = slices->now_ns };
		copy_name(counter->name, name);
	} else if (counter->since_ns < slices->now_ns) {
		tell_counter(slices, counter);
	}
	counter->value = value;
	counter->since_ns = slices->now_ns;
}

/* ---- Records ---- */

static void take_state(struct trace_slices *slices, const struct trace_record *record)
{
	static const char run_queue[] = "run_queue";
	struct lane *lane = lane_of(slices, record);
	bool was_ready = lane->next && !strcmp(lane->next, run_queue);
	bool is_ready = !strcmp(record->what, run_queue);

	settle(slices, lane);
	/* Back to what it was told to be at, with no time lost: it goes on, if that has not been ended. */
	lane->next = *record->what ? record->what : NULL;
	lane->next_core = record->core;
	if (!(lane->state.what && same_state(lane)))
		lane->next_ns = slices->now_ns;
	if (was_ready != is_ready) {
		slices->run_queue_length += is_ready ? 1 : -1;
		count(slices, run_queue, NULL, slices->run_queue_length);
	}
}

static void end_task(struct trace_slices *slices, struct task *task)
{
	slices->receiver.end(slices->receiver.context, &task->slice, slices->now_ns);
	map_remove(&slices->tasks, task->slice.number);
	region_free(slices->region, task);
}

static void take_task(struct trace_slices *slices, const struct trace_record *record)
{
	struct lane *lane = lane_of(slices, record);
	struct task *task = map_find(&slices->tasks, record->value)->value;

	settle(slices, lane);
	if (record->phase == TRACE_BEGIN) {
		task = region_alloc(slices->region, sizeof(*task));
		copy_name(task->name, record->name);
		task->slice = (struct slice){ .kind = lane->task ? SLICE_OVERLAPPING_TASK : SLICE_TASK,
					      .process = record->process,
					      .thread = record->thread,
					      .core = -1,
					      .what = record->what,
					      .name = task->name,
					      .number = record->value,
					      .start_ns = slices->now_ns };
		map_set(&slices->tasks, slices->region, record->value, task);
		if (!lane->task) {
			split(slices, lane);
			lane->task = task;
		}
		slices->receiver.begin(slices->receiver.context, &task->slice);
	} else if (task) {
		if (lane->task == task) {
			split(slices, lane);
			lane->task = NULL;
		}
		end_task(slices, task);
	}
}

static void free_lock(struct trace_slices *slices, struct lock *lock)
{
	slices->receiver.end(slices->receiver.context, &lock->held, slices->now_ns);
	lock->held.what = NULL;
}

static void take_lock(struct trace_slices *slices, const struct trace_record *record)
{
	struct lane *lane = lane_of(slices, record);
	struct lock *lock = map_find(&slices->locks, record->value)->value;
	struct lane *last;

	if (!lock) {
		lock = region_alloc(slices->region, sizeof(*lock));
		lock->last_process = lock->last_thread = -1;
		map_set(&slices->locks, slices->region, record->value, lock);
		slices->receiver.lock(slices->receiver.context, record->process, record->value, record->what);
	}
	if (record->phase == TRACE_DROP) {
		if (lock->held.what)
			free_lock(slices, lock);
		return;
	}
	if (lock->held.what)
		free_lock(slices, lock); /* whoever had it is no more */
	memcpy(lock->holder_name, lane->name, sizeof(lock->holder_name));
	lock->held = (struct slice){ .kind = SLICE_LOCK,
				     .process = record->process,
				     .thread = record->thread,
				     .core = -1,
				     .what = record->what,
				     .name = lock->holder_name,
				     .number = record->value,
				     .start_ns = slices->now_ns };
	slices->receiver.begin(slices->receiver.context, &lock->held);
	/* An arrow needs two lanes: one from a thread that has ended has nowhere to start. */
	last = lock->last_thread >= 0 ? map_find(&slices->lanes, lock->last_thread)->value : NULL;
	if (last && last != lane) {
		settle(slices, last);
		settle(slices, lane);
		slices->receiver.hand_over(slices->receiver.context, &lock->held, lock->last_process,
					   lock->last_thread);
	}
	lock->last_process = record->process;
	lock->last_thread = record->thread;
}

static void end_thread(struct trace_slices *slices, struct lane *lane)
{
	split(slices, lane);
	if (lane->task)
		end_task(slices, lane->task); /* killed in the middle of it */
	for (size_t i = 0; i < slices->locks.capacity; i++) {
		struct lock *lock = slices->locks.entries[i].value;

		/* A process that exits takes its lock along. */
		if (lock && lock->held.what && lock->held.thread == lane->thread)
			free_lock(slices, lock);
	}
	if (lane->next && !strcmp(lane->next, "run_queue"))
		slices->run_queue_length--;
	map_remove(&slices->lanes, lane->thread);
	region_free(slices->region, lane);
}

static void take_instant(struct trace_slices *slices, const struct trace_record *record)
{
	struct lane *lane = lane_of(slices, record);

	if (!strcmp(record->what, "exit")) {
		end_thread(slices, lane);
	} else if (!strcmp(record->what, "drop_request") || !strcmp(record->what, "preempted")) {
		settle(slices, lane);
		slices->receiver.instant(slices->receiver.context, record);
	}
}

static void take_message(struct trace_slices *slices, const struct trace_record *record)
{
	/* What the thread is at begins before it. */
	settle(slices, lane_of(slices, record));
	slices->receiver.message(slices->receiver.context, record);
}

static void emit(void *context, const struct trace_record *record)
{
	struct trace_slices *slices = context;

	assert(record->time_ns >= slices->now_ns);
	slices->now_ns = record->time_ns;
	switch (record->phase) {
	case TRACE_STATE:
		take_state(slices, record);
		return;
	case TRACE_BEGIN:
	case TRACE_END:
		take_task(slices, record);
		return;
	case TRACE_TAKE:
	case TRACE_DROP:
		take_lock(slices, record);
		return;
	case TRACE_INSTANT:
		take_instant(slices, record);
		return;
	case TRACE_SEND:
	case TRACE_RECEIVE:
		take_message(slices, record);
		return;
	case TRACE_COUNTER:
		count(slices, record->what, record->name, record->value);
		return;
	case TRACE_MARK:
		slices->receiver.mark(slices->receiver.context, record->what, record->time_ns);
		return;
	case TRACE_PHASE_COUNT:
		break;
	}
	assert(0 && "a phase of a record");
}

struct trace_slices *trace_slices_new(const struct slice_receiver *receiver, struct region *region)
{
	struct trace_slices *slices = region_alloc(region, sizeof(*slices));

	slices->receiver = *receiver;
	slices->region = region;
	map_init(&slices->lanes, region);
	map_init(&slices->locks, region);
	map_init(&slices->tasks, region);
	return slices;
}

struct trace_sink trace_slices_sink(struct trace_slices *slices)
{
	return (struct trace_sink){ .emit = emit, .context = slices, .phases = TRACE_ALL_PHASES };
}

static void free_map(struct number_map *map, struct region *region)
{
	for (size_t i = 0; i < map->capacity; i++)
		region_free(region, map->entries[i].value);
	region_free(region, map->entries);
}

void trace_slices_end(struct trace_slices *slices)
{
	struct region *region = slices->region;

	for (size_t i = 0; i < slices->lanes.capacity; i++)
		if (slices->lanes.entries[i].value)
			split(slices, slices->lanes.entries[i].value);
	for (size_t i = 0; i < slices->tasks.capacity; i++) {
		const struct task *task = slices->tasks.entries[i].value;

		if (task)
			slices->receiver.end(slices->receiver.context, &task->slice, slices->now_ns);
	}
	for (size_t i = 0; i < slices->locks.capacity; i++) {
		struct lock *lock = slices->locks.entries[i].value;

		if (lock && lock->held.what)
			free_lock(slices, lock);
	}
	for (size_t i = 0; i < slices->counter_count; i++)
		tell_counter(slices, &slices->counters[i]);
	free_map(&slices->lanes, region);
	free_map(&slices->tasks, region);
	free_map(&slices->locks, region);
	region_free(region, slices->counters);
	region_free(region, slices);
}
