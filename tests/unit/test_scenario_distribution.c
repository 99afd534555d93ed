/*
 * test_scenario_distribution.c - the texts of durations and what they mean.
 */
#include "tests/unit/scenario_helper.h"

#include <math.h>

#include "sim/scenario/distribution_parse.h"

static struct duration parse_good(struct helper *helper, const char *text)
{
	struct duration duration = { .constant_ns = -1 };
	struct distribution_error error = { .text = "" };

	cr_assert(distribution_parse(text, "", &helper->region, &duration, &error), "'%s': %s", text, error.text);
	return duration;
}

static void expect_refusal(const char *text, size_t offset, const char *message)
{
	struct helper helper;
	struct duration duration = { .constant_ns = 711 };
	struct distribution_error error = { .text = "accepted" };

	helper_open(&helper);
	cr_expect(not(distribution_parse(text, "", &helper.region, &duration, &error)), "'%s' to be refused", text);
	cr_expect(strstr(error.text, message) != NULL, "'%s': %s", text, error.text);
	cr_expect(eq(sz, error.offset, offset), "'%s'", text);
	cr_expect(eq(i64, duration.constant_ns, 711));
	helper_close(&helper);
}

Test(distribution_parse, a_plain_duration_is_a_constant)
{
	struct helper helper;
	struct duration duration;

	helper_open(&helper);
	duration = parse_good(&helper, "7.11ms");
	cr_expect(eq(int, duration.kind, DURATION_CONSTANT));
	cr_expect(eq(i64, duration.constant_ns, 7110000));
	/* More than a double's 53 bits. */
	cr_expect(eq(i64, parse_good(&helper, "9007199254740993ns").constant_ns, 9007199254740993));
	cr_expect(eq(int, parse_good(&helper, "item").kind, DURATION_ITEM));
	helper_close(&helper);
}

Test(distribution_parse, arguments_go_by_position_or_by_name)
{
	static const struct {
		const char *text;
		enum distribution_kind kind;
		double a, b;
	} cases[] = {
		{ "exponential(23ms)", DISTRIBUTION_EXPONENTIAL, 23e6, 0 },
		{ "exponential( mean 23ms )", DISTRIBUTION_EXPONENTIAL, 23e6, 0 },
		{ "uniform(3ms, 7ms)", DISTRIBUTION_UNIFORM, 3e6, 7e6 },
		{ "uniform(high 7ms,low 3ms)", DISTRIBUTION_UNIFORM, 3e6, 7e6 },
		{ "normal(20ms, 0)", DISTRIBUTION_NORMAL, 20e6, 0 },
		{ "gamma(2.5, 10us)", DISTRIBUTION_GAMMA, 2.5, 10e3 },
		{ "pareto(1.5, 3us)", DISTRIBUTION_PARETO, 1.5, 3e3 },
		{ "weibull(3us, 1.5)", DISTRIBUTION_WEIBULL, 3e3, 1.5 },
		{ "weibull(exponent 1.5, scale 3us)", DISTRIBUTION_WEIBULL, 3e3, 1.5 },
	};
	struct helper helper;

	helper_open(&helper);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct duration duration = parse_good(&helper, cases[i].text);

		cr_expect(eq(int, duration.kind, DURATION_DRAWN), "%s", cases[i].text);
		cr_expect(eq(int, duration.distribution.kind, cases[i].kind), "%s", cases[i].text);
		cr_expect(eq(dbl, duration.distribution.a, cases[i].a), "%s", cases[i].text);
		cr_expect(eq(dbl, duration.distribution.b, cases[i].b), "%s", cases[i].text);
	}
	helper_close(&helper);
}

Test(distribution_parse, lognormal_takes_a_mean_and_a_p99_or_an_sd)
{
	struct helper helper;
	struct distribution by_p99, by_sd;

	helper_open(&helper);
	by_p99 = parse_good(&helper, "lognormal(mean 20ms, p99 90ms)").distribution;
	by_sd = parse_good(&helper, "lognormal(sd 15ms, mean 20ms)").distribution;
	cr_expect(epsilon_eq(dbl, distribution_mean(&by_p99), 20e6, 1));
	/* The 99 % point of the normal distribution is 2.3263478740. */
	cr_expect(epsilon_eq(dbl, exp(by_p99.a + 2.3263478740 * by_p99.b), 90e6, 10));
	cr_expect(epsilon_eq(dbl, distribution_mean(&by_sd), 20e6, 1));
	cr_expect(epsilon_eq(dbl, expm1(by_sd.b * by_sd.b), 15. / 20 * 15 / 20, 1e-9));
	helper_close(&helper);
}

Test(distribution_parse, choices_are_weighted_or_all_alike)
{
	struct helper helper;
	struct distribution weighted, alike;

	helper_open(&helper);
	weighted = parse_good(&helper, "choice(1ms: 70%, 10ms: 0.25, 3ms : 5%)").distribution;
	alike = parse_good(&helper, "choice(1ms, 2ms, 4ms)").distribution;
	cr_expect(eq(u32, weighted.value_count, 3));
	cr_expect(eq(dbl, weighted.values[2], 3e6));
	cr_expect(epsilon_eq(dbl, weighted.cumulative[1], 0.95, 1e-12));
	cr_expect(eq(dbl, weighted.cumulative[2], 1));
	cr_expect(epsilon_eq(dbl, alike.cumulative[0], 1. / 3, 1e-12));
	helper_close(&helper);
}

Test(distribution_parse, empirical_reads_a_duration_a_line_beside_the_scenario)
{
	char folder[] = "/tmp/gilsim-test-XXXXXX", path[64];
	struct helper helper;
	struct duration duration;
	struct distribution_error error = { .text = "" };
	FILE *file;

	cr_assert(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/times.csv", folder);
	file = fopen(path, "w");
	fputs("# measured\n7ms\r\n\n  11us  \n13ms", file);
	fclose(file);
	helper_open(&helper);
	cr_assert(distribution_parse("empirical(times.csv)", folder, &helper.region, &duration, &error), "%s",
		  error.text);
	cr_expect(eq(u32, duration.distribution.value_count, 3));
	cr_expect(eq(dbl, duration.distribution.values[1], 11e3));
	cr_expect(eq(dbl, duration.distribution.values[2], 13e6));
	file = fopen(path, "w");
	fputs("7ms\n8\n", file);
	fclose(file);
	cr_expect(not(distribution_parse("empirical(times.csv)", folder, &helper.region, &duration, &error)));
	cr_expect(strstr(error.text, "line 2: missing unit in '8'") != NULL, "%s", error.text);
	cr_expect(eq(sz, error.offset, 10));
	helper_close(&helper);
	unlink(path);
	rmdir(folder);
}

Test(distribution_parse, what_is_wrong_is_pointed_at)
{
	expect_refusal("5", 0, "missing unit in '5'");
	expect_refusal("exponental(5ms)", 0, "unknown distribution 'exponental', did you mean 'exponential'?");
	expect_refusal("exponential", 0, "'exponential' without arguments, expected exponential(20ms)");
	expect_refusal("exponential(5ms", 11, "no ')'");
	expect_refusal("exponential(5ms) + 1", 11, "text after the ')'");
	expect_refusal("exponential(5mz)", 12, "unknown unit 'mz' in '5mz'");
	expect_refusal("exponential()", 12, "missing duration");
	expect_refusal("exponential(1ms, 2ms)", 11, "expected arguments as in exponential(20ms)");
	expect_refusal("uniform(1ms, 2mz)", 13, "unknown unit 'mz'");
	expect_refusal("uniform(3ms, 2ms)", 7, "above its high end");
	expect_refusal("uniform(low 1ms, low 2ms)", 21, "expected arguments as in uniform(1ms, 2ms)");
	expect_refusal("lognormal(20ms, 90ms)", 10, "expected arguments as in lognormal(mean 20ms, p99 90ms)");
	expect_refusal("lognormal(mean 20ms, p99 10ms)", 9, "expected a p99 above the mean");
	expect_refusal("lognormal(mean 1ms, p99 1s)", 9, "expected a p99 above the mean");
	expect_refusal("gamma(-1, 2ms)", 6, "'-1' for 'shape', expected a number above 0");
	expect_refusal("choice(1ms: 80%, 2ms: 30%)", 6, "sum up to 110%, expected 100%");
	expect_refusal("choice(1ms: 80%, 2ms)", 17, "a weight for each choice or for none");
	expect_refusal("choice(1ms: 80, 2ms: 20)", 12, "out of range");
	expect_refusal("empirical(/nonexistent/x.csv)", 10, "No such file or directory");
	expect_refusal("empirical(/dev/zero)", 10, "is not a regular file");
}

Test(distribution_parse, scaling_multiplies_the_mean_of_every_distribution)
{
	static const char *const texts[] = {
		"exponential(20ms)", "uniform(1ms, 2ms)", "normal(20ms, 2ms)",	"lognormal(mean 20ms, p99 90ms)",
		"gamma(2, 10ms)",    "pareto(2.5, 1ms)",  "weibull(20ms, 1.5)", "choice(1ms: 80%, 10ms: 20%)",
	};
	struct helper helper;

	helper_open(&helper);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct distribution distribution = parse_good(&helper, texts[i]).distribution;
		double mean = distribution_mean(&distribution);

		distribution_scale(&distribution, 0.23, &helper.region);
		cr_expect(epsilon_eq(dbl, distribution_mean(&distribution) / mean, 0.23, 1e-9), "%s", texts[i]);
	}
	helper_close(&helper);
}
