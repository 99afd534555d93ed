/*
 * native_cpus.c - the CPUs that this process may use.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native/native_cpus.h"

#include <ctype.h>
#include <sched.h>
#include <stdlib.h>

#include "sim/native/native_process.h"

void native_cpus_allowed(struct native_cpus *cpus)
{
	cpu_set_t set;

	cpus->count = 0;
	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) == 0) {
		for (int cpu = 0; cpu < CPU_SETSIZE && cpus->count < NATIVE_CPU_LIMIT; cpu++) {
			if (CPU_ISSET((size_t)cpu, &set))
				cpus->items[cpus->count++] = cpu;
		}
	}
	if (cpus->count == 0)
		cpus->items[cpus->count++] = 0;
}

int native_cpu_count(void)
{
	struct native_cpus allowed;

	native_cpus_allowed(&allowed);
	return (int)allowed.count;
}

/* Reads one number; NULL when there is none or it is too large. */
static const char *read_cpu(const char *text, int *cpu)
{
	long value = 0;

	if (!isdigit((unsigned char)*text))
		return NULL;
	for (; isdigit((unsigned char)*text); text++) {
		value = 10 * value + (*text - '0');
		if (value >= NATIVE_CPU_LIMIT)
			return NULL;
	}
	*cpu = (int)value;
	return text;
}

bool native_cpus_choose(struct native_cpus *cpus, const char *list, int cores, struct native_error *error)
{
	bool wanted[NATIVE_CPU_LIMIT] = { false };
	struct native_cpus allowed;
	const char *at = list;

	native_cpus_allowed(&allowed);
	cpus->count = 0;
	if (!list) {
		for (size_t i = 0; i < allowed.count && (cores <= 0 || i < (size_t)cores); i++)
			cpus->items[cpus->count++] = allowed.items[i];
		return true;
	}
	do {
		int first = -1, last;

		at = read_cpu(at, &first);
		last = first;
		if (at && *at == '-')
			at = read_cpu(at + 1, &last);
		if (!at || (*at != ',' && *at != '\0') || last < first) {
			native_error_set(error, "'%s' is no list of CPUs, expected for instance 0-1,4", list);
			return false;
		}
		for (int cpu = first; cpu <= last; cpu++)
			wanted[cpu] = true;
	} while (*at++ == ',');
	for (size_t i = 0; i < allowed.count; i++) {
		if (wanted[allowed.items[i]])
			cpus->items[cpus->count++] = allowed.items[i];
	}
	if (cpus->count > 0)
		return true;
	native_error_set(error, "none of the CPUs '%s' may be used by this process", list);
	return false;
}
