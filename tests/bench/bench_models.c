/*
 * bench_models.c - what the models execute in a second, and what a task costs when there are many.
 *
 * The reference of a rate is that of bare events: as many as the run had, each taken from a binary heap and put back,
 * and nothing done in them. It is what the run would take if its models took nothing.
 */
#include "tests/bench/bench.h"

#include <math.h>
#include <stddef.h>

#include "models/simulate/simulate.h"

/* ---- Bare events ---- */

#define BARE_EVENT_COUNT 64

/* The time that so many events take by themselves. */
static double bare_events_s(double event_count)
{
	sim_ns heap[BARE_EVENT_COUNT];
	uint64_t random = 4711;
	int64_t start_ns = bench_cpu_ns();
	volatile sim_ns last_ns;

	for (int i = 0; i < BARE_EVENT_COUNT; i++)
		heap[i] = i;
	for (uint64_t left = (uint64_t)event_count; left > 0; left--) {
		sim_ns time_ns;
		int at = 0;

		random = random * 6364136223846793005u + 1442695040888963407u;
		time_ns = heap[0] + (sim_ns)(random >> 44);
		for (int child = 1; child < BARE_EVENT_COUNT; child = 2 * at + 1) {
			if (child + 1 < BARE_EVENT_COUNT && heap[child + 1] < heap[child])
				child++;
			if (heap[child] >= time_ns)
				break;
			heap[at] = heap[child];
			at = child;
		}
		heap[at] = time_ns;
	}
	last_ns = heap[0];
	(void)last_ns;
	return (double)(bench_cpu_ns() - start_ns) / 1e9;
}

/* ---- Rates ---- */

struct rate {
	const char *name; /* and of its scenario under tests/bench/ */
	const char *unit;
	size_t counted; /* a count's offset in struct variant_result */
	double factor;	/* how often what is meant happens for each of these */
	uint64_t count; /* of instances; 0: as the scenario says */
	int rounds;
};

#define LOOP_ITERATIONS 200000 /* of loop-iterations.yaml's one task */

static const struct rate rates[] = {
	{ "gil-switches", "hand-overs/s", offsetof(struct variant_result, gil_switches), 1, 0, 7 },
	{ "context-switches", "switches/s", offsetof(struct variant_result, context_switches), 1, 0, 7 },
	{ "loop-iterations", "iterations/s", offsetof(struct variant_result, completed), LOOP_ITERATIONS, 0, 7 },
	{ "pool-tasks", "tasks/s", offsetof(struct variant_result, completed), 1, 100000, 7 },
	{ "process-pool-tasks", "tasks/s", offsetof(struct variant_result, completed), 1, 50000, 7 },
	{ "million-pool-tasks", "tasks/s", offsetof(struct variant_result, completed), 1, 1000000, 3 },
	{ "million-coroutines", "tasks/s", offsetof(struct variant_result, completed), 1, 1000000, 3 },
	{ "ten-thousand-threads", "tasks/s", offsetof(struct variant_result, completed), 1, 10000, 3 },
	{ "thousand-processes", "tasks/s", offsetof(struct variant_result, completed), 1, 1000, 3 },
};

/* One run in seconds. */
static double simulate_s(const struct workload *workload, struct variant_result *result)
{
	struct simulate_options options = { 0 };
	struct region region;
	int64_t start_ns = bench_cpu_ns();

	region_init(&region);
	simulate(workload, &options, &region, result);
	region_release(&region);
	return (double)(bench_cpu_ns() - start_ns) / 1e9;
}

static void bench_rate(const struct rate *rate)
{
	double per_s[BENCH_ROUND_COUNT], bare_per_s[BENCH_ROUND_COUNT];
	const int rounds = bench_rounds(rate->rounds);
	const struct workload *workload;
	struct region region;

	if (!bench_wants(rate->name))
		return;
	region_init(&region);
	workload = bench_load(rate->name, BENCH_RUN_COUNT, bench_size(rate->count), &region);
	for (int round = 0; workload && round < rounds; round++) {
		struct variant_result result;
		double took_s = simulate_s(workload, &result);
		double counted = *(const double *)((const char *)&result + rate->counted) * rate->factor;

		per_s[round] = counted / took_s;
		bare_per_s[round] = counted / bare_events_s(result.events);
	}
	if (workload)
		bench_report(rate->name, bench_median(per_s, rounds), rate->unit, bench_median(bare_per_s, rounds));
	region_release(&region);
}

/* ---- Growth: the same work with a thousand times as many tasks ---- */

#define FEW_TASKS 10000u
#define MANY_TASKS 10000000u
/* Ten million take seconds. More than one, in turns with the few: a machine is not as fast at all times, and the first may
 * have to wait for gigabytes of memory that a virtual machine's host has taken back. */
#define MANY_ROUND_COUNT 3

/* NAN when its scenario is not simulated. */
static double ns_per_task(const char *scenario, uint64_t count, int rounds, struct region *region)
{
	const struct workload *workload = bench_load(scenario, BENCH_RUN_COUNT, count, region);
	double ns[BENCH_ROUND_COUNT];

	if (!workload)
		return NAN;
	for (int round = 0; round < rounds; round++) {
		struct variant_result result;

		ns[round] = simulate_s(workload, &result) * 1e9 / (double)count;
	}
	return bench_median(ns, rounds);
}

static void bench_growth(const char *name, const char *scenario)
{
	double many_ns[BENCH_ROUND_COUNT], few_ns[BENCH_ROUND_COUNT];
	const int rounds = bench_rounds(MANY_ROUND_COUNT);
	struct region region;

	if (!bench_wants(name))
		return;
	region_init(&region);
	for (int round = 0; round < rounds; round++) {
		many_ns[round] = ns_per_task(scenario, bench_size(MANY_TASKS), 1, &region);
		few_ns[round] = ns_per_task(scenario, bench_size(FEW_TASKS), bench_rounds(BENCH_ROUND_COUNT), &region);
	}
	if (!isnan(many_ns[0]))
		bench_report(name, bench_median(many_ns, rounds), "ns/task", bench_median(few_ns, rounds));
	region_release(&region);
}

void bench_models(void)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		bench_rate(&rates[i]);
	bench_growth("growth-pool-tasks", "million-pool-tasks");
	bench_growth("growth-coroutines", "million-coroutines");
}
