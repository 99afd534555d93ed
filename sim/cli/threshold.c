/*
 * threshold.c - see threshold.h.
 */
#include "sim/cli/threshold.h"

#include "sim/scenario/expectation_parse.h"

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

bool thresholds_read(struct thresholds *thresholds, const struct threshold_arguments *arguments,
		     const struct scenario *scenario, struct region *region)
{
	const char **names = region_alloc_array(region, scenario->workload_count, sizeof(names[0]));
	bool read = true;

	for (size_t i = 0; i < scenario->workload_count; i++)
		names[i] = scenario->workloads[i].variant;
	thresholds->count = arguments->texts.count;
	thresholds->items = region_alloc_array(region, thresholds->count, sizeof(thresholds->items[0]));
	for (size_t i = 0; i < thresholds->count; i++) {
		struct unit_error error;
		int column;

		if (expectation_parse(arguments->texts.items[i], names, scenario->workload_count, region,
				      &thresholds->items[i], &column, &error))
			continue;
		fprintf(stderr, "gilsim: --slo '%s': %s\n", arguments->texts.items[i], error.text);
		read = false;
	}
	return read;
}

int thresholds_print(const struct thresholds *thresholds, const struct results *results, FILE *stream)
{
	int status = STATUS_DONE;

	if (thresholds->count > 0)
		fputs("\nthresholds:\n", stream);
	for (size_t i = 0; i < thresholds->count; i++) {
		struct expectation_outcome outcome = expectation_test(&thresholds->items[i], results);

		expectation_print(&thresholds->items[i], &outcome, stream);
		if (outcome.verdict != VERDICT_HOLDS)
			status = STATUS_FAILED_EXPECTATION;
	}
	return status;
}
