/*
 * c_sync.c - see c_sync.h.
 */
#include "sim/native_c/c_sync.h"

#include "sim/base/sim_time.h"
#include "sim/native_c/c_clock.h"
#include "sim/native_c/c_thread.h"

/* ---- Lock, RLock ---- */

void c_lock_init(struct c_lock *lock)
{
	sem_init(&lock->free, 0, 1);
}

bool c_lock_acquire(struct c_lock *lock, int64_t deadline_ns)
{
	return c_semaphore_wait(&lock->free, deadline_ns);
}

bool c_lock_release(struct c_lock *lock)
{
	int value;

	sem_getvalue(&lock->free, &value);
	if (value > 0)
		return false;
	sem_post(&lock->free);
	return true;
}

void c_rlock_init(struct c_rlock *rlock)
{
	c_lock_init(&rlock->lock);
	atomic_init(&rlock->owner, NULL);
	rlock->depth = 0;
}

bool c_rlock_is_mine(const struct c_rlock *rlock)
{
	return atomic_load(&rlock->owner) == c_self();
}

bool c_rlock_acquire(struct c_rlock *rlock, int64_t deadline_ns)
{
	if (!c_rlock_is_mine(rlock)) {
		if (!c_lock_acquire(&rlock->lock, deadline_ns))
			return false;
		atomic_store(&rlock->owner, c_self());
	}
	rlock->depth++;
	return true;
}

bool c_rlock_release(struct c_rlock *rlock)
{
	if (!c_rlock_is_mine(rlock))
		return false;
	if (--rlock->depth == 0) {
		atomic_store(&rlock->owner, NULL);
		c_lock_release(&rlock->lock);
	}
	return true;
}

/* ---- Condition ---- */

struct c_condition_waiter {
	struct c_lock lock; /* held until it is notified */
	struct c_condition_waiter *next;
	bool queued;
};

void c_condition_init(struct c_condition *condition, struct c_lock *lock, struct c_rlock *rlock)
{
	*condition = (struct c_condition){ .lock = lock, .rlock = rlock };
}

static void take_out(struct c_condition *condition, struct c_condition_waiter *waiter)
{
	struct c_condition_waiter **link = &condition->first;
	struct c_condition_waiter *previous = NULL;

	while (*link != waiter) {
		previous = *link;
		link = &previous->next;
	}
	*link = waiter->next;
	if (condition->last == waiter)
		condition->last = previous;
	waiter->queued = false;
}

static void append(struct c_condition *condition, struct c_condition_waiter *waiter)
{
	waiter->next = NULL;
	waiter->queued = true;
	if (condition->last)
		condition->last->next = waiter;
	else
		condition->first = waiter;
	condition->last = waiter;
}

bool c_condition_wait(struct c_condition *condition, int64_t deadline_ns)
{
	struct c_condition_waiter waiter;
	int64_t depth = condition->rlock ? condition->rlock->depth : 0;
	bool in_time;

	c_lock_init(&waiter.lock);
	c_lock_acquire(&waiter.lock, SIM_NS_MAX);
	append(condition, &waiter);
	if (condition->rlock) {
		condition->rlock->depth = 1;
		c_rlock_release(condition->rlock);
	} else {
		c_lock_release(condition->lock);
	}
	in_time = c_lock_acquire(&waiter.lock, deadline_ns);
	if (condition->rlock) {
		c_rlock_acquire(condition->rlock, SIM_NS_MAX);
		condition->rlock->depth = depth;
	} else {
		c_lock_acquire(condition->lock, SIM_NS_MAX);
	}
	if (waiter.queued)
		take_out(condition, &waiter);
	return in_time;
}

void c_condition_notify(struct c_condition *condition, int64_t count)
{
	for (; count > 0 && condition->first; count--) {
		struct c_condition_waiter *waiter = condition->first;

		take_out(condition, waiter);
		c_lock_release(&waiter->lock);
	}
}

/* ---- Semaphore ---- */

void c_semaphore_init(struct c_semaphore *semaphore, int64_t value, int64_t bound)
{
	c_lock_init(&semaphore->lock);
	c_condition_init(&semaphore->condition, &semaphore->lock, NULL);
	semaphore->value = value;
	semaphore->bound = bound;
}

bool c_semaphore_acquire(struct c_semaphore *semaphore, int64_t deadline_ns)
{
	bool acquired;

	c_lock_acquire(&semaphore->lock, SIM_NS_MAX);
	while (semaphore->value == 0 && deadline_ns > c_clock_ns())
		c_condition_wait(&semaphore->condition, deadline_ns);
	acquired = semaphore->value > 0;
	semaphore->value -= acquired;
	c_lock_release(&semaphore->lock);
	return acquired;
}

bool c_semaphore_release(struct c_semaphore *semaphore, int64_t count)
{
	bool allowed;

	c_lock_acquire(&semaphore->lock, SIM_NS_MAX);
	allowed = count <= semaphore->bound - semaphore->value;
	if (allowed) {
		semaphore->value += count;
		c_condition_notify(&semaphore->condition, count);
	}
	c_lock_release(&semaphore->lock);
	return allowed;
}

/* ---- Event ---- */

void c_flag_init(struct c_flag *flag)
{
	c_lock_init(&flag->lock);
	c_condition_init(&flag->condition, &flag->lock, NULL);
	flag->is_set = false;
}

bool c_flag_wait(struct c_flag *flag, int64_t deadline_ns)
{
	bool in_time = true;

	c_lock_acquire(&flag->lock, SIM_NS_MAX);
	if (!flag->is_set)
		in_time = c_condition_wait(&flag->condition, deadline_ns);
	c_lock_release(&flag->lock);
	return in_time;
}

void c_flag_set(struct c_flag *flag, bool is_set)
{
	c_lock_acquire(&flag->lock, SIM_NS_MAX);
	flag->is_set = is_set;
	if (is_set)
		c_condition_notify(&flag->condition, INT64_MAX);
	c_lock_release(&flag->lock);
}

/* ---- Barrier ---- */

void c_barrier_init(struct c_barrier *barrier, int64_t parties)
{
	c_lock_init(&barrier->lock);
	c_condition_init(&barrier->condition, &barrier->lock, NULL);
	barrier->parties = parties;
	barrier->inside = 0;
	barrier->state = C_BARRIER_FILLING;
}

bool c_barrier_wait(struct c_barrier *barrier, int64_t deadline_ns)
{
	bool broken;

	c_lock_acquire(&barrier->lock, SIM_NS_MAX);
	while (barrier->state == C_BARRIER_DRAINING)
		c_condition_wait(&barrier->condition, SIM_NS_MAX);
	broken = barrier->state == C_BARRIER_BROKEN;
	if (!broken) {
		bool is_last = ++barrier->inside == barrier->parties;

		while (!is_last && barrier->state == C_BARRIER_FILLING && deadline_ns > c_clock_ns())
			c_condition_wait(&barrier->condition, deadline_ns);
		if (barrier->state == C_BARRIER_FILLING) {
			barrier->state = is_last ? C_BARRIER_DRAINING : C_BARRIER_BROKEN;
			c_condition_notify(&barrier->condition, INT64_MAX);
		}
		broken = barrier->state == C_BARRIER_BROKEN;
		if (--barrier->inside == 0 && barrier->state == C_BARRIER_DRAINING) {
			barrier->state = C_BARRIER_FILLING;
			c_condition_notify(&barrier->condition, INT64_MAX);
		}
	}
	c_lock_release(&barrier->lock);
	return !broken;
}
