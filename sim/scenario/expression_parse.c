/*
 * expression_parse.c - a recursive-descent parser; its depth is bounded, so hostile input cannot overflow the stack.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario/expression_parse.h"

struct parser {
	struct expressions *expressions;
	const char *text, *at;
	const struct name_table *variables;
	void (*found)(void *context, const struct symbol_use *use);
	void *context;
	struct expression_error *error;
	size_t first;	   /* operation of this expression */
	unsigned depth;	   /* of the recursion */
	unsigned operands; /* on the evaluation's stack */
	bool has_variable;
};

static bool parse_or(struct parser *parser);

static bool fail(struct parser *parser, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool fail(struct parser *parser, const char *at, const char *format, ...)
{
	va_list arguments;

	parser->error->offset = (size_t)(at - parser->text);
	va_start(arguments, format);
	vsnprintf(parser->error->text, sizeof(parser->error->text), format, arguments);
	va_end(arguments);
	return false;
}

static bool emit(struct parser *parser, enum operator_kind kind, int64_t operand)
{
	struct expressions *all = parser->expressions;

	if (all->operation_count - parser->first >= EXPRESSION_MAX_OPERATIONS)
		return fail(parser, parser->at, "an expression of more than %d parts", EXPRESSION_MAX_OPERATIONS);
	if (kind == OPERATOR_CONSTANT || kind == OPERATOR_VARIABLE) {
		if (++parser->operands > EXPRESSION_STACK_LIMIT)
			return fail(parser, parser->at, "an expression that is nested too deeply");
	} else if (kind != OPERATOR_NEGATE && kind != OPERATOR_NOT && kind != OPERATOR_TRUTH) {
		parser->operands--;
	}
	all->operations = region_grow(all->region, all->operations, all->operation_count, &all->operation_capacity,
				      sizeof(all->operations[0]));
	all->operations[all->operation_count++] = (struct operation){ kind, operand };
	return true;
}

static void skip_blanks(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

/* Takes one of the texts, the longest first; its index, or -1. Words end where no letter follows. */
static int take_one_of(struct parser *parser, const char *const *texts)
{
	skip_blanks(parser);
	for (int i = 0; texts[i] != NULL; i++) {
		size_t length = strlen(texts[i]);
		char next;

		if (strncmp(parser->at, texts[i], length) != 0)
			continue;
		next = parser->at[length];
		if (isalpha((unsigned char)texts[i][0]) && (isalnum((unsigned char)next) || next == '_'))
			continue;
		parser->at += length;
		return i;
	}
	return -1;
}

static bool enter(struct parser *parser)
{
	if (++parser->depth > EXPRESSION_MAX_DEPTH)
		return fail(parser, parser->at, "an expression that is nested more than %d deep",
			    EXPRESSION_MAX_DEPTH);
	return true;
}

static bool parse_number(struct parser *parser)
{
	const char *start = parser->at;
	int64_t number = 0;

	for (; isdigit((unsigned char)*parser->at); parser->at++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *parser->at - '0', &number))
			return fail(parser, start, "a number beyond 64 bits");
	}
	if (isalpha((unsigned char)*parser->at) || *parser->at == '.')
		return fail(parser, start, "not a whole number, expected an expression of integers such as n - 1");
	return emit(parser, OPERATOR_CONSTANT, number);
}

/* Symbols lie far below all numbers that programs count with. */
static int64_t number_of_symbol(struct parser *parser, const char *name)
{
	struct expressions *all = parser->expressions;
	uint32_t number = name_table_find(&all->symbols, name);

	if (number == NAME_NONE) {
		number = all->symbol_count++;
		name_table_put(&all->symbols, name, number);
	}
	return INT64_MIN + 1 + number;
}

static bool parse_name(struct parser *parser)
{
	const char *start = parser->at;
	struct symbol_use use = { .offset = (size_t)(start - parser->text) };
	uint32_t slot;

	while (isalnum((unsigned char)*parser->at) || *parser->at == '_')
		parser->at++;
	use.name = region_strndup(parser->expressions->region, start, (size_t)(parser->at - start));
	slot = name_table_find(parser->variables, use.name);
	if (slot != NAME_NONE) {
		parser->has_variable = true;
		return emit(parser, OPERATOR_VARIABLE, slot);
	}
	use.is_all = start == parser->text && *parser->at == '\0';
	parser->found(parser->context, &use);
	return emit(parser, OPERATOR_CONSTANT, number_of_symbol(parser, use.name));
}

static bool parse_primary(struct parser *parser)
{
	static const char *const brackets[] = { "(", NULL };
	static const char *const minus[] = { "-", NULL };
	bool is_good;

	if (take_one_of(parser, minus) == 0) {
		is_good = enter(parser) && parse_primary(parser) && emit(parser, OPERATOR_NEGATE, 0);
		parser->depth--;
		return is_good;
	}
	if (take_one_of(parser, brackets) == 0) {
		is_good = enter(parser) && parse_or(parser);
		parser->depth--;
		if (!is_good)
			return false;
		skip_blanks(parser);
		if (*parser->at != ')')
			return fail(parser, parser->at, "no ')'");
		parser->at++;
		return true;
	}
	if (isdigit((unsigned char)*parser->at))
		return parse_number(parser);
	if (isalpha((unsigned char)*parser->at) || *parser->at == '_')
		return parse_name(parser);
	if (*parser->at == '\0')
		return fail(parser, parser->at, "the expression ends, expected a number, a variable or '('");
	return fail(parser, parser->at, "'%.1s' in an expression, expected a number, a variable or '('", parser->at);
}

static bool parse_product(struct parser *parser)
{
	static const char *const signs[] = { "*", "//", "%", NULL };
	static const enum operator_kind kinds[] = { OPERATOR_MULTIPLY, OPERATOR_DIVIDE, OPERATOR_REMAINDER };
	int sign;

	if (!parse_primary(parser))
		return false;
	while ((sign = take_one_of(parser, signs)) >= 0) {
		if (!parse_primary(parser) || !emit(parser, kinds[sign], 0))
			return false;
	}
	return true;
}

static bool parse_sum(struct parser *parser)
{
	static const char *const signs[] = { "+", "-", NULL };
	int sign;

	if (!parse_product(parser))
		return false;
	while ((sign = take_one_of(parser, signs)) >= 0) {
		if (!parse_product(parser) || !emit(parser, sign == 0 ? OPERATOR_ADD : OPERATOR_SUBTRACT, 0))
			return false;
	}
	return true;
}

static bool parse_comparison(struct parser *parser)
{
	static const char *const signs[] = { "==", "!=", "<=", ">=", "<", ">", NULL };
	static const enum operator_kind kinds[] = { OPERATOR_EQUAL,	    OPERATOR_NOT_EQUAL, OPERATOR_LESS_EQUAL,
						    OPERATOR_GREATER_EQUAL, OPERATOR_LESS,	OPERATOR_GREATER };
	const char *second;
	int sign;

	if (!parse_sum(parser))
		return false;
	sign = take_one_of(parser, signs);
	if (sign < 0)
		return true;
	if (!parse_sum(parser) || !emit(parser, kinds[sign], 0))
		return false;
	skip_blanks(parser);
	second = parser->at;
	if (take_one_of(parser, signs) >= 0)
		return fail(parser, second, "a second comparison, expected them joined by 'and'");
	return true;
}

static bool parse_not(struct parser *parser)
{
	static const char *const words[] = { "not", NULL };
	bool is_good;

	if (take_one_of(parser, words) < 0)
		return parse_comparison(parser);
	is_good = enter(parser) && parse_not(parser) && emit(parser, OPERATOR_NOT, 0);
	parser->depth--;
	return is_good;
}

/* left AND right TRUTH: the operator is told how many operations it may skip. */
static bool parse_joined(struct parser *parser, const char *word, enum operator_kind kind,
			 bool (*parse_side)(struct parser *parser))
{
	const char *const words[] = { word, NULL };

	if (!parse_side(parser))
		return false;
	while (take_one_of(parser, words) >= 0) {
		struct expressions *all = parser->expressions;
		size_t at = all->operation_count;

		if (!emit(parser, kind, 0) || !parse_side(parser) || !emit(parser, OPERATOR_TRUTH, 0))
			return false;
		all->operations[at].operand = (int64_t)(all->operation_count - at - 1);
	}
	return true;
}

static bool parse_and(struct parser *parser)
{
	return parse_joined(parser, "and", OPERATOR_AND, parse_not);
}

static bool parse_or(struct parser *parser)
{
	return parse_joined(parser, "or", OPERATOR_OR, parse_and);
}

/* Replaces the code of an expression without variables by its value. */
static bool fold(struct parser *parser, struct value *value)
{
	struct expressions *all = parser->expressions;
	struct expression whole = { .first = (uint32_t)parser->first,
				    .count = (uint32_t)(all->operation_count - parser->first) };
	const struct expression items[] = { { 0, 0 }, whole };
	const struct workload alone = { .expressions = items, .operations = all->operations };
	const struct value code = { .expression = 1 };

	if (!workload_value(&alone, code, NULL, &value->constant))
		return fail(parser, parser->text, "an expression that divides by zero or leaves 64 bits");
	all->operation_count = parser->first;
	return true;
}

void expressions_init(struct expressions *expressions, struct region *region)
{
	*expressions = (struct expressions){ .region = region };
	expressions->items = region_grow(region, NULL, 0, &expressions->capacity, sizeof(expressions->items[0]));
	expressions->items[0] = (struct expression){ 0, 0 };
	expressions->count = 1;
	name_table_init(&expressions->symbols, region);
}

bool expression_parse(struct expressions *expressions, const char *text, const struct name_table *variables,
		      void (*found)(void *context, const struct symbol_use *use), void *context,
		      struct value *value, struct expression_error *error)
{
	struct parser parser = {
		.expressions = expressions,
		.text = text,
		.at = text,
		.variables = variables,
		.found = found,
		.context = context,
		.error = error,
		.first = expressions->operation_count,
	};
	bool is_good;

	*value = (struct value){ 0, 0 };
	is_good = parse_or(&parser);
	skip_blanks(&parser);
	if (is_good && *parser.at != '\0')
		is_good = fail(&parser, parser.at, "'%.20s' after the expression, expected an operator", parser.at);
	if (is_good && !parser.has_variable)
		is_good = fold(&parser, value);
	else if (is_good) {
		expressions->items = region_grow(expressions->region, expressions->items, expressions->count,
						 &expressions->capacity, sizeof(expressions->items[0]));
		value->expression = (uint32_t)expressions->count++;
		expressions->items[value->expression] = (struct expression){
			.first = (uint32_t)parser.first,
			.count = (uint32_t)(expressions->operation_count - parser.first),
		};
	}
	if (!is_good)
		expressions->operation_count = parser.first;
	return is_good;
}
