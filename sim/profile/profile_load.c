/*
 * profile_load.c - profiles by name: built in, shipped, or the user's own.
 */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/profile/profile.h"
#include "sim/profile/profile_files.h"

#ifndef DATADIR
#error "DATADIR is the folder where `make install` puts the scenarios"
#endif

static bool holds_profiles(struct region *region, const char *folder)
{
	return access(region_format(region, "%s/machines", folder), R_OK | X_OK) == 0;
}

/*
 * Beside the executable: in a source tree it lies in build/ or up to three folders below, in an
 * installed one in bin/, so the first of its parents that has a scenarios/machines or a
 * share/gilsim/scenarios/machines is meant. That finds an installation that was moved, too.
 */
static const char *beside_executable(struct region *region)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length <= 0)
		return NULL;
	path[length] = '\0';
	for (int level = 0; level < 5; level++) {
		static const char *const places[] = { "scenarios", "share/gilsim/scenarios" };
		char *slash = strrchr(path, '/');

		if (!slash)
			return NULL;
		*slash = '\0';
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			const char *folder = region_format(region, "%s/%s", path, places[i]);

			if (holds_profiles(region, folder))
				return folder;
		}
	}
	return NULL;
}

const char *profile_data_directory(struct region *region)
{
	const char *set = getenv("GILSIM_DATA");
	const char *found;

	if (set && *set)
		return region_strdup(region, set);
	found = beside_executable(region);
	return found ? found : DATADIR;
}

const char *profile_cache_directory(struct region *region)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	/* The XDG specification has relative paths ignored. */
	if (cache && cache[0] == '/')
		return region_format(region, "%s/gilsim/profiles", cache);
	return home && *home ? region_format(region, "%s/.cache/gilsim/profiles", home) : NULL;
}

struct name_list {
	const char **names;
	size_t count, capacity;
};

static void list_add(struct name_list *list, struct region *region, const char *name)
{
	list->names = region_grow(region, list->names, list->count, &list->capacity, sizeof(list->names[0]));
	list->names[list->count++] = name;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds the profiles of one folder, sorted; none when it cannot be read. */
static void list_folder(struct name_list *list, struct region *region, const char *folder)
{
	DIR *directory = opendir(folder);
	size_t first = list->count;
	const struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		size_t length = strlen(entry->d_name);

		if (length > 5 && entry->d_name[0] != '.' && !strcmp(entry->d_name + length - 5, ".yaml"))
			list_add(list, region, region_strndup(region, entry->d_name, length - 5));
	}
	closedir(directory);
	if (list->count > first)
		qsort(list->names + first, list->count - first, sizeof(list->names[0]), by_name);
}

const char *const *profile_list(struct region *region, size_t *count)
{
	struct name_list list = { 0 };
	const char *cache = profile_cache_directory(region);

	list_add(&list, region, "ideal");
	list_folder(&list, region, region_format(region, "%s/machines", profile_data_directory(region)));
	if (cache)
		list_folder(&list, region, cache);
	*count = list.count;
	return list.names;
}

/* Every cost as its row says, for every Python that the models know. */
static struct profile *ideal_profile(struct region *region)
{
	static const struct {
		const char *version;
		bool gil;
	} builds[] = { { "3.8", true },	 { "3.9", true },  { "3.10", true },  { "3.11", true }, { "3.12", true },
		       { "3.13", true }, { "3.14", true }, { "3.13", false }, { "3.14", false } };
	struct profile *profile = profile_new("ideal", region);

	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++)
		profile_add_python(profile, region, builds[i].version, builds[i].gil);
	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		struct profile_value value = { .value = cost_infos[cost].ideal,
					       .provenance = PROVENANCE_SYSTEM,
					       .note = "by definition" };

		if (cost_infos[cost].scope == SCOPE_MACHINE)
			profile->values[cost] = value;
		for (size_t i = 0; cost_infos[cost].scope == SCOPE_PYTHON && i < profile->python_count; i++)
			profile->pythons[i].values[cost] = value;
	}
	return profile;
}

static bool is_path(const char *name)
{
	size_t length = strlen(name);

	return strchr(name, '/') || (length > 5 && !strcmp(name + length - 5, ".yaml"));
}

struct profile *profile_load(const char *name, struct region *region, struct diagnostics *diagnostics)
{
	const char *folders[2];
	const char *const *known;
	size_t known_count;
	const char *near;

	if (is_path(name))
		return profile_read(name, region, diagnostics);
	if (!strcmp(name, "ideal"))
		return ideal_profile(region);
	folders[0] = region_format(region, "%s/machines", profile_data_directory(region));
	folders[1] = profile_cache_directory(region);
	for (size_t i = 0; i < 2; i++) {
		const char *path = folders[i] ? region_format(region, "%s/%s.yaml", folders[i], name) : NULL;

		if (path && access(path, F_OK) == 0)
			return profile_read(path, region, diagnostics);
	}
	known = profile_list(region, &known_count);
	near = diagnostics_suggest(name, known, known_count);
	if (near)
		diagnostics_error(diagnostics, NULL, 0, 0, "unknown profile '%s', did you mean '%s'?", name, near);
	else
		diagnostics_error(diagnostics, NULL, 0, 0,
				  "unknown profile '%s', expected a path or one that `gilsim list profiles` names", name);
	return NULL;
}
