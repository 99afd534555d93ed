/*
 * c_backend.h - the same workload for real, without an interpreter: on pthreads with a lock that follows the GIL,
 * fork and pipes, an epoll loop.
 *
 * It is the machine that the simulator simulates, and the algorithms of CPython and its library, but none of what
 * CPython's own code costs. So a prediction made with the machine's costs alone (c_backend_adapt()) should meet it;
 * where it does not, the fault is in the machine's model, and where only CPython differs from its prediction, in
 * the interpreter's.
 */
#ifndef SIM_NATIVE_C_C_BACKEND_H
#define SIM_NATIVE_C_C_BACKEND_H

#include "sim/native/native.h"

/* Whether it can run this workload; otherwise *why_not says why not. */
bool c_backend_can_run(const struct workload *workload, const char **why_not);

/*
 * Makes a workload that was compiled for an interpreter one for this backend, to be run and to be predicted: of the
 * parameters whose scope is PYTHON (sim/profile/parameters.h) only the rules about time stay, such as the switch
 * interval; all others are as in the profile `ideal`. The three spin rates are those of its own loop, measured
 * here, and all builds are equally fast.
 */
void c_backend_adapt(struct workload *workload);

/* Executes an adapted workload once; as native_execute(). Its memory is none of what is asked here: options->memory
 * is ignored. */
bool c_backend_execute(const struct workload *workload, const struct native_options *options, struct region *region,
		       struct native_run *run, struct native_error *error);

#endif
