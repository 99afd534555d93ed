/*
 * ask.h - does one configuration meet its objectives? Replicated until the answer is sure enough, or said to be open.
 *
 * Each objective is tested on the mean over replications. It holds when the whole one-sided interval of that mean at the stated
 * confidence lies on its good side, fails when it lies on the other, and else there are twice as many replications, up
 * to a bound. Since looking again and again would find by chance what is not there, each look takes its share of the
 * error that is allowed.
 */
#ifndef SIM_PLAN_ASK_H
#define SIM_PLAN_ASK_H

#include "sim/plan/batch.h"
#include "sim/plan/scenario_source.h"
#include "sim/results/expectation.h"

enum decision { DECISION_FAILS, DECISION_OPEN, DECISION_HOLDS };
extern const char *const decision_names[]; /* "fails", "undecided", "holds" */

struct objectives {
	const struct expectation *slos;
	size_t count;
	double confidence;	 /* 0.95 */
	size_t least, most;	 /* replications */
};

/* One objective at one point. */
struct objective_state {
	enum decision decision;
	double mean;	     /* of the metric; NaN: no data */
	double low, high;    /* one-sided bounds of the mean at the last look; equal to it for one replication */
	double margin;	     /* how far inside, as a share of the value; negative: outside; NaN: no such share */
};

struct answer_to_point {
	enum decision decision;
	const char *why_not;	   /* it could not be asked, or ended badly (a deadlock); NULL */
	struct objective_state *states; /* one an objective */
	size_t binding;		   /* the objective with the least margin */
	size_t replications;
	const struct workload *workload; /* of the variant; NULL: could not be loaded */
	double cost_memory_bytes;  /* its peak, mean over replications */
	double sojourn_mean_s, throughput_per_s;
};

/* Asks for `variant` of the scenario with these overrides. Everything lives in `region`. */
struct answer_to_point ask(const struct scenario_source *source, const struct objectives *objectives,
			   const char *variant, const char *const *overrides, size_t override_count,
			   struct batch *batch, struct region *region);

/* Only loads it: the workload of `variant`, or NULL with what is wrong in `diagnostics`. */
const struct workload *ask_workload(const struct scenario_source *source, const char *variant,
				    const char *const *overrides, size_t override_count, struct region *region,
				    struct diagnostics *diagnostics);

/* "12.5% inside", "3.0% outside", and beyond a whole "385 times the limit". */
const char *ask_margin_text(double margin, struct region *region);

#endif
