/*
 * placement.c - on which core a thread runs, and how cores take threads from each other.
 *
 * Source      Linux 6.18, kernel/sched/fair.c: select_task_rq_fair(), wake_wide(), wake_affine(),
 *             select_idle_sibling(), sched_balance_newidle(), update_newidle_stats() (6.18.5 and later),
 *             can_migrate_task(), calculate_imbalance(), detach_tasks(), nohz_balancer_kick(),
 *             get_sd_balance_interval().
 * Modelled    all cores share a cache: the previous core if idle, else any idle one, else queueing behind the
 *             better of the previous and the waker's core, of which the latter does not count for one that wakes
 *             many who wake many; new threads go to the idlest core; a core about to idle pulls a thread that is
 *             not cache-hot, always or as often as it was good for so far, from sched.newidle on; a tick on a core
 *             with waiting threads kicks an idle core, which takes half of them (traced in pools of 100 and 500
 *             threads: 9 of 20 that waited or ran there, 20 of 40, 25 of 51, 30 of 60), as busy cores do at the
 *             kernel's intervals. By then the tick has made the running thread give way, so that of two that spin
 *             the one that waits has just run, is cache-hot, and is taken at the third tick only (11 ms after a
 *             core went idle beside them, measured; ticks every 4 ms). Kernels for virtual machines may keep
 *             threads together on a virtual core that runs anyway, because one that idles is dear to wake
 *             (sched.pack_below > 0): a thread stays on its previous core, and a new one on its parent's if that is
 *             alone there, while the core has not been too busy of late.
 * Assumed     queue lengths stand for loads. There is no source at hand for packing: as found on 6.18.44-fc, a
 *             Firecracker guest (boot parameter sched_vcpu_pack, fair.c:vcpu_pack_room). A thread woken by one that
 *             was busy for a share s of its time, on a core on which another was busy for t and the woken one for
 *             w, stayed there while s + t + w was below 0.7 and went to the idle core above 0.8, whatever s alone
 *             was (t 0 to 0.5, w 0 and 0.2). Two new threads that hand on a turn by a futex part within the first
 *             milliseconds, as the two halves that new threads are taken for fill their core, and stay apart, for
 *             then each previous core idles; ten that contend for a lock migrate in 4 % of their wake-ups. A waker
 *             that says that it is about to sleep (a write to a pipe or a socket, which are synchronous wake-ups)
 *             does not count: a manager's thread and its client, new ones on one core as well, mostly stayed there
 *             for 100 round trips, where a futex's two parted at the first to the fifth hand-over.
 * Left out    two that were pinned to one core for a while and then may leave it stayed there for 6,000 hand-overs
 *             by a futex, too, although that core was busy throughout.
 */
#include "models/machine/scheduler.h"
#include "sim/base/random.h"

/* A thread that ran less than this ago is cache-hot (sysctl_sched_migration_cost). */
#define MIGRATION_HOT_NS (500 * SIM_US)
/* Busy cores balance this much more rarely than idle ones (sd->busy_factor). */
#define BUSY_BALANCE_FACTOR 16
/* A core that runs out of work looks for more as many times out of these as it was good for, counting anew after
 * half of them; and one time more for each so long that they took (NI_RANDOM, NI_RATE: newidle_ratio). */
#define NEWIDLE_PARTS 1024
#define NEWIDLE_PART_NS (1 << 22)
/* After that many failed rounds an idle core takes hot threads, too (sd->cache_nice_tries). */
#define HOT_PATIENCE 1
/* After that many a busy one does, and single surplus threads. */
#define BALANCE_PATIENCE 2
/* No more threads than these are moved at a time (sysctl_sched_nr_migrate). */
#define BALANCE_LIMIT 32

void placement_init(struct core *core)
{
	core->newidle.calls = NEWIDLE_PARTS / 2;
	core->newidle.parts = (uint32_t)(core->machine->newidle * NEWIDLE_PARTS);
}

static bool is_idle(const struct core *core)
{
	return core->current == NULL && core->queue_count == 0 && core->expected == 0;
}

static size_t load(const struct core *core)
{
	return scheduler_ready_count(core) + (core->current != NULL) + core->expected;
}

/* As balancing counts (rq->nr_running). */
static size_t running_count(const struct core *core)
{
	return core->queue_count + (core->current != NULL);
}

/* The next idle core after `from`, going round. */
static struct core *find_idle(struct machine_model *machine, int from)
{
	struct core *core = &machine->cores[from], *end = &machine->cores[machine->core_count];

	for (int left = machine->core_count; left > 0; left--) {
		if (is_idle(core))
			return core;
		if (++core == end)
			core = machine->cores;
	}
	return NULL;
}

/* ---- Keeping threads together ---- */

static bool is_busy(const struct core *core)
{
	return core->busy_since_ns >= 0;
}

/* What a core has of a thread, or will have: it is not running. */
static uint32_t share_of(const struct os_thread *thread, sim_ns now)
{
	return utilisation_at(&thread->sched.utilisation, now, false);
}

/* Adds to a core's utilisation, or takes away. */
static void shift(struct core *core, int64_t difference)
{
	sim_ns now = machine_now(core->machine);
	int64_t value;

	utilisation_update(&core->utilisation, now, is_busy(core));
	value = core->utilisation.value + difference;
	core->utilisation.value = (uint32_t)(value < 0 ? 0 : value > UTILISATION_FULL ? UTILISATION_FULL : value);
}

/* Not inline, so that no registers are kept for it where nothing is packed. */
static __attribute__((noinline)) void attach(struct core *core, struct os_thread *thread)
{
	struct sched_entity *sched = &thread->sched;
	sim_ns now = machine_now(core->machine);

	if (sched->utilised_core) {
		shift(sched->utilised_core, -(int64_t)share_of(thread, now));
	} else {
		/* What a new one will need is not known: half of what is left. The very first has kept its core busy with
		 * starting the interpreter and its imports. */
		uint32_t left = UTILISATION_FULL - utilisation_at(&core->utilisation, now, is_busy(core));

		sched->utilisation.value = core->machine->live_threads == 1 ? UTILISATION_FULL : left / 2;
		sched->utilisation.since_ns = now;
	}
	shift(core, share_of(thread, now));
	sched->utilised_core = core;
}

void placement_attach(struct core *core, struct os_thread *thread)
{
	if (core->machine->pack_below > 0 && thread->sched.utilised_core != core)
		attach(core, thread);
}

void placement_detach(struct os_thread *thread)
{
	struct core *core = thread->sched.utilised_core;

	if (core)
		shift(core, -(int64_t)share_of(thread, machine_now(core->machine)));
	thread->sched.utilised_core = NULL;
}

/* Whether a thread that is woken or started by the core's current one stays there, although others may be idle.
 * `leaving`, unless NULL, is the current one, and about to sleep. */
static bool has_room(const struct core *core, const struct os_thread *thread, const struct os_thread *leaving)
{
	const struct machine_model *machine = core->machine;
	sim_ns now = machine_now(machine);
	uint64_t utilisation;

	if (machine->pack_below == 0)
		return false;
	utilisation = utilisation_at(&core->utilisation, now, is_busy(core));
	if (thread->sched.utilised_core != core)
		utilisation += share_of(thread, now);
	if (leaving && utilisation > utilisation_at(&leaving->sched.utilisation, now, true))
		utilisation -= utilisation_at(&leaving->sched.utilisation, now, true);
	return utilisation < machine->pack_below;
}

/* ---- Choosing a core ---- */

/* record_wakee(): how often it wakes another one than the last time; a half of that is forgotten after a second. */
static void note_wakee(struct os_thread *waker, const struct os_thread *woken)
{
	struct sched_entity *sched = &waker->sched;
	sim_ns now = machine_now(waker->machine);

	if (now > sched->wakees_halved_ns + SIM_S) {
		sched->wakee_flips /= 2;
		sched->wakees_halved_ns = now;
	}
	if (sched->last_wakee != woken->id) {
		sched->last_wakee = woken->id;
		sched->wakee_flips++;
	}
}

/* wake_wide(): one that wakes many, each of whom wakes several, too: not all of them can be near it. */
static bool wakes_too_many(const struct os_thread *waker, const struct os_thread *woken)
{
	uint32_t more = waker->sched.wakee_flips, fewer = woken->sched.wakee_flips;
	uint32_t factor = (uint32_t)waker->machine->core_count;

	if (more < fewer) {
		more = woken->sched.wakee_flips;
		fewer = waker->sched.wakee_flips;
	}
	return fewer >= factor && more >= fewer * factor;
}

struct core *placement_for_wake(struct os_thread *thread, struct os_thread *waker, bool sync)
{
	struct machine_model *machine = thread->machine;
	struct core *previous = thread->core;
	/* A timer's interrupt wakes in the name of whoever runs there. */
	struct os_thread *in_whose_name = waker ? waker : previous->current;
	struct core *here, *target, *idle;

	if (in_whose_name)
		note_wakee(in_whose_name, thread);
	if (is_idle(previous) ||
	    has_room(previous, thread, sync && waker && waker->core == previous ? waker : NULL))
		return previous;
	here = waker && !wakes_too_many(waker, thread) ? waker->core : previous;
	/* wake_affine_weight: the waker's core only where it is clearly less loaded. */
	target = load(here) - (sync && here != previous ? 1 : 0) < load(previous) ? here : previous;
	idle = find_idle(machine, target->index);
	return idle ? idle : target;
}

struct core *placement_for_new(const struct os_thread *thread, struct core *parent_core)
{
	struct machine_model *machine = thread->machine;
	struct core *idlest = NULL;
	int from = parent_core ? parent_core->index : 0;

	if (parent_core && load(parent_core) == 1 && has_room(parent_core, thread, NULL))
		return parent_core;
	for (int i = 0; i < machine->core_count; i++) {
		struct core *core = &machine->cores[(from + i) % machine->core_count];

		if (!idlest || load(core) < load(idlest))
			idlest = core;
	}
	return idlest;
}

/* ---- Balancing ---- */

static bool is_hot(const struct core *core, const struct os_thread *thread)
{
	return machine_now(core->machine) - thread->sched.exec_start_ns < MIGRATION_HOT_NS &&
	       thread->sched.exec_start_ns > 0;
}

/* Takes the first thread of the core's queue that may move. */
static struct os_thread *detach(struct core *core, bool hot_too)
{
	for (size_t i = 0; i < core->queue_count; i++) {
		struct os_thread *thread = core->queue[i];

		if (thread->sched.delayed || (!hot_too && is_hot(core, thread)))
			continue;
		scheduler_dequeue(core, thread, true);
		return thread;
	}
	return NULL;
}

static struct core *busiest_other(struct core *core, size_t at_least)
{
	struct core *busiest = NULL;

	for (int i = 0; i < core->machine->core_count; i++) {
		struct core *other = &core->machine->cores[i];

		if (other == core || other->bandwidth.throttled || other->queue_count == 0)
			continue;
		if (load(other) >= at_least && (!busiest || load(other) > load(busiest)))
			busiest = other;
	}
	return busiest;
}

/* update_newidle_stats(): the share of the times that it would have found a thread, and more where it is rare. */
static void note_newidle(struct core *core, uint32_t found)
{
	struct newidle *newidle = &core->newidle;
	sim_ns now = machine_now(core->machine);
	int64_t parts;

	newidle->found += found;
	if (++newidle->calls < NEWIDLE_PARTS)
		return;
	parts = (now - newidle->since_ns) / NEWIDLE_PART_NS + newidle->found;
	newidle->parts = parts < NEWIDLE_PARTS ? (uint32_t)parts : NEWIDLE_PARTS;
	newidle->since_ns = now;
	newidle->calls /= 2;
	newidle->found /= 2;
}

static struct os_thread *pull(struct core *core)
{
	struct core *busiest = busiest_other(core, 2);

	core->machine->overloaded = busiest != NULL;
	return busiest ? detach(busiest, false) : NULL;
}

struct os_thread *placement_pull(struct core *core)
{
	struct machine_model *machine = core->machine;
	struct os_thread *thread;
	uint32_t chance;

	if (!machine->overloaded)
		return NULL;
	if (machine->newidle >= 1)
		return pull(core);
	chance = 1 + core->newidle.parts;
	if (random_hash_path(machine->newidle_key, machine->newidle_count++) % NEWIDLE_PARTS > chance) {
		note_newidle(core, 0);
		return NULL;
	}
	thread = pull(core);
	note_newidle(core, thread ? (NEWIDLE_PARTS + chance / 2) / chance : 0);
	return thread;
}

/* Takes half of what `busiest` has more of (calculate_imbalance()), sleepers that are still queued counted in, those
 * first that have waited longest; the last to be taken is the first in its new queue (attach_tasks()). */
static void take_from(struct core *busiest, struct core *core, bool hot_too)
{
	struct os_thread *taken[BALANCE_LIMIT];
	size_t more = running_count(busiest), less = running_count(core), count = 0, limit;

	limit = more > less + 1 ? (more - less) / 2 : 1;
	if (limit > BALANCE_LIMIT)
		limit = BALANCE_LIMIT;
	while (count < limit && (taken[count] = detach(busiest, hot_too)) != NULL)
		count++;
	core->balance_failed = count > 0 ? 0 : core->balance_failed + 1;
	while (count > 0)
		core_accept(core, taken[--count], ENQUEUE_MIGRATE, core);
}

/* An idle core that the tick of a busy one has kicked looks for a thread that waits. */
static void balance_idle(struct engine *engine, void *subject, uint64_t argument)
{
	struct core *core = subject, *busiest;

	(void)engine;
	(void)argument;
	if (!is_idle(core) || core->bandwidth.throttled)
		return;
	busiest = busiest_other(core, 2);
	if (busiest)
		take_from(busiest, core, core->balance_failed > HOT_PATIENCE);
}

/* The kick takes as long as a wake-up: by then who ran has given way if its slice was over. */
static void kick_idle(struct core *core)
{
	struct core *idle = find_idle(core->machine, core->index);

	if (idle)
		engine_schedule_after(core->machine->engine, core_idle_latency(idle), balance_idle, idle, 0);
}

void placement_tick(struct core *core)
{
	struct machine_model *machine = core->machine;
	sim_ns now = machine_now(machine);
	struct core *busiest;
	bool patient;

	if (machine->core_count == 1)
		return;
	if (scheduler_ready_count(core) > 0)
		kick_idle(core);
	if (now < core->next_balance_ns)
		return;
	core->next_balance_ns = now + SIM_MS * machine->core_count * (core->current ? BUSY_BALANCE_FACTOR : 1);
	patient = core->balance_failed <= BALANCE_PATIENCE;
	busiest = busiest_other(core, load(core) + (patient ? 2 : 1));
	if (!busiest) {
		/* One too many somewhere is tolerated for a while, then it moves: so three threads on two cores
		 * take turns at being alone. */
		if (busiest_other(core, load(core) + 1))
			core->balance_failed++;
		return;
	}
	take_from(busiest, core, !patient);
}
