/*
 * cmd_merge.c - `gilsim merge`: the shards of a sweep together.
 */
#include "sim/cli/cli.h"
#include "sim/cli/library_search.h"

enum { OPTION_DB = 0x200, OPTION_PARTIAL };

struct merge_arguments {
	struct region *region;
	struct output_arguments output;
	struct text_list files;
	const char *database; /* NULL: none is kept */
	bool partial;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct merge_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->output;
		return 0;
	case OPTION_DB:
		arguments->database = text;
		return 0;
	case OPTION_PARTIAL:
		arguments->partial = true;
		return 0;
	case ARGP_KEY_ARG:
		text_list_add(&arguments->files, arguments->region, text);
		return 0;
	case ARGP_KEY_END:
		if (arguments->files.count == 0)
			argp_error(state, "no database is given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Merge:", 1 },
	{ "db", OPTION_DB, "FILE", 0, "Keep all points in this new database", 1 },
	{ "partial", OPTION_PARTIAL, 0, 0, "Print what there is even when points are missing", 1 },
	{ 0 },
};

static const struct argp_child children[] = { { &output_argp, 0, NULL, 0 }, { 0 } };

static const struct argp merge_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "DATABASE...",
	.doc = "Put the databases of a sweep's shards together, and print all points as the whole sweep would "
	       "have.\v"
	       "Exit status: 0 done, 2 bad input: databases of different sweeps or releases, or points missing, "
	       "3 database or output failed.\n\n"
	       "Example:\n  gilsim merge --format csv shard-*.db > all.csv",
	.children = children,
};

int cmd_merge(int argc, char **argv)
{
	struct region region;
	struct merge_arguments arguments = { .region = &region };
	struct gilsim_answer *answer;
	char *messages;
	int status;

	region_init(&region);
	argp_parse(&merge_argp, argc, argv, 0, NULL, &arguments);
	answer = gilsim_merge(arguments.files.items, arguments.files.count, arguments.database, arguments.partial,
			      &messages);
	status = library_answer_print(answer, messages, &arguments.output);
	region_release(&region);
	return status;
}
