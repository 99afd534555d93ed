/*
 * sweep_ranks.h - one sweep by several processes under MPI, perhaps on several machines: rank 0 hands points out and stores what
 * comes back, the others evaluate.
 *
 * A build without MPI (make MPI=1 makes one with it) has one rank.
 */
#ifndef SIM_PLAN_SWEEP_RANKS_H
#define SIM_PLAN_SWEEP_RANKS_H

#include "sim/plan/sweep.h"

struct sweep_ranks {
	int rank, count;
};

/* Joins the ranks that mpirun has started; one rank when it has not. False: started by mpirun, but built without MPI. */
bool sweep_ranks_start(struct sweep_ranks *ranks);
/* Leaves; every rank that has started must. */
void sweep_ranks_end(const struct sweep_ranks *ranks);
/* Rank 0 tells the others whether there is a sweep; all return what it says. */
bool sweep_ranks_agree(const struct sweep_ranks *ranks, bool goes_on);

/* As sweep_run(), by all ranks together; of ranks other than 0, `sweep->store` is not used. With one rank it is
 * sweep_run(). */
enum sweep_end sweep_ranks_run(const struct sweep_ranks *ranks, const struct sweep *sweep, struct region *region);

#endif
