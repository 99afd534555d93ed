/*
 * world.h - stopping the world: the threads of an interpreter without a GIL, while one of them collects garbage.
 *
 * Source      Python/pystate.c @3.13: stop_the_world(), start_the_world(), tstate_wait_attach(); Python/ceval_gil.c.
 * Modelled    who executes bytecode stops at once (its checks are less than a microsecond apart), who is in a C call at its
 *             end; who blocks, or is in a C call that would release a GIL, is no hindrance, and waits when it comes back.
 *             The last to stop wakes the stopper; the stopper wakes each of them in the end.
 * Left out    that the stopper looks after those who have blocked once in a millisecond; other reasons to stop.
 */
#ifndef MODELS_INTERPRETER_WORLD_H
#define MODELS_INTERPRETER_WORLD_H

#include "models/machine/futex.h"

struct world {
	struct os_thread *stopper; /* NULL: it goes on */
	int32_t attached;	   /* threads that execute, or could if they had a core; the stopper is one */
	sim_ns collection_ns;	   /* of the garbage, that is due */
	struct futex all_stopped, started;
};

/* For AWAIT: Py_BEGIN_ALLOW_THREADS and Py_END_ALLOW_THREADS. */
enum progress world_leave(struct world *world, struct os_thread *thread);
enum progress world_enter(struct world *world, struct os_thread *thread);
/* For AWAIT: the collection that is due. */
enum progress world_collect(struct world *world, struct os_thread *thread);

/* Whether others are to stop. */
static inline bool world_is_stopped_by_other(const struct world *world, const struct os_thread *thread)
{
	return world->stopper && world->stopper != thread;
}

#endif
