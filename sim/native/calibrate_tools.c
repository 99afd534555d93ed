/*
 * calibrate_tools.c - see calibrate_tools.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native/calibrate_tools.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/native/native_fork.h"
#include "sim/native/native_process.h"

int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * SIM_S + now.tv_nsec;
}

int64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void spin_for(int64_t duration_ns)
{
	int64_t end_ns = now_ns() + duration_ns;

	while (now_ns() < end_ns)
		continue;
}

uint64_t busy_work(const uint32_t *table, int rounds)
{
	uint64_t chains[4] = { 1, 2, 3, 4 };

	for (int i = 0; i < rounds; i++) {
		for (int chain = 0; chain < 4; chain++) {
			uint64_t x = chains[chain];

			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			chains[chain] = x + table[x & 1023];
			if ((x & 63) == 0)
				chains[chain] ^= (uint64_t)i;
		}
	}
	return chains[0] ^ chains[1] ^ chains[2] ^ chains[3];
}

/* Some 10 us of a core at its full pace. */
static int64_t moment_ns(void)
{
	static const uint32_t table[1024];
	int64_t begin_ns = now_ns();
	volatile uint64_t result = busy_work(table, 700);

	(void)result;
	return now_ns() - begin_ns;
}

/* For a first idea of what the full pace is: some 30 ms. */
#define FIRST_MOMENTS 1000
#define FULL_WITHIN 1.125

/* Against the fastest so far; an interrupt is nothing of the core's pace. */
static double slowness(void)
{
	static double best_ns = INFINITY;
	double moments_ns[3], took_ns = 0;

	for (int i = isfinite(best_ns) ? 1 : FIRST_MOMENTS; i > 0; i--) {
		for (int moment = 0; moment < 3; moment++)
			moments_ns[moment] = (double)moment_ns();
		took_ns = calibrate_median(moments_ns, 3);
		best_ns = fmin(best_ns, took_ns);
	}
	return took_ns / best_ns;
}

double slowness_since(double before)
{
	return (before + slowness()) / 2;
}

double await_full_pace(void)
{
	static int64_t first_ns, waited_ns;
	double slow = slowness();

	if (first_ns == 0)
		first_ns = now_ns();
	while (slow > FULL_WITHIN && waited_ns <= (now_ns() - first_ns) / 3) {
		int64_t begin_ns = now_ns();

		slow = slowness();
		waited_ns += now_ns() - begin_ns;
	}
	return slow;
}

void sleep_for(int64_t duration_ns)
{
	const struct timespec duration = { duration_ns / SIM_S, duration_ns % SIM_S };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, NULL);
}

void pin_to_both(int cpu, int other)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	CPU_SET((size_t)other, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

void pin(int cpu)
{
	pin_to_both(cpu, cpu);
}

long futex(atomic_uint *word, int operation, unsigned value)
{
	return syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

struct shared *shared_new(void)
{
	void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* Page faults belong to the beginning. */
	memset(memory, 0, sizeof(struct shared));
	return memory;
}

void add_event(struct shared *shared, int kind, double value)
{
	if (shared->event_counts[kind] < EVENT_LIMIT)
		shared->events[kind][shared->event_counts[kind]++] = value;
}

bool fail(struct calibration *calibration, const char *what)
{
	native_error_set(calibration->error, "cannot calibrate: %s: %s", what, strerror(errno));
	return false;
}

/* Waits for the end of a child that leads a process group. A signal other than SIGCHLD of those that are `awaited`, which
 * must be blocked, ends the group, and is returned; 0: there was none. */
static int wait_for(pid_t child, const sigset_t *awaited, int *status)
{
	int interrupted_by = 0;

	setpgid(child, child); /* whoever comes first, the child or this */
	while (!interrupted_by && waitpid(child, status, WNOHANG) == 0) {
		siginfo_t information;

		if (sigwaitinfo(awaited, &information) > 0 && information.si_signo != SIGCHLD)
			interrupted_by = information.si_signo;
	}
	if (interrupted_by) {
		kill(-child, SIGKILL);
		while (waitpid(child, status, 0) < 0 && errno == EINTR)
			continue;
	}
	return interrupted_by;
}

bool in_child(struct calibration *calibration, void (*body)(struct calibration *, struct shared *),
	      struct shared *shared)
{
	sigset_t awaited, mask;
	int interrupted_by, status = 0;
	pid_t child;

	native_interrupts(&awaited);
	sigaddset(&awaited, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &awaited, &mask);
	child = native_fork();
	if (child == 0) {
		setpgid(0, 0);
		pthread_sigmask(SIG_SETMASK, &mask, NULL);
		body(calibration, shared);
		_exit(0);
	}
	interrupted_by = child > 0 ? wait_for(child, &awaited, &status) : 0;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (child < 0)
		return fail(calibration, "fork");
	if (interrupted_by) {
		native_error_set(calibration->error, "interrupted");
		raise(interrupted_by);
		return false;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	errno = ECHILD;
	return fail(calibration, "a measuring process died");
}

bool put_kind(struct calibration *calibration, enum cost cost, const struct shared *shared, int kind,
	      const char *remark)
{
	if (shared->event_counts[kind] == 0) {
		native_error_set(calibration->error, "cannot calibrate '%s': nothing could be measured",
				 cost_infos[cost].name);
		return false;
	}
	calibration_put_events(calibration, cost, shared->events[kind], shared->event_counts[kind], remark);
	return true;
}
