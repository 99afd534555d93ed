/*
 * expectation.c - tests one parsed expectation against results.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/results/expectation.h"
#include "sim/results/results.h"

/* Figures are sums of whole nanoseconds turned into doubles; what differs by less than this was equal before. */
#define EQUAL_RATIO 1e-12

bool expectation_holds(const struct expectation *expectation, double actual)
{
	double value = expectation->value;
	double slack = EQUAL_RATIO * fmax(fabs(actual), fabs(value));

	switch (expectation->comparison) {
	case COMPARE_LESS:
		return actual < value - slack;
	case COMPARE_LESS_EQUAL:
		return actual <= value + slack;
	case COMPARE_EQUAL:
		return fabs(actual - value) <= slack;
	case COMPARE_GREATER_EQUAL:
		return actual >= value - slack;
	case COMPARE_GREATER:
		return actual > value + slack;
	case COMPARE_NEAR:
		return fabs(actual - value) <= expectation->tolerance * fabs(value) + slack;
	}
	return false;
}

static const struct variant_result *variant_find(const struct results *results, const char *name)
{
	for (size_t i = 0; i < results->variant_count; i++)
		if (!strcmp(results->variants[i].name, name))
			return &results->variants[i];
	return NULL;
}

/* The operand's value; `current` stands in where the operand names no variant. */
static double operand_value(const struct expectation_operand *operand, const struct results *results,
			    const struct variant_result *current)
{
	const struct variant_result *variant = operand->variant ? variant_find(results, operand->variant) : current;

	return variant ? variant_result_metric(variant, operand->metric) : NAN;
}

static struct expectation_outcome test_one(const struct expectation *expectation, const struct results *results,
					   const struct variant_result *current)
{
	struct expectation_outcome outcome = { .verdict = VERDICT_NO_DATA,
					       .variant = current ? current->name : NULL };
	double actual = operand_value(&expectation->left, results, current);

	if (expectation->right.metric)
		actual /= operand_value(&expectation->right, results, current);
	outcome.actual = isfinite(actual) ? actual : NAN;
	if (isfinite(actual))
		outcome.verdict = expectation_holds(expectation, actual) ? VERDICT_HOLDS : VERDICT_FAILS;
	return outcome;
}

struct expectation_outcome expectation_test(const struct expectation *expectation, const struct results *results)
{
	/* By how bad they are. */
	static const int badness[] = { [VERDICT_HOLDS] = 0, [VERDICT_NO_DATA] = 1, [VERDICT_FAILS] = 2 };
	struct expectation_outcome worst = { .verdict = VERDICT_NO_DATA, .actual = NAN };
	bool for_each = !expectation->left.variant || (expectation->right.metric && !expectation->right.variant);

	assert(results->variants || results->variant_count == 0);
	if (!for_each) {
		worst = test_one(expectation, results, NULL);
		worst.variant = expectation->left.variant;
		return worst;
	}
	for (size_t i = 0; i < results->variant_count; i++) {
		struct expectation_outcome outcome = test_one(expectation, results, &results->variants[i]);

		if (i == 0 || badness[outcome.verdict] > badness[worst.verdict])
			worst = outcome;
	}
	return worst;
}

bool expectation_expects_unfinished(const struct expectation *expectation, const char *variant)
{
	const struct expectation_operand *operands[] = { &expectation->left, &expectation->right };

	for (size_t i = 0; i < 2; i++) {
		if (!operands[i]->metric)
			continue;
		if (strcmp(operands[i]->metric, "deadlock") != 0 && strcmp(operands[i]->metric, "unfinished") != 0)
			continue;
		if (!operands[i]->variant || (variant && !strcmp(operands[i]->variant, variant)))
			return true;
	}
	return false;
}

/* A value in the unit of the expectation's metric; a quotient has none. */
static void format_actual(const struct expectation *expectation, double actual, char text[32])
{
	char unit = 'r';

	if (!expectation->right.metric)
		results_metric_exists(expectation->left.metric, &unit);
	results_figure_text(actual, unit, text);
}

void expectation_print(const struct expectation *expectation, const struct expectation_outcome *outcome,
		       FILE *stream)
{
	char actual[32] = "no data";

	if (isfinite(outcome->actual))
		format_actual(expectation, outcome->actual, actual);
	fprintf(stream, "%-4s  %s", outcome->verdict == VERDICT_HOLDS ? "ok" : "FAIL", expectation->text);
	if (!expectation->left.variant && outcome->variant && outcome->verdict != VERDICT_HOLDS)
		fprintf(stream, ": %s: %s", outcome->variant, actual);
	else if (expectation->left.variant || outcome->verdict != VERDICT_HOLDS)
		fprintf(stream, ": %s", actual);
	if (outcome->verdict != VERDICT_HOLDS && expectation->file)
		fprintf(stream, " (%s:%d)", expectation->file, expectation->line);
	fputc('\n', stream);
}
