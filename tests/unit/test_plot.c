/*
 * test_plot.c - the data that reach each picture, against the result files that they come from; and what cannot be
 * drawn.
 *
 * Runs the built program with gnuplot. Result files of sweeps are made by hand, in the documented form.
 */
#include "tests/unit/picture_helper.h"

TestSuite(plot, .init = set_up, .fini = tear_down);

/* ---- Reading ---- */

Test(plot, json_and_csv_of_one_run_read_as_the_same_table)
{
	struct data_table json, csv;

	cr_assert(eq(int,
		     shell("$G run --format json -o r.json $S/validation/mixed.yaml; $G run --format csv -o r.csv "
			   "$S/validation/mixed.yaml"),
		     0));
	json = table_of("r.json");
	csv = table_of("r.csv");
	cr_assert(eq(sz, json.row_count, csv.row_count));
	for (size_t column = 0; column < csv.column_count; column++)
		for (size_t row = 0; row < csv.row_count; row++) {
			const char *name = csv.columns[column];
			double a = data_table_number(&json, row, name), b = data_table_number(&csv, row, name);

			if (isfinite(b))
				cr_expect(fabs(a - b) <= 1e-9 * fabs(b), "%s of row %zu: %g and %g", name, row, a,
					  b);
			else
				cr_expect(eq(str, (char *)data_table_text(&json, row, name),
					     (char *)data_table_text(&csv, row, name)),
					  "%s", name);
		}
}

Test(plot, what_was_set_is_a_column)
{
	struct data_table table;

	shell("$G run --format json -o r.json --set machine.cores=3 --set run.count=7 $S/validation/mixed.yaml");
	table = table_of("r.json");
	cr_expect(eq(str, (char *)data_table_text(&table, 0, "machine.cores"), (char *)"3"));
	cr_expect(eq(dbl, data_table_number(&table, 0, "run.count"), 7));
	cr_expect(eq(dbl, data_number("120/s"), 120));
	cr_expect(eq(dbl, data_number("250ms"), 0.25));
	cr_expect(isnan(data_number("threads")));
}

/* ---- Data of each kind ---- */

static double sum_of_column(const char *name, const char *needle, int from, int to)
{
	char *text = content_of(name);
	double sum = 0;

	for (char *line = strsep(&text, "\n"); line && *line; line = strsep(&text, "\n")) {
		char *fields[16];
		int count = 0;

		if (!strstr(line, needle))
			continue;
		for (char *field = line; field && count < 16;)
			fields[count++] = strsep(&field, "\t");
		sum += atof(fields[to]) - (from >= 0 ? atof(fields[from]) : 0);
	}
	return sum;
}

Test(plot, breakdown_and_waterfall_add_up_to_the_times_of_the_result)
{
	struct data_table table;
	double whole = 0, gil_wait;

	must_run("$G run --format json -o r.json $S/validation/mixed.yaml; $G plot breakdown r.json "
		 "--data b -o b.svg && "
		 "$G plot waterfall r.json --data w --variant threads-8 -o w.svg");
	table = table_of("r.json");
	for (size_t column = 0; column < table.column_count; column++)
		if (!strncmp(table.columns[column], "time_in_", 8))
			whole += data_table_number(&table, 3, table.columns[column]) / 12;
	gil_wait = data_table_number(&table, 3, "time_in_gil_wait_s") / 12;
	cr_expect(fabs(sum_of_column("b/breakdown.tsv", "threads-8\t", 3, 4) - whole) < 1e-6);
	cr_expect(fabs(sum_of_column("b/breakdown.tsv", "threads-8\t-4\tgil_wait", 3, 4) - gil_wait) < 1e-6);
	cr_expect(fabs(sum_of_column("w/waterfall.tsv", "in all", 3, 4) - whole) < 1e-6);
	cr_expect(fabs(sum_of_column("w/waterfall.tsv", "\t0\t", 3, 4) - whole) < 0.001 * whole);
	cr_expect(fabs(whole - data_table_number(&table, 3, "sojourn_mean_s")) < 1e-6,
		  "parts add up to the sojourn");
}

Test(plot, latency_has_the_percentiles_of_the_result)
{
	struct data_table table;

	shell("$G run --format json -o r.json $S/validation/mixed.yaml; $G plot latency r.json --data l --slo 'p99 "
	      "< 90ms' -o l.svg");
	table = table_of("r.json");
	cr_expect(fabs(sum_of_column("l/latency.tsv", "threads-4\t0.01\t", -1, 3) -
		       data_table_number(&table, 2, "sojourn_p99_s")) < 1e-8);
	cr_expect(fabs(sum_of_column("l/latency.tsv", "threads-4\t0.5\t", -1, 3) -
		       data_table_number(&table, 2, "sojourn_p50_s")) < 1e-8);
	cr_expect(strstr(content_of("l/plot.gp"), "slo_s = 0.09\n") != NULL);
}

Test(plot, speedup_of_one_run_is_a_bar_a_variant)
{
	struct data_table table;

	must_run("$G run --format json -o r.json $S/validation/mixed.yaml; $G plot speedup r.json --data "
		 "s -o s.svg && "
		 "$G plot speedup r.json >text");
	table = table_of("r.json");
	cr_expect(eq(sz, lines_of("s/speedup.tsv"), 1 + 4));
	cr_expect(fabs(sum_of_column("s/speedup.tsv", "threads-8\t", -1, 3) -
		       data_table_number(&table, 3, "speedup")) < 1e-6);
}

#define SWEEP_HEADER                                                                                               \
	"scenario,seed,variant,baseline,machine.cores,run.arrivals.rate,makespan_s,speedup,throughput_per_s,"      \
	"sojourn_p50_s,sojourn_p99_s\n"

Test(plot, speedup_marks_the_best_point_and_the_knee_and_sorts_the_axis)
{
	char *data;

	write_file("sweep.csv",
		   SWEEP_HEADER "x,1,seq,1,4,,8,1,,,\nx,1,pool,0,4,,2.4,3.7,,,\nx,1,pool,0,1,,8.1,0.9,,,\n"
				"x,1,pool,0,8,,2,4,,,\nx,1,pool,0,16,,2.1,3.9,,,\n");
	must_run("$G plot speedup sweep.csv --data s -o s.png");
	data = content_of("s/speedup.tsv");
	cr_expect(strstr(data, "2\tpool\t1\t0.9\t0.9\t0.9\t-\n2\tpool\t4\t3.7\t3.7\t3."
			       "7\tknee\n2\tpool\t8\t4\t4\t4\tbest\n2\tpool\t16\t3.9\t") != NULL,
		  "%s", data);
	cr_expect(strstr(content_of("s/plot.gp"), "axis = 'cores'\n") != NULL);
	cr_expect(strstr(content_of("s/plot.gp"), "has_ideal = 1\n") != NULL);
}

Test(plot, load_marks_where_less_is_served_than_arrives)
{
	write_file("sweep.csv",
		   SWEEP_HEADER "x,1,pool,0,4,100/s,9,1,100,0.01,0.02\nx,1,pool,0,4,300/s,9,1,290,0.01,0.03\n"
				"x,1,pool,0,4,500/s,9,1,410,0.2,1.5\nx,1,pool,0,4,700/s,9,1,411,0.9,2.5\n");
	must_run("$G plot load sweep.csv --data l -o l.pdf");
	cr_expect(eq(str, content_of("l/load.tsv"),
		     (char *)"series\tlabel\tx\tthroughput_per_s\tp50_s\tp99_s\tsaturated\n"
			     "1\tpool\t100\t100\t0.010000000\t0.020000000\t0\n1\tpool\t300\t290\t0.010000000\t0."
			     "030000000\t0\n"
			     "1\tpool\t500\t410\t0.200000000\t1.500000000\t1\n1\tpool\t700\t411\t0.900000000\t2."
			     "500000000\t0\n"));
}

Test(plot, lines_of_a_sweep_are_told_apart_by_the_axes_that_are_not_drawn)
{
	write_file("sweep.csv",
		   SWEEP_HEADER "x,1,pool,0,4,100/s,9,1,100,0.01,0.02\nx,1,pool,0,8,100/s,9,1,100,0.01,0.015\n"
				"x,1,pool,0,4,300/s,9,1,290,0.01,0.03\nx,1,pool,0,8,300/s,9,1,299,0.01,0.02\n");
	must_run("$G plot load sweep.csv --data l -o l.svg");
	cr_expect(eq(str, content_of("l/load.tsv"),
		     (char *)"series\tlabel\tx\tthroughput_per_s\tp50_s\tp99_s\tsaturated\n"
			     "1\tpool, cores 4\t100\t100\t0.010000000\t0.020000000\t0\n"
			     "1\tpool, cores 4\t300\t290\t0.010000000\t0.030000000\t0\n"
			     "2\tpool, cores 8\t100\t100\t0.010000000\t0.015000000\t0\n"
			     "2\tpool, cores 8\t300\t299\t0.010000000\t0.020000000\t0\n"),
		  "%s", content_of("l/load.tsv"));
}

Test(plot, more_lines_than_can_be_told_apart_are_thinned_out_but_for_the_best)
{
	const char *rows = SWEEP_HEADER, *data;

	/* Of twenty, the fourteenth has the best point, twice as fast as the others. */
	for (int i = 1; i <= 20; i++)
		for (int cores = 1; cores <= 2; cores++)
			rows = region_format(&region, "%sx,1,v%d,0,%d,,8,%d,,,\n", rows, i, cores,
					     i == 14 ? 2 * cores : cores);
	write_file("sweep.csv", rows);
	must_run("$G plot speedup sweep.csv --data s -o s.svg");
	data = content_of("s/speedup.tsv");
	cr_expect(eq(sz, lines_of("s/speedup.tsv"), 1 + 8 * 2));
	cr_expect(strstr(data, "\tv1\t") && strstr(data, "\tv20\t") && strstr(data, "\tv14\t2\t4\t4\t4\tbest\n"), "%s", data);
	cr_expect(strstr(content_of("s/plot.gp"), "8 of 20 lines are shown") != NULL);
}

Test(plot, heatmap_draws_the_border_of_the_objective_and_the_best_point_that_holds)
{
	write_file("sweep.csv", SWEEP_HEADER "x,1,pool,0,4,100/s,9,1,1,,0.05\nx,1,pool,0,4,200/s,9,1,1,,0.3\n"
					     "x,1,pool,0,8,100/s,9,1,1,,0.04\nx,1,pool,0,8,200/s,9,1,1,,0.1\n");
	must_run("$G plot heatmap sweep.csv --x run.arrivals.rate --y machine.cores --metric p99 --slo "
		 "'p99 < 200ms' "
		 "--data h -o h.png");
	cr_expect(eq(str, content_of("h/cells.tsv"),
		     (char *)"x_index\ty_index\tx\ty\tvalue\tis_best\n0\t0\t100\t4\t0.05\t0\n1\t0\t200\t4\t0.3\t0\n"
			     "0\t1\t100\t8\t0.04\t1\n1\t1\t200\t8\t0.1\t0\n"));
	/* Around the one cell that does not hold: to its left, and above it. */
	cr_expect(eq(str, content_of("h/border.tsv"), (char *)"x\ty\tdx\tdy\n0.5\t-0.5\t0\t1\n0.5\t0.5\t1\t0\n"));
	/* As text: values without boxes, and what the marks mean in full. */
	must_run("$G plot heatmap sweep.csv --x run.arrivals.rate --y machine.cores --metric p99 -o h.txt");
	cr_expect(strstr(content_of("h.txt"), "40 ★") != NULL, "%s", content_of("h.txt"));
	cr_expect(strstr(content_of("h.txt"), "***") == NULL, "%s", content_of("h.txt"));
	cr_expect(strstr(content_of("h.txt"), "best point\n") != NULL, "%s", content_of("h.txt"));
}

Test(plot, lanes_of_a_text_timeline_keep_their_numbers)
{
	const char *text;

	must_run("$G run --trace t.csv $S/seeds/a2-*.yaml >/dev/null && $G plot timeline t.csv -o t.txt");
	text = content_of("t.txt");
	for (int thread = 1; thread < 9; thread++)
		cr_expect(strstr(text, region_format(&region, ", t%d ", thread)) != NULL, "%s", text);
	cr_expect(strcmp(text + strlen(text) - 4, " at\n") == 0 || strcmp(text + strlen(text) - 4, "\nat\n") == 0, "%s", text);
}

Test(plot, waterfall_of_an_explained_run_goes_from_ideal_to_predicted)
{
	char *bars;

	write_file("e.json", "{\"gilsim\": \"0\", \"scenario\": \"s\", \"variants\": [{\"name\": \"threads\", "
			     "\"makespan_s\": 0.04, \"completed\": 4, \"time_in_s\": {\"python\": 0.04}, "
			     "\"explain\": {\"metric\": \"makespan\", \"ideal_s\": 0.01, \"saves_s\": "
			     "{\"gil\": 0.025, \"quota\": 0, \"library\": -0.001}, \"interaction_s\": 0.006, "
			     "\"predicted_s\": 0.04}}]}\n");
	must_run("$G plot waterfall e.json --data e -o e.svg");
	bars = content_of("e/waterfall.tsv");
	cr_expect(eq(str, bars,
		     (char *)"x\tlabel\tis_total\tstart_s\tend_s\n1\tideal\t1\t0.000000000\t0.010000000\n"
			     "2\tthe GIL\t0\t0.010000000\t0.035000000\n"
			     "3\tlibrary code\t0\t0.035000000\t0.034000000\n"
			     "4\ttogether\t0\t0.034000000\t0.040000000\n"
			     "5\tpredicted\t1\t0.000000000\t0.040000000\n"),
		  "%s", bars);
}

Test(plot, validation_has_a_bar_for_each_makespan_sorted_by_error)
{
	char *bars;
	double last = -INFINITY;

	cr_assert(eq(int,
		     shell("$G plot validation $T/data/validation-2026-11-21-2core-epyc-vm.csv --data v -o v.svg"),
		     0));
	cr_expect(eq(sz, lines_of("v/errors.tsv"), 1 + 26));
	bars = content_of("v/errors.tsv");
	strsep(&bars, "\n");
	for (char *line = strsep(&bars, "\n"); line && *line; line = strsep(&bars, "\n")) {
		double error = atof(strrchr(line, '\t') + 1);

		cr_expect(error >= last);
		last = error;
	}
}

Test(plot, timeline_shows_the_trace_in_the_window)
{
	char *data;

	must_run("$G run $T/golden/gil.yaml --trace t.csv >/dev/null; $G plot timeline t.csv --variant "
		 "threads --from 5ms --to 20ms "
		 "--data t -o t.svg");
	data = content_of("t/lanes.tsv");
	cr_expect(eq(str, data,
		     (char *)"lane\tis_heading\tlabel\n0\t1\tthreads\n-1\t0\tMainThread, t0\n-2\t0\tbytecode, "
			     "t1\n-3\t0\tcall, t2\n"));
	/* From the trace of the golden file: C code runs on t2 from 12.17 ms to 19.22 ms, and from its start. */
	cr_expect(strstr(content_of("t/slices.tsv"), "c\t-3\t") != NULL);
	/* At any time somebody or nobody has the GIL, never two: bytecode and C add up to no more than the window.
	 */
	cr_expect(sum_of_column("t/slices.tsv", "python\t", 2, 3) + sum_of_column("t/slices.tsv", "c\t-", 2, 3) <
		  0.0152);
	cr_expect(sum_of_column("t/slices.tsv", "python\t", 2, 3) + sum_of_column("t/slices.tsv", "c\t-", 2, 3) >
		  0.014);
	cr_expect(eq(int, shell("$G plot timeline t.csv --from 5s -o u.svg"), 2));
	cr_expect(eq(int, shell("$G plot timeline t.csv --variant nobody -o u.svg"), 2));
	cr_expect(eq(int,
		     shell("for lanes in process task core; do $G plot timeline t.csv --lanes $lanes -o $lanes.svg "
			   "|| exit 1; done"),
		     0));
}

Test(plot, lanes_beyond_those_shown_are_one_and_the_picture_says_so)
{
	shell("$G run $T/golden/pools.yaml --trace t.csv >/dev/null; $G plot timeline t.csv --max-lanes 2 --data t "
	      "-o t.svg");
	cr_expect(strstr(content_of("t/lanes.tsv"), " others\n") != NULL);
	cr_expect(strstr(content_of("t/plot.gp"), "the others in one") != NULL);
}

Test(plot, backlog_ends_at_the_last_value)
{
	cr_assert(eq(int,
		     shell("$G run $T/golden/pools.yaml --trace t.csv >/dev/null; $G plot backlog t.csv --variant "
			   "pool --data b -o b.svg"),
		     0));
	cr_expect(lines_of("b/backlog.tsv") > 10);
	cr_expect(strstr(content_of("b/plot.gp"), "panel_1 = 'pool'") != NULL);
}

Test(plot, every_format_is_what_its_name_says)
{
	shell("$G run --format json -o r.json $S/validation/mixed.yaml; for f in svg png pdf txt; do $G plot "
	      "breakdown r.json -o b.$f || exit 1; done");
	cr_expect(strncmp(content_of("b.svg"), "<?xml", 5) == 0);
	cr_expect(strncmp(content_of("b.png"), "\x89PNG", 4) == 0);
	cr_expect(strncmp(content_of("b.pdf"), "%PDF", 4) == 0);
	cr_expect(strstr(content_of("b.txt"), "where the time of a task goes") != NULL);
	cr_expect(strstr(content_of("b.svg"),
			 "mixed, simulated, profile default, 2 cores, Python 3.12, seed 1, gilsim ") != NULL,
		  "the foot says whose result it is");
}

/* ---- What cannot be drawn ---- */

Test(plot, wrong_inputs_end_with_2_and_leave_no_file)
{
	static const struct {
		const char *text, *kind, *said;
	} wrong[] = {
		{ "", "speedup", "empty" },
		{ "  \n", "speedup", "empty" },
		{ "hello, world\n1,2\n", "speedup", "neither JSON nor CSV of gilsim" },
		{ "{\"variants\": 7}", "speedup", "no result of gilsim" },
		{ "{\"variants\": []}", "speedup", "holds no results" },
		{ "{\"variants\": [", "speedup", "no JSON" },
		{ "{\"traceEvents\": []}", "timeline", "for viewers" },
		{ "variant,makespan_s\na,1\n", "timeline", "holds results, but 'timeline' draws a trace" },
		{ "variant,makespan_s\na,1\n", "speedup", "no result has a speedup" },
		{ "variant,makespan_s\na,1\n", "load", "no axis" },
		{ "run,kind,process,thread,core,what,name,start_ns,end_ns\n", "timeline", "no column 'value'" },
		{ "run,kind,process,thread,core,what,name,start_ns,end_ns,value\n", "timeline",
		  "nothing of that kind" },
		{ "run,kind,process,thread,core,what,name,start_ns,end_ns,value\n0,state,x,1,1,python,,1,2,\n",
		  "timeline", ":2: 'x' for 'process'" }
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_file("in", wrong[i].text);
		cr_expect(eq(int, shell("$G plot %s in -o out.svg", wrong[i].kind), 2), "%zu: %s", i,
			  content_of("err"));
		cr_expect(strstr(content_of("err"), wrong[i].said) != NULL, "%zu: %s", i, content_of("err"));
		cr_expect(access(region_format(&region, "%s/out.svg", folder), F_OK) != 0);
	}
	cr_expect(eq(int, shell("$G report in -o out.html"), 2));
	cr_expect(access(region_format(&region, "%s/out.html", folder), F_OK) != 0);
	cr_expect(eq(int, shell("test $(ls | wc -l) = 2"), 0), "in and err, and nothing temporary");
}

Test(plot, without_gnuplot_or_a_place_to_write_it_ends_with_3)
{
	shell("$G run --format json -o r.json $S/validation/mixed.yaml");
	cr_expect(eq(int, shell("PATH=/nowhere $G plot breakdown r.json -o b.svg"), 3));
	cr_expect(strstr(content_of("err"), "gnuplot cannot be run") != NULL, "%s", content_of("err"));
	cr_expect(eq(int, shell("PATH=/nowhere $G report r.json -o r.html"), 3));
	cr_expect(eq(int,
		     shell("mkdir bin && printf '#!/bin/sh\\necho gnuplot 4.6 patchlevel 0\\n' >bin/gnuplot && "
			   "chmod +x bin/gnuplot && "
			   "PATH=$PWD/bin:$PATH $G plot breakdown r.json -o b.svg"),
		     3));
	cr_expect(strstr(content_of("err"), "5.4 or later is needed") != NULL, "%s", content_of("err"));
	cr_expect(eq(int, shell("$G plot breakdown r.json -o no/such/b.svg"), 3));
	cr_expect(eq(int, shell("ln -s /dev/full full.svg; $G plot breakdown r.json -o full.svg"), 3));
	cr_expect(eq(int, shell("test ! -e b.svg && test ! -e r.html"), 0));
}
