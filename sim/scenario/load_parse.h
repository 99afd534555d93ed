/*
 * load_parse.h - the load of a run: who makes requests, when, and of which tasks.
 */
#ifndef SIM_SCENARIO_LOAD_PARSE_H
#define SIM_SCENARIO_LOAD_PARSE_H

#include "sim/scenario/scenario_parse.h"

/*
 * Reads `run.mix`, `run.warm_up` and `run.arrivals` into checked->load; every time is multiplied with `scale`, so that scaled
 * arrivals come closer together by as much as their work becomes less: the load stays. `folder` is where a log's name begins.
 */
void load_parse(struct reading *reading, const struct yaml_node *run, const char *folder, double scale,
		struct checked *checked);

#endif
