/*
 * trace.h - the hook through which a run tells what happens, as it happens.
 *
 * Whoever wants to know gives a sink and says which phases it takes; without one a hook costs a test of a
 * pointer. Records come in order of time. Names are borrowed for the length of the call, `what` for ever.
 */
#ifndef SIM_ENGINE_TRACE_H
#define SIM_ENGINE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/sim_time.h"

enum trace_phase {
	TRACE_BEGIN, /* the thread begins the task `name` number `value`; a thread's tasks may overlap (coroutines) */
	TRACE_END,   /* the same task has ended */
	TRACE_INSTANT, /* "start" and "exit" of a thread, "run", "preempted", "gil_switch", "drop_request", ... */
	TRACE_COUNTER, /* `what`, or that of `name`, is `value` from now on */
	TRACE_STATE,   /* the thread is at `what` from now on, on `core` or on none; "": nobody knows at what */
	TRACE_TAKE,    /* the thread has taken the lock `what` number `value` */
	TRACE_DROP,    /* and dropped it */
	TRACE_MARK,    /* of the whole run: its clock starts or stops */
	TRACE_SEND,    /* the thread sends the message number `value` by `what`, a queue or a pipe (`name`: which) */
	TRACE_RECEIVE, /* and who takes it from there has it */
	TRACE_PHASE_COUNT
};

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
	unsigned phases; /* a bit for each phase that it takes */
};

#define TRACE_ALL_PHASES ((1u << TRACE_PHASE_COUNT) - 1)

static inline bool trace_wants(const struct trace_sink *sink, enum trace_phase phase)
{
	return sink && (sink->phases >> phase & 1);
}

static inline void trace_emit(const struct trace_sink *sink, const struct trace_record *record)
{
	if (trace_wants(sink, record->phase))
		sink->emit(sink->context, record);
}

#endif
