/*
 * test_time_comparison.c - where the time went, of a native run written by hand beside what is predicted of it.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/cli/time_comparison.h"
#include "tests/unit/scenario_helper.h"

static const char two_steps[] = "name: steps\n"
				"machine: {profile: ideal, cores: 1}\n"
				"tasks: {work: [{python: 7ms}, {io: 3ms}]}\n"
				"run: {task: work, count: 1}\n"
				"variants: {alone: {model: sequential}}\n";

static struct helper helper;

static void set_up(void)
{
	helper_open(&helper);
}

static void tear_down(void)
{
	helper_close(&helper);
}

TestSuite(time_comparison, .init = set_up, .fini = tear_down);

/* Released at 0, begun at 0.5 ms, 8 ms of bytecode, 3.25 ms of waiting, done at 12 ms, of which 9 ms were on the core. */
static struct native_run run_by_hand(void)
{
	static struct native_task tasks[] = { { .release_ns = 0, .start_ns = 500000, .end_ns = 12000000, .process = 7, .thread = 7 } };
	static struct native_step steps[] = { { 500000, 8500000, 7, 7, "python" }, { 8500000, 11750000, 7, 7, "io" } };
	struct native_run run = { .tasks = tasks, .task_count = 1, .steps = steps, .step_count = 2, .all_busy_speed = NAN };

	variant_result_init(&run.result);
	run.result.measured = true;
	run.result.makespan_s = 0.012;
	run.result.utilisation_cores = 0.75;
	run.result.context_switches = 5;
	for (int kind = 0; kind < 3; kind++)
		run.spin_before[kind] = run.spin_after[kind] = run.spin_during[kind] = NAN;
	return run;
}

static struct time_comparison compare_by_hand(void)
{
	static const struct native_python python = { .version = "3.12", .full_version = "3.12.1" };
	const struct scenario_options options = { .seed = 1 };
	const struct scenario *loaded = helper_load_good(&helper, two_steps, &options);
	struct native_run timed = run_by_hand(), noted = run_by_hand();
	const struct native_rounds rounds = {
		.scenario = loaded, .python = &python, .runs = &timed, .noted = &noted, .round_count = 1
	};

	/* What a run of its own noted is told of that one, and what cores were used of one that noted nothing. */
	timed.task_count = timed.step_count = 0;
	noted.result.makespan_s = 0.015;
	noted.result.utilisation_cores = 1;
	noted.result.context_switches = 50;

	return time_comparison_make(loaded, &rounds, 0, -0.167, &helper.region);
}

Test(time_comparison, parts_of_both_sides_add_up_to_the_sojourns)
{
	struct time_comparison comparison = compare_by_hand();

	cr_expect(epsilon_eq(dbl, comparison.predicted.working_s, 0.007, 1e-9));
	cr_expect(epsilon_eq(dbl, comparison.predicted.io_s, 0.003, 1e-9));
	cr_expect(epsilon_eq(dbl, comparison.predicted.other_s, 0, 1e-9));
	cr_expect(epsilon_eq(dbl, comparison.predicted.cores_s, 0.007, 1e-9));
	cr_expect(epsilon_eq(dbl, comparison.measured.working_s, 0.008, 1e-9));
	cr_expect(epsilon_eq(dbl, comparison.measured.io_s, 0.00325, 1e-9));
	cr_expect(epsilon_eq(dbl, comparison.measured.other_s, 0.00075, 1e-9));
	cr_expect(epsilon_eq(dbl, comparison.measured.cores_s, 0.009, 1e-9));
	cr_expect(epsilon_eq(dbl, comparison.measured.context_switches, 5, 1e-9));
	cr_expect(epsilon_eq(dbl, comparison.noted_factor, 1.25, 1e-9));
}

Test(time_comparison, the_largest_errors_come_first_and_no_more_than_wanted)
{
	struct time_comparison three[] = { compare_by_hand(), compare_by_hand(), compare_by_hand() };
	char *text, *first, *second;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	three[0].variant = "small";
	three[0].error = 0.04;
	three[1].variant = "large";
	three[2].variant = "larger";
	three[2].error = 0.3;
	time_comparisons_print(three, 3, 2, &helper.region, stream);
	fclose(stream);
	first = strstr(text, "steps, larger on 3.12.1: makespan +30.0%");
	second = strstr(text, "steps, large on 3.12.1: makespan -16.7%");
	cr_expect(first && second && first < second, "%s", text);
	cr_expect(strstr(text, "small") == NULL);
	cr_expect(strstr(text, "-1.00 ms") != NULL, "7 ms predicted, 8 ms measured: %s", text);
	free(text);
}
