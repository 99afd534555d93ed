/*
 * flips.h - what would have to change for another model to win, and by how little.
 */
#ifndef SIM_PLAN_FLIPS_H
#define SIM_PLAN_FLIPS_H

#include "sim/plan/tuning.h"

struct flip {
	const char *what;     /* "cores", "CPU time of each task", ... */
	const char *from, *to;
	const char *winner;   /* the candidate that wins from `to` on; NULL: the same wins as far as `to` */
	bool is_searched;     /* false: it would have taken too many simulations */
};

/*
 * Changes one thing at a time - cores, CPU time against waiting, the length of tasks, how many there are, what is pickled
 * of each, the CPU quota, how processes start, whether workers wait already - further and further until the winner is of another group and
 * better by more than FLIP_LEAST_RATIO, then finds between which values. Contenders that need another interpreter take
 * no part. Returns how many entries of `flips` (at least FLIP_LIMIT) it has filled.
 */
#define FLIP_LIMIT 16
#define FLIP_LEAST_RATIO 1.01
size_t flips_search(struct batch *batch, const struct objective *objective, const struct contender *contenders,
		    size_t count, const struct contender *winner, double processes_per_core,
		    struct region *region, struct flip *flips);

#endif
