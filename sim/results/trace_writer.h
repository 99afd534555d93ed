/*
 * trace_writer.h - the traces of some runs as one file: text to read, Chrome trace events for viewers, CSV for
 * plots.
 *
 * It streams: a long run's trace needs no more memory than a short one's.
 */
#ifndef SIM_RESULTS_TRACE_WRITER_H
#define SIM_RESULTS_TRACE_WRITER_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/region.h"
#include "sim/engine/trace.h"

enum trace_format {
	TRACE_TEXT, /* a line a record; what golden files pin (trace_text.h) */
	TRACE_JSON, /* Chrome trace events, as Perfetto and speedscope read them */
	TRACE_CSV   /* a row a slice; what `gilsim plot` reads */
};

/* By the file's suffix: .json, .csv, else text. */
enum trace_format trace_format_of(const char *path);

/* Whose records come next; texts are borrowed until trace_writer_end_run(). */
struct trace_run {
	const char *scenario, *variant;
	const char *source; /* "simulated", "cpython", ...; results.h */
	const char *inferred; /* what of it nobody saw; NULL: nothing */
	uint64_t seed, replication;
};

struct trace_writer;

/* `stream` is borrowed; whether it has failed is for its owner to ask. Memory comes from `region`. */
struct trace_writer *trace_writer_new(enum trace_format format, FILE *stream, struct region *region);
/* The sink for the records of this run, valid until its end. */
const struct trace_sink *trace_writer_begin_run(struct trace_writer *writer, const struct trace_run *run);
void trace_writer_end_run(struct trace_writer *writer);
/* Completes the document and frees the writer. */
void trace_writer_finish(struct trace_writer *writer);

#endif
