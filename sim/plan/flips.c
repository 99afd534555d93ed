/*
 * flips.c - doubles a change until the answer flips, then halves the step.
 */
#include <math.h>
#include <string.h>

#include "sim/plan/flips.h"

/* One search may take about so many events of simulations, and so all of them some seconds on one core. */
#define EVENT_BUDGET 4e6
#define DOUBLINGS 10 /* up to a thousand times as much, or as little */
#define HALVINGS 4   /* of the last doubling: to within 5 % */
#define PAYLOAD_DOUBLINGS 17 /* up to 64 MiB, from next to nothing */
#define MOST_CORES 256

struct search {
	struct batch *batch;
	const struct objective *objective;
	const struct contender *contenders;
	struct contender *changed; /* room for as many */
	size_t count;
	const struct contender *winner;
	struct region *region;
	double processes_per_core;
	double events_at_start; /* of the search along this axis */
	double last_probe_events;
};

struct axis {
	const char *what;
	struct workload (*apply)(const struct workload *workload, double factor, struct region *region);
	int doublings_up, doublings_down;
	/* Whether it can be asked of this workload. */
	bool (*applies)(const struct workload *workload);
	/* How a value is told; NULL: as a factor. */
	const char *(*tell)(const struct workload *workload, double factor, struct region *region);
};

/* ---- What can be changed ---- */

static double changed_cores(const struct workload *workload, double factor)
{
	return fmin(MOST_CORES, fmax(1, round(workload->machine.cores * factor)));
}

static struct workload apply_cores(const struct workload *workload, double factor, struct region *region)
{
	(void)region;
	return workload_with_cores(workload, (int)changed_cores(workload, factor));
}

static const char *tell_cores(const struct workload *workload, double factor, struct region *region)
{
	return region_format(region, "%.0f", changed_cores(workload, factor));
}

static struct workload apply_quota(const struct workload *workload, double factor, struct region *region)
{
	struct workload changed = *workload;

	(void)region;
	changed.machine.quota_cores = (double)workload->machine.cores * factor;
	return changed;
}

static bool has_no_quota(const struct workload *workload)
{
	return workload->machine.quota_cores <= 0;
}

static const char *tell_quota(const struct workload *workload, double factor, struct region *region)
{
	return factor == 1 ? "none" : region_format(region, "%.3g cores", (double)workload->machine.cores * factor);
}

static struct workload apply_cpu_time(const struct workload *workload, double factor, struct region *region)
{
	return workload_with_durations(workload, factor, 1, region);
}

static bool works_and_waits(const struct workload *workload)
{
	struct workload_content content = workload_content(workload);

	return content.cpu_s > 0 && content.wait_s > 0;
}

static struct workload apply_length(const struct workload *workload, double factor, struct region *region)
{
	return workload_with_durations(workload, factor, factor, region);
}

static struct workload apply_load(const struct workload *workload, double factor, struct region *region)
{
	return workload_with_load(workload, factor, region);
}

static bool has_count(const struct workload *workload)
{
	return workload->run.kind == RUN_COUNT || workload->run.kind == RUN_ITEMS;
}

static bool has_users(const struct workload *workload)
{
	return workload->run.kind == RUN_USERS;
}

static bool has_arrivals(const struct workload *workload)
{
	return workload->run.kind == RUN_ARRIVALS;
}

static const char *tell_count(const struct workload *workload, double factor, struct region *region)
{
	return region_format(region, "%lld", (long long)workload_with_load(workload, factor, region).run.count);
}

static const char *tell_users(const struct workload *workload, double factor, struct region *region)
{
	return region_format(region, "%lld", (long long)workload_with_load(workload, factor, region).run.users);
}

static const char *tell_rate(const struct workload *workload, double factor, struct region *region)
{
	return region_format(region, "%.4g/s", factor * 1e9 / distribution_mean(&workload->run.spacing));
}

static struct workload apply_payload(const struct workload *workload, double factor, struct region *region)
{
	(void)region;
	return workload_with_payload(workload, factor);
}

static bool has_payload(const struct workload *workload)
{
	return workload->run.bytes > 0 || workload->run.result_bytes > 0;
}

/* Threads and coroutines hand over references, of whatever size. */
static bool hands_over_to_processes(const struct workload *workload)
{
	return has_count(workload) && model_starts_processes(&workload->model);
}

static const char *tell_payload(const struct workload *workload, double factor, struct region *region)
{
	struct workload changed = workload_with_payload(workload, factor);
	int64_t bytes = changed.run.bytes > changed.run.result_bytes ? changed.run.bytes : changed.run.result_bytes;

	if (factor == 1 && !has_payload(workload))
		return "an integer";
	if (bytes < 10 * 1024)
		return region_format(region, "%lld bytes", (long long)bytes);
	return bytes < 10 * 1024 * 1024 ? region_format(region, "%lld KiB", (long long)(bytes >> 10)) :
					  region_format(region, "%lld MiB", (long long)(bytes >> 20));
}

static const char *tell_factor(const struct workload *workload, double factor, struct region *region)
{
	(void)workload;
	if (factor == 1)
		return "as it is";
	return factor > 1 ? region_format(region, "%.4g times", factor)
			  : region_format(region, "1/%.4g of it", 1 / factor);
}

static const struct axis axes[] = {
	{ "cores", apply_cores, 6, 6, NULL, tell_cores },
	{ "CPU quota", apply_quota, 0, 5, has_no_quota, tell_quota },
	{ "CPU time of each task", apply_cpu_time, DOUBLINGS, DOUBLINGS, works_and_waits, NULL },
	{ "length of each task", apply_length, DOUBLINGS, DOUBLINGS, NULL, NULL },
	{ "number of tasks", apply_load, DOUBLINGS, DOUBLINGS, has_count, tell_count },
	{ "users", apply_load, DOUBLINGS, DOUBLINGS, has_users, tell_users },
	{ "arrival rate", apply_load, 6, DOUBLINGS, has_arrivals, tell_rate },
	{ "payload of each task", apply_payload, PAYLOAD_DOUBLINGS, 0, hands_over_to_processes, tell_payload },
	{ "payload of each task", apply_payload, 0, PAYLOAD_DOUBLINGS, has_payload, tell_payload },
};

/* ---- Things that are so or not ---- */

static struct workload apply_spawn(const struct workload *workload, double factor, struct region *region)
{
	struct workload changed = *workload;

	(void)region, (void)factor;
	changed.python.start = START_SPAWN;
	return changed;
}

static bool does_not_spawn(const struct workload *workload)
{
	return workload->python.start != START_SPAWN;
}

static struct workload apply_warm(const struct workload *workload, double factor, struct region *region)
{
	struct workload changed = *workload;

	(void)region, (void)factor;
	changed.model.warm = workload->model.kind == MODEL_THREAD_POOL || workload->model.kind == MODEL_POOL ||
			     workload->model.kind == MODEL_PROCESS_POOL;
	return changed;
}

static bool has_executors(const struct workload *workload)
{
	return workload->run.kind != RUN_PROGRAM && !workload->model.warm;
}

static const struct axis switches[] = {
	{ "start of processes", apply_spawn, 0, 0, does_not_spawn, NULL },
	{ "pools", apply_warm, 0, 0, has_executors, NULL },
};
static const char *const switched_from[] = { "fork", "started for this run" };
static const char *const switched_to[] = { "spawn", "already there (warm)" };

/* ---- Searching ---- */

static bool may_probe(const struct search *search, double growth)
{
	return !batch_stopped(search->batch) &&
	       search->batch->events - search->events_at_start + growth * search->last_probe_events < EVENT_BUDGET;
}

/* The candidate of another group that wins clearly when `axis` is changed by `factor`; NULL: none. */
static const char *probe(struct search *search, const struct axis *axis, double factor)
{
	const struct workload_change change = { axis->apply, factor, search->processes_per_core };
	const struct contender *best = NULL, *same = NULL;
	double events = search->batch->events;
	struct region region;
	const char *name = NULL;

	region_init_within(&region, search->region);
	memcpy(search->changed, search->contenders, search->count * sizeof(search->changed[0]));
	tuning_revisit(search->batch, search->objective, &change, search->changed, search->count, &region);
	search->last_probe_events = search->batch->events - events;
	for (size_t i = 0; i < search->count; i++) {
		const struct contender *contender = &search->changed[i];

		if (contender->candidate->needs || !workload_gets_results(&contender->workload))
			continue;
		if (!best || objective_compare(search->objective, &contender->result, &best->result) < 0)
			best = contender;
		if (strcmp(contender->candidate->group, search->winner->candidate->group) == 0 &&
		    (!same || objective_compare(search->objective, &contender->result, &same->result) < 0))
			same = contender;
	}
	if (!batch_stopped(search->batch) && best && same && best != same &&
	    strcmp(best->candidate->group, same->candidate->group) != 0 &&
	    !(objective_ratio(search->objective, &best->result, &same->result) < FLIP_LEAST_RATIO))
		name = best->candidate->name;
	region_release(&region);
	return name;
}

static const char *tell(const struct search *search, const struct axis *axis, double factor)
{
	return (axis->tell ? axis->tell : tell_factor)(&search->winner->candidate->workload, factor, search->region);
}

/* One direction; `step` is 2 or 1/2. */
static struct flip search_direction(struct search *search, const struct axis *axis, double step, int doublings)
{
	struct flip flip = { .what = axis->what, .from = tell(search, axis, 1), .is_searched = true };
	double kept = 1, factor = 1;

	search->events_at_start = search->batch->events;
	for (int i = 0; i < doublings && !flip.winner; i++) {
		if (!may_probe(search, step)) {
			flip.is_searched = kept != 1;
			break;
		}
		factor = kept * step;
		flip.winner = probe(search, axis, factor);
		if (!flip.winner)
			kept = factor;
	}
	for (int i = 0; i < HALVINGS && flip.winner && may_probe(search, 1); i++) {
		double middle = sqrt(kept * factor);
		const char *winner = probe(search, axis, middle);

		if (winner) {
			factor = middle;
			flip.winner = winner;
		} else {
			kept = middle;
		}
	}
	flip.to = tell(search, axis, flip.winner ? factor : kept);
	return flip;
}

size_t flips_search(struct batch *batch, const struct objective *objective, const struct contender *contenders,
		    size_t count, const struct contender *winner, double processes_per_core,
		    struct region *region, struct flip *flips)
{
	const struct workload *workload = &winner->candidate->workload;
	struct search search = {
		.batch = batch,
		.objective = objective,
		.contenders = contenders,
		.changed = region_alloc_array(region, count, sizeof(contenders[0])),
		.count = count,
		.winner = winner,
		.region = region,
		.processes_per_core = processes_per_core,
	};
	size_t found = 0;

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		if (!switches[i].applies(workload) || batch_stopped(batch))
			continue;
		flips[found++] = (struct flip){
			.what = switches[i].what,
			.from = switched_from[i],
			.to = switched_to[i],
			.winner = probe(&search, &switches[i], 1),
			.is_searched = true,
		};
	}
	for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
		if (axes[i].applies && !axes[i].applies(workload))
			continue;
		if (axes[i].doublings_up > 0)
			flips[found++] = search_direction(&search, &axes[i], 2, axes[i].doublings_up);
		if (axes[i].doublings_down > 0)
			flips[found++] = search_direction(&search, &axes[i], 0.5, axes[i].doublings_down);
	}
	return found;
}
