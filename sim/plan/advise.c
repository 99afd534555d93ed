/*
 * advise.c - candidates, their best sizes, a replicated comparison, reasons, flips, and what is not known.
 */
#include <math.h>
#include <string.h>

#include "sim/plan/advise.h"
#include "sim/plan/evaluate.h"
#include "sim/results/results_stats.h"

/* ---- The final comparison ---- */

/* Every contender in every replication; `each` has an entry a replication. */
static void replicate(struct advice *advice, const struct contender *contenders, size_t count, size_t replications,
		      struct batch *batch, struct region *region, struct results *each)
{
	struct workload *workloads = region_alloc_array(region, count, sizeof(workloads[0]));
	struct variant_result *results = region_alloc_array(region, count * replications, sizeof(results[0]));

	for (size_t i = 0; i < count; i++)
		workloads[i] = contenders[i].workload;
	batch_simulate(batch, workloads, count, (struct replications){ .count = replications }, region, results);
	for (size_t k = 0; k < replications; k++) {
		each[k] = results_heading(advice->base, "simulated");
		each[k].variant_count = count;
		each[k].baseline = 0;
		each[k].variants = region_alloc_array(region, count, sizeof(each[k].variants[0]));
		for (size_t i = 0; i < count; i++)
			each[k].variants[i] = results[i * replications + k];
		results_fill_speedups(&each[k]);
	}
}

static void rank(struct advice *advice, const struct contender *contenders, const struct results *combined,
		 struct region *region)
{
	for (size_t i = 0; i < combined->variant_count; i++) {
		const struct variant_result *mean = &combined->variants[i];
		size_t at = advice->ranking_count++;

		for (; at > 0 && objective_compare(&advice->objective, mean, &advice->ranking[at - 1].mean) < 0; at--)
			advice->ranking[at] = advice->ranking[at - 1];
		advice->ranking[at] = (struct advised){
			.contender = contenders[i],
			.mean = *mean,
			.mechanism = mechanism_find(&contenders[i].workload, mean, region),
		};
	}
	advice->winner = SIZE_MAX;
	for (size_t i = 0; i < advice->ranking_count && advice->winner == SIZE_MAX; i++) {
		const struct advised *advised = &advice->ranking[i];

		if (!advised->contender.candidate->needs &&
		    objective_fitness(&advice->objective, &advised->mean) == FIT)
			advice->winner = i;
	}
}

static const struct variant_result *variant_of(const struct results *results, const char *name)
{
	for (size_t i = 0; i < results->variant_count; i++)
		if (strcmp(results->variants[i].name, name) == 0)
			return &results->variants[i];
	return NULL;
}

/* How far each stands behind the winner, replication by replication. */
static void measure_distances(struct advice *advice, const struct results *each, size_t replications,
			      struct region *region)
{
	double *ratios = region_alloc_array(region, replications, sizeof(ratios[0]));
	const char *winner = advice->ranking[advice->winner].mean.name;

	for (size_t i = 0; i < advice->ranking_count; i++) {
		struct advised *advised = &advice->ranking[i];

		for (size_t k = 0; k < replications; k++)
			ratios[k] = objective_ratio(&advice->objective, variant_of(&each[k], winner),
						    variant_of(&each[k], advised->mean.name));
		advised->behind = stats_mean(ratios, replications);
		advised->behind_ci95 = stats_mean_ci95(ratios, replications);
	}
}

/* ---- What is not known ---- */

static void add_unknown(struct advice *advice, const char *sentence)
{
	if (advice->unknown_count < ADVICE_UNKNOWN_MAX)
		advice->unknown[advice->unknown_count++] = sentence;
}

static bool is_measured(const struct profile_value *value)
{
	return value->provenance == PROVENANCE_MEASURED || value->provenance == PROVENANCE_SYSTEM;
}

/* How much of what the simulation charges nobody has measured. */
static void tell_unmeasured(struct advice *advice, const struct workload *workload, struct region *region)
{
	struct diagnostics ignored;
	const struct profile *profile;
	const struct profile_python *python = NULL;
	size_t measured = 0;

	if (strcmp(workload->machine.profile, "ideal") == 0) {
		add_unknown(advice, "the profile 'ideal' has no costs: what starting, switching and copying take is left out");
		return;
	}
	diagnostics_init(&ignored, region);
	profile = profile_load(workload->machine.profile, region, &ignored);
	if (!profile)
		return;
	for (size_t i = 0; i < profile->python_count; i++)
		if (strcmp(profile->pythons[i].version, workload->python.version) == 0 &&
		    profile->pythons[i].gil == (workload->python.gil != GIL_OFF))
			python = &profile->pythons[i];
	for (size_t i = 0; i < COST_COUNT; i++) {
		if (cost_infos[i].scope == SCOPE_MACHINE)
			measured += is_measured(&profile->values[i]);
		else
			measured += python && is_measured(&python->values[i]);
	}
	if (measured < COST_COUNT)
		add_unknown(advice,
			    region_format(region, "%zu of %d costs of the profile '%s' are published or assumed, not measured on your "
						  "machine (gilsim calibrate measures them)",
					  COST_COUNT - measured, COST_COUNT, workload->machine.profile));
}

static bool has_kind(const struct workload *workload, enum step_kind kind)
{
	for (uint32_t i = 0; i < workload->task_count; i++)
		for (uint32_t at = workload->tasks[i].first; workload->tasks[i].ways && at < workload->tasks[i].end; at++)
			if (workload->steps[at].kind == kind)
				return true;
	return false;
}

static bool ranks_group(const struct advice *advice, const char *group)
{
	for (size_t i = 0; i < advice->ranking_count; i++)
		if (strcmp(advice->ranking[i].contender.candidate->group, group) == 0)
			return true;
	return false;
}

static void tell_unknown(struct advice *advice, struct region *region)
{
	const struct workload *workload = &advice->ranking[advice->winner == SIZE_MAX ? 0 : advice->winner].contender.workload;
	const char *not_searched = NULL;

	tell_unmeasured(advice, workload, region);
	if (workload->machine.note)
		add_unknown(advice, workload->machine.note);
	if (!workload_content(workload).is_random)
		add_unknown(advice, "durations are constants: how the answer spreads with real, varying ones (write a distribution)");
	if (workload->run.kind != RUN_PROGRAM && workload->run.bytes == 0 && workload->run.result_bytes == 0 &&
	    ranks_group(advice, "processes"))
		add_unknown(advice, "how large arguments and results are: they are pickled as small integers; large ones count against "
				    "processes (write 'bytes' and 'result_bytes' in 'run')");
	if (has_kind(workload, STEP_IO) && ranks_group(advice, "asyncio"))
		add_unknown(advice, "whether there is an asynchronous library for each 'io' step: where there is none, write 'block'");
	for (size_t i = 0; i < advice->flip_count; i++) {
		const char *what = advice->flips[i].what;

		if (!advice->flips[i].is_searched && (!not_searched || !strstr(not_searched, what)))
			not_searched = not_searched ? region_format(region, "%s, %s", not_searched, what) : what;
	}
	if (not_searched)
		add_unknown(advice, region_format(region, "whether a change of these would flip it, which takes too long to search: %s",
						  not_searched));
}

/* ---- All of it ---- */

struct advice advise(const struct scenario_source *source, const struct scenario *base,
		     const struct advise_options *options, struct batch *batch, struct region *region)
{
	const struct workload *given = &base->workloads[base->baseline];
	int most_processes = options->most_processes > 0 ? options->most_processes
							 : ADVISE_PROCESSES_PER_CORE * given->machine.cores;
	struct advice advice = {
		.objective = objective_for(given, options->metric),
		.base = base,
		.candidates = candidates_find(source, base, most_processes, region),
		.winner = SIZE_MAX,
	};
	struct contender *contenders = region_alloc_array(region, advice.candidates.count, sizeof(contenders[0]));
	struct results *each = region_alloc_array(region, options->replications, sizeof(each[0]));
	struct results combined;
	size_t count = tuning_search(batch, &advice.objective, &advice.candidates, most_processes, region,
				     contenders);

	for (size_t i = 0; i < count; i++)
		contenders[i].workload.variant = contenders[i].candidate->name;
	advice.ranking = region_alloc_array(region, count, sizeof(advice.ranking[0]));
	advice.unknown = region_alloc_array(region, ADVICE_UNKNOWN_MAX, sizeof(advice.unknown[0]));
	advice.flips = region_alloc_array(region, FLIP_LIMIT, sizeof(advice.flips[0]));
	if (count == 0 || batch_stopped(batch))
		return advice;
	replicate(&advice, contenders, count, options->replications, batch, region, each);
	if (batch_stopped(batch))
		return advice;
	results_combine(each, options->replications, region, &combined);
	rank(&advice, contenders, &combined, region);
	if (advice.winner != SIZE_MAX) {
		measure_distances(&advice, each, options->replications, region);
		if (!options->without_flips)
			advice.flip_count = flips_search(batch, &advice.objective, contenders, count,
							 &advice.ranking[advice.winner].contender,
							 (double)most_processes / given->machine.cores, region,
							 advice.flips);
	}
	tell_unknown(&advice, region);
	advice.simulated = batch->simulated;
	return advice;
}
