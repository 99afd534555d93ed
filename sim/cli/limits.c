/*
 * limits.c - the options that keep a scenario which anybody may have written from taking the machine.
 */
#include <unistd.h>

#include "sim/base/units.h"
#include "sim/cli/cli.h"

/* A billion events take some minutes. */
#define DEFAULT_MAX_EVENTS 1000000000

enum { OPTION_MAX_EVENTS = 0x300, OPTION_MAX_MEMORY, OPTION_MAX_TIME };

/* Half of the machine's memory. */
static size_t default_memory_bytes(void)
{
	return (size_t)sysconf(_SC_PHYS_PAGES) / 2 * (size_t)sysconf(_SC_PAGESIZE);
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct limit_arguments *arguments = state->input;
	struct unit_error error;
	int64_t bytes;
	sim_ns time_ns;

	switch (key) {
	case ARGP_KEY_INIT:
		*arguments = (struct limit_arguments){
			.simulation = { .events = DEFAULT_MAX_EVENTS, .memory_bytes = default_memory_bytes() }
		};
		return 0;
	case OPTION_MAX_EVENTS:
		arguments->simulation.events = (uint64_t)option_integer(state, "--max-events", text, 1, LONG_MAX);
		return 0;
	case OPTION_MAX_MEMORY:
		if (!units_parse_bytes(text, &bytes, &error) || bytes < 1)
			argp_error(state, "--max-memory is '%s', expected a size such as 500MiB", text);
		arguments->simulation.memory_bytes = (size_t)bytes;
		return 0;
	case OPTION_MAX_TIME:
		if (!units_parse_duration(text, &time_ns, &error) || time_ns < 1)
			argp_error(state, "--max-time is '%s', expected a duration such as 30s", text);
		arguments->time_s = sim_time_seconds(time_ns);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ 0, 0, 0, 0, "Limits, beyond which a run is stopped (exit status 1):", 6 },
	{ "max-events", OPTION_MAX_EVENTS, "N", 0, "Events, or rounds of loops, of one simulation (default 1000000000)", 6 },
	{ "max-memory", OPTION_MAX_MEMORY, "SIZE", 0, "Memory of one simulation (default: half of the machine's)", 6 },
	{ "max-time", OPTION_MAX_TIME, "DURATION", 0, "Real time of the command (default: no limit)", 6 },
	{ 0 },
};

const struct argp limit_argp = { .options = option_rows, .parser = parse_option };
