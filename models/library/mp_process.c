/*
 * mp_process.c - see mp_process.h.
 */
#include "models/library/mp_process.h"

struct child_locals {
	struct py_hook *hook;
};

/* Whether it imports the main module itself, and what that imports: it has not inherited them. */
static bool imports_main(const struct os_thread *thread, const struct mp_context *context)
{
	return context->method == MP_SPAWN ||
	       (context->method == MP_FORKSERVER && !py_has(thread, PYTHON_SERVER_IMPORTS_MAIN));
}

static enum cost start_up_cost(enum mp_start_method method)
{
	return method == MP_FORK    ? COST_PROCESS_BOOTSTRAP
	       : method == MP_SPAWN ? COST_SPAWN_CHILD
				    : COST_FORKSERVER_CHILD;
}

/* What a fresh interpreter has when it has imported the main module. */
static int64_t fresh_bytes(const struct os_thread *thread, const struct mp_context *context)
{
	return py_cost(thread, COST_MEMORY_SPAWNED) + context->imports_bytes;
}

/* A fork server that has not imports as little as the tracker does (5.8 MB and 5.9 on 3.13, 8.2 and 8.1 on 3.11). */
static int64_t server_bytes(const struct os_thread *thread, const struct mp_context *context)
{
	return py_has(thread, PYTHON_SERVER_IMPORTS_MAIN) ? fresh_bytes(thread, context)
							   : py_cost(thread, COST_MEMORY_TRACKER);
}

/* The child from its first instruction on; main_thread() has taken the GIL, which nobody else wants. */
static enum progress child(struct os_thread *thread, struct frame *frame)
{
	struct child_locals *my = FRAME_LOCALS(frame, struct child_locals);
	struct mp_process *process = py_current(thread)->argument;
	const struct mp_context *context = process->context;
	enum mp_start_method method = context->method;

	PROGRAM_BEGIN(frame);
	os_thread_set_activity(thread, ACTIVITY_START_UP);
	if (method != MP_SPAWN)
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_FORK_ENTRY)));
	AWAIT(frame, py_cold_overhead(thread, py_cost(thread, start_up_cost(method)) +
						      (imports_main(thread, context) ? context->imports_ns : 0)));
	os_thread_set_activity(thread, ACTIVITY_OVERHEAD);
	for (my->hook = process->interpreter->after_fork; my->hook; my->hook = my->hook->next)
		AWAIT(frame, my->hook->run(thread, my->hook->argument));
	os_thread_push(thread, process->body);
	AWAIT(frame, os_thread_enter(thread));
	for (my->hook = process->interpreter->finalizers; my->hook; my->hook = my->hook->next)
		AWAIT(frame, my->hook->run(thread, my->hook->argument));
	AWAIT(frame, py_cold_overhead(thread, py_cost(thread, method == MP_SPAWN ? COST_SPAWN_FINISH
										 : COST_PROCESS_FINISH)));
	PROGRAM_END;
}

static void child_exited(struct os_thread *thread);

/* The child's process, made and started: what fork() or exec() leaves behind. */
static void launch(struct mp_process *process, struct os_process *parent, struct core *core, int64_t shared_bytes,
		   int64_t own_bytes)
{
	struct machine_model *machine = parent->machine;
	struct os_process *made = os_process_new(machine, parent, process->name, shared_bytes);
	struct interpreter *forker = parent->owner;

	os_process_use_memory(made, own_bytes);
	made->starter_core = core;
	process->interpreter = interpreter_new(forker->runtime, made);
	if (process->context->method != MP_SPAWN) {
		process->interpreter->after_fork = forker->after_fork;
		process->interpreter->first_times = FIRST_TASK | FIRST_LOOP;
		made->exit_ns = cost_ns(machine->costs, COST_PROCESS_INTERPRETER_EXIT);
	}
	process->main_thread = py_thread_new(process->interpreter, process->name, child, process);
	process->main_thread->os->exited = child_exited;
	os_thread_start(process->main_thread->os);
}

/* ---- Processes that serve the program: the resource tracker and the fork server ---- */

/* Both are interpreters that start and then wait; the tracker for what would have to be cleaned up. */
static enum progress track(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	os_thread_set_activity(thread, ACTIVITY_START_UP);
	AWAIT(frame, py_cold_overhead(thread, py_cost(thread, COST_SPAWN_TRACKER)));
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_block(thread, SIM_NS_MAX, 0));
	PROGRAM_END;
}

/* What fork() or, since 3.10, vfork() and exec() cost their caller. */
static sim_ns exec_cost(const struct os_thread *thread)
{
	return py_has(thread, PYTHON_SPAWNS_BY_VFORK) ? py_cost(thread, COST_SPAWN_EXEC)
						      : os_process_fork_cost(thread->process);
}

static struct py_thread *start_helper(struct os_thread *caller, const char *name, program_fn *program,
				      void *argument, int64_t own_bytes)
{
	struct os_process *process = os_process_new(caller->machine, caller->process, name, 0);
	struct interpreter *interpreter = interpreter_new(py_current(caller)->interpreter->runtime, process);
	struct py_thread *main_thread = py_thread_new(interpreter, name, program, argument);

	os_process_use_memory(process, own_bytes);
	process->starter_core = caller->core;
	os_thread_start(main_thread->os);
	return main_thread;
}

struct context_locals {
	struct mp_context *context;
};

static enum progress start_tracker(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_cold_overhead(thread, py_cost(thread, COST_SPAWN_HELPER)));
	AWAIT(frame, os_thread_compute(thread, exec_cost(thread)));
	start_helper(thread, "resource tracker", track, NULL, py_cost(thread, COST_MEMORY_TRACKER));
	PROGRAM_END;
}

enum progress mp_ensure_tracker(struct os_thread *thread, struct mp_context *context)
{
	if (context->method == MP_FORK || context->has_tracker)
		return DONE;
	context->has_tracker = true;
	os_thread_push(thread, start_tracker);
	return os_thread_enter(thread);
}

struct forkserver {
	struct mp_context *context;
	struct py_thread *main_thread;
	struct mp_process *first, *last; /* requests and ends of children, oldest first */
	bool has_events;
	struct futex waiters;
};

static void post(struct forkserver *server, struct mp_process *process)
{
	process->next_event = NULL;
	if (server->first)
		server->last->next_event = process;
	else
		server->first = process;
	server->last = process;
	server->has_events = true;
}

/* Its sentinel is closed; to a fork server it is SIGCHLD. */
static void child_exited(struct os_thread *thread)
{
	struct mp_process *process = py_current(thread)->argument;
	struct forkserver *server = process->context->server;

	if (process->context->method == MP_FORKSERVER) {
		post(server, process);
		futex_wake(&server->waiters, NULL, false);
	} else if (process->watch) {
		futex_wake(process->watch, NULL, false);
	}
}

struct server_locals {
	struct mp_process *process;
};

static enum progress serve(struct os_thread *thread, struct frame *frame)
{
	struct server_locals *my = FRAME_LOCALS(frame, struct server_locals);
	struct forkserver *server = py_current(thread)->argument;

	PROGRAM_BEGIN(frame);
	os_thread_set_activity(thread, ACTIVITY_START_UP);
	AWAIT(frame, py_cold_overhead(thread, py_cost(thread, COST_FORKSERVER_SERVER) +
						      (py_has(thread, PYTHON_SERVER_IMPORTS_MAIN)
							       ? server->context->imports_ns
							       : 0)));
	for (;;) {
		AWAIT(frame, py_wait_until(thread, &server->has_events, &server->waiters, ACTIVITY_QUEUE_WAIT,
					   SIM_NS_MAX));
		my->process = server->first;
		server->first = my->process->next_event;
		server->has_events = server->first != NULL;
		AWAIT(frame, py_cold_overhead(thread, py_cost(thread, COST_FORKSERVER_SERVE)));
		if (my->process->forked) {
			AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PROCESS_WAIT)));
			my->process->reported = true;
			if (my->process->watch)
				AWAIT(frame,
				      os_thread_compute(thread, futex_wake(my->process->watch, thread, false)));
		} else {
			AWAIT(frame, os_thread_compute(thread, os_process_fork_cost(thread->process)));
			launch(my->process, thread->process, thread->core, thread->process->resident_bytes,
			       py_cost(thread, COST_MEMORY_FORK) + fresh_bytes(thread, server->context) -
				       server_bytes(thread, server->context));
			my->process->forked = true;
		}
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_WRITE) +
							       futex_wake(&my->process->waiters, thread, true)));
	}
	PROGRAM_END;
}

static enum progress start_server(struct os_thread *thread, struct frame *frame)
{
	struct context_locals *my = FRAME_LOCALS(frame, struct context_locals);
	struct forkserver *server;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_ensure_tracker(thread, my->context));
	AWAIT(frame, py_cold_overhead(thread, py_cost(thread, COST_SPAWN_HELPER)));
	AWAIT(frame, os_thread_compute(thread, exec_cost(thread)));
	server = region_alloc(thread->machine->region, sizeof(*server));
	server->context = my->context;
	my->context->server = server;
	server->main_thread = start_helper(thread, "fork server", serve, server, server_bytes(thread, my->context));
	PROGRAM_END;
}

static enum progress ensure_server(struct os_thread *thread, struct mp_context *context)
{
	struct context_locals *locals;

	if (context->server)
		return DONE;
	locals = os_thread_push(thread, start_server);
	locals->context = context;
	return os_thread_enter(thread);
}

/* ---- Process.start() ---- */

struct start_locals {
	struct mp_process *process;
	uint8_t previous_activity;
};

static enum progress start_by_fork(struct os_thread *thread, struct frame *frame)
{
	struct start_locals *my = FRAME_LOCALS(frame, struct start_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PROCESS_START)));
	AWAIT(frame, os_thread_compute(thread, os_process_fork_cost(thread->process)));
	launch(my->process, thread->process, thread->core, thread->process->resident_bytes,
	       py_cost(thread, COST_MEMORY_FORK));
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

static enum progress start_by_spawn(struct os_thread *thread, struct frame *frame)
{
	struct start_locals *my = FRAME_LOCALS(frame, struct start_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_ensure_tracker(thread, my->process->context));
	AWAIT(frame, py_cold_overhead(thread, py_cost(thread, COST_SPAWN_START)));
	AWAIT(frame, os_thread_compute(thread, exec_cost(thread)));
	/* Those that start together have filled theirs when the first of them ends. */
	launch(my->process, thread->process, thread->core, 0, fresh_bytes(thread, my->process->context));
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

static enum progress start_by_server(struct os_thread *thread, struct frame *frame)
{
	struct start_locals *my = FRAME_LOCALS(frame, struct start_locals);
	struct forkserver *server;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, ensure_server(thread, my->process->context));
	AWAIT(frame, py_cold_overhead(thread, py_cost(thread, COST_FORKSERVER_START)));
	server = my->process->context->server;
	post(server, my->process);
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_WRITE) +
						       futex_wake(&server->waiters, thread, true)));
	/* The server answers with the child's number. */
	AWAIT(frame,
	      py_wait_until(thread, &my->process->forked, &my->process->waiters, ACTIVITY_START_UP, SIM_NS_MAX));
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

enum progress mp_process_start(struct os_thread *thread, struct mp_context *context, struct mp_process *process,
			       const char *name, program_fn *body, void *argument)
{
	struct start_locals *my = os_thread_push(thread, context->method == MP_FORK    ? start_by_fork
							 : context->method == MP_SPAWN ? start_by_spawn
										       : start_by_server);

	*process = (struct mp_process){
		.context = context, .name = name, .body = body, .argument = argument, .watch = process->watch
	};
	my->process = process;
	my->previous_activity = thread->activity;
	os_thread_set_activity(thread, ACTIVITY_START_UP);
	return os_thread_enter(thread);
}

/* ---- Process.join() ---- */

struct join_locals {
	struct mp_process *process;
	sim_ns deadline_ns;
};

bool mp_process_has_ended(const struct mp_process *process)
{
	return process->context->method == MP_FORKSERVER ? process->reported
							 : process->interpreter->process->exited;
}

static enum progress join(struct os_thread *thread, struct frame *frame)
{
	struct join_locals *my = FRAME_LOCALS(frame, struct join_locals);
	struct os_process *child_process = my->process->interpreter->process;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_PROCESS_JOIN)));
	if (my->process->context->method == MP_FORKSERVER) {
		AWAIT(frame, py_wait_until(thread, &my->process->reported, &my->process->waiters,
					   ACTIVITY_QUEUE_WAIT, my->deadline_ns));
	} else {
		AWAIT(frame, py_wait_until(thread, &child_process->exited, &child_process->waiters,
					   ACTIVITY_QUEUE_WAIT, my->deadline_ns));
		if (child_process->exited)
			AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PROCESS_WAIT)));
	}
	PROGRAM_END;
}

enum progress mp_process_join(struct os_thread *thread, struct mp_process *process)
{
	return mp_process_join_until(thread, process, SIM_NS_MAX);
}

enum progress mp_process_join_until(struct os_thread *thread, struct mp_process *process, sim_ns deadline_ns)
{
	struct join_locals *my = os_thread_push(thread, join);

	my->deadline_ns = deadline_ns;
	my->process = process;
	return os_thread_enter(thread);
}
