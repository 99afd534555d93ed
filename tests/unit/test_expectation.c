/*
 * test_expectation.c - one parsed line of `expect:` against results.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/results/expectation.h"
#include "sim/results/results.h"

static struct variant_result variants[2];
static struct results results = { .variants = variants, .variant_count = 2 };

static void set_up(void)
{
	variant_result_init(&variants[0]);
	variant_result_init(&variants[1]);
	variants[0].name = "a";
	variants[1].name = "b";
	variants[0].makespan_s = 7.11;
	variants[1].makespan_s = 2.37;
}

TestSuite(expectation, .init = set_up);

static enum verdict verdict_of(const char *variant, const char *metric, enum comparison comparison, double value,
			       double tolerance)
{
	const struct expectation expectation = { .text = "a line",
						 .left = { variant, metric },
						 .comparison = comparison,
						 .value = value,
						 .tolerance = tolerance };

	return expectation_test(&expectation, &results).verdict;
}

Test(expectation, each_comparison_holds_where_it_should)
{
	static const struct {
		enum comparison comparison;
		double value, tolerance;
		enum verdict verdict;
	} cases[] = {
		{ COMPARE_LESS, 7.12, 0, VERDICT_HOLDS },
		{ COMPARE_LESS, 7.11, 0, VERDICT_FAILS },
		{ COMPARE_LESS_EQUAL, 7.11, 0, VERDICT_HOLDS },
		{ COMPARE_LESS_EQUAL, 7.1, 0, VERDICT_FAILS },
		{ COMPARE_EQUAL, 7.11, 0, VERDICT_HOLDS },
		{ COMPARE_EQUAL, 7.110001, 0, VERDICT_FAILS },
		{ COMPARE_GREATER_EQUAL, 7.11, 0, VERDICT_HOLDS },
		{ COMPARE_GREATER_EQUAL, 7.12, 0, VERDICT_FAILS },
		{ COMPARE_GREATER, 7.1, 0, VERDICT_HOLDS },
		{ COMPARE_GREATER, 7.11, 0, VERDICT_FAILS },
		{ COMPARE_NEAR, 7, 0.02, VERDICT_HOLDS },
		{ COMPARE_NEAR, 7, 0.01, VERDICT_FAILS },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect(verdict_of("a", "makespan", cases[i].comparison, cases[i].value, cases[i].tolerance) ==
				  cases[i].verdict,
			  "case %zu", i);
}

Test(expectation, without_a_variant_it_must_hold_for_each)
{
	const struct expectation expectation = {
		.text = "makespan < 3s", .left = { NULL, "makespan" }, .comparison = COMPARE_LESS, .value = 3
	};
	struct expectation_outcome outcome = expectation_test(&expectation, &results);

	cr_expect(outcome.verdict == VERDICT_FAILS);
	cr_expect(eq(str, (char *)outcome.variant, (char *)"a"));
	cr_expect(outcome.actual == 7.11);
	cr_expect(verdict_of(NULL, "makespan", COMPARE_LESS, 8, 0) == VERDICT_HOLDS);
	/* A figure that is wrong is worse than one that is missing, in whatever order they come. */
	variants[1].makespan_s = NAN;
	cr_expect(verdict_of(NULL, "makespan", COMPARE_LESS, 3, 0) == VERDICT_FAILS);
	cr_expect(verdict_of(NULL, "makespan", COMPARE_LESS, 8, 0) == VERDICT_NO_DATA);
}

Test(expectation, a_quotient_compares_two_variants)
{
	struct expectation expectation = { .text = "b.makespan / a.makespan < 0.5",
					   .left = { "b", "makespan" },
					   .right = { "a", "makespan" },
					   .comparison = COMPARE_LESS,
					   .value = 0.5 };
	struct expectation_outcome outcome = expectation_test(&expectation, &results);

	cr_expect(outcome.verdict == VERDICT_HOLDS);
	cr_expect(outcome.actual == 2.37 / 7.11);
	variants[0].makespan_s = 0;
	cr_expect(expectation_test(&expectation, &results).verdict == VERDICT_NO_DATA);
}

Test(expectation, no_data_fails)
{
	cr_expect(verdict_of("c", "makespan", COMPARE_GREATER, 0, 0) == VERDICT_NO_DATA);
	cr_expect(verdict_of("a", "p99", COMPARE_GREATER, 0, 0) == VERDICT_NO_DATA);
	variants[0].measured = false;
	cr_expect(verdict_of("a", "makespan", COMPARE_GREATER, 0, 0) == VERDICT_NO_DATA);
	results.variant_count = 0;
	cr_expect(verdict_of(NULL, "makespan", COMPARE_GREATER, 0, 0) == VERDICT_NO_DATA);
}

Test(expectation, naming_a_deadlock_or_unfinished_count_expects_it)
{
	const struct expectation deadlock = { .left = { "a", "deadlock" } };
	const struct expectation unfinished = { .left = { NULL, "unfinished" } };
	const struct expectation other = { .left = { "a", "makespan" }, .right = { "b", "makespan" } };

	cr_expect(expectation_expects_unfinished(&deadlock, "a"));
	cr_expect(not(expectation_expects_unfinished(&deadlock, "b")));
	cr_expect(expectation_expects_unfinished(&unfinished, "b"));
	cr_expect(not(expectation_expects_unfinished(&other, "a")));
}

Test(expectation, a_line_tells_the_verdict_what_came_out_and_where_it_stands)
{
	const struct expectation expectation = { .text = "makespan < 3s",
						 .file = "s.yaml",
						 .line = 21,
						 .left = { NULL, "makespan" },
						 .comparison = COMPARE_LESS,
						 .value = 3 };
	struct expectation_outcome outcome = expectation_test(&expectation, &results);
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	expectation_print(&expectation, &outcome, stream);
	fclose(stream);
	cr_expect(eq(str, text, (char *)"FAIL  makespan < 3s: a: 7.11 s (s.yaml:21)\n"));
	free(text);
}
