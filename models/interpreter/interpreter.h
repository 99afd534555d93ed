/*
 * interpreter.h - a Python interpreter in an OS process: its version, its costs, its GIL or none.
 */
#ifndef MODELS_INTERPRETER_INTERPRETER_H
#define MODELS_INTERPRETER_INTERPRETER_H

#include "models/interpreter/gc.h"
#include "models/interpreter/gil.h"
#include "models/interpreter/world.h"
#include "models/machine/os_process.h"
#include "sim/profile/python_version.h"

/* What all interpreters of one run have in common. */
struct py_runtime {
	struct machine_model *machine;
	int minor; /* 12 for Python 3.12 */
	bool has_gil;
	bool has_uvloop; /* asyncio runs on uvloop */
	sim_ns switch_interval_ns;
	sim_ns cost_ns[COST_COUNT]; /* of the profile, in whole nanoseconds */
	struct interpreter *interpreters; /* all there were, newest first */
};

/* What a process does at some occasion: inside AWAIT. */
struct py_hook {
	enum progress (*run)(struct os_thread *thread, void *argument);
	void *argument;
	struct py_hook *next;
};

/* What a forked child executes for the first time: it has to copy the pages that it writes to, if only by counting references. */
enum first_time { FIRST_TASK = 1, FIRST_LOOP = 2 };

struct interpreter {
	struct py_runtime *runtime;
	struct os_process *process;
	struct gil *gil;    /* NULL: a free-threaded build */
	struct world world; /* of such a build */
	/* Newest first: before it ends (multiprocessing.util.Finalize), and what its forked children begin with
	 * (register_after_fork()), which they inherit. */
	struct py_hook *finalizers, *after_fork;
	struct garbage_collector gc;
	unsigned first_times; /* a set of enum first_time: forked, and has not executed that yet */
	struct interpreter *next;
};

struct py_runtime *py_runtime_new(struct machine_model *machine, int minor, bool has_gil, sim_ns switch_interval_ns);
/* The interpreter of a process: the first one's, or a forked child's with a GIL of its own. */
struct interpreter *interpreter_new(struct py_runtime *runtime, struct os_process *process);
/* A further interpreter in the process of another, with a GIL of its own (PEP 684, since 3.12). */
struct interpreter *interpreter_new_sub(struct interpreter *main);
/* Whether it shares pages of any of these so far; from now on of none. */
bool interpreter_first_time(struct interpreter *interpreter, unsigned what);

#endif
