/*
 * bench_models.c - what the models cost beyond the engine's events.
 *
 * threaded-server runs a scenario through all layers; its twin below is the same queueing model written by
 * hand: arrivals, 16 servers in order of arrival, one lock in order of arrival, and nothing but its own four
 * events a request. Both draw the same durations from the same streams.
 */
#include "tests/bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/simulate/simulate.h"
#include "sim/base/distribution.h"
#include "sim/scenario/scenario.h"

#define REQUESTS 1000000
#define SERVERS 16

static struct scenario *load(const char *path, struct region *region)
{
	struct scenario_options options = { .seed = 1 };
	struct diagnostics diagnostics;
	struct scenario *scenario;

	diagnostics_init(&diagnostics, region);
	scenario = scenario_load(path, &options, region, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	if (!scenario)
		exit(EXIT_FAILURE);
	return scenario;
}

/* ---- The twin ---- */

enum twin_event_kind { TWIN_ARRIVAL, TWIN_FIRST_DONE, TWIN_IO_DONE, TWIN_SECOND_DONE };

struct twin_event {
	sim_ns time_ns;
	uint32_t sequence;
	uint32_t request;
	enum twin_event_kind kind;
};

struct twin_ring {
	uint32_t *items;
	uint32_t mask, first, count;
};

struct twin {
	const struct workload *workload;
	struct twin_event heap[64];
	int heap_count;
	uint32_t sequence;
	sim_ns now_ns;
	struct twin_ring waiting;  /* for a server */
	struct twin_ring lock;	   /* for the lock; whether for the first or second time says its stage */
	sim_ns *arrived_ns;
	sim_ns *sojourn_ns;
	uint8_t *stage;
	bool locked;
	int idle_servers;
	uint32_t completed;
	uint64_t in_flight_area, in_flight;
};

static bool is_before(const struct twin_event *a, const struct twin_event *b)
{
	return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->sequence < b->sequence);
}

static void twin_schedule(struct twin *twin, sim_ns delay_ns, enum twin_event_kind kind, uint32_t request)
{
	struct twin_event event = { twin->now_ns + delay_ns, twin->sequence++, request, kind };
	int i = twin->heap_count++;

	while (i > 0 && is_before(&event, &twin->heap[(i - 1) / 2])) {
		twin->heap[i] = twin->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	twin->heap[i] = event;
}

static struct twin_event twin_next(struct twin *twin)
{
	struct twin_event top = twin->heap[0], last = twin->heap[--twin->heap_count];
	int i = 0;

	for (;;) {
		int child = 2 * i + 1;

		if (child >= twin->heap_count)
			break;
		if (child + 1 < twin->heap_count && is_before(&twin->heap[child + 1], &twin->heap[child]))
			child++;
		if (is_before(&last, &twin->heap[child]))
			break;
		twin->heap[i] = twin->heap[child];
		i = child;
	}
	twin->heap[i] = last;
	return top;
}

static void ring_push(struct twin_ring *ring, uint32_t item)
{
	ring->items[(ring->first + ring->count++) & ring->mask] = item;
}

static uint32_t ring_pop(struct twin_ring *ring)
{
	uint32_t item = ring->items[ring->first & ring->mask];

	ring->first++;
	ring->count--;
	return item;
}

/* The request's `draw`-th duration, as the simulation draws it. */
static sim_ns twin_duration(const struct twin *twin, uint32_t request, uint32_t draw)
{
	const struct workload *workload = twin->workload;

	return workload_duration(workload, &workload->steps[draw], &workload->tasks[workload->run.task], 0,
				 workload_entity(request), draw, 0);
}

static void twin_lock(struct twin *twin, uint32_t request)
{
	if (twin->locked) {
		ring_push(&twin->lock, request);
		return;
	}
	twin->locked = true;
	twin_schedule(twin, twin_duration(twin, request, twin->stage[request]),
		      twin->stage[request] == 0 ? TWIN_FIRST_DONE : TWIN_SECOND_DONE, request);
}

static void twin_unlock(struct twin *twin)
{
	twin->locked = false;
	if (twin->lock.count > 0)
		twin_lock(twin, ring_pop(&twin->lock));
}

static void twin_arrival(struct twin *twin, uint32_t request)
{
	struct variate variate;

	twin->arrived_ns[request] = twin->now_ns;
	twin->in_flight++;
	if (twin->idle_servers > 0) {
		twin->idle_servers--;
		twin_lock(twin, request);
	} else {
		ring_push(&twin->waiting, request);
	}
	if (request + 1 == REQUESTS)
		return;
	variate = variate_open(twin->workload->seed, 0, random_hash_name("arrivals"), 0, request + 1);
	twin_schedule(twin, distribution_draw_ns(&twin->workload->run.spacing, &variate), TWIN_ARRIVAL, request + 1);
}

static void twin_execute(struct twin *twin, struct twin_event event)
{
	twin->in_flight_area += twin->in_flight * (uint64_t)(event.time_ns - twin->now_ns);
	twin->now_ns = event.time_ns;
	switch (event.kind) {
	case TWIN_ARRIVAL:
		twin_arrival(twin, event.request);
		break;
	case TWIN_FIRST_DONE:
		twin_schedule(twin, twin_duration(twin, event.request, 1), TWIN_IO_DONE, event.request);
		twin_unlock(twin);
		break;
	case TWIN_IO_DONE:
		twin->stage[event.request] = 2;
		twin_lock(twin, event.request);
		break;
	case TWIN_SECOND_DONE:
		twin->sojourn_ns[twin->completed++] = twin->now_ns - twin->arrived_ns[event.request];
		twin->in_flight--;
		twin_unlock(twin);
		if (twin->waiting.count > 0)
			twin_lock(twin, ring_pop(&twin->waiting));
		else
			twin->idle_servers++;
		break;
	}
}

static int compare_ns(const void *a, const void *b)
{
	sim_ns x = *(const sim_ns *)a, y = *(const sim_ns *)b;

	return (x > y) - (x < y);
}

/* Returns the mean sojourn time, so that both can be seen to model the same thing. */
static double run_twin(const struct workload *workload, struct region *region)
{
	struct twin *twin = region_alloc(region, sizeof(*twin));
	double sum = 0;

	twin->workload = workload;
	twin->idle_servers = SERVERS;
	twin->waiting = (struct twin_ring){ region_alloc_array(region, 1 << 20, 4), (1 << 20) - 1, 0, 0 };
	twin->lock = (struct twin_ring){ region_alloc_array(region, SERVERS, 4), SERVERS - 1, 0, 0 };
	twin->arrived_ns = region_alloc_array(region, REQUESTS, sizeof(sim_ns));
	twin->sojourn_ns = region_alloc_array(region, REQUESTS, sizeof(sim_ns));
	twin->stage = region_alloc_array(region, REQUESTS, 1);
	twin_schedule(twin, 0, TWIN_ARRIVAL, 0);
	while (twin->heap_count > 0)
		twin_execute(twin, twin_next(twin));
	for (uint32_t i = 0; i < twin->completed; i++)
		sum += (double)twin->sojourn_ns[i];
	qsort(twin->sojourn_ns, twin->completed, sizeof(sim_ns), compare_ns); /* percentiles, as the subject */
	return sum / twin->completed / 1e9;
}

static void bench_threaded_server(void)
{
	double rate[BENCH_ROUND_COUNT], twin_rate[BENCH_ROUND_COUNT];
	double mean_s = 0, twin_mean_s = 0;
	struct region region, run_region;
	struct scenario *scenario;

	region_init(&region);
	scenario = load("tests/bench/threaded-server.yaml", &region);
	for (int round = 0; round < BENCH_ROUND_COUNT; round++) {
		struct simulate_options options = { 0 };
		struct variant_result result;
		int64_t start_ns, middle_ns, end_ns;

		region_init(&run_region);
		start_ns = bench_wall_ns();
		simulate(&scenario->workloads[0], &options, &run_region, &result);
		middle_ns = bench_wall_ns();
		twin_mean_s = run_twin(&scenario->workloads[0], &run_region);
		end_ns = bench_wall_ns();
		region_release(&run_region);
		mean_s = result.sojourn.mean;
		rate[round] = REQUESTS * 1e9 / (double)(middle_ns - start_ns);
		twin_rate[round] = REQUESTS * 1e9 / (double)(end_ns - middle_ns);
	}
	printf("threaded-server: mean sojourn %.3f ms, of its twin without costs %.3f ms\n", mean_s * 1e3,
	       twin_mean_s * 1e3);
	bench_report("threaded-server", bench_median(rate, BENCH_ROUND_COUNT), "requests/s",
		     bench_median(twin_rate, BENCH_ROUND_COUNT));
	region_release(&region);
}

static void bench_gil_switches(void)
{
	double rate[BENCH_ROUND_COUNT];
	struct region region;
	struct scenario *scenario;

	region_init(&region);
	scenario = load("tests/bench/gil-switches.yaml", &region);
	for (int round = 0; round < BENCH_ROUND_COUNT; round++) {
		struct simulate_options options = { 0 };
		struct variant_result result;
		int64_t start_ns = bench_wall_ns();

		simulate(&scenario->workloads[0], &options, &region, &result);
		rate[round] = result.gil_switches * 1e9 / (double)(bench_wall_ns() - start_ns);
	}
	bench_report("gil-switches", bench_median(rate, BENCH_ROUND_COUNT), "hand-overs/s", NAN);
	region_release(&region);
}

void bench_models(void)
{
	bench_gil_switches();
	bench_threaded_server();
}
