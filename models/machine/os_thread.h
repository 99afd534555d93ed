/*
 * os_thread.h - the states of an OS thread, and what moves it from one to the next.
 *
 *	NEW -> WAKING -> READY <-> RUNNING -> BLOCKED -> WAKING ...
 *	                              |
 *	                              v
 *	                            EXITED
 *
 * Follows Linux kernel/sched/core.c (try_to_wake_up, schedule) in what takes time: the waker's call, the
 * latency until an idle core runs the wakee, the context switch. See scheduler.h for who runs next.
 */
#ifndef MODELS_MACHINE_OS_THREAD_H
#define MODELS_MACHINE_OS_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "models/machine/frame.h"
#include "models/machine/timers.h"
#include "models/machine/utilisation.h"
#include "sim/base/sim_time.h"
#include "sim/engine/engine.h"

struct arena;
struct core;
struct machine_model;
struct os_process;

enum thread_state { THREAD_NEW, THREAD_WAKING, THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_EXITED };

/* What a thread's time goes to. The machine knows the first ones; layers above number theirs on from
 * ACTIVITY_ABOVE and say with os_thread_set_activity() what a thread is at. While it is ready, switching
 * or throttled, the machine's own word overrides theirs. */
enum { ACTIVITY_RUN_QUEUE, ACTIVITY_SWITCHING, ACTIVITY_THROTTLED, ACTIVITY_ABOVE };
#define ACTIVITY_LIMIT 16

/* What a scheduler keeps about a thread (kernel: struct sched_entity). All weights are nice 0. */
struct sched_entity {
	sim_ns vruntime, deadline, slice, lag;
	sim_ns protected_until; /* EEVDF: vruntime up to which a wake-up does not preempt it */
	sim_ns exec_start_ns;	/* last time its run was accounted, or when it last ran */
	sim_ns ran_ns;		/* CFS: since it was last picked */
	sim_ns relative_deadline;
	bool queued;   /* in the run queue's array (never the running one) */
	bool delayed;  /* EEVDF: sleeps, but stays queued until its negative lag is burnt */
	bool has_relative_deadline;
	struct utilisation utilisation; /* kept where threads are packed by it */
	struct core *utilised_core;	/* whose utilisation this one is part of */
	int32_t last_wakee;		/* its number */
	uint32_t wakee_flips;		/* how often it woke another one than before, of late */
	sim_ns wakees_halved_ns;	/* since when */
};

struct os_thread {
	struct machine_model *machine;
	struct os_process *process;
	const char *name; /* borrowed */
	int32_t id;
	enum thread_state state;
	struct core *core;	/* where it runs, is queued, or ran last; NULL: never yet */
	struct core *last_core; /* where it last ran: what its caches are worth */
	uint64_t switches_seen;	/* there, up to its last */
	struct os_thread *next_in_process, *previous_in_process;
	struct sched_entity sched;
	struct frame *top; /* innermost program */

	/* Computing. */
	sim_ns work_ns;	    /* still to be done, at full speed */
	sim_ns unfinished_ns; /* after an interruption: what was left */
	bool interruptible;
	bool has_new_stack; /* which nobody has touched yet */
	struct arena *arena; /* of its malloc(); NULL: nothing large yet */
	struct cold_code *code; /* NULL: nothing worth a cache */
	sim_ns cold_ns;		/* what cold.work of library code loses by cold caches; 0: all is warm */
	sim_ns warmed_ns;	/* library code that it has executed since */

	/* Waiting. */
	bool wake_pending; /* woken while still about to block */
	bool timed_out;	   /* the last wait ended by its timer */
	struct thread_timer timer;
	struct os_thread *next_waiter, *previous_waiter;
	void *waiting_on; /* a futex' list, for removal at a time-out */
	bool waits;	  /* it blocked and has not run since */

	/* Accounting. */
	uint8_t activity, shown_activity;
	sim_ns since_ns;
	sim_ns *time_in; /* borrowed: ACTIVITY_LIMIT sums to which time is added; NULL: not counted */

	void *owner; /* of the layer above: a Python thread's state */
	void (*exited)(struct os_thread *thread); /* told at the end; may be NULL */
};

/* A thread of `process` that will execute `program`; it is not started yet. */
struct os_thread *os_thread_new(struct os_process *process, const char *name, program_fn *program);
/* The locals of its first frame, to be filled in before the start. */
void *os_thread_first_locals(struct os_thread *thread);
/* Puts it on the idlest core (kernel: wake_up_new_task). What creating it costs is the caller's to charge; returned is what
 * the creator pays on top where that core idles: an inter-processor interrupt. */
sim_ns os_thread_start(struct os_thread *thread);

/* Pushes a frame for `program` with zeroed locals, which the caller fills in before os_thread_enter(). */
void *os_thread_push(struct os_thread *thread, program_fn *program);
/* The same with a frame of so many bytes for locals, at most FRAME_LOCALS_BYTES: as many as the program's locals have. */
void *os_thread_push_sized(struct os_thread *thread, program_fn *program, size_t locals_bytes);
/* Runs the innermost frame; DONE when it has finished (and was popped). For AWAIT. */
enum progress os_thread_enter(struct os_thread *thread);
/* For a program that ends by waiting: its frame goes before it returns PENDING, and its caller goes on when that is over. */
void os_thread_pop(struct os_thread *thread);

/*
 * A stack of frames that is not always on a thread: a coroutine's. It is put on top of whatever program goes on
 * with it, and taken off where it suspends itself; so a coroutine that waits costs its frames and nothing else. It
 * is known by its outermost frame, whose parent is the innermost one while the stack lies aside.
 */

/* Makes a stack of one frame with so much room for locals; its zeroed locals are to be filled in. */
struct frame *frame_stack_new(struct machine_model *machine, program_fn *program, size_t locals_bytes);
/* The same in memory that the caller has behind `frame`, and keeps when the frame has come to its end. */
void frame_stack_init(struct frame *frame, program_fn *program, size_t locals_bytes);
/* For AWAIT: goes on with the stack on top of the innermost frame, which is entered again after its AWAIT when the
 * stack has come to its end or has been taken off. */
enum progress os_thread_attach(struct os_thread *thread, struct frame *bottom);
/* For AWAIT, by a program of the stack or one called by it: takes the stack off, innermost frame and all; whoever
 * had attached it goes on. After the next attach the innermost frame goes on after its AWAIT. */
enum progress os_thread_detach(struct os_thread *thread, struct frame *bottom);

/* The following are for the running thread itself, inside AWAIT. */

/* Uses a core for `work_ns` (at full speed; longer when cores slow each other). */
enum progress os_thread_compute(struct os_thread *thread, sim_ns work_ns);
/* The same if it can be done inline, without an event; else false, and nothing has happened. */
bool os_thread_try_compute(struct os_thread *thread, sim_ns work_ns);
/* As os_thread_compute(), but os_thread_interrupt() ends it early; unfinished_ns then tells what is left (else 0). */
enum progress os_thread_compute_interruptible(struct os_thread *thread, sim_ns work_ns);
/* The same for work that cannot be done inline. */
enum progress os_thread_begin_interruptible(struct os_thread *thread, sim_ns work_ns);
/* Gives up the core until os_thread_wake(), or until `deadline_ns` plus the timer's slack, whichever comes first
 * (SIM_NS_MAX: no deadline); `timed_out` tells which. Returns at once when the wake-up came first. */
enum progress os_thread_block(struct os_thread *thread, sim_ns deadline_ns, sim_ns slack_ns);
/* sched_yield(): lets others of its core run first, as far as its scheduler lets that count. */
enum progress os_thread_yield(struct os_thread *thread);
/* Ends the thread: like returning from its first program, but from anywhere. */
enum progress os_thread_exit(struct os_thread *thread);

/* For others. */

/* Ends an interruptible computation, now if it runs, else when it is next on a core. */
void os_thread_interrupt(struct os_thread *thread);
/*
 * Makes a blocked thread ready, on a core chosen as the kernel would. `waker` is the running thread that does
 * it, or NULL for a timer or a device. Returns what the wake-up costs the waker. A thread that is not blocked
 * yet will find the wake-up when it blocks. `sync`: the waker is about to sleep (pipes).
 */
sim_ns os_thread_wake(struct os_thread *thread, struct os_thread *waker, bool sync);
/* Ends its wait by its timer, from the interrupt on the timer's core; returns what that core pays for the wake-up. */
sim_ns os_thread_time_out(struct os_thread *thread);
/* Makes another thread leave whatever it is at and go on with `program` (NULL: end) as soon as it has a core: what a
 * deadly signal does. */
void os_thread_divert(struct os_thread *thread, program_fn *program);

/* Says what the thread is at from now on. */
void os_thread_set_activity(struct os_thread *thread, uint8_t activity);
/* For the machine's own word: what a thread is at while it is ready, switching or throttled. */
void os_thread_show(struct os_thread *thread, uint8_t shown);
/* From now on time is added to `time_in` (NULL: not counted any more). */
void os_thread_account_to(struct os_thread *thread, sim_ns *time_in);

#endif
