/*
 * calibrate_tools.h - what micro-benchmarks of the kernel are made of: clocks, pinning, children, memory shared
 * with them.
 */
#ifndef SIM_NATIVE_CALIBRATE_TOOLS_H
#define SIM_NATIVE_CALIBRATE_TOOLS_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "sim/native/calibrate.h"

#define EVENT_LIMIT 8192

/* Memory that forked children share. Threads of one process use it as well, so that both kinds of
 * ping-pong differ in nothing else. */
struct shared {
	_Alignas(64) atomic_uint go;
	_Alignas(64) atomic_uint back;
	_Alignas(64) atomic_uint stop;
	_Alignas(64) _Atomic int64_t woken_ns;
	_Atomic int64_t cpu_ns, last_ns;
	double events[4][EVENT_LIMIT];
	size_t event_counts[4];
};

/* NULL when there is no memory. Given back with munmap(). */
struct shared *shared_new(void);
void add_event(struct shared *shared, int kind, double value);
/* Puts the events of a kind as a cost; false, and an error said, when there is none. */
bool put_kind(struct calibration *calibration, enum cost cost, const struct shared *shared, int kind,
	      const char *remark);

/* Runs `body` in a child of its own, because it pins itself, forks, or eats memory. When gilsim is interrupted meanwhile,
 * it is killed with all that it has forked, the signal is raised again, and false is returned. */
bool in_child(struct calibration *calibration, void (*body)(struct calibration *, struct shared *),
	      struct shared *shared);
/* Says that `what` failed, with errno's text; always false. */
bool fail(struct calibration *calibration, const char *what);

int64_t clock_ns(clockid_t clock);
int64_t now_ns(void);
void spin_for(int64_t duration_ns);
/* Four independent chains of integer work with loads and branches: like an interpreter's loop, this keeps several
 * units of a core busy, so that a sibling that shares them is felt. */
uint64_t busy_work(const uint32_t *table, int rounds);
/* Returns when this core runs at its full pace, as far as that is known, or when waiting for it has taken a third of the time:
 * whoever shares a core with a virtual machine slows it, for milliseconds or seconds. What a moment's work takes then, against
 * the full pace: 1 or more. */
double await_full_pace(void);
/* The mean of what await_full_pace() has said before some work, and of what it is after it: what that work's time is to be
 * divided by. */
double slowness_since(double before);
void sleep_for(int64_t duration_ns);
/* Confines the calling thread, and what it starts, to one CPU; to two of them. */
void pin(int cpu);
void pin_to_both(int cpu, int other);
/* The system call, without a time-out. */
long futex(atomic_uint *word, int operation, unsigned value);

/* A slice on this machine, as the kernel scales what the profile has for 8 or more CPUs. */
double scaled_to_cpus(double for_eight);

/* calibrate_system.c: what the system says of itself. */
bool calibrate_scheduler(struct calibration *calibration);
bool calibrate_limits(struct calibration *calibration);
/* calibrate_calls.c: one thread and the kernel. */
bool calibrate_syscall(struct calibration *calibration);
bool calibrate_futex_call(struct calibration *calibration);
bool calibrate_pipe(struct calibration *calibration);
bool calibrate_memory(struct calibration *calibration);
/* calibrate_wakes.c: from a wake-up to who is woken. */
bool calibrate_switches(struct calibration *calibration);
bool calibrate_idle_wakes(struct calibration *calibration);
bool calibrate_busy_wakes(struct calibration *calibration);
/* calibrate_timers.c: what timers take. */
bool calibrate_timer(struct calibration *calibration);
bool calibrate_timer_interrupts(struct calibration *calibration);
/* calibrate_threads.c and calibrate_forks.c: what starting takes. */
bool calibrate_threads(struct calibration *calibration);
bool calibrate_stacks(struct calibration *calibration);
bool calibrate_processes(struct calibration *calibration);
/* calibrate_cores.c: how cores share work and slow each other. */
bool calibrate_migration(struct calibration *calibration);
bool calibrate_copy_across(struct calibration *calibration);
bool calibrate_shootdown(struct calibration *calibration);
bool calibrate_all_busy(struct calibration *calibration);
bool calibrate_slices(struct calibration *calibration);
bool calibrate_packing(struct calibration *calibration);
/* calibrate_balance.c: what a core does that runs out of work. */
bool calibrate_newidle(struct calibration *calibration);

#endif
