/*
 * cli_helper.h - the built program as its users meet it: run by the shell, in a folder of the test's own.
 *
 * GILSIM names the program, else where the Makefile has put it.
 */
#ifndef TESTS_UNIT_CLI_HELPER_H
#define TESTS_UNIT_CLI_HELPER_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/region.h"

static struct region region;
static char folder[] = "/tmp/gilsim-test-cli-XXXXXX"; /* a name of its own once set up */

static const char scenario[] __attribute__((unused)) = "name: count\n"
			       "about: two counts\n"
			       "machine: {profile: ideal, cores: 2}\n"
			       "tasks:\n"
			       "  count: [{python: 7110us}]\n"
			       "run: {task: count, count: 2}\n"
			       "variants:\n"
			       "  sequential: {model: sequential}\n"
			       "  threads: {model: threads}\n"
			       "expect:\n"
			       "  - sequential.makespan ~ 14.22ms +- 1%\n";

struct outcome {
	int status; /* exit status; -1: killed */
	char *out, *err;
};

static inline char *content_of(const char *path)
{
	FILE *stream = fopen(path, "r");
	char *text = region_alloc(&region, 1 << 20);
	size_t length;

	cr_assert(stream != NULL, "%s", path);
	length = fread(text, 1, (1 << 20) - 1, stream);
	text[length] = '\0';
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

/* The program. free() it. */
static inline char *program_path(void)
{
	const char *given = getenv("GILSIM");
	char *program = realpath(given ? given : GILSIM_BINARY, NULL);

	cr_assert(program != NULL, "gilsim is not built");
	return program;
}

/* Runs `gilsim ARGUMENTS` by the shell in the test's folder. */
static inline struct outcome gilsim(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline struct outcome gilsim(const char *format, ...)
{
	char *program = program_path();
	struct outcome outcome;
	char arguments[1000];
	va_list list;
	int status;

	va_start(list, format);
	vsnprintf(arguments, sizeof(arguments), format, list);
	va_end(list);
	status = system(region_format(&region, "cd %s && %s %s >out 2>err", folder, program, arguments));
	free(program);
	outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	outcome.out = content_of(region_format(&region, "%s/out", folder));
	outcome.err = content_of(region_format(&region, "%s/err", folder));
	/* What tests/tools/run_tests.sh has a sanitizer end a process with. */
	cr_assert(outcome.status != 99, "gilsim %s: %s", arguments, outcome.err);
	return outcome;
}

static inline void set_up(void)
{
	region_init(&region);
	cr_assert(mkdtemp(folder) != NULL);
	write_file("s.yaml", scenario);
}

static inline void tear_down(void)
{
	cr_assert(eq(int, system(region_format(&region, "rm -rf %s", folder)), 0));
	region_release(&region);
}

#endif
