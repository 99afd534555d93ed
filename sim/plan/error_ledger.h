/*
 * error_ledger.h - how far off predictions were where somebody has measured: the rows that `make ledger` keeps.
 *
 * The ledger is `ledger.csv` in the data folder: one measured row of `gilsim validate` a line, by model and kinds of step.
 */
#ifndef SIM_PLAN_ERROR_LEDGER_H
#define SIM_PLAN_ERROR_LEDGER_H

#include "sim/base/region.h"
#include "sim/results/results.h"
#include "sim/scenario/workload.h"

/* How the ledger names a workload's model: "thread_pool", "processes of asyncio", "program of threads". */
const char *ledger_model(const struct workload *workload, struct region *region);
/* The kinds of step that its started tasks have, always in the same order: "python+io+lock". */
const char *ledger_steps(const struct workload *workload, struct region *region);

struct error_ledger;
/* NULL where there is none. */
const struct error_ledger *error_ledger_open(struct region *region);
/*
 * How far off predictions of the metric were for rows like this workload: of the same model and kinds of step if there are
 * enough of them, else of the same model, else of any. NULL when there are too few of any, or the costs are the profile
 * `ideal`'s, which are nobody's.
 */
const struct known_error *error_ledger_look_up(const struct error_ledger *ledger, const struct workload *workload,
					       const char *metric, struct region *region);

#endif
