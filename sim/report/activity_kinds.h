/*
 * activity_kinds.h - what a thread can be seen to be at in a picture: the states of a trace, put together to as
 * many as an eye can tell apart.
 */
#ifndef SIM_REPORT_ACTIVITY_KINDS_H
#define SIM_REPORT_ACTIVITY_KINDS_H

#include <stdint.h>

enum activity_kind {
	KIND_PYTHON,
	KIND_C,
	KIND_NATIVE,
	KIND_GIL_WAIT,
	KIND_READY,
	KIND_IO,
	KIND_WAIT,
	KIND_START_UP,
	KIND_OTHER,
	KIND_TASK, /* a native run's: what it was at was not seen */
	KIND_COUNT
};

struct activity_kind_info {
	const char *name;  /* of the data file: "python" */
	const char *title; /* for people: "bytecode" */
	char letter;	   /* on a terminal */
};
extern const struct activity_kind_info activity_kinds[KIND_COUNT];

/* The kind of a trace's state; `core` -1: the thread is on none. */
enum activity_kind activity_kind_of(const char *what, int64_t core);

#endif
