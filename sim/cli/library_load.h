/*
 * library_load.h - the scenarios of a command line, loaded by libgilsim.
 */
#ifndef SIM_CLI_LIBRARY_LOAD_H
#define SIM_CLI_LIBRARY_LOAD_H

#include "sim/api/gilsim.h"
#include "sim/cli/cli.h"

/*
 * Loads the scenario at `path` with what the arguments and `slos` (may be NULL) say, and prints what is wrong with it. NULL
 * then, with an enum exit_status in `*status`. gilsim_free() it.
 */
struct gilsim *library_load(const char *path, const struct scenario_arguments *arguments, const struct text_list *slos,
			    const struct limit_arguments *limits, int *status);

#endif
