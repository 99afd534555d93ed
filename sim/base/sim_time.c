/*
 * sim_time.c - the one place where a double becomes a simulated time.
 */
#include "sim/base/sim_time.h"

#include <math.h>

sim_ns sim_time_round(double ns)
{
	double whole = round(ns);

	if (isnan(whole))
		return 0;
	/* 2^63 is a double, INT64_MAX is not: what is not below 2^63 does not fit. */
	if (whole >= 0x1p63)
		return INT64_MAX;
	if (whole < -0x1p63)
		return INT64_MIN;
	return (sim_ns)whole;
}
