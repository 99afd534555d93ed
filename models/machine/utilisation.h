/*
 * utilisation.h - how busy a core has been of late: a mean that forgets half of the past in 32 ms.
 *
 * Source      Linux kernel/sched/pelt.c (util_avg of a core's cfs_rq), kernel/sched/sched-pelt.h.
 * Left out    what a thread takes with it when it changes cores.
 */
#ifndef MODELS_MACHINE_UTILISATION_H
#define MODELS_MACHINE_UTILISATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/sim_time.h"

#define UTILISATION_FULL (1u << 30)

struct utilisation {
	uint32_t value; /* of UTILISATION_FULL, at since_ns */
	sim_ns since_ns;
};

/* The value now, when the core was busy, or idle, ever since the last update. */
uint32_t utilisation_at(const struct utilisation *utilisation, sim_ns now, bool was_busy);
/* The core becomes idle (was_busy) or busy. */
void utilisation_update(struct utilisation *utilisation, sim_ns now, bool was_busy);

#endif
