/*
 * keys_read.c - reading a map by one of the language's tables, and saying what was expected in place of what is there.
 */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/scenario/scenario_keys.h"

/* ---- Saying what was expected ---- */

/* "a, b or c" */
static const char *join_words_with_or(struct region *region, const char *const *words, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = region_format(region, "%s%s%s", text, i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i]);
	return text;
}

static size_t count_words(const char *const *words)
{
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	return count;
}

/* The names of a table's keys, as a list for diagnostics_suggest(). */
static const char **key_names(struct region *region, const struct key_table *table)
{
	const char **names = region_alloc_array(region, table->count, sizeof(names[0]));

	for (size_t i = 0; i < table->count; i++)
		names[i] = table->keys[i].name;
	return names;
}

static const char *expected_section(struct region *region, const struct key_table *table)
{
	const char *keys = join_words_with_or(region, key_names(region, table), table->count);
	const struct key *bare = NULL;

	if (table->list_stands_for != NULL)
		return region_format(region, "a list of %s, or a map of %s", table->list_stands_for, keys);
	if (table->scalar_stands_for != NULL)
		bare = keys_find(table, table->scalar_stands_for);
	if (bare != NULL)
		return region_format(region, "a map of %s, or just its %s", keys, bare->name);
	return region_format(region, "a map of %s", keys);
}

const char *keys_expected(struct region *region, const struct key *key)
{
	char least[32];

	switch (key->kind) {
	case VALUE_TEXT:
		return "a text";
	case VALUE_NAME:
		return "a name of letters, digits, '_' and '-'";
	case VALUE_WORD:
		return join_words_with_or(region, key->words, count_words(key->words));
	case VALUE_BOOLEAN:
		return "true or false";
	case VALUE_INTEGER:
		return region_format(region, "a whole number from %.0f to %.0f", key->least, key->most);
	case VALUE_NUMBER:
		return region_format(region, "a number from %g to %g", key->least, key->most);
	case VALUE_DURATION:
		if (key->least <= 1)
			return key->least <= 0 ? "a duration such as 5ms" : "a duration above 0, such as 5ms";
		units_format_duration((sim_ns)key->least, least);
		return region_format(region, "a duration of at least %s", least);
	case VALUE_BYTES:
		return "a size such as 64KiB";
	case VALUE_RATE:
		return "a rate such as 120/s";
	case VALUE_RATIO:
		return "a share such as 20%";
	case VALUE_EXPRESSION:
		if (key->most > 0)
			return region_format(region, "a whole number from %.0f to %.0f, or an expression such as n - 1",
					     key->least, key->most);
		return "an expression such as n - 1";
	case VALUE_EXPRESSIONS:
		return "a list of expressions such as [n - 1]";
	case VALUE_LETS:
		return "a map of variables to expressions such as {n: n - 1}";
	case VALUE_NAMES:
		return "a list of names";
	case VALUE_HANDLERS:
		return "a list of steps, or a map of exceptions, each with a list of steps";
	case VALUE_DRAWN:
		return "a duration such as 5ms, a distribution such as exponential(5ms), or item";
	case VALUE_NOTHING:
		return "nothing";
	case VALUE_SECTION:
		return expected_section(region, key->table);
	case VALUE_SECTIONS:
		return region_format(region, "a map of names, each with %s", key->table->what);
	case VALUE_STEPS:
		return "a list of steps";
	case VALUE_DURATIONS:
		return "a list of durations";
	case VALUE_TEXTS:
		return "a list of texts";
	case VALUE_SETTINGS:
		return "a map of paths to values, such as {python.gil: off}";
	case VALUE_MAP:
		return region_format(region, "a map of %s", key->example);
	case VALUE_COSTS:
		return "a map of profile parameters to values, such as {gil.uncontended: 90ns}";
	case VALUE_FIGURES:
		return "a map of variants, each with a map of metrics to values, such as {threads: {p99: 120ms}}";
	}
	return "";
}

void keys_report_unknown(struct reading *reading, const struct yaml_node *node, const char *kind, const char *word,
			 const char *where, const char *const *candidates, size_t count)
{
	/* Of two numbers none is the other misspelt. */
	const char *near = isdigit((unsigned char)word[0]) ? NULL : diagnostics_suggest(word, candidates, count);
	const char *in =
		where == NULL ? ""
			      : region_format(reading->region, " in '%s'", yaml_tree_quote(where, reading->region));

	word = yaml_tree_quote(word, reading->region);

	if (near != NULL)
		yaml_tree_error(reading->diagnostics, node, "unknown %s '%s'%s, did you mean '%s'?", kind, word, in,
				near);
	else if (count == 0)
		yaml_tree_error(reading->diagnostics, node, "unknown %s '%s'%s: there is none", kind, word, in);
	else if (count <= 20)
		yaml_tree_error(reading->diagnostics, node, "unknown %s '%s'%s, expected %s", kind, word, in,
				join_words_with_or(reading->region, candidates, count));
	else
		yaml_tree_error(reading->diagnostics, node, "unknown %s '%s'%s", kind, word, in);
}

/* Whether the key is a step without its dash, where a list of steps may stand. */
static bool is_misplaced_step(const struct key_table *table, const char *word)
{
	const struct key *list = table->list_stands_for == NULL ? NULL : keys_find(table, table->list_stands_for);

	return list != NULL && list->kind == VALUE_STEPS && keys_step_form_of_name(word) != NULL;
}

void keys_report_unknown_key(struct reading *reading, const struct yaml_node *node, const char *word,
			     const struct key_table *table, const char *where)
{
	if (table->count == 1)
		yaml_tree_error(reading->diagnostics, node, "unknown key '%s' in '%s', which takes no other",
				yaml_tree_quote(word, reading->region), where);
	else
		keys_report_unknown(reading, node, "key", word, where, key_names(reading->region, table),
				    table->count);
}

/* ---- Reading ---- */

const struct key *keys_find(const struct key_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->keys[i].name, name) == 0)
			return &table->keys[i];
	}
	return NULL;
}

bool keys_is_name(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return length > 0 && text[length] == '\0' && text[0] != '-';
}

const struct yaml_node *keys_expand(struct region *region, const struct yaml_node *node,
				    const struct key_table *table)
{
	const char *name = NULL;
	struct yaml_node *map, *key;
	struct yaml_pair *pair;

	if (node->kind == NODE_LIST)
		name = table->list_stands_for;
	else if (node->kind == NODE_SCALAR && (node->text[0] != '\0' || node->quoted))
		name = table->scalar_stands_for;
	if (name == NULL)
		return node;
	key = region_alloc(region, sizeof(*key));
	*key = *node;
	key->kind = NODE_SCALAR;
	key->text = name;
	key->text_column = 0;
	key->count = 0;
	pair = region_alloc(region, sizeof(*pair));
	*pair = (struct yaml_pair){ .key = key, .value = node };
	map = region_alloc(region, sizeof(*map));
	*map = *node;
	map->kind = NODE_MAP;
	map->count = 1;
	map->pairs = pair;
	return map;
}

static void set_absent(const struct key *key, void *field)
{
	switch (key->kind) {
	case VALUE_WORD:
		*(int *)field = -1;
		break;
	case VALUE_BOOLEAN:
		*(bool *)field = false;
		break;
	case VALUE_INTEGER:
	case VALUE_BYTES:
		*(int64_t *)field = -1;
		break;
	case VALUE_DURATION:
		*(sim_ns *)field = -1;
		break;
	case VALUE_NUMBER:
	case VALUE_RATE:
	case VALUE_RATIO:
		*(double *)field = (double)NAN;
		break;
	case VALUE_TEXT:
	case VALUE_NAME:
		*(const char **)field = NULL;
		break;
	default:
		*(const struct yaml_node **)field = NULL;
		break;
	}
}

/* A scalar's text into its field. NULL, or what is wrong with it; "" means: not what was expected. */
static const char *scan_scalar(struct reading *reading, const struct key *key, const char *text, void *field)
{
	struct unit_error error;
	bool is_good = false;
	double number;
	size_t length;

	error.text[0] = '\0';
	switch (key->kind) {
	case VALUE_TEXT:
		*(const char **)field = text;
		return NULL;
	case VALUE_NAME:
		if (!keys_is_name(text))
			return "";
		*(const char **)field = text;
		return NULL;
	case VALUE_WORD:
		for (int i = 0; key->words[i] != NULL; i++) {
			if (strcmp(key->words[i], text) == 0) {
				*(int *)field = i;
				return NULL;
			}
		}
		return "";
	case VALUE_BOOLEAN:
		is_good = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
		if (is_good)
			*(bool *)field = strcmp(text, "true") == 0;
		break;
	case VALUE_INTEGER:
		is_good = units_parse_integer(text, (int64_t)key->least, (int64_t)key->most, field, &error);
		error.text[0] = '\0'; /* the key knows better what was expected */
		break;
	case VALUE_NUMBER:
		is_good = units_parse_number(text, &number, &error) && number >= key->least && number <= key->most;
		error.text[0] = '\0';
		if (is_good)
			*(double *)field = number;
		break;
	case VALUE_DURATION:
		is_good = units_parse_duration(text, field, &error);
		if (is_good && (double)*(sim_ns *)field < key->least)
			is_good = false;
		break;
	case VALUE_BYTES:
		is_good = units_parse_bytes(text, field, &error);
		break;
	case VALUE_RATE:
		is_good = units_parse_rate(text, field, &error);
		break;
	case VALUE_RATIO:
		length = strlen(text);
		is_good = length > 1 && text[length - 1] == '%' &&
			  units_parse_number(region_strndup(reading->region, text, length - 1), &number, &error) &&
			  number >= 0 && number <= 100;
		error.text[0] = '\0';
		if (is_good)
			*(double *)field = number / 100;
		break;
	default:
		break;
	}
	if (is_good)
		return NULL;
	set_absent(key, field);
	return region_strdup(reading->region, error.text);
}

/* Whether the node is of the kind that the key takes; scalars are looked into by scan_scalar(). */
static bool has_right_shape(const struct key *key, const struct yaml_node *node)
{
	switch (key->kind) {
	case VALUE_NOTHING:
		return node->kind == NODE_SCALAR && node->text[0] == '\0';
	case VALUE_SECTION:
		return node->kind == NODE_MAP || (node->kind == NODE_LIST && key->table->list_stands_for != NULL) ||
		       (node->kind == NODE_SCALAR && key->table->scalar_stands_for != NULL &&
			node->text[0] != '\0');
	case VALUE_SECTIONS:
	case VALUE_SETTINGS:
	case VALUE_COSTS:
	case VALUE_FIGURES:
	case VALUE_LETS:
	case VALUE_MAP:
		return node->kind == NODE_MAP && (key->kind != VALUE_MAP || node->count > 0);
	case VALUE_HANDLERS:
		return node->kind != NODE_SCALAR;
	case VALUE_STEPS:
	case VALUE_DURATIONS:
	case VALUE_TEXTS:
	case VALUE_EXPRESSIONS:
	case VALUE_NAMES:
		return node->kind == NODE_LIST;
	default:
		return node->kind == NODE_SCALAR;
	}
}

static void report_unexpected(struct reading *reading, const struct key *key, const struct yaml_node *node)
{
	yaml_tree_error(reading->diagnostics, node, "%s for '%s', expected %s",
			yaml_tree_describe(node, reading->region), key->name, keys_expected(reading->region, key));
}

static void read_value(struct reading *reading, const struct key *key, const struct yaml_node *node, void *field)
{
	bool is_blank = yaml_tree_is_blank(node);
	const char *why;

	if (is_blank && key->initial != NULL)
		return; /* the default is there already */
	if (!has_right_shape(key, node) || (is_blank && key->kind != VALUE_NOTHING)) {
		report_unexpected(reading, key, node);
		return;
	}
	if (key->kind >= VALUE_DRAWN) {
		*(const struct yaml_node **)field = node;
		return;
	}
	why = scan_scalar(reading, key, node->text, field);
	if (why == NULL)
		return;
	if (why[0] != '\0')
		yaml_tree_error(reading->diagnostics, node, "%s", why);
	else if (key->kind == VALUE_WORD && count_words(key->words) > 2)
		keys_report_unknown(reading, node, key->name, node->text, NULL, key->words,
				    count_words(key->words));
	else
		report_unexpected(reading, key, node);
}

static void refuse_rivals(struct reading *reading, const struct yaml_node *node, const struct key_table *table)
{
	const char *first[8] = { NULL }; /* by group */

	for (uint32_t i = 0; i < node->count; i++) {
		const struct yaml_node *name = node->pairs[i].key;
		const struct key *key = keys_find(table, name->text);

		if (key == NULL || key->group == 0)
			continue;
		if (first[key->group] == NULL)
			first[key->group] = key->name;
		else if (strcmp(first[key->group], key->name) != 0) /* a key twice is told already */
			yaml_tree_error(reading->diagnostics, name, "'%s' beside '%s', expected only one of them",
					key->name, first[key->group]);
	}
}

/* Keys that do not go with what the table's chooser says: 'workers' with model 'threads'. */
static void refuse_unchosen(struct reading *reading, const struct yaml_node *node, const struct key_table *table)
{
	const struct yaml_node *chosen = table->chooser == NULL ? NULL : yaml_tree_get(node, table->chooser);
	size_t choice = 0;

	if (chosen == NULL || chosen->kind != NODE_SCALAR)
		return;
	while (table->choices[choice] != NULL && strcmp(table->choices[choice], chosen->text) != 0)
		choice++;
	for (size_t i = 0; table->choices[choice] != NULL && i < table->count; i++) {
		const struct key *key = &table->keys[i];
		uint32_t pair = yaml_tree_pair_index(node, key->name);
		const char *words[32];
		size_t count = 0;

		if (key->models == 0 || (key->models >> choice & 1) != 0 || pair == NODE_NO_PAIR)
			continue;
		for (size_t j = 0; table->choices[j] != NULL; j++) {
			if ((key->models >> j & 1) != 0)
				words[count++] = table->choices[j];
		}
		yaml_tree_error(reading->diagnostics, node->pairs[pair].key, "'%s' with %s '%s', expected it with %s",
				key->name, table->chooser, table->choices[choice],
				join_words_with_or(reading->region, words, count));
	}
}

uint32_t keys_resolve(struct reading *reading, const struct name_table *table, const struct yaml_node *node,
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

/* Reports a key that the table lacks. One that is a key misspelt takes its name from here on, so that it is not missed and
 * its value is checked: there will be no scenario in any case. NULL: nobody knows what it is. */
static const struct key *correct_key(struct reading *reading, const struct yaml_node *map, uint32_t index,
				     const struct key_table *table, const char *where, bool *lacks_dashes)
{
	struct yaml_pair *pair = (struct yaml_pair *)&map->pairs[index];
	const struct yaml_node *key = pair->key;
	const char *meant;
	struct yaml_node *corrected;

	if (is_misplaced_step(table, key->text)) {
		yaml_tree_error(reading->diagnostics, key, "'%s' in '%s' is a step, expected a list of steps, '- %s: ...'",
				key->text, where, key->text);
		*lacks_dashes = true;
		return NULL;
	}
	keys_report_unknown_key(reading, key, key->text, table, where);
	meant = diagnostics_suggest(key->text, key_names(reading->region, table), table->count);
	if (meant == NULL || yaml_tree_pair_index(map, meant) != NODE_NO_PAIR)
		return NULL;
	corrected = region_alloc(reading->region, sizeof(*corrected));
	*corrected = *key;
	corrected->text = meant;
	pair->key = corrected;
	return keys_find(table, meant);
}

bool keys_read(struct reading *reading, const struct yaml_node *node, const struct key_table *table,
	       const char *name, void *target)
{
	bool lacks_dashes = false;

	node = keys_expand(reading->region, node, table);
	for (size_t i = 0; i < table->count; i++) {
		const struct key *key = &table->keys[i];
		void *field = (char *)target + key->offset;
		const char *why;

		set_absent(key, field);
		if (key->initial == NULL || key->kind >= VALUE_DRAWN)
			continue;
		why = scan_scalar(reading, key, key->initial, field);
		assert(why == NULL);
		(void)why;
	}
	if (node->kind != NODE_MAP) {
		yaml_tree_error(reading->diagnostics, node, "%s%s%s%s, expected %s",
				yaml_tree_describe(node, reading->region), name == NULL ? "" : " for '",
				name == NULL ? "" : name, name == NULL ? "" : "'",
				expected_section(reading->region, table));
		return false;
	}
	for (uint32_t i = 0; i < node->count; i++) {
		const struct yaml_pair *pair = &node->pairs[i];
		const struct key *key = keys_find(table, pair->key->text);

		if (key == NULL)
			key = correct_key(reading, node, i, table, name, &lacks_dashes);
		if (key != NULL)
			read_value(reading, key, pair->value, (char *)target + key->offset);
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct key *key = &table->keys[i];

		if (key->is_required && yaml_tree_pair_index(node, key->name) == NODE_NO_PAIR &&
		    !(lacks_dashes && strcmp(key->name, table->list_stands_for) == 0))
			yaml_tree_error(reading->diagnostics, node, "missing key '%s'%s%s%s, expected %s",
					key->name, name == NULL ? "" : " in '", name == NULL ? "" : name,
					name == NULL ? "" : "'", keys_expected(reading->region, key));
	}
	refuse_rivals(reading, node, table);
	refuse_unchosen(reading, node, table);
	return true;
}
