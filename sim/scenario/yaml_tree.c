/*
 * yaml_tree.c - libyaml's events to a tree of nodes.
 *
 * Source      libyaml 0.2.5, event API. Its document API is not used: it knows neither a depth cap nor what an
 *             alias expands to.
 * Bounded     the depth (checked at each event, so at most the scanner's look-ahead of 1024 characters is spent
 *             beyond it), the nodes after expansion (each node knows its weight, so an alias bomb is found by
 *             adding, not by expanding), and the file's size.
 * Assumed     memory that runs out inside the region jumps to region->unwind. libyaml allocates on its own, so that
 *             jump is caught here, the parser deleted, and the jump continued.
 */
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "sim/scenario/name_table.h"
#include "sim/scenario/yaml_text.h"
#include "sim/scenario/yaml_tree.h"

/* ---- Building the tree ---- */

struct open_node {
	struct yaml_node *node;
	size_t first_child; /* index into builder.children */
};

/* Lives in the region, not on the stack, so that its content survives a jump. */
struct builder {
	struct region *region;
	struct diagnostics *diagnostics;
	const struct yaml_origin *origin;
	const char *text;
	size_t length_bytes;
	yaml_parser_t parser;
	yaml_event_t event;
	bool parser_is_live, event_is_live;
	jmp_buf *outer_unwind;
	jmp_buf unwind;
	/* Complete nodes whose parent is not: keys and values in turn where that is a map. */
	const struct yaml_node **children;
	size_t child_count, child_capacity;
	struct open_node open[YAML_TREE_MAX_DEPTH];
	size_t depth;
	struct name_table anchors; /* numbers are indexes into anchored */
	const struct yaml_node **anchored;
	size_t anchored_count, anchored_capacity;
	uint64_t weight; /* of all that has been read so far */
	const struct yaml_node *root;
	int document_count;
};

static void fail(struct builder *builder, yaml_mark_t mark, const char *text)
{
	yaml_tree_error_at(builder->diagnostics, builder->origin, (int)mark.line + 1, (int)mark.column + 1, "%s", text);
}

/* The text from the character at `mark` on; libyaml gives lines and columns, not bytes. */
static const char *text_at(const struct builder *builder, yaml_mark_t mark)
{
	const char *at = builder->text, *end = at + builder->length_bytes;

	for (size_t line = 0; line < mark.line && at < end;) {
		size_t length = yaml_text_break_length(at, (size_t)(end - at));

		at += length > 0 ? length : 1;
		line += length > 0;
	}
	for (size_t column = 0; column < mark.column && at < end; column++) {
		at++;
		while (at < end && ((unsigned char)*at & 0xc0) == 0x80)
			at++;
	}
	return at < end ? at : "";
}

/* What libyaml says, in this program's words where those help more. */
static void report_syntax_error(struct builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;
	const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
	yaml_mark_t mark = parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR) {
		fail(builder, parser->mark, "out of memory");
		return;
	}
	if (strstr(problem, "mapping values are not allowed") != NULL) {
		fail(builder, mark,
		     "a second ': ' in one line, expected braces around a map in one line, such as "
		     "{repeat: 10, do: [...]}, or quotes around a text that has one");
		return;
	}
	if (strstr(problem, "cannot start any token") != NULL) {
		const char *at = text_at(builder, mark);

		if (*at == '\t')
			fail(builder, mark, "a tab, expected spaces for the indentation");
		else
			fail(builder, mark,
			     region_format(builder->region, "'%c' cannot begin a value, expected it in quotes",
					   *at));
		return;
	}
	if (strstr(problem, "could not find expected ':'") != NULL) {
		fail(builder, parser->context_mark, "no ':' after this key");
		return;
	}
	if (parser->context != NULL && parser->context_mark.line != mark.line)
		problem = region_format(builder->region, "%s that begins in line %zu: %s", parser->context,
					parser->context_mark.line + 1, problem);
	else if (parser->context != NULL)
		problem = region_format(builder->region, "%s: %s", parser->context, problem);
	fail(builder, mark, problem);
}

static struct yaml_node *new_node(struct builder *builder, enum yaml_node_kind kind)
{
	struct yaml_node *node = region_alloc(builder->region, sizeof(*node));

	node->origin = builder->origin;
	node->kind = kind;
	node->line = (int)builder->event.start_mark.line + 1;
	node->column = (int)builder->event.start_mark.column + 1;
	return node;
}

/* False when there are too many. */
static bool remember_anchor(struct builder *builder, const yaml_char_t *anchor, const struct yaml_node *node)
{
	if (anchor == NULL)
		return true;
	if (builder->anchored_count == YAML_TREE_MAX_ANCHORS) {
		fail(builder, builder->event.start_mark,
		     region_format(builder->region, "more than %d anchors, expected fewer", YAML_TREE_MAX_ANCHORS));
		return false;
	}
	builder->anchored = region_grow(builder->region, builder->anchored, builder->anchored_count,
					&builder->anchored_capacity, sizeof(builder->anchored[0]));
	name_table_put(&builder->anchors, region_strdup(builder->region, (const char *)anchor),
		       (uint32_t)builder->anchored_count);
	builder->anchored[builder->anchored_count++] = node;
	return true;
}

static bool refuse_tag(struct builder *builder, const yaml_char_t *tag)
{
	if (tag == NULL)
		return true;
	fail(builder, builder->event.start_mark,
	     region_format(builder->region, "tag '%s', expected a value without a tag", (const char *)tag));
	return false;
}

/* Counts a node, or an alias by all that it stands for. */
static bool spend(struct builder *builder, uint64_t weight)
{
	builder->weight += weight;
	if (builder->weight <= YAML_TREE_MAX_NODES)
		return true;
	fail(builder, builder->event.start_mark,
	     region_format(builder->region, "more than %d values with aliases expanded, expected fewer",
			   YAML_TREE_MAX_NODES));
	return false;
}

static bool refuse_depth(struct builder *builder)
{
	fail(builder, builder->event.start_mark,
	     region_format(builder->region, "nested more than %d levels deep", YAML_TREE_MAX_DEPTH));
	return false;
}

/* Hands a node to the collection that is open, or makes it the root. */
static bool add_child(struct builder *builder, const struct yaml_node *node)
{
	if (builder->depth == 0) {
		builder->root = node;
		return true;
	}
	if (builder->open[builder->depth - 1].node->kind == NODE_MAP && node->kind != NODE_SCALAR &&
	    (builder->child_count - builder->open[builder->depth - 1].first_child) % 2 == 0) {
		yaml_tree_error_at(builder->diagnostics, builder->origin, node->line, node->column,
			  "%s as a key, expected a plain word", node->kind == NODE_MAP ? "a map" : "a list");
		return false;
	}
	builder->children = region_grow(builder->region, builder->children, builder->child_count,
					&builder->child_capacity, sizeof(builder->children[0]));
	builder->children[builder->child_count++] = node;
	return true;
}

static bool add_scalar(struct builder *builder)
{
	const yaml_event_t *event = &builder->event;
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	yaml_scalar_style_t style = event->data.scalar.style;
	struct yaml_node *node;
	int quotes = style == YAML_PLAIN_SCALAR_STYLE ? 0 : 1;

	if (!refuse_tag(builder, event->data.scalar.tag) || !spend(builder, 1))
		return false;
	if (memchr(value, '\0', length) != NULL) {
		fail(builder, event->start_mark, "a NUL character, expected text");
		return false;
	}
	if (length > YAML_TREE_MAX_TEXT_BYTES) {
		fail(builder, event->start_mark,
		     region_format(builder->region, "a text of more than %d KiB, expected a shorter one",
				   YAML_TREE_MAX_TEXT_BYTES >> 10));
		return false;
	}
	node = new_node(builder, NODE_SCALAR);
	node->quoted = quotes != 0;
	node->text = region_strndup(builder->region, value, length);
	node->weight = 1;
	if (style != YAML_LITERAL_SCALAR_STYLE && style != YAML_FOLDED_SCALAR_STYLE &&
	    event->start_mark.line == event->end_mark.line &&
	    event->end_mark.column - event->start_mark.column ==
		    (size_t)yaml_text_count_characters(value, length) + 2 * (size_t)quotes)
		node->text_column = node->column + quotes;
	return remember_anchor(builder, event->data.scalar.anchor, node) && add_child(builder, node);
}

static bool add_alias(struct builder *builder)
{
	const char *name = (const char *)builder->event.data.alias.anchor;
	uint32_t number = name_table_find(&builder->anchors, name);
	const struct yaml_node *node;

	if (number == NAME_NONE) {
		fail(builder, builder->event.start_mark,
		     region_format(builder->region, "alias '*%s', but nothing before it has the anchor '&%s'", name,
				   name));
		return false;
	}
	node = builder->anchored[number];
	if (node->weight == 0) {
		fail(builder, builder->event.start_mark,
		     region_format(builder->region, "alias '*%s' inside what it stands for", name));
		return false;
	}
	if (builder->depth + node->height >= YAML_TREE_MAX_DEPTH && node->kind != NODE_SCALAR)
		return refuse_depth(builder);
	return spend(builder, node->weight) && add_child(builder, node);
}

static bool open_collection(struct builder *builder, enum yaml_node_kind kind, const yaml_char_t *anchor,
			    const yaml_char_t *tag)
{
	struct yaml_node *node;

	if (!refuse_tag(builder, tag) || !spend(builder, 1))
		return false;
	if (builder->depth == YAML_TREE_MAX_DEPTH)
		return refuse_depth(builder);
	node = new_node(builder, kind);
	if (!remember_anchor(builder, anchor, node))
		return false;
	builder->open[builder->depth++] = (struct open_node){ .node = node, .first_child = builder->child_count };
	return true;
}

static void refuse_double_keys(struct builder *builder, const struct yaml_node *map)
{
	struct name_table seen;

	name_table_init(&seen, builder->region);
	for (uint32_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->pairs[i].key;
		uint32_t first = name_table_find(&seen, key->text);

		if (first == NAME_NONE)
			name_table_put(&seen, key->text, i);
		else
			yaml_tree_error_at(builder->diagnostics, builder->origin, key->line, key->column,
				  "key '%s' is given twice, first in line %d",
				  yaml_tree_quote(key->text, builder->region), map->pairs[first].key->line);
	}
	region_free(builder->region, seen.entries);
}

static bool close_collection(struct builder *builder)
{
	struct open_node *open = &builder->open[--builder->depth];
	struct yaml_node *node = open->node;
	size_t count = builder->child_count - open->first_child;
	/* There is no array yet where the first to be closed is empty. */
	const struct yaml_node *const *children = count > 0 ? builder->children + open->first_child : NULL;
	uint64_t weight = 1;

	for (size_t i = 0; i < count; i++) {
		weight += children[i]->weight;
		if (node->height <= children[i]->height && children[i]->kind != NODE_SCALAR)
			node->height = (uint8_t)(children[i]->height + 1);
	}
	node->weight = (uint32_t)weight; /* spend() has kept the sum of all below the limit */
	if (node->kind == NODE_LIST) {
		const struct yaml_node **items = region_alloc_array(builder->region, count, sizeof(items[0]));

		for (size_t i = 0; i < count; i++)
			items[i] = children[i];
		node->items = items;
		node->count = (uint32_t)count;
	} else {
		struct yaml_pair *pairs = region_alloc_array(builder->region, count / 2, sizeof(pairs[0]));

		for (size_t i = 0; i < count / 2; i++)
			pairs[i] = (struct yaml_pair){ .key = children[2 * i], .value = children[2 * i + 1] };
		node->pairs = pairs;
		node->count = (uint32_t)(count / 2);
		refuse_double_keys(builder, node);
	}
	builder->child_count = open->first_child;
	return add_child(builder, node);
}

static bool handle_event(struct builder *builder)
{
	const yaml_event_t *event = &builder->event;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (builder->document_count++ == 0)
			return true;
		fail(builder, event->start_mark, "a second document, expected one a file");
		return false;
	case YAML_SCALAR_EVENT:
		return add_scalar(builder);
	case YAML_ALIAS_EVENT:
		return add_alias(builder);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(builder, NODE_LIST, event->data.sequence_start.anchor,
				       event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_collection(builder, NODE_MAP, event->data.mapping_start.anchor,
				       event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(builder);
	default:
		return true;
	}
}

/* Reads events to the stream's end; false when an error was reported. */
static bool build(struct builder *builder)
{
	for (;;) {
		bool is_end, is_good;

		if (yaml_parser_parse(&builder->parser, &builder->event) == 0) {
			report_syntax_error(builder);
			return false;
		}
		builder->event_is_live = true;
		is_end = builder->event.type == YAML_STREAM_END_EVENT;
		is_good = handle_event(builder);
		builder->event_is_live = false;
		yaml_event_delete(&builder->event);
		if (!is_good || is_end)
			return is_good;
	}
}

static void delete_parser(struct builder *builder)
{
	if (builder->event_is_live)
		yaml_event_delete(&builder->event);
	if (builder->parser_is_live)
		yaml_parser_delete(&builder->parser);
	builder->event_is_live = false;
	builder->parser_is_live = false;
}

/* Builds the tree so that the parser is deleted on every way out, a jump of the region included. */
static bool build_guarded(struct builder *builder)
{
	struct region *region = builder->region;
	bool is_good;

	builder->outer_unwind = region->unwind;
	if (setjmp(builder->unwind) != 0) {
		delete_parser(builder);
		region->unwind = builder->outer_unwind;
		region_fail(region);
	}
	region->unwind = &builder->unwind;
	is_good = build(builder);
	delete_parser(builder);
	region->unwind = builder->outer_unwind;
	return is_good;
}

/* ---- Texts and files ---- */

const struct yaml_node *yaml_tree_parse(const struct yaml_origin *origin, const char *text, size_t length_bytes,
					struct region *region, struct diagnostics *diagnostics)
{
	struct builder *builder = region_alloc(region, sizeof(*builder));
	bool is_good;

	if (length_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
		text += 3;
		length_bytes -= 3;
	}
	builder->region = region;
	builder->diagnostics = diagnostics;
	builder->origin = origin;
	builder->text = text;
	builder->length_bytes = length_bytes;
	name_table_init(&builder->anchors, region);
	if (!yaml_text_check(origin, text, length_bytes, diagnostics))
		return NULL;
	if (yaml_parser_initialize(&builder->parser) == 0) {
		yaml_tree_error_at(diagnostics, origin, 0, 0, "out of memory");
		return NULL;
	}
	builder->parser_is_live = true;
	yaml_parser_set_encoding(&builder->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&builder->parser, (const unsigned char *)text, length_bytes);
	is_good = build_guarded(builder);
	region_free(region, builder->children);
	if (!is_good)
		return NULL;
	if (builder->root == NULL || (builder->root->kind == NODE_SCALAR && builder->root->text[0] == '\0')) {
		yaml_tree_error_at(diagnostics, origin, 0, 0, "empty, expected YAML");
		return NULL;
	}
	return builder->root;
}

const struct yaml_node *yaml_tree_read(const char *path, size_t max_bytes, struct region *region,
				       struct diagnostics *diagnostics)
{
	struct yaml_origin *origin = region_alloc(region, sizeof(*origin));
	size_t length_bytes = 0;
	const char *why = NULL;
	const char *text;

	origin->file = strcmp(path, "-") == 0 ? "<stdin>" : region_strdup(region, path);
	text = yaml_text_read(path, max_bytes, false, region, &length_bytes, &why);
	if (text == NULL) {
		yaml_tree_error_at(diagnostics, origin, 0, 0, "%s", why);
		return NULL;
	}
	diagnostics_add_source(diagnostics, origin->file, text, length_bytes);
	return yaml_tree_parse(origin, text, length_bytes, region, diagnostics);
}
