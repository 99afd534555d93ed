/*
 * resource_call.h - what steps on locks, queues and the like have in common, be they shared by threads or by
 * processes: a call on the resource's object, with a deadline, in which the caller is seen to wait.
 */
#ifndef MODELS_SIMULATE_RESOURCE_CALL_H
#define MODELS_SIMULATE_RESOURCE_CALL_H

#include "models/library/connection.h"
#include "models/simulate/resources.h"
#include "models/simulate/steps.h"

struct resource_call {
	struct task_instance *instance;
	const struct step *step;
	void *object;
	enum progress (*call)(struct os_thread *thread, struct resource_call *my);
	sim_ns deadline_ns;
	void *item; /* GET */
	int64_t count;
	enum exception_kind at_timeout; /* NONE: the call has no deadline, py_thread.timed_out says nothing */
};

/* Pushes the call on the step's resource, for os_thread_enter(); what else the call needs is the caller's to fill in. */
struct resource_call *resource_call_push(struct os_thread *thread, struct task_instance *instance,
					 const struct step *step,
					 enum progress (*call)(struct os_thread *thread, struct resource_call *my));

/* The resource that the step is on. */
const struct resource *step_resource(const struct task_instance *instance, const struct step *step);
/* What the step sends: an integer where no payload is given. */
struct payload step_payload(const struct step *step);

#endif
