/*
 * c_sync.h - threading's locks, and the classes that Lib/threading.py builds of them, statement by statement.
 *
 * Followed    CPython up to 3.13, where a Lock is a POSIX semaphore. As there, whoever waits for a condition waits
 *             for a lock of his own that notify() releases, first come first served. Deadlines are moments of
 *             CLOCK_MONOTONIC, SIM_NS_MAX for none; what returns a bool returns false when its has passed.
 */
#ifndef SIM_NATIVE_C_C_SYNC_H
#define SIM_NATIVE_C_C_SYNC_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- Lock, RLock ---- */

struct c_lock {
	sem_t free;
};

void c_lock_init(struct c_lock *lock);
bool c_lock_acquire(struct c_lock *lock, int64_t deadline_ns);
/* False: it was not locked (RuntimeError). */
bool c_lock_release(struct c_lock *lock);

struct c_rlock {
	struct c_lock lock;
	_Atomic(const void *) owner; /* c_self(); NULL: nobody */
	int64_t depth;
};

void c_rlock_init(struct c_rlock *rlock);
bool c_rlock_acquire(struct c_rlock *rlock, int64_t deadline_ns);
/* False: it is not the caller's. */
bool c_rlock_release(struct c_rlock *rlock);
bool c_rlock_is_mine(const struct c_rlock *rlock);

/* ---- Condition ---- */

struct c_condition_waiter;

struct c_condition {
	struct c_lock *lock;   /* borrowed; NULL: it has an RLock */
	struct c_rlock *rlock; /* likewise */
	struct c_condition_waiter *first, *last;
};

void c_condition_init(struct c_condition *condition, struct c_lock *lock, struct c_rlock *rlock);
bool c_condition_wait(struct c_condition *condition, int64_t deadline_ns);
void c_condition_notify(struct c_condition *condition, int64_t count);

/* ---- Semaphore, Event, Barrier ---- */

struct c_semaphore {
	struct c_lock lock;
	struct c_condition condition;
	int64_t value;
	int64_t bound; /* of a BoundedSemaphore; INT64_MAX: none */
};

void c_semaphore_init(struct c_semaphore *semaphore, int64_t value, int64_t bound);
bool c_semaphore_acquire(struct c_semaphore *semaphore, int64_t deadline_ns);
/* False: beyond its bound (ValueError). */
bool c_semaphore_release(struct c_semaphore *semaphore, int64_t count);

struct c_flag {
	struct c_lock lock;
	struct c_condition condition;
	bool is_set;
};

void c_flag_init(struct c_flag *flag);
bool c_flag_wait(struct c_flag *flag, int64_t deadline_ns);
void c_flag_set(struct c_flag *flag, bool is_set);

struct c_barrier {
	struct c_lock lock;
	struct c_condition condition;
	int64_t parties, inside;
	enum { C_BARRIER_FILLING, C_BARRIER_DRAINING, C_BARRIER_BROKEN } state;
};

void c_barrier_init(struct c_barrier *barrier, int64_t parties);
/* False: it is broken. */
bool c_barrier_wait(struct c_barrier *barrier, int64_t deadline_ns);

#endif
