/*
 * between.h - from one value to another by the logarithm of what they depend on.
 */
#ifndef MODELS_MACHINE_BETWEEN_H
#define MODELS_MACHINE_BETWEEN_H

#include <stdint.h>

#include "sim/base/sim_time.h"

#define BETWEEN_SHIFT 16

/* To base 2, straight between powers of two: whole numbers give the same on every compiler. */
static inline int64_t between_log2(int64_t value)
{
	int whole = 63 - __builtin_clzll((unsigned long long)value);
	/* The bits behind the leading one. */
	uint64_t fraction = (uint64_t)value << (63 - whole) << 1 >> (64 - BETWEEN_SHIFT);

	return ((int64_t)whole << BETWEEN_SHIFT) + (int64_t)fraction;
}

/* `low_ns` up to a quarter of `middle`, `high_ns` from four times that on. */
static inline sim_ns between_by_logarithm(int64_t value, int64_t middle, sim_ns low_ns, sim_ns high_ns)
{
	int64_t part;

	if (value <= middle / 4)
		return low_ns;
	if (value >= 4 * middle)
		return high_ns;
	part = between_log2(4 * value) - between_log2(middle > 0 ? middle : 1);
	return low_ns + (((high_ns - low_ns) * part) >> (BETWEEN_SHIFT + 2));
}

#endif
