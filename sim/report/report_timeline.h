/*
 * report_timeline.h - the data of a report's timeline: slices and tasks of each thread, as JSON for its script.
 */
#ifndef SIM_REPORT_REPORT_TIMELINE_H
#define SIM_REPORT_REPORT_TIMELINE_H

#include <stdio.h>

#include "sim/base/sim_time.h"
#include "sim/report/data_table.h"

/* Slices that a page can hold and still be smooth; shorter ones of a thread are put together beyond that. */
#define REPORT_SLICES 60000

struct report_timeline {
	size_t slice_count;   /* in the traces */
	size_t written_count; /* in the page */
	sim_ns shortest_ns;   /* shorter ones were put together; 0: none were */
	const char *foot;     /* scenario, seed, version */
};

/* Writes the object that report_script.js describes. */
bool report_timeline_write(const char *const *inputs, size_t count, FILE *stream, struct region *region,
			   struct report_timeline *summary, struct data_error *error);

#endif
