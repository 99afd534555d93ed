/*
 * steps_aio_sync.c - the steps of coroutines on asyncio's locks, events, conditions, barriers and queues.
 *
 * A step with a timeout is wait_for() around the same coroutine.
 */
#include "models/library/aio_barrier.h"
#include "models/library/aio_queue.h"
#include "models/library/aio_timeout.h"
#include "models/simulate/deadlock.h"
#include "models/simulate/resource_call.h"

struct sync_locals {
	struct task_instance *instance;
	const struct step *step;
	void *object;
	struct aio_item item;
};

static enum resource_kind kind_of(const struct sync_locals *my)
{
	return step_resource(my->instance, my->step)->kind;
}

static enum progress acquire(struct os_thread *thread, struct sync_locals *my)
{
	switch (kind_of(my)) {
	case RESOURCE_LOCK:
		return aio_lock_acquire(thread, my->object);
	case RESOURCE_CONDITION:
		return aio_lock_acquire(thread, &((struct aio_condition *)my->object)->lock);
	default:
		return aio_semaphore_acquire(thread, my->object);
	}
}

/* Raises RuntimeError or ValueError where it has not been acquired. */
static void release(struct os_thread *thread, struct sync_locals *my)
{
	struct aio_lock *lock =
		kind_of(my) == RESOURCE_CONDITION ? &((struct aio_condition *)my->object)->lock : my->object;
	struct aio_semaphore *semaphore = my->object;

	if (kind_of(my) == RESOURCE_LOCK || kind_of(my) == RESOURCE_CONDITION) {
		if (!lock->locked) {
			task_raise(my->instance, EXCEPTION_RUNTIME);
			return;
		}
		aio_lock_release(thread, lock);
	} else {
		if (semaphore->bound > 0 && semaphore->value >= semaphore->bound) {
			task_raise(my->instance, EXCEPTION_RUNTIME);
			return;
		}
		aio_semaphore_release(thread, semaphore);
	}
	deadlock_hold_ends(my->instance, my->step->resource);
}

static enum progress wait_for_object(struct os_thread *thread, struct sync_locals *my)
{
	if (kind_of(my) == RESOURCE_EVENT)
		return aio_event_wait(thread, my->object);
	if (kind_of(my) == RESOURCE_BARRIER)
		return aio_barrier_wait(thread, my->object);
	return aio_condition_wait(thread, my->object);
}

/* The awaitable of the step. */
static enum progress await_object(struct os_thread *thread, struct sync_locals *my)
{
	switch (my->step->kind) {
	case STEP_WAIT:
		return wait_for_object(thread, my);
	case STEP_PUT:
		return aio_queue_put(thread, my->object, &my->item);
	case STEP_GET:
		return aio_queue_get(thread, my->object, &my->item);
	case STEP_JOIN_QUEUE:
		return aio_queue_join(thread, my->object);
	default:
		return acquire(thread, my);
	}
}

/* The awaitable and its coroutine for wait_for(), which up to 3.11 may go on when that has ended. */
struct bounded_await {
	struct sync_locals sync;
	unsigned references;
};

static void drop(struct bounded_await *bounded)
{
	if (--bounded->references == 0)
		region_free(task_simulation(bounded->sync.instance)->region, bounded);
}

static enum progress object_coroutine(struct os_thread *thread, struct frame *frame)
{
	struct bounded_await **my = FRAME_LOCALS(frame, struct bounded_await *);

	PROGRAM_BEGIN(frame);
	if (py_exception(thread) == PY_NO_EXCEPTION)
		AWAIT(frame, await_object(thread, &(*my)->sync));
	drop(*my);
	PROGRAM_END;
}

struct in_time_locals {
	struct sync_locals *sync;
	struct bounded_await *bounded;
};

static enum progress await_in_time(struct os_thread *thread, struct frame *frame)
{
	struct in_time_locals *my = FRAME_LOCALS(frame, struct in_time_locals);

	PROGRAM_BEGIN(frame);
	my->bounded = region_alloc(task_simulation(my->sync->instance)->region, sizeof(*my->bounded));
	*my->bounded = (struct bounded_await){ .sync = *my->sync, .references = 2 };
	*(struct bounded_await **)aio_wait_for(thread, "wait_for", object_coroutine, my->sync->step->timeout_ns) =
		my->bounded;
	AWAIT(frame, os_thread_enter(thread));
	if (my->bounded->references > 1)
		my->sync->instance->has_left_steps = true;
	my->sync->item = my->bounded->sync.item;
	drop(my->bounded);
	PROGRAM_END;
}

/* What a timeout of 0 asks: locked() of a lock or semaphore, is_set() of an event. */
static bool would_wait(const struct sync_locals *my)
{
	switch (kind_of(my)) {
	case RESOURCE_LOCK:
		return ((const struct aio_lock *)my->object)->locked;
	case RESOURCE_CONDITION:
		return ((const struct aio_condition *)my->object)->lock.locked;
	case RESOURCE_EVENT:
		return !((const struct aio_event *)my->object)->is_set;
	default:
		return ((const struct aio_semaphore *)my->object)->value <= 0;
	}
}

/* Where there is such a question; else wait_for() gives up in the loop's next turn. */
static bool is_tried(const struct sync_locals *my)
{
	return my->step->timeout_ns == 0 && (my->step->kind != STEP_WAIT || kind_of(my) == RESOURCE_EVENT);
}

static enum progress enter_await(struct os_thread *thread, struct sync_locals *my)
{
	struct in_time_locals *locals;

	if (is_tried(my) && would_wait(my)) {
		py_raise(thread, PY_TIMEOUT_ERROR);
		return aio_charge(thread, COST_AIO_LOCK);
	}
	if (my->step->timeout_ns == TIMEOUT_NONE || is_tried(my))
		return await_object(thread, my);
	locals = os_thread_push(thread, await_in_time);
	locals->sync = my;
	return os_thread_enter(thread);
}

/* A queue's timeout is Full or Empty, as it is in threads. */
static void name_timeout(struct os_thread *thread, enum step_kind kind)
{
	if (py_exception(thread) != PY_TIMEOUT_ERROR)
		return;
	if (kind == STEP_PUT)
		py_raise(thread, EXCEPTION_FULL);
	else if (kind == STEP_GET)
		py_raise(thread, EXCEPTION_EMPTY);
}

static enum progress awaiting(struct os_thread *thread, struct frame *frame)
{
	struct sync_locals *my = FRAME_LOCALS(frame, struct sync_locals);

	PROGRAM_BEGIN(frame);
	deadlock_wait_begins(my->instance, my->step->resource);
	AWAIT(frame, enter_await(thread, my));
	deadlock_wait_ends(my->instance);
	name_timeout(thread, my->step->kind);
	if (py_exception(thread) != PY_NO_EXCEPTION)
		return DONE;
	if (my->step->kind == STEP_GET)
		step_store(my->instance, my->step->variable, my->item.value);
	else if (my->step->kind == STEP_ACQUIRE)
		deadlock_hold_begins(my->instance, my->step->resource);
	PROGRAM_END;
}

/* async with: released however the body ended. */
static enum progress with_object(struct os_thread *thread, struct frame *frame)
{
	struct sync_locals *my = FRAME_LOCALS(frame, struct sync_locals);

	PROGRAM_BEGIN(frame);
	deadlock_wait_begins(my->instance, my->step->resource);
	AWAIT(frame, enter_await(thread, my));
	deadlock_wait_ends(my->instance);
	if (py_exception(thread) != PY_NO_EXCEPTION)
		return DONE;
	deadlock_hold_begins(my->instance, my->step->resource);
	push_body(thread, my->instance, my->step);
	AWAIT(frame, os_thread_enter(thread));
	release(thread, my);
	PROGRAM_END;
}

static struct sync_locals locals_for(struct os_thread *thread, struct task_instance *instance,
				     const struct step *step)
{
	return (struct sync_locals){
		.instance = instance,
		.step = step,
		.object = resource_object(thread, task_simulation(instance), step->resource),
	};
}

static enum progress enter(struct os_thread *thread, program_fn *program, struct task_instance *instance,
			   const struct step *step)
{
	struct sync_locals made = locals_for(thread, instance, step);

	*(struct sync_locals *)os_thread_push(thread, program) = made;
	return os_thread_enter(thread);
}

enum progress step_aio_with(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter(thread, with_object, instance, step);
}

enum progress step_aio_acquire(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	return enter(thread, awaiting, instance, step);
}

enum progress step_aio_wait(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct aio_condition *condition = resource_object(thread, task_simulation(instance), step->resource);

	if (step_resource(instance, step)->kind == RESOURCE_CONDITION && !condition->lock.locked) {
		task_raise(instance, EXCEPTION_RUNTIME);
		return DONE;
	}
	return enter(thread, awaiting, instance, step);
}

/* The same for what need not wait. */

enum progress step_aio_release(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct sync_locals my = locals_for(thread, instance, step);
	bool is_counted = kind_of(&my) == RESOURCE_SEMAPHORE || kind_of(&my) == RESOURCE_BOUNDED_SEMAPHORE;
	int64_t count = is_counted ? step_value(instance, step->count) : 1;

	for (; count > 0 && instance->leaving == LEAVING_NOT; count--)
		release(thread, &my);
	return DONE;
}

enum progress step_aio_set(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	aio_event_set(aio_running_loop(thread), resource_object(thread, task_simulation(instance), step->resource));
	return DONE;
}

enum progress step_aio_clear(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	((struct aio_event *)resource_object(thread, task_simulation(instance), step->resource))->is_set = false;
	return DONE;
}

enum progress step_aio_notify(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct aio_condition *condition = resource_object(thread, task_simulation(instance), step->resource);
	int64_t count = step_value(instance, step->count);

	if (instance->leaving != LEAVING_NOT)
		return DONE;
	if (condition->lock.locked)
		aio_condition_notify(aio_running_loop(thread), condition, count);
	else
		task_raise(instance, EXCEPTION_RUNTIME);
	return DONE;
}

/* put and get with a timeout of 0 are put_nowait() and get_nowait(). */
enum progress step_aio_put(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct sync_locals made = locals_for(thread, instance, step);

	made.item.value = step_value(instance, step->value);
	made.item.priority = step_value(instance, step->extra);
	if (instance->leaving != LEAVING_NOT)
		return DONE;
	if (step->timeout_ns == 0) {
		if (!aio_queue_try_put(thread, made.object, &made.item))
			task_raise(instance, EXCEPTION_FULL);
		return aio_charge(thread, COST_AIO_QUEUE_PUT);
	}
	*(struct sync_locals *)os_thread_push(thread, awaiting) = made;
	return os_thread_enter(thread);
}

enum progress step_aio_get(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	struct sync_locals made = locals_for(thread, instance, step);

	if (step->timeout_ns == 0) {
		if (aio_queue_try_get(thread, made.object, &made.item))
			step_store(instance, step->variable, made.item.value);
		else
			task_raise(instance, EXCEPTION_EMPTY);
		return aio_charge(thread, COST_AIO_QUEUE_GET);
	}
	*(struct sync_locals *)os_thread_push(thread, awaiting) = made;
	return os_thread_enter(thread);
}

enum progress step_aio_task_done(struct os_thread *thread, struct task_instance *instance, const struct step *step)
{
	if (!aio_queue_task_done(aio_running_loop(thread),
				 resource_object(thread, task_simulation(instance), step->resource)))
		task_raise(instance, EXCEPTION_RUNTIME);
	return DONE;
}
