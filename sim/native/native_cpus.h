/* native_cpus.h - the CPUs that this process may use, and lists of them as taskset takes them. */
#ifndef SIM_NATIVE_NATIVE_CPUS_H
#define SIM_NATIVE_NATIVE_CPUS_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/native/native.h"

#define NATIVE_CPU_LIMIT 1024

struct native_cpus {
	int items[NATIVE_CPU_LIMIT]; /* ascending */
	size_t count;
};

void native_cpus_allowed(struct native_cpus *cpus);
/* `list` ("0", "0-1,4") as far as it is allowed, or, where that is NULL, the first `cores` of the allowed ones
 * (all, if there are fewer). False with a reason when the list is wrong or leaves none. */
bool native_cpus_choose(struct native_cpus *cpus, const char *list, int cores, struct native_error *error);

#endif
