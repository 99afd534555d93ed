/*
 * native_options.c - the options of all that runs scenarios natively.
 */
#include <string.h>

#include "sim/cli/native_rounds.h"
#include "sim/native/native_cpus.h"

/* A run that takes longer than this has hung. */
#define DEFAULT_TIMEOUT_NS (600 * SIM_S)
#define DEFAULT_REPEAT 5

enum { OPTION_PYTHON = 0x300, OPTION_BACKEND, OPTION_REPEAT, OPTION_MAX_TIME, OPTION_CPUS, OPTION_TIMEOUT, OPTION_TRACE,
       OPTION_QUICK };

static enum native_backend option_backend(const struct argp_state *state, const char *text)
{
	if (!strcmp(text, "cpython"))
		return BACKEND_CPYTHON;
	if (strcmp(text, "c") != 0)
		argp_error(state, "--backend is '%s', expected cpython or c", text);
	return BACKEND_C;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct native_arguments *arguments = state->input;
	struct native_cpus cpus;
	struct native_error error;

	switch (key) {
	case ARGP_KEY_INIT:
		arguments->repeat = DEFAULT_REPEAT;
		arguments->timeout_ns = DEFAULT_TIMEOUT_NS;
		return 0;
	case OPTION_PYTHON:
		text_list_add(&arguments->pythons, arguments->region, text);
		return 0;
	case OPTION_BACKEND:
		arguments->backend = option_backend(state, text);
		return 0;
	case OPTION_REPEAT:
		arguments->repeat = (int)option_integer(state, "--repeat", text, 1, 100000);
		return 0;
	case OPTION_MAX_TIME:
		arguments->max_time_ns = option_duration(state, "--max-time", text);
		return 0;
	case OPTION_TIMEOUT:
		arguments->timeout_ns = option_duration(state, "--timeout", text);
		return 0;
	case OPTION_CPUS:
		if (!native_cpus_choose(&cpus, text, 0, &error))
			argp_error(state, "--cpus: %s", error.text);
		arguments->cpus = text;
		return 0;
	case OPTION_TRACE:
		arguments->trace_path = text;
		return 0;
	case OPTION_QUICK:
		arguments->quick = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Measuring:", 3 },
	{ "python", OPTION_PYTHON, "EXE", 0, "Interpreter to run on (repeatable; default python3)", 3 },
	{ "backend", OPTION_BACKEND, "cpython|c", 0,
	  "What runs it: the interpreter (default), or C code with the interpreter's algorithms and none of its costs, "
	  "predicted with the machine's costs alone", 3 },
	{ "repeat", OPTION_REPEAT, "N", 0, "Rounds (default 5)", 3 },
	{ "max-time", OPTION_MAX_TIME, "DURATION", 0,
	  "Go on after that until medians are known within 1%, but no longer than this", 3 },
	{ "cpus", OPTION_CPUS, "LIST", 0, "CPUs to run on, e.g. 0-1,4 (default: as many as the scenario has cores)",
	  3 },
	{ "quick", OPTION_QUICK, 0, 0,
	  "Times alone, each run once: no memory, no repeat when the machine's pace has changed (which 'samples' in JSON tell)", 3 },
	{ "timeout", OPTION_TIMEOUT, "DURATION", 0, "Kill a run that takes longer (default 10min)", 3 },
	{ "trace", OPTION_TRACE, "FILE", 0,
	  "Write which thread executed which task when: .json for Perfetto and speedscope, .csv for plots, else text", 3 },
	{ 0 },
};

const struct argp native_argp = { .options = option_rows, .parser = parse_option };
