/*
 * test_report.c - pages of every kind of result, and the data of the pictures that only they have: plans and advice.
 */
#include "tests/unit/picture_helper.h"

TestSuite(report, .init = set_up, .fini = tear_down);

Test(report, a_report_is_one_file_that_fetches_nothing_and_says_what_the_result_says)
{
	struct data_table table;
	const char *page;

	must_run("$G run --format json -o r.json --trace t.csv $S/validation/mixed.yaml; "
		 "$G report r.json t.csv $T/data/validation-2026-11-21-2core-epyc-vm.csv -o r.html");
	page = content_of("r.html");
	table = table_of("r.json");
	cr_expect(strstr(page, "http://") == NULL && strstr(page, "https://") == NULL &&
		  strstr(page, "url(") == NULL);
	cr_expect(strstr(page, "default-src 'none'") != NULL);
	for (size_t row = 0; row < table.row_count; row++)
		cr_expect(strstr(page, region_format(&region, "data-value=\"%s\"",
						     data_table_text(&table, row, "makespan_s"))) != NULL);
	cr_expect(strstr(page, "times as fast as &#39;sequential") != NULL ||
		  strstr(page, "times as fast as 'sequential'") != NULL);
	cr_expect(strstr(page, "bytecode, C code that holds the GIL") != NULL, "the scenario's text");
	cr_expect(strstr(page, "Never measured") != NULL);
	cr_expect(strstr(page, "of what CPython took") != NULL);
	cr_expect(strstr(page, "</html>") != NULL);
}

Test(report, a_report_of_several_points_answers_with_the_best_of_them)
{
	const char *page;

	must_run("for n in 1 3; do $G run --format json -o r$n.json --set machine.cores=$n --variant "
		 "threads-8 "
		 "$S/validation/mixed.yaml; done; $G report r1.json r3.json -o r.html");
	page = content_of("r.html");
	/* The baseline and the variant, at two points. */
	cr_expect(strstr(page, "of 4 rows, 'threads-8' is the fastest") != NULL);
	cr_expect(strstr(page, "(machine.cores = 3)") != NULL);
	cr_expect(strstr(page, "<th>machine.cores</th>") != NULL);
}

/* How many pictures the page has. */
static size_t figures_of(const char *page)
{
	size_t count = 0;

	for (; (page = strstr(page, "<figure>")) != NULL; page++)
		count++;
	return count;
}

Test(report, an_open_load_is_answered_by_its_percentiles)
{
	const char *page;

	must_run("$G run --format json -o r.json --set run.arrivals.for=2s $S/planning/api-server.yaml; "
		 "$G report r.json -o r.html");
	page = content_of("r.html");
	cr_expect(strstr(page, "&#39;threads&#39; answers soonest: 99 of 100 requests within ") != NULL ||
		  strstr(page, "'threads' answers soonest: 99 of 100 requests within ") != NULL);
	cr_expect(strstr(page, "is the fastest") == NULL);
}

Test(report, a_sweep_of_load_answers_with_the_highest_rate_that_is_kept_up_with)
{
	struct data_table table;
	const char *page;

	must_run("$G sweep $S/planning/api-server.yaml --vary run.arrivals.rate=100/s,300/s,2000/s "
		 "--vary variants.threads.workers=8,16 --set run.arrivals.for=1s --format csv -o s.csv && "
		 "$G report s.csv -o r.html");
	page = content_of("r.html");
	table = table_of("s.csv");
	cr_expect(eq(sz, table.row_count, 6));
	/* 2,000 a second are three times what the GIL lets through. */
	cr_expect(strstr(page, "of 6 rows, the highest load that is kept up with is 300/s: ") != NULL);
	for (size_t row = 0; row < table.row_count; row++)
		cr_expect(strstr(page, region_format(&region, "data-value=\"%s\"",
						     data_table_text(&table, row, "throughput_per_s"))) != NULL);
	cr_expect(eq(sz, figures_of(page), 2), "load and heatmap");
	cr_expect(strstr(page, "an HTTP API on a pool of threads") != NULL, "the scenario's text");
	cr_expect(strstr(page, "Never measured") != NULL);
}

Test(report, long_tables_are_folded_and_the_best_rows_stand_above_them)
{
	const char *page, *bests, *fold;

	must_run("$G sweep $S/validation/oversubscription.yaml --vary machine.cores=1..12 --format json -o s.json && "
		 "$G report s.json -o r.html");
	page = content_of("r.html");
	bests = strstr(page, "The best of each variant");
	fold = strstr(page, "<details><summary>All 72 rows");
	cr_expect(bests != NULL && fold != NULL && bests < fold);
}

/* ---- plan ---- */

static const char plan_json[] =
	"{\"gilsim\": \"0.1.0\", \"scenario\": \"api\", \"file\": \"p.yaml\", \"seed\": 1,\n"
	" \"machine\": {\"profile\": \"default\", \"cores\": 4}, \"python\": {\"version\": \"3.12\"},\n"
	" \"confidence\": 0.95, \"minimised\": \"variants.pool.workers\", \"not_monotone_along\": null, \"grid\": 64,\n"
	" \"answer\": {\"variant\": \"pool\", \"set\": {\"variants.pool.workers\": \"9\"}, \"decision\": \"holds\",\n"
	"  \"cost\": 9, \"replications\": 5, \"binding\": \"p99 < 60ms\", \"objectives\": [{\"slo\": \"p99 < 60ms\",\n"
	"  \"limit\": 0.06, \"decision\": \"holds\", \"mean\": 0.0593, \"low\": 0.0587, \"high\": 0.0599, \"margin\": 0.0117}],\n"
	"  \"use\": \"{model: thread_pool, workers: 9}\", \"flags\": [\"ThreadPoolExecutor(max_workers=9)\", \"gunicorn --threads 9\"]},\n"
	" \"runner_up\": null, \"undecided\": null, \"nearest\": null, \"asked\": [\n"
	" {\"variant\": \"pool\", \"set\": {\"variants.pool.workers\": \"1\"}, \"decision\": \"fails\", \"cost\": 1, \"replications\": 5,\n"
	"  \"binding\": \"p99 < 60ms\", \"objectives\": [{\"slo\": \"p99 < 60ms\", \"limit\": 0.06, \"decision\": \"fails\",\n"
	"  \"mean\": 7.11, \"low\": 7, \"high\": 7.2, \"margin\": -117.5}]},\n"
	" {\"variant\": \"pool\", \"set\": {\"variants.pool.workers\": \"9\"}, \"decision\": \"holds\", \"cost\": 9, \"replications\": 5,\n"
	"  \"binding\": \"p99 < 60ms\", \"objectives\": [{\"slo\": \"p99 < 60ms\", \"limit\": 0.06, \"decision\": \"holds\",\n"
	"  \"mean\": 0.0593, \"low\": 0.0587, \"high\": 0.0599, \"margin\": 0.0117}]}]}\n";

Test(report, a_plan_is_answered_with_its_configuration_and_every_point_asked)
{
	const char *page;

	write_file("p.json", plan_json);
	write_file("p.yaml", "name: api # planned\n");
	must_run("$G report p.json -o r.html");
	page = content_of("r.html");
	cr_expect(strstr(page, "api: the cheapest that meets its objectives is 'pool' with variants.pool.workers = 9 "
			       "(p99 &lt; 60ms: 1.2 % inside; 95 % confidence).") != NULL);
	cr_expect(strstr(page, "{model: thread_pool, workers: 9}\nThreadPoolExecutor(max_workers=9)\ngunicorn --threads 9") !=
		  NULL);
	cr_expect(strstr(page, "The 2 points that were asked, of 64") != NULL);
	cr_expect(strstr(page, "data-value=\"7.11\">7.11 s<") != NULL, "of an objective in seconds");
	cr_expect(strstr(page, "name: api # planned") != NULL);
	cr_expect(strstr(page, "Profile 'default'") != NULL);
	cr_expect(eq(sz, figures_of(page), 1));
}

Test(report, a_plan_is_drawn_by_its_margins)
{
	write_file("p.json", plan_json);
	must_run("$G plot plan p.json --data d -o p.svg && $G plot plan p.json -o p.txt");
	/* What is hopeless is drawn at -100 %; the interval is half of 1.2 ms to each side, of 60. */
	cr_expect(eq(str, content_of("d/plan.tsv"),
		     (char *)"series\tlabel\tx\tmargin\tlow\thigh\tdecision\tis_cut\n"
			     "1\tpool\t1\t-1\t-1\t-1\tfails\t1\n"
			     "1\tpool\t9\t0.0117\t0.0017\t0.0217\tholds\t0\n"),
		  "%s", content_of("d/plan.tsv"));
	cr_expect(strstr(content_of("d/plot.gp"), "title = 'api: the least workers that holds is 9'") != NULL, "%s",
		  content_of("d/plot.gp"));
	cr_expect(eq(int, shell("$G plot advice p.json -o a.svg"), 2));
	cr_expect(strstr(content_of("err"), "holds a plan, but 'advice' draws advice") != NULL, "%s", content_of("err"));
}

Test(report, a_highest_rate_is_told_with_its_knee_and_drawn)
{
	struct data_table table;
	const char *page, *drawn;

	must_run("$G plan $S/planning/api-server.yaml --slo 'p99 < 60ms' --find rate --set run.arrivals.for=1s "
		 "--most-replications 5 --format json -o p.json && $G report p.json -o r.html && "
		 "$G plot plan p.json --data d -o p.png");
	page = content_of("r.html");
	drawn = content_of("d/plan.tsv");
	table = table_of("p.json");
	cr_assert(eq(str, (char *)data_table_text(&table, 0, "row"), (char *)"rate"));
	cr_expect(strstr(page, region_format(&region, "'threads' meets its objectives up to %.4g requests a second",
					     data_table_number(&table, 0, "highest_per_s"))) != NULL);
	for (size_t row = 1; row < table.row_count; row++) {
		cr_expect(strstr(page, region_format(&region, "data-value=\"%s\"", data_table_text(&table, row, "rate_per_s"))) !=
			  NULL);
		cr_expect(strstr(drawn, region_format(&region, "\t%.9g\t", data_table_number(&table, row, "rate_per_s"))) !=
			  NULL);
	}
}

Test(report, a_plan_in_csv_is_told_from_a_result)
{
	write_file("p.csv", "scenario,variant,machine.cores,decision,cost,replications,answer\nx,a,2,holds,2,5,yes\n");
	cr_expect(eq(int, shell("$G report p.csv -o r.html"), 2));
	cr_expect(strstr(content_of("err"), "a plan in CSV") != NULL, "%s", content_of("err"));
	cr_expect(eq(int, shell("test ! -e r.html"), 0));
}

/* ---- advise ---- */

Test(report, advice_is_given_with_its_reasons_what_would_flip_it_and_what_it_does_not_know)
{
	struct data_table table;
	const char *page, *drawn;
	size_t winner = SIZE_MAX;

	must_run("$G advise $S/seeds/a2-*.yaml --set run.count=20 --replications 2 --format json -o a.json && "
		 "$G report a.json -o r.html && $G plot advice a.json --data d -o a.pdf && "
		 "$G plot breakdown a.json -o b.svg");
	page = content_of("r.html");
	drawn = content_of("d/advice.tsv");
	table = table_of("a.json");
	for (size_t row = 0; row < table.row_count; row++) {
		const char *list = data_table_text(&table, row, "row");

		if (strcmp(list, "ranking") != 0) {
			cr_expect(strstr(page, data_table_text(&table, row, strcmp(list, "flip") ? "why" : "what")) != NULL,
				  "row %zu", row);
			continue;
		}
		if (data_table_number(&table, row, "is_winner") == 1)
			winner = row;
		cr_expect(strstr(page, region_format(&region, "data-value=\"%s\"", data_table_text(&table, row, "value"))) != NULL);
		cr_expect(strstr(drawn, region_format(&region, "\t%.9g\t", data_table_number(&table, row, "value"))) != NULL);
	}
	cr_assert(winner != SIZE_MAX);
	cr_expect(strstr(page, region_format(&region, ": use %s: makespan ", data_table_text(&table, winner, "variant"))) !=
		  NULL);
	cr_expect(strstr(page, data_table_text(&table, winner, "use")) != NULL);
	cr_expect(eq(sz, figures_of(page), 2));
	cr_expect(strstr(page, "What would flip it") != NULL && strstr(page, "Never measured") != NULL);
}

/* ---- validate ---- */

Test(report, a_validation_has_the_scenario_and_the_machine_that_it_is_about)
{
	const char *page;

	write_file("v.json", "{\"rows\": [{\"scenario\": \"s\", \"file\": \"v.yaml\", \"profile\": \"default\", \"variant\": \"pool\", "
			     "\"python\": \"3.12.1\", \"metric\": \"makespan\", \"predicted\": 1.03, \"measured\": {\"median\": 1, "
			     "\"min\": 0.9, \"max\": 1.1, \"q1\": 1, \"q3\": 1, \"n\": 3}, \"error\": 0.03, \"within_spread\": true, "
			     "\"ideal_error\": -0.2, \"hard\": true, \"spin_ratio\": 1}], \"summary\": {}}\n");
	write_file("v.yaml", "name: s # measured\n");
	must_run("$G report v.json -o r.html");
	page = content_of("r.html");
	cr_expect(strstr(page, "Of 1 predicted makespans, 1 are within 5 % of what CPython took") != NULL);
	cr_expect(strstr(page, "name: s # measured") != NULL);
	cr_expect(strstr(page, "Never measured") != NULL);
	cr_expect(strstr(page, "data-value=\"1.03\"") != NULL);
}
