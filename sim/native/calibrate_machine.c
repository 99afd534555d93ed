/*
 * calibrate_machine.c - micro-benchmarks of the kernel and the hardware: all MACHINE rows of parameters.h.
 *
 * Each measurement is one function and one row of the table at the end. They are taken in the state in
 * which the cost arises: a wake-up of an idle core with that core idle, one on a busy core with waker and wakee
 * on it. What the machine model charges separately is subtracted, in the model's terms:
 *
 *	waking		the wakee runs wake.idle_* after the waker's call began; the waker pays wake.call*
 *	one core	half a round trip of a ping-pong = wake.call + sched.switch (blocking is part of the switch)
 *	timers		a sleeper runs timer.slack + wake.timer_* after its deadline
 *	new threads	the caller pays thread.create, with its wake-up of an idle core; CPU time of the
 *			child until its first statement is thread.entry
 *
 * Several measurements run in forked children, so that gilsim stays small and comes to no harm. Memory
 * shared with them holds raw events; reducing them to a value is the parent's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native/calibrate_tools.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/native/native_cpus.h"
#include "sim/native/native_process.h"

/* ---- What the system says ------------------------------------------------------------------------------ */

/* Reads one whole number from a file of the kernel; -1 when there is none. */
static long long read_number(const char *path)
{
	FILE *stream = fopen(path, "re");
	long long value;
	bool ok;

	if (!stream)
		return -1;
	ok = fscanf(stream, "%lld", &value) == 1;
	fclose(stream);
	return ok ? value : -1;
}

/* The kernel scales its slices by the number of CPUs up to 8 (get_update_sysctl_factor()); the profile
 * has them as on 8 or more. */
double scaled_to_cpus(double for_eight)
{
	static const double factors[] = { 1, 1, 2, 2, 3, 3, 3, 3, 4 };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return for_eight * factors[cpus < 1 ? 1 : cpus > 8 ? 8 : cpus] / 4;
}

static void put_slice(struct calibration *calibration, enum cost cost, const char *file, double by_source)
{
	char path[96];
	long long value;

	snprintf(path, sizeof(path), "/sys/kernel/debug/sched/%s", file);
	value = read_number(path);
	if (value > 0)
		calibration_put_system(calibration, cost, (double)value / scaled_to_cpus(1),
				       region_format(calibration->region, "%s, scaled to 8 CPUs", path));
	else
		calibration_put_system(calibration, cost, by_source,
				       "kernel/sched/fair.c of this kernel's version, for 8 or more CPUs");
}

static bool measure_scheduler(struct calibration *calibration)
{
	struct utsname system;
	int major = 0, minor = 0, patch = 0;
	bool short_slice;
	struct timespec tick;

	uname(&system);
	sscanf(system.release, "%d.%d.%d", &major, &minor, &patch);
	calibration_put_system(calibration, COST_SCHED_KIND, major > 6 || (major == 6 && minor >= 6),
			       region_format(calibration->region, "kernel %s", system.release));
	/* 0.70 instead of 0.75 ms for one CPU, since 6.15 and in late releases of 6.12. */
	short_slice = major > 6 || (major == 6 && (minor >= 15 || (minor == 12 && patch >= 107)));
	put_slice(calibration, COST_SCHED_BASE_SLICE, "base_slice_ns", short_slice ? 2.8e6 : 3e6);
	put_slice(calibration, COST_SCHED_LATENCY, "latency_ns", 24e6);
	put_slice(calibration, COST_SCHED_MIN_GRANULARITY, "min_granularity_ns", 3e6);
	put_slice(calibration, COST_SCHED_WAKEUP_GRANULARITY, "wakeup_granularity_ns", 4e6);
	/* The coarse clock advances at each tick: its resolution is 1/CONFIG_HZ. */
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) != 0)
		return fail(calibration, "clock_getres");
	calibration_put_system(calibration, COST_SCHED_HZ, round(1e9 / (double)tick.tv_nsec),
			       "resolution of CLOCK_MONOTONIC_COARSE");
	return true;
}

static bool measure_limits(struct calibration *calibration)
{
	long slack_ns = prctl(PR_GET_TIMERSLACK);
	long long slice_us = read_number("/proc/sys/kernel/sched_cfs_bandwidth_slice_us");
	int pipes[2];
	int capacity;

	if (slack_ns < 0)
		return fail(calibration, "prctl(PR_GET_TIMERSLACK)");
	calibration_put_system(calibration, COST_TIMER_SLACK, (double)slack_ns, "prctl(PR_GET_TIMERSLACK)");
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return fail(calibration, "pipe");
	capacity = fcntl(pipes[0], F_GETPIPE_SZ);
	close(pipes[0]);
	close(pipes[1]);
	if (capacity < 0)
		return fail(calibration, "fcntl(F_GETPIPE_SZ)");
	calibration_put_system(calibration, COST_PIPE_CAPACITY, capacity, "F_GETPIPE_SZ");
	calibration_put_system(calibration, COST_QUOTA_PERIOD, 100e6, "the kernel's default (cpu.max)");
	calibration_put_system(calibration, COST_QUOTA_SLICE, slice_us > 0 ? (double)slice_us * 1e3 : 5e6,
			       slice_us > 0 ? "/proc/sys/kernel/sched_cfs_bandwidth_slice_us"
					    : "the kernel's default (sched_cfs_bandwidth_slice_us)");
	return true;
}

/* ---- System calls and pipes ---------------------------------------------------------------------------- */

static bool measure_syscall(struct calibration *calibration)
{
	double batches[CALIBRATE_BATCHES];

	for (int batch = 0; batch < CALIBRATE_BATCHES; batch++) {
		int64_t begin_ns;

		await_full_pace();
		begin_ns = now_ns();
		for (int i = 0; i < 5000; i++)
			syscall(SYS_getppid);
		batches[batch] = (double)(now_ns() - begin_ns) / 5000;
	}
	calibration_put_batches(calibration, COST_SYSCALL_BASE, batches, CALIBRATE_BATCHES, NULL);
	return true;
}

/* Moves `count` messages of `bytes` into a pipe, then out of it; adds the times of both. */
static bool pass_through_pipe(const int pipes[2], char *buffer, size_t bytes, int count, double *write_ns,
			      double *read_ns)
{
	int64_t begin_ns = now_ns(), middle_ns;

	for (int i = 0; i < count; i++) {
		if (write(pipes[1], buffer, bytes) != (ssize_t)bytes)
			return false;
	}
	middle_ns = now_ns();
	for (int i = 0; i < count; i++) {
		if (read(pipes[0], buffer, bytes) != (ssize_t)bytes)
			return false;
	}
	*write_ns += (double)(middle_ns - begin_ns);
	*read_ns += (double)(now_ns() - middle_ns);
	return true;
}

/* Both ends in one thread, so nobody waits and nobody is woken. */
static bool measure_pipe(struct calibration *calibration)
{
	static char buffer[16384];
	double writes_ns[CALIBRATE_BATCHES], reads_ns[CALIBRATE_BATCHES], copies_ns[CALIBRATE_BATCHES];
	int pipes[2];
	bool ok = pipe2(pipes, O_CLOEXEC) == 0;

	if (!ok)
		return fail(calibration, "pipe");
	for (int batch = 0; ok && batch < CALIBRATE_BATCHES; batch++) {
		double write_ns = 0, read_ns = 0, large_ns = 0;

		await_full_pace();
		for (int i = 0; ok && i < 10; i++)
			ok = pass_through_pipe(pipes, buffer, 1, 200, &write_ns, &read_ns);
		writes_ns[batch] = write_ns / 2000;
		reads_ns[batch] = read_ns / 2000;
		for (int i = 0; ok && i < 20; i++)
			ok = pass_through_pipe(pipes, buffer, sizeof(buffer), 4, &large_ns, &large_ns);
		copies_ns[batch] = (large_ns / 80 - writes_ns[batch] - reads_ns[batch]) / (2 * sizeof(buffer));
	}
	close(pipes[0]);
	close(pipes[1]);
	if (!ok)
		return fail(calibration, "a pipe");
	calibration_put_batches(calibration, COST_PIPE_WRITE, writes_ns, CALIBRATE_BATCHES, NULL);
	calibration_put_batches(calibration, COST_PIPE_READ, reads_ns, CALIBRATE_BATCHES, NULL);
	calibration_put_batches(calibration, COST_MEM_COPY, copies_ns, CALIBRATE_BATCHES, "messages of 16 KiB");
	return true;
}

/* ---- Fresh memory ---------------------------------------------------------------------------------------- */

/* As much as an interpreter asks for at a time (ARENA_SIZE of obmalloc.c since 3.10). */
#define PAGE_BYTES 4096
#define FRESH_PAGES 256
#define FRESH_BYTES ((size_t)FRESH_PAGES * PAGE_BYTES)

static bool measure_faults(struct calibration *calibration)
{
	double batches[CALIBRATE_BATCHES];

	for (int batch = 0; batch < CALIBRATE_BATCHES; batch++) {
		char *memory = mmap(NULL, FRESH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		int64_t begin_ns;

		if (memory == MAP_FAILED)
			return fail(calibration, "mmap");
		await_full_pace();
		begin_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		for (size_t at = 0; at < FRESH_BYTES; at += PAGE_BYTES)
			((volatile char *)memory)[at] = 1;
		batches[batch] = (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns) / FRESH_PAGES;
		munmap(memory, FRESH_BYTES);
	}
	calibration_put_batches(calibration, COST_MEM_FAULT, batches, CALIBRATE_BATCHES, "CPU time");
	return true;
}

/* ---- One core: switches ---------------------------------------------------------------------------------- */

#define ROUND_TRIPS 1000

/* The other side of a ping-pong: sends each `go` back, until told to stop. */
static void *answer(void *argument)
{
	struct shared *shared = argument;
	unsigned seen = 0;

	while (!atomic_load(&shared->stop)) {
		futex(&shared->go, FUTEX_WAIT, seen);
		if (atomic_load(&shared->go) == seen)
			continue;
		seen = atomic_load(&shared->go);
		atomic_store(&shared->woken_ns, now_ns());
		atomic_fetch_add(&shared->back, 1);
		futex(&shared->back, FUTEX_WAKE, 1);
	}
	return NULL;
}

/* One round; true when the other side did not run before the waker's call had ended, so that the call's
 * time is its own. */
static bool round_trip(struct shared *shared, double *call_ns)
{
	unsigned seen = atomic_load(&shared->back);
	int64_t begin_ns, end_ns;
	long woken;

	atomic_fetch_add(&shared->go, 1);
	begin_ns = now_ns();
	woken = futex(&shared->go, FUTEX_WAKE, 1);
	end_ns = now_ns();
	while (atomic_load(&shared->back) == seen)
		futex(&shared->back, FUTEX_WAIT, seen);
	*call_ns = (double)(end_ns - begin_ns);
	return woken == 1 && atomic_load(&shared->woken_ns) >= end_ns;
}

static void stop_answering(struct shared *shared)
{
	atomic_store(&shared->stop, 1);
	atomic_fetch_add(&shared->go, 1);
	futex(&shared->go, FUTEX_WAKE, 1);
}

/* Half round trips of the same two on one core into kind 0, and waker's calls into kind 1. */
static void ping_pong(struct shared *shared)
{
	double call_ns;

	sleep_for(SIM_MS);
	for (int batch = -1; batch < CALIBRATE_BATCHES; batch++) {
		int64_t begin_ns;

		await_full_pace();
		begin_ns = now_ns();
		for (int i = 0; i < ROUND_TRIPS; i++) {
			bool own = round_trip(shared, &call_ns);

			if (own && batch >= 0 && i % 4 == 0)
				add_event(shared, 1, call_ns);
		}
		if (batch >= 0)
			add_event(shared, 0, (double)(now_ns() - begin_ns) / ROUND_TRIPS / 2);
	}
	stop_answering(shared);
}

static void ping_pong_threads(struct calibration *calibration, struct shared *shared)
{
	pthread_t thread;

	pin(calibration->here);
	if (pthread_create(&thread, NULL, answer, shared) != 0)
		_exit(1);
	ping_pong(shared);
	pthread_join(thread, NULL);
}

static void ping_pong_processes(struct calibration *calibration, struct shared *shared)
{
	pid_t child;

	pin(calibration->here);
	child = fork();
	if (child < 0)
		_exit(1);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		answer(shared);
		_exit(0);
	}
	ping_pong(shared);
	waitpid(child, NULL, 0);
}

static bool measure_switch(struct calibration *calibration, struct shared *threads, struct shared *processes)
{
	double call_ns, thread_ns;

	if (!in_child(calibration, ping_pong_threads, threads) ||
	    !in_child(calibration, ping_pong_processes, processes))
		return false;
	if (!put_kind(calibration, COST_WAKE_CALL, threads, 1, "FUTEX_WAKE on the waker's core"))
		return false;
	call_ns = calibration_value(calibration, COST_WAKE_CALL);
	thread_ns = calibrate_median(threads->events[0], threads->event_counts[0]);
	for (size_t i = 0; i < processes->event_counts[0]; i++)
		processes->events[0][i] -= thread_ns;
	for (size_t i = 0; i < threads->event_counts[0]; i++)
		threads->events[0][i] -= call_ns;
	return put_kind(calibration, COST_SCHED_SWITCH, threads, 0, "half a futex round trip less wake.call") &&
	       put_kind(calibration, COST_SCHED_SWITCH_PROCESS, processes, 0,
			"the same between processes, less threads");
}

static bool measure_switches(struct calibration *calibration)
{
	struct shared *threads = shared_new(), *processes = shared_new();
	bool ok =
		threads && processes ? measure_switch(calibration, threads, processes) : fail(calibration, "mmap");

	if (threads)
		munmap(threads, sizeof(*threads));
	if (processes)
		munmap(processes, sizeof(*processes));
	return ok;
}

/* ---- Two cores: waking an idle one ------------------------------------------------------------------------ */

/* How long the other core has been idle before it is woken, and how often. */
static const struct {
	int64_t pause_ns;
	int rounds;
} idle_pauses[] = {
	{ 10000, 200 },	  { 20000, 200 },   { 50000, 200 },  { 100000, 200 },  { 200000, 150 },	 { 500000, 150 },
	{ 1000000, 100 }, { 2000000, 100 }, { 5000000, 60 }, { 10000000, 40 }, { 20000000, 40 },
};
#define PAUSE_COUNT (sizeof(idle_pauses) / sizeof(idle_pauses[0]))

static void *answer_there(void *argument)
{
	struct shared *shared = argument;

	pin((int)shared->cpu_ns);
	return answer(shared);
}

/* Kind 0: latency; 1: waker's call; 2: index of the pause. The waker spins in between: it is not to idle itself. */
static void wake_across(struct calibration *calibration, struct shared *shared)
{
	pthread_t thread;

	pin(calibration->here);
	shared->cpu_ns = calibration->there;
	if (pthread_create(&thread, NULL, answer_there, shared) != 0)
		_exit(1);
	sleep_for(10 * SIM_MS);
	for (size_t pause = 0; pause < PAUSE_COUNT; pause++) {
		await_full_pace();
		for (int i = 0; i < idle_pauses[pause].rounds; i++) {
			unsigned seen = atomic_load(&shared->back);
			int64_t begin_ns, end_ns;
			long woken;

			spin_for(idle_pauses[pause].pause_ns);
			atomic_fetch_add(&shared->go, 1);
			begin_ns = now_ns();
			woken = futex(&shared->go, FUTEX_WAKE, 1);
			end_ns = now_ns();
			while (atomic_load(&shared->back) == seen)
				continue;
			if (woken != 1)
				continue;
			add_event(shared, 0, (double)(shared->woken_ns - begin_ns));
			add_event(shared, 1, (double)(end_ns - begin_ns));
			add_event(shared, 2, (double)pause);
		}
	}
	stop_answering(shared);
	pthread_join(thread, NULL);
}

static void find_medians(const struct shared *shared, double medians[PAUSE_COUNT])
{
	double group[EVENT_LIMIT];

	for (size_t pause = 0; pause < PAUSE_COUNT; pause++) {
		size_t count = 0;

		for (size_t i = 0; i < shared->event_counts[0]; i++) {
			if (shared->events[2][i] == (double)pause)
				group[count++] = shared->events[0][i];
		}
		medians[pause] = count > 0 ? calibrate_median(group, count) : NAN;
	}
}

/* The first pause whose latency is nearer to that of the longest pauses than to that of the shortest;
 * PAUSE_COUNT when the latency hardly depends on the pause. */
static size_t find_deep_pause(const double medians[PAUSE_COUNT])
{
	double low, high;

	low = (medians[0] + medians[1]) / 2;
	high = (medians[PAUSE_COUNT - 3] + medians[PAUSE_COUNT - 2] + medians[PAUSE_COUNT - 1]) / 3;
	if (!(high > 1.25 * low))
		return PAUSE_COUNT;
	for (size_t pause = 0; pause < PAUSE_COUNT; pause++) {
		if (medians[pause] > (low + high) / 2)
			return pause;
	}
	return PAUSE_COUNT;
}

/* Between the first deep pause and the one before it. */
static int64_t middle_before(size_t deep_pause)
{
	if (deep_pause == PAUSE_COUNT)
		return SIM_MS;
	if (deep_pause == 0)
		return idle_pauses[0].pause_ns;
	return (idle_pauses[deep_pause - 1].pause_ns + idle_pauses[deep_pause].pause_ns) / 2;
}

/* All that is known is that the limit lies between two pauses that were tried. */
static void put_deep_after(struct calibration *calibration, int64_t deep_after_ns, size_t deep_pause,
			   const char *curve)
{
	double ends_ns[2];

	if (deep_pause == PAUSE_COUNT) {
		calibration_put_assumed(
			calibration, COST_IDLE_DEEP_AFTER, (double)deep_after_ns,
			region_format(calibration->region, "latency hardly depends on idle time: %s", curve));
		return;
	}
	ends_ns[0] = deep_pause > 0 ? (double)idle_pauses[deep_pause - 1].pause_ns : 0;
	ends_ns[1] = (double)idle_pauses[deep_pause].pause_ns;
	calibration_put_batches(calibration, COST_IDLE_DEEP_AFTER, ends_ns, 2, curve);
}

/* How much latencies vary around the median of their pause. */
static void put_jitter(struct calibration *calibration, struct shared *shared, const double medians[PAUSE_COUNT])
{
	double ratios[EVENT_LIMIT], batches[CALIBRATE_BATCHES];
	size_t count = shared->event_counts[0], batch_count = count / 50;

	if (batch_count > CALIBRATE_BATCHES)
		batch_count = CALIBRATE_BATCHES;
	for (size_t i = 0; i < count; i++)
		ratios[i] = shared->events[0][i] / medians[(size_t)shared->events[2][i]];
	for (size_t batch = 0; batch < batch_count; batch++) {
		double *first = &ratios[batch * count / batch_count];
		size_t size = (batch + 1) * count / batch_count - batch * count / batch_count;

		batches[batch] = (calibrate_quantile(first, size, 0.9) - calibrate_quantile(first, size, 0.1)) / 2;
	}
	calibration_put_batches(calibration, COST_WAKE_JITTER, batches, batch_count, "of wake-ups of an idle core");
}

static void put_wakes(struct calibration *calibration, struct shared *shared)
{
	double medians[PAUSE_COUNT];
	double *shallow = shared->events[3];
	double deep[EVENT_LIMIT];
	size_t shallow_count = 0, deep_count = 0, deep_pause;
	int64_t deep_after_ns;
	const char *curve = "medians after";

	find_medians(shared, medians);
	deep_pause = find_deep_pause(medians);
	deep_after_ns = middle_before(deep_pause);
	for (size_t pause = 0; pause < PAUSE_COUNT; pause++)
		curve = region_format(calibration->region, "%s%s %lld us %.1f us", curve, pause ? "," : "",
				      (long long)(idle_pauses[pause].pause_ns / SIM_US), medians[pause] / 1e3);
	for (size_t i = 0; i < shared->event_counts[0]; i++) {
		size_t pause = (size_t)shared->events[2][i];
		int64_t pause_ns = idle_pauses[pause].pause_ns;

		/* As the model has it: shallow up to a quarter of the limit, deep from four times that on. The
		 * longest and the shortest pause count in any case. */
		if (pause_ns >= 4 * deep_after_ns || pause == PAUSE_COUNT - 1)
			deep[deep_count++] = shared->events[0][i];
		else if (pause_ns <= deep_after_ns / 4 || pause == 0)
			shallow[shallow_count++] = shared->events[0][i];
	}
	put_deep_after(calibration, deep_after_ns, deep_pause, curve);
	calibration_put_events(calibration, COST_WAKE_CALL_IDLE, shared->events[1], shared->event_counts[1],
			       "FUTEX_WAKE of a thread on an idle core");
	calibration_put_events(calibration, COST_WAKE_IDLE_DEEP, deep, deep_count,
			       "from the beginning of the waker's call");
	calibration_put_events(calibration, COST_WAKE_IDLE_SHALLOW, shallow, shallow_count,
			       "from the beginning of the waker's call");
	put_jitter(calibration, shared, medians);
}

static bool measure_idle_wakes(struct calibration *calibration)
{
	struct shared *shared;
	bool ok;

	if (calibration->there < 0) {
		const char *reason = "only one CPU is allowed: as wake.timer_* and wake.call";

		calibration_put_assumed(calibration, COST_WAKE_CALL_IDLE,
					calibration_value(calibration, COST_WAKE_CALL), reason);
		calibration_put_assumed(calibration, COST_WAKE_IDLE_SHALLOW,
					calibration_value(calibration, COST_WAKE_TIMER_SHALLOW), reason);
		calibration_put_assumed(calibration, COST_WAKE_IDLE_DEEP,
					calibration_value(calibration, COST_WAKE_TIMER_DEEP), reason);
		calibration_put_assumed(calibration, COST_IDLE_DEEP_AFTER, 1e6, reason);
		calibration_put_assumed(calibration, COST_WAKE_JITTER, 0, "only one CPU is allowed");
		return true;
	}
	shared = shared_new();
	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, wake_across, shared);
	if (ok && shared->event_counts[0] < 100) {
		errno = EAGAIN;
		ok = fail(calibration, "hardly any wake-up found its thread waiting");
	}
	if (ok)
		put_wakes(calibration, shared);
	munmap(shared, sizeof(*shared));
	return ok;
}

/* ---- Timers -------------------------------------------------------------------------------------------- */

/* Kind 0: how late short sleeps end; 1: long ones. */
static void sleep_often(struct calibration *calibration, struct shared *shared)
{
	static const struct {
		int64_t sleep_ns;
		int kind;
	} sleeps[] = { { 50000, 0 }, { 100000, 0 }, { 200000, 0 }, { 20000000, 1 }, { 30000000, 1 } };
	long slack_ns = prctl(PR_GET_TIMERSLACK);

	pin(calibration->there < 0 ? calibration->here : calibration->there);
	for (int round = 0; round < 30; round++) {
		for (size_t i = 0; i < sizeof(sleeps) / sizeof(sleeps[0]); i++) {
			int64_t due_ns = now_ns() + sleeps[i].sleep_ns;
			const struct timespec due = { due_ns / SIM_S, due_ns % SIM_S };

			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
			add_event(shared, sleeps[i].kind, (double)(now_ns() - due_ns - slack_ns));
		}
	}
}

static bool measure_timer(struct calibration *calibration)
{
	struct shared *shared = shared_new();
	bool ok;

	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, sleep_often, shared) &&
	     put_kind(calibration, COST_WAKE_TIMER_SHALLOW, shared, 0,
		      "lateness of sleeps of 0.05 to 0.2 ms, less timer.slack") &&
	     put_kind(calibration, COST_WAKE_TIMER_DEEP, shared, 1,
		      "lateness of sleeps of 20 and 30 ms, less timer.slack");
	munmap(shared, sizeof(*shared));
	return ok;
}

/* ---- Threads ------------------------------------------------------------------------------------------- */

static void *note_and_end(void *argument)
{
	struct shared *shared = argument;

	shared->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

/* Kind 0: pthread_create, with the child going to an idle core. */
static void create_threads(struct calibration *calibration, struct shared *shared)
{
	(void)calibration;
	for (int i = 0; i < 600; i++) {
		int64_t begin_ns, created_ns;
		pthread_t thread;

		await_full_pace();
		begin_ns = now_ns();
		if (pthread_create(&thread, NULL, note_and_end, shared) != 0)
			_exit(1);
		created_ns = now_ns();
		pthread_join(thread, NULL);
		/* The first ones make the stack that the later ones take over. */
		if (i >= 20)
			add_event(shared, 0, (double)(created_ns - begin_ns));
		sleep_for(50000);
	}
}

/* On one core, because an idle core's slow first steps are part of wake.idle_*. Kind 1: CPU time at the child's
 * first statement; 2: CPU time from its last one on, found as the process's less what is known. */
static void enter_threads(struct calibration *calibration, struct shared *shared)
{
	pin(calibration->here);
	for (int batch = -1; batch < CALIBRATE_BATCHES; batch++) {
		int64_t process_ns, caller_ns, known_ns = 0;

		await_full_pace();
		process_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
		caller_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		for (int i = 0; i < 40; i++) {
			pthread_t thread;

			if (pthread_create(&thread, NULL, note_and_end, shared) != 0)
				_exit(1);
			pthread_join(thread, NULL);
			known_ns += shared->cpu_ns;
			if (batch >= 0)
				add_event(shared, 1, (double)shared->cpu_ns);
		}
		sleep_for(SIM_MS); /* the last one is told to have ended a little before it has */
		process_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - process_ns;
		caller_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - caller_ns;
		if (batch >= 0)
			add_event(shared, 2, (double)(process_ns - caller_ns - known_ns) / 40);
	}
}

/* Threads that stay take new stacks, once those of the last round's are used up. */
#define STAYING_THREADS 16
#define SPARE_STACKS 4
/* What an interpreter touches of a thread's stack on its way to the first statement. */
#define TOUCHED_BYTES (16 << 10)

static void *touch_and_stay(void *argument)
{
	struct shared *shared = argument;
	volatile char touched[TOUCHED_BYTES];

	for (size_t at = 0; at < sizeof(touched); at += 4096)
		touched[at] = 1;
	shared->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	atomic_fetch_add(&shared->back, 1);
	while (atomic_load(&shared->go) == 0)
		futex(&shared->go, FUTEX_WAIT, 0);
	return NULL;
}

/* Kind 0: what a new stack adds to the creator's time; 1: to the thread's. */
static void stay_with_stacks(struct calibration *calibration, struct shared *shared)
{
	(void)calibration;
	for (int round = -1; round < CALIBRATE_BATCHES; round++) {
		pthread_t threads[STAYING_THREADS];
		double create_ns[STAYING_THREADS], cpu_ns[STAYING_THREADS];
		int new = STAYING_THREADS - SPARE_STACKS - 2;

		await_full_pace();
		atomic_store(&shared->go, 0);
		for (int i = 0; i < STAYING_THREADS; i++) {
			unsigned seen = atomic_load(&shared->back);
			int64_t begin_ns = now_ns();

			if (pthread_create(&threads[i], NULL, touch_and_stay, shared) != 0)
				_exit(1);
			create_ns[i] = (double)(now_ns() - begin_ns);
			while (atomic_load(&shared->back) == seen)
				continue;
			cpu_ns[i] = (double)shared->cpu_ns;
			sleep_for(100000);
		}
		atomic_store(&shared->go, 1);
		futex(&shared->go, FUTEX_WAKE, STAYING_THREADS);
		for (int i = 0; i < STAYING_THREADS; i++)
			pthread_join(threads[i], NULL);
		if (round < 0)
			continue;
		add_event(shared, 0,
			  calibrate_median(create_ns + SPARE_STACKS + 2, (size_t)new) -
				  calibrate_median(create_ns, SPARE_STACKS));
		add_event(shared, 1,
			  calibrate_median(cpu_ns + SPARE_STACKS + 2, (size_t)new) -
				  calibrate_median(cpu_ns, SPARE_STACKS));
	}
}

static bool measure_stacks(struct calibration *calibration)
{
	struct shared *shared = shared_new();
	bool ok;

	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, stay_with_stacks, shared);
	if (ok) {
		calibration_put_batches(calibration, COST_THREAD_STACK, shared->events[0], shared->event_counts[0],
					"of the default size");
		calibration_put_batches(calibration, COST_THREAD_STACK_TOUCH, shared->events[1],
					shared->event_counts[1], "16 KiB of it, CPU time");
	}
	munmap(shared, sizeof(*shared));
	return ok;
}

static bool measure_threads(struct calibration *calibration)
{
	struct shared *shared = shared_new();
	bool ok;

	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, create_threads, shared) && in_child(calibration, enter_threads, shared) &&
	     put_kind(calibration, COST_THREAD_CREATE, shared, 0,
		      calibration->there < 0 ? "on one CPU" : "the wake-up of an idle core included") &&
	     put_kind(calibration, COST_THREAD_ENTRY, shared, 1, "CPU time, on the creator's core") &&
	     put_kind(calibration, COST_THREAD_EXIT, shared, 2, "CPU time");
	munmap(shared, sizeof(*shared));
	return ok;
}

/* ---- Processes ------------------------------------------------------------------------------------------ */

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
	for (int i = 0; i < 150; i++) {
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
	for (int i = 0; i < 30; i++)
		fork_once(calibration, shared, 0, true);
	memset(memory, 1, bytes / 4);
	for (int i = 0; i < 20; i++)
		fork_once(calibration, shared, 1, true);
	memset(memory + bytes / 4, 1, bytes - bytes / 4);
	for (int i = 0; i < 15; i++)
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

static bool measure_processes(struct calibration *calibration)
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

/* ---- All of it ----------------------------------------------------------------------------------------- */

/* In this order: later ones subtract what earlier ones have measured. */
static const struct {
	const char *what;
	bool (*measure)(struct calibration *calibration);
} measurements[] = {
	{ "scheduler", measure_scheduler },	     { "limits", measure_limits },
	{ "system calls", measure_syscall },	     { "pipes", measure_pipe },
	{ "fresh memory", measure_faults },
	{ "context switches", measure_switches },    { "timers", measure_timer },
	{ "waking idle cores", measure_idle_wakes }, { "threads", measure_threads },
	{ "stacks", measure_stacks },
	{ "processes", measure_processes },	     { "migration", calibrate_migration },
	{ "all cores busy", calibrate_all_busy },    { "keeping together", calibrate_packing },
	{ "slices", calibrate_slices },		     { "running out of work", calibrate_newidle },
};
#define MEASUREMENT_COUNT (sizeof(measurements) / sizeof(measurements[0]))

bool calibrate_machine(struct calibration *calibration)
{
	const size_t count = MEASUREMENT_COUNT;

	for (size_t i = 0; i < count; i++) {
		if (calibration->progress && !calibration->progress(calibration->context,
								    (double)i / (double)count,
								    measurements[i].what)) {
			native_error_set(calibration->error, "interrupted");
			return false;
		}
		if (!measurements[i].measure(calibration))
			return false;
	}
	if (calibration->progress)
		calibration->progress(calibration->context, 1, "done");
	return true;
}
