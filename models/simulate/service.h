/*
 * service.h - a server outside the program, such as a database: so many slots, first come first served, a time for
 * each request. It takes no local core.
 *
 * When a request comes, it is known when its answer will: no slot is given back early. So the client just waits
 * that long, and the native harness does the same sum.
 */
#ifndef MODELS_SIMULATE_SERVICE_H
#define MODELS_SIMULATE_SERVICE_H

#include "models/simulate/simulation.h"

struct service;

/* For the tables of resources.h: `size` slots, 0: as many as are asked for. */
void *service_new(struct simulation *simulation, const struct resource *resource);
/* A request that takes `time_ns` comes now; returns when its answer is there. */
sim_ns service_request(struct service *service, sim_ns now, sim_ns time_ns);

#endif
