/*
 * bench_command.c - gilsim as a command: how soon it is there, what it takes of memory, how fast it reads.
 *
 * start-up         a whole process on a small scenario; the reference is /bin/true
 * parse            a scenario of 10 MB, checked and compiled; the reference is libyaml's own events of the same text
 * coroutine-bytes  the command's peak memory with a million coroutines waiting, a coroutine; the reference is what the
 *                  specification allows
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <yaml.h>

#include "sim/scenario/scenario.h"

extern char **environ;

/* Runs a command with its output thrown away; its peak memory unless NULL. */
static int64_t command_ns(char *const argv[], long *peak_bytes)
{
	posix_spawn_file_actions_t actions;
	int64_t start_ns = bench_wall_ns();
	struct rusage usage;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 || wait4(pid, &status, 0, &usage) < 0 ||
	    !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench: cannot run %s\n", argv[0]);
		exit(3);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (peak_bytes)
		*peak_bytes = usage.ru_maxrss * 1024;
	return bench_wall_ns() - start_ns;
}

#define START_UP_ROUNDS 21

static void bench_start_up(const char *gilsim)
{
	char *const run[] = { (char *)gilsim, (char *)"run", (char *)"tests/bench/small.yaml", NULL };
	char *const nothing[] = { (char *)"/bin/true", NULL };
	double run_ms[START_UP_ROUNDS], nothing_ms[START_UP_ROUNDS];

	if (!bench_wants("start-up"))
		return;
	for (int round = 0; round < START_UP_ROUNDS; round++) {
		run_ms[round] = (double)command_ns(run, NULL) / 1e6;
		nothing_ms[round] = (double)command_ns(nothing, NULL) / 1e6;
	}
	bench_report("start-up", bench_median(run_ms, START_UP_ROUNDS), "ms",
		     bench_median(nothing_ms, START_UP_ROUNDS));
}

/* ---- Memory ---- */

#define COROUTINES 1000000u
#define BYTES_ALLOWED 128

static void bench_memory(const char *gilsim)
{
	const uint64_t count = bench_size(COROUTINES);
	char override[64];
	char *const run[] = { (char *)gilsim, (char *)"run", (char *)"--set", override,
			      (char *)"tests/bench/million-coroutines.yaml", NULL };
	long peak_bytes;

	if (!bench_wants("coroutine-bytes"))
		return;
	snprintf(override, sizeof(override), "run.count=%llu", (unsigned long long)count);
	command_ns(run, &peak_bytes);
	bench_report("coroutine-bytes", (double)peak_bytes / (double)count, "bytes", BYTES_ALLOWED);
}

/* ---- Parsing ---- */

#define PARSE_BYTES 10000000u
#define PARSE_PATH "build/bench-parse.yaml"

static size_t write_large_scenario(size_t bytes)
{
	FILE *file = fopen(PARSE_PATH, "w");
	size_t written;

	if (!file) {
		fprintf(stderr, "bench: cannot write " PARSE_PATH ": %s\n", strerror(errno));
		exit(3);
	}
	fputs("name: large\ntasks:\n", file);
	for (unsigned int task = 0; (size_t)ftell(file) < bytes; task++) {
		fprintf(file, "  task-%u:\n", task);
		for (unsigned int step = 0; step < 100; step++)
			fprintf(file, step % 2 ? "    - io: lognormal(mean %uus, p99 90ms)\n" :
						 "    - python: %uus # some bytecode of step %u\n",
				20000 + task + step, step);
	}
	fputs("run: {task: task-0, count: 1}\nvariants:\n  sequential: {model: sequential}\n", file);
	written = (size_t)ftell(file);
	fclose(file);
	return written;
}

static void parse_by_gilsim(void)
{
	struct scenario_options options = { .seed = 1 };
	struct diagnostics diagnostics;
	struct region region;

	region_init(&region);
	diagnostics_init(&diagnostics, &region);
	if (!scenario_load(PARSE_PATH, &options, &region, &diagnostics)) {
		diagnostics_print(&diagnostics, stderr);
		exit(1);
	}
	region_release(&region);
}

static void parse_by_libyaml(void)
{
	FILE *file = fopen(PARSE_PATH, "r");
	yaml_parser_t parser;
	yaml_event_t event;
	bool ended = false;

	yaml_parser_initialize(&parser);
	yaml_parser_set_input_file(&parser, file);
	while (!ended && yaml_parser_parse(&parser, &event)) {
		ended = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	fclose(file);
}

#define PARSE_ROUNDS 3

static void bench_parse(void)
{
	double rate[BENCH_ROUND_COUNT], bare_rate[BENCH_ROUND_COUNT];
	const int rounds = bench_rounds(PARSE_ROUNDS);
	double megabytes;

	if (!bench_wants("parse"))
		return;
	megabytes = (double)write_large_scenario(bench_size(PARSE_BYTES)) / 1e6;
	for (int round = 0; round < rounds; round++) {
		int64_t start_ns = bench_cpu_ns(), middle_ns;

		parse_by_gilsim();
		middle_ns = bench_cpu_ns();
		parse_by_libyaml();
		rate[round] = megabytes * 1e9 / (double)(middle_ns - start_ns);
		bare_rate[round] = megabytes * 1e9 / (double)(bench_cpu_ns() - middle_ns);
	}
	remove(PARSE_PATH);
	bench_report("parse", bench_median(rate, rounds), "MB/s", bench_median(bare_rate, rounds));
}

void bench_command(const char *gilsim)
{
	bench_start_up(gilsim);
	bench_memory(gilsim);
	bench_parse();
}
