/*
 * distribution_parse.h - a step's duration as people write it.
 *
 *   20ms                    item
 *   exponential(20ms)       uniform(1ms, 2ms)      normal(20ms, 2ms)
 *   lognormal(mean 20ms, p99 90ms)                 lognormal(mean 20ms, sd 15ms)
 *   gamma(2, 10ms)          pareto(1.5, 1ms)       weibull(20ms, 1.5)
 *   choice(1ms: 80%, 10ms: 20%)                    choice(1ms, 2ms, 4ms)
 *   empirical(file.csv)     one duration a line, each as likely as the others
 *
 * Arguments may be named, as in gamma(shape 2, scale 10ms); those of lognormal must be.
 */
#ifndef SIM_SCENARIO_DISTRIBUTION_PARSE_H
#define SIM_SCENARIO_DISTRIBUTION_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/region.h"
#include "sim/scenario/workload.h"

struct distribution_error {
	size_t offset; /* of the fault, in bytes of the text */
	const char *text;
};

/* `folder` is where a relative file name begins; "" for the working directory. Memory comes from
 * `region`. `*duration` is written on success only. */
bool distribution_parse(const char *text, const char *folder, struct region *region, struct duration *duration,
			struct distribution_error *error);
/* Multiplies every value that the distribution can give. */
void distribution_scale(struct distribution *distribution, double factor, struct region *region);

#endif
