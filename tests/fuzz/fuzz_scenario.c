/*
 * fuzz_scenario.c - scenario files: checked, compiled, and run within small limits.
 */
#include <unistd.h>

#include "models/simulate/simulate.h"
#include "sim/scenario/scenario.h"
#include "tests/fuzz/fuzz.h"

#define MAX_EVENTS 20000
#define MAX_MEMORY_BYTES ((size_t)64 << 20)

/* The descriptor must be closed here, also when the region is used up in between. */
static struct scenario *load(struct region *region, const uint8_t *data, size_t size)
{
	const struct scenario_options options = { .seed = 1, .profile = "ideal" };
	struct diagnostics diagnostics;
	jmp_buf full, *outer = region->unwind;
	struct scenario *scenario;
	char path[64];
	int descriptor = fuzz_file(data, size, path);

	region->unwind = &full;
	if (setjmp(full)) {
		close(descriptor);
		region->unwind = outer;
		region_fail(region);
	}
	diagnostics_init(&diagnostics, region);
	scenario = scenario_load(path, &options, region, &diagnostics);
	for (size_t i = 0; scenario && i < scenario->workload_count; i++)
		simulate_check(&scenario->workloads[i], &diagnostics);
	close(descriptor);
	region->unwind = outer;
	return diagnostics.error_count == 0 ? scenario : NULL;
}

static void check(struct region *region, const uint8_t *data, size_t size)
{
	load(region, data, size);
}

static void run(struct region *region, const uint8_t *data, size_t size)
{
	const struct simulate_options options = { .limits = { MAX_EVENTS, MAX_MEMORY_BYTES } };
	const struct scenario *scenario = load(region, data, size);

	for (size_t i = 0; scenario && i < scenario->workload_count && i < 8; i++) {
		struct variant_result result;

		simulate(&scenario->workloads[i], &options, region, &result);
	}
}

void fuzz_scenario(const uint8_t *data, size_t size)
{
	fuzz_in_region(check, data, size);
}

void fuzz_run(const uint8_t *data, size_t size)
{
	fuzz_in_region(run, data, size);
}
