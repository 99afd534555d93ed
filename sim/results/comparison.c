/*
 * comparison.c - see comparison.h.
 */
#include "sim/results/comparison.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/results/csv_writer.h"
#include "sim/results/json_writer.h"
#include "sim/results/results_stats.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"

const char *const comparison_verdict_names[] = {
	[COMPARISON_SAME] = "same",
	[COMPARISON_BETTER] = "better",
	[COMPARISON_CANNOT_TELL] = "cannot tell",
	[COMPARISON_WORSE] = "worse",
};

const struct comparison_metric comparison_metrics[] = {
	{ "makespan", "makespan_s", "makespan_s", 's', false },
	{ "p50", "sojourn_p50_s", "p50_s", 's', false },
	{ "p99", "sojourn_p99_s", "p99_s", 's', false },
	{ "throughput", "throughput_per_s", "throughput_per_s", '/', true },
	{ "speedup", "speedup", "speedup", 'r', true },
	{ "completed", "completed", NULL, 'c', true },
};
const size_t comparison_metric_count = sizeof(comparison_metrics) / sizeof(comparison_metrics[0]);

const struct comparison_metric *comparison_metric_find(const char *name)
{
	for (size_t i = 0; i < comparison_metric_count; i++)
		if (!strcmp(name, comparison_metrics[i].name))
			return &comparison_metrics[i];
	return NULL;
}

/* ---- Judging ---- */

static bool has_interval(const struct comparison_side *side)
{
	return isfinite(side->ci95.low) && isfinite(side->ci95.high);
}

static bool is_same_interval(const struct comparison_side *a, const struct comparison_side *b)
{
	if (!has_interval(a) || !has_interval(b))
		return !has_interval(a) && !has_interval(b);
	return a->ci95.low == b->ci95.low && a->ci95.high == b->ci95.high;
}

/* Where B lies against A, if the change is known to be within `change`. */
static enum comparison_verdict judge_change(struct interval change, double least, bool higher_is_better)
{
	if (change.low >= -least && change.high <= least)
		return COMPARISON_SAME;
	if (change.low > least)
		return higher_is_better ? COMPARISON_BETTER : COMPARISON_WORSE;
	if (change.high < -least)
		return higher_is_better ? COMPARISON_WORSE : COMPARISON_BETTER;
	return COMPARISON_CANNOT_TELL;
}

/* Of the mean of the differences of each replication with its like. */
static double paired_half_width(const struct comparison_side *a, const struct comparison_side *b,
				struct region *region)
{
	double *differences = region_alloc_array(region, a->sample_count, sizeof(*differences));
	struct interval ci95;

	for (size_t i = 0; i < a->sample_count; i++)
		differences[i] = b->samples[i] - a->samples[i];
	ci95 = stats_mean_ci95(differences, a->sample_count);
	region_free(region, differences);
	return (ci95.high - ci95.low) / 2;
}

static void judge(struct comparison_row *row, double least, bool paired, struct region *region)
{
	double half, a = row->a.value, b = row->b.value;

	row->change = row->change_ci95.low = row->change_ci95.high = NAN;
	row->verdict = COMPARISON_CANNOT_TELL;
	if (!isfinite(a) || !isfinite(b)) {
		row->why = isfinite(a) ? "no data in B" : "no data in A";
		return;
	}
	/* To the last digit, in every replication: the same runs. */
	if (a == b && is_same_interval(&row->a, &row->b)) {
		row->change = 0;
		row->verdict = COMPARISON_SAME;
		return;
	}
	row->change = (b - a) / fabs(a);
	if (!isfinite(row->change)) {
		row->change = NAN;
		row->why = "A is 0: no relative change";
		return;
	}
	if (!row->metric->interval) {
		struct interval exact = { row->change, row->change };

		row->verdict = judge_change(exact, least, row->metric->higher_is_better);
		return;
	}
	if (!has_interval(&row->a) || !has_interval(&row->b)) {
		row->why = "no interval: one replication or round is one sample";
		return;
	}
	if (paired && row->a.samples && row->b.samples && row->a.sample_count == row->b.sample_count)
		half = paired_half_width(&row->a, &row->b, region) / fabs(a);
	else
		half = hypot(row->a.ci95.high - row->a.ci95.low, row->b.ci95.high - row->b.ci95.low) / 2 / fabs(a);
	row->change_ci95 = (struct interval){ row->change - half, row->change + half };
	row->verdict = judge_change(row->change_ci95, least, row->metric->higher_is_better);
	if (row->verdict == COMPARISON_CANNOT_TELL)
		row->why = "the interval is too wide: more replications or rounds";
}

void comparison_add(struct comparison_list *comparison, struct region *region, const char *scenario, const char *variant,
		    const struct comparison_metric *metric, struct comparison_side a, struct comparison_side b, bool paired)
{
	struct comparison_row *row;

	if (!isfinite(a.value) && !isfinite(b.value))
		return;
	comparison->rows = region_grow(region, comparison->rows, comparison->row_count, &comparison->row_capacity,
				       sizeof(comparison->rows[0]));
	row = &comparison->rows[comparison->row_count++];
	*row = (struct comparison_row){ .scenario = scenario, .variant = variant, .metric = metric, .a = a, .b = b };
	judge(row, comparison->least_effect, paired, region);
}

enum comparison_verdict comparison_verdict(const struct comparison_list *comparison)
{
	enum comparison_verdict worst = COMPARISON_SAME;

	for (size_t i = 0; i < comparison->row_count; i++)
		if (comparison->rows[i].verdict > worst)
			worst = comparison->rows[i].verdict;
	return worst;
}

/* ---- Printing ---- */

static void add_row(struct text_table *table, const struct comparison_row *row)
{
	text_table_cell(table, "%s", row->scenario);
	text_table_cell(table, "%s", row->variant);
	text_table_cell(table, "%s", row->metric->name);
	text_table_value(table, row->metric->unit, row->a.value);
	text_table_value(table, row->metric->unit, row->b.value);
	text_table_change(table, row->change);
	if (isfinite(row->change_ci95.low))
		text_table_cell(table, "%+.1f .. %+.1f%%", 100 * row->change_ci95.low, 100 * row->change_ci95.high);
	else
		text_table_cell(table, "%s", "");
	text_table_cell(table, "%s%s%s", comparison_verdict_names[row->verdict], row->why ? ": " : "",
			row->why ? row->why : "");
}

bool comparison_print_table(const struct comparison_list *comparison, bool color, FILE *stream)
{
	static const char *const heads[] = { "scenario", "variant", "metric", "A", "B", "change", "95%", "B is" };
	size_t counts[COMPARISON_WORSE + 1] = { 0 };
	struct region region;
	struct text_table table;

	region_init(&region);
	text_table_init(&table, &region, "lllrrrrl");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&table, "%s", heads[i]);
	for (size_t i = 0; i < comparison->row_count; i++) {
		counts[comparison->rows[i].verdict]++;
		add_row(&table, &comparison->rows[i]);
	}
	fprintf(stream, "A: %s\nB: %s\n\n", comparison->about_a, comparison->about_b);
	text_table_print(&table, color, stream);
	fprintf(stream, "\n%s: %zu worse, %zu cannot be told, %zu better, %zu the same (less than %.3g%% is no change)\n",
		comparison_verdict_names[comparison_verdict(comparison)], counts[COMPARISON_WORSE],
		counts[COMPARISON_CANNOT_TELL], counts[COMPARISON_BETTER], counts[COMPARISON_SAME],
		100 * comparison->least_effect);
	region_release(&region);
	return stream_finish(stream);
}

bool comparison_print_json(const struct comparison_list *comparison, FILE *stream)
{
	struct json_writer writer;

	json_writer_init(&writer, stream);
	json_writer_open(&writer, '{');
	json_writer_key_string(&writer, "a", comparison->about_a);
	json_writer_key_string(&writer, "b", comparison->about_b);
	json_writer_key_number(&writer, "min_effect", comparison->least_effect);
	json_writer_key_string(&writer, "verdict", comparison_verdict_names[comparison_verdict(comparison)]);
	json_writer_key(&writer, "rows");
	json_writer_open(&writer, '[');
	for (size_t i = 0; i < comparison->row_count; i++) {
		const struct comparison_row *row = &comparison->rows[i];

		json_writer_open_compact(&writer, '{');
		json_writer_key_string(&writer, "scenario", row->scenario);
		json_writer_key_string(&writer, "variant", row->variant);
		json_writer_key_string(&writer, "metric", row->metric->name);
		json_writer_key_number(&writer, "a", row->a.value);
		json_writer_key_number(&writer, "b", row->b.value);
		json_writer_key_number(&writer, "change", row->change);
		json_writer_key(&writer, "change_ci95");
		if (isfinite(row->change_ci95.low)) {
			json_writer_open(&writer, '[');
			json_writer_number(&writer, row->change_ci95.low);
			json_writer_number(&writer, row->change_ci95.high);
			json_writer_close(&writer, ']');
		} else {
			json_writer_null(&writer);
		}
		json_writer_key_string(&writer, "verdict", comparison_verdict_names[row->verdict]);
		json_writer_key_string(&writer, "why", row->why);
		json_writer_close(&writer, '}');
	}
	json_writer_close(&writer, ']');
	json_writer_close(&writer, '}');
	return json_writer_finish(&writer);
}

bool comparison_print_csv(const struct comparison_list *comparison, FILE *stream)
{
	static const char *const heads[] = { "scenario",	"variant",	    "metric",  "a",  "b", "change",
					     "change_ci95_low", "change_ci95_high", "verdict", "why" };
	struct csv_writer writer = { .stream = stream };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		csv_text(&writer, heads[i]);
	csv_end_line(&writer);
	for (size_t i = 0; i < comparison->row_count; i++) {
		const struct comparison_row *row = &comparison->rows[i];

		csv_text(&writer, row->scenario);
		csv_text(&writer, row->variant);
		csv_text(&writer, row->metric->name);
		csv_number(&writer, row->a.value);
		csv_number(&writer, row->b.value);
		csv_number(&writer, row->change);
		csv_number(&writer, row->change_ci95.low);
		csv_number(&writer, row->change_ci95.high);
		csv_text(&writer, comparison_verdict_names[row->verdict]);
		csv_text(&writer, row->why);
		csv_end_line(&writer);
	}
	return csv_finish(&writer);
}
