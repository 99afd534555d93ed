/*
 * native_trace.c - see native_trace.h.
 */
#include "sim/native/native_trace.h"

#include <stdio.h>

/* KINDS of harness_trace.py: what the simulator calls a thread that is at such a step. */
static const char *const step_kinds[] = { "python", "c", "native", "io", "lock_wait", "queue_wait" };

struct note {
	int64_t begin_ns, end_ns;
	uint64_t who; /* process << 32 | thread */
	int64_t kind;
};

void native_trace_read(const char *path, int64_t start_ns, struct region *region, struct native_run *run)
{
	FILE *file = fopen(path, "rb");
	size_t capacity = 0;
	struct note note;

	while (file && fread(&note, sizeof(note), 1, file) == 1) {
		/* What took no time cannot be drawn; what does not know its kind is none of ours. */
		if (note.end_ns <= note.begin_ns || note.kind < 0 ||
		    (size_t)note.kind >= sizeof(step_kinds) / sizeof(step_kinds[0]))
			continue;
		run->steps = region_grow(region, run->steps, run->step_count, &capacity, sizeof(run->steps[0]));
		run->steps[run->step_count++] = (struct native_step){
			.begin_ns = note.begin_ns - start_ns,
			.end_ns = note.end_ns - start_ns,
			.process = (int32_t)(note.who >> 32),
			.thread = (int32_t)(note.who & 0xffffffff),
			.what = step_kinds[note.kind],
		};
	}
	if (file)
		fclose(file);
}
