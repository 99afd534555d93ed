/*
 * trace_rows.h - the rows of traces in CSV (sim/results/trace_csv.c), one after the other: a trace may be long.
 */
#ifndef SIM_REPORT_TRACE_ROWS_H
#define SIM_REPORT_TRACE_ROWS_H

#include "sim/base/sim_time.h"
#include "sim/results/csv_reader.h"
#include "sim/report/data_table.h"

struct trace_row {
	size_t run;			      /* counted over all inputs */
	const char *kind, *what, *name;	      /* until the next row */
	int64_t process, thread, core, value; /* -1: none */
	sim_ns start_ns, end_ns;	      /* -1: none */
};

struct trace_rows {
	const char *const *inputs;
	size_t input_count, input; /* `input`: those begun */
	struct region *region;
	struct csv_reader reader;
	FILE *stream; /* owned; NULL: between two inputs */
	size_t columns[10];
	size_t first_run, run_count; /* of the current input; in all */
};

void trace_rows_init(struct trace_rows *rows, const char *const *inputs, size_t count, struct region *region);
/* The next row; false at the end of the last input, or with error->status set. */
bool trace_rows_next(struct trace_rows *rows, struct trace_row *row, struct data_error *error);

/* What the traces tell of a run: its "meta" rows. */
struct trace_heading {
	const char *scenario, *variant, *source, *seed, *gilsim, *replication;
	sim_ns last_ns;	 /* of all its rows */
	bool has_states; /* a native run has none */
	bool wanted;	 /* by --variant */
};

struct trace_headings {
	struct trace_heading *runs;
	size_t count, capacity;
};

/* Takes a row of any kind into account. */
void trace_headings_add(struct trace_headings *headings, const struct trace_row *row, struct region *region);
/* "a1-cpu-count, simulated, seed 1, gilsim 0.1.0": what all wanted runs have in common. */
const char *trace_headings_foot(const struct trace_headings *headings, struct region *region);
/* "threads", with what distinguishes it: the scenario, the source, the replication. */
const char *trace_heading_label(const struct trace_headings *headings, size_t run, struct region *region);

#endif
