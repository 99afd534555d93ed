/*
 * bench_command.c - gilsim as a command: how soon it is there, what it takes of memory, how fast it reads.
 *
 * start-up         a whole process on a small scenario; the reference is /bin/true
 * parse            a scenario of 10 MB, checked and compiled; the reference is libyaml's own events of the same text
 * jobs-2           64 replications by two jobs; the reference is two processes pinned to a core each, with half of them
 * coroutine-bytes  the command's peak memory with a million coroutines waiting, a coroutine; the reference is what the
 *                  specification allows
 * coroutines-10m   the same with ten million, in all
 * trace-memory     the command's peak memory while it writes a trace of ten million events; the reference is without one
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
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

static _Noreturn void cannot_run(char *const argv[])
{
	fprintf(stderr, "bench: cannot run %s\n", argv[0]);
	exit(3);
}

/* Starts a command with its output thrown away. */
static pid_t start_command(char *const argv[])
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0)
		cannot_run(argv);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

/* Waits for its end; returns its peak memory. */
static long end_command(char *const argv[], pid_t pid)
{
	struct rusage usage;
	int status;

	if (wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		cannot_run(argv);
	return usage.ru_maxrss * 1024;
}

static int64_t command_ns(char *const argv[])
{
	int64_t start_ns = bench_wall_ns();

	end_command(argv, start_command(argv));
	return bench_wall_ns() - start_ns;
}

static double command_bytes(char *const argv[])
{
	return (double)end_command(argv, start_command(argv));
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
		run_ms[round] = (double)command_ns(run) / 1e6;
		nothing_ms[round] = (double)command_ns(nothing) / 1e6;
	}
	bench_report("start-up", bench_median(run_ms, START_UP_ROUNDS), "ms",
		     bench_median(nothing_ms, START_UP_ROUNDS));
}

/* ---- Two jobs ---- */

#define JOBS_ROUNDS 5

/* The command, pinned: it inherits the affinity of who starts it. */
static pid_t start_pinned(char *const argv[], int cpu, const cpu_set_t *allowed)
{
	cpu_set_t one;
	pid_t pid;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	pid = start_command(argv);
	sched_setaffinity(0, sizeof(*allowed), allowed);
	return pid;
}

static void bench_jobs(const char *gilsim)
{
	char *const both[] = { (char *)gilsim, (char *)"run", (char *)"--replications", (char *)"64", (char *)"--jobs",
			       (char *)"2", (char *)"--set", (char *)"run.count=20000",
			       (char *)"tests/bench/pool-tasks.yaml", NULL };
	char *const half[] = { (char *)gilsim, (char *)"run", (char *)"--replications", (char *)"32", (char *)"--jobs",
			       (char *)"1", (char *)"--set", (char *)"run.count=20000",
			       (char *)"tests/bench/pool-tasks.yaml", NULL };
	double per_s[JOBS_ROUNDS], pinned_per_s[JOBS_ROUNDS];
	const int rounds = bench_rounds(JOBS_ROUNDS);
	cpu_set_t allowed;
	int cpus[2], found = 0;

	if (!bench_wants("jobs-2"))
		return;
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			cpus[found++] = cpu;
	if (found < 2) {
		printf("jobs-2: needs two cores\n");
		return;
	}
	for (int round = 0; round < rounds; round++) {
		int64_t start_ns, middle_ns = command_ns(both);
		pid_t first, second;

		per_s[round] = 64e9 / (double)middle_ns;
		start_ns = bench_wall_ns();
		first = start_pinned(half, cpus[0], &allowed);
		second = start_pinned(half, cpus[1], &allowed);
		end_command(half, first);
		end_command(half, second);
		pinned_per_s[round] = 64e9 / (double)(bench_wall_ns() - start_ns);
	}
	bench_report("jobs-2", bench_median(per_s, rounds), "replications/s", bench_median(pinned_per_s, rounds));
}

/* ---- Memory ---- */

#define COROUTINES 1000000u
#define BYTES_ALLOWED 128
#define MANY_COROUTINES 10000000u
#define GIB_ALLOWED 2

static double coroutines_bytes(const char *gilsim, uint64_t count)
{
	char override[64];
	char *const run[] = { (char *)gilsim, (char *)"run", (char *)"--set", override,
			      (char *)"tests/bench/million-coroutines.yaml", NULL };

	snprintf(override, sizeof(override), "run.count=%llu", (unsigned long long)count);
	return command_bytes(run);
}

/* A request of the threaded server has 7.6 events in the trace. */
#define TRACED_REQUESTS 1310000u

static double traced_bytes(const char *gilsim, bool traced)
{
	char override[64];
	char *const run[] = { (char *)gilsim, (char *)"run", (char *)"--set", override,
			      (char *)"tests/bench/threaded-server.yaml", traced ? (char *)"--trace" : NULL,
			      (char *)"/dev/null", NULL };

	snprintf(override, sizeof(override), "run.arrivals.count=%llu", (unsigned long long)bench_size(TRACED_REQUESTS));
	return command_bytes(run);
}

static void bench_memory(const char *gilsim)
{
	if (bench_wants("coroutine-bytes"))
		bench_report("coroutine-bytes",
			     coroutines_bytes(gilsim, bench_size(COROUTINES)) / (double)bench_size(COROUTINES), "bytes",
			     BYTES_ALLOWED);
	if (bench_wants("coroutines-10m"))
		bench_report("coroutines-10m", coroutines_bytes(gilsim, bench_size(MANY_COROUTINES)) / 0x1p30, "GiB",
			     GIB_ALLOWED);
	if (bench_wants("trace-memory"))
		bench_report("trace-memory", traced_bytes(gilsim, true) / 0x1p20, "MiB",
			     traced_bytes(gilsim, false) / 0x1p20);
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
	bench_jobs(gilsim);
	bench_memory(gilsim);
	bench_parse();
}
