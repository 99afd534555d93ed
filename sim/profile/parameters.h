/*
 * parameters.h - every cost that a model may charge: its name, unit, scope, and what it means.
 *
 * One row a parameter: P(ENUM, name, unit, scope, nature, ideal, meaning).
 *   unit   ns, ratio, count, bytes, per_s, ns_per_byte
 *   scope  MACHINE: of the hardware and kernel; PYTHON: of one interpreter on that machine
 *   nature WORK: a core's time around what tasks do, more on a slower core; LOAD: a core's time for what tasks do; WAIT: a
 *          wake-up's way to its thread, likewise more on a slower core; RULE: the way that things are
 *   ideal  its value in the profile `ideal`, where nothing costs anything
 * A value that a profile file does not give is an error for MACHINE rows and taken from the nearest
 * Python version for PYTHON rows. Calibration measures each; see sim/native/calibrate.c.
 */
#ifndef SIM_PROFILE_PARAMETERS_H
#define SIM_PROFILE_PARAMETERS_H

/* clang-format off */
#define PROFILE_PARAMETERS(P) \
	/* Cores */ \
	P(CPU_ALL_BUSY_SPEED,   "cpu.all_busy_speed",    ratio, MACHINE, RULE, 1,      "speed of a core while all cores are busy, against one busy alone; linear in between") \
	/* Scheduler: kind 0 is CFS (before Linux 6.6), 1 is EEVDF */ \
	P(SCHED_KIND,           "sched.kind",            count, MACHINE, RULE, 1,      "the kernel's fair scheduler: 0 CFS (before 6.6), 1 EEVDF") \
	P(SCHED_HZ,             "sched.hz",              per_s, MACHINE, RULE, 10000,"scheduler ticks per second (CONFIG_HZ)") \
	P(SCHED_BASE_SLICE,     "sched.base_slice",      ns,    MACHINE, RULE, 100000,   "EEVDF: slice of a task; for 8 or more cores, scaled down for fewer as the kernel does") \
	P(SCHED_HRTICK,         "sched.hrtick",          count, MACHINE, RULE, 0,      "EEVDF: 1 where a timer of its own ends a slice to the microsecond (feature HRTICK), 0 where the next tick does") \
	P(SCHED_LATENCY,        "sched.latency",         ns,    MACHINE, RULE, 800000,   "CFS: period in which each runnable task runs once; for 8 or more cores") \
	P(SCHED_MIN_GRANULARITY,"sched.min_granularity", ns,    MACHINE, RULE, 100000,   "CFS: least slice; for 8 or more cores") \
	P(SCHED_WAKEUP_GRANULARITY,"sched.wakeup_granularity", ns, MACHINE, RULE, 100000,"CFS: lead in virtual time that a woken task needs to preempt; for 8 or more cores") \
	P(SCHED_SWITCH,         "sched.switch",          ns,    MACHINE, WORK, 0,      "context switch between two threads of one process on one core") \
	P(SCHED_SWITCH_PROCESS, "sched.switch_process",  ns,    MACHINE, WORK, 0,      "what a switch between address spaces costs on top") \
	P(SCHED_YIELD,          "sched.yield",           ns,    MACHINE, WORK, 0,      "sched_yield(), the switch to another thread apart") \
	P(SCHED_MIGRATION,      "sched.migration",       ns,    MACHINE, WORK, 0,      "what a thread pays when it goes on on another core: cold caches") \
	P(SCHED_PACK_BELOW,     "sched.pack_below",      ratio, MACHINE, RULE, 0,      "a core less busy than this keeps what it wakes or starts, even if others idle; 0: never, as mainline kernels do") \
	P(SCHED_NEWIDLE,        "sched.newidle",         ratio, MACHINE, RULE, 1,      "how often a core that runs out of work takes a thread that waits on another and may move: at first, then by how often it could; 1: always") \
	/* Waking */ \
	P(WAKE_CALL,            "wake.call",             ns,    MACHINE, WORK, 0,      "what the waker pays for a wake-up on its own or a busy core (system call included)") \
	P(WAKE_CALL_IDLE,       "wake.call_idle",        ns,    MACHINE, WORK, 0,      "what the waker pays for waking an idle core (inter-processor interrupt included)") \
	P(WAKE_CALL_BUSY,       "wake.call_busy",        ns,    MACHINE, WORK, 0,      "what the waker pays for making another core give way to whom it wakes (inter-processor interrupt included)") \
	P(WAKE_BUSY,            "wake.busy",             ns,    MACHINE, WAIT, 0,      "from such a wake-up to the other core's giving way") \
	P(WAKE_IDLE_SHALLOW,    "wake.idle_shallow",     ns,    MACHINE, WAIT, 0,      "from the wake-up to running on a core that went idle a moment ago") \
	P(WAKE_IDLE_DEEP,       "wake.idle_deep",        ns,    MACHINE, WAIT, 0,      "the same on a core that has been idle for longer than idle.deep_after") \
	P(WAKE_JITTER,          "wake.jitter",           ratio, MACHINE, RULE, 0,      "how much wake-up latencies vary: relative half width of their middle 80 %") \
	P(IDLE_DEEP_AFTER,      "idle.deep_after",       ns,    MACHINE, RULE, 1000000,"idle time around which a core's sleep becomes deep: shallow up to a quarter of it, deep from four times it on") \
	P(WAKE_TIMER_SHALLOW,   "wake.timer_shallow",    ns,    MACHINE, WAIT, 0,      "from a timer's expiry on a core that went idle a moment ago to its thread running there") \
	P(WAKE_TIMER_DEEP,      "wake.timer_deep",       ns,    MACHINE, WAIT, 0,      "the same on a core that sleeps deeply") \
	P(TIMER_SLACK,          "timer.slack",           ns,    MACHINE, RULE, 0,      "how late the kernel may let a timer expire (PR_SET_TIMERSLACK)") \
	P(TIMER_ARM,            "timer.arm",             ns,    MACHINE, WORK, 0,      "setting a timer that goes off before the others of its core and before the next tick, so that the hardware is told") \
	P(TIMER_INTERRUPT,      "timer.interrupt",       ns,    MACHINE, WORK, 0,      "what a timer that goes off takes from a busy core, who waits for it apart") \
	/* System calls, pipes, memory */ \
	P(SYSCALL_BASE,         "syscall.base",          ns,    MACHINE, WORK, 0,      "the cheapest system call") \
	P(FUTEX_CALL,           "futex.call",            ns,    MACHINE, WORK, 0,      "the system call of a lock that processes share which wakes nobody, or finds that it need not wait any more") \
	P(PIPE_WRITE,           "pipe.write",            ns,    MACHINE, WORK, 0,      "write of one byte to a pipe that nobody waits on") \
	P(PIPE_READ,            "pipe.read",             ns,    MACHINE, WORK, 0,      "read of one byte that is there") \
	P(MEM_COPY,             "mem.copy",              ns_per_byte, MACHINE, WORK, 0,"copying a byte through a pipe, each way") \
	P(MEM_COPY_ACROSS,      "mem.copy_across",       ns_per_byte, MACHINE, WORK, 0,"what that takes on top where the pipe's ends are on two cores: cache lines that the other one has, pages that no cache holds") \
	P(MEM_FAULT,            "mem.fault",             ns,    MACHINE, WORK, 0,      "first touch of a page (4 KiB) of fresh memory: page fault and clearing") \
	P(MEM_MAP,              "mem.map",               ns,    MACHINE, WORK, 0,      "a system call that makes, resizes or drops a mapping or a heap, the pages that it gives back apart") \
	P(MEM_RELEASE,          "mem.release",           ns,    MACHINE, WORK, 0,      "giving a page back to the kernel") \
	P(MEM_SHOOTDOWN,        "mem.shootdown",         ns,    MACHINE, WORK, 0,      "giving pages back while another core runs a thread of the same process: until it has forgotten their addresses") \
	P(PIPE_CAPACITY,        "pipe.capacity",         bytes, MACHINE, RULE, 65536,  "bytes that a pipe holds") \
	/* Threads and processes */ \
	P(THREAD_CREATE,        "thread.create",         ns,    MACHINE, WORK, 0,      "pthread_create of a thread on the same core, on the caller") \
	P(THREAD_ENTRY,         "thread.entry",          ns,    MACHINE, WORK, 0,      "from being scheduled for the first time to the thread's first statement") \
	P(THREAD_EXIT,          "thread.exit",           ns,    MACHINE, WORK, 0,      "from a thread's last statement to its end") \
	P(THREAD_STACK,         "thread.stack",          ns,    MACHINE, WORK, 0,      "what a thread costs its creator on top when it cannot take over the stack of one that has ended") \
	P(THREAD_STACK_TOUCH,   "thread.stack_touch",    ns,    MACHINE, WORK, 0,      "what such a thread pays for touching its stack") \
	P(THREAD_STACK_FREE,    "thread.stack_free",     ns,    MACHINE, WORK, 0,      "unmapping a stack, once more threads have ended than stacks are kept for others") \
	P(FORK_BASE,            "fork.base",             ns,    MACHINE, WORK, 0,      "fork() of a small process, on the caller") \
	P(FORK_PER_BYTE,        "fork.per_byte",         ns_per_byte, MACHINE, WORK, 0,"what fork() costs on top for each byte of resident memory") \
	P(FORK_ENTRY,           "fork.entry",            ns,    MACHINE, WORK, 0,      "from a forked child's being scheduled to its first statement, page faults included") \
	P(PROCESS_EXIT,         "process.exit",          ns,    MACHINE, WORK, 0,      "from _exit() to the parent's being told") \
	P(PROCESS_WAIT,         "process.wait",          ns,    MACHINE, WORK, 0,      "waitpid() of a dead child") \
	/* cgroup CPU bandwidth */ \
	P(QUOTA_PERIOD,         "quota.period",          ns,    MACHINE, RULE, 100000000, "period in which a CPU quota is refilled") \
	P(QUOTA_SLICE,          "quota.slice",           ns,    MACHINE, RULE, 5000000,"what a core draws from the quota at a time") \
	/* The interpreter */ \
	P(SPIN_PYTHON,          "spin.python",           ns,    PYTHON, LOAD,  1,      "one iteration of the harness's bytecode loop") \
	P(SPIN_C,               "spin.c",                ns,    PYTHON, LOAD,  1,      "one item of the harness's C call that holds the GIL") \
	P(SPIN_NATIVE,          "spin.native",           ns,    PYTHON, LOAD,  1,      "one iteration of the harness's C call that releases the GIL") \
	P(SPIN_LIBRARY,         "spin.library",          ns,    PYTHON, LOAD,  1,      "one item of the harness's loop of library code; no step is made of it, it tells the pace of one") \
	P(STEP_COST,            "interpreter.step",      ns,    PYTHON, WORK,  0,      "bytecode around one step of a task: fetching it, calling its function") \
	P(BODY_COST,            "interpreter.body",      ns,    PYTHON, WORK,  0,      "bytecode around the steps of a body, each time it is gone through") \
	P(SLEEP_CALL,           "interpreter.sleep",     ns,    PYTHON, WORK,  0,      "time.sleep() without the sleeping, on the calling thread") \
	P(COLD_WORK,            "cold.work",             ns,    PYTHON, WORK,  0,      "library code that, gone cold, loses what the following say") \
	P(COLD_SHORT,           "cold.short",            ns,    PYTHON, WORK,  0,      "what it loses when its core has idled for up to 0.2 ms since") \
	P(COLD_LONG,            "cold.long",             ns,    PYTHON, WORK,  0,      "the same after its core has idled, or executed other code, for 20 ms or more") \
	P(COLD_BUSY,            "cold.busy",             ns,    PYTHON, WORK,  0,      "the same after its core has executed other code for 0.2 ms") \
	P(COLD_SMALL_WORK,      "cold.small_work",       ns,    PYTHON, WORK,  0,      "less library code than cold.work; 0: less loses less in proportion") \
	P(COLD_SMALL,           "cold.small",            ns,    PYTHON, WORK,  0,      "what that loses after 20 ms or more") \
	P(COLD_LARGE_WORK,      "cold.large_work",       ns,    PYTHON, WORK,  0,      "more library code than cold.work, and so much that still more loses no more; 0: cold.work is") \
	P(COLD_LARGE,           "cold.large",            ns,    PYTHON, WORK,  0,      "what that loses after 20 ms or more") \
	P(COLD_SWITCH,          "cold.switch",           ns,    PYTHON, WORK,  0,      "the same when another process has just run on its core") \
	P(COLD_CROWD,           "cold.crowd",            ns,    PYTHON, WORK,  0,      "what a switch takes on top where very many threads take turns on a core") \
	P(COLD_CROWD_THREADS,   "cold.crowd_threads",    count, PYTHON, RULE,  1,      "threads that take turns on a core where it takes half of that") \
	P(GIL_UNCONTENDED,      "gil.uncontended",       ns,    PYTHON, WORK,  0,      "releasing the GIL and taking it again with nobody waiting") \
	P(GIL_SIGNAL,           "gil.signal",            ns,    PYTHON, WORK,  0,      "what a release costs on top when someone waits, without the wake-up itself") \
	P(GIL_TAKE_AFTER_WAKE,  "gil.take_after_wake",   ns,    PYTHON, WORK,  0,      "from a woken waiter's running to its holding the GIL") \
	P(GIL_INTERVAL,         "gil.interval",          ns,    PYTHON, RULE,  5000000,"default switch interval") \
	/* Threads, locks, queues, pools in Python */ \
	P(PY_THREAD_START,      "pythread.start",        ns,    PYTHON, WORK,  0,      "Thread(...).start() on the caller, bytecode and C, without pthread_create and without waiting") \
	P(PY_THREAD_BOOTSTRAP,  "pythread.bootstrap",    ns,    PYTHON, WORK,  0,      "a new Python thread from taking the GIL to run(), without wake-ups") \
	P(PY_THREAD_FINISH,     "pythread.finish",       ns,    PYTHON, WORK,  0,      "a Python thread from the end of run() to releasing the joiner") \
	P(PY_THREAD_JOIN,       "pythread.join",         ns,    PYTHON, WORK,  0,      "join() of a finished thread") \
	P(LOCK_UNCONTENDED,     "lock.uncontended",      ns,    PYTHON, WORK,  0,      "with lock: pass") \
	P(LOCK_FAIR_AFTER,      "lock.fair_after",       ns,    PYTHON, RULE,  1000000,"since 3.14: a waiter older than this is handed the lock") \
	P(RLOCK_UNCONTENDED,    "rlock.uncontended",     ns,    PYTHON, WORK,  0,      "with rlock: pass") \
	P(CONDITION_WAIT,       "condition.wait",        ns,    PYTHON, WORK,  0,      "Condition.wait() on the caller, without its locks and without waiting") \
	P(CONDITION_NOTIFY,     "condition.notify",      ns,    PYTHON, WORK,  0,      "what notify() costs for each waiter, without waking it") \
	P(SEMAPHORE_OP,         "semaphore.op",          ns,    PYTHON, WORK,  0,      "Semaphore.acquire() or release(), without its lock") \
	P(EVENT_OP,             "event.op",              ns,    PYTHON, WORK,  0,      "Event.wait() of a set event, or set(), without its lock") \
	P(BARRIER_WAIT,         "barrier.wait",          ns,    PYTHON, WORK,  0,      "Barrier.wait() of one party, without its lock and condition") \
	P(QUEUE_PUT,            "queue.put",             ns,    PYTHON, WORK,  0,      "Queue.put() without its lock") \
	P(QUEUE_GET,            "queue.get",             ns,    PYTHON, WORK,  0,      "Queue.get() of an item that is there, without its lock") \
	P(QUEUE_TASK_DONE,      "queue.task_done",       ns,    PYTHON, WORK,  0,      "Queue.task_done(), or join() with nothing unfinished, without its lock") \
	P(VARIABLE_ACCESS,      "variable.access",       ns,    PYTHON, WORK,  0,      "a task's reading or writing a shared variable") \
	P(VARIABLE_ACROSS,      "variable.across",       ns,    PYTHON, WORK,  0,      "what that takes on top in a build without a GIL where another core has used the variable last") \
	P(SERVICE_REQUEST,      "service.request",       ns,    PYTHON, WORK,  0,      "a request to a server outside, without its sleep") \
	P(TPE_CREATE,           "tpe.create",            ns,    PYTHON, WORK,  0,      "ThreadPoolExecutor() and its shutdown, without threads") \
	P(TPE_SUBMIT,           "tpe.submit",            ns,    PYTHON, WORK,  0,      "submit() on the caller, without starting a thread or waking one") \
	P(TPE_TASK,             "tpe.task",              ns,    PYTHON, WORK,  0,      "a worker's own cost of one task: queue, call, set_result") \
	P(TPE_RESULT,           "tpe.result",            ns,    PYTHON, WORK,  0,      "result() of a finished future on the caller, map's loop included") \
	P(FUTURE_OBJECTS,       "future.objects",        count, PYTHON, RULE,  0,      "container objects of a task that is submitted to an executor, which garbage collection looks at") \
	P(FUTURE_WATCH,         "future.watch",          ns,    PYTHON, WORK,  0,      "what each future adds to wait() and as_completed() on the caller") \
	P(INTERPRETER_CREATE,   "interp.create",         ns,    PYTHON, WORK,  0,      "creating an interpreter with a GIL of its own (since 3.12), the harness's imports included") \
	P(INTERPRETER_CALL,     "interp.call",           ns,    PYTHON, WORK,  0,      "calling a function in another interpreter and coming back, on the calling thread") \
	P(INTERPRETER_DESTROY,  "interp.destroy",        ns,    PYTHON, WORK,  0,      "destroying such an interpreter") \
	P(PROCESS_START,        "pyprocess.start",       ns,    PYTHON, WORK,  0,      "Process(...).start() with fork on the caller, bytecode around fork()") \
	P(PROCESS_BOOTSTRAP,    "pyprocess.bootstrap",   ns,    PYTHON, WORK,  0,      "a forked child from its first statement to its target, page faults included") \
	P(PROCESS_FINISH,       "pyprocess.finish",      ns,    PYTHON, WORK,  0,      "a child from its target's end to _exit()") \
	P(PROCESS_INTERPRETER_EXIT, "pyprocess.exit",    ns,    PYTHON, WORK,  0,      "what giving back a forked interpreter's address space takes the kernel on top of process.exit") \
	P(PROCESS_JOIN,         "pyprocess.join",        ns,    PYTHON, WORK,  0,      "join() of a dead child, bytecode around waitpid()") \
	P(PROCESS_FIRST_TASK,   "pyprocess.first_task",  ns,    PYTHON, WORK,  0,      "a forked child's first task on top of a later one: pages that it copies by writing to them") \
	P(SPAWN_START,          "spawn.start",           ns,    PYTHON, WORK,  0,      "Process(...).start() with spawn on the caller, bytecode and pickling around fork() and exec()") \
	P(SPAWN_EXEC,           "spawn.exec",            ns,    PYTHON, WORK,  0,      "vfork() and exec() of an interpreter on the caller (since 3.10; before, fork.base and fork.per_byte)") \
	P(SPAWN_CHILD,          "spawn.child",           ns,    PYTHON, WORK,  0,      "a spawned child from exec() to its target: interpreter, site, multiprocessing, the harness as main module") \
	P(SPAWN_FINISH,         "spawn.finish",          ns,    PYTHON, WORK,  0,      "a spawned child from its target's end to _exit(), the interpreter's finalisation included") \
	P(SPAWN_HELPER,         "spawn.helper",          ns,    PYTHON, WORK,  0,      "starting the resource tracker or the fork server on the caller, without exec()") \
	P(SPAWN_TRACKER,        "spawn.tracker",         ns,    PYTHON, WORK,  0,      "the resource tracker from exec() to waiting") \
	P(FORKSERVER_SERVER,    "forkserver.first",      ns,    PYTHON, WORK,  0,      "the fork server from exec() to its first request") \
	P(FORKSERVER_START,     "forkserver.start",      ns,    PYTHON, WORK,  0,      "Process(...).start() with a running fork server on the caller, without waiting") \
	P(FORKSERVER_SERVE,     "forkserver.serve",      ns,    PYTHON, WORK,  0,      "the fork server's cost of one request or one child's end, without fork()") \
	P(FORKSERVER_CHILD,     "forkserver.next",       ns,    PYTHON, WORK,  0,      "a fork server's child from its first statement to its target, the harness as main module included") \
	P(MP_LOCK_UNCONTENDED,  "mplock.uncontended",    ns,    PYTHON, WORK,  0,      "with multiprocessing's lock: pass") \
	P(MP_QUEUE_PUT,         "mpqueue.put",           ns,    PYTHON, WORK,  0,      "multiprocessing.Queue.put() on the caller, without the slot semaphore and waking the feeder") \
	P(MP_QUEUE_FEED,        "mpqueue.feeder",        ns,    PYTHON, WORK,  0,      "the feeder thread's cost of one item, without pickling its bytes, the lock and writing") \
	P(MP_QUEUE_GET,         "mpqueue.get",           ns,    PYTHON, WORK,  0,      "multiprocessing.Queue.get() on the caller, without its locks, reading and unpickling bytes") \
	P(MP_QUEUE_CLOSE,       "mpqueue.close",         ns,    PYTHON, WORK,  0,      "close() and join_thread() of a queue on the caller, without waiting") \
	P(MP_QUEUE_TASK_DONE,   "mpqueue.task_done",     ns,    PYTHON, WORK,  0,      "JoinableQueue.task_done(), or join() with nothing unfinished, without its lock and semaphore") \
	P(MP_SIMPLE_QUEUE_PUT,  "mpsimplequeue.put",     ns,    PYTHON, WORK,  0,      "multiprocessing.SimpleQueue.put(), without its lock, writing and pickling bytes") \
	P(MP_SIMPLE_QUEUE_GET,  "mpsimplequeue.get",     ns,    PYTHON, WORK,  0,      "multiprocessing.SimpleQueue.get(), without its lock, reading and unpickling bytes") \
	P(MP_VALUE_ACCESS,      "mpvalue.access",        ns,    PYTHON, WORK,  0,      "the step read or write on a shared ctypes value, without what every step costs") \
	P(CONNECTION_SEND,      "connection.send",       ns,    PYTHON, WORK,  0,      "Connection.send_bytes(), without the system call") \
	P(CONNECTION_RECEIVE,   "connection.receive",    ns,    PYTHON, WORK,  0,      "Connection.recv_bytes(), without the system calls") \
	P(CONNECTION_POLL,      "connection.poll",       ns,    PYTHON, WORK,  0,      "Connection.poll(), without the system call") \
	P(MANAGER_START,        "manager.start",         ns,    PYTHON, WORK,  0,      "starting a manager's server process on the caller") \
	P(MANAGER_CONNECT,      "manager.connect",       ns,    PYTHON, WORK,  0,      "a connection to a manager on the caller, without its messages") \
	P(MANAGER_ACCEPT,       "manager.accept",        ns,    PYTHON, WORK,  0,      "the same in the server, in the thread that it starts") \
	P(MANAGER_CALL,         "manager.call",          ns,    PYTHON, WORK,  0,      "one call of a proxy's method on the caller, without its message") \
	P(MANAGER_SERVE,        "manager.serve",         ns,    PYTHON, WORK,  0,      "the same in the manager's server") \
	P(PPE_CREATE,           "ppe.create",            ns,    PYTHON, WORK,  0,      "ProcessPoolExecutor() on the caller") \
	P(PPE_SUBMIT,           "ppe.submit",            ns,    PYTHON, WORK,  0,      "submit() on the caller, without the wake-up pipe and starting workers or threads") \
	P(PPE_DISPATCH,         "ppe.dispatch",          ns,    PYTHON, WORK,  0,      "the manager's cost of moving one call into the call queue, without put()") \
	P(PPE_FEED,             "ppe.feeder",            ns,    PYTHON, WORK,  0,      "what a call takes the call queue's feeder on top of mpqueue.feeder: pickling what is around its arguments") \
	P(PPE_WAIT,             "ppe.manager",           ns,    PYTHON, WORK,  0,      "the manager's wait() of one round, without its workers and the system call") \
	P(PPE_WAIT_WORKER,      "ppe.manager_worker",    ns,    PYTHON, WORK,  0,      "what each worker adds to such a wait()") \
	P(PPE_RESULT,           "ppe.result",            ns,    PYTHON, WORK,  0,      "the manager's cost of one result that was read: set_result() and bookkeeping") \
	P(PPE_WORKER,           "ppe.worker",            ns,    PYTHON, WORK,  0,      "a worker's own cost of one call, without its queues") \
	P(PPE_FIRST_CALL,       "ppe.first_call",        ns,    PYTHON, WORK,  0,      "a forked worker's way to its first call, and that call on top of a later one") \
	P(PPE_FIRST_ROUND,      "ppe.first_round",       ns,    PYTHON, WORK,  0,      "the first call in the parent of forked workers on top of a later one: pages that its threads copy by writing to them") \
	P(PPE_SHUTDOWN,         "ppe.shutdown",          ns,    PYTHON, WORK,  0,      "shutdown() on the caller and in the manager, without waiting") \
	P(POOL_CREATE,          "pool.create",           ns,    PYTHON, WORK,  0,      "Pool() on the caller, without its processes and threads") \
	P(POOL_WORKER_ENTRY,    "pool.worker_entry",     ns,    PYTHON, WORK,  0,      "a pool's worker from its target's start to its first get()") \
	P(POOL_MAP,             "pool.map",              ns,    PYTHON, WORK,  0,      "map() on the caller: chunking and result object") \
	P(POOL_DISPATCH,        "pool.dispatch",         ns,    PYTHON, WORK,  0,      "the task handler's cost of one chunk, pickling of a small task included") \
	P(POOL_TASK,            "pool.task",             ns,    PYTHON, WORK,  0,      "a worker's own cost of one chunk: get, unpickle, call, pickle, put") \
	P(POOL_FIRST_TASK,      "pool.first_task",       ns,    PYTHON, WORK,  0,      "a forked worker's first chunk on top of a later one: pages that it copies by writing to them") \
	P(POOL_ITEM,            "pool.item",             ns,    PYTHON, WORK,  0,      "what each further item of a chunk costs in the worker") \
	P(POOL_RESULT,          "pool.result",           ns,    PYTHON, WORK,  0,      "the result handler's cost of one chunk") \
	P(POOL_NEXT,            "pool.next",             ns,    PYTHON, WORK,  0,      "next() of imap() with a result that is there, on the caller") \
	P(POOL_WATCH,           "pool.watch",            ns,    PYTHON, WORK,  0,      "the worker handler's cost of one round, which every result sets off, without its workers") \
	P(POOL_WATCH_WORKER,    "pool.watch_worker",     ns,    PYTHON, WORK,  0,      "what each worker adds to such a round") \
	P(POOL_TERMINATE,       "pool.terminate",        ns,    PYTHON, WORK,  0,      "terminate() on the caller, without waiting") \
	/* Sockets on the loopback device, as a server and its clients use them */ \
	P(SERVER_ACCEPT,        "server.accept",         ns,    PYTHON, WORK,  0,      "accept() of a connection that waits, on the server") \
	P(SERVER_RECV,          "server.recv",           ns,    PYTHON, WORK,  0,      "recv() of a short request that is there") \
	P(SERVER_SEND,          "server.send",           ns,    PYTHON, WORK,  0,      "sendall() of a short answer to a client that waits for it in epoll_wait()") \
	P(SERVER_CLOSE,         "server.close",          ns,    PYTHON, WORK,  0,      "close() of a connection, on the server") \
	P(SERVER_CONNECT,       "server.connect",        ns,    PYTHON, WORK,  0,      "a client's opening a connection and sending a short request") \
	P(SERVER_SELECT,        "server.select",         ns,    PYTHON, WORK,  0,      "select() of a selector with a descriptor that is ready, without the system call") \
	/* asyncio, and the garbage collection that its objects set off */ \
	P(GC_THRESHOLD,           "gc.threshold",          count,    PYTHON, RULE,  2000,      "container objects made that set off a collection of the youngest generation") \
	P(GC_PER_OBJECT,          "gc.per_object",         ns,    PYTHON, WORK,  0,      "what a garbage collection takes for each object of its generations while the caches hold them") \
	P(GC_PER_FAR_OBJECT,      "gc.per_far_object",     ns,    PYTHON, WORK,  0,      "the same for each object beyond gc.near_objects; what using one takes that the caches do not hold is the difference") \
	P(GC_NEAR_OBJECTS,        "gc.near_objects",       count,    PYTHON, RULE,  80000,      "objects of one collection that the caches hold") \
	P(GC_HEAP,                "gc.heap",               ns,    PYTHON, WORK,  0,      "what a garbage collection takes on top in a build without a GIL, for the way past the objects that were there at the start") \
	P(AIO_RUN,                "aio.run",               ns,    PYTHON, WORK,  0,      "asyncio.run() of a coroutine: loop made and closed, without the coroutine's task and turns") \
	P(AIO_FIRST_RUN,          "aio.first_run",         ns,    PYTHON, WORK,  0,      "a forked child's first asyncio.run() on top of a later one: pages that it copies by writing to them") \
	P(AIO_ITERATION,          "aio.iteration",         ns,    PYTHON, WORK,  0,      "one turn of the event loop without select's system call and without callbacks") \
	P(AIO_SELECT,             "aio.select",            ns,    PYTHON, WORK,  0,      "select's system call (epoll_wait), not waiting") \
	P(AIO_CALLBACK,           "aio.callback",          ns,    PYTHON, WORK,  0,      "call_soon() and the running of its handle") \
	P(AIO_STEP,               "aio.step",              ns,    PYTHON, WORK,  0,      "one step of a task: resuming its coroutine and suspending it on a future") \
	P(AIO_YIELD,              "aio.yield",             ns,    PYTHON, WORK,  0,      "asyncio.sleep(0) on top of its step and callback") \
	P(AIO_TASK,               "aio.task",              ns,    PYTHON, WORK,  0,      "create_task() and the task's end, without its steps") \
	P(AIO_INSTANCE,           "aio.instance",          ns,    PYTHON, WORK,  0,      "an instance of a task as a coroutine: its record, variables and outcome, as the harness keeps them") \
	P(AIO_INSTANCE_OBJECTS,   "aio.instance_objects",  count,    PYTHON, RULE,  0,      "container objects of such an instance before its first step, which garbage collection looks at") \
	P(AIO_WAIT_OBJECTS,       "aio.wait_objects",      count,    PYTHON, RULE,  0,      "container objects of one that waits, besides those") \
	P(AIO_FUTURE,             "aio.future",            ns,    PYTHON, WORK,  0,      "making a future, setting it, dropping it") \
	P(AIO_SLEEP,              "aio.sleep",             ns,    PYTHON, WORK,  0,      "asyncio.sleep() of a positive time: coroutine, future, timer made and cancelled") \
	P(AIO_TIMER_COMPARE,      "aio.timer_compare",     ns,    PYTHON, WORK,  0,      "one comparison of two timers in the loop's heap") \
	P(AIO_TIMER_ROUND,        "aio.timer_round",       ns,    PYTHON, RULE,  1,      "select's timeout is rounded up to a multiple of this") \
	P(AIO_AWAIT,              "aio.await",             ns,    PYTHON, WORK,  0,      "awaiting a coroutine function that does not suspend") \
	P(AIO_GATHER,             "aio.gather",            ns,    PYTHON, WORK,  0,      "what gather(), wait() or a task group pay for each child when they begin") \
	P(AIO_GATHER_CALL,        "aio.gather_call",       ns,    PYTHON, WORK,  0,      "gather() itself, its future and its results' list, without its children") \
	P(AIO_GATHER_OBJECTS,     "aio.gather_objects",    count,    PYTHON, RULE,  0,      "container objects of a gather() that waits, besides those of who awaits it") \
	P(AIO_GATHER_DONE,        "aio.gather_done",       ns,    PYTHON, WORK,  0,      "the done callback of each child") \
	P(AIO_TIMEOUT,            "aio.timeout",           ns,    PYTHON, WORK,  0,      "async with timeout(): entering and leaving, timer included") \
	P(AIO_WAIT_FOR,           "aio.wait_for",          ns,    PYTHON, WORK,  0,      "wait_for() without its timeout(); up to 3.11 without its task") \
	P(AIO_GROUP,              "aio.group",             ns,    PYTHON, WORK,  0,      "async with TaskGroup(): entering and leaving, without tasks") \
	P(AIO_LOCK,               "aio.lock",              ns,    PYTHON, WORK,  0,      "async with lock: pass") \
	P(AIO_SEMAPHORE,          "aio.semaphore",         ns,    PYTHON, WORK,  0,      "async with semaphore: pass") \
	P(AIO_BARRIER,            "aio.barrier",           ns,    PYTHON, WORK,  0,      "await barrier.wait() of the last party, without its lock") \
	P(AIO_QUEUE_PUT,          "aio.queue_put",         ns,    PYTHON, WORK,  0,      "await queue.put() with room") \
	P(AIO_QUEUE_GET,          "aio.queue_get",         ns,    PYTHON, WORK,  0,      "await queue.get() of an item that is there") \
	P(AIO_THREADSAFE,         "aio.threadsafe",        ns,    PYTHON, WORK,  0,      "call_soon_threadsafe() on the caller, without send's system call") \
	P(AIO_SELF_PIPE,          "aio.self_pipe",         ns,    PYTHON, WORK,  0,      "reading the self-pipe on the loop, without recv's system calls") \
	P(AIO_EXECUTOR,           "aio.executor",          ns,    PYTHON, WORK,  0,      "run_in_executor() on the loop, without the executor's submit()") \
	P(AIO_UVLOOP,             "aio.uvloop",            ratio, PYTHON, RULE,  1,     "what uvloop takes of what asyncio's own loop takes for turns, callbacks, timers, streams") \
	P(AIO_GENERATOR,          "aio.generator",         ns,    PYTHON, WORK,  0,      "one value of an asynchronous generator") \
	/* Sockets: requests to a server outside (io_via: socket) */ \
	P(SOCKET_CONNECT,         "socket.connect",        ns,    PYTHON, WORK,  0,      "connecting a socket to a server on this machine, with its options, on the caller") \
	P(SOCKET_SEND,            "socket.send",           ns,    PYTHON, WORK,  0,      "sendall() of a small request to a server that waits for it, system call included") \
	P(SOCKET_RECV,            "socket.recv",           ns,    PYTHON, WORK,  0,      "recv() of a small answer that is there, system call included") \
	P(AIO_STREAM_OPEN,        "aio.stream_open",       ns,    PYTHON, WORK,  0,      "asyncio.open_connection() on the loop, system calls included, without turns") \
	P(AIO_STREAM_WRITE,       "aio.stream_write",      ns,    PYTHON, WORK,  0,      "StreamWriter.write() of a small request, without send's system call") \
	P(AIO_STREAM_READ,        "aio.stream_read",       ns,    PYTHON, WORK,  0,      "StreamReader's reading of a small answer that was waited for, without recv's system call") \
	P(MEMORY_INTERPRETER,   "memory.interpreter",    bytes, PYTHON, RULE,  0,      "memory that an interpreter with the standard library's usual modules has for itself") \
	P(MEMORY_CODE,          "memory.code",           bytes, PYTHON, RULE,  0,      "its share of the resident pages of its files; further processes share the same") \
	P(MEMORY_SPAWNED,       "memory.spawned",        bytes, PYTHON, RULE,  0,      "memory that a spawned process or a fork server has for itself: its modules were compiled before") \
	P(MEMORY_TRACKER,       "memory.tracker",        bytes, PYTHON, RULE,  0,      "memory that the resource tracker has for itself") \
	P(MEMORY_FORK,          "memory.fork",           bytes, PYTHON, RULE,  0,      "what a forked child has copied when it ends: pages that it has written to") \
	P(MEMORY_THREAD,        "memory.thread",         bytes, PYTHON, RULE,  0,      "resident memory of one more thread: touched stack, thread state") \
	P(MEMORY_THREAD_OBJECT, "memory.thread_object",  bytes, PYTHON, RULE,  0,      "resident memory of one more Thread object, started or not") \
	P(MEMORY_THREAD_ENDED,  "memory.thread_ended",   bytes, PYTHON, RULE,  0,      "what a thread that has ended keeps until it is joined: since 3.13 touched stack") \
	P(MEMORY_SUBINTERPRETER,"memory.subinterpreter", bytes, PYTHON, RULE,  0,      "resident memory of one more interpreter in the process (since 3.12)") \
	P(MEMORY_COROUTINE,     "memory.coroutine",      bytes, PYTHON, RULE,  0,      "resident memory of one more instance of a task as a coroutine that sleeps") \
	P(MEMORY_FUTURE,        "memory.future",         bytes, PYTHON, RULE,  0,      "resident memory of one more task that is submitted to an executor: its future and work item") \
	P(MEMORY_ASYNCIO,       "memory.asyncio",        bytes, PYTHON, RULE,  0,      "what importing asyncio adds to an interpreter's memory") \
	P(MEMORY_TOUCH,         "memory.touch",          ns_per_byte, PYTHON, LOAD, 0, "allocating a byte of a large bytearray and writing to each of its pages") \
	P(MEMORY_FILL,          "memory.fill",           ns_per_byte, PYTHON, LOAD, 0, "the same in memory that the process had and has freed") \
	P(PICKLE_DUMPS,         "pickle.dumps",          ns_per_byte, PYTHON, WORK, 0, "pickling a byte of a large buffer") \
	P(PICKLE_LOADS,         "pickle.loads",          ns_per_byte, PYTHON, WORK, 0, "unpickling a byte of a large buffer") \
	P(PICKLE_DUMPS_OBJECT,  "pickle.dumps_object",   ns,    PYTHON, WORK,  0,      "pickling a small object, its bytes apart") \
	P(PICKLE_LOADS_OBJECT,  "pickle.loads_object",   ns,    PYTHON, WORK,  0,      "unpickling a small object, its bytes apart")
/* clang-format on */

#endif
