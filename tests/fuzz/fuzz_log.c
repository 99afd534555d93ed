/*
 * fuzz_log.c - files of data that a scenario names: logs of arrivals and empirical distributions. The first byte says as
 * which the rest is read.
 */
#include <string.h>
#include <unistd.h>

#include "sim/scenario/scenario.h"
#include "tests/fuzz/fuzz.h"

#define LOG_OF "machine: {profile: ideal, cores: 1}\n" \
	       "tasks: {page: [{io: 1ms}], search: [{python: 1ms}]}\n" \
	       "run: {task: page, arrivals: {log: {file: %s%s}}}\n" \
	       "variants: {v: {model: thread_pool, workers: 2}}\n"

#define EMPIRICAL_OF "machine: {profile: ideal, cores: 1}\n" \
		     "tasks: {page: [{io: empirical(%s)}]}\n" \
		     "run: {task: page, count: 1}\n" \
		     "variants: {v: {model: sequential}}\n"

/* The scenario that names the file at `path`, as a file of its own. */
static int scenario_of(struct region *region, uint8_t kind, const char *path, char scenario_path[64])
{
	const char *text;

	switch (kind) {
	case 'e':
		text = region_format(region, EMPIRICAL_OF, path);
		break;
	case 'c': /* the class is a task's name */
		text = region_format(region, LOG_OF, path, ", time: at, class: what");
		break;
	case 'p': /* a path's beginning says which task */
		text = region_format(region, LOG_OF, path, ", tasks: {/search: search, /: page}");
		break;
	default:
		text = region_format(region, LOG_OF, path, ", speed: 3");
		break;
	}
	return fuzz_file((const uint8_t *)text, strlen(text), scenario_path);
}

static void read_log(struct region *region, const uint8_t *data, size_t size)
{
	const struct scenario_options options = { .seed = 1 };
	struct diagnostics diagnostics;
	jmp_buf full, *outer = region->unwind;
	char log_path[64], scenario_path[64];
	int log, scenario;

	if (size == 0)
		return;
	log = fuzz_file(data + 1, size - 1, log_path);
	scenario = scenario_of(region, data[0], log_path, scenario_path);
	region->unwind = &full;
	if (setjmp(full) == 0) {
		diagnostics_init(&diagnostics, region);
		scenario_load(scenario_path, &options, region, &diagnostics);
	}
	region->unwind = outer;
	close(scenario);
	close(log);
}

void fuzz_log(const uint8_t *data, size_t size)
{
	fuzz_in_region(read_log, data, size);
}
