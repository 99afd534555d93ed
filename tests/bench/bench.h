/*
 * bench.h - what the benchmark program's parts share.
 *
 * A part times its subject and its reference in turns, several rounds of each, and reports the medians.
 * Rates are better high, times better low; the unit says which.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Rounds of subject and reference in turns; odd, so that a median is one of them. */
#define BENCH_ROUND_COUNT 7

/* One figure: printed now, and written to the result file at the end. `reference` is in the same unit,
 * NAN when there is none. `name` and `unit` are borrowed: literals. */
void bench_report(const char *name, double value, const char *unit, double reference);

/* A real clock, for what takes real time. */
int64_t bench_wall_ns(void);
/* Sorts `values`. */
double bench_median(double *values, size_t count);

/* The parts: engine, and the models (bench_models.c). */
void bench_engine(void);
void bench_models(void);

#endif
