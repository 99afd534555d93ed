/*
 * arrivals.h - the clients outside the program: they make requests of their own accord. They take no core.
 *
 * How a request comes to the program (a pipe, a socket, a loop's callback) is the receiver's part.
 */
#ifndef MODELS_SIMULATE_ARRIVALS_H
#define MODELS_SIMULATE_ARRIVALS_H

#include "models/simulate/task_program.h"

struct arrivals_receiver {
	/* A request is made: a new instance, released now. */
	void (*request)(void *context, struct task_instance *instance);
	/* No further one will come. */
	void (*closed)(void *context);
	void *context;
};

struct arrivals {
	struct simulation *simulation;
	struct arrivals_receiver receiver;
	sim_ns first_ns; /* from which time on they may come */
	uint64_t made;	 /* requests */
};

/* The clients of the workload's run (RUN_ARRIVALS) begin now. */
struct arrivals *arrivals_start(struct simulation *simulation, const struct arrivals_receiver *receiver);

#endif
