/*
 * cmd_check.c - `gilsim check`: diagnostics only.
 */
#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"

struct check_arguments {
	struct scenario_arguments scenario;
	struct limit_arguments limits;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct check_arguments *arguments = state->input;

	(void)text;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &arguments->scenario;
	state->child_inputs[1] = &arguments->limits;
	return 0;
}

static const struct argp_child children[] = { { &scenario_argp, 0, NULL, 0 }, { &limit_argp, 0, NULL, 0 }, { 0 } };

static const struct argp check_argp = {
	.parser = parse_option,
	.args_doc = "FILE...",
	.doc = "Read scenario files, check everything in them, and run nothing.\v"
	       "Prints nothing when all is well. Example:\n  gilsim check my-program.yaml",
	.children = children,
};

int cmd_check(int argc, char **argv)
{
	struct region region;
	struct check_arguments arguments = { .scenario.region = &region };
	struct scenario_options options;
	int status = STATUS_DONE;

	region_init(&region);
	argp_parse(&check_argp, argc, argv, 0, NULL, &arguments);
	options = scenario_arguments_options(&arguments.scenario);
	interrupt_after(arguments.limits.time_s);
	for (size_t i = 0; i < arguments.scenario.files.count; i++) {
		struct region file_region;

		region_init(&file_region);
		file_region.limit_bytes = arguments.limits.simulation.memory_bytes;
		if (!load_scenario(arguments.scenario.files.items[i], &options, &file_region))
			status = STATUS_BAD_INPUT;
		region_release(&file_region);
	}
	region_release(&region);
	return status;
}
