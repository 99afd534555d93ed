/*
 * verdict.c - see verdict.h.
 */
#include "sim/plan/verdict.h"

#include <string.h>

#include "sim/scenario/expectation_parse.h"

/* ---- What the scenario expects ---- */

static bool has_variant(const struct results *results, const char *name)
{
	for (size_t i = 0; name && i < results->variant_count; i++)
		if (!strcmp(results->variants[i].name, name))
			return true;
	return !name;
}

static bool is_about_these(const struct expectation *expectation, const struct results *results)
{
	return has_variant(results, expectation->left.variant) &&
	       (!expectation->right.metric || has_variant(results, expectation->right.variant));
}

bool expectations_hold(const struct scenario *scenario, const struct results *results, bool strict, FILE *stream)
{
	bool counts = strict || !scenario->overridden;
	bool hold = true;
	size_t printed = 0;

	for (size_t i = 0; i < scenario->expectation_count; i++) {
		struct expectation_outcome outcome;

		if (!is_about_these(&scenario->expectations[i], results))
			continue;
		outcome = expectation_test(&scenario->expectations[i], results);
		if (printed++ == 0)
			fprintf(stream, "\nexpected%s:\n", counts ? "" : " (with --set, for information only)");
		expectation_print(&scenario->expectations[i], &outcome, stream);
		hold &= outcome.verdict == VERDICT_HOLDS || !counts;
	}
	return hold;
}

static bool ending_is_expected(const struct scenario *scenario, const char *variant)
{
	for (size_t i = 0; i < scenario->expectation_count; i++)
		if (expectation_expects_unfinished(&scenario->expectations[i], variant))
			return true;
	return false;
}

bool endings_are_expected(const struct scenario *scenario, const struct results *results, FILE *messages)
{
	bool expected = true;

	for (size_t i = 0; i < results->variant_count; i++) {
		const struct variant_result *variant = &results->variants[i];

		if ((!variant->deadlock && !variant->limit_reached) || ending_is_expected(scenario, variant->name))
			continue;
		fprintf(messages, "gilsim: %s: variant '%s' %s, which no expectation names\n", results->file,
			variant->name, variant->deadlock ? "ended in a deadlock" : "was stopped at its limit");
		expected = false;
	}
	return expected;
}

/* ---- Thresholds ---- */

bool thresholds_read(struct thresholds *thresholds, const char *const *texts, size_t count, const struct scenario *scenario,
		     struct region *region, FILE *messages)
{
	const char **names = region_alloc_array(region, scenario->workload_count, sizeof(names[0]));
	bool read = true;

	for (size_t i = 0; i < scenario->workload_count; i++)
		names[i] = scenario->workloads[i].variant;
	thresholds->count = count;
	thresholds->items = region_alloc_array(region, count, sizeof(thresholds->items[0]));
	for (size_t i = 0; i < count; i++) {
		struct unit_error error;
		int column;

		if (expectation_parse(texts[i], names, scenario->workload_count, region, &thresholds->items[i], &column,
				      &error))
			continue;
		fprintf(messages, "gilsim: --slo '%s': column %d: %s\n", texts[i], column, error.text);
		read = false;
	}
	return read;
}

bool thresholds_hold(const struct thresholds *thresholds, const struct results *results, FILE *stream)
{
	bool hold = true;

	if (thresholds->count > 0)
		fputs("\nthresholds:\n", stream);
	for (size_t i = 0; i < thresholds->count; i++) {
		struct expectation_outcome outcome = expectation_test(&thresholds->items[i], results);

		expectation_print(&thresholds->items[i], &outcome, stream);
		hold &= outcome.verdict == VERDICT_HOLDS;
	}
	return hold;
}
