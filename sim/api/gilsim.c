/*
 * gilsim.c - see gilsim.h.
 *
 * Two regions: the scenario's, and the last run's, which goes when it is run again. An allocation that fails comes back
 * to the function that was called.
 */
#include "sim/api/gilsim.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/plan/evaluate.h"

struct gilsim {
	struct region region, run_region;
	struct scenario *scenario;
	struct simulate_limits limits;
	struct results results;
	bool has_results;
};

/* The messages as one text, in memory that the caller frees. */
static char *print_messages(const struct diagnostics *diagnostics)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return NULL;
	diagnostics_print(diagnostics, stream);
	fclose(stream);
	return text;
}

/* The texts of the options outlive the call: copies. */
static struct scenario_options copy_options(const struct gilsim_options *given, struct region *region)
{
	const char **overrides = region_alloc_array(region, given->override_count, sizeof(overrides[0]));

	for (size_t i = 0; i < given->override_count; i++)
		overrides[i] = region_strdup(region, given->overrides[i]);
	return (struct scenario_options){
		.overrides = overrides,
		.override_count = given->override_count,
		.profile = given->profile ? region_strdup(region, given->profile) : NULL,
		.seed = given->seed > 0 ? given->seed : 1,
	};
}

static void load(struct gilsim *gilsim, const char *path, const struct gilsim_options *given, char **messages)
{
	struct region *region = &gilsim->region;
	struct scenario_options options = copy_options(given, region);
	struct diagnostics diagnostics;

	diagnostics_init(&diagnostics, region);
	gilsim->scenario = scenario_load(region_strdup(region, path), &options, region, &diagnostics);
	for (size_t i = 0; gilsim->scenario && i < gilsim->scenario->workload_count; i++)
		simulate_check(&gilsim->scenario->workloads[i], &diagnostics);
	if (diagnostics.error_count > 0)
		gilsim->scenario = NULL;
	*messages = print_messages(&diagnostics);
}

/* The same; what fails half-way leaves no scenario. */
static void try_to_load(struct gilsim *gilsim, const char *path, const struct gilsim_options *given, char **messages)
{
	jmp_buf failed;

	gilsim->region.unwind = &failed;
	if (setjmp(failed) == 0)
		load(gilsim, path, given, messages);
	gilsim->region.unwind = NULL;
}

struct gilsim *gilsim_load(const char *path, const struct gilsim_options *options, char **messages)
{
	static const struct gilsim_options none = { .seed = 1 };
	struct gilsim *gilsim = calloc(1, sizeof(*gilsim));
	gsl_error_handler_t *handler = gsl_set_error_handler_off();

	*messages = NULL;
	if (gilsim) {
		region_init(&gilsim->region);
		region_init(&gilsim->run_region);
		try_to_load(gilsim, path, options ? options : &none, messages);
		if (options)
			gilsim->limits = (struct simulate_limits){ options->max_events, options->max_memory_bytes };
	}
	gsl_set_error_handler(handler);
	if (gilsim && gilsim->scenario)
		return gilsim;
	gilsim_free(gilsim);
	if (!*messages)
		*messages = strdup("gilsim: out of memory\n");
	return NULL;
}

void gilsim_free(struct gilsim *gilsim)
{
	if (!gilsim)
		return;
	region_release(&gilsim->run_region);
	region_release(&gilsim->region);
	free(gilsim);
}

size_t gilsim_variant_count(const struct gilsim *gilsim)
{
	return gilsim->scenario->workload_count;
}

const char *gilsim_variant_name(const struct gilsim *gilsim, size_t variant)
{
	return variant < gilsim->scenario->workload_count ? gilsim->scenario->workloads[variant].variant : NULL;
}

int gilsim_run(struct gilsim *gilsim, size_t replications)
{
	const struct evaluation evaluation = { .replications = replications > 0 ? replications : 1,
					       .jobs = 1, /* threads are the program's to start */
					       .limits = gilsim->limits };
	gsl_error_handler_t *handler = gsl_set_error_handler_off();
	jmp_buf failed;

	region_release(&gilsim->run_region);
	gilsim->has_results = false;
	gilsim->run_region.unwind = &failed;
	if (setjmp(failed) == 0) {
		gilsim->results = evaluate(gilsim->scenario, &evaluation, &gilsim->run_region);
		gilsim->has_results = true;
	}
	gilsim->run_region.unwind = NULL;
	gsl_set_error_handler(handler);
	return gilsim->has_results ? 0 : -1;
}

double gilsim_metric(const struct gilsim *gilsim, size_t variant, const char *metric)
{
	if (!gilsim->has_results || variant >= gilsim->results.variant_count)
		return NAN;
	return variant_result_metric(&gilsim->results.variants[variant], metric);
}

char *gilsim_json(const struct gilsim *gilsim)
{
	char *text = NULL;
	size_t length;
	FILE *stream = gilsim->has_results ? open_memstream(&text, &length) : NULL;
	bool printed;

	if (!stream)
		return NULL;
	printed = results_print_json(&gilsim->results, 1, stream);
	if (fclose(stream) == 0 && printed)
		return text;
	free(text);
	return NULL;
}
