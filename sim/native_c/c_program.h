/*
 * c_program.h - the process that executes a workload: what harness.py is for CPython.
 */
#ifndef SIM_NATIVE_C_C_PROGRAM_H
#define SIM_NATIVE_C_C_PROGRAM_H

#include "sim/native/native_cpus.h"

/* Executes the workload of c_run, which is set, and fills in what it shares with gilsim. `context` is a
 * struct native_cpus. Returns the exit status. */
int c_program_main(void *context);

#endif
