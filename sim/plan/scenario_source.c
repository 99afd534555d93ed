/*
 * scenario_source.c - see scenario_source.h.
 */
#include "sim/plan/scenario_source.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/simulate/simulate.h"

/* A pipe is copied into memory, up to one byte more than a scenario may have: the loader then refuses it by its
 * size. */
static void rewind_standard_input(void)
{
	char buffer[65536];
	size_t total = 0;
	ssize_t count;
	int memory;

	if (lseek(STDIN_FILENO, 0, SEEK_SET) == 0) {
		rewind(stdin);
		return;
	}
	memory = memfd_create("standard input", MFD_CLOEXEC);
	if (memory < 0)
		return;
	while (total <= SCENARIO_MAX_BYTES && (count = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0) {
		if (write(memory, buffer, (size_t)count) != count)
			break;
		total += (size_t)count;
	}
	dup2(memory, STDIN_FILENO);
	close(memory);
	lseek(STDIN_FILENO, 0, SEEK_SET);
	rewind(stdin);
}

static struct scenario *load_standard_input(const struct scenario_options *options, struct region *region,
					    struct diagnostics *diagnostics)
{
	static pthread_mutex_t one_reader = PTHREAD_MUTEX_INITIALIZER;
	jmp_buf failed, *outer = region->unwind;
	struct scenario *volatile scenario = NULL;
	volatile bool has_failed = true;

	pthread_mutex_lock(&one_reader);
	rewind_standard_input();
	region->unwind = &failed;
	if (setjmp(failed) == 0) {
		scenario = scenario_load("-", options, region, diagnostics);
		has_failed = false;
	}
	region->unwind = outer;
	pthread_mutex_unlock(&one_reader);
	if (has_failed)
		region_fail(region);
	return scenario;
}

struct scenario *scenario_read(const char *path, const struct scenario_options *options, struct region *region,
			       struct diagnostics *diagnostics)
{
	struct scenario *scenario = strcmp(path, "-") ? scenario_load(path, options, region, diagnostics)
						      : load_standard_input(options, region, diagnostics);

	for (size_t i = 0; scenario && i < scenario->workload_count; i++)
		simulate_check(&scenario->workloads[i], diagnostics);
	return diagnostics->error_count > 0 ? NULL : scenario;
}

struct scenario *scenario_source_load(const struct scenario_source *source, const char *const *overrides,
				      size_t count, struct region *region, struct diagnostics *diagnostics)
{
	struct scenario_options options = source->options;
	const char **all = region_alloc_array(region, options.override_count + count, sizeof(all[0]));

	for (size_t i = 0; i < options.override_count; i++)
		all[i] = options.overrides[i];
	for (size_t i = 0; i < count; i++)
		all[options.override_count + i] = overrides[i];
	options.overrides = all;
	options.override_count += count;
	options.further_count = count;
	return scenario_read(source->path, &options, region, diagnostics);
}
