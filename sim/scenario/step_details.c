/*
 * step_details.c - what stands in a step: expressions, variables, resources, what it starts, the map behind its
 * name.
 */
#include <string.h>

#include "sim/scenario/steps_parser.h"

static void find_symbol(void *context, const struct symbol_use *use)
{
	struct steps_parser *parser = context;
	struct symbol_place *place;

	if (parser->defines_symbol && use->is_all) {
		name_table_put(&parser->defined_symbols, use->name, 1);
		return;
	}
	parser->symbols = region_grow(parser->reading->region, parser->symbols, parser->symbol_count,
				      &parser->symbol_capacity, sizeof(parser->symbols[0]));
	place = &parser->symbols[parser->symbol_count++];
	*place = (struct symbol_place){ *use, parser->expression_node };
}

struct value steps_parse_value(struct steps_parser *parser, const struct yaml_node *node, int64_t absent,
			       int64_t least, int64_t most)
{
	struct reading *reading = parser->reading;
	struct value value = { .constant = absent };
	struct expression_error error;

	if (node == NULL)
		return value;
	parser->expression_node = node;
	if (node->kind != NODE_SCALAR)
		yaml_tree_error(reading->diagnostics, node, "%s for an expression, expected e.g. n - 1",
				yaml_tree_describe(node, reading->region));
	else if (!expression_parse(&parser->program->expressions, node->text, &parser->variables, find_symbol,
				   parser, &value, &error))
		yaml_tree_error_inside(reading->diagnostics, node, error.offset, "%s", error.text);
	else if (value.expression == 0 && least < most && (value.constant < least || value.constant > most))
		yaml_tree_error(reading->diagnostics, node,
				"'%s', expected a whole number from %lld to %lld, or an expression such as n - 1",
				yaml_tree_quote(node->text, reading->region), (long long)least, (long long)most);
	return value;
}

uint32_t steps_declare_variable(struct steps_parser *parser, const char *name)
{
	uint32_t slot;

	if (name == NULL)
		return INDEX_NONE;
	slot = name_table_find(&parser->variables, name);
	if (slot == NAME_NONE) {
		slot = parser->task->variable_count++;
		name_table_put(&parser->variables, name, slot);
	}
	return slot;
}

uint32_t steps_find_group(struct steps_parser *parser, const struct yaml_node *node, const char *name, bool is_new)
{
	uint32_t group;

	if (name == NULL)
		return is_new ? 0 : GROUP_ALL;
	if (!is_new && strcmp(name, "all") == 0)
		return GROUP_ALL;
	group = name_table_find(&parser->groups, name);
	if (group != NAME_NONE)
		return group;
	if (!is_new) {
		yaml_tree_error(
			parser->reading->diagnostics, node,
			"'%s' under which this task has started nothing, expected all or the name of an 'as'",
			yaml_tree_quote(name, parser->reading->region));
		return GROUP_ALL;
	}
	group = parser->task->group_count++;
	name_table_put(&parser->groups, name, group);
	return group;
}

static const char *const exception_words[EXCEPTION_NAMED] = {
	[EXCEPTION_NONE] = "any",
	[EXCEPTION_TIMEOUT] = "timeout",
	[EXCEPTION_CANCELLED] = "cancelled",
	[EXCEPTION_REJECTED] = "rejected",
	[EXCEPTION_FULL] = "full",
	[EXCEPTION_EMPTY] = "empty",
	[EXCEPTION_BROKEN] = "broken",
	[EXCEPTION_RUNTIME] = "runtime",
	[EXCEPTION_RECURSION] = "recursion",
	[EXCEPTION_ARITHMETIC] = "arithmetic",
	[EXCEPTION_GROUP] = "group",
};

uint32_t steps_find_exception(struct steps_parser *parser, const char *name)
{
	struct program *program = parser->program;

	if (name == NULL)
		return EXCEPTION_NONE;
	for (uint32_t i = 0; i < EXCEPTION_NAMED; i++) {
		if (strcmp(exception_words[i], name) == 0)
			return i;
	}
	for (uint32_t i = 0; i < program->exception_count; i++) {
		if (strcmp(program->exceptions[i], name) == 0)
			return EXCEPTION_NAMED + i;
	}
	program->exceptions = region_grow(parser->reading->region, program->exceptions, program->exception_count,
					  &parser->exception_capacity, sizeof(program->exceptions[0]));
	program->exceptions[program->exception_count] = name;
	return EXCEPTION_NAMED + program->exception_count++;
}

/* ---- What each kind works on ---- */

#define KIND(kind) (UINT32_C(1) << RESOURCE_##kind)
#define LOCKS                                                                                                      \
	(KIND(LOCK) | KIND(RLOCK) | KIND(CONDITION) | KIND(SEMAPHORE) | KIND(BOUNDED_SEMAPHORE) | KIND(LIMITER))
#define QUEUES (KIND(QUEUE) | KIND(LIFO_QUEUE) | KIND(PRIORITY_QUEUE) | KIND(SIMPLE_QUEUE))
#define EXECUTORS (KIND(THREAD_POOL) | KIND(PROCESS_POOL) | KIND(INTERPRETER_POOL) | KIND(POOL))
#define VARIABLES (KIND(VARIABLE) | KIND(ARRAY) | KIND(MANAGER) | KIND(SHARED_MEMORY))

static const uint32_t accepted_resources[STEP_KIND_COUNT] = {
	[STEP_WITH] = LOCKS | EXECUTORS,
	[STEP_ACQUIRE] = LOCKS,
	[STEP_RELEASE] = LOCKS,
	[STEP_WAIT] = KIND(EVENT) | KIND(CONDITION) | KIND(BARRIER),
	[STEP_SET] = KIND(EVENT),
	[STEP_CLEAR] = KIND(EVENT),
	[STEP_NOTIFY] = KIND(CONDITION),
	[STEP_PUT] = QUEUES,
	[STEP_GET] = QUEUES,
	[STEP_TASK_DONE] = QUEUES & ~KIND(SIMPLE_QUEUE),
	[STEP_JOIN_QUEUE] = QUEUES & ~KIND(SIMPLE_QUEUE),
	[STEP_READ] = VARIABLES,
	[STEP_WRITE] = VARIABLES,
	[STEP_REQUEST] = KIND(SERVICE),
	[STEP_SUBMIT] = EXECUTORS | KIND(LIMITER),
	[STEP_SEND] = KIND(PIPE),
	[STEP_RECV] = KIND(PIPE),
};

void steps_resolve_resource(struct steps_parser *parser, struct step *step, const struct yaml_node *node)
{
	struct reading *reading = parser->reading;
	const struct program *program = parser->program;
	const struct resource *resource;
	const char *expected = "";

	step->resource = keys_resolve(reading, &program->resource_names, node, "resource", parser->file->resources);
	if (step->resource == NAME_NONE)
		return;
	resource = &program->resources[step->resource];
	if ((accepted_resources[step->kind] >> resource->kind & 1) != 0)
		return;
	for (uint32_t i = 0; i < RESOURCE_KIND_COUNT; i++) {
		if ((accepted_resources[step->kind] >> i & 1) != 0)
			expected = region_format(reading->region, "%s%s%s", expected,
						 expected[0] == '\0' ? "" : " or ", resource_names[i]);
	}
	yaml_tree_error(reading->diagnostics, node, "'%s' with the %s '%s', expected a %s", step_names[step->kind],
			resource_names[resource->kind], resource->name, expected);
}

/* ---- Details ---- */

/* Whether the name stands in the expression. */
static bool is_named(const struct yaml_node *expression, const char *name)
{
	const char *at = expression->kind == NODE_SCALAR ? expression->text : "";
	size_t length = strlen(name);

	while (*at) {
		size_t word = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

		if (word == length && memcmp(at, name, length) == 0)
			return true;
		at += word > 0 ? word : 1;
	}
	return false;
}

static bool is_named_in(const struct yaml_node *list, const char *name)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (is_named(list->items[i], name))
			return true;
	return false;
}

static void parse_arguments(struct steps_parser *parser, const struct yaml_node *list, struct start *start)
{
	struct program *program = parser->program;
	uint32_t parameters = start->task == NAME_NONE ? 0 : program->tasks[start->task].parameter_count;

	start->index_variable = INDEX_NONE;
	start->first_argument = program->argument_count;
	if (list == NULL)
		return;
	if (start->task != NAME_NONE && list->count > parameters)
		yaml_tree_error(parser->reading->diagnostics, list, "%u arguments for task '%s', which takes %u",
				(unsigned)list->count, program->tasks[start->task].name, (unsigned)parameters);
	if (is_named_in(list, "index"))
		start->index_variable = steps_declare_variable(parser, "index");
	start->argument_count = list->count;
	for (uint32_t i = 0; i < list->count; i++) {
		struct value value = steps_parse_value(parser, list->items[i], 0, 0, 0);

		program->arguments =
			region_grow(parser->reading->region, program->arguments, program->argument_count,
				    &parser->argument_capacity, sizeof(program->arguments[0]));
		program->arguments[program->argument_count++] = value;
	}
}

struct start *steps_parse_start(struct steps_parser *parser, const struct yaml_node *map,
				const struct yaml_node *count, const struct yaml_node *items,
				const struct yaml_node *args, uint32_t index)
{
	struct start *start = region_alloc(parser->reading->region, sizeof(*start));
	const struct yaml_node *name = yaml_tree_get(map, "task");

	start->task = NAME_NONE;
	if (name != NULL && keys_is_name(name->kind == NODE_SCALAR ? name->text : "")) {
		start->task = keys_resolve(parser->reading, &parser->program->task_names, name, "task",
					   parser->file->tasks);
		parser->program->step_nodes[index] = name;
	}
	start->count = steps_parse_value(parser, count, 1, 0, 1000000);
	parser->program->is_conditional[index] |= start->count.expression != 0;
	if (items != NULL)
		start->items_ns = program_parse_items(parser->reading, items, parser->scale, &start->item_count);
	parse_arguments(parser, args, start);
	return start;
}

static bool starts_group(enum step_kind kind)
{
	return kind == STEP_SPAWN || kind == STEP_CREATE_TASK || kind == STEP_SUBMIT;
}

/* The node behind the first of the keys that the map has. */
static const struct yaml_node *first_of(const struct yaml_node *map, const char *a, const char *b, const char *c,
					const char *d)
{
	const char *const names[] = { a, b, c, d };
	const struct yaml_node *found = NULL;

	for (size_t i = 0; i < 4 && found == NULL; i++)
		found = yaml_tree_get(map, names[i]);
	return found;
}

static void parse_retry(struct steps_parser *parser, const struct detail_keys *keys, struct step *step)
{
	struct retry *retry = region_alloc(parser->reading->region, sizeof(*retry));

	retry->times = keys->times > 0 ? keys->times : 1;
	retry->backoff = program_parse_duration(parser->reading, keys->backoff, parser->folder, parser->scale);
	retry->factor = keys->factor >= 1 ? keys->factor : 2;
	retry->limit_ns = keys->limit_ns < 0 ? SIM_NS_MAX : program_scaled(keys->limit_ns, parser->scale);
	retry->jitter = keys->jitter > 0 ? keys->jitter : 0;
	step->retry = retry;
}

void steps_parse_details(struct steps_parser *parser, const struct yaml_node *node, const struct key_table *table,
			 uint32_t index)
{
	struct reading *reading = parser->reading;
	struct step *step = &parser->program->steps[index];
	const struct yaml_node *map = keys_expand(reading->region, node, table), *at;
	struct detail_keys keys;

	memset(&keys, 0, sizeof(keys));
	keys.timeout_ns = keys.bytes = keys.result_bytes = -1;
	keys.chance = -1;
	keys.return_when = -1;
	if (!keys_read(reading, map, table, step_names[step->kind], &keys))
		return;
	if (keys.task != NULL || keys_find(table, "task") != NULL) {
		struct start *start = steps_parse_start(parser, map, keys.count, keys.items, keys.args, index);

		start->return_exceptions = keys.return_exceptions;
		start->daemon = keys.is_daemon;
		start->bytes = keys.bytes > 0 ? keys.bytes : 0;
		start->objects = keys.objects > 0 ? keys.objects : 1;
		start->result_bytes = keys.result_bytes > 0 ? keys.result_bytes : 0;
		start->result_objects =
			start->result_bytes > 0 && keys.result_objects > 0 ? keys.result_objects : 0;
		step->start = start;
	} else if (keys_find(table, "count") != NULL) {
		step->count = steps_parse_value(parser, keys.count, 1, 1, 1000000);
		if (keys.is_all)
			step->count.constant = 0;
	}
	at = first_of(map, "resource", "on", "to", "from");
	if (keys.resource != NULL)
		steps_resolve_resource(parser, step, at);
	at = first_of(map, "as", "of", "for", "on");
	if (starts_group(step->kind) || keys_find(table, "of") != NULL)
		step->group = steps_find_group(parser, at, keys.group, starts_group(step->kind));
	if (step->kind == STEP_WAIT && keys.resource == NULL) {
		step->kind = STEP_WAIT_HANDLES;
		step->return_when = keys.return_when < 0 ? RETURN_ALL : (enum return_when)keys.return_when;
	}
	parser->defines_symbol = step->kind == STEP_PUT || step->kind == STEP_SEND || step->kind == STEP_WRITE;
	step->value = steps_parse_value(parser, keys.value, 0, 0, 0);
	parser->defines_symbol = false;
	step->extra = steps_parse_value(parser, keys.extra, 0, 0, 0);
	step->variable = steps_declare_variable(parser, keys.variable);
	step->timeout_ns = program_scaled(keys.timeout_ns, parser->scale);
	if (keys.chance >= 0)
		step->chance = keys.chance;
	step->bytes = keys.bytes > 0 ? keys.bytes : 0;
	step->objects = keys.objects > 0 ? keys.objects : 1;
	if (step->kind == STEP_RETRY) {
		step->exception = steps_find_exception(parser, keys.exception);
		parse_retry(parser, &keys, step);
	}
}
