/*
 * print.c - see gilsim.h: the results of the last run, for programs and for people.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "sim/api/gilsim.h"
#include "sim/api/handle.h"
#include "sim/results/production.h"
#include "sim/results/theory.h"

double gilsim_metric(const struct gilsim *gilsim, size_t variant, const char *metric)
{
	if (!gilsim->has_results || variant >= gilsim->results.variant_count)
		return NAN;
	return variant_result_metric(&gilsim->results.variants[variant], metric);
}

static bool print_table(const struct gilsim *gilsim, bool color, FILE *stream)
{
	bool printed = results_print_table(&gilsim->results, color, stream);

	if (gilsim->is_explained)
		printed &= results_print_explanation(&gilsim->results, stream);
	theory_print(&gilsim->results, gilsim->is_explained, stream);
	production_print(&gilsim->results, stream);
	return printed;
}

/* One document is printed from one array. */
static bool print_document(struct gilsim *const *scenarios, size_t count, enum gilsim_format format, FILE *stream)
{
	struct results *results = calloc(count + 1, sizeof(*results));
	bool printed;

	if (!results)
		return false;
	for (size_t i = 0; i < count; i++)
		results[i] = scenarios[i]->results;
	printed = format == GILSIM_JSON ? results_print_json(results, count, stream) : results_print_csv(results, count, stream);
	free(results);
	return printed;
}

bool gilsim_print(struct gilsim *const *scenarios, size_t count, enum gilsim_format format, bool color, FILE *stream)
{
	bool printed = true;

	for (size_t i = 0; i < count; i++)
		if (!scenarios[i]->has_results) {
			errno = EINVAL;
			return false;
		}
	if (format != GILSIM_TABLE)
		return print_document(scenarios, count, format, stream);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputc('\n', stream);
		printed &= print_table(scenarios[i], color, stream);
	}
	return printed;
}

bool gilsim_judge(const struct gilsim *gilsim, bool strict, FILE *verdicts, FILE *messages)
{
	bool hold;

	if (!gilsim->has_results || gilsim->results.variant_count < gilsim->scenario->workload_count)
		return true;
	hold = endings_are_expected(gilsim->scenario, &gilsim->results, messages);
	hold &= expectations_hold(gilsim->scenario, &gilsim->results, strict, verdicts);
	hold &= thresholds_hold(&gilsim->thresholds, &gilsim->results, verdicts);
	return hold;
}
