/*
 * gil.c - CPython's global interpreter lock.
 *
 * Source      CPython 3.12, Python/ceval_gil.c: take_gil(), drop_gil(); 3.11 and 3.13 differ in where the request
 *             is stored (interpreter or holder), which nobody can observe. glibc 2.36, nptl/pthread_cond_wait.c and
 *             pthread_cond_signal.c: two groups of waiters.
 * Modelled    the timed wait of one interval, anew after every wake-up; the drop request only when nobody switched
 *             meanwhile; forced switching, also on a drop for a blocking call; a single signal a drop; barging:
 *             whoever runs takes a free lock, the signalled waiter or not; the inner mutex while somebody signals,
 *             which is when others meet it.
 * Left out    the inner mutex otherwise, and that of the switch; stop-the-world and pending calls.
 * Invariant   switch_waiter is never the holder; drop_requested implies locked or a drop under way.
 */
#include "models/interpreter/gil.h"

struct gil *gil_new(struct machine_model *machine, sim_ns interval_ns, sim_ns uncontended_ns, sim_ns signal_ns,
		    sim_ns take_after_wake_ns)
{
	struct gil *gil = region_alloc(machine->region, sizeof(*gil));

	gil->machine = machine;
	gil->id = machine->next_lock_id++;
	gil->interval_ns = interval_ns;
	gil->half_uncontended_ns = uncontended_ns / 2;
	gil->signal_ns = signal_ns;
	gil->take_after_wake_ns = take_after_wake_ns;
	return gil;
}

void gil_account(struct gil *gil)
{
	sim_ns now = machine_now(gil->machine);

	if (gil->locked) {
		gil->locked_ns += now - gil->since_ns;
		gil->waited_behind_ns[gil->holder_kind] += (now - gil->since_ns) * gil->counted_waiters;
	}
	gil->since_ns = now;
}

void gil_set_holder_kind(struct gil *gil, enum gil_holder_kind kind)
{
	if (gil->holder_kind == kind)
		return;
	gil_account(gil);
	gil->holder_kind = kind;
}

/* Takes a free lock; returns what waking the thread that waits for the switch costs. */
static sim_ns acquire(struct gil *gil, struct os_thread *thread)
{
	struct os_thread *waiter = gil->switch_waiter;

	assert(!gil->locked);
	gil_account(gil);
	gil->locked = true;
	gil->holder_kind = GIL_HOLDER_PYTHON;
	gil->drop_requested = false;
	machine_trace(gil->machine, thread, TRACE_TAKE, "gil", NULL, gil->id);
	if (gil->last_holder == thread)
		return 0;
	gil->last_holder = thread;
	gil->switch_count++;
	machine_trace(gil->machine, thread, TRACE_INSTANT, "gil_switch", NULL, (int64_t)gil->switch_count);
	if (!waiter)
		return 0;
	gil->switch_waiter = NULL;
	return os_thread_wake(waiter, thread, false);
}

/* Signals the condition: the oldest group's first waiter is woken. Returns what that costs; 0 when nobody waits. */
static sim_ns signal_waiter(struct gil *gil, struct os_thread *thread)
{
	if (!futex_has_waiters(&gil->group1))
		futex_move_all(&gil->group1, &gil->group2);
	if (!futex_has_waiters(&gil->group1))
		return 0;
	gil->signaller = thread;
	return gil->signal_ns + futex_wake(&gil->group1, thread, false);
}

static enum progress wait_for_mutex(struct os_thread *thread, struct frame *frame)
{
	struct gil *gil = *FRAME_LOCALS(frame, struct gil *);

	PROGRAM_BEGIN(frame);
	while (gil->signaller) {
		AWAIT(frame, futex_wait(thread, &gil->mutex, SIM_NS_MAX, 0));
	}
	/* Who has slept for it does not know whether others still do, and unlocks it by a system call. */
	AWAIT(frame, os_thread_compute(thread, futex_has_waiters(&gil->mutex) ?
						       futex_wake(&gil->mutex, thread, false) :
						       machine_cost(gil->machine, COST_SYSCALL_BASE)));
	PROGRAM_END;
}

/* For AWAIT. Whoever signals does it with the mutex held; a waiter that is woken on the same core, and preempts, falls
 * asleep again on that until the signaller has gone on. */
static enum progress lock_mutex(struct gil *gil, struct os_thread *thread)
{
	struct gil **my;

	if (!gil->signaller)
		return DONE;
	my = os_thread_push(thread, wait_for_mutex);
	*my = gil;
	return os_thread_enter(thread);
}

struct take_locals {
	struct gil *gil;
	uint64_t switch_count;
	uint8_t previous_activity;
	bool counted;
	bool timed_out;
};

static enum progress take_contended(struct os_thread *thread, struct frame *frame)
{
	struct take_locals *my = FRAME_LOCALS(frame, struct take_locals);
	struct gil *gil = my->gil;

	PROGRAM_BEGIN(frame);
	gil_account(gil);
	my->counted = thread->time_in != NULL;
	gil->counted_waiters += my->counted;
	AWAIT(frame, lock_mutex(gil, thread));
	while (gil->locked) {
		my->switch_count = gil->switch_count;
		AWAIT(frame, futex_wait(thread, &gil->group2, machine_now(gil->machine) + gil->interval_ns,
					gil->machine->timer_slack_ns));
		my->timed_out = thread->timed_out;
		AWAIT(frame, lock_mutex(gil, thread));
		if (my->timed_out && gil->locked && gil->switch_count == my->switch_count) {
			gil->drop_requested = true;
			machine_trace(gil->machine, thread, TRACE_INSTANT, "drop_request", NULL,
				      gil->last_holder->id);
			os_thread_interrupt(gil->last_holder);
		}
	}
	gil_account(gil);
	gil->counted_waiters -= my->counted;
	AWAIT(frame, os_thread_compute(thread, acquire(gil, thread) + gil->take_after_wake_ns));
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

enum progress gil_take(struct gil *gil, struct os_thread *thread, uint8_t waiting_activity)
{
	struct take_locals *my;

	assert(!gil->locked || gil->last_holder != thread);
	if (!gil->locked && !gil->signaller)
		return os_thread_compute(thread, acquire(gil, thread) + gil->half_uncontended_ns);
	my = os_thread_push(thread, take_contended);
	my->gil = gil;
	my->previous_activity = thread->activity;
	os_thread_set_activity(thread, waiting_activity);
	return os_thread_enter(thread);
}

struct drop_locals {
	struct gil *gil;
	sim_ns cost_ns;
	uint8_t previous_activity;
	bool forced;
};

/* A drop that somebody waits for. */
static enum progress drop_contended(struct os_thread *thread, struct frame *frame)
{
	struct drop_locals *my = FRAME_LOCALS(frame, struct drop_locals);
	struct gil *gil = my->gil;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, os_thread_compute(thread, my->cost_ns));
	gil->signaller = NULL;
	if (futex_has_waiters(&gil->mutex)) {
		AWAIT(frame, os_thread_compute(thread, futex_wake(&gil->mutex, thread, false)));
	}
	if (my->forced && gil->last_holder == thread) {
		assert(!gil->switch_waiter);
		gil->drop_requested = false;
		gil->switch_waiter = thread;
		AWAIT(frame, os_thread_block(thread, SIM_NS_MAX, 0));
	}
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

enum progress gil_drop(struct gil *gil, struct os_thread *thread, uint8_t waiting_activity)
{
	bool forced = gil->drop_requested;
	struct drop_locals *my;
	sim_ns cost_ns;

	assert(gil->locked && gil->last_holder == thread);
	gil_account(gil);
	gil->locked = false;
	machine_trace(gil->machine, thread, TRACE_DROP, "gil", NULL, gil->id);
	cost_ns = gil->half_uncontended_ns + signal_waiter(gil, thread);
	if (!forced && gil->signaller != thread)
		return os_thread_compute(thread, cost_ns);
	/* As drop_contended() where nobody wants the mutex, nor can come to want it meanwhile. */
	if (!forced && !futex_has_waiters(&gil->mutex) && os_thread_try_compute(thread, cost_ns)) {
		gil->signaller = NULL;
		os_thread_set_activity(thread, thread->activity);
		return DONE;
	}
	my = os_thread_push(thread, drop_contended);
	my->gil = gil;
	my->forced = forced;
	my->cost_ns = cost_ns;
	my->previous_activity = thread->activity;
	if (forced)
		os_thread_set_activity(thread, waiting_activity);
	return os_thread_enter(thread);
}
