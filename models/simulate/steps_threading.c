/*
 * steps_threading.c - the steps of threading and queue, in functions: acquiring and releasing, waiting and
 * notifying, queues, services.
 *
 * `with`, `acquire` and `release` go through the resource's class, so they are the same for what processes share.
 */
#include "models/simulate/deadlock.h"
#include "models/simulate/resource_call.h"
#include "models/simulate/resources_threading.h"
#include "models/simulate/service.h"

sim_ns step_deadline(const struct os_thread *thread, const struct step *step)
{
	if (step->timeout_ns == TIMEOUT_NONE)
		return SIM_NS_MAX;
	return sim_time_add(machine_now(thread->machine), step->timeout_ns);
}

static const struct resource_class *class_of(const struct task_instance *instance, const struct step *step)
{
	return resource_class_of(step_resource(instance, step));
}

/* ---- with, acquire, release ---- */

static enum progress call_acquire(struct os_thread *thread, struct resource_call *my)
{
	return class_of(my->instance, my->step)->acquire(thread, my->object, my->deadline_ns);
}

static enum progress call_release(struct os_thread *thread, struct resource_call *my)
{
	return class_of(my->instance, my->step)->release(thread, my->object, my->count);
}

enum progress step_acquire(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	resource_call_push(thread, instance, step, call_acquire)->at_timeout = EXCEPTION_TIMEOUT;
	return os_thread_enter(thread);
}

/* Whether it may be released; else that is raised. */
static bool check_release(struct os_thread *thread, struct task_instance *instance, const struct step *step,
			  int64_t count)
{
	const struct resource_class *class = class_of(instance, step);
	const void *object = resource_object(thread, task_simulation(instance), step->resource);

	if (!class->may_release || class->may_release(thread, object, count))
		return true;
	task_raise(instance, EXCEPTION_RUNTIME);
	return false;
}

enum progress step_release(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t count = step_value(instance, step->count);

	if (instance->leaving != LEAVING_NOT || !check_release(thread, instance, step, count))
		return DONE;
	deadlock_hold_ends(instance, step->resource);
	resource_call_push(thread, instance, step, call_release)->count = count;
	return os_thread_enter(thread);
}

struct with_locals {
	struct task_instance *instance;
	const struct step *step;
	void *object;
};

static enum progress with(struct os_thread *thread, struct frame *frame)
{
	struct with_locals *my = FRAME_LOCALS(frame, struct with_locals);
	const struct resource_class *class = class_of(my->instance, my->step);

	PROGRAM_BEGIN(frame);
	deadlock_wait_begins(my->instance, my->step->resource);
	AWAIT(frame, class->acquire(thread, my->object, step_deadline(thread, my->step)));
	deadlock_wait_ends(my->instance);
	if (py_current(thread)->timed_out) {
		task_raise(my->instance, EXCEPTION_TIMEOUT);
		return DONE;
	}
	deadlock_hold_begins(my->instance, my->step->resource);
	push_body(thread, my->instance, my->step);
	AWAIT(frame, os_thread_enter(thread));
	if (check_release(thread, my->instance, my->step, 1)) {
		deadlock_hold_ends(my->instance, my->step->resource);
		AWAIT(frame, class->release(thread, my->object, 1));
	}
	PROGRAM_END;
}

enum progress step_with(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	void *object = resource_object(thread, task_simulation(instance), step->resource);
	struct with_locals *my = os_thread_push(thread, with);

	my->instance = instance;
	my->step = step;
	my->object = object;
	return os_thread_enter(thread);
}

/* ---- Events, conditions, barriers ---- */

static enum progress call_event_wait(struct os_thread *thread, struct resource_call *my)
{
	return thread_event_wait(thread, my->object, my->deadline_ns);
}

static enum progress call_event_set(struct os_thread *thread, struct resource_call *my)
{
	return thread_event_set(thread, my->object);
}

static enum progress call_event_clear(struct os_thread *thread, struct resource_call *my)
{
	return thread_event_clear(thread, my->object);
}

static enum progress call_barrier_wait(struct os_thread *thread, struct resource_call *my)
{
	return py_barrier_wait(thread, my->object, my->deadline_ns);
}

/* Others may take the condition's lock meanwhile. */
static enum progress call_condition_wait(struct os_thread *thread, struct resource_call *my)
{
	struct owned_condition *owned = my->object;

	return py_condition_wait(thread, &owned->condition, my->deadline_ns);
}

static enum progress call_condition_notify(struct os_thread *thread, struct resource_call *my)
{
	struct owned_condition *owned = my->object;

	return py_condition_notify(thread, &owned->condition, my->count);
}

enum progress step_wait(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	enum resource_kind kind = step_resource(instance, step)->kind;

	if (kind == RESOURCE_EVENT) {
		resource_call_push(thread, instance, step, call_event_wait)->at_timeout = EXCEPTION_TIMEOUT;
	} else if (kind == RESOURCE_BARRIER) {
		resource_call_push(thread, instance, step, call_barrier_wait)->at_timeout = EXCEPTION_BROKEN;
	} else {
		if (!check_release(thread, instance, step, 1))
			return DONE; /* not its owner */
		resource_call_push(thread, instance, step, call_condition_wait)->at_timeout = EXCEPTION_TIMEOUT;
	}
	return os_thread_enter(thread);
}

enum progress step_notify(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t count = step_value(instance, step->count);

	if (instance->leaving != LEAVING_NOT || !check_release(thread, instance, step, 1))
		return DONE;
	resource_call_push(thread, instance, step, call_condition_notify)->count = count == 0 ? INT64_MAX : count;
	return os_thread_enter(thread);
}

enum progress step_set(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	resource_call_push(thread, instance, step, call_event_set);
	return os_thread_enter(thread);
}

enum progress step_clear(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	resource_call_push(thread, instance, step, call_event_clear);
	return os_thread_enter(thread);
}

/* ---- Queues ---- */

static enum progress call_put(struct os_thread *thread, struct resource_call *my)
{
	return py_queue_put(thread, my->object, my->item, my->count, my->deadline_ns);
}

static enum progress call_simple_put(struct os_thread *thread, struct resource_call *my)
{
	return simple_queue_put(thread, my->object, my->item);
}

static enum progress call_get(struct os_thread *thread, struct resource_call *my)
{
	return py_queue_get(thread, my->object, &my->item, my->deadline_ns);
}

static enum progress call_simple_get(struct os_thread *thread, struct resource_call *my)
{
	return simple_queue_get_until(thread, my->object, &my->item, my->deadline_ns);
}

enum progress step_put(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t item = step_value(instance, step->value);
	int64_t priority = step_value(instance, step->extra);
	bool is_simple = step_resource(instance, step)->kind == RESOURCE_SIMPLE_QUEUE;
	struct resource_call *my;

	if (instance->leaving != LEAVING_NOT)
		return DONE;
	my = resource_call_push(thread, instance, step, is_simple ? call_simple_put : call_put);
	my->item = (void *)(intptr_t)item;
	my->count = priority;
	my->at_timeout = is_simple ? EXCEPTION_NONE : EXCEPTION_FULL;
	return os_thread_enter(thread);
}

enum progress step_get(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	bool is_simple = step_resource(instance, step)->kind == RESOURCE_SIMPLE_QUEUE;

	resource_call_push(thread, instance, step, is_simple ? call_simple_get : call_get)->at_timeout = EXCEPTION_EMPTY;
	return os_thread_enter(thread);
}

static enum progress call_task_done(struct os_thread *thread, struct resource_call *my)
{
	return py_queue_task_done(thread, my->object);
}

static enum progress call_join(struct os_thread *thread, struct resource_call *my)
{
	return py_queue_join(thread, my->object);
}

enum progress step_task_done(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	const struct py_queue *queue = resource_object(thread, task_simulation(instance), step->resource);

	if (queue->unfinished == 0) {
		task_raise(instance, EXCEPTION_RUNTIME); /* ValueError: task_done() called too many times */
		return DONE;
	}
	resource_call_push(thread, instance, step, call_task_done);
	return os_thread_enter(thread);
}

enum progress step_join_queue(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	resource_call_push(thread, instance, step, call_join);
	return os_thread_enter(thread);
}

/* ---- Services ---- */

struct request_locals {
	struct task_instance *instance;
	const struct step *step;
	sim_ns wait_ns;
	bool is_late;
};

/* How long one request takes, the next draw of the instance where it varies. */
static sim_ns request_ns(struct task_instance *instance, const struct resource *resource)
{
	const struct simulation *simulation = task_simulation(instance);
	sim_ns ns = workload_draw(simulation->workload, &resource->time, random_hash_name(resource->name),
				  simulation->replication, instance->entity,
				  task_next_draw(instance, resource->time.kind == DURATION_DRAWN));

	return ns;
}

/* Sends it; stores how long its answer, or giving up on it, is to be waited for. */
static void send_request(struct os_thread *thread, struct request_locals *my)
{
	struct simulation *simulation = task_simulation(my->instance);
	const struct resource *resource = step_resource(my->instance, my->step);
	struct service *service = resource_object(thread, simulation, my->step->resource);
	sim_ns now = machine_now(thread->machine);

	my->wait_ns = service_request(service, now, request_ns(my->instance, resource)) - now;
	my->is_late = my->step->timeout_ns != TIMEOUT_NONE && my->wait_ns > my->step->timeout_ns;
	if (my->is_late)
		my->wait_ns = my->step->timeout_ns;
}

static enum progress request(struct os_thread *thread, struct frame *frame)
{
	struct request_locals *my = FRAME_LOCALS(frame, struct request_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, py_cost(thread, COST_SERVICE_REQUEST)));
	send_request(thread, my);
	AWAIT(frame, step_sleep(thread, my->instance, my->wait_ns));
	if (my->is_late && py_exception(thread) == PY_NO_EXCEPTION)
		task_raise(my->instance, EXCEPTION_TIMEOUT);
	PROGRAM_END;
}

enum progress step_request(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct request_locals *my = os_thread_push(thread, request);

	my->instance = instance;
	my->step = step;
	return os_thread_enter(thread);
}
