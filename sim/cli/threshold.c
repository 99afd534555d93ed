/*
 * threshold.c - see threshold.h.
 */
#include "sim/cli/threshold.h"

enum { OPTION_SLO = 0x500 };

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct threshold_arguments *arguments = state->input;

	if (key != OPTION_SLO)
		return ARGP_ERR_UNKNOWN;
	text_list_add(&arguments->texts, arguments->region, text);
	return 0;
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Gates:", 5 },
	{ "slo", OPTION_SLO, "THRESHOLD", 0,
	  "Exit with 1 unless this holds, e.g. 'p99 < 200ms', 'threads.speedup > 3' (repeatable)", 5 },
	{ 0 },
};

const struct argp threshold_argp = { .options = option_rows, .parser = parse_option };
