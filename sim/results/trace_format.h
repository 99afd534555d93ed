/*
 * trace_format.h - what trace_writer.c asks of a format that is written from slices.
 */
#ifndef SIM_RESULTS_TRACE_FORMAT_H
#define SIM_RESULTS_TRACE_FORMAT_H

#include "sim/results/trace_buffer.h"
#include "sim/results/trace_slices.h"
#include "sim/results/trace_writer.h"

struct trace_document {
	struct trace_buffer buffer;
	const struct trace_run *run; /* the one that is being written */
	int64_t run_index;
	/* JSON: processes of all runs stand on one page, so each run's are numbered on from the last one's. */
	int64_t first_process, process_count;
	int64_t flow_count;
	/* Likewise messages: each run's are numbered from 1. */
	int64_t first_message, message_count;
	bool has_events;
};

void trace_json_open(struct trace_document *document);
void trace_json_close(struct trace_document *document);
void trace_csv_open(struct trace_document *document);
void trace_csv_begin_run(struct trace_document *document);
extern const struct slice_receiver trace_json_receiver, trace_csv_receiver; /* their context is the document */

#endif
