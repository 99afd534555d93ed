/*
 * timers.c - see timers.h.
 */
#include "models/machine/timers.h"

#include "models/machine/machine.h"
#include "models/machine/scheduler.h"

static event_fn timer_expired;

void timers_init(struct core *core)
{
	core->timers.buckets =
		region_alloc_array(core->machine->region, TIMER_BUCKET_COUNT, sizeof(*core->timers.buckets));
	core->timers.lane = engine_lane_new(core->machine->engine, timer_expired, core);
}

static void mark_occupied(struct core *core, sim_ns time_ns, bool occupied)
{
	const uint64_t at = (uint64_t)time_ns >> TIMER_BUCKET_SHIFT, bit = (uint64_t)1 << at % 64;
	uint64_t *word = &core->timers.occupied[at / 64 % TIMER_WORD_COUNT];

	*word = occupied ? *word | bit : *word & ~bit;
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
	mark_occupied(core, until_ns, true);
	thread->timer.core = core;
}

static void take_out(struct os_thread *thread)
{
	struct thread_timer *timer = &thread->timer;
	struct timer_bucket *bucket = bucket_of(timer->core, timer->until_ns);

	*(timer->previous ? &timer->previous->timer.next : &bucket->first) = timer->next;
	*(timer->next ? &timer->next->timer.previous : &bucket->last) = timer->previous;
	if (!bucket->first)
		mark_occupied(timer->core, timer->until_ns, false);
	timer->core = NULL;
}

/* Whose timer goes off next; NULL: nobody's. */
static struct os_thread *find_next(const struct core *core)
{
	const uint64_t now = (uint64_t)machine_now(core->machine) >> TIMER_BUCKET_SHIFT;
	struct os_thread *next = NULL;

	for (uint64_t at = now; at < now + TIMER_BUCKET_COUNT; at++) {
		const uint64_t occupied = core->timers.occupied[at / 64 % TIMER_WORD_COUNT] >> at % 64;
		struct os_thread *thread = NULL;

		at += occupied != 0 ? (uint64_t)__builtin_ctzll(occupied) : 63 - at % 64;
		if (occupied != 0 && at < now + TIMER_BUCKET_COUNT)
			thread = core->timers.buckets[at % TIMER_BUCKET_COUNT].first;
		while (thread && thread->timer.gone_off)
			thread = thread->timer.next;
		if (!thread)
			continue;
		if (!next || thread->timer.until_ns < next->timer.until_ns)
			next = thread;
		/* Of this round: none is before it. */
		if ((uint64_t)thread->timer.until_ns >> TIMER_BUCKET_SHIFT == at)
			break;
	}
	return next;
}

static void set_next(struct core *core, struct os_thread *next)
{
	struct engine *engine = core->machine->engine;

	core->timers.next = next;
	if (next)
		engine_lane_set_numbered(engine, core->timers.lane, next->timer.until_ns, next->timer.number);
	else
		engine_lane_clear(engine, core->timers.lane);
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

/* The timer that is next goes off. */
static void go_off(struct core *core)
{
	struct engine *engine = core->machine->engine;
	const sim_ns interrupt_ns = core->machine->timer_interrupt_ns;

	core->timers.next->timer.gone_off = true;
	core->timers.next = NULL;
	if (core->timers.interrupt != EVENT_NONE)
		return;
	if (core->current == NULL || interrupt_ns == 0) {
		run_due(core, engine_now(engine));
		return;
	}
	core_hold(core, interrupt_ns);
	core->timers.interrupt =
		engine_schedule_after(engine, interrupt_ns, interrupt_over, core, (uint64_t)engine_now(engine));
}

static void timer_expired(struct engine *engine, void *subject, uint64_t argument)
{
	struct core *core = subject;

	(void)engine;
	(void)argument;
	assert(core->timers.next->state == THREAD_BLOCKED);
	go_off(core);
	set_next(core, find_next(core));
}

sim_ns timers_set(struct os_thread *thread, sim_ns deadline_ns, sim_ns slack_ns)
{
	struct core *core = thread->core;
	struct thread_timer *timer = &thread->timer;
	const struct os_thread *next = core->timers.next;
	const sim_ns now_ns = machine_now(core->machine), until_ns = sim_time_add(deadline_ns, slack_ns);

	timer->from_ns = deadline_ns;
	timer->until_ns = until_ns > now_ns ? until_ns : now_ns;
	timer->number = engine_number(core->machine->engine);
	timer->gone_off = false;
	insert(core, thread);
	if (next && next->timer.until_ns <= timer->until_ns)
		return 0;
	set_next(core, thread);
	return timer->until_ns < core_next_tick(core) ? core->machine->timer_arm_ns : 0;
}

void timers_clear(struct os_thread *thread)
{
	struct core *core = thread->timer.core;

	if (!core)
		return;
	take_out(thread);
	if (core->timers.next == thread)
		set_next(core, find_next(core));
}
