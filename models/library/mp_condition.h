/*
 * mp_condition.h - multiprocessing.RLock, Condition and Event.
 *
 * Source      Lib/multiprocessing/synchronize.py @3.8 to 3.13: three semaphores and a lock make a Condition, one
 *             more semaphore an Event; Modules/_multiprocessing/semaphore.c: RLock counts in the process that owns
 *             it.
 * Modelled    notify() waits until those that it has woken have said so (_woken_count); set() likewise.
 */
#ifndef MODELS_LIBRARY_MP_CONDITION_H
#define MODELS_LIBRARY_MP_CONDITION_H

#include "models/library/mp_semaphore.h"

struct mp_rlock {
	struct mp_semaphore semaphore;
	struct os_thread *owner;
	int64_t depth;
};

void mp_rlock_init(struct mp_rlock *rlock);
/* For AWAIT; as mp_semaphore_acquire(). */
enum progress mp_rlock_acquire(struct os_thread *thread, struct mp_rlock *rlock, sim_ns deadline_ns);
enum progress mp_rlock_release(struct os_thread *thread, struct mp_rlock *rlock);

struct mp_condition {
	struct mp_rlock lock;
	struct mp_semaphore sleeping, woken, wait;
};

void mp_condition_init(struct mp_condition *condition);
/* For AWAIT by the owner of the lock. py_thread.timed_out tells whether the deadline came first. */
enum progress mp_condition_wait(struct os_thread *thread, struct mp_condition *condition, sim_ns deadline_ns);
enum progress mp_condition_notify(struct os_thread *thread, struct mp_condition *condition, int64_t count);

struct mp_event {
	struct mp_condition condition;
	bool is_set; /* the semaphore _flag */
};

void mp_event_init(struct mp_event *event);
/* For AWAIT. */
enum progress mp_event_wait(struct os_thread *thread, struct mp_event *event, sim_ns deadline_ns);
enum progress mp_event_set(struct os_thread *thread, struct mp_event *event);
enum progress mp_event_clear(struct os_thread *thread, struct mp_event *event);

#endif
