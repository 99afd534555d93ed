/*
 * sched_eevdf.c - "earliest eligible virtual deadline first", the kernel's fair scheduler since 6.6.
 *
 * Source      Linux 6.18, kernel/sched/fair.c: avg_vruntime(), entity_eligible(), __pick_eevdf(), update_curr(),
 *             update_deadline(), place_entity(), update_entity_lag(), dequeue_entity(), requeue_delayed_entity(),
 *             check_preempt_wakeup_fair(), set_protect_slice(), hrtick_start_fair(), yield_task_fair(). A wake-up
 *             drops sleepers that would be next since 7.1, and in the stable kernels since May 2026 ("Fix
 *             wakeup_preempt_fair() vs delayed dequeue").
 * Modelled    PLACE_LAG, PLACE_DEADLINE_INITIAL, PLACE_REL_DEADLINE, RUN_TO_PARITY, DELAY_DEQUEUE with DELAY_ZERO.
 *             All threads have the same weight and ask for the same slice, so PREEMPT_SHORT never applies.
 * Left out    groups, slice requests (sched_setattr), the tree: a queue is searched from end to end.
 */
#include "models/machine/scheduler.h"
#include "models/machine/scheduler_common.h"

static bool update_current(struct core *core)
{
	struct sched_entity *se = &core->current->sched;
	sim_ns now = machine_now(core->machine);

	se->vruntime += now - se->exec_start_ns;
	se->exec_start_ns = now;
	if (se->vruntime < se->deadline)
		return false;
	se->deadline = se->vruntime + se->slice;
	return true;
}

/* Threads that compete: the queued and, while it runs, the current one. */
static int64_t competitor_count(const struct core *core)
{
	return (int64_t)core->queue_count + (core->current != NULL);
}

static __int128 competitor_sum(const struct core *core)
{
	return core->vruntime_sum + (core->current ? core->current->sched.vruntime : 0);
}

/* Rounded down, also below zero. Not inline, so that no registers are kept for a division of 128 bits as a rule. */
static __attribute__((noinline)) sim_ns divide(__int128 sum, int64_t count)
{
	return (sim_ns)(sum >= 0 ? sum / count : -((-sum + count - 1) / count));
}

/* The weighted average of virtual times: who is behind it is owed service. */
static sim_ns average_vruntime(const struct core *core)
{
	int64_t count = competitor_count(core);
	__int128 sum = competitor_sum(core);

	if (count == 0)
		return core->min_vruntime;
	return count == 1 ? (sim_ns)sum : divide(sum, count);
}

static bool is_eligible(const struct core *core, const struct os_thread *thread)
{
	return (__int128)thread->sched.vruntime * competitor_count(core) <= competitor_sum(core);
}

static void update_lag(const struct core *core, struct os_thread *thread, sim_ns average)
{
	struct sched_entity *se = &thread->sched;
	sim_ns limit = 2 * se->slice > core->machine->tick_ns ? 2 * se->slice : core->machine->tick_ns;
	sim_ns lag = average - se->vruntime;

	se->lag = lag > limit ? limit : lag < -limit ? -limit : lag;
}

static void place(struct core *core, struct os_thread *thread, int reason)
{
	struct sched_entity *se = &thread->sched;
	int64_t others = competitor_count(core);
	sim_ns average = average_vruntime(core);
	sim_ns lag = 0;

	if (reason == ENQUEUE_REQUEUED && se->lag > 0)
		se->lag = 0; /* owed service meanwhile: it gets a new place, without that */
	else if (reason == ENQUEUE_PREEMPTED || reason == ENQUEUE_REQUEUED)
		return; /* keeps its virtual time and deadline */
	se->slice = core->machine->base_slice_ns;
	/* Entering moves the average; so that the lag is the same after as before, it is inflated. */
	if (others > 0)
		lag = se->lag * (others + 1) / others;
	se->vruntime = average - lag;
	if (reason == ENQUEUE_MIGRATE && se->has_relative_deadline)
		se->deadline = se->vruntime + se->relative_deadline;
	else
		se->deadline = se->vruntime + (reason == ENQUEUE_NEW ? se->slice / 2 : se->slice);
	se->has_relative_deadline = false;
}

static void leave(struct core *core, struct os_thread *thread, bool migrate)
{
	struct sched_entity *se = &thread->sched;

	update_lag(core, thread, average_vruntime(core));
	if (migrate) {
		se->relative_deadline = se->deadline - se->vruntime;
		se->has_relative_deadline = true;
	}
}

static bool stop_current(struct core *core, bool sleep)
{
	struct os_thread *thread = core->current;
	bool stays;
	sim_ns average;

	update_current(core);
	if (core->queue_count == 0) {
		/* The usual case: who is alone is the average. */
		stays = false;
		average = thread->sched.vruntime;
		if (sleep)
			thread->sched.lag = 0;
	} else {
		stays = sleep && !is_eligible(core, thread);
		average = average_vruntime(core);
		if (sleep)
			update_lag(core, thread, average);
	}
	core->current = NULL;
	if (stays) {
		thread->sched.delayed = true;
		queue_insert(core, thread);
	} else {
		core->min_vruntime = average;
	}
	return stays;
}

/* The eligible thread with the earliest deadline; the first to arrive among equals. */
static size_t best(struct core *core)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < core->queue_count; i++) {
		if (!is_eligible(core, core->queue[i]))
			continue;
		if (found == SIZE_MAX || core->queue[i]->sched.deadline < core->queue[found]->sched.deadline)
			found = i;
	}
	return found;
}

static void picked(struct core *core, struct os_thread *thread)
{
	thread->sched.exec_start_ns = machine_now(core->machine);
	thread->sched.protected_until = thread->sched.deadline;
}

static bool slice_is_over(const struct core *core)
{
	return core->current->sched.vruntime >= core->current->sched.protected_until;
}

/* Asks who would be next. Sleepers that would be are not, and leave the queue at that, which moves the average. */
static bool wake_preempts(struct core *core, struct os_thread *thread, int reason)
{
	const struct sched_entity *current = &core->current->sched;

	if (slice_is_over(core) && core->queue_count > 1)
		return true; /* update_curr() finds that, whoever is woken */
	if (reason == ENQUEUE_NEW)
		return false;
	for (;;) {
		const bool eligible = is_eligible(core, core->current);
		size_t candidate;

		if (eligible && !slice_is_over(core))
			return false;
		candidate = best(core);
		if (candidate == SIZE_MAX || (eligible && current->deadline < core->queue[candidate]->sched.deadline))
			return false;
		if (!core->queue[candidate]->sched.delayed)
			return core->queue[candidate] == thread;
		queue_drop_sleeper(core, candidate);
	}
}

static bool tick_preempts(struct core *core)
{
	return core->queue_count > 0 && slice_is_over(core);
}

/* It forfeits the rest of its slice, in virtual time, unless it is ahead of the others already. (In 6.6 to 6.17 only its
 * deadline moved; their stable releases have this since late 2025.) */
static void yield(struct core *core)
{
	struct sched_entity *se = &core->current->sched;

	if (!is_eligible(core, core->current))
		return;
	se->vruntime = se->deadline;
	se->deadline += se->slice;
}

static sim_ns slice_left(const struct core *core)
{
	const struct sched_entity *se = &core->current->sched;

	return se->protected_until - se->vruntime - (machine_now(core->machine) - se->exec_start_ns);
}

const struct scheduler_rules eevdf_rules = {
	.update_current = update_current,
	.place = place,
	.leave = leave,
	.stop_current = stop_current,
	.best = best,
	.picked = picked,
	.wake_preempts = wake_preempts,
	.tick_preempts = tick_preempts,
	.yield = yield,
	.slice_left = slice_left,
};
