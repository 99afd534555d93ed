/*
 * picture_helper.h - what tests of pictures and of reports share: a folder of their own, and the built program in it.
 */
#ifndef TESTS_UNIT_PICTURE_HELPER_H
#define TESTS_UNIT_PICTURE_HELPER_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/region.h"
#include "sim/report/data_table.h"

/* A report with its pictures. */
#define CONTENT_BYTES (4 << 20)

static struct region region;
static char folder[] = "/tmp/gilsim-test-plot-XXXXXX";
static char *program, *here;

static inline void set_up(void)
{
	const char *given = getenv("GILSIM");

	region_init(&region);
	cr_assert(mkdtemp(folder) != NULL);
	program = realpath(given ? given : GILSIM_BINARY, NULL);
	here = getcwd(NULL, 0);
	cr_assert(program != NULL && here != NULL);
}

static inline void tear_down(void)
{
	cr_assert(eq(int, system(region_format(&region, "rm -rf %s", folder)), 0));
	free(program);
	free(here);
	region_release(&region);
}

static inline char *content_of(const char *name)
{
	FILE *stream = fopen(region_format(&region, "%s/%s", folder, name), "r");
	char *text = region_alloc(&region, CONTENT_BYTES);

	cr_assert(stream != NULL, "%s", name);
	text[fread(text, 1, CONTENT_BYTES - 1, stream)] = '\0';
	fclose(stream);
	return text;
}

static inline void write_file(const char *name, const char *text)
{
	FILE *stream = fopen(region_format(&region, "%s/%s", folder, name), "w");

	cr_assert(stream != NULL);
	fputs(text, stream);
	fclose(stream);
}

/* Runs a command line in the test's folder, with $G the program and $S the scenarios; standard error goes to `err`.
 */
static inline int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline int shell(const char *format, ...)
{
	char line[2000];
	va_list list;
	int status;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	status = system(region_format(&region, "cd %s && G=%s S=%s/scenarios T=%s/tests && { %s; } 2>err", folder,
				      program, here, here, line));
	status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	/* What tests/tools/run_tests.sh has a sanitizer end a process with. */
	cr_assert(status != 99, "%s: %s", line, content_of("err"));
	return status;
}

/* The same for a command line that must succeed. */
#define must_run(...) cr_assert(eq(int, shell(__VA_ARGS__), 0), "%s", content_of("err"))

static inline struct data_table table_of(const char *name)
{
	struct data_table table;
	struct data_error error;

	bool is_read = data_table_read(&table, region_format(&region, "%s/%s", folder, name), &region, &error);

	cr_assert(eq(int, is_read, true), "%s", error.text);
	return table;
}

static inline size_t lines_of(const char *name)
{
	size_t count = 0;

	for (const char *at = content_of(name); *at; at++)
		count += *at == '\n';
	return count;
}

#endif
