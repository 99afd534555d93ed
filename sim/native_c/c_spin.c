/*
 * c_spin.c - see c_spin.h; harness_pace.py does the same for CPython.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native_c/c_spin.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/native/native_fork.h"
#include "sim/native_c/c_clock.h"

#define PIECE_ITERATIONS 50000
#define WATCH_NS (40 * SIM_MS)
#define NOMINAL_WATCH_NS (100 * SIM_MS)
#define WARM_UP_NS (200 * SIM_MS)

__attribute__((noinline)) int64_t c_spin(int64_t iterations, const atomic_bool *stop)
{
	unsigned x = 1;

	while (iterations > 0) {
		for (unsigned i = 0; i < 16; i++) {
			x = x * 3 + i;
			__asm__ volatile("" : "+r"(x)); /* or the compiler would know the result */
		}
		iterations--;
		if (stop && atomic_load_explicit(stop, memory_order_relaxed))
			break;
	}
	return iterations;
}

static double rate_ns(int64_t watch_ns, const atomic_bool *stop)
{
	int64_t begin_ns = c_clock_ns(), elapsed_ns, pieces = 0;

	do {
		c_spin(PIECE_ITERATIONS, stop);
		pieces++;
		elapsed_ns = c_clock_ns() - begin_ns;
	} while (elapsed_ns < watch_ns);
	return (double)elapsed_ns / (double)(pieces * PIECE_ITERATIONS);
}

void c_spin_rates(int64_t watch_ns, double rates_ns[3])
{
	atomic_bool never = false;

	rates_ns[0] = rate_ns(watch_ns, &never);
	rates_ns[1] = rates_ns[2] = rate_ns(watch_ns, NULL);
}

void c_spin_warm_up(void)
{
	rate_ns(WARM_UP_NS, NULL);
}

static double kept_ns[3]; /* 0: not measured yet */

void c_spin_set_nominal(const double rates_ns[3])
{
	for (int kind = 0; kind < 3; kind++)
		kept_ns[kind] = rates_ns[kind];
}

void c_spin_nominal(double rates_ns[3])
{
	if (kept_ns[0] == 0) {
		c_spin_warm_up();
		c_spin_rates(NOMINAL_WATCH_NS, kept_ns);
	}
	for (int kind = 0; kind < 3; kind++)
		rates_ns[kind] = kept_ns[kind];
}

static void run_on(const int *cpus, size_t count)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (size_t i = 0; i < count; i++)
		CPU_SET((size_t)cpus[i], &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int c_spin_start_hog(int cpu)
{
	pid_t child = native_fork();

	if (child != 0)
		return child;
	if (cpu >= 0)
		run_on(&cpu, 1);
	for (;;)
		c_spin(PIECE_ITERATIONS, NULL);
}

void c_spin_end_hog(int pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

double c_spin_all_busy_speed(const struct native_cpus *cpus)
{
	int hogs[NATIVE_CPU_LIMIT];
	double together_ns, alone_ns;

	if (cpus->count < 2)
		return NAN;
	for (size_t i = 1; i < cpus->count; i++)
		hogs[i] = c_spin_start_hog(cpus->items[i]);
	run_on(cpus->items, 1);
	usleep(1000); /* until they are there */
	together_ns = rate_ns(WATCH_NS, NULL);
	for (size_t i = 1; i < cpus->count; i++)
		c_spin_end_hog(hogs[i]);
	alone_ns = rate_ns(WATCH_NS, NULL);
	run_on(cpus->items, cpus->count);
	return alone_ns / together_ns;
}
