/*
 * lock.c - see lock.h.
 */
#include "models/library/lock.h"

static void init(struct py_lock *lock, bool is_of_rlock, enum cost cost)
{
	*lock = (struct py_lock){
		.is_of_rlock = is_of_rlock,
		.cost = cost,
		.waiting_activity = ACTIVITY_LOCK_WAIT,
		.semaphore.value = 1,
	};
}

void py_lock_init(struct py_lock *lock)
{
	init(lock, false, COST_LOCK_UNCONTENDED);
}

void py_lock_init_of_rlock(struct py_lock *lock)
{
	init(lock, true, COST_RLOCK_UNCONTENDED);
}

static bool is_mutex(const struct os_thread *thread, const struct py_lock *lock)
{
	if (lock->is_of_rlock)
		return py_has(thread, PYTHON_RLOCK_IS_MUTEX);
	return py_has(thread, PYTHON_LOCK_IS_MUTEX) || !py_runtime_of(thread)->has_gil;
}

struct acquire_locals {
	struct py_lock *lock;
	sim_ns deadline_ns;
};

static enum progress acquire(struct os_thread *thread, struct frame *frame)
{
	struct acquire_locals *my = FRAME_LOCALS(frame, struct acquire_locals);
	struct py_lock *lock = my->lock;

	PROGRAM_BEGIN(frame);
	AWAIT(frame,
	      is_mutex(thread, lock)
		      ? py_mutex_lock(thread, &lock->mutex, my->deadline_ns, lock->waiting_activity)
		      : posix_semaphore_wait(thread, &lock->semaphore, my->deadline_ns, lock->waiting_activity));
	if (!py_current(thread)->timed_out)
		lock->owner = thread;
	PROGRAM_END;
}

/* The try with the GIL held. */
static bool try_acquire(struct os_thread *thread, struct py_lock *lock)
{
	if (!(is_mutex(thread, lock) ? py_mutex_try(&lock->mutex) : posix_semaphore_try(&lock->semaphore)))
		return false;
	lock->owner = thread;
	return true;
}

enum progress py_lock_acquire_until(struct os_thread *thread, struct py_lock *lock, sim_ns deadline_ns)
{
	struct acquire_locals *my;

	py_current(thread)->timed_out = false;
	if (try_acquire(thread, lock))
		return py_overhead(thread, py_cost(thread, lock->cost) / 2);
	if (deadline_ns <= machine_now(thread->machine)) {
		py_current(thread)->timed_out = true;
		return DONE;
	}
	my = os_thread_push(thread, acquire);
	my->lock = lock;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

enum progress py_lock_release(struct os_thread *thread, struct py_lock *lock)
{
	sim_ns cost_ns = py_cost(thread, lock->cost) / 2;

	if (is_mutex(thread, lock)) {
		cost_ns += py_mutex_unlock(thread, &lock->mutex);
		lock->owner = lock->mutex.heir;
	} else {
		assert(lock->semaphore.value == 0);
		lock->owner = NULL;
		cost_ns += posix_semaphore_post(&lock->semaphore, thread);
	}
	return py_overhead(thread, cost_ns);
}

bool py_lock_is_locked(const struct os_thread *thread, const struct py_lock *lock)
{
	return is_mutex(thread, lock) ? lock->mutex.locked : lock->semaphore.value == 0;
}
