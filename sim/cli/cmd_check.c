/*
 * cmd_check.c - `gilsim check`: diagnostics only.
 */
#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/library_load.h"

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
	int status = STATUS_DONE;

	region_init(&region);
	argp_parse(&check_argp, argc, argv, 0, NULL, &arguments);
	interrupt_after(arguments.limits.time_s);
	for (size_t i = 0; i < arguments.scenario.files.count; i++) {
		int its_status = STATUS_DONE;

		gilsim_free(library_load(arguments.scenario.files.items[i], &arguments.scenario, NULL, &arguments.limits,
					 &its_status));
		status = worse_status(status, its_status);
	}
	region_release(&region);
	return status;
}
