/*
 * trace.c - see gilsim.h: traces of runs.
 *
 * A trace has memory of its own, since it outlives the runs in it. Records come from deep within a simulation, whose own
 * memory must be given back; so an allocation of the trace's that fails goes no further than to the record it is for, and
 * the rest of the trace is left out.
 */
#include <stdlib.h>

#include "sim/api/gilsim.h"
#include "sim/api/handle.h"

struct gilsim_trace {
	struct region region;
	struct trace_writer *writer;
	const struct trace_sink *inner; /* of the current run */
	struct trace_sink sink;		/* the same, guarded */
	bool is_broken;
};

static bool open_document(struct gilsim_trace *trace, FILE *stream, const char *path)
{
	jmp_buf failed;

	trace->region.unwind = &failed;
	if (setjmp(failed) == 0)
		trace->writer = trace_writer_new(trace_format_of(path), stream, &trace->region);
	trace->region.unwind = NULL;
	return trace->writer != NULL;
}

struct gilsim_trace *gilsim_trace_new(FILE *stream, const char *path)
{
	struct gilsim_trace *trace = calloc(1, sizeof(*trace));

	if (!trace)
		return NULL;
	region_init(&trace->region);
	if (open_document(trace, stream, path))
		return trace;
	region_release(&trace->region);
	free(trace);
	return NULL;
}

void gilsim_trace_finish(struct gilsim_trace *trace)
{
	if (!trace)
		return;
	if (!trace->is_broken)
		trace_writer_finish(trace->writer);
	region_release(&trace->region);
	free(trace);
}

bool trace_is_whole(const struct gilsim_trace *trace)
{
	return !trace || !trace->is_broken;
}

static void emit(void *context, const struct trace_record *record)
{
	struct gilsim_trace *trace = context;
	jmp_buf failed;

	if (trace->is_broken)
		return;
	trace->region.unwind = &failed;
	if (setjmp(failed) == 0)
		trace_emit(trace->inner, record);
	else
		trace->is_broken = true;
	trace->region.unwind = NULL;
}

const struct trace_sink *trace_begin(struct gilsim_trace *trace, const struct trace_run *run)
{
	jmp_buf failed;

	trace->sink = (struct trace_sink){ emit, trace, 0 };
	trace->region.unwind = &failed;
	if (!trace->is_broken && setjmp(failed) == 0) {
		trace->inner = trace_writer_begin_run(trace->writer, run);
		trace->sink.phases = trace->inner->phases;
	} else {
		trace->is_broken = true;
	}
	trace->region.unwind = NULL;
	return &trace->sink;
}

void trace_end(struct gilsim_trace *trace)
{
	jmp_buf failed;

	trace->region.unwind = &failed;
	if (!trace->is_broken && setjmp(failed) == 0)
		trace_writer_end_run(trace->writer);
	else
		trace->is_broken = true;
	trace->region.unwind = NULL;
}
