/*
 * fuzz_text.c - what stands in one line: the first byte says as what the rest is read.
 */
#include "sim/base/units.h"
#include "sim/scenario/distribution_parse.h"
#include "sim/scenario/expectation_parse.h"
#include "sim/scenario/expression_parse.h"
#include "tests/fuzz/fuzz.h"

static void ignore_symbol(void *context, const struct symbol_use *use)
{
	(void)context;
	(void)use;
}

static void read_distribution(struct region *region, const char *text)
{
	struct distribution_error error;
	struct duration duration = { .kind = DURATION_CONSTANT };

	if (!distribution_parse(text, "", region, &duration, &error))
		return;
	if (duration.kind == DURATION_DRAWN) {
		struct variate variate = variate_open(1, 0, 0, 0, 0);

		distribution_scale(&duration.distribution, 0.3, region);
		distribution_draw_ns(&duration.distribution, &variate);
	}
}

static void read_expression(struct region *region, const char *text)
{
	struct expressions expressions;
	struct expression_error error;
	struct name_table variables;
	struct workload workload = { .scale = 1 };
	const int64_t values[] = { 711 };
	int64_t result;
	struct value value;

	expressions_init(&expressions, region);
	name_table_init(&variables, region);
	name_table_put(&variables, "n", 0);
	if (!expression_parse(&expressions, text, &variables, ignore_symbol, NULL, &value, &error))
		return;
	workload.expressions = expressions.items;
	workload.operations = expressions.operations;
	workload_value(&workload, value, values, &result);
}

static void read_expectation(struct region *region, const char *text)
{
	static const char *const variants[] = { "a", "b" };
	struct expectation expectation;
	struct unit_error error;
	int column;

	expectation_parse(text, variants, 2, region, &expectation, &column, &error);
}

static void read_quantity(const char *text)
{
	struct unit_error error;
	int64_t integer;
	double number;

	units_parse_duration(text, &integer, &error);
	units_parse_bytes(text, &integer, &error);
	units_parse_rate(text, &number, &error);
	units_parse_ratio(text, &number, &error);
	units_parse_integer(text, INT64_MIN, INT64_MAX, &integer, &error);
}

static void read_line(struct region *region, const uint8_t *data, size_t size)
{
	const char *text;

	if (size == 0)
		return;
	text = region_strndup(region, (const char *)data + 1, size - 1);
	switch (data[0]) {
	case 'd':
		read_distribution(region, text);
		break;
	case 'e':
		read_expression(region, text);
		break;
	case 'x':
		read_expectation(region, text);
		break;
	default:
		read_quantity(text);
		break;
	}
}

void fuzz_text(const uint8_t *data, size_t size)
{
	fuzz_in_region(read_line, data, size);
}
