/*
 * aio_locks.c - see aio_locks.h.
 */
#include "models/library/aio_locks.h"

/* ---- Lists of waiters ---- */

enum progress aio_wait_in(struct os_thread *thread, struct aio_waiters *waiters, struct aio_waiter *waiter,
			  uint8_t activity)
{
	*waiter = (struct aio_waiter){ .previous = waiters->last };
	if (waiters->last)
		waiters->last->next = waiter;
	else
		waiters->first = waiter;
	waiters->last = waiter;
	aio_owe(aio_running_loop(thread), COST_AIO_FUTURE);
	return aio_await(thread, &waiter->future, activity);
}

void aio_leave_waiters(struct aio_waiters *waiters, struct aio_waiter *waiter)
{
	if (waiter->previous)
		waiter->previous->next = waiter->next;
	else
		waiters->first = waiter->next;
	if (waiter->next)
		waiter->next->previous = waiter->previous;
	else
		waiters->last = waiter->previous;
}

bool aio_wake_next(struct aio_loop *loop, struct aio_waiters *waiters)
{
	for (struct aio_waiter *waiter = waiters->first; waiter; waiter = waiter->next)
		if (!aio_future_done(&waiter->future)) {
			aio_future_set(loop, &waiter->future, PY_NO_EXCEPTION);
			return true;
		}
	return false;
}

static bool somebody_waits(const struct aio_waiters *waiters)
{
	for (const struct aio_waiter *waiter = waiters->first; waiter; waiter = waiter->next)
		if (waiter->future.state != AIO_CANCELLED)
			return true;
	return false;
}

/* ---- Lock ---- */

struct lock_locals {
	struct aio_lock *lock;
	struct aio_waiter waiter;
};

/* Only the first one: it is woken already when its future is done. */
static void wake_first(struct aio_loop *loop, struct aio_lock *lock)
{
	if (lock->waiters.first && !aio_future_done(&lock->waiters.first->future))
		aio_wake_next(loop, &lock->waiters);
}

static enum progress acquire_lock(struct os_thread *thread, struct frame *frame)
{
	struct lock_locals *my = FRAME_LOCALS(frame, struct lock_locals);
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_LOCK));
	if (my->lock->locked || somebody_waits(&my->lock->waiters)) {
		AWAIT(frame, aio_wait_in(thread, &my->lock->waiters, &my->waiter, ACTIVITY_LOCK_WAIT));
		aio_leave_waiters(&my->lock->waiters, &my->waiter);
	}
	if (py_exception(thread) == PY_NO_EXCEPTION)
		my->lock->locked = true;
	else if (!my->lock->locked)
		wake_first(loop, my->lock);
	PROGRAM_END;
}

enum progress aio_lock_acquire(struct os_thread *thread, struct aio_lock *lock)
{
	struct lock_locals *locals = os_thread_push(thread, acquire_lock);

	locals->lock = lock;
	return os_thread_enter(thread);
}

enum progress aio_lock_release(struct os_thread *thread, struct aio_lock *lock)
{
	assert(lock->locked);
	lock->locked = false;
	wake_first(aio_running_loop(thread), lock);
	return DONE; /* its cost is part of acquiring */
}

/* ---- Semaphore ---- */

struct semaphore_locals {
	struct aio_semaphore *semaphore;
	struct aio_waiter waiter;
};

static bool wake_for_permit(struct aio_loop *loop, struct aio_semaphore *semaphore)
{
	if (!aio_wake_next(loop, &semaphore->waiters))
		return false;
	semaphore->value--;
	return true;
}

static enum progress acquire_fair(struct os_thread *thread, struct frame *frame)
{
	struct semaphore_locals *my = FRAME_LOCALS(frame, struct semaphore_locals);
	struct aio_semaphore *semaphore = my->semaphore;
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_SEMAPHORE));
	if (semaphore->value > 0 && !somebody_waits(&semaphore->waiters)) {
		semaphore->value--;
	} else {
		AWAIT(frame, aio_wait_in(thread, &semaphore->waiters, &my->waiter, ACTIVITY_LOCK_WAIT));
		aio_leave_waiters(&semaphore->waiters, &my->waiter);
		/* Cancelled after it was given a permit, it gives it back. */
		if (py_exception(thread) != PY_NO_EXCEPTION && my->waiter.future.state == AIO_FINISHED)
			semaphore->value++;
		while (semaphore->value > 0 && wake_for_permit(loop, semaphore))
			;
	}
	PROGRAM_END;
}

static enum progress acquire_first_come(struct os_thread *thread, struct frame *frame)
{
	struct semaphore_locals *my = FRAME_LOCALS(frame, struct semaphore_locals);
	struct aio_semaphore *semaphore = my->semaphore;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_SEMAPHORE));
	while (semaphore->value <= 0 && py_exception(thread) == PY_NO_EXCEPTION) {
		AWAIT(frame, aio_wait_in(thread, &semaphore->waiters, &my->waiter, ACTIVITY_LOCK_WAIT));
		aio_leave_waiters(&semaphore->waiters, &my->waiter);
	}
	if (py_exception(thread) == PY_NO_EXCEPTION)
		semaphore->value--;
	else if (semaphore->value > 0)
		aio_wake_next(aio_running_loop(thread), &semaphore->waiters);
	PROGRAM_END;
}

static bool is_fair(const struct os_thread *thread)
{
	return py_has(thread, PYTHON_FAIR_SEMAPHORE);
}

enum progress aio_semaphore_acquire(struct os_thread *thread, struct aio_semaphore *semaphore)
{
	struct semaphore_locals *locals =
		os_thread_push(thread, is_fair(thread) ? acquire_fair : acquire_first_come);

	locals->semaphore = semaphore;
	return os_thread_enter(thread);
}

enum progress aio_semaphore_release(struct os_thread *thread, struct aio_semaphore *semaphore)
{
	semaphore->value++;
	if (is_fair(thread))
		wake_for_permit(aio_running_loop(thread), semaphore);
	else
		aio_wake_next(aio_running_loop(thread), &semaphore->waiters);
	return DONE; /* its cost is part of acquiring */
}

/* ---- Event ---- */

struct event_locals {
	struct aio_event *event;
	struct aio_waiter waiter;
};

static enum progress wait_for_event(struct os_thread *thread, struct frame *frame)
{
	struct event_locals *my = FRAME_LOCALS(frame, struct event_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_AWAIT));
	if (!my->event->is_set) {
		AWAIT(frame, aio_wait_in(thread, &my->event->waiters, &my->waiter, ACTIVITY_LOCK_WAIT));
		aio_leave_waiters(&my->event->waiters, &my->waiter);
	}
	PROGRAM_END;
}

enum progress aio_event_wait(struct os_thread *thread, struct aio_event *event)
{
	struct event_locals *locals = os_thread_push(thread, wait_for_event);

	locals->event = event;
	return os_thread_enter(thread);
}

void aio_event_set(struct aio_loop *loop, struct aio_event *event)
{
	if (event->is_set)
		return;
	event->is_set = true;
	while (aio_wake_next(loop, &event->waiters))
		;
}

/* ---- Condition ---- */

struct condition_locals {
	struct aio_condition *condition;
	struct aio_waiter waiter;
	uint32_t exception;
};

static enum progress wait_for_condition(struct os_thread *thread, struct frame *frame)
{
	struct condition_locals *my = FRAME_LOCALS(frame, struct condition_locals);
	struct aio_condition *condition = my->condition;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_AWAIT));
	AWAIT(frame, aio_lock_release(thread, &condition->lock));
	AWAIT(frame, aio_wait_in(thread, &condition->waiters, &my->waiter, ACTIVITY_LOCK_WAIT));
	aio_leave_waiters(&condition->waiters, &my->waiter);
	my->exception = py_catch(thread);
	/* Whatever comes, it must hold the lock again. */
	for (;;) {
		AWAIT(frame, aio_lock_acquire(thread, &condition->lock));
		if (py_exception(thread) == PY_NO_EXCEPTION)
			break;
		my->exception = py_catch(thread);
	}
	if (my->exception != PY_NO_EXCEPTION && py_has(thread, PYTHON_AIO_CONDITION_TELLS))
		aio_condition_notify(aio_running_loop(thread), condition, 1);
	py_raise(thread, my->exception);
	PROGRAM_END;
}

enum progress aio_condition_wait(struct os_thread *thread, struct aio_condition *condition)
{
	struct condition_locals *locals = os_thread_push(thread, wait_for_condition);

	locals->condition = condition;
	return os_thread_enter(thread);
}

void aio_condition_notify(struct aio_loop *loop, struct aio_condition *condition, int64_t count)
{
	for (int64_t i = 0; (count == 0 || i < count) && aio_wake_next(loop, &condition->waiters); i++)
		;
}
