/*
 * load_parse.c - see load_parse.h.
 */
#include "sim/scenario/load_parse.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/scenario/arrival_log.h"
#include "sim/scenario/program_parse.h"

/* ---- Several tasks ---- */

/* "80%" at the node. */
static bool parse_share(struct reading *reading, const struct yaml_node *node, double *share)
{
	struct unit_error error;

	if (node->kind == NODE_SCALAR && strchr(node->text, '%') && units_parse_ratio(node->text, share, &error))
		return true;
	yaml_tree_error(reading->diagnostics, node, "%s for a share, expected e.g. 80%%",
			yaml_tree_describe(node, reading->region));
	return false;
}

static void parse_mix(struct reading *reading, const struct yaml_node *map, struct checked *checked)
{
	struct task_share *mix = region_alloc_array(reading->region, map->count, sizeof(*mix));
	double sum = 0;
	bool is_good = map->count > 0;

	for (uint32_t i = 0; i < map->count; i++) {
		double share = 0;

		mix[i].task = keys_resolve(reading, &checked->program->task_names, map->pairs[i].key, "task",
					   checked->keys.tasks);
		is_good &= mix[i].task != NAME_NONE;
		is_good &= parse_share(reading, map->pairs[i].value, &share);
		mix[i].cumulative = sum += share;
	}
	if (is_good && fabs(sum - 1) > 1e-6)
		yaml_tree_error(reading->diagnostics, map, "the shares of 'mix' sum up to %g%%, expected 100%%",
				100 * sum);
	if (!is_good)
		return;
	mix[map->count - 1].cumulative = 1;
	checked->load.mix = mix;
	checked->load.mix_count = map->count;
	checked->run_task = mix[0].task;
}

/* ---- Arrivals ---- */

static bool parse_point(struct reading *reading, const struct yaml_pair *pair, double scale, struct rate_point *point)
{
	struct unit_error error;
	double per_s = 0;
	sim_ns at_ns;

	if (!units_parse_duration(pair->key->text, &at_ns, &error)) {
		yaml_tree_error(reading->diagnostics, pair->key, "%s", error.text);
		return false;
	}
	if (pair->value->kind != NODE_SCALAR ||
	    (strcmp(pair->value->text, "0") != 0 && !units_parse_rate(pair->value->text, &per_s, &error))) {
		yaml_tree_error(reading->diagnostics, pair->value, "%s for a rate, expected e.g. 120/s, or 0",
				yaml_tree_describe(pair->value, reading->region));
		return false;
	}
	point->at_ns = sim_time_round((double)at_ns * scale);
	point->per_s = per_s / scale;
	return true;
}

static void parse_curve(struct reading *reading, const struct yaml_node *map, double scale, struct checked *checked)
{
	struct rate_point *rates = region_alloc_array(reading->region, map->count, sizeof(*rates));
	sim_ns every_ns = checked->arrivals.every_ns;
	double most_per_s = 0;

	for (uint32_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->pairs[i].key;

		if (!parse_point(reading, &map->pairs[i], scale, &rates[i]))
			return;
		most_per_s = fmax(most_per_s, rates[i].per_s);
		if (i == 0 ? rates[0].at_ns != 0 : rates[i].at_ns <= rates[i - 1].at_ns) {
			yaml_tree_error(reading->diagnostics, key,
					i == 0 ? "a curve that begins at %s, expected a rate at 0"
					       : "%s after a later time, expected times in order",
					yaml_tree_quote(key->text, reading->region));
			return;
		}
	}
	if (most_per_s <= 0) {
		yaml_tree_error(reading->diagnostics, map, "a curve along which nothing arrives");
		return;
	}
	if (every_ns > 0 && sim_time_round((double)every_ns * scale) <= rates[map->count - 1].at_ns) {
		yaml_tree_error(reading->diagnostics, map, "'every' is within the curve, expected a time after its last");
		return;
	}
	checked->load.rates = rates;
	checked->load.rate_count = map->count;
	checked->load.rates_every_ns = every_ns > 0 ? sim_time_round((double)every_ns * scale) : 0;
}

/* The time between two bursts, `mean_ns` on average. */
static struct distribution spacing_of(const struct arrivals_keys *keys, double mean_ns)
{
	double shape = 1 / (keys->cv * keys->cv);

	switch (keys->spacing) {
	case SPACING_EVEN:
		return (struct distribution){ .kind = DISTRIBUTION_CONSTANT, .a = mean_ns };
	case SPACING_GAMMA:
		return (struct distribution){ .kind = DISTRIBUTION_GAMMA, .a = shape, .b = mean_ns / shape };
	default:
		return (struct distribution){ .kind = DISTRIBUTION_EXPONENTIAL, .a = mean_ns };
	}
}

static void parse_log(struct reading *reading, const struct yaml_node *node, const char *folder, double scale,
		      struct checked *checked)
{
	struct log_keys keys;

	node = keys_expand(reading->region, node, &log_table);
	if (!keys_read(reading, node, &log_table, "log", &keys) || keys.file == NULL)
		return;
	checked->load.log = arrival_log_read(reading, node, &keys, folder, scale, checked, &checked->load.log_count);
}

static void parse_arrivals(struct reading *reading, const struct yaml_node *node, const char *folder, double scale,
			   struct checked *checked)
{
	struct arrivals_keys *keys = &checked->arrivals;
	double burst, mean_ns;

	if (!keys_read(reading, node, &arrivals_table, "arrivals", keys))
		return;
	if (yaml_tree_get(node, "rate") == NULL && keys->curve == NULL && keys->log == NULL)
		yaml_tree_error(reading->diagnostics, node,
				"missing key 'rate' in 'arrivals', expected it, or 'curve' or 'log'");
	if (keys->log == NULL && yaml_tree_get(node, "for") == NULL && yaml_tree_get(node, "count") == NULL)
		yaml_tree_error(reading->diagnostics, node, "arrivals without an end, expected 'for' or 'count'");
	if (keys->every_ns > 0 && keys->curve == NULL)
		yaml_tree_error(reading->diagnostics, yaml_tree_get(node, "every"),
				"'every' without 'curve', which it repeats");
	if (yaml_tree_get(node, "cv") != NULL && keys->spacing != SPACING_GAMMA)
		yaml_tree_error(reading->diagnostics, yaml_tree_get(node, "cv"), "'cv' without 'spacing: gamma'");
	if (!(keys->cv > 0))
		keys->cv = 1;
	burst = keys->burst > 0 ? (double)keys->burst : 1;
	mean_ns = keys->curve != NULL ? 1e9 : 1e9 / keys->rate_per_s * scale;
	checked->load.spacing = spacing_of(keys, mean_ns * burst);
	checked->load.burst = keys->burst > 0 ? keys->burst : 0;
	if (keys->curve != NULL)
		parse_curve(reading, keys->curve, scale, checked);
	if (keys->log != NULL)
		parse_log(reading, keys->log, folder, scale, checked);
}

/* ---- All of it ---- */

/* A duration, or `auto`. */
static void parse_warm_up(struct reading *reading, const struct yaml_node *node, double scale,
			  struct checked *checked)
{
	struct unit_error error;
	sim_ns warm_up_ns;

	if (strcmp(node->text, "auto") == 0)
		checked->load.warm_up_ns = WARM_UP_MSER;
	else if (units_parse_duration(node->text, &warm_up_ns, &error))
		checked->load.warm_up_ns = sim_time_round((double)warm_up_ns * scale);
	else
		yaml_tree_error(reading->diagnostics, node, "%s, or auto", error.text);
}

/* Whether the log says of which task each request is. */
static bool log_has_tasks(const struct yaml_node *arrivals)
{
	const struct yaml_node *log = arrivals == NULL ? NULL : yaml_tree_get(arrivals, "log");

	return log != NULL && (yaml_tree_get(log, "tasks") != NULL || yaml_tree_get(log, "class") != NULL);
}

void load_parse(struct reading *reading, const struct yaml_node *run, const char *folder, double scale,
		struct checked *checked)
{
	if (checked->run.mix != NULL && checked->program->task_count > 0)
		parse_mix(reading, checked->run.mix, checked);
	else if (checked->run.mix == NULL && yaml_tree_get(run, "task") == NULL &&
		 !log_has_tasks(checked->run.arrivals))
		yaml_tree_error(reading->diagnostics, run,
				"missing key 'task' in 'run', expected a name of letters, digits, '_' and '-', or 'mix'");
	if (checked->run.mix != NULL && checked->run.items != NULL)
		yaml_tree_error(reading->diagnostics, checked->run.mix, "'mix' beside 'items', expected one task");
	if (checked->run.arrivals != NULL)
		parse_arrivals(reading, checked->run.arrivals, folder, scale, checked);
	if (checked->run.warm_up != NULL) {
		if (checked->run.arrivals == NULL && checked->run.users < 0)
			yaml_tree_error(reading->diagnostics, yaml_tree_get(run, "warm_up"),
					"'warm_up' without 'arrivals' or 'users', expected one of them");
		parse_warm_up(reading, yaml_tree_get(run, "warm_up"), scale, checked);
	}
}
