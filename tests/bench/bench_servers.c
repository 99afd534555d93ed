/*
 * bench_servers.c - servers through all layers, each against a twin, and against what a Python user would write.
 *
 * The twin is the same queueing model written by hand: arrivals, so many servers in order of arrival (without limit for
 * asyncio), one lock in order of arrival, and nothing but its own four events a request. Both draw the same durations
 * from the same streams. tests/bench/server_simpy.py is that in SimPy, where python3-simpy is installed.
 *
 * threaded-server, asyncio-server  At 80 % of what the lock can do: requests a second, also against SimPy.
 * threaded-hour, asyncio-hour      An hour of 500 requests a second: seconds of a core.
 */
#include "tests/bench/bench.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/simulate/simulate.h"
#include "sim/base/distribution.h"

#define REQUESTS 1000000u
#define REQUESTS_OF_AN_HOUR (500u * 3600u)
/* The hours take seconds. */
#define HOUR_ROUND_COUNT 3
/* asyncio begins each at once. */
#define SERVERS_WITHOUT_LIMIT UINT32_MAX

/* ---- The twin ---- */

/* Requests that wait for I/O at once, and a few more; under asyncio there are eleven on average. */
#define TWIN_EVENT_COUNT 256

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
	uint64_t request_count;
	struct twin_event heap[TWIN_EVENT_COUNT];
	int heap_count;
	uint32_t sequence;
	sim_ns now_ns;
	struct twin_ring waiting;  /* for a server */
	struct twin_ring lock;	   /* for the lock; whether for the first or second time says its stage */
	sim_ns *arrived_ns;
	sim_ns *sojourn_ns;
	uint8_t *stage;
	bool locked;
	uint64_t idle_servers;
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

	assert(i < TWIN_EVENT_COUNT);
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
	if (request + 1 == twin->request_count)
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

/* A power of two that is not less. */
static uint64_t rounded_up(uint64_t count)
{
	uint64_t power = 1;

	while (power < count)
		power *= 2;
	return power;
}

static struct twin_ring ring_for(uint64_t count, struct region *region)
{
	return (struct twin_ring){ .items = region_alloc_array(region, rounded_up(count), sizeof(uint32_t)),
				   .mask = (uint32_t)rounded_up(count) - 1 };
}

/* Returns the mean sojourn time, so that both can be seen to model the same thing. */
static double run_twin(const struct workload *workload, uint64_t servers, struct region *region)
{
	struct twin *twin = region_alloc(region, sizeof(*twin));
	const uint64_t count = (uint64_t)workload->run.count;
	double sum = 0;

	twin->workload = workload;
	twin->request_count = count;
	twin->idle_servers = servers;
	twin->waiting = ring_for(count, region);
	twin->lock = ring_for(count < servers ? count : servers, region);
	twin->arrived_ns = region_alloc_array(region, count, sizeof(sim_ns));
	twin->sojourn_ns = region_alloc_array(region, count, sizeof(sim_ns));
	twin->stage = region_alloc_array(region, count, 1);
	twin_schedule(twin, 0, TWIN_ARRIVAL, 0);
	while (twin->heap_count > 0)
		twin_execute(twin, twin_next(twin));
	for (uint32_t i = 0; i < twin->completed; i++)
		sum += (double)twin->sojourn_ns[i];
	qsort(twin->sojourn_ns, twin->completed, sizeof(sim_ns), compare_ns); /* percentiles, as the subject */
	return sum / twin->completed / 1e9;
}

/* ---- SimPy ---- */

#define SIMPY_REQUESTS 20000u

/* Requests a second of the twin in SimPy; NAN where that is not installed. */
static double simpy_rate(uint64_t servers, uint64_t request_count)
{
	char command[256];
	double rate = NAN;
	FILE *output;

	snprintf(command, sizeof(command), "/usr/bin/python3 tests/bench/server_simpy.py %llu %llu 2>/dev/null",
		 (unsigned long long)servers, (unsigned long long)request_count);
	output = popen(command, "r");
	if (output && fscanf(output, "%lf", &rate) != 1)
		rate = NAN;
	if (output)
		pclose(output);
	return rate;
}

/* ---- Both ---- */

/* Medians of core time: to simulate all requests, and for the twin. */
struct server_times {
	double simulation_s, twin_s;
};

/* False: it is not asked for, or its scenario is wrong. */
static bool time_server(const char *name, uint64_t servers, uint64_t count, int rounds, struct server_times *times)
{
	double simulation_s[BENCH_ROUND_COUNT], twin_s[BENCH_ROUND_COUNT];
	double mean_s = 0, twin_mean_s = 0;
	const struct workload *workload;
	struct region region;

	if (!bench_wants(name))
		return false;
	region_init(&region);
	workload = bench_load(name, BENCH_ARRIVAL_COUNT, count, &region);
	for (int round = 0; workload && round < rounds; round++) {
		struct simulate_options options = { 0 };
		struct variant_result result;
		struct region run_region;
		int64_t start_ns, middle_ns, end_ns;

		region_init(&run_region);
		start_ns = bench_cpu_ns();
		simulate(workload, &options, &run_region, &result);
		middle_ns = bench_cpu_ns();
		twin_mean_s = run_twin(workload, servers, &run_region);
		end_ns = bench_cpu_ns();
		region_release(&run_region);
		mean_s = result.sojourn.mean;
		simulation_s[round] = (double)(middle_ns - start_ns) / 1e9;
		twin_s[round] = (double)(end_ns - middle_ns) / 1e9;
	}
	region_release(&region);
	if (!workload)
		return false;
	printf("%s: mean sojourn %.3f ms, of its twin without costs %.3f ms\n", name, mean_s * 1e3, twin_mean_s * 1e3);
	*times = (struct server_times){ bench_median(simulation_s, rounds), bench_median(twin_s, rounds) };
	return true;
}

static void bench_rate(const char *name, const char *simpy_name, uint64_t servers)
{
	const uint64_t count = bench_size(REQUESTS);
	struct server_times times;
	double rate, simpy;

	if (!time_server(name, servers, count, bench_rounds(BENCH_ROUND_COUNT), &times))
		return;
	rate = (double)count / times.simulation_s;
	bench_report(name, rate, "requests/s", (double)count / times.twin_s);
	simpy = simpy_rate(servers, bench_size(SIMPY_REQUESTS));
	if (!isnan(simpy))
		bench_report(simpy_name, rate, "requests/s", simpy);
}

static void bench_hour(const char *name, uint64_t servers)
{
	struct server_times times;

	if (time_server(name, servers, bench_size(REQUESTS_OF_AN_HOUR), bench_rounds(HOUR_ROUND_COUNT), &times))
		bench_report(name, times.simulation_s, "s", times.twin_s);
}

void bench_servers(void)
{
	bench_rate("threaded-server", "threaded-server-simpy", 16);
	bench_rate("asyncio-server", "asyncio-server-simpy", SERVERS_WITHOUT_LIMIT);
	bench_hour("threaded-hour", 16);
	bench_hour("asyncio-hour", SERVERS_WITHOUT_LIMIT);
}

bool bench_count_servers(const char *name, uint64_t operations)
{
	struct simulate_options options = { 0 };
	const struct workload *workload;
	struct variant_result result;
	struct region region;

	if (strcmp(name, "threaded-server") != 0 && strcmp(name, "asyncio-server") != 0)
		return false;
	region_init(&region);
	workload = bench_load(name, BENCH_ARRIVAL_COUNT, operations, &region);
	if (!workload)
		exit(1);
	simulate(workload, &options, &region, &result);
	region_release(&region);
	return true;
}
