/*
 * scheduler.c - the run queue of a core, and which rules apply to it.
 */
#include "models/machine/scheduler.h"

#include <string.h>

#include "models/machine/scheduler_common.h"

static const struct scheduler_rules *rules(const struct core *core)
{
	return core->machine->eevdf ? &eevdf_rules : &cfs_rules;
}

void queue_insert(struct core *core, struct os_thread *thread)
{
	if (core->queue_count == core->queue_capacity)
		core->queue = region_grow(core->machine->region, core->queue, core->queue_count,
					  &core->queue_capacity, sizeof(struct os_thread *));
	core->queue[core->queue_count++] = thread;
	if (core->current || core->queue_count > 1)
		core->machine->overloaded = true;
	core->vruntime_sum += thread->sched.vruntime;
	thread->sched.queued = true;
}

void queue_remove_at(struct core *core, size_t index)
{
	struct os_thread *thread = core->queue[index];

	core->vruntime_sum -= thread->sched.vruntime;
	thread->sched.queued = false;
	core->queue_count--;
	if (index < core->queue_count)
		memmove(&core->queue[index], &core->queue[index + 1],
			(core->queue_count - index) * sizeof(struct os_thread *));
}

void queue_drop_sleeper(struct core *core, size_t index)
{
	struct os_thread *thread = core->queue[index];

	rules(core)->leave(core, thread, false);
	thread->sched.delayed = false;
	if (thread->sched.lag > 0)
		thread->sched.lag = 0;
	queue_remove_at(core, index);
}

/* Where packing needs it, the thread's utilisation is kept: it runs from now on, or has run until now. */
static void note_running(const struct core *core, struct os_thread *thread, bool was_running)
{
	if (core->machine->pack_below > 0)
		utilisation_update(&thread->sched.utilisation, machine_now(core->machine), was_running);
}

bool scheduler_update_current(struct core *core)
{
	return core->current != NULL && !core->switching && rules(core)->update_current(core);
}

void scheduler_enqueue(struct core *core, struct os_thread *thread, enum enqueue_reason reason)
{
	assert(!thread->sched.queued);
	thread->core = core;
	placement_attach(core, thread);
	rules(core)->place(core, thread, (int)reason);
	queue_insert(core, thread);
}

void scheduler_begin_alone(struct core *core, struct os_thread *thread, enum enqueue_reason reason)
{
	assert(!thread->sched.queued && core->queue_count == 0 && core->current == NULL);
	thread->core = core;
	placement_attach(core, thread);
	rules(core)->place(core, thread, (int)reason);
	rules(core)->picked(core, thread);
	note_running(core, thread, false);
}

void scheduler_dequeue(struct core *core, struct os_thread *thread, bool migrate)
{
	for (size_t i = 0; i < core->queue_count; i++) {
		if (core->queue[i] != thread)
			continue;
		rules(core)->leave(core, thread, migrate);
		queue_remove_at(core, i);
		return;
	}
	assert(0 && "thread is in the queue");
}

bool scheduler_stop_current(struct core *core, bool sleep)
{
	note_running(core, core->current, true);
	return rules(core)->stop_current(core, sleep);
}

struct os_thread *scheduler_pick_next(struct core *core)
{
	while (core->queue_count > 0) {
		/* Who is alone is the best by any rules. */
		size_t best = core->queue_count == 1 ? 0 : rules(core)->best(core);
		struct os_thread *thread;

		if (best == SIZE_MAX)
			return NULL;
		thread = core->queue[best];
		if (!thread->sched.delayed) {
			queue_remove_at(core, best);
			rules(core)->picked(core, thread);
			note_running(core, thread, false);
			return thread;
		}
		queue_drop_sleeper(core, best);
	}
	return NULL;
}

bool scheduler_wake_preempts(struct core *core, struct os_thread *thread, enum enqueue_reason reason)
{
	return rules(core)->wake_preempts(core, thread, (int)reason);
}

bool scheduler_tick_preempts(struct core *core)
{
	return rules(core)->tick_preempts(core);
}

void scheduler_yield(struct core *core)
{
	scheduler_update_current(core);
	rules(core)->yield(core);
}

sim_ns scheduler_slice_left(const struct core *core)
{
	return rules(core)->slice_left(core);
}

size_t scheduler_ready_count(const struct core *core)
{
	size_t count = core->queue_count;

	for (size_t i = 0; i < core->queue_count; i++)
		count -= core->queue[i]->sched.delayed;
	return count;
}
