/*
 * native_python.c - which interpreter an executable is: asks it for its version and build.
 *
 * The question is valid Python 2 as well, so that an old interpreter answers with its version and not
 * with a syntax error. It runs without site and without the environment's PYTHON* variables.
 */
#include "sim/native/native.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "sim/native/native_process.h"

#define PROBE_TIMEOUT_NS (10 * SIM_S)
#define OLDEST_MINOR 8

/* '' is taken from the path first: the current folder may hold a sysconfig.py of its own. */
static const char question[] =
	"import sys\n"
	"sys.path[:] = [p for p in sys.path if p]\n"
	"try:\n"
	"    import sysconfig\n"
	"    free = bool(sysconfig.get_config_var('Py_GIL_DISABLED'))\n"
	"except ImportError:\n"
	"    free = 'free-threading' in sys.version\n"
	"kind = getattr(getattr(sys, 'implementation', None), 'name', 'cpython')\n"
	"print('gilsim-probe %s %d %d %s %d %s' % (kind, sys.version_info[0], sys.version_info[1],"
	" sys.version.split()[0], free, sys.executable))\n";

/* Shows the beginning of what a program printed, on one line. */
static const char *shown(const char *text, struct region *region)
{
	char *copy = region_strndup(region, text, strnlen(text, 60));

	for (char *c = copy; *c; c++) {
		if ((unsigned char)*c < ' ' || (unsigned char)*c == 127)
			*c = *c == '\n' && !c[1] ? '\0' : '?';
	}
	return copy;
}

bool native_probe_python(const char *executable, struct region *region, struct native_python *python,
			 struct native_error *error)
{
	const char *argv[] = { executable, "-E", "-S", "-B", "-c", question, NULL };
	const struct native_command command = { .argv = argv, .timeout_ns = PROBE_TIMEOUT_NS };
	struct native_output output;
	char kind[32], full_version[64];
	int major, minor, free_threaded, path_at = 0;
	size_t path_length;

	if (!native_process_run(&command, region, &output, error))
		return false;
	if (output.timed_out) {
		native_error_set(error, "'%s' gave no answer within 10 s when asked for its Python version",
				 executable);
		return false;
	}
	if (!WIFEXITED(output.status) || WEXITSTATUS(output.status) != 0) {
		native_error_set(error, "'%s' is no Python interpreter that works: %s%s%s", executable,
				 native_process_fate(output.status, region), output.last_words[0] ? ": " : "",
				 output.last_words);
		return false;
	}
	if (sscanf(output.output, "gilsim-probe %31s %d %d %63s %d %n", kind, &major, &minor, full_version,
		   &free_threaded, &path_at) != 5 ||
	    path_at == 0) {
		native_error_set(error, "'%s' is no Python interpreter: asked for its version it printed '%s'",
				 executable, shown(output.output, region));
		return false;
	}
	if (strcmp(kind, "cpython") != 0) {
		native_error_set(error, "'%s' is %s %s; only CPython can be run", executable, kind, full_version);
		return false;
	}
	if (major != 3 || minor < OLDEST_MINOR) {
		native_error_set(error, "'%s' is Python %s; Python 3.%d or later is needed", executable,
				 full_version, OLDEST_MINOR);
		return false;
	}
	/* Where it says it lies, so that a wrapper script is not run for each measurement. */
	path_length = strcspn(output.output + path_at, "\n");
	python->executable = path_length > 0 ? region_strndup(region, output.output + path_at, path_length)
					     : region_strdup(region, executable);
	python->version = region_format(region, "3.%d", minor);
	python->full_version = region_strdup(region, full_version);
	python->free_threaded_build = free_threaded != 0;
	python->full_pace_ns = 0;
	return true;
}
