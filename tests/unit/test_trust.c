/*
 * test_trust.c - what tells how far to trust a prediction: calibrations, random scenarios to measure, quotas for real, probes
 * of real calls. The ledger of errors has test_error_ledger.c.
 *
 * What only a calm machine can show has commands of its own: make check-calibrate, make check-probe.
 */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/native/calibrate.h"
#include "sim/native/native_quota.h"
#include "tests/unit/cli_helper.h"

TestSuite(trust, .init = set_up, .fini = tear_down);

/* ---- Calibrations --------------------------------------------------------------------------------------- */

Test(trust, a_cost_is_the_median_of_all_passes_and_its_spread_says_how_well_that_is_known)
{
	struct profile *profile = profile_new("test", &region);
	struct calibration calibration = { .values = profile->values,
					   .samples = native_samples_new(&region),
					   .region = &region };
	const struct profile_value *value = &profile->values[COST_WAKE_IDLE_DEEP];
	double first[] = { 100, 101, 99, 100, 100 }, second[] = { 102, 102, 101, 102, 103 };
	double third[] = { 96, 97, 96, 95, 96 }, fourth[] = { 101, 101, 100, 102, 101 }, slow[] = { 150, 151, 149, 150, 150 };

	calibration_put_batches(&calibration, COST_WAKE_IDLE_DEEP, first, 5, NULL);
	cr_expect(eq(dbl, value->value, 100));
	/* The quartiles are both 100: by them nothing is unsure. */
	cr_expect(eq(dbl, value->spread, 0));
	calibration_put_batches(&calibration, COST_WAKE_IDLE_DEEP, second, 5, NULL);
	calibration_put_batches(&calibration, COST_WAKE_IDLE_DEEP, slow, 5, NULL);
	/* Of three passes each counts. */
	cr_expect(epsilon_eq(dbl, value->spread, (150 - 100) / 2. / 102, 1e-9), "%g", value->spread);
	calibration_put_batches(&calibration, COST_WAKE_IDLE_DEEP, third, 5, NULL);
	calibration_put_batches(&calibration, COST_WAKE_IDLE_DEEP, fourth, 5, "a remark");
	/* A neighbour in one pass of five neither moves it out of the others' range, nor makes it less sure. */
	cr_expect(eq(dbl, value->value, 101));
	cr_expect(epsilon_eq(dbl, value->spread, (102 - 96) / 2. / 101, 1e-9), "%g", value->spread);
	cr_expect(eq(int, value->samples, 25));
	cr_expect(strstr(value->note, "a remark") != NULL);
	/* What one pass could not measure stays what the others did. */
	calibration_put_assumed(&calibration, COST_WAKE_IDLE_DEEP, 7, "only one CPU");
	cr_expect(eq(dbl, value->value, 101));
}

Test(trust, two_profiles_are_compared_without_measuring)
{
	struct outcome outcome = gilsim("calibrate --compare default --compare default");

	cr_expect(eq(int, outcome.status, 0), "%s", outcome.err);
	cr_expect(strstr(outcome.out, "DIFFER") == NULL);
	cr_expect(strstr(outcome.out, "measured parameters agree within their spreads; by chance up to") != NULL, "%s", outcome.out);
	outcome = gilsim("calibrate --compare default --compare ideal");
	cr_expect(strstr(outcome.out, "DIFFER") != NULL);
	cr_expect(eq(int, gilsim("calibrate --compare a --compare b --compare c").status, 2));
}

/* ---- Random scenarios to measure -------------------------------------------------------------------------- */

Test(trust, random_scenarios_for_native_runs_are_short_and_always_the_same)
{
	for (int seed = 1; seed <= 5; seed++) {
		struct outcome outcome = gilsim("new --random --native --seed %d -o r%d.yaml", seed, seed);

		cr_assert(eq(int, outcome.status, 0), "%s", outcome.err);
		outcome = gilsim("new --random --native --seed %d", seed);
		cr_expect(eq(str, outcome.out, content_of(region_format(&region, "%s/r%d.yaml", folder, seed))));
		cr_expect(eq(int, gilsim("run --format csv r%d.yaml", seed).status, 0));
	}
	cr_expect(eq(int, gilsim("new --native").status, 2));
}

/* It used to look for ever for one that fits. */
Test(trust, no_random_scenario_fits_a_profile_with_an_error, .timeout = 30)
{
	struct outcome outcome;

	cr_assert(eq(int, mkdir(region_format(&region, "%s/machines", folder), 0777), 0));
	write_file("machines/default.yaml", "profile: default\nspeed: 3\n");
	setenv("GILSIM_DATA", folder, 1);
	outcome = gilsim("new --random --native --seed 1 -o r.yaml");
	cr_expect(eq(int, outcome.status, 2));
	cr_expect(strstr(outcome.err, "machines/default.yaml:2:1: error: unknown key 'speed'") != NULL, "%s", outcome.err);
	cr_expect(ne(int, access(region_format(&region, "%s/r.yaml", folder), F_OK), 0));
}

/* ---- A quota for real ------------------------------------------------------------------------------------ */

Test(trust, a_quota_is_set_or_said_to_be_left_out, .timeout = 60)
{
	struct outcome outcome;

	write_file("q.yaml", "name: q\nmachine: {cores: 1, quota: 0.25, quota_period: 20ms}\ntasks: {t: [{python: 40ms}]}\n"
			     "run: {task: t, count: 1}\nvariants: {a: {model: sequential}}\n");
	outcome = gilsim("native --profile default --repeat 1 --format csv q.yaml");
	if (!native_quota_is_allowed()) {
		cr_expect(strstr(outcome.err, "a CPU quota cannot be set") != NULL, "%s", outcome.err);
		return;
	}
	cr_expect(eq(int, outcome.status, 0), "%s", outcome.err);
	outcome = gilsim("native --profile default --repeat 1 --format json --slo 'makespan > 80ms' q.yaml");
	cr_expect(eq(int, outcome.status, 0), "40 ms of work at a quarter of a core: %s", outcome.out);
}

/* ---- Probes ---------------------------------------------------------------------------------------------- */

static bool can_probe(void)
{
	return native_cpu_count() >= 2;
}

Test(trust, a_probe_prints_a_scenario_that_runs, .timeout = 120)
{
	struct outcome outcome;

	if (!can_probe())
		return;
	outcome = gilsim("probe --time 100ms 'time:sleep(0.01)' -o p.yaml");
	cr_assert(eq(int, outcome.status, 0), "%s", outcome.err);
	outcome = gilsim("run --format csv p.yaml");
	cr_expect(eq(int, outcome.status, 0), "%s", outcome.err);
	cr_expect(strstr(outcome.out, "probe-sleep") != NULL, "%s", outcome.out);
}

Test(trust, a_probe_says_what_is_wrong)
{
	cr_expect(eq(int, gilsim("probe").status, 2));
	cr_expect(eq(int, gilsim("probe json").status, 2));
	cr_expect(eq(int, gilsim("probe --time 5 json:dumps").status, 2));
	if (!can_probe())
		return;
	cr_expect(eq(int, gilsim("probe no_such_module:f").status, 3));
	cr_expect(strstr(gilsim("probe 'math:sqrt(-1)'").err, "math domain error") != NULL);
}
