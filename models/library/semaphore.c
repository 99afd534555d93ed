/*
 * semaphore.c - see semaphore.h.
 */
#include "models/library/semaphore.h"

void py_semaphore_init(struct py_semaphore *semaphore, struct region *region, int64_t value)
{
	*semaphore = (struct py_semaphore){ .value = value };
	py_lock_init(&semaphore->lock);
	py_condition_init(&semaphore->condition, region, &semaphore->lock, NULL);
}

sim_ns py_semaphore_cost(const struct os_thread *thread)
{
	return py_cost(thread, COST_SEMAPHORE_OP) + py_cost(thread, COST_LOCK_UNCONTENDED);
}

sim_ns py_semaphore_fail_cost(const struct os_thread *thread)
{
	return py_semaphore_cost(thread) + py_condition_wait_cost(thread);
}

struct semaphore_locals {
	struct py_semaphore *semaphore;
	sim_ns deadline_ns;
	int64_t count;
	bool begins_to_wait, acquired;
};

static struct semaphore_locals *push(struct os_thread *thread, program_fn *program, struct py_semaphore *semaphore)
{
	struct semaphore_locals *my = os_thread_push(thread, program);

	my->semaphore = semaphore;
	return my;
}

static enum progress acquire(struct os_thread *thread, struct frame *frame)
{
	struct semaphore_locals *my = FRAME_LOCALS(frame, struct semaphore_locals);
	struct py_semaphore *semaphore = my->semaphore;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &semaphore->lock));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_SEMAPHORE_OP)));
	while (semaphore->value == 0 && (my->begins_to_wait || my->deadline_ns > machine_now(thread->machine))) {
		my->begins_to_wait = false;
		AWAIT(frame, py_condition_wait(thread, &semaphore->condition, my->deadline_ns));
	}
	my->acquired = semaphore->value > 0;
	semaphore->value -= my->acquired;
	AWAIT(frame, py_lock_release(thread, &semaphore->lock));
	py_current(thread)->timed_out = !my->acquired;
	PROGRAM_END;
}

enum progress py_semaphore_acquire_until(struct os_thread *thread, struct py_semaphore *semaphore,
					 sim_ns deadline_ns)
{
	push(thread, acquire, semaphore)->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

enum progress py_semaphore_acquire_in_no_time(struct os_thread *thread, struct py_semaphore *semaphore)
{
	push(thread, acquire, semaphore)->begins_to_wait = true;
	return os_thread_enter(thread);
}

static enum progress release(struct os_thread *thread, struct frame *frame)
{
	struct semaphore_locals *my = FRAME_LOCALS(frame, struct semaphore_locals);
	struct py_semaphore *semaphore = my->semaphore;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &semaphore->lock));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_SEMAPHORE_OP)));
	semaphore->value += my->count;
	AWAIT(frame, py_condition_notify(thread, &semaphore->condition, my->count));
	AWAIT(frame, py_lock_release(thread, &semaphore->lock));
	PROGRAM_END;
}

enum progress py_semaphore_release(struct os_thread *thread, struct py_semaphore *semaphore, int64_t count)
{
	push(thread, release, semaphore)->count = count;
	return os_thread_enter(thread);
}
