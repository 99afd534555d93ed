/*
 * test_sweep.c - axes and their values, jobs in order, and whole sweeps by tests/tools/sweep.sh.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "sim/plan/parallel.h"
#include "sim/plan/sweep_axes.h"

static struct region region;

static void set_up(void)
{
	region_init(&region);
}

static void tear_down(void)
{
	region_release(&region);
}

TestSuite(sweep, .init = set_up, .fini = tear_down);

/* ---- Axes ---- */

static const char *values_of(const char *text)
{
	struct sweep_axes axes = { 0 };
	const char *why = NULL, *all = "";

	if (!sweep_axes_add(&axes, text, &region, &why))
		return why;
	for (size_t i = 0; i < axes.items[0].count; i++)
		all = region_format(&region, "%s%s%s", all, i > 0 ? " " : "", axes.items[0].values[i]);
	return all;
}

Test(sweep, a_range_stands_for_its_values)
{
	static const struct {
		const char *text, *values;
	} rows[] = {
		{ "a=3..7", "3 4 5 6 7" },
		{ "a=3..10:3", "3 6 9" },
		{ "a=3..100:log", "3 6 12 24 48 96 100" },
		{ "a=1..8:log", "1 2 4 8" },
		{ "a=0.1..0.5:0.1", "0.1 0.2 0.3 0.4 0.5" },
		{ "a=50/s..150/s:50", "50/s 100/s 150/s" },
		{ "a=1ms..4ms:1ms", "1ms 2ms 3ms 4ms" },
		{ "a=7", "7" },
		{ "a=on,off", "on off" },
		{ "a=gamma(2, 10ms),item,[1, 2]", "gamma(2, 10ms) item [1, 2]" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect(eq(str, (char *)values_of(rows[i].text), (char *)rows[i].values), "%s", rows[i].text);
}

Test(sweep, what_is_no_range_is_said)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "a", "'a' is no PATH=RANGE" },
		{ "=3", "'=3' is no PATH=RANGE" },
		{ "a=1..x", "'1..x' is no range" },
		{ "a=1ms..3s", "'1ms..3s' is no range" },
		{ "a=7..3", "'7..3' has no value" },
		{ "a=0..3:log", "'0..3:log' has no value" },
		{ "a=1..3:0", "'0' is no step" },
		{ "a=1,,3", "a value of 'a' is empty" },
		{ "a=1..99999999", "'a' takes too many values" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect(strncmp(values_of(rows[i].text), rows[i].message, strlen(rows[i].message)) == 0, "%s: %s",
			  rows[i].text, values_of(rows[i].text));
}

Test(sweep, the_last_axis_changes_first)
{
	struct sweep_axes axes = { 0 };
	const char *why, *settings[3];

	cr_assert(sweep_axes_add(&axes, "a=1..2", &region, &why));
	cr_assert(sweep_axes_add(&axes, "b=x,y,z", &region, &why));
	cr_assert(sweep_axes_add(&axes, "c=7..8", &region, &why));
	cr_expect(not(sweep_axes_add(&axes, "b=1", &region, &why)));
	cr_assert(eq(sz, sweep_axes_points(&axes), 12));
	sweep_axes_settings(&axes, 9, settings, &region);
	cr_expect(eq(str, (char *)settings[0], (char *)"a=2"));
	cr_expect(eq(str, (char *)settings[1], (char *)"b=y"));
	cr_expect(eq(str, (char *)settings[2], (char *)"c=8"));
}

/* ---- Jobs ---- */

struct jobs {
	size_t taken, last_wanted;
	bool in_order;
	volatile sig_atomic_t stop;
};

/* Later jobs are sooner done. */
static void *square(void *context, size_t index, struct region *job_region)
{
	size_t *result = region_alloc(job_region, sizeof(*result));

	(void)context;
	for (volatile size_t i = 0; i < 100000 / (index % 7 + 1); i++)
		;
	*result = index * index;
	return result;
}

static bool take(void *context, size_t index, void *result)
{
	struct jobs *jobs = context;

	jobs->in_order = jobs->in_order && index == jobs->taken && *(size_t *)result == index * index;
	jobs->taken++;
	return index != jobs->last_wanted;
}

Test(sweep, results_of_jobs_are_taken_in_order)
{
	static const size_t threads[] = { 1, 2, 3, 16, 400 };

	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		struct jobs jobs = { .in_order = true, .last_wanted = SIZE_MAX };
		struct parallel parallel = {
			.threads = threads[i], .count = 311, .region = &region, .work = square, .take = take, .context = &jobs
		};

		cr_expect(eq(sz, parallel_run(&parallel), 311));
		cr_expect(eq(sz, jobs.taken, 311));
		cr_expect(jobs.in_order, "%zu threads", threads[i]);
	}
}

Test(sweep, jobs_end_when_no_further_result_is_wanted)
{
	for (size_t threads = 1; threads <= 3; threads++) {
		struct jobs jobs = { .in_order = true, .last_wanted = 99 };
		struct parallel parallel = {
			.threads = threads, .count = 100000000, .region = &region, .work = square, .take = take, .context = &jobs
		};

		cr_expect(eq(sz, parallel_run(&parallel), 100), "%zu threads", threads);
		cr_expect(jobs.in_order);
	}
}

static bool take_and_stop(void *context, size_t index, void *result)
{
	struct jobs *jobs = context;

	jobs->stop = index >= 50;
	return take(context, index, result);
}

/* What was begun is taken; nothing more is begun. */
Test(sweep, a_wish_to_stop_ends_jobs)
{
	for (size_t threads = 1; threads <= 3; threads++) {
		struct jobs jobs = { .in_order = true, .last_wanted = SIZE_MAX };
		struct parallel parallel = { .threads = threads,
					     .count = 100000000,
					     .wish_to_stop = &jobs.stop,
					     .region = &region,
					     .work = square,
					     .take = take_and_stop,
					     .context = &jobs };
		size_t taken = parallel_run(&parallel);

		cr_expect(taken >= 51 && taken < 200, "%zu", taken);
		cr_expect(eq(sz, jobs.taken, taken));
		cr_expect(jobs.in_order);
	}
}

static void *fail_at_40(void *context, size_t index, struct region *job_region)
{
	void *result = square(context, index, job_region);

	if (index == 40)
		region_fail(job_region);
	return result;
}

/* The caller's region is told, when nobody works on what the jobs refer to any more. */
Test(sweep, a_job_without_memory_fails_as_the_callers_allocation)
{
	for (volatile size_t threads = 1; threads <= 3; threads++) {
		struct jobs jobs = { .in_order = true, .last_wanted = SIZE_MAX };
		const struct parallel parallel = {
			.threads = threads, .count = 1000, .region = &region, .work = fail_at_40, .take = take, .context = &jobs
		};
		jmp_buf failed;

		region.unwind = &failed;
		if (setjmp(failed) == 0) {
			parallel_run(&parallel);
			cr_fail("%zu threads: it went on", threads);
		}
		region.unwind = NULL;
		cr_expect(jobs.taken <= 40);
		cr_expect(jobs.in_order);
	}
}

/* ---- Whole sweeps ---- */

Test(sweep, is_the_same_however_it_is_cut, .timeout = 900)
{
	const char *given = getenv("GILSIM");

	cr_expect(eq(int,
		     system(region_format(&region, "tests/tools/sweep.sh %s 60 >/dev/null",
					  given ? given : GILSIM_BINARY)),
		     0));
}
