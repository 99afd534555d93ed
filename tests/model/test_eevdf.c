/*
 * test_eevdf.c - whom a wake-up preempts, decided by hand after the kernel's rules.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "models/machine/futex.h"
#include "tests/model/program_bench.h"

static struct program_bench bench;
static struct futex second_seat, third_seat, done;
static sim_ns begin_ns, third_ran_ns;

static void set_up(void)
{
	program_bench_init(&bench);
	bench.costs.value[COST_SCHED_HZ] = 250;
	bench.costs.value[COST_SCHED_BASE_SLICE] = 3e6;
	second_seat = third_seat = done = (struct futex){ 0 };
}

static void tear_down(void)
{
	program_bench_release(&bench);
}

TestSuite(eevdf, .init = set_up, .fini = tear_down);

/* Wakes the third after 3 us, and goes on for 5. */
static enum progress second(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, futex_wait(thread, &second_seat, SIM_NS_MAX, 0));
	AWAIT(frame, os_thread_compute(thread, 3 * SIM_US));
	futex_wake(&third_seat, thread, false);
	AWAIT(frame, os_thread_compute(thread, 5 * SIM_US));
	futex_wake(&done, thread, false);
	PROGRAM_END;
}

static enum progress third(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, futex_wait(thread, &third_seat, SIM_NS_MAX, 0));
	third_ran_ns = machine_now(thread->machine);
	PROGRAM_END;
}

/* Wakes the second, is 1 us ahead of it when it falls asleep, and so stays in the queue. */
static enum progress first(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	os_thread_start(os_thread_new(thread->process, "second", second));
	os_thread_start(os_thread_new(thread->process, "third", third));
	AWAIT(frame, os_thread_block(thread, SIM_MS, 0)); /* they sit down meanwhile */
	begin_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, 2 * SIM_US));
	futex_wake(&second_seat, thread, false);
	AWAIT(frame, os_thread_compute(thread, SIM_US));
	AWAIT(frame, futex_wait(thread, &done, SIM_NS_MAX, 0));
	PROGRAM_END;
}

/* When the third is woken, the first lies in the queue with 1 us of virtual time and the second has 3, so the third is
 * placed at 2 and the second owes time. The first has the earliest deadline, but sleeps; it leaves, and the third
 * runs at once. */
Test(eevdf, a_sleeper_that_would_be_next_does_not_keep_a_wake_up_from_preempting)
{
	program_bench_run(&bench, 1, 12, first);
	cr_expect(eq(long, third_ran_ns - begin_ns, 6000));
}

static sim_ns newcomer_ran_ns;

static enum progress stamp(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	newcomer_ran_ns = machine_now(thread->machine);
	PROGRAM_END;
}

/* As the second, but it starts a thread. */
static enum progress starter(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, futex_wait(thread, &second_seat, SIM_NS_MAX, 0));
	AWAIT(frame, os_thread_compute(thread, 3 * SIM_US));
	os_thread_start(os_thread_new(thread->process, "newcomer", stamp));
	AWAIT(frame, os_thread_compute(thread, 5 * SIM_US));
	futex_wake(&done, thread, false);
	PROGRAM_END;
}

static enum progress wake_starter(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	os_thread_start(os_thread_new(thread->process, "starter", starter));
	AWAIT(frame, os_thread_block(thread, SIM_MS, 0));
	begin_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, 2 * SIM_US));
	futex_wake(&second_seat, thread, false);
	AWAIT(frame, os_thread_compute(thread, SIM_US));
	AWAIT(frame, futex_wait(thread, &done, SIM_NS_MAX, 0));
	PROGRAM_END;
}

Test(eevdf, a_new_thread_preempts_nobody)
{
	program_bench_run(&bench, 1, 12, wake_starter);
	cr_expect(eq(long, newcomer_ran_ns - begin_ns, 11000));
}

static sim_ns first_ran_ns;

/* Computes past at least one tick, then wakes the first. */
static enum progress compute_and_wake(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, futex_wait(thread, &second_seat, SIM_NS_MAX, 0));
	AWAIT(frame, os_thread_compute(thread, 150 * SIM_US));
	futex_wake(&done, thread, false);
	AWAIT(frame, os_thread_compute(thread, 5 * SIM_US));
	PROGRAM_END;
}

static enum progress doze(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	os_thread_start(os_thread_new(thread->process, "second", compute_and_wake));
	AWAIT(frame, os_thread_block(thread, SIM_MS, 0));
	begin_ns = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, 2 * SIM_US));
	futex_wake(&second_seat, thread, false);
	AWAIT(frame, os_thread_compute(thread, SIM_US));
	AWAIT(frame, futex_wait(thread, &done, SIM_NS_MAX, 0));
	first_ran_ns = machine_now(thread->machine);
	PROGRAM_END;
}

/* It lies in the queue with 3 us, and the second was found to have more at the last tick: owed service, it is
 * placed at what the second had then, and not at the 152 us which it is found to have a moment later. So it runs at
 * once. */
Test(eevdf, a_sleeper_that_is_owed_service_is_placed_before_the_clock_is_looked_at)
{
	bench.costs.value[COST_SCHED_HZ] = 10000;
	program_bench_run(&bench, 1, 12, doze);
	cr_expect(eq(long, first_ran_ns - begin_ns, 153000));
}

/* ---- sched_yield() ---- */

#define YIELDS 6

static sim_ns resumed_ns[YIELDS];

static enum progress compute_long(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, os_thread_compute(thread, 40 * SIM_MS));
	PROGRAM_END;
}

static enum progress yield_again_and_again(struct os_thread *thread, struct frame *frame)
{
	int *at = FRAME_LOCALS(frame, int);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, os_thread_yield(thread));
	begin_ns = machine_now(thread->machine);
	os_thread_start(os_thread_new(thread->process, "hog", compute_long));
	for (; *at < YIELDS; ++*at) {
		AWAIT(frame, os_thread_yield(thread));
		resumed_ns[*at] = machine_now(thread->machine);
	}
	PROGRAM_END;
}

/* A slice is 0.75 ms on one core, a new thread's first one half of that. Alone, nothing is forfeited. Then the first yield
 * takes the thread to 0.375 ms, and the other runs up to a tick, where it has 4 ms. The next four take it to 3.375 ms: still it
 * is the one who is owed service. The sixth takes it to 4.125 ms, and the other runs for another tick. */
Test(eevdf, who_yields_forfeits_a_slice)
{
	program_bench_run(&bench, 1, 12, yield_again_and_again);
	cr_expect(gt(long, resumed_ns[0] - begin_ns, 0));
	cr_expect(le(long, resumed_ns[0] - begin_ns, 4000000));
	cr_expect(eq(long, resumed_ns[4] - resumed_ns[0], 0));
	cr_expect(eq(long, resumed_ns[5] - resumed_ns[0], 4000000));
}

static enum progress yield_near_and_far(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	begin_ns = machine_now(thread->machine);
	os_thread_start(os_thread_new(thread->process, "hog", compute_long));
	AWAIT(frame, os_thread_yield(thread));
	resumed_ns[0] = machine_now(thread->machine);
	AWAIT(frame, os_thread_compute(thread, 80 * SIM_US));
	AWAIT(frame, os_thread_yield(thread));
	resumed_ns[1] = machine_now(thread->machine);
	PROGRAM_END;
}

/* Before EEVDF the next one is a slice, 0.1 ms, behind in its turn, and goes first only where that is no more than 25 us. */
Test(eevdf, before_it_who_yields_is_passed_over_by_one_that_is_near)
{
	bench.costs.value[COST_SCHED_KIND] = 0;
	program_bench_run(&bench, 1, 12, yield_near_and_far);
	cr_expect(eq(long, resumed_ns[0] - begin_ns, 0));
	cr_expect(gt(long, resumed_ns[1] - begin_ns, 80000));
}
