/*
 * main.c - picks the subcommand.
 */
#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/results/stream.h"
#include "sim/results/version.h"

#include <gsl/gsl_errno.h>

static const struct subcommand subcommands[] = {
	{ "run", "simulate scenarios: a table of their variants", cmd_run },
	{ "sweep", "simulate a scenario at every point of a grid, into a database", cmd_sweep },
	{ "merge", "put the shards of a sweep together", cmd_merge },
	{ "check", "say what is wrong with scenario files", cmd_check },
	{ "native", "run scenarios for real, on CPython", cmd_native },
	{ "validate", "predictions beside measurements", cmd_validate },
	{ "compare", "two results: better, worse, or nobody can tell", cmd_compare },
	{ "calibrate", "measure this machine and interpreter into a profile", cmd_calibrate },
	{ "probe", "time a real call and print it as a task", cmd_probe },
	{ "plan", "the cheapest configuration that meets objectives", cmd_plan },
	{ "advise", "which model to use, why, and what would change that", cmd_advise },
	{ "plot", "draw results and traces", cmd_plot },
	{ "report", "results and traces as one page of HTML", cmd_report },
	{ "schema", "print the scenario language as a JSON Schema", cmd_schema },
	{ "new", "a commented scenario to begin with", cmd_new },
	{ "list", "name the scenarios, profiles and steps there are", cmd_list },
	{ "version", "print the version", cmd_version },
};
#define SUBCOMMAND_COUNT (sizeof(subcommands) / sizeof(subcommands[0]))

static void print_help(FILE *stream)
{
	fputs("Usage: gilsim SUBCOMMAND [OPTION...] [FILE...]\n"
	      "What will threads, processes, asyncio or a free-threaded Python do for this workload on that "
	      "machine?\n\n",
	      stream);
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		fprintf(stream, "  %-10s %s\n", subcommands[i].name, subcommands[i].summary);
	fputs("\nEach has --help. A first scenario of your own:\n"
	      "  gilsim new script -o my.yaml\n"
	      "  gilsim run my.yaml\n",
	      stream);
}

static int unknown_subcommand(const char *name)
{
	const char *names[SUBCOMMAND_COUNT];
	const char *near;

	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		names[i] = subcommands[i].name;
	near = diagnostics_suggest(name, names, SUBCOMMAND_COUNT);
	fprintf(stderr, "gilsim: unknown subcommand '%s'%s%s%s\nTry 'gilsim --help'.\n", name,
		near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return STATUS_BAD_INPUT;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	char help[] = "--help";

	gsl_set_error_handler_off();
	argp_err_exit_status = STATUS_BAD_INPUT;
	if (!name) {
		print_help(stderr);
		return STATUS_BAD_INPUT;
	}
	/* `gilsim help run` is `gilsim run --help`. */
	if (!strcmp(name, "help") && argc > 2) {
		argv[1] = argv[2];
		argv[2] = help;
		name = argv[1];
		argc = 3;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-?") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		print_help(stdout);
		return stream_finish(stdout) ? STATUS_DONE : output_failed(NULL);
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		printf("gilsim %s\n", GILSIM_VERSION);
		return stream_finish(stdout) ? STATUS_DONE : output_failed(NULL);
	}
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
		char full_name[32];

		if (strcmp(name, subcommands[i].name) != 0)
			continue;
		snprintf(full_name, sizeof(full_name), "gilsim %s", name);
		argv[1] = full_name;
		return subcommands[i].run(argc - 1, argv + 1);
	}
	return unknown_subcommand(name);
}
