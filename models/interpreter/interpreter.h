/*
 * interpreter.h - a Python interpreter in an OS process: its version, its costs, its GIL or none.
 *
 * Measured    library code that a fresh interpreter executes for the first time takes several times as long as in a loop, where
 *             costs are measured: the first Thread.start() and join() 430 us and later ones 115, a first ThreadPoolExecutor
 *             of one task 800 and 740 us (330, 240), asyncio.run() 980 and 720 us (310, 195), the first Queue.put() 20 us (2)
 *             (3.11, 3.13). Pages of the interpreter and its libraries have to be mapped, bytecode to be specialised, types'
 *             methods to be looked up, and nothing is in any cache.
 * Modelled    each cost of a library is more by the factor cold.first when an interpreter pays it for the first time. What a forked
 *             child does first has costs of its own (pyprocess.first_task, ...).
 */
#ifndef MODELS_INTERPRETER_INTERPRETER_H
#define MODELS_INTERPRETER_INTERPRETER_H

#include "models/interpreter/gc.h"
#include "models/interpreter/gil.h"
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
	double first;		    /* what code takes on top, in proportion, the first time; see cost_set */
	struct interpreter *interpreters; /* all there were, newest first */
};

/* A bit for each cost. */
struct cost_set {
	uint64_t words[(COST_COUNT + 63) / 64];
};
static inline bool cost_set_has(const struct cost_set *set, enum cost cost)
{
	return set->words[cost / 64] >> cost % 64 & 1;
}

/* What a process does at some occasion: inside AWAIT. */
struct py_hook {
	enum progress (*run)(struct os_thread *thread, void *argument);
	void *argument;
	struct py_hook *next;
};

struct interpreter {
	struct py_runtime *runtime;
	struct os_process *process;
	struct gil *gil; /* NULL: a free-threaded build */
	/* Newest first: before it ends (multiprocessing.util.Finalize), and what its forked children begin with
	 * (register_after_fork()), which they inherit. */
	struct py_hook *finalizers, *after_fork;
	struct garbage_collector gc;
	struct cost_set unexecuted; /* library code that it has not executed yet */
	bool shares_pages; /* forked, and has run nothing yet: it has to copy what it writes to */
	struct interpreter *next;
};

struct py_runtime *py_runtime_new(struct machine_model *machine, int minor, bool has_gil, sim_ns switch_interval_ns);
/* The interpreter of a process: the first one's, or a forked child's with a GIL of its own. */
struct interpreter *interpreter_new(struct py_runtime *runtime, struct os_process *process);
/* A further interpreter in the process of another, with a GIL of its own (PEP 684, since 3.12). */
struct interpreter *interpreter_new_sub(struct interpreter *main);
/* What a cost is now that it is charged for the first time. */
sim_ns interpreter_first_cost(struct interpreter *interpreter, enum cost cost);

#endif
