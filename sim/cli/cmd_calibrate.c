/*
 * cmd_calibrate.c - `gilsim calibrate`: measure this machine and its interpreters into a profile.
 */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/cli/cli.h"
#include "sim/cli/host_profile.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/native_rounds.h"
#include "sim/profile/cost_text.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"

/* A parameter with a larger spread is not sure; and with that of many this large, the machine was busy: on a virtual one of
 * two cores 12 of 183 have it in a quiet hour, and 32 beside other programs. */
#define UNSURE_SPREAD_RATIO 0.10
#define BUSY_SPREAD_RATIO 0.30
#define BUSY_SHARE 0.12

enum { OPTION_PYTHON = 0x500, OPTION_COMPARE };

struct calibrate_arguments {
	struct native_arguments native; /* only its pythons */
	const char *output;		/* NULL: the user's cache */
	bool verbose;
	struct text_list compare;	/* none, one to set the new values beside, or two and nothing is measured */
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct calibrate_arguments *arguments = state->input;

	switch (key) {
	case OPTION_PYTHON:
		text_list_add(&arguments->native.pythons, arguments->native.region, text);
		return 0;
	case OPTION_COMPARE:
		if (arguments->compare.count == 2)
			argp_error(state, "two profiles can be compared, not more");
		text_list_add(&arguments->compare, arguments->native.region, text);
		return 0;
	case 'o':
		arguments->output = text;
		return 0;
	case 'v':
		arguments->verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'; interpreters are given with --python", text);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ "python", OPTION_PYTHON, "EXE", 0, "Interpreter to measure (repeatable; default python3)", 0 },
	{ "output", 'o', "PROFILE", 0, "Write one profile with all interpreters to this file", 0 },
	{ "compare", OPTION_COMPARE, "PROFILE", 0, "Print the new values beside those of this profile; "
	  "given twice, compare the two and measure nothing", 0 },
	{ "verbose", 'v', NULL, 0, "Say in the end what each measurement took", 0 },
	{ 0 },
};

static const struct argp calibrate_argp = {
	.options = option_rows,
	.parser = parse_option,
	.doc = "Measure what this machine and its interpreters take for everything that the models charge.\v"
	       "Without -o the result is kept in the user's cache, a file for each interpreter, where `native` and "
	       "`validate` look for it. The machine should be idle meanwhile.\n\n"
	       "Examples:\n  gilsim calibrate --python python3.13 -o my-laptop.yaml\n"
	       "  gilsim calibrate --compare my-laptop.yaml --compare scenarios/machines/default.yaml\n\n"
	       "Exit status: 0 measured, 2 bad input, 3 no such interpreter or the output failed, 130 stopped by a signal.",
};

static void add_values(struct text_table *table, const struct profile_value values[COST_COUNT],
		       enum cost_scope scope, const char *what)
{
	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		const struct profile_value *value = &values[cost];
		char text[40];

		if (cost_infos[cost].scope != scope || value->provenance == PROVENANCE_MISSING)
			continue;
		text_table_cell(table, "%s", what);
		text_table_cell(table, "%s", cost_infos[cost].name);
		cost_format_short(cost_infos[cost].unit, value->value, text);
		text_table_cell(table, "%s", text);
		if (isfinite(value->spread))
			text_table_cell(table, "%.1f%%", 100 * value->spread);
		else
			text_table_cell(table, "%s", "");
		if (value->samples > 0)
			text_table_cell(table, "%d", value->samples);
		else
			text_table_cell(table, "%s", "");
		text_table_cell(table, "%s", cost_infos[cost].meaning);
	}
}

/* Of parameters that were measured: all, and those that are hardly known. */
struct certainty {
	int measured, hardly_known;
};

static void warn_of_unsure(const struct profile_value values[COST_COUNT], const char *what, struct certainty *certainty)
{
	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		if (values[cost].provenance != PROVENANCE_MEASURED)
			continue;
		certainty->measured++;
		if (!(values[cost].spread > UNSURE_SPREAD_RATIO))
			continue;
		certainty->hardly_known += values[cost].spread > BUSY_SPREAD_RATIO;
		fprintf(stderr, "gilsim: %s: '%s' is unsure: known within +- %.0f%%\n", what, cost_infos[cost].name,
			100 * values[cost].spread);
	}
}

static const char *python_label(const struct profile_python *python, struct region *region)
{
	return region_format(region, "Python %s%s", python->version, python->gil ? "" : "t");
}

static void warn_of_all_unsure(const struct profile *profile, struct region *region)
{
	struct certainty certainty = { 0, 0 };

	warn_of_unsure(profile->values, "machine", &certainty);
	for (size_t i = 0; i < profile->python_count; i++)
		warn_of_unsure(profile->pythons[i].values, python_label(&profile->pythons[i], region), &certainty);
	if (certainty.hardly_known > BUSY_SHARE * certainty.measured)
		fprintf(stderr,
			"gilsim: %d of %d measured parameters are known within +- %.0f%% at best: the machine was busy, or its pace "
			"changed, and predictions will be off. Calibrate again while it is idle.\n",
			certainty.hardly_known, certainty.measured, 100 * BUSY_SPREAD_RATIO);
}

static bool print_profile(const struct profile *profile, struct region *region)
{
	static const char *const heads[] = { "of", "parameter", "value", "spread", "samples", "meaning" };
	struct text_table table;

	text_table_init(&table, region, "llrrrl");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&table, "%s", heads[i]);
	add_values(&table, profile->values, SCOPE_MACHINE, "machine");
	for (size_t i = 0; i < profile->python_count; i++)
		add_values(&table, profile->pythons[i].values, SCOPE_PYTHON,
			   python_label(&profile->pythons[i], region));
	text_table_print(&table, false, stdout);
	return stream_finish(stdout);
}

/* With -o all interpreters into that file, else each into its own in the cache. */
static int keep(const struct calibrate_arguments *arguments, const struct profile *profile,
		const struct native_python *pythons, struct region *region)
{
	if (arguments->output)
		return host_profile_save(profile, arguments->output, region) ? STATUS_DONE : STATUS_ENVIRONMENT;
	for (size_t i = 0; i < profile->python_count; i++) {
		struct profile one = *profile;
		const char *path = host_profile_path(&pythons[i], region);

		one.pythons = &profile->pythons[i];
		one.python_count = 1;
		if (!path || !host_profile_save(&one, path, region))
			return STATUS_ENVIRONMENT;
		fprintf(stderr, "gilsim: kept in %s\n", path);
	}
	return STATUS_DONE;
}

/* "my-laptop" of "profiles/my-laptop.yaml". */
static const char *profile_name(const char *path, struct region *region)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = strlen(name);

	if (length > 5 && !strcmp(name + length - 5, ".yaml"))
		length -= 5;
	return region_strndup(region, name, length);
}

/* Whether a profile may be written there: it is one, or nothing yet. What else there is, a scenario say, stays. */
static bool may_be_written(const char *path)
{
	FILE *stream = fopen(path, "r");
	char line[256];
	bool may = !stream;

	if (stream) {
		struct stat status;

		may = fstat(fileno(stream), &status) == 0 && (!S_ISREG(status.st_mode) || status.st_size == 0);
		while (!may && fgets(line, sizeof(line), stream))
			may = !strncmp(line, "profile:", strlen("profile:"));
		fclose(stream);
	}
	if (!may)
		fprintf(stderr, "gilsim: %s is there already and is no profile: give -o another name\n", path);
	return may;
}

int cmd_calibrate(int argc, char **argv)
{
	struct region region;
	struct calibrate_arguments arguments = { .native.region = &region };
	struct native_python *pythons;
	size_t python_count;
	struct profile *profile;
	const struct profile *others[2] = { NULL, NULL };
	int status;

	region_init(&region);
	argp_parse(&calibrate_argp, argc, argv, 0, NULL, &arguments);
	interrupt_watch();
	for (size_t i = 0; i < arguments.compare.count; i++) {
		struct diagnostics diagnostics;

		diagnostics_init(&diagnostics, &region);
		others[i] = profile_load(arguments.compare.items[i], &region, &diagnostics);
		diagnostics_print(&diagnostics, stderr);
		if (!others[i]) {
			status = STATUS_BAD_INPUT;
			goto release;
		}
	}
	if (others[1]) {
		profile_compare(others[0], others[1], stdout);
		status = stream_finish(stdout) ? STATUS_DONE : output_failed(NULL);
		goto release;
	}
	if (arguments.output && !may_be_written(arguments.output)) {
		status = STATUS_BAD_INPUT;
		goto release;
	}
	status = STATUS_ENVIRONMENT;
	if (!native_probe_all(&arguments.native, &region, &pythons, &python_count))
		goto release;
	profile = host_profile_measure(arguments.output ? profile_name(arguments.output, &region) : "host", pythons,
				       python_count, arguments.verbose, &region);
	if (!profile)
		goto release;
	status = keep(&arguments, profile, pythons, &region);
	if (!print_profile(profile, &region))
		status = output_failed(NULL);
	warn_of_all_unsure(profile, &region);
	if (others[0]) {
		fputc('\n', stdout);
		profile_compare(others[0], profile, stdout);
		if (!stream_finish(stdout))
			status = output_failed(NULL);
	}
release:
	if (interrupt_seen())
		status = STATUS_INTERRUPTED;
	region_release(&region);
	return status;
}
