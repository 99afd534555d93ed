/*
 * objective.c - correct before complete before fast.
 */
#include <math.h>

#include "sim/plan/objective.h"

/* A share of completed tasks below this part of another's share counts before the metric does. */
#define COMPLETED_ALIKE_RATIO 0.99

struct objective objective_for(const struct workload *workload, const char *metric)
{
	bool is_open = workload->run.kind == RUN_ARRIVALS || workload->run.kind == RUN_USERS;
	struct objective objective = { .metric = metric ? metric : is_open ? "sojourn.p99" : "makespan" };
	char unit = 's';

	results_metric_exists(objective.metric, &unit);
	objective.larger_is_better = unit == '/' || unit == 'r';
	return objective;
}

double objective_value(const struct objective *objective, const struct variant_result *result)
{
	return result->measured ? variant_result_metric(result, objective->metric) : NAN;
}

double objective_ratio(const struct objective *objective, const struct variant_result *a,
		       const struct variant_result *b)
{
	double value_a = objective_value(objective, a), value_b = objective_value(objective, b);

	return objective->larger_is_better ? value_a / value_b : value_b / value_a;
}

enum fitness objective_fitness(const struct objective *objective, const struct variant_result *result)
{
	if (!isfinite(objective_value(objective, result)))
		return FIT_NO_DATA;
	if (result->deadlock || result->limit_reached || result->unfinished > 0)
		return FIT_UNFINISHED;
	if (result->overloaded)
		return FIT_OVERLOADED;
	return result->lost_updates > 0 ? FIT_LOSES_UPDATES : FIT;
}

static double completed_share(const struct variant_result *result)
{
	double others = result->failed + result->timed_out + result->cancelled + result->rejected;

	return result->completed + others > 0 ? result->completed / (result->completed + others) : 0;
}

int objective_compare(const struct objective *objective, const struct variant_result *a,
		      const struct variant_result *b)
{
	enum fitness fit_a = objective_fitness(objective, a), fit_b = objective_fitness(objective, b);
	double value_a, value_b;

	if (fit_a != fit_b)
		return fit_a < fit_b ? -1 : 1;
	if (fit_a == FIT_NO_DATA)
		return 0;
	if (completed_share(a) < COMPLETED_ALIKE_RATIO * completed_share(b))
		return 1;
	if (completed_share(b) < COMPLETED_ALIKE_RATIO * completed_share(a))
		return -1;
	value_a = objective_value(objective, a);
	value_b = objective_value(objective, b);
	if (value_a == value_b)
		return 0;
	return (value_a < value_b) != objective->larger_is_better ? -1 : 1;
}
