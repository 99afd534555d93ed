/*
 * plan.h - the cheapest configuration that meets its objectives, found by asking as few points as possible.
 *
 * Points are the combinations of the axes' values. From a point that fails, the search concludes that all those fail
 * which have less of everything, and from one that holds the opposite; so it asks the middle of what is left. Which
 * way "less" is along an axis is asked first, and whether the conclusions were right is asked last: the answer's neighbours, and some of
 * the points that were only concluded to fail. When one of those holds, every cheaper point is asked.
 */
#ifndef SIM_PLAN_PLAN_H
#define SIM_PLAN_PLAN_H

#include "sim/plan/ask.h"
#include "sim/plan/axis.h"
#include "sim/plan/price.h"

enum minimised { MINIMISE_PATH, MINIMISE_WORKERS, MINIMISE_CORES, MINIMISE_MEMORY, MINIMISE_PRICE };

struct plan_options {
	struct objectives objectives;
	const struct axis *axes;
	size_t axis_count;
	enum minimised minimised;
	size_t minimised_axis;		/* MINIMISE_PATH */
	const struct price_list *prices; /* MINIMISE_PRICE */
	const char *const *variants;	/* among which to choose */
	size_t variant_count;
	const char *left_out; /* those that no axis is about, "asyncio, pool"; NULL: none */
};

#define PLAN_AXES_MAX 8
#define PLAN_POINTS_MAX 1000000

/* A point that was asked. */
struct plan_point {
	const char *variant;
	size_t at[PLAN_AXES_MAX]; /* index of the value on each axis */
	struct answer_to_point answer;
	double cost;		   /* of what is minimised; NaN: no machine is large enough */
	const char *machine;	   /* that the price is for; NULL */
};

struct plan {
	struct plan_point *points; /* in the order in which they were asked */
	size_t count, capacity;
	size_t best;		   /* index; SIZE_MAX: none holds */
	size_t runner_up;	   /* the next cheapest that holds; SIZE_MAX */
	size_t undecided;	   /* the cheapest of those that would be cheaper and are open; SIZE_MAX */
	size_t nearest;		   /* when none holds: the one with the largest margin; SIZE_MAX */
	size_t grid;		   /* points that there are in all */
	const char *broken_axis;   /* what holds is not monotone: told along which axis it was seen; NULL: it is, as far as was asked */
};

struct plan plan_search(const struct scenario_source *source, const struct plan_options *options, struct batch *batch,
			struct region *region);
/* The overrides that make this point: "PATH=VALUE" for each axis that is about its variant. */
const char **plan_overrides(const struct plan_options *options, const struct plan_point *point, size_t *count,
			    struct region *region);
/* How many points a variant has, at most PLAN_POINTS_MAX + 1, and values each axis: 1 of one that is about another. */
size_t plan_points_of(const struct plan_options *options, const char *variant, size_t *counts);
/* What a point costs in the unit of what is minimised: "8 workers", "0.31/h". */
const char *plan_cost_text(const struct plan_options *options, const struct plan_point *point, struct region *region);

/* False with errno set when the stream failed. `base` is the scenario as it is. */
bool plan_print_table(const struct plan *plan, const struct plan_options *options, const struct scenario *base,
		      bool color, struct region *region, FILE *stream);
bool plan_print_json(const struct plan *plan, const struct plan_options *options, const struct scenario *base,
		     struct region *region, FILE *stream);
bool plan_print_csv(const struct plan *plan, const struct plan_options *options, const struct scenario *base,
		    struct region *region, FILE *stream);

#endif
