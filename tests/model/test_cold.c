/*
 * test_cold.c - caches that go cold while a thread waits, checked by arithmetic done by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

#include "models/machine/cold.h"
#include "models/machine/futex.h"
#include "tests/model/program_bench.h"

static struct program_bench bench;

static void set_up(void)
{
	program_bench_init(&bench);
	bench.costs.value[COST_COLD_WORK] = 10e3;
	bench.costs.value[COST_COLD_SHORT] = 25e3;
	bench.costs.value[COST_COLD_LONG] = 125e3;
	/* An eighth loses a quarter, eight times as much the double: the powers 2/3 and 1/3. */
	bench.costs.value[COST_COLD_SMALL_WORK] = 1250;
	bench.costs.value[COST_COLD_SMALL] = 31250;
	bench.costs.value[COST_COLD_LARGE_WORK] = 80e3;
	bench.costs.value[COST_COLD_LARGE] = 250e3;
}

static void tear_down(void)
{
	program_bench_release(&bench);
}

TestSuite(cold, .init = set_up, .fini = tear_down);

static sim_ns pause_ns;

/* Library code of 10 us, a pause, then the same three times. */
static enum progress wait_and_work(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, 10 * SIM_US));
	AWAIT(frame, py_sleep(thread, pause_ns));
	AWAIT(frame, py_overhead(thread, 10 * SIM_US));
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, SIM_MS));
	AWAIT(frame, py_overhead(thread, 10 * SIM_US));
	AWAIT(frame, py_overhead(thread, 10 * SIM_US));
	PROGRAM_END;
}

static sim_ns lost_after(sim_ns pause)
{
	pause_ns = pause;
	return program_bench_run(&bench, 2, 12, wait_and_work) - pause - 40 * SIM_US - SIM_MS;
}

/* The first execution, and what comes after the pause: 10 us each time lose 125 us where they are cold.work, and
 * the second 10 us add (2^(1/3) - 1) of that. Where cold.work is 80 us, and an eighth of it loses a quarter, 10 do,
 * and 30 the part (3/8)^(2/3). */
Test(cold, more_code_loses_more_but_less_than_in_proportion)
{
	cr_expect(eq(long, lost_after(20 * SIM_MS), 125000 + 125000 + 32490 + 22791));
	bench.costs.value[COST_COLD_WORK] = 80e3;
	bench.costs.value[COST_COLD_SMALL_WORK] = 10e3;
	cr_expect(eq(long, lost_after(20 * SIM_MS), 31250 + 65002));
	bench.costs.value[COST_COLD_SMALL_WORK] = 0;
	cr_expect(eq(long, lost_after(20 * SIM_MS), 15625 + 46875));
}

/* Of 30 us in all no more than 20 lose anything. */
Test(cold, what_more_code_than_all_there_is_loses_is_no_more)
{
	bench.costs.value[COST_COLD_LARGE_WORK] = 20e3;
	bench.costs.value[COST_COLD_LARGE] = 200e3;
	cr_expect(eq(long, lost_after(20 * SIM_MS), 125000 + 200000));
	bench.costs.value[COST_COLD_LARGE_WORK] = 0;
	cr_expect(eq(long, lost_after(20 * SIM_MS), 125000 + 125000));
}

/* 125 us of the first execution, then what 30 us lose: 3^(1/3) times what 10 do. */
static void expect_lost(sim_ns pause, double lost_ns)
{
	cr_expect(lt(dbl, fabs((double)lost_after(pause) - 125000 - cbrt(3) * lost_ns), 2), "after %lld ns",
		  (long long)pause);
}

Test(cold, what_is_lost_depends_on_how_long_the_core_has_idled)
{
	expect_lost(200 * SIM_US, 25000);
	expect_lost(2 * SIM_MS, 55902); /* half the way by logarithms: 25 us times the root of 5 */
	expect_lost(20 * SIM_MS, 125000);
	expect_lost(100 * SIM_MS, 125000);
	expect_lost(7 * SIM_US, 7000); /* no more than it has idled */
}

/* It waits for as long, but on a core that another thread keeps busy. */
static enum progress keep_busy(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_native_call(thread, 30 * SIM_MS));
	PROGRAM_END;
}

static struct py_thread *other;

static enum progress work_beside(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	other = py_thread_new(program_bench_of(thread)->interpreter, "other", keep_busy, NULL);
	AWAIT(frame, py_thread_start(thread, other));
	AWAIT(frame, py_thread_join(thread, other));
	AWAIT(frame, py_overhead(thread, 10 * SIM_US));
	PROGRAM_END;
}

Test(cold, a_core_that_was_busy_goes_cold_too_where_that_costs)
{
	cr_expect(eq(long, program_bench_run(&bench, 1, 12, work_beside), 30010000));
	bench.costs.value[COST_COLD_BUSY] = 5e3;
	cr_expect(eq(long, program_bench_run(&bench, 1, 12, work_beside), 30010000 + 125000));
}

/* A step between two pieces of library code: half the way by logarithms is 5 us times the root of 25. */
static enum progress work_around_a_step(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, 20 * SIM_US));
	cold_work(thread, 2 * SIM_MS);
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, 2 * SIM_MS));
	AWAIT(frame, py_overhead(thread, 10 * SIM_US));
	PROGRAM_END;
}

Test(cold, library_code_loses_by_the_step_before_it)
{
	bench.costs.value[COST_COLD_BUSY] = 5e3;
	cr_expect(eq(long, program_bench_run(&bench, 1, 12, work_around_a_step), 2030000 + 157490 + 25000));
}

#define RING_MOST 64

static struct futex seats[RING_MOST], done;
static int ring_size, hops_left;

struct ring_locals {
	int seat;
};

/* Wakes the next and sits down; after the last hop the main thread. */
static enum progress go_round(struct os_thread *thread, struct frame *frame)
{
	struct ring_locals *my = FRAME_LOCALS(frame, struct ring_locals);

	PROGRAM_BEGIN(frame);
	for (;;) {
		AWAIT(frame, futex_wait(thread, &seats[my->seat], SIM_NS_MAX, 0));
		futex_wake(hops_left-- > 0 ? &seats[(my->seat + 1) % ring_size] : &done, thread, false);
	}
	PROGRAM_END;
}

static enum progress start_ring(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	for (int i = 0; i < ring_size; i++) {
		struct os_thread *member = os_thread_new(thread->process, "member", go_round);

		((struct ring_locals *)os_thread_first_locals(member))->seat = i;
		os_thread_start(member);
	}
	AWAIT(frame, os_thread_block(thread, SIM_MS, 0)); /* they sit down meanwhile */
	futex_wake(&seats[0], thread, false);
	AWAIT(frame, futex_wait(thread, &done, SIM_NS_MAX, 0));
	PROGRAM_END;
}

/* What a hop takes in a ring of so many on one core. */
static double hop_ns(int size)
{
	const int hops = 100 * size;

	memset(seats, 0, sizeof(seats));
	done = (struct futex){ 0 };
	ring_size = size;
	hops_left = hops;
	return (double)(program_bench_run(&bench, 1, 12, start_ring) - SIM_MS) / hops;
}

/* Half of it with as many others as cold.crowd_threads; nothing with a quarter, all with four times as many. */
Test(cold, a_switch_takes_more_when_many_others_have_run_in_between)
{
	bench.costs.value[COST_SCHED_HZ] = 250;
	bench.costs.value[COST_SCHED_BASE_SLICE] = 3e6;
	bench.costs.value[COST_COLD_CROWD] = 8e3;
	bench.costs.value[COST_COLD_CROWD_THREADS] = 7;
	cr_expect(lt(dbl, hop_ns(2), 100));
	cr_expect(lt(dbl, fabs(hop_ns(8) - 4000), 300));
	cr_expect(lt(dbl, fabs(hop_ns(64) - 8000), 300));
}
