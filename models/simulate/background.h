/*
 * background.h - other processes of the machine that always want a core, in the same container: a CPU quota is
 * theirs, too.
 */
#ifndef MODELS_SIMULATE_BACKGROUND_H
#define MODELS_SIMULATE_BACKGROUND_H

#include "models/simulate/simulation.h"

/* As many as the workload's machine has; to be called once, before the program starts. */
void background_start(struct simulation *simulation);
/* The time of cores that they have used so far. */
sim_ns background_busy_ns(const struct simulation *simulation);

#endif
