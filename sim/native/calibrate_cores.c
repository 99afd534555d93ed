/*
 * calibrate_cores.c - how cores share work and slow each other: cold caches after a migration, bytes that cross,
 * all cores busy at once, whether the kernel keeps threads together on one core, and what ends their turns there.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native/calibrate_tools.h"

#include <errno.h>
#include <linux/futex.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/native/native_cpus.h"
#include "sim/native/native_fork.h"

/* ---- Cold caches ------------------------------------------------------------------------------------------ */

/* What an interpreter keeps warm while it runs a loop: code, frames, a few objects. */
#define WARM_BYTES ((size_t)64 << 10)

static int64_t touch_ns(volatile const char *memory)
{
	int64_t begin_ns = now_ns();

	for (size_t at = 0; at < WARM_BYTES; at += 64)
		(void)memory[at];
	return now_ns() - begin_ns;
}

static void migrate_often(struct calibration *calibration, struct shared *shared)
{
	char *memory = aligned_alloc(4096, WARM_BYTES);

	if (!memory)
		_exit(1);
	memset(memory, 1, WARM_BYTES);
	for (int i = 0; i < 200; i++) {
		int64_t warm_ns;

		await_full_pace();
		for (size_t at = 0; at < WARM_BYTES; at += 64)
			memory[at]++;
		touch_ns(memory);
		warm_ns = touch_ns(memory);
		pin(i % 2 ? calibration->here : calibration->there);
		add_event(shared, 0, (double)(touch_ns(memory) - warm_ns));
	}
}

/* Kind 0 of what `measure` sees in a child that uses two cores; nothing where there is but one. */
static bool put_of_two_cores(struct calibration *calibration, enum cost cost,
			     void (*measure)(struct calibration *, struct shared *), const char *remark)
{
	struct shared *shared;
	bool ok;

	if (calibration->there < 0) {
		calibration_put_assumed(calibration, cost, 0, "only one CPU is allowed");
		return true;
	}
	shared = shared_new();
	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, measure, shared) && put_kind(calibration, cost, shared, 0, remark);
	munmap(shared, sizeof(*shared));
	return ok;
}

bool calibrate_migration(struct calibration *calibration)
{
	return put_of_two_cores(calibration, COST_SCHED_MIGRATION, migrate_often,
				"reading 64 KiB again on another core");
}

/* ---- Bytes that cross ------------------------------------------------------------------------------------- */

/* What a pipe holds for certain, out of and into memory that is larger than a core's caches, as calibrate_pipe()
 * has it. */
#define CHUNK_BYTES 65536
#define CHUNKS 64
#define PASSED_BYTES ((size_t)CHUNKS * CHUNK_BYTES)

/* So many bytes into the pipe, or out of it; returns how long that took. */
static int64_t write_ns(const int pipes[2], const char *from)
{
	int64_t begin_ns = now_ns();

	if (write(pipes[1], from, CHUNK_BYTES) != CHUNK_BYTES)
		_exit(1);
	return now_ns() - begin_ns;
}

static int64_t read_ns(const int pipes[2], char *to)
{
	int64_t begin_ns = now_ns();

	if (read(pipes[0], to, CHUNK_BYTES) != CHUNK_BYTES)
		_exit(1);
	return now_ns() - begin_ns;
}

/* The other end: reads a chunk whenever `go` says that there is another one, and answers by `back`. */
static void read_there(struct shared *shared, const int pipes[2], char *memory)
{
	for (unsigned chunk = 1;; chunk++) {
		while (atomic_load(&shared->go) != chunk)
			continue;
		shared->last_ns = read_ns(pipes, memory + chunk % CHUNKS * CHUNK_BYTES);
		atomic_store(&shared->back, chunk);
	}
}

/* Kind 0: what a byte takes on top, each way, where a process on another core reads it. Nobody waits in the kernel:
 * they watch each other's words. */
static void copy_across(struct calibration *calibration, struct shared *shared)
{
	char *memory = aligned_alloc(4096, PASSED_BYTES);
	int pipes[2];
	unsigned chunk = 0;
	pid_t other;

	if (!memory || pipe(pipes) != 0)
		_exit(1);
	memset(memory, 1, PASSED_BYTES);
	other = native_fork();
	if (other < 0)
		_exit(1);
	if (other == 0) {
		pin(calibration->there);
		memset(memory, 2, PASSED_BYTES);
		read_there(shared, pipes, memory);
	}
	pin(calibration->here);
	memset(memory, 3, PASSED_BYTES);
	for (int batch = 0; batch < 2 * CALIBRATE_BATCHES; batch++) {
		int64_t here_ns = 0, across_ns = 0;
		double slow = await_full_pace();

		for (int i = 0; i < CHUNKS; i++)
			here_ns += write_ns(pipes, memory + (size_t)i * CHUNK_BYTES) +
				   read_ns(pipes, memory + (size_t)i * CHUNK_BYTES);
		for (int i = 0; i < CHUNKS; i++) {
			across_ns += write_ns(pipes, memory + (size_t)i * CHUNK_BYTES);
			atomic_store(&shared->go, ++chunk);
			while (atomic_load(&shared->back) != chunk)
				continue;
			across_ns += shared->last_ns;
		}
		add_event(shared, 0,
			  (double)(across_ns - here_ns) / (2.0 * PASSED_BYTES) / sqrt(slowness_since(slow)));
	}
	/* The reader gets its parent's death signal. */
}

bool calibrate_copy_across(struct calibration *calibration)
{
	return put_of_two_cores(calibration, COST_MEM_COPY_ACROSS, copy_across,
				"chunks of 64 KiB, read on another core or the same");
}

/* ---- Addresses that another core has to forget ------------------------------------------------------------- */

#define DROPPED_BYTES ((size_t)16 * 4096)
#define DROPS 64

/* What giving back a few pages takes. */
static double drop_ns(void)
{
	int64_t took_ns = 0;

	for (int i = 0; i < DROPS; i++) {
		char *memory = mmap(NULL, DROPPED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		int64_t begin_ns;

		if (memory == MAP_FAILED)
			_exit(1);
		for (size_t at = 0; at < DROPPED_BYTES; at += 4096)
			((volatile char *)memory)[at] = 1;
		begin_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		munmap(memory, DROPPED_BYTES);
		took_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns;
	}
	return (double)took_ns / DROPS;
}

/* The other core's: runs until it is told to stop. */
static void *run_there(void *argument)
{
	struct shared *shared = argument;

	pin((int)shared->cpu_ns);
	atomic_store(&shared->back, 1);
	while (!atomic_load(&shared->stop))
		continue;
	return NULL;
}

/* Kind 0: what a thread on another core adds, against a process without one. */
static void drop_beside(struct calibration *calibration, struct shared *shared)
{
	pin(calibration->here);
	shared->cpu_ns = calibration->there;
	for (int batch = 0; batch < CALIBRATE_BATCHES; batch++) {
		double slow = await_full_pace(), beside_ns;
		pthread_t thread;
		pid_t child = native_fork();

		if (child < 0)
			_exit(1);
		if (child == 0) {
			shared->last_ns = (int64_t)drop_ns();
			_exit(0);
		}
		waitpid(child, NULL, 0);
		atomic_store(&shared->back, 0);
		atomic_store(&shared->stop, 0);
		if (pthread_create(&thread, NULL, run_there, shared) != 0)
			_exit(1);
		while (!atomic_load(&shared->back))
			sched_yield();
		beside_ns = drop_ns();
		atomic_store(&shared->stop, 1);
		pthread_join(thread, NULL);
		add_event(shared, 0, fmax(0, beside_ns - (double)shared->last_ns) / slowness_since(slow));
	}
}

bool calibrate_shootdown(struct calibration *calibration)
{
	return put_of_two_cores(calibration, COST_MEM_SHOOTDOWN, drop_beside,
				"munmap() of 64 KiB beside a thread on another core, against none");
}

/* ---- All cores busy --------------------------------------------------------------------------------------- */

static double work_ns(const uint32_t *table)
{
	int64_t begin_ns = now_ns();
	volatile uint64_t result = busy_work(table, 300000);

	(void)result;
	return (double)(now_ns() - begin_ns);
}

/* Kind 0: time with all other CPUs busy; 1: time alone. Workers on the others work while `go` is odd and sleep
 * while it is even. */
static void work_beside(struct calibration *calibration, struct shared *shared)
{
	static uint32_t table[1024];
	struct native_cpus allowed;
	unsigned others = 0;

	for (uint32_t i = 0; i < 1024; i++)
		table[i] = i * 2654435761u;
	native_cpus_allowed(&allowed);
	for (size_t i = 0; i < allowed.count; i++) {
		pid_t child;

		if (allowed.items[i] == calibration->here)
			continue;
		others++;
		child = native_fork();
		if (child < 0)
			_exit(1);
		if (child != 0)
			continue;
		pin(allowed.items[i]);
		for (;;) {
			unsigned state = atomic_load(&shared->go);

			if (state % 2 == 0) {
				futex(&shared->go, FUTEX_WAIT, state);
				continue;
			}
			atomic_fetch_add(&shared->back, 1);
			while (atomic_load(&shared->go) == state)
				shared->last_ns = (int64_t)busy_work(table, 10000);
			atomic_fetch_sub(&shared->back, 1);
		}
	}
	pin(calibration->here);
	for (int i = 0; i < 2 * CALIBRATE_BATCHES; i++) {
		double alone_ns = work_ns(table);

		atomic_fetch_add(&shared->go, 1);
		futex(&shared->go, FUTEX_WAKE, others);
		while (atomic_load(&shared->back) < others)
			continue;
		add_event(shared, 0, work_ns(table));
		atomic_fetch_add(&shared->go, 1);
		while (atomic_load(&shared->back) > 0)
			continue;
		sleep_for(SIM_MS);
		add_event(shared, 1, alone_ns);
	}
	/* The workers get their parent's death signal. */
}

bool calibrate_all_busy(struct calibration *calibration)
{
	struct shared *shared;
	bool ok;

	if (calibration->there < 0) {
		calibration_put_assumed(calibration, COST_CPU_ALL_BUSY_SPEED, 1, "only one CPU is allowed");
		return true;
	}
	shared = shared_new();
	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, work_beside, shared);
	if (ok) {
		/* Somebody else's work makes a core that should be alone slower, never faster. */
		double alone_ns = calibrate_quantile(shared->events[1], shared->event_counts[1], 0.25);

		for (size_t i = 0; i < shared->event_counts[0]; i++)
			shared->events[0][i] = alone_ns / shared->events[0][i];
		ok = put_kind(calibration, COST_CPU_ALL_BUSY_SPEED, shared, 0, "by a loop in C");
	}
	munmap(shared, sizeof(*shared));
	return ok;
}

/* ---- Keeping threads together ---------------------------------------------------------------------------------
 */

/*
 * A waker that is busy for a given share of its time wakes a thread that does next to nothing: does that run on the
 * waker's core or on the other, which is idle? The mainline kernel takes the idle core always. Some kernels for
 * virtual machines keep the two together while their core is not too busy, which bisection finds out.
 */
#define PACK_PERIOD_NS (8 * SIM_MS)
#define PACK_SETTLING 12 /* periods until the kernel's mean, of a half-life of 32 ms, is what it will be */
#define PACK_PERIODS 10
#define PACK_STEPS 5
#define PACK_REPEATS 1
#define PACK_LEAST_SHARE 0.15

static void *note_cpu(void *argument)
{
	struct shared *shared = argument;

	for (;;) {
		unsigned seen = atomic_load(&shared->go);

		atomic_store(&shared->last_ns, sched_getcpu());
		while (atomic_load(&shared->go) == seen)
			futex(&shared->go, FUTEX_WAIT, seen);
	}
	return NULL;
}

/* Whether most wake-ups by a waker so busy end on its core; *share becomes how busy it really was. */
static bool keeps_together(struct shared *shared, double *share)
{
	int64_t busy_ns = (int64_t)(*share * PACK_PERIOD_NS);
	int64_t begin_ns = 0, napped_ns = 0;
	int together = 0;

	for (int i = 0; i < PACK_SETTLING + PACK_PERIODS; i++) {
		int64_t before_ns = now_ns();
		int here;

		if (i == PACK_SETTLING) {
			begin_ns = before_ns;
			napped_ns = 0;
		}
		sleep_for(PACK_PERIOD_NS - busy_ns);
		napped_ns += now_ns() - before_ns;
		spin_for(busy_ns / 2);
		here = sched_getcpu();
		atomic_fetch_add(&shared->go, 1);
		futex(&shared->go, FUTEX_WAKE, 1);
		spin_for(busy_ns - busy_ns / 2);
		if (i >= PACK_SETTLING)
			together += atomic_load(&shared->last_ns) == here;
	}
	*share = 1 - (double)napped_ns / (double)(now_ns() - begin_ns);
	return together > PACK_PERIODS / 2;
}

static double find_limit(struct shared *shared)
{
	double below = PACK_LEAST_SHARE, above = 1;

	if (!keeps_together(shared, &below))
		return 0;
	for (int step = 0; step < PACK_STEPS; step++) {
		double share = (below + above) / 2;

		if (keeps_together(shared, &share))
			below = share > below ? share : below;
		else
			above = share < above ? share : above;
	}
	return (below + above) / 2;
}

static void wake_while_busy(struct calibration *calibration, struct shared *shared)
{
	pthread_t thread;

	pin_to_both(calibration->here, calibration->there);
	if (pthread_create(&thread, NULL, note_cpu, shared) != 0)
		_exit(1);
	sleep_for(20 * SIM_MS);
	for (int i = 0; i < PACK_REPEATS; i++)
		add_event(shared, 0, find_limit(shared));
}

bool calibrate_packing(struct calibration *calibration)
{
	struct shared *shared;
	bool ok;

	if (calibration->there < 0) {
		calibration_put_assumed(calibration, COST_SCHED_PACK_BELOW, 0, "only one CPU is allowed");
		return true;
	}
	shared = shared_new();
	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, wake_while_busy, shared);
	if (ok)
		calibration_put_batches(calibration, COST_SCHED_PACK_BELOW, shared->events[0],
					shared->event_counts[0],
					"where wake-ups by a waker so busy begin to end elsewhere");
	munmap(shared, sizeof(*shared));
	return ok;
}

/* ---- What ends a slice ------------------------------------------------------------------------------------- */

#define SLICES_NS (80 * SIM_MS)
/* Somebody else has run in between. */
#define INTERRUPTION_NS 100000

/* Kind 0: how long a process runs at a time beside another on its CPU. */
static void take_turns(struct calibration *calibration, struct shared *shared)
{
	int64_t begin_ns, last_ns, turn_ns, now = 0;
	pid_t child;

	pin(calibration->here);
	child = native_fork();
	if (child < 0)
		_exit(1);
	if (child == 0) {
		for (;;)
			spin_for(SIM_MS);
	}
	begin_ns = last_ns = turn_ns = now_ns();
	while (now < begin_ns + SLICES_NS) {
		now = now_ns();
		if (now - last_ns > INTERRUPTION_NS) {
			add_event(shared, 0, (double)(last_ns - turn_ns));
			turn_ns = now;
		}
		last_ns = now;
	}
}

/* A slice that ticks end is hardly ever of its own length; one that a timer ends is, unless its process is
 * disturbed. */
bool calibrate_slices(struct calibration *calibration)
{
	struct shared *shared = shared_new();
	double slice_ns = scaled_to_cpus(calibration_value(calibration, COST_SCHED_BASE_SLICE));
	size_t exact = 0;
	bool ok;

	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, take_turns, shared);
	for (size_t i = 0; i < shared->event_counts[0]; i++)
		exact += fabs(shared->events[0][i] - slice_ns) < slice_ns / 20;
	if (ok)
		calibration_put_system(
			calibration, COST_SCHED_HRTICK, 4 * exact > shared->event_counts[0],
			region_format(calibration->region,
				      "two processes on one CPU: %zu of %zu turns lasted for the slice of %.2f ms",
				      exact, shared->event_counts[0], slice_ns / 1e6));
	munmap(shared, sizeof(*shared));
	return ok;
}
