/*
 * utilisation.c - see utilisation.h.
 */
#include "models/machine/utilisation.h"

#include "models/machine/machine.h"

/* One period of the kernel's sum: 1024 us in ns, about 2^20. */
#define PERIOD_SHIFT 20
#define HALF_LIFE_PERIODS 32

/* 2^32 * 0.5^(n / 32), rounded (kernel/sched/sched-pelt.h: runnable_avg_yN_inv). Whole numbers, because no result
 * of libm may reach an event. */
static const uint64_t decay_table[HALF_LIFE_PERIODS] = {
	4294967296, 4202935003, 4112874773, 4024744348, 3938502376, 3854108391, 3771522796, 3690706840,
	3611622603, 3534232978, 3458501653, 3384393094, 3311872529, 3240905930, 3171459999, 3103502151,
	3037000500, 2971923842, 2908241642, 2845924021, 2784941738, 2725266179, 2666869345, 2609723834,
	2553802834, 2499080105, 2445529972, 2393127307, 2341847524, 2291666561, 2242560872, 2194507417,
};

static uint32_t decayed(uint32_t value, sim_ns elapsed_ns)
{
	uint64_t periods = (uint64_t)elapsed_ns >> PERIOD_SHIFT;
	uint64_t rest = (uint64_t)elapsed_ns & ((1u << PERIOD_SHIFT) - 1);
	uint64_t whole, next;

	if (periods >= 32 * HALF_LIFE_PERIODS)
		return 0;
	whole = (value * decay_table[periods % HALF_LIFE_PERIODS]) >> (32 + periods / HALF_LIFE_PERIODS);
	next = (whole * decay_table[1]) >> 32;
	return (uint32_t)(whole - (((whole - next) * rest) >> PERIOD_SHIFT));
}

uint32_t utilisation_at(const struct utilisation *utilisation, sim_ns now, bool was_busy)
{
	sim_ns elapsed_ns = now - utilisation->since_ns;

	if (was_busy)
		return UTILISATION_FULL - decayed(UTILISATION_FULL - utilisation->value, elapsed_ns);
	return decayed(utilisation->value, elapsed_ns);
}

void utilisation_update(struct utilisation *utilisation, sim_ns now, bool was_busy)
{
	utilisation->value = utilisation_at(utilisation, now, was_busy);
	utilisation->since_ns = now;
}
