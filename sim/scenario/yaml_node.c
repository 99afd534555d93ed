/*
 * yaml_node.c - nodes of a YAML tree: what they are, and messages at their places.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario/yaml_text.h"
#include "sim/scenario/yaml_tree.h"

/* Of many variants the first ones are named. */
#define MOST_VARIANTS_BYTES 200

/* ---- Messages ---- */

/* Adds a variant to those that a message is about. */
static void add_variant(struct diagnostics *diagnostics, struct diagnostic *diagnostic, const char *variant)
{
	const char *named = region_format(diagnostics->region, "'%s'", yaml_tree_quote(variant, diagnostics->region));

	if (diagnostic->variants == NULL)
		diagnostic->variants = named;
	else if (strstr(diagnostic->variants, named) == NULL && strlen(diagnostic->variants) < MOST_VARIANTS_BYTES)
		diagnostic->variants = region_format(diagnostics->region, "%s, %s", diagnostic->variants, named);
}

static void report(struct diagnostics *diagnostics, const struct yaml_origin *origin, int line, int column,
		   const char *variant, const char *format, va_list arguments)
{
	struct region *region = diagnostics->region;
	size_t before;
	va_list again;
	int length;
	char *text;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert(length >= 0);
	text = region_alloc(region, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	if (origin->setting != NULL) {
		if (origin->option != NULL)
			text = region_format(region, "%s '%s': %s", origin->option, origin->setting, text);
		line = 0;
		column = 0;
	}
	for (size_t i = 0; i < diagnostics->count; i++) {
		struct diagnostic *old = &diagnostics->items[i];

		if (old->file != origin->file || old->line != line || old->column != column ||
		    strcmp(old->text, text) != 0 || (old->variants != NULL) != (variant != NULL))
			continue;
		if (variant != NULL)
			add_variant(diagnostics, old, variant);
		return;
	}
	before = diagnostics->suppressed_count;
	diagnostics_error(diagnostics, origin->file, line, column, "%s", text);
	if (variant != NULL && diagnostics->suppressed_count == before)
		add_variant(diagnostics, &diagnostics->items[diagnostics->count - 1], variant);
}

void yaml_tree_error_at(struct diagnostics *diagnostics, const struct yaml_origin *origin, int line, int column,
			const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(diagnostics, origin, line, column, NULL, format, arguments);
	va_end(arguments);
}

void yaml_tree_error(struct diagnostics *diagnostics, const struct yaml_node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(diagnostics, node->origin, node->line, node->column, NULL, format, arguments);
	va_end(arguments);
}

void yaml_tree_error_in(struct diagnostics *diagnostics, const struct yaml_node *node, const char *variant,
			const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(diagnostics, node->origin, node->line, node->column, variant, format, arguments);
	va_end(arguments);
}

void yaml_tree_error_inside(struct diagnostics *diagnostics, const struct yaml_node *node, size_t offset,
			    const char *format, ...)
{
	int column = node->column;
	va_list arguments;

	if (node->text_column > 0)
		column = node->text_column + yaml_text_count_characters(node->text, offset);
	va_start(arguments, format);
	report(diagnostics, node->origin, node->line, column, NULL, format, arguments);
	va_end(arguments);
}

/* ---- Looking at nodes ---- */

uint32_t yaml_tree_pair_index(const struct yaml_node *map, const char *key)
{
	if (map->kind != NODE_MAP)
		return NODE_NO_PAIR;
	for (uint32_t i = 0; i < map->count; i++) {
		if (strcmp(map->pairs[i].key->text, key) == 0)
			return i;
	}
	return NODE_NO_PAIR;
}

const struct yaml_node *yaml_tree_get(const struct yaml_node *map, const char *key)
{
	uint32_t i = yaml_tree_pair_index(map, key);

	return i == NODE_NO_PAIR ? NULL : map->pairs[i].value;
}

const char *yaml_tree_quote(const char *text, struct region *region)
{
	size_t length = 60;

	if (strnlen(text, length + 1) <= length)
		return text;
	while (((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	return region_format(region, "%.*s...", (int)length, text);
}

bool yaml_tree_is_blank(const struct yaml_node *node)
{
	return node->kind == NODE_SCALAR && node->text[0] == '\0' && !node->quoted;
}

const char *yaml_tree_describe(const struct yaml_node *node, struct region *region)
{
	switch (node->kind) {
	case NODE_LIST:
		return "a list";
	case NODE_MAP:
		return "a map";
	default:
		if (node->text[0] == '\0')
			return "nothing";
		return region_format(region, "'%s'", yaml_tree_quote(node->text, region));
	}
}
