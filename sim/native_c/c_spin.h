/*
 * c_spin.h - the loop that stands for the three kinds of CPU step, and how fast the machine is at it.
 *
 * A step does a fixed amount of work, not of time, as in the harness: so many iterations of ten nanoseconds or so,
 * which is the distance of two looks at the eval breaker.
 */
#ifndef SIM_NATIVE_C_C_SPIN_H
#define SIM_NATIVE_C_C_SPIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/native/native_cpus.h"

/* Runs so many iterations, fewer when `*stop` becomes true; returns how many are left. `stop` may be NULL. */
int64_t c_spin(int64_t iterations, const atomic_bool *stop);

/* The mean nanoseconds of an iteration of python, c and native steps over at least `watch_ns`. */
void c_spin_rates(int64_t watch_ns, double rates_ns[3]);
/* The same by which durations become iterations: measured once in the life of gilsim, then kept. */
void c_spin_nominal(double rates_ns[3]);
/* Those of an earlier life, of whose measurements the rest is about. */
void c_spin_set_nominal(const double rates_ns[3]);

/* So long a process spins before anything is measured: a core that was idle, above all a virtual one, is slow at
 * first. */
void c_spin_warm_up(void);
/* This process's speed while all `cpus` are busy, against its speed while it is alone; NaN on one CPU. */
double c_spin_all_busy_speed(const struct native_cpus *cpus);

/* A process that always wants a core of those its parent has (or of `cpu`, unless that is negative), until it is
 * killed or its parent is. */
int c_spin_start_hog(int cpu);
void c_spin_end_hog(int pid);

#endif
