/*
 * cli.h - the subcommands, and what several of them share: exit statuses, options, inputs and outputs.
 *
 * Results go to standard output (or --output), everything else to standard error.
 */
#ifndef SIM_CLI_CLI_H
#define SIM_CLI_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "models/simulate/simulate.h"
#include "sim/base/region.h"
#include "sim/plan/scenario_source.h"
#include "sim/results/results.h"
#include "sim/scenario/scenario.h"

enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED_EXPECTATION = 1, /* or a threshold, or an unexpected deadlock or limit */
	STATUS_BAD_INPUT = 2,
	STATUS_ENVIRONMENT = 3, /* no interpreter, disk full */
	STATUS_CANNOT_TELL = 4, /* `compare` only */
	STATUS_INTERRUPTED = 130,
};

struct subcommand {
	const char *name;
	const char *summary;
	/* argv[0] is "gilsim NAME". Returns an enum exit_status. */
	int (*run)(int argc, char **argv);
};

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_native(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_probe(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_advise(int argc, char **argv);
int cmd_plot(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_schema(int argc, char **argv);
int cmd_new(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* --- options that several subcommands take ---------------------------------------------------- */

struct text_list {
	const char **items; /* borrowed texts */
	size_t count, capacity;
};

void text_list_add(struct text_list *list, struct region *region, const char *text);

/* FILE..., --set, --variant, --seed, --profile: a child parser for all that load a scenario. */
struct scenario_arguments {
	struct region *region; /* borrowed; set by the parent parser */
	struct text_list files, overrides, variants;
	const char *profile; /* NULL: not given */
	uint64_t seed;
	bool needs_no_file; /* set by a parent parser that has found something instead */
};
extern const struct argp scenario_argp;

/* --max-events, --max-memory, --max-time: a child parser for all that may be handed a scenario by anybody. */
struct limit_arguments {
	struct simulate_limits simulation;
	double time_s; /* of the whole command */
};
extern const struct argp limit_argp;

/* --format, --output: a child parser for all that print results. */
enum output_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };
struct output_arguments {
	enum output_format format;
	const char *path; /* NULL: standard output */
};
extern const struct argp output_argp;

/* A whole number of an option, within bounds; ends the program with a usage error otherwise. */
long option_integer(const struct argp_state *state, const char *option, const char *text, long least, long most);
/* Likewise a duration. */
sim_ns option_duration(const struct argp_state *state, const char *option, const char *text);

/* The scenario options of these arguments; what is borrowed lives as long as the arguments. */
struct scenario_options scenario_arguments_options(const struct scenario_arguments *arguments);

/* Loads one scenario, to be run natively, and prints what is wrong with it. NULL after an error. */
struct scenario *load_scenario(const char *path, const struct scenario_options *options, struct region *region);

/* What `gilsim new` and `gilsim list templates` print. */
void list_templates(struct region *region);

/* --- output ----------------------------------------------------------------------------------- */

/* Whether the stream is a terminal that shows colours. */
bool wants_color(FILE *stream);
/* Says on standard error that an output failed, with errno's text; returns STATUS_ENVIRONMENT. */
int output_failed(const char *path);
/* The more serious of two statuses: interrupted, environment, input, expectation, done. */
int worse_status(int a, int b);

#endif
