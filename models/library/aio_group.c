/*
 * aio_group.c - see aio_group.h.
 */
#include "models/library/aio_group.h"

struct aio_group {
	struct aio_task *parent;
	struct aio_task **tasks; /* not yet known to be done, in order of their start */
	size_t count, capacity;
	struct aio_future all_done;
	bool waits, aborting, parent_cancelled, failed;
};
_Static_assert(sizeof(struct aio_group) <= AIO_GATHERING_BYTES, "it is one of the loop's gatherings");

struct aio_group *aio_group_new(struct os_thread *thread)
{
	struct aio_loop *loop = aio_running_loop(thread);
	struct aio_group *group = pool_take(&loop->gatherings);

	*group = (struct aio_group){ .parent = loop->current };
	return group;
}

static void abort_all(struct aio_loop *loop, struct aio_group *group)
{
	group->aborting = true;
	for (size_t i = 0; i < group->count; i++)
		aio_task_cancel(loop, group->tasks[i]);
}

static void discard(struct aio_loop *loop, struct aio_group *group, struct aio_task *task)
{
	size_t at = 0;

	while (group->tasks[at] != task)
		at++;
	group->count--;
	for (; at < group->count; at++)
		group->tasks[at] = group->tasks[at + 1];
	if (group->waits && group->count == 0 && !aio_future_done(&group->all_done))
		aio_future_set(loop, &group->all_done, PY_NO_EXCEPTION);
}

static enum progress task_is_done(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct aio_loop *loop = aio_running_loop(thread);
	struct aio_group *group = subject;
	bool failed = future->exception != PY_NO_EXCEPTION && future->exception != PY_CANCELLED_ERROR;

	discard(loop, group, (struct aio_task *)future);
	group->failed |= failed;
	if (failed && !group->aborting && !group->parent_cancelled) {
		abort_all(loop, group);
		group->parent_cancelled = true;
		aio_task_cancel(loop, group->parent);
	}
	aio_future_let_go(loop, future);
	return aio_charge(thread, COST_AIO_GATHER_DONE);
}

struct start_locals {
	struct aio_group *group;
	struct aio_task *task;
};

static enum progress start(struct os_thread *thread, struct frame *frame)
{
	struct start_locals *my = FRAME_LOCALS(frame, struct start_locals);
	struct aio_loop *loop = aio_running_loop(thread);
	struct aio_group *group = my->group;

	PROGRAM_BEGIN(frame);
	aio_owe(loop, COST_AIO_GATHER);
	AWAIT(frame, aio_task_start(thread, my->task));
	group->tasks =
		region_grow(loop->region, group->tasks, group->count, &group->capacity, sizeof(struct aio_task *));
	group->tasks[group->count++] = my->task;
	aio_future_hold(&my->task->future);
	/* Done at once, as an eager task may be, it is dealt with at once. */
	if (aio_future_done(&my->task->future))
		AWAIT(frame, task_is_done(thread, group, &my->task->future));
	else
		aio_future_add_callback(loop, &my->task->future, task_is_done, group);
	PROGRAM_END;
}

enum progress aio_group_start(struct os_thread *thread, struct aio_group *group, struct aio_task *task)
{
	struct start_locals *locals = os_thread_push(thread, start);

	locals->group = group;
	locals->task = task;
	return os_thread_enter(thread);
}

struct leave_locals {
	struct aio_group *group;
	uint32_t exception; /* with which the block was left */
	bool propagates;    /* a CancelledError from outside goes on */
};

static enum progress leave(struct os_thread *thread, struct frame *frame)
{
	struct leave_locals *my = FRAME_LOCALS(frame, struct leave_locals);
	struct aio_loop *loop = aio_running_loop(thread);
	struct aio_group *group = my->group;

	PROGRAM_BEGIN(frame);
	my->exception = py_catch(thread);
	my->propagates = my->exception == PY_CANCELLED_ERROR;
	if (my->exception != PY_NO_EXCEPTION && !group->aborting)
		abort_all(loop, group);
	while (group->count > 0) {
		group->all_done = (struct aio_future){ 0 };
		group->waits = true;
		AWAIT(frame, aio_await(thread, &group->all_done, ACTIVITY_QUEUE_WAIT));
		group->waits = false;
		if (py_catch(thread) != PY_NO_EXCEPTION && !group->aborting) {
			my->propagates = true;
			abort_all(loop, group);
		}
	}
	AWAIT(frame, aio_charge(thread, COST_AIO_GROUP));
	if (group->parent_cancelled && aio_task_uncancel(group->parent) == 0)
		my->propagates = false;
	group->failed |= my->exception != PY_NO_EXCEPTION && my->exception != PY_CANCELLED_ERROR;
	if (group->failed)
		py_raise(thread, PY_EXCEPTION_GROUP);
	else if (my->propagates)
		py_raise(thread, PY_CANCELLED_ERROR);
	region_free(loop->region, group->tasks);
	pool_give_back(&loop->gatherings, group);
	PROGRAM_END;
}

enum progress aio_group_leave(struct os_thread *thread, struct aio_group *group)
{
	struct leave_locals *locals = os_thread_push(thread, leave);

	locals->group = group;
	return os_thread_enter(thread);
}
