/*
 * test_host_profile.c - when a kept calibration of this host may be used again.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sim/cli/host_profile.h"

static struct region region;
static char path[] = "/tmp/gilsim-test-host-profile-XXXXXX.yaml";
static const struct native_python python = { .executable = "/opt/python3.13",
					     .version = "3.13",
					     .full_version = "3.13.0" };

static void set_up(void)
{
	int descriptor;

	region_init(&region);
	descriptor = mkstemps(path, (int)strlen(".yaml"));
	cr_assert(descriptor >= 0);
	close(descriptor);
}

static void tear_down(void)
{
	unlink(path);
	region_release(&region);
}

TestSuite(host_profile, .init = set_up, .fini = tear_down);

/* A calibration of `python` on the kernel that runs. */
static struct profile *complete_profile(void)
{
	const struct profile_value value = { .value = 1, .spread = 0.1, .samples = 9, .provenance = PROVENANCE_MEASURED,
					     .note = "2026-11-21" };
	struct profile *profile = profile_new("host", &region);
	struct profile_python *its = profile_add_python(profile, &region, python.version, true);
	struct utsname system;

	cr_assert(eq(int, uname(&system), 0));
	profile->kernel = region_strdup(&region, system.release);
	profile->cores = 2;
	its->executable = python.executable;
	for (enum cost cost = 0; cost < COST_COUNT; cost++)
		*(cost_infos[cost].scope == SCOPE_MACHINE ? &profile->values[cost] : &its->values[cost]) = value;
	return profile;
}

static bool is_current(const struct profile *profile)
{
	cr_assert(host_profile_save(profile, path, &region));
	return host_profile_is_current(path, &python, &region);
}

Test(host_profile, a_complete_calibration_is_used_again)
{
	cr_expect(is_current(complete_profile()));
}

Test(host_profile, a_calibration_without_a_new_cost_of_the_interpreter_is_not)
{
	struct profile *profile = complete_profile();

	profile->pythons[0].values[COST_MEMORY_COROUTINE].provenance = PROVENANCE_MISSING;
	cr_expect(not(is_current(profile)));
}

Test(host_profile, a_calibration_without_a_new_cost_of_the_machine_is_not)
{
	struct profile *profile = complete_profile();

	profile->values[COST_MEM_FAULT].provenance = PROVENANCE_MISSING;
	cr_expect(not(is_current(profile)));
}

Test(host_profile, a_calibration_of_another_executable_or_kernel_is_not)
{
	struct profile *profile = complete_profile();

	profile->pythons[0].executable = "/usr/bin/python3.13";
	cr_expect(not(is_current(profile)));
	profile = complete_profile();
	profile->kernel = "2.6.39";
	cr_expect(not(is_current(profile)));
}

Test(host_profile, a_calibration_of_the_same_executable_by_another_name_is_used)
{
	struct profile *profile = complete_profile();
	const char *name = region_format(&region, "%s.python3", path);
	struct native_python by_name = python;

	profile->pythons[0].executable = "/proc/self/exe";
	by_name.executable = name;
	cr_assert(eq(int, symlink("/proc/self/exe", name), 0));
	cr_assert(host_profile_save(profile, path, &region));
	cr_expect(host_profile_is_current(path, &by_name, &region));
	unlink(name);
}
