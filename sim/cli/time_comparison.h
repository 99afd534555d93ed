/*
 * time_comparison.h - where the time of a variant went, as predicted and as its native run noted it.
 *
 * A native run notes when each task was released, began and ended, and when each of its steps that takes time did; what a step
 * waited for within itself it cannot tell. So the simulator's finer parts are added up to what both know. Noting takes time: the
 * steps are from a run of their own, what else is measured from one that was only timed.
 */
#ifndef SIM_CLI_TIME_COMPARISON_H
#define SIM_CLI_TIME_COMPARISON_H

#include <stdio.h>

#include "sim/cli/native_rounds.h"

struct time_comparison {
	const char *scenario, *variant, *python;
	double error;	     /* of the makespan */
	double noted_factor; /* by which noting its steps has slowed the run that they are from; NaN: nothing was noted */
	struct {
		double working_s, io_s, other_s; /* of all tasks' sojourns; NaN: nothing was noted */
		double cores_s;			 /* all threads' time on cores */
		double context_switches;
	} predicted, measured;
};

/* Compares the native run whose makespan is nearest to the median of its rounds', and the one whose steps were noted, with a
 * prediction of the former. `scenario` as for prediction_make(). */
struct time_comparison time_comparison_make(const struct scenario *scenario, const struct native_rounds *rounds,
					    size_t variant, double error, struct region *region);
/* Prints the `most` of them with the largest errors, the largest first. */
void time_comparisons_print(const struct time_comparison *comparisons, size_t count, size_t most, struct region *region,
			    FILE *stream);

#endif
