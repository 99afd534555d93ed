/*
 * c_instance.h - a task's instance as it runs: its record, its variables, what it has started, how it is leaving
 * its steps.
 */
#ifndef SIM_NATIVE_C_C_INSTANCE_H
#define SIM_NATIVE_C_C_INSTANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/native/native_records.h"
#include "sim/native_c/c_thread.h"
#include "sim/scenario/workload.h"

#define C_STAGE_LIMIT 256

/* Memory that all processes of a run share with gilsim, which reads what it says at the end. */
struct c_shared {
	atomic_llong next_record; /* of the tasks that tasks start */
	atomic_int stage_count;
	struct {
		const char *name;
		int64_t at_ns;
	} stages[C_STAGE_LIMIT];
	double spin_before_ns[3], spin_after_ns[3];
	double all_busy_speed[2];	/* before, after; NaN on one CPU */
	double cpu_s, everybodys_cpu_s; /* while the clock ran; NaN where nobody tells */
	int64_t context_switches;
	bool is_complete;
};

/* The run that this process is part of; set before anything below is called, and inherited by fork(). */
struct c_run {
	const struct workload *workload; /* borrowed */
	struct c_shared *shared;
	struct native_clock *clock;
	struct native_record *records; /* of tasks */
	uint64_t *who;		       /* NULL: nobody wants a trace */
	size_t record_count;
	int steps_fd;	/* of the trace; -1: none */
	void **objects; /* by resource; NULL: not of this variant, or nothing to make */
};
extern struct c_run c_run;

/* What a start step returns: a Thread, Process or Task. */
struct c_instance;
struct c_coroutine;
struct c_handle {
	struct c_instance *instance;
	struct c_thread thread;
	pid_t process;		       /* 0: it is none */
	struct c_coroutine *coroutine; /* NULL: likewise */
	bool daemon;
};

struct c_group {
	struct c_handle **handles;
	size_t count, capacity;
};

/* One execution of a task's steps: the instance's own, or a call. */
struct c_activation {
	struct c_activation *caller;
	uint32_t task;
	int depth;
	int64_t *variables;
	struct c_group *groups;
};

enum c_leaving { C_LEAVING_NOT, C_LEAVING_BREAK, C_LEAVING_RETURN, C_LEAVING_RAISE };

struct c_instance {
	uint32_t task;
	uint64_t entity;
	sim_ns item_ns;
	struct native_record *record; /* NULL: `main`, which is no task */
	uint64_t draw_count, child_count;
	struct c_activation *activation;
	enum c_leaving leaving;
	uint32_t exception;
	int64_t returned;
	bool in_coroutine;
	struct c_seen *seen; /* versions of shared variables that it has read */
};

/* The run's instance of that number, of which there is one record each; and `main`. */
struct c_instance *c_instance_new(int64_t number, bool in_coroutine);
struct c_instance *c_instance_new_main(bool in_coroutine);
/* The next child of `parent`, that of number `index` of the start step; its arguments are evaluated. */
struct c_instance *c_instance_new_child(struct c_instance *parent, const struct start *start, int64_t index,
					bool in_coroutine);
/* Notes that it is the program's to do from now on. */
void c_instance_release(struct c_instance *instance);
/* Executes all its steps, in this thread or coroutine, and notes its outcome. */
void c_instance_run(struct c_instance *instance);
/* The same with the type of a thread's body. */
void c_instance_run_body(void *instance);

struct c_activation *c_activation_new(uint32_t task, struct c_activation *caller);
void c_activation_free(struct c_activation *activation);

void c_raise(struct c_instance *instance, uint32_t exception);
/* Raises ARITHMETIC, and is 0, when it cannot be computed. */
int64_t c_value(struct c_instance *instance, struct value value);
void c_store(struct c_instance *instance, uint32_t variable, int64_t value);
/* A duration of the step's for this execution: the next draw of the instance where it is drawn. */
sim_ns c_duration_ns(struct c_instance *instance, const struct step *step);
struct c_group *c_group_of(struct c_instance *instance, uint32_t group);
struct c_handle *c_handle_new(struct c_instance *instance, uint32_t group);

/* ---- What a thread notes: its pace, and its steps for a trace ---- */

/* A CPU step of so many iterations by `work`, of kind 0 to 2; its CPU time is noted where it is long enough. */
void c_note_work(struct c_instance *instance, int kind, int64_t iterations, void (*work)(int64_t));
/* A step that began at `begin_ns` ends now. `kind` is an index into step_kinds of native_trace.c. */
void c_note_step(enum step_kind kind, int64_t begin_ns);
static inline bool c_is_traced(void)
{
	return c_run.steps_fd >= 0;
}

#endif
