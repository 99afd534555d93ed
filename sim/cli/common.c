/*
 * common.c - what several subcommands share: options, loading, headings, statuses.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/units.h"
#include "sim/cli/cli.h"

void text_list_add(struct text_list *list, struct region *region, const char *text)
{
	list->items = region_grow(region, list->items, list->count, &list->capacity, sizeof(list->items[0]));
	list->items[list->count++] = text;
}

long option_integer(const struct argp_state *state, const char *option, const char *text, long least, long most)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *end || errno || value < least || value > most) {
		if (most == LONG_MAX)
			argp_error(state, "%s is '%s', expected a whole number of at least %ld", option, text,
				   least);
		else
			argp_error(state, "%s is '%s', expected a whole number from %ld to %ld", option, text,
				   least, most);
	}
	return value;
}

sim_ns option_duration(const struct argp_state *state, const char *option, const char *text)
{
	struct unit_error error;
	sim_ns value = 0;

	if (!units_parse_duration(text, &value, &error))
		argp_error(state, "%s: %s", option, error.text);
	return value;
}

/* --- child parsers ---------------------------------------------------------------------------- */

/* Long options without a letter. */
enum { OPTION_SET = 0x100, OPTION_VARIANT, OPTION_SEED, OPTION_PROFILE, OPTION_FORMAT };

static error_t parse_scenario_option(int key, char *text, struct argp_state *state)
{
	struct scenario_arguments *arguments = state->input;

	switch (key) {
	case OPTION_SET:
		text_list_add(&arguments->overrides, arguments->region, text);
		return 0;
	case OPTION_VARIANT:
		text_list_add(&arguments->variants, arguments->region, text);
		return 0;
	case OPTION_SEED: {
		char *end;

		errno = 0;
		arguments->seed = strtoull(text, &end, 10);
		if (*end || errno || text[0] < '0' || text[0] > '9')
			argp_error(state, "--seed is '%s', expected a whole number of at least 0", text);
		return 0;
	}
	case OPTION_PROFILE:
		arguments->profile = text;
		return 0;
	case ARGP_KEY_INIT:
		arguments->seed = 1;
		return 0;
	case ARGP_KEY_ARG:
		text_list_add(&arguments->files, arguments->region, text);
		return 0;
	case ARGP_KEY_END:
		if (arguments->files.count == 0 && !arguments->needs_no_file)
			argp_error(state, "no scenario file is given ('-' is standard input)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option scenario_option_rows[] = {
	{ 0, 0, 0, 0, "Scenario:", 1 },
	{ "set", OPTION_SET, "PATH=VALUE", 0, "Override a value, e.g. machine.cores=4 (repeatable)", 1 },
	{ "variant", OPTION_VARIANT, "NAME", 0, "Only this variant, and the baseline (repeatable)", 1 },
	{ "seed", OPTION_SEED, "N", 0, "Seed of all random draws (default 1)", 1 },
	{ "profile", OPTION_PROFILE, "NAME", 0, "Machine profile: a name or a path", 1 },
	{ 0 },
};

const struct argp scenario_argp = { .options = scenario_option_rows, .parser = parse_scenario_option };

static error_t parse_output_option(int key, char *text, struct argp_state *state)
{
	static const char *const names[] = {
		[FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"
	};
	struct output_arguments *arguments = state->input;

	switch (key) {
	case OPTION_FORMAT:
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!strcmp(text, names[i])) {
				arguments->format = (enum output_format)i;
				return 0;
			}
		argp_error(state, "--format is '%s', expected table, json or csv", text);
		return 0;
	case 'o':
		arguments->path = text;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option output_option_rows[] = {
	{ 0, 0, 0, 0, "Output:", 2 },
	{ "format", OPTION_FORMAT, "FORMAT", 0, "table (default), json or csv", 2 },
	{ "output", 'o', "FILE", 0, "Write results to FILE instead of standard output", 2 },
	{ 0 },
};

const struct argp output_argp = { .options = output_option_rows, .parser = parse_output_option };

/* --- loading ---------------------------------------------------------------------------------- */

struct scenario_options scenario_arguments_options(const struct scenario_arguments *arguments)
{
	return (struct scenario_options){
		.overrides = arguments->overrides.items,
		.override_count = arguments->overrides.count,
		.variants = arguments->variants.items,
		.variant_count = arguments->variants.count,
		.profile = arguments->profile,
		.seed = arguments->seed,
	};
}

struct scenario *load_scenario(const char *path, const struct scenario_options *options, struct region *region)
{
	struct diagnostics diagnostics;
	struct scenario *scenario;

	diagnostics_init(&diagnostics, region);
	scenario = scenario_read(path, options, region, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	return scenario;
}

/* --- output ----------------------------------------------------------------------------------- */

bool wants_color(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	const char *terminal = getenv("TERM");

	return isatty(fileno(stream)) && !(no_color && *no_color) && terminal && strcmp(terminal, "dumb") != 0;
}

int output_failed(const char *path)
{
	fprintf(stderr, "gilsim: cannot write %s: %s\n", path ? path : "standard output", strerror(errno));
	return STATUS_ENVIRONMENT;
}

int worse_status(int a, int b)
{
	static const int order[] = { STATUS_DONE, STATUS_FAILED_EXPECTATION, STATUS_BAD_INPUT, STATUS_ENVIRONMENT,
				     STATUS_INTERRUPTED };
	size_t rank_a = 0, rank_b = 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (order[i] == a)
			rank_a = i;
		if (order[i] == b)
			rank_b = i;
	}
	return rank_a > rank_b ? a : b;
}
