/*
 * trace.h - the hook through which a run tells what happens, as it happens.
 *
 * Whoever wants to know gives a sink; without one a hook costs a test of a pointer. Names are
 * borrowed for the length of the call. What the lanes mean is for those who emit and those who read.
 */
#ifndef SIM_ENGINE_TRACE_H
#define SIM_ENGINE_TRACE_H

#include <stdint.h>

#include "sim/base/sim_time.h"

enum trace_phase { TRACE_BEGIN, TRACE_END, TRACE_INSTANT, TRACE_COUNTER };

struct trace_record {
	sim_ns time_ns;
	enum trace_phase phase;
	int32_t process, thread, core; /* -1: none */
	const char *what;	       /* a fixed word: "run", "python", "gil_wait", "drop_request", ... */
	const char *name;	       /* whose, e.g. a task's or thread's name; may be NULL */
	int64_t value;
};

struct trace_sink {
	void (*emit)(void *context, const struct trace_record *record);
	void *context;
};

static inline void trace_emit(const struct trace_sink *sink, const struct trace_record *record)
{
	if (sink)
		sink->emit(sink->context, record);
}

#endif
