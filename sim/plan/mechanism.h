/*
 * mechanism.h - what holds a run back, from its own figures: where its tasks' time went, how busy cores and GIL were.
 */
#ifndef SIM_PLAN_MECHANISM_H
#define SIM_PLAN_MECHANISM_H

#include "sim/base/region.h"
#include "sim/results/results.h"
#include "sim/scenario/workload.h"

enum mechanism {
	MECHANISM_DEADLOCK,
	MECHANISM_LOST_UPDATES,
	MECHANISM_THROTTLED,	/* the CPU quota */
	MECHANISM_BLOCKED_LOOP, /* blocking calls in coroutines */
	MECHANISM_BUSY_LOOP,	/* all bytecode runs in one loop */
	MECHANISM_GIL,
	MECHANISM_LOCK,
	MECHANISM_ONE_AT_A_TIME, /* waits and work follow each other */
	MECHANISM_START_UP,	 /* of threads or processes, and handing them their work */
	MECHANISM_CORES,	 /* all are busy */
	MECHANISM_WORKERS,	 /* tasks wait for one */
	MECHANISM_WAITS,	 /* what is left is the waiting itself */
	MECHANISM_WORK,		 /* what is left is the work itself */
};

struct mechanism_found {
	enum mechanism mechanism;
	const char *sentence; /* with its figures: "the GIL is held 97% of the time, ..." */
};

/* `result` is one replication's, or a mean. The sentence lives in `region`. */
struct mechanism_found mechanism_find(const struct workload *workload, const struct variant_result *result,
				      struct region *region);

/* "gil", "start-up", ...: the mechanism as a program reads it. */
extern const char *const mechanism_names[];

#endif
