/*
 * utilisation.h - how much a thread has run of late, or a core's threads: a mean that forgets half of the past in
 * 32 ms.
 *
 * Source      Linux kernel/sched/pelt.c (util_avg), kernel/sched/sched-pelt.h, fair.c: attach_entity_load_avg(),
 *             post_init_entity_util_avg().
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

/* The value now, when the thread or core was busy, or idle, ever since the last update. */
uint32_t utilisation_at(const struct utilisation *utilisation, sim_ns now, bool was_busy);
/* It becomes idle (was_busy) or busy. */
void utilisation_update(struct utilisation *utilisation, sim_ns now, bool was_busy);

#endif
