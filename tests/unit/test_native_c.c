/*
 * test_native_c.c - the c backend: what it runs, what it says that it cannot run, and that it follows the GIL's
 * rules.
 *
 * Other programs share this machine, so only counts, orders and lower bounds are tested, no times.
 */
#include "tests/unit/scenario_helper.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>

#include "models/simulate/simulate.h"
#include "sim/native_c/c_backend.h"

static struct helper helper;
static struct native_error error;

static void set_up(void)
{
	helper_open(&helper);
}

static void tear_down(void)
{
	helper_close(&helper);
}

TestSuite(native_c, .init = set_up, .fini = tear_down, .timeout = 120);

/* The scenario's only variant, ready for the backend. */
static struct workload adapted(const char *text)
{
	const struct scenario_options options = { .profile = "default" };
	const struct scenario *scenario = helper_load_good(&helper, text, &options);
	struct workload workload = scenario->workloads[0];

	c_backend_adapt(&workload);
	return workload;
}

static struct native_run execute(const struct workload *workload)
{
	const struct native_options options = { .timeout_ns = 60 * SIM_S, .trace = true };
	struct native_run run;

	cr_assert(c_backend_execute(workload, &options, &helper.region, &run, &error), "%s", error.text);
	cr_expect(run.result.measured);
	cr_expect(eq(dbl, run.result.unfinished, 0));
	return run;
}

static struct native_run run_text(const char *text)
{
	struct workload workload = adapted(text);

	return execute(&workload);
}

/* Six tasks of all kinds of work under that model. */
static const char *all_work_under(const char *model)
{
	return region_format(&helper.region,
			     "machine: {cores: 2}\n"
			     "tasks:\n"
			     "  work:\n"
			     "    - python: 2ms\n"
			     "    - c: 1ms\n"
			     "    - native: 1ms\n"
			     "    - io: 1ms\n"
			     "    - block: 1ms\n"
			     "run: {task: work, count: 6}\n"
			     "variants: {under-test: %s}\n",
			     model);
}

/* ---- Models ---------------------------------------------------------------------------------------------- */

Test(native_c, every_model_completes_every_task)
{
	static const char *const models[] = {
		"{model: sequential}",
		"{model: threads}",
		"{model: threads, set: {python.version: \"3.13\", python.gil: off}}",
		"{model: thread_pool, workers: 3}",
		"{model: thread_pool, workers: 3, set: {python.version: \"3.13\"}}",
		"{model: thread_pool, workers: 3, warm: true}",
		"{model: thread_pool, workers: 3, set: {python.version: \"3.13\", python.gil: off}}",
		"{model: processes}",
		"{model: processes, workers: 2, each: {model: thread_pool, workers: 2}}",
		"{model: pool, workers: 2}",
		"{model: pool, workers: 2, warm: true}",
		"{model: pool, workers: 2, map: apply_async}",
		"{model: asyncio}",
		"{model: processes, workers: 2, each: {model: asyncio}}",
	};

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		struct native_run run = run_text(all_work_under(models[i]));

		cr_expect(eq(dbl, run.result.completed, 6), "%s", models[i]);
		cr_expect(run.result.makespan_s >= 0.002, "%s", models[i]); /* the waits take their time at least */
		cr_expect(run.result.sojourn.max <= run.result.makespan_s, "%s", models[i]);
		cr_expect(eq(sz, run.task_count, 6), "%s", models[i]);
		cr_expect(run.step_count >= 6 * 3, "%s", models[i]);
		for (int kind = 0; kind < 3; kind++) {
			cr_expect(run.spin_before[kind] > 0);
			cr_expect(run.spin_after[kind] > 0);
			cr_expect(run.spin_during[kind] > 0, "%s: kind %d", models[i], kind);
		}
	}
}

/* Each process of a pool, or of one each, is another. */
Test(native_c, processes_are_processes)
{
	static const char *const models[] = { "{model: processes}", "{model: pool, workers: 2}" };

	for (size_t i = 0; i < 2; i++) {
		struct native_run run = run_text(all_work_under(models[i]));

		for (size_t task = 0; task < run.task_count; task++) {
			cr_expect(run.tasks[task].process != 0);
			cr_expect(run.tasks[task].process != getpid());
			cr_expect(i == 1 || task == 0 || run.tasks[task].process != run.tasks[0].process);
		}
	}
}

Test(native_c, a_program_spawns_threads_processes_and_coroutines)
{
	static const char *const spawns[] = { "thread", "process", "coroutine" };

	for (size_t i = 0; i < 3; i++) {
		struct native_run run =
			run_text(region_format(&helper.region,
					       "tasks:\n"
					       "  child:\n"
					       "    args: [n]\n"
					       "    steps:\n"
					       "      - repeat: n\n"
					       "        do: [{io: 1ms}, {python: 100us}]\n"
					       "  main:\n"
					       "    - stage: begin\n"
					       "    - spawn: {task: child, count: 3, args: [2], as: some}\n"
					       "    - join: some\n"
					       "    - stage: again\n"
					       "    - spawn: {task: child, args: [1]}\n"
					       "    - join: all\n"
					       "variants: {under-test: {model: program, spawn: %s}}\n",
					       spawns[i]));

		cr_expect(eq(dbl, run.result.completed, 4), "%s", spawns[i]);
		cr_assert(eq(sz, run.result.stage_count, 2), "%s", spawns[i]);
		cr_expect(eq(str, (char *)run.result.stages[1].name, "again"));
		cr_expect(run.result.stages[1].start_s >= 0.002, "two waits of a millisecond come before");
	}
}

Test(native_c, coroutines_gather_others)
{
	struct native_run run = run_text("tasks:\n"
					 "  leaf: [{io: 2ms}]\n"
					 "  work:\n"
					 "    - gather: {task: leaf, count: 3}\n"
					 "    - create_task: {task: leaf, as: later}\n"
					 "    - python: 100us\n"
					 "    - await: later\n"
					 "run: {task: work, count: 2}\n"
					 "variants: {asyncio: {model: asyncio}}\n");

	cr_expect(eq(dbl, run.result.completed, 2 + 2 * 4));
	cr_expect(run.result.makespan_s >= 0.004);
}

/* ---- The GIL --------------------------------------------------------------------------------------------- */

/* A long task, then a short one. */
static struct native_run long_beside_short(const char *kind)
{
	struct native_run run =
		run_text(region_format(&helper.region,
				       "machine: {cores: 2}\n"
				       "tasks:\n"
				       "  long: [{%s: 300ms}]\n"
				       "  short: [{python: 1ms}]\n"
				       "  main: [{spawn: {task: long}}, {spawn: {task: short}}, {join: all}]\n"
				       "variants: {threads: {model: program, spawn: thread}}\n",
				       kind));

	cr_assert(eq(sz, run.task_count, 2));
	return run;
}

Test(native_c, bytecode_gives_the_gil_up_on_request)
{
	struct native_run run = long_beside_short("python");

	cr_expect(run.tasks[1].end_ns < run.tasks[0].end_ns);
}

Test(native_c, a_c_call_keeps_the_gil_to_its_end)
{
	struct native_run run = long_beside_short("c");
	int64_t call_ns = run.tasks[0].end_ns - run.tasks[0].start_ns; /* whatever the machine's pace made of it */

	cr_expect(run.tasks[1].start_ns - run.tasks[0].start_ns > call_ns * 4 / 5);
}

Test(native_c, native_code_and_waits_leave_the_gil_to_others)
{
	static const char *const kinds[] = { "native", "io", "block" };

	for (size_t i = 0; i < 3; i++) {
		struct native_run run = long_beside_short(kinds[i]);

		cr_expect(run.tasks[1].end_ns < run.tasks[0].end_ns, "%s", kinds[i]);
	}
}

/* Whatever the machine is at: under the GIL no two threads compute at once. */
Test(native_c, two_threads_of_bytecode_take_as_long_as_both_together)
{
	struct native_run run = run_text("machine: {cores: 2}\n"
					 "tasks: {work: [{python: 100ms}]}\n"
					 "run: {task: work, count: 2}\n"
					 "variants: {threads: {model: threads}}\n");
	struct workload workload = adapted("tasks: {work: [{python: 100ms}]}\n"
					   "run: {task: work, count: 2}\n"
					   "variants: {threads: {model: threads}}\n");
	double cpu_s = 2 * 0.1 * run.spin_during[0] / workload.python.spin_python_ns;

	cr_expect(run.result.makespan_s >= 0.97 * cpu_s, "%g s for %g s of work", run.result.makespan_s, cpu_s);
	cr_expect(run.result.in_flight_max >= 2);
}

/* ---- Steps and resources --------------------------------------------------------------------------------- */

/* What can be counted must be what the simulator counts. */
static struct native_run expect_counts(const char *text, double completed, double failed, double timed_out)
{
	struct workload workload = adapted(text);
	const struct simulate_options options = { 0 };
	struct native_run run = execute(&workload);
	struct variant_result simulated;

	simulate(&workload, &options, &helper.region, &simulated);
	cr_expect(eq(dbl, run.result.completed, completed));
	cr_expect(eq(dbl, run.result.failed, failed));
	cr_expect(eq(dbl, run.result.timed_out, timed_out));
	cr_expect(eq(dbl, simulated.completed, completed));
	cr_expect(eq(dbl, simulated.failed, failed));
	cr_expect(eq(dbl, simulated.timed_out, timed_out));
	return run;
}

static const char *increments(const char *before, const char *after)
{
	return region_format(
		&helper.region,
		"resources: {total: {kind: variable}, guard: {kind: lock}}\n"
		"tasks:\n"
		"  work:\n"
		"    - repeat: 10\n"
		"      do:\n"
		"        %s[{read: {from: total, as: x}}, {block: 200us}, {write: {to: total, value: x + 1}}]%s\n"
		"run: {task: work, count: 4}\n"
		"variants: {threads: {model: threads}}\n",
		before, after);
}

Test(native_c, a_lock_is_exclusive)
{
	struct native_run guarded = run_text(increments("[{with: guard, do: ", "}]"));
	struct native_run bare = run_text(increments("", ""));

	cr_expect(eq(dbl, guarded.result.lost_updates, 0));
	cr_expect(bare.result.lost_updates > 0);
}

Test(native_c, a_lock_is_exclusive_among_processes)
{
	static const char *const format =
		"resources: {total: {kind: variable}, guard: {kind: lock}}\n"
		"tasks:\n"
		"  work:\n"
		"    - repeat: 10\n"
		"      do: [{with: guard, do: [{read: {from: total, as: x}}, {block: 200us},\n"
		"                              {write: {to: total, value: x + 1}}]}]\n"
		"run: {task: work, count: 3}\n"
		"variants: {processes: {model: processes}}\n";
	struct native_run run = run_text(format);

	cr_expect(eq(dbl, run.result.completed, 3));
	cr_expect(eq(dbl, run.result.lost_updates, 0));
	cr_expect(run.result.makespan_s >= 30 * 0.0002, "one after the other");
}

Test(native_c, processes_send_each_other_messages)
{
	expect_counts("resources: {way: {kind: pipe}}\n"
		      "tasks:\n"
		      "  send: [{repeat: 3, do: [{send: {to: way, item: 5, bytes: 300KiB}}]}]\n"
		      "  receive:\n"
		      "    - repeat: 3\n"
		      "      do:\n"
		      "        - recv: {from: way, as: x}\n"
		      "        - if: x != 5\n"
		      "          then: [{raise: wrong}]\n"
		      "    - recv: {from: way, timeout: 5ms}\n"
		      "  main: [{spawn: receive}, {spawn: send}, {join: all}]\n"
		      "variants: {processes: {model: program, spawn: process}}\n",
		      1, 1, 0);
}

Test(native_c, control_flow_goes_where_the_simulator_goes)
{
	struct native_run run = expect_counts("tasks:\n"
					      "  factorial:\n"
					      "    args: [n]\n"
					      "    steps:\n"
					      "      - if: n == 0\n"
					      "        then: [{return: 1}]\n"
					      "      - call: {task: factorial, args: [n - 1], as: below}\n"
					      "      - return: n * below\n"
					      "  work:\n"
					      "    - call: {task: factorial, args: [5], as: result}\n"
					      "    - if: result != 120\n"
					      "      then: [{raise: wrong}]\n"
					      "    - try:\n"
					      "        - raise: broken\n"
					      "      except:\n"
					      "        broken: [{let: {result: 0}}]\n"
					      "      finally: [{python: 10us}]\n"
					      "    - while: result < 3\n"
					      "      do: [{let: {result: result + 1}}]\n"
					      "    - loop: [{break: }]\n"
					      "    - retry: {times: 3, backoff: 1ms}\n"
					      "      do: [{raise: broken}]\n"
					      "run: {task: work, count: 2}\n"
					      "variants: {sequential: {model: sequential}}\n",
					      0, 2, 0);

	cr_expect(eq(dbl, run.result.retries, 4));
}

Test(native_c, threads_meet_at_queues_events_conditions_barriers_and_semaphores)
{
	struct native_run run =
		expect_counts("resources:\n"
			      "  q: {kind: queue, size: 2}\n"
			      "  first: {kind: priority_queue}\n"
			      "  go: {kind: event}\n"
			      "  met: {kind: barrier, parties: 2}\n"
			      "  few: {kind: bounded_semaphore, value: 1}\n"
			      "  turn: {kind: condition}\n"
			      "  again: {kind: rlock}\n"
			      "tasks:\n"
			      "  produce:\n"
			      "    - repeat: 5\n"
			      "      do: [{put: {to: q, item: 7}}]\n"
			      "    - put: {to: first, item: 2, priority: 2}\n"
			      "    - put: {to: first, item: 1, priority: 1}\n"
			      "    - set: go\n"
			      "    - wait: met\n"
			      "    - block: 5ms\n"
			      "    - with: turn\n"
			      "      do: [{notify: turn}]\n"
			      "    - join_queue: q\n"
			      "  consume:\n"
			      "    - repeat: 5\n"
			      "      do:\n"
			      "        - get: {from: q, as: x}\n"
			      "        - if: x != 7\n"
			      "          then: [{raise: wrong}]\n"
			      "        - with: few\n"
			      "          do: [{block: 100us}]\n"
			      "        - task_done: q\n"
			      "    - wait: go\n"
			      "    - get: {from: first, as: x}\n"
			      "    - if: x != 1\n"
			      "      then: [{raise: wrong}]\n"
			      "    - with: turn\n"
			      "      do: [{wait: met}, {wait: {on: turn, timeout: 10s}}]\n"
			      "    - with: again\n"
			      "      do: [{with: again, do: [{python: 10us}]}]\n"
			      "  main: [{spawn: {task: produce}}, {spawn: {task: consume}}, {join: all}]\n"
			      "variants: {threads: {model: program, spawn: thread}}\n",
			      2, 0, 0);

	cr_expect(run.result.makespan_s >= 0.005);
}

Test(native_c, what_waits_too_long_times_out)
{
	expect_counts("resources: {never: {kind: event}, held: {kind: lock}, none: {kind: queue}}\n"
		      "tasks:\n"
		      "  work:\n"
		      "    - try: [{get: {from: none, as: x, timeout: 2ms}}]\n"
		      "      except: {empty: [{python: 10us}]}\n"
		      "    - acquire: held\n"
		      "    - try: [{acquire: {resource: held, timeout: 2ms}}]\n"
		      "      except: {timeout: [{python: 10us}]}\n"
		      "    - release: held\n"
		      "    - wait: {on: never, timeout: 2ms}\n"
		      "run: {task: work, count: 1}\n"
		      "variants: {threads: {model: threads}}\n",
		      0, 0, 1);
}

Test(native_c, draws_are_those_of_the_simulator)
{
	struct workload workload = adapted("tasks:\n"
					   "  work:\n"
					   "    - io: exponential(4ms)\n"
					   "    - if: {chance: 50%}\n"
					   "      then: [{raise: unlucky}]\n"
					   "run: {task: work, count: 20}\n"
					   "variants: {sequential: {model: sequential}}\n");
	const struct simulate_options options = { 0 };
	struct variant_result simulated;
	struct native_run run = execute(&workload);

	simulate(&workload, &options, &helper.region, &simulated);
	cr_expect(simulated.failed > 0 && simulated.failed < 20);
	cr_expect(eq(dbl, run.result.failed, simulated.failed));
	cr_expect(run.result.makespan_s >= 0.9 * simulated.makespan_s);
}

/* ---- What it does not run -------------------------------------------------------------------------------- */

static void expect_why_not(const char *text, const char *expected)
{
	struct workload workload = adapted(text);
	const char *why_not = NULL;

	cr_expect(not(c_backend_can_run(&workload, &why_not)), "%s", expected);
	cr_assert(why_not != NULL);
	cr_expect(strstr(why_not, expected) != NULL, "'%s' in '%s'", expected, why_not);
}

Test(native_c, what_it_cannot_run_is_said)
{
	expect_why_not(all_work_under("{model: process_pool, workers: 2}"), "no such model");
	expect_why_not(all_work_under("{model: pool, workers: 2, set: {python.start: spawn}}"), "by fork only");
	expect_why_not(all_work_under("{model: threads, set: {python.version: \"3.14\"}}"), "up to 3.13");
	expect_why_not(all_work_under("{model: threads, set: {machine.quota: 0.5}}"), "no limits");
	expect_why_not("resources: {guard: {kind: lock}}\n"
		       "tasks: {work: [{with: guard, do: [{io: 1ms}]}]}\n"
		       "run: {task: work, count: 2}\n"
		       "variants: {asyncio: {model: asyncio}}\n",
		       "does not know a step");
	expect_why_not("tasks: {work: [{io: 1ms}]}\n"
		       "run: {task: work, arrivals: {rate: 10/s, for: 1s}}\n"
		       "variants: {pool: {model: thread_pool, workers: 2}}\n",
		       "no load generator");
}

/* ---- Ends ------------------------------------------------------------------------------------------------ */

static const char *const endless_pool = "tasks: {work: [{python: 60s}]}\n"
					"run: {task: work, count: 4}\n"
					"variants: {pool: {model: pool, workers: 2}}\n";

static void expect_no_children(void)
{
	cr_expect(eq(int, waitpid(-1, NULL, WNOHANG), -1));
	cr_expect(eq(int, errno, ECHILD));
}

Test(native_c, a_run_that_takes_too_long_is_killed_with_its_children)
{
	struct workload workload = adapted(endless_pool);
	const struct native_options options = { .timeout_ns = 2 * SIM_S };
	struct native_run run;

	cr_assert(c_backend_execute(&workload, &options, &helper.region, &run, &error), "%s", error.text);
	cr_expect(eq(dbl, run.result.unfinished, 4));
	cr_expect(eq(str, (char *)run.result.note, "killed when its time was up"));
	expect_no_children();
}

static volatile sig_atomic_t interrupts;

static void count_interrupt(int signal_number)
{
	(void)signal_number;
	interrupts++;
}

Test(native_c, an_interrupt_ends_the_run_and_leaves_nothing)
{
	struct workload workload = adapted(endless_pool);
	const struct native_options options = { .timeout_ns = 60 * SIM_S };
	pid_t parent = getpid(), child;
	struct native_run run;

	signal(SIGINT, count_interrupt);
	child = fork();
	cr_assert(child >= 0);
	if (child == 0) {
		sleep(1);
		kill(parent, SIGINT);
		_exit(0);
	}
	cr_expect(not(c_backend_execute(&workload, &options, &helper.region, &run, &error)));
	cr_expect(eq(int, interrupts, 1));
	cr_expect(strstr(error.text, "interrupted") != NULL, "%s", error.text);
	waitpid(child, NULL, 0);
	expect_no_children();
}

Test(native_c, what_main_leaves_behind_is_cancelled)
{
	struct native_run run = run_text("tasks: {work: [{create_task: {task: wait}}], wait: [{io: 1s}]}\n"
					 "run: {task: work, count: 1}\n"
					 "variants: {asyncio: {model: asyncio}}\n");

	cr_expect(eq(dbl, run.result.completed, 1));
	cr_expect(eq(dbl, run.result.cancelled, 1));
	cr_expect(run.result.makespan_s < 0.9);
}

/* ---- Costs ----------------------------------------------------------------------------------------------- */

Test(native_c, an_adapted_workload_has_the_machines_costs_and_the_rules_of_time_alone)
{
	const struct scenario_options options = { .profile = "default" };
	const struct scenario *scenario = helper_load_good(&helper, all_work_under("{model: threads}"), &options);
	const double *before = scenario->workloads[0].machine.costs.value;
	struct workload workload = scenario->workloads[0];
	const double *after = workload.machine.costs.value;

	c_backend_adapt(&workload);
	for (int cost = 0; cost < COST_COUNT; cost++)
		if (cost_infos[cost].scope == SCOPE_MACHINE)
			cr_expect(eq(dbl, after[cost], before[cost]), "%s", cost_infos[cost].name);
		else if (cost_infos[cost].nature == NATURE_WORK)
			cr_expect(eq(dbl, after[cost], 0), "%s", cost_infos[cost].name);
	cr_expect(before[COST_TPE_SUBMIT] > 0, "or there was nothing to take away");
	cr_expect(eq(dbl, after[COST_GIL_INTERVAL], before[COST_GIL_INTERVAL]));
	cr_expect(eq(dbl, after[COST_AIO_TIMER_ROUND], before[COST_AIO_TIMER_ROUND]));
	cr_expect(after[COST_SPIN_PYTHON] > 0 && after[COST_SPIN_PYTHON] < 1000);
	cr_expect(eq(dbl, workload.python.spin_python_ns, after[COST_SPIN_PYTHON]));
	cr_expect(eq(dbl, workload.python.slowdown_python, 1));
}
