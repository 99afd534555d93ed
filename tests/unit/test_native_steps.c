/*
 * test_native_steps.c - steps in the simulator and on the real interpreter: what can be counted must be the same.
 */
#include "tests/unit/native_helper.h"

#include <glob.h>
#include <math.h>
#include <string.h>

#include "models/simulate/simulate.h"

TestSuite(native_steps, .init = native_set_up, .fini = native_tear_down);

struct both {
	struct variant_result simulated, native;
};

static struct variant_result run_simulated(const struct workload *workload)
{
	const struct simulate_options options = { 0 };
	struct variant_result result;

	simulate(workload, &options, &helper.region, &result);
	return result;
}

static struct variant_result run_natively(const struct workload *workload)
{
	const struct native_options options = { .timeout_ns = 30 * SIM_S };
	struct native_error error;
	struct native_run run;

	cr_assert(native_execute(workload, &python, &options, &helper.region, &run, &error), "%s, %s: %s",
		  workload->scenario, workload->variant, error.text);
	return run.result;
}

/* Runs the only variant of a scenario in the simulator and for real. */
static struct both run_both(const char *text)
{
	const struct scenario_options options = { .profile = "ideal" };
	const struct scenario *scenario = helper_load_good(&helper, text, &options);

	return (struct both){ run_simulated(&scenario->workloads[0]), run_natively(&scenario->workloads[0]) };
}

static void expect_counts(const char *text, double completed, double failed, double timed_out, double retries)
{
	struct both both = run_both(text);
	const struct variant_result *results[] = { &both.simulated, &both.native };

	for (int i = 0; i < 2; i++) {
		const char *where = i == 0 ? "simulated" : "native";

		cr_expect(eq(dbl, results[i]->completed, completed), "%s", where);
		cr_expect(eq(dbl, results[i]->failed, failed), "%s", where);
		cr_expect(eq(dbl, results[i]->timed_out, timed_out), "%s", where);
		cr_expect(eq(dbl, results[i]->retries, retries), "%s", where);
		cr_expect(eq(dbl, results[i]->unfinished, 0), "%s", where);
	}
}

/* The way through a call, with its own variables, and a result: 5! = 120. */
Test(native_steps, calls_have_variables_of_their_own_and_a_result)
{
	expect_counts("tasks:\n"
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
		      "      then: [{raise: Wrong}]\n"
		      "run: {task: work, count: 3}\n"
		      "variants: {threads: {model: threads}}\n",
		      3, 0, 0, 0);
}

Test(native_steps, exceptions_go_to_the_handler_that_takes_them)
{
	expect_counts("resources: {seen: {kind: variable}}\n"
		      "tasks:\n"
		      "  work:\n"
		      "    - try:\n"
		      "        - raise: Odd\n"
		      "      except:\n"
		      "        Even: [{let: {got: 1}}]\n"
		      "        Odd: [{let: {got: 2}}]\n"
		      "      finally:\n"
		      "        - let: {cleaned: 1}\n"
		      "    - if: got != 2 or cleaned != 1\n"
		      "      then: [{raise: Wrong}]\n"
		      "run: {task: work, count: 2}\n"
		      "variants: {threads: {model: threads}}\n",
		      2, 0, 0, 0);
}

Test(native_steps, what_leaves_a_task_is_its_outcome)
{
	expect_counts("resources: {never: {kind: event}, none: {kind: queue}}\n"
		      "tasks:\n"
		      "  impatient: [{wait: {on: never, timeout: 2ms}}]\n"
		      "  failing: [{get: {from: none, timeout: 2ms}}]\n"
		      "  fine: [{python: 1us}]\n"
		      "  main:\n"
		      "    - spawn: {task: impatient, count: 3}\n"
		      "    - spawn: {task: failing, count: 2}\n"
		      "    - spawn: fine\n"
		      "    - join: all\n"
		      "variants: {threads: {model: program}}\n",
		      1, 2, 3, 0);
}

/* Draws whose order depends on data are the same on both sides: so many tries fail. */
Test(native_steps, chances_and_retries_meet_the_same_draws)
{
	const char *text = "tasks:\n"
			   "  work:\n"
			   "    - retry: {times: 3, backoff: exponential(100us), jitter: 50%}\n"
			   "      do:\n"
			   "        - if: {chance: 40%}\n"
			   "          then: [{raise: Flaky}]\n"
			   "    - io: exponential(200us)\n"
			   "run: {task: work, count: 40}\n"
			   "variants: {pool: {model: thread_pool, workers: 3}}\n";
	struct both both = run_both(text);

	cr_expect(gt(dbl, both.simulated.retries, 10));
	cr_expect(gt(dbl, both.simulated.failed, 0));
	cr_expect(eq(dbl, both.native.retries, both.simulated.retries));
	cr_expect(eq(dbl, both.native.failed, both.simulated.failed));
	cr_expect(eq(dbl, both.native.completed, both.simulated.completed));
}

/* A consumer that starts a task for each item: how many, only the items tell. */
Test(native_steps, tasks_may_be_started_as_data_says)
{
	expect_counts("resources: {jobs: {kind: queue, size: 2}}\n"
		      "tasks:\n"
		      "  child:\n"
		      "    args: [number]\n"
		      "    steps:\n"
		      "      - if: number == 3\n"
		      "        then: [{raise: Three}]\n"
		      "  dispatcher:\n"
		      "    - loop:\n"
		      "        - get: {from: jobs, as: job}\n"
		      "        - if: job == stop\n"
		      "          then: [{break: }]\n"
		      "        - spawn: {task: child, args: [job]}\n"
		      "    - join: all\n"
		      "  main:\n"
		      "    - spawn: dispatcher\n"
		      "    - repeat: 5\n"
		      "      as: number\n"
		      "      do: [{put: {to: jobs, item: number}}]\n"
		      "    - put: {to: jobs, item: stop}\n"
		      "    - join: all\n"
		      "variants: {threads: {model: program}}\n",
		      5, 1, 0, 0);
}

Test(native_steps, every_class_of_threading_does_its_part)
{
	expect_counts("resources:\n"
		      "  rlock: {kind: rlock}\n"
		      "  condition: {kind: condition}\n"
		      "  semaphore: {kind: semaphore, value: 2}\n"
		      "  bounded: {kind: bounded_semaphore, value: 2}\n"
		      "  event: {kind: event}\n"
		      "  barrier: {kind: barrier, parties: 3}\n"
		      "  lifo: {kind: lifo_queue}\n"
		      "  simple: {kind: simple_queue}\n"
		      "  cells: {kind: array, size: 3, initial: 7}\n"
		      "  server: {kind: service, slots: 1, time: 1ms}\n"
		      "tasks:\n"
		      "  work:\n"
		      "    - wait: barrier\n"
		      "    - with: rlock\n"
		      "      do: [{with: {resource: rlock, timeout: 1s}, do: [{python: 1us}]}]\n"
		      "    - with: semaphore\n"
		      "      do: [{request: server}]\n"
		      "    - acquire: bounded\n"
		      "    - release: bounded\n"
		      "    - wait: event\n"
		      "    - with: condition\n"
		      "      do: [{wait: condition}]\n"
		      "    - read: {from: cells, index: 2, as: seven}\n"
		      "    - put: {to: lifo, item: seven}\n"
		      "    - get: {from: lifo, as: also_seven}\n"
		      "    - task_done: lifo\n"
		      "    - put: {to: simple, item: also_seven}\n"
		      "    - get: {from: simple, as: seven}\n"
		      "    - write: {to: cells, index: 2, value: seven}\n"
		      "    - if: seven != 7\n"
		      "      then: [{raise: Wrong}]\n"
		      "  main:\n"
		      "    - spawn: {task: work, count: 3}\n"
		      "    - set: event\n"
		      "    - io: 60ms\n"
		      "    - with: condition\n"
		      "      do: [{notify: {on: condition, count: 2}}, {notify: {on: condition, all: true}}]\n"
		      "    - join: all\n"
		      "    - join_queue: lifo\n"
		      "    - clear: event\n"
		      "variants: {threads: {model: program}}\n",
		      3, 0, 0, 0);
}

Test(native_steps, updates_are_lost_without_a_lock_and_not_with_one)
{
	struct both both = run_both("resources: {counter: {kind: variable}}\n"
				    "tasks:\n"
				    "  work:\n"
				    "    - read: {from: counter, as: value}\n"
				    "    - io: 20ms\n"
				    "    - write: {to: counter, value: value + 1}\n"
				    "run: {task: work, count: 5}\n"
				    "variants: {threads: {model: threads}}\n");

	cr_expect(eq(dbl, both.simulated.lost_updates, 4));
	cr_expect(eq(dbl, both.native.lost_updates, 4));
	both = run_both("resources: {counter: {kind: variable}, guard: {kind: lock}}\n"
			"tasks:\n"
			"  work:\n"
			"    - with: guard\n"
			"      do:\n"
			"        - read: {from: counter, as: value}\n"
			"        - io: 1ms\n"
			"        - write: {to: counter, value: value + 1}\n"
			"run: {task: work, count: 5}\n"
			"variants: {threads: {model: threads}}\n");
	cr_expect(eq(dbl, both.simulated.lost_updates, 0));
	cr_expect(eq(dbl, both.native.lost_updates, 0));
}

/* One serves, one waits, the others are turned away. */
Test(native_steps, a_full_queue_turns_requests_away)
{
	struct both both = run_both("tasks: {work: [{io: 300ms}]}\n"
				    "run: {task: work, arrivals: {rate: 100/s, count: 8, spacing: even}}\n"
				    "variants: {pool: {model: thread_pool, workers: 1, queue: 1}}\n");

	cr_expect(eq(dbl, both.simulated.rejected, 6));
	cr_expect(eq(dbl, both.native.rejected, 6));
	cr_expect(eq(dbl, both.native.completed, 2));
	cr_expect(ge(dbl, both.native.sojourn.p50, 0.3));
}

/* ---- The same steps in coroutines ---- */

Test(native_steps, coroutines_meet_the_same_draws)
{
	const char *text = "resources: {site: {kind: service, slots: 4, time: exponential(300us)}}\n"
			   "tasks:\n"
			   "  work:\n"
			   "    - retry: {times: 3, backoff: exponential(100us), jitter: 50%}\n"
			   "      do:\n"
			   "        - if: {chance: 40%}\n"
			   "          then: [{raise: Flaky}]\n"
			   "    - request: site\n"
			   "    - io: exponential(200us)\n"
			   "run: {task: work, count: 40}\n"
			   "variants: {loop: {model: asyncio, return_exceptions: true}}\n";
	struct both both = run_both(text);

	cr_expect(gt(dbl, both.simulated.retries, 10));
	cr_expect(gt(dbl, both.simulated.failed, 0));
	cr_expect(eq(dbl, both.native.retries, both.simulated.retries));
	cr_expect(eq(dbl, both.native.failed, both.simulated.failed));
	cr_expect(eq(dbl, both.native.completed, both.simulated.completed));
}

/* Instances that nothing but their arguments tells apart, started by one that counts them. */
Test(native_steps, coroutines_are_told_apart_by_the_index_of_a_gather)
{
	const char *text = "tasks:\n"
			   "  child:\n"
			   "    args: [number]\n"
			   "    steps: [{if: number == 1, then: [{raise: failure}], else: [{io: 1ms}]}]\n"
			   "  main: [{gather: {task: child, count: 3, args: [index], return_exceptions: true}}]\n"
			   "variants: {loop: {model: program, spawn: coroutine}}\n";
	struct both both = run_both(text);
	const struct variant_result *results[] = { &both.simulated, &both.native };

	for (int i = 0; i < 2; i++) {
		cr_expect(eq(dbl, results[i]->completed, 2));
		cr_expect(eq(dbl, results[i]->failed, 1));
	}
}

/* How many are started, the items tell; what is late times out; who waits for ever is cancelled at the end. */
Test(native_steps, coroutines_may_be_started_as_data_says)
{
	const char *text = "resources: {jobs: {kind: queue, size: 2}, never: {kind: event}, sum: {kind: variable}}\n"
			   "tasks:\n"
			   "  child:\n"
			   "    args: [number]\n"
			   "    steps:\n"
			   "      - read: {from: sum, as: before}\n"
			   "      - write: {to: sum, value: before + number}\n"
			   "      - if: number == 2\n"
			   "        then: [{wait: {on: never, timeout: 2ms}}]\n"
			   "  consume:\n"
			   "    daemon: true\n"
			   "    steps:\n"
			   "      - loop:\n"
			   "          - get: {from: jobs, as: job}\n"
			   "          - create_task: {task: child, args: [job]}\n"
			   "          - task_done: jobs\n"
			   "  main:\n"
			   "    - create_task: consume\n"
			   "    - repeat: 5\n"
			   "      as: i\n"
			   "      do: [{put: {to: jobs, item: i}}]\n"
			   "    - join_queue: jobs\n"
			   "    - io: 20ms\n"
			   "    - read: {from: sum, as: total}\n"
			   "    - if: total != 10\n"
			   "      then: [{create_task: child}, {io: 1ms}]\n"
			   "variants: {loop: {model: program, spawn: coroutine}}\n";
	struct both both = run_both(text);
	const struct variant_result *results[] = { &both.simulated, &both.native };

	for (int i = 0; i < 2; i++) {
		cr_expect(eq(dbl, results[i]->completed, 4));
		cr_expect(eq(dbl, results[i]->timed_out, 1));
		cr_expect(eq(dbl, results[i]->cancelled, 1));
		cr_expect(eq(dbl, results[i]->unfinished, 0));
	}
}

/* One is cancelled before its first step: it has an outcome, and no sojourn. */
Test(native_steps, a_coroutine_may_be_cancelled_before_it_begins)
{
	struct both both = run_both("tasks:\n"
				    "  work: [{io: 1ms}]\n"
				    "  main:\n"
				    "    - create_task: work\n"
				    "    - cancel: all\n"
				    "    - io: 5ms\n"
				    "variants: {loop: {model: program, spawn: coroutine}}\n");
	const struct variant_result *results[] = { &both.simulated, &both.native };

	for (int i = 0; i < 2; i++) {
		cr_expect(eq(dbl, results[i]->cancelled, 1));
		cr_expect(eq(dbl, results[i]->unfinished, 0));
		cr_expect(isnan(results[i]->sojourn.mean));
	}
}

/* What has not begun when the first of twelve ends is cancelled, by every executor: two of a thread pool's are at it then, and
 * those of the process pool that its call queue has are at it, too. */
Test(native_steps, a_pool_may_end_with_its_first_task)
{
	static const struct {
		const char *model;
		double least_cancelled;
	} pools[] = { { "thread_pool", 8 }, { "process_pool", 2 } };

	for (int pool = 0; pool < 2; pool++) {
		const char *model = pools[pool].model;
		const struct both both = run_both(region_format(&helper.region,
								"tasks:\n  work: [{io: 20ms}]\nrun: {task: work, count: 12}\n"
								"variants: {pool: {model: %s, workers: 2, return_when: first}}\n",
								model));
		const struct variant_result *results[] = { &both.simulated, &both.native };

		for (int i = 0; i < 2; i++) {
			cr_expect(ge(dbl, results[i]->cancelled, pools[pool].least_cancelled), "%s %d", model, i);
			cr_expect(eq(dbl, results[i]->completed + results[i]->cancelled, 12), "%s %d", model, i);
		}
	}
}

Test(native_steps, a_program_may_run_a_loop_and_a_pool)
{
	expect_counts("tasks:\n"
		      "  fetch: [{io: item}]\n"
		      "  work: [{python: 10us}]\n"
		      "  main:\n"
		      "    - run: {task: fetch, items: [1ms, 2ms, 3ms], model: asyncio}\n"
		      "    - run: {task: work, count: 4, model: thread_pool, workers: 2}\n"
		      "variants: {threads: {model: program}}\n",
		      7, 0, 0, 0);
}

Test(native_steps, processes_may_each_have_a_loop)
{
	expect_counts("tasks: {fetch: [{io: 1ms}]}\n"
		      "run: {task: fetch, count: 5}\n"
		      "variants: {loops: {model: processes, workers: 2, each: {model: asyncio}}}\n",
		      5, 0, 0, 0);
}

/* Their numbers follow from their arguments, so they are known beforehand, and with them what each draws. */
Test(native_steps, a_tree_of_tasks_that_draw_is_known_by_its_arguments)
{
	expect_counts("tasks:\n"
		      "  node:\n"
		      "    args: [depth]\n"
		      "    steps:\n"
		      "      - io: uniform(1ms, 2ms)\n"
		      "      - if: depth > 0\n"
		      "        then: [{gather: {task: node, count: 2, args: [depth - 1]}}]\n"
		      "  main: [{gather: {task: node, args: [2]}}]\n"
		      "variants: {asyncio: {model: program, spawn: coroutine}}\n",
		      7, 0, 0, 0);
}

/* Those without draws share their steps by their arguments, all at once: 1 + 3 (1 + 2 (1 + 1)) nodes. Only in the leaves
 * something is raised, as often as there are some. */
Test(native_steps, a_tree_of_tasks_that_share_their_steps_reads_its_own_arguments)
{
	expect_counts("tasks:\n"
		      "  node:\n"
		      "    args: [depth]\n"
		      "    steps:\n"
		      "      - if: depth > 0\n"
		      "        then: [{gather: {task: node, count: depth, args: [depth - 1], return_exceptions: true}}]\n"
		      "        else: [{raise: Leaf}]\n"
		      "  main: [{gather: {task: node, args: [3]}}]\n"
		      "variants: {asyncio: {model: program, spawn: coroutine}}\n",
		      10, 6, 0, 0);
}

Test(native_steps, a_loop_serves_requests_from_outside)
{
	expect_counts("tasks: {serve: [{io: 5ms}]}\n"
		      "run: {task: serve, arrivals: {rate: 500/s, count: 20}}\n"
		      "variants: {asyncio: {model: asyncio}}\n",
		      20, 0, 0, 0);
}

Test(native_steps, answers_come_through_sockets)
{
	const char *scenario = "tasks: {fetch: [{repeat: 3, do: [{io: 4ms, io_via: socket}]}, {io: \"uniform(1ms, 2ms)\", io_via: "
			       "socket}]}\n"
			       "run: {task: fetch, count: 5}\n"
			       "variants: {a: {model: %s}}\n";
	const char *models[] = { "sequential", "threads", "processes", "asyncio" };

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		struct both both = run_both(region_format(&helper.region, scenario, models[i]));

		cr_expect(eq(dbl, both.native.completed, 5), "%s", models[i]);
		cr_expect(ge(dbl, both.native.makespan_s, both.simulated.makespan_s), "%s", models[i]);
		cr_expect(strstr(both.native.note, "answered 20 requests") != NULL, "%s", both.native.note);
	}
}

Test(native_steps, a_coroutine_submits_to_processes_and_processes_meet)
{
	expect_counts("resources: {crunchers: {kind: process_pool, workers: 2}}\n"
		      "tasks:\n"
		      "  crunch: {args: [n], steps: [{io: 2ms}, {return: n * 2}]}\n"
		      "  main:\n"
		      "    - with: crunchers\n"
		      "      do:\n"
		      "        - submit: {task: crunch, to: crunchers, count: 4, args: [index], as: done}\n"
		      "        - await: {of: done, as: last}\n"
		      "        - if: last != 6\n"
		      "          then: [{raise: Wrong}]\n"
		      "        - gather: {task: seen}\n"
		      "  seen: [{io: 1ms}]\n"
		      "variants: {a: {model: program, spawn: coroutine}}\n",
		      5, 0, 0, 0);
	expect_counts("resources: {meeting: {kind: barrier, parties: 3}}\n"
		      "tasks:\n"
		      "  work: [{wait: meeting}]\n"
		      "  main: [{spawn: {task: work, count: 3}}, {join: all}]\n"
		      "variants: {a: {model: program, spawn: process}}\n",
		      3, 0, 0, 0);
}

/* Eleven requests of 5 ms to a server with one slot, whichever process they come from. */
Test(native_steps, a_service_has_as_many_slots_for_processes)
{
	struct both both = run_both("resources: {server: {kind: service, slots: 1, time: 5ms}}\n"
				    "tasks: {work: [{request: server}]}\n"
				    "run: {task: work, count: 11}\n"
				    "variants: {v: {model: processes}}\n");

	cr_expect(eq(dbl, both.native.completed, 11));
	cr_expect(ge(dbl, both.native.makespan_s, 0.055));
}

/* Both the simulator and the interpreter do what each file expects, which was worked out by hand. */
Test(native_steps, what_programs_count_is_what_was_worked_out)
{
	glob_t found;

	cr_assert(eq(int, glob("tests/semantics/*.yaml", 0, NULL, &found), 0));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const struct scenario_options options = { .profile = "ideal" };
		const struct scenario *scenario =
			scenario_load(found.gl_pathv[i], &options, &helper.region, &helper.diagnostics);

		cr_assert(scenario != NULL, "%s", helper_messages(&helper));
		for (int native = 0; native < 2; native++) {
			struct variant_result *variants =
				region_alloc_array(&helper.region, scenario->workload_count, sizeof(*variants));
			struct results results = { .variants = variants,
						   .variant_count = scenario->workload_count };

			for (size_t j = 0; j < scenario->workload_count; j++) {
				variants[j] = native ? run_natively(&scenario->workloads[j])
						     : run_simulated(&scenario->workloads[j]);
				variants[j].name = scenario->workloads[j].variant;
			}
			for (size_t j = 0; j < scenario->expectation_count; j++) {
				const struct expectation *expectation = &scenario->expectations[j];
				const struct expectation_outcome outcome = expectation_test(expectation, &results);

				cr_expect(outcome.verdict == VERDICT_HOLDS, "%s, %s: '%s' is %g", found.gl_pathv[i],
					  native ? "native" : "simulated", expectation->text, outcome.actual);
			}
		}
	}
	globfree(&found);
}

/* gh-112202: since 3.13 a waiter that gives up passes a notification on that it may have had, though it had none. */
Test(native_steps, a_waiter_of_a_condition_that_gives_up_wakes_another_since_3_13)
{
	static const char text[] = "python: {version: \"%s\"}\n"
				   "resources: {c: condition}\n"
				   "tasks:\n"
				   "  first: [{with: c, do: [{wait: {on: c, timeout: 20ms}}]}]\n"
				   "  second: [{with: c, do: [{wait: {on: c, timeout: 60ms}}]}]\n"
				   "  main: [{create_task: first}, {create_task: second}, {wait: {for: all}}]\n"
				   "variants: {loop: {model: program, spawn: coroutine}}\n";
	const struct scenario_options options = { .profile = "ideal" };

	for (int is_new = 0; is_new < 2; is_new++) {
		const char *version = is_new ? "3.13" : "3.12";
		const struct scenario *scenario =
			helper_load_good(&helper, region_format(&helper.region, text, version), &options);
		struct variant_result result = run_simulated(&scenario->workloads[0]);

		cr_expect(eq(dbl, result.timed_out, is_new ? 1 : 2), "%s", version);
		cr_expect(eq(dbl, result.completed, is_new ? 1 : 0), "%s", version);
	}
}
