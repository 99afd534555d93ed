/*
 * step_parse.c - each kind of step from the tree, with its body.
 */
#include <string.h>

#include "sim/scenario/steps_parser.h"

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
	if (form->may_be_bare && node->count == 1 && yaml_tree_is_blank(node->pairs[0].value))
		return form; /* `raise:` is `raise` */
	keys_read(reading, node, form->table, form->table->keys[0].name, keys);
	return form;
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
		steps_parse(parser, list, is_in_loop, facts);
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
		parse_part(parser, STEP_EXCEPT, steps_find_exception(parser, handlers->pairs[i].key->text),
			   handlers->pairs[i].value, is_in_loop, facts);
}

static void parse_lets(struct steps_parser *parser, const struct yaml_node *map, uint32_t index)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct yaml_pair *pair = &map->pairs[i];
		uint32_t at = i == 0 ? index : add_step(parser, STEP_LET, pair->value);
		struct value value = steps_parse_value(parser, pair->value, 0, 0, 0);

		if (!keys_is_name(pair->key->text))
			yaml_tree_error(parser->reading->diagnostics, pair->key,
					"'%s' as a name, expected letters, digits, '_' and '-'",
					yaml_tree_quote(pair->key->text, parser->reading->region));
		parser->program->steps[at].value = value;
		parser->program->steps[at].variable = steps_declare_variable(parser, pair->key->text);
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
		steps_parse_start(parser, map, keys.count, keys.items, keys.args, index);
	parser->program->steps[index].model = program_parse_model(parser->reading, &keys, parser->scale);
	if (keys.model == MODEL_PROGRAM || keys.model == MODEL_SERVER)
		yaml_tree_error(parser->reading->diagnostics, yaml_tree_get(map, "model"),
				"model '%s' in a step 'run'", model_names[keys.model]);
}

static void parse_loop(struct steps_parser *parser, uint32_t index, const struct yaml_node *body,
		       struct body_facts *facts)
{
	struct body_facts inner = { false, false };

	if (body == NULL)
		return;
	steps_parse(parser, body, true, &inner);
	facts->takes_time |= inner.takes_time;
	parser->program->is_endless[index] = !inner.has_break && inner.takes_time;
	if (!inner.has_break && !inner.takes_time)
		yaml_tree_error(
			parser->reading->diagnostics, body,
			"a loop without a break that takes no time, expected a step with a duration above 0");
}

static bool is_instant(enum step_kind kind)
{
	return kind == STEP_BREAK || kind == STEP_IF || kind == STEP_LET || kind == STEP_RETURN ||
	       kind == STEP_TRY || kind == STEP_RAISE || kind == STEP_RETRY || kind == STEP_STAGE ||
	       kind == STEP_REPEAT || kind == STEP_WHILE || kind == STEP_SET || kind == STEP_CLEAR ||
	       kind == STEP_WITH || kind == STEP_TIMEOUT || kind == STEP_TASK_GROUP || kind == STEP_ITERATE;
}

static void parse_body(struct steps_parser *parser, const struct yaml_node *body, bool is_in_loop,
		       bool is_conditional, struct body_facts *facts)
{
	bool before = parser->is_conditional;

	if (body == NULL)
		return;
	parser->is_conditional |= is_conditional;
	steps_parse(parser, body, is_in_loop, facts);
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
		step->count = steps_parse_value(parser, keys.value, 1, 1, 1000000000);
		step->variable = steps_declare_variable(parser, keys.name);
		parse_body(parser, keys.body, true, step->count.expression != 0, &inner);
		facts->takes_time |= inner.takes_time;
		break;
	case STEP_LOOP:
		parse_loop(parser, index, keys.body, facts);
		break;
	case STEP_WHILE:
		step->value = steps_parse_value(parser, keys.value, 0, 0, 0);
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
			steps_parse_details(parser, keys.value, form->table->keys[0].table, index);
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
			step->value = steps_parse_value(parser, keys.value, 0, 0, 0);
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
		step->exception = steps_find_exception(parser, keys.name);
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
			steps_resolve_resource(parser, step, yaml_tree_get(node, step_names[form->kind]));
		break;
	case STEP_CANCEL:
	case STEP_SHIELD:
		step->group =
			steps_find_group(parser, yaml_tree_get(node, step_names[form->kind]), keys.name, false);
		break;
	case STEP_TIMEOUT:
		step->timeout_ns = program_scaled(keys.timeout_ns, parser->scale);
		parse_body(parser, keys.body, is_in_loop, false, facts);
		break;
	case STEP_TASK_GROUP:
		parse_body(parser, keys.body, is_in_loop, false, facts);
		break;
	case STEP_ITERATE:
	case STEP_AS_COMPLETED:
		if (keys.value != NULL)
			steps_parse_details(parser, keys.value, form->table->keys[0].table, index);
		parse_body(parser, keys.body, true, true, &inner);
		facts->takes_time |= inner.takes_time;
		break;
	default:
		if (keys.value != NULL)
			steps_parse_details(parser, keys.value, form->table->keys[0].table, index);
		parse_body(parser, keys.body, is_in_loop, false, facts);
		break;
	}
	parser->is_conditional = was_conditional;
	facts->takes_time |= !is_instant(form->kind) && form->kind > STEP_BLOCK && form->kind != STEP_LOOP;
	program->steps[index].end = program->step_count;
}

void steps_parse(struct steps_parser *parser, const struct yaml_node *list, bool is_in_loop,
		 struct body_facts *facts)
{
	if (list->count == 0)
		yaml_tree_error(parser->reading->diagnostics, list, "an empty list, expected at least one step");
	for (uint32_t i = 0; i < list->count; i++)
		parse_step(parser, list->items[i], is_in_loop, facts);
}
