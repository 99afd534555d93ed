/*
 * bench.c - runs the benchmarks, prints a table as it goes, and writes the result file.
 *
 *   bench [--quick] [--only PREFIX] [FILE]     the file is build/bench.json unless given
 *   bench --count NAME N                       N operations of one subject and nothing else, for counting instructions
 *
 * The file is [{"name", "value", "unit", "reference", "ratio"}]: ratio = value / reference, both null
 * without a reference. It is written under another name and renamed, so it is never half there.
 * What is timed as a command is the gilsim beside this program.
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "models/simulate/simulate.h"
#include "sim/scenario/scenario.h"

#define QUICK_DIVISOR 100

static json_t *bench_rows;
static bool quick;
static const char *only = "";

bool bench_wants(const char *name)
{
	return !strncmp(name, only, strlen(only));
}

uint64_t bench_size(uint64_t full)
{
	return quick ? (full + QUICK_DIVISOR - 1) / QUICK_DIVISOR : full;
}

int bench_rounds(int most)
{
	if (quick)
		return 1;
	return most < BENCH_ROUND_COUNT ? most : BENCH_ROUND_COUNT;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t bench_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t bench_wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double bench_median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare_doubles);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

void bench_report(const char *name, double value, const char *unit, double reference)
{
	json_t *row = json_object();

	json_object_set_new(row, "name", json_string(name));
	json_object_set_new(row, "value", json_real(value));
	json_object_set_new(row, "unit", json_string(unit));
	json_object_set_new(row, "reference", isnan(reference) ? json_null() : json_real(reference));
	json_object_set_new(row, "ratio", isnan(reference) ? json_null() : json_real(value / reference));
	json_array_append_new(bench_rows, row);
	if (isnan(reference))
		printf("%-24s %12.5g %-14s %12s %8s\n", name, value, unit, "-", "-");
	else
		printf("%-24s %12.5g %-14s %12.5g %8.3f\n", name, value, unit, reference, value / reference);
	fflush(stdout);
}

const struct workload *bench_load(const char *name, const char *count_key, uint64_t count, struct region *region)
{
	const char *path = region_format(region, "tests/bench/%s.yaml", name);
	const char *override = region_format(region, "%s=%llu", count_key, (unsigned long long)count);
	struct scenario_options options = { .overrides = &override, .override_count = count > 0, .seed = 1 };
	struct diagnostics diagnostics;
	struct scenario *scenario;

	diagnostics_init(&diagnostics, region);
	scenario = scenario_load(path, &options, region, &diagnostics);
	if (scenario)
		simulate_check(&scenario->workloads[0], &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	return scenario && diagnostics.error_count == 0 ? &scenario->workloads[0] : NULL;
}

static int write_file(const char *path)
{
	char temporary[4096];

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	if (json_dump_file(bench_rows, temporary, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) != 0 ||
	    rename(temporary, path) != 0) {
		fprintf(stderr, "bench: cannot write %s: %s\n", path, strerror(errno));
		remove(temporary);
		return 3;
	}
	return 0;
}

static int count(const char *name, uint64_t operations)
{
	if (bench_count_engine(name, operations) || bench_count_servers(name, operations))
		return 0;
	fprintf(stderr, "bench: nothing is counted under the name '%s'\n", name);
	return 2;
}

/* Says how it is called; an option other than --help is an error. */
static int usage(const char *option)
{
	bool asked = !strcmp(option, "--help");

	if (!asked)
		fprintf(stderr, "bench: unknown option, or one that lacks its value: '%s'\n", option);
	fputs("Usage: bench [--quick] [--only NAME] [FILE.json]     measure, and write the figures (build/bench.json)\n"
	      "       bench --count NAME OPERATIONS                 only run it, under an instruction counter\n",
	      asked ? stdout : stderr);
	return asked ? 0 : 2;
}

int main(int argc, char **argv)
{
	const char *path = "build/bench.json";
	char own_path[4096], gilsim[4200];
	int status;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--quick"))
			quick = true;
		else if (!strcmp(argv[i], "--only") && i + 1 < argc)
			only = argv[++i];
		else if (!strcmp(argv[i], "--count") && i + 2 < argc)
			return count(argv[i + 1], strtoull(argv[i + 2], NULL, 10));
		else if (argv[i][0] == '-')
			return usage(argv[i]);
		else
			path = argv[i];
	}
	snprintf(own_path, sizeof(own_path), "%s", argv[0]);
	snprintf(gilsim, sizeof(gilsim), "%s/gilsim", dirname(own_path));
	bench_rows = json_array();
	printf("%-24s %12s %-14s %12s %8s\n", "benchmark", "value", "unit", "reference", "ratio");
	bench_command(gilsim); /* first: a child's peak memory counts what its parent had when it started it */
	bench_engine();
	bench_models();
	bench_servers();
	bench_trace();
	status = write_file(path);
	json_decref(bench_rows);
	return status;
}
