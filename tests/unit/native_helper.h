/*
 * native_helper.h - what tests need that run scenarios for real: a scenario_helper, and the python3 that is there.
 */
#ifndef TESTS_UNIT_NATIVE_HELPER_H
#define TESTS_UNIT_NATIVE_HELPER_H

#include "tests/unit/scenario_helper.h"

#include "sim/native/native.h"

static struct helper helper;
static struct native_python python;

static void native_set_up(void)
{
	struct native_error error;

	helper_open(&helper);
	cr_assert(native_probe_python("python3", &helper.region, &python, &error), "%s", error.text);
}

static void native_tear_down(void)
{
	helper_close(&helper);
}

#endif
