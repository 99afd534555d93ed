/*
 * mp_process.h - multiprocessing.Process, started by fork, spawn or a fork server.
 *
 * Source      Lib/multiprocessing/process.py, popen_fork.py, popen_spawn_posix.py, popen_forkserver.py,
 *             forkserver.py, spawn.py, resource_tracker.py @3.8 to 3.13; what fork() itself costs is the machine's.
 * Modelled    fork: the parent's bytecode around fork(), the child's start in an interpreter and GIL of its own.
 *             spawn: the pickled preparation, vfork() since 3.10 (its cost does not grow with the parent), a new
 *             interpreter that imports the main module again; the resource tracker, a process of its own, started
 *             before the first. Fork server: started at first use, also by vfork(); then each child is forked by
 *             the server on request and imports the main module (once in the server since 3.14; before, the preload
 *             did not find it, gh-137996). The end: what the child has registered to be run at exit, and join() by
 *             the sentinel and waitpid() (by the server's report where it is the parent). A forked child's own
 *             memory is what it copies on writing to it: mostly the reference counts that it touches.
 * Left out    memory that a child copies later on, by reading a large inheritance; the server's handshake with
 *             authentication (3.14).
 */
#ifndef MODELS_LIBRARY_MP_PROCESS_H
#define MODELS_LIBRARY_MP_PROCESS_H

#include "models/interpreter/py_thread.h"

enum mp_start_method { MP_FORK, MP_SPAWN, MP_FORKSERVER };

/* multiprocessing.get_context(method): how one program starts its processes. */
struct mp_context {
	enum mp_start_method method;
	sim_ns imports_ns;     /* what importing the program's own modules takes a process that starts afresh */
	int64_t imports_bytes; /* and what memory */
	bool has_tracker;
	struct forkserver *server; /* NULL: not started yet */
};

struct mp_process {
	struct mp_context *context;
	const char *name;
	struct interpreter *interpreter; /* the child's */
	struct py_thread *main_thread;
	program_fn *body;
	void *argument;
	bool forked;   /* by the server: its number has come back */
	bool reported; /* by the server: its end has */
	struct futex waiters;
	struct futex *watch; /* woken when its sentinel is ready; NULL: nobody polls it */
	struct mp_process *next_event; /* of the server */
};

/* For AWAIT. Fills in `process`, which the caller owns, all but `watch`; the child runs `body` with `argument` in its
 * py_thread's argument's place (see mp_argument). */
enum progress mp_process_start(struct os_thread *thread, struct mp_context *context, struct mp_process *process,
			       const char *name, program_fn *body, void *argument);
/* For AWAIT. */
enum progress mp_process_join(struct os_thread *thread, struct mp_process *process);
/* The same until `deadline_ns` at most; mp_process_has_ended() tells which. */
enum progress mp_process_join_until(struct os_thread *thread, struct mp_process *process, sim_ns deadline_ns);
bool mp_process_has_ended(const struct mp_process *process);
/* For AWAIT. What a program that uses spawn or a fork server starts with its first lock or queue. */
enum progress mp_ensure_tracker(struct os_thread *thread, struct mp_context *context);
/* Whether it was started and has ended, as far as its parent can tell (exitcode). */
static inline bool mp_process_has_exited(const struct mp_process *process)
{
	if (process->context->method == MP_FORKSERVER)
		return process->reported;
	return process->interpreter->process->exited;
}
/* The argument of the body that runs on this thread. */
static inline void *mp_argument(const struct os_thread *thread)
{
	return ((struct mp_process *)py_current(thread)->argument)->argument;
}

#endif
