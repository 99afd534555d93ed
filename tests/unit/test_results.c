/*
 * test_results.c - means, intervals and speed-ups against arithmetic done by hand, and the forms in which
 * results are printed.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/results/figures.h"
#include "sim/results/json_writer.h"
#include "sim/results/results.h"
#include "sim/results/results_stats.h"
#include "sim/results/text_table.h"
#include "sim/results/trace_text.h"

static struct region region;

static void set_up(void)
{
	region_init(&region);
}

static void tear_down(void)
{
	region_release(&region);
}

/* Functions, because Criterion's macros cannot begin with what jansson's expand to. */
static bool is_null(const json_t *value)
{
	return json_is_null(value);
}

static bool is_boolean(const json_t *value, bool wanted)
{
	return json_is_boolean(value) && json_boolean_value(value) == wanted;
}

static bool is_object(const json_t *value)
{
	return json_is_object(value);
}

TestSuite(results, .init = set_up, .fini = tear_down);

static struct results results_of(const double *makespans_s, size_t count)
{
	static const char *const names[] = { "sequential", "threads", "pool" };
	struct results results = { .scenario = "uneven",
				   .about = "a \"test\", with a comma",
				   .file = "uneven.yaml",
				   .source = "simulated",
				   .seed = UINT64_MAX,
				   .replications = 1,
				   .machine_profile = "default",
				   .machine_cores = 3,
				   .python_version = "3.12",
				   .python_gil = "on",
				   .spin_rate_ratio = NAN,
				   .variant_count = count };

	results.variants = region_alloc_array(&region, count, sizeof(results.variants[0]));
	for (size_t i = 0; i < count; i++) {
		variant_result_init(&results.variants[i]);
		results.variants[i].name = names[i];
		results.variants[i].model = names[i];
		results.variants[i].makespan_s = makespans_s[i];
	}
	return results;
}

/* What a printing function prints. */
static char *printed(bool (*print)(const struct results *, size_t, FILE *), const struct results *results,
		     size_t count)
{
	char *text = NULL, *copy;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	cr_assert(print(results, count, stream));
	fclose(stream);
	copy = region_strdup(&region, text);
	free(text);
	return copy;
}

static char *table_of(const struct results *results)
{
	char *text = NULL, *copy;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	cr_assert(results_print_table(results, false, stream));
	cr_assert(results_print_explanation(results, stream));
	fclose(stream);
	copy = region_strdup(&region, text);
	free(text);
	return copy;
}

Test(results, a_new_result_has_no_figure_at_all)
{
	struct variant_result result;

	variant_result_init(&result);
	for (size_t i = 0; i < figure_count; i++)
		cr_expect(isnan(figure_value(&result, &figures[i])), "%s", figures[i].metric);
	cr_expect(isnan(result.makespan_ci95.low));
}

Test(results, every_metric_has_a_unit_and_is_found_by_its_name)
{
	struct variant_result result;
	size_t count = 0;
	char unit;

	variant_result_init(&result);
	for (; metric_names[count]; count++)
		cr_expect(results_metric_exists(metric_names[count], &unit), "%s", metric_names[count]);
	cr_expect(eq(sz, count, figure_count + 5));
	cr_expect(not(results_metric_exists("makespan_s", &unit)));
	result.sojourn.p99 = 7.11;
	cr_expect(variant_result_metric(&result, "p99") == 7.11);
	cr_expect(variant_result_metric(&result, "sojourn.p99") == 7.11);
	result.failed = -1;
	cr_expect(isnan(variant_result_metric(&result, "failed")), "-1 is a count that nobody knows");
	result.measured = false;
	cr_expect(isnan(variant_result_metric(&result, "p99")));
	cr_expect(isnan(variant_result_metric(&result, "deadlock")));
}

Test(results, speedups_are_the_baselines_makespan_over_the_variants)
{
	const double makespans_s[] = { 7.11, 23.7, NAN };
	struct results results = results_of(makespans_s, 3);

	results.baseline = 1;
	results_fill_speedups(&results);
	cr_expect(results.variants[0].speedup == 23.7 / 7.11);
	cr_expect(results.variants[1].speedup == 1);
	cr_expect(isnan(results.variants[2].speedup));
	cr_expect(eq(sz, results_best(&results), 0));
	/* Who gives up most of its tasks is soon done; a few of them are chance. */
	results.variants[0].completed = results.variants[1].completed = 1000;
	results.variants[0].timed_out = 3;
	cr_expect(eq(sz, results_best(&results), 0));
	results.variants[0].timed_out = 3000;
	cr_expect(eq(sz, results_best(&results), 1));
	results.variants[1].cancelled = 3000;
	cr_expect(eq(sz, results_best(&results), 0));
	results.variants[0].measured = false;
	cr_expect(eq(sz, results_best(&results), 1));
	results.variants[1].makespan_s = INFINITY;
	cr_expect(results_best(&results) == SIZE_MAX);
}

/* Mean 3, standard deviation 1, n 3: half width 4.302653 / sqrt(3) = 2.484138 (Student's t, 2 degrees of freedom).
 */
Test(results, replications_are_combined_to_means_and_students_interval)
{
	struct results each[3], combined;

	for (size_t i = 0; i < 3; i++) {
		const double makespans_s[] = { 2.0 + (double)i, 1 };

		each[i] = results_of(makespans_s, 2);
		each[i].variants[1].completed = 10 + 3 * (double)i;
		each[i].variants[1].p99_ci95 = (struct interval){ 1, 2 };
		results_fill_speedups(&each[i]);
	}
	each[1].variants[1].deadlock = true;
	each[2].variants[0].sojourn.p50 = 5;
	results_combine(each, 3, &region, &combined);
	cr_expect(eq(int, combined.replications, 3));
	cr_expect(combined.variants[0].makespan_s == 3);
	cr_expect(ieee_ulp_eq(dbl, combined.variants[0].makespan_ci95.low, 3 - 4.302652729749462 / sqrt(3), 64));
	cr_expect(ieee_ulp_eq(dbl, combined.variants[0].makespan_ci95.high, 3 + 4.302652729749462 / sqrt(3), 64));
	cr_expect(combined.variants[1].completed == 13);
	cr_expect(combined.variants[1].speedup == 3, "of the same replication's baseline");
	cr_expect(combined.variants[1].deadlock);
	cr_expect(isnan(combined.variants[0].sojourn.p50), "missing in two of three");
	cr_expect(isnan(combined.variants[1].p99_ci95.low));
}

Test(results, one_replication_has_no_interval)
{
	const double makespans_s[] = { 7.11 };
	struct results one = results_of(makespans_s, 1), combined;

	results_combine(&one, 1, &region, &combined);
	cr_expect(combined.variants[0].makespan_s == 7.11);
	cr_expect(isnan(combined.variants[0].makespan_ci95.low));
}

Test(results, quantiles_are_type_7)
{
	const double values[] = { 9, 1, 4, 2 };
	double *sorted = stats_sorted(values, 4, &region);
	const double with_gap[] = { 9, NAN, 1, 4 };

	cr_expect(stats_quantile(sorted, 4, 0.5) == 3);
	cr_expect(stats_quantile(sorted, 4, 0.25) == 1.75);
	cr_expect(stats_quantile(sorted, 4, 1) == 9);
	cr_expect(isnan(stats_quantile(sorted, 0, 0.5)));
	cr_expect(stats_median(with_gap, 4, &region) == 4);
	cr_expect(isnan(stats_median(with_gap, 0, &region)));
}

Test(results, times_print_to_the_nanosecond_and_nothing_as_null)
{
	static const struct {
		double seconds;
		const char *text;
	} times[] = { { 0.1, "0.1" },	       { 1234.567890123, "1234.567890123" },
		      { 1e-9, "0.000000001" }, { 4e-10, "0" },
		      { -4e-10, "0" },	       { 3, "3" },
		      { 100000, "100000" },    { NAN, "" },
		      { INFINITY, "" } };
	char text[64];

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		format_seconds(times[i].seconds, text);
		cr_expect(eq(str, text, (char *)times[i].text));
	}
	format_number(2.0 / 3, text);
	cr_expect(eq(str, text, (char *)"0.666666666667"));
	format_number(1e20, text);
	cr_expect(eq(str, text, (char *)"1e+20"));
}

Test(results, json_has_the_schemas_keys_and_null_for_what_is_missing)
{
	static const char *const keys[] = { "name",
					    "model",
					    "workers",
					    "makespan_s",
					    "speedup",
					    "throughput_per_s",
					    "completed",
					    "failed",
					    "timed_out",
					    "cancelled",
					    "rejected",
					    "unfinished",
					    "retries",
					    "lost_updates",
					    "deadlock",
					    "sojourn_s",
					    "waited_fraction",
					    "in_flight",
					    "time_in_s",
					    "gil_wait_behind_s",
					    "loop_lag_s",
					    "stages",
					    "classes",
					    "utilisation",
					    "context_switches",
					    "gil_switches",
					    "peak_memory_bytes",
					    "events",
					    "ci95" };
	const double makespans_s[] = { 7.11, 3.5 };
	struct results results = results_of(makespans_s, 2);
	struct stage_result stage = { "load", 0.5, 1.5 };
	const json_t *variant, *sojourn;
	json_t *root;
	json_error_t error;

	results_fill_speedups(&results);
	results.variants[1].time_in_s[TIME_GIL_WAIT] = 0.25;
	results.variants[1].stages = &stage;
	results.variants[1].stage_count = 1;
	results.variants[1].deadlock_report = "a \\ waits\nfor \x01 and \xff";
	root = json_loads(printed(results_print_json, &results, 1), JSON_DECODE_INT_AS_REAL, &error);
	cr_assert(root != NULL, "%s", error.text);
	cr_expect(eq(str, (char *)json_string_value(json_object_get(root, "best")), (char *)"threads"));
	cr_expect(eq(str, (char *)json_string_value(json_object_get(root, "about")), (char *)results.about));
	cr_expect(is_object(json_object_get(root, "machine")));
	cr_expect(is_object(json_object_get(root, "python")));
	variant = json_array_get(json_object_get(root, "variants"), 1);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		cr_expect(json_object_get(variant, keys[i]) != NULL, "no key %s", keys[i]);
	cr_expect(json_number_value(json_object_get(variant, "makespan_s")) == 3.5);
	cr_expect(is_null(json_object_get(variant, "completed")));
	cr_expect(is_null(json_object_get(variant, "ci95")));
	cr_expect(is_null(json_object_get(variant, "workers")));
	cr_expect(is_boolean(json_object_get(variant, "deadlock"), false));
	sojourn = json_object_get(variant, "sojourn_s");
	cr_expect(is_null(json_object_get(sojourn, "p95")));
	cr_expect(json_number_value(json_object_get(json_object_get(variant, "time_in_s"), "gil_wait")) == 0.25);
	cr_expect(eq(sz, json_object_size(json_object_get(variant, "time_in_s")), TIME_PART_COUNT));
	cr_expect(json_number_value(
			  json_object_get(json_array_get(json_object_get(variant, "stages"), 0), "end_s")) == 1.5);
	json_decref(root);
}

Test(results, json_is_one_object_for_one_file_and_an_array_for_several)
{
	const double makespans_s[] = { 7.11 };
	struct results results[2] = { results_of(makespans_s, 1), results_of(makespans_s, 1) };

	cr_expect(printed(results_print_json, results, 1)[0] == '{');
	cr_expect(printed(results_print_json, results, 2)[0] == '[');
	cr_expect(strstr(printed(results_print_json, results, 1), "\"seed\": 18446744073709551615") != NULL);
}

Test(results, csv_has_a_row_a_variant_under_columns_with_units)
{
	const double makespans_s[] = { 7.11, 3.5 };
	struct results results = results_of(makespans_s, 2);
	char *text, *line, *rest;
	size_t columns[3] = { 0 };

	results.scenario = "with, comma and \"quote\"";
	text = printed(results_print_csv, &results, 1);
	cr_expect(strstr(text, ",makespan_s,speedup,throughput_per_s,") != NULL);
	cr_expect(strstr(text, "\n\"with, comma and \"\"quote\"\"\",") != NULL);
	cr_expect(strstr(text, ",7.11,") != NULL);
	rest = text;
	for (size_t row = 0; row < 3; row++) {
		bool quoted = false;

		line = strsep(&rest, "\n");
		for (const char *c = line; *c; c++) {
			quoted ^= *c == '"';
			columns[row] += *c == ',' && !quoted;
		}
	}
	cr_expect(eq(sz, columns[0], columns[1]));
	cr_expect(eq(sz, columns[0], columns[2]));
	cr_expect(eq(str, rest, (char *)""));
}

/* A pool's tasks that wait in its queue wait behind those that wait for the GIL: only the latter are asked. */
Test(results, gil_wait_is_told_of_tasks_that_a_worker_has)
{
	const double makespans_s[] = { 8, 8 };
	struct results results = results_of(makespans_s, 2);

	results_fill_speedups(&results);
	results.variants[1].time_in_s[TIME_C] = 20;
	results.variants[1].time_in_s[TIME_GIL_WAIT] = 30;
	results.variants[1].time_in_s[TIME_QUEUE_WAIT] = 50;
	results.variants[1].gil_wait_behind_python_s = 0;
	/* The pool's idle workers waited for it, too. */
	results.variants[1].gil_wait_behind_c_s = 33;
	cr_expect(strstr(table_of(&results),
			 "threads: 60% of task time, queueing apart, is GIL wait, 100% of it behind C code") != NULL);
}

Test(results, the_table_says_what_the_gil_wait_stands_behind)
{
	const double makespans_s[] = { 7.11, 3.5, 2 };
	struct results results = results_of(makespans_s, 3);
	char *text;

	results_fill_speedups(&results);
	results.variants[1].time_in_s[TIME_PYTHON] = 26;
	results.variants[1].time_in_s[TIME_GIL_WAIT] = 74;
	results.variants[1].gil_wait_behind_c_s = 70.3;
	results.variants[1].gil_wait_behind_python_s = 3.7;
	results.variants[2].measured = false;
	results.variants[2].why_not = "needs a free-threaded build";
	results.variants[0].note = "assumed something";
	text = table_of(&results);
	cr_expect(strstr(text,
			 "threads: 74% of task time is GIL wait, 95% of it behind C code that holds the GIL and "
			 "cannot be asked to drop it\n") != NULL,
		  "%s", text);
	cr_expect(strstr(text, "GIL wait 74%, python 26%") != NULL);
	cr_expect(strstr(text, "not measured: needs a free-threaded build") != NULL);
	cr_expect(strstr(text, "note (sequential): assumed something") != NULL);
	cr_expect(strstr(text, " 2.03x") != NULL);
	cr_expect(strstr(text, "*  threads") != NULL);
	cr_expect(strstr(text, " \n") == NULL, "a line ends in blanks");
}

Test(results, table_columns_align_whatever_the_letters)
{
	struct text_table table;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	static const char *const cells[] = { "name", "n", "empty", "x", "\xc3\xa4\xc3\xb6", "10", "", "y",
					     "long", "7", "",	   "z" };

	text_table_init(&table, &region, "lrll");
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		text_table_cell(&table, "%s", cells[i]);
	text_table_print(&table, false, stream);
	fclose(stream);
	cr_expect(eq(str, text, (char *)"  name   n  x\n  \xc3\xa4\xc3\xb6    10  y\n  long   7  z\n"));
	free(text);
}

static void add_row(struct text_table *table, const char *name, int number)
{
	text_table_cell(table, "%s", name);
	if (number < 0)
		text_table_cell(table, "n");
	else
		text_table_cell(table, "%d", number);
	text_table_cell(table, "%s", number < 0 ? "empty" : "");
}

Test(results, a_table_whose_rows_come_twice_is_the_same_and_is_not_held)
{
	struct text_table held, passing;
	char *texts[2] = { NULL };
	size_t lengths[2], after_one_bytes;
	FILE *streams[2];

	for (int i = 0; i < 2; i++)
		streams[i] = open_memstream(&texts[i], &lengths[i]);
	text_table_init(&held, &region, "lrl");
	text_table_init(&passing, &region, "lrl");
	for (int row = -1; row < 1000; row++)
		add_row(&held, row < 0 ? "row" : "a", row);
	text_table_print(&held, false, streams[0]);
	add_row(&passing, "row", -1);
	text_table_measure(&passing);
	after_one_bytes = region.size_bytes;
	for (int row = 0; row < 1000; row++) {
		add_row(&passing, "a", row);
		text_table_measure(&passing);
	}
	for (int row = -1; row < 1000; row++) {
		add_row(&passing, row < 0 ? "row" : "a", row);
		text_table_print_measured(&passing, false, streams[1]);
	}
	cr_expect(eq(sz, region.size_bytes, after_one_bytes));
	for (int i = 0; i < 2; i++)
		fclose(streams[i]);
	cr_expect(eq(str, texts[0], texts[1]));
	free(texts[0]);
	free(texts[1]);
}

Test(results, printing_to_a_full_disk_is_reported)
{
	const double makespans_s[] = { 7.11 };
	struct results results = results_of(makespans_s, 1);
	FILE *full = fopen("/dev/full", "w");

	cr_assert(full != NULL);
	cr_expect(not(results_print_json(&results, 1, full)));
	fclose(full);
	full = fopen("/dev/full", "w");
	cr_expect(not(results_print_table(&results, false, full)));
	fclose(full);
}

Test(results, a_trace_is_a_line_a_record)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	struct trace_buffer buffer = { .stream = stream };
	struct trace_sink sink = trace_text_sink(&buffer);
	const struct trace_record record = { .time_ns = 1250000,
					     .phase = TRACE_END,
					     .process = 0,
					     .thread = 2,
					     .core = -1,
					     .what = "gil_wait",
					     .name = "worker-1",
					     .value = 711 };

	trace_emit(&sink, &record);
	trace_buffer_flush(&buffer);
	fclose(stream);
	cr_expect(eq(str, text, (char *)"         1250000  end     p0 t2 c-  gil_wait        worker-1  711\n"));
	free(text);
}
