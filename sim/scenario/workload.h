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

/* ---- Integers: counts, conditions, arguments, items ---- */

/* Variables are 64-bit integers; a word such as `stop` that no variable has for its name is a symbol: an integer
 * that equals only itself. An expression is postfix code; workload_value() evaluates it. */
enum operator_kind {
	OPERATOR_CONSTANT, /* operand: pushed */
	OPERATOR_VARIABLE, /* operand: slot of the activation's variables */
	OPERATOR_NEGATE,
	OPERATOR_NOT,
	OPERATOR_ADD,
	OPERATOR_SUBTRACT,
	OPERATOR_MULTIPLY,
	OPERATOR_DIVIDE, /* `//` and `%` round as Python does */
	OPERATOR_REMAINDER,
	OPERATOR_EQUAL,
	OPERATOR_NOT_EQUAL,
	OPERATOR_LESS,
	OPERATOR_LESS_EQUAL,
	OPERATOR_GREATER,
	OPERATOR_GREATER_EQUAL,
	OPERATOR_AND, /* stands between its operands: when the left one is false, it is 0, and the next `operand` operations are skipped */
	OPERATOR_OR,  /* likewise: 1 when the left one is true */
	OPERATOR_TRUTH, /* 0 or 1; ends the right operand of AND and OR */
};

struct operation {
	enum operator_kind kind;
	int64_t operand;
};

struct expression {
	uint32_t first, count; /* into workload.operations */
};

#define EXPRESSION_STACK_LIMIT 64 /* operands at a time; the parser refuses deeper ones */

/* An integer: `constant`, unless `expression` is not 0 (workload.expressions[0] is none). */
struct value {
	int64_t constant;
	uint32_t expression;
};

/* ---- Exceptions ---- */

/* What a step may raise. It unwinds to the nearest `except` that takes it; one that leaves a task decides the task's
 * outcome: TIMEOUT timed out, CANCELLED cancelled, REJECTED rejected, any other failed. */
enum exception_kind {
	EXCEPTION_NONE,
	EXCEPTION_TIMEOUT,   /* TimeoutError: acquire, wait, await, timeout, result() */
	EXCEPTION_CANCELLED, /* CancelledError; a plain `except` does not catch it (BaseException), `except: {cancelled: ...}` does */
	EXCEPTION_REJECTED,  /* raised by the scenario only: a request turned away */
	EXCEPTION_FULL,	     /* queue.Full */
	EXCEPTION_EMPTY,     /* queue.Empty */
	EXCEPTION_BROKEN,    /* BrokenBarrierError, BrokenPipeError, BrokenProcessPool */
	EXCEPTION_RUNTIME,   /* RuntimeError, ValueError: a lock or bounded semaphore released too often, RLock of another thread */
	EXCEPTION_RECURSION, /* RecursionError: calls CALL_DEPTH_LIMIT deep */
	EXCEPTION_ARITHMETIC, /* ZeroDivisionError, or a value beyond 64 bits */
	EXCEPTION_GROUP,     /* ExceptionGroup that leaves a TaskGroup */
	EXCEPTION_NAMED,     /* the first of the scenario's own: workload.exceptions[kind - EXCEPTION_NAMED] */
};
#define CALL_DEPTH_LIMIT 1000

/* ---- Steps ---- */

/*
 * Code runs either as a function (in a thread) or as a coroutine; whoever starts a task decides. "Awaits" below
 * is `await` in a coroutine; in a function it blocks the thread. A handle is what a start step returns (Thread,
 * Process, Task, Future); it goes into a group of the activation: `as: NAME`, else group 0. `all` names every group.
 * Fields of struct step that a kind uses are named behind it.
 */
enum step_kind {
	/* -- basic: models/simulate/steps_basic.c -- */
	STEP_PYTHON,   /* duration: bytecode, holds the GIL, gives it up on request */
	STEP_C,	       /* duration: C code that holds the GIL throughout */
	STEP_NATIVE,   /* duration: C code that releases the GIL */
	STEP_IO,       /* duration, io_via: a wait without the GIL: time.sleep() or recv() from a socket; in a coroutine await asyncio.sleep() or reader.read() */
	STEP_BLOCK,    /* duration: time.sleep(), even inside a coroutine, whose loop stands still */
	STEP_ALLOCATE, /* bytes: bytearray(bytes) written once a page, kept until the task ends */
	STEP_REPEAT,   /* count, variable (the round, from 0), body: for v in range(count) */
	STEP_LOOP,     /* body, until a break or the end of a daemon: while True */
	STEP_WHILE,    /* value, body */
	STEP_BREAK,    /* leaves the innermost repeat, loop, while, iterate or as_completed */
	STEP_IF,       /* value or chance; body: a STEP_BODY for then, and one for else if there is one */
	STEP_BODY,     /* body: one arm of IF, the first part of TRY */
	STEP_LET,      /* variable = value */
	STEP_CALL,     /* start->task, arguments: runs that task's steps here, as f(...) or await f(...): another activation (variables, groups), the same instance (entity, draws, item); variable = its return */
	STEP_RETURN,   /* value: ends the activation; as the task's own, that is its result */
	STEP_TRY,      /* body: a STEP_BODY, then STEP_EXCEPTs, then at most one STEP_FINALLY */
	STEP_EXCEPT,   /* exception (NONE: any but cancelled), body: the first that takes it, in order */
	STEP_FINALLY,  /* body: run however the others ended, break and return included; then that goes on */
	STEP_RAISE,    /* exception; NONE: the one being handled */
	STEP_RETRY,    /* retry, exception (NONE: any but cancelled), body: at most retry.times times in all; before the k-th repetition (from 0) sleeps backoff * factor^k, at most limit, +- jitter drawn evenly; the last failure propagates; counts a retry */
	STEP_SPAWN,    /* start, group: Thread(target) or Process(target).start() (model.spawn; COROUTINE: create_task) */
	STEP_JOIN,     /* group, timeout: .join(timeout) of each thread or process of the group in order of starting, daemons apart: one that has not ended then can be joined again; tasks are awaited, which raises TIMEOUT */
	STEP_STAGE,    /* name: marks a stage */
	STEP_RUN,      /* start (task, count or items), model: a whole run inside this program, as variants do it: creates the executor or loop, runs all, shuts it down */
	STEP_WITH,     /* resource, timeout (NONE: for ever), body: acquire, do, release also when it raises; on an executor: creates it, body, shutdown(wait=True); in a coroutine `async with` */

	/* -- threading and queue, and their asyncio and multiprocessing namesakes: steps_threading.c (functions), steps_asyncio.c
	 *    (coroutines), steps_process.c (resource.scope PROCESSES) -- */
	STEP_ACQUIRE,	/* resource, timeout: raises TIMEOUT; timeout 0: blocking=False */
	STEP_RELEASE,	/* resource, count (semaphores: release(n)) */
	STEP_WAIT,	/* resource, timeout: event.wait(); condition.wait() (must hold it); barrier.wait(). Raises TIMEOUT (event, condition), BROKEN (barrier) */
	STEP_SET,	/* resource: event.set() */
	STEP_CLEAR,	/* resource: event.clear() */
	STEP_NOTIFY,	/* resource, count (0: notify_all()): condition.notify(count) */
	STEP_PUT,	/* resource, value (the item), priority, bytes (payload when pickled), timeout (0: put_nowait): raises FULL */
	STEP_GET,	/* resource, variable, timeout: raises EMPTY */
	STEP_TASK_DONE, /* resource: queue.task_done() */
	STEP_JOIN_QUEUE, /* resource: queue.join() */
	STEP_READ,	/* resource (variable, array, manager), index, variable: local = shared */
	STEP_WRITE,	/* resource, index, value: shared = value; lost if another wrote between this task's last read of it and this write */
	STEP_REQUEST,	/* resource (service), timeout: a free slot of the server outside, first come first served, then its time; raises TIMEOUT */

	/* -- asyncio: steps_asyncio.c; coroutines only, unless said otherwise -- */
	STEP_CREATE_TASK, /* start, group: asyncio.create_task(f(*args)) count times */
	STEP_GATHER, /* start, variable: await asyncio.gather(*(f(*args) for _ in range(count)), return_exceptions=...); the first exception propagates at once, the others run on */
	STEP_AWAIT, /* group, timeout, variable (last result): awaits each handle of the group in order of starting; with a timeout each through asyncio.wait_for(), which cancels it. In a function: future.result(timeout), which does not. An exception of the awaited propagates */
	STEP_WAIT_HANDLES, /* group, return_when, timeout: asyncio.wait(), in a function concurrent.futures.wait(); raises nothing */
	STEP_AS_COMPLETED, /* group, timeout, variable (result), body: for future in as_completed(group): body; also in functions; the exception of a future propagates */
	STEP_TIMEOUT, /* timeout, body: async with asyncio.timeout(); before 3.11 await wait_for(body()); raises TIMEOUT */
	STEP_CANCEL, /* group: .cancel() of each handle that is not done; in a function future.cancel(), which a running one ignores */
	STEP_SHIELD, /* group: await asyncio.shield(handle) of each in order: cancelled, the awaiting ends, the handle runs on */
	STEP_TASK_GROUP, /* body: async with asyncio.TaskGroup(): create_task inside belongs to it; a failure cancels the rest, raises GROUP */
	STEP_YIELD, /* value: of a task that STEP_ITERATE runs; hands the value over, goes on when asked for the next */
	STEP_ITERATE, /* start, variable, body: async for v in f(*args): body (in a function: for v in f(*args)): runs here, no task of its own */

	/* -- executors, processes: steps_process.c (threads' executors too) -- */
	STEP_SUBMIT, /* start, resource (an executor or a limiter; NONE: the loop's default executor, run_in_executor(None)), group: executor.submit(f, *args) count times; from a coroutine loop.run_in_executor(); to a limiter: anyio.to_thread.run_sync() */
	STEP_SEND, /* resource (pipe), bytes, value: connection.send() of that pickled size */
	STEP_RECV, /* resource (pipe), variable, timeout (poll()): raises EMPTY */
	STEP_KIND_COUNT
};
extern const char *const step_names[STEP_KIND_COUNT]; /* as the scenario writes them: "create_task", ... */

#define INDEX_NONE UINT32_MAX
#define TIMEOUT_NONE (-1)
#define GROUP_ALL INDEX_NONE

enum io_via { IO_SLEEP, IO_SOCKET };
enum return_when { RETURN_FIRST, RETURN_ALL, RETURN_EXCEPTION };

/* What a start step starts. */
struct start {
	uint32_t task;
	struct value count;		    /* the constant 1 by default; item_count when there are items */
	uint32_t first_argument, argument_count; /* into workload.arguments: evaluated once for each instance, with `index` (the
						  * instance's number of this step, from 0) as its value if the scenario names it */
	uint32_t index_variable; /* slot that holds `index` while arguments are evaluated; INDEX_NONE: not named */
	const sim_ns *items_ns; /* one instance for each; NULL: none */
	uint32_t item_count;
	bool return_exceptions; /* GATHER */
	bool daemon;		/* SPAWN: need not end; also when the task is one */
	int64_t bytes;		/* SUBMIT, RUN: pickled size of the arguments where they are pickled; 0: an integer */
	int64_t objects;	/* of how many objects they are */
	int64_t result_bytes, result_objects; /* of the result */
};

struct retry {
	int64_t times;
	struct duration backoff; /* before the first repetition */
	double factor;		 /* 2: exponential; 1: always the same */
	sim_ns limit_ns;	 /* of one sleep */
	double jitter;		 /* 0.2: +- 20 % */
};

/* Steps lie in one flat array. A step with a body is followed by it; `end` is one past the body,
 * and one past the step itself where there is none. */
struct step {
	enum step_kind kind;
	uint32_t end;
	int line; /* of the scenario file, for messages */
	struct duration duration;
	uint32_t resource;	 /* index into resources[], or INDEX_NONE */
	uint32_t group;		 /* of handles: 0 unnamed, GROUP_ALL */
	uint32_t variable;	 /* slot that receives the value, or INDEX_NONE */
	uint32_t exception;	 /* EXCEPT, RAISE, RETRY: an exception_kind */
	struct value value;	 /* condition, item, result */
	struct value count;	 /* REPEAT, RELEASE, NOTIFY */
	struct value extra;	 /* PUT: priority; READ, WRITE: index into an array */
	double chance;		 /* IF: probability; negative: `value` decides. Drawn as durations are (workload_chance) */
	sim_ns timeout_ns;	 /* TIMEOUT_NONE: none */
	int64_t bytes;		 /* ALLOCATE; PUT, SEND: pickled payload, 0: an integer's */
	int64_t objects;	 /* PUT, SEND: of how many objects the payload is */
	enum return_when return_when;
	enum io_via io_via;
	const struct start *start; /* NULL: starts nothing */
	const struct retry *retry; /* RETRY */
	const struct model *model; /* RUN */
	const char *name;	   /* STAGE */
};

/* How instances of a task come about in this variant; a task may have several. */
#define TASK_AS_FUNCTION 1u	/* in a thread */
#define TASK_AS_COROUTINE 2u	/* in an event loop */
#define TASK_IN_MAIN 4u		/* in the main process */
#define TASK_IN_PROCESSES 8u	/* in processes that the program starts */

struct task {
	const char *name;
	uint32_t first, end; /* its steps */
	bool daemon;	     /* need not end */
	uint64_t stream;     /* random_hash_name(name) */
	uint32_t parameter_count; /* the first variables; arguments fill them, 0 those that are missing */
	uint32_t variable_count;  /* of an activation; all 0 at its start */
	uint32_t group_count;	  /* of handles, the unnamed one included */
	unsigned ways;		  /* TASK_*: in this variant; 0: never started */
};

/* ---- Resources ---- */

/* The class behind it depends on `scope`: threading and queue, asyncio, or multiprocessing. */
enum resource_kind {
	RESOURCE_LOCK,
	RESOURCE_RLOCK,		    /* not in coroutines */
	RESOURCE_CONDITION,	    /* with its own lock (threading: an RLock) */
	RESOURCE_SEMAPHORE,	    /* size: value */
	RESOURCE_BOUNDED_SEMAPHORE, /* size: value */
	RESOURCE_EVENT,
	RESOURCE_BARRIER,	 /* size: parties */
	RESOURCE_QUEUE,		 /* size: 0 unbounded; across processes multiprocessing.Queue, or JoinableQueue */
	RESOURCE_LIFO_QUEUE,	 /* size; not across processes */
	RESOURCE_PRIORITY_QUEUE, /* size; not across processes; smallest priority first, among equals the first put */
	RESOURCE_SIMPLE_QUEUE,	 /* queue.SimpleQueue, multiprocessing.SimpleQueue; not in coroutines */
	RESOURCE_PIPE,		 /* multiprocessing.Pipe(duplex=False): send on one end, recv on the other */
	RESOURCE_VARIABLE,	 /* initial; across processes multiprocessing.Value(lock=False) */
	RESOURCE_ARRAY,		 /* size elements; across processes multiprocessing.Array(lock=False) */
	RESOURCE_MANAGER,	 /* a variable (or, with a size, list) in a multiprocessing.Manager: each read and write is a round trip */
	RESOURCE_SHARED_MEMORY,	 /* bytes: multiprocessing.shared_memory; read and write as an array of 8-byte words */
	RESOURCE_SERVICE,	 /* size: slots (0: any number); time: a server outside, that takes no local core */
	RESOURCE_LISTENER,	 /* size: backlog of a listening socket */
	RESOURCE_LIMITER,	 /* size: tokens of anyio.CapacityLimiter; with and submit */
	RESOURCE_THREAD_POOL,	 /* model: executors that submit names; created by `with`, else at the first submit */
	RESOURCE_PROCESS_POOL,
	RESOURCE_INTERPRETER_POOL,
	RESOURCE_POOL, /* multiprocessing.Pool: submit is apply_async() */
	RESOURCE_KIND_COUNT
};
extern const char *const resource_names[RESOURCE_KIND_COUNT + 1]; /* "lock", "rlock", ..., NULL */

enum resource_scope {
	SCOPE_THREADS,	  /* shared by threads of one process */
	SCOPE_COROUTINES, /* shared by coroutines of one loop */
	SCOPE_PROCESSES,  /* shared by processes */
};

struct resource {
	enum resource_kind kind;
	const char *name;
	int64_t size;
	int64_t initial;	/* VARIABLE, ARRAY, MANAGER */
	int64_t bytes;		/* SHARED_MEMORY; MANAGER: pickled size of its value */
	struct duration time;	/* SERVICE: of one request */
	const struct model *model; /* executors: workers and so on, defaults filled in */
	bool joinable;		/* QUEUE: some step asks for what is done of it; across processes a JoinableQueue */
	bool per_process;	/* each process has its own: made after the fork; else one for the program */
	enum resource_scope scope; /* in this variant */
};

/* ---- Models ---- */

enum model_kind {
	MODEL_SEQUENTIAL,
	MODEL_THREADS,		/* one thread a task */
	MODEL_THREAD_POOL,	/* concurrent.futures.ThreadPoolExecutor */
	MODEL_PROCESSES,	/* one process a task; with `each`, workers processes that share the tasks out evenly, each running its own by that model */
	MODEL_POOL,		/* multiprocessing.Pool */
	MODEL_PROCESS_POOL,	/* concurrent.futures.ProcessPoolExecutor */
	MODEL_INTERPRETER_POOL, /* concurrent.futures.InterpreterPoolExecutor */
	MODEL_ASYNCIO,		/* asyncio.run(main()): one gather() of all, or a task for each arrival */
	MODEL_PROGRAM,		/* runs the task `main` */
	MODEL_SERVER,		/* worker processes that accept from a listening socket, each serving by the model `each` */
	MODEL_KIND_COUNT
};
extern const char *const model_names[MODEL_KIND_COUNT + 1]; /* "sequential", "threads", ..., NULL */

enum spawn_kind { SPAWN_THREAD, SPAWN_PROCESS, SPAWN_COROUTINE };
extern const char *const spawn_names[]; /* "thread", "process", "coroutine", NULL */
enum map_kind { MAP_MAP, MAP_IMAP, MAP_IMAP_UNORDERED, MAP_APPLY_ASYNC };

struct model {
	enum model_kind kind;
	int workers;	   /* THREAD_POOL, POOL, PROCESS_POOL, INTERPRETER_POOL, SERVER, PROCESSES with each; the default for version and machine is filled in */
	int64_t chunksize; /* POOL, PROCESS_POOL; 0: the library's rule, for runs inside a program; for the variant's own run it is filled in (model_chunk_items()) */
	bool warm;	   /* executor made, and its workers started, before the clock starts */
	enum spawn_kind spawn;	     /* PROGRAM: what `spawn` starts; COROUTINE: main is one */
	enum map_kind map;	     /* POOL */
	int64_t max_tasks_per_child; /* POOL, PROCESS_POOL, SERVER (requests, then recycled); 0: no limit */
	enum return_when return_when; /* executors, ASYNCIO: with FIRST or EXCEPTION the run ends then, and what has not begun is cancelled (asyncio: all the rest) */
	sim_ns timeout_ns; /* TIMEOUT_NONE; ASYNCIO: wait_for() around each task; SERVER: a worker that gives no sign of life for longer is killed and replaced (a blocking one gives it between requests, others from their main thread or loop) */
	bool return_exceptions; /* ASYNCIO: of the gather */
	bool eager;	   /* ASYNCIO: asyncio.eager_task_factory (3.12 and later) */
	int64_t queue_limit; /* arrivals: those that find so many waiting are rejected; 0: none */
	int64_t prefetch;  /* SERVER: 0: accept when free; else a worker takes that many requests ahead of the one that it serves (Celery's prefetch) */
	bool reuse_port;   /* SERVER: a socket for each worker, chosen by hash; else one that all accept from */
	int64_t backlog;   /* SERVER: of the listening socket; 0 before it is filled in */
	const struct model *each; /* PROCESSES, SERVER: what runs inside; NULL: sequential */
};

/* ---- Runs ---- */

enum run_kind {
	RUN_COUNT,    /* `count` instances of the task, all released at the start */
	RUN_ITEMS,    /* the same, one for each item */
	RUN_ARRIVALS, /* released one after the other by a generator outside the program */
	RUN_USERS,    /* `users` clients outside: each releases an instance, waits for its end, thinks, and so on, until `count` are released in all or `for_ns` have passed */
	RUN_PROGRAM,  /* the task `main` decides */
};

struct run {
	enum run_kind kind;
	uint32_t task; /* also `main` for RUN_PROGRAM */
	int64_t count; /* COUNT, ITEMS; ARRIVALS, USERS: 0 or a bound */
	const sim_ns *items_ns;
	const double *slowness; /* COUNT, ITEMS: what each instance's steps take of a core against their mean, where that was
				 * measured; NULL: all the same */
	struct distribution spacing; /* ARRIVALS: time between two bursts, in ns; with `rates`, of a clock that runs a
				      * second while one arrival is due */
	const struct rate_point *rates; /* ARRIVALS: the rate over time, straight between points; the first is at 0 */
	uint32_t rate_count;		/* 0: `spacing` is all there is to it */
	sim_ns rates_every_ns;		/* when the rates begin anew; 0: the last one stays */
	int64_t burst;			/* ARRIVALS: so many come at a time; 0: one */
	const struct logged_arrival *log; /* ARRIVALS: replayed instead, in order of time; NULL: drawn */
	size_t log_count;
	sim_ns arrivals_for_ns;	     /* ARRIVALS, USERS: 0 or the time after which none comes */
	int64_t users;		     /* USERS */
	struct duration think;	     /* USERS: stream "think", entity: the user, draw: the request */
	bool from_inside;	     /* ARRIVALS: a thread (or coroutine) of the program itself generates them */
	int64_t bytes, result_bytes; /* COUNT, ITEMS: pickled sizes of each task's arguments and result, where a pool of processes
				      * pickles them; 0: an integer's */
	const struct task_share *mix; /* instances of several tasks, drawn by their share; NULL: all of `task` */
	uint32_t mix_count;
	sim_ns warm_up_ns; /* ARRIVALS, USERS: tasks released earlier are in no figure of time; 0: none;
			    * WARM_UP_MSER: as many as MSER-5 finds */
};
#define WARM_UP_MSER (-1)

struct rate_point {
	sim_ns at_ns;
	double per_s;
};

struct logged_arrival {
	sim_ns at_ns;
	uint32_t task;
};

struct task_share {
	uint32_t task;
	double cumulative; /* of this share and those before; the last is 1 */
};

enum loop_kind { LOOP_ASYNCIO, LOOP_UVLOOP };
enum gil_kind { GIL_ON, GIL_OFF, GIL_PER_INTERPRETER };
enum start_method { START_FORK, START_SPAWN, START_FORKSERVER };
extern const char *const start_names[]; /* "fork", "spawn", "forkserver", NULL */

struct python {
	int minor;	     /* 12 for "3.12" */
	const char *version; /* "3.12" */
	enum gil_kind gil;
	sim_ns switch_interval_ns;
	enum start_method start;
	enum loop_kind loop; /* that asyncio runs on; what uvloop costs is in machine.costs already */
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
	int background; /* other processes that always want a core */
	int64_t memory_bytes; /* RAM; 0: enough */
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
	const struct expression *expressions; /* [0] is none */
	const struct operation *operations;
	const struct value *arguments;	      /* of all start and call steps */
	const char *const *exceptions;	      /* names of the scenario's own */
	uint32_t exception_count;
	sim_ns limit_ns; /* SIM_NS_MAX: none */
	double scale;	 /* already applied to every duration (native and validate); 1 otherwise */
	uint64_t seed;
};

/* The entity of a task instance started by the run: its index. Children extend it (random_hash_path). */
static inline uint64_t workload_entity(uint64_t index)
{
	return random_hash_path(0, index);
}

/* The task of the run's instance of that number. */
uint32_t workload_run_task(const struct workload *workload, uint64_t replication, uint64_t index);

/* The arrivals of a run, one after the other: drawn (stream "arrivals", entity 0, variate: the burst) or from its log. */
struct arrival_source {
	const struct workload *workload; /* borrowed */
	uint64_t replication;
	uint64_t stream; /* opened */
	uint64_t index;	   /* of the next arrival */
	sim_ns at_ns;	   /* of the last one, after the time from which they may come */
	sim_ns cycle_ns;   /* of `rates`: when they last began */
	uint32_t rate;	   /* the last point of `rates` that is passed in this cycle */
};
void arrival_source_init(struct arrival_source *source, const struct workload *workload, uint64_t replication);
/* Steps to the next arrival: its number is index - 1, its time at_ns, its task `*task`. False: no further one comes. */
bool arrival_source_next(struct arrival_source *source, uint32_t *task);

/* The duration of `step` for one execution by an instance: a pure function, the same for simulator and native
 * runner. `item_ns` is the instance's item; `draw` numbers the instance's drawn durations from 0. */
sim_ns workload_duration(const struct workload *workload, const struct step *step, const struct task *task,
			 uint64_t replication, uint64_t entity, uint64_t draw, sim_ns item_ns);
/* Whether an IF with a chance takes its first arm; `draw` counts on with the durations'. */
bool workload_chance(const struct workload *workload, const struct step *step, const struct task *task,
		     uint64_t replication, uint64_t entity, uint64_t draw);
/* The same in two steps, for many executions: what is drawn for the step, as random_stream_open() gives it, and a draw. */
uint64_t workload_step_stream(const struct workload *workload, const struct step *step, const struct task *task,
			      uint64_t replication);
sim_ns step_duration(const struct step *step, uint64_t stream, uint64_t entity, uint64_t draw, sim_ns item_ns);
bool step_chance(const struct step *step, uint64_t stream, uint64_t entity, uint64_t draw);
/* A model's workers; what Python would take on this machine where the scenario does not say. 0: one each. */
int model_workers(const struct workload *workload, const struct model *model);
/* How many of a pool's or process pool's `count` items are handed over at a time; the library's own rule where the scenario
 * does not say. */
int64_t model_chunk_items(const struct workload *workload, const struct model *model, int64_t count);
/* A drawn or constant duration that is no step's own (think time, a service's time, back-off), from the stream named. */
sim_ns workload_draw(const struct workload *workload, const struct duration *duration, uint64_t stream,
		     uint64_t replication, uint64_t entity, uint64_t draw);
/* False when it divides by zero or leaves 64 bits: EXCEPTION_ARITHMETIC. */
bool workload_value(const struct workload *workload, struct value value, const int64_t *variables, int64_t *result);

#endif
