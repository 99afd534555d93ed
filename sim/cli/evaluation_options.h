/*
 * evaluation_options.h - --replications, --precision, --jobs: a child parser for all that ask the simulator.
 */
#ifndef SIM_CLI_EVALUATION_OPTIONS_H
#define SIM_CLI_EVALUATION_OPTIONS_H

#include <argp.h>

#include "sim/plan/evaluate.h"

/* What the options say; whoever asks adds a wish to stop and a watcher. */
extern const struct argp evaluation_argp; /* its input: struct evaluation * */

#endif
