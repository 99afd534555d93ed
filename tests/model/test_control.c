/* Control flow: what runs, for how long, and how a task ends; checked by hand. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tests/unit/scenario_helper.h"

#include "models/simulate/simulate.h"

static void expect_run(const char *tasks, double makespan_s, double completed, double failed, double retries)
{
	const struct scenario_options options = { .seed = 1 };
	struct variant_result result;
	struct scenario *scenario;
	struct helper helper;

	helper_open(&helper);
	scenario = helper_load(&helper, tasks, &options);
	cr_assert(scenario != NULL, "%s", helper_messages(&helper));
	simulate(&scenario->workloads[0], &(struct simulate_options){ 0 }, &helper.region, &result);
	cr_expect(epsilon_eq(dbl, result.makespan_s, makespan_s, 1e-12));
	cr_expect(eq(dbl, result.completed, completed));
	cr_expect(eq(dbl, result.failed, failed));
	cr_expect(eq(dbl, result.retries, retries));
	helper_close(&helper);
}

#define RUN "run: {task: work}\nmachine: {profile: ideal}\nvariants: {s: {model: sequential}}\n"

/* fib(5) makes 15 calls of 7 ms; its 5 is the number of rounds of 11 ms. */
Test(control, calls_have_arguments_and_results)
{
	expect_run(RUN "tasks:\n"
		       "  fib:\n"
		       "    args: [n]\n"
		       "    steps:\n"
		       "      - io: 7ms\n"
		       "      - if: n < 2\n"
		       "        then: [{return: n}]\n"
		       "      - call: {task: fib, args: [n - 1], as: a}\n"
		       "      - call: {task: fib, args: [n - 2], as: b}\n"
		       "      - return: a + b\n"
		       "  work: [{call: {task: fib, args: [5], as: r}}, {repeat: r, do: [{io: 11ms}]}]\n",
		   15 * 0.007 + 5 * 0.011, 1, 0, 0);
}

Test(control, a_while_ends_by_its_condition_or_a_break)
{
	expect_run(RUN "tasks:\n"
		       "  work:\n"
		       "    - let: {i: 3}\n"
		       "    - while: i > 0\n"
		       "      do: [{io: 7ms}, {let: {i: i - 1}}]\n"
		       "    - while: 1\n"
		       "      do: [{io: 5ms}, {if: i == 2, then: [break], else: [{let: {i: i + 1}}]}]\n",
		   3 * 0.007 + 3 * 0.005, 1, 0, 0);
}

/* Three tries of 1 + 5 + 20 ms, between them 100 ms and 200 ms. */
Test(control, a_retry_backs_off_and_what_it_raises_last_fails_the_task)
{
	expect_run(RUN "tasks:\n"
		       "  work:\n"
		       "    - retry: {times: 3, backoff: 100ms}\n"
		       "      do:\n"
		       "        - try: [{io: 1ms}, {raise: boom}, {io: 1s}]\n"
		       "          except: {other: [{io: 1s}], boom: [{io: 5ms}, raise]}\n"
		       "          finally: [{io: 20ms}]\n"
		       "    - io: 1s\n",
		   3 * 0.026 + 0.3, 0, 1, 2);
}

Test(control, a_finally_follows_a_return_and_a_handler_takes_a_failed_sum)
{
	expect_run(RUN "tasks:\n"
		       "  part: [{try: [{return: 3}], finally: [{io: 13ms}]}, {io: 1s}]\n"
		       "  work:\n"
		       "    - call: {task: part, as: x}\n"
		       "    - try: [{let: {y: 1 // (x - 3)}}, {io: 1s}]\n"
		       "      except: {arithmetic: [{io: 2ms}]}\n"
		       "    - repeat: x\n"
		       "      do: [{io: 7ms}]\n",
		   0.013 + 0.002 + 3 * 0.007, 1, 0, 0);
}

Test(control, calls_without_end_are_a_recursion_error)
{
	expect_run(RUN "tasks:\n"
		       "  deep: {args: [n], steps: [{if: n >= 0, then: [{call: {task: deep, args: [n + 1]}}]}]}\n"
		       "  work: [{try: [{call: {task: deep}}], except: {recursion: [{io: 3ms}]}}]\n",
		   0.003, 1, 0, 0);
}
