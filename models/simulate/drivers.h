/*
 * drivers.h - the main programs: how each model carries out a run, statement by statement as the native
 * harness does (sim/native/harness.py).
 */
#ifndef MODELS_SIMULATE_DRIVERS_H
#define MODELS_SIMULATE_DRIVERS_H

#include "models/simulate/simulation.h"

/* The body of the main thread for the workload's model; its argument is the simulation. NULL: no model
 * carries this run out. */
program_fn *driver_for(const struct workload *workload);
/* Of arrivals and users under the model `thread_pool`: drivers_clients.c. */
program_fn run_clients;
/* The same under the model `asyncio`: drivers_asyncio.c. */
program_fn run_clients_in_loop;
/* Of a program whose `main` is a coroutine: drivers_asyncio.c. */
program_fn run_coroutine_program;
/* Of the model `server`: drivers_server.c. */
program_fn run_server;

#endif
