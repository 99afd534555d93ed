/*
 * gilsim.h - gilsim as a library: load a scenario, override values, run it, read or print the results.
 *
 * `gilsim run` and `gilsim check` use nothing else. One program may hold many scenarios; each is used by one thread at a
 * time. Nothing here writes to a standard stream, nor ends the program (but gilsim_print(), when memory is short); what is
 * wrong comes back as text. The figures are the command's: metrics are named as in `expect:`.
 *
 *	cc example.c $(pkg-config --cflags --libs gilsim)
 */
#ifndef GILSIM_H
#define GILSIM_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gilsim;

/* ---- Loading ---- */

/* As the command's options of the same names; whatever may be left 0 or NULL is as in the command. */
struct gilsim_options {
	const char *const *overrides; /* --set: "machine.cores=4" */
	size_t override_count;
	const char *const *variants; /* --variant: only these, and the baseline */
	size_t variant_count;
	const char *const *slos; /* --slo: "p99 < 200ms" */
	size_t slo_count;
	const char *profile;	 /* a name or a path; NULL: the scenario's */
	const uint64_t *seed;	 /* NULL: 1 */
	uint64_t max_events;	 /* of one simulation, which is stopped there; 0: no limit */
	size_t max_memory_bytes; /* likewise, and of the scenario */
};

/*
 * Loads the scenario file ("-": standard input). NULL when it cannot be, with errno: EINVAL for what is wrong in the file or
 * the options, else ENOMEM. `*messages` receives what is wrong or only worth a warning, line by line, as the command prints
 * it ("" for nothing); free() it. `options` may be NULL; nothing of it is kept.
 */
struct gilsim *gilsim_load(const char *path, const struct gilsim_options *options, char **messages);
void gilsim_free(struct gilsim *gilsim); /* NULL is allowed */

size_t gilsim_variant_count(const struct gilsim *gilsim);
/* Lives as long as the scenario. */
const char *gilsim_variant_name(const struct gilsim *gilsim, size_t variant);

/* ---- Running ---- */

struct gilsim_trace;

struct gilsim_run_options {
	size_t replications;	      /* with other random numbers each; 0: 1 */
	double precision_ratio;	      /* no more of them than make the 95 % interval this share of the mean; 0: all */
	const char *precision_metric; /* of this figure; NULL: makespan */
	size_t jobs;		      /* simulations at a time; 0: one a CPU; the results are the same for any number */
	bool explain;		      /* ask what each cost adds, too */
	struct gilsim_trace *trace;   /* where what happens is written; then there is one job. NULL: nowhere */
	const volatile sig_atomic_t *stop; /* not 0: ends with what is complete. NULL: nobody wishes to stop it */
	/* Called in the calling thread as it goes on; NULL: nobody looks on. */
	void (*progress)(void *context, double fraction, const char *variant);
	void *context;
};

/* Simulates every variant. Returns 0, or -1 when memory was short. `options` NULL: once, without threads of its own. May be
 * called again. */
int gilsim_run(struct gilsim *gilsim, const struct gilsim_run_options *options);

/* The traces of some runs as one document on `stream`, which is borrowed: Chrome trace events where `path` ends in .json, a
 * table for plots where in .csv, else text. NULL when memory is short. */
struct gilsim_trace *gilsim_trace_new(FILE *stream, const char *path);
/* Completes the document and frees the trace. Whether all has arrived, the stream tells. NULL is allowed. */
void gilsim_trace_finish(struct gilsim_trace *trace);

/* ---- Results of the last run ---- */

/* A figure ("makespan", "speedup", "sojourn.p99", "time_in.gil_wait"), times in seconds, means over the replications. NaN:
 * there is none. */
double gilsim_metric(const struct gilsim *gilsim, size_t variant, const char *metric);

enum gilsim_format { GILSIM_TABLE, GILSIM_JSON, GILSIM_CSV };

/* Prints the results of some scenarios as one document. `color` is of tables. False, with errno, when the stream failed, or
 * when one of them was not run. */
bool gilsim_print(struct gilsim *const *scenarios, size_t count, enum gilsim_format format, bool color, FILE *stream);

/*
 * Whether all that the scenario expects and the thresholds of its options hold, and nothing ended in a deadlock or at a limit
 * unexpectedly. A line about each goes to `verdicts`, about such endings to `messages`. Of a scenario with overrides, what
 * it expects counts only if `strict`. Of a run that was stopped half-way nothing is asked.
 */
bool gilsim_judge(const struct gilsim *gilsim, bool strict, FILE *verdicts, FILE *messages);

#ifdef __cplusplus
}
#endif

#endif
