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
#include "sim/scenario/load_parse.h"
#include "sim/scenario/program_parse.h"
#include "sim/scenario/scenario_parse.h"

/* ---- What is run ---- */

/* Requests are handed to threads, loops and servers, which pickle nothing. */
static void refuse_payloads_of_requests(struct reading *reading, const struct yaml_node *run,
					const struct checked *checked)
{
	static const char *const payloads[] = { "bytes", "result_bytes" };

	if (checked->run.arrivals == NULL && checked->run.users < 0)
		return;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		const struct yaml_node *node = yaml_tree_get(run, payloads[i]);

		if (node != NULL)
			yaml_tree_error(reading->diagnostics, node,
					"'%s' beside requests from outside, expected 'count' or 'items'", payloads[i]);
	}
}

static void parse_run(struct reading *reading, const char *folder, double scale, struct checked *checked)
{
	const struct yaml_node *run = checked->keys.run;

	checked->run_task = NAME_NONE;
	if (run == NULL)
		return;
	run = keys_expand(reading->region, run, &run_table);
	if (!keys_read(reading, run, &run_table, "run", &checked->run))
		return;
	if (checked->run.task != NULL && checked->program->task_count > 0)
		checked->run_task = keys_resolve(reading, &checked->program->task_names, yaml_tree_get(run, "task"),
						 "task", checked->keys.tasks);
	if (checked->run.items != NULL)
		checked->items_ns = program_parse_items(reading, checked->run.items, scale, &checked->item_count);
	if (checked->run.think != NULL)
		checked->think = program_parse_duration(reading, checked->run.think, folder, scale);
	if (checked->run.users < 0) {
		static const char *const of_users[] = { "think", "requests", "for" };

		for (size_t i = 0; i < sizeof(of_users) / sizeof(of_users[0]); i++) {
			if (yaml_tree_get(run, of_users[i]) != NULL)
				yaml_tree_error(reading->diagnostics, yaml_tree_get(run, of_users[i]),
						"'%s' without 'users', who do that", of_users[i]);
		}
	} else if (yaml_tree_get(run, "requests") == NULL && yaml_tree_get(run, "for") == NULL) {
		yaml_tree_error(reading->diagnostics, run, "users without an end, expected 'requests' or 'for'");
	}
	refuse_payloads_of_requests(reading, run, checked);
	load_parse(reading, run, folder, scale, checked);
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

/* A version has only some kinds of GIL. */
static void refuse_gil(struct reading *reading, const struct python_keys *python, const struct yaml_node *node)
{
	enum python_difference needed = python->gil == GIL_OFF ? PYTHON_FREE_THREADING : PYTHON_OWN_GILS;

	if (python->gil <= GIL_ON || python->version < 0 || python_has(PYTHON_FIRST_MINOR + python->version, needed))
		return;
	yaml_tree_error(reading->diagnostics, node, "%s in Python %s, expected version 3.%d or later",
			python->gil == GIL_OFF ? "no GIL" : "a GIL per interpreter", python_versions[python->version],
			python_since(needed));
}

static void parse_python(struct reading *reading, bool is_scaled, struct checked *checked)
{
	struct python_keys *python = &checked->python;
	const struct yaml_node *section = checked->keys.python;

	read_optional(reading, section, &python_table, "python", python);
	read_optional(reading, python->imports, &imports_table, "imports", &checked->imports);
	/* A native run's version is the interpreter's at hand: it leaves out a variant that cannot run there. */
	if (!is_scaled && section != NULL)
		refuse_gil(reading, python, yaml_tree_get(keys_expand(reading->region, section, &python_table), "gil"));
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
	parse_python(reading, is_scaled, checked);
	if (checked->keys.profile != NULL)
		parse_costs(reading, checked->keys.profile, checked);
	if (base != NULL && base->keys.tasks == checked->keys.tasks &&
	    base->keys.resources == checked->keys.resources)
		checked->program = base->program;
	else
		checked->program = program_parse(reading, &checked->keys, folder, scale);
	parse_run(reading, folder, scale, checked);
	refuse_native_count(reading, root, checked);
	return checked;
}

/* ---- Variants ---- */

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
