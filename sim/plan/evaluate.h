/*
 * evaluate.h - one question to the simulator: a compiled scenario, every variant of it, replicated; answered as results.
 *
 * `gilsim run` asks once; sweeps, plans and advice ask many times, of scenarios loaded with other overrides.
 */
#ifndef SIM_PLAN_EVALUATE_H
#define SIM_PLAN_EVALUATE_H

#include <signal.h>

#include "models/simulate/simulate.h"
#include "sim/base/region.h"
#include "sim/engine/trace.h"
#include "sim/results/results.h"
#include "sim/scenario/scenario.h"

/* Who watches the simulations of one evaluation. Every function may be NULL. */
struct evaluation_watcher {
	/* Before a simulation; returns where its trace goes (NULL: nowhere). */
	const struct trace_sink *(*begin)(void *context, const struct workload *workload, size_t replication);
	/* After it. */
	void (*end)(void *context);
	void *context;
};

struct evaluation {
	size_t replications;			   /* at least 1 */
	const volatile sig_atomic_t *wish_to_stop; /* not 0: ends with what is complete; NULL: nobody has one */
	const struct evaluation_watcher *watcher;  /* NULL: none */
	struct simulate_limits limits;		   /* of each simulation */
};

/*
 * Simulates every variant of `scenario` in every replication, all variants of one replication before the next, so that
 * what a wish to stop leaves is complete replications, or the first one's first variants (then variant_count is less
 * than the scenario's). Strings and figures live in `region` and `scenario`.
 */
struct results evaluate(const struct scenario *scenario, const struct evaluation *evaluation, struct region *region);

/* The heading of results of this scenario from `source` ("simulated", "cpython", "c"): all but the variants. */
struct results results_heading(const struct scenario *scenario, const char *source);

#endif
