/*
 * c_program.c - see c_program.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native_c/c_program.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/native_c/c_clock.h"
#include "sim/native_c/c_instance.h"
#include "sim/native_c/c_models.h"
#include "sim/native_c/c_process.h"
#include "sim/native_c/c_resources.h"
#include "sim/native_c/c_spin.h"

#define WATCH_NS (40 * SIM_MS)

static void confine_to(const struct native_cpus *cpus)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (size_t i = 0; i < cpus->count; i++)
		CPU_SET((size_t)cpus->items[i], &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		c_die("cannot run on the chosen CPUs");
}

static void measure_pace(const struct native_cpus *cpus, double rates_ns[3], double *all_busy_speed)
{
	c_spin_rates(WATCH_NS, rates_ns);
	*all_busy_speed = c_spin_all_busy_speed(cpus);
}

/* The same while daemons may still be at work: a forked child has none of them, and stops its parent as long as it
 * measures. */
static void measure_pace_after(const struct native_cpus *cpus)
{
	struct c_shared *shared = c_run.shared;
	pid_t child;

	if (c_thread_count() == 0) {
		measure_pace(cpus, shared->spin_after_ns, &shared->all_busy_speed[1]);
		return;
	}
	child = fork();
	if (child == 0) {
		kill(getppid(), SIGSTOP);
		measure_pace(cpus, shared->spin_after_ns, &shared->all_busy_speed[1]);
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* CPU time of this process and of its children that were waited for. */
static double cpu_s(void)
{
	double sum_s = 0;

	for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
		struct rusage usage;

		getrusage(who, &usage);
		sum_s += (double)usage.ru_utime.tv_sec + 1e-6 * (double)usage.ru_utime.tv_usec +
			 (double)usage.ru_stime.tv_sec + 1e-6 * (double)usage.ru_stime.tv_usec;
	}
	return sum_s;
}

static int64_t context_switches(void)
{
	int64_t sum = 0;

	for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
		struct rusage usage;

		getrusage(who, &usage);
		sum += usage.ru_nvcsw + usage.ru_nivcsw;
	}
	return sum;
}

/* CPU time of everybody on this machine (of this container, where it shows no more); NaN where nobody tells. */
static double everybodys_cpu_s(void)
{
	static const struct {
		const char *path, *format;
		double unit_s;
	} sources[] = { { "/sys/fs/cgroup/cpuacct/cpuacct.usage", "%lf", 1e-9 },
			{ "/sys/fs/cgroup/cpu.stat", "usage_usec %lf", 1e-6 } };
	double value;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		FILE *file = fopen(sources[i].path, "r");
		bool told = file && fscanf(file, sources[i].format, &value) == 1;

		if (file)
			fclose(file);
		if (told)
			return value * sources[i].unit_s;
	}
	return NAN;
}

static void run_by_the_clock(void)
{
	struct c_shared *shared = c_run.shared;
	int background = c_run.workload->machine.background;
	int *hogs = c_alloc((size_t)background, sizeof(*hogs));
	double cpu_before_s, everybody_before_s;
	int64_t switches_before;

	for (int i = 0; i < background; i++)
		hogs[i] = c_spin_start_hog(-1);
	cpu_before_s = cpu_s();
	switches_before = context_switches();
	everybody_before_s = everybodys_cpu_s();
	c_run.clock->start_ns = c_clock_ns();
	c_models_run();
	c_run.clock->end_ns = c_clock_ns();
	/* With programs of its own beside it, nobody can tell what others took. */
	shared->everybodys_cpu_s = background > 0 ? NAN : everybodys_cpu_s() - everybody_before_s;
	shared->cpu_s = cpu_s() - cpu_before_s;
	shared->context_switches = context_switches() - switches_before;
	for (int i = 0; i < background; i++)
		c_spin_end_hog(hogs[i]);
}

int c_program_main(void *context)
{
	const struct native_cpus *cpus = context;

	confine_to(cpus);
	c_spin_warm_up();
	measure_pace(cpus, c_run.shared->spin_before_ns, &c_run.shared->all_busy_speed[0]);
	c_threads_begin(c_run.workload);
	c_resources_make();
	c_models_prepare();
	run_by_the_clock();
	c_process_kill_rest();
	measure_pace_after(cpus);
	c_run.shared->is_complete = true;
	return 0;
}
