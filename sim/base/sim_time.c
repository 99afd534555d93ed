/*
 * sim_time.c - the one place where a double becomes a simulated time.
 */
#include "sim/base/sim_time.h"

#include <math.h>

sim_ns sim_time_round(double ns)
{
	sim_ns whole;
	double rest;

	if (isnan(ns))
		return 0;
	/* 2^63 is a double, INT64_MAX is not: what is not below 2^63 does not fit. */
	if (ns >= 0x1p63)
		return INT64_MAX;
	if (ns < -0x1p63)
		return INT64_MIN;
	/* Towards zero, and the rest is exact: from 2^53 on there is none. */
	whole = (sim_ns)ns;
	rest = ns - (double)whole;
	return whole + (rest >= 0.5) - (rest <= -0.5);
}
