/*
 * test_near.c - functions by their distance.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim/base/near.h"

static int called;

static void call_it(void)
{
	called++;
}

Test(near, a_function_is_found_again)
{
	near_function(near_of(call_it))();
	cr_expect(eq(int, called, 1));
	cr_expect(eq(sz, sizeof(near_fn), 4));
}

Test(near, zero_is_no_function)
{
	cr_expect(near_function(0) == NULL);
	cr_expect(ne(int, near_of(call_it), 0));
}
