/*
 * cmd_compare.c - `gilsim compare`: has it become better or worse, or can nobody tell?
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/cli/cli.h"
#include "sim/cli/output_file.h"
#include "sim/report/data_table.h"
#include "sim/results/comparison.h"

enum { OPTION_MIN_EFFECT = 0x600, OPTION_METRIC };

#define DEFAULT_MIN_EFFECT 0.02

struct compare_arguments {
	struct region *region;
	struct output_arguments output;
	struct text_list inputs, metrics;
	double least_effect;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct compare_arguments *arguments = state->input;
	struct unit_error error;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->output;
		return 0;
	case OPTION_MIN_EFFECT:
		if (!strchr(text, '%') || !units_parse_ratio(text, &arguments->least_effect, &error))
			argp_error(state, "--min-effect is '%s', expected a percentage such as 2%%", text);
		return 0;
	case OPTION_METRIC:
		if (!comparison_metric_find(text))
			argp_error(state,
				   "--metric is '%s', expected makespan, p50, p99, throughput, speedup or completed",
				   text);
		text_list_add(&arguments->metrics, arguments->region, text);
		return 0;
	case ARGP_KEY_ARG:
		text_list_add(&arguments->inputs, arguments->region, text);
		return 0;
	case ARGP_KEY_END:
		if (arguments->inputs.count != 2)
			argp_error(state, "expected two files of results, before and after");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Judging:", 1 },
	{ "min-effect", OPTION_MIN_EFFECT, "PERCENT", 0, "The least change that counts (default 2%)", 1 },
	{ "metric", OPTION_METRIC, "METRIC", 0,
	  "makespan, p50, p99, throughput, speedup or completed (repeatable; default makespan, p50, p99 and completed)",
	  1 },
	{ 0 },
};

static const struct argp_child children[] = { { &output_argp, 0, NULL, 0 }, { 0 } };

static const struct argp compare_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "A.json B.json",
	.doc = "Compare results of `run` or `native`, variant by variant: is B better, worse, the same, or can it "
	       "not be told?\v"
	       "The change from A to B has a 95% interval: run with --replications or --repeat. Simulations of the same "
	       "seed and as many replications are compared one by one. It must clear --min-effect to count, and stay within it to be the same.\n\n"
	       "Exit status: 0 nothing is worse, 1 something is, 4 it cannot be told, 2 bad input (another scenario or "
	       "release, no results), 3 output failed.\n\n"
	       "Example:\n  gilsim run --replications 20 --format json -o before.json my.yaml\n"
	       "  gilsim run --replications 20 --format json -o after.json \\\n"
	       "      --set machine.cores=4 my.yaml\n"
	       "  gilsim compare before.json after.json",
	.children = children,
};

/* ---- Reading ---- */

static bool complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool complain(const char *format, ...)
{
	va_list list;

	fputs("gilsim: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return false;
}

static bool is_row_of(const struct data_table *table, size_t row, const char *scenario, const char *variant)
{
	return !strcmp(data_table_text(table, row, "scenario"), scenario) &&
	       (!variant || !strcmp(data_table_text(table, row, "variant"), variant));
}

/* SIZE_MAX: none. */
static size_t find_row(const struct data_table *table, const char *scenario, const char *variant)
{
	for (size_t row = 0; row < table->row_count; row++)
		if (is_row_of(table, row, scenario, variant))
			return row;
	return SIZE_MAX;
}

static bool read_results(struct data_table *table, const char *path, struct region *region)
{
	struct data_error error = { 0 };

	if (!data_table_read(table, path, region, &error))
		return complain("%s", error.text);
	if (table->kind != DATA_RESULTS)
		return complain("%s: no results of run or native", path);
	for (size_t row = 0; row < table->row_count; row++)
		if (find_row(table, data_table_text(table, row, "scenario"),
			     data_table_text(table, row, "variant")) != row)
			return complain("%s: several results of scenario '%s', variant '%s': which one is meant?", path,
					data_table_text(table, row, "scenario"),
					data_table_text(table, row, "variant"));
	return true;
}

/* Whether B has what A has: every scenario, by the same release. */
static bool can_be_compared(const struct data_table *a, const struct data_table *b, const char *const *paths)
{
	for (size_t row = 0; row < a->row_count; row++) {
		const char *scenario = data_table_text(a, row, "scenario"), *release = data_table_text(a, row, "gilsim");
		size_t other = find_row(b, scenario, NULL);

		if (other == SIZE_MAX)
			return complain("%s has no results of scenario '%s', of which %s has", paths[1], scenario,
					paths[0]);
		/* CSV does not tell. */
		if (*release && *data_table_text(b, other, "gilsim") &&
		    strcmp(release, data_table_text(b, other, "gilsim")) != 0)
			return complain("%s is by gilsim %s, %s by %s: what differs may be the simulator", paths[0],
					release, paths[1], data_table_text(b, other, "gilsim"));
	}
	return true;
}

/* What a file holds, by its first row. */
static const char *describe(const struct data_table *table, const char *path, struct region *region)
{
	const char *cores = data_table_text(table, 0, "machine_cores");
	const char *replications = data_table_text(table, 0, "replications");

	return region_format(region, "%s: %s, profile %s, %s core%s, Python %s, seed %s, %s replication%s", path,
			     data_table_text(table, 0, "source"), data_table_text(table, 0, "machine_profile"), cores,
			     strcmp(cores, "1") == 0 ? "" : "s", data_table_text(table, 0, "python_version"),
			     data_table_text(table, 0, "seed"), replications, strcmp(replications, "1") == 0 ? "" : "s");
}

/* ---- Comparing ---- */

/* The numbers of a cell, with blanks between; NULL: none. */
static const double *split_numbers(const char *text, struct region *region, size_t *count)
{
	double *numbers = NULL;
	size_t capacity = 0;
	char *end;

	*count = 0;
	for (;;) {
		double number = strtod(text, &end);

		if (end == text)
			return numbers;
		numbers = region_grow(region, numbers, *count, &capacity, sizeof(*numbers));
		numbers[(*count)++] = number;
		text = end;
	}
}

/* Whether replications of the same number had the same random numbers: simulations of one seed. */
static bool are_paired(const struct data_table *a, size_t row, const struct data_table *b, size_t other)
{
	return other != SIZE_MAX && !strcmp(data_table_text(a, row, "source"), "simulated") &&
	       !strcmp(data_table_text(b, other, "source"), "simulated") &&
	       !strcmp(data_table_text(a, row, "seed"), data_table_text(b, other, "seed"));
}

static struct comparison_side side_of(const struct data_table *table, size_t row,
				      const struct comparison_metric *metric, struct region *region)
{
	struct comparison_side side = { .value = NAN, .ci95 = { NAN, NAN } };

	if (row == SIZE_MAX)
		return side;
	side.value = data_table_number(table, row, metric->column);
	if (metric->interval) {
		side.ci95.low = data_table_number(table, row, region_format(region, "%s_ci95_low", metric->interval));
		side.ci95.high = data_table_number(table, row, region_format(region, "%s_ci95_high", metric->interval));
		side.samples = split_numbers(
			data_table_text(table, row, region_format(region, "%s_samples", metric->interval)), region,
			&side.sample_count);
	}
	return side;
}

static bool is_wanted(const struct compare_arguments *arguments, const char *metric)
{
	if (arguments->metrics.count == 0)
		return strcmp(metric, "throughput") != 0 && strcmp(metric, "speedup") != 0;
	for (size_t i = 0; i < arguments->metrics.count; i++)
		if (!strcmp(arguments->metrics.items[i], metric))
			return true;
	return false;
}

static void add_rows(struct comparison_list *comparison, const struct compare_arguments *arguments,
		     const struct data_table *a, const struct data_table *b, struct region *region)
{
	for (size_t row = 0; row < a->row_count; row++) {
		const char *scenario = data_table_text(a, row, "scenario"), *variant = data_table_text(a, row, "variant");
		size_t other = find_row(b, scenario, variant);

		if (other == SIZE_MAX)
			complain("%s has no variant '%s' of '%s'", arguments->inputs.items[1], variant, scenario);
		for (size_t i = 0; i < comparison_metric_count; i++)
			if (is_wanted(arguments, comparison_metrics[i].name))
				comparison_add(comparison, region, scenario, variant, &comparison_metrics[i],
					       side_of(a, row, &comparison_metrics[i], region),
					       side_of(b, other, &comparison_metrics[i], region),
					       are_paired(a, row, b, other));
	}
	for (size_t row = 0; row < b->row_count; row++)
		if (find_row(a, data_table_text(b, row, "scenario"), data_table_text(b, row, "variant")) == SIZE_MAX)
			complain("%s has no variant '%s' of '%s', which is left out", arguments->inputs.items[0],
				 data_table_text(b, row, "variant"), data_table_text(b, row, "scenario"));
}

static int print_comparison(const struct output_arguments *arguments, const struct comparison_list *comparison,
			    struct region *region)
{
	struct output_file output;
	bool printed;

	if (!output_file_open(&output, arguments->path, region))
		return output_failed(arguments->path);
	if (arguments->format == FORMAT_JSON)
		printed = comparison_print_json(comparison, output.stream);
	else if (arguments->format == FORMAT_CSV)
		printed = comparison_print_csv(comparison, output.stream);
	else
		printed = comparison_print_table(comparison, wants_color(output.stream), output.stream);
	if (!printed) {
		int status = output_failed(arguments->path);

		output_file_discard(&output);
		return status;
	}
	return output_file_close(&output) ? STATUS_DONE : output_failed(arguments->path);
}

int cmd_compare(int argc, char **argv)
{
	static const int status_of[] = {
		[COMPARISON_SAME] = STATUS_DONE,
		[COMPARISON_BETTER] = STATUS_DONE,
		[COMPARISON_CANNOT_TELL] = STATUS_CANNOT_TELL,
		[COMPARISON_WORSE] = STATUS_FAILED_EXPECTATION,
	};
	struct region region;
	struct compare_arguments arguments = { .region = &region, .least_effect = DEFAULT_MIN_EFFECT };
	struct data_table a, b;
	struct comparison_list comparison = { 0 };
	int status = STATUS_BAD_INPUT;

	region_init(&region);
	argp_parse(&compare_argp, argc, argv, 0, NULL, &arguments);
	if (!read_results(&a, arguments.inputs.items[0], &region) ||
	    !read_results(&b, arguments.inputs.items[1], &region) ||
	    !can_be_compared(&a, &b, arguments.inputs.items))
		goto release;
	comparison.least_effect = arguments.least_effect;
	comparison.about_a = describe(&a, arguments.inputs.items[0], &region);
	comparison.about_b = describe(&b, arguments.inputs.items[1], &region);
	add_rows(&comparison, &arguments, &a, &b, &region);
	if (comparison.row_count == 0) {
		complain("there is no figure that both could be compared by");
		goto release;
	}
	status = print_comparison(&arguments.output, &comparison, &region);
	if (status == STATUS_DONE)
		status = status_of[comparison_verdict(&comparison)];
release:
	region_release(&region);
	return status;
}
