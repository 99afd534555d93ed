/*
 * sweep.h - the points of a grid, evaluated several at a time and stored as they finish.
 */
#ifndef SIM_PLAN_SWEEP_H
#define SIM_PLAN_SWEEP_H

#include "sim/plan/evaluate.h"
#include "sim/plan/scenario_source.h"
#include "sim/plan/sweep_axes.h"
#include "sim/plan/sweep_store.h"

struct sweep {
	const struct sweep_axes *axes;
	struct scenario_source source; /* of all points */
	struct evaluation evaluation;  /* of each point; `jobs` is how many points at a time */
	uint64_t shard, shard_count;   /* only points whose number leaves this rest (from 0) */
	struct sweep_store *store;
	FILE *messages; /* why a point does not load */
	/* So many of the points to do are done; in one thread at a time. May be NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

enum sweep_end {
	SWEEP_DONE,
	SWEEP_STOPPED,	    /* by the wish to stop; all that was finished is stored */
	SWEEP_BAD_POINT,    /* the scenario does not load with the settings of a point (said) */
	SWEEP_STORE_FAILED, /* see sweep_store_error_of() */
};

/* Evaluates the shard's points that are not stored yet. */
enum sweep_end sweep_run(const struct sweep *sweep, struct region *region);

/* The numbers of the shard's points that are not stored yet. */
uint64_t *sweep_pending_points(const struct sweep *sweep, uint64_t *count, struct region *region);
/* Evaluates one point into `point` and `results`, which live in `region`; not SWEEP_DONE: there is nothing in them.
 */
enum sweep_end sweep_evaluate_point(const struct sweep *sweep, uint64_t number, struct region *region,
				    struct sweep_point *point, struct results *results);
/* The first line of the CSV form: a column for each axis, then those of results. */
const char *sweep_csv_header(const struct sweep_axes *axes, struct region *region);

#endif
