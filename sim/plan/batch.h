/*
 * batch.h - many workloads simulated at once, each replication's result by itself: what searches ask.
 *
 * evaluate.h answers a question with means; who decides between two answers needs the single replications.
 */
#ifndef SIM_PLAN_BATCH_H
#define SIM_PLAN_BATCH_H

#include <signal.h>

#include "models/simulate/simulate.h"
#include "sim/base/region.h"
#include "sim/results/results.h"
#include "sim/scenario/workload.h"

/* Who asks, and what it has cost so far. */
struct batch {
	size_t jobs;				   /* simulations at a time; 0: one a CPU */
	const volatile sig_atomic_t *wish_to_stop; /* NULL: nobody has one */
	struct simulate_limits limits;		   /* of each simulation */
	void (*progress)(void *context, uint64_t simulated); /* now and then; NULL: nobody looks */
	void *context;
	uint64_t simulated; /* runs so far */
	double events;	    /* of all of them */
};

struct replications {
	uint64_t first;
	size_t count;
};

/* Simulates each workload in each replication: results[i * replications.count + k] is workloads[i]'s in the k-th. The
 * same random numbers for all workloads in the same replication, the same results for any number of jobs. After a wish
 * to stop, those that were not begun are not measured. */
void batch_simulate(struct batch *batch, const struct workload *workloads, size_t count,
		    struct replications replications, struct region *region, struct variant_result *results);

/* Whether somebody wishes to stop. */
bool batch_stopped(const struct batch *batch);

#endif
