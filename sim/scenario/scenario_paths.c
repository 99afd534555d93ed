/*
 * scenario_paths.c - walks a path through the tables and the tree at once.
 *
 * Each function takes the node at which it stands (NULL: the file does not give it) and returns
 * what shall stand there instead; the callers put that into copies of the nodes above.
 */
#include <ctype.h>
#include <string.h>

#include "sim/scenario/scenario_paths.h"
#include "sim/scenario/yaml_text.h"

struct walk {
	struct reading *reading;
	const struct yaml_node *blame; /* where errors are reported */
	const struct yaml_node *value;
	const char *rest; /* of the path */
	bool failed;
};

static const struct yaml_node *put(struct walk *walk, const struct yaml_node *node, const struct key *key);
static const struct yaml_node *put_in_table(struct walk *walk, const struct yaml_node *map,
					    const struct key_table *table, const char *where);

#define FAIL(walk, ...)                                                                                            \
	do {                                                                                                       \
		yaml_tree_error((walk)->reading->diagnostics, (walk)->blame, __VA_ARGS__);                         \
		(walk)->failed = true;                                                                             \
	} while (0)

/* ---- Copies with one thing changed ---- */

static const struct yaml_node *new_key(struct walk *walk, const char *name)
{
	struct yaml_node *key = region_alloc(walk->reading->region, sizeof(*key));

	*key = *walk->blame;
	key->kind = NODE_SCALAR;
	key->text = name;
	key->text_column = 0;
	key->count = 0;
	return key;
}

static const struct yaml_node *new_map(struct walk *walk)
{
	struct yaml_node *map = region_alloc(walk->reading->region, sizeof(*map));

	*map = *walk->blame;
	map->kind = NODE_MAP;
	map->count = 0;
	map->pairs = NULL;
	return map;
}

/* `map` with `value` behind `name`, and without the keys that `key` excludes. */
static const struct yaml_node *with_pair(struct walk *walk, const struct yaml_node *map, const char *name,
					 const struct yaml_node *value, const struct key_table *table, int group)
{
	struct yaml_node *copy = region_alloc(walk->reading->region, sizeof(*copy));
	struct yaml_pair *pairs =
		region_alloc_array(walk->reading->region, (size_t)map->count + 1, sizeof(pairs[0]));
	uint32_t count = 0;
	bool is_there = false;

	for (uint32_t i = 0; i < map->count; i++) {
		const struct key *other = table == NULL ? NULL : keys_find(table, map->pairs[i].key->text);

		pairs[count] = map->pairs[i];
		if (strcmp(map->pairs[i].key->text, name) == 0) {
			pairs[count].value = value;
			is_there = true;
		} else if (group != 0 && other != NULL && other->group == group) {
			continue;
		}
		count++;
	}
	if (!is_there)
		pairs[count++] = (struct yaml_pair){ .key = new_key(walk, name), .value = value };
	*copy = *map;
	copy->pairs = pairs;
	copy->count = count;
	return copy;
}

static const struct yaml_node *with_item(struct walk *walk, const struct yaml_node *list, uint32_t index,
					 const struct yaml_node *item)
{
	struct yaml_node *copy = region_alloc(walk->reading->region, sizeof(*copy));
	const struct yaml_node **items = region_alloc_array(walk->reading->region, list->count, sizeof(items[0]));

	for (uint32_t i = 0; i < list->count; i++)
		items[i] = i == index ? item : list->items[i];
	*copy = *list;
	copy->items = items;
	return copy;
}

/* ---- The path's parts ---- */

/* Takes "NAME" or ".NAME"; NULL (reported) when there is none. */
static const char *take_name(struct walk *walk)
{
	const char *start = walk->rest[0] == '.' ? walk->rest + 1 : walk->rest;
	size_t length = strcspn(start, ".[]");

	if (length == 0 || start[length] == ']') {
		FAIL(walk, "no path at '%s', expected one such as tasks.fetch[0].io", walk->rest);
		return NULL;
	}
	walk->rest = start + length;
	return region_strndup(walk->reading->region, start, length);
}

/* Takes "[INDEX]" below `count`. */
static bool take_index(struct walk *walk, const char *of, uint32_t count, uint32_t *index)
{
	const char *at = walk->rest;
	uint64_t number = 0;

	if (at[0] != '[' || !isdigit((unsigned char)at[1])) {
		FAIL(walk, "'%s' is a list, expected an index such as [0] after it", of);
		return false;
	}
	for (at++; isdigit((unsigned char)*at); at++)
		number = number > UINT32_MAX ? number : 10 * number + (uint64_t)(*at - '0');
	if (*at != ']') {
		FAIL(walk, "no ']' in '%s'", walk->rest);
		return false;
	}
	if (number >= count) {
		FAIL(walk, "no entry %.*s in '%s', which has %u", (int)(at + 1 - walk->rest), walk->rest, of,
		     (unsigned)count);
		return false;
	}
	walk->rest = at + 1;
	*index = (uint32_t)number;
	return true;
}

/* ---- The kinds of nodes on the way ---- */

static const struct yaml_node *put_in_step(struct walk *walk, const struct yaml_node *step)
{
	const struct step_form *form = keys_step_form(step);
	const struct yaml_node *map = step;
	const struct key *key;
	const char *name, *rest = walk->rest;

	if (rest[0] == '\0')
		return walk->value;
	name = take_name(walk);
	if (name == NULL)
		return step;
	if (form == NULL) {
		FAIL(walk, "'%s' in a step that has none of the known kinds", name);
		return step;
	}
	key = keys_find(form->table, name);
	if (key == NULL && keys_step_form_of_name(name) != NULL) {
		FAIL(walk, "this step is '%s', not '%s'", form->table->keys[0].name, name);
		return step;
	}
	if (step->kind != NODE_MAP)
		map = new_map(walk);
	walk->rest = rest; /* the table takes the name once more */
	return put_in_table(walk, map, form->table, form->table->keys[0].name);
}

/* A list of steps, of durations or of texts. */
static const struct yaml_node *put_in_list(struct walk *walk, const struct yaml_node *list, const struct key *key)
{
	const struct yaml_node *item;
	uint32_t index;

	if (list == NULL || list->kind != NODE_LIST) {
		FAIL(walk, "'%s' is no list in this file", key->name);
		return list;
	}
	if (!take_index(walk, key->name, list->count, &index))
		return list;
	if (key->kind == VALUE_STEPS || key->kind == VALUE_HANDLERS) {
		item = put_in_step(walk, list->items[index]);
	} else if (walk->rest[0] != '\0') {
		FAIL(walk, "'%s' after an entry of '%s', which has no parts", walk->rest, key->name);
		return list;
	} else {
		item = walk->value;
	}
	return walk->failed ? list : with_item(walk, list, index, item);
}

static const struct yaml_node *put_in_sections(struct walk *walk, const struct yaml_node *map,
					       const struct key *key)
{
	const struct key_table *table = key->table;
	const char *name = take_name(walk);
	const struct yaml_node *section;

	if (name == NULL)
		return map;
	section = map == NULL ? NULL : yaml_tree_get(map, name);
	if (section == NULL) {
		size_t count = map != NULL && map->kind == NODE_MAP ? map->count : 0;
		const char **names = region_alloc_array(walk->reading->region, count, sizeof(names[0]));

		for (size_t i = 0; i < count; i++)
			names[i] = map->pairs[i].key->text;
		keys_report_unknown(walk->reading, walk->blame, "name", name, key->name, names, count);
		walk->failed = true;
		return map;
	}
	if (walk->rest[0] == '\0') {
		section = walk->value;
	} else {
		section = keys_expand(walk->reading->region, section, table);
		/* tasks.fetch[0] is short for tasks.fetch.steps[0]. */
		if (walk->rest[0] == '[' && table->list_stands_for != NULL) {
			const struct key *steps = keys_find(table, table->list_stands_for);
			const struct yaml_node *list =
				put_in_list(walk, yaml_tree_get(section, steps->name), steps);

			section = walk->failed ? section : with_pair(walk, section, steps->name, list, table, 0);
		} else {
			section = put_in_table(walk, section, table, name);
		}
	}
	return walk->failed ? map : with_pair(walk, map, name, section, NULL, 0);
}

/* `set:` and `profile:`, whose keys have dots themselves: the rest of the path is the key. */
static const struct yaml_node *put_in_pairs(struct walk *walk, const struct yaml_node *map, const struct key *key)
{
	const char *name = walk->rest + 1;

	if (walk->rest[0] != '.' || name[0] == '\0') {
		FAIL(walk, "no path at '%s'", walk->rest);
		return map;
	}
	if (map == NULL || map->kind != NODE_MAP)
		map = new_map(walk);
	if (key->kind == VALUE_COSTS && cost_find(name) == COST_COUNT) {
		const char *names[COST_COUNT];

		for (size_t i = 0; i < COST_COUNT; i++)
			names[i] = cost_infos[i].name;
		keys_report_unknown(walk->reading, walk->blame, "profile parameter", name, NULL, names, COST_COUNT);
		walk->failed = true;
		return map;
	}
	walk->rest = "";
	return with_pair(walk, map, name, walk->value, NULL, 0);
}

static const struct yaml_node *put_in_table(struct walk *walk, const struct yaml_node *map,
					    const struct key_table *table, const char *where)
{
	const char *name = take_name(walk);
	const struct yaml_node *value;
	const struct key *key;

	if (name == NULL)
		return map;
	key = keys_find(table, name);
	if (key == NULL) {
		keys_report_unknown_key(walk->reading, walk->blame, name, table, where);
		walk->failed = true;
		return map;
	}
	if (map->kind != NODE_MAP) {
		FAIL(walk, "'%s' is no map in this file", where);
		return map;
	}
	value = put(walk, yaml_tree_get(map, name), key);
	return walk->failed ? map : with_pair(walk, map, name, value, table, key->group);
}

static const struct yaml_node *put(struct walk *walk, const struct yaml_node *node, const struct key *key)
{
	if (walk->rest[0] == '\0')
		return walk->value;
	switch (key->kind) {
	case VALUE_SECTION:
		node = node == NULL ? new_map(walk) : keys_expand(walk->reading->region, node, key->table);
		return put_in_table(walk, node, key->table, key->name);
	case VALUE_SECTIONS:
		return put_in_sections(walk, node, key);
	case VALUE_STEPS:
	case VALUE_DURATIONS:
	case VALUE_TEXTS:
	case VALUE_EXPRESSIONS:
	case VALUE_NAMES:
	case VALUE_HANDLERS:
		return put_in_list(walk, node, key);
	case VALUE_SETTINGS:
	case VALUE_LETS:
	case VALUE_COSTS:
	case VALUE_MAP:
		return put_in_pairs(walk, node, key);
	default:
		FAIL(walk, "'%s' after '%s', which has no parts", walk->rest, key->name);
		return node;
	}
}

/* Whether a section takes the key: `workers` goes with some models only. */
static bool takes_key(struct region *region, const struct yaml_node *section, const struct key_table *table,
		      const struct key *key)
{
	const struct yaml_node *chosen;

	if (key->models == 0 || table->chooser == NULL)
		return true;
	chosen = yaml_tree_get(keys_expand(region, section, table), table->chooser);
	for (size_t i = 0; chosen != NULL && chosen->kind == NODE_SCALAR && table->choices[i] != NULL; i++)
		if (strcmp(table->choices[i], chosen->text) == 0)
			return (key->models >> i & 1) != 0;
	return false;
}

/* The path of the first section that takes a key of this name, "variants.threads.workers" of "workers"; NULL: none does. */
static const char *path_to_key(struct region *region, const struct yaml_node *root, const char *name)
{
	for (size_t i = 0; i < file_table.count; i++) {
		const struct key *section = &file_table.keys[i];
		const struct key *key = section->table == NULL ? NULL : keys_find(section->table, name);
		const struct yaml_node *map = yaml_tree_get(root, section->name);

		if (key != NULL && section->kind == VALUE_SECTION)
			return region_format(region, "%s.%s", section->name, name);
		if (key == NULL || section->kind != VALUE_SECTIONS || map == NULL || map->kind != NODE_MAP)
			continue;
		for (uint32_t j = 0; j < map->count; j++)
			if (takes_key(region, map->pairs[j].value, section->table, key))
				return region_format(region, "%s.%s.%s", section->name, map->pairs[j].key->text, name);
	}
	return NULL;
}

static const struct yaml_node *put_at(struct reading *reading, const struct yaml_node *root, const char *path,
				      const struct yaml_node *value, const struct yaml_node *blame)
{
	struct walk walk = { .reading = reading, .blame = blame, .value = value, .rest = path };
	const struct yaml_node *changed;

	if (root->kind != NODE_MAP)
		return root; /* not a scenario at all, which is reported when it is checked */
	if (path[0] == '.' || path[0] == '[' || path[0] == '\0') {
		FAIL(&walk, "no path at '%s', expected one such as tasks.fetch[0].io", path);
		return root;
	}
	if (keys_find(&file_table, path) == NULL && path[strcspn(path, ".[")] == '\0') {
		const char *meant = path_to_key(reading->region, root, path);

		if (meant != NULL) {
			FAIL(&walk, "unknown path '%s', did you mean '%s'?", path, meant);
			return root;
		}
	}
	changed = put_in_table(&walk, root, &file_table, NULL);
	return walk.failed ? root : changed;
}

/* The text from `start` to `end` without blanks around it. */
static const char *trimmed(struct region *region, const char *start, const char *end)
{
	while (start < end && isspace((unsigned char)start[0]))
		start++;
	while (start < end && isspace((unsigned char)end[-1]))
		end--;
	return region_strndup(region, start, (size_t)(end - start));
}

const struct yaml_node *scenario_paths_set(struct reading *reading, const struct yaml_node *root,
					   const char *setting, const char *option)
{
	struct region *region = reading->region;
	struct yaml_origin *origin = region_alloc(region, sizeof(*origin));
	struct yaml_node *scalar = region_alloc(region, sizeof(*scalar));
	const struct yaml_node *value = scalar;
	const char *equals = strchr(setting, '=');

	origin->setting = region_strdup(region, setting);
	origin->option = option;
	scalar->origin = origin;
	scalar->kind = NODE_SCALAR;
	scalar->weight = 1;
	scalar->text = "";
	if (equals == NULL) {
		yaml_tree_error(reading->diagnostics, scalar, "no '=', expected PATH=VALUE");
		return root;
	}
	if (!yaml_text_check(origin, setting, strlen(setting), reading->diagnostics))
		return root;
	scalar->text = trimmed(region, equals + 1, setting + strlen(setting));
	if (scalar->text[0] != '\0' && strchr("[{\"'", scalar->text[0]) != NULL) {
		value = yaml_tree_parse(origin, scalar->text, strlen(scalar->text), region, reading->diagnostics);
		if (value == NULL)
			return root;
	}
	return put_at(reading, root, trimmed(region, setting, equals), value, scalar);
}

const struct yaml_node *scenario_paths_put(struct reading *reading, const struct yaml_node *root,
					   const struct yaml_node *path, const struct yaml_node *value)
{
	static const char *const roots[] = { "machine", "python", "profile", "resources", "tasks", "run", "limit" };
	size_t length = strcspn(path->text, ".[");
	const char *first = region_strndup(reading->region, path->text, length);

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		if (strcmp(roots[i], first) == 0)
			return put_at(reading, root, path->text, value, path);
	}
	if (keys_find(&file_table, first) != NULL)
		yaml_tree_error(
			reading->diagnostics, path,
			"a variant cannot set '%s', expected a path in machine, python, profile, resources, "
			"tasks, run or limit",
			first);
	else
		keys_report_unknown(reading, path, "path", path->text, NULL, roots,
				    sizeof(roots) / sizeof(roots[0]));
	return root;
}
