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
 */
#include "tests/bench/bench.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

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

#define MM1_CUSTOMER_COUNT 1000000
#define MM1_INTERARRIVAL_NS 1250000.
#define MM1_SERVICE_NS 1000000.
#define MM1_SEED 4711
/* A queue this long has probability 0.8^16384: it does not happen. */
#define MM1_QUEUE_COUNT 16384

struct mm1 {
	struct xoshiro rng;
	sim_ns arrived_ns[MM1_QUEUE_COUNT];
	uint64_t arrival_count, departure_count;
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
	if (queue->arrival_count < MM1_CUSTOMER_COUNT)
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
			if (queue->arrival_count < MM1_CUSTOMER_COUNT)
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
static double mm1_time(void (*run)(struct mm1 *queue), __int128 *sojourn_ns_sum)
{
	static struct mm1 queue;
	int64_t start_ns;

	queue = (struct mm1){ .arrival_count = 0 };
	xoshiro_seed(&queue.rng, MM1_SEED);
	start_ns = bench_wall_ns();
	run(&queue);
	*sojourn_ns_sum = queue.sojourn_ns_sum;
	return MM1_CUSTOMER_COUNT * 1e9 / (double)(bench_wall_ns() - start_ns);
}

static void bench_mm1(void)
{
	double subject_per_s[BENCH_ROUND_COUNT], reference_per_s[BENCH_ROUND_COUNT];

	for (int round = 0; round < BENCH_ROUND_COUNT; round++) {
		__int128 subject_sum, reference_sum;

		subject_per_s[round] = mm1_time(mm1_run_engine, &subject_sum);
		reference_per_s[round] = mm1_time(mm1_run_by_hand, &reference_sum);
		if (subject_sum != reference_sum) {
			fprintf(stderr, "bench: mm1: the engine and the loop by hand differ\n");
			exit(1);
		}
	}
	bench_report("mm1", bench_median(subject_per_s, BENCH_ROUND_COUNT), "customers/s",
		     bench_median(reference_per_s, BENCH_ROUND_COUNT));
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
	int64_t start_ns = bench_wall_ns();

	hold->left_count = operation_count;
	engine_run(hold->engine, SIM_NS_MAX);
	return (double)(bench_wall_ns() - start_ns) / (double)operation_count;
}

static double hold_time_heap(struct hold *hold, uint64_t operation_count)
{
	int64_t start_ns = bench_wall_ns();

	for (uint64_t i = 0; i < operation_count; i++) {
		const struct plain_entry entry = plain_heap_pop(&hold->heap);

		hold->heap_now_ns = entry.time_ns;
		plain_heap_push(&hold->heap,
				hold->heap_now_ns +
					hold->increments_ns[hold->heap_increment_index++ % HOLD_INCREMENT_COUNT],
				entry.payload);
	}
	return (double)(bench_wall_ns() - start_ns) / (double)operation_count;
}

static void bench_hold(const char *name, uint64_t pending_count, uint64_t operation_count)
{
	double subject_ns[BENCH_ROUND_COUNT], reference_ns[BENCH_ROUND_COUNT];
	struct region region;
	struct xoshiro rng;
	struct hold *hold;

	region_init(&region);
	hold = region_alloc(&region, sizeof(*hold));
	xoshiro_seed(&rng, HOLD_SEED);
	for (size_t i = 0; i < HOLD_INCREMENT_COUNT; i++)
		hold->increments_ns[i] = exponential_ns(&rng, HOLD_MEAN_NS);
	hold->engine = engine_new(&region);
	hold->heap.entries = region_alloc_array(&region, pending_count, sizeof(*hold->heap.entries));
	for (uint64_t i = 0; i < pending_count; i++) {
		sim_ns due_ns = exponential_ns(&rng, HOLD_MEAN_NS);

		engine_schedule_at(hold->engine, due_ns, hold_due, hold, i);
		plain_heap_push(&hold->heap, due_ns, i);
	}
	/* Until both are as they stay: each pending event has been replaced about twice. */
	hold_time_engine(hold, 2 * pending_count);
	hold_time_heap(hold, 2 * pending_count);
	for (int round = 0; round < BENCH_ROUND_COUNT; round++) {
		subject_ns[round] = hold_time_engine(hold, operation_count);
		reference_ns[round] = hold_time_heap(hold, operation_count);
		if (engine_now(hold->engine) != hold->heap_now_ns) {
			fprintf(stderr, "bench: %s: the engine and the plain heap differ\n", name);
			exit(1);
		}
	}
	bench_report(name, bench_median(subject_ns, BENCH_ROUND_COUNT), "ns",
		     bench_median(reference_ns, BENCH_ROUND_COUNT));
	region_release(&region);
}

void bench_engine(void)
{
	bench_mm1();
	bench_hold("hold-100", 100, 2000000);
	bench_hold("hold-10000", 10000, 2000000);
	bench_hold("hold-1000000", 1000000, 1000000);
}
