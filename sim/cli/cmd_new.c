/*
 * cmd_new.c - `gilsim new`: a scenario to begin with, from the shipped templates or at random.
 *
 * A template is a scenario in templates/ of the data folder: a new file there is a new template.
 */
#include <errno.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/output_file.h"
#include "sim/cli/random_native.h"
#include "sim/profile/profile.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"
#include "sim/scenario/scenario_random.h"

enum { OPTION_RANDOM = 0x200, OPTION_SEED, OPTION_NATIVE };

struct new_arguments {
	const char *template; /* NULL: none is named */
	const char *path;     /* NULL: standard output */
	bool is_random, is_native;
	uint64_t seed;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct new_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (arguments->template)
			argp_error(state, "one template at a time");
		arguments->template = text;
		return 0;
	case ARGP_KEY_END:
		if (arguments->template && arguments->is_random)
			argp_error(state, "a template or --random, not both");
		if (arguments->is_native && !arguments->is_random)
			argp_error(state, "--native goes with --random");
		return 0;
	case 'o':
		arguments->path = text;
		return 0;
	case OPTION_RANDOM:
		arguments->is_random = true;
		return 0;
	case OPTION_NATIVE:
		arguments->is_native = true;
		return 0;
	case OPTION_SEED:
		arguments->seed = (uint64_t)option_integer(state, "--seed", text, 0, LONG_MAX);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ "output", 'o', "FILE", 0, "Write to FILE, which must not exist yet, instead of standard output", 0 },
	{ "random", OPTION_RANDOM, 0, 0, "A random scenario that is valid and ends: to test gilsim with", 0 },
	{ "native", OPTION_NATIVE, 0, 0,
	  "With --random: one that `validate` can run, whose round takes less than a second", 0 },
	{ "seed", OPTION_SEED, "N", 0, "With --random: which one (default 1)", 0 },
	{ 0 },
};

static const struct argp new_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "[TEMPLATE]",
	.doc = "Print a commented scenario to begin with; without a name, say which templates there are.\v"
	       "Example:\n  gilsim new server -o mine.yaml && gilsim run mine.yaml",
};

static const char *template_folder(struct region *region)
{
	return region_format(region, "%s/templates", profile_data_directory(region));
}

/* The shipped template whose name this one may be meant to be; NULL: none is near. */
static const char *nearest_template(const char *name, struct region *region)
{
	const char **names;
	const char *near;
	glob_t files;

	if (glob(region_format(region, "%s/*.yaml", template_folder(region)), 0, NULL, &files) != 0)
		return NULL;
	names = region_alloc_array(region, files.gl_pathc, sizeof(names[0]));
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *file = strrchr(files.gl_pathv[i], '/') + 1;

		names[i] = region_strndup(region, file, strlen(file) - strlen(".yaml"));
	}
	near = diagnostics_suggest(name, names, files.gl_pathc);
	globfree(&files);
	return near;
}

static int no_template(const char *name, int failure, struct region *region)
{
	const char *near = nearest_template(name, region);

	if (near)
		fprintf(stderr, "gilsim: no template '%s', did you mean '%s'?\n", name, near);
	else
		fprintf(stderr, "gilsim: no template '%s' (%s); 'gilsim new' says which there are\n", name, strerror(failure));
	return STATUS_BAD_INPUT;
}

/* Copies the template; 0, or the errno of what failed. */
static int print_template(const char *name, FILE *stream, struct region *region)
{
	FILE *source = fopen(region_format(region, "%s/%s.yaml", template_folder(region), name), "re");
	char buffer[4096];
	size_t length;

	if (!source)
		return errno;
	while ((length = fread(buffer, 1, sizeof(buffer), source)) > 0)
		fwrite(buffer, 1, length, stream);
	fclose(source);
	return 0;
}

void list_templates(struct region *region)
{
	const struct scenario_options options = { .seed = 1 };
	struct text_table table;
	glob_t files;

	text_table_init(&table, region, "ll");
	text_table_cell(&table, "template");
	text_table_cell(&table, "about");
	if (glob(region_format(region, "%s/*.yaml", template_folder(region)), 0, NULL, &files) != 0)
		files.gl_pathc = 0;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *name = strrchr(files.gl_pathv[i], '/') + 1;
		struct diagnostics unheard;
		const struct scenario *scenario;

		diagnostics_init(&unheard, region);
		scenario = scenario_load(files.gl_pathv[i], &options, region, &unheard);
		text_table_cell(&table, "%.*s", (int)(strlen(name) - strlen(".yaml")), name);
		text_table_cell(&table, "%s", scenario && scenario->about ? scenario->about : "");
	}
	text_table_print(&table, false, stdout);
	globfree(&files);
}

static int write_new(const struct new_arguments *arguments, struct region *region)
{
	struct output_file output;
	int failure = 0;

	if (arguments->path && access(arguments->path, F_OK) == 0) {
		fprintf(stderr, "gilsim: %s is there already; name another file, or remove it\n", arguments->path);
		return STATUS_BAD_INPUT;
	}
	if (!output_file_open(&output, arguments->path, region))
		return output_failed(arguments->path);
	if (arguments->is_native) {
		if (!random_native_print(arguments->seed, output.stream)) {
			output_file_discard(&output);
			return STATUS_BAD_INPUT;
		}
	} else if (arguments->is_random) {
		scenario_random_print(arguments->seed, output.stream);
	} else {
		failure = print_template(arguments->template, output.stream, region);
	}
	if (failure) {
		output_file_discard(&output);
		return no_template(arguments->template, failure, region);
	}
	return output_file_close(&output) ? STATUS_DONE : output_failed(arguments->path);
}

int cmd_new(int argc, char **argv)
{
	struct new_arguments arguments = { .seed = 1 };
	struct region region;
	int status;

	argp_parse(&new_argp, argc, argv, 0, NULL, &arguments);
	region_init(&region);
	if (arguments.template || arguments.is_random) {
		status = write_new(&arguments, &region);
	} else {
		list_templates(&region);
		status = stream_finish(stdout) ? STATUS_DONE : output_failed(NULL);
	}
	region_release(&region);
	return status;
}
