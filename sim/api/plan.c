/*
 * plan.c - see gilsim_plan() in gilsim.h: what its options mean for the scenario, the search, and what is printed
 * of it.
 */
#include <errno.h>
#include <string.h>

#include "sim/api/answer.h"
#include "sim/base/distribution.h"
#include "sim/plan/plan.h"
#include "sim/plan/plan_rate.h"

#define DEFAULT_REPLICATIONS 5
#define DEFAULT_MOST_REPLICATIONS 40
/* Rates are found to within this share. */
#define RATE_RESOLUTION 0.02
/* Configurations of which the highest rate of each is searched. */
#define RATE_ROWS_MAX 1000

struct planning {
	const struct gilsim *gilsim;
	const struct gilsim_plan_options *given;
	struct plan_options options;
	struct scenario_source source;
	struct plan plan;
	struct rate_row *rows; /* of find_rate */
	size_t row_count;
};

/* ---- What the options mean for this scenario ---- */

static bool read_axes(struct planning *planning, struct region *region, FILE *messages)
{
	const struct gilsim_plan_options *given = planning->given;
	struct sweep_axes axes = { .count = 0 };
	const char *why;

	if (given->axis_count > PLAN_AXES_MAX) {
		fprintf(messages, "gilsim: more than %d of --vary\n", PLAN_AXES_MAX);
		return false;
	}
	for (size_t i = 0; i < given->axis_count; i++)
		if (!sweep_axes_add(&axes, given->axes[i], region, &why)) {
			fprintf(messages, "gilsim: --vary: %s\n", why);
			return false;
		}
	planning->options.axes = axes_with_numbers(&axes, region);
	planning->options.axis_count = axes.count;
	return true;
}

static bool points_are_few(const struct planning *planning, FILE *messages)
{
	const struct plan_options *options = &planning->options;
	size_t most_points = planning->given->find_rate ? RATE_ROWS_MAX : PLAN_POINTS_MAX;
	size_t counts[PLAN_AXES_MAX], total = 0;

	for (size_t i = 0; i < options->variant_count; i++)
		total += plan_points_of(options, options->variants[i], counts);
	if (total > most_points)
		fprintf(messages, "gilsim: --vary gives more than %zu points\n", most_points);
	return total <= most_points;
}

/* Whether the first axis is about every variant that was asked for. */
static bool is_about_all(const struct planning *planning)
{
	const struct scenario_options *asked = &planning->gilsim->source.options;

	for (size_t i = 0; i < asked->variant_count; i++)
		if (!axis_is_about(&planning->options.axes[0], asked->variants[i]))
			return false;
	return true;
}

/* What is to be minimised: a word, or one of the axes' paths. */
static bool choose_minimised(struct planning *planning, FILE *messages)
{
	static const struct {
		const char *word;
		enum minimised minimised;
	} words[] = { { "workers", MINIMISE_WORKERS },
		      { "cores", MINIMISE_CORES },
		      { "memory", MINIMISE_MEMORY },
		      { "price", MINIMISE_PRICE } };
	struct plan_options *options = &planning->options;
	const char *text = planning->given->minimise;

	if (!text) {
		options->minimised = planning->given->prices			       ? MINIMISE_PRICE
				     : options->axis_count == 1 && is_about_all(planning) ? MINIMISE_PATH
											   : MINIMISE_WORKERS;
		return true;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i].word) == 0) {
			options->minimised = words[i].minimised;
			if (options->minimised != MINIMISE_PRICE || planning->given->prices)
				return true;
			fputs("gilsim: --minimise price without --prices FILE\n", messages);
			return false;
		}
	for (size_t i = 0; i < options->axis_count; i++)
		if (strcmp(text, options->axes[i].path) == 0) {
			options->minimised = MINIMISE_PATH;
			options->minimised_axis = i;
			return true;
		}
	fprintf(messages,
		"gilsim: --minimise is '%s', expected workers, cores, memory, price or a path of --vary\n", text);
	return false;
}

static bool set_objectives(struct planning *planning, FILE *messages)
{
	const struct gilsim_plan_options *given = planning->given;
	struct objectives *objectives = &planning->options.objectives;

	*objectives = (struct objectives){
		.slos = planning->gilsim->thresholds.items,
		.count = planning->gilsim->thresholds.count,
		.confidence = given->confidence > 0 ? given->confidence : 0.95,
		.least = given->replications > 0 ? given->replications : DEFAULT_REPLICATIONS,
		.most = given->most_replications > 0 ? given->most_replications : DEFAULT_MOST_REPLICATIONS,
	};
	if (objectives->most < objectives->least)
		objectives->most = objectives->least;
	if (objectives->count == 0)
		fputs("gilsim: no --slo, expected e.g. --slo 'p99 < 200ms'\n", messages);
	return objectives->count > 0;
}

/* Whether a path of --vary is about this variant. */
static bool is_named_by_axes(const struct plan_options *options, const char *variant)
{
	for (size_t i = 0; i < options->axis_count; i++)
		if (axis_is_of(&options->axes[i], variant))
			return true;
	return false;
}

/* What is minimised tells only those variants apart that it is about. */
static bool has_cost(const struct plan_options *options, const char *variant)
{
	return options->minimised != MINIMISE_PATH || axis_is_about(&options->axes[options->minimised_axis], variant);
}

static bool is_asked_for(const struct scenario_options *options, const char *name)
{
	for (size_t i = 0; i < options->variant_count; i++)
		if (strcmp(options->variants[i], name) == 0)
			return true;
	return false;
}

/* Those that were asked for, else those that the axes are about, else all. */
static void choose_variants(struct planning *planning, struct region *region)
{
	const struct scenario *base = planning->gilsim->scenario;
	const struct scenario_options *asked = &planning->gilsim->source.options;
	const char **chosen = region_alloc_array(region, base->workload_count, sizeof(chosen[0]));
	const char *left_out = NULL;
	size_t count = 0;

	for (size_t i = 0; i < base->workload_count; i++)
		if (has_cost(&planning->options, base->workloads[i].variant) &&
		    (asked->variant_count > 0 ? is_asked_for(asked, base->workloads[i].variant)
					      : is_named_by_axes(&planning->options, base->workloads[i].variant)))
			chosen[count++] = base->workloads[i].variant;
		else if (asked->variant_count == 0)
			left_out = region_format(region, "%s%s%s", left_out ? left_out : "", left_out ? ", " : "",
						 base->workloads[i].variant);
	for (size_t i = 0; count == 0 && i < base->workload_count; i++)
		chosen[i] = base->workloads[i].variant;
	planning->options.left_out = count > 0 ? left_out : NULL;
	planning->options.variants = chosen;
	planning->options.variant_count = count > 0 ? count : base->workload_count;
}

/* Every value of every axis (of numbers, the first and the last) is tried once by itself, so that a path that does
 * not exist is told before the search. */
static bool check_axes(const struct planning *planning, struct region *outer, FILE *messages)
{
	for (size_t a = 0; a < planning->options.axis_count; a++) {
		const struct axis *axis = &planning->options.axes[a];

		for (size_t i = 0; i < axis->count;
		     i += axis->is_numeric && axis->count > 1 ? axis->count - 1 : 1) {
			struct diagnostics diagnostics;
			struct region region;
			const char *setting;
			bool loaded;

			region_init_within(&region, outer);
			diagnostics_init(&diagnostics, &region);
			setting = region_format(&region, "%s=%s", axis->path, axis->values[i]);
			loaded =
				scenario_source_load(&planning->source, &setting, 1, &region, &diagnostics) != NULL;
			if (!loaded)
				diagnostics_print(&diagnostics, messages);
			region_release(&region);
			if (!loaded)
				return false;
		}
	}
	return true;
}

static bool read_prices(struct planning *planning, struct region *region, FILE *messages)
{
	struct diagnostics diagnostics;

	if (!planning->given->prices)
		return true;
	diagnostics_init(&diagnostics, region);
	planning->options.prices = price_list_read(planning->given->prices, region, &diagnostics);
	diagnostics_print(&diagnostics, messages);
	return planning->options.prices != NULL;
}

static const struct workload *workload_of(const struct scenario *base, const char *variant)
{
	for (size_t i = 0; i < base->workload_count; i++)
		if (strcmp(base->workloads[i].variant, variant) == 0)
			return &base->workloads[i];
	return NULL;
}

static bool arrivals_are_there(const struct planning *planning, FILE *messages)
{
	for (size_t i = 0; i < planning->options.variant_count; i++) {
		const struct workload *workload =
			workload_of(planning->gilsim->scenario, planning->options.variants[i]);

		if (workload->run.kind == RUN_ARRIVALS)
			continue;
		fprintf(messages,
			"gilsim: --find rate: variant '%s' has no arrivals, expected run: {arrivals: {rate: "
			"...}}\n",
			workload->variant);
		return false;
	}
	return true;
}

static bool read_options(struct planning *planning, struct region *region, FILE *messages)
{
	if (planning->given->axis_count == 0 && !planning->given->find_rate) {
		fputs("gilsim: nothing to vary, expected --vary PATH=RANGE or --find rate\n", messages);
		return false;
	}
	if (!set_objectives(planning, messages) || !read_axes(planning, region, messages) ||
	    !choose_minimised(planning, messages) || !check_axes(planning, region, messages) ||
	    !read_prices(planning, region, messages))
		return false;
	choose_variants(planning, region);
	if (!points_are_few(planning, messages))
		return false;
	return !planning->given->find_rate || arrivals_are_there(planning, messages);
}

/* ---- Searching and printing ---- */

/* One search for each variant and each point of the axes. */
static bool find_rates(struct planning *planning, struct batch *batch, struct region *region)
{
	const struct plan_options *options = &planning->options;
	size_t counts[PLAN_AXES_MAX], total = 0;
	bool found = false;

	for (size_t v = 0; v < options->variant_count; v++)
		total += plan_points_of(options, options->variants[v], counts);
	planning->rows = region_alloc_array(region, total, sizeof(planning->rows[0]));
	for (size_t v = 0; v < options->variant_count; v++) {
		const struct workload *workload = workload_of(planning->gilsim->scenario, options->variants[v]);
		const size_t points = plan_points_of(options, options->variants[v], counts);

		for (size_t i = 0; i < points && !batch_stopped(batch); i++) {
			struct plan_point point = { .variant = options->variants[v] };
			struct rate_row *row = &planning->rows[planning->row_count++];
			size_t rest = i, override_count;
			const char **overrides;

			for (size_t a = 0; a < options->axis_count; a++) {
				point.at[a] = rest % counts[a];
				rest /= counts[a];
			}
			overrides = plan_overrides(options, &point, &override_count, region);
			row->what = point.variant;
			for (size_t a = 0; a < override_count; a++)
				row->what = region_format(region, "%s, %s", row->what, overrides[a]);
			row->found = plan_find_rate(&planning->source, &options->objectives, point.variant, overrides,
						    override_count, 1e9 / distribution_mean(&workload->run.spacing),
						    RATE_RESOLUTION, batch, region);
			found |= row->found.highest > 0;
		}
	}
	return found;
}

static bool print_rates(struct gilsim_answer *answer, enum gilsim_format format, bool color, FILE *stream)
{
	const struct planning *planning = answer->content;
	const struct scenario *base = planning->gilsim->scenario;
	const struct objectives *objectives = &planning->options.objectives;

	(void)color;
	if (format == GILSIM_JSON)
		return rate_print_json(planning->rows, planning->row_count, objectives, base, stream);
	if (format == GILSIM_CSV)
		return rate_print_csv(planning->rows, planning->row_count, base, stream);
	return rate_print_table(planning->rows, planning->row_count, objectives, base, &answer->region, stream);
}

static bool print_plan(struct gilsim_answer *answer, enum gilsim_format format, bool color, FILE *stream)
{
	const struct planning *planning = answer->content;
	const struct scenario *base = planning->gilsim->scenario;

	if (format == GILSIM_JSON)
		return plan_print_json(&planning->plan, &planning->options, base, &answer->region, stream);
	if (format == GILSIM_CSV)
		return plan_print_csv(&planning->plan, &planning->options, base, &answer->region, stream);
	return plan_print_table(&planning->plan, &planning->options, base, color, &answer->region, stream);
}

static int find(struct searching *searching)
{
	struct gilsim_answer *answer = searching->answer;
	struct region *region = &answer->region;
	struct planning *planning = region_alloc(region, sizeof(*planning));
	struct batch batch = search_batch(searching);

	*planning = (struct planning){ .gilsim = searching->gilsim,
				       .given = searching->options,
				       .source = search_source(searching) };
	planning->source.options.further_option = "--vary";
	answer->content = planning;
	if (!read_options(planning, region, searching->messages))
		return EINVAL;
	if (planning->given->find_rate) {
		answer->print = print_rates;
		answer->is_found = find_rates(planning, &batch, region);
	} else {
		answer->print = print_plan;
		planning->plan = plan_search(&planning->source, &planning->options, &batch, region);
		answer->is_found = planning->plan.best != SIZE_MAX;
	}
	planning->given = NULL; /* not ours beyond the call */
	return 0;
}

struct gilsim_answer *gilsim_plan(const struct gilsim *gilsim, const struct gilsim_plan_options *options,
				  const struct gilsim_search *search, char **messages)
{
	struct searching searching = { .gilsim = gilsim, .options = options, .how = search, .what = "plan" };

	return answer_search(find, &searching, messages);
}
