/*
 * scenario_keys.c - the tables of the scenario language but its steps (scenario_step_keys.c).
 */
#include "sim/scenario/scenario_keys.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define FIELD(type, field) .offset = offsetof(struct type, field)
#define MODEL(kind) (1u << MODEL_##kind)

/* ---- Words ---- */

const char *const model_names[MODEL_KIND_COUNT + 1] = {
	[MODEL_SEQUENTIAL] = "sequential",
	[MODEL_THREADS] = "threads",
	[MODEL_THREAD_POOL] = "thread_pool",
	[MODEL_PROCESSES] = "processes",
	[MODEL_POOL] = "pool",
	[MODEL_PROCESS_POOL] = "process_pool",
	[MODEL_INTERPRETER_POOL] = "interpreter_pool",
	[MODEL_ASYNCIO] = "asyncio",
	[MODEL_PROGRAM] = "program",
	[MODEL_SERVER] = "server",
};

const char *const step_names[STEP_KIND_COUNT] = {
	[STEP_PYTHON] = "python",
	[STEP_C] = "c",
	[STEP_NATIVE] = "native",
	[STEP_IO] = "io",
	[STEP_BLOCK] = "block",
	[STEP_ALLOCATE] = "allocate",
	[STEP_REPEAT] = "repeat",
	[STEP_LOOP] = "loop",
	[STEP_WHILE] = "while",
	[STEP_BREAK] = "break",
	[STEP_IF] = "if",
	[STEP_BODY] = "then",
	[STEP_LET] = "let",
	[STEP_CALL] = "call",
	[STEP_RETURN] = "return",
	[STEP_TRY] = "try",
	[STEP_EXCEPT] = "except",
	[STEP_FINALLY] = "finally",
	[STEP_RAISE] = "raise",
	[STEP_RETRY] = "retry",
	[STEP_SPAWN] = "spawn",
	[STEP_JOIN] = "join",
	[STEP_STAGE] = "stage",
	[STEP_RUN] = "run",
	[STEP_WITH] = "with",
	[STEP_ACQUIRE] = "acquire",
	[STEP_RELEASE] = "release",
	[STEP_WAIT] = "wait",
	[STEP_SET] = "set",
	[STEP_CLEAR] = "clear",
	[STEP_NOTIFY] = "notify",
	[STEP_PUT] = "put",
	[STEP_GET] = "get",
	[STEP_TASK_DONE] = "task_done",
	[STEP_JOIN_QUEUE] = "join_queue",
	[STEP_READ] = "read",
	[STEP_WRITE] = "write",
	[STEP_REQUEST] = "request",
	[STEP_CREATE_TASK] = "create_task",
	[STEP_GATHER] = "gather",
	[STEP_AWAIT] = "await",
	[STEP_WAIT_HANDLES] = "wait",
	[STEP_AS_COMPLETED] = "as_completed",
	[STEP_TIMEOUT] = "timeout",
	[STEP_CANCEL] = "cancel",
	[STEP_SHIELD] = "shield",
	[STEP_TASK_GROUP] = "task_group",
	[STEP_YIELD] = "yield",
	[STEP_ITERATE] = "iterate",
	[STEP_SUBMIT] = "submit",
	[STEP_SEND] = "send",
	[STEP_RECV] = "recv",
};

const char *const python_versions[] = { "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", NULL };
_Static_assert(sizeof(python_versions) / sizeof(python_versions[0]) - 1 == PYTHON_LAST_MINOR - PYTHON_FIRST_MINOR + 1,
	       "the versions that python_version_table has");

static const char *const gil_words[] = {
	[GIL_ON] = "on", [GIL_OFF] = "off", [GIL_PER_INTERPRETER] = "per-interpreter", NULL
};
static const char *const loop_words[] = { [LOOP_ASYNCIO] = "asyncio", [LOOP_UVLOOP] = "uvloop", NULL };
const char *const start_names[] = {
	[START_FORK] = "fork", [START_SPAWN] = "spawn", [START_FORKSERVER] = "forkserver", NULL
};
const char *const resource_names[RESOURCE_KIND_COUNT + 1] = {
	[RESOURCE_LOCK] = "lock",
	[RESOURCE_RLOCK] = "rlock",
	[RESOURCE_CONDITION] = "condition",
	[RESOURCE_SEMAPHORE] = "semaphore",
	[RESOURCE_BOUNDED_SEMAPHORE] = "bounded_semaphore",
	[RESOURCE_EVENT] = "event",
	[RESOURCE_BARRIER] = "barrier",
	[RESOURCE_QUEUE] = "queue",
	[RESOURCE_LIFO_QUEUE] = "lifo_queue",
	[RESOURCE_PRIORITY_QUEUE] = "priority_queue",
	[RESOURCE_SIMPLE_QUEUE] = "simple_queue",
	[RESOURCE_PIPE] = "pipe",
	[RESOURCE_VARIABLE] = "variable",
	[RESOURCE_ARRAY] = "array",
	[RESOURCE_MANAGER] = "manager",
	[RESOURCE_SHARED_MEMORY] = "shared_memory",
	[RESOURCE_SERVICE] = "service",
	[RESOURCE_LISTENER] = "listener",
	[RESOURCE_LIMITER] = "limiter",
	[RESOURCE_THREAD_POOL] = "thread_pool",
	[RESOURCE_PROCESS_POOL] = "process_pool",
	[RESOURCE_INTERPRETER_POOL] = "interpreter_pool",
	[RESOURCE_POOL] = "pool",
};
static const char *const per_words[] = { "program", "process", NULL };
static const char *const from_words[] = { "outside", "inside", NULL };
static const char *const map_words[] = {
	[MAP_MAP] = "map", [MAP_IMAP] = "imap", [MAP_IMAP_UNORDERED] = "imap_unordered",
	[MAP_APPLY_ASYNC] = "apply_async", NULL
};
const char *const return_words[] = {
	[RETURN_FIRST] = "first", [RETURN_ALL] = "all", [RETURN_EXCEPTION] = "exception", NULL
};
static const char *const spacing_words[] = { [SPACING_POISSON] = "poisson", [SPACING_EVEN] = "even",
					     [SPACING_GAMMA] = "gamma", NULL };
const char *const spawn_names[] = { [SPAWN_THREAD] = "thread", [SPAWN_PROCESS] = "process",
					   [SPAWN_COROUTINE] = "coroutine", NULL };

/* ---- Tables. Limits that are not Python's or the kernel's own only keep a slip of the pen from taking
 * all memory: they lie far beyond what anybody runs. ---- */

static const struct key machine_keys[] = {
	{ "profile", "The machine profile that gives every cost: default, ideal, or a file's path.", VALUE_TEXT,
	  FIELD(machine_keys, profile), .initial = "default" },
	{ "cores", "CPU cores; the profile's own number by default.", VALUE_INTEGER, FIELD(machine_keys, cores),
	  .least = 1, .most = 4096 },
	{ "quota", "CPU time that a cgroup grants, in cores.", VALUE_NUMBER, FIELD(machine_keys, quota_cores),
	  .least = 0.01, .most = 4096 },
	{ "quota_period", "The period in which the quota is refilled; the profile's own by default.",
	  VALUE_DURATION, FIELD(machine_keys, quota_period_ns), .least = 1e6 },
	{ "background", "Other processes that always want a core.", VALUE_INTEGER, FIELD(machine_keys, background),
	  .least = 0, .most = 4096, .initial = "0" },
	{ "memory", "RAM; enough by default.", VALUE_BYTES, FIELD(machine_keys, memory_bytes) },
};
const struct key_table machine_table = { "a machine", "profile", NULL, machine_keys, LENGTH(machine_keys), NULL,
					NULL };

static const struct key imports_keys[] = {
	{ "time", "How long importing the program's modules takes.", VALUE_DURATION, FIELD(imports_keys, time_ns),
	  .initial = "0" },
	{ "memory", "Resident memory that the imported modules take.", VALUE_BYTES,
	  FIELD(imports_keys, memory_bytes), .initial = "0" },
};
const struct key_table imports_table = { "imports", NULL, NULL, imports_keys, LENGTH(imports_keys), NULL,
					NULL };

static const struct key python_keys[] = {
	{ "version", "The version of CPython.", VALUE_WORD, FIELD(python_keys, version), .words = python_versions,
	  .initial = "3.12" },
	{ "gil", "One GIL, none (the free-threaded build), or one an interpreter.", VALUE_WORD,
	  FIELD(python_keys, gil), .words = gil_words, .initial = "on" },
	{ "switch_interval", "sys.setswitchinterval(); the profile's gil.interval by default, 5ms in CPython.",
	  VALUE_DURATION, FIELD(python_keys, switch_interval_ns), .least = 1e3 },
	{ "start", "How multiprocessing starts processes; the version's default on Linux by default.", VALUE_WORD,
	  FIELD(python_keys, start), .words = start_names },
	{ "loop", "The event loop under asyncio.", VALUE_WORD, FIELD(python_keys, loop), .words = loop_words,
	  .initial = "asyncio" },
	{ "imports", "What importing the program's modules costs a process that starts afresh.", VALUE_SECTION,
	  FIELD(python_keys, imports), .table = &imports_table },
};
const struct key_table python_table = { "an interpreter", "version", NULL, python_keys, LENGTH(python_keys), NULL,
					NULL };

#define KIND(kind) (UINT32_C(1) << RESOURCE_##kind)
#define QUEUES (KIND(QUEUE) | KIND(LIFO_QUEUE) | KIND(PRIORITY_QUEUE))
#define EXECUTORS (KIND(THREAD_POOL) | KIND(PROCESS_POOL) | KIND(INTERPRETER_POOL) | KIND(POOL))

static const struct key resource_keys[] = {
	{ "kind", "What it is.", VALUE_WORD, FIELD(resource_keys, kind), .words = resource_names,
	  .is_required = true },
	{ "per", "One for the program, or one for each of its processes.", VALUE_WORD, FIELD(resource_keys, per),
	  .words = per_words, .initial = "program" },
	{ "size", "Items that a queue holds (0: any number), or elements of an array.", VALUE_INTEGER,
	  FIELD(resource_keys, size), .least = 0, .most = 1e9,
	  .models = QUEUES | KIND(ARRAY) | KIND(MANAGER) },
	{ "value", "A semaphore's number; 1 by default.", VALUE_INTEGER, FIELD(resource_keys, value), .least = 0,
	  .most = 1e9, .models = KIND(SEMAPHORE) | KIND(BOUNDED_SEMAPHORE) },
	{ "parties", "How many meet at a barrier.", VALUE_INTEGER, FIELD(resource_keys, parties), .least = 1,
	  .most = 1e6, .models = KIND(BARRIER) },
	{ "tokens", "Threads of a limiter; 40 by default.", VALUE_INTEGER, FIELD(resource_keys, tokens), .least = 1,
	  .most = 1e6, .models = KIND(LIMITER) },
	{ "backlog", "Connections that a listener keeps waiting; 128 by default.", VALUE_INTEGER,
	  FIELD(resource_keys, backlog), .least = 1, .most = 1e6, .models = KIND(LISTENER) },
	{ "slots", "Requests that a service works on at a time; any number by default.", VALUE_INTEGER,
	  FIELD(resource_keys, slots), .least = 1, .most = 1e9, .models = KIND(SERVICE) },
	{ "time", "How long a service takes for one request.", VALUE_DRAWN, FIELD(resource_keys, time),
	  .models = KIND(SERVICE) },
	{ "initial", "What a shared variable is at the start; 0 by default.", VALUE_INTEGER,
	  FIELD(resource_keys, initial), .least = 0, .most = 9e15,
	  .models = KIND(VARIABLE) | KIND(ARRAY) | KIND(MANAGER) },
	{ "bytes", "Size of the memory, or of a manager's pickled value.", VALUE_BYTES, FIELD(resource_keys, bytes),
	  .models = KIND(SHARED_MEMORY) | KIND(MANAGER) },
	{ "workers", "Threads or processes of an executor; Python's own default by default.", VALUE_INTEGER,
	  FIELD(resource_keys, workers), .least = 1, .most = 100000, .models = EXECUTORS },
	{ "chunksize", "Items handed over at a time.", VALUE_INTEGER, FIELD(resource_keys, chunksize), .least = 1,
	  .most = 1e9, .models = KIND(POOL) | KIND(PROCESS_POOL) },
	{ "max_tasks_per_child", "A worker process that has done so many is replaced.", VALUE_INTEGER,
	  FIELD(resource_keys, max_tasks_per_child), .least = 1, .most = 1e9,
	  .models = KIND(POOL) | KIND(PROCESS_POOL) },
	{ "warm", "Its workers are there before the clock starts.", VALUE_BOOLEAN, FIELD(resource_keys, is_warm),
	  .initial = "false", .models = EXECUTORS },
};
const struct key_table resource_table = { "a resource", "kind", NULL, resource_keys, LENGTH(resource_keys),
					  "kind", resource_names };

static const struct key task_keys[] = {
	{ "daemon", "Need not end: the program does not wait for it.", VALUE_BOOLEAN, FIELD(task_keys, is_daemon),
	  .initial = "false" },
	{ "args", "Names of its integer arguments.", VALUE_NAMES, FIELD(task_keys, args) },
	{ "steps", "What it does, in order.", VALUE_STEPS, FIELD(task_keys, steps), .is_required = true },
};
const struct key_table task_table = { "a task", NULL, "steps", task_keys, LENGTH(task_keys), NULL,
					NULL };

static const struct key log_keys[] = {
	{ "file", "A CSV file with a line of column names, or a web server's access log.", VALUE_TEXT,
	  FIELD(log_keys, file), .is_required = true },
	{ "time", "The column of times; timestamp by default.", VALUE_TEXT, FIELD(log_keys, time) },
	{ "class", "The column that says of which task a request is.", VALUE_TEXT, FIELD(log_keys, class_column) },
	{ "tasks", "Beginnings of classes (in an access log: of paths) and their tasks.", VALUE_MAP,
	  FIELD(log_keys, tasks), .example = "beginnings to tasks, such as {/search: search, /: page}" },
	{ "speed", "How many times faster it is replayed.", VALUE_NUMBER, FIELD(log_keys, speed), .least = 1e-3,
	  .most = 1e6, .initial = "1" },
};
const struct key_table log_table = { "a log", "file", NULL, log_keys, LENGTH(log_keys), NULL, NULL };

static const struct key arrivals_keys[] = {
	{ "rate", "Arrivals per second, on average.", VALUE_RATE, FIELD(arrivals_keys, rate_per_s), .group = 1 },
	{ "curve", "The rate over time, straight between the times given.", VALUE_MAP, FIELD(arrivals_keys, curve),
	  .example = "times to rates, such as {0s: 100/s, 10min: 500/s}", .group = 1 },
	{ "log", "Requests that have happened, replayed.", VALUE_SECTION, FIELD(arrivals_keys, log),
	  .table = &log_table, .group = 1 },
	{ "every", "When the curve begins anew; without it the last rate stays.", VALUE_DURATION,
	  FIELD(arrivals_keys, every_ns), .least = 1 },
	{ "burst", "How many come at a time; 1 by default.", VALUE_INTEGER, FIELD(arrivals_keys, burst), .least = 1,
	  .most = 1e6 },
	{ "cv", "With gamma: standard deviation of the spacing over its mean.", VALUE_NUMBER,
	  FIELD(arrivals_keys, cv), .least = 0.01, .most = 100 },
	{ "for", "The time after which none arrives.", VALUE_DURATION, FIELD(arrivals_keys, for_ns), .least = 1 },
	{ "spacing", "Random and independent, at equal distances, or as random as cv says.", VALUE_WORD, FIELD(arrivals_keys, spacing),
	  .words = spacing_words, .initial = "poisson" },
	{ "from", "Whether the generator is outside the program or a part of it.", VALUE_WORD,
	  FIELD(arrivals_keys, from), .words = from_words, .initial = "outside" },
	{ "count", "The number after which none arrives.", VALUE_INTEGER, FIELD(arrivals_keys, count), .least = 1,
	  .most = 1e9 },
};
const struct key_table arrivals_table = { "arrivals", NULL, NULL, arrivals_keys, LENGTH(arrivals_keys), NULL,
					NULL };

static const struct key run_keys[] = {
	{ "task", "The task that is started.", VALUE_NAME, FIELD(run_keys, task), .group = 2 },
	{ "mix", "Several tasks and their shares of the instances.", VALUE_MAP, FIELD(run_keys, mix),
	  .example = "tasks to shares, such as {page: 80%, search: 20%}", .group = 2 },
	{ "count", "How many of it, all released at the start; 1 by default.", VALUE_INTEGER,
	  FIELD(run_keys, count), .least = 1, .most = 1e9, .group = 1 },
	{ "items", "One instance for each of these durations; its step says `item`.", VALUE_DURATIONS,
	  FIELD(run_keys, items), .group = 1 },
	{ "bytes", "Size of each task's arguments when pickled for a pool of processes; that of an integer by default.",
	  VALUE_BYTES, FIELD(run_keys, bytes) },
	{ "result_bytes", "Size of each task's result when pickled.", VALUE_BYTES, FIELD(run_keys, result_bytes) },
	{ "arrivals", "Released one after the other by a generator outside the program.", VALUE_SECTION,
	  FIELD(run_keys, arrivals), .table = &arrivals_table, .group = 1 },
	{ "users", "Clients outside the program: each waits for its request's end, thinks, and makes the next.",
	  VALUE_INTEGER, FIELD(run_keys, users), .least = 1, .most = 1e6, .group = 1 },
	{ "think", "How long a user thinks; 0 by default.", VALUE_DRAWN, FIELD(run_keys, think) },
	{ "requests", "How many requests the users make in all.", VALUE_INTEGER, FIELD(run_keys, requests),
	  .least = 1, .most = 1e9 },
	{ "for", "The time after which users make no more.", VALUE_DURATION, FIELD(run_keys, for_ns), .least = 1 },
	{ "warm_up", "What is released earlier is in no figure of time; auto: until the sojourns are steady (MSER-5).",
	  VALUE_TEXT, FIELD(run_keys, warm_up) },
};
const struct key_table run_table = { "a run", "task", NULL, run_keys, LENGTH(run_keys), NULL,
					NULL };

#define POOLS (MODEL(THREAD_POOL) | MODEL(POOL) | MODEL(PROCESS_POOL) | MODEL(INTERPRETER_POOL))

/* What a model takes, in a variant, in `each` and in the step `run`. */
#define MODEL_KEYS                                                                                                 \
	{ "model", "How the work is run.", VALUE_WORD, FIELD(variant_keys, model), .words = model_names,           \
	  .is_required = true },                                                                                   \
	{ "workers", "Threads or processes; Python's own default by default.", VALUE_INTEGER,                      \
	  FIELD(variant_keys, workers), .least = 1, .most = 100000,                                                \
	  .models = POOLS | MODEL(PROCESSES) | MODEL(SERVER) },                                                    \
	{ "chunksize", "Items handed over at a time; by default Pool.map's four chunks a worker, else one.", VALUE_INTEGER, \
	  FIELD(variant_keys, chunksize), .least = 1, .most = 1e9, .models = MODEL(POOL) | MODEL(PROCESS_POOL) },  \
	{ "warm", "The workers are there before the clock starts.", VALUE_BOOLEAN, FIELD(variant_keys, is_warm),   \
	  .initial = "false", .models = POOLS | MODEL(SERVER) },                                                                   \
	{ "map", "Which of Pool's methods hands the tasks over.", VALUE_WORD, FIELD(variant_keys, map),            \
	  .words = map_words, .initial = "map", .models = MODEL(POOL) },                                           \
	{ "max_tasks_per_child", "A worker process that has done so many is replaced.", VALUE_INTEGER,             \
	  FIELD(variant_keys, max_tasks_per_child), .least = 1, .most = 1e9,                                       \
	  .models = MODEL(POOL) | MODEL(PROCESS_POOL) | MODEL(SERVER) },                                           \
	{ "return_when", "When the run ends; what has not begun then is cancelled.", VALUE_WORD,                   \
	  FIELD(variant_keys, return_when), .words = return_words, .initial = "all",                               \
	  .models = MODEL(THREAD_POOL) | MODEL(PROCESS_POOL) | MODEL(INTERPRETER_POOL) | MODEL(ASYNCIO) },         \
	{ "timeout", "How long each task may take; of a server, how long a worker may be silent.", VALUE_DURATION, \
	  FIELD(variant_keys, timeout_ns), .least = 1, .models = MODEL(ASYNCIO) | MODEL(SERVER) },                 \
	{ "return_exceptions", "gather() returns exceptions as results.", VALUE_BOOLEAN,                           \
	  FIELD(variant_keys, return_exceptions), .initial = "false", .models = MODEL(ASYNCIO) },                  \
	{ "eager", "asyncio.eager_task_factory.", VALUE_BOOLEAN, FIELD(variant_keys, is_eager),                    \
	  .initial = "false", .models = MODEL(ASYNCIO) },                                                          \
	{ "queue", "Requests that find so many waiting are rejected.", VALUE_INTEGER,                              \
	  FIELD(variant_keys, queue_limit), .least = 1, .most = 1e9,                                               \
	  .models = POOLS | MODEL(ASYNCIO) },                                                                      \
	{ "prefetch", "Requests that a worker takes ahead; none by default.", VALUE_INTEGER,                       \
	  FIELD(variant_keys, prefetch), .least = 1, .most = 1e6, .models = MODEL(SERVER) },                       \
	{ "reuse_port", "A listening socket for each worker.", VALUE_BOOLEAN, FIELD(variant_keys, reuse_port),     \
	  .initial = "false", .models = MODEL(SERVER) },                                                           \
	{ "backlog", "Connections that the listening socket keeps waiting; 128 by default.", VALUE_INTEGER,        \
	  FIELD(variant_keys, backlog), .least = 1, .most = 1e6, .models = MODEL(SERVER) },                        \
	{ "each", "The model that each process runs its share by.", VALUE_SECTION, FIELD(variant_keys, each),      \
	  .table = &each_table, .models = MODEL(PROCESSES) | MODEL(SERVER) }

static const struct key each_keys[] = { MODEL_KEYS };
const struct key_table each_table = { "a model", "model", NULL, each_keys, LENGTH(each_keys), "model",
				      model_names };

static const struct key run_model_keys[] = {
	{ "task", "The task that is started.", VALUE_NAME, FIELD(variant_keys, task), .is_required = true },
	{ "count", "How many of it.", VALUE_EXPRESSION, FIELD(variant_keys, count), .least = 0, .most = 1e9,
	  .group = 1 },
	{ "items", "One for each of these durations.", VALUE_DURATIONS, FIELD(variant_keys, items), .group = 1 },
	{ "args", "Its arguments; `index` is the instance's number.", VALUE_EXPRESSIONS,
	  FIELD(variant_keys, args) },
	MODEL_KEYS,
};
const struct key_table run_model_table = { "a run", NULL, NULL, run_model_keys, LENGTH(run_model_keys), "model",
					   model_names };

static const struct key variant_keys[] = {
	MODEL_KEYS,
	{ "spawn", "What the step `spawn` starts; with coroutine, `main` is one too.", VALUE_WORD,
	  FIELD(variant_keys, spawn), .words = spawn_names, .initial = "thread", .models = MODEL(PROGRAM) },
	{ "set", "Paths and the values that they have in this variant.", VALUE_SETTINGS, FIELD(variant_keys, set) },
};
const struct key_table variant_table = { "a variant", "model", NULL, variant_keys, LENGTH(variant_keys), "model",
					 model_names };

static const struct key file_keys[] = {
	{ "name", "What the scenario is called; the file's name by default.", VALUE_TEXT, FIELD(file_keys, name) },
	{ "about", "What it shows.", VALUE_TEXT, FIELD(file_keys, about) },
	{ "machine", "The machine that it runs on.", VALUE_SECTION, FIELD(file_keys, machine),
	  .table = &machine_table },
	{ "python", "The interpreter.", VALUE_SECTION, FIELD(file_keys, python), .table = &python_table },
	{ "profile", "Costs that differ from the profile's.", VALUE_COSTS, FIELD(file_keys, profile) },
	{ "resources", "What tasks share.", VALUE_SECTIONS, FIELD(file_keys, resources), .table = &resource_table },
	{ "tasks", "What is done.", VALUE_SECTIONS, FIELD(file_keys, tasks), .table = &task_table,
	  .is_required = true },
	{ "run", "Which task is started, and how often; not for the model program, which runs `main`.",
	  VALUE_SECTION, FIELD(file_keys, run), .table = &run_table },
	{ "variants", "The ways to run the same work that are compared.", VALUE_SECTIONS,
	  FIELD(file_keys, variants), .table = &variant_table, .is_required = true },
	{ "baseline", "The variant that the others' speedups refer to; the first by default.", VALUE_NAME,
	  FIELD(file_keys, baseline) },
	{ "expect", "What must come out.", VALUE_TEXTS, FIELD(file_keys, expect) },
	{ "measured", "Figures from production, by variant and metric, that the prediction is shown beside.",
	  VALUE_FIGURES, FIELD(file_keys, measured) },
	{ "limit", "Simulated time after which a run is stopped.", VALUE_DURATION, FIELD(file_keys, limit_ns),
	  .least = 1 },
	{ "scale", "What every duration is multiplied with in native and validate.", VALUE_NUMBER,
	  FIELD(file_keys, scale), .least = 1e-6, .most = 1e6, .initial = "1" },
	{ "native_count", "The run's count in native and validate.", VALUE_INTEGER, FIELD(file_keys, native_count),
	  .least = 1, .most = 1e9 },
};
const struct key_table file_table = { NULL, NULL, NULL, file_keys, LENGTH(file_keys), NULL,
					NULL };
