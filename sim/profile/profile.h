/*
 * profile.h - the machine profile: every cost as a named value with unit, provenance and spread.
 *
 * A profile file describes one machine and any number of interpreters on it:
 *
 *   profile: default
 *   machine: {cpu: AMD EPYC, cores: 2, kernel: 6.18.44, smt: 1}
 *   parameters:
 *     sched.hz: {value: 250, from: "/proc/config.gz"}
 *     wake.call: {value: 1.3us, spread: 4%, samples: 31, measured: 2026-11-21}
 *   pythons:
 *     "3.11": {gil: on, executable: /usr/bin/python3.11, parameters: {spin.python: {value: 44.1ns, ...}}}
 *     "3.12": {like: "3.11", parameters: {...}}      # what differs
 *     "3.13t": {gil: off, parameters: {...}}
 *
 * What uses a profile takes a `struct costs` from it: the plain values for one interpreter.
 */
#ifndef SIM_PROFILE_PROFILE_H
#define SIM_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/base/diagnostic.h"
#include "sim/base/region.h"
#include "sim/base/sim_time.h"
#include "sim/profile/parameters.h"

enum cost {
#define P(symbol, name, unit, scope, nature, ideal, meaning) COST_##symbol,
	PROFILE_PARAMETERS(P)
#undef P
		COST_COUNT
};

enum cost_unit { UNIT_ns, UNIT_ratio, UNIT_count, UNIT_bytes, UNIT_per_s, UNIT_ns_per_byte };
enum cost_scope { SCOPE_MACHINE, SCOPE_PYTHON };
enum cost_nature { NATURE_WORK, NATURE_LOAD, NATURE_WAIT, NATURE_RULE };

struct cost_info {
	const char *name; /* "gil.uncontended" */
	enum cost_unit unit;
	enum cost_scope scope;
	enum cost_nature nature;
	double ideal;
	const char *meaning;
};
extern const struct cost_info cost_infos[COST_COUNT];
/* COST_COUNT when there is none of that name. */
enum cost cost_find(const char *name);

/* The plain values that models charge, for one interpreter. */
struct costs {
	double value[COST_COUNT];
};

static inline sim_ns cost_ns(const struct costs *costs, enum cost cost)
{
	return sim_time_round(costs->value[cost]);
}

enum provenance {
	PROVENANCE_MISSING,
	PROVENANCE_MEASURED,
	PROVENANCE_SYSTEM,
	PROVENANCE_PUBLISHED,
	PROVENANCE_ASSUMED
};

struct profile_value {
	double value;
	double spread; /* relative half width of what repeats gave; NaN: not known */
	int samples;
	enum provenance provenance;
	const char *note; /* date of the measurement, source, or why assumed; may be NULL */
};

struct profile_python {
	const char *version;			 /* "3.13"; as stated in the file without a trailing "t" */
	int minor;				 /* 13 */
	bool gil;				 /* false: free-threaded build */
	const char *executable;			 /* may be NULL */
	const char *full_version;		 /* "3.13.0"; may be NULL */
	struct profile_value values[COST_COUNT]; /* PYTHON rows */
};

struct profile {
	const char *name;
	const char *cpu, *kernel; /* may be NULL */
	int cores;
	struct profile_value values[COST_COUNT]; /* MACHINE rows */
	struct profile_python *pythons;
	size_t python_count, python_capacity;
};

/* Reads a profile file; NULL when `diagnostics` got an error. Memory comes from `region`. */
struct profile *profile_read(const char *path, struct region *region, struct diagnostics *diagnostics);
/* Finds `name` ("default", or a path with a slash or ending in .yaml) among the shipped and the user's
 * profiles and reads it. `ideal` is built in: every cost as its row says. */
struct profile *profile_load(const char *name, struct region *region, struct diagnostics *diagnostics);
/* An empty profile to be filled, e.g. by calibration. */
struct profile *profile_new(const char *name, struct region *region);
struct profile_python *profile_add_python(struct profile *profile, struct region *region, const char *version,
					  bool gil);
/* Writes the file form. Returns false with errno set when the stream failed. */
bool profile_write(const struct profile *profile, FILE *stream);
/* The folder where the shipped scenarios and profiles lie: $GILSIM_DATA, else beside the executable's
 * source tree, else where `make install` put them. */
const char *profile_data_directory(struct region *region);

/*
 * Picks the costs for Python `version` with or without the GIL. Exact version first, then the nearest
 * of the same build, then (with a note) the other build's. `*note` is NULL or says what was assumed.
 */
bool profile_costs(const struct profile *profile, struct region *region, const char *version, bool gil,
		   struct costs *costs, const char **note);

/* Of two calibrations that nothing but chance tells apart, so many values differ by more than their spreads (see
 * sim/native/calibrate.h, which says what a spread is). */
#define PROFILE_CHANCE_RATIO 0.06
/* How many of `count` values that may be: as many or fewer in 97 comparisons of 100. */
size_t profile_chance_limit(size_t count);
/* Prints both profiles' values side by side with their ratio and whether they agree within their spreads; and how many do,
 * beside how many need not. */
void profile_compare(const struct profile *a, const struct profile *b, FILE *stream);

#endif
