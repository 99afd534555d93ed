/*
 * test_native_server.c - servers in the simulator and for real, on the loopback device: what can be counted must be
 * the same. Also what a native run does with a machine that is not all the program's.
 */
#include "tests/unit/native_helper.h"

#include <math.h>
#include <string.h>

#include "models/simulate/simulate.h"

TestSuite(native_server, .init = native_set_up, .fini = native_tear_down, .timeout = 60);

/* Runs the only variant for real, watching its memory or not. */
static struct variant_result run_natively(const struct scenario *scenario, bool memory)
{
	const struct native_options options = { .timeout_ns = 30 * SIM_S, .memory = memory };
	struct native_error error;
	struct native_run run;

	cr_assert(native_execute(&scenario->workloads[0], &python, &options, &helper.region, &run, &error), "%s",
		  error.text);
	return run.result;
}

static void expect_counts(const char *text, double completed, double failed)
{
	const struct scenario_options options = { .profile = "ideal" };
	const struct scenario *scenario = helper_load_good(&helper, text, &options);
	const struct simulate_options simulate_options = { 0 };
	struct variant_result results[2];

	simulate(&scenario->workloads[0], &simulate_options, &helper.region, &results[0]);
	results[1] = run_natively(scenario, false);
	for (int i = 0; i < 2; i++) {
		const char *where = i == 0 ? "simulated" : "native";

		cr_expect(eq(dbl, results[i].completed, completed), "%s", where);
		cr_expect(eq(dbl, results[i].failed, failed), "%s", where);
		cr_expect(eq(dbl, results[i].unfinished, 0), "%s", where);
		cr_expect(isfinite(results[i].makespan_s), "%s", where);
	}
}

Test(native_server, blocking_workers_serve_all)
{
	expect_counts("machine: {cores: 1}\n"
		      "tasks: {request: [{io: 2ms}, {python: 100us}]}\n"
		      "run: {task: request, count: 30}\n"
		      "variants: {it: {model: server, workers: 3}}\n",
		      30, 0);
}

Test(native_server, threads_serve_arrivals_and_are_recycled)
{
	expect_counts("machine: {cores: 1}\n"
		      "tasks: {request: [{io: 2ms}]}\n"
		      "run: {task: request, arrivals: {rate: 500/s, spacing: even, count: 40}}\n"
		      "variants:\n"
		      "  it: {model: server, workers: 2, max_tasks_per_child: 9, each: {model: thread_pool, "
		      "workers: 2}}\n",
		      40, 0);
}

Test(native_server, loops_serve_what_fails_too)
{
	expect_counts("machine: {cores: 1}\n"
		      "tasks:\n"
		      "  request:\n"
		      "    - io: item\n"
		      "    - raise: Broken\n"
		      "run: {task: request, items: [1ms, 2ms, 3ms, 4ms, 5ms]}\n"
		      "variants: {it: {model: server, workers: 2, each: {model: asyncio}}}\n",
		      0, 5);
}

Test(native_server, a_silent_worker_is_killed_and_replaced)
{
	expect_counts("machine: {cores: 1}\n"
		      "tasks: {request: [{io: item}]}\n"
		      "run: {task: request, items: [10ms, 3s, 10ms, 10ms]}\n"
		      "variants: {it: {model: server, workers: 1, timeout: 600ms}}\n",
		      3, 1);
}

Test(native_server, workers_take_ahead_and_listen_on_sockets_of_their_own)
{
	expect_counts("machine: {cores: 1}\n"
		      "tasks: {request: [{io: 2ms}]}\n"
		      "run: {task: request, count: 20}\n"
		      "variants: {it: {model: server, workers: 2, prefetch: 3, reuse_port: true, warm: true}}\n",
		      20, 0);
}

Test(native_server, workers_that_are_not_forked_get_the_socket_too)
{
	expect_counts("machine: {cores: 1}\n"
		      "python: {start: spawn}\n"
		      "resources: {web: {kind: listener, backlog: 16}}\n"
		      "tasks: {request: [{io: 2ms}]}\n"
		      "run: {task: request, count: 20}\n"
		      "variants: {it: {model: server, workers: 2, warm: true, each: {model: asyncio}}}\n",
		      20, 0);
	expect_counts("machine: {cores: 1}\n"
		      "python: {start: forkserver}\n"
		      "tasks: {request: [{io: 2ms}]}\n"
		      "run: {task: request, count: 20}\n"
		      "variants: {it: {model: server, workers: 2, reuse_port: true}}\n",
		      20, 0);
}

/* ---- Users, mixes, payloads: the load of any model ---- */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The same load under several models, on one core. */
static void expect_counts_under(const char *const *models, size_t count, const char *load, double completed,
				double failed)
{
	for (size_t i = 0; i < count; i++)
		expect_counts(region_format(&helper.region, "machine: {cores: 1}\n%svariants: {it: {model: %s}}\n", load,
					    models[i]),
			      completed, failed);
}

Test(native_server, users_make_as_many_requests_as_were_asked_for)
{
	static const char *const models[] = { "thread_pool, workers: 2", "asyncio", "server, workers: 2" };

	expect_counts_under(models, LENGTH(models),
			    "tasks: {request: [{io: 2ms}]}\n"
			    "run: {task: request, users: 3, think: exponential(3ms), requests: 14}\n",
			    14, 0);
}

/* Each asks at 0, 101, 202 and 303 ms, and would ask again after the end. */
Test(native_server, users_think_and_end)
{
	static const char *const models[] = { "thread_pool, workers: 2", "server, workers: 2" };

	expect_counts_under(models, LENGTH(models),
			    "tasks: {request: [{io: 1ms}]}\n"
			    "run: {task: request, users: 2, think: 300ms, for: 1050ms}\n",
			    8, 0);
}

Test(native_server, tasks_of_a_mix_are_counted_apart)
{
	const struct scenario_options options = { .profile = "ideal" };
	const struct simulate_options simulate_options = { 0 };
	const struct scenario *scenario =
		helper_load_good(&helper,
				 "machine: {cores: 1}\n"
				 "tasks: {page: [{io: 1ms}], search: [{io: 20ms}]}\n"
				 "run: {mix: {page: 70%, search: 30%}, arrivals: {rate: 2000/s, count: 40}}\n"
				 "variants: {it: {model: thread_pool, workers: 4}}\n",
				 &options);
	struct variant_result results[2];

	simulate(&scenario->workloads[0], &simulate_options, &helper.region, &results[0]);
	results[1] = run_natively(scenario, false);
	cr_assert(eq(sz, results[1].class_count, 2));
	for (size_t i = 0; i < 2; i++) {
		cr_expect(eq(str, (char *)results[1].classes[i].name, (char *)(i == 0 ? "page" : "search")));
		cr_expect(gt(dbl, results[0].classes[i].released, 0));
		cr_expect(eq(dbl, results[1].classes[i].released, results[0].classes[i].released));
		cr_expect(eq(dbl, results[1].classes[i].completed, results[0].classes[i].completed));
		cr_expect(ge(dbl, results[1].classes[i].sojourn.p50, i == 0 ? 0.001 : 0.020));
	}
	cr_expect(eq(dbl, results[1].classes[0].released + results[1].classes[1].released, 40));
}

Test(native_server, pools_carry_arguments_and_results)
{
	static const char *const models[] = { "pool, workers: 2, chunksize: 2", "pool, workers: 2, map: imap",
					      "pool, workers: 2, map: apply_async", "process_pool, workers: 2" };

	expect_counts_under(models, LENGTH(models),
			    "tasks: {work: [{io: 1ms}]}\n"
			    "run: {task: work, count: 5, bytes: 200KiB, result_bytes: 100KiB}\n",
			    5, 0);
}

Test(native_server, users_are_answered_by_a_pool_a_loop_and_a_server)
{
	static const char *const models[] = { "thread_pool, workers: 2", "asyncio",
					      "server, workers: 2, each: {model: thread_pool, workers: 2}" };
	/* The chances are the requests' own, so they are the same whoever makes them. */
	expect_counts_under(models, LENGTH(models),
			    "tasks: {page: [{io: 1ms}, {if: {chance: 30%}, then: [{raise: Oops}]}]}\n"
			    "run: {task: page, users: 4, requests: 50, think: exponential(2ms)}\n",
			    39, 11);
}

/* Those that find two waiting are turned away and told so: were they not, their users would wait for ever. */
Test(native_server, users_who_are_turned_away_ask_again)
{
	const struct scenario *scenario =
		helper_load_good(&helper,
				 "machine: {cores: 1}\n"
				 "tasks: {page: [{io: 5ms}]}\n"
				 "run: {task: page, users: 8, requests: 60, think: 1ms}\n"
				 "variants: {it: {model: thread_pool, workers: 1, queue: 2}}\n",
				 &(const struct scenario_options){ .profile = "ideal" });
	struct variant_result result = run_natively(scenario, false);

	cr_expect(eq(dbl, result.completed + result.rejected, 60));
	cr_expect(gt(dbl, result.rejected, 0));
	cr_expect(eq(dbl, result.unfinished, 0));
}

Test(native_server, requests_are_made_inside_by_a_thread_or_a_coroutine)
{
	static const char *const models[] = { "thread_pool, workers: 2", "asyncio" };

	expect_counts_under(models, LENGTH(models),
			    "tasks: {job: [{python: 100us}]}\n"
			    "run: {task: job, arrivals: {rate: 1000/s, count: 30, from: inside}}\n",
			    30, 0);
}

/* ---- The machine ---- */

/* Natively two of three workers find no core for a while; what they do is the same. */
Test(native_server, a_program_beside_others_ends_and_its_memory_is_seen)
{
	const struct scenario_options options = { .profile = "ideal" };
	const struct scenario *scenario =
		helper_load_good(&helper,
				 "machine: {cores: 1, background: 2}\n"
				 "tasks: {work: [{allocate: 20MiB}, {python: 5ms}, {io: 20ms}]}\n"
				 "run: {task: work, count: 2}\n"
				 "variants: {it: {model: processes}}\n",
				 &options);
	struct variant_result alone = run_natively(scenario, false), watched = run_natively(scenario, true);

	cr_expect(eq(dbl, alone.completed, 2));
	cr_expect(isnan(alone.peak_memory_bytes), "nobody looked");
	cr_expect(watched.peak_memory_bytes > 40 * 1048576.0, "two blocks of 20 MiB: %g",
		  watched.peak_memory_bytes);
	cr_expect(watched.peak_memory_bytes < 400 * 1048576.0, "%g", watched.peak_memory_bytes);
}
