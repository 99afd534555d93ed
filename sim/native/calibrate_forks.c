/*
 * calibrate_forks.c - what a new process takes, small and large.
 */
#include "sim/native/calibrate_tools.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LARGE_BYTES ((size_t)400 << 20)
#define MEDIUM_BYTES ((size_t)100 << 20)

/* Adds the time of fork to `kind`; if asked for, also 1: CPU time at the child's first statement; 2: from _exit
 * to the parent's being told; 3: waitpid of the dead child. */
static void fork_once(struct calibration *calibration, struct shared *shared, int kind, bool only_fork)
{
	int64_t begin_ns = now_ns(), forked_ns, ended_ns;
	siginfo_t information = { 0 };
	double back_ns = 0;
	pid_t child = fork();

	if (child < 0)
		_exit(1);
	if (child == 0) {
		shared->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
		shared->last_ns = now_ns();
		_exit(0);
	}
	forked_ns = now_ns();
	if (calibration->there >= 0) {
		while (waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT | WNOHANG) == 0 &&
		       information.si_pid == 0)
			continue;
	} else {
		waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT);
		back_ns = calibration_value(calibration, COST_SCHED_SWITCH);
	}
	ended_ns = now_ns();
	add_event(shared, kind, (double)(forked_ns - begin_ns));
	if (!only_fork) {
		int64_t wait_ns = now_ns();

		waitpid(child, NULL, 0);
		add_event(shared, 1, (double)shared->cpu_ns);
		add_event(shared, 2, (double)(ended_ns - shared->last_ns) - back_ns);
		add_event(shared, 3, (double)(now_ns() - wait_ns));
		return;
	}
	waitpid(child, NULL, 0);
}

static void fork_small(struct calibration *calibration, struct shared *shared)
{
	for (int i = 0; i < 90; i++) {
		await_full_pace();
		fork_once(calibration, shared, 0, false);
		sleep_for(50000);
	}
}

/* Kinds 0, 1, 2: fork with nothing, 100 MB and 400 MB touched (less on a small machine). */
static size_t large_bytes(void)
{
	size_t free_bytes = (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);

	return free_bytes / 4 < LARGE_BYTES ? free_bytes / 4 : LARGE_BYTES;
}

static void fork_large(struct calibration *calibration, struct shared *shared)
{
	size_t bytes = large_bytes();
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		_exit(1);
	/* A Python heap consists of small pages: its arenas are too small for huge ones. */
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	for (int i = 0; i < 18; i++)
		fork_once(calibration, shared, 0, true);
	memset(memory, 1, bytes / 4);
	for (int i = 0; i < 12; i++)
		fork_once(calibration, shared, 1, true);
	memset(memory + bytes / 4, 1, bytes - bytes / 4);
	for (int i = 0; i < 9; i++)
		fork_once(calibration, shared, 2, true);
}

static bool measure_small_forks(struct calibration *calibration, struct shared *shared)
{
	return in_child(calibration, fork_small, shared) &&
	       put_kind(calibration, COST_FORK_BASE, shared, 0, NULL) &&
	       put_kind(calibration, COST_FORK_ENTRY, shared, 1, NULL) &&
	       put_kind(calibration, COST_PROCESS_EXIT, shared, 2, NULL) &&
	       put_kind(calibration, COST_PROCESS_WAIT, shared, 3, NULL);
}

static bool measure_large_forks(struct calibration *calibration, struct shared *shared)
{
	double slopes[64], bytes = (double)large_bytes();
	double small_ns, medium_ns, large_ns;
	size_t count = 0;

	if (!in_child(calibration, fork_large, shared))
		return false;
	small_ns = calibrate_median(shared->events[0], shared->event_counts[0]);
	for (size_t i = 0; i < shared->event_counts[2]; i++)
		slopes[count++] = (shared->events[2][i] - small_ns) / bytes;
	medium_ns = calibrate_median(shared->events[1], shared->event_counts[1]);
	large_ns = calibrate_median(shared->events[2], shared->event_counts[2]);
	calibration_put_batches(
		calibration, COST_FORK_PER_BYTE, slopes, count,
		region_format(calibration->region, "fork with 0, %.0f, %.0f MB touched: %.2f, %.2f, %.2f ms",
			      bytes / 4e6, bytes / 1e6, small_ns / 1e6, medium_ns / 1e6, large_ns / 1e6));
	return true;
}

bool calibrate_processes(struct calibration *calibration)
{
	struct shared *small = shared_new(), *large = shared_new();
	bool ok = small && large
			  ? measure_small_forks(calibration, small) && measure_large_forks(calibration, large)
			  : fail(calibration, "mmap");

	if (small)
		munmap(small, sizeof(*small));
	if (large)
		munmap(large, sizeof(*large));
	return ok;
}
