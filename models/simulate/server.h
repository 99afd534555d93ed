/*
 * server.h - one run of the model `server`: what its arbiter (drivers_server.c) and its clients (server_clients.c)
 * share.
 *
 * The clients are outside: they take no core and no GIL of the machine. One of them is one process, so that
 * connecting takes it the time that one after the other does.
 */
#ifndef MODELS_SIMULATE_SERVER_H
#define MODELS_SIMULATE_SERVER_H

#include "models/library/server.h"
#include "models/simulate/simulation.h"

struct request;

/* A worker process, and those that replace it. */
struct server_slot {
	struct server *server;
	struct mp_process process;
	struct server_worker worker; /* its listener is NULL until it listens */
};

struct server {
	struct simulation *simulation;
	const struct model *model;
	struct server_slot *slots;
	int64_t slot_count, listening_count;
	struct listener *shared; /* NULL: each worker has its own (SO_REUSEPORT) */
	struct futex events;	 /* the arbiter waits on */
	bool all_listen, all_answered;

	/* The clients'. */
	uint64_t released_count, open_count;
	sim_ns free_ns; /* when the load generator is done with what it is at */
	bool closed;	/* no more will come */
	struct request *open;	  /* released and not answered */
	struct request *oldest_done, *newest_done; /* answered: they serve again, once the server has closed them */
};

/* All workers listen: from now on requests come. */
void server_clients_start(struct server *server);
/* The worker has ended with its sockets: who was connected to it has failed. */
void server_clients_reset(struct server *server, const struct server_worker *worker);

#endif
