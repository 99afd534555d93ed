/*
 * program_parse.c - from the tree to tasks, steps and resources; what is wrong with one is said here.
 *
 * A value that is wrong is reported and replaced by a harmless one, so that reading goes on and all
 * errors of a file come out in one run.
 */
#include <assert.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/scenario/distribution_parse.h"
#include "sim/scenario/program_parse.h"

/* Where a word that is no variable stands. */
struct symbol_place {
	struct symbol_use use;
	const struct yaml_node *node;
};

struct steps_parser {
	struct reading *reading;
	const struct file_keys *file;
	struct program *program;
	const char *folder;
	double scale;
	size_t step_capacity, node_capacity, flag_capacity, condition_capacity, argument_capacity, exception_capacity;
	bool is_conditional; /* what is parsed now may be passed over */
	bool may_have_left;  /* a return or raise before it, too */

	struct task *task;		      /* the one that is parsed now */
	struct name_table variables, groups; /* its own, to slots and numbers */

	const struct yaml_node *expression_node; /* the expression that is parsed now */
	bool defines_symbol;			 /* it is an item: a word in it becomes known */
	struct name_table defined_symbols;
	struct symbol_place *symbols; /* those that are used */
	size_t symbol_count, symbol_capacity;
};

/* What the steps of a body amount to, for the loop around them. */
struct body_facts {
	bool has_break; /* of the innermost loop around the body */
	bool takes_time;
};

static void parse_steps(struct steps_parser *parser, const struct yaml_node *list, bool is_in_loop,
			struct body_facts *facts);

/* ---- Steps ---- */

static uint32_t add_step(struct steps_parser *parser, enum step_kind kind, const struct yaml_node *node)
{
	struct region *region = parser->reading->region;
	struct program *program = parser->program;
	uint32_t index = program->step_count;

	program->steps =
		region_grow(region, program->steps, index, &parser->step_capacity, sizeof(program->steps[0]));
	program->step_nodes = region_grow(region, program->step_nodes, index, &parser->node_capacity,
					  sizeof(program->step_nodes[0]));
	program->is_endless = region_grow(region, program->is_endless, index, &parser->flag_capacity,
					  sizeof(program->is_endless[0]));
	program->steps[index] = (struct step){
		.kind = kind,
		.line = node->line,
		.resource = INDEX_NONE,
		.variable = INDEX_NONE,
		.chance = -1,
		.timeout_ns = TIMEOUT_NONE,
	};
	program->step_nodes[index] = node;
	program->is_endless[index] = false;
	program->is_conditional = region_grow(region, program->is_conditional, index, &parser->condition_capacity,
					      sizeof(program->is_conditional[0]));
	program->is_conditional[index] = parser->is_conditional || parser->may_have_left;
	program->step_count++;
	return index;
}

/* Whether `key` is the second half of {io: uniform(1ms, 2ms)}, which YAML splits at the comma. */
static bool is_torn_off(const struct yaml_node *node, const char *key)
{
	const char *value =
		node->count == 0 || node->pairs[0].value->kind != NODE_SCALAR ? "" : node->pairs[0].value->text;

	return strchr(value, '(') != NULL && strchr(value, ')') == NULL && strchr(key, '(') == NULL;
}

/* `node` without the keys that name other steps, each of which is reported, and without the rest of a
 * distribution that its value's own error is about. */
static const struct yaml_node *refuse_second_step(struct reading *reading, const struct yaml_node *node,
						  const struct step_form *form)
{
	struct yaml_pair *pairs;
	struct yaml_node *copy;
	uint32_t count = 0;

	pairs = region_alloc_array(reading->region, node->count, sizeof(pairs[0]));
	for (uint32_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->pairs[i].key;

		if (keys_find(form->table, key->text) == NULL && keys_step_form_of_name(key->text) != NULL)
			yaml_tree_error(reading->diagnostics, key,
					"'%s' beside '%s' in one step, expected an entry of the list for each",
					key->text, form->table->keys[0].name);
		else if (keys_find(form->table, key->text) != NULL || !is_torn_off(node, key->text))
			pairs[count++] = node->pairs[i];
	}
	if (count == node->count) {
		region_free(reading->region, pairs);
		return node;
	}
	copy = region_alloc(reading->region, sizeof(*copy));
	*copy = *node;
	copy->pairs = pairs;
	copy->count = count;
	return copy;
}

/* The form and the keys of one entry of a list of steps; NULL when it is none (reported). */
static const struct step_form *read_step(struct reading *reading, const struct yaml_node *node,
					 struct step_keys *keys)
{
	const struct step_form *form = keys_step_form(node);

	if (node->kind == NODE_LIST || (node->kind == NODE_SCALAR && node->text[0] == '\0') ||
	    (node->kind == NODE_MAP && node->count == 0)) {
		yaml_tree_error(reading->diagnostics, node, "%s for a step, expected one such as {io: 5ms}",
				node->kind == NODE_MAP ? "an empty map"
						       : yaml_tree_describe(node, reading->region));
		return NULL;
	}
	if (form == NULL) {
		const struct yaml_node *word = node->kind == NODE_MAP ? node->pairs[0].key : node;

		keys_report_unknown_step(reading, word, word->text);
		return NULL;
	}
	if (node->kind == NODE_SCALAR) {
		const struct key *key = &form->table->keys[0];

		if (form->may_be_bare)
			return form;
		yaml_tree_error(reading->diagnostics, node, "step '%s' without a value, expected %s", node->text,
				keys_expected(reading->region, key));
		return NULL;
	}
	node = refuse_second_step(reading, node, form);
	keys_read(reading, node, form->table, form->table->keys[0].name, keys);
	return form;
}

/* ---- Values ---- */

struct duration program_parse_duration(struct reading *reading, const struct yaml_node *node, const char *folder,
				       double scale)
{
	struct duration duration = { .kind = DURATION_CONSTANT };
	struct distribution_error error;

	if (node == NULL)
		return duration;
	if (!distribution_parse(node->text, folder, reading->region, &duration, &error))
		yaml_tree_error_inside(reading->diagnostics, node, error.offset, "%s", error.text);
	if (scale != 1 && duration.kind == DURATION_CONSTANT)
		duration.constant_ns = sim_time_round((double)duration.constant_ns * scale);
	if (scale != 1 && duration.kind == DURATION_DRAWN)
		distribution_scale(&duration.distribution, scale, reading->region);
	return duration;
}

sim_ns *program_parse_items(struct reading *reading, const struct yaml_node *list, double scale, uint32_t *count)
{
	sim_ns *items_ns = region_alloc_array(reading->region, list->count, sizeof(items_ns[0]));

	if (list->count == 0)
		yaml_tree_error(reading->diagnostics, list, "an empty list, expected at least one item");
	*count = list->count;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		struct unit_error error;

		if (item->kind != NODE_SCALAR)
			yaml_tree_error(reading->diagnostics, item,
					"%s for an item, expected a duration such as 5ms",
					yaml_tree_describe(item, reading->region));
		else if (!units_parse_duration(item->text, &items_ns[i], &error))
			yaml_tree_error(reading->diagnostics, item, "%s", error.text);
		else if (scale != 1)
			items_ns[i] = sim_time_round((double)items_ns[i] * scale);
	}
	return items_ns;
}

static sim_ns scaled(sim_ns ns, double scale)
{
	return ns < 0 || scale == 1 ? ns : sim_time_round((double)ns * scale);
}

/* What a worker of a server does is one of a few. */
static void check_inner_model(struct reading *reading, const struct model *model, const struct yaml_node *each)
{
	enum model_kind inner = model->each->kind;

	if (model->kind != MODEL_SERVER)
		return;
	if (inner != MODEL_SEQUENTIAL && inner != MODEL_THREAD_POOL && inner != MODEL_ASYNCIO)
		yaml_tree_error(reading->diagnostics, each,
				"model '%s' inside a server, expected sequential, thread_pool or asyncio",
				model_names[inner]);
	else if (inner != MODEL_SEQUENTIAL && model->prefetch > 0)
		yaml_tree_error(reading->diagnostics, each,
				"model '%s' with 'prefetch', expected sequential: the others take requests as they come",
				model_names[inner]);
}

struct model *program_parse_model(struct reading *reading, const struct variant_keys *keys, double scale)
{
	struct model *model = region_alloc(reading->region, sizeof(*model));
	struct variant_keys inner;

	*model = (struct model){
		.kind = keys->model < 0 ? MODEL_SEQUENTIAL : (enum model_kind)keys->model,
		.workers = keys->workers > 0 ? (int)keys->workers : 0,
		.chunksize = keys->chunksize > 0 ? keys->chunksize : 0,
		.warm = keys->is_warm,
		.spawn = keys->spawn > 0 ? (enum spawn_kind)keys->spawn : SPAWN_THREAD,
		.map = keys->map > 0 ? (enum map_kind)keys->map : MAP_MAP,
		.max_tasks_per_child = keys->max_tasks_per_child > 0 ? keys->max_tasks_per_child : 0,
		.return_when = keys->return_when < 0 ? RETURN_ALL : (enum return_when)keys->return_when,
		.timeout_ns = scaled(keys->timeout_ns, scale),
		.return_exceptions = keys->return_exceptions,
		.eager = keys->is_eager,
		.queue_limit = keys->queue_limit > 0 ? keys->queue_limit : 0,
		.prefetch = keys->prefetch > 0 ? keys->prefetch : 0,
		.reuse_port = keys->reuse_port,
		.backlog = keys->backlog > 0 ? keys->backlog : 0,
	};
	/* As deep as YAML_TREE_MAX_DEPTH at most. */
	if (keys->each != NULL) {
		memset(&inner, 0, sizeof(inner));
		inner.spawn = -1;
		if (keys_read(reading, keys->each, &each_table, "each", &inner) && inner.model >= 0) {
			if (inner.model == MODEL_PROGRAM || inner.model == MODEL_SERVER)
				yaml_tree_error(reading->diagnostics, keys->each, "model '%s' inside another",
						model_names[inner.model]);
			model->each = program_parse_model(reading, &inner, scale);
			check_inner_model(reading, model, keys->each);
		}
	}
	return model;
}

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

/* An expression between the key's limits, where it is a constant and the key has limits. */
static struct value parse_value(struct steps_parser *parser, const struct yaml_node *node, int64_t absent,
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
	else if (!expression_parse(&parser->program->expressions, node->text, &parser->variables, find_symbol, parser,
				   &value, &error))
		yaml_tree_error_inside(reading->diagnostics, node, error.offset, "%s", error.text);
	else if (value.expression == 0 && least < most && (value.constant < least || value.constant > most))
		yaml_tree_error(reading->diagnostics, node,
				"'%s', expected a whole number from %lld to %lld, or an expression such as n - 1",
				yaml_tree_quote(node->text, reading->region), (long long)least, (long long)most);
	return value;
}

/* The slot of a variable of the task, a new one when it is new. */
static uint32_t declare_variable(struct steps_parser *parser, const char *name)
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

/* The number of a group of handles; `is_new`: a start step may begin one. */
static uint32_t find_group(struct steps_parser *parser, const struct yaml_node *node, const char *name, bool is_new)
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
		yaml_tree_error(parser->reading->diagnostics, node,
				"'%s' under which this task has started nothing, expected all or the name of an 'as'",
				yaml_tree_quote(name, parser->reading->region));
		return GROUP_ALL;
	}
	group = parser->task->group_count++;
	name_table_put(&parser->groups, name, group);
	return group;
}

static const char *const exception_words[EXCEPTION_NAMED] = {
	[EXCEPTION_NONE] = "any",	      [EXCEPTION_TIMEOUT] = "timeout",
	[EXCEPTION_CANCELLED] = "cancelled",  [EXCEPTION_REJECTED] = "rejected",
	[EXCEPTION_FULL] = "full",	      [EXCEPTION_EMPTY] = "empty",
	[EXCEPTION_BROKEN] = "broken",	      [EXCEPTION_RUNTIME] = "runtime",
	[EXCEPTION_RECURSION] = "recursion",  [EXCEPTION_ARITHMETIC] = "arithmetic",
	[EXCEPTION_GROUP] = "group",
};

/* A built-in exception, or one of the scenario's own, which is made when it is first named. */
static uint32_t find_exception(struct steps_parser *parser, const char *name)
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

static void resolve_resource(struct steps_parser *parser, struct step *step, const struct yaml_node *node)
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
			expected = region_format(reading->region, "%s%s%s", expected, expected[0] == '\0' ? "" : " or ",
						 resource_names[i]);
	}
	yaml_tree_error(reading->diagnostics, node, "'%s' with the %s '%s', expected a %s", step_names[step->kind],
			resource_names[resource->kind], resource->name, expected);
}

/* ---- Details ---- */

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
	start->index_variable = declare_variable(parser, "index");
	start->argument_count = list->count;
	for (uint32_t i = 0; i < list->count; i++) {
		struct value value = parse_value(parser, list->items[i], 0, 0, 0);

		program->arguments = region_grow(parser->reading->region, program->arguments,
						 program->argument_count, &parser->argument_capacity,
						 sizeof(program->arguments[0]));
		program->arguments[program->argument_count++] = value;
	}
}

/* What a start step starts, from the nodes of its keys. */
static struct start *parse_start(struct steps_parser *parser, const struct yaml_node *map,
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
	start->count = parse_value(parser, count, 1, 0, 1000000);
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
	retry->limit_ns = keys->limit_ns < 0 ? SIM_NS_MAX : scaled(keys->limit_ns, parser->scale);
	retry->jitter = keys->jitter > 0 ? keys->jitter : 0;
	step->retry = retry;
}

/* The map behind a step's name. */
static void parse_details(struct steps_parser *parser, const struct yaml_node *node, const struct key_table *table,
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
		struct start *start = parse_start(parser, map, keys.count, keys.items, keys.args, index);

		start->return_exceptions = keys.return_exceptions;
		start->daemon = keys.is_daemon;
		start->bytes = keys.bytes > 0 ? keys.bytes : 0;
		start->objects = keys.objects > 0 ? keys.objects : 1;
		start->result_bytes = keys.result_bytes > 0 ? keys.result_bytes : 0;
		start->result_objects = start->result_bytes > 0 && keys.result_objects > 0 ? keys.result_objects : 0;
		step->start = start;
	} else if (keys_find(table, "count") != NULL) {
		step->count = parse_value(parser, keys.count, 1, 1, 1000000);
		if (keys.is_all)
			step->count.constant = 0;
	}
	at = first_of(map, "resource", "on", "to", "from");
	if (keys.resource != NULL)
		resolve_resource(parser, step, at);
	at = first_of(map, "as", "of", "for", "on");
	if (starts_group(step->kind) || keys_find(table, "of") != NULL)
		step->group = find_group(parser, at, keys.group, starts_group(step->kind));
	if (step->kind == STEP_WAIT && keys.resource == NULL) {
		step->kind = STEP_WAIT_HANDLES;
		step->return_when = keys.return_when < 0 ? RETURN_ALL : (enum return_when)keys.return_when;
	}
	parser->defines_symbol = step->kind == STEP_PUT || step->kind == STEP_SEND || step->kind == STEP_WRITE;
	step->value = parse_value(parser, keys.value, 0, 0, 0);
	parser->defines_symbol = false;
	step->extra = parse_value(parser, keys.extra, 0, 0, 0);
	step->variable = declare_variable(parser, keys.variable);
	step->timeout_ns = scaled(keys.timeout_ns, parser->scale);
	if (keys.chance >= 0)
		step->chance = keys.chance;
	step->bytes = keys.bytes > 0 ? keys.bytes : 0;
	step->objects = keys.objects > 0 ? keys.objects : 1;
	if (step->kind == STEP_RETRY) {
		step->exception = find_exception(parser, keys.exception);
		parse_retry(parser, &keys, step);
	}
}

/* ---- Each kind ---- */

/* A part of a step, with its own body. */
static void parse_part(struct steps_parser *parser, enum step_kind kind, uint32_t exception,
		       const struct yaml_node *list, bool is_in_loop, struct body_facts *facts)
{
	uint32_t index;

	if (list == NULL)
		return;
	index = add_step(parser, kind, list);
	parser->program->steps[index].exception = exception;
	if (list->kind == NODE_LIST)
		parse_steps(parser, list, is_in_loop, facts);
	else
		yaml_tree_error(parser->reading->diagnostics, list, "%s, expected a list of steps",
				yaml_tree_describe(list, parser->reading->region));
	parser->program->steps[index].end = parser->program->step_count;
}

static void parse_handlers(struct steps_parser *parser, const struct yaml_node *handlers, bool is_in_loop,
			   struct body_facts *facts)
{
	if (handlers == NULL)
		return;
	if (handlers->kind == NODE_LIST) {
		parse_part(parser, STEP_EXCEPT, EXCEPTION_NONE, handlers, is_in_loop, facts);
		return;
	}
	for (uint32_t i = 0; i < handlers->count; i++)
		parse_part(parser, STEP_EXCEPT, find_exception(parser, handlers->pairs[i].key->text),
			   handlers->pairs[i].value, is_in_loop, facts);
}

static void parse_lets(struct steps_parser *parser, const struct yaml_node *map, uint32_t index)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct yaml_pair *pair = &map->pairs[i];
		uint32_t at = i == 0 ? index : add_step(parser, STEP_LET, pair->value);
		struct value value = parse_value(parser, pair->value, 0, 0, 0);

		if (!keys_is_name(pair->key->text))
			yaml_tree_error(parser->reading->diagnostics, pair->key,
					"'%s' as a name, expected letters, digits, '_' and '-'",
					yaml_tree_quote(pair->key->text, parser->reading->region));
		parser->program->steps[at].value = value;
		parser->program->steps[at].variable = declare_variable(parser, pair->key->text);
		parser->program->steps[at].end = at + 1;
	}
	if (map->count == 0)
		yaml_tree_error(parser->reading->diagnostics, map, "an empty map, expected variables");
}

static void parse_run_step(struct steps_parser *parser, const struct yaml_node *map, uint32_t index)
{
	struct variant_keys keys;

	memset(&keys, 0, sizeof(keys));
	keys.spawn = -1;
	if (!keys_read(parser->reading, map, &run_model_table, "run", &keys))
		return;
	parser->program->steps[index].start =
		parse_start(parser, map, keys.count, keys.items, keys.args, index);
	parser->program->steps[index].model = program_parse_model(parser->reading, &keys, parser->scale);
	if (keys.model == MODEL_PROGRAM || keys.model == MODEL_SERVER)
		yaml_tree_error(parser->reading->diagnostics, yaml_tree_get(map, "model"), "model '%s' in a step 'run'",
				model_names[keys.model]);
}

static void parse_loop(struct steps_parser *parser, uint32_t index, const struct yaml_node *body,
		       struct body_facts *facts)
{
	struct body_facts inner = { false, false };

	if (body == NULL)
		return;
	parse_steps(parser, body, true, &inner);
	facts->takes_time |= inner.takes_time;
	parser->program->is_endless[index] = !inner.has_break && inner.takes_time;
	if (!inner.has_break && !inner.takes_time)
		yaml_tree_error(
			parser->reading->diagnostics, body,
			"a loop without a break that takes no time, expected a step with a duration above 0");
}

static bool is_instant(enum step_kind kind)
{
	return kind == STEP_BREAK || kind == STEP_IF || kind == STEP_LET || kind == STEP_RETURN || kind == STEP_TRY ||
	       kind == STEP_RAISE || kind == STEP_RETRY || kind == STEP_STAGE || kind == STEP_REPEAT ||
	       kind == STEP_WHILE || kind == STEP_SET || kind == STEP_CLEAR || kind == STEP_WITH ||
	       kind == STEP_TIMEOUT || kind == STEP_TASK_GROUP || kind == STEP_ITERATE;
}

static void parse_body(struct steps_parser *parser, const struct yaml_node *body, bool is_in_loop,
		       bool is_conditional, struct body_facts *facts)
{
	bool before = parser->is_conditional;

	if (body == NULL)
		return;
	parser->is_conditional |= is_conditional;
	parse_steps(parser, body, is_in_loop, facts);
	parser->is_conditional = before;
}

static void parse_step(struct steps_parser *parser, const struct yaml_node *node, bool is_in_loop,
		       struct body_facts *facts)
{
	struct reading *reading = parser->reading;
	struct program *program = parser->program;
	struct step_keys keys = { .timeout_ns = -1, .bytes = -1 };
	const struct step_form *form = read_step(reading, node, &keys);
	struct body_facts inner = { false, false };
	bool was_conditional = parser->is_conditional;
	uint32_t index;
	struct step *step;

	if (form == NULL)
		return;
	index = add_step(parser, form->kind, node);
	step = &program->steps[index]; /* until a body is parsed: that moves the array */
	step->name = NULL;
	step->group = GROUP_ALL;
	step->bytes = 0;
	switch (form->kind) {
	case STEP_PYTHON:
	case STEP_C:
	case STEP_NATIVE:
	case STEP_IO:
	case STEP_BLOCK:
		if (keys.value != NULL)
			program->step_nodes[index] = keys.value;
		step->io_via = form->kind == STEP_IO && keys.io_via == IO_SOCKET ? IO_SOCKET : IO_SLEEP;
		step->duration = program_parse_duration(reading, keys.value, parser->folder, parser->scale);
		facts->takes_time |= step->duration.kind != DURATION_CONSTANT || step->duration.constant_ns > 0;
		break;
	case STEP_ALLOCATE:
		step->bytes = keys.bytes > 0 ? keys.bytes : 0;
		break;
	case STEP_REPEAT:
		step->count = parse_value(parser, keys.value, 1, 1, 1000000000);
		step->variable = declare_variable(parser, keys.name);
		parse_body(parser, keys.body, true, step->count.expression != 0, &inner);
		facts->takes_time |= inner.takes_time;
		break;
	case STEP_LOOP:
		parse_loop(parser, index, keys.body, facts);
		break;
	case STEP_WHILE:
		step->value = parse_value(parser, keys.value, 0, 0, 0);
		parse_body(parser, keys.body, true, true, &inner);
		facts->takes_time |= inner.takes_time;
		break;
	case STEP_BREAK:
		facts->has_break = true;
		if (!is_in_loop)
			yaml_tree_error(reading->diagnostics, node, "'break' outside a loop or a repeat");
		break;
	case STEP_IF:
		if (keys.value != NULL)
			parse_details(parser, keys.value, form->table->keys[0].table, index);
		parser->is_conditional = true;
		parse_part(parser, STEP_BODY, 0, keys.body, is_in_loop, facts);
		parse_part(parser, STEP_BODY, 0, keys.other, is_in_loop, facts);
		break;
	case STEP_LET:
		if (keys.value != NULL) {
			parse_lets(parser, keys.value, index);
			return;
		}
		break;
	case STEP_RETURN:
	case STEP_YIELD:
		if (keys.value != NULL && keys.value->text[0] != '\0')
			step->value = parse_value(parser, keys.value, 0, 0, 0);
		facts->has_break |= form->kind == STEP_RETURN;
		parser->may_have_left |= form->kind == STEP_RETURN;
		facts->takes_time |= form->kind == STEP_YIELD;
		break;
	case STEP_TRY:
		parser->is_conditional = true;
		parse_part(parser, STEP_BODY, 0, keys.body, is_in_loop, facts);
		parse_handlers(parser, keys.handlers, is_in_loop, facts);
		parse_part(parser, STEP_FINALLY, 0, keys.final, is_in_loop, facts);
		if (keys.handlers == NULL && keys.final == NULL && yaml_tree_get(node, "except") == NULL &&
		    yaml_tree_get(node, "finally") == NULL)
			yaml_tree_error(reading->diagnostics, node,
					"'try' without 'except' or 'finally', expected one of them");
		break;
	case STEP_RAISE:
		step->exception = find_exception(parser, keys.name);
		facts->has_break = true;
		parser->may_have_left = true;
		break;
	case STEP_STAGE:
		step->name = keys.name;
		break;
	case STEP_RUN:
		if (keys.value != NULL)
			parse_run_step(parser, keys.value, index);
		facts->takes_time = true;
		break;
	case STEP_SET:
	case STEP_CLEAR:
	case STEP_TASK_DONE:
	case STEP_JOIN_QUEUE:
		if (keys.name != NULL)
			resolve_resource(parser, step, yaml_tree_get(node, step_names[form->kind]));
		break;
	case STEP_CANCEL:
	case STEP_SHIELD:
		step->group = find_group(parser, yaml_tree_get(node, step_names[form->kind]), keys.name, false);
		break;
	case STEP_TIMEOUT:
		step->timeout_ns = scaled(keys.timeout_ns, parser->scale);
		parse_body(parser, keys.body, is_in_loop, false, facts);
		break;
	case STEP_TASK_GROUP:
		parse_body(parser, keys.body, is_in_loop, false, facts);
		break;
	case STEP_ITERATE:
	case STEP_AS_COMPLETED:
		parse_details(parser, keys.value, form->table->keys[0].table, index);
		parse_body(parser, keys.body, true, true, &inner);
		facts->takes_time |= inner.takes_time;
		break;
	default:
		if (keys.value != NULL)
			parse_details(parser, keys.value, form->table->keys[0].table, index);
		parse_body(parser, keys.body, is_in_loop, false, facts);
		break;
	}
	parser->is_conditional = was_conditional;
	facts->takes_time |= !is_instant(form->kind) && form->kind > STEP_BLOCK && form->kind != STEP_LOOP;
	program->steps[index].end = program->step_count;
}

static void parse_steps(struct steps_parser *parser, const struct yaml_node *list, bool is_in_loop,
			struct body_facts *facts)
{
	if (list->count == 0)
		yaml_tree_error(parser->reading->diagnostics, list, "an empty list, expected at least one step");
	for (uint32_t i = 0; i < list->count; i++)
		parse_step(parser, list->items[i], is_in_loop, facts);
}

/* ---- Tasks ---- */

/* Registers the names of a map's entries; false for one that is no name (reported). */
static bool declare(struct reading *reading, struct name_table *table, const struct yaml_node *name, uint32_t index)
{
	name_table_put(table, name->text, index);
	if (keys_is_name(name->text))
		return true;
	yaml_tree_error(reading->diagnostics, name, "'%s' as a name, expected letters, digits, '_' and '-'",
			yaml_tree_quote(name->text, reading->region));
	return false;
}

static int64_t or_else(int64_t value, int64_t otherwise)
{
	return value < 0 ? otherwise : value;
}

static void fill_resource(struct steps_parser *parser, const struct yaml_node *node, const struct resource_keys *keys,
			  struct resource *resource)
{
	static const enum model_kind models[RESOURCE_KIND_COUNT] = {
		[RESOURCE_THREAD_POOL] = MODEL_THREAD_POOL,
		[RESOURCE_PROCESS_POOL] = MODEL_PROCESS_POOL,
		[RESOURCE_INTERPRETER_POOL] = MODEL_INTERPRETER_POOL,
		[RESOURCE_POOL] = MODEL_POOL,
	};
	struct variant_keys as_model = {
		.workers = keys->workers,
		.chunksize = keys->chunksize,
		.max_tasks_per_child = keys->max_tasks_per_child,
		.is_warm = keys->is_warm,
		.return_when = -1,
		.timeout_ns = TIMEOUT_NONE,
	};

	resource->kind = (enum resource_kind)keys->kind;
	resource->per_process = keys->per == 1;
	resource->initial = or_else(keys->initial, 0);
	resource->bytes = or_else(keys->bytes, 0);
	resource->size = or_else(keys->size, 0);
	switch (resource->kind) {
	case RESOURCE_SEMAPHORE:
	case RESOURCE_BOUNDED_SEMAPHORE:
		resource->size = or_else(keys->value, 1);
		break;
	case RESOURCE_BARRIER:
		resource->size = or_else(keys->parties, 1);
		break;
	case RESOURCE_LIMITER:
		resource->size = or_else(keys->tokens, 40);
		break;
	case RESOURCE_LISTENER:
		resource->size = or_else(keys->backlog, 128);
		break;
	case RESOURCE_SERVICE:
		resource->size = or_else(keys->slots, 0);
		resource->time =
			program_parse_duration(parser->reading, keys->time, parser->folder, parser->scale);
		break;
	default:
		break;
	}
	if ((EXECUTORS >> resource->kind & 1) != 0) {
		as_model.model = (int)models[resource->kind];
		resource->model = program_parse_model(parser->reading, &as_model, parser->scale);
	}
	if (resource->kind == RESOURCE_BARRIER && keys->parties < 0)
		yaml_tree_error(parser->reading->diagnostics, node, "a barrier without 'parties'");
	if (resource->kind == RESOURCE_ARRAY && keys->size < 0)
		yaml_tree_error(parser->reading->diagnostics, node, "an array without a 'size'");
	if (resource->kind == RESOURCE_SHARED_MEMORY && keys->bytes < 0)
		yaml_tree_error(parser->reading->diagnostics, node, "shared memory without its 'bytes'");
}

static void parse_resources(struct steps_parser *parser, const struct yaml_node *map)
{
	struct reading *reading = parser->reading;
	struct program *program = parser->program;
	uint32_t count = map == NULL ? 0 : map->count;

	name_table_init(&program->resource_names, reading->region);
	program->resources = region_alloc_array(reading->region, count, sizeof(program->resources[0]));
	program->resource_count = count;
	for (uint32_t i = 0; i < count; i++) {
		const struct yaml_pair *pair = &map->pairs[i];
		struct resource_keys keys;

		declare(reading, &program->resource_names, pair->key, i);
		program->resources[i].name = pair->key->text;
		if (keys_read(reading, pair->value, &resource_table, pair->key->text, &keys) && keys.kind >= 0)
			fill_resource(parser, pair->key, &keys, &program->resources[i]);
	}
}

/* A task's name and arguments, which other tasks' steps name before its own steps are read. */
static void declare_task(struct steps_parser *parser, const struct yaml_pair *pair, uint32_t index)
{
	struct program *program = parser->program;
	struct task *task = &program->tasks[index];
	const struct yaml_node *args = pair->value->kind == NODE_MAP ? yaml_tree_get(pair->value, "args") : NULL;

	declare(parser->reading, &program->task_names, pair->key, index);
	program->task_nodes[index] = pair->key;
	task->name = pair->key->text;
	task->stream = random_hash_name(task->name);
	task->group_count = 1;
	if (args != NULL && args->kind == NODE_LIST)
		task->parameter_count = args->count;
}

static void parse_task(struct steps_parser *parser, const struct yaml_pair *pair, uint32_t index)
{
	struct reading *reading = parser->reading;
	struct program *program = parser->program;
	struct task *task = &program->tasks[index];
	struct body_facts facts = { false, false };
	struct task_keys keys;

	parser->task = task;
	parser->may_have_left = false;
	name_table_init(&parser->variables, reading->region);
	name_table_init(&parser->groups, reading->region);
	task->first = program->step_count;
	if (keys_read(reading, pair->value, &task_table, task->name, &keys)) {
		task->daemon = keys.is_daemon;
		for (uint32_t i = 0; keys.args != NULL && i < keys.args->count; i++) {
			const struct yaml_node *name = keys.args->items[i];

			if (name->kind != NODE_SCALAR || !keys_is_name(name->text))
				yaml_tree_error(reading->diagnostics, name,
						"%s for an argument's name, expected letters, digits, '_' and '-'",
						yaml_tree_describe(name, reading->region));
			else if (name_table_find(&parser->variables, name->text) != NAME_NONE)
				yaml_tree_error(reading->diagnostics, name, "a second argument '%s'", name->text);
			else
				declare_variable(parser, name->text);
		}
		task->variable_count = task->variable_count > task->parameter_count ? task->variable_count
										     : task->parameter_count;
		if (keys.steps != NULL)
			parse_steps(parser, keys.steps, false, &facts);
	}
	task->end = program->step_count;
}

/* A word that is no variable must be one that somebody puts, sends or writes. */
static void refuse_unknown_symbols(struct steps_parser *parser)
{
	for (size_t i = 0; i < parser->symbol_count; i++) {
		const struct symbol_place *place = &parser->symbols[i];

		if (name_table_find(&parser->defined_symbols, place->use.name) == NAME_NONE)
			yaml_tree_error_inside(parser->reading->diagnostics, place->node, place->use.offset,
					       "unknown variable '%s', expected one that the task has set before, "
					       "or an item that some step puts",
					       yaml_tree_quote(place->use.name, parser->reading->region));
	}
}

/* ---- Tasks that start each other without end ---- */

enum visit { VISIT_NOT_YET, VISIT_OPEN, VISIT_DONE };

struct visit_frame {
	uint32_t task;
	uint32_t next_step;
};

/* "a -> b -> a", of which the middle is left out when it is long. */
static const char *format_cycle(struct region *region, const struct program *program,
				const struct visit_frame *frames, size_t count, uint32_t closing)
{
	const char *text = "";
	size_t first = 0;

	while (frames[first].task != closing)
		first++;
	for (size_t i = first; i < count; i++) {
		if (i - first < 5 || count - i < 3)
			text = region_format(region, "%s%s -> ", text, program->tasks[frames[i].task].name);
		else if (i - first == 5)
			text = region_format(region, "%s... -> ", text);
	}
	return region_format(region, "%s%s", text, program->tasks[closing].name);
}

/* Goes through all that is spawned from `root`, depth first, and reports each step that closes a cycle. Steps
 * that a condition may pass over close none. */
static void refuse_cycles_from(struct reading *reading, const struct program *program, uint32_t root,
			       enum visit *visits, struct visit_frame *frames)
{
	size_t depth = 1;

	frames[0] = (struct visit_frame){ .task = root, .next_step = program->tasks[root].first };
	visits[root] = VISIT_OPEN;
	while (depth > 0) {
		struct visit_frame *frame = &frames[depth - 1];
		const struct step *step;

		if (frame->next_step == program->tasks[frame->task].end) {
			visits[frame->task] = VISIT_DONE;
			depth--;
			continue;
		}
		step = &program->steps[frame->next_step++];
		if (step->start == NULL || step->start->task >= program->task_count ||
		    program->is_conditional[step - program->steps])
			continue;
		if (visits[step->start->task] == VISIT_OPEN) {
			yaml_tree_error(reading->diagnostics, program->step_nodes[step - program->steps],
					"task '%s' starts itself without end: %s", program->tasks[step->start->task].name,
					format_cycle(reading->region, program, frames, depth, step->start->task));
		} else if (visits[step->start->task] == VISIT_NOT_YET) {
			visits[step->start->task] = VISIT_OPEN;
			frames[depth++] = (struct visit_frame){ .task = step->start->task,
								.next_step = program->tasks[step->start->task].first };
		}
	}
}

static void refuse_cycles(struct reading *reading, const struct program *program)
{
	uint32_t count = program->task_count;
	enum visit *visits = region_alloc_array(reading->region, count, sizeof(visits[0]));
	struct visit_frame *frames = region_alloc_array(reading->region, count, sizeof(frames[0]));

	for (uint32_t i = 0; i < count; i++) {
		if (visits[i] == VISIT_NOT_YET)
			refuse_cycles_from(reading, program, i, visits, frames);
	}
	region_free(reading->region, visits);
	region_free(reading->region, frames);
}


struct program *program_parse(struct reading *reading, const struct file_keys *file, const char *folder,
			      double scale)
{
	struct region *region = reading->region;
	struct program *program = region_alloc(region, sizeof(*program));
	struct steps_parser parser = {
		.reading = reading, .file = file, .program = program, .folder = folder, .scale = scale
	};
	uint32_t count = file->tasks == NULL ? 0 : file->tasks->count;

	expressions_init(&program->expressions, region);
	name_table_init(&parser.defined_symbols, region);
	parse_resources(&parser, file->resources);
	name_table_init(&program->task_names, region);
	program->tasks = region_alloc_array(region, count, sizeof(program->tasks[0]));
	program->task_nodes = region_alloc_array(region, count, sizeof(program->task_nodes[0]));
	program->is_started = region_alloc_array(region, count, sizeof(program->is_started[0]));
	program->task_count = count;
	if (file->tasks != NULL && count == 0)
		yaml_tree_error(reading->diagnostics, file->tasks, "no task, expected at least one");
	for (uint32_t i = 0; i < count; i++)
		declare_task(&parser, &file->tasks->pairs[i], i);
	for (uint32_t i = 0; i < count; i++)
		parse_task(&parser, &file->tasks->pairs[i], i);
	refuse_unknown_symbols(&parser);
	refuse_cycles(reading, program);
	return program;
}
