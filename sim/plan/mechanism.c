/*
 * mechanism.c - the first cause that the figures show, in order from what makes a run wrong to what is left.
 *
 * Parts of the time are summed over tasks that run side by side, so their shares say for what tasks wait; how busy
 * the cores and the GIL were says of what there is no more.
 */
#include <math.h>

#include "sim/base/units.h"
#include "sim/plan/mechanism.h"
#include "sim/plan/workload_change.h"

/* A part of the tasks' time from which on it is told. */
#define TOLD_RATIO 0.2
/* A resource is used up when it is busy for more than this. */
#define BUSY_RATIO 0.8

const char *const mechanism_names[] = {
	[MECHANISM_DEADLOCK] = "deadlock",
	[MECHANISM_LOST_UPDATES] = "lost-updates",
	[MECHANISM_THROTTLED] = "quota",
	[MECHANISM_BLOCKED_LOOP] = "blocked-loop",
	[MECHANISM_BUSY_LOOP] = "busy-loop",
	[MECHANISM_GIL] = "gil",
	[MECHANISM_LOCK] = "lock",
	[MECHANISM_ONE_AT_A_TIME] = "one-at-a-time",
	[MECHANISM_START_UP] = "start-up",
	[MECHANISM_CORES] = "cores",
	[MECHANISM_WORKERS] = "workers",
	[MECHANISM_WAITS] = "waits",
	[MECHANISM_WORK] = "work",
};

struct shares {
	double of[TIME_PART_COUNT]; /* of the tasks' time */
	double work;		    /* on a core, doing what the steps say */
};

static struct shares shares_of(const struct variant_result *result)
{
	struct shares shares = { .work = 0 };
	double sum = 0;

	for (int part = 0; part < TIME_PART_COUNT; part++)
		sum += isfinite(result->time_in_s[part]) ? result->time_in_s[part] : 0;
	for (int part = 0; part < TIME_PART_COUNT && sum > 0; part++)
		shares.of[part] = isfinite(result->time_in_s[part]) ? result->time_in_s[part] / sum : 0;
	shares.work = shares.of[TIME_PYTHON] + shares.of[TIME_C] + shares.of[TIME_NATIVE];
	return shares;
}

static const char *seconds(double value, struct region *region)
{
	char text[32];

	units_format_duration_short(value, text);
	return region_strdup(region, text);
}

static struct mechanism_found gil(const struct variant_result *result, const struct shares *shares,
				  struct region *region)
{
	const char *behind = result->gil_wait_behind_c_s > result->gil_wait_behind_python_s
				     ? "C code that holds it to its end"
				     : "other threads' bytecode";

	if (shares->of[TIME_GIL_WAIT] < TOLD_RATIO)
		return (struct mechanism_found){
			MECHANISM_GIL,
			region_format(region, "one GIL for all: it is held %.0f%% of the time, whatever the number of threads",
				      100 * result->utilisation_gil),
		};
	return (struct mechanism_found){
		MECHANISM_GIL,
		region_format(region, "one GIL for all: %.0f%% of task time is waiting for it, behind %s; it is held %.0f%% of the time",
			      100 * shares->of[TIME_GIL_WAIT], behind, 100 * result->utilisation_gil),
	};
}

static struct mechanism_found loop(const struct workload *workload, const struct variant_result *result,
				   const struct shares *shares, struct region *region)
{
	if (workload_content(workload).blocks)
		return (struct mechanism_found){
			MECHANISM_BLOCKED_LOOP,
			region_format(region, "each blocking call stops the loop for all: %.0f%% of task time is waiting for it",
				      100 * shares->of[TIME_LOOP_WAIT]),
		};
	return (struct mechanism_found){
		MECHANISM_BUSY_LOOP,
		region_format(region, "%s, one task after the other: %.0f%% of task time is waiting for it; the cores are %.0f%% busy",
			      model_starts_processes(&workload->model) ? "each loop runs its tasks' bytecode"
								       : "one loop runs all the bytecode",
			      100 * shares->of[TIME_LOOP_WAIT], 100 * result->utilisation_cores),
	};
}

static struct mechanism_found one_at_a_time(const struct workload *workload, const struct variant_result *result,
					    const struct shares *shares, struct region *region)
{
	if (shares->of[TIME_IO] > shares->work)
		return (struct mechanism_found){
			MECHANISM_ONE_AT_A_TIME,
			region_format(region, "one task at a time: %s of waiting one after the other (%.0f%% of its time)",
				      seconds(result->time_in_s[TIME_IO], region), 100 * shares->of[TIME_IO]),
		};
	return (struct mechanism_found){
		MECHANISM_ONE_AT_A_TIME,
		region_format(region, "one task at a time on one of %d cores, and nothing to start: %.0f%% of its time is work",
			      workload->machine.cores, 100 * shares->work),
	};
}

/* What starting and feeding workers takes: the makespan beyond what the steps themselves need. */
static double start_up_ratio(const struct workload *workload, const struct variant_result *result,
			     const struct shares *shares)
{
	double ratio = shares->of[TIME_START_UP] + shares->of[TIME_IPC] + shares->of[TIME_SWITCHING];

	/* Tasks that wait for workers which still start are counted as queueing. */
	if (model_starts_processes(&workload->model) && result->utilisation_cores < 0.5 && shares->work < 0.5 &&
	    shares->of[TIME_IO] < shares->work)
		ratio += shares->of[TIME_QUEUE_WAIT];
	return ratio;
}

struct mechanism_found mechanism_find(const struct workload *workload, const struct variant_result *result,
				      struct region *region)
{
	const struct shares shares = shares_of(result);
	double start_up = start_up_ratio(workload, result, &shares);
	int cores = workload->machine.cores;

	if (result->deadlock)
		return (struct mechanism_found){ MECHANISM_DEADLOCK,
						 region_format(region, "it deadlocks: %s", result->deadlock_report) };
	if (result->lost_updates > 0)
		return (struct mechanism_found){ MECHANISM_LOST_UPDATES,
						 region_format(region, "%.6g updates of shared variables are lost",
							       result->lost_updates) };
	if (shares.of[TIME_THROTTLED] >= TOLD_RATIO)
		return (struct mechanism_found){
			MECHANISM_THROTTLED,
			region_format(region, "the CPU quota of %.3g cores stops it for %.0f%% of task time",
				      workload->machine.quota_cores, 100 * shares.of[TIME_THROTTLED]),
		};
	if (workload->model.kind == MODEL_SEQUENTIAL)
		return one_at_a_time(workload, result, &shares, region);
	if (shares.of[TIME_LOOP_WAIT] >= TOLD_RATIO)
		return loop(workload, result, &shares, region);
	if (shares.of[TIME_GIL_WAIT] >= TOLD_RATIO ||
	    (result->utilisation_gil >= BUSY_RATIO && cores > 1 && !model_starts_processes(&workload->model)))
		return gil(result, &shares, region);
	if (shares.of[TIME_LOCK_WAIT] >= TOLD_RATIO)
		return (struct mechanism_found){
			MECHANISM_LOCK,
			region_format(region, "%.0f%% of task time is waiting for locks and limits of the scenario",
				      100 * shares.of[TIME_LOCK_WAIT]),
		};
	if (start_up >= TOLD_RATIO)
		return (struct mechanism_found){
			MECHANISM_START_UP,
			region_format(region, "starting %s and handing out work costs %.0f%% of task time; the work itself is %.0f%%",
				      model_starts_processes(&workload->model) ? "processes" : "its workers", 100 * start_up,
				      100 * shares.work),
		};
	if (result->utilisation_cores >= BUSY_RATIO)
		return (struct mechanism_found){
			MECHANISM_CORES,
			region_format(region, "%s %.0f%% busy: the bytecode of several tasks runs side by side",
				      cores == 1 ? "the core is" : region_format(region, "all %d cores are", cores),
				      100 * result->utilisation_cores),
		};
	if (shares.of[TIME_QUEUE_WAIT] >= TOLD_RATIO && result->workers > 0)
		return (struct mechanism_found){
			MECHANISM_WORKERS,
			region_format(region, "tasks wait for one of %d workers (%.0f%% of their time); the cores are %.0f%% busy",
				      result->workers, 100 * shares.of[TIME_QUEUE_WAIT],
				      100 * result->utilisation_cores),
		};
	if (shares.of[TIME_IO] >= shares.work)
		return (struct mechanism_found){
			MECHANISM_WAITS,
			region_format(region, "the waits overlap: %.0f tasks in flight at most, %.0f%% of their time is the wait itself",
				      result->in_flight_max, 100 * shares.of[TIME_IO]),
		};
	return (struct mechanism_found){
		MECHANISM_WORK,
		region_format(region, "%.0f%% of task time is work; the cores are %.0f%% busy", 100 * shares.work,
			      100 * result->utilisation_cores),
	};
}
