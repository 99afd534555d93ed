/*
 * native_probe.h - what a call of the user's takes, and of what kind it is.
 */
#ifndef SIM_NATIVE_NATIVE_PROBE_H
#define SIM_NATIVE_NATIVE_PROBE_H

#include "sim/native/native.h"

struct native_call {
	const char *name; /* of the function that is called */
	int64_t calls;	  /* so many were timed alone */
	size_t batch_count;
	/* Of one call, one value a batch: on the wall, on the CPU clock of its thread. */
	double *wall_ns, *cpu_ns;
	/* And, beside a thread that competes for the GIL, of its CPU time: bytecode, C code that holds the GIL, native code. */
	double (*shares)[3];
	double others_ns; /* CPU time that other threads of the process took meanwhile */
	double long_ns;	  /* C code shorter than that counts as bytecode */
	bool disturbed;	  /* others wanted the cores: the shares cannot be trusted */
};

/*
 * Calls `spec`, "MODULE:CALL", again and again for about `seconds` alone, and as often beside the competing thread.
 * `setup` is executed first, in the module's names. The interpreter has the GIL. False with a reason.
 */
bool native_probe_call(const struct native_python *python, const char *spec, const char *setup, double seconds,
		       struct region *region, struct native_call *call, struct native_error *error);

#endif
