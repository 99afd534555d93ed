/*
 * workload.h - what is to be run: one variant of a scenario, checked, names resolved, defaults filled in.
 *
 * Plain data that a test can write by hand. The simulator and the native runner execute the very
 * same workload. Times are whole nanoseconds; a duration of a CPU step is uncontended time on the GIL
 * build of the scenario's Python version on the profile's machine (design, "What a duration means").
 */
#ifndef SIM_SCENARIO_WORKLOAD_H
#define SIM_SCENARIO_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/distribution.h"
#include "sim/base/sim_time.h"
#include "sim/profile/profile.h"

enum duration_kind { DURATION_CONSTANT, DURATION_ITEM, DURATION_DRAWN };

struct duration {
	enum duration_kind kind;
	sim_ns constant_ns;		  /* CONSTANT */
	struct distribution distribution; /* DRAWN; parameters in ns */
};

enum step_kind {
	STEP_PYTHON, /* duration: bytecode, holds the GIL, gives it up on request */
	STEP_C,	     /* duration: C code that holds the GIL throughout */
	STEP_NATIVE, /* duration: C code that releases the GIL */
	STEP_IO,     /* duration: a wait without the GIL; under asyncio an await */
	STEP_BLOCK,  /* duration: a blocking wait even inside a coroutine */
	STEP_REPEAT, /* count, body */
	STEP_LOOP,   /* body, until a break or the end of a daemon */
	STEP_BREAK,
	STEP_WITH,  /* resource, body: acquire, do, release */
	STEP_SPAWN, /* task, count: starts that many threads or processes (model `program`) */
	STEP_JOIN,  /* waits for all that this task has spawned and that are no daemons */
	STEP_STAGE, /* name: marks a stage */
	STEP_KIND_COUNT
};

/* Steps lie in one flat array. A step with a body is followed by it; `end` is one past the body,
 * and one past the step itself where there is none. */
struct step {
	enum step_kind kind;
	uint32_t end;
	struct duration duration;
	int64_t count;	   /* REPEAT, SPAWN */
	uint32_t task;	   /* SPAWN: index into tasks[] */
	uint32_t resource; /* WITH: index into resources[] */
	const char *name;  /* STAGE */
	int line;	   /* of the scenario file, for messages */
};

struct task {
	const char *name;
	uint32_t first, end; /* its steps */
	bool daemon;	     /* need not end */
	uint64_t stream;     /* random_hash_name(name) */
};

enum resource_kind { RESOURCE_LOCK, RESOURCE_KIND_COUNT };

struct resource {
	enum resource_kind kind;
	const char *name;
};

enum model_kind {
	MODEL_SEQUENTIAL,
	MODEL_THREADS,	    /* one thread a task */
	MODEL_THREAD_POOL,  /* concurrent.futures.ThreadPoolExecutor */
	MODEL_PROCESSES,    /* one process a task */
	MODEL_POOL,	    /* multiprocessing.Pool.map */
	MODEL_PROGRAM,	    /* runs the task `main` */
	MODEL_KIND_COUNT
};
extern const char *const model_names[MODEL_KIND_COUNT + 1]; /* "sequential", "threads", ..., NULL */

enum spawn_kind { SPAWN_THREAD, SPAWN_PROCESS };

struct model {
	enum model_kind kind;
	int workers;	   /* THREAD_POOL, POOL; the default for the version and machine is filled in */
	int64_t chunksize; /* POOL; the rule's result is filled in */
	bool warm;	   /* executor made, and its workers started, before the clock starts */
	enum spawn_kind spawn; /* PROGRAM */
};

enum run_kind {
	RUN_COUNT,    /* `count` instances of the task, all released at the start */
	RUN_ITEMS,    /* the same, one for each item */
	RUN_ARRIVALS, /* released one after the other by a generator outside the program */
	RUN_PROGRAM,  /* the task `main` decides */
};

struct run {
	enum run_kind kind;
	uint32_t task; /* also `main` for RUN_PROGRAM */
	int64_t count; /* COUNT, ITEMS; ARRIVALS: 0 or a bound */
	const sim_ns *items_ns;
	struct distribution spacing; /* ARRIVALS: time between two, in ns */
	sim_ns arrivals_for_ns;	     /* ARRIVALS: 0 or the time after which none comes */
};

enum gil_kind { GIL_ON, GIL_OFF, GIL_PER_INTERPRETER };
enum start_method { START_FORK, START_SPAWN, START_FORKSERVER };

struct python {
	int minor;	     /* 12 for "3.12" */
	const char *version; /* "3.12" */
	enum gil_kind gil;
	sim_ns switch_interval_ns;
	enum start_method start;
	/* What importing the program's modules costs a process that starts afresh. */
	sim_ns imports_ns;
	int64_t imports_bytes;
	/* Time of each kind of CPU step on this build, against the GIL build of the same version (1 there). */
	double slowdown_python, slowdown_c, slowdown_native;
	/* The GIL build's nanoseconds for one iteration of the harness's loops: duration / spin = iterations. */
	double spin_python_ns, spin_c_ns, spin_native_ns;
};

struct machine {
	const char *profile;
	int cores;
	int kernel_cpus; /* CPUs by which the kernel scales its slices: the host's when pinned to some of them, else `cores` */
	double quota_cores; /* CPU bandwidth in cores; 0: none */
	sim_ns quota_period_ns;
	struct costs costs; /* of this machine and this variant's interpreter, overrides applied */
	const char *note;   /* what was assumed about the interpreter's costs; may be NULL */
};

struct workload {
	const char *scenario, *file, *variant;
	struct machine machine;
	struct python python;
	struct model model;
	struct run run;
	const struct task *tasks;
	uint32_t task_count;
	const struct step *steps;
	uint32_t step_count;
	const struct resource *resources;
	uint32_t resource_count;
	sim_ns limit_ns; /* SIM_NS_MAX: none */
	double scale;	 /* already applied to every duration (native and validate); 1 otherwise */
	uint64_t seed;
};

/* The entity of a task instance started by the run: its index. Children extend it (random_hash_path). */
static inline uint64_t workload_entity(uint64_t index)
{
	return random_hash_path(0, index);
}

/* The duration of `step` for one execution by an instance: a pure function, the same for simulator and native
 * runner. `item_ns` is the instance's item; `draw` numbers the instance's drawn durations from 0. */
sim_ns workload_duration(const struct workload *workload, const struct step *step, const struct task *task,
			 uint64_t replication, uint64_t entity, uint64_t draw, sim_ns item_ns);

#endif
