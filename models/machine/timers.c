/*
 * timers.c - see timers.h.
 */
#include "models/machine/timers.h"

#include "models/machine/machine.h"
#include "models/machine/scheduler.h"

void timers_init(struct machine_model *machine, struct core_timers *timers)
{
	timers->buckets = region_alloc_array(machine->region, TIMER_BUCKET_COUNT, sizeof(*timers->buckets));
}

static struct timer_bucket *bucket_of(const struct core *core, sim_ns time_ns)
{
	return &core->timers.buckets[(uint64_t)time_ns >> TIMER_BUCKET_SHIFT & (TIMER_BUCKET_COUNT - 1)];
}

static void insert_before(struct timer_bucket *bucket, struct os_thread *next, struct os_thread *thread)
{
	struct os_thread *previous = next ? next->timer.previous : bucket->last;

	thread->timer.next = next;
	thread->timer.previous = previous;
	*(previous ? &previous->timer.next : &bucket->first) = thread;
	*(next ? &next->timer.previous : &bucket->last) = thread;
}

/* Most end after all others there, or in this round. */
static void insert(struct core *core, struct os_thread *thread)
{
	const sim_ns until_ns = thread->timer.until_ns;
	struct timer_bucket *bucket = bucket_of(core, until_ns);
	struct os_thread *next = NULL;

	if (bucket->last && bucket->last->timer.until_ns > until_ns) {
		next = bucket->first;
		while (next->timer.until_ns <= until_ns)
			next = next->timer.next;
	}
	insert_before(bucket, next, thread);
	thread->timer.core = core;
}

static void take_out(struct os_thread *thread)
{
	struct thread_timer *timer = &thread->timer;
	struct timer_bucket *bucket = bucket_of(timer->core, timer->until_ns);

	*(timer->previous ? &timer->previous->timer.next : &bucket->first) = timer->next;
	*(timer->next ? &timer->next->timer.previous : &bucket->last) = timer->previous;
	timer->core = NULL;
}

/* The event of what it is blocked in. */
static event_handle *event_of(struct os_thread *thread)
{
	return thread->waiting_on ? &thread->timer.time_out : &thread->timer.alarm;
}

/* Ends the waits whose time has come. Begins with those that came due while the interrupt was under way. */
static void run_due(struct core *core, sim_ns since_ns)
{
	struct machine_model *machine = core->machine;
	const sim_ns now_ns = machine_now(machine), last_ns = now_ns + machine->timer_slack_ns;
	sim_ns cost_ns = 0;

	for (sim_ns time_ns = since_ns >> TIMER_BUCKET_SHIFT; time_ns <= last_ns >> TIMER_BUCKET_SHIFT; time_ns++) {
		struct timer_bucket *bucket = bucket_of(core, time_ns << TIMER_BUCKET_SHIFT);

		while (bucket->first && bucket->first->timer.from_ns <= now_ns)
			cost_ns += os_thread_time_out(bucket->first);
	}
	if (cost_ns > 0 && core->current != NULL)
		core_hold(core, cost_ns);
}

static void interrupt_over(struct engine *engine, void *subject, uint64_t since_ns)
{
	struct core *core = subject;

	(void)engine;
	core->timers.interrupt = EVENT_NONE;
	run_due(core, (sim_ns)since_ns);
}

static void timer_expired(struct engine *engine, void *subject, uint64_t argument)
{
	struct os_thread *thread = subject;
	struct core *core = thread->timer.core;
	sim_ns interrupt_ns;

	(void)argument;
	assert(thread->state == THREAD_BLOCKED && core);
	*event_of(thread) = EVENT_NONE;
	if (core->timers.interrupt != EVENT_NONE)
		return;
	interrupt_ns = core->machine->timer_interrupt_ns;
	if (core->current == NULL || interrupt_ns == 0) {
		run_due(core, engine_now(engine));
		return;
	}
	core_hold(core, interrupt_ns);
	core->timers.interrupt =
		engine_schedule_after(engine, interrupt_ns, interrupt_over, core, (uint64_t)engine_now(engine));
}

/* Whether nothing goes off on this busy core until then, be it another timer or the tick. */
static bool is_first(struct core *core, sim_ns until_ns)
{
	const struct machine_model *machine = core->machine;
	const sim_ns now_ns = machine_now(machine);

	if (until_ns >= core_next_tick(core))
		return false;
	for (sim_ns at = now_ns >> TIMER_BUCKET_SHIFT; at <= until_ns >> TIMER_BUCKET_SHIFT; at++) {
		const struct os_thread *first = bucket_of(core, at << TIMER_BUCKET_SHIFT)->first;

		if (first && first->timer.until_ns <= until_ns)
			return false;
	}
	return true;
}

sim_ns timers_set(struct os_thread *thread, sim_ns deadline_ns, sim_ns slack_ns)
{
	const struct machine_model *machine = thread->machine;
	struct engine *engine = machine->engine;
	struct thread_timer *timer = &thread->timer;
	event_handle *event = event_of(thread);
	const sim_ns now_ns = engine_now(engine), until_ns = sim_time_add(deadline_ns, slack_ns);
	sim_ns cost_ns;

	timer->from_ns = deadline_ns;
	timer->until_ns = until_ns > now_ns ? until_ns : now_ns;
	*event = *event == EVENT_NONE ? engine_schedule_at(engine, timer->until_ns, timer_expired, thread, 0)
				      : engine_reschedule_at(engine, *event, timer->until_ns);
	cost_ns = machine->timer_arm_ns > 0 && is_first(thread->core, timer->until_ns) ? machine->timer_arm_ns : 0;
	insert(thread->core, thread);
	return cost_ns;
}

void timers_clear(struct os_thread *thread)
{
	event_handle *event = event_of(thread);

	if (*event != EVENT_NONE)
		*event = engine_park(thread->machine->engine, *event);
	if (thread->timer.core)
		take_out(thread);
}

void timers_drop(struct os_thread *thread)
{
	engine_cancel(thread->machine->engine, thread->timer.alarm);
	engine_cancel(thread->machine->engine, thread->timer.time_out);
	thread->timer.alarm = thread->timer.time_out = EVENT_NONE;
}
