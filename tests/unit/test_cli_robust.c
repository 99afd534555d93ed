/*
 * test_cli_robust.c - the command in bad times: scenarios that anybody may have written, signals, and what is left behind.
 */
#include <signal.h>
#include <time.h>

#include "tests/unit/cli_helper.h"

TestSuite(cli_robust, .init = set_up, .fini = tear_down);

/* One variant `v` that does `steps` under `model`, without costs. */
static void write_scenario(const char *name, const char *steps, const char *run, const char *model)
{
	write_file(name, region_format(&region,
				       "machine: {profile: ideal, cores: 2}\n"
				       "tasks:\n  work: [%s]\nrun: {task: work, %s}\n"
				       "variants:\n  v: {model: %s}\n",
				       steps, run, model));
}

/* ---- Limits ---- */

static void expect_stopped(const char *arguments, const char *option)
{
	struct outcome outcome = gilsim("%s", arguments);

	cr_expect(eq(int, outcome.status, 1), "gilsim %s: %s%s", arguments, outcome.out, outcome.err);
	cr_expect(strstr(outcome.out, option) != NULL || strstr(outcome.err, option) != NULL, "gilsim %s: %s%s",
		  arguments, outcome.out, outcome.err);
}

Test(cli_robust, loops_of_a_billion_rounds_are_stopped)
{
	write_scenario("long.yaml", "{repeat: 1000000000, do: [{python: 1us}]}", "count: 1", "sequential");
	expect_stopped("run --max-events 10000 long.yaml", "--max-events");
	expect_stopped("run --max-time 200ms --max-events 1000000000000 long.yaml", "--max-time");
	write_scenario("many.yaml", "{python: 1us}", "count: 1000000000", "asyncio");
	expect_stopped("run --max-memory 20MiB many.yaml", "--max-memory");
}

/* What asks the simulator many questions has the same limits: each is stopped, and is no answer. */
Test(cli_robust, sweeps_plans_and_advice_are_limited)
{
	write_scenario("long.yaml", "{repeat: 1000000000, do: [{python: 1us}]}", "count: 1", "threads");
	cr_expect(eq(int, gilsim("sweep long.yaml --vary machine.cores=1..2 --max-events 10000").status, 0));
	cr_expect(eq(int, gilsim("sweep long.yaml --vary machine.cores=1..2 --max-time 300ms --max-events 1000000000000").status, 1));
	cr_expect(eq(int, gilsim("plan long.yaml --slo 'makespan < 1s' --vary machine.cores=1..2 --max-events 10000").status, 1));
	cr_expect(eq(int, gilsim("advise long.yaml --no-flips --max-events 10000").status, 1));
}

/* No event ever falls into such a loop. */
Test(cli_robust, loops_that_take_no_time_are_stopped)
{
	static const char *const loops[] = {
		"{while: 1 == 1, do: [{let: {n: 7}}]}",
		"{repeat: 1000000000, do: [{let: {n: 7}}]}",
		"{repeat: 1000000000, do: [{repeat: 1000000000, do: [{python: 0}]}]}",
		"{loop: [{if: {chance: 0%}, then: [{break: }]}]}",
	};

	for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		write_scenario("idle.yaml", loops[i], "count: 2", "threads");
		expect_stopped("run --max-events 100000 idle.yaml", "--max-events");
		expect_stopped("run --max-time 100ms --max-events 1000000000000 idle.yaml", "--max-time");
	}
}

Test(cli_robust, reading_a_scenario_has_limits_too)
{
	struct outcome outcome;

	expect_stopped("check --max-time 1us s.yaml s.yaml s.yaml s.yaml s.yaml s.yaml s.yaml s.yaml", "--max-time");
	outcome = gilsim("check --max-memory 1kB s.yaml");
	cr_expect(eq(int, outcome.status, 3));
	cr_expect(strstr(outcome.err, "which is the limit") != NULL, "%s", outcome.err);
}

/* ---- Signals, and what is left behind ---- */

static void expect_only(const char *names, const char *when)
{
	const char *left = content_of(region_format(&region, "%s/left", folder));

	cr_expect(eq(str, (char *)left, (char *)names), "%s", when);
}

/* Starts `gilsim ARGUMENTS`, sends it `signal` after so many milliseconds, returns how it ended. */
static int run_and_send(const char *arguments, int signal, int after_ms)
{
	char *program = program_path();
	struct timespec pause = { .tv_sec = after_ms / 1000, .tv_nsec = after_ms % 1000 * 1000000L };
	pid_t child = fork();
	int status;

	cr_assert(child >= 0);
	if (child == 0) {
		/* Under nohup(1) and in the background, too. */
		(void)sigaction(SIGHUP, &(const struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		(void)sigaction(SIGINT, &(const struct sigaction){ .sa_handler = SIG_DFL }, NULL);
		execl("/bin/sh", "sh", "-c",
		      region_format(&region, "cd %s && exec %s %s >out 2>err", folder, program, arguments), (char *)NULL);
		_exit(127);
	}
	free(program);
	nanosleep(&pause, NULL);
	kill(child, signal);
	cr_assert(eq(int, waitpid(child, &status, 0), child));
	cr_assert(eq(int, system(region_format(&region, "cd %s && ls | grep -vxE 'out|err|left' | tr '\\n' ' ' >left",
					       folder)),
		     0));
	return status;
}

Test(cli_robust, killed_while_it_writes_it_leaves_no_half_of_a_file)
{
	write_scenario("long.yaml", "{repeat: 1000000000, do: [{python: 1us}, {io: 1us}]}", "count: 2", "threads");
	write_file("kept.csv", "as it was\n");
	for (int after_ms = 5; after_ms < 100; after_ms += 7) {
		run_and_send("run --trace kept.csv -o new.json --format json long.yaml", SIGKILL, after_ms);
		expect_only("kept.csv long.yaml s.yaml ", "after SIGKILL");
		cr_expect(eq(str, content_of(region_format(&region, "%s/kept.csv", folder)), (char *)"as it was\n"));
	}
}

Test(cli_robust, a_signal_to_end_ends_it_with_130_and_leaves_nothing)
{
	static const int signals[] = { SIGINT, SIGTERM };

	write_scenario("long.yaml", "{repeat: 1000000000, do: [{python: 1us}, {io: 1us}]}", "count: 2", "threads");
	for (size_t i = 0; i < 2; i++) {
		int status = run_and_send("run long.yaml --max-events 1000000000000", signals[i], 300);

		cr_expect(eq(int, status, 130 << 8), "signal %d", signals[i]);
		expect_only("long.yaml s.yaml ", "after a signal");
	}
}

/* Of two simulations at a time the one that comes first in order may be cut short and the other not. */
Test(cli_robust, replications_may_be_interrupted_at_any_moment)
{
	write_scenario("short.yaml", "{repeat: 300, do: [{python: exponential(1ms)}, {io: 1ms}]}", "count: 9", "threads");
	for (int after_ms = 20; after_ms <= 240; after_ms += 20) {
		int status = run_and_send("run short.yaml --replications 100000 --jobs 2", SIGINT, after_ms);

		/* Before it watches for signals, one ends it. */
		cr_expect(status == 130 << 8 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT), "after %d ms: status 0x%x: %s",
			  after_ms, (unsigned)status, content_of(region_format(&region, "%s/err", folder)));
	}
}

/* Measuring a machine takes ten seconds and more, a good deal of it in children that are forked for it. */
Test(cli_robust, a_calibration_ends_when_it_is_told_to)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < 3; i++) {
		time_t begin = time(NULL);
		int status = run_and_send("calibrate -o mine.yaml", signals[i], 700 + 1100 * (int)i);

		cr_expect(eq(int, status, 130 << 8), "signal %d", signals[i]);
		cr_expect(le(int, (int)(time(NULL) - begin), 6), "signal %d: too slow", signals[i]);
		expect_only("s.yaml ", "after a signal");
	}
}

Test(cli_robust, a_probe_ends_when_it_is_told_to)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	for (size_t i = 0; i < 3; i++) {
		int status = run_and_send("probe --time 60s 'time:sleep(1)' -o p.yaml", signals[i], 700);

		cr_expect(eq(int, status, 130 << 8), "signal %d", signals[i]);
		expect_only("s.yaml ", "after a signal");
	}
}

Test(cli_robust, a_reader_that_goes_away_ends_it)
{
	char *program = program_path();
	int status = system(region_format(&region,
					  "cd %s && (timeout 20 %s list; echo $? >status) 2>err | head -n 1 >/dev/null; "
					  "test $(cat status) != 124",
					  folder, program));

	free(program);
	cr_expect(eq(int, status, 0));
	cr_expect(eq(str, content_of(region_format(&region, "%s/err", folder)), (char *)""));
}

/* ---- Terminals ---- */

/* What `gilsim ARGUMENTS` shows on a terminal, with these settings of the environment. */
static const char *shown_on_a_terminal(const char *settings, const char *arguments)
{
	char *program = program_path();
	int status = system(region_format(&region, "cd %s && TERM=xterm %s script -qc '%s %s' /dev/null >shown </dev/null", folder,
					  settings, program, arguments));

	free(program);
	cr_assert(eq(int, status, 0));
	return content_of(region_format(&region, "%s/shown", folder));
}

Test(cli_robust, a_terminal_has_colours_and_progress_and_nothing_else_has)
{
	const char *slow = "run --replications 2000 --jobs 1 --max-time 8s long.yaml";
	const char *shown;

	cr_expect(strchr(shown_on_a_terminal("", "run s.yaml"), '\033') != NULL);
	cr_expect(strchr(shown_on_a_terminal("NO_COLOR=1", "run s.yaml"), '\033') == NULL);
	cr_expect(strchr(gilsim("run s.yaml").out, '\033') == NULL);
	write_scenario("long.yaml", "{repeat: 2000, do: [{python: 1us}, {io: 1us}]}", "count: 2", "threads");
	shown = shown_on_a_terminal("", slow);
	cr_expect(strstr(shown, " s left") != NULL, "%s", shown);
	cr_expect(strchr(gilsim("%s", slow).err, '\r') == NULL);
}

/* ---- gilsim new ---- */

Test(cli_robust, every_template_passes_its_check_and_holds_what_it_expects)
{
	struct outcome list = gilsim("new");
	char *line = strchr(list.out, '\n');
	int count = 0;

	cr_expect(eq(int, list.status, 0));
	for (; line && line[1] != '\0'; line = strchr(line + 1, '\n')) {
		char name[64];

		cr_assert(eq(int, sscanf(line, " %63s", name), 1));
		cr_expect(eq(int, gilsim("new %s -o %s.yaml", name, name).status, 0));
		cr_expect(eq(str, gilsim("check %s.yaml", name).err, (char *)""), "%s", name);
		cr_expect(eq(int, gilsim("run %s.yaml", name).status, 0), "%s", name);
		cr_expect(strchr(content_of(region_format(&region, "%s/%s.yaml", folder, name)), '#') != NULL,
			  "%s has no comment", name);
		count++;
	}
	cr_expect(ge(int, count, 4));
	cr_expect(eq(int, gilsim("new script -o script.yaml").status, 2), "a file that is there is not overwritten");
}

Test(cli_robust, a_random_scenario_is_the_same_for_the_same_seed)
{
	const char *first = gilsim("new --random --seed 711").out;

	cr_expect(eq(str, gilsim("new --random --seed 711").out, (char *)first));
	cr_expect(ne(str, gilsim("new --random --seed 712").out, (char *)first));
	write_file("random.yaml", first);
	cr_expect(eq(int, gilsim("check random.yaml").status, 0));
	cr_expect(eq(int, gilsim("run random.yaml").status, 0));
}

/* ---- What shells and man are told ---- */

Test(cli_robust, completion_and_the_manual_know_what_the_command_knows)
{
	char *program = program_path();
	char *top = realpath(".", NULL);
	int status = system(region_format(
		&region,
		"mkdir %s/bin && ln -s %s %s/bin/gilsim && cd %s && PATH=$PWD/bin:$PATH && export PATH && "
		"bash -c '. %s/sim/cli/shell/gilsim.bash; COMP_WORDS=(gilsim va) COMP_CWORD=1; _gilsim; echo ${COMPREPLY[*]}; "
		"COMP_WORDS=(gilsim run --max-e) COMP_CWORD=2; _gilsim; echo ${COMPREPLY[*]}; "
		"COMP_WORDS=(gilsim new pi) COMP_CWORD=2; _gilsim; echo ${COMPREPLY[*]}' >out && "
		"%s/sim/cli/shell/man.sh gilsim >manual",
		folder, program, folder, folder, top, top));
	const char *manual;

	free(program);
	free(top);
	cr_assert(eq(int, status, 0));
	cr_expect(eq(str, content_of(region_format(&region, "%s/out", folder)),
		     (char *)"validate\n--max-events\npipeline\n"));
	manual = content_of(region_format(&region, "%s/manual", folder));
	cr_expect(strstr(manual, ".SH \"GILSIM VALIDATE\"") != NULL);
	cr_expect(strstr(manual, "\\-\\-max\\-events") != NULL);
}
