/*
 * plan_print.c - the answer, the runner-up, the margin, what binds; then every point that was asked.
 */
#include <math.h>

#include "sim/plan/deployment.h"
#include "sim/plan/heading.h"
#include "sim/plan/plan.h"
#include "sim/plan/plan_cost.h"
#include "sim/results/csv_writer.h"
#include "sim/results/json_writer.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"

static const char *minimised_text(const struct plan_options *options)
{
	static const char *const names[] = { [MINIMISE_WORKERS] = "workers",
					     [MINIMISE_CORES] = "cores",
					     [MINIMISE_MEMORY] = "memory",
					     [MINIMISE_PRICE] = "price" };

	return options->minimised == MINIMISE_PATH ? options->axes[options->minimised_axis].path
						   : names[options->minimised];
}

const char *plan_cost_text(const struct plan_options *options, const struct plan_point *point, struct region *region)
{
	switch (options->minimised) {
	case MINIMISE_PATH:
		return options->axes[options->minimised_axis].values[point->at[options->minimised_axis]];
	case MINIMISE_MEMORY:
		return region_format(region, "%.1f MiB", point->cost / 1048576);
	case MINIMISE_PRICE:
		return point->machine ? region_format(region, "%.4g/h (%s)", point->cost, point->machine)
				      : "no machine is large enough";
	default:
		return region_format(region, "%.4g", point->cost);
	}
}

/* "threads, variants.threads.workers=8, machine.cores=4" */
static const char *point_text(const struct plan_options *options, const struct plan_point *point,
			      struct region *region)
{
	size_t count;
	const char **overrides = plan_overrides(options, point, &count, region);
	const char *text = point->variant;

	for (size_t i = 0; i < count; i++)
		text = region_format(region, "%s, %s", text, overrides[i]);
	return text;
}

static const char *figure_text(const struct expectation *slo, double value, struct region *region)
{
	char unit = 'r', text[32];

	if (!isfinite(value))
		return "no data";
	if (!slo->right.metric)
		results_metric_exists(slo->left.metric, &unit);
	results_figure_text(value, unit, text);
	return region_strdup(region, text);
}

static const char *state_text(const struct plan_options *options, const struct plan_point *point, size_t slo,
			      struct region *region)
{
	const struct objective_state *state = &point->answer.states[slo];
	const struct expectation *expectation = &options->objectives.slos[slo];
	const char *text = figure_text(expectation, state->mean, region);

	if (isfinite(state->high) && state->high > state->low)
		text = region_format(region, "%s (%s to %s)", text, figure_text(expectation, state->low, region),
				     figure_text(expectation, state->high, region));
	if (isfinite(state->margin))
		text = region_format(region, "%s, %s", text, ask_margin_text(state->margin, region));
	return text;
}

static void print_states(const struct plan_options *options, const struct plan_point *point, struct region *region,
			 FILE *stream)
{
	if (point->answer.why_not) {
		fprintf(stream, "    %s\n", point->answer.why_not);
		return;
	}
	for (size_t i = 0; i < options->objectives.count; i++)
		fprintf(stream, "    %-9s %s: %s%s\n", decision_names[point->answer.states[i].decision],
			options->objectives.slos[i].text, state_text(options, point, i, region),
			i == point->answer.binding && options->objectives.count > 1 ? "  <- binds" : "");
}

static void print_named_point(const struct plan_options *options, const char *what, const struct plan_point *point,
			      struct region *region, FILE *stream)
{
	fprintf(stream, "%s: ", what);
	/* A path that is minimised is among the point's. */
	if (options->minimised != MINIMISE_PATH)
		fprintf(stream, "%s %s: ", minimised_text(options), plan_cost_text(options, point, region));
	fprintf(stream, "%s\n", point_text(options, point, region));
	print_states(options, point, region, stream);
}

static void print_flags(const struct plan_point *point, struct region *region, FILE *stream)
{
	const char *lines[DEPLOYMENT_LINES_MAX];
	size_t count = deployment_flags(point->answer.workload, region, lines);

	fprintf(stream, "use: %s\n", deployment_variant(point->answer.workload, region));
	for (size_t i = 0; i < count; i++)
		fprintf(stream, "     %s\n", lines[i]);
}

static void print_answer(const struct plan *plan, const struct plan_options *options, struct region *region,
			 FILE *stream)
{
	if (plan->best != SIZE_MAX) {
		const struct plan_point *best = &plan->points[plan->best];

		print_named_point(options, "cheapest that holds", best, region, stream);
		print_flags(best, region, stream);
	} else {
		fprintf(stream, "nothing holds\n");
		if (plan->nearest != SIZE_MAX)
			print_named_point(options, "nearest", &plan->points[plan->nearest], region, stream);
	}
	if (plan->undecided != SIZE_MAX)
		print_named_point(options, "undecided, and cheaper", &plan->points[plan->undecided], region, stream);
	if (plan->runner_up != SIZE_MAX)
		print_named_point(options, "runner-up", &plan->points[plan->runner_up], region, stream);
}

static void print_asked(const struct plan *plan, const struct plan_options *options, bool color,
			struct region *region, FILE *stream)
{
	struct text_table table;

	text_table_init(&table, region, "lllrrl");
	text_table_cell(&table, "%s", "");
	text_table_cell(&table, "point");
	text_table_cell(&table, "decision");
	text_table_cell(&table, "%s", minimised_text(options));
	text_table_cell(&table, "runs");
	text_table_cell(&table, "what binds");
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_point *point = &plan->points[i];

		if (i == plan->best)
			table.bold_row = text_table_rows(&table);
		text_table_cell(&table, "%s", i == plan->best ? "*" : "");
		text_table_cell(&table, "%s", point_text(options, point, region));
		text_table_cell(&table, "%s", decision_names[point->answer.decision]);
		text_table_cell(&table, "%s",
				options->minimised == MINIMISE_PATH ? "" : plan_cost_text(options, point, region));
		text_table_cell(&table, "%zu", point->answer.replications);
		text_table_cell(&table, "%s", point->answer.why_not ? point->answer.why_not
					      : region_format(region, "%s: %s",
							      options->objectives.slos[point->answer.binding].text,
							      state_text(options, point, point->answer.binding, region)));
	}
	text_table_print(&table, color, stream);
}

bool plan_print_table(const struct plan *plan, const struct plan_options *options, const struct scenario *base,
		      bool color, struct region *region, FILE *stream)
{
	const struct workload *workload = &base->workloads[base->baseline];

	fprintf(stream, "%s", base->name);
	if (base->about)
		fprintf(stream, ": %s", base->about);
	fprintf(stream, "\nplanned by simulation: profile %s; Python %s; seed %llu\n\n", workload->machine.profile,
		workload->python.version, (unsigned long long)base->seed);
	print_answer(plan, options, region, stream);
	fprintf(stream, "\nasked %zu of %zu points; each decision at %.4g%% confidence\n\n", plan->count, plan->grid,
		100 * options->objectives.confidence);
	print_asked(plan, options, color, region, stream);
	if (options->left_out)
		fprintf(stream, "\nleft out, since no --vary is about them (--variant NAME asks them as they are): %s\n",
			options->left_out);
	if (plan->broken_axis)
		fprintf(stream, "\nwhat holds is not monotone along %s, so every cheaper point was asked\n",
			plan->broken_axis);
	return stream_finish(stream);
}

/* ---- For programs ---- */

static void json_point(struct json_writer *json, const struct plan_options *options, const struct plan_point *point,
		       struct region *region)
{
	json_writer_open(json, '{');
	json_writer_key_string(json, "variant", point->variant);
	json_writer_key(json, "set");
	json_writer_open_compact(json, '{');
	for (size_t a = 0; a < options->axis_count; a++)
		if (axis_is_about(&options->axes[a], point->variant))
			json_writer_key_string(json, options->axes[a].path, options->axes[a].values[point->at[a]]);
	json_writer_close(json, '}');
	json_writer_key_string(json, "decision", decision_names[point->answer.decision]);
	json_writer_key_string(json, "why_not", point->answer.why_not);
	json_writer_key_number(json, "cost", point->cost);
	json_writer_key_string(json, "machine", point->machine);
	json_writer_key(json, "replications");
	json_writer_integer(json, (int64_t)point->answer.replications);
	json_writer_key(json, "binding");
	json_writer_string(json, point->answer.why_not ? NULL : options->objectives.slos[point->answer.binding].text);
	json_writer_key(json, "objectives");
	json_writer_open(json, '[');
	for (size_t i = 0; i < options->objectives.count; i++) {
		const struct objective_state *state = &point->answer.states[i];

		json_writer_open_compact(json, '{');
		json_writer_key_string(json, "slo", options->objectives.slos[i].text);
		json_writer_key_number(json, "limit", options->objectives.slos[i].value);
		json_writer_key_string(json, "decision", decision_names[state->decision]);
		json_writer_key_number(json, "mean", state->mean);
		json_writer_key_number(json, "low", state->low);
		json_writer_key_number(json, "high", state->high);
		json_writer_key_number(json, "margin", state->margin);
		json_writer_close(json, '}');
	}
	json_writer_close(json, ']');
	if (point->answer.workload) {
		json_writer_key_string(json, "use", deployment_variant(point->answer.workload, region));
		flags_print_json(json, point->answer.workload, region);
	}
	json_writer_close(json, '}');
}

static void json_named_point(struct json_writer *json, const char *key, const struct plan *plan, size_t index,
			     const struct plan_options *options, struct region *region)
{
	json_writer_key(json, key);
	if (index == SIZE_MAX)
		json_writer_null(json);
	else
		json_point(json, options, &plan->points[index], region);
}

bool plan_print_json(const struct plan *plan, const struct plan_options *options, const struct scenario *base,
		     struct region *region, FILE *stream)
{
	struct json_writer json;

	json_writer_init(&json, stream);
	json_writer_open(&json, '{');
	heading_print_json(&json, base);
	json_writer_key_number(&json, "confidence", options->objectives.confidence);
	json_writer_key_string(&json, "minimised", minimised_text(options));
	json_named_point(&json, "answer", plan, plan->best, options, region);
	json_named_point(&json, "runner_up", plan, plan->runner_up, options, region);
	json_named_point(&json, "undecided", plan, plan->undecided, options, region);
	json_named_point(&json, "nearest", plan, plan->nearest, options, region);
	json_writer_key_string(&json, "not_monotone_along", plan->broken_axis);
	json_writer_key(&json, "grid");
	json_writer_integer(&json, (int64_t)plan->grid);
	json_writer_key(&json, "asked");
	json_writer_open(&json, '[');
	for (size_t i = 0; i < plan->count; i++)
		json_point(&json, options, &plan->points[i], region);
	json_writer_close(&json, ']');
	json_writer_close(&json, '}');
	return json_writer_finish(&json);
}

bool plan_print_csv(const struct plan *plan, const struct plan_options *options, const struct scenario *base,
		    struct region *region, FILE *stream)
{
	struct csv_writer csv = { .stream = stream };

	csv_text(&csv, "scenario");
	csv_text(&csv, "variant");
	for (size_t a = 0; a < options->axis_count; a++)
		csv_text(&csv, options->axes[a].path);
	csv_text(&csv, "decision");
	csv_text(&csv, "cost");
	csv_text(&csv, "replications");
	csv_text(&csv, "answer");
	for (size_t i = 0; i < options->objectives.count; i++) {
		csv_text(&csv, options->objectives.slos[i].text);
		csv_text(&csv, region_format(region, "margin of %s", options->objectives.slos[i].text));
	}
	csv_end_line(&csv);
	for (size_t k = 0; k < plan->count; k++) {
		const struct plan_point *point = &plan->points[k];

		csv_text(&csv, base->name);
		csv_text(&csv, point->variant);
		for (size_t a = 0; a < options->axis_count; a++)
			csv_text(&csv, axis_is_about(&options->axes[a], point->variant)
					       ? options->axes[a].values[point->at[a]]
					       : NULL);
		csv_text(&csv, decision_names[point->answer.decision]);
		csv_number(&csv, point->cost);
		csv_number(&csv, (double)point->answer.replications);
		csv_text(&csv, k == plan->best ? "yes" : "no");
		for (size_t i = 0; i < options->objectives.count; i++) {
			csv_number(&csv, point->answer.states[i].mean);
			csv_number(&csv, point->answer.states[i].margin);
		}
		csv_end_line(&csv);
	}
	return csv_finish(&csv);
}
