/*
 * resources.c - see resources.h.
 */
#include "models/simulate/resources.h"

#include "models/interpreter/py_thread.h"

struct resource_object {
	const struct resource *resource;
	const struct interpreter *interpreter; /* NULL: of the whole program */
	void *object;
	struct resource_object *next;
};

static const struct resource_class *const classes[] = {
	[SCOPE_THREADS] = resources_of_threads,
	[SCOPE_COROUTINES] = resources_of_coroutines,
	[SCOPE_PROCESSES] = resources_of_processes,
};

const struct resource_class *resource_class_of(const struct resource *resource)
{
	return &classes[resource->scope][resource->kind];
}

void *resource_object(struct os_thread *thread, struct simulation *simulation, uint32_t resource)
{
	const struct resource *wanted = &simulation->workload->resources[resource];
	const struct interpreter *interpreter = wanted->per_process ? py_current(thread)->interpreter : NULL;
	struct resource_object **place = &simulation->objects[resource];
	struct resource_object *made;

	while (*place && (*place)->interpreter != interpreter)
		place = &(*place)->next;
	if (*place)
		return (*place)->object;
	made = region_alloc(simulation->region, sizeof(*made));
	*made = (struct resource_object){ .resource = wanted, .interpreter = interpreter };
	made->object = resource_class_of(wanted)->make(simulation, wanted);
	*place = made;
	return made->object;
}
