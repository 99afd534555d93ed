/* c_clock.h - CLOCK_MONOTONIC, the clock of all processes of a run and of gilsim. */
#ifndef SIM_NATIVE_C_C_CLOCK_H
#define SIM_NATIVE_C_C_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "sim/base/sim_time.h"

static inline int64_t c_clock_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * SIM_S + now.tv_nsec;
}

static inline int64_t c_clock_ns(void)
{
	return c_clock_of(CLOCK_MONOTONIC);
}

static inline struct timespec c_timespec(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / SIM_S, .tv_nsec = ns % SIM_S };
}

/* The moment `timeout_ns` from now; none when that is negative (TIMEOUT_NONE). */
static inline int64_t c_deadline(sim_ns timeout_ns)
{
	return timeout_ns < 0 ? SIM_NS_MAX : sim_time_add(c_clock_ns(), timeout_ns);
}

#endif
