/*
 * distribution_parse.c - the text of a duration to its parameters.
 *
 * One row a distribution and its ways to be written. The arguments are split at commas, each into an
 * optional name and a value; which row is meant follows from the names.
 */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "sim/base/diagnostic.h"
#include "sim/base/units.h"
#include "sim/scenario/distribution_parse.h"
#include "sim/scenario/yaml_text.h"
#include "sim/scenario/yaml_tree.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_FILE_BYTES ((size_t)32 << 20)
#define MAX_CHOICES 1000

struct form {
	const char *name;
	enum distribution_kind kind;
	const char *arguments[2]; /* the second NULL: only one */
	bool is_duration[2];	  /* otherwise a number above 0 */
	bool must_be_named;
	const char *example;
};

static const struct form forms[] = {
	{ "exponential", DISTRIBUTION_EXPONENTIAL, { "mean", NULL }, { true, false }, false, "exponential(20ms)" },
	{ "uniform", DISTRIBUTION_UNIFORM, { "low", "high" }, { true, true }, false, "uniform(1ms, 2ms)" },
	{ "normal", DISTRIBUTION_NORMAL, { "mean", "sd" }, { true, true }, false, "normal(20ms, 2ms)" },
	{ "lognormal",
	  DISTRIBUTION_LOGNORMAL,
	  { "mean", "p99" },
	  { true, true },
	  true,
	  "lognormal(mean 20ms, p99 90ms)" },
	{ "lognormal",
	  DISTRIBUTION_LOGNORMAL,
	  { "mean", "sd" },
	  { true, true },
	  true,
	  "lognormal(mean 20ms, sd 15ms)" },
	{ "gamma", DISTRIBUTION_GAMMA, { "shape", "scale" }, { false, true }, false, "gamma(2, 10ms)" },
	{ "pareto", DISTRIBUTION_PARETO, { "exponent", "min" }, { false, true }, false, "pareto(1.5, 1ms)" },
	{ "weibull", DISTRIBUTION_WEIBULL, { "scale", "exponent" }, { true, false }, false, "weibull(20ms, 1.5)" },
	{ "choice", DISTRIBUTION_CHOICE, { NULL, NULL }, { false, false }, false, "choice(1ms: 80%, 10ms: 20%)" },
	{ "empirical", DISTRIBUTION_EMPIRICAL, { NULL, NULL }, { false, false }, false, "empirical(file.csv)" },
};

struct argument {
	const char *name; /* NULL: not named */
	const char *value;
	size_t offset;
};

struct parser {
	struct region *region;
	const char *text, *folder;
	const struct form *form;
	struct argument *arguments;
	size_t count, capacity;
	struct distribution_error *error;
};

static bool fail(struct parser *parser, size_t offset, const char *text)
{
	*parser->error = (struct distribution_error){ .offset = offset, .text = text };
	return false;
}

/* The text without blanks around it; `*offset` moves with its start. */
static const char *trim(struct region *region, const char *text, size_t length, size_t *offset)
{
	while (length > 0 && isspace((unsigned char)text[0])) {
		text++;
		length--;
		++*offset;
	}
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	return region_strndup(region, text, length);
}

static bool scan_duration(struct parser *parser, const char *text, size_t offset, double *value_ns)
{
	struct unit_error error;
	sim_ns duration_ns;

	if (!units_parse_duration(text, &duration_ns, &error))
		return fail(parser, offset, region_strdup(parser->region, error.text));
	*value_ns = (double)duration_ns;
	return true;
}

static bool scan_positive(struct parser *parser, const struct argument *argument, const char *name, double *value)
{
	struct unit_error error;

	if (units_parse_number(argument->value, value, &error) && *value > 0)
		return true;
	return fail(
		parser, argument->offset,
		region_format(parser->region, "'%s' for '%s', expected a number above 0", argument->value, name));
}

/* The row that `word` and the names of the arguments mean. */
static const struct form *find_form(const struct parser *parser, const char *word)
{
	const struct form *found = NULL;

	for (size_t i = 0; i < LENGTH(forms); i++) {
		bool is_match = true;

		if (strcmp(forms[i].name, word) != 0)
			continue;
		if (found == NULL)
			found = &forms[i];
		for (size_t j = 0; j < parser->count; j++) {
			const char *name = parser->arguments[j].name;

			if (name != NULL &&
			    (forms[i].arguments[0] == NULL || strcmp(name, forms[i].arguments[0]) != 0) &&
			    (forms[i].arguments[1] == NULL || strcmp(name, forms[i].arguments[1]) != 0))
				is_match = false;
		}
		if (is_match)
			return &forms[i];
	}
	return found;
}

static bool fail_unknown_word(struct parser *parser, const char *word)
{
	const char *names[LENGTH(forms)];
	const char *near;

	for (size_t i = 0; i < LENGTH(forms); i++)
		names[i] = forms[i].name;
	near = diagnostics_suggest(word, names, LENGTH(forms));
	if (near != NULL)
		return fail(
			parser, 0,
			region_format(parser->region, "unknown distribution '%s', did you mean '%s'?", word, near));
	return fail(
		parser, 0,
		region_format(parser->region,
			      "unknown distribution '%s', expected exponential, uniform, normal, lognormal, gamma, "
			      "pareto, weibull, choice or empirical",
			      word));
}

/* Splits what stands between the parentheses at commas; nothing is one argument, too. */
static void split_arguments(struct parser *parser, size_t from, size_t end)
{
	size_t start = from;

	for (size_t i = from; i <= end; i++) {
		struct argument argument = { .offset = start };

		if (i < end && parser->text[i] != ',')
			continue;
		argument.value = trim(parser->region, parser->text + start, i - start, &argument.offset);
		parser->arguments = region_grow(parser->region, parser->arguments, parser->count, &parser->capacity,
						sizeof(parser->arguments[0]));
		parser->arguments[parser->count++] = argument;
		start = i + 1;
	}
	assert(parser->count > 0);
}

/* "mean 20ms" is a named argument: a word, blanks, the rest. */
static void split_names(struct parser *parser)
{
	for (size_t i = 0; i < parser->count; i++) {
		struct argument *argument = &parser->arguments[i];
		size_t length = 0;

		while (isalnum((unsigned char)argument->value[length]))
			length++;
		if (!isalpha((unsigned char)argument->value[0]) || !isspace((unsigned char)argument->value[length]))
			continue;
		argument->name = region_strndup(parser->region, argument->value, length);
		argument->offset += length;
		argument->value = trim(parser->region, argument->value + length, strlen(argument->value + length),
				       &argument->offset);
	}
}

static bool fail_usage(struct parser *parser, size_t offset)
{
	return fail(parser, offset,
		    region_format(parser->region, "expected arguments as in %s", parser->form->example));
}

/* Fills values[] in the order of the form's arguments, named or by position. */
static bool collect_values(struct parser *parser, double values[2])
{
	const struct form *form = parser->form;
	size_t expected = form->arguments[1] == NULL ? 1 : 2;
	bool is_given[2] = { false, false };

	if (parser->count != expected)
		return fail_usage(parser, strlen(form->name));
	for (size_t i = 0; i < expected; i++) {
		const struct argument *argument = &parser->arguments[i];
		size_t place = i;

		if (argument->name == NULL && form->must_be_named)
			return fail_usage(parser, argument->offset);
		if (argument->name != NULL) {
			place = 0;
			while (place < expected && strcmp(form->arguments[place], argument->name) != 0)
				place++;
		}
		if (place == expected || is_given[place])
			return fail_usage(parser, argument->offset);
		is_given[place] = true;
		if (form->is_duration[place]
			    ? !scan_duration(parser, argument->value, argument->offset, &values[place])
			    : !scan_positive(parser, argument, form->arguments[place], &values[place]))
			return false;
	}
	return true;
}

static bool parse_simple(struct parser *parser, struct distribution *out)
{
	const struct form *form = parser->form;
	double values[2] = { 0, 0 };
	size_t offset = strlen(form->name);

	if (!collect_values(parser, values))
		return false;
	*out = (struct distribution){ .kind = form->kind, .a = values[0], .b = values[1] };
	switch (form->kind) {
	case DISTRIBUTION_UNIFORM:
		if (values[0] > values[1])
			return fail(parser, offset, "the low end of 'uniform' is above its high end");
		return true;
	case DISTRIBUTION_LOGNORMAL:
		if (strcmp(form->arguments[1], "p99") == 0) {
			if (!distribution_lognormal_from_p99(values[0], values[1], out))
				return fail(
					parser, offset,
					"no lognormal distribution has this mean and p99, expected a p99 above the "
					"mean and at most 14.9 times of it");
			return true;
		}
		if (!(values[0] > 0) || !distribution_lognormal_from_sd(values[0], values[1], out))
			return fail(parser, offset, "no lognormal distribution has this mean and sd");
		return true;
	default:
		return true;
	}
}

/* choice(1ms: 80%, 10ms: 20%), or all without weights. */
static bool parse_choice(struct parser *parser, struct distribution *out)
{
	size_t count = parser->count;
	double *values = region_alloc_array(parser->region, count, sizeof(values[0]));
	double *cumulative = region_alloc_array(parser->region, count, sizeof(cumulative[0]));
	bool has_weights = strchr(parser->arguments[0].value, ':') != NULL;
	double sum = 0;

	if (count > MAX_CHOICES)
		return fail(parser, 0,
			    region_format(parser->region, "%zu choices, expected at most %d or empirical(FILE)",
					  count, MAX_CHOICES));
	for (size_t i = 0; i < count; i++) {
		const struct argument *argument = &parser->arguments[i];
		const char *colon = strchr(argument->value, ':');
		struct unit_error error;
		size_t offset = argument->offset;
		double weight = 1. / (double)count;

		if ((colon != NULL) != has_weights)
			return fail(parser, offset, "expected a weight for each choice or for none");
		if (colon != NULL) {
			size_t after = offset + (size_t)(colon - argument->value) + 1;
			const char *text = trim(parser->region, colon + 1, strlen(colon + 1), &after);

			if (!units_parse_ratio(text, &weight, &error))
				return fail(parser, after, region_strdup(parser->region, error.text));
		}
		if (!scan_duration(parser,
				   trim(parser->region, argument->value,
					colon == NULL ? strlen(argument->value) : (size_t)(colon - argument->value),
					&offset),
				   offset, &values[i]))
			return false;
		sum += weight;
		cumulative[i] = sum;
	}
	if (fabs(sum - 1) > 1e-6)
		return fail(parser, strlen(parser->form->name),
			    region_format(parser->region, "the choices' weights sum up to %g%%, expected 100%%",
					  100 * sum));
	cumulative[count - 1] = 1;
	*out = (struct distribution){ .kind = DISTRIBUTION_CHOICE,
				      .values = values,
				      .cumulative = cumulative,
				      .value_count = (uint32_t)count };
	return true;
}

/* One duration a line; blank lines and lines that begin with '#' are skipped. */
static bool parse_empirical(struct parser *parser, struct distribution *out)
{
	const struct argument *argument = &parser->arguments[0];
	const char *path = argument->value, *why = NULL;
	double *values = NULL;
	size_t count = 0, capacity = 0, length = 0;
	char *line;
	int line_number = 0;

	if (parser->count != 1 || path[0] == '\0')
		return fail_usage(parser, strlen(parser->form->name));
	if (path[0] != '/' && parser->folder[0] != '\0')
		path = region_format(parser->region, "%s/%s", parser->folder, path);
	line = yaml_text_read(path, MAX_FILE_BYTES, true, parser->region, &length, &why);
	if (line == NULL)
		return fail(parser, argument->offset, region_format(parser->region, "'%s' %s", path, why));
	if (memchr(line, '\0', length) != NULL)
		return fail(parser, argument->offset,
			    region_format(parser->region, "'%s' is not text, expected one duration a line", path));
	for (char *next; line != NULL; line = next) {
		size_t ignored = 0, line_length = strcspn(line, "\n");
		const char *text;

		next = line[line_length] == '\n' ? line + line_length + 1 : NULL;
		line_number++;
		/* Only lines that say something are copied, and given back at once. */
		text = trim(parser->region, line, line_length, &ignored);
		if (text[0] != '\0' && text[0] != '#') {
			values = region_grow(parser->region, values, count, &capacity, sizeof(values[0]));
			if (!scan_duration(parser, text, argument->offset, &values[count]))
				return fail(parser, argument->offset,
					    region_format(parser->region, "'%s' line %d: %s", path, line_number,
							  parser->error->text));
			count++;
		}
		region_free(parser->region, (void *)(uintptr_t)text);
	}
	if (count == 0)
		return fail(parser, argument->offset,
			    region_format(parser->region, "'%s' has no value, expected one duration a line", path));
	*out = (struct distribution){ .kind = DISTRIBUTION_EMPIRICAL,
				      .values = values,
				      .value_count = (uint32_t)count };
	return true;
}

static bool parse_call(struct parser *parser, size_t open, struct distribution *out)
{
	size_t length = strlen(parser->text);
	const char *word = region_strndup(parser->region, parser->text, open);

	if (parser->text[length - 1] != ')')
		return fail(parser, open,
			    strchr(parser->text, ')') != NULL ? "text after the ')' of a distribution"
							      : "no ')' for this '(': inside { } or [ ] a "
								"distribution with a comma must be in quotes");
	split_arguments(parser, open + 1, length - 1);
	parser->form = find_form(parser, word);
	if (parser->form == NULL)
		return fail_unknown_word(parser, word);
	if (parser->form->kind == DISTRIBUTION_CHOICE)
		return parse_choice(parser, out);
	if (parser->form->kind == DISTRIBUTION_EMPIRICAL)
		return parse_empirical(parser, out);
	split_names(parser);
	parser->form = find_form(parser, word); /* now that the names are known */
	return parse_simple(parser, out);
}

bool distribution_parse(const char *text, const char *folder, struct region *region, struct duration *duration,
			struct distribution_error *error)
{
	struct parser parser = { .region = region, .text = text, .folder = folder, .error = error };
	const char *open = strchr(text, '(');
	struct distribution distribution;
	struct unit_error unit_error;
	sim_ns constant_ns;

	if (strcmp(text, "item") == 0) {
		*duration = (struct duration){ .kind = DURATION_ITEM };
		return true;
	}
	if (open != NULL) {
		if (!parse_call(&parser, (size_t)(open - text), &distribution))
			return false;
		*duration = (struct duration){ .kind = DURATION_DRAWN, .distribution = distribution };
		return true;
	}
	for (size_t i = 0; i < LENGTH(forms); i++) {
		if (strcmp(text, forms[i].name) == 0)
			return fail(&parser, 0,
				    region_format(region, "'%s' without arguments, expected %s", text,
						  forms[i].example));
	}
	if (!units_parse_duration(text, &constant_ns, &unit_error))
		return fail(&parser, 0, region_strdup(region, unit_error.text));
	*duration = (struct duration){ .kind = DURATION_CONSTANT, .constant_ns = constant_ns };
	return true;
}

void distribution_scale(struct distribution *distribution, double factor, struct region *region)
{
	double *values;

	switch (distribution->kind) {
	case DISTRIBUTION_CONSTANT:
	case DISTRIBUTION_EXPONENTIAL:
	case DISTRIBUTION_WEIBULL:
		distribution->a *= factor;
		break;
	case DISTRIBUTION_UNIFORM:
	case DISTRIBUTION_NORMAL:
		distribution->a *= factor;
		distribution->b *= factor;
		break;
	case DISTRIBUTION_LOGNORMAL:
		distribution->a += log(factor);
		break;
	case DISTRIBUTION_GAMMA:
	case DISTRIBUTION_PARETO:
		distribution->b *= factor;
		break;
	case DISTRIBUTION_CHOICE:
	case DISTRIBUTION_EMPIRICAL:
		values = region_alloc_array(region, distribution->value_count, sizeof(values[0]));
		for (uint32_t i = 0; i < distribution->value_count; i++)
			values[i] = factor * distribution->values[i];
		distribution->values = values;
		break;
	}
}
