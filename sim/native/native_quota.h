/*
 * native_quota.h - a CPU quota for a native run, set for real: a cgroup of its own, of version 1 or 2.
 *
 * The harness enters the group when its clock is about to start and leaves it when the clock has stopped, so that what it
 * measures of its own pace is not throttled. What it starts meanwhile is in the group.
 */
#ifndef SIM_NATIVE_NATIVE_QUOTA_H
#define SIM_NATIVE_NATIVE_QUOTA_H

#include "sim/native/native_process.h"

struct native_quota {
	const char *folder; /* of the group; NULL: there is none */
	const char *enter, *leave; /* files to which a process writes "0" */
};

/* Makes a group of `cores` CPUs' worth of time in each period. False with a reason where that is not allowed. */
bool native_quota_begin(struct native_quota *quota, double cores, sim_ns period_ns, struct region *region,
			struct native_error *error);
/* Removes it; whoever was in it has ended. Nothing where there is none. */
void native_quota_end(struct native_quota *quota);
/* Whether groups can be made here. */
bool native_quota_is_allowed(void);

#endif
