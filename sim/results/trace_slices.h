/*
 * trace_slices.h - a stream of records as slices of time: what formats with lanes are written from.
 *
 * Takes the records of one run in order of time and tells a receiver of slices that begin and end, each
 * once, and in order of time within a lane. States that take no time are left out, and a thread that comes
 * back to what it was at without losing time was never away. Slices of one thread nest: its task, and
 * within it what it is at. Memory is a few hundred bytes for each live thread, open task and counter, and
 * does not grow with the length of the run.
 */
#ifndef SIM_RESULTS_TRACE_SLICES_H
#define SIM_RESULTS_TRACE_SLICES_H

#include "sim/base/region.h"
#include "sim/engine/trace.h"

enum slice_kind {
	SLICE_STATE,		/* what the thread is at; `core` it runs on, or -1 */
	SLICE_TASK,		/* a task, the only open one of its thread */
	SLICE_OVERLAPPING_TASK, /* a task begun while its thread had another one open */
	SLICE_LOCK,		/* a thread holds the lock `number`; its lane is the lock's */
};

struct slice {
	enum slice_kind kind;
	int32_t process, thread, core;
	const char *what; /* "python", "gil", ...; for a task "task" */
	const char *name; /* the task's, or for a lock its holder's; "" for a state */
	int64_t number;	  /* the task's or the lock's; 0 for a state */
	bool alternate;	  /* a state that goes on across the beginning or end of a task: every other part of it */
	sim_ns start_ns;
};

struct slice_receiver {
	void *context;
	/* A thread has started. */
	void (*thread)(void *context, int32_t process, int32_t thread, const char *name, sim_ns now_ns);
	/* A lock is taken for the first time. */
	void (*lock)(void *context, int32_t process, int64_t number, const char *what);
	void (*begin)(void *context, const struct slice *slice);
	void (*end)(void *context, const struct slice *slice, sim_ns end_ns);
	/* A drop request or a preemption. */
	void (*instant)(void *context, const struct trace_record *record);
	/* A thread has sent a message, or has got one: TRACE_SEND, TRACE_RECEIVE. */
	void (*message)(void *context, const struct trace_record *record);
	/* A lock has gone from one thread to another. */
	void (*hand_over)(void *context, const struct slice *taken, int32_t from_process, int32_t from_thread);
	void (*counter)(void *context, const char *what, const char *name, sim_ns now_ns, int64_t value);
	/* The run's clock starts or stops. */
	void (*mark)(void *context, const char *what, sim_ns now_ns);
};

struct trace_slices;

/* The receiver is copied; memory comes from `region` until trace_slices_end(). */
struct trace_slices *trace_slices_new(const struct slice_receiver *receiver, struct region *region);
/* A sink that feeds it. */
struct trace_sink trace_slices_sink(struct trace_slices *slices);
/* Ends what is still open at the time of the last record, and frees everything. */
void trace_slices_end(struct trace_slices *slices);

#endif
