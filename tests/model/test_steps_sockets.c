/*
 * test_steps_sockets.c - io_via: socket, requests from outside under asyncio, executors of coroutines and barriers
 * across processes, from a scenario's text to its figures, checked by hand. The profile is `ideal`, but for what a
 * test sets.
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

TestSuite(steps_sockets, .init = set_up, .fini = tear_down);

static struct variant_result run(const char *text)
{
	return helper_simulate(&helper, text);
}

#define MACHINE "machine: {profile: ideal, cores: 2}\n"

/* Connected once. An answer comes 10 ms after its request, whose sending is a part of them; then it is read:
 * 1 + 3 x (10 + 3). */
Test(steps_sockets, a_thread_uses_its_connection_again)
{
	struct variant_result result =
		run(MACHINE "tasks: {fetch: [{io: 10ms, io_via: socket}]}\n"
			    "run: {task: fetch, count: 3}\n"
			    "variants: {a: {model: sequential, set: {profile.socket.connect: 1ms, "
			    "profile.socket.send: 2ms, profile.socket.recv: 3ms}}}\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 40));
	cr_expect(eq(dbl, ms(result.time_in_s[TIME_IO]), 24));
}

Test(steps_sockets, threads_have_a_connection_each)
{
	struct variant_result result = run(MACHINE "tasks: {fetch: [{io: 10ms, io_via: socket}]}\n"
						   "run: {task: fetch, count: 6}\n"
						   "variants: {a: {model: thread_pool, workers: 3}}\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 20));
}

/* Opened in 1 ms; each request 1 ms of writing, of which its 10 ms count, and 2 ms for what comes: 1 + 2 x 12. */
Test(steps_sockets, a_coroutine_pays_for_its_stream)
{
	struct variant_result result =
		run(MACHINE "tasks: {fetch: [{io: 10ms, io_via: socket}, {io: 10ms, io_via: socket}]}\n"
			    "run: {task: fetch, count: 1}\n"
			    "variants: {a: {model: asyncio, set: {profile.aio.stream_open: 1ms, "
			    "profile.aio.stream_write: 1ms, profile.socket.recv: 1ms, "
			    "profile.aio.stream_read: 1ms}}}\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 25));
}

Test(steps_sockets, coroutines_wait_at_once)
{
	struct variant_result result = run(MACHINE "tasks: {fetch: [{io: 10ms, io_via: socket}]}\n"
						   "run: {task: fetch, count: 1000}\n"
						   "variants: {a: {model: asyncio}}\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 10));
	cr_expect(eq(dbl, result.completed, 1000));
}

/* Its connection goes with the answer that nobody waits for: the next request opens another, in 1 ms. */
Test(steps_sockets, a_read_that_is_cancelled_closes_its_connection)
{
	struct variant_result result = run(
		MACHINE "tasks:\n"
			"  main:\n"
			"    - try: [{timeout: 5ms, do: [{io: 20ms, io_via: socket}]}]\n"
			"      except: {timeout: [{io: 30ms, io_via: socket}]}\n"
			"variants: {a: {model: program, spawn: coroutine, set: {profile.aio.stream_open: 1ms}}}\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 36));
}

Test(steps_sockets, a_loop_serves_requests_from_outside)
{
	struct variant_result result =
		run(MACHINE "tasks: {serve: [{io: 20ms}]}\n"
			    "run: {task: serve, arrivals: {rate: 100/s, count: 10, spacing: even}}\n"
			    "variants: {a: {model: asyncio}}\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 120));
	cr_expect(eq(dbl, result.completed, 10));
	cr_expect(eq(dbl, ms(result.sojourn.max), 20));
	cr_expect(eq(dbl, result.in_flight_max, 3), "one begins as another ends");
}

/* Of those that come each 10 ms, two are under way for 35 ms: in 4 x 10 ms two are let in. */
Test(steps_sockets, a_loop_turns_away_what_its_queue_cannot_take)
{
	struct variant_result result =
		run(MACHINE "tasks: {serve: [{io: 35ms}]}\n"
			    "run: {task: serve, arrivals: {rate: 100/s, count: 8, spacing: even}}\n"
			    "variants: {a: {model: asyncio, queue: 2}}\n");

	cr_expect(eq(dbl, result.completed, 4));
	cr_expect(eq(dbl, result.rejected, 4));
}

/* 4 x 20 ms on two processes beside 60 ms of the loop's own: the results come back, also what was raised. */
Test(steps_sockets, a_coroutine_submits_to_processes)
{
	struct variant_result result =
		run(MACHINE "resources: {crunchers: {kind: process_pool, workers: 2}}\n"
			    "tasks:\n"
			    "  crunch: {args: [n], steps: [{io: 20ms}, {return: n * 2}]}\n"
			    "  fail: [{raise: Odd}]\n"
			    "  main:\n"
			    "    - with: crunchers\n"
			    "      do:\n"
			    "        - submit: {task: crunch, to: crunchers, count: 4, args: [index], as: done}\n"
			    "        - io: 60ms\n"
			    "        - await: {of: done, as: last}\n"
			    "        - if: last != 6\n"
			    "          then: [{raise: Wrong}]\n"
			    "        - submit: {task: fail, to: crunchers, as: failing}\n"
			    "        - try: [{await: failing}]\n"
			    "          except: {Odd: [{io: 10ms}]}\n"
			    "variants: {a: {model: program, spawn: coroutine}}\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 70));
	cr_expect(eq(dbl, result.completed, 4));
	cr_expect(eq(dbl, result.failed, 1));
}

/* All go on when the last has come, after 30 ms; who waits 5 ms only breaks it for all. */
Test(steps_sockets, processes_meet_at_a_barrier)
{
	const char *scenario =
		MACHINE "resources: {meeting: {kind: barrier, parties: 3}}\n"
			"tasks:\n"
			"  work: {args: [n], steps: [{repeat: n + 1, do: [{io: 10ms}]}, {wait: %s}, {io: 5ms}]}\n"
			"  main: [{spawn: {task: work, count: 3, args: [index]}}, {join: all}]\n"
			"variants: {a: {model: program, spawn: process}}\n";
	struct variant_result result = run(region_format(&helper.region, scenario, "meeting"));

	cr_expect(eq(dbl, ms(result.makespan_s), 35));
	cr_expect(eq(dbl, result.completed, 3));
	result = run(region_format(&helper.region, scenario, "{on: meeting, timeout: 5ms}"));
	cr_expect(eq(dbl, result.failed, 3));
}

/* A turn of uvloop costs what its factor says; its timers are rounded to the nearest millisecond, asyncio's select
 * up. */
Test(steps_sockets, uvloop_has_costs_and_timers_of_its_own)
{
	const char *scenario =
		MACHINE "python: {loop: %s}\n"
			"tasks: {nap: [{io: 5400us}]}\n"
			"run: {task: nap, count: 1}\n"
			"variants: {a: {model: asyncio, set: {profile.aio.run: 10ms, profile.aio.uvloop: 0.5, "
			"profile.aio.timer_round: 1ms}}}\n";

	cr_expect(eq(dbl, ms(run(region_format(&helper.region, scenario, "asyncio")).makespan_s), 16));
	cr_expect(eq(dbl, ms(run(region_format(&helper.region, scenario, "uvloop")).makespan_s), 10));
}
