/*
 * cmd_merge.c - `gilsim merge`: the shards of a sweep together.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/sweep_output.h"
#include "sim/results/version.h"

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
	.doc = "Put the databases of a sweep's shards together, and print all points as the whole sweep would have.\v"
	       "Exit status: 0 done, 2 bad input: databases of different sweeps or releases, or points missing, "
	       "3 database or output failed.\n\n"
	       "Example:\n  gilsim merge --format csv shard-*.db > all.csv",
	.children = children,
};

static int merge_failed(const struct sweep_store_error *error)
{
	fprintf(stderr, "gilsim: %s\n", error->text);
	return error->status == 2 ? STATUS_BAD_INPUT : STATUS_ENVIRONMENT;
}

/* Opens it as it is, for what it is of; false after a message. */
static int read_identity(const char *path, struct sweep_identity *identity, struct region *region)
{
	struct sweep_store_error error;
	struct sweep_store *store = sweep_store_open(path, STORE_READ, identity, region, &error);

	if (!store)
		return merge_failed(&error);
	sweep_store_close(store);
	if (strcmp(identity->release, GILSIM_VERSION) != 0) {
		fprintf(stderr, "gilsim: %s is of gilsim %s, this is %s\n", path, identity->release, GILSIM_VERSION);
		return STATUS_BAD_INPUT;
	}
	return STATUS_DONE;
}

static int check_files(const struct merge_arguments *arguments, struct sweep_identity *first)
{
	int status = read_identity(arguments->files.items[0], first, arguments->region);

	for (size_t i = 1; status == STATUS_DONE && i < arguments->files.count; i++) {
		struct sweep_identity other;

		status = read_identity(arguments->files.items[i], &other, arguments->region);
		if (status == STATUS_DONE && strcmp(other.fingerprint, first->fingerprint) != 0) {
			fprintf(stderr,
				"gilsim: %s and %s are of different sweeps: their scenario, profile, axes or options differ\n",
				arguments->files.items[0], arguments->files.items[i]);
			status = STATUS_BAD_INPUT;
		}
	}
	return status;
}

static int merge(const struct merge_arguments *arguments)
{
	struct sweep_identity identity;
	struct sweep_store_error error;
	struct sweep_store *store;
	int status = check_files(arguments, &identity);
	uint64_t count;

	if (status != STATUS_DONE)
		return status;
	store = sweep_store_open(arguments->database, STORE_CREATE, &identity, arguments->region, &error);
	if (!store)
		return merge_failed(&error);
	for (size_t i = 0; status == STATUS_DONE && i < arguments->files.count; i++)
		if (!sweep_store_merge(store, arguments->files.items[i], &error))
			status = merge_failed(&error);
	count = sweep_store_count(store);
	if (status == STATUS_DONE && count < identity.point_count && !arguments->partial) {
		fprintf(stderr,
			"gilsim: %" PRIu64 " of %" PRIu64 " points are missing; --partial prints what there is\n",
			identity.point_count - count, identity.point_count);
		status = STATUS_BAD_INPUT;
	}
	if (status == STATUS_DONE)
		status = sweep_print(store, identity.csv_header, &arguments->output, arguments->region);
	sweep_store_close(store);
	return status;
}

int cmd_merge(int argc, char **argv)
{
	struct region region;
	struct merge_arguments arguments = { .region = &region };
	int status;

	region_init(&region);
	argp_parse(&merge_argp, argc, argv, 0, NULL, &arguments);
	status = merge(&arguments);
	region_release(&region);
	return status;
}
