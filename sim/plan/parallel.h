/*
 * parallel.h - many independent jobs on several threads, their results taken in order.
 *
 * Jobs are handed out in order of their index and their results are taken in that order by the calling thread, so
 * that nothing of what it does with them depends on how many threads there are or which of them was faster.
 */
#ifndef SIM_PLAN_PARALLEL_H
#define SIM_PLAN_PARALLEL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "sim/base/region.h"

struct parallel {
	size_t threads;				   /* how many work; 0: one for each CPU this program may use */
	size_t count;				   /* of jobs */
	const volatile sig_atomic_t *wish_to_stop; /* not 0: no further job is begun; NULL: nobody has one */
	struct region *region; /* the caller's: an allocation that fails in a job fails as one of this region does, when all
				* threads have ended */
	/* Does job `index` and returns its result, all of it in `region`, which is the job's own. Called by any
	 * thread, for several jobs at a time: what `context` refers to must not change meanwhile. */
	void *(*work)(void *context, size_t index, struct region *region);
	/* Takes the result of job `index`, whose memory is gone afterwards. Called by the calling thread, one job
	 * after the other from 0 on. False: no further one is wanted. */
	bool (*take)(void *context, size_t index, void *result);
	void *context;
};

/* Does the jobs; with one thread they are done by the calling one, each taken before the next begins. Returns how many
 * were taken. */
size_t parallel_run(const struct parallel *parallel);

/* The CPUs that this program may use. */
size_t parallel_cpus(void);

#endif
