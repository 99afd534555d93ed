/*
 * cmd_plot.c - `gilsim plot`: pictures of results and traces.
 */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/output_file.h"
#include "sim/cli/temporary_folder.h"
#include "sim/report/plot.h"
#include "sim/scenario/expectation_parse.h"

enum {
	OPTION_FROM = 0x500,
	OPTION_TO,
	OPTION_LANES,
	OPTION_MAX_LANES,
	OPTION_VARIANT,
	OPTION_X,
	OPTION_Y,
	OPTION_METRIC,
	OPTION_SLO,
	OPTION_DATA
};

struct plot_arguments {
	struct region *region;
	struct plot_options options;
	struct text_list inputs, variants;
	const char *path, *data_folder, *slo;
};

static enum lane_kind option_lanes(const struct argp_state *state, const char *text)
{
	static const char *const names[] = {
		[LANE_THREAD] = "thread", [LANE_PROCESS] = "process", [LANE_TASK] = "task", [LANE_CORE] = "core"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], text))
			return (enum lane_kind)i;
	argp_error(state, "--lanes is '%s', expected thread, process, task or core", text);
	return LANE_THREAD;
}

static void take_kind(const struct argp_state *state, struct plot_arguments *arguments, const char *text)
{
	const char **names = region_alloc_array(arguments->region, plot_kind_count, sizeof(names[0]));
	const char *near;

	if (plot_kind_find(text)) {
		arguments->options.kind = text;
		return;
	}
	for (size_t i = 0; i < plot_kind_count; i++)
		names[i] = plot_kinds[i].name;
	near = diagnostics_suggest(text, names, plot_kind_count);
	argp_error(state, "unknown kind of plot '%s'%s%s%s", text, near ? ", did you mean '" : "", near ? near : "",
		   near ? "'?" : "");
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct plot_arguments *arguments = state->input;
	struct plot_options *options = &arguments->options;

	switch (key) {
	case 'o':
		arguments->path = text;
		return 0;
	case OPTION_FROM:
		options->from_ns = option_duration(state, "--from", text);
		return 0;
	case OPTION_TO:
		options->to_ns = option_duration(state, "--to", text);
		return 0;
	case OPTION_LANES:
		options->lanes = option_lanes(state, text);
		return 0;
	case OPTION_MAX_LANES:
		options->max_lanes = (size_t)option_integer(state, "--max-lanes", text, 2, 200);
		return 0;
	case OPTION_VARIANT:
		text_list_add(&arguments->variants, arguments->region, text);
		return 0;
	case OPTION_X:
		options->x = text;
		return 0;
	case OPTION_Y:
		options->y = text;
		return 0;
	case OPTION_METRIC:
		options->metric = text;
		return 0;
	case OPTION_SLO:
		arguments->slo = text;
		return 0;
	case OPTION_DATA:
		arguments->data_folder = text;
		return 0;
	case ARGP_KEY_ARG:
		if (!options->kind)
			take_kind(state, arguments, text);
		else
			text_list_add(&arguments->inputs, arguments->region, text);
		return 0;
	case ARGP_KEY_END:
		if (!options->kind)
			argp_error(state, "no kind of plot is given");
		if (arguments->inputs.count == 0)
			argp_error(state, "no input is given ('-' is standard input)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Output:", 1 },
	{ "output", 'o', "FILE", 0, "Draw to FILE.svg, .png or .pdf instead of as text to the terminal", 1 },
	{ "data", OPTION_DATA, "FOLDER", 0, "Keep the picture's data and its script in FOLDER", 1 },
	{ 0, 0, 0, 0, "What is drawn:", 2 },
	{ "variant", OPTION_VARIANT, "NAME", 0, "Only this variant (repeatable)", 2 },
	{ "x", OPTION_X, "COLUMN", 0, "The axis, e.g. machine_cores (default: what was varied)", 2 },
	{ "y", OPTION_Y, "COLUMN", 0, "heatmap: the other axis", 2 },
	{ "metric", OPTION_METRIC, "METRIC", 0, "heatmap, validation: what is shown, e.g. p99, makespan", 2 },
	{ "slo", OPTION_SLO, "EXPECTATION", 0,
	  "latency, load, heatmap: an objective to be drawn, e.g. 'p99 < 200ms'", 2 },
	{ 0, 0, 0, 0, "Traces:", 3 },
	{ "from", OPTION_FROM, "TIME", 0, "Begin there, e.g. 20ms", 3 },
	{ "to", OPTION_TO, "TIME", 0, "End there", 3 },
	{ "lanes", OPTION_LANES, "KIND", 0, "timeline: a lane for each thread (default), process, task or core",
	  3 },
	{ "max-lanes", OPTION_MAX_LANES, "N", 0, "timeline: of each run; the others become one (default 12)", 3 },
	{ 0 },
};

/* The kinds, after the options. */
static char *help_filter(int key, const char *text, void *input)
{
	struct region region;
	char *help;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	region_init(&region);
	help = region_strdup(&region, "");
	for (size_t i = 0; i < plot_kind_count; i++)
		help = region_format(&region, "%s  %-12s %s\n", help, plot_kinds[i].name, plot_kinds[i].about);
	help = strdup(region_format(&region, "Kinds:\n%s\n%s", help, text));
	region_release(&region);
	return help;
}

static const struct argp plot_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "KIND INPUT...",
	.doc = "Draw results, rows of validate, or traces with gnuplot.\v"
	       "Inputs are files that --format json or csv has printed, or --trace FILE.csv has written; several "
	       "are "
	       "put together.\n\n"
	       "Example:\n  gilsim run --trace t.csv scenarios/seeds/a1-*.yaml\n  gilsim plot timeline t.csv -o "
	       "t.svg",
	.help_filter = help_filter,
};

/* ---- The format, and where it goes --------------------------------------------------------- */

static bool choose_format(struct plot_arguments *arguments)
{
	static const struct {
		const char *suffix;
		enum plot_format format;
	} suffixes[] = { { ".svg", PLOT_SVG }, { ".png", PLOT_PNG }, { ".pdf", PLOT_PDF }, { ".txt", PLOT_DUMB } };
	struct plot_options *options = &arguments->options;
	size_t length = arguments->path ? strlen(arguments->path) : 0;
	struct winsize window;

	options->columns = 100;
	options->rows = 32;
	if (!arguments->path && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
		options->columns = window.ws_col < 60 ? 60 : window.ws_col > 400 ? 400 : window.ws_col;
		options->rows = window.ws_row < 20 ? 20 : window.ws_row > 200 ? 200 : window.ws_row - 1;
	}
	options->format = PLOT_DUMB;
	if (!arguments->path)
		return true;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (length > 4 && !strcmp(arguments->path + length - 4, suffixes[i].suffix)) {
			options->format = suffixes[i].format;
			return true;
		}
	fprintf(stderr, "gilsim: '%s': a picture's name ends in .svg, .png, .pdf or .txt\n", arguments->path);
	return false;
}

static bool parse_slo(struct plot_arguments *arguments)
{
	struct expectation *slo = region_alloc(arguments->region, sizeof(*slo));
	struct unit_error error;
	int column;

	if (!arguments->slo)
		return true;
	if (!expectation_parse(arguments->slo, NULL, 0, arguments->region, slo, &column, &error)) {
		fprintf(stderr, "gilsim: --slo '%s': %s\n", arguments->slo, error.text);
		return false;
	}
	arguments->options.slo = slo;
	return true;
}

/* gnuplot writes into the folder of data; what is whole then goes where it was asked for. */
static int draw(struct plot_arguments *arguments, const char *folder)
{
	const char *drawn = arguments->path ? region_format(arguments->region, "%s/picture", folder) : NULL;
	struct data_error error = { 0 };
	struct output_file output;
	char buffer[65536];
	size_t count;
	FILE *picture;

	if (!plot_draw(&arguments->options, folder, drawn, arguments->region, &error)) {
		fprintf(stderr, "gilsim: %s\n", error.text);
		return error.status;
	}
	if (!drawn)
		return STATUS_DONE;
	picture = fopen(drawn, "re");
	if (!picture || !output_file_open(&output, arguments->path, arguments->region)) {
		if (picture)
			fclose(picture);
		return output_failed(arguments->path);
	}
	while ((count = fread(buffer, 1, sizeof(buffer), picture)) > 0)
		fwrite(buffer, 1, count, output.stream);
	fclose(picture);
	unlink(drawn);
	return output_file_close(&output) ? STATUS_DONE : output_failed(arguments->path);
}

int cmd_plot(int argc, char **argv)
{
	struct region region;
	struct plot_arguments arguments = { .region = &region, .options = { .max_lanes = 12 } };
	const char *folder;
	int status = STATUS_BAD_INPUT;

	region_init(&region);
	argp_parse(&plot_argp, argc, argv, 0, NULL, &arguments);
	arguments.options.inputs = arguments.inputs.items;
	arguments.options.input_count = arguments.inputs.count;
	arguments.options.variants = arguments.variants.items;
	arguments.options.variant_count = arguments.variants.count;
	if (!choose_format(&arguments) || !parse_slo(&arguments))
		goto release;
	arguments.options.wish_to_stop = interrupt_flag();
	interrupt_watch();
	folder = arguments.data_folder;
	if (folder ? !make_folders(folder, &region) : !(folder = temporary_folder_new(&region))) {
		status = output_failed(arguments.data_folder ? arguments.data_folder : "a temporary folder");
		goto release;
	}
	status = draw(&arguments, folder);
	if (!arguments.data_folder)
		temporary_folder_remove(folder);
	if (interrupt_seen())
		status = STATUS_INTERRUPTED;
release:
	region_release(&region);
	return status;
}
