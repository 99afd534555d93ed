/*
 * trace_file.h - the file of --trace.
 */
#ifndef SIM_CLI_TRACE_FILE_H
#define SIM_CLI_TRACE_FILE_H

#include "sim/cli/cli.h"
#include "sim/cli/output_file.h"
#include "sim/results/trace_writer.h"

struct trace_file {
	struct output_file file;
	struct trace_writer *writer; /* NULL: no trace is asked for */
};

/* `path` NULL: none is asked for. STATUS_DONE, or a message and STATUS_ENVIRONMENT. */
int trace_file_open(struct trace_file *trace, const char *path, struct region *region);
/* Completes it. STATUS_DONE, or a message and STATUS_ENVIRONMENT. */
int trace_file_close(struct trace_file *trace);

#endif
