/*
 * cmd_version.c - `gilsim version`.
 */
#include <gsl/gsl_version.h>
#include <jansson.h>
#include <yaml.h>

#include "sim/cli/cli.h"
#include "sim/results/stream.h"
#include "sim/results/version.h"

static const struct argp version_argp = {
	.doc = "Print the version of gilsim and of the libraries it stands on.\v"
	       "Example:\n  gilsim version",
};

int cmd_version(int argc, char **argv)
{
	argp_parse(&version_argp, argc, argv, 0, NULL, NULL);
	printf("gilsim %s\n", GILSIM_VERSION);
	printf("GSL %s, libyaml %s, jansson %s\n", gsl_version, yaml_get_version_string(), jansson_version_str());
	return stream_finish(stdout) ? STATUS_DONE : output_failed(NULL);
}
