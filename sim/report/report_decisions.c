/*
 * report_decisions.c - the sections of what `plan` and `advise` have found (data_decisions.c).
 */
#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/report/html.h"
#include "sim/report/report_page.h"
#include "sim/results/results.h"

/* Of a plan, objectives beyond that have no columns of their own. */
#define MAX_OBJECTIVES 4
#define MAX_PATHS 6

/* The next row of that list from `row` on; the number of rows: there is none. */
static size_t next_row(const struct data_table *table, size_t row, const char *list)
{
	while (row < table->row_count && strcmp(data_table_text(table, row, "row"), list) != 0)
		row++;
	return row;
}

static bool has_row(const struct data_table *table, const char *list)
{
	return next_row(table, 0, list) < table->row_count;
}

/* The rows of a scenario's answers, one file after the other: where the next file begins. */
static size_t end_of_file(const struct data_table *table, size_t first)
{
	size_t row = first + 1;

	while (row < table->row_count &&
	       !strcmp(data_table_text(table, row, "file"), data_table_text(table, first, "file")))
		row++;
	return row;
}

static void put_list(struct report *report, const struct data_table *table, const char *list, size_t best,
		     const char *title, const struct table_column *columns, size_t count)
{
	if (!has_row(table, list))
		return;
	report_put(report, "<h3>");
	html_text(report->stream, title);
	report_put(report, "</h3>\n");
	report_put_table(report,
			 &(struct table_rows){ .table = table,
					       .end = table->row_count,
					       .best = best,
					       .column = "row",
					       .value = list },
			 columns, count);
}

static void put_flags(struct report *report, const struct data_table *table, size_t row)
{
	if (!*data_table_text(table, row, "use"))
		return;
	report_put(report, "<pre>");
	html_text(report->stream, data_table_text(table, row, "use"));
	if (*data_table_text(table, row, "flags")) {
		report_put(report, "\n");
		html_text(report->stream, data_table_text(table, row, "flags"));
	}
	report_put(report, "</pre>\n");
}

/* "simulated; profile default, 4 cores; Python 3.12; seed 1; gilsim 0.1.0" */
static void put_foot(struct report *report, const struct data_table *table, size_t row)
{
	report_put_paragraph(report, "faint", "simulated; profile %s, %s cores; Python %s; seed %s; gilsim %s",
			     data_table_text(table, row, "machine_profile"), data_table_text(table, row, "machine_cores"),
			     data_table_text(table, row, "python_version"), data_table_text(table, row, "seed"),
			     data_table_text(table, row, "gilsim"));
}

/* A picture of each input by itself: different scenarios, or what is minimised and a rate, share no axis. */
static bool put_pictures(struct report *report, const char *kind, enum data_kind reads, const char *alt)
{
	struct report one = *report;

	one.input_count[reads] = 1;
	for (size_t i = 0; i < report->input_count[reads]; i++) {
		one.inputs[reads] = &report->inputs[reads][i];
		if (!report_put_picture(&one, kind, reads, NULL, alt))
			return false;
	}
	return true;
}

/* ---- plan ---- */

/* Times are told by their objective's unit: "p99 < 60ms". */
static enum column_form form_of_objective(const char *slo)
{
	const char *blank = strrchr(slo, ' ');
	struct unit_error unheard;
	sim_ns ns;

	return blank && units_parse_duration(blank + 1, &ns, &unheard) ? FORM_SECONDS : FORM_RATIO;
}

/* "variants.threads.workers = 9, machine.cores = 4" */
static const char *point_text(const struct report *report, const struct data_table *table, size_t row)
{
	const char *text = "";

	for (size_t i = 0; i < table->column_count; i++)
		if (strchr(table->columns[i], '.') && *data_table_text(table, row, table->columns[i]))
			text = region_format(report->region, "%s%s%s = %s", text, *text ? ", " : "", table->columns[i],
					     data_table_text(table, row, table->columns[i]));
	return text;
}

static const char *margin_text(const struct report *report, const struct data_table *table, size_t row)
{
	double margin = data_table_number(table, row, "margin");

	if (!isfinite(margin))
		return data_table_text(table, row, "why_not");
	return region_format(report->region, "%s: %.1f %% %s", data_table_text(table, row, "binding"),
			     100 * fabs(margin), margin >= 0 ? "inside" : "outside");
}

/* One sentence for each of the points that have a name. */
static void put_plan_answer(struct report *report, const struct data_table *table, size_t first, size_t end)
{
	static const struct {
		const char *list, *style, *says;
	} named[] = { { "answer", "answer", "the cheapest that meets its objectives" },
		      { "undecided", "", "cheaper, but undecided" },
		      { "runner_up", "", "the next cheapest that holds" },
		      { "nearest", "", "nothing holds; the nearest" } };

	if (next_row(table, first, "answer") >= end)
		report_put_paragraph(report, "answer", "%s: nothing that was asked meets its objectives.",
				     data_table_text(table, first, "scenario"));
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		size_t row = next_row(table, first, named[i].list);

		if (row >= end)
			continue;
		report_put_paragraph(report, named[i].style, "%s: %s is '%s' with %s (%s; %s confidence).",
				     data_table_text(table, row, "scenario"), named[i].says,
				     data_table_text(table, row, "variant"), point_text(report, table, row),
				     margin_text(report, table, row),
				     region_format(report->region, "%.4g %%", 100 * data_table_number(table, row, "confidence")));
		if (i == 0)
			put_flags(report, table, row);
	}
	if (*data_table_text(table, first, "not_monotone_along"))
		report_put_paragraph(report, "", "What holds is not monotone along %s, so every cheaper point was asked.",
				     data_table_text(table, first, "not_monotone_along"));
}

/* The answer among the points that were asked; SIZE_MAX: there is none. */
static size_t asked_answer(const struct report *report, const struct data_table *table)
{
	size_t answer = next_row(table, 0, "answer");

	if (answer == table->row_count)
		return SIZE_MAX;
	for (size_t row = next_row(table, 0, "asked"); row < table->row_count; row = next_row(table, row + 1, "asked"))
		if (!strcmp(data_table_text(table, row, "variant"), data_table_text(table, answer, "variant")) &&
		    !strcmp(point_text(report, table, row), point_text(report, table, answer)))
			return row;
	return SIZE_MAX;
}

static void put_asked_table(struct report *report, const struct data_table *table)
{
	struct table_column columns[4 + MAX_PATHS + 2 * MAX_OBJECTIVES];
	size_t count = 0, asked = next_row(table, 0, "asked"), total = 0;

	columns[count++] = (struct table_column){ "variant", "variant", FORM_TEXT };
	for (size_t i = 0; i < table->column_count && count <= MAX_PATHS; i++)
		if (strchr(table->columns[i], '.'))
			columns[count++] = (struct table_column){ table->columns[i], table->columns[i], FORM_TEXT };
	columns[count++] = (struct table_column){ "decision", "decision", FORM_TEXT };
	columns[count++] = (struct table_column){ "replications", "replications", FORM_COUNT };
	columns[count++] = (struct table_column){ "cost", "cost", FORM_RATIO };
	for (size_t i = 1; i <= MAX_OBJECTIVES; i++) {
		const char *slo = data_table_text(table, asked, region_format(report->region, "objective_%zu_slo", i));

		if (!*slo)
			break;
		columns[count++] = (struct table_column){ region_format(report->region, "objective_%zu_mean", i), slo,
							  form_of_objective(slo) };
		columns[count++] = (struct table_column){ region_format(report->region, "objective_%zu_margin", i),
							  "margin", FORM_SHARE };
	}
	for (size_t row = asked; row < table->row_count; row = next_row(table, row + 1, "asked"))
		total++;
	put_list(report, table, "asked", asked_answer(report, table),
		 region_format(report->region, "The %zu points that were asked, of %s", total,
			       data_table_text(table, asked, "grid")),
		 columns, count);
}

static void put_rate_answer(struct report *report, const struct data_table *table, size_t row)
{
	double highest = data_table_number(table, row, "highest_per_s"), knee = data_table_number(table, row, "knee_per_s");
	const char *scenario = data_table_text(table, row, "scenario"), *what = data_table_text(table, row, "what");

	if (!isfinite(highest))
		report_put_paragraph(report, "answer", "%s: '%s' meets its objectives at no rate that was tried.", scenario,
				     what);
	else
		report_put_paragraph(report, "answer",
				     "%s: '%s' meets its objectives up to %s requests a second; %s at %s. %s", scenario, what,
				     report_number(report, highest),
				     !strcmp(data_table_text(table, row, "lowest_decision"), "undecided") ? "undecided"
													 : "it fails",
				     report_number(report, data_table_number(table, row, "lowest_not_holding_per_s")),
				     isfinite(knee) ? region_format(report->region,
								    "Beyond %s a second waiting grows faster than what is served.",
								    report_number(report, knee))
						    : "");
}

bool report_put_plan(struct report *report)
{
	static const struct table_column rates[] = {
		{ "what", "what", FORM_TEXT },		      { "rate_per_s", "rate [1/s]", FORM_RATIO },
		{ "decision", "decision", FORM_TEXT },	      { "replications", "replications", FORM_COUNT },
		{ "throughput_per_s", "served [1/s]", FORM_RATIO }, { "sojourn_mean_s", "mean sojourn", FORM_SECONDS },
		{ "binding", "what binds", FORM_TEXT },	      { "margin", "margin", FORM_SHARE }
	};
	const struct data_table *table = &report->tables[DATA_PLAN];
	bool drawn;

	if (table->row_count == 0)
		return true;
	report_open_section(report, "plan", "Plan");
	for (size_t first = 0, end; first < table->row_count; first = end) {
		end = end_of_file(table, first);
		if (next_row(table, first, "asked") < end)
			put_plan_answer(report, table, first, end);
		for (size_t row = next_row(table, first, "rate"); row < end; row = next_row(table, row + 1, "rate"))
			put_rate_answer(report, table, row);
		if (*data_table_text(table, first, "about"))
			report_put_paragraph(report, "", "%s", data_table_text(table, first, "about"));
	}
	drawn = put_pictures(report, "plan", DATA_PLAN, "How far inside its objectives each point is");
	if (has_row(table, "asked"))
		put_asked_table(report, table);
	put_list(report, table, "rate_asked", SIZE_MAX, "The rates that were asked", rates, sizeof(rates) / sizeof(rates[0]));
	put_foot(report, table, 0);
	report_put(report, "</section>\n");
	return drawn;
}

/* ---- advise ---- */

static const char *value_text(const struct report *report, const struct data_table *table, size_t row)
{
	double value = data_table_number(table, row, "value");
	char unit = 'r';

	results_metric_exists(data_table_text(table, row, "metric"), &unit);
	return unit == 's' ? report_seconds(report, value)
			   : region_format(report->region, "%s%s", report_number(report, value), unit == '/' ? "/s" : "");
}

static size_t winner_of(const struct data_table *table, size_t first, size_t end)
{
	for (size_t row = first; row < end; row++)
		if (data_table_number(table, row, "is_winner") == 1)
			return row;
	return SIZE_MAX;
}

/* The first of another group after the winner that needs nothing more. */
static size_t rival_of(const struct data_table *table, size_t winner, size_t end)
{
	for (size_t row = winner + 1; row < end; row++)
		if (!strcmp(data_table_text(table, row, "row"), "ranking") && !*data_table_text(table, row, "needs") &&
		    isfinite(data_table_number(table, row, "behind")) &&
		    strcmp(data_table_text(table, row, "group"), data_table_text(table, winner, "group")) != 0)
			return row;
	return SIZE_MAX;
}

static void put_advice_answer(struct report *report, const struct data_table *table, size_t first, size_t end)
{
	size_t winner = winner_of(table, first, end), rival;
	const char *scenario = data_table_text(table, first, "scenario");

	if (winner == SIZE_MAX) {
		report_put_paragraph(report, "answer", "%s: none of the models that could be simulated completes this work.",
				     scenario);
		return;
	}
	rival = rival_of(table, winner, end);
	report_put_paragraph(
		report, "answer", "%s: use %s: %s %s%s.", scenario, data_table_text(table, winner, "variant"),
		data_table_text(table, winner, "metric"), value_text(report, table, winner),
		rival == SIZE_MAX ? ""
				  : region_format(report->region, ", %s times as good as %s (%s)",
						  region_format(report->region, "%.3g",
								data_table_number(table, rival, "behind")),
						  data_table_text(table, rival, "variant"), value_text(report, table, rival)));
	report_put_paragraph(report, "", "%s: %s.", data_table_text(table, winner, "variant"),
			     data_table_text(table, winner, "why"));
	if (rival != SIZE_MAX)
		report_put_paragraph(report, "", "%s: %s.", data_table_text(table, rival, "variant"),
				     data_table_text(table, rival, "why"));
	put_flags(report, table, winner);
	if (*data_table_text(table, first, "about"))
		report_put_paragraph(report, "", "%s", data_table_text(table, first, "about"));
}

static void put_unknown(struct report *report, const struct data_table *table)
{
	size_t row = next_row(table, 0, "unknown");

	if (row == table->row_count)
		return;
	report_put(report, "<h3>What it does not know</h3>\n<ul>\n");
	for (; row < table->row_count; row = next_row(table, row + 1, "unknown")) {
		report_put(report, "<li>");
		html_text(report->stream, data_table_text(table, row, "why"));
		report_put(report, "</li>\n");
	}
	report_put(report, "</ul>\n");
}

bool report_put_advice(struct report *report)
{
	static const struct table_column flips[] = { { "what", "what", FORM_TEXT },
						     { "from", "as it is", FORM_TEXT },
						     { "to", "from here on", FORM_TEXT },
						     { "winner", "then wins", FORM_TEXT } };
	static const struct table_column left_out[] = { { "variant", "model", FORM_TEXT }, { "why", "why", FORM_TEXT } };
	const struct data_table *table = &report->tables[DATA_ADVICE];
	enum column_form form = FORM_RATIO;
	char unit = 'r';
	bool drawn;

	if (table->row_count == 0)
		return true;
	report_open_section(report, "advice", "Advice");
	for (size_t first = 0, end; first < table->row_count; first = end) {
		end = end_of_file(table, first);
		put_advice_answer(report, table, first, end);
	}
	results_metric_exists(data_table_text(table, 0, "metric"), &unit);
	form = unit == 's' ? FORM_SECONDS : FORM_RATIO;
	drawn = put_pictures(report, "advice", DATA_ADVICE, "A bar for each model at its best size") &&
		put_pictures(report, "breakdown", DATA_ADVICE, "Where the time of a task goes, by model");
	put_list(report, table, "ranking", winner_of(table, 0, table->row_count), "Every model at its best size",
		 (struct table_column[]){ { "variant", "model", FORM_TEXT },
					  { "size", "size", FORM_TEXT },
					  { "value", data_table_text(table, 0, "metric"), form },
					  { "behind", "times the answer's", FORM_RATIO },
					  { "behind_low", "95 %: from", FORM_RATIO },
					  { "behind_high", "to", FORM_RATIO },
					  { "peak_memory_bytes", "memory", FORM_MEBIBYTES },
					  { "needs", "needs", FORM_TEXT },
					  { "why", "why", FORM_TEXT } },
		 9);
	put_list(report, table, "flip", SIZE_MAX, "What would flip it (an empty last column: nothing, as far as was looked)",
		 flips, sizeof(flips) / sizeof(flips[0]));
	put_list(report, table, "not_simulated", SIZE_MAX, "Models that cannot run this work", left_out, 2);
	put_unknown(report, table);
	put_foot(report, table, 0);
	report_put(report, "</section>\n");
	return drawn;
}
