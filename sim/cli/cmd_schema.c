/*
 * cmd_schema.c - `gilsim schema`: the scenario language, as editors understand it.
 */
#include "sim/cli/cli.h"
#include "sim/cli/output_file.h"

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	const char **path = state->input;

	if (key != 'o')
		return ARGP_ERR_UNKNOWN;
	*path = text;
	return 0;
}

static const struct argp_option option_rows[] = {
	{ "output", 'o', "FILE", 0, "Write to FILE instead of standard output", 0 },
	{ 0 },
};

static const struct argp schema_argp = {
	.options = option_rows,
	.parser = parse_option,
	.doc = "Print the scenario language as a JSON Schema.\v"
	       "Example, for an editor's YAML language server:\n  gilsim schema -o gilsim.schema.json",
};

int cmd_schema(int argc, char **argv)
{
	const char *path = NULL;
	struct output_file output;
	struct region region;
	bool written;

	argp_parse(&schema_argp, argc, argv, 0, NULL, &path);
	region_init(&region);
	written = output_file_open(&output, path, &region);
	if (written) {
		written = scenario_print_schema(output.stream);
		if (written)
			written = output_file_close(&output);
		else
			output_file_discard(&output);
	}
	region_release(&region);
	return written ? STATUS_DONE : output_failed(path);
}
