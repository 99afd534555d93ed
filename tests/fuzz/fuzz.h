/*
 * fuzz.h - what reads bytes that anybody may have written, as functions of any bytes.
 *
 * `make fuzz` links each with libFuzzer (driver.c). The tests run each over its corpus (tests/unit/test_fuzz.c), to
 * which whatever a fuzzer finds is added: so what was found stays fixed where there is no fuzzer.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/region.h"

typedef void fuzz_fn(const uint8_t *data, size_t size);

/* Scenario files: checked, compiled. Corpus: scenario. */
fuzz_fn fuzz_scenario;
/* The same, and run within small limits. Corpus: scenario. */
fuzz_fn fuzz_run;
/* One line: as a distribution, an expression, an expectation, an override, a quantity. Corpus: text. */
fuzz_fn fuzz_text;
/* Logs of arrivals and empirical distributions, as a scenario names them. Corpus: log. */
fuzz_fn fuzz_log;
/* Machine profiles. Corpus: profile. */
fuzz_fn fuzz_profile;
/* Results as JSON or CSV, and traces, as plots and reports read them. Corpus: result. */
fuzz_fn fuzz_result;

/* A file in memory with these bytes, by its path; the descriptor is to be closed. */
int fuzz_file(const uint8_t *data, size_t size, char path[64]);
/* Calls `use` with a region that is limited to some MiB and released afterwards, also when they are used up. */
void fuzz_in_region(void (*use)(struct region *region, const uint8_t *data, size_t size), const uint8_t *data, size_t size);

#endif
