/*
 * resources.h - what stands behind a workload's resources: one class a kind and scope, in a table a scope.
 */
#ifndef MODELS_SIMULATE_RESOURCES_H
#define MODELS_SIMULATE_RESOURCES_H

#include "models/simulate/simulation.h"

/* A kind of resource in one scope. */
struct resource_class {
	const char *what; /* "lock", in reports */
	/* A new object of the model, from the simulation's region. NULL: not simulated. */
	void *(*make)(struct simulation *simulation, const struct resource *resource);
	/* For AWAIT by `with`, `acquire` and `release` outside coroutines; NULL: there is no such thing. acquire()
	 * waits until the deadline; py_thread.timed_out tells. release() is called only if may_release() (NULL:
	 * always) allows it; else Python would raise RuntimeError or ValueError. */
	enum progress (*acquire)(struct os_thread *thread, void *object, sim_ns deadline_ns);
	enum progress (*release)(struct os_thread *thread, void *object, int64_t count);
	bool (*may_release)(const struct os_thread *thread, const void *object, int64_t count);
	/* For AWAIT by the main program before the clock starts; NULL: nothing to be started. */
	enum progress (*start)(struct os_thread *thread, void *object);
};

/* The tables: resources_threading.c, resources_asyncio.c, resources_process.c. */
extern const struct resource_class resources_of_threads[RESOURCE_KIND_COUNT];
extern const struct resource_class resources_of_coroutines[RESOURCE_KIND_COUNT];
extern const struct resource_class resources_of_processes[RESOURCE_KIND_COUNT];

/* Never NULL. */
const struct resource_class *resource_class_of(const struct resource *resource);
/* The object of a resource for the thread that asks: made when it is first asked for; one for each process
 * where the resource says so. */
void *resource_object(struct os_thread *thread, struct simulation *simulation, uint32_t resource);
/* For AWAIT. Starts those that have something to be started. */
enum progress resources_start(struct os_thread *thread, struct simulation *simulation);

#endif
