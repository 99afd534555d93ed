/*
 * timeline.h - the lanes of a timeline while they are put together: plot_timeline.c reads, plot_timeline_data.c
 * writes.
 */
#ifndef SIM_REPORT_TIMELINE_H
#define SIM_REPORT_TIMELINE_H

#include "sim/report/activity_kinds.h"
#include "sim/report/plot.h"
#include "sim/report/trace_rows.h"

/* Beyond so many, marks hide what they mark. */
#define TIMELINE_MARKS 250

struct lane_slice {
	sim_ns start_ns, end_ns;
	enum activity_kind kind;
};

struct lane {
	size_t run;
	int64_t id; /* thread, process, core or task; -1: all others of the run */
	int64_t process;
	int64_t thread; /* LANE_TASK: who executes it, when */
	sim_ns start_ns, end_ns;
	const char *label;
	size_t task_count;
	bool shown;
	int y;
	size_t members; /* of the others' lane */
	struct lane_slice *slices;
	size_t slice_count, slice_capacity;
	sim_ns (*bins)[KIND_COUNT];
};

struct mark {
	sim_ns time_ns;
	int y, from_y; /* from_y: of a hand-over */
	bool is_hand_over;
};

struct timeline {
	struct plot *plot;
	struct trace_headings headings;
	struct lane *lanes;
	size_t lane_count, lane_capacity;
	size_t **lane_of; /* by run and id: index + 1 */
	size_t *lane_of_capacity;
	size_t run_capacity;
	size_t *others; /* by run: index + 1 of the others' lane */
	sim_ns from_ns, to_ns, bin_ns;
	size_t bin_count;
	struct mark *marks;
	size_t mark_count, mark_capacity;
	bool merged;
	bool drawn[KIND_COUNT];
};

/* Writes the data files and the variables of marks and legend; `*kind_count` receives how many kinds are drawn. */
bool timeline_write_data(struct timeline *timeline, int *kind_count);

#endif
