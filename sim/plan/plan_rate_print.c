/*
 * plan_rate_print.c - highest rates and knees, a line a configuration, then what was asked.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/plan/heading.h"
#include "sim/plan/plan_rate.h"
#include "sim/results/csv_writer.h"
#include "sim/results/json_writer.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"

static const char *rate_text(double per_s, struct region *region)
{
	return isfinite(per_s) ? region_format(region, "%.4g/s", per_s) : "-";
}

static void print_answers(const struct rate_row *rows, size_t count, struct region *region, FILE *stream)
{
	for (size_t i = 0; i < count; i++) {
		const struct rate_search *found = &rows[i].found;

		if (isnan(found->highest))
			fprintf(stream, "%s: no rate that was tried meets the objectives\n", rows[i].what);
		else
			fprintf(stream, "%s: up to %s (%s: %s), knee at %s\n", rows[i].what,
				rate_text(found->highest, region), found->is_open ? "undecided" : "fails",
				rate_text(found->lowest, region), rate_text(found->knee, region));
	}
}

static int by_rate(const void *a, const void *b)
{
	const struct asked_rate *one = a, *other = b;

	return (one->per_s > other->per_s) - (one->per_s < other->per_s);
}

/* Whatever the search asked first: by ascending rate. */
static void print_points(const struct rate_row *row, const struct objectives *objectives, struct region *region,
			 FILE *stream)
{
	struct asked_rate *points = region_alloc_array(region, row->found.count, sizeof(points[0]));
	struct text_table table;
	bool has_open = false, has_knee = false;

	memcpy(points, row->found.points, row->found.count * sizeof(points[0]));
	qsort(points, row->found.count, sizeof(points[0]), by_rate);

	text_table_init(&table, region, "rlrrrl");
	text_table_cell(&table, "rate");
	text_table_cell(&table, "decision");
	text_table_cell(&table, "runs");
	text_table_cell(&table, "throughput");
	text_table_cell(&table, "mean sojourn");
	text_table_cell(&table, "what binds");
	for (size_t i = 0; i < row->found.count; i++) {
		const struct answer_to_point *answer = &points[i].answer;
		double margin = answer->states[answer->binding].margin;
		char sojourn[32];

		units_format_duration_short(answer->sojourn_mean_s, sojourn);
		text_table_cell(&table, "%s", rate_text(points[i].per_s, region));
		text_table_cell(&table, "%s", points[i].for_knee ? "-" : decision_names[answer->decision]);
		has_open |= !points[i].for_knee && answer->decision == DECISION_OPEN;
		has_knee |= points[i].for_knee;
		text_table_cell(&table, "%zu", answer->replications);
		text_table_cell(&table, "%s", rate_text(answer->throughput_per_s, region));
		text_table_cell(&table, "%s", sojourn);
		if (answer->why_not)
			text_table_cell(&table, "%s", answer->why_not);
		else if (isfinite(margin))
			text_table_cell(&table, "%s: %s", objectives->slos[answer->binding].text,
					ask_margin_text(margin, region));
		else
			text_table_cell(&table, "%s", objectives->slos[answer->binding].text);
	}
	fprintf(stream, "\n%s:\n", row->what);
	text_table_print(&table, false, stream);
	if (has_open)
		fputs("undecided: the runs differ too much to tell; --most-replications allows more\n", stream);
	if (has_knee)
		fputs("-: asked for its mean sojourn alone, which the knee is found by; nothing was decided\n", stream);
}

bool rate_print_table(const struct rate_row *rows, size_t count, const struct objectives *objectives,
		      const struct scenario *base, struct region *region, FILE *stream)
{
	fprintf(stream, "%s", base->name);
	if (base->about)
		fprintf(stream, ": %s", base->about);
	fprintf(stream, "\nhighest arrival rate by simulation, each decision at %.4g%% confidence; seed %llu\n\n",
		100 * objectives->confidence, (unsigned long long)base->seed);
	print_answers(rows, count, region, stream);
	for (size_t i = 0; i < count; i++)
		print_points(&rows[i], objectives, region, stream);
	return stream_finish(stream);
}

static void json_row(struct json_writer *json, const struct rate_row *row, const struct objectives *objectives)
{
	json_writer_open(json, '{');
	json_writer_key_string(json, "what", row->what);
	json_writer_key_number(json, "highest_per_s", row->found.highest);
	json_writer_key_number(json, "lowest_not_holding_per_s", row->found.lowest);
	json_writer_key_string(json, "lowest_decision", decision_names[row->found.is_open ? DECISION_OPEN : DECISION_FAILS]);
	json_writer_key_number(json, "knee_per_s", row->found.knee);
	json_writer_key(json, "asked");
	json_writer_open(json, '[');
	for (size_t i = 0; i < row->found.count; i++) {
		const struct answer_to_point *answer = &row->found.points[i].answer;

		json_writer_open_compact(json, '{');
		json_writer_key_number(json, "rate_per_s", row->found.points[i].per_s);
		json_writer_key_string(json, "decision",
				       row->found.points[i].for_knee ? NULL : decision_names[answer->decision]);
		json_writer_key(json, "replications");
		json_writer_integer(json, (int64_t)answer->replications);
		json_writer_key_number(json, "throughput_per_s", answer->throughput_per_s);
		json_writer_key(json, "sojourn_mean_s");
		json_writer_seconds(json, answer->sojourn_mean_s);
		json_writer_key_string(json, "binding", objectives->slos[answer->binding].text);
		json_writer_key_number(json, "margin", answer->states[answer->binding].margin);
		json_writer_close(json, '}');
	}
	json_writer_close(json, ']');
	json_writer_close(json, '}');
}

bool rate_print_json(const struct rate_row *rows, size_t count, const struct objectives *objectives,
		     const struct scenario *base, FILE *stream)
{
	struct json_writer json;

	json_writer_init(&json, stream);
	json_writer_open(&json, '{');
	heading_print_json(&json, base);
	json_writer_key_number(&json, "confidence", objectives->confidence);
	json_writer_key(&json, "rates");
	json_writer_open(&json, '[');
	for (size_t i = 0; i < count; i++)
		json_row(&json, &rows[i], objectives);
	json_writer_close(&json, ']');
	json_writer_close(&json, '}');
	return json_writer_finish(&json);
}

bool rate_print_csv(const struct rate_row *rows, size_t count, const struct scenario *base, FILE *stream)
{
	static const char *const heads[] = { "scenario", "what",	     "rate_per_s",	 "decision", "replications",
					     "throughput_per_s", "sojourn_mean_s", "margin" };
	struct csv_writer csv = { .stream = stream };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		csv_text(&csv, heads[i]);
	csv_end_line(&csv);
	for (size_t k = 0; k < count; k++) {
		for (size_t i = 0; i < rows[k].found.count; i++) {
			const struct answer_to_point *answer = &rows[k].found.points[i].answer;

			csv_text(&csv, base->name);
			csv_text(&csv, rows[k].what);
			csv_number(&csv, rows[k].found.points[i].per_s);
			csv_text(&csv, rows[k].found.points[i].for_knee ? NULL : decision_names[answer->decision]);
			csv_number(&csv, (double)answer->replications);
			csv_number(&csv, answer->throughput_per_s);
			csv_seconds(&csv, answer->sojourn_mean_s);
			csv_number(&csv, answer->states[answer->binding].margin);
			csv_end_line(&csv);
		}
	}
	return csv_finish(&csv);
}
