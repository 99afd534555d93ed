/*
 * cmd_report.c - `gilsim report`: a page that can be handed on.
 */
#include <errno.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/output_file.h"
#include "sim/cli/temporary_folder.h"
#include "sim/report/report.h"

struct report_arguments {
	struct region *region;
	struct text_list inputs;
	const char *path;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct report_arguments *arguments = state->input;

	switch (key) {
	case 'o':
		arguments->path = text;
		return 0;
	case ARGP_KEY_ARG:
		text_list_add(&arguments->inputs, arguments->region, text);
		return 0;
	case ARGP_KEY_END:
		if (arguments->inputs.count == 0)
			argp_error(state, "no input is given");
		if (!arguments->path)
			argp_error(state, "no output is given: -o FILE.html ('-' is standard output)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = { { "output", 'o', "FILE", 0, "The page", 1 }, { 0 } };

static const struct argp report_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "INPUT...",
	.doc = "Put results, plans, advice, rows of validate and traces on one page of HTML that needs nothing else.\v"
	       "Inputs are files that --format json (results and rows of validate also csv) has printed, or --trace "
	       "FILE.csv has written.\n\n"
	       "Example:\n  gilsim run --format json -o r.json --trace t.csv scenarios/seeds/a1-*.yaml\n"
	       "  gilsim report r.json t.csv -o a1.html",
};

static int write_page(const struct report_arguments *arguments, const char *folder)
{
	struct report_options options = { .inputs = arguments->inputs.items,
					  .input_count = arguments->inputs.count,
					  .folder = folder,
					  .wish_to_stop = interrupt_flag() };
	struct data_error error = { 0 };
	struct output_file output;

	if (!output_file_open(&output, arguments->path, arguments->region))
		return output_failed(arguments->path);
	if (!report_write(&options, output.stream, arguments->region, &error)) {
		output_file_discard(&output);
		fprintf(stderr, "gilsim: %s\n", error.text);
		return error.status;
	}
	return output_file_close(&output) ? STATUS_DONE : output_failed(arguments->path);
}

int cmd_report(int argc, char **argv)
{
	struct region region;
	struct report_arguments arguments = { .region = &region };
	const char *folder;
	int status;

	region_init(&region);
	argp_parse(&report_argp, argc, argv, 0, NULL, &arguments);
	interrupt_watch();
	folder = temporary_folder_new(&region);
	if (folder) {
		status = write_page(&arguments, folder);
		temporary_folder_remove(folder);
	} else {
		status = output_failed("a temporary folder");
	}
	if (interrupt_seen())
		status = STATUS_INTERRUPTED;
	region_release(&region);
	return status;
}
