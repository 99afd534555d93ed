/*
 * gnuplot.c - see gnuplot.h.
 */
#include "sim/report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/wish.h"

/* A picture takes a second; what takes a minute has no end. */
#define PATIENCE_S 60
/* The oldest one that the scripts were tried with. */
#define OLDEST_MAJOR 5
#define OLDEST_MINOR 4

/* Starts gnuplot with its standard error (and, if asked for, output) in `to`. 0, or an errno. */
static int start(const char *const *arguments, int to, bool output_too, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	int failure;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, to, STDERR_FILENO);
	if (output_too)
		posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	failure = posix_spawnp(child, "gnuplot", &actions, NULL, (char *const *)arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return failure;
}

/* Waits; false when it was killed because its time was up, or nobody wants the picture any more. */
static bool wait_for(pid_t child, const volatile sig_atomic_t *wish_to_stop, int *status)
{
	for (int waited_ms = 0; waited_ms < PATIENCE_S * 1000 && !wish_is_there(wish_to_stop); waited_ms += 5) {
		if (waitpid(child, status, WNOHANG) == child)
			return true;
		usleep(5000);
	}
	kill(child, SIGKILL);
	waitpid(child, status, 0);
	return false;
}

static bool run(const char *const *arguments, bool output_too, const volatile sig_atomic_t *wish_to_stop, char *words,
		size_t size, int *status, struct data_error *error)
{
	FILE *said = tmpfile();
	pid_t child;
	int failure;
	size_t length;
	bool in_time;

	*status = -1; /* it has not ended */
	if (!said)
		return data_fail(error, 3, "no temporary file: %s", strerror(errno));
	fflush(stdout);
	failure = start(arguments, fileno(said), output_too, &child);
	if (failure != 0) {
		fclose(said);
		return data_fail(error, 3, "gnuplot cannot be run: %s; on Debian: apt-get install gnuplot-nox",
				 strerror(failure));
	}
	in_time = wait_for(child, wish_to_stop, status);
	rewind(said);
	length = fread(words, 1, size - 1, said);
	words[length] = '\0';
	fclose(said);
	if (!in_time && wish_is_there(wish_to_stop))
		return data_fail(error, 3, "interrupted");
	return in_time || data_fail(error, 3, "gnuplot was killed after %d s", PATIENCE_S);
}

static bool is_new_enough(const char *words)
{
	int major = 0, minor = 0;

	return sscanf(words, "gnuplot %d.%d", &major, &minor) == 2 &&
	       (major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR));
}

bool gnuplot_run(const char *script, const volatile sig_atomic_t *wish_to_stop, struct region *region, struct data_error *error)
{
	const char *const ask[] = { "gnuplot", "--version", NULL };
	const char *const draw[] = { "gnuplot", script, NULL };
	char *words = region_alloc(region, 4096);
	int status;

	if (!run(ask, true, wish_to_stop, words, 4096, &status, error))
		return false;
	if (!is_new_enough(words))
		return data_fail(error, 3, "gnuplot %d.%d or later is needed; it says '%.60s'", OLDEST_MAJOR,
				 OLDEST_MINOR, words);
	if (!run(draw, false, wish_to_stop, words, 4096, &status, error))
		return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	return data_fail(error, 3, "gnuplot failed: %.400s", words);
}
