/*
 * list_keys.c - see list_keys.h; from the same tables that check a scenario.
 */
#include "sim/cli/list_keys.h"

#include <stdio.h>
#include <string.h>

#include "sim/results/text_table.h"
#include "sim/scenario/scenario_keys.h"

static const struct section {
	const char *name, *meaning;
	const struct key_table *table;
} sections[] = {
	{ "scenario", "A scenario file.", &file_table },
	{ "machine", "What it runs on.", &machine_table },
	{ "python", "What it runs under.", &python_table },
	{ "imports", "Of 'python': what importing its modules takes.", &imports_table },
	{ "resources", "What tasks share, each under a name.", &resource_table },
	{ "tasks", "What is done, each under a name; mostly just its list of steps.", &task_table },
	{ "run", "How often the work is done, by whom, when.", &run_table },
	{ "arrivals", "Of 'run': an open load.", &arrivals_table },
	{ "log", "Of 'arrivals': what has happened.", &log_table },
	{ "variants", "The ways to run it, each under a name.", &variant_table },
	{ "each", "Of a variant: what each of its processes does.", &each_table },
};

const char *list_keys_sections(struct region *region)
{
	const size_t count = sizeof(sections) / sizeof(sections[0]);
	const char *text = sections[0].name;

	for (size_t i = 1; i < count; i++)
		text = region_format(region, "%s%s%s", text, i + 1 < count ? ", " : " or ", sections[i].name);
	return text;
}

/* What a key takes, in a few words: the keys of a section have a page of their own. */
static const char *taken(const struct key *key, struct region *region)
{
	if (key->kind == VALUE_SECTION)
		return "a map";
	if (key->kind == VALUE_SECTIONS)
		return "a map of names";
	return keys_expected(region, key);
}

/* "; only of pool, process_pool": whose key it is, if not everyone's. */
static const char *takers(const struct key_table *table, const struct key *key, struct region *region)
{
	const char *text = "";

	for (uint32_t i = 0; key->models != 0 && table->choices[i] && i < 32; i++)
		if (key->models & UINT32_C(1) << i)
			text = region_format(region, "%s%s%s", text, *text ? ", " : "; only of ", table->choices[i]);
	return text;
}

/* Two lines a key: what it means; what it takes, where. */
static void add_keys(struct text_table *rows, const struct key_table *table, size_t first, const char *prefix)
{
	struct region *region = rows->region;

	for (size_t i = first; i < table->count; i++) {
		const struct key *key = &table->keys[i];
		const char *initial = key->is_required		     ? " (required)"
				      : key->initial && *key->initial ? region_format(region, " (default %s)", key->initial)
								      : "";

		text_table_cell(rows, "%s%s", prefix, key->name);
		text_table_cell(rows, "%s%s", key->help, initial);
		text_table_cell(rows, "%s", "");
		text_table_cell(rows, "    %s%s", taken(key, region), takers(table, key, region));
	}
}

static void print_shorthand(const struct key_table *table)
{
	if (table->scalar_stands_for)
		printf("A value alone stands for its '%s'.\n", table->scalar_stands_for);
	if (table->list_stands_for)
		printf("A list alone stands for its '%s'.\n", table->list_stands_for);
}

static void init_rows(struct text_table *rows, struct region *region)
{
	text_table_init(rows, region, "ll");
	text_table_cell(rows, "key");
	text_table_cell(rows, "meaning, and what it takes");
}

static void print_section(const struct section *section, struct region *region)
{
	struct text_table rows;

	printf("%s: %s\n", section->name, section->meaning);
	print_shorthand(section->table);
	init_rows(&rows, region);
	add_keys(&rows, section->table, 0, "");
	text_table_print(&rows, false, stdout);
}

/* "to: ..., value: ...": the required ones. */
static const char *required_keys(const struct key_table *table, size_t first, struct region *region)
{
	const char *text = "";

	for (size_t i = first; i < table->count; i++)
		if (table->keys[i].is_required)
			text = region_format(region, "%s%s%s: %s", text, *text ? ", " : "", table->keys[i].name,
					     table->keys[i].kind == VALUE_STEPS ? "[...]" : "...");
	return text;
}

/* The least that one writes: "- write: {to: ..., value: ...}". */
static void print_form(const struct key_table *table, struct region *region)
{
	const struct key *named = &table->keys[0];
	const char *beside = required_keys(table, 1, region), *inside;

	if (named->kind == VALUE_SECTION) {
		inside = required_keys(named->table, 0, region);
		printf("  - %s: {%s}", named->name, *inside ? inside : "...");
	} else {
		const char *value = named->kind == VALUE_STEPS ? "[...]" : named->kind == VALUE_NOTHING ? "" : "...";

		printf("  - %s: %s", named->name, value);
	}
	printf("%s%s\n", *beside ? "\n    " : "", beside);
}

static void print_step(const struct key_table *table, struct region *region)
{
	const struct key *named = &table->keys[0];
	struct text_table rows;

	printf("%s: %s\n", named->name, named->help);
	print_form(table, region);
	if (named->kind != VALUE_SECTION) {
		printf("It takes %s.\n", keys_expected(region, named));
		if (table->count == 1)
			return;
	} else {
		print_shorthand(named->table);
	}
	init_rows(&rows, region);
	if (named->kind == VALUE_SECTION)
		add_keys(&rows, named->table, 0, region_format(region, "%s.", named->name));
	add_keys(&rows, table, 1, "");
	text_table_print(&rows, false, stdout);
}

static const struct section *section_of(const char *name)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strcmp(sections[i].name, name) == 0)
			return &sections[i];
	return NULL;
}

bool list_keys_is_section(const char *name)
{
	return section_of(name) != NULL;
}

bool list_keys(const char *name, struct region *region)
{
	const struct step_form *form = keys_step_form_of_name(name);
	const struct section *section = section_of(name);

	if (section)
		print_section(section, region);
	/* `run` is both. */
	if (form && section)
		putchar('\n');
	if (form)
		print_step(form->table, region);
	return form || section;
}
