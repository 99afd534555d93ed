/*
 * test_expectation_parse.c - the one grammar of `expect:`, `--slo` and thresholds.
 */
#include "tests/unit/scenario_helper.h"

#include "sim/scenario/expectation_parse.h"

static const char *const variants[] = { "sequential", "threads", "free-threaded" };

static struct expectation parse_good(struct helper *helper, const char *text)
{
	struct expectation expectation = { .value = -1 };
	struct unit_error error = { "" };
	int column = 0;

	cr_assert(expectation_parse(text, variants, 3, &helper->region, &expectation, &column, &error), "'%s': %s",
		  text, error.text);
	return expectation;
}

static void expect_refusal(const char *text, int column, const char *message)
{
	struct helper helper;
	struct expectation expectation;
	struct unit_error error = { "accepted" };
	int found = 0;

	helper_open(&helper);
	cr_expect(not(expectation_parse(text, variants, 3, &helper.region, &expectation, &found, &error)),
		  "'%s' to be refused", text);
	cr_expect(strstr(error.text, message) != NULL, "'%s': %s", text, error.text);
	cr_expect(eq(int, found, column), "'%s'", text);
	helper_close(&helper);
}

Test(expectation_parse, a_metric_is_that_of_every_variant_or_of_one)
{
	struct helper helper;
	struct expectation expectation;

	helper_open(&helper);
	expectation = parse_good(&helper, "makespan <= 1.05s");
	cr_expect(expectation.left.variant == NULL);
	cr_expect(eq(str, (char *)expectation.left.metric, "makespan"));
	cr_expect(eq(int, expectation.comparison, COMPARE_LESS_EQUAL));
	cr_expect(eq(dbl, expectation.value, 1.05));
	expectation = parse_good(&helper, "free-threaded.speedup>3.5x");
	cr_expect(eq(str, (char *)expectation.left.variant, "free-threaded"));
	cr_expect(eq(int, expectation.comparison, COMPARE_GREATER));
	cr_expect(eq(dbl, expectation.value, 3.5));
	cr_expect(expectation.right.metric == NULL);
	helper_close(&helper);
}

Test(expectation_parse, percentiles_are_short_for_those_of_the_sojourn)
{
	struct helper helper;
	struct expectation expectation;

	helper_open(&helper);
	expectation = parse_good(&helper, "threads.p99 < 200ms");
	cr_expect(eq(str, (char *)expectation.left.metric, "sojourn.p99"));
	cr_expect(eq(dbl, expectation.value, 0.2));
	expectation = parse_good(&helper, "sojourn.p50 > 4ms");
	cr_expect(expectation.left.variant == NULL);
	cr_expect(eq(str, (char *)expectation.left.metric, "sojourn.p50"));
	expectation = parse_good(&helper, "threads.time_in.gil_wait > 15s");
	cr_expect(eq(str, (char *)expectation.left.variant, "threads"));
	cr_expect(eq(str, (char *)expectation.left.metric, "time_in.gil_wait"));
	helper_close(&helper);
}

Test(expectation_parse, about_takes_a_tolerance_in_percent)
{
	static const char *const texts[] = { "threads.makespan ~ 2.15s ± 3%", "threads.makespan~2.15s+-3%",
					     "threads.makespan ~ 2.15s±3%" };
	struct helper helper;

	helper_open(&helper);
	for (size_t i = 0; i < 3; i++) {
		struct expectation expectation = parse_good(&helper, texts[i]);

		cr_expect(eq(int, expectation.comparison, COMPARE_NEAR));
		cr_expect(eq(dbl, expectation.value, 2.15));
		cr_expect(eq(dbl, expectation.tolerance, 0.03));
		cr_expect(eq(str, (char *)expectation.text, (char *)texts[i]));
	}
	helper_close(&helper);
}

Test(expectation_parse, a_quotient_of_like_metrics_is_a_number)
{
	struct helper helper;
	struct expectation expectation;

	helper_open(&helper);
	expectation = parse_good(&helper, "threads.makespan / sequential.makespan < 0.5");
	cr_expect(eq(str, (char *)expectation.right.variant, "sequential"));
	cr_expect(eq(str, (char *)expectation.right.metric, "makespan"));
	cr_expect(eq(dbl, expectation.value, 0.5));
	helper_close(&helper);
	expect_refusal("threads.makespan / completed < 0.5", 20, "'makespan' and 'completed' have different units");
}

Test(expectation_parse, values_have_the_unit_of_their_metric)
{
	struct helper helper;

	helper_open(&helper);
	cr_expect(eq(dbl, parse_good(&helper, "peak_memory < 64MiB").value, 64. * 1024 * 1024));
	cr_expect(eq(dbl, parse_good(&helper, "throughput >= 120/min").value, 2));
	cr_expect(eq(dbl, parse_good(&helper, "utilisation.cores = 80%").value, 0.8));
	cr_expect(eq(dbl, parse_good(&helper, "completed == 40000").value, 40000));
	cr_expect(eq(dbl, parse_good(&helper, "threads.deadlock = true").value, 1));
	helper_close(&helper);
	expect_refusal("makespan < 5", 12, "missing unit in '5'");
	expect_refusal("peak_memory < 5ms", 15, "unknown unit 'ms' in '5ms'");
	expect_refusal("completed = five", 13, "'five' is not a number");
}

Test(expectation_parse, what_is_wrong_is_pointed_at)
{
	expect_refusal("", 1, "missing metric");
	expect_refusal("treads.makespan < 5s", 1, "unknown variant 'treads', did you mean 'threads'?");
	expect_refusal("threads.makspan < 5s", 9, "unknown metric 'makspan', did you mean 'makespan'?");
	expect_refusal("makspan < 5s", 1, "unknown metric 'makspan', did you mean 'makespan'?");
	expect_refusal("makespan", 9, "expected <, <=, =, >=, > or ~");
	expect_refusal("makespan ! 5s", 10, "expected <, <=, =, >=, > or ~");
	expect_refusal("makespan <", 11, "missing value");
	expect_refusal("makespan ~ 5s", 14, "expected a tolerance");
	expect_refusal("makespan ~ 5s \xc2\xb1 3", 17, "'3' is no tolerance");
	expect_refusal("makespan ~ 5s \xc2\xb1 3% or so", 20, "'or so' after the end");
}
