/*
 * test_validation.c - errors of predictions, their summary, and how they are printed.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/results/validation.h"

static struct region region;
static struct validation validation;

static void add(const char *variant, const char *metric, double predicted, double ideal, const double *measured,
		size_t count)
{
	struct validation_row *row = validation_add(&validation, &region);

	row->scenario = "uneven";
	row->python = "3.11.7";
	row->variant = variant;
	row->metric = metric;
	row->is_count = !strcmp(metric, "completed");
	row->predicted = predicted;
	row->ideal = ideal;
	row->measured = measured;
	row->measured_count = count;
}

static const double five[] = { 2.2, 1.9, 2.0, 2.1, 1.8 };
static const double three[] = { 4, 4, 4 };
static const double gap[] = { 1, NAN, 3 };

static void set_up(void)
{
	region_init(&region);
	validation = (struct validation){ 0 };
	add("a", "makespan", 2.1, 1.5, five, 5);
	add("b", "makespan", 1.7, 2.0, five, 5);
	add("c", "makespan", 2.3, 1.0, gap, 3);
	add("a", "completed", 4, 4, three, 3);
	add("b", "completed", 5, 4, three, 3);
	add("d", "speedup", NAN, NAN, five, 0);
	validation_finish(&validation, &region);
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

TestSuite(validation, .init = set_up, .fini = tear_down);

Test(validation, an_error_is_signed_and_relative_to_the_median)
{
	const struct validation_row *rows = validation.rows;

	cr_expect(rows[0].median == 2.0);
	cr_expect(rows[0].min == 1.8 && rows[0].max == 2.2);
	cr_expect(rows[0].q1 == 1.9 && rows[0].q3 == 2.1);
	cr_expect(ieee_ulp_eq(dbl, rows[0].error, 0.05, 16));
	cr_expect(ieee_ulp_eq(dbl, rows[0].ideal_error, -0.25, 4));
	cr_expect(rows[0].within_spread && rows[0].hard);
	cr_expect(ieee_ulp_eq(dbl, rows[1].error, -0.15, 16));
	cr_expect(not(rows[1].within_spread));
	cr_expect(not(rows[1].hard));
	cr_expect(eq(sz, rows[2].measured_count, 2), "a missing sample is none");
	cr_expect(rows[2].median == 2);
}

/* 2.2, 1.9, 2.0, 2.1 and 1.8 against 1.95, 2.05, 2, 1.95 and 2.05: the median of these is 0.15 of 1.95. */
Test(validation, a_run_is_off_from_the_median_of_the_others)
{
	cr_expect(ieee_ulp_eq(dbl, validation.rows[0].run_error, 0.15 / 1.95, 16));
	cr_expect(isnan(validation.rows[2].run_error), "two runs tell nothing about each other's median");
	cr_expect(isnan(validation.rows[3].run_error), "a count");
	cr_expect(ieee_ulp_eq(dbl, validation.summaries[0].median_run, 0.15 / 1.95, 16));
	cr_expect(ieee_ulp_eq(dbl, validation.summaries[0].median_run_hard, 0.15 / 1.95, 16));
}

Test(validation, counts_have_no_error_and_stand_apart)
{
	cr_expect(isnan(validation.rows[3].error));
	cr_expect(validation.rows[3].within_spread);
	cr_expect(not(validation.rows[4].within_spread));
	for (size_t i = 0; i < validation.summary_count; i++)
		cr_expect(strcmp(validation.summaries[i].metric, "completed") != 0);
}

Test(validation, the_summary_is_over_absolute_errors)
{
	const struct validation_summary *makespan = &validation.summaries[0];

	cr_expect(eq(str, (char *)makespan->metric, (char *)"makespan"));
	cr_expect(eq(sz, makespan->rows, 3));
	/* |errors| 0.05, 0.15, 0.15 */
	cr_expect(ieee_ulp_eq(dbl, makespan->median, 0.15, 16));
	cr_expect(ieee_ulp_eq(dbl, makespan->max, 0.15, 16));
	cr_expect(eq(sz, makespan->rows_hard, 2));
	cr_expect(ieee_ulp_eq(dbl, makespan->median_hard, 0.10, 64));
	cr_expect(ieee_ulp_eq(dbl, validation_worst_error(&validation), 0.15, 16));
}

Test(validation, no_row_to_gate_is_no_proof)
{
	const struct validation empty = { 0 };

	cr_expect(isnan(validation_worst_error(&empty)));
}

Test(validation, json_has_the_schemas_keys)
{
	static const char *const keys[] = { "scenario", "variant", "python",	    "metric",	  "predicted",
					    "measured", "error",   "within_spread", "ideal_error", "run_error" };
	static const char *const summary_keys[] = { "rows", "median", "p90", "max", "median_hard", "rows_hard",
						"median_run", "median_run_hard" };
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	json_error_t error;
	const json_t *row, *summary;
	json_t *root;

	cr_assert(validation_print_json(&validation, stream));
	fclose(stream);
	root = json_loads(text, 0, &error);
	cr_assert(root != NULL, "%s", error.text);
	row = json_array_get(json_object_get(root, "rows"), 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		cr_expect(json_object_get(row, keys[i]) != NULL, "no key %s", keys[i]);
	cr_expect(eq(sz, (size_t)json_integer_value(json_object_get(json_object_get(row, "measured"), "n")), 5));
	cr_expect(is_boolean(json_object_get(row, "within_spread"), true));
	summary = json_object_get(json_object_get(root, "summary"), "makespan");
	for (size_t i = 0; i < sizeof(summary_keys) / sizeof(summary_keys[0]); i++)
		cr_expect(json_object_get(summary, summary_keys[i]) != NULL, "no key %s", summary_keys[i]);
	cr_expect(is_null(json_object_get(json_array_get(json_object_get(root, "rows"), 5), "within_spread")));
	cr_expect(strstr(text, "\"completed\": {\"rows\": 2, \"exact\": 1}") != NULL);
	json_decref(root);
	free(text);
}

Test(validation, the_table_may_be_sorted_by_error)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	const char *b, *a;

	cr_assert(validation_print_table(&validation, true, false, stream));
	fclose(stream);
	b = strstr(text, "3.11.7  b ");
	a = strstr(text, "3.11.7  a ");
	cr_assert(a != NULL && b != NULL, "%s", text);
	cr_expect(b < a, "-15%% comes before +5%%");
	cr_expect(strstr(text, "completed: 1 of 2 exact") != NULL);
	cr_expect(strstr(text, " \n") == NULL);
	free(text);
}

Test(validation, csv_has_a_line_a_row)
{
	char *text = NULL;
	size_t length, lines = 0;
	FILE *stream = open_memstream(&text, &length);

	cr_assert(validation_print_csv(&validation, stream));
	fclose(stream);
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	cr_expect(eq(sz, lines, 7));
	free(text);
}
