/*
 * c_steps.h - executes a task's steps: control flow, work, starting and joining. What they do to resources stands
 * in c_resources.h, what only coroutines do in c_loop.h.
 */
#ifndef SIM_NATIVE_C_C_STEPS_H
#define SIM_NATIVE_C_C_STEPS_H

#include "sim/native_c/c_instance.h"

/* Steps [first, end) of the workload, until one leaves them. */
void c_steps_run(struct c_instance *instance, uint32_t first, uint32_t end);
/* Whether a step of this kind is known, in a function or in a coroutine. */
bool c_step_is_known(enum step_kind kind, bool in_coroutine);

#endif
