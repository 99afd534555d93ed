/*
 * trace_file.h - the file of --trace, and native runs in it.
 */
#ifndef SIM_CLI_TRACE_FILE_H
#define SIM_CLI_TRACE_FILE_H

#include "sim/cli/native_rounds.h"
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

/* Writes the runs of `round`: each variant's tasks on the threads that executed them, and how many tasks waited. */
void trace_native_round(struct trace_writer *writer, const struct native_rounds *rounds, size_t round,
			uint64_t seed, struct region *region);

#endif
