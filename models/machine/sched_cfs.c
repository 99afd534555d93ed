/*
 * sched_cfs.c - the "completely fair scheduler", the kernel's fair scheduler before 6.6.
 *
 * Source      Linux 6.1, kernel/sched/fair.c: sched_slice(), check_preempt_tick(), place_entity(),
 *             wakeup_preempt_entity(), update_min_vruntime(), yield_task_fair(), pick_next_entity().
 * Modelled    the period by the number of runnable threads, ticks, sleeper credit of half a latency, START_DEBIT
 *             for new threads, wake-up preemption by the granularity.
 * Left out    weights other than nice 0, buddies (next, last), groups, the tree.
 */
#include "models/machine/scheduler.h"
#include "models/machine/scheduler_common.h"

/* The kernel stretches the period beyond this many runnable threads (sched_nr_latency). */
#define NR_LATENCY 8

static sim_ns slice_for(const struct core *core, size_t running)
{
	sim_ns period = running <= NR_LATENCY ? core->machine->latency_ns :
						(sim_ns)running * core->machine->min_granularity_ns;
	sim_ns slice = period / (sim_ns)running;

	return slice > core->machine->min_granularity_ns ? slice : core->machine->min_granularity_ns;
}

/* `except` does not count; NULL: all do. */
static size_t leftmost_but(const struct core *core, const struct os_thread *except)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < core->queue_count; i++) {
		if (core->queue[i] == except)
			continue;
		if (found == SIZE_MAX || core->queue[i]->sched.vruntime < core->queue[found]->sched.vruntime)
			found = i;
	}
	return found;
}

static size_t leftmost(const struct core *core)
{
	return leftmost_but(core, NULL);
}

/* Who has yielded is passed over, unless the next one would not preempt it by far. */
static size_t best(struct core *core)
{
	const struct os_thread *yielded = core->yielded;
	size_t left = leftmost(core);
	size_t second;

	core->yielded = NULL;
	if (left == SIZE_MAX || core->queue[left] != yielded)
		return left;
	second = leftmost_but(core, yielded);
	if (second == SIZE_MAX ||
	    core->queue[second]->sched.vruntime - yielded->sched.vruntime > core->machine->wakeup_granularity_ns)
		return left;
	return second;
}

static void yield(struct core *core)
{
	core->yielded = core->current;
}

/* The clock of the queue follows the one furthest behind and never goes back. */
static void update_min_vruntime(struct core *core)
{
	size_t left = leftmost(core);
	sim_ns vruntime = core->min_vruntime;
	bool known = false;

	if (core->current) {
		vruntime = core->current->sched.vruntime;
		known = true;
	}
	if (left != SIZE_MAX && (!known || core->queue[left]->sched.vruntime < vruntime))
		vruntime = core->queue[left]->sched.vruntime;
	if (vruntime > core->min_vruntime)
		core->min_vruntime = vruntime;
}

static bool update_current(struct core *core)
{
	struct sched_entity *se = &core->current->sched;
	sim_ns now = machine_now(core->machine);

	se->vruntime += now - se->exec_start_ns;
	se->ran_ns += now - se->exec_start_ns;
	se->exec_start_ns = now;
	update_min_vruntime(core);
	return false;
}

static void place(struct core *core, struct os_thread *thread, int reason)
{
	struct sched_entity *se = &thread->sched;
	sim_ns placed = core->min_vruntime;
	size_t running = core->queue_count + (core->current != NULL) + 1;

	switch (reason) {
	case ENQUEUE_PREEMPTED:
	case ENQUEUE_REQUEUED:
		break;
	case ENQUEUE_MIGRATE: /* `lag` carries the distance to the old queue's clock */
		se->vruntime = core->min_vruntime + se->lag;
		break;
	case ENQUEUE_NEW:
		se->vruntime = placed + slice_for(core, running);
		break;
	default:
		placed -= core->machine->latency_ns / 2;
		/* A sleeper's own time counts only on the core where it fell asleep; elsewhere it is
		 * re-based by the distance kept in `lag`. */
		se->vruntime = core->min_vruntime + se->lag;
		if (se->vruntime < placed)
			se->vruntime = placed;
		break;
	}
}

static void leave(struct core *core, struct os_thread *thread, bool migrate)
{
	(void)migrate;
	thread->sched.lag = thread->sched.vruntime - core->min_vruntime;
}

static bool stop_current(struct core *core, bool sleep)
{
	update_current(core);
	if (sleep)
		leave(core, core->current, false);
	core->current = NULL;
	return false;
}

static void picked(struct core *core, struct os_thread *thread)
{
	thread->sched.exec_start_ns = machine_now(core->machine);
	thread->sched.ran_ns = 0;
}

static bool wake_preempts(struct core *core, struct os_thread *thread, int reason)
{
	(void)reason;
	return core->current->sched.vruntime - thread->sched.vruntime > core->machine->wakeup_granularity_ns;
}

static bool tick_preempts(struct core *core)
{
	const struct sched_entity *se = &core->current->sched;
	sim_ns slice = slice_for(core, core->queue_count + 1);
	size_t left = leftmost(core);

	if (left == SIZE_MAX)
		return false;
	if (se->ran_ns > slice)
		return true;
	if (se->ran_ns < core->machine->min_granularity_ns)
		return false;
	return se->vruntime - core->queue[left]->sched.vruntime > slice;
}

const struct scheduler_rules cfs_rules = {
	.update_current = update_current,
	.place = place,
	.leave = leave,
	.stop_current = stop_current,
	.best = best,
	.picked = picked,
	.wake_preempts = wake_preempts,
	.tick_preempts = tick_preempts,
	.yield = yield,
};
