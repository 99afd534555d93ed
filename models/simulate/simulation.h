/*
 * simulation.h - what the parts of one simulation share: the workload, the machine it runs on, and the sums.
 */
#ifndef MODELS_SIMULATE_SIMULATION_H
#define MODELS_SIMULATE_SIMULATION_H

#include "models/library/aio_loop.h"
#include "models/library/mp_process.h"
#include "models/simulate/simulate.h"
#include "models/simulate/task_statistics.h"
#include "sim/engine/statistics.h"

struct step_plan;

struct simulation {
	const struct workload *workload;
	uint64_t replication;
	struct region *region; /* of the run; gone when it ends */
	struct engine *engine;
	struct machine_model *machine;
	struct py_runtime *runtime;
	struct interpreter *interpreter; /* the main one */
	struct mp_context context;	 /* how it starts processes */

	struct stream_pools *streams;	  /* connections for io_via: socket (steps_basic.c); NULL: none so far */
	struct resource_object **objects; /* by index of the workload's resource (resources.h) */

	struct arrivals *arrivals; /* the clients outside; NULL: none */

	/* Progress. */
	bool started, finished;
	sim_ns start_ns, end_ns; /* of the makespan */
	sim_ns busy_at_start_ns; /* of what is measured (task_statistics.h) */
	sim_ns locked_at_start_ns; /* time that the GIL had been held */
	uint64_t released, begun, completed;
	uint64_t failed, timed_out, cancelled, rejected; /* the other outcomes; none of them is in `completed` */
	uint64_t retries, lost_updates;
	struct pool instances, extras, activations, handles; /* of struct task_instance, instance_extras ... */
	struct instance_extras *first_extras, *last_extras;
	struct step_plan *plans;		/* by step of the workload (task_program.c) */
	uint64_t *step_streams;			/* likewise: of what is drawn for it */
	struct activation **shared_activations; /* by task: of all instances that keep nothing in theirs; NULL: each has its own */

	struct aio_statistics loops; /* of all event loops */
	struct background *background; /* other processes (background.h); NULL: none */
	bool stuck; /* they have seen that the program cannot go on */

	/* Sums. */
	sim_ns time_in_ns[ACTIVITY_LIMIT];
	struct level in_flight;
	struct task_statistics statistics;
	struct stage_mark *stages;
	size_t stage_count, stage_capacity;
};

struct stage_mark {
	const char *name;
	sim_ns at_ns;
};

/* The clock starts and ends here: the makespan's first and last statement. */
void simulation_start_clock(struct simulation *simulation);
void simulation_stop_clock(struct simulation *simulation);
void simulation_mark_stage(struct simulation *simulation, const char *name);

#endif
