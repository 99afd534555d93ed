/*
 * bench.c - runs all benchmarks, prints a table as it goes, and writes the result file.
 *
 *   bench [FILE]      the file is build/bench.json unless given
 *
 * The file is [{"name", "value", "unit", "reference", "ratio"}]: ratio = value / reference, both null
 * without a reference. It is written under another name and renamed, so it is never half there.
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

static json_t *bench_rows;

int64_t bench_wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double bench_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
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
		printf("%-18s %14.5g %-12s %14s %8s\n", name, value, unit, "-", "-");
	else
		printf("%-18s %14.5g %-12s %14.5g %8.3f\n", name, value, unit, reference, value / reference);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "build/bench.json";
	char temporary[4096];

	bench_rows = json_array();
	printf("%-18s %14s %-12s %14s %8s\n", "benchmark", "value", "unit", "reference", "ratio");
	bench_engine();
	bench_models();
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	if (json_dump_file(bench_rows, temporary, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) != 0 ||
	    rename(temporary, path) != 0) {
		fprintf(stderr, "bench: cannot write %s: %s\n", path, strerror(errno));
		remove(temporary);
		return 3;
	}
	json_decref(bench_rows);
	return 0;
}
