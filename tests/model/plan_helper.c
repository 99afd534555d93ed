/*
 * plan_helper.c - see plan_helper.h.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "models/simulate/simulate.h"
#include "tests/model/plan_helper.h"

static struct scenario *load(const struct scenario_source *source, const char *const *overrides, size_t count,
			     struct region *region, struct diagnostics *diagnostics)
{
	const struct plan_file *file = source->context;
	const char **all = region_alloc_array(region, PLAN_SETTINGS_MAX + count, sizeof(all[0]));
	struct scenario_options options = { .overrides = all, .seed = file->seed };
	struct scenario *scenario;

	while (options.override_count < PLAN_SETTINGS_MAX && file->settings[options.override_count]) {
		all[options.override_count] = file->settings[options.override_count];
		options.override_count++;
	}
	for (size_t i = 0; i < count; i++)
		all[options.override_count++] = overrides[i];
	scenario = scenario_load(file->path, &options, region, diagnostics);
	for (size_t i = 0; scenario && i < scenario->workload_count; i++)
		simulate_check(&scenario->workloads[i], diagnostics);
	return diagnostics->error_count > 0 ? NULL : scenario;
}

struct scenario_source plan_source(const struct plan_file *file)
{
	return (struct scenario_source){ load, file };
}

struct scenario *plan_base(const struct scenario_source *source, struct region *region)
{
	struct diagnostics diagnostics;
	struct scenario *base;

	diagnostics_init(&diagnostics, region);
	base = source->load(source, NULL, 0, region, &diagnostics);
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
