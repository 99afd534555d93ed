/*
 * test_comparison.c - verdicts of comparisons, and figures of production, by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "sim/results/comparison.h"
#include "sim/results/production.h"

static struct region region;
static struct comparison_list list;

static void set_up(void)
{
	region_init(&region);
	list = (struct comparison_list){ .about_a = "a", .about_b = "b", .least_effect = 0.02 };
}

static void tear_down(void)
{
	region_release(&region);
}

TestSuite(comparison, .init = set_up, .fini = tear_down);

static struct comparison_side side(double value, double half)
{
	return (struct comparison_side){ .value = value, .ci95 = { value - half, value + half } };
}

static const struct comparison_row *compare(const char *metric, struct comparison_side a, struct comparison_side b)
{
	comparison_add(&list, &region, "s", "v", comparison_metric_find(metric), a, b, true);
	return &list.rows[list.row_count - 1];
}

static void expect(const char *metric, struct comparison_side a, struct comparison_side b,
		   enum comparison_verdict verdict)
{
	const struct comparison_row *row = compare(metric, a, b);

	cr_expect(row->verdict == verdict, "%s: %g to %g is '%s', expected '%s'", metric, a.value, b.value,
		  comparison_verdict_names[row->verdict], comparison_verdict_names[verdict]);
}

Test(comparison, an_interval_must_clear_the_least_effect)
{
	/* Half widths 0.3 and 0.4 s are 0.5 s together: 5 % of 10 s. */
	const struct comparison_row *row = compare("makespan", side(10, 0.3), side(11, 0.4));

	cr_expect(fabs(row->change - 0.1) < 1e-12);
	cr_expect(fabs(row->change_ci95.low - 0.05) < 1e-12 && fabs(row->change_ci95.high - 0.15) < 1e-12);
	cr_expect(row->verdict == COMPARISON_WORSE);
	expect("makespan", side(10, 0.3), side(9, 0.4), COMPARISON_BETTER);
	expect("throughput", side(10, 0.3), side(9, 0.4), COMPARISON_WORSE);
	expect("speedup", side(10, 0.3), side(11, 0.4), COMPARISON_BETTER);
	/* 10.6 +- 0.5: from +1 % on, which is less than counts. */
	expect("makespan", side(10, 0.3), side(10.6, 0.4), COMPARISON_CANNOT_TELL);
	expect("p99", side(10, 0.03), side(10.1, 0.04), COMPARISON_SAME);
	expect("p99", side(10, 0.3), side(10.1, 0.4), COMPARISON_CANNOT_TELL);
	expect("p99", side(10, 0), side(10.21, 0), COMPARISON_WORSE);
	/* The very same replications are the same, however far they are apart. */
	expect("p99", side(10, 3), side(10, 3), COMPARISON_SAME);
	expect("p99", side(10, 3), side(10, 2), COMPARISON_CANNOT_TELL);
}

/* What both sides share is no doubt about their difference: 1, 1.1 and 1.2 of about 100. */
Test(comparison, the_same_random_numbers_are_compared_one_by_one)
{
	const double before[] = { 90, 100, 110 }, after[] = { 91, 101.1, 111.2 };
	struct comparison_side a = side(100, 24.84), b = side(101.1, 25.1);
	const struct comparison_row *row;

	expect("p99", a, b, COMPARISON_CANNOT_TELL);
	a.samples = before;
	b.samples = after;
	a.sample_count = b.sample_count = 3;
	row = compare("p99", a, b);
	/* Student's t for two degrees of freedom is 4.302653; the standard deviation 0.1. */
	cr_expect(fabs(row->change_ci95.high - (1.1 + 4.302653 * 0.1 / sqrt(3)) / 100) < 1e-7, "%.9f",
		  row->change_ci95.high);
	cr_expect(row->verdict == COMPARISON_SAME);
	b.sample_count = 2;
	expect("p99", a, b, COMPARISON_CANNOT_TELL);
}

Test(comparison, without_intervals_only_equal_figures_can_be_told)
{
	expect("makespan", side(10, NAN), side(5, NAN), COMPARISON_CANNOT_TELL);
	expect("makespan", side(10, 0.1), side(5, NAN), COMPARISON_CANNOT_TELL);
	expect("makespan", side(10, NAN), side(10, NAN), COMPARISON_SAME);
	expect("makespan", side(0, 0), side(1, 0), COMPARISON_CANNOT_TELL);
	expect("makespan", side(NAN, NAN), side(1, 0), COMPARISON_CANNOT_TELL);
	cr_expect(eq(str, (char *)compare("p50", side(1, 0), side(NAN, NAN))->why, (char *)"no data in B"));
}

Test(comparison, counts_are_taken_as_they_are)
{
	expect("completed", side(100, NAN), side(97, NAN), COMPARISON_WORSE);
	expect("completed", side(100, NAN), side(99, NAN), COMPARISON_SAME);
	expect("completed", side(90, NAN), side(100, NAN), COMPARISON_BETTER);
}

Test(comparison, the_worst_row_decides)
{
	cr_expect(comparison_verdict(&list) == COMPARISON_SAME);
	compare("makespan", side(10, 0), side(9, 0));
	cr_expect(comparison_verdict(&list) == COMPARISON_BETTER);
	compare("p50", side(10, 0), side(10, 0));
	cr_expect(comparison_verdict(&list) == COMPARISON_BETTER);
	compare("p99", side(10, NAN), side(9, NAN));
	cr_expect(comparison_verdict(&list) == COMPARISON_CANNOT_TELL);
	compare("throughput", side(10, 0), side(9, 0));
	cr_expect(comparison_verdict(&list) == COMPARISON_WORSE);
	comparison_add(&list, &region, "s", "v", comparison_metric_find("speedup"), side(NAN, NAN), side(NAN, NAN),
		       true);
	cr_expect(eq(sz, list.row_count, 4), "what neither has is no row");
	cr_expect(comparison_metric_find("events") == NULL);
}

Test(comparison, production_is_what_a_prediction_is_off_by)
{
	const struct production p99 = { "sojourn.p99", 0.2 }, unknown = { "loop_lag.p99", 0.1 }, zero = { "failed", 0 };
	struct variant_result result;

	variant_result_init(&result);
	result.sojourn.p99 = 0.23;
	result.failed = 3;
	cr_expect(fabs(production_error(&result, &p99) - 0.15) < 1e-12);
	cr_expect(isnan(production_error(&result, &unknown)));
	cr_expect(isnan(production_error(&result, &zero)), "nothing is relative to 0");
}
