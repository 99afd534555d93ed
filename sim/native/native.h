/*
 * native.h - the same workload for real, on CPython.
 *
 * One stdlib-only Python harness (sim/native/harness.py) is handed the compiled workload as JSON, does fixed
 * amounts of work (loop iterations, not clock time), measures its own spin rate before and after, and
 * returns what it saw. The harness never runs code from a scenario; for io_via: socket it listens on 127.0.0.1, else it
 * binds nothing.
 */
#ifndef SIM_NATIVE_NATIVE_H
#define SIM_NATIVE_NATIVE_H

#include <stdbool.h>

#include "sim/base/region.h"
#include "sim/profile/profile.h"
#include "sim/results/results.h"
#include "sim/scenario/workload.h"

/* An interpreter as it answers when asked. */
struct native_python {
	const char *executable;
	const char *version;	  /* "3.13" */
	const char *full_version; /* "3.13.0" */
	bool free_threaded_build;
	/* What spin.library takes at this machine's full pace, as an earlier calibration saw it; 0: not known. Only calibration
	 * asks: neighbours may hold a core back for as long as it lasts. */
	double full_pace_ns;
};

struct native_error {
	char text[512];
};

/* Runs `executable` to ask its version and build; false with a reason: not found, older than 3.8, no answer within 10 s. */
bool native_probe_python(const char *executable, struct region *region, struct native_python *python,
			 struct native_error *error);

struct native_options {
	const char *cpus;   /* list as taskset takes it ("0", "0-1"); NULL: as many of the allowed ones as the workload has cores */
	sim_ns timeout_ns;  /* per run; a run that takes longer is killed with its children and counted unfinished */
	bool trace;	    /* keep each task's and step's times and who executed it: native_run.tasks, steps */
	bool glance;	    /* at the machine's pace around the run, which then shall tell no more than what it was like */
	bool memory;	    /* watch its memory: result.peak_memory_bytes; its times are worth nothing then */
};

/* One task as its harness wrote it down; nanoseconds since the clock's start. */
struct native_task {
	sim_ns release_ns, start_ns, end_ns; /* end -1: it had not ended */
	int32_t process, thread;	     /* as the kernel numbers them; 0: not known, for one that had not ended */
};

/* One step of a task, while which its thread was at nothing else. */
struct native_step {
	sim_ns begin_ns, end_ns;
	int32_t process, thread;
	const char *what; /* "python", "io", ...: as the simulator's traces call it */
};

/* A message set out from a thread, or came to one. */
struct native_message {
	sim_ns time_ns;
	int32_t process, thread;
	uint32_t resource; /* by which: its index in the workload */
	bool received;
	int64_t number; /* the same at both ends, from 1 on in the order of setting out */
};

struct native_run {
	struct variant_result result;	     /* as the results schema; speedup not filled */
	double spin_before[3], spin_after[3]; /* measured ns per iteration: python, c, native */
	double library_ns;		      /* likewise, a library's code, before and after; NaN if nobody measured it */
	/* The same while it ran, by the CPU clocks of its threads: what cores that are busy together lose is in it, what
	 * threads wait for is not. NaN where no step was long enough to be timed. */
	double spin_during[3];
	/* Each instance's own, against that of all: cores differ, and so do minutes. Of a run of so many instances that were all
	 * timed; else NULL. */
	const double *slowness;
	size_t slowness_count;
	struct native_task *tasks; /* those that had begun, if a trace was asked for */
	size_t task_count;
	struct native_step *steps; /* likewise, in no order */
	size_t step_count;
	/* Of what is inferred (harness_trace.py): stretches of a process's GIL being held, `what` NULL. Likewise. */
	struct native_step *holds;
	size_t hold_count;
	struct native_step *releases; /* likewise: while which a thread was releasing tasks */
	size_t release_count;
	struct native_message *messages; /* likewise; one that nobody sent is none that is received */
	size_t message_count;
	double others_share; /* of the time of all cores in use that other programs took; NaN where nobody tells */
	double stolen_share; /* likewise what a hypervisor took while they had work; NaN where nobody tells */
	double all_busy_speed; /* cpu.all_busy_speed as it was around the run; NaN on one CPU */
};

/* Whether `python` can run this workload (GIL mode, features); otherwise *why_not says why not. */
bool native_can_run(const struct workload *workload, const struct native_python *python, const char **why_not);
/* Executes the workload once. False with a reason when the interpreter crashed or answered nonsense. */
bool native_execute(const struct workload *workload, const struct native_python *python,
		    const struct native_options *options, struct region *region, struct native_run *run,
		    struct native_error *error);

/* Number of CPUs that this process may use (affinity). */
int native_cpu_count(void);

/* Told now and then how far a calibration is: 0 to 1, and what it measures. False: it shall not go on. */
typedef bool native_progress_fn(void *context, double fraction, const char *what);

/*
 * Measures the machine's costs, then the interpreter's, into `profile`: one pass of NATIVE_CALIBRATION_PASSES, each of which
 * adds to what earlier ones have left in `samples`, of which the machine and every interpreter have their own. Values and
 * their spreads are those of all passes so far.
 */
#define NATIVE_CALIBRATION_PASSES 5
struct native_samples;
struct native_samples *native_samples_new(struct region *region);
bool native_calibrate_machine(struct profile *profile, struct native_samples *samples, struct region *region,
			      native_progress_fn *progress, void *context, struct native_error *error);
bool native_calibrate_python(struct profile *profile, const struct native_python *python,
			     struct native_samples *samples, struct region *region, native_progress_fn *progress,
			     void *context, struct native_error *error);

#endif
