/*
 * verdict.h - results against what their scenario expects.
 */
#ifndef SIM_CLI_VERDICT_H
#define SIM_CLI_VERDICT_H

#include "sim/cli/cli.h"

/*
 * Prints a line for each expectation and returns STATUS_FAILED_EXPECTATION when one does not hold and counts,
 * or when a variant ended in a deadlock or at its limit that no expectation names; STATUS_DONE otherwise.
 * Lines about variants that --variant left out are skipped. With --set they count only if `strict`.
 */
int verdict_print(const struct scenario *scenario, const struct results *results, bool strict, FILE *stream);

/* The second part alone: unexpected deadlocks and limits, said on standard error. */
int verdict_of_endings(const struct scenario *scenario, const struct results *results);

#endif
