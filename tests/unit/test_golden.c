/*
 * test_golden.c - the golden traces are as they were; `make golden` writes them anew.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

Test(golden, every_trace_is_as_it_was)
{
	const char *given = getenv("GILSIM");
	char command[4096];

	snprintf(command, sizeof(command), "tests/tools/golden.sh compare %s >&2", given ? given : GILSIM_BINARY);
	cr_expect(eq(int, system(command), 0), "a trace differs; if it should, `make golden` and explain the change");
}
