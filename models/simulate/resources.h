/*
 * resources.h - what stands behind a workload's resources: one class a kind and scope, in one table (resources.c).
 */
#ifndef MODELS_SIMULATE_RESOURCES_H
#define MODELS_SIMULATE_RESOURCES_H

#include "models/simulate/simulation.h"

struct resource_class {
	const char *what; /* "lock", in reports */
	/* A new object of the model, from the simulation's region. NULL: not simulated. */
	void *(*make)(struct simulation *simulation, const struct resource *resource);
	/* For deadlock reports: whether `waiters` are this object's; `*owner` is who holds it, NULL if nobody does. */
	bool (*is_waited_for)(const void *object, const struct futex *waiters, const struct os_thread **owner);
};

/* resources_asyncio.c */
extern const struct resource_class resources_of_coroutines[RESOURCE_KIND_COUNT];

/* Never NULL. */
const struct resource_class *resource_class_of(const struct resource *resource);
/* The object of a resource for the thread that asks: made when it is first asked for; one for each process
 * where the resource says so. */
void *resource_object(struct os_thread *thread, struct simulation *simulation, uint32_t resource);
/* The resource that a thread waits for; false when it waits for none. */
bool resource_waited_for(const struct simulation *simulation, const struct os_thread *thread,
			 const struct resource **resource, const struct os_thread **owner);

#endif
