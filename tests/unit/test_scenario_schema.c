/*
 * test_scenario_schema.c - the JSON Schema says what the tables say.
 */
#include "tests/unit/scenario_helper.h"

#include <errno.h>
#include <jansson.h>

#include "sim/scenario/scenario_keys.h"

static json_t *load_schema(void)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	json_t *schema;

	cr_assert(scenario_print_schema(stream));
	fclose(stream);
	schema = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	cr_assert(schema != NULL);
	free(text);
	return schema;
}

/* Whether every "$ref" below `node` leads to a definition. */
static void expect_references(const json_t *node, const json_t *definitions)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(node)) {
		json_object_foreach((json_t *)(uintptr_t)node, key, value)
		{
			if (strcmp(key, "$ref") == 0)
				cr_expect(json_object_get(definitions,
							  json_string_value(value) + strlen("#/$defs/")) != NULL,
					  "%s", json_string_value(value));
			expect_references(value, definitions);
		}
	}
	json_array_foreach(node, i, value) expect_references(value, definitions);
}

Test(scenario_schema, every_key_is_there_and_every_reference_leads_somewhere)
{
	json_t *schema = load_schema();
	const json_t *definitions = json_object_get(schema, "$defs");
	const json_t *steps = json_object_get(json_object_get(definitions, "step"), "anyOf");
	size_t form_count = 0;

	for (size_t i = 0; i < file_table.count; i++)
		cr_expect(json_object_get(json_object_get(schema, "properties"), file_table.keys[i].name) != NULL,
			  "%s", file_table.keys[i].name);
	for (size_t i = 0; i < variant_table.count; i++)
		cr_expect(json_object_get(json_object_get(json_object_get(definitions, "variant"), "properties"),
					  variant_table.keys[i].name) != NULL,
			  "%s", variant_table.keys[i].name);
	/* One form a step, and the bare words. */
	for (size_t i = 0; i < STEP_KIND_COUNT; i++)
		form_count += step_forms[i].table != NULL;
	cr_expect(eq(sz, json_array_size(steps), form_count + 1));
	expect_references(schema, definitions);
	json_decref(schema);
}

Test(scenario_schema, a_stream_that_fails_is_reported)
{
	FILE *full = fopen("/dev/full", "w");

	cr_assert(full != NULL);
	errno = 0;
	cr_expect(not(scenario_print_schema(full)));
	cr_expect(eq(int, errno, ENOSPC));
	fclose(full);
}
