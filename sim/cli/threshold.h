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

#endif
