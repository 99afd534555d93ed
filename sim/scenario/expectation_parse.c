/*
 * expectation_parse.c - one line of `expect:`, `--slo` or a threshold.
 *
 *   line    = operand [ "/" operand ] ( compare value | "~" value ( "±" | "+-" ) percentage )
 *   operand = [ VARIANT "." ] METRIC
 *
 * A metric's unit decides how its value is read. The quotient of two like metrics is a plain number.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/diagnostic.h"
#include "sim/results/results.h"
#include "sim/scenario/expectation_parse.h"

struct parser {
	const char *text;
	size_t at; /* byte of text that is next */
	const char *const *variants;
	size_t variant_count;
	struct region *region;
	int *column;
	struct unit_error *error;
};

/* What is wrong at the byte `offset`; false, so that it can be returned. */
static bool __attribute__((format(printf, 3, 4)))
fail(struct parser *parser, size_t offset, const char *format, ...)
{
	va_list arguments;

	*parser->column = 1;
	for (size_t i = 0; i < offset; i++)
		*parser->column += ((unsigned char)parser->text[i] & 0xc0) != 0x80;
	va_start(arguments, format);
	vsnprintf(parser->error->text, sizeof(parser->error->text), format, arguments);
	va_end(arguments);
	return false;
}

static void skip_blanks(struct parser *parser)
{
	while (isspace((unsigned char)parser->text[parser->at]))
		parser->at++;
}

/* The longest run of bytes up to a blank, an operator or the end. */
static const char *take_word(struct parser *parser)
{
	const char *start = parser->text + parser->at;
	size_t length = strcspn(start, " \t\n\r<>=~/");

	parser->at += length;
	return region_strndup(parser->region, start, length);
}

/* The longest run of bytes up to a blank or a "±"; "/" is part of it, as in 120/s. */
static const char *take_value(struct parser *parser)
{
	const char *start = parser->text + parser->at;
	size_t length = 0;

	while (start[length] != '\0' && !isspace((unsigned char)start[length]) &&
	       strncmp(start + length, "\xc2\xb1", 2) != 0 && strncmp(start + length, "+-", 2) != 0)
		length++;
	parser->at += length;
	return region_strndup(parser->region, start, length);
}

/* A metric by its name or its short form; the unit as results_metric_exists() gives it. */
static const char *find_metric(struct parser *parser, const char *name, char *unit)
{
	static const char *const short_forms[] = { "p50", "p90", "p95", "p99" };

	for (size_t i = 0; i < sizeof(short_forms) / sizeof(short_forms[0]); i++) {
		if (strcmp(name, short_forms[i]) == 0)
			name = region_format(parser->region, "sojourn.%s", short_forms[i]);
	}
	return results_metric_exists(name, unit) ? name : NULL;
}

static bool fail_unknown_metric(struct parser *parser, size_t offset, const char *name)
{
	size_t count = 0;
	const char *near;

	while (metric_names[count] != NULL)
		count++;
	near = diagnostics_suggest(name, metric_names, count);
	if (near != NULL)
		return fail(parser, offset, "unknown metric '%s', did you mean '%s'?", name, near);
	return fail(parser, offset, "unknown metric '%s', expected e.g. makespan, speedup, p99 or completed", name);
}

static bool fail_unknown_variant(struct parser *parser, size_t offset, const char *name)
{
	const char *near = diagnostics_suggest(name, parser->variants, parser->variant_count);

	if (near != NULL)
		return fail(parser, offset, "unknown variant '%s', did you mean '%s'?", name, near);
	return fail(parser, offset, "unknown variant '%s'", name);
}

static bool parse_operand(struct parser *parser, struct expectation_operand *operand, char *unit)
{
	size_t offset = parser->at;
	const char *word = take_word(parser);
	const char *dot = strchr(word, '.');
	const char *variant;

	*operand = (struct expectation_operand){ .variant = NULL };
	if (word[0] == '\0')
		return fail(parser, offset, "missing metric, expected [VARIANT.]METRIC");
	operand->metric = find_metric(parser, word, unit);
	if (operand->metric != NULL)
		return true;
	if (dot == NULL)
		return fail_unknown_metric(parser, offset, word);
	variant = region_strndup(parser->region, word, (size_t)(dot - word));
	for (size_t i = 0; i < parser->variant_count; i++) {
		if (strcmp(parser->variants[i], variant) == 0)
			operand->variant = variant;
	}
	operand->metric = find_metric(parser, dot + 1, unit);
	if (operand->variant == NULL)
		return fail_unknown_variant(parser, offset, variant);
	if (operand->metric == NULL)
		return fail_unknown_metric(parser, offset + (size_t)(dot - word) + 1, dot + 1);
	return true;
}

static bool parse_comparison(struct parser *parser, enum comparison *comparison)
{
	static const struct {
		const char *text;
		enum comparison comparison;
	} operators[] = {
		/* Longer ones first. */
		{ "<=", COMPARE_LESS_EQUAL }, { ">=", COMPARE_GREATER_EQUAL }, { "==", COMPARE_EQUAL },
		{ "<", COMPARE_LESS },	      { ">", COMPARE_GREATER },	       { "=", COMPARE_EQUAL },
		{ "~", COMPARE_NEAR },
	};

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t length = strlen(operators[i].text);

		if (strncmp(parser->text + parser->at, operators[i].text, length) == 0) {
			parser->at += length;
			*comparison = operators[i].comparison;
			return true;
		}
	}
	return fail(parser, parser->at, "expected <, <=, =, >=, > or ~");
}

/* A number with or without % or x, as in 3.5x and 80%. */
static bool scan_number(struct parser *parser, size_t offset, const char *text, double *value)
{
	size_t length = strlen(text);
	bool is_percentage = length > 0 && text[length - 1] == '%';
	bool has_suffix = is_percentage || (length > 0 && text[length - 1] == 'x');
	struct unit_error error;

	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
		*value = text[0] == 't' ? 1 : 0;
		return true;
	}
	if (!units_parse_number(region_strndup(parser->region, text, has_suffix ? length - 1 : length), value,
				&error))
		return fail(parser, offset, "'%s' is not a number", text);
	if (is_percentage)
		*value /= 100;
	return true;
}

static bool parse_value(struct parser *parser, char unit, double *value)
{
	size_t offset = parser->at;
	const char *text = take_value(parser);
	struct unit_error error;
	sim_ns duration_ns;
	int64_t bytes;
	bool is_good;

	if (text[0] == '\0')
		return fail(parser, offset, "missing value");
	switch (unit) {
	case 's':
		is_good = units_parse_duration(text, &duration_ns, &error);
		*value = is_good ? sim_time_seconds(duration_ns) : 0;
		break;
	case 'b':
		is_good = units_parse_bytes(text, &bytes, &error);
		*value = is_good ? (double)bytes : 0;
		break;
	case '/':
		is_good = strcmp(text, "0") == 0 || units_parse_rate(text, value, &error);
		if (strcmp(text, "0") == 0)
			*value = 0;
		break;
	default:
		return scan_number(parser, offset, text, value);
	}
	return is_good ? true : fail(parser, offset, "%s", error.text);
}

/* "± 3%", which is what "~" compares within. */
static bool parse_tolerance(struct parser *parser, double *tolerance)
{
	size_t offset;
	struct unit_error error;
	const char *text;

	skip_blanks(parser);
	offset = parser->at;
	if (strncmp(parser->text + offset, "\xc2\xb1", 2) != 0 && strncmp(parser->text + offset, "+-", 2) != 0)
		return fail(parser, offset, "expected a tolerance such as ± 3%%");
	parser->at += 2;
	skip_blanks(parser);
	offset = parser->at;
	text = take_value(parser);
	if (strchr(text, '%') == NULL)
		return fail(parser, offset, "'%s' is no tolerance, expected a percentage such as 3%%", text);
	if (!units_parse_ratio(text, tolerance, &error))
		return fail(parser, offset, "%s", error.text);
	return true;
}

bool expectation_parse(const char *text, const char *const *variants, size_t variant_count, struct region *region,
		       struct expectation *expectation, int *column, struct unit_error *error)
{
	struct parser parser = {
		.text = text,
		.variants = variants,
		.variant_count = variant_count,
		.region = region,
		.column = column,
		.error = error,
	};
	struct expectation parsed = { .text = region_strdup(region, text) };
	char unit = 0, right_unit = 0;
	size_t offset;

	skip_blanks(&parser);
	if (!parse_operand(&parser, &parsed.left, &unit))
		return false;
	skip_blanks(&parser);
	if (text[parser.at] == '/') {
		parser.at++;
		skip_blanks(&parser);
		offset = parser.at;
		if (!parse_operand(&parser, &parsed.right, &right_unit))
			return false;
		if (unit != right_unit)
			return fail(&parser, offset, "'%s' and '%s' have different units", parsed.left.metric,
				    parsed.right.metric);
		unit = 'r';
		skip_blanks(&parser);
	}
	if (!parse_comparison(&parser, &parsed.comparison))
		return false;
	skip_blanks(&parser);
	if (!parse_value(&parser, unit, &parsed.value))
		return false;
	if (parsed.comparison == COMPARE_NEAR && !parse_tolerance(&parser, &parsed.tolerance))
		return false;
	skip_blanks(&parser);
	if (text[parser.at] != '\0')
		return fail(&parser, parser.at, "'%s' after the end of the expectation", text + parser.at);
	*expectation = parsed;
	return true;
}

bool expectation_parse_value(const char *metric, const char *text, struct region *region, const char **full_metric,
			     double *value, struct unit_error *error)
{
	int column;
	struct parser parser = { .text = text, .region = region, .column = &column, .error = error };
	char unit;

	*full_metric = find_metric(&parser, metric, &unit);
	if (*full_metric == NULL)
		return fail_unknown_metric(&parser, 0, metric);
	if (!parse_value(&parser, unit, value))
		return false;
	if (text[parser.at] != '\0')
		return fail(&parser, parser.at, "'%s' after the value", text + parser.at);
	return true;
}
