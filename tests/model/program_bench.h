/*
 * program_bench.h - a machine and an interpreter for tests that write their own programs against the library's
 * models.
 *
 * Costs are those of the profile `ideal`; a test sets what it is about.
 */
#ifndef TESTS_MODEL_PROGRAM_BENCH_H
#define TESTS_MODEL_PROGRAM_BENCH_H

#include "models/library/mp_process.h"

struct program_bench {
	struct region region;
	struct costs costs;
	struct engine *engine;
	struct machine_model *machine;
	struct py_runtime *runtime;
	struct interpreter *interpreter;
	struct mp_context context;
	program_fn *program;
	bool without_gil; /* a free-threaded build */
	sim_ns end_ns;
	bool finished;
};

/* Python 3.12 with the GIL and the start method fork; fields of `costs` and `context`, and `without_gil`, may be changed before
 * the run. */
void program_bench_init(struct program_bench *bench);
void program_bench_release(struct program_bench *bench);
/* Runs `program` as the main thread of Python 3.`minor` on that many cores until it returns; returns the time that
 * took, or SIM_NS_MAX when nobody could run any more before that. The program's bench is program_bench_of(thread).
 */
sim_ns program_bench_run(struct program_bench *bench, int cores, int minor, program_fn *program);
/* Only in the main thread. */
struct program_bench *program_bench_of(const struct os_thread *thread);

#endif
