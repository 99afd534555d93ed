/*
 * arrival_log.h - arrivals that have happened: a CSV file with a column of times, or a web server's access log.
 *
 * Times are seconds since any moment (milliseconds from 10^11 on), or ISO 8601 dates (2026-11-21T13:00:05.25Z), or those of
 * access logs ([21/Nov/2026:13:00:05 +0000]), whose requests of one second are spread evenly over it. The first
 * arrival comes at once.
 */
#ifndef SIM_SCENARIO_ARRIVAL_LOG_H
#define SIM_SCENARIO_ARRIVAL_LOG_H

#include "sim/scenario/scenario_parse.h"

#define ARRIVAL_LOG_MAX_BYTES ((size_t)1 << 30)

/*
 * Reads the file that `keys` name into arrivals in order of time, their times multiplied with `scale`. What a request is
 * of says the class column (in an access log: the path): a task's name, or what keys->tasks makes of its beginning; without
 * a column it is the run's task. With several tasks the load's mix becomes that of the log. NULL after an error, which is
 * reported at `node`.
 */
const struct logged_arrival *arrival_log_read(struct reading *reading, const struct yaml_node *node,
					      const struct log_keys *keys, const char *folder, double scale,
					      struct checked *checked, size_t *count);

#endif
