/*
 * verdict.c - results against what their scenario expects.
 */
#include <string.h>

#include "sim/cli/verdict.h"

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

static bool ending_is_expected(const struct scenario *scenario, const char *variant)
{
	for (size_t i = 0; i < scenario->expectation_count; i++)
		if (expectation_expects_unfinished(&scenario->expectations[i], variant))
			return true;
	return false;
}

int verdict_of_endings(const struct scenario *scenario, const struct results *results)
{
	int status = STATUS_DONE;

	for (size_t i = 0; i < results->variant_count; i++) {
		const struct variant_result *variant = &results->variants[i];

		if ((!variant->deadlock && !variant->limit_reached) || ending_is_expected(scenario, variant->name))
			continue;
		fprintf(stderr, "gilsim: %s: variant '%s' %s, which no expectation names\n", results->file,
			variant->name, variant->deadlock ? "ended in a deadlock" : "was stopped at its limit");
		status = STATUS_FAILED_EXPECTATION;
	}
	return status;
}

int verdict_print(const struct scenario *scenario, const struct results *results, bool strict, FILE *stream)
{
	bool counts = strict || !scenario->overridden;
	int status = verdict_of_endings(scenario, results);
	size_t printed = 0;

	for (size_t i = 0; i < scenario->expectation_count; i++) {
		struct expectation_outcome outcome;

		if (!is_about_these(&scenario->expectations[i], results))
			continue;
		outcome = expectation_test(&scenario->expectations[i], results);
		if (printed++ == 0)
			fprintf(stream, "\nexpected%s:\n", counts ? "" : " (with --set, for information only)");
		expectation_print(&scenario->expectations[i], &outcome, stream);
		if (outcome.verdict != VERDICT_HOLDS && counts)
			status = STATUS_FAILED_EXPECTATION;
	}
	return status;
}
