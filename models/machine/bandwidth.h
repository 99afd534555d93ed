/*
 * bandwidth.h - a cgroup's CPU quota: so much core time in each period, for all cores together.
 *
 * Source      Linux 6.18, kernel/sched/fair.c: account_cfs_rq_runtime(), __assign_cfs_rq_runtime(),
 *             do_sched_cfs_period_timer(), distribute_cfs_runtime().
 * Modelled    the global pool, refilled each period; slices of quota.slice drawn by each core; use accounted at
 *             ticks and switches only, so that a core may overrun by up to a tick and pays it back in the next
 *             period; throttled cores wait for the refill; an idling core returns what it holds above 1 ms.
 * Left out    the slack timer that hands returned time to throttled cores within a period; bursts.
 */
#ifndef MODELS_MACHINE_BANDWIDTH_H
#define MODELS_MACHINE_BANDWIDTH_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/sim_time.h"
#include "sim/engine/engine.h"

struct core;
struct machine_model;

struct core_bandwidth {
	sim_ns remaining_ns;
	sim_ns charged_ns; /* when use was last charged */
	bool throttled;
};

struct bandwidth {
	bool limited;
	sim_ns quota_ns, period_ns, slice_ns;
	sim_ns pool_ns;
	event_handle refill;
	uint64_t throttle_count;
};

void bandwidth_init(struct machine_model *machine);
/* The core begins to run a thread after being idle or throttled. False: nothing is left, it is throttled. */
bool bandwidth_begin(struct core *core);
/* Charges what the core has used since it was last charged. False: it is throttled from now on. */
bool bandwidth_charge(struct core *core);
/* The core idles: charges, and gives back what it does not need. */
void bandwidth_end(struct core *core);

#endif
