/*
 * test_wakes.c - what it takes to wake and to start threads on other cores, and when who runs gives way, checked by
 * arithmetic done by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "models/machine/futex.h"
#include "tests/model/program_bench.h"

static struct program_bench bench;
static struct futex bed;
static struct os_thread *sleeper, *hog;
static sim_ns woken_at_ns, call_ns, began_ns, went_on_ns, hog_ended_ns;

static void set_up(void)
{
	program_bench_init(&bench);
	bench.costs.value[COST_SCHED_HZ] = 250;
	bench.costs.value[COST_SCHED_BASE_SLICE] = 3e6;
	bench.costs.value[COST_WAKE_CALL] = 1e3;
	bench.costs.value[COST_WAKE_CALL_IDLE] = 4e3;
	bench.costs.value[COST_WAKE_CALL_BUSY] = 6e3;
	bench.costs.value[COST_WAKE_BUSY] = 9e3;
	bed = (struct futex){ 0 };
	woken_at_ns = hog_ended_ns = -1;
}

static void tear_down(void)
{
	program_bench_release(&bench);
}

TestSuite(wakes, .init = set_up, .fini = tear_down);

static enum progress sleep_once(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, futex_wait(thread, &bed, SIM_NS_MAX, 0));
	woken_at_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, 100 * SIM_US));
	AWAIT(frame, os_thread_exit(thread));
	PROGRAM_END;
}

static enum progress compute_long(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, os_thread_compute(thread, 10 * SIM_MS));
	hog_ended_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_exit(thread));
	PROGRAM_END;
}

/* Starts one that sleeps, and, where there is a second core, one that keeps it busy; then wakes the first. */
static enum progress start_and_wake(struct os_thread *thread, struct frame *frame)
{
	bool alone = thread->machine->core_count == 1;

	PROGRAM_BEGIN(frame);
	sleeper = os_thread_new(thread->process, "sleeper", sleep_once);
	call_ns = os_thread_start(sleeper);
	if (alone)
		AWAIT(frame, py_sleep(thread, SIM_MS)); /* it lies down meanwhile */
	AWAIT(frame, os_thread_compute(thread, 2 * SIM_MS));
	if (!alone) {
		hog = os_thread_new(thread->process, "hog", compute_long);
		os_thread_start(hog);
	}
	AWAIT(frame, os_thread_compute(thread, 2 * SIM_MS));
	began_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, futex_wake(&bed, thread, false)));
	went_on_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, 20 * SIM_MS));
	PROGRAM_END;
}

Test(wakes, who_starts_a_thread_on_an_idle_core_pays_for_the_interrupt)
{
	program_bench_run(&bench, 2, 12, start_and_wake);
	cr_expect(eq(long, call_ns, 3000)); /* what wake.call_idle takes on top of wake.call */
	program_bench_run(&bench, 1, 12, start_and_wake);
	cr_expect(eq(long, call_ns, 0));
}

static enum progress wake_two(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	os_thread_start(os_thread_new(thread->process, "first", sleep_once));
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	os_thread_start(os_thread_new(thread->process, "second", sleep_once));
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	began_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, futex_wake(&bed, thread, false)));
	call_ns = futex_wake(&bed, thread, false);
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	PROGRAM_END;
}

/* The interrupt for the first is on its way when the second is put on the same list. */
Test(wakes, who_is_sent_to_a_core_on_its_way_needs_no_interrupt)
{
	bench.costs.value[COST_SCHED_PACK_BELOW] = 0.65;
	bench.costs.value[COST_WAKE_IDLE_SHALLOW] = bench.costs.value[COST_WAKE_IDLE_DEEP] = 30e3;
	program_bench_run(&bench, 2, 12, wake_two);
	cr_expect(eq(long, call_ns, 1000));
	/* Both are there after 30 us; the second has its turn when the first has computed. */
	cr_expect(eq(long, woken_at_ns - began_ns, 30 * SIM_US + 100 * SIM_US));
}

/* It slept while the other one ran, so it is owed service; but the other core has to be told. */
Test(wakes, a_busy_core_gives_way_when_the_interrupt_arrives)
{
	program_bench_run(&bench, 2, 12, start_and_wake);
	cr_expect(eq(int, sleeper->last_core == hog->last_core, 1));
	cr_expect(eq(long, went_on_ns - began_ns, 6000));
	cr_expect(eq(long, woken_at_ns - began_ns, 9000));
	cr_expect(eq(long, hog_ended_ns, 2 * SIM_MS + 10 * SIM_MS + 100 * SIM_US));
}

/* Without that the thread that is woken runs at once, as under a profile without costs. */
Test(wakes, where_interrupts_cost_nothing_it_gives_way_at_once)
{
	bench.costs.value[COST_WAKE_BUSY] = 0;
	program_bench_run(&bench, 2, 12, start_and_wake);
	cr_expect(eq(long, woken_at_ns - began_ns, 0));
	cr_expect(eq(long, went_on_ns - began_ns, 1000));
}

/* On one core: the system call is finished first, then the waker gives way. */
Test(wakes, a_waker_gives_way_on_its_return_from_the_kernel)
{
	program_bench_run(&bench, 1, 12, start_and_wake);
	cr_expect(eq(long, woken_at_ns - began_ns, 1000));
	cr_expect(eq(long, went_on_ns - began_ns, 1000 + 100 * SIM_US));
}

static enum progress sleep_again(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, futex_wait(thread, &bed, SIM_NS_MAX, 0));
		woken_at_ns = machine_now(thread->machine);
		AWAIT(frame, os_thread_compute(thread, 20 * SIM_US));
	}
	PROGRAM_END;
}

static enum progress wake_twice(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	sleeper = os_thread_new(thread->process, "sleeper", sleep_again);
	os_thread_start(sleeper);
	AWAIT(frame, py_sleep(thread, SIM_MS));
	AWAIT(frame, os_thread_compute(thread, 5 * SIM_MS)); /* more than its slice */
	AWAIT(frame, os_thread_compute(thread, futex_wake(&bed, thread, false)));
	AWAIT(frame, os_thread_compute(thread, 100 * SIM_US));
	began_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, futex_wake(&bed, thread, false)));
	PROGRAM_END;
}

/* It fell asleep with more than its share and is still in the queue. By what the kernel knows it keeps its virtual time,
 * and is found to be owed service when the waker's own is looked at. */
Test(wakes, who_has_slept_for_a_moment_preempts_its_waker)
{
	program_bench_run(&bench, 1, 12, wake_twice);
	cr_expect(eq(long, woken_at_ns - began_ns, 1000));
}

/* ---- While a core switches ---- */

static struct futex brief_bed;
static sim_ns brief_ran_ns;

static enum progress run_briefly(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, futex_wait(thread, &brief_bed, SIM_NS_MAX, 0));
		brief_ran_ns = machine_now(thread->machine);
		AWAIT(frame, os_thread_compute(thread, 2 * SIM_US));
	}
	PROGRAM_END;
}

/* The first time it wakes the other, which then has less than half of what both have had. */
static enum progress run_longer(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, futex_wait(thread, &bed, SIM_NS_MAX, 0));
	futex_wake(&brief_bed, thread, false);
	AWAIT(frame, os_thread_compute(thread, 20 * SIM_US));
	AWAIT(frame, futex_wait(thread, &bed, SIM_NS_MAX, 0));
	AWAIT(frame, os_thread_compute(thread, 100 * SIM_US));
	PROGRAM_END;
}

static enum progress wake_both(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	os_thread_start(os_thread_new(thread->process, "longer", run_longer));
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	os_thread_start(os_thread_new(thread->process, "brief", run_briefly));
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	futex_wake(&bed, thread, false);
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	began_ns = machine_now(thread->machine);
	futex_wake(&bed, thread, false);
	AWAIT(frame, os_thread_compute(thread, 5 * SIM_US));
	futex_wake(&brief_bed, thread, false);
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	PROGRAM_END;
}

/* The switch to the one is half done when the other is woken: 9 us later the interrupt comes, and the second switch
 * begins. */
Test(wakes, who_is_woken_while_a_core_switches_preempts_the_one_it_switches_to)
{
	brief_bed = (struct futex){ 0 };
	bench.costs.value[COST_SCHED_SWITCH] = 10e3;
	program_bench_run(&bench, 2, 12, wake_both);
	cr_expect(eq(long, brief_ran_ns - began_ns, 5000 + 9000 + 10000));
}

/* ---- Near the waker, or where it was ---- */

static struct futex others;
static bool wakes_others;
static const struct core *woken_on;

static enum progress lie_down(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	for (;;)
		AWAIT(frame, futex_wait(thread, &others, SIM_NS_MAX, 0));
	PROGRAM_END;
}

/* Wakes two threads in turn, the first time. */
static enum progress sleep_and_wake_others(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, futex_wait(thread, &bed, SIM_NS_MAX, 0));
		if (!wakes_others)
			continue;
		wakes_others = false;
		AWAIT(frame, os_thread_compute(thread, futex_wake(&others, thread, false)));
		AWAIT(frame, os_thread_compute(thread, futex_wake(&others, thread, false)));
	}
	PROGRAM_END;
}

struct wake_locals {
	int round;
};

/* All others are on the second core, which a hog keeps busy in the end. */
static enum progress wake_in_turns(struct os_thread *thread, struct frame *frame)
{
	struct wake_locals *my = FRAME_LOCALS(frame, struct wake_locals);

	PROGRAM_BEGIN(frame);
	for (my->round = 0; my->round < 2; my->round++)
		os_thread_start(os_thread_new(thread->process, "other", lie_down));
	sleeper = os_thread_new(thread->process, "sleeper", sleep_and_wake_others);
	os_thread_start(sleeper);
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	for (my->round = 0; my->round < 4; my->round++) {
		AWAIT(frame, os_thread_compute(thread, futex_wake(&bed, thread, false)));
		AWAIT(frame, os_thread_compute(thread, SIM_MS));
		AWAIT(frame, os_thread_compute(thread, futex_wake(&others, thread, false)));
		AWAIT(frame, os_thread_compute(thread, SIM_MS));
	}
	hog = os_thread_new(thread->process, "hog", compute_long);
	os_thread_start(hog);
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	futex_wake(&bed, thread, true);
	woken_on = sleeper->core;
	AWAIT(frame, os_thread_compute(thread, SIM_MS));
	PROGRAM_END;
}

static bool is_woken_near(bool wakes)
{
	wakes_others = wakes;
	bed = others = (struct futex){ 0 };
	program_bench_run(&bench, 2, 12, wake_in_turns);
	return woken_on != hog->core;
}

/* Behind the hog it would wait longer. But it wakes several itself, and its waker still more. */
Test(wakes, who_wakes_many_keeps_those_near_that_wake_few)
{
	cr_expect(is_woken_near(false));
	cr_expect(not(is_woken_near(true)));
}

static bool says_it_will_sleep;
static struct core *core_of_waker, *core_of_woken;
static struct py_thread *child;

static enum progress lie_on_bed(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, futex_wait(thread, &bed, SIM_NS_MAX, 0));
	core_of_woken = thread->core;
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

/* Starts one beside itself, is busy for a while, and wakes it. */
static enum progress start_beside_and_wake(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, 500 * SIM_MS)); /* that it has been busy is forgotten */
	core_of_waker = thread->core;
	child = py_thread_new(bench.interpreter, "child", lie_on_bed, NULL);
	AWAIT(frame, py_thread_start(thread, child));
	cr_expect(eq(ptr, (void *)child->os->core, (void *)core_of_waker));
	AWAIT(frame, py_sleep(thread, SIM_MS)); /* it lies down meanwhile */
	AWAIT(frame, os_thread_compute(thread, 20 * SIM_MS));
	AWAIT(frame, os_thread_compute(thread, futex_wake(&bed, thread, says_it_will_sleep)));
	AWAIT(frame, py_sleep(thread, SIM_MS));
	PROGRAM_END;
}

/* Of the core the child has a half, of which 21 ms leave 0.32, and the waker has had 0.35 in 20 ms: 0.67 in all. */
Test(wakes, a_waker_about_to_sleep_makes_room_on_its_core)
{
	bench.costs.value[COST_SCHED_PACK_BELOW] = 0.6;
	program_bench_run(&bench, 2, 12, start_beside_and_wake);
	cr_expect(ne(ptr, (void *)core_of_woken, (void *)core_of_waker));
	says_it_will_sleep = true;
	program_bench_run(&bench, 2, 12, start_beside_and_wake);
	cr_expect(eq(ptr, (void *)core_of_woken, (void *)core_of_waker));
}
