/*
 * plan_helper.c - see plan_helper.h.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/model/plan_helper.h"

struct scenario_source plan_source(const struct plan_file *file)
{
	struct scenario_source source = { file->path, { .overrides = file->settings, .seed = file->seed } };

	while (source.options.override_count < PLAN_SETTINGS_MAX && file->settings[source.options.override_count])
		source.options.override_count++;
	return source;
}

struct scenario *plan_base(const struct scenario_source *source, struct region *region)
{
	struct diagnostics diagnostics;
	struct scenario *base;

	diagnostics_init(&diagnostics, region);
	base = scenario_source_load(source, NULL, 0, region, &diagnostics);
	if (!base)
		diagnostics_print(&diagnostics, stderr);
	cr_assert(base != NULL);
	return base;
}

const char *plan_text_file(const char *text, struct region *region)
{
	char *path = region_strdup(region, "/tmp/gilsim-test-plan-XXXXXX.yaml");
	int descriptor = mkstemps(path, 5);
	FILE *stream;

	cr_assert(descriptor >= 0);
	stream = fdopen(descriptor, "w");
	fputs(text, stream);
	fclose(stream);
	return path;
}

void plan_text_remove(const char *path)
{
	unlink(path);
}
