/*
 * sweep_store.h - the points of a sweep in an SQLite database: each is there whole or not at all.
 *
 *   sweep(key, value)                               which sweep it is
 *   points(number, settings, json, csv)             what `sweep` prints of a point, as it prints it
 *   results(point, variant, model, workers, ...)    a row a variant, a column a figure (sim/results/figures.h)
 *
 * One transaction a point, in a write-ahead log: what was stored is there after a kill at any moment.
 */
#ifndef SIM_PLAN_SWEEP_STORE_H
#define SIM_PLAN_SWEEP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/region.h"
#include "sim/results/results.h"

/* What makes two databases parts of the same sweep. */
struct sweep_identity {
	const char *release;	 /* gilsim's */
	const char *scenario;	 /* its name */
	const char *fingerprint; /* of the scenario and all that decides over its results */
	const char *csv_header;	 /* the first line of the CSV form */
	uint64_t point_count;	 /* of the whole sweep, whatever the shard */
};

struct sweep_point {
	uint64_t number;
	const char *settings; /* "PATH=VALUE ..." */
	const char *json, *csv;
};

struct sweep_store;

struct sweep_store_error {
	int status; /* 2: this is no database of that sweep; 3: it cannot be read or written */
	char text[512];
};

enum sweep_store_mode {
	STORE_CREATE, /* a new one; NULL for the path: in memory */
	STORE_RESUME, /* of the same sweep, or a new one */
	STORE_READ,   /* as it is; the identity is read */
};

/* NULL after an error. With STORE_READ `identity` is filled, its texts living in `region`. */
struct sweep_store *sweep_store_open(const char *path, enum sweep_store_mode mode, struct sweep_identity *identity,
				     struct region *region, struct sweep_store_error *error);
/* NULL is allowed. */
void sweep_store_close(struct sweep_store *store);
/* How many points there are, and whether one is among them. */
uint64_t sweep_store_count(struct sweep_store *store);
bool sweep_store_has(struct sweep_store *store, uint64_t number);
/* Adds a point with the figures of its variants; several threads may. False: see sweep_store_error_of(). */
bool sweep_store_put(struct sweep_store *store, const struct sweep_point *point, const struct results *results);
/* Adds all points of another store. A point that both have must be the same; false with `error` filled otherwise. */
bool sweep_store_merge(struct sweep_store *store, const char *path, struct sweep_store_error *error);
/* Visits all points in order of their numbers, until it returns false. False: not all were visited. */
bool sweep_store_each(struct sweep_store *store, bool (*visit)(void *context, const struct sweep_point *point),
		      void *context);
/* The figures of a variant, in the order of `columns` of table `results`; NaN for what is missing. */
struct sweep_row {
	const char *settings, *variant;
	bool is_overloaded;
	double makespan_s, speedup, throughput_per_s, p50_s, p99_s, utilisation_cores;
};
bool sweep_store_each_row(struct sweep_store *store, bool (*visit)(void *context, const struct sweep_row *row),
			  void *context);
/* The error of the last call that failed. */
void sweep_store_error_of(struct sweep_store *store, struct sweep_store_error *error);

#endif
