/*
 * workload_binding.h - how often the harness binds a task's steps: once, once for each set of arguments, or once for
 * each instance.
 *
 * A program of very many small tasks, such as a tree of gathers, would otherwise walk through as many copies of the same
 * steps, which no cache holds.
 */
#ifndef SIM_NATIVE_WORKLOAD_BINDING_H
#define SIM_NATIVE_WORKLOAD_BINDING_H

#include "sim/scenario/workload.h"

enum workload_binding {
	BINDING_ONCE,	   /* its instances do not differ */
	BINDING_ARGUMENTS, /* a coroutine that reads its arguments and gathers such: those it starts are numbered as they start */
	BINDING_INSTANCE,  /* they differ in what they draw, keep or start */
};

/* Of a task that the variant runs. */
enum workload_binding workload_binding_of(const struct workload *workload, uint32_t task);
/* As the harness calls it. */
const char *workload_binding_word(enum workload_binding binding);

#endif
