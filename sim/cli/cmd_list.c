/*
 * cmd_list.c - `gilsim list`: what scenarios, profiles and steps there are.
 */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/profile/profile_files.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"
#include "sim/scenario/scenario_keys.h"

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	static const char *const kinds[] = { "scenarios", "templates", "profiles", "models", "resources", "steps" };
	const char **kind = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*kind)
		argp_error(state, "one kind at a time, or none for all");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(text, kinds[i]))
			*kind = kinds[i];
	if (!*kind)
		argp_error(state, "'%s' cannot be listed, expected scenarios, templates, profiles, models, resources or steps", text);
	return 0;
}

static const struct argp list_argp = {
	.parser = parse_option,
	.args_doc = "[scenarios|templates|profiles|models|resources|steps]",
	.doc = "Name the shipped scenarios and templates, the machine profiles, and what scenarios are made of.\v"
	       "Example:\n  gilsim list steps",
};

/* nftw() has no place for a context of its own. */
static struct {
	struct text_list *list;
	struct region *region;
} walk;

static int add_scenario(const char *path, const struct stat *status, int kind, struct FTW *position)
{
	size_t length = strlen(path);

	(void)status;
	(void)position;
	if (kind == FTW_F && length > 5 && !strcmp(path + length - 5, ".yaml") && !strstr(path, "/machines/") && !strstr(path, "/templates/"))
		text_list_add(walk.list, walk.region, region_strdup(walk.region, path));
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The path from here, if the file lies below the current folder. */
static const char *shortened(const char *path, struct region *region)
{
	char *here = getcwd(NULL, 0);
	size_t length = here ? strlen(here) : 0;
	bool below = length > 1 && !strncmp(path, here, length) && path[length] == '/';

	free(here);
	return region_strdup(region, below ? path + length + 1 : path);
}

static void list_scenarios(struct region *region)
{
	const struct scenario_options options = { .seed = 1 };
	struct text_list paths = { 0 };
	struct text_table table;

	walk.list = &paths;
	walk.region = region;
	nftw(profile_data_directory(region), add_scenario, 8, FTW_PHYS);
	if (paths.count > 0)
		qsort(paths.items, paths.count, sizeof(paths.items[0]), by_path);
	text_table_init(&table, region, "ll");
	text_table_cell(&table, "scenario");
	text_table_cell(&table, "about");
	for (size_t i = 0; i < paths.count; i++) {
		struct diagnostics
			unheard; /* `gilsim check` says what is wrong with a file; here it is only named */
		const struct scenario *scenario;

		diagnostics_init(&unheard, region);
		scenario = scenario_load(paths.items[i], &options, region, &unheard);
		text_table_cell(&table, "%s", shortened(paths.items[i], region));
		text_table_cell(&table, "%s", scenario && scenario->about ? scenario->about : "");
	}
	text_table_print(&table, false, stdout);
}

static void list_profiles(struct region *region)
{
	size_t count;
	const char *const *names = profile_list(region, &count);

	puts("  profile");
	for (size_t i = 0; i < count; i++)
		printf("  %s\n", names[i]);
}

static void list_steps(struct region *region)
{
	struct text_table table;

	text_table_init(&table, region, "ll");
	text_table_cell(&table, "step");
	text_table_cell(&table, "meaning");
	for (size_t kind = 0; kind < STEP_KIND_COUNT; kind++) {
		const struct key *key;

		if (!step_forms[kind].table)
			continue; /* a part of another step */
		key = &step_forms[kind].table->keys[0];
		text_table_cell(&table, "%s", key->name);
		text_table_cell(&table, "%s", key->help);
	}
	text_table_print(&table, false, stdout);
}

static void list_words(const char *heading, const char *const *words)
{
	printf("  %s\n", heading);
	for (; *words; words++)
		printf("  %s\n", *words);
}

static void list_models(struct region *region)
{
	(void)region;
	list_words("model", model_names);
}

static void list_resources(struct region *region)
{
	(void)region;
	list_words("resource", resource_names);
}

int cmd_list(int argc, char **argv)
{
	static const struct {
		const char *kind;
		void (*print)(struct region *region);
	} lists[] = {
		{ "scenarios", list_scenarios }, { "templates", list_templates }, { "profiles", list_profiles },
		{ "models", list_models },	 { "resources", list_resources }, { "steps", list_steps },
	};
	const char *kind = NULL;
	struct region region;
	bool is_first = true;

	argp_parse(&list_argp, argc, argv, 0, NULL, &kind);
	region_init(&region);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (kind && strcmp(kind, lists[i].kind) != 0)
			continue;
		if (!is_first)
			putchar('\n');
		is_first = false;
		lists[i].print(&region);
	}
	region_release(&region);
	return stream_finish(stdout) ? STATUS_DONE : output_failed(NULL);
}
