/*
 * scheduler.h - the kernel's fair scheduler: who is next on a core, and whom a wake-up preempts.
 *
 * One interface, two sets of rules: sched_eevdf.c (Linux 6.6 and later) and sched_cfs.c (before).
 * Placement over cores and balancing between them are common: placement.c.
 */
#ifndef MODELS_MACHINE_SCHEDULER_H
#define MODELS_MACHINE_SCHEDULER_H

#include <stdbool.h>

#include "models/machine/machine.h"

enum enqueue_reason {
	ENQUEUE_NEW,
	ENQUEUE_WAKE,
	ENQUEUE_MIGRATE,
	ENQUEUE_PREEMPTED, /* it ran until now */
	ENQUEUE_REQUEUED,  /* woken while still in the queue (delayed dequeue) */
};

/* Brings the running thread's virtual time up to now. True when it has used up its slice. */
bool scheduler_update_current(struct core *core);
/* Puts a thread into the core's queue. */
void scheduler_enqueue(struct core *core, struct os_thread *thread, enum enqueue_reason reason);
/* The same, and takes it out again as the next: for a core that idles and has nobody in its queue. */
void scheduler_begin_alone(struct core *core, struct os_thread *thread, enum enqueue_reason reason);
/* placement.c: a core of a machine whose costs have been read. */
void placement_init(struct core *core);
/* placement.c: the core's utilisation has the thread's share in it from now on, and no other core's has. */
void placement_attach(struct core *core, struct os_thread *thread);
/* placement.c: the thread ends. */
void placement_detach(struct os_thread *thread);
/* Takes it out again, to run elsewhere (migrate) or not at all. */
void scheduler_dequeue(struct core *core, struct os_thread *thread, bool migrate);
/* The running thread stops running: it blocks or exits (sleep), else call scheduler_enqueue(PREEMPTED) next.
 * Returns true when it stays in the queue although it sleeps (EEVDF's delayed dequeue). */
bool scheduler_stop_current(struct core *core, bool sleep);
/* Takes the next thread out of the queue; NULL when there is none. */
struct os_thread *scheduler_pick_next(struct core *core);
/* Whether the running thread shall give way now that `thread` has been queued for that reason. */
bool scheduler_wake_preempts(struct core *core, struct os_thread *thread, enum enqueue_reason reason);
/* At a tick: whether the running thread shall give way. */
bool scheduler_tick_preempts(struct core *core);
/* sched_yield() of the running thread, where others are in the queue: what it forfeits. It gives way next. */
void scheduler_yield(struct core *core);
/* How long the running thread may go on before others have their turn; 0 or less: it is theirs already. Only where
 * slices have timers (machine->has_slice_timers). */
sim_ns scheduler_slice_left(const struct core *core);
/* Threads that want to run in the queue, not counting delayed sleepers nor the running one. */
size_t scheduler_ready_count(const struct core *core);

/* placement.c: the core on which a woken thread shall run (select_task_rq_fair). */
struct core *placement_for_wake(struct os_thread *thread, struct os_thread *waker, bool sync);
/* The idlest core, for a new thread. */
struct core *placement_for_new(const struct os_thread *thread, struct core *parent_core);
/* A core that is about to idle: a thread from another core's queue, already dequeued there; NULL: none. */
struct os_thread *placement_pull(struct core *core);
/* At a core's tick: kicks an idle core where threads wait, and balances with the others. */
void placement_tick(struct core *core);

/* Wall time that `work_ns` takes at that speed; at least 1 ns for any work. */
static inline sim_ns core_wall_ns(double speed, sim_ns work_ns)
{
	sim_ns wall;

	if (speed == 1)
		return work_ns;
	wall = sim_time_round((double)work_ns / speed);
	return wall > 0 ? wall : 1;
}

/* Lets the running thread do `work_ns` of work inline, if nothing else happens meanwhile. */
static inline bool core_try_compute(struct core *core, sim_ns work_ns)
{
	struct machine_model *machine = core->machine;

	return !core->need_resched &&
	       engine_try_advance(machine->engine, core_wall_ns(machine->speed, work_ns));
}

/* core.c: enters `thread` into the core's queue and lets it run or preempt as the rules say. `from` is the core that
 * does so, NULL: this one. True: it has to interrupt this one, and the running thread goes on until that arrives. */
bool core_accept(struct core *core, struct os_thread *thread, enum enqueue_reason reason, const struct core *from);
/* core.c: the running thread need not give way any more. */
void core_stay(struct core *core);
/* core.c: runs whatever the core has to run now; called at the end of event handlers only. */
void core_run(struct core *core);
/* core.c: the same, by an event at this instant: for callers in mid-program or with more to do. */
void core_run_soon(struct core *core);
/* core.c: lets the thread arrive in the core's queue after `latency_ns`. */
void core_send(struct core *core, struct os_thread *thread, enum enqueue_reason reason, sim_ns latency_ns);
/* core.c: from waking this idle core to its running something; from the expiry of a timer of its own. */
sim_ns core_idle_latency(const struct core *core);
sim_ns core_timer_latency(const struct core *core);
/* core.c: makes the running thread give way now (another core, an interrupt). */
void core_preempt(struct core *core);
/* core.c: an interrupt takes the core for so long; who runs, or is being switched to, goes on after it. */
void core_hold(struct core *core, sim_ns duration_ns);
/* core.c: when the kernel's next tick is due on a core that is busy. */
sim_ns core_next_tick(struct core *core);
/* core.c: its lane. What it was at is over, or the first who was sent to it has come. */
event_fn core_due;
/* core.c: brings completions in line with the number of busy cores. */
void core_went_busy(struct core *core);
void core_went_idle(struct core *core);

#endif
