/*
 * tuning.c - a coordinate search over sizes, all candidates side by side in each round.
 */
#include <string.h>

#include "sim/plan/tuning.h"

/* More threads than this nobody starts for the sake of speed. */
#define MOST_THREADS 512
/* A request's arrivals have no count that bounds the workers. */
#define MOST_FOR_ARRIVALS 256
#define WAVES 8	    /* whole waves of tasks that are tried: one, two, ... */
#define TRIED_MAX 128
/* Worker counts nearer to each other than one in so many are not told apart. */
#define RESOLUTION 16
/* Waves of tasks give the curve several valleys: each value this near to the best is looked around. */
#define NEARLY_AS_GOOD 0.97

enum knob { KNOB_WORKERS, KNOB_INNER, KNOB_CHUNKSIZE, KNOB_NONE };

struct tuner {
	struct contender *contender;
	int most_processes;
	enum knob knob;
	int64_t tried[TRIED_MAX]; /* of this knob, ascending */
	const struct variant_result *results[TRIED_MAX];
	size_t tried_count;
	int64_t pending[TRIED_MAX];
	size_t pending_count;
	bool has_begun; /* the first values of this knob were tried */
};

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t tasks_at_once(const struct workload *workload)
{
	switch (workload->run.kind) {
	case RUN_COUNT:
	case RUN_ITEMS:
		return workload->run.count;
	case RUN_USERS:
		return workload->run.users;
	default:
		return MOST_FOR_ARRIVALS;
	}
}

static int64_t most_workers(const struct workload *workload, int most_processes)
{
	int64_t bound = model_starts_processes(&workload->model) ? most_processes : MOST_THREADS;

	return least(bound, tasks_at_once(workload));
}

static int64_t most_inner(const struct workload *workload, int workers)
{
	int64_t tasks = tasks_at_once(workload);

	return least(MOST_THREADS, most(1, tasks / most(1, workers) + (tasks % most(1, workers) != 0)));
}

static bool has_knob(const struct tuner *tuner, enum knob knob)
{
	const struct candidate *candidate = tuner->contender->candidate;

	return knob == KNOB_WORKERS   ? candidate->has_workers
	       : knob == KNOB_INNER   ? candidate->has_inner_workers
	       : knob == KNOB_CHUNKSIZE ? candidate->has_chunksize
				      : true;
}

static void propose(struct tuner *tuner, int64_t value, int64_t bound)
{
	if (value < 1 || value > bound)
		return;
	for (size_t i = 0; i < tuner->tried_count; i++)
		if (tuner->tried[i] == value)
			return;
	for (size_t i = 0; i < tuner->pending_count; i++)
		if (tuner->pending[i] == value)
			return;
	if (tuner->tried_count + tuner->pending_count < TRIED_MAX)
		tuner->pending[tuner->pending_count++] = value;
}

/* Where worker counts can matter, before anything is known. */
static void propose_workers(struct tuner *tuner, int64_t tasks, int64_t cores, int64_t bound)
{
	for (int64_t value = 1; value <= bound; value *= 2)
		propose(tuner, value, bound);
	for (int64_t multiple = 1; multiple <= 4; multiple++)
		propose(tuner, multiple * cores, bound);
	propose(tuner, cores + 1, bound);
	for (int64_t waves = 1; waves <= WAVES; waves++)
		propose(tuner, tasks / waves + (tasks % waves != 0), bound);
	propose(tuner, bound, bound);
}

static int64_t value_of(const struct tuner *tuner)
{
	const struct model_size *size = &tuner->contender->size;

	return tuner->knob == KNOB_WORKERS ? size->workers
	       : tuner->knob == KNOB_INNER ? size->inner_workers
					   : size->chunksize;
}

static struct model_size size_with(const struct tuner *tuner, int64_t value)
{
	struct model_size size = tuner->contender->size;

	if (tuner->knob == KNOB_WORKERS)
		size.workers = (int)value;
	else if (tuner->knob == KNOB_INNER)
		size.inner_workers = (int)value;
	else
		size.chunksize = value;
	return size;
}

/* The middles between the values that are about as good as the best and their neighbours. */
static void propose_between(struct tuner *tuner, const struct objective *objective, int64_t bound)
{
	for (size_t i = 0; i < tuner->tried_count; i++) {
		int64_t value = tuner->tried[i];
		int64_t gap = most(1, value / RESOLUTION);

		if (value != value_of(tuner) &&
		    !(objective_ratio(objective, tuner->results[i], &tuner->contender->result) >= NEARLY_AS_GOOD))
			continue;
		if (i > 0 && value - tuner->tried[i - 1] > gap)
			propose(tuner, (value + tuner->tried[i - 1]) / 2, bound);
		if (i + 1 < tuner->tried_count && tuner->tried[i + 1] - value > gap)
			propose(tuner, (value + tuner->tried[i + 1]) / 2, bound);
	}
}

/* Fills `pending` with what to ask next; none are left when the tuner is done. */
static void propose_next(struct tuner *tuner, const struct objective *objective)
{
	const struct workload *workload = &tuner->contender->candidate->workload;
	int64_t tasks = tasks_at_once(workload);
	int64_t cores = workload->machine.cores;

	tuner->pending_count = 0;
	while (tuner->knob != KNOB_NONE && tuner->pending_count == 0) {
		int workers = tuner->contender->size.workers;
		int64_t bound = tuner->knob == KNOB_WORKERS ? most_workers(workload, tuner->most_processes)
				: tuner->knob == KNOB_INNER ? most_inner(workload, workers)
							    : most(1, tasks / most(1, workers));

		if (has_knob(tuner, tuner->knob)) {
			if (tuner->has_begun && tuner->knob != KNOB_CHUNKSIZE)
				propose_between(tuner, objective, bound);
			else if (!tuner->has_begun && tuner->knob == KNOB_CHUNKSIZE) {
				propose(tuner, 1, bound);
				propose(tuner, tasks / most(1, 4 * workers), bound);
			} else if (!tuner->has_begun) {
				propose_workers(tuner, tuner->knob == KNOB_INNER ? bound : tasks, cores, bound);
			}
		}
		if (tuner->pending_count == 0) {
			tuner->knob++;
			tuner->has_begun = false;
			tuner->tried_count = 0;
		} else {
			tuner->has_begun = true;
		}
	}
}

static void add_tried(struct tuner *tuner, int64_t value, const struct variant_result *result)
{
	size_t at = tuner->tried_count++;

	for (; at > 0 && tuner->tried[at - 1] > value; at--) {
		tuner->tried[at] = tuner->tried[at - 1];
		tuner->results[at] = tuner->results[at - 1];
	}
	tuner->tried[at] = value;
	tuner->results[at] = result;
}

static void start(struct tuner *tuner, const struct candidate *candidate, int most_processes,
		  struct contender *contender)
{
	const struct workload *workload = &candidate->workload;
	int workers = (int)least(workload->machine.cores, most_workers(workload, most_processes));

	*contender = (struct contender){
		.candidate = candidate,
		.size = { .workers = workers, .inner_workers = (int)least(32, most_inner(workload, workers)) },
		.workload = *workload,
	};
	*tuner = (struct tuner){ .contender = contender, .most_processes = most_processes };
}

/* Better than what the contender has: it takes the place. */
static void offer(const struct objective *objective, struct contender *contender, struct model_size size,
		  const struct workload *workload, const struct variant_result *result)
{
	if (contender->result.name && objective_compare(objective, result, &contender->result) >= 0)
		return;
	contender->size = size;
	contender->workload = *workload;
	contender->result = *result;
}

/* One round: all that the tuners propose, in one batch. False when nothing was left. */
static bool run_round(struct batch *batch, const struct objective *objective, struct tuner *tuners, size_t count,
		      bool first, struct region *region)
{
	size_t total = 0, at = 0;
	struct workload *workloads;
	struct variant_result *results;

	for (size_t i = 0; i < count; i++) {
		if (!first)
			propose_next(&tuners[i], objective);
		total += first ? 1 : tuners[i].pending_count;
	}
	workloads = region_alloc_array(region, total, sizeof(workloads[0]));
	results = region_alloc_array(region, total, sizeof(results[0]));
	for (size_t i = 0; i < count; i++) {
		const struct workload *workload = &tuners[i].contender->candidate->workload;

		if (first)
			workloads[at++] = workload_with_size(workload, tuners[i].contender->size, region);
		for (size_t k = 0; !first && k < tuners[i].pending_count; k++)
			workloads[at++] =
				workload_with_size(workload, size_with(&tuners[i], tuners[i].pending[k]), region);
	}
	batch_simulate(batch, workloads, total, (struct replications){ .count = 1 }, region, results);
	at = 0;
	for (size_t i = 0; i < count; i++) {
		struct model_size base = tuners[i].contender->size;

		if (first) {
			offer(objective, tuners[i].contender, base, &workloads[at], &results[at]);
			at++;
		}
		for (size_t k = 0; !first && k < tuners[i].pending_count; k++, at++) {
			add_tried(&tuners[i], tuners[i].pending[k], &results[at]);
			offer(objective, tuners[i].contender, size_with(&tuners[i], tuners[i].pending[k]),
			      &workloads[at], &results[at]);
		}
	}
	return total > 0;
}

size_t tuning_search(struct batch *batch, const struct objective *objective, const struct candidate_list *candidates,
		     int most_processes, struct region *region, struct contender *contenders)
{
	struct tuner *tuners = region_alloc_array(region, candidates->count, sizeof(tuners[0]));
	size_t count = 0;
	bool first = true;

	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->items[i].why_not)
			continue;
		start(&tuners[count], &candidates->items[i], most_processes, &contenders[count]);
		count++;
	}
	while (!batch_stopped(batch) && run_round(batch, objective, tuners, count, first, region))
		first = false;
	return count;
}

/* ---- The same under a change ---- */

#define SIZES_REVISITED 3

void tuning_revisit(struct batch *batch, const struct objective *objective, const struct workload_change *change,
		    struct contender *contenders, size_t count, struct region *region)
{
	size_t most_asked = count * SIZES_REVISITED, asked = 0;
	struct workload *workloads = region_alloc_array(region, most_asked, sizeof(workloads[0]));
	struct model_size *sizes = region_alloc_array(region, most_asked, sizeof(sizes[0]));
	struct contender **owners = region_alloc_array(region, most_asked, sizeof(owners[0]));
	struct variant_result *results;

	for (size_t i = 0; i < count; i++) {
		const struct candidate *candidate = contenders[i].candidate;
		struct workload changed = change->apply(&candidate->workload, change->factor, region);
		int same = contenders[i].size.workers;
		int bound = (int)most_workers(&changed, (int)(change->processes_per_core * changed.machine.cores));
		int values[SIZES_REVISITED] = { same, (int)least(changed.machine.cores, bound), bound };

		for (size_t k = 0; k < (candidate->has_workers ? SIZES_REVISITED : 1); k++) {
			if (k > 0 && (values[k] == values[0] || (k > 1 && values[k] == values[1])))
				continue;
			sizes[asked] = contenders[i].size;
			sizes[asked].workers = (int)least(values[k], most(1, bound));
			workloads[asked] = workload_with_size(&changed, sizes[asked], region);
			owners[asked++] = &contenders[i];
		}
		contenders[i].result.name = NULL;
	}
	results = region_alloc_array(region, asked, sizeof(results[0]));
	batch_simulate(batch, workloads, asked, (struct replications){ .count = 1 }, region, results);
	for (size_t i = 0; i < asked; i++)
		offer(objective, owners[i], sizes[i], &workloads[i], &results[i]);
}
