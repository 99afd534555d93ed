/*
 * arrivals.h - the clients outside the program: they make requests, of their own accord (`arrivals`), each user the
 * next one after the last has ended (`users`), or all at once (`count` at a server). They take no core.
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
	bool closed;
};

/* The clients of the workload's run begin now. Requests may be made, and the last of them, before this returns. */
struct arrivals *arrivals_start(struct simulation *simulation, const struct arrivals_receiver *receiver);
/* The request of a user (from 0) has ended, however. Of an instance that still has its user_number task_program.c says
 * so itself. */
void arrivals_request_ended(struct arrivals *arrivals, uint32_t user);

#endif
