/*
 * test_native_trace.c - what a traced run on the real interpreter notes, and the records that are made of it.
 */
#include "tests/unit/native_helper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/trace_native.h"

TestSuite(native_trace, .init = native_set_up, .fini = native_tear_down);

static const struct workload *load(const char *text)
{
	return &helper_load_good(&helper, text, &(struct scenario_options){ .profile = "ideal" })->workloads[0];
}

static struct native_run run_traced(const char *text)
{
	const struct native_options options = { .timeout_ns = 200 * SIM_S, .trace = true };
	struct native_error error;
	struct native_run run;

	cr_assert(native_execute(load(text), &python, &options, &helper.region, &run, &error), "%s", error.text);
	return run;
}

/* ---- Messages --------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const struct native_message *x = a, *y = b;

	return x->number != y->number ? (x->number > y->number) - (x->number < y->number)
				      : x->received - y->received;
}

/* Each message sets out once and comes once, later, elsewhere: to another process, or another thread. */
static void expect_pairs(const char *text, size_t count, bool to_processes)
{
	struct native_run run = run_traced(text);

	cr_assert(eq(sz, run.message_count, 2 * count), "%s", text);
	qsort(run.messages, run.message_count, sizeof(run.messages[0]), by_number);
	for (size_t i = 0; i < count; i++) {
		const struct native_message *sent = &run.messages[2 * i], *received = sent + 1;

		cr_assert(eq(i64, sent->number, (int64_t)i + 1));
		cr_assert(eq(i64, received->number, (int64_t)i + 1));
		cr_expect(received->received && !sent->received);
		cr_expect(eq(u32, sent->resource, received->resource));
		cr_expect(ge(i64, sent->time_ns, 0));
		cr_expect(le(i64, sent->time_ns, received->time_ns));
		cr_expect(i == 0 || sent[-2].time_ns <= sent->time_ns, "numbered in the order of setting out");
		cr_expect(to_processes ? sent->process != received->process : sent->process == received->process);
	}
}

#define PRODUCER_AND_CONSUMERS(RESOURCE, PUT, GET, VARIANT)                                                        \
	"resources: {items: {kind: " RESOURCE "}}\n"                                                               \
	"tasks:\n"                                                                                                 \
	"  main: [{spawn: produce}, {spawn: {task: consume, count: 2}}, {join: all}]\n"                            \
	"  produce: [{repeat: 20, do: [" PUT "]}]\n"                                                               \
	"  consume: [{repeat: 10, do: [" GET "]}]\n"                                                               \
	"variants: {one: " VARIANT "}\n"
#define BY_THREADS "{model: program, spawn: thread}"
#define BY_PROCESSES "{model: program, spawn: process}"

Test(native_trace, messages_between_threads_pair_up)
{
	static const char *const kinds[] = {
		PRODUCER_AND_CONSUMERS("queue, size: 3", "{put: items}", "{get: items}", BY_THREADS),
		PRODUCER_AND_CONSUMERS("lifo_queue", "{put: items}", "{get: items}", BY_THREADS),
		PRODUCER_AND_CONSUMERS("simple_queue", "{put: items}", "{get: items}", BY_THREADS),
		PRODUCER_AND_CONSUMERS("priority_queue", "{put: {to: items, priority: 7}}", "{get: items}",
				       BY_THREADS),
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		expect_pairs(kinds[i], 20, false);
}

Test(native_trace, messages_between_processes_pair_up)
{
	static const char *const kinds[] = {
		PRODUCER_AND_CONSUMERS("queue, size: 3", "{put: items}", "{get: items}", BY_PROCESSES),
		PRODUCER_AND_CONSUMERS("simple_queue", "{put: items}", "{get: items}", BY_PROCESSES),
		"resources: {items: {kind: pipe}}\n"
		"tasks:\n"
		"  main: [{spawn: produce}, {spawn: consume}, {join: all}]\n"
		"  produce: [{repeat: 20, do: [{send: {to: items, bytes: 5KiB}}]}]\n"
		"  consume: [{repeat: 20, do: [{recv: items}]}]\n"
		"variants: {one: " BY_PROCESSES "}\n",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		expect_pairs(kinds[i], 20, true);
}

Test(native_trace, messages_between_coroutines_pair_up)
{
	expect_pairs(PRODUCER_AND_CONSUMERS("queue, size: 3", "{put: items}", "{get: items}",
					    "{model: program, spawn: coroutine}"),
		     20, false);
}

/* What the program does with items is not disturbed by the numbers that travel with them. */
Test(native_trace, items_arrive_as_they_were_put)
{
	static const char *const orders[] = { "queue", "lifo_queue", "simple_queue" };

	for (size_t i = 0; i < 3; i++) {
		const char *text = region_format(&helper.region,
						 "resources: {items: {kind: %s}}\n"
						 "tasks:\n"
						 "  main:\n"
						 "    - put: {to: items, item: 1}\n"
						 "    - put: {to: items, item: 2}\n"
						 "    - get: {from: items, as: x}\n"
						 "    - if: x == %d\n"
						 "      then: [{spawn: fine}, {join: all}]\n"
						 "  fine: [{python: 1us}]\n"
						 "variants: {one: " BY_THREADS "}\n",
						 orders[i], i == 1 ? 2 : 1);
		struct native_run run = run_traced(text);

		cr_expect(eq(dbl, run.result.completed, 1), "%s", orders[i]);
		cr_expect(eq(sz, run.message_count, 3), "one of two was taken out");
	}
}

/* ---- Who holds the GIL ------------------------------------------------------------------------------ */

static int by_begin(const void *a, const void *b)
{
	const struct native_step *x = a, *y = b;

	return (x->begin_ns > y->begin_ns) - (x->begin_ns < y->begin_ns);
}

Test(native_trace, threads_that_compute_hold_the_gil_by_turns)
{
	struct native_run run =
		run_traced("machine: {cores: 2}\ntasks: {count: [{python: 60ms}]}\nrun: {task: count, count: 2}\n"
			   "variants: {threads: {model: threads}}\n");
	int64_t held_ns = 0, overlap_ns = 0, waited_ns = 0;
	size_t hand_overs = 0;

	qsort(run.holds, run.hold_count, sizeof(run.holds[0]), by_begin);
	for (size_t i = 0; i < run.hold_count; i++) {
		held_ns += run.holds[i].end_ns - run.holds[i].begin_ns;
		if (i == 0)
			continue;
		hand_overs += run.holds[i].thread != run.holds[i - 1].thread;
		if (run.holds[i].begin_ns < run.holds[i - 1].end_ns)
			overlap_ns += run.holds[i - 1].end_ns - run.holds[i].begin_ns;
	}
	for (size_t i = 0; i < run.step_count; i++)
		if (strcmp(run.steps[i].what, "gil_wait") == 0)
			waited_ns += run.steps[i].end_ns - run.steps[i].begin_ns;
	cr_expect(gt(sz, hand_overs, 4), "one each switch interval of 5 ms");
	cr_expect(gt(i64, held_ns, 80 * SIM_MS));
	cr_expect(lt(i64, overlap_ns, held_ns / 20), "%lld of %lld ns", (long long)overlap_ns, (long long)held_ns);
	cr_expect(gt(i64, waited_ns, 20 * SIM_MS), "who does not hold it waits for it");
}

/* On a build with the GIL each process has its own; alone in it a thread never waits for it. */
Test(native_trace, processes_do_not_wait_for_each_others_gil)
{
	struct native_run run =
		run_traced("machine: {cores: 2}\ntasks: {count: [{python: 40ms}]}\nrun: {task: count, count: 2}\n"
			   "variants: {processes: {model: processes}}\n");

	cr_expect(ge(sz, run.hold_count, 2));
	for (size_t i = 0; i < run.step_count; i++)
		cr_expect(strcmp(run.steps[i].what, "gil_wait") != 0, "for %lld ns",
			  (long long)(run.steps[i].end_ns - run.steps[i].begin_ns));
}

/* ---- As records ------------------------------------------------------------------------------------- */

#define MOST 64

struct taken {
	struct trace_record records[MOST];
	size_t count;
};

static void take(void *context, const struct trace_record *record)
{
	struct taken *taken = context;

	cr_assert(lt(sz, taken->count, MOST));
	cr_expect(taken->count == 0 || taken->records[taken->count - 1].time_ns <= record->time_ns);
	taken->records[taken->count++] = *record;
}

static struct taken records_of(const struct workload *workload, const struct native_run *run, unsigned phases)
{
	struct taken taken = { .count = 0 };
	const struct trace_sink sink = { .emit = take, .context = &taken, .phases = phases };

	trace_native_run(&sink, workload, run, &helper.region);
	return taken;
}

static const struct workload *two_queues(void)
{
	return load("resources: {jobs: {kind: queue}, other: {kind: queue}}\n"
		    "tasks: {main: [{put: jobs}, {get: jobs}, {put: other}]}\n"
		    "variants: {one: " BY_THREADS "}\n");
}

Test(native_trace, messages_and_what_waits_in_queues_are_told)
{
	struct native_message messages[] = {
		{ .time_ns = 300, .process = 9, .thread = 12, .resource = 0, .received = true, .number = 1 },
		{ .time_ns = 100, .process = 9, .thread = 11, .resource = 0, .number = 1 },
		{ .time_ns = 200, .process = 9, .thread = 11, .resource = 0, .number = 2 },
	};
	const struct native_run run = { .result.makespan_s = 1e-6, .messages = messages, .message_count = 3 };
	struct taken taken =
		records_of(two_queues(), &run, 1u << TRACE_SEND | 1u << TRACE_RECEIVE | 1u << TRACE_COUNTER);
	static const struct {
		enum trace_phase phase;
		int64_t value;
		int32_t thread;
	} expected[] = { { TRACE_SEND, 1, 0 },	   { TRACE_COUNTER, 1, -1 }, { TRACE_SEND, 2, 0 },
			 { TRACE_COUNTER, 2, -1 }, { TRACE_RECEIVE, 1, 1 },  { TRACE_COUNTER, 1, -1 } };

	cr_assert(eq(sz, taken.count, 6));
	for (size_t i = 0; i < taken.count; i++) {
		cr_expect(eq(int, (int)taken.records[i].phase, (int)expected[i].phase), "record %zu", i);
		cr_expect(eq(i64, taken.records[i].value, expected[i].value), "record %zu", i);
		cr_expect(eq(i32, taken.records[i].thread, expected[i].thread), "record %zu", i);
		cr_expect(eq(str, (char *)taken.records[i].what, (char *)"queue"));
		cr_expect(eq(str, (char *)taken.records[i].name, (char *)"jobs"));
	}
}

Test(native_trace, a_hold_goes_on_after_one_that_fell_into_it)
{
	struct native_step holds[] = {
		{ .begin_ns = 100, .end_ns = 900, .process = 9, .thread = 11 },
		{ .begin_ns = 300, .end_ns = 400, .process = 9, .thread = 12 },
		{ .begin_ns = 350, .end_ns = 500, .process = 8, .thread = 8 }, /* another process, another GIL */
	};
	const struct native_run run = { .result.makespan_s = 1e-6, .holds = holds, .hold_count = 3 };
	struct taken taken = records_of(two_queues(), &run, 1u << TRACE_TAKE | 1u << TRACE_DROP);
	static const struct {
		sim_ns time_ns;
		enum trace_phase phase;
		int32_t thread;
		int64_t lock;
	} expected[] = { { 100, TRACE_TAKE, 0, 0 }, { 300, TRACE_TAKE, 1, 0 }, { 350, TRACE_TAKE, 2, 1 },
			 { 400, TRACE_DROP, 1, 0 }, { 400, TRACE_TAKE, 0, 0 }, { 500, TRACE_DROP, 2, 1 },
			 { 900, TRACE_DROP, 0, 0 } };

	cr_assert(eq(sz, taken.count, 7));
	for (size_t i = 0; i < taken.count; i++) {
		cr_expect(eq(i64, taken.records[i].time_ns, expected[i].time_ns), "record %zu", i);
		cr_expect(eq(int, (int)taken.records[i].phase, (int)expected[i].phase), "record %zu", i);
		cr_expect(eq(i32, taken.records[i].thread, expected[i].thread), "record %zu", i);
		cr_expect(eq(i64, taken.records[i].value, expected[i].lock), "record %zu", i);
	}
}

Test(native_trace, tasks_come_from_who_released_them)
{
	/* The program's thread 11; a task of it, on 12, that submits another from 200 to 300, as 13 does from 250
	 * to 270. */
	struct native_step releases[] = {
		{ .begin_ns = 0, .end_ns = 1000, .process = 11, .thread = 11 },
		{ .begin_ns = 200, .end_ns = 300, .process = 11, .thread = 12 },
		{ .begin_ns = 250, .end_ns = 270, .process = 11, .thread = 13 },
	};
	struct native_task tasks[] = {
		{ .release_ns = 100, .start_ns = 150, .end_ns = 400, .process = 11, .thread = 12 },
		{ .release_ns = 220, .start_ns = 500, .end_ns = 600, .process = 11, .thread = 14 },
		{ .release_ns = 260,
		  .start_ns = 510,
		  .end_ns = 600,
		  .process = 11,
		  .thread = 15 }, /* by 12 or by 13 */
		{ .release_ns = 700, .start_ns = 710, .end_ns = 800, .process = 11, .thread = 11 }, /* by itself */
	};
	const struct native_run run = {
		.result.makespan_s = 1e-6, .releases = releases, .release_count = 3, .tasks = tasks, .task_count = 4
	};
	struct taken taken = records_of(two_queues(), &run, 1u << TRACE_SEND | 1u << TRACE_RECEIVE);
	static const struct {
		sim_ns time_ns;
		enum trace_phase phase;
		int32_t thread;
		int64_t number;
	} expected[] = { { 100, TRACE_SEND, 0, 1 },
			 { 150, TRACE_RECEIVE, 1, 1 },
			 { 220, TRACE_SEND, 1, 2 },
			 { 500, TRACE_RECEIVE, 3, 2 } };

	cr_assert(eq(sz, taken.count, 4));
	for (size_t i = 0; i < taken.count; i++) {
		cr_expect(eq(i64, taken.records[i].time_ns, expected[i].time_ns), "record %zu", i);
		cr_expect(eq(int, (int)taken.records[i].phase, (int)expected[i].phase), "record %zu", i);
		cr_expect(eq(i32, taken.records[i].thread, expected[i].thread), "record %zu", i);
		cr_expect(eq(i64, taken.records[i].value, expected[i].number), "record %zu", i);
		cr_expect(eq(str, (char *)taken.records[i].what, (char *)"task"));
	}
}

/* Each task of a pool, of threads or of processes, comes from the program's thread; each that a task submits from
 * that. */
Test(native_trace, pools_get_their_tasks_from_the_program)
{
	static const char *const pools[] = {
		"tasks: {nap: [{io: 1ms}]}\nrun: {task: nap, count: 6}\nvariants: {one: {model: thread_pool, "
		"workers: 2}}\n",
		"tasks: {nap: [{io: 1ms}]}\nrun: {task: nap, count: 6}\nvariants: {one: {model: process_pool, "
		"workers: 2}}\n",
		"resources: {workers: {kind: thread_pool, workers: 2}}\n"
		"tasks:\n"
		"  main: [{submit: {task: nap, to: workers, count: 6}}, {await: all}]\n"
		"  nap: [{io: 1ms}]\n"
		"variants: {one: {model: program, spawn: thread}}\n",
	};

	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
		const struct workload *workload = load(pools[i]);
		struct native_run run = run_traced(pools[i]);
		struct taken taken = records_of(workload, &run, 1u << TRACE_SEND | 1u << TRACE_RECEIVE);
		int32_t sender = -1;

		cr_assert(eq(sz, taken.count, 12), "%s", pools[i]);
		for (size_t k = 0; k < taken.count; k++) {
			if (taken.records[k].phase == TRACE_SEND && sender < 0)
				sender = taken.records[k].thread;
			cr_expect(eq(int, taken.records[k].phase == TRACE_SEND, taken.records[k].thread == sender));
		}
	}
}

/* ---- Beside measurements ----------------------------------------------------------------------------- */

Test(native_trace, runs_that_are_timed_note_nothing_where_that_is_done_apart)
{
	const struct scenario *scenario = helper_load_good(&helper,
							   "tasks: {work: [{python: 1ms}, {io: 1ms}]}\n"
							   "run: {task: work, count: 3}\n"
							   "variants: {one: {model: threads}}\n",
							   &(struct scenario_options){ .profile = "ideal" });
	const struct native_arguments arguments = {
		.repeat = 2, .timeout_ns = 200 * SIM_S, .quick = true, .trace_path = "t.json", .note_apart = true
	};
	struct native_rounds rounds;

	native_rounds_run(&rounds, scenario, &python, &arguments, 1, &helper.region);
	cr_assert(eq(sz, rounds.round_count, 2));
	for (size_t round = 0; round < 2; round++) {
		const struct native_run *run = native_rounds_at(&rounds, round, 0);

		cr_expect(run->result.measured);
		cr_expect(eq(sz, run->task_count + run->step_count, 0));
	}
	cr_expect(eq(sz, rounds.noted[0].task_count, 3));
	cr_expect(ge(sz, rounds.noted[0].step_count, 6));
}
