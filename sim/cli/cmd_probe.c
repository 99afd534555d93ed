/*
 * cmd_probe.c - `gilsim probe`: time a real call, and print it as a task.
 */
#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/cli/cli.h"
#include "sim/cli/native_rounds.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/output_file.h"
#include "sim/native/native_probe.h"
#include "sim/results/csv_writer.h"
#include "sim/results/json_writer.h"
#include "sim/results/results_stats.h"

/* A smaller part of the call's time is no step. */
#define STEP_RATIO 0.01
/* From here on what other threads did is worth a word. */
#define OTHERS_TOLD_RATIO 0.05

enum { OPTION_PYTHON = 0x600, OPTION_SETUP, OPTION_TIME };

enum part { PART_PYTHON, PART_C, PART_NATIVE, PART_IO, PART_COUNT };
static const char *const part_names[PART_COUNT] = { "python", "c", "native", "io" };
static const char *const part_meanings[PART_COUNT] = {
	"bytecode, which gives up the GIL when asked",
	"C code that holds the GIL",
	"C code without the GIL",
	"waiting without the GIL",
};

/* Medians over the batches of one call; spreads are half the distance from the 10 % to the 90 % quantile. */
struct figure {
	double ns, spread_ns; /* or shares */
};

struct probe_result {
	struct figure wall, cpu, parts[PART_COUNT];
};

struct probe_arguments {
	struct native_arguments native; /* only its pythons */
	struct output_arguments output;
	const char *spec, *setup;
	double seconds;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct probe_arguments *arguments = state->input;
	struct unit_error error;
	sim_ns time_ns;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->output;
		arguments->setup = "";
		arguments->seconds = 1;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->spec)
			argp_error(state, "one call at a time, not also '%s'", text);
		if (!strchr(text, ':'))
			argp_error(state, "expected MODULE:CALL, such as 'json:dumps([1, 2])', not '%s'", text);
		arguments->spec = text;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->spec)
			argp_error(state, "expected MODULE:CALL, such as 'json:dumps([1, 2])'");
		if (arguments->native.pythons.count > 1)
			argp_error(state, "one --python at a time");
		return 0;
	case OPTION_PYTHON:
		text_list_add(&arguments->native.pythons, arguments->native.region, text);
		return 0;
	case OPTION_SETUP:
		arguments->setup = text;
		return 0;
	case OPTION_TIME:
		if (!units_parse_duration(text, &time_ns, &error))
			argp_error(state, "--time: %s", error.text);
		arguments->seconds = sim_time_seconds(time_ns);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ "python", OPTION_PYTHON, "EXE", 0, "Interpreter to call it on, with a GIL (default python3)", 0 },
	{ "setup", OPTION_SETUP, "CODE", 0, "Execute this first, in the module's names; it is not timed", 0 },
	{ "time", OPTION_TIME, "DURATION", 0, "Call it for about so long alone, and as often beside a thread that "
	  "competes (default 1s)", 0 },
	{ 0 },
};

static const struct argp_child children[] = { { &output_argp, 0, NULL, 0 }, { 0 } };

static const struct argp probe_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "MODULE:CALL",
	.doc = "Time a real call, split it into python, c, native and io, and print it as a scenario.\v"
	       "MODULE is imported from the current folder or the interpreter's path, CALL is an expression in its names, "
	       "or the name of a function without arguments. It is called again and again, alone and beside a thread that "
	       "competes for the GIL: so it has to be one that can be. Two CPUs are needed.\n\n"
	       "Examples:\n  gilsim probe 'zlib:compress(data)' --setup 'data = bytes(1000000)'\n"
	       "  gilsim probe --python python3.13 mymodule:handle | gilsim run -",
	.children = children,
};

static struct figure figure_of(const double *batches, size_t count, struct region *region)
{
	const double *sorted = stats_sorted(batches, count, region);

	return (struct figure){ stats_quantile(sorted, count, 0.5),
				(stats_quantile(sorted, count, 0.9) - stats_quantile(sorted, count, 0.1)) / 2 };
}

/* Shares and times are medians of their own: a core's pace differs from batch to batch. */
static struct probe_result reduce(const struct native_call *call, struct region *region)
{
	struct probe_result result = { .wall = figure_of(call->wall_ns, call->batch_count, region),
				       .cpu = figure_of(call->cpu_ns, call->batch_count, region) };
	double *batches = region_alloc_array(region, call->batch_count, sizeof(*batches));

	for (size_t i = 0; i < call->batch_count; i++)
		batches[i] = fmax(0, call->wall_ns[i] - call->cpu_ns[i]);
	result.parts[PART_IO] = figure_of(batches, call->batch_count, region);
	for (enum part part = PART_PYTHON; part < PART_IO; part++) {
		struct figure share;

		for (size_t i = 0; i < call->batch_count; i++)
			batches[i] = call->shares[i][part];
		share = figure_of(batches, call->batch_count, region);
		result.parts[part] = (struct figure){ result.cpu.ns * share.ns, result.cpu.ns * share.spread_ns };
	}
	return result;
}

static const char *duration_text(double ns, struct region *region)
{
	char text[32];

	units_format_duration_short(ns / 1e9, text);
	return region_strdup(region, text);
}

/* As a scenario writes it: "12.3ms". */
static const char *duration_value(double ns, struct region *region)
{
	if (ns >= 1e9)
		return region_format(region, "%.4gs", ns / 1e9);
	if (ns >= 1e6)
		return region_format(region, "%.4gms", ns / 1e6);
	if (ns >= 1e3)
		return region_format(region, "%.4gus", ns / 1e3);
	return region_format(region, "%.0fns", ns);
}

static const char *within(const struct figure *figure, struct region *region)
{
	return figure->ns > 0 ? region_format(region, "+- %.1f%%", 100 * figure->spread_ns / figure->ns) : "";
}

static void print_scenario(const struct probe_arguments *arguments, const struct native_python *python,
			   const struct native_call *call, const struct probe_result *result, struct region *region,
			   FILE *stream)
{
	fprintf(stream, "name: probe-%s\nabout: %s calls on Python %s; one takes %s %s, of which %s on a core\n", call->name,
		region_format(region, "%lld", (long long)call->calls), python->full_version,
		duration_text(result->wall.ns, region), within(&result->wall, region),
		duration_text(result->cpu.ns, region));
	fputs("# ", stream);
	for (const char *c = arguments->spec; *c; c++)
		fputc(*c == '\n' ? ' ' : *c, stream);
	fputc('\n', stream);
	if (call->others_ns > OTHERS_TOLD_RATIO * result->wall.ns)
		fprintf(stream, "# not in it: %s of CPU time in other threads of the program\n",
			duration_text(call->others_ns, region));
	fprintf(stream, "# C code that holds the GIL for less than %s at a time counts as python; the order of steps is not known\n",
		duration_text(call->long_ns, region));
	fprintf(stream, "machine: {cores: 2}\npython: {version: \"%s\"}\ntasks:\n  %s:\n", python->version, call->name);
	for (int part = 0; part < PART_COUNT; part++) {
		const struct figure *figure = &result->parts[part];

		if (figure->ns >= STEP_RATIO * result->wall.ns && figure->ns >= 1)
			fprintf(stream, "    - %s: %-12s # %5.1f%%, %s: %s\n", part_names[part],
				duration_value(figure->ns, region), 100 * figure->ns / result->wall.ns,
				within(figure, region), part_meanings[part]);
	}
	fprintf(stream, "run: {task: %s, count: 20}\n", call->name);
	fputs("variants:\n  sequential: {model: sequential}\n  threads: {model: thread_pool, workers: 4}\n"
	      "  processes: {model: process_pool, workers: 2}\n",
	      stream);
}

static void put_figure(struct json_writer *writer, const char *key, const struct figure *figure)
{
	json_writer_key(writer, key);
	json_writer_open_compact(writer, '{');
	json_writer_key_seconds(writer, "time_s", figure->ns / 1e9);
	json_writer_key_seconds(writer, "spread_s", figure->spread_ns / 1e9);
	json_writer_close(writer, '}');
}

static bool print_json(const struct probe_arguments *arguments, const struct native_python *python,
		       const struct native_call *call, const struct probe_result *result, FILE *stream)
{
	struct json_writer writer;

	json_writer_init(&writer, stream);
	json_writer_open(&writer, '{');
	json_writer_key_string(&writer, "call", arguments->spec);
	json_writer_key_string(&writer, "python", python->full_version);
	json_writer_key(&writer, "calls");
	json_writer_integer(&writer, call->calls);
	put_figure(&writer, "wall", &result->wall);
	put_figure(&writer, "cpu", &result->cpu);
	for (int part = 0; part < PART_COUNT; part++)
		put_figure(&writer, part_names[part], &result->parts[part]);
	json_writer_key_seconds(&writer, "others_cpu_s", call->others_ns / 1e9);
	json_writer_key_seconds(&writer, "shortest_c_s", call->long_ns / 1e9);
	json_writer_close(&writer, '}');
	return json_writer_finish(&writer);
}

static bool print_csv(const struct probe_result *result, FILE *stream)
{
	struct csv_writer writer = { .stream = stream };

	csv_text(&writer, "part");
	csv_text(&writer, "time_s");
	csv_text(&writer, "spread_s");
	csv_end_line(&writer);
	for (int part = 0; part < PART_COUNT; part++) {
		csv_text(&writer, part_names[part]);
		csv_seconds(&writer, result->parts[part].ns / 1e9);
		csv_seconds(&writer, result->parts[part].spread_ns / 1e9);
		csv_end_line(&writer);
	}
	return csv_finish(&writer);
}

static int print_result(const struct probe_arguments *arguments, const struct native_python *python,
			const struct native_call *call, struct region *region)
{
	struct probe_result result = reduce(call, region);
	struct output_file output;
	bool printed = true;

	if (call->disturbed)
		fputs("gilsim: other programs want the cores as well: how python, c and native share the time is unsure\n",
		      stderr);
	if (!output_file_open(&output, arguments->output.path, region))
		return output_failed(arguments->output.path);
	if (arguments->output.format == FORMAT_JSON)
		printed = print_json(arguments, python, call, &result, output.stream);
	else if (arguments->output.format == FORMAT_CSV)
		printed = print_csv(&result, output.stream);
	else
		print_scenario(arguments, python, call, &result, region, output.stream);
	if (!printed) {
		int status = output_failed(arguments->output.path);

		output_file_discard(&output);
		return status;
	}
	return output_file_close(&output) ? STATUS_DONE : output_failed(arguments->output.path);
}

/* The reason why nothing can be told there, or NULL. */
static const char *why_not(const struct native_python *python)
{
	if (python->free_threaded_build)
		return "has no GIL to tell by; what a build with one says holds for it, too";
	if (native_cpu_count() < 2)
		return "can use one CPU only, and the call and its competitor need one each";
	return NULL;
}

int cmd_probe(int argc, char **argv)
{
	struct region region;
	struct probe_arguments arguments = { .native.region = &region };
	struct native_python *pythons;
	struct native_error error;
	struct native_call call;
	size_t python_count;
	int status = STATUS_ENVIRONMENT;

	region_init(&region);
	argp_parse(&probe_argp, argc, argv, 0, NULL, &arguments);
	interrupt_watch();
	if (!native_probe_all(&arguments.native, &region, &pythons, &python_count))
		goto release;
	if (why_not(&pythons[0]))
		fprintf(stderr, "gilsim: '%s' %s\n", pythons[0].executable, why_not(&pythons[0]));
	else if (!native_probe_call(&pythons[0], arguments.spec, arguments.setup, arguments.seconds, &region, &call, &error))
		fprintf(stderr, "gilsim: %s\n", error.text);
	else
		status = print_result(&arguments, &pythons[0], &call, &region);
release:
	if (interrupt_seen())
		status = STATUS_INTERRUPTED;
	region_release(&region);
	return status;
}
