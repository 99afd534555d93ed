/*
 * test_timers.c - when timers end waits, and what they take from who runs, checked by arithmetic done by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "tests/model/program_bench.h"

#define SLEEPERS_MOST 16
#define SLACK_NS (50 * SIM_US)
#define INTERRUPT_NS (20 * SIM_US)

static struct program_bench bench;
static sim_ns due_ns[SLEEPERS_MOST], woken_ns[SLEEPERS_MOST], hog_began_ns, hog_ended_ns;
static int sleeper_count, hog_count;

static void set_up(void)
{
	program_bench_init(&bench);
	bench.costs.value[COST_SCHED_HZ] = 250;
	bench.costs.value[COST_SCHED_BASE_SLICE] = 3e6;
	bench.costs.value[COST_TIMER_SLACK] = (double)SLACK_NS;
	bench.costs.value[COST_TIMER_INTERRUPT] = (double)INTERRUPT_NS;
	sleeper_count = hog_count = 0;
}

static void tear_down(void)
{
	program_bench_release(&bench);
}

TestSuite(timers, .init = set_up, .fini = tear_down);

struct sleeper_locals {
	int number;
};

static enum progress sleep_until_due(struct os_thread *thread, struct frame *frame)
{
	struct sleeper_locals *my = FRAME_LOCALS(frame, struct sleeper_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, os_thread_block(thread, due_ns[my->number], SLACK_NS));
	cr_expect(eq(int, thread->timed_out, true));
	woken_ns[my->number] = machine_now(thread->machine);
	AWAIT(frame, os_thread_exit(thread));
	PROGRAM_END;
}

/* Starts the sleepers, sleeps for a millisecond so that they lie down, and computes for ten if there is a hog. */
static enum progress start_and_compute(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	for (int i = 0; i < sleeper_count; i++) {
		struct os_thread *sleeper = os_thread_new(thread->process, "sleeper", sleep_until_due);

		((struct sleeper_locals *)os_thread_first_locals(sleeper))->number = i;
		os_thread_start(sleeper);
	}
	AWAIT(frame, os_thread_block(thread, SIM_MS, SLACK_NS));
	hog_began_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, hog_count * 10 * SIM_MS));
	hog_ended_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_block(thread, 20 * SIM_MS, SLACK_NS));
	PROGRAM_END;
}

static void run(int hogs, int sleepers, sim_ns first_ns, sim_ns apart_ns)
{
	hog_count = hogs;
	sleeper_count = sleepers;
	for (int i = 0; i < sleepers; i++)
		due_ns[i] = first_ns + i * apart_ns;
	program_bench_run(&bench, 1, 12, start_and_compute);
}

Test(timers, one_that_goes_off_stops_who_runs)
{
	run(1, 1, 5 * SIM_MS, 0);
	cr_expect(eq(long, hog_began_ns, SIM_MS + SLACK_NS));
	cr_expect(eq(long, hog_ended_ns - hog_began_ns, 10 * SIM_MS + INTERRUPT_NS));
}

/* The first goes off at 5.05 ms and its interrupt lasts to 5.07 ms: the eight that are due by then end with it. The ninth
 * is due at 5.08 ms, goes off at 5.13 ms and takes the rest along. */
Test(timers, those_that_are_due_by_its_end_share_the_interrupt)
{
	run(1, 16, 5 * SIM_MS, 10 * SIM_US);
	cr_expect(eq(long, hog_ended_ns - hog_began_ns, 10 * SIM_MS + 2 * INTERRUPT_NS));
}

/* An idle core loses nothing; who is due when the first goes off, at 5.05 ms, need not use up a slack of its own. */
Test(timers, on_an_idle_core_they_share_the_moment)
{
	run(0, 7, 5 * SIM_MS, 10 * SIM_US);
	for (int i = 0; i < 6; i++)
		cr_expect(eq(long, woken_ns[i], 5 * SIM_MS + SLACK_NS));
	cr_expect(eq(long, woken_ns[6], 5 * SIM_MS + 60 * SIM_US + SLACK_NS));
}

/* Of later rounds of the buckets, and set in any order. */
Test(timers, they_end_in_the_order_of_their_times)
{
	run(0, 12, 19 * SIM_MS, -1500 * SIM_US);
	for (int i = 0; i < 12; i++)
		cr_expect(eq(long, woken_ns[i], due_ns[i] + SLACK_NS));
}

/* Who has the core pays for the wake-ups as well. */
Test(timers, the_interrupt_pays_for_its_wake_ups)
{
	bench.costs.value[COST_WAKE_CALL] = 1e3;
	run(1, 3, 5 * SIM_MS, 0);
	cr_expect(eq(long, hog_ended_ns - hog_began_ns, 10 * SIM_MS + INTERRUPT_NS + 3 * 1000));
}
