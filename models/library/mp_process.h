/*
 * mp_process.h - multiprocessing.Process with the start method fork.
 *
 * Source      Lib/multiprocessing/process.py, popen_fork.py @3.11; what fork() itself costs is the machine's.
 * Modelled    the parent's bytecode around fork(), the child's start in an interpreter and GIL of its own,
 *             its end, and join() by the sentinel and waitpid().
 * Left out    spawn and forkserver; what copy-on-write costs later on.
 */
#ifndef MODELS_LIBRARY_MP_PROCESS_H
#define MODELS_LIBRARY_MP_PROCESS_H

#include "models/interpreter/py_thread.h"

struct mp_process {
	struct interpreter *interpreter; /* the child's */
	struct py_thread *main_thread;
	program_fn *body;
	void *argument;
};

/* For AWAIT. Fills in `process`, which the caller owns; the child runs `body` with `argument` in its
 * py_thread's argument's place (see mp_argument). */
enum progress mp_process_start(struct os_thread *thread, struct mp_process *process, const char *name,
			       program_fn *body, void *argument);
/* For AWAIT. */
enum progress mp_process_join(struct os_thread *thread, struct mp_process *process);
static inline bool mp_process_has_exited(const struct mp_process *process)
{
	return process->interpreter->process->exited;
}
/* The argument of the body that runs on this thread. */
static inline void *mp_argument(const struct os_thread *thread)
{
	return ((struct mp_process *)py_current(thread)->argument)->argument;
}

#endif
