/*
 * gilsim.h - gilsim as a library: load a scenario, override values, run it, ask for figures.
 *
 * One program may hold many; each is used by one thread at a time. Nothing here writes to a standard stream or ends the
 * program; what is wrong comes back as text. The figures are the command's: metrics are named as in `expect:`.
 *
 *	cc example.c $(pkg-config --cflags --libs gilsim)
 */
#ifndef GILSIM_H
#define GILSIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What may be left 0 or NULL is as in the command. */
struct gilsim_options {
	const char *const *overrides; /* as --set takes them: "machine.cores=4" */
	size_t override_count;
	const char *profile;	     /* a name or a path; NULL: the scenario's */
	uint64_t seed;
	uint64_t max_events;	     /* of one simulation, which is stopped there; 0: no limit */
	size_t max_memory_bytes;     /* likewise */
};

struct gilsim;

/*
 * Loads the scenario file. NULL when it cannot be: then `*messages` receives what is wrong, line by line, as the command
 * prints it, else what is only worth a warning ("" for nothing); free() it. `options` may be NULL; nothing of it is kept.
 */
struct gilsim *gilsim_load(const char *path, const struct gilsim_options *options, char **messages);
void gilsim_free(struct gilsim *gilsim); /* NULL is allowed */

size_t gilsim_variant_count(const struct gilsim *gilsim);
/* Lives as long as the scenario. */
const char *gilsim_variant_name(const struct gilsim *gilsim, size_t variant);

/* Simulates every variant so many times. Returns 0, or -1 when memory was short. May be called again. */
int gilsim_run(struct gilsim *gilsim, size_t replications);

/* A figure of the last run ("makespan", "speedup", "sojourn.p99", "time_in.gil_wait"), times in seconds, means over the
 * replications. NaN: there is none. */
double gilsim_metric(const struct gilsim *gilsim, size_t variant, const char *metric);
/* The last run as `gilsim run --format json` prints it; free() it. NULL: there was none, or memory was short. */
char *gilsim_json(const struct gilsim *gilsim);

#ifdef __cplusplus
}
#endif

#endif
