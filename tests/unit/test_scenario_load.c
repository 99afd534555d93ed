/*
 * test_scenario_load.c - the load of a run as the workload has it: logs, curves, spacing, mixes, and what scaling does.
 */
#include <math.h>

#include "tests/unit/scenario_helper.h"

static struct helper helper;
static char folder[] = "/tmp/gilsim-test-load-XXXXXX";

static void set_up(void)
{
	helper_open(&helper);
	cr_assert(mkdtemp(folder) != NULL);
}

static void tear_down(void)
{
	cr_assert(eq(int, system(region_format(&helper.region, "rm -rf %s", folder)), 0));
	helper_close(&helper);
}

TestSuite(scenario_load, .init = set_up, .fini = tear_down);

/* The workload of a scenario with that run. */
static const struct workload *load_run(const char *run, bool is_scaled)
{
	const struct scenario_options options = { .seed = 1, .scaled = is_scaled };

	return &helper_load_good(&helper,
				 region_format(&helper.region,
					       "machine: ideal\n"
					       "scale: 0.5\n"
					       "tasks: {page: [{io: 1ms}], search: [{io: 2ms}]}\n"
					       "run: %s\n"
					       "variants: {pool: {model: thread_pool}}\n",
					       run),
				 &options)
			->workloads[0];
}

/* The arrivals of a log of that content. */
static const struct run *load_log(const char *content, const char *keys, bool is_scaled)
{
	const char *path = region_format(&helper.region, "%s/log", folder);
	FILE *stream = fopen(path, "w");

	cr_assert(stream != NULL);
	fputs(content, stream);
	fclose(stream);
	return &load_run(region_format(&helper.region, "{task: page, arrivals: {log: {file: %s%s}}}", path, keys),
			 is_scaled)
			->run;
}

static void expect_times(const struct run *run, const sim_ns *times_ns, size_t count)
{
	cr_assert(eq(sz, run->log_count, count));
	for (size_t i = 0; i < count; i++)
		cr_expect(eq(i64, run->log[i].at_ns, times_ns[i]), "arrival %zu", i);
}

Test(scenario_load, a_csv_log_gives_times_after_its_first)
{
	static const sim_ns times_ns[] = { 0, 250 * SIM_MS, 1750 * SIM_MS };

	expect_times(load_log("timestamp\n7.5\n9.25\n7.75\n", "", false), times_ns, 3);
	expect_times(load_log("a,timestamp,b\n\"x,y\",1763730000500,\nz,1763730000750,\nz,1763730002250,\n", "", false),
		     times_ns, 3);
	expect_times(load_log("when,what\n"
			      "2026-11-21T23:59:59.5Z,a\r\n"
			      "2026-11-22 00:59:59.75+01:00,b\r\n"
			      "2026-11-21T19:00:01.25-0500,c\r\n",
			      ", time: when", false),
		     times_ns, 3);
}

Test(scenario_load, a_log_may_be_replayed_faster_and_is_scaled_like_everything)
{
	static const sim_ns fast_ns[] = { 0, 500 * SIM_MS }, scaled_ns[] = { 0, 1 * SIM_S };

	expect_times(load_log("timestamp\n3\n5\n", ", speed: 4", false), fast_ns, 2);
	expect_times(load_log("timestamp\n3\n5\n", "", true), scaled_ns, 2);
}

Test(scenario_load, requests_of_one_second_of_an_access_log_are_spread_over_it)
{
	static const sim_ns times_ns[] = { 0, 500 * SIM_MS, 60 * SIM_S };
	const struct run *run = load_log("::1 - - [28/Feb/2026:23:59:07 +0000] \"GET /search?q=1 HTTP/1.1\" 200 5\n"
					 "::1 - - [01/Mar/2026:00:00:07 +0000] \"GET / HTTP/1.1\" 200 5\n"
					 "::1 - - [01/Mar/2026:00:59:07 +0100] \"GET /searching HTTP/1.1\" 200 5\n",
					 ", tasks: {/: page, /search: search}", false);

	expect_times(run, times_ns, 3);
	cr_expect(eq(u32, run->log[0].task, 1));
	cr_expect(eq(u32, run->log[1].task, 1));
	cr_expect(eq(u32, run->log[2].task, 0));
	/* Results are by the tasks that the log has. */
	cr_assert(eq(u32, run->mix_count, 2));
	cr_expect(eq(u32, run->mix[0].task, 1));
	cr_expect(fabs(run->mix[0].cumulative - 2. / 3) < 1e-12);
}

Test(scenario_load, a_class_column_names_tasks)
{
	const struct run *run = load_log("timestamp,kind\n1,search\n2,page\n", ", class: kind", false);

	cr_expect(eq(u32, run->log[0].task, 1));
	cr_expect(eq(u32, run->log[1].task, 0));
}

Test(scenario_load, a_line_that_says_nothing_is_told_with_its_number)
{
	static const struct {
		const char *content, *keys, *message;
	} rows[] = {
		{ "timestamp\n1\nsoon\n", "", "line 3: no time: 'soon'" },
		{ "timestamp,kind\n1,pag\n", ", class: kind", "line 2: no task is called as the class 'pag'" },
		{ "timestamp,kind\n1,/x\n", ", class: kind, tasks: {/y: page}",
		  "line 2: nothing in 'tasks' fits the class '/x'" },
		{ "timestamp\n", "", "has no arrival" },
		{ "::1 - - [28/Feb/2026:23:59:07 +0000] \"GET / HTTP/1.1\" 200 5\nnonsense\n", "",
		  "line 2: no time of an access log in 'nonsense'" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path = region_format(&helper.region, "%s/log", folder);
		FILE *stream = fopen(path, "w");
		const struct scenario_options options = { .seed = 1 };

		fputs(rows[i].content, stream);
		fclose(stream);
		cr_expect(helper_load(&helper,
				      region_format(&helper.region,
						    "machine: ideal\ntasks: {page: [{io: 1ms}]}\n"
						    "run: {task: page, arrivals: {log: {file: %s%s}}}\n"
						    "variants: {pool: {model: thread_pool}}\n",
						    path, rows[i].keys),
				      &options) == NULL);
		cr_expect(helper_says(&helper, rows[i].message), "%s", helper_messages(&helper));
	}
}

Test(scenario_load, scaled_rates_rise_as_times_shrink)
{
	const struct run *run = &load_run("{task: page, arrivals: {curve: {0s: 0, 10s: 30/s}, every: 20s, for: 40s, burst: 3},"
					  " warm_up: 4s}",
					  true)
					 ->run;

	cr_assert(eq(u32, run->rate_count, 2));
	cr_expect(eq(i64, run->rates[1].at_ns, 5 * SIM_S));
	cr_expect(eq(dbl, run->rates[1].per_s, 60));
	cr_expect(eq(i64, run->rates_every_ns, 10 * SIM_S));
	cr_expect(eq(i64, run->arrivals_for_ns, 20 * SIM_S));
	cr_expect(eq(dbl, distribution_mean(&run->spacing), 3e9));
	cr_expect(eq(i64, run->warm_up_ns, 0), "native runs know none");
}

Test(scenario_load, gamma_spacing_has_its_mean_and_deviation)
{
	const struct run *run =
		&load_run("{task: page, arrivals: {rate: 50/s, count: 3, spacing: gamma, cv: 2}, warm_up: auto}", false)->run;

	/* Shape 1/4, so the variance is 4 times the mean squared. */
	cr_expect(eq(dbl, run->spacing.a, 0.25));
	cr_expect(eq(dbl, distribution_mean(&run->spacing), 20e6));
	cr_expect(eq(i64, run->warm_up_ns, WARM_UP_MSER));
}
