/*
 * yaml_tree.c - libyaml's events to a tree of nodes.
 *
 * Source      libyaml 0.2.5, event API. Its document API is not used: it knows neither a depth cap nor
 *             what an alias expands to.
 * Bounded     the depth (checked at each event, so at most the scanner's look-ahead of 1024
 *             characters is spent beyond it), the nodes after expansion (each node knows its
 *             weight, so an alias bomb is found by adding, not by expanding), and the file's size.
 *             Directives are refused before libyaml sees them: it compares each %TAG with all others.
 * Assumed     memory that runs out inside the region jumps to region->unwind. libyaml allocates on its own,
 *             so that jump is caught here, the parser deleted, and the jump continued.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yaml.h>

#include "sim/scenario/name_table.h"
#include "sim/scenario/yaml_tree.h"

/* ---- Messages ---- */

static void report(struct diagnostics *diagnostics, const struct yaml_origin *origin, int line, int column,
		   const char *format, va_list arguments)
{
	struct region *region = diagnostics->region;
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
		text = region_format(region, "--set '%s': %s", origin->setting, text);
		line = 0;
		column = 0;
	}
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *old = &diagnostics->items[i];

		if (old->file == origin->file && old->line == line && old->column == column &&
		    strcmp(old->text, text) == 0)
			return;
	}
	diagnostics_error(diagnostics, origin->file, line, column, "%s", text);
}

static void __attribute__((format(printf, 5, 6)))
report_at(struct diagnostics *diagnostics, const struct yaml_origin *origin, int line, int column,
	  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(diagnostics, origin, line, column, format, arguments);
	va_end(arguments);
}

void yaml_tree_error(struct diagnostics *diagnostics, const struct yaml_node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(diagnostics, node->origin, node->line, node->column, format, arguments);
	va_end(arguments);
}

/* Characters in the first `length_bytes` of UTF-8 text. */
static int count_characters(const char *text, size_t length_bytes)
{
	int count = 0;

	for (size_t i = 0; i < length_bytes && text[i] != '\0'; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

void yaml_tree_error_inside(struct diagnostics *diagnostics, const struct yaml_node *node, size_t offset,
			    const char *format, ...)
{
	int column = node->column;
	va_list arguments;

	if (node->text_column > 0)
		column = node->text_column + count_characters(node->text, offset);
	va_start(arguments, format);
	report(diagnostics, node->origin, node->line, column, format, arguments);
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

/* ---- Building the tree ---- */

/* Line breaks as YAML 1.1 has them: LF, CR LF, CR, NEL, LS, PS; 0 when there is none. */
static size_t break_length(const char *text, size_t left)
{
	if (text[0] == '\n')
		return 1;
	if (text[0] == '\r')
		return left > 1 && text[1] == '\n' ? 2 : 1;
	if (left > 1 && memcmp(text, "\xc2\x85", 2) == 0)
		return 2;
	return left > 2 && (memcmp(text, "\xe2\x80\xa8", 3) == 0 || memcmp(text, "\xe2\x80\xa9", 3) == 0) ? 3 : 0;
}

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
	report_at(builder->diagnostics, builder->origin, (int)mark.line + 1, (int)mark.column + 1, "%s", text);
}

/* The text from the character at `mark` on; libyaml gives lines and columns, not bytes. */
static const char *text_at(const struct builder *builder, yaml_mark_t mark)
{
	const char *at = builder->text, *end = at + builder->length_bytes;

	for (size_t line = 0; line < mark.line && at < end;) {
		size_t length = break_length(at, (size_t)(end - at));

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
		fail(builder, mark, "a second ': ' in one line, expected quotes around a text that has one");
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
		report_at(builder->diagnostics, builder->origin, node->line, node->column,
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
		    (size_t)count_characters(value, length) + 2 * (size_t)quotes)
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
			report_at(builder->diagnostics, builder->origin, key->line, key->column,
				  "key '%s' is given twice, first in line %d",
				  yaml_tree_quote(key->text, builder->region), map->pairs[first].key->line);
	}
	region_free(builder->region, seen.entries);
}

static bool close_collection(struct builder *builder)
{
	struct open_node *open = &builder->open[--builder->depth];
	struct yaml_node *node = open->node;
	const struct yaml_node *const *children = builder->children + open->first_child;
	size_t count = builder->child_count - open->first_child;
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
	bool is_good;

	builder->outer_unwind = builder->region->unwind;
	if (builder->outer_unwind != NULL) {
		if (setjmp(builder->unwind) != 0) {
			delete_parser(builder);
			builder->region->unwind = builder->outer_unwind;
			longjmp(*builder->outer_unwind, 1);
		}
		builder->region->unwind = &builder->unwind;
	}
	is_good = build(builder);
	delete_parser(builder);
	builder->region->unwind = builder->outer_unwind;
	return is_good;
}

/* ---- The text before libyaml sees it ---- */

/* The length of the UTF-8 sequence at `text`, or 0 when it is none (too long, surrogate, beyond U+10FFFF). */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xc0 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	uint32_t point;

	if (length <= 1)
		return length;
	if (length > left || text[0] > 0xf4)
		return 0;
	point = text[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	return point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : length;
}

bool yaml_tree_check_text(const struct yaml_origin *origin, const char *characters, size_t length_bytes,
			  struct diagnostics *diagnostics)
{
	const unsigned char *text = (const unsigned char *)characters;
	size_t line_start = 0;
	int line = 1;

	for (size_t i = 0; i < length_bytes;) {
		size_t end_of_line = break_length(characters + i, length_bytes - i);
		size_t length = utf8_length(text + i, length_bytes - i);
		bool is_control = (text[i] < 0x20 && text[i] != '\t' && text[i] != '\n' && text[i] != '\r') ||
				  text[i] == 0x7f ||
				  (text[i] == 0xc2 && length == 2 && text[i + 1] < 0xa0 && text[i + 1] != 0x85);

		if (length == 0 || is_control || (text[i] == '%' && i == line_start)) {
			const char *why = length == 0  ? "is not UTF-8, expected a text file"
					  : is_control ? "is a control character, expected a text file"
						       : "begins a directive, expected none";

			report_at(diagnostics, origin, line,
				  count_characters(characters + line_start, i - line_start) + 1, "byte 0x%02x %s",
				  text[i], why);
			return false;
		}
		i += end_of_line > 0 ? end_of_line : length;
		if (end_of_line > 0) {
			line++;
			line_start = i;
		}
	}
	return true;
}

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
	if (!yaml_tree_check_text(origin, text, length_bytes, diagnostics))
		return NULL;
	if (yaml_parser_initialize(&builder->parser) == 0) {
		report_at(diagnostics, origin, 0, 0, "out of memory");
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
		report_at(diagnostics, origin, 0, 0, "empty, expected YAML");
		return NULL;
	}
	return builder->root;
}

/* ---- Files ---- */

static char *read_descriptor(int descriptor, size_t max_bytes, struct region *region, size_t *length_bytes,
			     const char **why)
{
	size_t capacity = 64 << 10, length = 0;
	char *text = region_alloc(region, capacity);

	for (;;) {
		ssize_t got = read(descriptor, text + length, capacity - length - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			*why = region_format(region, "cannot be read: %s", strerror(errno));
			return NULL;
		}
		if (got == 0)
			break;
		length += (size_t)got;
		if (length > max_bytes) {
			*why = region_format(region, "larger than %zu MiB", max_bytes >> 20);
			return NULL;
		}
		if (length + 1 == capacity) {
			capacity *= 2;
			text = region_resize(region, text, capacity);
		}
	}
	text[length] = '\0';
	*length_bytes = length;
	return text;
}

/* read_descriptor(), with the descriptor closed also when the region jumps. */
static char *read_and_close(int descriptor, size_t max_bytes, struct region *region, size_t *length_bytes,
			    const char **why)
{
	jmp_buf *outer_unwind = region->unwind;
	jmp_buf unwind;
	char *text;

	if (outer_unwind != NULL) {
		if (setjmp(unwind) != 0) {
			close(descriptor);
			region->unwind = outer_unwind;
			longjmp(*outer_unwind, 1);
		}
		region->unwind = &unwind;
	}
	text = read_descriptor(descriptor, max_bytes, region, length_bytes, why);
	region->unwind = outer_unwind;
	close(descriptor);
	return text;
}

char *yaml_tree_read_bytes(const char *path, size_t max_bytes, bool regular_only, struct region *region,
			   size_t *length_bytes, const char **why)
{
	struct stat status;
	int descriptor;

	if (strcmp(path, "-") == 0 && !regular_only)
		return read_descriptor(STDIN_FILENO, max_bytes, region, length_bytes, why);
	/* Asked before opening: opening a pipe that nobody writes would wait for ever. */
	if (stat(path, &status) != 0) {
		*why = region_format(region, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	if (S_ISDIR(status.st_mode)) {
		*why = "is a directory, expected a file";
		return NULL;
	}
	if (regular_only && !S_ISREG(status.st_mode)) {
		*why = "is not a regular file";
		return NULL;
	}
	if (S_ISREG(status.st_mode) && (uint64_t)status.st_size > max_bytes) {
		*why = region_format(region, "larger than %zu MiB", max_bytes >> 20);
		return NULL;
	}
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0) {
		*why = region_format(region, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	return read_and_close(descriptor, max_bytes, region, length_bytes, why);
}

const struct yaml_node *yaml_tree_read(const char *path, size_t max_bytes, struct region *region,
				       struct diagnostics *diagnostics)
{
	struct yaml_origin *origin = region_alloc(region, sizeof(*origin));
	size_t length_bytes = 0;
	const char *why = NULL;
	const char *text;

	origin->file = strcmp(path, "-") == 0 ? "<stdin>" : region_strdup(region, path);
	text = yaml_tree_read_bytes(path, max_bytes, false, region, &length_bytes, &why);
	if (text == NULL) {
		report_at(diagnostics, origin, 0, 0, "%s", why);
		return NULL;
	}
	diagnostics_add_source(diagnostics, origin->file, text, length_bytes);
	return yaml_tree_parse(origin, text, length_bytes, region, diagnostics);
}
