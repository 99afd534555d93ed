/*
 * bench_engine.c - the engine against loops written by hand.
 *
 * mm1         A queue with one server, 0.8 of it used: two events a customer and hardly ever more than two
 *             pending. What the engine costs beyond its event list. The reference is a loop on a
 *             binary heap. Both draw from xoshiro256+ and take -log(u); that both come to the same
 *             total sojourn time is checked.
 * hold-N      N events are pending; one leaves and another enters, later by an entry of one table:
 *             the event list alone (Vaucher & Duval, CACM 18 (1975)). The reference is a plain 4-ary heap
 *             of 24-byte entries {time, sequence, payload}. Both live side by side in memory from
 *             the same allocator, with the same pages.
 * cancel-heavy  Each event sets a time-out far ahead and cancels the one set 1000 events ago: none ever comes. The
 *             reference is the same heap with the place of each entry kept in a table.
 * ping-pong   Two take turns: one event is pending, and each schedules the other.
 */
#include "tests/bench/bench.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine/engine.h"

/* --- random numbers ------------------------------------------------------------------------- */

/* xoshiro256+ 1.0 (Blackman & Vigna, TOMS 47 (2021)), seeded by SplitMix64. */
struct xoshiro {
	uint64_t s[4];
};

static void xoshiro_seed(struct xoshiro *rng, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		rng->s[i] = z ^ z >> 31;
	}
}

static inline uint64_t xoshiro_next(struct xoshiro *rng)
{
	const uint64_t result = rng->s[0] + rng->s[3], shifted = rng->s[1] << 17;

	rng->s[2] ^= rng->s[0];
	rng->s[3] ^= rng->s[1];
	rng->s[1] ^= rng->s[2];
	rng->s[0] ^= rng->s[3];
	rng->s[2] ^= shifted;
	rng->s[3] = rng->s[3] << 45 | rng->s[3] >> 19;
	return result;
}

static inline sim_ns exponential_ns(struct xoshiro *rng, double mean_ns)
{
	double u = (double)((xoshiro_next(rng) >> 11) + 1) * 0x1p-53; /* (0, 1] */

	return (sim_ns)(-mean_ns * log(u));
}

/* --- mm1 ------------------------------------------------------------------------------------ */

#define MM1_CUSTOMER_COUNT 1000000u
#define MM1_INTERARRIVAL_NS 1250000.
#define MM1_SERVICE_NS 1000000.
#define MM1_SEED 4711
/* A queue this long has probability 0.8^16384: it does not happen. */
#define MM1_QUEUE_COUNT 16384

struct mm1 {
	struct xoshiro rng;
	sim_ns arrived_ns[MM1_QUEUE_COUNT];
	uint64_t customer_count, arrival_count, departure_count;
	__int128 sojourn_ns_sum;
};

static void mm1_departed(struct engine *engine, void *subject, uint64_t argument)
{
	struct mm1 *queue = subject;

	(void)argument;
	queue->sojourn_ns_sum += engine_now(engine) - queue->arrived_ns[queue->departure_count++ % MM1_QUEUE_COUNT];
	if (queue->departure_count < queue->arrival_count)
		engine_schedule_after(engine, exponential_ns(&queue->rng, MM1_SERVICE_NS), mm1_departed, queue, 0);
}

static void mm1_arrived(struct engine *engine, void *subject, uint64_t argument)
{
	struct mm1 *queue = subject;

	(void)argument;
	queue->arrived_ns[queue->arrival_count++ % MM1_QUEUE_COUNT] = engine_now(engine);
	if (queue->arrival_count - queue->departure_count == 1)
		engine_schedule_after(engine, exponential_ns(&queue->rng, MM1_SERVICE_NS), mm1_departed, queue, 0);
	if (queue->arrival_count < queue->customer_count)
		engine_schedule_after(engine, exponential_ns(&queue->rng, MM1_INTERARRIVAL_NS), mm1_arrived, queue,
				      0);
}

static void mm1_run_engine(struct mm1 *queue)
{
	struct region region;
	struct engine *engine;

	region_init(&region);
	engine = engine_new(&region);
	engine_schedule_after(engine, 0, mm1_arrived, queue, 0);
	engine_run(engine, SIM_NS_MAX);
	region_release(&region);
}

enum mm1_event_kind { MM1_ARRIVAL, MM1_DEPARTURE };

struct mm1_event {
	sim_ns time_ns;
	uint64_t sequence;
	enum mm1_event_kind kind;
};

struct binary_heap {
	struct mm1_event events[16];
	size_t count;
	uint64_t sequence;
};

static inline bool mm1_event_before(const struct mm1_event *a, const struct mm1_event *b)
{
	return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->sequence < b->sequence);
}

static inline void binary_heap_push(struct binary_heap *heap, sim_ns time_ns, enum mm1_event_kind kind)
{
	const struct mm1_event event = { time_ns, heap->sequence++, kind };
	size_t index = heap->count++;

	for (; index > 0 && mm1_event_before(&event, &heap->events[(index - 1) / 2]); index = (index - 1) / 2)
		heap->events[index] = heap->events[(index - 1) / 2];
	heap->events[index] = event;
}

static inline struct mm1_event binary_heap_pop(struct binary_heap *heap)
{
	const struct mm1_event first = heap->events[0], last = heap->events[--heap->count];
	size_t index = 0;

	for (;;) {
		size_t child = 2 * index + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && mm1_event_before(&heap->events[child + 1], &heap->events[child]))
			child++;
		if (!mm1_event_before(&heap->events[child], &last))
			break;
		heap->events[index] = heap->events[child];
		index = child;
	}
	heap->events[index] = last;
	return first;
}

static void mm1_run_by_hand(struct mm1 *queue)
{
	struct binary_heap heap = { .count = 0 };

	binary_heap_push(&heap, 0, MM1_ARRIVAL);
	while (heap.count > 0) {
		const struct mm1_event event = binary_heap_pop(&heap);
		const sim_ns now_ns = event.time_ns;

		if (event.kind == MM1_ARRIVAL) {
			queue->arrived_ns[queue->arrival_count++ % MM1_QUEUE_COUNT] = now_ns;
			if (queue->arrival_count - queue->departure_count == 1)
				binary_heap_push(&heap, now_ns + exponential_ns(&queue->rng, MM1_SERVICE_NS),
						 MM1_DEPARTURE);
			if (queue->arrival_count < queue->customer_count)
				binary_heap_push(&heap, now_ns + exponential_ns(&queue->rng, MM1_INTERARRIVAL_NS),
						 MM1_ARRIVAL);
		} else {
			queue->sojourn_ns_sum +=
				now_ns - queue->arrived_ns[queue->departure_count++ % MM1_QUEUE_COUNT];
			if (queue->departure_count < queue->arrival_count)
				binary_heap_push(&heap, now_ns + exponential_ns(&queue->rng, MM1_SERVICE_NS),
						 MM1_DEPARTURE);
		}
	}
}

/* Customers a second. */
static double mm1_time(void (*run)(struct mm1 *queue), uint64_t customer_count, __int128 *sojourn_ns_sum)
{
	static struct mm1 queue;
	int64_t start_ns;

	queue = (struct mm1){ .customer_count = customer_count };
	xoshiro_seed(&queue.rng, MM1_SEED);
	start_ns = bench_cpu_ns();
	run(&queue);
	*sojourn_ns_sum = queue.sojourn_ns_sum;
	return (double)customer_count * 1e9 / (double)(bench_cpu_ns() - start_ns);
}

static void bench_mm1(void)
{
	double subject_per_s[BENCH_ROUND_COUNT], reference_per_s[BENCH_ROUND_COUNT];
	const int rounds = bench_rounds(BENCH_ROUND_COUNT);

	if (!bench_wants("mm1"))
		return;
	for (int round = 0; round < rounds; round++) {
		__int128 subject_sum, reference_sum;

		subject_per_s[round] = mm1_time(mm1_run_engine, bench_size(MM1_CUSTOMER_COUNT), &subject_sum);
		reference_per_s[round] = mm1_time(mm1_run_by_hand, bench_size(MM1_CUSTOMER_COUNT), &reference_sum);
		if (subject_sum != reference_sum) {
			fprintf(stderr, "bench: mm1: the engine and the loop by hand differ\n");
			exit(1);
		}
	}
	bench_report("mm1", bench_median(subject_per_s, rounds), "customers/s",
		     bench_median(reference_per_s, rounds));
}

/* --- hold ----------------------------------------------------------------------------------- */

/* The table of increments: a power of two, larger than the predictor remembers, in the second-level cache. */
#define HOLD_INCREMENT_COUNT 16384
#define HOLD_MEAN_NS 37e6
#define HOLD_SEED 711

struct plain_entry {
	sim_ns time_ns;
	uint64_t sequence;
	uint64_t payload;
};
_Static_assert(sizeof(struct plain_entry) == 24, "the reference's entries have 24 bytes");

struct plain_heap {
	struct plain_entry *entries;
	size_t count;
	uint64_t sequence;
};

static inline bool plain_entry_before(const struct plain_entry *a, const struct plain_entry *b)
{
	return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->sequence < b->sequence);
}

static inline void plain_heap_push(struct plain_heap *heap, sim_ns time_ns, uint64_t payload)
{
	const struct plain_entry entry = { time_ns, heap->sequence++, payload };
	size_t index = heap->count++;

	for (; index > 0 && plain_entry_before(&entry, &heap->entries[(index - 1) / 4]); index = (index - 1) / 4)
		heap->entries[index] = heap->entries[(index - 1) / 4];
	heap->entries[index] = entry;
}

static inline struct plain_entry plain_heap_pop(struct plain_heap *heap)
{
	const struct plain_entry first = heap->entries[0], last = heap->entries[--heap->count];
	size_t index = 0;

	for (;;) {
		const size_t child = 4 * index + 1;
		const size_t end = child + 4 < heap->count ? child + 4 : heap->count;
		size_t least = child;

		if (child >= heap->count)
			break;
		for (size_t i = child + 1; i < end; i++) {
			if (plain_entry_before(&heap->entries[i], &heap->entries[least]))
				least = i;
		}
		if (!plain_entry_before(&heap->entries[least], &last))
			break;
		heap->entries[index] = heap->entries[least];
		index = least;
	}
	heap->entries[index] = last;
	return first;
}

struct hold {
	sim_ns increments_ns[HOLD_INCREMENT_COUNT];
	struct engine *engine;
	uint64_t engine_increment_index, left_count;
	event_handle last_handle;
	struct plain_heap heap;
	uint64_t heap_increment_index;
	sim_ns heap_now_ns;
};

static void hold_due(struct engine *engine, void *subject, uint64_t argument)
{
	struct hold *hold = subject;
	sim_ns increment_ns = hold->increments_ns[hold->engine_increment_index++ % HOLD_INCREMENT_COUNT];

	hold->last_handle = engine_schedule_after(engine, increment_ns, hold_due, hold, argument);
	if (--hold->left_count == 0)
		engine_stop(engine);
}

/* ns an operation, by the engine. */
static double hold_time_engine(struct hold *hold, uint64_t operation_count)
{
	int64_t start_ns = bench_cpu_ns();

	hold->left_count = operation_count;
	engine_run(hold->engine, SIM_NS_MAX);
	return (double)(bench_cpu_ns() - start_ns) / (double)operation_count;
}

static double hold_time_heap(struct hold *hold, uint64_t operation_count)
{
	int64_t start_ns = bench_cpu_ns();

	for (uint64_t i = 0; i < operation_count; i++) {
		const struct plain_entry entry = plain_heap_pop(&hold->heap);

		hold->heap_now_ns = entry.time_ns;
		plain_heap_push(&hold->heap,
				hold->heap_now_ns +
					hold->increments_ns[hold->heap_increment_index++ % HOLD_INCREMENT_COUNT],
				entry.payload);
	}
	return (double)(bench_cpu_ns() - start_ns) / (double)operation_count;
}

static struct hold *hold_new(struct region *region, uint64_t pending_count)
{
	struct hold *hold = region_alloc(region, sizeof(*hold));
	struct xoshiro rng;

	xoshiro_seed(&rng, HOLD_SEED);
	for (size_t i = 0; i < HOLD_INCREMENT_COUNT; i++)
		hold->increments_ns[i] = exponential_ns(&rng, HOLD_MEAN_NS);
	hold->engine = engine_new(region);
	hold->heap.entries = region_alloc_array(region, pending_count, sizeof(*hold->heap.entries));
	for (uint64_t i = 0; i < pending_count; i++) {
		sim_ns due_ns = exponential_ns(&rng, HOLD_MEAN_NS);

		engine_schedule_at(hold->engine, due_ns, hold_due, hold, i);
		plain_heap_push(&hold->heap, due_ns, i);
	}
	return hold;
}

static void bench_hold(const char *name, uint64_t pending_count, uint64_t operation_count)
{
	double subject_ns[BENCH_ROUND_COUNT], reference_ns[BENCH_ROUND_COUNT];
	const int rounds = bench_rounds(BENCH_ROUND_COUNT);
	struct region region;
	struct hold *hold;

	if (!bench_wants(name))
		return;
	region_init(&region);
	hold = hold_new(&region, pending_count);
	/* Until both are as they stay: each pending event has been replaced about twice. */
	hold_time_engine(hold, 2 * pending_count);
	hold_time_heap(hold, 2 * pending_count);
	for (int round = 0; round < rounds; round++) {
		subject_ns[round] = hold_time_engine(hold, operation_count);
		reference_ns[round] = hold_time_heap(hold, operation_count);
		if (engine_now(hold->engine) != hold->heap_now_ns) {
			fprintf(stderr, "bench: %s: the engine and the plain heap differ\n", name);
			exit(1);
		}
	}
	bench_report(name, bench_median(subject_ns, rounds), "ns", bench_median(reference_ns, rounds));
	region_release(&region);
}

/* --- cancel-heavy --------------------------------------------------------------------------- */

#define CANCEL_LAG 1024
#define CANCEL_STEP_NS 1000
#define CANCEL_TIMEOUT_NS (30 * SIM_S)

struct cancelling {
	uint64_t left_count, index;
	event_handle timeouts[CANCEL_LAG];
};

static void timeout_came(struct engine *engine, void *subject, uint64_t argument)
{
	(void)engine;
	(void)subject;
	(void)argument;
	fprintf(stderr, "bench: cancel-heavy: a time-out came although it was cancelled\n");
	exit(1);
}

static void cancel_due(struct engine *engine, void *subject, uint64_t argument)
{
	struct cancelling *cancelling = subject;
	event_handle *timeout = &cancelling->timeouts[cancelling->index++ % CANCEL_LAG];

	(void)argument;
	engine_cancel(engine, *timeout);
	*timeout = engine_schedule_after(engine, CANCEL_TIMEOUT_NS, timeout_came, cancelling, 0);
	if (--cancelling->left_count > 0)
		engine_schedule_after(engine, CANCEL_STEP_NS, cancel_due, cancelling, 0);
	else
		engine_stop(engine);
}

static void cancel_by_engine(struct region *region, uint64_t operation_count)
{
	struct cancelling cancelling = { .left_count = operation_count };
	struct engine *engine = engine_new(region);

	engine_schedule_at(engine, 0, cancel_due, &cancelling, 0);
	engine_run(engine, SIM_NS_MAX);
}

/* A heap that knows where each payload's entry is, so that it can take it out. */
struct indexed_heap {
	struct plain_entry entries[CANCEL_LAG + 2];
	size_t places[CANCEL_LAG + 1];
	size_t count;
	uint64_t sequence;
};

static void indexed_heap_put(struct indexed_heap *heap, size_t index, const struct plain_entry *entry)
{
	heap->entries[index] = *entry;
	heap->places[entry->payload] = index;
}

/* Puts an entry where it belongs, from a free place on. */
static void indexed_heap_settle(struct indexed_heap *heap, size_t index, const struct plain_entry entry)
{
	for (; index > 0 && plain_entry_before(&entry, &heap->entries[(index - 1) / 4]); index = (index - 1) / 4)
		indexed_heap_put(heap, index, &heap->entries[(index - 1) / 4]);
	for (size_t child = 4 * index + 1; child < heap->count; child = 4 * index + 1) {
		const size_t end = child + 4 < heap->count ? child + 4 : heap->count;
		size_t least = child;

		for (size_t i = child + 1; i < end; i++) {
			if (plain_entry_before(&heap->entries[i], &heap->entries[least]))
				least = i;
		}
		if (!plain_entry_before(&heap->entries[least], &entry))
			break;
		indexed_heap_put(heap, index, &heap->entries[least]);
		index = least;
	}
	indexed_heap_put(heap, index, &entry);
}

static void indexed_heap_push(struct indexed_heap *heap, sim_ns time_ns, uint64_t payload)
{
	const struct plain_entry entry = { time_ns, heap->sequence++, payload };

	indexed_heap_settle(heap, heap->count++, entry);
}

static void indexed_heap_remove(struct indexed_heap *heap, size_t index)
{
	const struct plain_entry last = heap->entries[--heap->count];

	if (index < heap->count)
		indexed_heap_settle(heap, index, last);
}

static void cancel_by_hand(struct region *region, uint64_t operation_count)
{
	struct indexed_heap *heap = region_alloc(region, sizeof(*heap));
	uint64_t index = 0;

	indexed_heap_push(heap, 0, CANCEL_LAG);
	for (uint64_t left = operation_count; left > 0; left--) {
		const sim_ns now_ns = heap->entries[0].time_ns;
		const uint64_t timeout = index % CANCEL_LAG;

		indexed_heap_remove(heap, 0);
		if (index++ >= CANCEL_LAG)
			indexed_heap_remove(heap, heap->places[timeout]);
		indexed_heap_push(heap, now_ns + CANCEL_TIMEOUT_NS, timeout);
		indexed_heap_push(heap, now_ns + CANCEL_STEP_NS, CANCEL_LAG);
	}
}

/* --- ping-pong ------------------------------------------------------------------------------ */

static void ping(struct engine *engine, void *subject, uint64_t left_count);

static void pong(struct engine *engine, void *subject, uint64_t left_count)
{
	if (left_count > 0)
		engine_schedule_after(engine, 3, ping, subject, left_count - 1);
}

static void ping(struct engine *engine, void *subject, uint64_t left_count)
{
	if (left_count > 0)
		engine_schedule_after(engine, 7, pong, subject, left_count - 1);
}

static void ping_pong_by_engine(struct region *region, uint64_t operation_count)
{
	struct engine *engine = engine_new(region);

	engine_schedule_at(engine, 0, ping, NULL, operation_count);
	engine_run(engine, SIM_NS_MAX);
}

static void ping_pong_by_hand(struct region *region, uint64_t operation_count)
{
	struct plain_heap heap = { .entries = region_alloc_array(region, 1, sizeof(struct plain_entry)) };

	plain_heap_push(&heap, 0, operation_count);
	while (heap.count > 0) {
		const struct plain_entry entry = plain_heap_pop(&heap);

		if (entry.payload > 0)
			plain_heap_push(&heap, entry.time_ns + (entry.payload % 2 ? 3 : 7), entry.payload - 1);
	}
}

/* ns an operation of two ways to do the same. */
static void bench_pair(const char *name, void (*subject)(struct region *region, uint64_t operation_count),
		       void (*reference)(struct region *region, uint64_t operation_count), uint64_t operation_count)
{
	double subject_ns[BENCH_ROUND_COUNT], reference_ns[BENCH_ROUND_COUNT];
	const int rounds = bench_rounds(BENCH_ROUND_COUNT);

	if (!bench_wants(name))
		return;
	for (int round = 0; round < rounds; round++) {
		struct region region;
		int64_t start_ns, middle_ns;

		region_init(&region);
		start_ns = bench_cpu_ns();
		subject(&region, operation_count);
		middle_ns = bench_cpu_ns();
		reference(&region, operation_count);
		reference_ns[round] = (double)(bench_cpu_ns() - middle_ns) / (double)operation_count;
		subject_ns[round] = (double)(middle_ns - start_ns) / (double)operation_count;
		region_release(&region);
	}
	bench_report(name, bench_median(subject_ns, rounds), "ns", bench_median(reference_ns, rounds));
}

/* --- all ------------------------------------------------------------------------------------ */

void bench_engine(void)
{
	bench_mm1();
	bench_hold("hold-100", 100, bench_size(2000000));
	bench_hold("hold-10000", 10000, bench_size(2000000));
	bench_hold("hold-1000000", bench_size(1000000), bench_size(1000000));
	bench_hold("hold-10000000", bench_size(10000000), bench_size(1000000));
	bench_pair("cancel-heavy", cancel_by_engine, cancel_by_hand, bench_size(2000000));
	bench_pair("ping-pong", ping_pong_by_engine, ping_pong_by_hand, bench_size(5000000));
}

bool bench_count_engine(const char *name, uint64_t operations)
{
	struct region region;
	__int128 sum;

	if (!strcmp(name, "mm1")) {
		mm1_time(mm1_run_engine, operations, &sum);
		return true;
	}
	if (strcmp(name, "hold") != 0)
		return false;
	region_init(&region);
	hold_time_engine(hold_new(&region, 10000), operations);
	region_release(&region);
	return true;
}
