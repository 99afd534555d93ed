/*
 * mp_process.c - see mp_process.h.
 */
#include "models/library/mp_process.h"

/* The child from fork()'s return on; main_thread() has taken the GIL, which nobody else wants. */
static enum progress child(struct os_thread *thread, struct frame *frame)
{
	struct mp_process *process = py_current(thread)->argument;

	PROGRAM_BEGIN(frame);
	os_thread_set_activity(thread, ACTIVITY_START_UP);
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_FORK_ENTRY)));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PROCESS_BOOTSTRAP)));
	os_thread_set_activity(thread, ACTIVITY_OVERHEAD);
	os_thread_push(thread, process->body);
	AWAIT(frame, os_thread_enter(thread));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PROCESS_FINISH)));
	PROGRAM_END;
}

struct start_locals {
	struct mp_process *process;
	const char *name;
	uint8_t previous_activity;
};

static enum progress start(struct os_thread *thread, struct frame *frame)
{
	struct start_locals *my = FRAME_LOCALS(frame, struct start_locals);
	struct os_process *parent = thread->process;
	struct os_process *forked;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PROCESS_START)));
	AWAIT(frame, os_thread_compute(thread, os_process_fork_cost(parent)));
	forked = os_process_new(thread->machine, parent, my->name, parent->resident_bytes);
	forked->last_core = thread->core;
	my->process->interpreter = interpreter_new(py_current(thread)->interpreter->runtime, forked);
	my->process->main_thread = py_thread_new(my->process->interpreter, my->name, child, my->process);
	os_thread_start(my->process->main_thread->os);
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

enum progress mp_process_start(struct os_thread *thread, struct mp_process *process, const char *name,
			       program_fn *body, void *argument)
{
	struct start_locals *my = os_thread_push(thread, start);

	process->body = body;
	process->argument = argument;
	my->process = process;
	my->name = name;
	my->previous_activity = thread->activity;
	os_thread_set_activity(thread, ACTIVITY_START_UP);
	return os_thread_enter(thread);
}

struct join_locals {
	struct os_process *process;
};

static enum progress join(struct os_thread *thread, struct frame *frame)
{
	struct join_locals *my = FRAME_LOCALS(frame, struct join_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PROCESS_JOIN)));
	AWAIT(frame, py_wait_until(thread, &my->process->exited, &my->process->waiters, ACTIVITY_QUEUE_WAIT,
				   SIM_NS_MAX));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PROCESS_WAIT)));
	PROGRAM_END;
}

enum progress mp_process_join(struct os_thread *thread, struct mp_process *process)
{
	struct join_locals *my = os_thread_push(thread, join);

	my->process = process->interpreter->process;
	return os_thread_enter(thread);
}
