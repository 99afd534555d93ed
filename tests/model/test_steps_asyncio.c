/*
 * test_steps_asyncio.c - the steps of coroutines and the model asyncio, from a scenario's text to its figures,
 * checked by hand. The profile is `ideal`: nothing costs anything, and timers are exact.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <string.h>

#include "tests/model/steps_helper.h"

static struct helper helper;

static void set_up(void)
{
	helper_open(&helper);
}

static void tear_down(void)
{
	helper_close(&helper);
}

TestSuite(steps_asyncio, .init = set_up, .fini = tear_down);

static struct variant_result run(const char *text)
{
	return helper_simulate(&helper, text);
}

#define MACHINE "machine: {profile: ideal, cores: 2}\n"
#define PROGRAM MACHINE "variants: {a: {model: program, spawn: coroutine}}\n"

Test(steps_asyncio, all_tasks_of_a_run_wait_at_once)
{
	struct variant_result result = run(MACHINE "tasks: {fetch: [{io: item}, {python: 2ms}]}\n"
						   "run: {task: fetch, items: [70ms, 30ms, 50ms]}\n"
						   "variants: {a: {model: asyncio}}\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 72));
	cr_expect(eq(dbl, result.completed, 3));
	cr_expect(eq(dbl, result.in_flight_max, 3));
	cr_expect(eq(dbl, ms(result.time_in_s[TIME_IO]), 150));
	cr_expect(eq(dbl, ms(result.time_in_s[TIME_PYTHON]), 6));
}

/* Each is an instance, a task, two frames and a timer, and stands in two lists; some 370 bytes, and pools grow by
 * an eighth. */
#define PENDING_COUNT 50000
#define PENDING_BYTES 480

Test(steps_asyncio, many_that_wait_at_once_take_little_memory)
{
	struct variant_result result;

	helper.region.limit_bytes = (size_t)PENDING_COUNT * PENDING_BYTES; /* with more the program would end */
	result = run(MACHINE "tasks: {wait: [{io: 100ms}]}\n"
			     "run: {task: wait, count: 50000}\n"
			     "variants: {a: {model: asyncio}}\n");
	cr_expect(eq(dbl, result.completed, PENDING_COUNT));
}

/* The parts of the tasks' time add up to their sojourns: 3 + 3 ms at once, then in turn. */
Test(steps_asyncio, who_is_ready_waits_for_the_loop)
{
	struct variant_result result = run(MACHINE "tasks: {work: [{io: 5ms}, {python: 3ms}]}\n"
						   "run: {task: work, count: 4}\n"
						   "variants: {a: {model: asyncio}}\n");
	double sum = 0;

	for (int i = 0; i < TIME_PART_COUNT; i++)
		sum += result.time_in_s[i];
	cr_expect(eq(dbl, ms(result.makespan_s), 5 + 4 * 3));
	cr_expect(eq(dbl, ms(result.time_in_s[TIME_LOOP_WAIT]), 0 + 3 + 6 + 9));
	cr_expect(epsilon_eq(dbl, sum, 4 * result.sojourn.mean, 1e-9));
}

Test(steps_asyncio, a_blocking_step_is_named_and_what_it_delays_is_loop_lag)
{
	struct variant_result result =
		run(PROGRAM "tasks:\n"
			    "  good: [{io: 20ms}]\n"
			    "  bad: [{block: 150ms}]\n"
			    "  main: [{create_task: good}, {create_task: bad}, {await: all}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 150));
	cr_expect(eq(dbl, ms(result.loop_lag_max_s), 130));
	cr_assert_not_null(result.note);
	cr_expect_not_null(strstr(result.note, "stood still in 'bad' 1 times, for up to 150 ms"));
}

Test(steps_asyncio, a_tree_of_gathers_starts_six_to_the_sixth_leaves)
{
	struct variant_result result =
		run(PROGRAM "tasks:\n"
			    "  node: {args: [depth], steps: [{if: depth == 0, then: [{return: 1}]},\n"
			    "    {gather: {task: node, count: 6, args: [depth - 1], as: sum}}, {return: sum}]}\n"
			    "  main: [{gather: {task: node, args: [6], as: leaves}},\n"
			    "         {repeat: leaves, do: [{python: 1us}]}]\n");

	cr_expect(eq(dbl, result.completed, 55987));
	cr_expect(eq(dbl, ms(result.makespan_s), 46.656));
}

Test(steps_asyncio, a_timeout_of_the_model_ends_each_task_that_lasts_longer)
{
	for (int minor = 10; minor <= 12; minor += 2) {
		struct variant_result result = run(
			minor == 10 ? "python: {version: '3.10'}\n" MACHINE "tasks: {slow: [{io: item}]}\n"
				      "run: {task: slow, items: [30ms, 90ms]}\n"
				      "variants: {a: {model: asyncio, timeout: 50ms, return_exceptions: true}}\n"
				    : MACHINE
				"tasks: {slow: [{io: item}]}\n"
				"run: {task: slow, items: [30ms, 90ms]}\n"
				"variants: {a: {model: asyncio, timeout: 50ms, return_exceptions: true}}\n");

		cr_expect(eq(dbl, ms(result.makespan_s), 50));
		cr_expect(eq(dbl, result.completed, 1));
		cr_expect(eq(dbl, result.timed_out, 1));
	}
}

/* gather() hands on the first failure; asyncio.run() then cancels what still runs. */
Test(steps_asyncio, the_first_failure_ends_the_run_unless_exceptions_are_returned)
{
	const char *tasks = MACHINE "tasks:\n"
				    "  work: {args: [n], steps: [{io: 10ms}, {if: n == 1, then: [{raise: oops}]},\n"
				    "                            {io: 30ms}]}\n"
				    "  main: [{gather: {task: work, count: 3, args: [index]}}]\n"
				    "variants: {a: {model: program, spawn: coroutine}}\n";
	struct variant_result result = run(tasks);

	cr_expect(eq(dbl, ms(result.makespan_s), 10));
	cr_expect(eq(dbl, result.failed, 1));
	cr_expect(eq(dbl, result.cancelled, 2));
	tear_down();
	set_up();
	result =
		run(PROGRAM "tasks:\n"
			    "  work: {args: [n], steps: [{io: 10ms}, {if: n == 1, then: [{raise: oops}]},\n"
			    "                            {io: 30ms}]}\n"
			    "  main: [{gather: {task: work, count: 3, args: [index], return_exceptions: true}}]\n");
	cr_expect(eq(dbl, ms(result.makespan_s), 40));
	cr_expect(eq(dbl, result.failed, 1));
	cr_expect(eq(dbl, result.completed, 2));
}

Test(steps_asyncio, a_timeout_block_cancels_what_is_inside_and_raises)
{
	struct variant_result result = run(PROGRAM "tasks:\n"
						   "  main:\n"
						   "    - try: [{timeout: 20ms, do: [{io: 90ms}]}]\n"
						   "      except: {timeout: [{io: 5ms}]}\n"
						   "    - timeout: 50ms\n"
						   "      do: [{io: 7ms}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 32));
}

Test(steps_asyncio, a_task_group_cancels_the_rest_when_one_fails)
{
	struct variant_result result =
		run(PROGRAM
		    "tasks:\n"
		    "  fails: [{io: 10ms}, {raise: oops}]\n"
		    "  sleeps: [{io: 70ms}]\n"
		    "  main:\n"
		    "    - try: [{task_group: [{create_task: fails}, {create_task: {task: sleeps, count: 2}}]}]\n"
		    "      except: [{io: 4ms}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 14));
	cr_expect(eq(dbl, result.failed, 1));
	cr_expect(eq(dbl, result.cancelled, 2));
}

Test(steps_asyncio, cancelled_tasks_run_their_finally_blocks)
{
	struct variant_result result = run(
		PROGRAM
		"tasks:\n"
		"  work: [{try: [{io: 90ms}], finally: [{io: 6ms}]}]\n"
		"  main: [{create_task: {task: work, count: 2}}, {io: 10ms}, {cancel: all}, {wait: {for: all}}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 16));
	cr_expect(eq(dbl, result.cancelled, 2));
}

Test(steps_asyncio, as_completed_and_wait_take_what_ends_first)
{
	struct variant_result result = run(PROGRAM "tasks:\n"
						   "  work: [{io: item}, {return: 1}]\n"
						   "  main:\n"
						   "    - create_task: {task: work, items: [30ms, 10ms, 20ms]}\n"
						   "    - as_completed: {of: all, as: r}\n"
						   "      do: [{io: 15ms}]\n" /* at 10, 25, 40 */
						   "    - create_task: {task: work, items: [8ms, 3ms]}\n"
						   "    - wait: {for: first}\n" /* 58 */
						   "    - cancel: all\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 58));
	cr_expect(eq(dbl, result.completed, 4));
	cr_expect(eq(dbl, result.cancelled, 1));
}

Test(steps_asyncio, submitted_tasks_run_on_threads_beside_the_loop)
{
	struct variant_result result =
		run(PROGRAM "tasks:\n"
			    "  read: [{block: 40ms}]\n"
			    "  tick: [{repeat: 4, do: [{io: 9ms}]}]\n"
			    "  main: [{create_task: tick}, {submit: {task: read, count: 2}}, {await: all}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 40));
	cr_expect(eq(dbl, result.completed, 3));
	cr_expect(eq(dbl, ms(result.loop_lag_max_s), 0));
}

Test(steps_asyncio, a_generator_hands_over_values_and_is_left_early)
{
	struct variant_result result =
		run(PROGRAM "tasks:\n"
			    "  rows: [{repeat: 10, as: i, do: [{io: 3ms}, {yield: i * i}]}]\n"
			    "  main:\n"
			    "    - iterate: {task: rows, as: row}\n"
			    "      do: [{python: 1ms}, {if: row == 16, then: [{break: }]}]\n"
			    "    - repeat: row\n"
			    "      do: [{python: 1ms}]\n");

	/* Five rows of 3 + 1 ms, then 16 ms. */
	cr_expect(eq(dbl, ms(result.makespan_s), 5 * 4 + 16));
}

Test(steps_asyncio, generators_of_functions_block)
{
	struct variant_result result = run(MACHINE "tasks:\n"
						   "  rows: [{repeat: 4, do: [{io: 3ms}, {yield: }]}]\n"
						   "  main: [{iterate: {task: rows}, do: [{python: 1ms}]}]\n"
						   "variants: {a: {model: program}}\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 16));
}

Test(steps_asyncio, a_queue_between_coroutines_loses_nothing)
{
	struct variant_result result =
		run(PROGRAM "resources: {jobs: {kind: queue, size: 2}}\n"
			    "tasks:\n"
			    "  produce: [{repeat: 6, as: i, do: [{put: {to: jobs, item: i + 1}}]},\n"
			    "            {put: {to: jobs, item: stop}}]\n"
			    "  consume: [{loop: [{get: {from: jobs, as: x}}, {if: x == stop, then: [{break: }]},\n"
			    "                    {repeat: x, do: [{io: 1ms}]}]}]\n"
			    "  main: [{create_task: produce}, {create_task: consume}, {await: all}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 21));
	cr_expect(eq(dbl, result.completed, 2));
}

Test(steps_asyncio, the_urgent_comes_first)
{
	/* Priorities 3, 2, 1 of 1, 2 and 4 ms: done at 4, 6, 7 ms; the mean of what `done` waits for. */
	struct variant_result result =
		run(PROGRAM "resources: {jobs: priority_queue}\n"
			    "tasks:\n"
			    "  main:\n"
			    "    - put: {to: jobs, item: 1, priority: 3}\n"
			    "    - put: {to: jobs, item: 2, priority: 2}\n"
			    "    - put: {to: jobs, item: 4, priority: 1}\n"
			    "    - let: {order: 0}\n"
			    "    - repeat: 3\n"
			    "      do: [{get: {from: jobs, as: x}}, {let: {order: order * 10 + x}}]\n"
			    "    - repeat: order\n"
			    "      do: [{io: 1ms}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 421));
}

Test(steps_asyncio, a_lock_event_and_condition_work_between_coroutines)
{
	struct variant_result result = run(PROGRAM "resources: {guard: lock, go: event, ready: condition}\n"
						   "tasks:\n"
						   "  locked: [{wait: go}, {with: guard, do: [{io: 5ms}]}]\n"
						   "  notified: [{with: ready, do: [{wait: ready}, {io: 2ms}]}]\n"
						   "  main:\n"
						   "    - create_task: {task: locked, count: 3}\n"
						   "    - create_task: {task: notified, count: 2}\n"
						   "    - io: 10ms\n"
						   "    - set: go\n"
						   "    - with: ready\n"
						   "      do: [{notify: {on: ready, all: true}}]\n"
						   "    - await: all\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 25));
	cr_expect(eq(dbl, result.completed, 5));
}

Test(steps_asyncio, retries_back_off_without_blocking_the_loop)
{
	struct variant_result result =
		run(PROGRAM "tasks:\n"
			    "  tick: [{repeat: 6, do: [{io: 5ms}]}]\n"
			    "  flaky: [{let: {n: 0}}, {retry: {times: 4, backoff: 6ms}, do: [{let: {n: n + 1}},\n"
			    "          {io: 2ms}, {if: n < 3, then: [{raise: oops}]}]}]\n"
			    "  main: [{create_task: tick}, {create_task: flaky}, {await: all}]\n");

	/* 2 + 6 + 2 + 12 + 2 = 24 ms, beside 30 ms of ticks. */
	cr_expect(eq(dbl, ms(result.makespan_s), 30));
	cr_expect(eq(dbl, result.retries, 2));
	cr_expect(eq(dbl, result.completed, 2));
}

Test(steps_asyncio, what_is_left_when_main_ends_is_cancelled)
{
	struct variant_result result = run(PROGRAM "tasks:\n"
						   "  work: [{io: 90ms}]\n"
						   "  main: [{create_task: {task: work, count: 3}}, {io: 5ms}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 5));
	cr_expect(eq(dbl, result.cancelled, 3));
	cr_expect(eq(dbl, result.unfinished, 0));
}

/*
 * The waiter is cancelled at 200 ms, and must get the lock back, which the holder has until 700 ms; it is cancelled
 * again at 300 ms. Up to 3.11 wait_for()'s task goes on alone then and the waiter ends, so `after` is released at
 * 300 ms and gets the lock at 700 ms; since 3.12 the waiter keeps its caller until 700 ms.
 */
Test(steps_asyncio, up_to_3_11_whoever_is_cancelled_twice_leaves_its_wait_for_alone)
{
	static const char text[] = "python: {version: \"%s\"}\n" PROGRAM "resources: {ready: {kind: condition}}\n"
				   "tasks:\n"
				   "  waiter: [{with: ready, do: [{wait: {on: ready, timeout: 10s}}]}]\n"
				   "  holder: [{io: 100ms}, {with: ready, do: [{io: 600ms}]}]\n"
				   "  after: [{with: ready, do: [{io: 10ms}]}]\n"
				   "  main: [{create_task: {task: waiter, as: w}}, {create_task: {task: holder, "
				   "as: h}}, {io: 200ms},\n"
				   "         {cancel: w}, {io: 100ms}, {cancel: w},\n"
				   "         {try: [{await: w}], except: {cancelled: [{let: {late: 1}}]}},\n"
				   "         {create_task: {task: after, as: a}}, {await: a}, {await: h}]\n";
	struct variant_result old = run(region_format(&helper.region, text, "3.11"));
	struct variant_result new = run(region_format(&helper.region, text, "3.12"));

	cr_expect(eq(dbl, old.cancelled, 1));
	cr_expect(eq(dbl, new.cancelled, 1));
	cr_expect(eq(dbl, ms(old.makespan_s), 710));
	cr_expect(eq(dbl, ms(new.makespan_s), 710));
	/* The waiter, `after` and the holder: 300, 410 and 700 ms; 700, 10 and 700 ms. */
	cr_expect(eq(dbl, ms(old.sojourn.p50), 410));
	cr_expect(eq(dbl, ms(new.sojourn.p50), 700));
}

/* Rounds end with the slowest: 30 + 20 + 30 ms. Nobody enters the second round before all have left the first. */
Test(steps_asyncio, a_barrier_lets_all_parties_go_at_once)
{
	struct variant_result result =
		run("python: {version: \"3.11\"}\n" PROGRAM "resources: {meet: {kind: barrier, parties: 3}}\n"
		    "tasks:\n"
		    "  a: [{io: 10ms}, {wait: meet}, {io: 20ms}, {wait: meet}, {io: 5ms}, {wait: meet}]\n"
		    "  b: [{io: 30ms}, {wait: meet}, {io: 10ms}, {wait: meet}, {io: 30ms}, {wait: meet}]\n"
		    "  c: [{wait: meet}, {wait: meet}, {wait: meet}]\n"
		    "  main: [{create_task: a}, {create_task: b}, {create_task: c}, {await: all}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 80));
	cr_expect(eq(dbl, result.completed, 3));
	cr_expect(eq(dbl, ms(result.sojourn.mean), 80));
}

/* The first one gives up after 10 ms, which does not break the barrier: the two that come later meet at 40 ms. */
Test(steps_asyncio, who_gives_up_at_a_barrier_leaves_it_whole)
{
	struct variant_result result =
		run("python: {version: \"3.13\"}\n" PROGRAM "resources: {meet: {kind: barrier, parties: 2}}\n"
		    "tasks:\n"
		    "  hasty: [{wait: {on: meet, timeout: 10ms}}]\n"
		    "  a: [{io: 20ms}, {wait: meet}]\n"
		    "  b: [{io: 40ms}, {wait: meet}]\n"
		    "  main: [{create_task: {task: hasty, as: h}}, {create_task: {task: a, as: others}},\n"
		    "         {create_task: {task: b, as: others}}, {await: others}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 40));
	cr_expect(eq(dbl, result.timed_out, 1));
	cr_expect(eq(dbl, result.completed, 2));
}

Test(steps_asyncio, coroutines_have_barriers_since_3_11)
{
	const struct scenario_options options = { .seed = 1 };

	cr_expect_not(helper_load(&helper,
				  "python: {version: \"3.10\"}\n" PROGRAM
				  "resources: {meet: {kind: barrier, parties: 1}}\n"
				  "tasks: {main: [{wait: meet}]}\n",
				  &options));
	cr_expect(helper_says(&helper, "'meet' is a barrier, which coroutines have since Python 3.11 only"));
}
