/*
 * world.c - see world.h.
 */
#include "models/interpreter/world.h"

#include "models/interpreter/py_thread.h"

enum progress world_leave(struct world *world, struct os_thread *thread)
{
	assert(world->attached > 0 && world->stopper != thread);
	world->attached--;
	return world->stopper && world->attached == 1
		       ? os_thread_compute(thread, futex_wake(&world->all_stopped, thread, false))
		       : DONE;
}

struct world_locals {
	struct world *world;
	uint8_t previous_activity;
};

static struct world_locals *push(struct world *world, struct os_thread *thread, program_fn *program)
{
	struct world_locals *my = os_thread_push(thread, program);

	my->world = world;
	my->previous_activity = thread->activity;
	return my;
}

static enum progress wait_for_start(struct os_thread *thread, struct frame *frame)
{
	struct world_locals *my = FRAME_LOCALS(frame, struct world_locals);

	PROGRAM_BEGIN(frame);
	os_thread_set_activity(thread, ACTIVITY_OVERHEAD);
	while (my->world->stopper) {
		AWAIT(frame, futex_wait(thread, &my->world->started, SIM_NS_MAX, 0));
	}
	my->world->attached++;
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

enum progress world_enter(struct world *world, struct os_thread *thread)
{
	if (!world->stopper) {
		world->attached++;
		return DONE;
	}
	push(world, thread, wait_for_start);
	return os_thread_enter(thread);
}

/* Only those that execute bytecode heed it. */
static void interrupt_others(const struct os_thread *thread)
{
	for (struct os_thread *other = thread->process->threads; other; other = other->next_in_process)
		if (other != thread && other->owner &&
		    py_current(other)->interpreter == py_current(thread)->interpreter)
			os_thread_interrupt(other);
}

static enum progress collect(struct os_thread *thread, struct frame *frame)
{
	struct world_locals *my = FRAME_LOCALS(frame, struct world_locals);
	struct world *world = my->world;

	PROGRAM_BEGIN(frame);
	while (world_is_stopped_by_other(world, thread)) {
		AWAIT(frame, py_release_gil(thread));
		AWAIT(frame, py_take_gil(thread));
	}
	world->stopper = thread;
	interrupt_others(thread);
	while (world->attached > 1) {
		AWAIT(frame, futex_wait(thread, &world->all_stopped, SIM_NS_MAX, 0));
	}
	AWAIT(frame, os_thread_compute(thread, world->collection_ns));
	world->collection_ns = 0;
	world->stopper = NULL;
	while (futex_has_waiters(&world->started)) {
		AWAIT(frame, os_thread_compute(thread, futex_wake(&world->started, thread, false)));
	}
	PROGRAM_END;
}

enum progress world_collect(struct world *world, struct os_thread *thread)
{
	push(world, thread, collect);
	return os_thread_enter(thread);
}
