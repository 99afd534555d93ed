/*
 * plan_rate.c - doubles or halves the rate until the answer changes, then bisects; the knee by golden section.
 */
#include <math.h>

#include "sim/plan/plan_rate.h"

#define RATE_PATH "run.arrivals.rate"
/* From a millionth to a million times the rate that was given. */
#define DOUBLINGS 20
#define KNEE_STEPS 14
/* The knee is looked for from a 64th of what fails to four times that. */
#define KNEE_ABOVE 4
#define KNEE_BELOW 64
#define GOLDEN 0.6180339887498949

struct search {
	const struct scenario_source *source;
	const struct objectives *objectives;
	const char *variant;
	const char **overrides; /* the last is the rate's */
	size_t override_count;
	struct batch *batch;
	struct region *region;
	struct rate_search *found;
	bool looks_for_knee; /* by means, without decisions */
};

static const struct asked_rate *ask_rate(struct search *search, double per_s)
{
	struct rate_search *found = search->found;
	struct asked_rate *point;

	for (size_t i = 0; i < found->count; i++)
		if (found->points[i].per_s == per_s)
			return &found->points[i];
	found->points = region_grow(search->region, found->points, found->count, &found->capacity,
				    sizeof(found->points[0]));
	point = &found->points[found->count++];
	search->overrides[search->override_count - 1] = region_format(search->region, RATE_PATH "=%.10g/s", per_s);
	*point = (struct asked_rate){
		.per_s = per_s,
		.for_knee = search->looks_for_knee,
		.answer = ask(search->source, search->objectives, search->variant, search->overrides,
			      search->override_count, search->batch, search->region),
	};
	return point;
}

/* Whether the rate holds; keeps the bounds. */
static bool holds(struct search *search, double per_s)
{
	const struct asked_rate *point = ask_rate(search, per_s);
	struct rate_search *found = search->found;
	bool is_held = point->answer.decision == DECISION_HOLDS;

	if (is_held && !(found->highest >= per_s))
		found->highest = per_s;
	if (!is_held && !(found->lowest <= per_s)) {
		found->lowest = per_s;
		found->is_open = point->answer.decision == DECISION_OPEN;
	}
	return is_held;
}

static double power(struct search *search, double per_s)
{
	const struct answer_to_point *answer = &ask_rate(search, per_s)->answer;

	return answer->sojourn_mean_s > 0 ? answer->throughput_per_s / answer->sojourn_mean_s : 0;
}

/* Golden section on the logarithm of the rate, around the one up to which the objectives hold. */
static void find_knee(struct search *search, double around)
{
	double low = log(around / KNEE_BELOW), high = log(around * KNEE_ABOVE);
	double left = high - GOLDEN * (high - low), right = low + GOLDEN * (high - low);

	for (int i = 0; i < KNEE_STEPS && !batch_stopped(search->batch); i++) {
		if (power(search, exp(left)) < power(search, exp(right))) {
			low = left;
			left = right;
			right = low + GOLDEN * (high - low);
		} else {
			high = right;
			right = left;
			left = high - GOLDEN * (high - low);
		}
	}
	search->found->knee = exp((low + high) / 2);
}

struct rate_search plan_find_rate(const struct scenario_source *source, const struct objectives *objectives,
				  const char *variant, const char *const *overrides, size_t override_count,
				  double start_per_s, double resolution, struct batch *batch, struct region *region)
{
	struct rate_search found = { .highest = NAN, .lowest = NAN, .knee = NAN };
	struct search search = {
		.source = source,
		.objectives = objectives,
		.variant = variant,
		.overrides = region_alloc_array(region, override_count + 1, sizeof(overrides[0])),
		.override_count = override_count + 1,
		.batch = batch,
		.region = region,
		.found = &found,
	};
	/* The knee needs a mean, not a decision. */
	const struct objectives one_look = { objectives->slos, objectives->count, objectives->confidence,
					     objectives->least, objectives->least };
	double rate = start_per_s;

	for (size_t i = 0; i < override_count; i++)
		search.overrides[i] = overrides[i];
	if (holds(&search, rate)) {
		for (int i = 0; i < DOUBLINGS && isnan(found.lowest) && !batch_stopped(batch); i++)
			holds(&search, rate *= 2);
	} else {
		for (int i = 0; i < DOUBLINGS && isnan(found.highest) && !batch_stopped(batch); i++)
			holds(&search, rate /= 2);
	}
	while (found.lowest / found.highest > 1 + resolution && !batch_stopped(batch))
		holds(&search, sqrt(found.lowest * found.highest));
	search.objectives = &one_look;
	search.looks_for_knee = true;
	if (!batch_stopped(batch))
		find_knee(&search, isnan(found.lowest) ? rate : found.lowest);
	return found;
}
