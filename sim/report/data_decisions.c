/*
 * data_decisions.c - what `plan` and `advise` have printed as JSON, as tables. Their lists become rows of one table;
 * the column "row" says of which list each is.
 *
 *	plan                 answer, runner_up, undecided, nearest: a point each, if there is one; asked: all points
 *	plan --find rate     rate: a row each; rate_asked: all rates, with "what" they were asked of
 *	advise               ranking, flip, not_simulated, unknown
 */
#include <math.h>
#include <string.h>

#include "sim/report/data_fill.h"

static void add_row(struct data_table *table, const json_t *root, const char *list)
{
	data_add_row(table);
	data_set_heading(table, root);
	data_set(table, "source", "simulated");
	data_set(table, "row", list);
}

/* Each of these keys becomes a column of that name. */
static void set_keys(struct data_table *table, const json_t *object, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data_set_json(table, keys[i], json_object_get(object, keys[i]));
}

#define SET_KEYS(table, object, keys) set_keys(table, object, keys, sizeof(keys) / sizeof((keys)[0]))

/* A line each. */
static void set_flags(struct data_table *table, const json_t *flags)
{
	const char *text = "";
	const json_t *line;
	size_t i;

	json_array_foreach(flags, i, line)
	{
		text = region_format(table->region, "%s%s%s", text, *text ? "\n" : "",
				     json_is_string(line) ? json_string_value(line) : "");
	}
	data_set(table, "flags", text);
}

/* ---- Plans ---- */

/* Half of the interval of the mean, as a share of the objective's value, as margins are. */
static double half_of(const json_t *objective)
{
	const json_t *low = json_object_get(objective, "low"), *high = json_object_get(objective, "high");
	double limit = json_number_value(json_object_get(objective, "limit"));

	if (!json_is_number(low) || !json_is_number(high) || limit == 0)
		return 0;
	return (json_number_value(high) - json_number_value(low)) / 2 / fabs(limit);
}

static void set_objectives(struct data_table *table, const json_t *point)
{
	static const char *const keys[] = { "slo", "decision", "mean", "low", "high", "margin" };
	const char *binding = json_string_value(json_object_get(point, "binding"));
	const json_t *objective;
	char column[64], half[40];
	size_t i;

	json_array_foreach(json_object_get(point, "objectives"), i, objective)
	{
		const char *slo = json_string_value(json_object_get(objective, "slo"));

		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			snprintf(column, sizeof(column), "objective_%zu_%s", i + 1, keys[k]);
			data_set_json(table, column, json_object_get(objective, keys[k]));
		}
		if (!binding || !slo || strcmp(slo, binding) != 0)
			continue;
		data_set_json(table, "margin", json_object_get(objective, "margin"));
		snprintf(half, sizeof(half), "%.9g", half_of(objective));
		data_set(table, "margin_half", half);
	}
}

static void add_point(struct data_table *table, const json_t *root, const json_t *point, const char *list)
{
	static const char *const of_root[] = { "confidence", "minimised", "grid", "not_monotone_along" };
	static const char *const of_point[] = { "variant", "decision", "why_not", "cost", "machine",
						"replications", "binding", "use" };

	add_row(table, root, list);
	SET_KEYS(table, root, of_root);
	SET_KEYS(table, point, of_point);
	data_set_paths(table, json_object_get(point, "set"));
	set_flags(table, json_object_get(point, "flags"));
	set_objectives(table, point);
}

static void add_plan(struct data_table *table, const json_t *root)
{
	static const char *const named[] = { "answer", "runner_up", "undecided", "nearest" };
	const json_t *point;
	size_t i;

	for (size_t k = 0; k < sizeof(named) / sizeof(named[0]); k++)
		if (json_is_object(json_object_get(root, named[k])))
			add_point(table, root, json_object_get(root, named[k]), named[k]);
	json_array_foreach(json_object_get(root, "asked"), i, point) add_point(table, root, point, "asked");
}

static void add_rates(struct data_table *table, const json_t *root)
{
	static const char *const of_rate[] = { "what", "highest_per_s", "lowest_not_holding_per_s", "lowest_decision",
					       "knee_per_s" };
	static const char *const of_asked[] = { "rate_per_s",	  "decision", "replications", "throughput_per_s",
						"sojourn_mean_s", "binding",  "margin" };
	const json_t *rate, *asked;
	size_t i, k;

	json_array_foreach(json_object_get(root, "rates"), i, rate)
	{
		add_row(table, root, "rate");
		data_set_json(table, "confidence", json_object_get(root, "confidence"));
		SET_KEYS(table, rate, of_rate);
		json_array_foreach(json_object_get(rate, "asked"), k, asked)
		{
			add_row(table, root, "rate_asked");
			data_set_json(table, "what", json_object_get(rate, "what"));
			SET_KEYS(table, asked, of_asked);
		}
	}
}

/* ---- Advice ---- */

static void add_candidate(struct data_table *table, const json_t *root, const json_t *candidate)
{
	static const char *const keys[] = { "group", "needs",  "model",	    "workers",		 "size",      "value",
					    "behind", "completed", "peak_memory_bytes", "mechanism", "why" };
	const char *winner = json_string_value(json_object_get(root, "winner"));
	const char *name = json_string_value(json_object_get(candidate, "name"));
	const json_t *interval = json_object_get(candidate, "behind_ci95");
	const json_t *utilisation = json_object_get(candidate, "utilisation");

	add_row(table, root, "ranking");
	data_set_json(table, "metric", json_object_get(root, "metric"));
	data_set(table, "variant", name);
	data_set(table, "is_winner", winner && name && !strcmp(winner, name) ? "1" : "0");
	SET_KEYS(table, candidate, keys);
	data_set_json(table, "use", json_object_get(candidate, "variant"));
	set_flags(table, json_object_get(candidate, "flags"));
	data_set_json(table, "behind_low", json_array_get(interval, 0));
	data_set_json(table, "behind_high", json_array_get(interval, 1));
	data_set_json(table, "utilisation_cores", json_object_get(utilisation, "cores"));
	data_set_times(table, json_object_get(candidate, "time_in_s"));
}

static void add_advice(struct data_table *table, const json_t *root)
{
	static const char *const of_flip[] = { "what", "from", "to", "winner", "searched" };
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(root, "ranking"), i, item) add_candidate(table, root, item);
	json_array_foreach(json_object_get(root, "flips"), i, item)
	{
		add_row(table, root, "flip");
		SET_KEYS(table, item, of_flip);
	}
	json_array_foreach(json_object_get(root, "not_simulated"), i, item)
	{
		add_row(table, root, "not_simulated");
		data_set_json(table, "variant", json_object_get(item, "name"));
		data_set_json(table, "why", json_object_get(item, "why"));
	}
	json_array_foreach(json_object_get(root, "unknown"), i, item)
	{
		add_row(table, root, "unknown");
		data_set_json(table, "why", item);
	}
}

bool data_add_decisions(struct data_table *table, const json_t *root)
{
	if (json_is_array(json_object_get(root, "ranking")) && json_is_array(json_object_get(root, "flips"))) {
		table->kind = DATA_ADVICE;
		add_advice(table, root);
	} else if (json_is_array(json_object_get(root, "asked")) && json_object_get(root, "minimised")) {
		table->kind = DATA_PLAN;
		add_plan(table, root);
	} else if (json_is_array(json_object_get(root, "rates"))) {
		table->kind = DATA_PLAN;
		add_rates(table, root);
	} else {
		return false;
	}
	return true;
}
