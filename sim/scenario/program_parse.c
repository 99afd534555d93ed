/*
 * program_parse.c - from the tree to tasks and resources, with their steps (step_parse.c); what is wrong with one is
 * said here.
 *
 * A value that is wrong is reported and replaced by a harmless one, so that reading goes on and all
 * errors of a file come out in one run.
 */
#include <string.h>

#include "sim/base/units.h"
#include "sim/scenario/distribution_parse.h"
#include "sim/scenario/steps_parser.h"

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

sim_ns program_scaled(sim_ns ns, double scale)
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
		.timeout_ns = program_scaled(keys->timeout_ns, scale),
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
	if (models[resource->kind] != MODEL_SEQUENTIAL) {
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
				steps_declare_variable(parser, name->text);
		}
		task->variable_count = task->variable_count > task->parameter_count ? task->variable_count
										     : task->parameter_count;
		if (keys.steps != NULL)
			steps_parse(parser, keys.steps, false, &facts);
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

struct program *program_parse(struct reading *reading, const struct file_keys *file, const char *folder,
			      double scale)
{
	struct region *region = reading->region;
	struct program *program = region_alloc(region, sizeof(*program));
	struct steps_parser parser = {
		.reading = reading, .file = file, .program = program, .folder = folder, .scale = scale
	};
	const struct yaml_node *tasks = file->tasks;
	uint32_t count = tasks == NULL ? 0 : tasks->count;

	expressions_init(&program->expressions, region);
	name_table_init(&parser.defined_symbols, region);
	parse_resources(&parser, file->resources);
	name_table_init(&program->task_names, region);
	program->tasks = region_alloc_array(region, count, sizeof(program->tasks[0]));
	program->task_nodes = region_alloc_array(region, count, sizeof(program->task_nodes[0]));
	program->is_started = region_alloc_array(region, count, sizeof(program->is_started[0]));
	program->task_count = count;
	if (tasks != NULL && count == 0)
		yaml_tree_error(reading->diagnostics, tasks, "no task, expected at least one");
	for (uint32_t i = 0; i < count; i++)
		declare_task(&parser, &tasks->pairs[i], i);
	for (uint32_t i = 0; i < count; i++)
		parse_task(&parser, &tasks->pairs[i], i);
	refuse_unknown_symbols(&parser);
	program_refuse_cycles(reading, program);
	return program;
}
