/*
 * test_check_steps.c - every step under every model: where a variant cannot run it, `check` says so at its line, and
 * nowhere else.
 */
#include "tests/unit/scenario_helper.h"

#include "models/simulate/simulate.h"

/* A letter for each place in which a task's steps may find themselves. */
static const struct {
	char letter;
	const char *variant;
	bool is_program;
} places[] = {
	{ 'T', "model: threads", false },
	{ 'P', "model: thread_pool", false },
	{ 'M', "model: processes", false },
	{ 'O', "model: pool", false },
	{ 'X', "model: process_pool", false },
	{ 'A', "model: asyncio", false },
	{ 'S', "model: server", false },
	{ 'L', "model: server, each: {model: asyncio}", false },
	{ 't', "model: program, spawn: thread", true },
	{ 'p', "model: program, spawn: process", true },
	{ 'c', "model: program, spawn: coroutine", true },
};

#define FUNCTIONS "TPMOXStp"
#define COROUTINES "ALc"
#define ONE_PROCESS "TPAtc"
#define PROCESSES "MOXSLp"

/* A step, and the places that cannot run it: what no such Python program can do, and what is not simulated. */
static const struct {
	enum step_kind kind;
	const char *text, *cannot;
} steps[] = {
	{ STEP_PYTHON, "{python: 1ms}", "" },
	{ STEP_C, "{c: 1ms}", "" },
	{ STEP_NATIVE, "{native: 1ms}", "" },
	{ STEP_IO, "{io: 1ms}", "" },
	{ STEP_BLOCK, "{block: 1ms}", "" },
	{ STEP_ALLOCATE, "{allocate: 1MiB}", "" },
	{ STEP_REPEAT, "{repeat: 2, do: [{io: 1ms}]}", "" },
	{ STEP_LOOP, "{loop: [{break: }]}", "" },
	{ STEP_BREAK, "{loop: [{io: 1ms}, {break: }]}", "" },
	{ STEP_WHILE, "{while: 0, do: [{io: 1ms}]}", "" },
	{ STEP_IF, "{if: 1, then: [{io: 1ms}]}", "" },
	{ STEP_LET, "{let: {x: 1}}", "" },
	{ STEP_CALL, "{call: other}", "" },
	{ STEP_RETURN, "{return: 1}", "" },
	{ STEP_TRY, "{try: [{io: 1ms}], except: [{io: 1ms}]}", "" },
	{ STEP_RAISE, "{try: [{raise: Oops}], except: [{io: 1ms}]}", "" },
	{ STEP_RETRY, "{retry: 2, do: [{io: 1ms}]}", "" },
	{ STEP_STAGE, "{stage: one}", "" },
	{ STEP_SPAWN, "{spawn: other}", "TPMOXASL" },
	{ STEP_JOIN, "{join: all}", "TPMOXASL" },
	{ STEP_RUN, "{run: {task: other, model: threads, count: 2}}", COROUTINES },
	{ STEP_WITH, "{with: lock, do: [{io: 1ms}]}", "" },
	{ STEP_WITH, "{with: rlock, do: [{io: 1ms}]}", COROUTINES },
	{ STEP_WITH, "{with: limiter, do: [{io: 1ms}]}", "MOXASLpc" },
	{ STEP_ACQUIRE, "{acquire: semaphore}", "" },
	{ STEP_RELEASE, "{release: semaphore}", "" },
	{ STEP_WAIT, "{wait: event}", "" },
	{ STEP_WAIT, "{wait: barrier}", "" },
	{ STEP_SET, "{set: event}", "" },
	{ STEP_CLEAR, "{clear: event}", "" },
	{ STEP_NOTIFY, "{with: condition, do: [{notify: condition}]}", "" },
	{ STEP_PUT, "{put: queue}", "" },
	{ STEP_PUT, "{put: simple}", COROUTINES },
	{ STEP_PUT, "{put: lifo}", PROCESSES },
	{ STEP_PUT, "{put: urgent}", PROCESSES },
	{ STEP_GET, "{get: queue}", "" },
	{ STEP_TASK_DONE, "{task_done: queue}", "" },
	{ STEP_JOIN_QUEUE, "{join_queue: queue}", "" },
	{ STEP_READ, "{read: variable}", "" },
	{ STEP_READ, "{read: array}", "" },
	{ STEP_WRITE, "{write: {to: variable, value: 1}}", "" },
	{ STEP_WRITE, "{write: {to: block, value: 1}}", ONE_PROCESS },
	{ STEP_WRITE, "{write: {to: managed, value: 1}}", ONE_PROCESS },
	{ STEP_REQUEST, "{request: service}", "" },
	{ STEP_CREATE_TASK, "{create_task: other}", FUNCTIONS },
	{ STEP_GATHER, "{gather: other}", FUNCTIONS },
	{ STEP_TIMEOUT, "{timeout: 1s, do: [{io: 1ms}]}", FUNCTIONS },
	{ STEP_SHIELD, "{shield: all}", FUNCTIONS },
	{ STEP_TASK_GROUP, "{task_group: [{io: 1ms}]}", FUNCTIONS },
	{ STEP_YIELD, "{iterate: values, do: [{python: 1ms}]}", "" },
	{ STEP_ITERATE, "{iterate: values, do: [{io: 1ms}]}", "" },
	{ STEP_AWAIT, "{await: all}", "" },
	{ STEP_WAIT_HANDLES, "{wait: {for: all}}", "" },
	{ STEP_AS_COMPLETED, "{as_completed: all, do: [{io: 1ms}]}", "" },
	{ STEP_CANCEL, "{cancel: all}", "" },
	{ STEP_SUBMIT, "{submit: {task: other, to: executor}}", "" },
	{ STEP_SEND, "{send: pipe}", "TPALtc" },
	{ STEP_RECV, "{recv: pipe}", "TPALtc" },
};

#define STEP_LINE 28
static const char resources[] = "machine: {profile: ideal, cores: 2}\n"
				"python: {version: \"3.13\"}\n"
				"resources:\n"
				"  lock: {kind: lock}\n"
				"  rlock: {kind: rlock}\n"
				"  semaphore: {kind: semaphore, value: 1}\n"
				"  condition: {kind: condition}\n"
				"  event: {kind: event}\n"
				"  barrier: {kind: barrier, parties: 1}\n"
				"  queue: {kind: queue}\n"
				"  lifo: {kind: lifo_queue}\n"
				"  urgent: {kind: priority_queue}\n"
				"  simple: {kind: simple_queue}\n"
				"  variable: {kind: variable}\n"
				"  array: {kind: array, size: 4}\n"
				"  service: {kind: service, time: 1ms}\n"
				"  executor: {kind: thread_pool, workers: 2}\n"
				"  pipe: {kind: pipe}\n"
				"  limiter: {kind: limiter, tokens: 2}\n"
				"  block: {kind: shared_memory, bytes: 64B}\n"
				"  managed: {kind: manager}\n"
				"tasks:\n"
				"  other: [{io: 1ms}]\n"
				"  values: [{yield: 1}]\n"
				"  it:\n"
				"    - io: 1ms\n"
				"    -\n";

/* Whether each error is told there. That tasks are never started is a warning. */
static void expect_lines(struct helper *helper, int first, int last)
{
	for (size_t i = 0; i < helper->diagnostics.count; i++) {
		const struct diagnostic *diagnostic = &helper->diagnostics.items[i];

		if (diagnostic->severity == DIAGNOSTIC_ERROR)
			cr_expect(first <= diagnostic->line && diagnostic->line <= last, "%s", helper_messages(helper));
	}
}

/* What `gilsim check` does. */
static void check(struct helper *helper, const char *step, size_t place)
{
	const struct scenario_options options = { .seed = 1 };
	const struct scenario *scenario;
	char text[2000];

	snprintf(text, sizeof(text), "%s      %s\n%svariants: {v: {%s}}\n", resources, step,
		 places[place].is_program ? "  main: [{spawn: it}, {join: all}]\n" : "run: {task: it, count: 2}\n",
		 places[place].variant);
	scenario = helper_load(helper, text, &options);
	if (scenario)
		simulate_check(&scenario->workloads[0], &helper->diagnostics);
}

Test(check_steps, what_a_model_cannot_run_is_told_at_its_line)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		for (size_t place = 0; place < sizeof(places) / sizeof(places[0]); place++) {
			bool cannot = strchr(steps[i].cannot, places[place].letter) != NULL;
			struct helper helper;

			helper_open(&helper);
			check(&helper, steps[i].text, place);
			cr_expect(eq(int, helper.diagnostics.error_count > 0, cannot), "%s with %s: %s", steps[i].text,
				  places[place].variant, helper_messages(&helper));
			expect_lines(&helper, STEP_LINE, STEP_LINE);
			helper_close(&helper);
		}
}

/* Bodies and handlers are parts of other steps. */
Test(check_steps, no_step_is_left_out)
{
	for (int kind = 0; kind < STEP_KIND_COUNT; kind++) {
		bool found = kind == STEP_BODY || kind == STEP_EXCEPT || kind == STEP_FINALLY;

		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
			found = found || steps[i].kind == (enum step_kind)kind;
		cr_expect(found, "%s", step_names[kind]);
	}
}

Test(check_steps, arrivals_and_users_need_a_model_that_serves_them)
{
	static const char *const loads[] = { "arrivals: {rate: 10/s, for: 1s}", "users: 3, requests: 9",
					     "arrivals: {rate: 10/s, for: 1s, from: inside}" };
	static const char *const cannot[] = { "TMOX", "TMOX", "TMOXSL" };

	for (size_t load = 0; load < 3; load++)
		for (size_t place = 0; place < sizeof(places) / sizeof(places[0]); place++) {
			const struct scenario_options options = { .seed = 1 };
			struct helper helper;
			char text[400];
			const struct scenario *scenario;

			if (places[place].is_program)
				continue;
			snprintf(text, sizeof(text),
				 "machine: {profile: ideal}\ntasks: {it: [{io: 1ms}]}\nrun: {task: it, %s}\n"
				 "variants: {v: {%s}}\n", loads[load], places[place].variant);
			helper_open(&helper);
			scenario = helper_load(&helper, text, &options);
			if (scenario)
				simulate_check(&scenario->workloads[0], &helper.diagnostics);
			cr_expect(eq(int, helper.diagnostics.error_count > 0,
				     strchr(cannot[load], places[place].letter) != NULL),
				  "%s with %s: %s", loads[load], places[place].variant, helper_messages(&helper));
			expect_lines(&helper, 3, 4);
			helper_close(&helper);
		}
}

/* Of the wrong kind, each value is an error with its place; no kind of value ends the program. */
Test(check_steps, every_kind_of_value_is_answered)
{
	static const char *const values[] = { "", "''", "x", "3", "[x, y]", "[{io: 1ms}]", "{x: y}", "{}", "[]" };

	for (enum step_kind kind = 0; kind < STEP_KIND_COUNT; kind++) {
		for (size_t i = 0; i < 2 * sizeof(values) / sizeof(values[0]); i++) {
			const char *body = i % 2 ? ", do: [{io: 1ms}]" : "";
			struct helper helper;
			char text[256];

			snprintf(text, sizeof(text), "tasks: {main: [{%s: %s%s}]}\nvariants: {v: {model: program}}\n",
				 step_names[kind], values[i / 2], body);
			helper_open(&helper);
			if (!helper_load(&helper, text, &(const struct scenario_options){ .seed = 1 }))
				cr_expect(helper_says(&helper, ": error: "), "%s", text);
			helper_close(&helper);
		}
	}
}
