/*
 * python_version.h - what differs between versions of CPython beside what things cost: one table, one row a
 * difference.
 *
 * Models ask by what they model, so that no version's number stands in them. What a version's things cost is in the
 * machine profile, with where that is known from.
 *
 * Source      CPython's source of 3.8 to 3.14 (Lib, Modules, Python), as each model's head comment names it. 3.14
 *             was read, not run: there was no such interpreter to measure.
 */
#ifndef SIM_PROFILE_PYTHON_VERSION_H
#define SIM_PROFILE_PYTHON_VERSION_H

#include <stdbool.h>

#define PYTHON_FIRST_MINOR 8
#define PYTHON_LAST_MINOR 14

/* D(NAME, since 3.which, what is so since then). */
/* clang-format off */
#define PYTHON_DIFFERENCES(D) \
	/* Threads and locks */ \
	D(SLEEPS_BY_CLOCK,     11, "time.sleep() is clock_nanosleep(); before: select(), whose slack grows, and sleep(0) returns at once") \
	D(SIMPLE_QUEUE_PARKS,  13, "SimpleQueue.put() hands the item to who has waited for longest; before: to whoever gets its lock") \
	D(LOCK_IS_MUTEX,       14, "Lock parks its waiters in order, an old one is handed it; before, up to 3.13.0: a semaphore") \
	D(RLOCK_IS_MUTEX,      14, "so does RLock; before: a semaphore") \
	D(JOINS_OS_THREAD,     13, "join() waits for the OS thread; before: for a lock that the thread's state holds") \
	/* Executors and processes */ \
	D(COUNTS_USABLE_CPUS,  13, "default sizes by os.process_cpu_count(), the CPUs of the affinity; before: all CPUs") \
	D(PERMIT_WHEN_EMPTY,   12, "a thread pool's worker leaves an idle permit on an empty queue; before: after each task") \
	D(PROCESSES_ON_DEMAND,  9, "a process pool that does not fork starts a worker a submit(); before: all at once") \
	D(SPAWNS_BY_VFORK,     10, "programs start by vfork() and exec(); before: fork() and exec()") \
	D(STARTS_BY_FORKSERVER,14, "multiprocessing starts processes by a fork server on Linux; before: by fork()") \
	D(SERVER_IMPORTS_MAIN, 14, "the fork server imports the main module, once; before: every child does") \
	/* Interpreters */ \
	D(OWN_GILS,            12, "each interpreter may have a GIL of its own (PEP 684)") \
	D(FREE_THREADING,      13, "there are builds without a GIL (PEP 703)") \
	D(INTERPRETER_POOL,    14, "concurrent.futures.InterpreterPoolExecutor (PEP 734)") \
	/* asyncio */ \
	D(FAIR_SEMAPHORE,      10, "asyncio.Semaphore: first come, first served") \
	D(TIMEOUT_BLOCK,       11, "asyncio.timeout() and TaskGroup") \
	D(AIO_BARRIER,         11, "asyncio.Barrier") \
	D(WAITS_IN_PLACE,      12, "wait_for() awaits in place, under a timeout; before: in a task of its own, three turns more") \
	D(EAGER_TASKS,         12, "eager_task_factory; gather() counts at once what is done already") \
	D(AIO_CONDITION_TELLS, 13, "asyncio.Condition.wait() that fails notifies another waiter; before: nobody")
/* clang-format on */

enum python_difference {
#define PYTHON_DIFFERENCE_NAME(name, since, what) PYTHON_##name,
	PYTHON_DIFFERENCES(PYTHON_DIFFERENCE_NAME)
#undef PYTHON_DIFFERENCE_NAME
};

/* The first version 3.x of which it is so. */
static inline int python_since(enum python_difference difference)
{
	static const int since[] = {
#define PYTHON_DIFFERENCE_SINCE(name, first, what) first,
		PYTHON_DIFFERENCES(PYTHON_DIFFERENCE_SINCE)
#undef PYTHON_DIFFERENCE_SINCE
	};

	return since[difference];
}

/* Whether it is so in Python 3.`minor`. */
static inline bool python_has(int minor, enum python_difference difference)
{
	return minor >= python_since(difference);
}

#endif
