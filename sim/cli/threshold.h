/*
 * threshold.h - --slo: what results must keep to, given on the command line.
 */
#ifndef SIM_CLI_THRESHOLD_H
#define SIM_CLI_THRESHOLD_H

#include "sim/cli/cli.h"

/* --slo EXPECTATION, repeatable: a child parser. */
struct threshold_arguments {
	struct region *region; /* borrowed; set by the parent parser */
	struct text_list texts;
};
extern const struct argp threshold_argp;

struct thresholds {
	struct expectation *items;
	size_t count;
};

/* Reads them for the variants of this scenario; false with what is wrong on standard error. */
bool thresholds_read(struct thresholds *thresholds, const struct threshold_arguments *arguments,
		     const struct scenario *scenario, struct region *region);

/* Prints a line for each and returns STATUS_FAILED_EXPECTATION when one does not hold or has no data: unlike
 * expectations they count whatever was overridden. STATUS_DONE otherwise. */
int thresholds_print(const struct thresholds *thresholds, const struct results *results, FILE *stream);

#endif
