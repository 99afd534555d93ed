/*
 * test_native_pace.c - the machine's pace around native runs, from runs written by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "sim/cli/native_rounds.h"

#define RUNS 5

static double speed_of(const double speeds[RUNS], const bool measured[RUNS])
{
	const struct scenario scenario = { .workload_count = 1 };
	struct native_run runs[RUNS] = { 0 };
	const struct native_rounds rounds = { .scenario = &scenario, .runs = runs, .round_count = RUNS };
	struct region region;
	double speed;

	region_init(&region);
	for (int i = 0; i < RUNS; i++) {
		runs[i].all_busy_speed = speeds[i];
		runs[i].result.measured = measured[i];
	}
	speed = native_rounds_all_busy_speed(&rounds, &region);
	region_release(&region);
	return speed;
}

Test(native_pace, speed_of_busy_cores_is_the_median_of_all_runs)
{
	const bool all[RUNS] = { true, true, true, true, true }, some[RUNS] = { true, false, true, false, true };

	cr_expect(epsilon_eq(dbl, speed_of((double[]){ 0.5, 0.94, 1.4, 0.9, 1.3 }, all), 0.94, 1e-12));
	cr_expect(epsilon_eq(dbl, speed_of((double[]){ 0.5, 0.94, 0.6, 0.9, 0.7 }, some), 0.6, 1e-12));
}

Test(native_pace, busy_cores_are_not_faster_than_one_alone)
{
	const bool all[RUNS] = { true, true, true, true, true };

	cr_expect(epsilon_eq(dbl, speed_of((double[]){ 1.2, 0.6, 1.1, 1.3, 0.9 }, all), 1, 1e-12));
	cr_expect(isnan(speed_of((double[]){ NAN, NAN, NAN, NAN, NAN }, all)));
}
