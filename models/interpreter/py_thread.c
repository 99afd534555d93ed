/*
 * py_thread.c - see py_thread.h.
 */
#include "models/interpreter/py_thread.h"

#include "models/interpreter/py_mutex.h"
#include "models/machine/epoll.h"

const char *const activity_names[ACTIVITY_COUNT] = {
	[ACTIVITY_RUN_QUEUE] = "run_queue",   [ACTIVITY_SWITCHING] = "switching", [ACTIVITY_THROTTLED] = "throttled",
	[ACTIVITY_OVERHEAD] = "overhead",     [ACTIVITY_PYTHON] = "python",	  [ACTIVITY_C] = "c",
	[ACTIVITY_NATIVE] = "native",	      [ACTIVITY_GIL_WAIT] = "gil_wait",	  [ACTIVITY_IO] = "io",
	[ACTIVITY_LOCK_WAIT] = "lock_wait",   [ACTIVITY_QUEUE_WAIT] = "queue_wait", [ACTIVITY_IPC] = "ipc",
	[ACTIVITY_START_UP] = "start_up",     [ACTIVITY_LOOP_WAIT] = "loop_wait",
};

static struct gil *gil_of(const struct os_thread *thread)
{
	return py_current(thread)->interpreter->gil;
}

static struct world *world_of(const struct os_thread *thread)
{
	return &py_current(thread)->interpreter->world;
}

/* Whether it is asked to let others go on: to give the GIL away, or to stop. */
static inline bool must_drop(const struct os_thread *thread)
{
	const struct gil *gil = gil_of(thread);

	return gil ? gil_drop_requested(gil) : world_is_stopped_by_other(world_of(thread), thread);
}

enum progress py_release_gil(struct os_thread *thread)
{
	struct gil *gil = gil_of(thread);

	return gil ? gil_drop(gil, thread, ACTIVITY_GIL_WAIT) : world_leave(world_of(thread), thread);
}

enum progress py_take_gil(struct os_thread *thread)
{
	struct gil *gil = gil_of(thread);

	return gil ? gil_take(gil, thread, ACTIVITY_GIL_WAIT) : world_enter(world_of(thread), thread);
}

enum progress py_collect(struct os_thread *thread)
{
	struct world *world = world_of(thread);

	return world->collection_ns > 0 ? world_collect(world, thread) : DONE;
}

struct enter_locals {
	struct interpreter *interpreter;
};

static enum progress enter_interpreter(struct os_thread *thread, struct frame *frame)
{
	struct enter_locals *my = FRAME_LOCALS(frame, struct enter_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	py_current(thread)->interpreter = my->interpreter;
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

enum progress py_enter_interpreter(struct os_thread *thread, struct interpreter *interpreter)
{
	struct enter_locals *my;

	assert(py_current(thread)->interpreter->process == interpreter->process);
	my = os_thread_push(thread, enter_interpreter);
	my->interpreter = interpreter;
	return os_thread_enter(thread);
}

struct bytecode_locals {
	sim_ns left_ns;
	uint8_t previous_activity;
};

/* The evaluation loop, as far as others can tell: work, and a look at the eval breaker. Begins where some of the
 * work has been done, if only none of it. */
static enum progress bytecode(struct os_thread *thread, struct frame *frame)
{
	struct bytecode_locals *my = FRAME_LOCALS(frame, struct bytecode_locals);

	PROGRAM_BEGIN(frame);
	for (;;) {
		my->left_ns = thread->unfinished_ns;
		if (must_drop(thread)) {
			AWAIT(frame, py_release_gil(thread));
			AWAIT(frame, py_take_gil(thread));
		}
		if (my->left_ns == 0)
			break;
		AWAIT(frame, os_thread_compute_interruptible(thread, my->left_ns));
	}
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

/* What cannot be done inline. Not inline itself, so that what can keeps no registers for it. */
static __attribute__((noinline)) enum progress begin_bytecode(struct os_thread *thread, uint8_t previous_activity,
							      sim_ns work_ns)
{
	struct bytecode_locals *my = os_thread_push(thread, bytecode);

	my->previous_activity = previous_activity;
	if (!must_drop(thread))
		return os_thread_begin_interruptible(thread, work_ns);
	thread->unfinished_ns = work_ns;
	return os_thread_enter(thread);
}

/* As another activity than what the thread is at; likewise not inline. */
static __attribute__((noinline)) enum progress bytecode_as(struct os_thread *thread, uint8_t activity, sim_ns work_ns)
{
	uint8_t previous = thread->activity;

	os_thread_set_activity(thread, activity);
	if (must_drop(thread) || !os_thread_try_compute(thread, work_ns))
		return begin_bytecode(thread, previous, work_ns);
	os_thread_set_activity(thread, previous);
	return DONE;
}

enum progress py_bytecode(struct os_thread *thread, uint8_t activity, sim_ns work_ns)
{
	if (activity != thread->activity)
		return bytecode_as(thread, activity, work_ns);
	if (must_drop(thread) || !os_thread_try_compute(thread, work_ns))
		return begin_bytecode(thread, activity, work_ns);
	return DONE;
}

struct call_locals {
	sim_ns work_ns;
	uint8_t previous_activity;
};

static enum progress c_call(struct os_thread *thread, struct frame *frame)
{
	struct call_locals *my = FRAME_LOCALS(frame, struct call_locals);
	struct gil *gil = gil_of(thread);

	PROGRAM_BEGIN(frame);
	if (gil)
		gil_set_holder_kind(gil, GIL_HOLDER_C);
	AWAIT(frame, os_thread_compute(thread, my->work_ns));
	os_thread_set_activity(thread, my->previous_activity);
	if (gil)
		gil_set_holder_kind(gil, GIL_HOLDER_PYTHON);
	AWAIT(frame, py_bytecode(thread, thread->activity, 0)); /* the check after the call */
	PROGRAM_END;
}

enum progress py_c_call(struct os_thread *thread, sim_ns work_ns)
{
	struct call_locals *my = os_thread_push(thread, c_call);

	my->work_ns = work_ns;
	my->previous_activity = thread->activity;
	os_thread_set_activity(thread, ACTIVITY_C);
	return os_thread_enter(thread);
}

static enum progress native_call(struct os_thread *thread, struct frame *frame)
{
	struct call_locals *my = FRAME_LOCALS(frame, struct call_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	os_thread_set_activity(thread, ACTIVITY_NATIVE);
	AWAIT(frame, os_thread_compute(thread, my->work_ns));
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

enum progress py_native_call(struct os_thread *thread, sim_ns work_ns)
{
	struct call_locals *my = os_thread_push(thread, native_call);

	my->work_ns = work_ns;
	my->previous_activity = thread->activity;
	return os_thread_enter(thread);
}

struct sleep_locals {
	sim_ns duration_ns, deadline_ns;
	uint8_t previous_activity;
};

/*
 * Up to 3.10 time.sleep() is select(), whose slack grows with the timeout (fs/select.c:
 * select_estimate_accuracy) and which returns at once for 0; since 3.11 it is clock_nanosleep() to
 * an absolute deadline, taken before the GIL is released (Modules/timemodule.c:pysleep).
 */
static sim_ns sleep_slack(const struct os_thread *thread, sim_ns duration_ns)
{
	return py_has(thread, PYTHON_SLEEPS_BY_CLOCK) ? thread->machine->timer_slack_ns :
						    poll_slack(thread->machine, duration_ns);
}

static enum progress sleep_call(struct os_thread *thread, struct frame *frame)
{
	struct sleep_locals *my = FRAME_LOCALS(frame, struct sleep_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_SLEEP_CALL)));
	my->deadline_ns = sim_time_add(machine_now(thread->machine), my->duration_ns);
	AWAIT(frame, py_release_gil(thread));
	os_thread_set_activity(thread, ACTIVITY_IO);
	if (my->duration_ns > 0 || py_has(thread, PYTHON_SLEEPS_BY_CLOCK))
		AWAIT(frame, os_thread_block(thread, my->deadline_ns, sleep_slack(thread, my->duration_ns)));
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

enum progress py_sleep(struct os_thread *thread, sim_ns duration_ns)
{
	struct sleep_locals *my = os_thread_push(thread, sleep_call);

	my->duration_ns = duration_ns;
	my->previous_activity = thread->activity;
	return os_thread_enter(thread);
}

struct wait_locals {
	const bool *until;
	struct futex *futex;
	sim_ns deadline_ns;
	uint8_t activity, previous_activity;
	bool timed_out;
};

static enum progress wait_until(struct os_thread *thread, struct frame *frame)
{
	struct wait_locals *my = FRAME_LOCALS(frame, struct wait_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	os_thread_set_activity(thread, my->activity);
	while (!*my->until && !my->timed_out) {
		AWAIT(frame, futex_wait(thread, my->futex, my->deadline_ns, thread->machine->timer_slack_ns));
		my->timed_out = thread->timed_out;
	}
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	py_current(thread)->timed_out = !*my->until;
	PROGRAM_END;
}

enum progress py_wait_until(struct os_thread *thread, const bool *until, struct futex *futex, uint8_t activity,
			    sim_ns deadline_ns)
{
	struct wait_locals *my = os_thread_push(thread, wait_until);

	my->until = until;
	my->futex = futex;
	my->activity = activity;
	my->deadline_ns = deadline_ns;
	my->previous_activity = thread->activity;
	return os_thread_enter(thread);
}

static enum progress main_thread(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_take_gil(thread));
	os_thread_push(thread, py_current(thread)->body);
	AWAIT(frame, os_thread_enter(thread));
	AWAIT(frame, os_process_exit(thread));
	PROGRAM_END;
}

static sim_ns wake_all(struct futex *futex, struct os_thread *waker)
{
	sim_ns cost_ns = 0;

	while (futex_has_waiters(futex))
		cost_ns += futex_wake(futex, waker, false);
	return cost_ns;
}

/* Up to 3.12 the joiner waits for a lock that the thread state's end releases, before the GIL goes, and the OS thread is
 * detached; since 3.13 for an event that is set after it, and then for the OS thread itself (pthread_join). */
static enum progress child_thread(struct os_thread *thread, struct frame *frame)
{
	struct py_thread *self = py_current(thread);
	bool joined_by_lock = !py_has(thread, PYTHON_JOINS_OS_THREAD);

	PROGRAM_BEGIN(frame);
	os_thread_set_activity(thread, ACTIVITY_START_UP);
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_THREAD_ENTRY) +
						       (thread->has_new_stack ?
								py_cost(thread, COST_THREAD_STACK_TOUCH) :
								0)));
	os_process_use_memory(thread->process, py_cost(thread, COST_MEMORY_THREAD));
	AWAIT(frame, py_take_gil(thread));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PY_THREAD_BOOTSTRAP)));
	self->started = true;
	AWAIT(frame, os_thread_compute(thread, wake_all(&self->started_waiters, thread)));
	os_thread_set_activity(thread, ACTIVITY_OVERHEAD);
	os_thread_push(thread, self->body);
	AWAIT(frame, os_thread_enter(thread));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PY_THREAD_FINISH)));
	if (joined_by_lock) {
		self->finished = true;
		AWAIT(frame, os_thread_compute(thread, wake_all(&self->joiners, thread)));
	}
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_THREAD_EXIT)));
	os_process_use_memory(thread->process,
			      py_cost(thread, COST_MEMORY_THREAD_ENDED) - py_cost(thread, COST_MEMORY_THREAD));
	if (joined_by_lock) {
		AWAIT(frame, os_thread_compute(thread, os_process_give_stack(thread->process)));
	} else {
		self->finished = true;
		AWAIT(frame, os_thread_compute(thread, wake_all(&self->joiners, thread)));
	}
	PROGRAM_END;
}

struct py_thread *py_thread_new(struct interpreter *interpreter, const char *name, program_fn *body, void *argument)
{
	struct py_thread *self = region_alloc(interpreter->runtime->machine->region, sizeof(*self));
	bool is_main = interpreter->process->thread_count == 0;

	self->interpreter = interpreter;
	self->body = body;
	self->argument = argument;
	self->os = os_thread_new(interpreter->process, name, is_main ? main_thread : child_thread);
	self->os->owner = self;
	self->os->code = cold_code_of(interpreter->process, body);
	self->os->activity = self->os->shown_activity = ACTIVITY_OVERHEAD;
	return self;
}

struct start_locals {
	struct py_thread *child;
	uint8_t previous_activity;
};

static enum progress start_thread(struct os_thread *thread, struct frame *frame)
{
	struct start_locals *my = FRAME_LOCALS(frame, struct start_locals);

	PROGRAM_BEGIN(frame);
	/* Its page faults are in what starting takes. */
	os_process_grow_heap(thread->process, py_cost(thread, COST_MEMORY_THREAD_OBJECT));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PY_THREAD_START)));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_THREAD_CREATE) +
						       os_process_take_stack(thread->process, my->child->os)));
	thread->process->starter_core = thread->core;
	AWAIT(frame, os_thread_compute(thread, os_thread_start(my->child->os)));
	if (!my->child->started) /* _started.wait() is for a Lock that the child releases */
		AWAIT(frame, py_mutex_spin(thread));
	if (!my->child->started)
		AWAIT(frame, py_wait_until(thread, &my->child->started, &my->child->started_waiters,
					   ACTIVITY_START_UP, SIM_NS_MAX));
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

enum progress py_thread_start(struct os_thread *thread, struct py_thread *child)
{
	struct start_locals *my = os_thread_push(thread, start_thread);

	my->child = child;
	my->previous_activity = thread->activity;
	os_thread_set_activity(thread, ACTIVITY_START_UP);
	return os_thread_enter(thread);
}

struct join_locals {
	struct py_thread *other;
	sim_ns deadline_ns;
};

static enum progress join_thread(struct os_thread *thread, struct frame *frame)
{
	struct join_locals *my = FRAME_LOCALS(frame, struct join_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PY_THREAD_JOIN)));
	if (!my->other->finished)
		AWAIT(frame, py_wait_until(thread, &my->other->finished, &my->other->joiners, ACTIVITY_QUEUE_WAIT,
					   my->deadline_ns));
	if (my->other->finished && !my->other->joined) {
		my->other->joined = true;
		os_process_use_memory(thread->process, -py_cost(thread, COST_MEMORY_THREAD_ENDED));
		os_process_grow_heap(thread->process, -py_cost(thread, COST_MEMORY_THREAD_OBJECT));
		if (py_has(thread, PYTHON_JOINS_OS_THREAD))
			AWAIT(frame, os_thread_compute(thread, os_process_give_stack(thread->process)));
	}
	PROGRAM_END;
}

enum progress py_thread_join(struct os_thread *thread, struct py_thread *other)
{
	return py_thread_join_until(thread, other, SIM_NS_MAX);
}

enum progress py_thread_join_until(struct os_thread *thread, struct py_thread *other, sim_ns deadline_ns)
{
	struct join_locals *my = os_thread_push(thread, join_thread);

	my->deadline_ns = deadline_ns;
	my->other = other;
	return os_thread_enter(thread);
}
