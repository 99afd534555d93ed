/*
 * sim_time.h - simulated time and durations: whole nanoseconds in an int64_t.
 *
 * Equal means equal, sums are exact, and 292 years fit. A duration becomes a double in
 * statistics and reports only.
 */
#ifndef SIM_BASE_SIM_TIME_H
#define SIM_BASE_SIM_TIME_H

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t sim_ns;

#define SIM_NS_MAX INT64_MAX
#define SIM_US ((sim_ns)1000)
#define SIM_MS ((sim_ns)1000000)
#define SIM_S ((sim_ns)1000000000)

/* a + b; a sum that does not fit is a defect of the caller and stops the program. */
static inline sim_ns sim_time_add(sim_ns a, sim_ns b)
{
	sim_ns sum;
	bool overflow = __builtin_add_overflow(a, b, &sum);

	assert(!overflow);
	(void)overflow;
	return sum;
}

/* Seconds as a double, for statistics and reports. */
static inline double sim_time_seconds(sim_ns time_ns)
{
	return (double)time_ns / 1e9;
}

/* For the function below: of a value that does not fit. */
sim_ns sim_time_clamp(double ns);

/* The nearest whole nanosecond to `ns` (halves away from zero), clamped to what fits; NaN gives 0. */
static inline sim_ns sim_time_round(double ns)
{
	/* The largest double below a half: with a half, what lies just below n + 0.5 might be rounded up to n + 1 by the
	 * addition. From 2^52 on there is no fraction, and it adds nothing. */
	const double nearly_half = 0x1.fffffffffffffp-2;

	/* 2^63 is a double, INT64_MAX is not. */
	if (!(fabs(ns) < 0x1p63))
		return sim_time_clamp(ns);
	return (sim_ns)(ns + copysign(nearly_half, ns));
}

#endif
