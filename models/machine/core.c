/*
 * core.c - a CPU core: who runs, for how long, and what a context switch takes.
 *
 * A core advances in core_run(), called at the end of event handlers only: it lets the current thread's
 * program run until it needs time, blocks or exits, and picks the next. Costs that nobody could
 * observe in between are merged by engine_try_advance().
 */
#include "models/machine/between.h"
#include "models/machine/cold.h"
#include "models/machine/scheduler.h"

static event_fn ticked, arrived;
static void run(struct core *core);

/* Whether it is in the middle of something, whose end comes as an event. */
static bool is_under_way(const struct core *core)
{
	return !core->arriving && engine_lane_is_set(core->machine->engine, core->lane);
}

static void complete_after(struct core *core, sim_ns delay_ns)
{
	struct engine *engine = core->machine->engine;

	/* It has found something else to do while somebody is on the way to it. */
	if (core->arriving) {
		engine_schedule_at(engine, core->arrival_ns, arrived, core->arriving, core->arriving_reason);
		core->arriving = NULL;
	}
	engine_lane_set(engine, core->lane, sim_time_add(engine_now(engine), delay_ns));
}

/* Says whether its lane stands for the end of the current work. */
static void set_computing(struct core *core, bool computing)
{
	uint64_t *word = &core->machine->computing[(unsigned int)core->index / 64];
	const uint64_t bit = (uint64_t)1 << ((unsigned int)core->index % 64);

	core->machine->computing_count += computing - core->computing;
	*word = computing ? *word | bit : *word & ~bit;
	core->computing = computing;
}

static void start_computing(struct core *core, sim_ns wall)
{
	set_computing(core, true);
	core->computing_since_ns = machine_now(core->machine);
	complete_after(core, wall);
}

/* Takes stock of the work done so far. */
static void count_work(struct core *core)
{
	struct os_thread *thread = core->current;
	sim_ns now = machine_now(core->machine);
	sim_ns elapsed = now - core->computing_since_ns;
	sim_ns done =
		core->computing_speed == 1 ? elapsed : sim_time_round((double)elapsed * core->computing_speed);

	assert(core->computing);
	core->computing_since_ns = now;
	thread->work_ns -= done < thread->work_ns ? done : thread->work_ns;
}

/* The same, and its end does not come. */
static void stop_computing(struct core *core)
{
	count_work(core);
	engine_lane_clear(core->machine->engine, core->lane);
	set_computing(core, false);
}

static void retime(struct core *core, double speed)
{
	struct machine_model *machine = core->machine;

	if (core->computing_speed == speed)
		return;
	count_work(core);
	core->computing_speed = speed;
	engine_lane_set(machine->engine, core->lane,
			machine_now(machine) + core_wall_ns(speed, core->current->work_ns));
}

/* Not inline, so that no registers are kept for it while nobody computes or cores do not slow each other. */
static __attribute__((noinline)) void retime_all(struct machine_model *machine)
{
	for (int first = 0; first < machine->core_count; first += 64) {
		for (uint64_t left = machine->computing[first / 64]; left != 0; left &= left - 1)
			retime(&machine->cores[first + __builtin_ctzll(left)], machine->speed);
	}
}

/* The number of busy cores has changed: the work of those that compute now takes longer or shorter. */
static void note_busy_count(struct machine_model *machine, int count)
{
	machine->busy_count = count;
	machine->speed = machine->speeds[count];
	if (machine->slows && machine->computing_count > 0)
		retime_all(machine);
}

void core_went_busy(struct core *core)
{
	assert(!core->computing);
	core->busy_since_ns = machine_now(core->machine);
	if (core->machine->pack_below > 0)
		utilisation_update(&core->utilisation, core->busy_since_ns, false);
	note_busy_count(core->machine, core->machine->busy_count + 1);
}

void core_went_idle(struct core *core)
{
	sim_ns now = machine_now(core->machine);

	bandwidth_end(core);
	assert(!core->computing);
	core->busy_ns += now - core->busy_since_ns;
	core->busy_since_ns = -1;
	core->idle_since_ns = now;
	if (core->machine->pack_below > 0)
		utilisation_update(&core->utilisation, now, true);
	note_busy_count(core->machine, core->machine->busy_count - 1);
}

sim_ns core_next_tick(struct core *core)
{
	const struct machine_model *machine = core->machine;
	sim_ns now = machine_now(machine), since;

	/* Without a division while it is the one that was asked for last. */
	if (now >= core->next_tick_ns || core->next_tick_ns - now > machine->tick_ns) {
		since = (now - core->tick_phase_ns) % machine->tick_ns;
		core->next_tick_ns = now + machine->tick_ns - since - (since < 0 ? machine->tick_ns : 0);
	}
	return core->next_tick_ns;
}

/* Ticks matter only while somebody waits for the core, or its use is metered. */
static void start_ticking(struct core *core)
{
	struct machine_model *machine = core->machine;

	if (engine_is_pending(machine->engine, core->tick))
		return;
	core->tick = engine_schedule_at(machine->engine, core_next_tick(core), ticked, core, 0);
}

static void show_queued(struct core *core, struct os_thread *thread)
{
	os_thread_show(thread, core->bandwidth.throttled ? ACTIVITY_THROTTLED : ACTIVITY_RUN_QUEUE);
}

static void ticked(struct engine *engine, void *subject, uint64_t argument)
{
	struct core *core = subject;
	bool metered = core->machine->bandwidth.limited;

	(void)engine;
	(void)argument;
	core->tick = EVENT_NONE;
	if (core->current == NULL)
		return; /* starts again with the next thread */
	if (!core->switching) {
		scheduler_update_current(core);
		if ((metered && !bandwidth_charge(core)) || scheduler_tick_preempts(core))
			core_preempt(core);
	}
	placement_tick(core);
	if (core->queue_count > 0 || metered)
		start_ticking(core);
}

static void slice_ended(struct engine *engine, void *subject, uint64_t argument)
{
	struct core *core = subject;

	(void)engine;
	(void)argument;
	core->slice_end = EVENT_NONE;
	if (core->current == NULL || core->switching)
		return;
	scheduler_update_current(core);
	if (scheduler_tick_preempts(core))
		core_preempt(core);
}

/* hrtick_start_fair(): where others wait, a slice ends when it is over, not at the next tick. A thread that has used up
 * its slice alone goes on to the tick (or until a wake-up preempts it). */
static void start_slice_timer(struct core *core)
{
	struct machine_model *machine = core->machine;
	sim_ns left_ns;

	if (!machine->has_slice_timers)
		return;
	engine_cancel(machine->engine, core->slice_end);
	core->slice_end = EVENT_NONE;
	if (core->queue_count == 0)
		return;
	left_ns = scheduler_slice_left(core);
	if (left_ns > 0)
		core->slice_end = engine_schedule_after(machine->engine, left_ns, slice_ended, core, 0);
}

void core_run_soon(struct core *core)
{
	if (!is_under_way(core) && !core->advancing)
		complete_after(core, 0);
}

void core_preempt(struct core *core)
{
	core->need_resched = true;
	core->in_call = false;
	if (core->computing) {
		stop_computing(core);
		core_run_soon(core);
	}
}

void core_stay(struct core *core)
{
	core->need_resched = false;
	if (core->interrupt != EVENT_NONE) {
		engine_cancel(core->machine->engine, core->interrupt);
		core->interrupt = EVENT_NONE;
	}
}

void core_hold(struct core *core, sim_ns duration_ns)
{
	struct engine *engine = core->machine->engine;

	if (!is_under_way(core))
		return;
	if (core->computing) {
		count_work(core);
		/* Not yet come: whoever takes stock before counts what is left of this as work. */
		core->computing_since_ns += duration_ns;
	}
	engine_lane_set(engine, core->lane, engine_lane_time(engine, core->lane) + duration_ns);
}

static void interrupted(struct engine *engine, void *subject, uint64_t argument)
{
	struct core *core = subject;

	(void)engine;
	(void)argument;
	core->interrupt = EVENT_NONE;
	if (core->current != NULL && !core->need_resched)
		core_preempt(core);
}

/* The running thread is to give way. True: it is to be told by another core's interrupt. */
static bool kick(struct core *core, const struct core *from)
{
	struct machine_model *machine = core->machine;
	bool in_call = !core->computing && !core->switching && machine->wake_call_ns > 0;

	if (from != NULL && from != core && machine->wake_busy_ns > 0) {
		core->interrupt = engine_schedule_after(machine->engine, machine_vary(machine, machine->wake_busy_ns),
							interrupted, core, 0);
		return true;
	}
	core_preempt(core);
	core->in_call = in_call; /* it has woken somebody: it gives way on its return from the kernel */
	return false;
}

bool core_accept(struct core *core, struct os_thread *thread, enum enqueue_reason reason, const struct core *from)
{
	/* Who is still in the queue gets its place by what the running thread had had when that was last looked at,
	 * and the question whether it preempts comes after another look (enqueue_task_fair(),
	 * wakeup_preempt_fair()). */
	if (reason != ENQUEUE_REQUEUED)
		scheduler_update_current(core);
	scheduler_enqueue(core, thread, reason);
	if (reason == ENQUEUE_REQUEUED)
		scheduler_update_current(core);
	thread->state = THREAD_READY;
	show_queued(core, thread);
	if (core->current == NULL) {
		if (!core->bandwidth.throttled)
			core_run_soon(core);
		return false;
	}
	start_ticking(core);
	if (!core->switching)
		start_slice_timer(core);
	if (core->need_resched || core->interrupt != EVENT_NONE || !scheduler_wake_preempts(core, thread, reason))
		return false;
	return kick(core, from);
}

/* Whether who comes to it now runs at once. */
static bool is_free(const struct core *core)
{
	return core->current == NULL && core->queue_count == 0 && !is_under_way(core) &&
	       !core->bandwidth.throttled;
}

/* A thread becomes ready on a core after the latency that its wake-up takes. */
static void arrive(struct core *core, struct os_thread *thread, uint64_t reason)
{
	core->expected--;
	if (is_free(core)) {
		scheduler_begin_alone(core, thread, (enum enqueue_reason)reason);
		thread->state = THREAD_READY;
		core->next = thread;
		run(core);
		return;
	}
	core->advancing = true;
	core_accept(core, thread, (enum enqueue_reason)reason, core);
	core->advancing = false;
	core_run(core);
}

static void arrived(struct engine *engine, void *subject, uint64_t reason)
{
	struct os_thread *thread = subject;

	(void)engine;
	arrive(thread->core, thread, reason);
}

void core_send(struct core *core, struct os_thread *thread, enum enqueue_reason reason, sim_ns latency_ns)
{
	struct machine_model *machine = core->machine;

	thread->state = THREAD_WAKING;
	thread->core = core;
	/* A core that is on its way already finds all who were sent to it meanwhile, without another interrupt
	 * (kernel/sched/core.c: __ttwu_queue_wakelist, sched_ttwu_pending). */
	if (core->expected++ == 0)
		core->arrival_ns = machine_now(machine) + machine_vary(machine, latency_ns);
	os_thread_show(thread, ACTIVITY_SWITCHING);
	if (engine_lane_is_set(machine->engine, core->lane)) {
		engine_schedule_at(machine->engine, core->arrival_ns, arrived, thread, reason);
		return;
	}
	core->arriving = thread;
	core->arriving_reason = reason;
	engine_lane_set(machine->engine, core->lane, core->arrival_ns);
}

/* The longer a core has been idle, the deeper it sleeps, by several steps of hardware and hypervisor. */
static sim_ns latency_after_idling(const struct core *core, sim_ns shallow_ns, sim_ns deep_ns)
{
	return between_by_logarithm(machine_now(core->machine) - core->idle_since_ns, core->machine->idle_deep_after_ns,
				    shallow_ns, deep_ns);
}

sim_ns core_idle_latency(const struct core *core)
{
	const struct machine_model *machine = core->machine;

	return latency_after_idling(core, machine->wake_idle_shallow_ns, machine->wake_idle_deep_ns);
}

sim_ns core_timer_latency(const struct core *core)
{
	const struct machine_model *machine = core->machine;

	return latency_after_idling(core, machine->wake_timer_shallow_ns, machine->wake_timer_deep_ns);
}

void core_due(struct engine *engine, void *subject, uint64_t argument)
{
	struct core *core = subject;
	struct os_thread *thread = core->arriving;

	(void)engine;
	(void)argument;
	if (thread) {
		core->arriving = NULL;
		arrive(core, thread, core->arriving_reason);
		return;
	}
	if (core->computing) {
		set_computing(core, false);
		core->current->work_ns = 0;
		core->in_call = false;
	}
	run(core);
}

/* What it takes to go on with `next` on this core. */
static sim_ns switch_cost(const struct core *core, const struct os_thread *next)
{
	const struct machine_model *machine = core->machine;
	sim_ns cost = 0;

	if (next == core->last)
		return 0;
	if (core->last != NULL) {
		cost = machine->switch_ns;
		if (core->last->process != next->process)
			cost += machine->switch_process_ns;
	}
	if (next->last_core != NULL && next->last_core != core)
		cost += machine->migration_ns;
	return cost + cold_crowd(core, next);
}

/* Picks who runs next. False: nobody, the core idles. */
static bool pick(struct core *core)
{
	struct os_thread *thread = core->next;
	bool was_busy = core->busy_since_ns >= 0;

	core->next = NULL;
	if (!thread && core->queue_count > 0)
		thread = scheduler_pick_next(core);
	if (!thread && !core->bandwidth.throttled) {
		thread = placement_pull(core);
		if (thread) {
			scheduler_enqueue(core, thread, ENQUEUE_MIGRATE);
			thread = scheduler_pick_next(core);
		}
	}
	if (!thread) {
		if (was_busy)
			core_went_idle(core);
		return false;
	}
	if (!was_busy && !bandwidth_begin(core)) {
		scheduler_enqueue(core, thread, ENQUEUE_PREEMPTED);
		show_queued(core, thread);
		return false;
	}
	core->current = thread;
	if (!was_busy)
		core_went_busy(core);
	thread->state = THREAD_RUNNING;
	if (core->queue_count > 0 || core->machine->bandwidth.limited)
		start_ticking(core);
	return true;
}

/* The running thread gives way: back into the queue, unless the quota stops the whole core. */
static void give_way(struct core *core)
{
	struct os_thread *thread = core->current;

	core_stay(core);
	scheduler_stop_current(core, false);
	scheduler_enqueue(core, thread, ENQUEUE_PREEMPTED);
	thread->state = THREAD_READY;
	show_queued(core, thread);
	machine_trace(core->machine, thread, TRACE_INSTANT, "preempted", NULL, core->index);
}

static void thread_continue(struct os_thread *thread)
{
	while (thread->top != NULL) {
		if (os_thread_enter(thread) == PENDING)
			return;
	}
	os_thread_exit(thread);
}

/* Begins the switch to the next thread. False: the core idles, or the switch ends with an event. */
static bool start_switch(struct core *core)
{
	struct machine_model *machine = core->machine;
	sim_ns cost = core->arming_ns;

	core->arming_ns = 0; /* nobody misses it where the core idles now */
	if (core->bandwidth.throttled) {
		if (core->busy_since_ns >= 0)
			core_went_idle(core);
		return false;
	}
	if (!pick(core))
		return false;
	cost += switch_cost(core, core->current);
	if (machine->cold.work_ns != 0)
		cold_resume(core, core->current);
	if (core->last != core->current)
		machine->context_switches++;
	core->last = core->current;
	core->current->last_core = core;
	core->current->switches_seen = ++core->switch_count;
	core->switching = true;
	os_thread_show(core->current, ACTIVITY_SWITCHING);
	if (cost == 0 || engine_try_advance(machine->engine, cost))
		return true;
	complete_after(core, cost);
	return false;
}

/* Runs inline for as long as nothing else happens in between; leaves a completion event or an idle core. */
static void advance(struct core *core)
{
	struct machine_model *machine = core->machine;
	bool tried = false; /* what the thread has to do could not be done inline at this instant */

	for (;;) {
		struct os_thread *thread = core->current;

		if (thread == NULL) {
			if (!start_switch(core))
				return;
			thread = core->current;
			tried = false;
		}
		if (core->switching) {
			core->switching = false;
			start_slice_timer(core);
			os_thread_show(thread, thread->activity);
			machine_trace(machine, thread, TRACE_INSTANT, "run", NULL, core->index);
		}
		if (core->need_resched && !core->in_call) {
			give_way(core);
			continue;
		}
		if (thread->work_ns > 0) {
			if (tried || core->need_resched || !core_try_compute(core, thread->work_ns)) {
				core->computing_speed = machine->speed;
				start_computing(core, core_wall_ns(core->computing_speed, thread->work_ns));
				return;
			}
			thread->work_ns = 0;
		}
		thread_continue(thread);
		tried = true;
	}
}

/* It is in the middle of nothing. */
static void run(struct core *core)
{
	core->advancing = true;
	advance(core);
	core->advancing = false;
}

void core_run(struct core *core)
{
	if (!is_under_way(core)) /* else that event goes on */
		run(core);
}
