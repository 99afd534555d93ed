/*
 * calibrate_calls.c - one thread and the kernel: system calls, pipes, fresh memory.
 */
#include "sim/native/calibrate_tools.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- System calls and pipes ---------------------------------------------------------------------------- */

static void put_call(struct calibration *calibration, enum cost cost, long call)
{
	double batches[CALIBRATE_BATCHES];

	for (int batch = 0; batch < CALIBRATE_BATCHES; batch++) {
		double slow = await_full_pace(), took_ns;
		int64_t begin_ns = now_ns();

		for (int i = 0; i < 5000; i++)
			syscall(call);
		took_ns = (double)(now_ns() - begin_ns);
		batches[batch] = took_ns / 5000 / slowness_since(slow);
	}
	calibration_put_batches(calibration, cost, batches, CALIBRATE_BATCHES, NULL);
}

bool calibrate_syscall(struct calibration *calibration)
{
	put_call(calibration, COST_SYSCALL_BASE, SYS_getppid);
	put_call(calibration, COST_SCHED_YIELD, SYS_sched_yield);
	return true;
}

static void call_futex(int32_t *word, int operation)
{
	for (int i = 0; i < 5000; i++)
		syscall(SYS_futex, word, operation, 1, NULL, NULL, 0);
}

/* Of memory that processes share: a wait for another value than is there, and a wake-up of nobody. */
bool calibrate_futex_call(struct calibration *calibration)
{
	double batches[CALIBRATE_BATCHES];
	int32_t *word = mmap(NULL, sizeof(*word), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (word == MAP_FAILED)
		return fail(calibration, "mmap");
	*word = 0;
	for (int batch = 0; batch < CALIBRATE_BATCHES; batch++) {
		double slow = await_full_pace(), took_ns;
		int64_t begin_ns = now_ns();

		call_futex(word, FUTEX_WAIT);
		call_futex(word, FUTEX_WAKE);
		took_ns = (double)(now_ns() - begin_ns);
		batches[batch] = took_ns / 10000 / slowness_since(slow);
	}
	munmap(word, sizeof(*word));
	calibration_put_batches(calibration, COST_FUTEX_CALL, batches, CALIBRATE_BATCHES, NULL);
	return true;
}

/* Messages are not in caches: their memory is larger than those of a core. */
#define MESSAGE_BYTES 16384
#define PIPE_BYTES 65536 /* that a pipe holds for certain */
#define COPIED_BYTES (4 << 20)

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
bool calibrate_pipe(struct calibration *calibration)
{
	static char memory[COPIED_BYTES];
	double writes_ns[CALIBRATE_BATCHES], reads_ns[CALIBRATE_BATCHES], copies_ns[CALIBRATE_BATCHES];
	int pipes[2];
	bool ok = pipe2(pipes, O_CLOEXEC) == 0;

	if (!ok)
		return fail(calibration, "pipe");
	for (int batch = 0; ok && batch < CALIBRATE_BATCHES; batch++) {
		double write_ns = 0, read_ns = 0, large_ns = 0, slow = await_full_pace();
		const int messages = COPIED_BYTES / MESSAGE_BYTES;

		for (int i = 0; ok && i < 10; i++)
			ok = pass_through_pipe(pipes, memory, 1, 200, &write_ns, &read_ns);
		for (size_t at = 0; ok && at < COPIED_BYTES; at += PIPE_BYTES)
			ok = pass_through_pipe(pipes, memory + at, MESSAGE_BYTES, PIPE_BYTES / MESSAGE_BYTES,
					       &large_ns, &large_ns);
		slow = slowness_since(slow);
		writes_ns[batch] = write_ns / 2000 / slow;
		reads_ns[batch] = read_ns / 2000 / slow;
		copies_ns[batch] = (large_ns / messages / sqrt(slow) - writes_ns[batch] -
				    reads_ns[batch]) /
				   (2 * MESSAGE_BYTES);
	}
	close(pipes[0]);
	close(pipes[1]);
	if (!ok)
		return fail(calibration, "a pipe");
	calibration_put_batches(calibration, COST_PIPE_WRITE, writes_ns, CALIBRATE_BATCHES, NULL);
	calibration_put_batches(calibration, COST_PIPE_READ, reads_ns, CALIBRATE_BATCHES, NULL);
	calibration_put_batches(calibration, COST_MEM_COPY, copies_ns, CALIBRATE_BATCHES,
				"messages of 16 KiB out of and into 4 MiB");
	return true;
}

/* ---- Fresh memory ---------------------------------------------------------------------------------------- */

/* More than a core's caches hold and than the kernel keeps ready for a core: 1 MiB that is taken and given back
 * again and again costs a third less. */
#define PAGE_BYTES 4096
#define FRESH_PAGES 4096
#define FRESH_BYTES ((size_t)FRESH_PAGES * PAGE_BYTES)

#define MAPPED_PAGES 16
#define MAPPED_BYTES ((size_t)MAPPED_PAGES * PAGE_BYTES)
#define MAPPINGS 64

static char *map_fresh(void)
{
	return mmap(NULL, FRESH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int64_t cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void write_pages(char *memory, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		((volatile char *)memory)[at] = 1;
}

/* What a buffer for more than what comes goes through: mapped, used at its beginning, cut to that, and dropped. What the three
 * system calls take, on average; NaN: one has failed. */
static double map_ns(void)
{
	int64_t took_ns = 0;

	for (int i = 0; i < MAPPINGS; i++) {
		int64_t begin_ns = cpu_ns(), used_ns;
		char *memory = map_fresh();

		if (memory == MAP_FAILED)
			return NAN;
		used_ns = cpu_ns();
		write_pages(memory, MAPPED_BYTES);
		used_ns = cpu_ns() - used_ns;
		memory = mremap(memory, FRESH_BYTES, MAPPED_BYTES, MREMAP_MAYMOVE);
		if (memory == MAP_FAILED || munmap(memory, MAPPED_BYTES) != 0)
			return NAN;
		took_ns += cpu_ns() - begin_ns - used_ns;
	}
	return (double)took_ns / MAPPINGS / 3;
}

bool calibrate_memory(struct calibration *calibration)
{
	double faults[CALIBRATE_BATCHES], releases[CALIBRATE_BATCHES], maps[CALIBRATE_BATCHES];

	for (int batch = 0; batch < CALIBRATE_BATCHES; batch++) {
		double slow = await_full_pace(), mapping_ns;
		char *memory = map_fresh();
		int64_t begin_ns, written_ns, dropped_ns;

		if (memory == MAP_FAILED)
			return fail(calibration, "mmap");
		begin_ns = cpu_ns();
		write_pages(memory, FRESH_BYTES);
		written_ns = cpu_ns();
		munmap(memory, FRESH_BYTES);
		dropped_ns = cpu_ns();
		mapping_ns = map_ns();
		if (isnan(mapping_ns))
			return fail(calibration, "mremap");
		slow = slowness_since(slow);
		faults[batch] = (double)(written_ns - begin_ns) / FRESH_PAGES / sqrt(slow);
		releases[batch] = (double)(dropped_ns - written_ns) / FRESH_PAGES / slow;
		maps[batch] = fmax(0, mapping_ns / slow - releases[batch] * MAPPED_PAGES / 3);
	}
	calibration_put_batches(calibration, COST_MEM_FAULT, faults, CALIBRATE_BATCHES, "CPU time");
	calibration_put_batches(calibration, COST_MEM_RELEASE, releases, CALIBRATE_BATCHES, "munmap() of 16 MiB, CPU time");
	calibration_put_batches(calibration, COST_MEM_MAP, maps, CALIBRATE_BATCHES,
				"mean of mmap(), mremap(), munmap(), CPU time, less 16 times mem.release");
	return true;
}
