/*
 * trace_text.h - a trace as text, one line a record, for reading and for golden files.
 *
 *   # variant threads, replication 0
 *            1250000  begin    p0 t2 c1  python        worker-1  0
 */
#ifndef SIM_RESULTS_TRACE_TEXT_H
#define SIM_RESULTS_TRACE_TEXT_H

#include <stdint.h>

#include "sim/engine/trace.h"
#include "sim/results/trace_buffer.h"

/* Begins the part of one run; the records that the sink then receives are its own. */
void trace_text_begin(struct trace_buffer *buffer, const char *scenario, const char *variant, uint64_t replication);
/* A sink that writes to `buffer`, which is borrowed, must outlive it, and is the caller's to flush. */
struct trace_sink trace_text_sink(struct trace_buffer *buffer);

#endif
