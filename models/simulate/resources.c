/*
 * resources.c - see resources.h.
 */
#include "models/simulate/resources.h"

#include "models/interpreter/py_thread.h"
#include "models/simulate/executors.h"

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
	if (resource->kind >= RESOURCE_THREAD_POOL && resource->kind <= RESOURCE_POOL)
		return &executor_resource;
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

/* For so long at least a program has been busy since then when its clock starts: harness.py watches the machine's pace
 * meanwhile. What was started waits, and how busy that was is forgotten. */
#define SETTLING_NS (200 * SIM_MS)

struct start_locals {
	struct simulation *simulation;
	uint32_t next;
	bool any;
};

static bool must_be_started(const struct simulation *simulation, uint32_t resource)
{
	return resource_class_of(&simulation->workload->resources[resource])->start != NULL;
}

static enum progress start_all(struct os_thread *thread, struct frame *frame)
{
	struct start_locals *my = FRAME_LOCALS(frame, struct start_locals);

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < my->simulation->workload->resource_count; my->next++) {
		if (!must_be_started(my->simulation, my->next))
			continue;
		my->any = true;
		AWAIT(frame, resource_class_of(&my->simulation->workload->resources[my->next])
				     ->start(thread, resource_object(thread, my->simulation, my->next)));
	}
	if (my->any)
		AWAIT(frame, os_thread_compute(thread, SETTLING_NS));
	PROGRAM_END;
}

enum progress resources_start(struct os_thread *thread, struct simulation *simulation)
{
	struct start_locals *my = os_thread_push(thread, start_all);

	my->simulation = simulation;
	return os_thread_enter(thread);
}
