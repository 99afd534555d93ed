/*
 * gilsim.h - gilsim as a library: load a scenario, override values, run it, read or print the results.
 *
 * The commands that simulate (run, check, sweep, merge, plan, advise) use nothing else; those that measure have to look inside.
 * One program may hold many scenarios; each is used by one thread at a time. Nothing here writes to a standard stream, nor ends
 * the program (but what prints, when memory is short); what is wrong comes back as text. The figures are the command's:
 * metrics are named as in `expect:`.
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

/* ---- Searches: the scenario again and again, each time with other overrides, or as another model ---- */

struct gilsim_answer;

/* What all of them take; whatever is left 0 or NULL is as in gilsim_run_options. */
struct gilsim_search {
	size_t jobs;
	const volatile sig_atomic_t *stop;
	void (*progress)(void *context, double fraction, const char *what);
	void *context;
};

/*
 * The functions below return NULL when there is no answer, with errno: EINVAL for what is wrong in the options, EINTR when it was
 * stopped before there was anything, EIO for a database, ENOMEM. `*messages` is as gilsim_load()'s. `search` may be NULL: in
 * this thread alone. The answer must be freed before the scenario that was asked about.
 */

/* As the options of `gilsim advise`. */
struct gilsim_advise_options {
	const char *metric;  /* what counts; NULL: makespan, or of an open load p99 */
	size_t replications; /* of the final comparison; 0: 5 */
	int most_processes;  /* 0: two a core */
	bool without_flips;  /* do not search for what would change the answer */
};

/* Which model wins. It is found unless no model completes the work. `options` may be NULL. */
struct gilsim_answer *gilsim_advise(const struct gilsim *gilsim, const struct gilsim_advise_options *options,
				    const struct gilsim_search *search, char **messages);

/* As the options of `gilsim plan`; the objectives are the `slos` that the scenario was loaded with. */
struct gilsim_plan_options {
	const char *const *axes; /* --vary: "machine.cores=1..64" */
	size_t axis_count;
	const char *minimise; /* workers, cores, memory, price, or an axis' path; NULL: the only axis, else workers */
	const char *prices;   /* a file; NULL: none */
	bool find_rate;	      /* the highest rate of arrivals instead */
	double confidence;    /* of each decision; 0: 0.95 */
	size_t replications;  /* of a configuration at least; 0: 5 */
	size_t most_replications; /* and at most; 0: 40 */
};

/* The cheapest configuration that meets every objective. It is found if there is one. */
struct gilsim_answer *gilsim_plan(const struct gilsim *gilsim, const struct gilsim_plan_options *options,
				  const struct gilsim_search *search, char **messages);

/* As the options of `gilsim sweep`. */
struct gilsim_sweep_options {
	const char *const *axes; /* --vary */
	size_t axis_count;
	const char *database;	     /* NULL: none is kept */
	bool resume;		     /* go on with it */
	uint64_t shard, shard_count; /* only each shard_count-th point, from `shard` (from 0); shard_count 0: all */
	size_t replications;	     /* 0: 1 */
	double precision_ratio;	     /* as in gilsim_run_options */
	const char *precision_metric;
};

/* The scenario at every point of a grid, `jobs` points at a time; after a wish to stop, what was finished. Started by mpirun,
 * only the first process has an answer: for the others it is NULL, and errno 0. */
struct gilsim_answer *gilsim_sweep(const struct gilsim *gilsim, const struct gilsim_sweep_options *options,
				   const struct gilsim_search *search, char **messages);

/* The databases of a sweep's shards as one, also kept in a new `database` (NULL: not). When points are missing there is an
 * answer only if `partial`. */
struct gilsim_answer *gilsim_merge(const char *const *databases, size_t count, const char *database, bool partial,
				   char **messages);

bool gilsim_answer_is_found(const struct gilsim_answer *answer);
/* As gilsim_print(). */
bool gilsim_answer_print(struct gilsim_answer *answer, enum gilsim_format format, bool color, FILE *stream);
void gilsim_answer_free(struct gilsim_answer *answer); /* NULL is allowed */

#ifdef __cplusplus
}
#endif

#endif
