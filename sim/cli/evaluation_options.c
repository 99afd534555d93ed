/*
 * evaluation_options.c - see evaluation_options.h.
 */
#include <string.h>

#include "sim/base/units.h"
#include "sim/cli/cli.h"
#include "sim/cli/evaluation_options.h"

enum { OPTION_REPLICATIONS = 0x300, OPTION_PRECISION };

/* With --precision alone. */
#define MOST_REPLICATIONS 1000

/* "2%" or "METRIC:2%" */
static void parse_precision(const struct argp_state *state, char *text, struct precision *precision)
{
	char *colon = strchr(text, ':');
	struct unit_error error;
	char unit;

	if (colon) {
		*colon = '\0';
		if (!results_metric_exists(text, &unit))
			argp_error(state, "--precision: unknown metric '%s', expected e.g. makespan, throughput or p99",
				   text);
		precision->metric = text;
		text = colon + 1;
	}
	if (!units_parse_ratio(text, &precision->ratio, &error) || precision->ratio <= 0)
		argp_error(state, "--precision is '%s', expected a share such as 2%%, or METRIC:2%%", text);
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct evaluation *evaluation = state->input;

	switch (key) {
	case OPTION_REPLICATIONS:
		evaluation->replications = (size_t)option_integer(state, "--replications", text, 1, 1000000);
		return 0;
	case OPTION_PRECISION:
		parse_precision(state, text, &evaluation->precision);
		return 0;
	case 'j':
		evaluation->jobs = (size_t)option_integer(state, "--jobs", text, 1, 4096);
		return 0;
	case ARGP_KEY_END:
		if (evaluation->replications == 0)
			evaluation->replications = evaluation->precision.ratio > 0 ? MOST_REPLICATIONS : 1;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Simulation:", 3 },
	{ "replications", OPTION_REPLICATIONS, "N", 0,
	  "Repeat with other random numbers; print means and 95% intervals", 3 },
	{ "precision", OPTION_PRECISION, "[METRIC:]SHARE", 0,
	  "Repeat until the 95% interval of every variant's makespan (or METRIC) is within this share of it, e.g. 2%, "
	  "up to --replications (1000)", 3 },
	{ "jobs", 'j', "N", 0, "Simulations at a time (default: one a core); the results are the same for any number",
	  3 },
	{ 0 },
};

const struct argp evaluation_argp = { .options = option_rows, .parser = parse_option };
