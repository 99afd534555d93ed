/*
 * advise.h - which model a scenario's work should run under, why, and what would change that.
 *
 * Every model that can run it is simulated at its best size; nothing is decided by rules. The answer is a plain
 * model on the interpreter that the scenario has; what needs another interpreter, or two models at once, is shown beside it.
 */
#ifndef SIM_PLAN_ADVISE_H
#define SIM_PLAN_ADVISE_H

#include "sim/plan/flips.h"
#include "sim/plan/mechanism.h"
#include "sim/plan/tuning.h"

/* More processes than this wait for I/O no better than threads do, and each takes an interpreter's memory. */
#define ADVISE_PROCESSES_PER_CORE 2

struct advise_options {
	const char *metric;  /* what counts; NULL: objective_for() decides */
	size_t replications; /* of the final comparison, at least 1 */
	int most_processes;  /* no more are started; 0: ADVISE_PROCESSES_PER_CORE */
	bool without_flips;  /* do not search for what would change the answer */
};

/* A contender after the final comparison. */
struct advised {
	struct contender contender;
	struct variant_result mean; /* over the replications, with intervals */
	struct mechanism_found mechanism;
	double behind;		      /* how many times as good the winner is: 1.8 is "1.8 times slower"; NaN: no figure */
	struct interval behind_ci95;  /* over replications, on the same random numbers */
};

#define ADVICE_UNKNOWN_MAX 32

struct advice {
	struct objective objective;
	const struct scenario *base;
	struct advised *ranking; /* best first, those that need another interpreter among them */
	size_t ranking_count;
	size_t winner; /* index: the best that needs nothing; SIZE_MAX: none is fit */
	struct candidate_list candidates; /* those with a why_not could not run */
	struct flip *flips;
	size_t flip_count;
	const char **unknown; /* what it does not know, a sentence each */
	size_t unknown_count;
	uint64_t simulated;
};

struct advice advise(const struct scenario_source *source, const struct scenario *base,
		     const struct advise_options *options, struct batch *batch, struct region *region);

/* False with errno set when the stream failed. */
bool advice_print_table(const struct advice *advice, bool color, struct region *region, FILE *stream);
bool advice_print_json(const struct advice *advice, struct region *region, FILE *stream);
bool advice_print_csv(const struct advice *advice, struct region *region, FILE *stream);

#endif
