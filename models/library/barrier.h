/*
 * barrier.h - threading.Barrier, and multiprocessing.Barrier, which is the same on a Condition across processes.
 *
 * Source      Lib/threading.py: Barrier.wait(), _enter(), _release(), _wait(), _exit(), _break() @3.8 to 3.13;
 *             Lib/multiprocessing/synchronize.py: Barrier, whose state lies in shared memory.
 * Modelled    filling and draining: nobody enters again before all have left; a time-out breaks the barrier for
 *             all.
 * Left out    the action, reset() and abort().
 */
#ifndef MODELS_LIBRARY_BARRIER_H
#define MODELS_LIBRARY_BARRIER_H

#include "models/library/condition.h"
#include "models/library/mp_condition.h"

enum barrier_state { BARRIER_FILLING, BARRIER_DRAINING, BARRIER_BROKEN };

struct py_barrier {
	bool across_processes;
	struct py_lock lock;
	struct py_condition condition;
	struct mp_condition mp_condition; /* instead, with its own lock */
	enum barrier_state state;
	int64_t parties, inside;
};

void py_barrier_init(struct py_barrier *barrier, struct region *region, int64_t parties);
/* Of processes. */
void mp_barrier_init(struct py_barrier *barrier, int64_t parties);
/* For AWAIT. Waits until all parties do, or until `deadline_ns`. py_thread.timed_out tells that the barrier is
 * broken: this thread's time was up, or another's. */
enum progress py_barrier_wait(struct os_thread *thread, struct py_barrier *barrier, sim_ns deadline_ns);

#endif
