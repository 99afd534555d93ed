/*
 * cmd_list.c - `gilsim list`: what scenarios, profiles and steps there are.
 */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/list_keys.h"
#include "sim/profile/profile.h"
#include "sim/profile/profile_files.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"
#include "sim/scenario/scenario_keys.h"

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	const char **what = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*what)
		argp_error(state, "one list at a time, or none for all");
	*what = text;
	return 0;
}

static const struct argp list_argp = {
	.parser = parse_option,
	.args_doc = "[scenarios|templates|profiles|models|resources|metrics|steps|STEP|SECTION]",
	.doc = "Name the shipped scenarios and templates, the machine profiles, and what scenarios are made of; of a step or a "
	       "section of a scenario, its keys.\v"
	       "Examples:\n  gilsim list steps\n  gilsim list write\n  gilsim list arrivals",
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

/* What fits beside a path: whole words, and dots where there are more. */
#define ABOUT_MOST_BYTES 90

static const char *beginning(const char *text, struct region *region)
{
	size_t length = strnlen(text, ABOUT_MOST_BYTES + 1);

	if (length <= ABOUT_MOST_BYTES)
		return text;
	while (length > 0 && text[length] != ' ')
		length--;
	return region_format(region, "%.*s ...", (int)length, text);
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
		text_table_cell(&table, "%s", scenario && scenario->about ? beginning(scenario->about, region) : "");
	}
	text_table_print(&table, false, stdout);
}

/* "3.8 3.9 3.13t": the interpreters that it has costs of. */
static const char *pythons_of(const struct profile *profile, struct region *region)
{
	const char *text = "";

	for (size_t i = 0; i < profile->python_count; i++)
		text = region_format(region, "%s%s%s%s", text, i > 0 ? " " : "", profile->pythons[i].version,
				     profile->pythons[i].gil ? "" : "t");
	return text;
}

/* The first of what is wrong with a profile, and where. */
static const char *why_unreadable(const struct diagnostics *diagnostics, struct region *region)
{
	const struct diagnostic *first = &diagnostics->items[0];
	const char *more = diagnostics->count > 1 ? region_format(region, ", and %zu more", diagnostics->count - 1) : "";

	return region_format(region, "cannot be used: %s:%d: %s%s", first->file ? first->file : "", first->line, first->text, more);
}

static const char *about_profile(const char *name, struct region *region)
{
	struct diagnostics unheard;
	const struct profile *profile;

	if (!strcmp(name, "ideal"))
		return "everything but the scenario's own durations takes no time";
	diagnostics_init(&unheard, region);
	profile = profile_load(name, region, &unheard);
	if (!profile)
		return why_unreadable(&unheard, region);
	return region_format(region, "%s, %d core%s, Linux %s; Python %s", profile->cpu ? profile->cpu : "some processor",
			     profile->cores, profile->cores == 1 ? "" : "s", profile->kernel ? profile->kernel : "of some kind",
			     pythons_of(profile, region));
}

static void list_profiles(struct region *region)
{
	size_t count;
	const char *const *names = profile_list(region, &count);
	struct text_table table;

	text_table_init(&table, region, "ll");
	text_table_cell(&table, "profile");
	text_table_cell(&table, "of");
	for (size_t i = 0; i < count; i++) {
		text_table_cell(&table, "%s", names[i]);
		text_table_cell(&table, "%s", about_profile(names[i], region));
	}
	text_table_print(&table, false, stdout);
	printf("\nshipped ones are in %s/machines\n", profile_data_directory(region));
	if (profile_cache_directory(region))
		printf("what was calibrated here is in %s\n", profile_cache_directory(region));
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

static void list_names(const char *heading, const char *const *names, const char *const *meanings, size_t count,
		       struct region *region)
{
	struct text_table table;

	text_table_init(&table, region, "ll");
	text_table_cell(&table, "%s", heading);
	text_table_cell(&table, "meaning");
	for (size_t i = 0; i < count; i++) {
		text_table_cell(&table, "%s", names[i]);
		text_table_cell(&table, "%s", meanings[i]);
	}
	text_table_print(&table, false, stdout);
}

static void list_models(struct region *region)
{
	static const char *const meanings[MODEL_KIND_COUNT] = {
		[MODEL_SEQUENTIAL] = "One task after the other, in the main thread.",
		[MODEL_THREADS] = "A threading.Thread for each task.",
		[MODEL_THREAD_POOL] = "concurrent.futures.ThreadPoolExecutor.",
		[MODEL_PROCESSES] = "A multiprocessing.Process for each task; with 'each', some that share them out.",
		[MODEL_POOL] = "multiprocessing.Pool, with its rule for chunks.",
		[MODEL_PROCESS_POOL] = "concurrent.futures.ProcessPoolExecutor.",
		[MODEL_INTERPRETER_POOL] = "concurrent.futures.InterpreterPoolExecutor, a GIL for each worker.",
		[MODEL_ASYNCIO] = "One gather() of all tasks, or a task for each arrival, in one event loop.",
		[MODEL_PROGRAM] = "The task 'main', which starts the others.",
		[MODEL_SERVER] = "Worker processes that accept connections, each serving by the model 'each'.",
	};

	list_names("model", model_names, meanings, MODEL_KIND_COUNT, region);
}

static void list_resources(struct region *region)
{
	static const char *const meanings[RESOURCE_KIND_COUNT] = {
		[RESOURCE_LOCK] = "A lock: threading's, multiprocessing's or asyncio's, by who uses it.",
		[RESOURCE_RLOCK] = "A lock that its owner may take again.",
		[RESOURCE_CONDITION] = "A condition with a lock of its own.",
		[RESOURCE_SEMAPHORE] = "A semaphore of a 'value'.",
		[RESOURCE_BOUNDED_SEMAPHORE] = "A semaphore that cannot be released above its 'value'.",
		[RESOURCE_EVENT] = "An event: set, cleared, waited for.",
		[RESOURCE_BARRIER] = "A barrier of so many 'parties'.",
		[RESOURCE_QUEUE] = "A queue, first in, first out, of a 'size' or without a bound.",
		[RESOURCE_LIFO_QUEUE] = "A queue, last in, first out.",
		[RESOURCE_PRIORITY_QUEUE] = "A queue from which the least priority comes first.",
		[RESOURCE_SIMPLE_QUEUE] = "queue.SimpleQueue, or multiprocessing's.",
		[RESOURCE_PIPE] = "multiprocessing.Pipe(duplex=False).",
		[RESOURCE_VARIABLE] = "An integer that tasks share; lost updates are counted.",
		[RESOURCE_ARRAY] = "So many integers that tasks share.",
		[RESOURCE_MANAGER] = "A value or list in a multiprocessing.Manager's server.",
		[RESOURCE_SHARED_MEMORY] = "multiprocessing.shared_memory.",
		[RESOURCE_SERVICE] = "A server outside, with slots and a time, that takes none of the cores.",
		[RESOURCE_LISTENER] = "A listening socket, with a backlog.",
		[RESOURCE_LIMITER] = "anyio.CapacityLimiter, as ASGI servers limit their threads.",
		[RESOURCE_THREAD_POOL] = "A ThreadPoolExecutor to submit to.",
		[RESOURCE_PROCESS_POOL] = "A ProcessPoolExecutor to submit to.",
		[RESOURCE_INTERPRETER_POOL] = "An InterpreterPoolExecutor to submit to.",
		[RESOURCE_POOL] = "A multiprocessing.Pool to submit to.",
	};

	list_names("resource", resource_names, meanings, RESOURCE_KIND_COUNT, region);
}

/* What --metric, --slo and expect: name. */
static void list_metrics(struct region *region)
{
	struct text_table table;
	size_t count = 0;

	text_table_init(&table, region, "ll");
	text_table_cell(&table, "metric");
	text_table_cell(&table, "unit");
	for (; metric_names[count] != NULL; count++) {
		char unit = 'c';

		results_metric_exists(metric_names[count], &unit);
		text_table_cell(&table, "%s", metric_names[count]);
		text_table_cell(&table, "%s", unit == 's'   ? "a time, such as 20ms"
					      : unit == 'b' ? "a size, such as 64MiB"
					      : unit == '/' ? "a rate, such as 120/s"
					      : unit == 'r' ? "a ratio"
							    : "a count");
	}
	text_table_print(&table, false, stdout);
}

static const struct {
	const char *kind;
	void (*print)(struct region *region);
} lists[] = {
	{ "scenarios", list_scenarios }, { "templates", list_templates }, { "profiles", list_profiles },
	{ "models", list_models },	 { "resources", list_resources }, { "metrics", list_metrics },
	{ "steps", list_steps },
};

/* The list of this name (NULL: all); false when there is none. */
static bool print_lists(const char *kind, struct region *region)
{
	size_t printed = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (kind && strcmp(kind, lists[i].kind) != 0)
			continue;
		if (printed++ > 0)
			putchar('\n');
		lists[i].print(region);
	}
	return printed > 0;
}

int cmd_list(int argc, char **argv)
{
	const char *what = NULL;
	struct region region;
	bool known, described;

	argp_parse(&list_argp, argc, argv, 0, NULL, &what);
	region_init(&region);
	known = print_lists(what, &region);
	/* `resources` is a list of kinds, and a section with keys. */
	if (what && known && list_keys_is_section(what))
		putchar('\n');
	described = what && list_keys(what, &region);
	if (!known && !described)
		fprintf(stderr,
			"gilsim: '%s' cannot be listed, expected scenarios, templates, profiles, models, resources, metrics or steps; the name "
			"of a step; or a section: %s\n",
			what, list_keys_sections(&region));
	region_release(&region);
	if (!stream_finish(stdout))
		return output_failed(NULL);
	return known || described ? STATUS_DONE : STATUS_BAD_INPUT;
}
