/*
 * native_rounds.h - the variants of one scenario on one interpreter, round after round.
 *
 * Each round runs every variant once, in random order, so that a drift of the machine hits all alike. A run during
 * which the interpreter's pace changed is repeated.
 */
#ifndef SIM_CLI_NATIVE_ROUNDS_H
#define SIM_CLI_NATIVE_ROUNDS_H

#include "sim/cli/cli.h"
#include "sim/cli/progress.h"
#include "sim/native/native.h"

/* What executes a workload natively. */
enum native_backend {
	BACKEND_CPYTHON,
	BACKEND_C, /* sim/native_c/c_backend.h: the interpreter only says which version's algorithms are followed */
};

/* --python, --backend, --repeat, --max-time, --cpus, --timeout, --trace: a child parser for `native` and `validate`. */
struct native_arguments {
	struct region *region; /* borrowed; set by the parent parser */
	struct text_list pythons;
	enum native_backend backend;
	int repeat;
	sim_ns max_time_ns; /* 0: stop after `repeat` rounds */
	sim_ns timeout_ns;
	const char *cpus;
	const char *trace_path; /* NULL: none */
	bool quick;		/* repeat no run, watch no memory */
	bool note_apart;	/* note each task's and step's times, in a run of each variant that no round times */
};
extern const struct argp native_argp;

struct native_rounds {
	const struct scenario *scenario;    /* borrowed */
	const struct native_python *python; /* borrowed */
	enum native_backend backend;
	const char **why_not;		    /* a variant; NULL: it was run */
	double *peak_memory_bytes;	    /* of a variant, from a run of its own; NaN: not known */
	struct native_run *runs;	    /* of round r and variant v at [r * workload_count + v] */
	struct native_run *noted;	    /* of a variant, with note_apart: the run whose steps were noted; else NULL */
	size_t round_count, round_capacity; /* complete rounds, or the first one's part on ^C */
	bool quick;
	size_t repeated_count;		    /* runs thrown away because the pace had changed */
	size_t unsteady_count;		    /* runs kept all the same after the last repeat */
	bool failed;			    /* a run failed that should not */
};

/* The interpreters of --python, or python3; all problems are said. False when one cannot be used. */
bool native_probe_all(const struct native_arguments *arguments, struct region *region,
		      struct native_python **pythons, size_t *count);

/*
 * Loads the scenario as it will run on this interpreter: scaled, compiled for its version, and with no more cores
 * than there are. `profile` as in scenario_options.
 */
struct scenario *native_load_scenario(const char *path, const struct scenario_arguments *arguments,
				      const struct native_arguments *native, const struct native_python *python,
				      const char *profile, struct region *region);
/* Reads every file once, so that every mistake is known before the first measurement. */
bool native_check_files(const struct scenario_arguments *arguments, const struct native_arguments *native,
			const struct native_python *python);

/* Runs until `repeat` rounds are done, or --max-time's end, or ^C. */
void native_rounds_run(struct native_rounds *rounds, const struct scenario *scenario,
		       const struct native_python *python, const struct native_arguments *arguments, uint64_t seed,
		       struct region *region);

static inline const struct native_run *native_rounds_at(const struct native_rounds *rounds, size_t round,
							size_t variant)
{
	return &rounds->runs[round * rounds->scenario->workload_count + variant];
}

/* Which of python, c and native the workload has steps of. */
void workload_spins(const struct workload *workload, bool used[3]);
/*
 * The interpreter's pace during one run: the measured time of an iteration over the calibrated one, for python, c and
 * native; NaN where there is no measurement.
 */
void native_run_pace(const struct workload *workload, const struct native_run *run, double pace[3]);
/*
 * The pace of C code alone, right before the run and right after it, in the same terms: what the kernel has.
 * During a run a step of some microseconds that follows a wait is slow in itself, whatever the machine's pace.
 */
double native_run_pace_around(const struct workload *workload, const struct native_run *run);
/* The same of a library's code in Python; of C where nobody measured it: measurements kept before it was, and backend `c`. */
double native_run_library_pace(const struct workload *workload, const struct native_run *run);
/* cpu.all_busy_speed as it was around the runs: the median over all, since one ratio of two short moments says little of a
 * machine whose pace changes by the millisecond; NaN on one CPU. */
double native_rounds_all_busy_speed(const struct native_rounds *rounds, struct region *region);
/* The pace that tells most, that of the first kind of step the workload has: of each round; and its median over them. */
double *native_rounds_main_paces(const struct native_rounds *rounds, size_t variant, struct region *region);
double native_rounds_main_pace(const struct native_rounds *rounds, size_t variant, struct region *region);

/* "3.13.0t"; for the c backend "c 3.13", the version that it follows. */
const char *native_label(enum native_backend backend, const struct native_python *python, struct region *region);
/* As messages call it: "Python 3.13.0t", "the c backend as of 3.13". */
const char *native_source(const struct native_rounds *rounds, struct region *region);
/* Says on standard error what was not measured, what was repeated, and that cores were clamped. */
void native_rounds_report(const struct native_rounds *rounds, struct region *region);

#endif
