/*
 * scenario_schema.c - the tables of scenario_keys.c as a JSON Schema (draft 2020-12) that editors understand.
 *
 * Each table becomes a definition, so does each kind of value with a syntax of its own. Where YAML
 * readers disagree (is `off` a truth value, is 3.12 a number), the schema takes both: gilsim reads the text.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario_keys.h"

#define NUMBER "[0-9]+(\\.[0-9]*)?([eE][-+]?[0-9]+)?"
#define NAME_PATTERN "^[A-Za-z0-9_][A-Za-z0-9_-]*$"

/* json_pack() of the host's types; every function returns a new reference, NULL when memory is out. A NULL that is
 * put into a container makes that NULL in turn, so the end sees it. */

static json_t *schema_of_table(const struct key_table *table);

static json_t *reference_to(const char *definition)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", definition);
}

/* The name of a table's definition: "a machine" is under "machine". */
static const char *definition_of(const struct key_table *table)
{
	static const struct {
		const struct key_table *table;
		const char *name;
	} names[] = {
		{ &machine_table, "machine" },	 { &python_table, "python" },	{ &imports_table, "imports" },
		{ &resource_table, "resource" }, { &task_table, "task" },	{ &run_table, "run" },
		{ &arrivals_table, "arrivals" }, { &log_table, "log" }, { &variant_table, "variant" }, { &each_table, "each" },
		{ &run_model_table, "run-step" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].table == table)
			return names[i].name;
	}
	for (size_t i = 0; i < detail_table_count; i++) {
		if (detail_tables[i] == table)
			return table->what;
	}
	return "file";
}

static json_t *schema_of_words(const char *const *words)
{
	json_t *list = json_array();
	bool may_be_boolean = false, may_be_number = false;

	for (size_t i = 0; words[i] != NULL; i++) {
		json_array_append_new(list, json_string(words[i]));
		may_be_boolean |= strcmp(words[i], "off") == 0;
		may_be_number |= words[i][0] >= '0' && words[i][0] <= '9';
	}
	if (may_be_boolean || may_be_number)
		return json_pack("{s:[{s:o},{s:s}]}", "anyOf", "enum", list, "type",
				 may_be_boolean ? "boolean" : "number");
	return json_pack("{s:o}", "enum", list);
}

/* A section, or what may stand for it. */
static json_t *schema_of_section(const struct key_table *table)
{
	json_t *section = reference_to(definition_of(table));

	if (table->list_stands_for != NULL)
		return json_pack("{s:[o,o]}", "anyOf", section, reference_to(table->list_stands_for));
	if (table->scalar_stands_for != NULL)
		return json_pack("{s:[o,{s:[s,s]}]}", "anyOf", section, "type", "string", "number");
	return section;
}

static json_t *schema_of_costs(void)
{
	json_t *properties = json_object();

	for (size_t i = 0; i < COST_COUNT; i++)
		json_object_set_new(properties, cost_infos[i].name,
				    json_pack("{s:s,s:[s,s]}", "description", cost_infos[i].meaning, "type",
					      "string", "number"));
	return json_pack("{s:s,s:o,s:b}", "type", "object", "properties", properties, "additionalProperties", 0);
}

static json_t *schema_of_figures(void)
{
	json_t *names = json_array();

	for (size_t i = 0; metric_names[i] != NULL; i++)
		json_array_append_new(names, json_string(metric_names[i]));
	return json_pack("{s:s,s:{s:s,s:{s:o},s:{s:[s,s]}}}", "type", "object", "additionalProperties", "type",
			 "object", "propertyNames", "enum", names, "additionalProperties", "type", "string",
			 "number");
}

static json_t *schema_of_value(const struct key *key)
{
	switch (key->kind) {
	case VALUE_TEXT:
		return json_pack("{s:[s,s]}", "type", "string", "number");
	case VALUE_NAME:
		return reference_to("name");
	case VALUE_WORD:
		return schema_of_words(key->words);
	case VALUE_BOOLEAN:
		return json_pack("{s:s}", "type", "boolean");
	case VALUE_INTEGER:
		return json_pack("{s:s,s:I,s:I}", "type", "integer", "minimum", (json_int_t)key->least, "maximum",
				 (json_int_t)key->most);
	case VALUE_NUMBER:
		return json_pack("{s:s,s:f,s:f}", "type", "number", "minimum", key->least, "maximum", key->most);
	case VALUE_DURATION:
		return reference_to("duration");
	case VALUE_BYTES:
		return reference_to("bytes");
	case VALUE_RATE:
		return reference_to("rate");
	case VALUE_RATIO:
		return json_pack("{s:s,s:s}", "type", "string", "pattern", "^" NUMBER "%$");
	case VALUE_EXPRESSION:
		return json_pack("{s:[s,s,s]}", "type", "string", "integer", "boolean");
	case VALUE_EXPRESSIONS:
		return json_pack("{s:s,s:{s:[s,s]}}", "type", "array", "items", "type", "string", "integer");
	case VALUE_LETS:
		return json_pack("{s:s,s:{s:[s,s]},s:i}", "type", "object", "additionalProperties", "type", "string",
				 "integer", "minProperties", 1);
	case VALUE_NAMES:
		return json_pack("{s:s,s:o}", "type", "array", "items", reference_to("name"));
	case VALUE_HANDLERS:
		return json_pack("{s:[o,{s:s,s:o}]}", "anyOf", reference_to("steps"), "type", "object",
				 "additionalProperties", reference_to("steps"));
	case VALUE_DRAWN:
		return reference_to("drawn");
	case VALUE_NOTHING:
		return json_pack("{s:s}", "type", "null");
	case VALUE_SECTION:
		return schema_of_section(key->table);
	case VALUE_SECTIONS:
		return json_pack("{s:s,s:{s:s},s:o,s:i}", "type", "object", "propertyNames", "pattern",
				 NAME_PATTERN, "additionalProperties", schema_of_section(key->table),
				 "minProperties", 1);
	case VALUE_STEPS:
		return reference_to("steps");
	case VALUE_DURATIONS:
		return json_pack("{s:s,s:o,s:i}", "type", "array", "items", reference_to("duration"), "minItems",
				 1);
	case VALUE_TEXTS:
		return json_pack("{s:s,s:{s:s}}", "type", "array", "items", "type", "string");
	case VALUE_SETTINGS:
	case VALUE_MAP:
		return json_pack("{s:s}", "type", "object");
	case VALUE_COSTS:
		return schema_of_costs();
	case VALUE_FIGURES:
		return schema_of_figures();
	}
	return NULL;
}

static json_t *default_of(const struct key *key)
{
	switch (key->kind) {
	case VALUE_BOOLEAN:
		return json_boolean(strcmp(key->initial, "true") == 0);
	case VALUE_INTEGER:
		return json_integer(strtoll(key->initial, NULL, 10));
	case VALUE_NUMBER:
		return json_real(strtod(key->initial, NULL));
	default:
		return json_string(key->initial);
	}
}

/* The choices that a bit mask names. */
static json_t *choices_of(const struct key_table *table, uint32_t models)
{
	json_t *list = json_array();

	for (size_t i = 0; table->choices[i] != NULL; i++) {
		if ((models >> i & 1) != 0)
			json_array_append_new(list, json_string(table->choices[i]));
	}
	return list;
}

/* Keys that exclude each other, and keys that only some models take. */
static json_t *conditions_of(const struct key_table *table)
{
	json_t *conditions = json_array();

	for (size_t i = 0; i < table->count; i++) {
		const struct key *key = &table->keys[i];

		if (key->models != 0)
			json_array_append_new(conditions, json_pack("{s:{s:[s]},s:{s:{s:{s:o}}}}", "if", "required",
								    key->name, "then", "properties",
								    table->chooser, "enum",
								    choices_of(table, key->models)));
		for (size_t j = i + 1; key->group != 0 && j < table->count; j++) {
			if (table->keys[j].group == key->group)
				json_array_append_new(conditions, json_pack("{s:{s:[s,s]}}", "not", "required",
									    key->name, table->keys[j].name));
		}
	}
	return conditions;
}

static json_t *schema_of_table(const struct key_table *table)
{
	json_t *properties = json_object(), *required = json_array(), *conditions = conditions_of(table);
	json_t *schema;

	for (size_t i = 0; i < table->count; i++) {
		const struct key *key = &table->keys[i];
		json_t *value = schema_of_value(key);

		json_object_set_new(value, "description", json_string(key->help));
		if (key->initial != NULL)
			json_object_set_new(value, "default", default_of(key));
		json_object_set_new(properties, key->name, value);
		if (key->is_required)
			json_array_append_new(required, json_string(key->name));
	}
	schema = json_pack("{s:s,s:o,s:b}", "type", "object", "properties", properties, "additionalProperties", 0);
	if (json_array_size(required) > 0)
		json_object_set(schema, "required", required);
	if (json_array_size(conditions) > 0)
		json_object_set(schema, "allOf", conditions);
	json_decref(required);
	json_decref(conditions);
	return schema;
}

/* `raise:` is `raise`. */
static void allow_null(json_t *properties, const char *name)
{
	json_t *value = json_object_get(properties, name);

	json_object_set_new(properties, name, json_pack("{s:[O,{s:s}]}", "anyOf", value, "type", "null"));
}

/* Any of the steps, each with the key that names it. */
static json_t *schema_of_step(void)
{
	json_t *forms = json_array(), *bare = json_array();

	for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
		const struct key_table *table = step_forms[i].table;
		json_t *form, *required;
		const char *name;

		if (table == NULL)
			continue; /* a part of another step */
		name = table->keys[0].name;
		form = schema_of_table(table);
		if (step_forms[i].may_be_bare && table->keys[0].kind != VALUE_NOTHING)
			allow_null(json_object_get(form, "properties"), name);
		required = json_object_get(form, "required");

		if (required == NULL)
			json_object_set_new(form, "required", json_pack("[s]", name));
		else
			json_array_append_new(required, json_string(name));
		json_array_append_new(forms, form);
		if (step_forms[i].may_be_bare)
			json_array_append_new(bare, json_string(name));
	}
	json_array_append_new(forms, json_pack("{s:o}", "enum", bare));
	return json_pack("{s:o}", "anyOf", forms);
}

static json_t *schema_of_text(const char *description, const char *pattern, bool may_be_zero)
{
	if (!may_be_zero)
		return json_pack("{s:s,s:s,s:s}", "description", description, "type", "string", "pattern", pattern);
	return json_pack("{s:s,s:[{s:s,s:s},{s:i}]}", "description", description, "anyOf", "type", "string",
			 "pattern", pattern, "const", 0);
}

static json_t *definitions(void)
{
	static const struct key_table *const tables[] = {
		&machine_table, &python_table,	 &imports_table, &resource_table, &task_table,
		&run_table,	&arrivals_table, &log_table,	&variant_table, &each_table,	  &run_model_table,
	};
	json_t *all = json_object();

	json_object_set_new(all, "name", schema_of_text("letters, digits, _ and -", NAME_PATTERN, false));
	json_object_set_new(
		all, "duration",
		schema_of_text("a time with its unit: 5ms", "^(0|" NUMBER "(ns|us|µs|ms|s|min|h))$", true));
	json_object_set_new(
		all, "bytes",
		schema_of_text("a size with its unit: 64KiB", "^(0|" NUMBER "(B|KiB|MiB|GiB|kB|MB|GB))$", true));
	json_object_set_new(all, "rate", schema_of_text("events per time: 120/s", "^" NUMBER "/(s|min|h)$", false));
	json_object_set_new(
		all, "drawn",
		schema_of_text("a time with its unit, a distribution such as exponential(5ms), or item",
			       "^(0|item|" NUMBER "(ns|us|µs|ms|s|min|h)|"
			       "(exponential|uniform|normal|lognormal|gamma|pareto|weibull|choice|empirical)"
			       "\\(.*\\))$",
			       true));
	json_object_set_new(
		all, "steps",
		json_pack("{s:s,s:o,s:i}", "type", "array", "items", reference_to("step"), "minItems", 1));
	json_object_set_new(all, "step", schema_of_step());
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		json_object_set_new(all, definition_of(tables[i]), schema_of_table(tables[i]));
	for (size_t i = 0; i < detail_table_count; i++)
		json_object_set_new(all, definition_of(detail_tables[i]), schema_of_table(detail_tables[i]));
	return all;
}

bool scenario_print_schema(FILE *stream)
{
	json_t *schema = schema_of_table(&file_table);
	bool is_good;

	json_object_set_new(schema, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(schema, "title", json_string("gilsim scenario"));
	json_object_set_new(schema, "$defs", definitions());
	if (schema == NULL)
		errno = ENOMEM;
	is_good = schema != NULL && json_dumpf(schema, stream, JSON_INDENT(2)) == 0 && fputc('\n', stream) != EOF &&
		  fflush(stream) == 0;
	json_decref(schema);
	return is_good;
}
