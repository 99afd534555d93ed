/*
 * evaluate.h - one question to the simulator: a compiled scenario, every variant of it, replicated; answered as results.
 *
 * `gilsim run` asks once; sweeps, plans and advice ask many times, of scenarios loaded with other overrides. Simulations
 * are executed several at a time, and the answer does not depend on how many. All variants, and all scenarios that have
 * the same tasks, meet the same random numbers in the same replication.
 *
 *   struct evaluation evaluation = { .replications = 10 };
 *   struct results results = evaluate(scenario, &evaluation, region);
 *
 * Who has work beside simulating for each question (loading a scenario, storing an answer) makes each question one job
 * of parallel.h and evaluates it there with `jobs = 1`.
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
	/* Before a simulation; returns where its trace goes (NULL: nowhere). Whoever has this gets one simulation
	 * after the other. */
	const struct trace_sink *(*begin)(void *context, const struct workload *workload, size_t replication);
	/* After a simulation, in order of replications and variants, in the calling thread. */
	void (*end)(void *context, const struct workload *workload);
	void *context;
};

/* When there are replications enough: when the 95 % interval of the metric's mean is within `ratio` of it, up and down,
 * in every variant that has a figure of it. Then at least PRECISION_LEAST_REPLICATIONS are made, lest chance make the first
 * few look alike. */
#define PRECISION_LEAST_REPLICATIONS 10
struct precision {
	double ratio;	    /* 0: as many replications as were asked for */
	const char *metric; /* "makespan", ...; NULL: makespan */
};

struct evaluation {
	size_t replications; /* at least 1; with a precision, the most there will be */
	struct precision precision;
	size_t jobs;				   /* simulations at a time; 0: one a CPU */
	const volatile sig_atomic_t *wish_to_stop; /* not 0: ends with what is complete; NULL: nobody has one */
	const struct evaluation_watcher *watcher;  /* NULL: none */
	struct simulate_limits limits;		   /* of each simulation */
};

/*
 * Simulates every variant of `scenario` in every replication. What a wish to stop leaves is complete replications, or
 * the first one's first variants (then variant_count is less than the scenario's). Strings and figures live in
 * `region` and `scenario`.
 */
struct results evaluate(const struct scenario *scenario, const struct evaluation *evaluation, struct region *region);

/* The same for `count` scenarios at once, whose simulations share the jobs; `results` has an entry for each. Returns how
 * many were begun before a wish to stop; the last of them may be incomplete. */
size_t evaluate_all(const struct scenario *const *scenarios, size_t count, const struct evaluation *evaluation,
		    struct region *region, struct results *results);

/* The heading of results of this scenario from `source` ("simulated", "cpython", "c"): all but the variants. */
struct results results_heading(const struct scenario *scenario, const char *source);

#endif
