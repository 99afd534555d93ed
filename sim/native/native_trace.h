/*
 * native_trace.h - what a traced run's harness has noted.
 */
#ifndef SIM_NATIVE_NATIVE_TRACE_H
#define SIM_NATIVE_NATIVE_TRACE_H

#include "sim/base/region.h"
#include "sim/native/native.h"

/* Reads native_run.steps, holds, releases and messages from the file that the harness has appended to
 * (harness_trace.py); times count from `start_ns`. Without the file there are none. */
void native_trace_read(const char *path, int64_t start_ns, struct region *region, struct native_run *run);

#endif
