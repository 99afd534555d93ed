/*
 * ask.c - sequential decisions by Student's t.
 *
 * Assumed     means over replications are nearly normal. They are means of many tasks, or percentiles of them.
 */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "sim/plan/ask.h"

const char *const decision_names[] = {
	[DECISION_FAILS] = "fails", [DECISION_OPEN] = "undecided", [DECISION_HOLDS] = "holds"
};

/* ---- What is simulated ---- */

static bool names_variant(const struct expectation *slo, const char *variant)
{
	return (slo->left.variant && strcmp(slo->left.variant, variant) == 0) ||
	       (slo->right.metric && slo->right.variant && strcmp(slo->right.variant, variant) == 0);
}

static bool is_speedup(const struct expectation *slo)
{
	return strcmp(slo->left.metric, "speedup") == 0 ||
	       (slo->right.metric && strcmp(slo->right.metric, "speedup") == 0);
}

/* The variant's own workload first, then the others that objectives speak of. */
static size_t choose_workloads(const struct scenario *scenario, const struct objectives *objectives,
			       const char *variant, struct region *region, struct workload **chosen, size_t *baseline)
{
	size_t count = 0;

	*chosen = region_alloc_array(region, scenario->workload_count + 1, sizeof((*chosen)[0]));
	*baseline = SIZE_MAX;
	for (size_t i = 0; i < scenario->workload_count; i++)
		if (strcmp(scenario->workloads[i].variant, variant) == 0)
			(*chosen)[count++] = scenario->workloads[i];
	if (count == 0)
		return 0;
	for (size_t i = 0; i < scenario->workload_count; i++) {
		const struct workload *workload = &scenario->workloads[i];
		bool needed = false;

		for (size_t k = 0; k < objectives->count; k++)
			needed |= names_variant(&objectives->slos[k], workload->variant) ||
				  (i == scenario->baseline && is_speedup(&objectives->slos[k]));
		if (strcmp(workload->variant, variant) == 0) {
			if (i == scenario->baseline)
				*baseline = 0;
			continue;
		}
		if (!needed)
			continue;
		if (i == scenario->baseline)
			*baseline = count;
		(*chosen)[count++] = *workload;
	}
	return count;
}

/* ---- One look ---- */

struct bounds {
	double mean, low, high;
	bool all_equal;
};

static struct bounds bounds_of(const double *samples, size_t count, double error)
{
	struct bounds bounds = { .all_equal = true };
	double squares = 0, half;

	for (size_t i = 0; i < count; i++) {
		bounds.mean += samples[i] / (double)count;
		bounds.all_equal &= samples[i] == samples[0];
	}
	if (bounds.all_equal)
		bounds.mean = samples[0];
	for (size_t i = 0; i < count; i++)
		squares += (samples[i] - bounds.mean) * (samples[i] - bounds.mean);
	half = count < 2 ? 0
			 : gsl_cdf_tdist_Qinv(error, (double)count - 1) *
				   sqrt(squares / ((double)count - 1) / (double)count);
	bounds.low = bounds.mean - half;
	bounds.high = bounds.mean + half;
	return bounds;
}

static double margin_of(const struct expectation *slo, double mean)
{
	double scale = fabs(slo->value);

	if (scale == 0)
		return NAN;
	switch (slo->comparison) {
	case COMPARE_LESS:
	case COMPARE_LESS_EQUAL:
		return (slo->value - mean) / scale;
	case COMPARE_GREATER:
	case COMPARE_GREATER_EQUAL:
		return (mean - slo->value) / scale;
	case COMPARE_EQUAL:
		return -fabs(mean - slo->value) / scale;
	case COMPARE_NEAR:
		return slo->tolerance - fabs(mean - slo->value) / scale;
	}
	return NAN;
}

static struct objective_state look(const struct expectation *slo, const double *samples, size_t count, double error)
{
	struct objective_state state = { .decision = DECISION_FAILS, .mean = NAN, .low = NAN, .high = NAN,
					 .margin = NAN };
	struct bounds bounds;
	bool holds_low, holds_high;

	for (size_t i = 0; i < count; i++)
		if (!isfinite(samples[i]))
			return state; /* no data fails */
	bounds = bounds_of(samples, count, error);
	state.mean = bounds.mean;
	state.low = bounds.low;
	state.high = bounds.high;
	state.margin = margin_of(slo, bounds.mean);
	holds_low = expectation_holds(slo, bounds.low);
	holds_high = expectation_holds(slo, bounds.high);
	/* A value that must be met exactly is met in every replication or not at all. */
	if (slo->comparison == COMPARE_EQUAL)
		state.decision = bounds.all_equal && expectation_holds(slo, bounds.mean) ? DECISION_HOLDS : DECISION_FAILS;
	else if (holds_low && holds_high)
		state.decision = DECISION_HOLDS;
	else if (!holds_low && !holds_high && (slo->comparison != COMPARE_NEAR || !expectation_holds(slo, bounds.mean)))
		state.decision = DECISION_FAILS;
	else
		state.decision = DECISION_OPEN;
	return state;
}

/* ---- All looks ---- */

struct inquiry {
	const struct objectives *objectives;
	const char *variant;
	struct workload *workloads;
	size_t workload_count, baseline;
	double *samples; /* [objective][replication] */
	struct batch *batch;
	struct region *region;
};

/* Why these results are no basis for a decision; NULL: they are. */
static const char *bad_end(const struct objectives *objectives, const struct variant_result *result,
			   struct region *region)
{
	for (size_t i = 0; i < objectives->count; i++)
		if (expectation_expects_unfinished(&objectives->slos[i], result->name))
			return NULL;
	if (result->deadlock)
		return region_format(region, "deadlock: %s", result->deadlock_report);
	if (result->limit_reached)
		return "stopped at its limit";
	if (result->overloaded)
		return region_format(region, "overloaded: the backlog grows by %.3g/s", result->backlog_growth_per_s);
	return NULL;
}

static double sample(const struct expectation *slo, const char *variant, const struct results *results)
{
	struct expectation asked = *slo;

	if (!asked.left.variant)
		asked.left.variant = variant;
	if (asked.right.metric && !asked.right.variant)
		asked.right.variant = variant;
	return expectation_test(&asked, results).actual;
}

/* Simulates replications [first, first + count) and takes the samples. */
static void replicate(struct inquiry *inquiry, struct answer_to_point *answer, size_t first, size_t count)
{
	const struct objectives *objectives = inquiry->objectives;
	size_t variants = inquiry->workload_count;
	struct variant_result *results = region_alloc_array(inquiry->region, variants * count, sizeof(results[0]));
	struct results each = { .variant_count = variants, .baseline = inquiry->baseline };

	each.variants = region_alloc_array(inquiry->region, variants, sizeof(each.variants[0]));
	batch_simulate(inquiry->batch, inquiry->workloads, variants, (struct replications){ first, count },
		       inquiry->region, results);
	for (size_t k = 0; k < count; k++) {
		double weight = 1 / (double)(first + k + 1);

		for (size_t i = 0; i < variants; i++)
			each.variants[i] = results[i * count + k];
		if (inquiry->baseline != SIZE_MAX)
			results_fill_speedups(&each);
		if (!answer->why_not)
			answer->why_not = bad_end(objectives, &each.variants[0], inquiry->region);
		for (size_t i = 0; i < objectives->count; i++)
			inquiry->samples[i * objectives->most + first + k] =
				sample(&objectives->slos[i], inquiry->variant, &each);
		answer->cost_memory_bytes +=
			weight * (each.variants[0].peak_memory_bytes - answer->cost_memory_bytes);
		answer->sojourn_mean_s += weight * (each.variants[0].sojourn.mean - answer->sojourn_mean_s);
		answer->throughput_per_s += weight * (each.variants[0].throughput_per_s - answer->throughput_per_s);
	}
	answer->replications = first + count;
}

static void decide(const struct inquiry *inquiry, struct answer_to_point *answer, double error)
{
	const struct objectives *objectives = inquiry->objectives;
	double least = INFINITY;

	answer->decision = DECISION_HOLDS;
	for (size_t i = 0; i < objectives->count; i++) {
		struct objective_state *state = &answer->states[i];
		double badness;

		*state = look(&objectives->slos[i], &inquiry->samples[i * objectives->most], answer->replications,
			      error);
		if (state->decision < answer->decision)
			answer->decision = state->decision;
		/* What fails without a share of its value binds before all that has one. */
		badness = isfinite(state->margin)	      ? state->margin
			  : state->decision == DECISION_FAILS ? -INFINITY
							      : INFINITY;
		if (badness < least) {
			least = badness;
			answer->binding = i;
		}
	}
	if (answer->why_not)
		answer->decision = DECISION_FAILS;
}

const struct workload *ask_workload(const struct scenario_source *source, const char *variant,
				    const char *const *overrides, size_t override_count, struct region *region,
				    struct diagnostics *diagnostics)
{
	const struct scenario *scenario = scenario_source_load(source, overrides, override_count, region, diagnostics);

	for (size_t i = 0; scenario && i < scenario->workload_count; i++)
		if (strcmp(scenario->workloads[i].variant, variant) == 0)
			return &scenario->workloads[i];
	return NULL;
}

static const char *first_error(const struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++)
		if (diagnostics->items[i].severity == DIAGNOSTIC_ERROR)
			return diagnostics->items[i].text;
	return "it has no such variant";
}

struct answer_to_point ask(const struct scenario_source *source, const struct objectives *objectives,
			   const char *variant, const char *const *overrides, size_t override_count,
			   struct batch *batch, struct region *region)
{
	struct answer_to_point answer = { .decision = DECISION_FAILS };
	struct inquiry inquiry = { .objectives = objectives, .variant = variant, .batch = batch, .region = region };
	struct diagnostics diagnostics;
	const struct scenario *scenario;
	size_t looks = 1;

	answer.states = region_alloc_array(region, objectives->count, sizeof(answer.states[0]));
	for (size_t i = 0; i < objectives->count; i++)
		answer.states[i] = (struct objective_state){ .mean = NAN, .low = NAN, .high = NAN, .margin = NAN };
	diagnostics_init(&diagnostics, region);
	scenario = scenario_source_load(source, overrides, override_count, region, &diagnostics);
	if (scenario)
		inquiry.workload_count = choose_workloads(scenario, objectives, variant, region, &inquiry.workloads,
							  &inquiry.baseline);
	if (inquiry.workload_count == 0) {
		answer.why_not = first_error(&diagnostics);
		return answer;
	}
	answer.workload = &inquiry.workloads[0];
	inquiry.samples = region_alloc_array(region, objectives->count * objectives->most, sizeof(inquiry.samples[0]));
	for (size_t n = objectives->least; n < objectives->most; n *= 2)
		looks++;
	for (size_t n = objectives->least;; n = 2 * n < objectives->most ? 2 * n : objectives->most) {
		replicate(&inquiry, &answer, answer.replications, n - answer.replications);
		if (batch_stopped(batch)) {
			answer.decision = DECISION_OPEN;
			answer.why_not = "interrupted";
			break;
		}
		decide(&inquiry, &answer, (1 - objectives->confidence) / (double)looks);
		if (answer.decision != DECISION_OPEN || answer.replications == objectives->most)
			break;
	}
	return answer;
}

const char *ask_margin_text(double margin, struct region *region)
{
	/* What must be below its limit and is outside by more than a whole, or above it and inside. */
	if (fabs(margin) > 1)
		return region_format(region, "%.*f times the limit", fabs(margin) < 9 ? 1 : 0, 1 + fabs(margin));
	return region_format(region, "%.1f%% %s", 100 * fabs(margin), margin >= 0 ? "inside" : "outside");
}
