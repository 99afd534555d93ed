/*
 * test_measurements.c - what `validate` has measured is kept in a file, and predicted again from it.
 */
#include "tests/unit/cli_helper.h"

/* On the c backend, which needs no calibrated interpreter. */
#define MEASURE "validate --backend c --quick --repeat 2 --profile default --format csv --save runs.json"

TestSuite(measurements, .init = set_up, .fini = tear_down, .timeout = 120);

/* `gilsim ARGUMENTS`, which has to succeed: its output. */
static char *output_of(const char *arguments)
{
	struct outcome outcome = gilsim("%s", arguments);

	cr_assert(eq(int, outcome.status, 0), "%s", outcome.err);
	return outcome.out;
}

Test(measurements, what_was_saved_is_predicted_alike)
{
	char *measured = output_of(MEASURE " s.yaml --seed 7 --set tasks.count[0].python=3ms");

	cr_expect(eq(str, output_of("validate --saved runs.json --format csv"), measured));
}

/* That is what it is for: another cost, another prediction of the same measurement. */
Test(measurements, a_changed_cost_changes_predictions_alone)
{
	char *measured = output_of(MEASURE " s.yaml --variant threads");
	struct outcome saved;

	cr_expect(ne(str, output_of("validate --saved runs.json --format csv --set profile.thread.create=50ms"), measured));
	saved = gilsim("validate --saved runs.json --max-error 50 --set profile.thread.create=50ms");
	cr_expect(eq(int, saved.status, 1), "%s", saved.out);
}

/* What busy cores lose is in the pace of steps that were timed, whatever other kinds of step the file has. */
Test(measurements, a_kind_of_step_that_was_not_run_changes_nothing)
{
	static const char written[] = "name: count\ntasks:\n  count: [{python: 5ms}]\n%s"
				       "run: {task: count, count: 4}\nvariants:\n  pool: {model: pool, workers: 2}\n";
	char text[400];
	struct outcome with, without;

	snprintf(text, sizeof(text), written, "  other: [{c: 5ms}]\n");
	write_file("s.yaml", text);
	cr_assert(eq(int, gilsim("validate --backend c --quick --repeat 1 --profile default --save runs.json s.yaml").status, 0));
	cr_assert(eq(int, system(region_format(&region, "sed -i 's/\"all_busy_speed\": [^,]*/\"all_busy_speed\": 0.5/' %s/runs.json",
					       folder)),
		     0));
	with = gilsim("validate --saved runs.json --format csv");
	cr_assert(eq(int, with.status, 0), "%s", with.err);
	snprintf(text, sizeof(text), written, "");
	write_file("s.yaml", text);
	without = gilsim("validate --saved runs.json --format csv");
	cr_expect(eq(str, with.out, without.out));
}

static double predicted_makespan_s(const char *rows)
{
	const char *field = strstr(rows, ",makespan,s,");

	cr_assert(ne(ptr, (void *)field, NULL), "%s", rows);
	return strtod(field + strlen(",makespan,s,"), NULL);
}

static void replace_in_kept(const char *figure, const char *value)
{
	cr_assert(eq(int, system(region_format(&region, "sed -i 's/\"%s\": [^,]*/\"%s\": %s/' %s/runs.json", figure, figure,
					       value, folder)),
		     0));
}

/* A hypervisor that took a quarter of two cores from a program that had one: half as much again as it used; a quarter as much
 * where somebody else had the other one and bore half of it. */
Test(measurements, what_was_stolen_is_in_the_prediction)
{
	double undisturbed_s;

	write_file("s.yaml", "name: count\ntasks:\n  count: [{python: 5ms}]\nrun: {task: count, count: 4}\n"
			     "variants:\n  sequential: {model: sequential}\n");
	cr_assert(eq(int, gilsim("validate --backend c --quick --repeat 1 --profile default --save runs.json s.yaml").status, 0));
	replace_in_kept("utilisation_cores", "0.5");
	replace_in_kept("makespan_s", "0.2");
	replace_in_kept("others_share", "0");
	undisturbed_s = predicted_makespan_s(output_of("validate --saved runs.json --format csv"));
	replace_in_kept("stolen_share", "0.25");
	cr_expect(epsilon_eq(dbl, predicted_makespan_s(output_of("validate --saved runs.json --format csv")) / undisturbed_s, 1.5,
			     0.01));
	replace_in_kept("others_share", "0.5");
	cr_expect(epsilon_eq(dbl, predicted_makespan_s(output_of("validate --saved runs.json --format csv")) / undisturbed_s, 1.25,
			     0.01));
	/* What an earlier release has kept says nothing of it. */
	cr_assert(eq(int, system(region_format(&region, "sed -i '/\"stolen_share\"/d' %s/runs.json", folder)), 0));
	cr_expect(epsilon_eq(dbl, predicted_makespan_s(output_of("validate --saved runs.json --format csv")), undisturbed_s, 1e-9));
}

Test(measurements, what_no_longer_fits_is_refused)
{
	cr_assert(eq(int, gilsim(MEASURE " s.yaml").status, 0));

	struct outcome outcome;

	write_file("s.yaml", "name: count\ntasks:\n  count: [{python: 7110us}]\nrun: {task: count, count: 2}\n"
			     "variants:\n  sequential: {model: sequential}\n");
	outcome = gilsim("validate --saved runs.json");
	cr_expect(eq(int, outcome.status, 2));
	cr_expect(strstr(outcome.err, "threads") != NULL, "%s", outcome.err);

	unlink("s.yaml");
	cr_expect(eq(int, gilsim("validate --saved runs.json").status, 2));
}

/* Steps are so many iterations of what the profile says an iteration takes. */
Test(measurements, a_profile_with_other_iterations_is_refused)
{
	struct outcome outcome;

	cr_assert(eq(int, gilsim("validate --quick --repeat 1 --profile default --save runs.json s.yaml").status, 0));
	outcome = gilsim("validate --saved runs.json --set profile.spin.python=99ns");
	cr_expect(eq(int, outcome.status, 2));
	cr_expect(strstr(outcome.err, "give --profile the one that it was measured with") != NULL, "%s", outcome.err);
}

Test(measurements, files_without_any_are_told)
{
	static const struct {
		const char *text, *message;
	} files[] = {
		{ "{\"measurements\": [", "runs.json:1:18: no JSON" },
		{ "{}", "runs.json: JSON, but not what" },
		{ "{\"measurements\": []}", "runs.json: JSON, but not what" },
		{ "{\"measurements\": [{\"file\": \"s.yaml\"}]}", "runs.json: JSON, but not what" },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct outcome outcome;

		write_file("runs.json", files[i].text);
		outcome = gilsim("validate --saved runs.json");
		cr_expect(eq(int, outcome.status, 2));
		cr_expect(strstr(outcome.err, files[i].message) != NULL, "%s", outcome.err);
	}
	cr_expect(eq(int, gilsim("validate --saved missing.json").status, 2));
	cr_expect(eq(int, gilsim("validate --saved runs.json s.yaml").status, 2));
	cr_expect(eq(int, gilsim("validate --saved runs.json --save again.json").status, 2));
}
