/*
 * aio_locks.h - asyncio's Lock, Semaphore, Event and Condition.
 *
 * Source      Lib/asyncio/locks.py @3.8 to 3.13. Lock: first come, first served; free until the woken task runs,
 *             but nobody who comes later takes it before. Semaphore: since 3.10.13 and 3.11 first come, first
 *             served, the permit taken at release(); before, whoever runs first takes it.
 *
 * Who waits is woken through call_soon(): a turn later.
 */
#ifndef MODELS_LIBRARY_AIO_LOCKS_H
#define MODELS_LIBRARY_AIO_LOCKS_H

#include "models/library/aio_task.h"

/* A task that waits; its place is in the frame of who waits. */
struct aio_waiter {
	struct aio_future future;
	struct aio_waiter *next, *previous;
};

struct aio_waiters {
	struct aio_waiter *first, *last;
};

/* For AWAIT: appends the waiter and awaits its future; it leaves the list before this returns. */
enum progress aio_wait_in(struct os_thread *thread, struct aio_waiters *waiters, struct aio_waiter *waiter,
			  uint8_t activity);
/* The waiter leaves the list: to be called after each aio_wait_in(). */
void aio_leave_waiters(struct aio_waiters *waiters, struct aio_waiter *waiter);
/* Sets the future of the first waiter that is still pending. False: there is none. */
bool aio_wake_next(struct aio_loop *loop, struct aio_waiters *waiters);

struct aio_lock {
	bool locked;
	struct aio_waiters waiters;
};

struct aio_semaphore {
	int64_t value, bound; /* bound: BoundedSemaphore; 0: none */
	struct aio_waiters waiters;
};

struct aio_event {
	bool is_set;
	struct aio_waiters waiters;
};

struct aio_condition {
	struct aio_lock lock;
	struct aio_waiters waiters;
};

/* For AWAIT in a coroutine. Each may be cancelled while it waits: then it raises, and has not acquired. */
enum progress aio_lock_acquire(struct os_thread *thread, struct aio_lock *lock);
enum progress aio_lock_release(struct os_thread *thread, struct aio_lock *lock);
enum progress aio_semaphore_acquire(struct os_thread *thread, struct aio_semaphore *semaphore);
enum progress aio_semaphore_release(struct os_thread *thread, struct aio_semaphore *semaphore);
enum progress aio_event_wait(struct os_thread *thread, struct aio_event *event);
void aio_event_set(struct aio_loop *loop, struct aio_event *event);
/* The lock must be held; it is held again afterwards, also when this was cancelled. */
enum progress aio_condition_wait(struct os_thread *thread, struct aio_condition *condition);
/* notify(count); 0: all. */
void aio_condition_notify(struct aio_loop *loop, struct aio_condition *condition, int64_t count);

#endif
