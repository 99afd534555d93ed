/*
 * advise_print.c - the answer first, then its reasons, then its limits.
 */
#include <math.h>
#include <string.h>

#include "sim/plan/advise.h"
#include "sim/plan/deployment.h"
#include "sim/plan/heading.h"
#include "sim/results/csv_writer.h"
#include "sim/results/json_writer.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"

/* Nearer to each other than this, two models are as good as alike. */
#define ALIKE_RATIO 1.02

static const char *value_text(const struct advice *advice, const struct variant_result *result, struct region *region)
{
	double value = objective_value(&advice->objective, result);
	char unit = 's', text[32];

	results_metric_exists(advice->objective.metric, &unit);
	results_figure_text(value, unit, text);
	return region_strdup(region, text);
}

/* "1.8 times", with its interval where it is known. */
static const char *distance_text(const struct advised *advised, struct region *region)
{
	int digits = advised->behind < 10 ? 2 : advised->behind < 100 ? 1 : 0;

	if (!isfinite(advised->behind_ci95.low))
		return region_format(region, "%.*f times", digits, advised->behind);
	return region_format(region, "%.*f times (95%%: %.*f to %.*f)", digits, advised->behind, digits,
			     advised->behind_ci95.low, digits, advised->behind_ci95.high);
}

static const char *verb(const struct advice *advice)
{
	char unit = 's';

	results_metric_exists(advice->objective.metric, &unit);
	return unit == 's' ? "as fast as" : "as good as";
}

static const char *group_of(const struct advised *advised)
{
	return advised->contender.candidate->group;
}

/* The best of each other group that needs no other interpreter, at most three. */
static void print_rivals(const struct advice *advice, struct region *region, FILE *stream)
{
	const struct advised *winner = &advice->ranking[advice->winner];
	const struct advised *told[3];
	size_t count = 0;

	for (size_t i = 0; i < advice->ranking_count && count < 3; i++) {
		const struct advised *advised = &advice->ranking[i];
		bool is_known = strcmp(group_of(advised), group_of(winner)) == 0 ||
				advised->contender.candidate->needs != NULL || !isfinite(advised->behind);

		for (size_t k = 0; k < count; k++)
			is_known |= strcmp(group_of(told[k]), group_of(advised)) == 0;
		if (is_known)
			continue;
		told[count++] = advised;
		fprintf(stream, "  %s %s %s", distance_text(advised, region), verb(advice), advised->mean.name);
		if (advised->behind < ALIKE_RATIO)
			fprintf(stream, ", as good as alike");
		else if (advised->behind_ci95.low <= 1)
			fprintf(stream, ", which cannot be told apart");
		fprintf(stream, "\n    %s: %s\n", advised->mean.name, advised->mechanism.sentence);
	}
}

static void print_answer(const struct advice *advice, struct region *region, FILE *stream)
{
	const struct advised *winner;
	const char *lines[DEPLOYMENT_LINES_MAX];
	size_t count;

	if (advice->winner == SIZE_MAX) {
		fprintf(stream, "none of the models that could be simulated completes this work\n");
		return;
	}
	winner = &advice->ranking[advice->winner];
	fprintf(stream, "best: %s, %s %s\n", winner->mean.name, advice->objective.metric,
		value_text(advice, &winner->mean, region));
	fprintf(stream, "    %s: %s\n", winner->mean.name, winner->mechanism.sentence);
	print_rivals(advice, region, stream);
	for (size_t i = 0; i < advice->winner; i++) {
		const struct advised *better = &advice->ranking[i];

		if (better->contender.candidate->needs && isfinite(better->behind))
			fprintf(stream, "  with %s, %s is %.2f times %s that: %s\n", better->contender.candidate->needs,
				better->mean.name, 1 / better->behind, verb(advice), better->mechanism.sentence);
	}
	count = deployment_flags(&winner->contender.workload, region, lines);
	fprintf(stream, "use: %s\n", deployment_variant(&winner->contender.workload, region));
	for (size_t i = 0; i < count; i++)
		fprintf(stream, "     %s\n", lines[i]);
}

static void print_ranking(const struct advice *advice, bool color, struct region *region, FILE *stream)
{
	struct text_table table;

	text_table_init(&table, region, "lllrrrrl");
	text_table_cell(&table, "%s", "");
	text_table_cell(&table, "model");
	text_table_cell(&table, "size");
	text_table_cell(&table, "%s", advice->objective.metric);
	text_table_cell(&table, "behind");
	text_table_cell(&table, "memory");
	text_table_cell(&table, "cores");
	text_table_cell(&table, "why");
	for (size_t i = 0; i < advice->ranking_count; i++) {
		const struct advised *advised = &advice->ranking[i];

		if (i == advice->winner)
			table.bold_row = text_table_rows(&table);
		text_table_cell(&table, "%s", i == advice->winner ? "*" : advised->contender.candidate->needs ? "+" : "");
		text_table_cell(&table, "%s", advised->mean.name);
		text_table_cell(&table, "%s", deployment_size(&advised->contender.workload, region));
		text_table_cell(&table, "%s", value_text(advice, &advised->mean, region));
		if (isfinite(advised->behind))
			text_table_cell(&table, "%.2fx", advised->behind);
		else
			text_table_cell(&table, "-");
		if (isfinite(advised->mean.peak_memory_bytes))
			text_table_cell(&table, "%.0f MiB", advised->mean.peak_memory_bytes / 1048576);
		else
			text_table_cell(&table, "-");
		text_table_cell(&table, "%.0f%%", 100 * advised->mean.utilisation_cores);
		text_table_cell(&table, "%s", mechanism_names[advised->mechanism.mechanism]);
	}
	text_table_print(&table, color, stream);
	fputs("\n* the answer, + needs another interpreter, or two models at once\n", stream);
	for (size_t i = 0; i < advice->candidates.count; i++)
		if (advice->candidates.items[i].why_not)
			fprintf(stream, "not simulated: %s: %s\n", advice->candidates.items[i].name,
				advice->candidates.items[i].why_not);
}

static void print_flips(const struct advice *advice, FILE *stream)
{
	bool any = false;

	for (size_t i = 0; i < advice->flip_count; i++) {
		const struct flip *flip = &advice->flips[i];

		if (!flip->winner)
			continue;
		if (!any)
			fputs("\nwhat would flip it:\n", stream);
		any = true;
		fprintf(stream, "  %s: %s instead of %s: %s wins\n", flip->what, flip->to, flip->from, flip->winner);
	}
	any = false;
	for (size_t i = 0; i < advice->flip_count; i++) {
		const struct flip *flip = &advice->flips[i];

		if (flip->winner || !flip->is_searched || strcmp(flip->from, flip->to) == 0)
			continue;
		fprintf(stream, "%s%s (%s)", any ? ", " : "\nit stands as far as: ", flip->what, flip->to);
		any = true;
	}
	if (any)
		fputc('\n', stream);
}

bool advice_print_table(const struct advice *advice, bool color, struct region *region, FILE *stream)
{
	const struct workload *workload = &advice->base->workloads[advice->base->baseline];

	fprintf(stream, "%s", advice->base->name);
	if (advice->base->about)
		fprintf(stream, ": %s", advice->base->about);
	fprintf(stream, "\nadvice by simulation: profile %s, %d core%s; Python %s; seed %llu, %llu simulations\n\n",
		workload->machine.profile, workload->machine.cores, workload->machine.cores == 1 ? "" : "s",
		workload->python.version, (unsigned long long)advice->base->seed,
		(unsigned long long)advice->simulated);
	print_answer(advice, region, stream);
	fputc('\n', stream);
	print_ranking(advice, color, region, stream);
	print_flips(advice, stream);
	for (size_t i = 0; i < advice->unknown_count; i++)
		fprintf(stream, "%s  %s\n", i == 0 ? "\nwhat it does not know:\n" : "", advice->unknown[i]);
	return stream_finish(stream);
}

/* ---- For programs ---- */

static void json_candidate(struct json_writer *json, const struct advice *advice, const struct advised *advised,
			   struct region *region)
{
	const struct model *model = &advised->contender.workload.model;

	json_writer_open(json, '{');
	json_writer_key_string(json, "name", advised->mean.name);
	json_writer_key_string(json, "group", group_of(advised));
	json_writer_key_string(json, "needs", advised->contender.candidate->needs);
	json_writer_key_string(json, "variant", deployment_variant(&advised->contender.workload, region));
	flags_print_json(json, &advised->contender.workload, region);
	json_writer_key_string(json, "size", deployment_size(&advised->contender.workload, region));
	json_writer_key_string(json, "model", advised->mean.model);
	json_writer_key(json, "workers");
	json_writer_integer(json, model->workers);
	json_writer_key_number(json, "value", objective_value(&advice->objective, &advised->mean));
	json_writer_key_number(json, "behind", advised->behind);
	json_writer_key(json, "behind_ci95");
	json_writer_open_compact(json, '[');
	json_writer_number(json, advised->behind_ci95.low);
	json_writer_number(json, advised->behind_ci95.high);
	json_writer_close(json, ']');
	json_writer_key_number(json, "completed", advised->mean.completed);
	json_writer_key_number(json, "peak_memory_bytes", advised->mean.peak_memory_bytes);
	json_writer_key(json, "utilisation");
	json_writer_open_compact(json, '{');
	json_writer_key_number(json, "cores", advised->mean.utilisation_cores);
	json_writer_key_number(json, "gil", advised->mean.utilisation_gil);
	json_writer_close(json, '}');
	json_writer_key(json, "time_in_s");
	json_writer_open_compact(json, '{');
	for (int part = 0; part < TIME_PART_COUNT; part++) {
		json_writer_key(json, time_part_names[part]);
		json_writer_seconds(json, advised->mean.time_in_s[part]);
	}
	json_writer_close(json, '}');
	json_writer_key_string(json, "mechanism", mechanism_names[advised->mechanism.mechanism]);
	json_writer_key_string(json, "why", advised->mechanism.sentence);
	json_writer_close(json, '}');
}

static void json_lists(struct json_writer *json, const struct advice *advice)
{
	json_writer_key(json, "not_simulated");
	json_writer_open(json, '[');
	for (size_t i = 0; i < advice->candidates.count; i++) {
		if (!advice->candidates.items[i].why_not)
			continue;
		json_writer_open_compact(json, '{');
		json_writer_key_string(json, "name", advice->candidates.items[i].name);
		json_writer_key_string(json, "why", advice->candidates.items[i].why_not);
		json_writer_close(json, '}');
	}
	json_writer_close(json, ']');
	json_writer_key(json, "flips");
	json_writer_open(json, '[');
	for (size_t i = 0; i < advice->flip_count; i++) {
		json_writer_open_compact(json, '{');
		json_writer_key_string(json, "what", advice->flips[i].what);
		json_writer_key_string(json, "from", advice->flips[i].from);
		json_writer_key_string(json, "to", advice->flips[i].to);
		json_writer_key_string(json, "winner", advice->flips[i].winner);
		json_writer_key(json, "searched");
		json_writer_bool(json, advice->flips[i].is_searched);
		json_writer_close(json, '}');
	}
	json_writer_close(json, ']');
	json_writer_key(json, "unknown");
	json_writer_open(json, '[');
	for (size_t i = 0; i < advice->unknown_count; i++)
		json_writer_string(json, advice->unknown[i]);
	json_writer_close(json, ']');
}

bool advice_print_json(const struct advice *advice, struct region *region, FILE *stream)
{
	struct json_writer json;

	json_writer_init(&json, stream);
	json_writer_open(&json, '{');
	heading_print_json(&json, advice->base);
	json_writer_key_string(&json, "metric", advice->objective.metric);
	json_writer_key_string(&json, "winner", advice->winner == SIZE_MAX ? NULL : advice->ranking[advice->winner].mean.name);
	json_writer_key_string(&json, "fastest", advice->ranking_count == 0 ? NULL : advice->ranking[0].mean.name);
	json_writer_key(&json, "simulations");
	json_writer_unsigned(&json, advice->simulated);
	json_writer_key(&json, "ranking");
	json_writer_open(&json, '[');
	for (size_t i = 0; i < advice->ranking_count; i++)
		json_candidate(&json, advice, &advice->ranking[i], region);
	json_writer_close(&json, ']');
	json_lists(&json, advice);
	json_writer_close(&json, '}');
	return json_writer_finish(&json);
}

bool advice_print_csv(const struct advice *advice, struct region *region, FILE *stream)
{
	static const char *const heads[] = { "scenario", "name",   "group",	"needs", "size",
					     "metric",	 "value",  "behind",	"behind_low", "behind_high",
					     "winner",	 "mechanism", "why" };
	struct csv_writer csv = { .stream = stream };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		csv_text(&csv, heads[i]);
	csv_end_line(&csv);
	for (size_t i = 0; i < advice->ranking_count; i++) {
		const struct advised *advised = &advice->ranking[i];

		csv_text(&csv, advice->base->name);
		csv_text(&csv, advised->mean.name);
		csv_text(&csv, group_of(advised));
		csv_text(&csv, advised->contender.candidate->needs);
		csv_text(&csv, deployment_size(&advised->contender.workload, region));
		csv_text(&csv, advice->objective.metric);
		csv_number(&csv, objective_value(&advice->objective, &advised->mean));
		csv_number(&csv, advised->behind);
		csv_number(&csv, advised->behind_ci95.low);
		csv_number(&csv, advised->behind_ci95.high);
		csv_text(&csv, i == advice->winner ? "yes" : "no");
		csv_text(&csv, mechanism_names[advised->mechanism.mechanism]);
		csv_text(&csv, advised->mechanism.sentence);
		csv_end_line(&csv);
	}
	return csv_finish(&csv);
}
