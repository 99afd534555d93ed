/*
 * evaluate.c - every variant, every replication, several at a time.
 */
#include <assert.h>
#include <math.h>
#include <stdatomic.h>

#include "sim/base/wish.h"
#include "sim/plan/evaluate.h"
#include "sim/plan/parallel.h"
#include "sim/results/results_stats.h"

struct results results_heading(const struct scenario *scenario, const char *source)
{
	static const char *const gil_names[] = {
		[GIL_ON] = "on", [GIL_OFF] = "off", [GIL_PER_INTERPRETER] = "per-interpreter"
	};
	const struct workload *baseline = &scenario->workloads[scenario->baseline];

	return (struct results){
		.scenario = scenario->name,
		.about = scenario->about,
		.file = scenario->file,
		.source = source,
		.seed = scenario->seed,
		.replications = 1,
		.machine_profile = baseline->machine.profile,
		.machine_cores = baseline->machine.cores,
		.machine_quota_cores = baseline->machine.quota_cores,
		.python_version = baseline->python.version,
		.python_gil = gil_names[baseline->python.gil],
		.spin_rate_ratio = NAN,
		.variant_count = scenario->workload_count,
		.baseline = scenario->baseline,
	};
}

/* The answer for one scenario as it comes together. */
struct answer {
	const struct scenario *scenario;
	size_t first_job;	 /* of its simulations: replication after replication, variant after variant */
	struct results *each;	 /* replications; the last may be under way */
	size_t capacity;
	size_t begun, complete;	 /* replications of which results were taken */
	atomic_bool is_complete; /* it needs no more of them */
	bool is_cut_short;	 /* by a wish to stop: what comes behind that, though it may have been quicker, is left out */
};

struct evaluator {
	const struct evaluation *evaluation;
	struct region *region;
	struct answer *answers;
	size_t answer_count, complete_count;
};

/* A job's result; NULL stands for one that nobody needs any more. */
struct simulated {
	struct variant_result result;
	bool is_cut_short;
};

static bool wishes_to_stop(const struct evaluation *evaluation)
{
	return wish_is_there(evaluation->wish_to_stop);
}

static struct answer *answer_of(const struct evaluator *evaluator, size_t job)
{
	size_t low = 0, high = evaluator->answer_count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (evaluator->answers[middle].first_job <= job)
			low = middle;
		else
			high = middle;
	}
	return &evaluator->answers[low];
}

static void *simulate_one(void *context, size_t job, struct region *region)
{
	const struct evaluator *evaluator = context;
	const struct evaluation *evaluation = evaluator->evaluation;
	const struct evaluation_watcher *watcher = evaluation->watcher;
	struct answer *answer = answer_of(evaluator, job);
	size_t variants = answer->scenario->workload_count;
	size_t replication = (job - answer->first_job) / variants;
	const struct workload *workload = &answer->scenario->workloads[(job - answer->first_job) % variants];
	struct simulate_options options = { .replication = replication,
					    .wish_to_stop = evaluation->wish_to_stop,
					    .limits = evaluation->limits };
	struct simulated *simulated;

	if (atomic_load(&answer->is_complete))
		return NULL;
	simulated = region_alloc(region, sizeof(*simulated));
	if (watcher && watcher->begin)
		options.trace = watcher->begin(watcher->context, workload, replication);
	simulate(workload, &options, region, &simulated->result);
	simulated->is_cut_short = wishes_to_stop(evaluation);
	return simulated;
}

/* ---- Enough replications ---- */

static bool is_precise(const struct answer *answer, size_t variant, const struct precision *precision, double *samples)
{
	const char *metric = precision->metric ? precision->metric : "makespan";
	struct interval interval;
	double mean;

	for (size_t i = 0; i < answer->complete; i++)
		samples[i] = variant_result_metric(&answer->each[i].variants[variant], metric);
	interval = stats_mean_ci95(samples, answer->complete);
	mean = stats_mean(samples, answer->complete);
	/* A figure that is missing does not become precise by waiting for it. */
	return isnan(mean) || interval.high - interval.low <= 2 * precision->ratio * fabs(mean);
}

static bool are_enough(const struct evaluator *evaluator, const struct answer *answer)
{
	const struct precision *precision = &evaluator->evaluation->precision;
	double *samples;
	bool all = true;

	if (answer->complete == evaluator->evaluation->replications)
		return true;
	/* The more there are, the less often is looked, so that looking takes no time beside simulating. */
	if (precision->ratio <= 0 || answer->complete < PRECISION_LEAST_REPLICATIONS ||
	    answer->complete % (1 + answer->complete / 50) != 0)
		return false;
	samples = region_alloc_array(evaluator->region, answer->complete, sizeof(*samples));
	for (size_t i = 0; i < answer->scenario->workload_count; i++)
		all = all && is_precise(answer, i, precision, samples);
	region_free(evaluator->region, samples);
	return all;
}

/* ---- Taking results ---- */

static void begin_replication(struct evaluator *evaluator, struct answer *answer)
{
	struct results *results;

	answer->each = region_grow(evaluator->region, answer->each, answer->begun, &answer->capacity,
				   sizeof(*answer->each));
	results = &answer->each[answer->begun++];
	*results = results_heading(answer->scenario, "simulated");
	results->variants =
		region_alloc_array(evaluator->region, results->variant_count, sizeof(results->variants[0]));
}

static bool take(void *context, size_t job, void *result)
{
	struct evaluator *evaluator = context;
	const struct evaluation_watcher *watcher = evaluator->evaluation->watcher;
	struct answer *answer = answer_of(evaluator, job);
	size_t variants = answer->scenario->workload_count;
	size_t variant = (job - answer->first_job) % variants;
	struct simulated *simulated = result;

	if (!simulated)
		return true;
	if (watcher && watcher->end)
		watcher->end(watcher->context, &answer->scenario->workloads[variant]);
	/* Of the first replication, what was cut short is shown; of the others it is worth nothing. */
	answer->is_cut_short |= simulated->is_cut_short;
	if (atomic_load(&answer->is_complete) || (answer->is_cut_short && job - answer->first_job >= variants))
		return true;
	if (variant == 0)
		begin_replication(evaluator, answer);
	answer->each[answer->begun - 1].variants[variant] =
		variant_result_copy(&simulated->result, evaluator->region);
	answer->each[answer->begun - 1].variant_count = variant + 1;
	if (variant + 1 == variants) {
		results_fill_speedups(&answer->each[answer->begun - 1]);
		answer->complete++;
		if (are_enough(evaluator, answer)) {
			atomic_store(&answer->is_complete, true);
			evaluator->complete_count++;
		}
	}
	return evaluator->complete_count < evaluator->answer_count;
}

static struct results combine(const struct answer *answer, struct region *region)
{
	struct results *first = &answer->each[0];
	struct results combined;

	if (answer->complete > 0) {
		results_combine(answer->each, answer->complete, region, &combined);
		return combined;
	}
	if (answer->begun == 0) {
		combined = results_heading(answer->scenario, "simulated");
		combined.variant_count = 0;
		return combined;
	}
	/* Interrupted. Without the baseline there are no speed-ups. */
	if (first->baseline < first->variant_count)
		results_fill_speedups(first);
	return *first;
}

size_t evaluate_all(const struct scenario *const *scenarios, size_t count, const struct evaluation *evaluation,
		    struct region *region, struct results *results)
{
	struct evaluator evaluator = {
		.evaluation = evaluation,
		.region = region,
		.answers = region_alloc_array(region, count, sizeof(*evaluator.answers)),
		.answer_count = count,
	};
	struct parallel parallel = {
		.threads = evaluation->watcher && evaluation->watcher->begin ? 1 : evaluation->jobs,
		.wish_to_stop = evaluation->wish_to_stop,
		.region = region,
		.work = simulate_one,
		.take = take,
		.context = &evaluator,
	};
	size_t begun = 0;

	for (size_t i = 0; i < count; i++) {
		evaluator.answers[i].scenario = scenarios[i];
		evaluator.answers[i].first_job = parallel.count;
		parallel.count += scenarios[i]->workload_count * evaluation->replications;
	}
	parallel_run(&parallel);
	for (size_t i = 0; i < count; i++) {
		results[i] = combine(&evaluator.answers[i], region);
		begun += evaluator.answers[i].begun > 0;
	}
	return begun;
}

struct results evaluate(const struct scenario *scenario, const struct evaluation *evaluation, struct region *region)
{
	struct results results;

	evaluate_all(&scenario, 1, evaluation, region, &results);
	return results;
}
