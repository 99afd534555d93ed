/*
 * activity_kinds.c - see activity_kinds.h.
 */
#include "sim/report/activity_kinds.h"

#include <string.h>

const struct activity_kind_info activity_kinds[KIND_COUNT] = {
	[KIND_PYTHON] = { "python", "bytecode", 'P' },
	[KIND_C] = { "c", "C code, holds the GIL", 'C' },
	[KIND_NATIVE] = { "native", "C code, without the GIL", 'N' },
	[KIND_GIL_WAIT] = { "gil_wait", "waits for the GIL", 'g' },
	[KIND_READY] = { "ready", "ready, no core", 'r' },
	[KIND_IO] = { "io", "I/O", '.' },
	[KIND_WAIT] = { "wait", "waits for a lock or queue", '-' },
	[KIND_START_UP] = { "start_up", "starts up", 's' },
	[KIND_OTHER] = { "other", "library code, switching", 'o' },
	[KIND_TASK] = { "task", "a task, measured", 'T' },
};

enum activity_kind activity_kind_of(const char *what, int64_t core)
{
	static const struct {
		const char *what;
		enum activity_kind kind;
	} rows[] = { { "python", KIND_PYTHON },
		     { "c", KIND_C },
		     { "native", KIND_NATIVE },
		     { "gil_wait", KIND_GIL_WAIT },
		     { "run_queue", KIND_READY },
		     { "throttled", KIND_READY },
		     { "io", KIND_IO },
		     { "lock_wait", KIND_WAIT },
		     { "queue_wait", KIND_WAIT },
		     { "loop_wait", KIND_WAIT },
		     { "start_up", KIND_START_UP },
		     { "task", KIND_TASK } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].what, what))
			return rows[i].kind;
	/* The rest is library code, pipes, wake-ups; where nothing of it runs, somebody else is waited for. */
	return core < 0 && strcmp(what, "switching") != 0 ? KIND_WAIT : KIND_OTHER;
}
