/*
 * resource_call.c - see resource_call.h.
 */
#include "models/simulate/resource_call.h"

#include "models/simulate/deadlock.h"

const struct resource *step_resource(const struct task_instance *instance, const struct step *step)
{
	return &task_simulation(instance)->workload->resources[step->resource];
}

struct payload step_payload(const struct step *step)
{
	static const struct payload integer = { 5, 0 }; /* which no pickler has to remember */

	return step->bytes > 0 ? (struct payload){ step->bytes, step->objects } : integer;
}

static enum progress call_program(struct os_thread *thread, struct frame *frame)
{
	struct resource_call *my = FRAME_LOCALS(frame, struct resource_call);

	PROGRAM_BEGIN(frame);
	deadlock_wait_begins(my->instance, my->step->resource);
	AWAIT(frame, my->call(thread, my));
	deadlock_wait_ends(my->instance);
	if (my->at_timeout != EXCEPTION_NONE && py_current(thread)->timed_out)
		task_raise(my->instance, my->at_timeout);
	else if (my->step->kind == STEP_GET)
		step_store(my->instance, my->step->variable, (int64_t)(intptr_t)my->item);
	else if (my->step->kind == STEP_ACQUIRE)
		deadlock_hold_begins(my->instance, my->step->resource);
	PROGRAM_END;
}

struct resource_call *resource_call_push(struct os_thread *thread, struct task_instance *instance,
					 const struct step *step,
					 enum progress (*call)(struct os_thread *thread, struct resource_call *my))
{
	void *object = resource_object(thread, task_simulation(instance), step->resource);
	struct resource_call *my = os_thread_push(thread, call_program);

	my->instance = instance;
	my->step = step;
	my->object = object;
	my->call = call;
	my->deadline_ns = step_deadline(thread, step);
	return my;
}
