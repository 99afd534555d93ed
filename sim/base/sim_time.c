/*
 * sim_time.c - see sim_time.h.
 */
#include "sim/base/sim_time.h"

#include <math.h>

sim_ns sim_time_clamp(double ns)
{
	if (isnan(ns))
		return 0;
	return ns < 0 ? INT64_MIN : INT64_MAX;
}
