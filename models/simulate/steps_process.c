/*
 * steps_process.c - the steps on what processes share: queues, pipes, events, conditions.
 *
 * `with`, `acquire` and `release` go through the resource's class (steps_threading.c).
 */
#include "models/simulate/deadlock.h"
#include "models/simulate/resource_call.h"
#include "models/simulate/resources_process.h"

/* ---- Queues ---- */

static enum progress call_put(struct os_thread *thread, struct resource_call *my)
{
	return mp_queue_put(thread, my->object, my->item, step_payload(my->step), my->deadline_ns);
}

static enum progress call_simple_put(struct os_thread *thread, struct resource_call *my)
{
	return mp_simple_queue_put(thread, my->object, my->item, step_payload(my->step));
}

static enum progress call_get(struct os_thread *thread, struct resource_call *my)
{
	return mp_queue_get(thread, my->object, &my->item, my->deadline_ns);
}

static enum progress call_simple_get(struct os_thread *thread, struct resource_call *my)
{
	return mp_simple_queue_get(thread, my->object, &my->item);
}

enum progress step_mp_put(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	bool is_simple = step_resource(instance, step)->kind == RESOURCE_SIMPLE_QUEUE;
	int64_t item = step_value(instance, step->value);
	struct resource_call *my;

	if (instance->leaving != LEAVING_NOT)
		return DONE;
	my = resource_call_push(thread, instance, step, is_simple ? call_simple_put : call_put);
	my->item = (void *)(intptr_t)item;
	my->at_timeout = is_simple ? EXCEPTION_NONE : EXCEPTION_FULL;
	return os_thread_enter(thread);
}

enum progress step_mp_get(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	bool is_simple = step_resource(instance, step)->kind == RESOURCE_SIMPLE_QUEUE;

	resource_call_push(thread, instance, step, is_simple ? call_simple_get : call_get)->at_timeout =
		is_simple ? EXCEPTION_NONE : EXCEPTION_EMPTY;
	return os_thread_enter(thread);
}

static enum progress call_task_done(struct os_thread *thread, struct resource_call *my)
{
	return mp_queue_task_done(thread, my->object);
}

static enum progress call_join(struct os_thread *thread, struct resource_call *my)
{
	return mp_queue_join(thread, my->object);
}

enum progress step_mp_task_done(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	resource_call_push(thread, instance, step, call_task_done)->at_timeout = EXCEPTION_RUNTIME; /* ValueError */
	return os_thread_enter(thread);
}

enum progress step_mp_join_queue(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	resource_call_push(thread, instance, step, call_join);
	return os_thread_enter(thread);
}

/* ---- Pipes ---- */

struct pipe_locals {
	struct task_instance *instance;
	const struct step *step;
	struct pipe *pipe;
	void *item; /* struct sent */
	int64_t value;
};

/* What goes through a pipe. */
struct sent {
	int64_t value;
	struct payload payload;
};

static struct sent *sent_new(struct os_thread *thread, const struct pipe_locals *my)
{
	struct sent *sent = region_alloc(thread->machine->region, sizeof(*sent));

	*sent = (struct sent){ my->value, step_payload(my->step) };
	return sent;
}

/* Connection.send(): pickles and writes in the calling thread. The bytes travel with the value. */
static enum progress send(struct os_thread *thread, struct frame *frame)
{
	struct pipe_locals *my = FRAME_LOCALS(frame, struct pipe_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_CONNECTION_SEND) +
						 pickle_cost(thread, step_payload(my->step))));
	AWAIT(frame, connection_send(thread, my->pipe, step_payload(my->step).bytes, sent_new(thread, my)));
	PROGRAM_END;
}

enum progress step_send(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t value = step_value(instance, step->value);
	struct pipe *pipe = resource_object(thread, task_simulation(instance), step->resource);
	struct pipe_locals *my;

	if (instance->leaving != LEAVING_NOT)
		return DONE;
	my = os_thread_push(thread, send);
	my->instance = instance;
	my->step = step;
	my->pipe = pipe;
	my->value = value;
	return os_thread_enter(thread);
}

static enum progress receive(struct os_thread *thread, struct frame *frame)
{
	struct pipe_locals *my = FRAME_LOCALS(frame, struct pipe_locals);
	struct sent *sent = my->item;

	PROGRAM_BEGIN(frame);
	if (my->step->timeout_ns != TIMEOUT_NONE) {
		AWAIT(frame, connection_poll(thread, my->pipe, step_deadline(thread, my->step)));
		if (py_current(thread)->timed_out) {
			task_raise(my->instance, EXCEPTION_EMPTY);
			return DONE;
		}
	}
	deadlock_wait_begins(my->instance, my->step->resource);
	AWAIT(frame, connection_receive(thread, my->pipe, &my->item));
	deadlock_wait_ends(my->instance);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_CONNECTION_RECEIVE) +
						 unpickle_cost(thread, ((struct sent *)my->item)->payload,
							       UNTIL_UNPICKLED)));
	sent = my->item;
	step_store(my->instance, my->step->variable, sent->value);
	region_free(thread->machine->region, sent);
	PROGRAM_END;
}

enum progress step_recv(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct pipe *pipe = resource_object(thread, task_simulation(instance), step->resource);
	struct pipe_locals *my = os_thread_push(thread, receive);

	my->instance = instance;
	my->step = step;
	my->pipe = pipe;
	return os_thread_enter(thread);
}

/* ---- Events, conditions, barriers ---- */

static enum progress call_event_wait(struct os_thread *thread, struct resource_call *my)
{
	return mp_event_wait(thread, my->object, my->deadline_ns);
}

static enum progress call_event_set(struct os_thread *thread, struct resource_call *my)
{
	return mp_event_set(thread, my->object);
}

static enum progress call_event_clear(struct os_thread *thread, struct resource_call *my)
{
	return mp_event_clear(thread, my->object);
}

static enum progress call_condition_wait(struct os_thread *thread, struct resource_call *my)
{
	return mp_condition_wait(thread, my->object, my->deadline_ns);
}

static enum progress call_condition_notify(struct os_thread *thread, struct resource_call *my)
{
	return mp_condition_notify(thread, my->object, my->count);
}

static enum progress call_barrier_wait(struct os_thread *thread, struct resource_call *my)
{
	return py_barrier_wait(thread, my->object, my->deadline_ns);
}

/* Whether the thread owns the condition's lock; else Python would raise. */
static bool owns_condition(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	const struct mp_condition *condition = resource_object(thread, task_simulation(instance), step->resource);

	if (condition->lock.owner == thread)
		return true;
	task_raise(instance, EXCEPTION_RUNTIME);
	return false;
}

enum progress step_mp_wait(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	enum resource_kind kind = step_resource(instance, step)->kind;

	if (kind == RESOURCE_CONDITION && !owns_condition(thread, instance, step))
		return DONE;
	if (kind == RESOURCE_BARRIER)
		resource_call_push(thread, instance, step, call_barrier_wait)->at_timeout = EXCEPTION_BROKEN;
	else
		resource_call_push(thread, instance, step,
				   kind == RESOURCE_EVENT ? call_event_wait : call_condition_wait)
			->at_timeout = EXCEPTION_TIMEOUT;
	return os_thread_enter(thread);
}

enum progress step_mp_notify(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	int64_t count = step_value(instance, step->count);

	if (instance->leaving != LEAVING_NOT || !owns_condition(thread, instance, step))
		return DONE;
	resource_call_push(thread, instance, step, call_condition_notify)->count = count == 0 ? INT64_MAX : count;
	return os_thread_enter(thread);
}

enum progress step_mp_set(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	resource_call_push(thread, instance, step, call_event_set);
	return os_thread_enter(thread);
}

enum progress step_mp_clear(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	resource_call_push(thread, instance, step, call_event_clear);
	return os_thread_enter(thread);
}
