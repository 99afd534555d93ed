/*
 * test_steps_process.c - the steps on what processes share, from a scenario's text to its figures, checked by hand.
 * The profile is `ideal`: nothing costs anything.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>

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

TestSuite(steps_process, .init = set_up, .fini = tear_down);

#define PROGRAM "machine: {profile: ideal, cores: 4}\nvariants: {a: {model: program, spawn: process}}\n"

/* Five jobs of 4 ms between two processes take 12 ms, of which main() waits for all in each of two rounds. */
Test(steps_process, a_joinable_queue_is_joined_when_all_its_items_are_done)
{
	struct variant_result result = helper_simulate(
		&helper, PROGRAM
		"resources: {jobs: {kind: queue}}\n"
		"tasks:\n"
		"  work: [{loop: [{get: {from: jobs, as: job}}, {if: job == stop, then: [{break: }]},\n"
		"                 {io: 4ms}, {task_done: jobs}]}]\n"
		"  main: [{spawn: {task: work, count: 2}},\n"
		"         {repeat: 2, do: [{repeat: 5, do: [{put: jobs}]}, {join_queue: jobs}, {io: 1ms}]},\n"
		"         {repeat: 2, do: [{put: {to: jobs, item: stop}}]}, {join: all}]\n");

	cr_expect(eq(dbl, ms(result.makespan_s), 2 * (12 + 1)));
	cr_expect(eq(dbl, result.completed, 2));
}

Test(steps_process, task_done_of_nothing_is_an_error)
{
	struct variant_result result = helper_simulate(
		&helper, PROGRAM "resources: {jobs: {kind: queue}}\n"
				 "tasks:\n"
				 "  once: [{put: jobs}, {get: jobs}, {task_done: jobs}, {join_queue: jobs}]\n"
				 "  twice: [{put: jobs}, {get: jobs}, {task_done: jobs}, {task_done: jobs}]\n"
				 "  main: [{spawn: once}, {join: all}, {spawn: twice}, {join: all}]\n");

	cr_expect(eq(dbl, result.completed, 1));
	cr_expect(eq(dbl, result.failed, 1));
	cr_expect_not(result.deadlock);
}
