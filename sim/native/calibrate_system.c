/*
 * calibrate_system.c - what the system says of itself: its scheduler, slices and limits.
 */
#include "sim/native/calibrate_tools.h"

#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

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

bool calibrate_scheduler(struct calibration *calibration)
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

bool calibrate_limits(struct calibration *calibration)
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
