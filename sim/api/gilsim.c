/*
 * gilsim.c - see gilsim.h: loading, and what is known before anything was run.
 */
#include "sim/api/gilsim.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/api/handle.h"

static const char *const *copy_texts(const char *const *texts, size_t count, struct region *region)
{
	const char **copies = region_alloc_array(region, count, sizeof(copies[0]));

	for (size_t i = 0; i < count; i++)
		copies[i] = region_strdup(region, texts[i]);
	return copies;
}

/* The texts of the options outlive the call: copies. */
static struct scenario_options copy_options(const struct gilsim_options *given, struct region *region)
{
	return (struct scenario_options){
		.overrides = copy_texts(given->overrides, given->override_count, region),
		.override_count = given->override_count,
		.variants = copy_texts(given->variants, given->variant_count, region),
		.variant_count = given->variant_count,
		.profile = given->profile ? region_strdup(region, given->profile) : NULL,
		.seed = given->seed ? *given->seed : 1,
	};
}

static bool load(struct gilsim *gilsim, const char *path, const struct gilsim_options *given, FILE *messages)
{
	struct region *region = &gilsim->region;
	struct diagnostics diagnostics;

	gilsim->source = (struct scenario_source){ region_strdup(region, path), copy_options(given, region) };
	diagnostics_init(&diagnostics, region);
	gilsim->scenario = scenario_read(gilsim->source.path, &gilsim->source.options, region, &diagnostics);
	diagnostics_print(&diagnostics, messages);
	return gilsim->scenario &&
	       thresholds_read(&gilsim->thresholds, copy_texts(given->slos, given->slo_count, region),
			       given->slo_count, gilsim->scenario, region, messages);
}

/* The same; returns 0, EINVAL or ENOMEM. */
static int try_to_load(struct gilsim *gilsim, const char *path, const struct gilsim_options *given, FILE *messages)
{
	int failure = ENOMEM;
	jmp_buf failed;

	gilsim->region.unwind = &failed;
	gilsim->region.limit_bytes = given->max_memory_bytes;
	if (setjmp(failed) == 0)
		failure = load(gilsim, path, given, messages) ? 0 : EINVAL;
	else
		region_print_failure(&gilsim->region, messages);
	gilsim->region.unwind = NULL;
	return failure;
}

struct gilsim *gilsim_load(const char *path, const struct gilsim_options *options, char **messages)
{
	static const struct gilsim_options none;
	const struct gilsim_options *given = options ? options : &none;
	struct gilsim *gilsim = calloc(1, sizeof(*gilsim));
	gsl_error_handler_t *handler = gsl_set_error_handler_off();
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	int failure = ENOMEM;

	if (gilsim && stream) {
		region_init(&gilsim->region);
		region_init(&gilsim->run_region);
		gilsim->run_region.limit_bytes = given->max_memory_bytes;
		gilsim->limits = (struct simulate_limits){ given->max_events, given->max_memory_bytes };
		failure = try_to_load(gilsim, path, given, stream);
	}
	gsl_set_error_handler(handler);
	if (stream && fclose(stream) != 0)
		failure = failure ? failure : ENOMEM;
	*messages = text ? text : strdup("gilsim: out of memory\n");
	if (failure == 0)
		return gilsim;
	gilsim_free(gilsim);
	errno = failure;
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
