/*
 * native_records.h - what the harness writes down of each task, and the figures computed from it.
 *
 * Shared memory of 64-bit words, twelve to a record (harness.py, "Records"): gilsim makes it, so that what had
 * ended is known even when a run was killed.
 */
#ifndef SIM_NATIVE_NATIVE_RECORDS_H
#define SIM_NATIVE_NATIVE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/region.h"
#include "sim/native/native.h"
#include "sim/results/results.h"

struct native_record {
	int64_t release_ns, start_ns, end_ns; /* CLOCK_MONOTONIC; 0: has not happened */
	int64_t outcome;		      /* enum native_outcome; of one that has ended */
	struct native_pace {
		int64_t cpu_ns, iterations; /* of the steps that were timed */
	} pace[3];			    /* python, c, native */
	int64_t retries, lost_updates;
};

enum native_outcome {
	NATIVE_COMPLETED,
	NATIVE_FAILED,
	NATIVE_TIMED_OUT,
	NATIVE_CANCELLED,
	NATIVE_REJECTED,
	NATIVE_OUTCOME_COUNT
};

/* The first record of the memory. */
struct native_clock {
	int64_t start_ns, end_ns;
	int64_t released_at_once_ns; /* when map() released all tasks; 0: each was released on its own */
	int64_t arrivals_from_ns;
	struct native_pace pace[3]; /* of what is no task: `main`; likewise the rest */
	int64_t retries, lost_updates;
};
_Static_assert(sizeof(struct native_clock) == sizeof(struct native_record), "both are records");

struct native_records {
	void *memory; /* owned: a mapping */
	size_t size_bytes;
	int fd; /* owned */
	volatile struct native_clock *clock;
	const struct native_record *tasks;
	const uint64_t *who; /* of each task: its process << 32 | its thread, as the kernel numbers them; 0: not known */
	size_t count;
};

bool native_records_init(struct native_records *records, size_t task_count, struct native_error *error);
void native_records_release(struct native_records *records);

/* Counts, sojourns and numbers in flight. `expected` tasks should have ended; SIZE_MAX: those that were released.
 */
void native_records_summarise(const struct native_records *records, size_t expected, struct region *region,
			      struct variant_result *result);
/* The same for each class of a run with a mix; the first `run_count` records are the run's own instances. */
void native_records_classes(const struct native_records *records, const struct workload *workload, size_t run_count,
			    struct region *region, struct variant_result *result);
/* The tasks that had begun, for a trace, in the order of their records; times count from the clock's start. */
void native_records_tasks(const struct native_records *records, struct region *region, struct native_run *run);

/* The mean nanoseconds of an iteration of each loop during the run, by the threads' CPU clocks; NaN where none was
 * timed. */
void native_records_pace(const struct native_records *records, double spin_ns[3]);
/* Sets the slowness of `run`, whose pace is known: of the first `count` tasks, if all of them had a step that was timed. */
void native_records_slowness(const struct native_records *records, size_t count, struct region *region,
			     struct native_run *run);

#endif
