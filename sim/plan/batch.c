/*
 * batch.c - a job a simulation, results copied out of the job's memory in order.
 */
#include "sim/base/wish.h"
#include "sim/plan/batch.h"
#include "sim/plan/parallel.h"

struct round {
	struct batch *batch;
	const struct workload *workloads;
	struct replications replications;
	struct region *region;
	struct variant_result *results;
};

bool batch_stopped(const struct batch *batch)
{
	return wish_is_there(batch->wish_to_stop);
}

static void *simulate_one(void *context, size_t job, struct region *region)
{
	const struct round *round = context;
	const struct simulate_options options = {
		.replication = round->replications.first + job % round->replications.count,
		.wish_to_stop = round->batch->wish_to_stop,
		.limits = round->batch->limits,
	};
	struct variant_result *result = region_alloc(region, sizeof(*result));

	simulate(&round->workloads[job / round->replications.count], &options, region, result);
	return result;
}

static bool take(void *context, size_t job, void *result)
{
	struct round *round = context;
	const struct variant_result *taken = result;

	round->results[job] = variant_result_copy(taken, round->region);
	round->batch->simulated++;
	round->batch->events += taken->events;
	if (round->batch->progress)
		round->batch->progress(round->batch->context, round->batch->simulated);
	return true;
}

void batch_simulate(struct batch *batch, const struct workload *workloads, size_t count,
		    struct replications replications, struct region *region, struct variant_result *results)
{
	struct round round = { batch, workloads, replications, region, results };
	const struct parallel parallel = {
		.threads = batch->jobs,
		.count = count * replications.count,
		.wish_to_stop = batch->wish_to_stop,
		.region = region,
		.work = simulate_one,
		.take = take,
		.context = &round,
	};

	for (size_t i = parallel_run(&parallel); i < parallel.count; i++) {
		variant_result_init(&results[i]);
		results[i].name = workloads[i / replications.count].variant;
	}
}
