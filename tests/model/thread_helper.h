/*
 * thread_helper.h - Python threads that run programs written for one test, to try the library's classes on their
 * own.
 *
 * A bench is one interpreter on one machine where nothing costs anything, so that times are those of the programs'
 * sleeps. The programs note what happens when; a test compares the notes.
 */
#ifndef TESTS_MODEL_THREAD_HELPER_H
#define TESTS_MODEL_THREAD_HELPER_H

#include "models/interpreter/py_thread.h"
#include "sim/base/region.h"

#define THREAD_BENCH_THREADS 8

struct thread_bench {
	struct region region;
	struct costs costs;
	struct engine *engine;
	struct machine_model *machine;
	struct interpreter *interpreter;
	struct py_thread *threads[THREAD_BENCH_THREADS];
	int thread_count;
	char *notes; /* "TIME_MS:NAME WHAT\n" each */
	bool ended;  /* all threads */
};

/* Python 3.`minor` with a GIL, four cores. */
void thread_bench_init(struct thread_bench *bench, int minor);
void thread_bench_release(struct thread_bench *bench);
/* A thread that will execute `body`, whose argument is the bench; they start in this order, all at 0. */
void thread_bench_add(struct thread_bench *bench, const char *name, program_fn *body);
/* Runs until nothing happens any more; bench->ended tells whether all threads came to their end. */
void thread_bench_run(struct thread_bench *bench);
/* For the programs: notes an event of this thread, now, to the tenth of a millisecond. */
void thread_bench_note(const struct os_thread *thread, const char *what);
/* The time so far plus `ms` milliseconds, for deadlines. */
sim_ns thread_bench_in_ms(const struct os_thread *thread, int ms);

#endif
