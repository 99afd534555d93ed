/*
 * random_native.h - random scenarios that can be run for real in a moment: to validate predictions of what nobody has chosen.
 */
#ifndef SIM_CLI_RANDOM_NATIVE_H
#define SIM_CLI_RANDOM_NATIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Prints the first random scenario, of a sequence that `seed` begins, whose variants can all be executed natively, for long
 * enough to be measured and in less than a second together, as far as the simulator can tell. Always the same for one release.
 * False: a scenario cannot be simulated at all, because something is wrong with the profile that it uses; the errors are told.
 */
bool random_native_print(uint64_t seed, FILE *stream);

#endif
