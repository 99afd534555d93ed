/*
 * os_thread.c - see os_thread.h.
 */
#include "models/machine/os_thread.h"

#include <string.h>

#include "models/machine/cold.h"
#include "models/machine/futex.h"
#include "models/machine/os_process.h"
#include "models/machine/scheduler.h"

static void frame_give_back(struct machine_model *machine, struct frame *frame)
{
	pool_give_back(&machine->frames[frame->locals_eights], frame);
}

void os_thread_pop(struct os_thread *thread)
{
	struct frame *frame = thread->top;

	thread->top = frame->parent;
	frame_give_back(thread->machine, frame);
}

/* Inline, so that most frames, which have a constant size, are zeroed without a loop. */
static inline void frame_init(struct frame *frame, program_fn *program, struct frame *parent, size_t eights)
{
	memset(frame->locals, 0, 8 * eights);
	frame_become(frame, program);
	frame->parent = parent;
}

static inline struct frame *frame_for(struct machine_model *machine, program_fn *program, struct frame *parent,
				      size_t locals_bytes)
{
	const size_t eights = (locals_bytes + 7) / 8;
	struct frame *frame = pool_take(&machine->frames[eights]);

	assert(locals_bytes <= FRAME_LOCALS_BYTES);
	frame_init(frame, program, parent, eights);
	frame->locals_eights = (uint8_t)eights;
	return frame;
}

/* Not inline, so that what is below, which calls nothing else, saves no registers. */
static __attribute__((noinline)) void *push_new(struct os_thread *thread, program_fn *program, size_t locals_bytes)
{
	thread->top = frame_for(thread->machine, program, thread->top, locals_bytes);
	return thread->top->locals;
}

void *os_thread_push(struct os_thread *thread, program_fn *program)
{
	struct frame *frame = pool_take_used(&thread->machine->frames[FRAME_LOCALS_BYTES / 8]);

	if (!frame)
		return push_new(thread, program, FRAME_LOCALS_BYTES);
	frame_init(frame, program, thread->top, FRAME_LOCALS_BYTES / 8);
	thread->top = frame;
	return frame->locals;
}

void *os_thread_push_sized(struct os_thread *thread, program_fn *program, size_t locals_bytes)
{
	return push_new(thread, program, locals_bytes);
}

struct frame *frame_stack_new(struct machine_model *machine, program_fn *program, size_t locals_bytes)
{
	struct frame *frame = frame_for(machine, program, NULL, locals_bytes);

	frame->parent = frame;
	return frame;
}

void frame_stack_init(struct frame *frame, program_fn *program, size_t locals_bytes)
{
	frame_init(frame, program, frame, (locals_bytes + 7) / 8);
	frame->locals_eights = FRAME_ELSEWHERE;
}

/* The stack's innermost frame and that of the thread change places. */
static enum progress exchange_top(struct os_thread *thread, struct frame *bottom)
{
	struct frame *top = bottom->parent;

	bottom->parent = thread->top;
	thread->top = top;
	return PENDING;
}

/* PENDING without work to do: the core comes back at once and enters the innermost frame. */
enum progress os_thread_attach(struct os_thread *thread, struct frame *bottom)
{
	return exchange_top(thread, bottom);
}

enum progress os_thread_detach(struct os_thread *thread, struct frame *bottom)
{
	return exchange_top(thread, bottom);
}

enum progress os_thread_enter(struct os_thread *thread)
{
	struct frame *frame = thread->top;

	if (frame_continue(thread, frame) == PENDING)
		return PENDING;
	assert(thread->top == frame);
	os_thread_pop(thread);
	return DONE;
}

struct os_thread *os_thread_new(struct os_process *process, const char *name, program_fn *program)
{
	struct machine_model *machine = process->machine;
	struct os_thread *thread = region_alloc_near(machine->region, sizeof(*thread));

	thread->machine = machine;
	thread->process = process;
	thread->name = name;
	thread->id = machine->next_thread_id++;
	thread->state = THREAD_NEW;
	os_thread_push(thread, program);
	os_process_add_thread(process, thread);
	machine->live_threads++;
	return thread;
}

void *os_thread_first_locals(struct os_thread *thread)
{
	assert(thread->state == THREAD_NEW);
	return thread->top->locals;
}

/* What it costs to tell another core, on top of waking. */
static sim_ns interrupt_cost(const struct machine_model *machine, sim_ns call_ns)
{
	return call_ns > machine->wake_call_ns ? call_ns - machine->wake_call_ns : 0;
}

sim_ns os_thread_start(struct os_thread *thread)
{
	struct machine_model *machine = thread->machine;
	struct core *parent_core = thread->process->starter_core;
	struct core *core = placement_for_new(thread, parent_core);

	assert(thread->state == THREAD_NEW);
	thread->since_ns = machine_now(machine);
	machine_trace(machine, thread, TRACE_INSTANT, "start", thread->name, 0);
	if (core->current == NULL) {
		core_send(core, thread, ENQUEUE_NEW, machine->live_threads == 1 ? 0 : core_idle_latency(core));
		return interrupt_cost(machine, machine->wake_call_idle_ns);
	}
	return core_accept(core, thread, ENQUEUE_NEW, parent_core) ?
		       interrupt_cost(machine, machine->wake_call_busy_ns) :
		       0;
}

static void assert_computes(const struct os_thread *thread)
{
	assert(thread->state == THREAD_RUNNING && thread->core->current == thread && thread->work_ns == 0);
}

enum progress os_thread_compute(struct os_thread *thread, sim_ns work_ns)
{
	assert_computes(thread);
	thread->interruptible = false;
	if (os_thread_try_compute(thread, work_ns))
		return DONE;
	thread->work_ns = work_ns;
	return PENDING;
}

/* Inline in other files, too, where all are linked as one. */
inline bool os_thread_try_compute(struct os_thread *thread, sim_ns work_ns)
{
	return work_ns == 0 || core_try_compute(thread->core, work_ns);
}

enum progress os_thread_compute_interruptible(struct os_thread *thread, sim_ns work_ns)
{
	if (!os_thread_try_compute(thread, work_ns))
		return os_thread_begin_interruptible(thread, work_ns);
	thread->unfinished_ns = 0;
	thread->interruptible = false;
	return DONE;
}

enum progress os_thread_begin_interruptible(struct os_thread *thread, sim_ns work_ns)
{
	assert_computes(thread);
	thread->work_ns = work_ns;
	thread->unfinished_ns = 0;
	thread->interruptible = true;
	return PENDING;
}

enum progress os_thread_yield(struct os_thread *thread)
{
	const sim_ns cost_ns = machine_cost(thread->machine, COST_SCHED_YIELD);
	struct core *core = thread->core;

	if (core->queue_count == 0)
		return os_thread_compute(thread, cost_ns);
	scheduler_yield(core);
	core->need_resched = true;
	core->in_call = cost_ns > 0; /* it gives way on its return from the kernel */
	thread->interruptible = false;
	thread->work_ns = cost_ns;
	return PENDING;
}

void os_thread_interrupt(struct os_thread *thread)
{
	struct core *core = thread->core;

	if (!thread->interruptible || thread->work_ns == 0)
		return;
	thread->interruptible = false;
	if (thread->state == THREAD_RUNNING && core->computing) {
		core_preempt(core); /* takes stock and comes back at this instant */
		core_stay(core);
	}
	thread->unfinished_ns = thread->work_ns;
	thread->work_ns = 0;
}

enum progress os_thread_block(struct os_thread *thread, sim_ns deadline_ns, sim_ns slack_ns)
{
	struct core *core = thread->core;
	struct machine_model *machine = thread->machine;

	assert(thread->state == THREAD_RUNNING && core->current == thread);
	thread->timed_out = false;
	if (thread->wake_pending) {
		thread->wake_pending = false;
		return DONE;
	}
	if (deadline_ns != SIM_NS_MAX)
		core->arming_ns = timers_set(thread, deadline_ns, slack_ns);
	thread->state = THREAD_BLOCKED;
	if (machine->cold.work_ns != 0)
		cold_begin_wait(thread);
	core_stay(core);
	scheduler_stop_current(core, true);
	machine_trace_state(thread);
	return PENDING;
}

/* It sleeps, but is still in the queue that it fell asleep in: there it goes on, wherever a core idles. */
static bool requeue_delayed(struct os_thread *thread, const struct core *from)
{
	struct core *core = thread->core;

	scheduler_dequeue(core, thread, false);
	thread->sched.delayed = false;
	return core_accept(core, thread, ENQUEUE_REQUEUED, from);
}

/* What waking a thread costs that has joined a core's queue. */
static sim_ns queued_cost(const struct machine_model *machine, bool interrupts)
{
	return interrupts ? machine->wake_call_busy_ns : machine->wake_call_ns;
}

/* Makes a blocked thread ready; the wake-up comes from a core, or (NULL) from outside. Returns what it costs there. */
static sim_ns make_ready(struct os_thread *thread, struct os_thread *waker, const struct core *from, bool sync)
{
	struct machine_model *machine = thread->machine;
	struct core *core;
	bool interrupts;

	timers_clear(thread);
	futex_forget(thread);
	if (thread->sched.delayed)
		return queued_cost(machine, requeue_delayed(thread, from));
	core = placement_for_wake(thread, waker, sync);
	if (core->current != NULL || core->advancing || core->bandwidth.throttled)
		return queued_cost(machine, core_accept(core, thread, ENQUEUE_WAKE, from));
	interrupts = core->expected == 0;
	core_send(core, thread, ENQUEUE_WAKE,
		  thread->timed_out && core == thread->core ? core_timer_latency(core) : core_idle_latency(core));
	return interrupts ? machine->wake_call_idle_ns : machine->wake_call_ns;
}

sim_ns os_thread_wake(struct os_thread *thread, struct os_thread *waker, bool sync)
{
	sim_ns cost_ns = thread->machine->wake_call_ns;

	if (thread->state == THREAD_BLOCKED)
		cost_ns = make_ready(thread, waker, waker ? waker->core : NULL, sync);
	else if (thread->state != THREAD_EXITED)
		thread->wake_pending = true;
	return waker ? cost_ns : 0;
}

sim_ns os_thread_time_out(struct os_thread *thread)
{
	assert(thread->state == THREAD_BLOCKED);
	thread->timed_out = true;
	return make_ready(thread, NULL, thread->timer.core, false);
}

enum progress os_thread_exit(struct os_thread *thread)
{
	struct core *core = thread->core;
	struct machine_model *machine = thread->machine;

	assert(thread->state == THREAD_RUNNING && core->current == thread);
	os_thread_account_to(thread, NULL);
	while (thread->top)
		os_thread_pop(thread);
	thread->work_ns = 0;
	thread->state = THREAD_EXITED;
	core_stay(core);
	scheduler_stop_current(core, true);
	if (thread->sched.delayed) {
		scheduler_dequeue(core, thread, false);
		thread->sched.delayed = false;
	}
	placement_detach(thread);
	machine->live_threads--;
	machine_trace(machine, thread, TRACE_INSTANT, "exit", thread->name, 0);
	os_process_remove_thread(thread->process, thread);
	if (thread->exited)
		thread->exited(thread);
	return PENDING;
}

void os_thread_divert(struct os_thread *thread, program_fn *program)
{
	struct core *core = thread->core;

	assert(thread->state != THREAD_EXITED && thread->state != THREAD_NEW);
	while (thread->top)
		os_thread_pop(thread);
	if (program)
		os_thread_push(thread, program);
	thread->interruptible = false;
	if (thread->state == THREAD_BLOCKED) {
		thread->timed_out = false;
		os_thread_wake(thread, NULL, false);
		return;
	}
	if (thread->state == THREAD_RUNNING && core->computing) {
		core_preempt(core); /* takes stock and comes back at this instant */
		core_stay(core);
	}
	thread->work_ns = 0;
}

void os_thread_show(struct os_thread *thread, uint8_t shown)
{
	sim_ns now = machine_now(thread->machine);

	if (thread->time_in)
		thread->time_in[thread->shown_activity] += now - thread->since_ns;
	thread->since_ns = now;
	thread->shown_activity = shown;
	machine_trace_state(thread);
}

void os_thread_set_activity(struct os_thread *thread, uint8_t activity)
{
	thread->activity = activity;
	os_thread_show(thread, activity);
}

void os_thread_account_to(struct os_thread *thread, sim_ns *time_in)
{
	os_thread_show(thread, thread->shown_activity);
	thread->time_in = time_in;
}
