/* Integer expressions: their values, and what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim/scenario/expression_parse.h"

static struct region region;
static struct expressions expressions;
static struct name_table variables;
static int symbol_uses;

static void set_up(void)
{
	region_init(&region);
	expressions_init(&expressions, &region);
	name_table_init(&variables, &region);
	name_table_put(&variables, "n", 0);
	name_table_put(&variables, "depth", 1);
	symbol_uses = 0;
}

static void tear_down(void)
{
	region_release(&region);
}

TestSuite(scenario_expression, .init = set_up, .fini = tear_down);

static void count_symbol(void *context, const struct symbol_use *use)
{
	(void)context;
	(void)use;
	symbol_uses++;
}

static bool parse(const char *text, struct value *value, struct expression_error *error)
{
	return expression_parse(&expressions, text, &variables, count_symbol, NULL, value, error);
}

static bool evaluate(struct value value, int64_t n, int64_t *result)
{
	const struct workload workload = { .expressions = expressions.items, .operations = expressions.operations };
	const int64_t slots[] = { n, 23 };

	return workload_value(&workload, value, slots, result);
}

Test(scenario_expression, values_are_pythons)
{
	/* With n = 7 and depth = 23. */
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = {
		{ "41", 41 },		     { "n", 7 },		  { "n - 1", 6 },
		{ "depth - n - 3", 13 },     { "2 + 3 * n", 23 },	  { "(2 + 3) * n", 35 },
		{ "-n // 2", -4 },	     { "-n % 3", 2 },		  { "n // -2", -4 },
		{ "n % -4", -1 },	     { "--n", 7 },		  { "not n == 7", 0 },
		{ "n == 7 and depth > 3", 1 }, { "n < 7 or n >= 7 and depth != 23", 0 }, { "n and depth", 1 },
		{ "not not n", 1 },	     { "n <= 7", 1 },		  { "1 < 2 and 3 // 2", 1 },
		{ "n == 7 or 1 // (n - 7)", 1 }, { "n != 7 and 1 // (n - 7)", 0 }, { "stop == stop", 1 },
		{ "stop == go", 0 },	     { "n == stop", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expression_error error = { 0, "" };
		struct value value;
		int64_t result = 0;

		cr_assert(parse(rows[i].text, &value, &error), "%s: %s", rows[i].text, error.text);
		cr_assert(evaluate(value, 7, &result), "%s", rows[i].text);
		cr_expect(eq(i64, result, rows[i].value), "%s", rows[i].text);
	}
	cr_expect(eq(int, symbol_uses, 5));
}

Test(scenario_expression, constants_need_no_code)
{
	struct expression_error error;
	struct value value;

	cr_assert(parse("3 * (4 + 5) % 10", &value, &error));
	cr_expect(eq(u32, value.expression, 0));
	cr_expect(eq(i64, value.constant, 7));
	cr_expect(eq(sz, expressions.operation_count, 0));
}

Test(scenario_expression, what_leaves_64_bits_or_divides_by_zero_has_no_value)
{
	static const char *const texts[] = { "n * 9223372036854775807 ", "depth // (n - 2)", "depth % (n - 2)",
					     "9223372036854775807 + n", "-9223372036854775807 - n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct expression_error error;
		struct value value;
		int64_t result;

		cr_assert(parse(texts[i], &value, &error));
		cr_expect(not(evaluate(value, 2, &result)), "%s", texts[i]);
	}
}

Test(scenario_expression, what_is_no_expression_is_refused_where_it_goes_wrong)
{
	static const struct {
		const char *text;
		size_t offset;
	} rows[] = {
		{ "", 0 },	  { "n +", 3 },	   { "(n", 2 },	  { "n)", 1 },	 { "1 < 2 < 3", 6 },
		{ "n / 2", 2 },	  { "1.5", 0 },	   { "3x", 0 },	  { "n & 1", 2 }, { "99999999999999999999", 0 },
		{ "1 // 0", 0 },  { "n ** 2", 3 }, { "n = 1", 2 }, { "n n", 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct expression_error error = { 99, "" };
		struct value value;

		cr_expect(not(parse(rows[i].text, &value, &error)), "%s", rows[i].text);
		cr_expect(eq(sz, error.offset, rows[i].offset), "'%s': %s", rows[i].text, error.text);
		cr_expect(eq(sz, expressions.operation_count, 0));
	}
}

Test(scenario_expression, depth_and_length_are_bounded)
{
	static const char *const pieces[] = { "(", "-", "not ", "1+(", "n+" };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		size_t length = strlen(pieces[i]);
		char *text = region_alloc(&region, 100000 * length + 1);
		struct expression_error error = { 0, "" };
		struct value value;

		for (size_t k = 0; k < 100000; k++)
			memcpy(text + k * length, pieces[i], length);
		cr_expect(not(parse(text, &value, &error)));
		cr_expect(strstr(error.text, "more than") != NULL, "%s", error.text);
	}
}
