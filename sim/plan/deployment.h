/*
 * deployment.h - a workload's model as one would set it up: in a scenario, in Python, on a command line.
 */
#ifndef SIM_PLAN_DEPLOYMENT_H
#define SIM_PLAN_DEPLOYMENT_H

#include "sim/base/region.h"
#include "sim/scenario/workload.h"

/* "{model: thread_pool, workers: 8}"; what a variant would say. */
const char *deployment_variant(const struct workload *workload, struct region *region);
/* "8", "4 x 8", "-": workers, and those inside. */
const char *deployment_size(const struct workload *workload, struct region *region);

#define DEPLOYMENT_LINES_MAX 6
/* The flags to use, one line a way: "ThreadPoolExecutor(max_workers=8)", "gunicorn --worker-class gthread ...".
 * Returns how many lines it has written. */
size_t deployment_flags(const struct workload *workload, struct region *region,
			const char *lines[DEPLOYMENT_LINES_MAX]);

#endif
