/*
 * trace_file.c - see trace_file.h.
 */
#include "sim/cli/trace_file.h"

int trace_file_open(struct trace_file *trace, const char *path, struct region *region)
{
	*trace = (struct trace_file){ .writer = NULL };
	if (!path)
		return STATUS_DONE;
	if (!output_file_open(&trace->file, path, region))
		return output_failed(path);
	trace->writer = trace_writer_new(trace_format_of(path), trace->file.stream, region);
	return STATUS_DONE;
}

int trace_file_close(struct trace_file *trace)
{
	if (!trace->writer)
		return STATUS_DONE;
	trace_writer_finish(trace->writer);
	trace->writer = NULL;
	return output_file_close(&trace->file) ? STATUS_DONE : output_failed(trace->file.path);
}
