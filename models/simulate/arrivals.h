/*
 * arrivals.h - the clients outside the program: they make requests, of their own accord (`arrivals`) or each user the
 * next one after the last has ended (`users`). They take no core.
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
	struct arrival_source source; /* ARRIVALS */
	uint32_t next_task;
	sim_ns first_ns; /* from which time on they may come */
	uint64_t made;	 /* requests */
	uint64_t *user_requests; /* USERS: made by each */
	uint64_t users_left;	 /* that will make further ones */
};

/* The clients of the workload's run (RUN_ARRIVALS, RUN_USERS) begin now. The first request may be made before this
 * returns. */
struct arrivals *arrivals_start(struct simulation *simulation, const struct arrivals_receiver *receiver);
/* For task_program.c: the request of a user (from 0) has ended, however. */
void arrivals_request_ended(struct arrivals *arrivals, uint32_t user);

#endif
