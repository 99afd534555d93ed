/*
 * scenario_parse.c - from the tree to checked data; what is wrong with a task or a run is said here.
 *
 * A value that is wrong is reported and replaced by a harmless one, so that reading goes on and all
 * errors of a file come out in one run.
 */
#include <assert.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/profile/cost_text.h"
#include "sim/scenario/distribution_parse.h"
#include "sim/scenario/scenario_parse.h"

/* ---- Steps ---- */

struct steps_parser {
	struct reading *reading;
	struct program *program;
	const char *folder;
	double scale;
	size_t step_capacity, node_capacity, flag_capacity;
};

/* What the steps of a body amount to, for the loop around them. */
struct body_facts {
	bool has_break; /* of the innermost loop around the body */
	bool takes_time;
};

static void parse_steps(struct steps_parser *parser, const struct yaml_node *list, bool is_in_loop,
			struct body_facts *facts);

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
	program->step_count++;
	return index;
}

static struct duration parse_duration(struct steps_parser *parser, const struct yaml_node *node)
{
	struct duration duration = { .kind = DURATION_CONSTANT };
	struct distribution_error error;

	if (node == NULL)
		return duration;
	if (!distribution_parse(node->text, parser->folder, parser->reading->region, &duration, &error))
		yaml_tree_error_inside(parser->reading->diagnostics, node, error.offset, "%s", error.text);
	if (parser->scale != 1 && duration.kind == DURATION_CONSTANT)
		duration.constant_ns = sim_time_round((double)duration.constant_ns * parser->scale);
	if (parser->scale != 1 && duration.kind == DURATION_DRAWN)
		distribution_scale(&duration.distribution, parser->scale, parser->reading->region);
	return duration;
}

/* The number that a table gives a name; for an unknown one NAME_NONE, and the nearest is suggested. */
static uint32_t resolve(struct reading *reading, const struct name_table *table, const struct yaml_node *node,
			const char *kind, const struct yaml_node *declared)
{
	uint32_t number = name_table_find(table, node->text);
	const char **names;
	size_t count = 0;

	if (number != NAME_NONE)
		return number;
	if (declared != NULL && declared->kind == NODE_MAP)
		count = declared->count;
	names = region_alloc_array(reading->region, count, sizeof(names[0]));
	for (size_t i = 0; i < count; i++)
		names[i] = declared->pairs[i].key->text;
	keys_report_unknown(reading, node, kind, node->text, NULL, names, count);
	return NAME_NONE;
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

		*keys = (struct step_keys){ .count = -1, .word = -1 };
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

static void parse_spawn(struct steps_parser *parser, const struct yaml_node *node, struct step *step)
{
	struct reading *reading = parser->reading;
	struct spawn_keys keys;
	const struct yaml_node *name;
	struct start *start = region_alloc(reading->region, sizeof(*start));

	start->task = INDEX_NONE;
	start->index_variable = INDEX_NONE;
	start->count.constant = 1;
	step->start = start;
	if (node == NULL)
		return;
	node = keys_expand(reading->region, node, &spawn_table);
	if (!keys_read(reading, node, &spawn_table, "spawn", &keys))
		return;
	start->count.constant = keys.count > 0 ? keys.count : 1;
	name = yaml_tree_get(node, "task");
	if (keys.task == NULL)
		return;
	step->name = keys.task; /* resolved once all tasks are known by name, see resolve_names() */
	parser->program->step_nodes[step - parser->program->steps] = name;
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

static void parse_step(struct steps_parser *parser, const struct yaml_node *node, bool is_in_loop,
		       struct body_facts *facts)
{
	struct reading *reading = parser->reading;
	struct program *program = parser->program;
	struct step_keys keys;
	const struct step_form *form = read_step(reading, node, &keys);
	struct body_facts inner = { false, false };
	uint32_t index;
	struct step *step;

	if (form == NULL)
		return;
	index = add_step(parser, form->kind, node);
	step = &program->steps[index]; /* until a body is parsed: that moves the array */
	switch (form->kind) {
	case STEP_PYTHON:
	case STEP_C:
	case STEP_NATIVE:
	case STEP_IO:
	case STEP_BLOCK:
		if (keys.value != NULL)
			program->step_nodes[index] = keys.value;
		step->duration = parse_duration(parser, keys.value);
		facts->takes_time |= step->duration.kind != DURATION_CONSTANT || step->duration.constant_ns > 0;
		break;
	case STEP_REPEAT:
		step->count.constant = keys.count > 0 ? keys.count : 1;
		if (keys.body != NULL)
			parse_steps(parser, keys.body, true, &inner);
		facts->takes_time |= inner.takes_time;
		break;
	case STEP_LOOP:
		parse_loop(parser, index, keys.body, facts);
		break;
	case STEP_BREAK:
		facts->has_break = true;
		if (!is_in_loop)
			yaml_tree_error(reading->diagnostics, node, "'break' outside a loop or a repeat");
		break;
	case STEP_WITH:
		if (keys.name != NULL) {
			program->step_nodes[index] = yaml_tree_get(node, "with");
			step->name = keys.name; /* resolved with the others' names, see resolve_names() */
		}
		if (keys.body != NULL)
			parse_steps(parser, keys.body, is_in_loop, facts);
		break;
	case STEP_SPAWN:
		parse_spawn(parser, keys.value, step);
		break;
	case STEP_JOIN:
		step->group = GROUP_ALL;
		break;
	case STEP_STAGE:
		step->name = keys.name;
		break;
	default:
		break;
	}
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

static void parse_resources(struct reading *reading, const struct yaml_node *map, struct program *program)
{
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
			program->resources[i].kind = (enum resource_kind)keys.kind;
	}
}

static void parse_task(struct steps_parser *parser, const struct yaml_pair *pair, uint32_t index)
{
	struct program *program = parser->program;
	struct task *task = &program->tasks[index];
	struct body_facts facts = { false, false };
	struct task_keys keys;

	declare(parser->reading, &program->task_names, pair->key, index);
	program->task_nodes[index] = pair->key;
	task->name = pair->key->text;
	task->stream = random_hash_name(task->name);
	task->first = program->step_count;
	if (keys_read(parser->reading, pair->value, &task_table, task->name, &keys)) {
		task->daemon = keys.is_daemon;
		if (keys.steps != NULL)
			parse_steps(parser, keys.steps, false, &facts);
	}
	task->end = program->step_count;
	task->group_count = 1;
}

/* Gives the steps that name a task or a resource its index. */
static void resolve_names(struct reading *reading, const struct file_keys *file, struct program *program)
{
	for (uint32_t i = 0; i < program->step_count; i++) {
		struct step *step = &program->steps[i];
		const struct yaml_node *node = program->step_nodes[i];

		if (step->name == NULL)
			continue;
		if (step->kind == STEP_SPAWN)
			((struct start *)step->start)->task =
				resolve(reading, &program->task_names, node, "task", file->tasks);
		if (step->kind == STEP_WITH)
			step->resource =
				resolve(reading, &program->resource_names, node, "resource", file->resources);
		if (step->kind != STEP_STAGE)
			step->name = NULL;
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

/* Goes through all that is spawned from `root`, depth first, and reports each step that closes a cycle. No
 * step is conditional yet, so every cycle is without end. */
static void refuse_cycles_from(struct reading *reading, const struct program *program, uint32_t root,
			       enum visit *visits, struct visit_frame *frames)
{
	size_t depth = 1;

	frames[0] = (struct visit_frame){ .task = root, .next_step = program->tasks[root].first };
	visits[root] = VISIT_OPEN;
	while (depth > 0) {
		struct visit_frame *frame = &frames[depth - 1];
		const struct step *step = &program->steps[frame->next_step];

		if (frame->next_step == program->tasks[frame->task].end) {
			visits[frame->task] = VISIT_DONE;
			depth--;
			continue;
		}
		frame->next_step++;
		if (step->kind != STEP_SPAWN || step->start->task >= program->task_count)
			continue;
		if (visits[step->start->task] == VISIT_OPEN) {
			yaml_tree_error(reading->diagnostics, program->step_nodes[step - program->steps],
					"task '%s' spawns itself without end: %s", program->tasks[step->start->task].name,
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

static struct program *parse_program(struct reading *reading, const struct file_keys *file, const char *folder,
				     double scale)
{
	struct region *region = reading->region;
	struct program *program = region_alloc(region, sizeof(*program));
	struct steps_parser parser = { .reading = reading, .program = program, .folder = folder, .scale = scale };
	uint32_t count = file->tasks == NULL ? 0 : file->tasks->count;

	parse_resources(reading, file->resources, program);
	name_table_init(&program->task_names, region);
	program->tasks = region_alloc_array(region, count, sizeof(program->tasks[0]));
	program->task_nodes = region_alloc_array(region, count, sizeof(program->task_nodes[0]));
	program->is_started = region_alloc_array(region, count, sizeof(program->is_started[0]));
	if (file->tasks != NULL && count == 0)
		yaml_tree_error(reading->diagnostics, file->tasks, "no task, expected at least one");
	for (uint32_t i = 0; i < count; i++) {
		parse_task(&parser, &file->tasks->pairs[i], i);
		program->task_count = i + 1;
	}
	resolve_names(reading, file, program);
	refuse_cycles(reading, program);
	return program;
}

/* ---- What is run ---- */

static void parse_items(struct reading *reading, const struct yaml_node *list, double scale,
			struct checked *checked)
{
	if (list->count == 0)
		yaml_tree_error(reading->diagnostics, list, "an empty list, expected at least one item");
	checked->items_ns = region_alloc_array(reading->region, list->count, sizeof(checked->items_ns[0]));
	checked->item_count = list->count;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		struct unit_error error;

		if (item->kind != NODE_SCALAR)
			yaml_tree_error(reading->diagnostics, item,
					"%s for an item, expected a duration such as 5ms",
					yaml_tree_describe(item, reading->region));
		else if (!units_parse_duration(item->text, &checked->items_ns[i], &error))
			yaml_tree_error(reading->diagnostics, item, "%s", error.text);
		else if (scale != 1)
			checked->items_ns[i] = sim_time_round((double)checked->items_ns[i] * scale);
	}
}

static void parse_run(struct reading *reading, double scale, struct checked *checked)
{
	const struct yaml_node *run = checked->keys.run;
	const struct yaml_node *arrivals;

	checked->run_task = NAME_NONE;
	if (run == NULL)
		return;
	run = keys_expand(reading->region, run, &run_table);
	if (!keys_read(reading, run, &run_table, "run", &checked->run))
		return;
	if (checked->run.task != NULL && checked->program->task_count > 0)
		checked->run_task = resolve(reading, &checked->program->task_names, yaml_tree_get(run, "task"),
					    "task", checked->keys.tasks);
	if (checked->run.items != NULL)
		parse_items(reading, checked->run.items, scale, checked);
	arrivals = checked->run.arrivals;
	if (arrivals == NULL || !keys_read(reading, arrivals, &arrivals_table, "arrivals", &checked->arrivals))
		return;
	if (checked->arrivals.for_ns < 0 && checked->arrivals.count < 0 && yaml_tree_get(arrivals, "for") == NULL &&
	    yaml_tree_get(arrivals, "count") == NULL)
		yaml_tree_error(reading->diagnostics, arrivals,
				"arrivals without an end, expected 'for' or 'count'");
}

static void refuse_native_count(struct reading *reading, const struct yaml_node *root,
				const struct checked *checked)
{
	if (checked->keys.native_count > 0 && (checked->keys.run == NULL || checked->run.items != NULL))
		yaml_tree_error(reading->diagnostics, yaml_tree_get(root, "native_count"),
				"'native_count' without a count in 'run' that it could stand for");
}

/* ---- Machine, interpreter, costs ---- */

static void parse_costs(struct reading *reading, const struct yaml_node *map, struct checked *checked)
{
	checked->costs = region_alloc_array(reading->region, map->count, sizeof(checked->costs[0]));
	for (uint32_t i = 0; i < map->count; i++) {
		const struct yaml_pair *pair = &map->pairs[i];
		struct cost_setting *setting = &checked->costs[checked->cost_count];
		struct unit_error error;

		setting->cost = cost_find(pair->key->text);
		if (setting->cost == COST_COUNT) {
			const char *names[COST_COUNT];

			for (size_t j = 0; j < COST_COUNT; j++)
				names[j] = cost_infos[j].name;
			keys_report_unknown(reading, pair->key, "profile parameter", pair->key->text, NULL, names,
					    COST_COUNT);
		} else if (pair->value->kind != NODE_SCALAR) {
			yaml_tree_error(reading->diagnostics, pair->value, "%s for '%s', expected one value",
					yaml_tree_describe(pair->value, reading->region), pair->key->text);
		} else if (!cost_parse(cost_infos[setting->cost].unit, pair->value->text, &setting->value,
				       &error)) {
			yaml_tree_error(reading->diagnostics, pair->value, "%s", error.text);
		} else {
			checked->cost_count++;
		}
	}
}

/* A section that may be absent: then every key has its default. */
static void read_optional(struct reading *reading, const struct yaml_node *node, const struct key_table *table,
			  const char *name, void *target)
{
	static const struct yaml_node no_keys = { .kind = NODE_MAP };

	keys_read(reading, node == NULL ? &no_keys : node, table, name, target);
}

static void parse_python(struct reading *reading, struct checked *checked)
{
	struct python_keys *python = &checked->python;
	const struct yaml_node *section = checked->keys.python;

	read_optional(reading, section, &python_table, "python", python);
	read_optional(reading, python->imports, &imports_table, "imports", &checked->imports);
	if (python->version >= 0 && PYTHON_FIRST_MINOR + python->version < 12 && python->gil == GIL_PER_INTERPRETER)
		yaml_tree_error(reading->diagnostics, yaml_tree_get(section, "gil"),
				"a GIL per interpreter in Python %s, expected version 3.12 or later",
				python_versions[python->version]);
}

struct checked *scenario_parse(struct reading *reading, const struct yaml_node *root, const char *folder,
			       bool is_scaled, const struct checked *base)
{
	struct checked *checked = region_alloc(reading->region, sizeof(*checked));
	double scale;

	if (!keys_read(reading, root, &file_table, NULL, &checked->keys))
		return NULL;
	scale = is_scaled ? checked->keys.scale : 1;
	read_optional(reading, checked->keys.machine, &machine_table, "machine", &checked->machine);
	parse_python(reading, checked);
	if (checked->keys.profile != NULL)
		parse_costs(reading, checked->keys.profile, checked);
	if (base != NULL && base->keys.tasks == checked->keys.tasks &&
	    base->keys.resources == checked->keys.resources)
		checked->program = base->program;
	else
		checked->program = parse_program(reading, &checked->keys, folder, scale);
	parse_run(reading, scale, checked);
	refuse_native_count(reading, root, checked);
	return checked;
}

/* ---- Variants ---- */

static void refuse_keys_of_other_models(struct reading *reading, const struct yaml_node *map, enum model_kind model)
{
	for (size_t i = 0; i < variant_table.count; i++) {
		const struct key *key = &variant_table.keys[i];
		uint32_t pair = yaml_tree_pair_index(map, key->name);
		const char *models = "";

		if (key->models == 0 || (key->models >> model & 1) != 0 || pair == NODE_NO_PAIR)
			continue;
		for (size_t j = 0; j < MODEL_KIND_COUNT; j++) {
			if ((key->models >> j & 1) != 0)
				models = region_format(reading->region, "%s%s%s", models,
						       models[0] == '\0' ? "" : " or ", model_names[j]);
		}
		yaml_tree_error(reading->diagnostics, map->pairs[pair].key,
				"'%s' with model '%s', expected it with %s", key->name, model_names[model], models);
	}
}

static void parse_variant(struct reading *reading, const struct yaml_pair *pair, struct checked_variant *variant)
{
	const struct yaml_node *map = keys_expand(reading->region, pair->value, &variant_table);

	variant->name = pair->key->text;
	variant->name_node = pair->key;
	variant->model_node = pair->key;
	if (!keys_is_name(variant->name))
		yaml_tree_error(reading->diagnostics, pair->key,
				"'%s' as a name, expected letters, digits, '_' and '-'",
				yaml_tree_quote(variant->name, reading->region));
	if (!keys_read(reading, map, &variant_table, variant->name, &variant->keys) || variant->keys.model < 0)
		return;
	variant->has_model = true;
	variant->model_node = yaml_tree_get(map, "model");
	refuse_keys_of_other_models(reading, map, (enum model_kind)variant->keys.model);
}

struct checked_variant *scenario_parse_variants(struct reading *reading, const struct checked *checked,
						size_t *count)
{
	const struct yaml_node *map = checked->keys.variants;
	struct checked_variant *variants;

	*count = map == NULL ? 0 : map->count;
	variants = region_alloc_array(reading->region, *count, sizeof(variants[0]));
	if (map != NULL && *count == 0)
		yaml_tree_error(reading->diagnostics, map, "no variant, expected at least one");
	for (size_t i = 0; i < *count; i++)
		parse_variant(reading, &map->pairs[i], &variants[i]);
	return variants;
}
