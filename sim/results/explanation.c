/*
 * explanation.c - explanations as text and as JSON.
 */
#include "sim/results/explanation.h"

#include <math.h>
#include <string.h>

#include "sim/base/region.h"
#include "sim/base/units.h"
#include "sim/results/json_writer.h"
#include "sim/results/text_table.h"

/* Characters of the longest bar. */
#define BAR_WIDTH 40

const struct explained_cost_name explained_costs[EXPLAINED_COUNT] = {
#define E(symbol, name_, title_) [EXPLAINED_##symbol] = { name_, title_ },
	EXPLAINED_COSTS(E)
#undef E
};

/* ---- Text ---- */

struct waterfall {
	struct text_table table;
	double scale_s; /* of one character */
	double at_s;	/* where the next bar begins */
};

/* "    ###": a bar from one time to the other. */
static void bar_cell(struct waterfall *waterfall, double from_s, double to_s)
{
	char bar[2 * BAR_WIDTH + 2] = "";
	size_t from = (size_t)lround(fmax(0, fmin(from_s, to_s)) / waterfall->scale_s);
	size_t to = (size_t)lround(fmax(0, fmax(from_s, to_s)) / waterfall->scale_s);

	if (to == from && from_s != to_s)
		to++;
	if (to >= sizeof(bar))
		to = sizeof(bar) - 1;
	for (size_t i = 0; i < to; i++)
		bar[i] = i < from ? ' ' : to_s < from_s ? '-' : '#';
	text_table_cell(&waterfall->table, "%s", bar);
}

/* A time of its own, from 0. */
static void add_total(struct waterfall *waterfall, const char *title, double total_s)
{
	char text[32];

	units_format_duration_short(total_s, text);
	text_table_cell(&waterfall->table, "%s", title);
	text_table_cell(&waterfall->table, "%s", text);
	bar_cell(waterfall, 0, total_s);
	waterfall->at_s = total_s;
}

/* What comes on top of the row before. */
static void add_change(struct waterfall *waterfall, const char *title, double change_s)
{
	char text[32];

	units_format_duration_short(fabs(change_s), text);
	text_table_cell(&waterfall->table, "%s", title);
	text_table_cell(&waterfall->table, "%s%s", change_s < 0 ? "-" : "+", text);
	bar_cell(waterfall, waterfall->at_s, waterfall->at_s + change_s);
	waterfall->at_s += change_s;
}

/* What is there and changes nothing when it is taken away. */
static void print_idle(const struct explanation *explanation, FILE *stream)
{
	const char *before = "  no effect alone: ";

	for (int cost = 0; cost < EXPLAINED_COUNT; cost++)
		if (explanation->present[cost] && explanation->saves_s[cost] == 0) {
			fprintf(stream, "%s%s", before, explained_costs[cost].title);
			before = "; ";
		}
	if (before[0] == ';')
		fputc('\n', stream);
}

static void print_waterfall(const struct explanation *explanation, struct region *region, FILE *stream)
{
	struct waterfall waterfall;
	double longest_s = fmax(explanation->predicted_s, explanation->ideal_s), at_s = explanation->ideal_s;

	for (int cost = 0; cost < EXPLAINED_COUNT; cost++) {
		at_s += explanation->saves_s[cost];
		longest_s = fmax(longest_s, at_s);
	}
	waterfall.scale_s = longest_s > 0 ? longest_s / BAR_WIDTH : 1;
	text_table_init(&waterfall.table, region, "lrl");
	text_table_cell(&waterfall.table, "what");
	text_table_cell(&waterfall.table, "adds");
	text_table_cell(&waterfall.table, "%s", "");
	add_total(&waterfall, "ideal", explanation->ideal_s);
	for (int cost = 0; cost < EXPLAINED_COUNT; cost++)
		if (explanation->saves_s[cost] != 0)
			add_change(&waterfall, explained_costs[cost].title, explanation->saves_s[cost]);
	add_change(&waterfall, "together", explanation->interaction_s);
	add_total(&waterfall, "predicted", explanation->predicted_s);
	text_table_print(&waterfall.table, false, stream);
	fputs("  together: what only several of these make or save; nobody can assign it to one\n", stream);
	print_idle(explanation, stream);
}

static void print_steps(const struct explanation *explanation, struct region *region, FILE *stream)
{
	struct text_table table;

	if (explanation->step_count == 0)
		return;
	text_table_init(&table, region, "lrrrr");
	text_table_cell(&table, "%.0f %% off the step", 100 * EXPLAINED_FASTER);
	text_table_cell(&table, "line");
	text_table_cell(&table, "makespan");
	text_table_cell(&table, "p50");
	text_table_cell(&table, "p99");
	for (size_t i = 0; i < explanation->step_count; i++) {
		const struct step_effect *effect = &explanation->steps[i];

		text_table_cell(&table, "%s[%zu] %s", effect->task, effect->index, effect->kind);
		text_table_cell(&table, "%d", effect->line);
		text_table_change(&table, effect->makespan);
		text_table_change(&table, effect->p50);
		text_table_change(&table, effect->p99);
	}
	fputc('\n', stream);
	text_table_print(&table, false, stream);
	if (explanation->steps_left_out > 0)
		fprintf(stream, "  (%zu more steps were not tried)\n", explanation->steps_left_out);
}

void explanation_print(const struct explanation *explanation, const char *variant, FILE *stream)
{
	struct region region;

	region_init(&region);
	fprintf(stream, "\n%s: what adds to the %s, each taken away alone on the same random numbers\n", variant,
		strcmp(explanation->metric, "makespan") ? "mean sojourn" : "makespan");
	print_waterfall(explanation, &region, stream);
	print_steps(explanation, &region, stream);
	region_release(&region);
}

/* ---- JSON ---- */

static void print_effect(struct json_writer *writer, const struct step_effect *effect)
{
	json_writer_open_compact(writer, '{');
	json_writer_key_string(writer, "task", effect->task);
	json_writer_key(writer, "step");
	json_writer_integer(writer, (int64_t)effect->index);
	json_writer_key_string(writer, "kind", effect->kind);
	json_writer_key(writer, "line");
	json_writer_integer(writer, effect->line);
	json_writer_key_number(writer, "makespan", effect->makespan);
	json_writer_key_number(writer, "p50", effect->p50);
	json_writer_key_number(writer, "p99", effect->p99);
	json_writer_close(writer, '}');
}

void explanation_print_json(const struct explanation *explanation, struct json_writer *writer)
{
	json_writer_open(writer, '{');
	json_writer_key_string(writer, "metric", explanation->metric);
	json_writer_key_seconds(writer, "ideal_s", explanation->ideal_s);
	json_writer_key(writer, "saves_s");
	json_writer_open_compact(writer, '{');
	for (int cost = 0; cost < EXPLAINED_COUNT; cost++)
		if (explanation->present[cost])
			json_writer_key_seconds(writer, explained_costs[cost].name, explanation->saves_s[cost]);
	json_writer_close(writer, '}');
	json_writer_key_seconds(writer, "interaction_s", explanation->interaction_s);
	json_writer_key_seconds(writer, "predicted_s", explanation->predicted_s);
	json_writer_key_number(writer, "faster", EXPLAINED_FASTER);
	json_writer_key(writer, "steps");
	json_writer_open(writer, '[');
	for (size_t i = 0; i < explanation->step_count; i++)
		print_effect(writer, &explanation->steps[i]);
	json_writer_close(writer, ']');
	json_writer_close(writer, '}');
}
