/*
 * bench.h - what the benchmark program's parts share.
 *
 * A part times its subject and its reference in turns, several rounds of each, and reports the medians.
 * Rates are better high, times better low; the unit says which.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/region.h"
#include "sim/scenario/workload.h"

/* Rounds of subject and reference in turns; odd, so that a median is one of them. */
#define BENCH_ROUND_COUNT 7

/* Whether a benchmark of this name is asked for. */
bool bench_wants(const char *name);
/* How many operations to do where `full` make a good figure: a hundredth of them with --quick. */
uint64_t bench_size(uint64_t full);
/* BENCH_ROUND_COUNT, or fewer: one with --quick, `most` where a round takes seconds. */
int bench_rounds(int most);

/* One figure: printed now, and written to the result file at the end. `reference` is in the same unit,
 * NAN when there is none. `name` and `unit` are borrowed: literals. */
void bench_report(const char *name, double value, const char *unit, double reference);

/* What this program has used of a core so far: on a busy machine, too, the time that its work takes. */
int64_t bench_cpu_ns(void);
/* A real clock, for other processes. */
int64_t bench_wall_ns(void);
/* Sorts `values`. */
double bench_median(double *values, int count);

/* The first variant of a scenario under tests/bench/, with `count` (0: as many as it says) for its key `count_key`. NULL,
 * and why on standard error, when it is not simulated. */
const struct workload *bench_load(const char *name, const char *count_key, uint64_t count, struct region *region);
#define BENCH_RUN_COUNT "run.count"
#define BENCH_ARRIVAL_COUNT "run.arrivals.count"

/* The parts. */
void bench_engine(void);
void bench_models(void);
void bench_servers(void);
void bench_command(const char *gilsim);
void bench_trace(void);

/* For counting instructions: the subject alone, so many operations. False: no such name. */
bool bench_count_engine(const char *name, uint64_t operations);
bool bench_count_servers(const char *name, uint64_t operations);

#endif
