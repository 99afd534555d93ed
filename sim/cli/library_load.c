/*
 * library_load.c - see library_load.h.
 */
#include "sim/cli/library_load.h"

#include <errno.h>
#include <stdlib.h>

struct gilsim *library_load(const char *path, const struct scenario_arguments *arguments, const struct text_list *slos,
			    const struct limit_arguments *limits, int *status)
{
	const struct gilsim_options options = {
		.overrides = arguments->overrides.items,
		.override_count = arguments->overrides.count,
		.variants = arguments->variants.items,
		.variant_count = arguments->variants.count,
		.slos = slos ? slos->items : NULL,
		.slo_count = slos ? slos->count : 0,
		.profile = arguments->profile,
		.seed = &arguments->seed,
		.max_events = limits->simulation.events,
		.max_memory_bytes = limits->simulation.memory_bytes,
	};
	struct gilsim *gilsim;
	char *messages;

	gilsim = gilsim_load(path, &options, &messages);
	if (!gilsim)
		*status = errno == ENOMEM ? STATUS_ENVIRONMENT : STATUS_BAD_INPUT;
	if (messages)
		fputs(messages, stderr);
	free(messages);
	return gilsim;
}
