/*
 * py_thread.h - Python on an OS thread: bytecode that heeds drop requests, C code that holds the GIL or
 * releases it, and blocking calls around which it is given away.
 *
 * Source      CPython 3.12, Python/ceval_gil.c:_Py_HandlePending(), Modules/_threadmodule.c, Lib/threading.py
 *             (Thread.start, _bootstrap_inner, join); 3.11 and 3.13 where they differ.
 * Modelled    a drop request ends a stretch of bytecode at once (its checks are less than a microsecond apart), a C
 *             call at its end; a new thread takes the GIL before it runs, and its starter waits until it has said
 *             that it runs.
 * Left out    signals, what the bytecode does.
 */
#ifndef MODELS_INTERPRETER_PY_THREAD_H
#define MODELS_INTERPRETER_PY_THREAD_H

#include "models/interpreter/interpreter.h"

/* What a Python thread's time goes to, beside the machine's own. */
enum {
	ACTIVITY_OVERHEAD = ACTIVITY_ABOVE, /* library code around the work */
	ACTIVITY_PYTHON,
	ACTIVITY_C,
	ACTIVITY_NATIVE,
	ACTIVITY_GIL_WAIT,
	ACTIVITY_IO,
	ACTIVITY_LOCK_WAIT,
	ACTIVITY_QUEUE_WAIT,
	ACTIVITY_IPC,
	ACTIVITY_START_UP,
	ACTIVITY_LOOP_WAIT,
	ACTIVITY_COUNT
};
/* Their names in a trace: "python", "gil_wait", ...; those that a result knows are named as there. */
extern const char *const activity_names[ACTIVITY_COUNT];
_Static_assert(ACTIVITY_COUNT <= ACTIVITY_LIMIT, "the machine keeps a sum for each activity");

struct aio_loop;

struct py_thread {
	struct interpreter *interpreter;
	struct os_thread *os;
	program_fn *body; /* what run() does; NULL for a main thread */
	void *argument;	  /* for the body */
	bool started;	  /* threading: _started is set */
	bool finished;	  /* what join() waits for */
	bool joined;	  /* and has left what it kept of its memory; since 3.13 that is its OS thread's stack */
	bool timed_out;	  /* how its last call with a deadline ended; whatever the GIL does leaves it alone */
	struct futex started_waiters, joiners;
	struct aio_loop *event_loop; /* asyncio's running loop; NULL: none */
	uint32_t exception;	     /* on its way through the thread's programs; 0: none */
};

/* Exceptions that the library raises and tells apart; others have higher numbers, which are the layer's above. */
enum py_exception { PY_NO_EXCEPTION, PY_TIMEOUT_ERROR, PY_CANCELLED_ERROR, PY_EXCEPTION_GROUP = 10 };

/* A thread of the interpreter that runs `body` with `argument`; a main thread has the GIL to take first, too. */
struct py_thread *py_thread_new(struct interpreter *interpreter, const char *name, program_fn *body, void *argument);
/* The thread on which a program runs. */
static inline struct py_thread *py_current(const struct os_thread *thread)
{
	return thread->owner;
}
static inline const struct py_runtime *py_runtime_of(const struct os_thread *thread)
{
	return py_current(thread)->interpreter->runtime;
}
/* The exception in flight on this thread; a program looks after each AWAIT of what may raise, tidies up, and ends. */
static inline uint32_t py_exception(const struct os_thread *thread)
{
	return py_current(thread)->exception;
}
static inline void py_raise(const struct os_thread *thread, uint32_t exception)
{
	py_current(thread)->exception = exception;
}
/* except: the exception is over; which it was. */
static inline uint32_t py_catch(const struct os_thread *thread)
{
	uint32_t exception = py_current(thread)->exception;

	py_current(thread)->exception = PY_NO_EXCEPTION;
	return exception;
}
/* Whether it is so in this version of Python. */
static inline bool py_has(const struct os_thread *thread, enum python_difference difference)
{
	return python_has(py_runtime_of(thread)->minor, difference);
}
/* A cost of the profile. */
static inline sim_ns py_cost(const struct os_thread *thread, enum cost cost)
{
	return py_runtime_of(thread)->cost_ns[cost];
}

/* For AWAIT. The thread holds the GIL before and after each (where there is one). */

/* threading.Thread.start(), and join(). */
enum progress py_thread_start(struct os_thread *thread, struct py_thread *child);
enum progress py_thread_join(struct os_thread *thread, struct py_thread *other);
enum progress py_thread_join_until(struct os_thread *thread, struct py_thread *other, sim_ns deadline_ns);

/* Bytecode: gives the GIL away when asked to. */
enum progress py_bytecode(struct os_thread *thread, uint8_t activity, sim_ns work_ns);
/* The same, of a library around the work; slower while caches are cold. */
static inline enum progress py_overhead(struct os_thread *thread, sim_ns work_ns)
{
	if (thread->cold_ns > 0)
		work_ns += cold_charge(thread, work_ns);
	return py_bytecode(thread, thread->activity, work_ns);
}
/* The same of what is cold whenever it is executed, and is measured so: starting an interpreter, ending a process. */
static inline enum progress py_cold_overhead(struct os_thread *thread, sim_ns work_ns)
{
	return py_bytecode(thread, thread->activity, work_ns);
}
/* One C call that holds the GIL to its end. */
enum progress py_c_call(struct os_thread *thread, sim_ns work_ns);
/* One C call that releases the GIL while it works. */
enum progress py_native_call(struct os_thread *thread, sim_ns work_ns);
/* time.sleep() or another blocking wait of that length. */
enum progress py_sleep(struct os_thread *thread, sim_ns duration_ns);

/* Py_BEGIN_ALLOW_THREADS and Py_END_ALLOW_THREADS. */
enum progress py_release_gil(struct os_thread *thread);
enum progress py_take_gil(struct os_thread *thread);
/* The garbage collection that is due in a build without a GIL, if one is. */
enum progress py_collect(struct os_thread *thread);
/* PyThreadState_Swap(): lets the GIL of the thread's interpreter go and goes on in another one of the same process, with
 * its GIL. */
enum progress py_enter_interpreter(struct os_thread *thread, struct interpreter *interpreter);
/* Without the GIL, waits on `futex` until `*until` holds or the deadline has passed (SIM_NS_MAX: none); whoever
 * makes it hold wakes the futex. py_thread.timed_out tells which. */
enum progress py_wait_until(struct os_thread *thread, const bool *until, struct futex *futex, uint8_t activity,
			    sim_ns deadline_ns);

#endif
