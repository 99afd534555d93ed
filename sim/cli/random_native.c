/*
 * random_native.c - see random_native.h.
 *
 * Candidates are drawn until one fits: what a scenario takes, and whether it can be run, is asked of those who know.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create() */
#endif
#include "sim/cli/random_native.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "models/simulate/simulate.h"
#include "sim/native/native.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario_random.h"

/* Seeds of one sequence are so far apart, so that sequences of small seeds have nothing in common. */
#define SEED_STEP 1000000
/* Shorter runs are mostly the harness's own beginning and end. */
#define LEAST_MAKESPAN_S 0.005
#define MOST_MAKESPAN_S 0.5
#define MOST_ROUND_S 1.0
/* A candidate that takes more to simulate is too long in any case. */
#define MOST_EVENTS 2000000

static bool can_be_run(const struct workload *workload)
{
	const struct native_python python = { .version = workload->python.version,
					      .free_threaded_build = workload->python.gil == GIL_OFF };
	const char *why_not;

	/* Without costs it would not be a prediction. */
	return strcmp(workload->machine.profile, "ideal") != 0 && native_can_run(workload, &python, &why_not);
}

static bool fits(const struct scenario *scenario, struct region *region)
{
	double round_s = 0;

	for (size_t i = 0; i < scenario->workload_count; i++) {
		const struct simulate_options options = { .limits = { .events = MOST_EVENTS } };
		struct variant_result result;

		if (!can_be_run(&scenario->workloads[i]))
			return false;
		variant_result_init(&result);
		simulate(&scenario->workloads[i], &options, region, &result);
		if (result.limit_reached || !(result.makespan_s >= LEAST_MAKESPAN_S) ||
		    !(result.makespan_s <= MOST_MAKESPAN_S))
			return false;
		round_s += result.makespan_s;
	}
	return round_s <= MOST_ROUND_S;
}

/* Whether a file that holds this text fits. False: it cannot even be loaded, and why has been told. */
static bool text_fits(const char *text, size_t length, bool *fit)
{
	const struct scenario_options options = { .seed = 1 };
	int descriptor = memfd_create("candidate", MFD_CLOEXEC);
	struct diagnostics diagnostics;
	const struct scenario *scenario = NULL;
	struct region region;

	region_init(&region);
	diagnostics_init(&diagnostics, &region);
	if (descriptor >= 0 && write(descriptor, text, length) == (ssize_t)length && lseek(descriptor, 0, SEEK_SET) == 0)
		scenario = scenario_load(region_format(&region, "/proc/self/fd/%d", descriptor), &options, &region,
					 &diagnostics);
	if (scenario)
		*fit = fits(scenario, &region);
	else
		diagnostics_print(&diagnostics, stderr);
	region_release(&region);
	if (descriptor >= 0)
		close(descriptor);
	return scenario != NULL;
}

bool random_native_print(uint64_t seed, FILE *stream)
{
	bool sound = true, fit = false;

	for (uint64_t candidate = seed; sound && !fit; candidate += SEED_STEP) {
		char *text = NULL;
		size_t length;
		FILE *memory = open_memstream(&text, &length);

		if (!memory)
			abort();
		scenario_random_print(candidate, memory);
		fclose(memory);
		sound = text_fits(text, length, &fit);
		if (fit)
			fwrite(text, 1, length, stream);
		free(text);
	}
	return sound;
}
