/*
 * test_libgilsim.c - libgilsim: the same figures as the command's, from a program; and the example that is shipped.
 */
#include <math.h>

#include "sim/api/gilsim.h"
#include "tests/unit/cli_helper.h"

TestSuite(libgilsim, .init = set_up, .fini = tear_down);

static const char *path_of(const char *name)
{
	return region_format(&region, "%s/%s", folder, name);
}

Test(libgilsim, a_scenario_is_loaded_overridden_run_and_read)
{
	const char *overrides[] = { "run.count=3" };
	const struct gilsim_options options = { .overrides = overrides, .override_count = 1, .profile = "ideal" };
	char *messages, *json;
	struct gilsim *gilsim = gilsim_load(path_of("s.yaml"), &options, &messages);

	cr_assert(gilsim != NULL, "%s", messages);
	cr_expect(eq(str, messages, (char *)""));
	free(messages);
	cr_expect(eq(sz, gilsim_variant_count(gilsim), 2));
	cr_expect(eq(str, (char *)gilsim_variant_name(gilsim, 1), (char *)"threads"));
	cr_expect(isnan(gilsim_metric(gilsim, 0, "makespan")), "nothing was run yet");
	cr_expect(gilsim_json(gilsim) == NULL);
	for (int i = 0; i < 2; i++) {
		cr_assert(eq(int, gilsim_run(gilsim, 1), 0));
		cr_expect(ieee_ulp_eq(dbl, gilsim_metric(gilsim, 0, "makespan"), 3 * 7.11e-3, 4));
	}
	cr_expect(isnan(gilsim_metric(gilsim, 0, "no-such")));
	cr_expect(isnan(gilsim_metric(gilsim, 2, "makespan")));
	json = gilsim_json(gilsim);
	cr_expect(strstr(json, "\"makespan_s\": 0.02133") != NULL, "%s", json);
	free(json);
	gilsim_free(gilsim);
}

Test(libgilsim, what_is_wrong_comes_back_as_text)
{
	const char *overrides[] = { "machine.coers=3" };
	const struct gilsim_options options = { .overrides = overrides, .override_count = 1 };
	char *messages;

	cr_expect(gilsim_load(path_of("s.yaml"), &options, &messages) == NULL);
	cr_expect(strstr(messages, "did you mean 'cores'") != NULL, "%s", messages);
	free(messages);
	cr_expect(gilsim_load(path_of("missing.yaml"), NULL, &messages) == NULL);
	cr_expect(strstr(messages, "missing.yaml") != NULL, "%s", messages);
	free(messages);
}

Test(libgilsim, an_allocation_that_fails_comes_back)
{
	char *messages;
	struct gilsim *gilsim;

	region_fail_after(50);
	gilsim = gilsim_load(path_of("s.yaml"), NULL, &messages);
	region_fail_after(UINT64_MAX);
	cr_expect(gilsim == NULL);
	free(messages);
	gilsim = gilsim_load(path_of("s.yaml"), NULL, &messages);
	cr_assert(gilsim != NULL);
	free(messages);
	region_fail_after(50);
	cr_expect(eq(int, gilsim_run(gilsim, 1), -1));
	region_fail_after(UINT64_MAX);
	cr_expect(eq(int, gilsim_run(gilsim, 1), 0), "and can be tried again");
	gilsim_free(gilsim);
}

Test(libgilsim, the_example_that_is_shipped_runs)
{
	char *program = program_path();
	int status = system(region_format(&region, "%.*s/example %s/s.yaml >%s/out", (int)(strrchr(program, '/') - program),
					  program, folder, folder));

	free(program);
	cr_expect(eq(int, status, 0));
	cr_expect(strstr(content_of(path_of("out")), "4 cores, threads: 1.00 times as fast\n") != NULL);
}
