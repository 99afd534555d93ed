/*
 * test_threading.c - the classes of threading and queue, each on its own: who goes on when, by arithmetic done by
 * hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "models/library/barrier.h"
#include "models/library/queue.h"
#include "models/library/semaphore.h"
#include "models/library/simple_queue.h"
#include "models/library/thread_event.h"
#include "tests/model/thread_helper.h"

/* What the programs of one test share. Every test has a process of its own. */
static struct thread_bench bench;
static struct py_lock lock;
static struct py_rlock rlock;
static struct py_condition condition;
static struct py_semaphore semaphore;
static struct thread_event event;
static struct py_barrier barrier;
static struct py_queue queue;
static struct simple_queue simple;

static const int minors[] = { 12, 13, 14 };

static void set_up(int minor)
{
	thread_bench_init(&bench, minor);
	py_lock_init(&lock);
	py_rlock_init(&rlock);
	py_condition_init(&condition, &bench.region, NULL, &rlock);
	thread_event_init(&event, &bench.region);
	simple_queue_init(&simple, &bench.region);
}

/* Runs the threads added since set_up(), once a Python version, and compares what they noted. */
static void expect_notes(int minor, const char *notes)
{
	thread_bench_run(&bench);
	cr_expect(eq(str, bench.notes, (char *)notes), "3.%d", minor);
	thread_bench_release(&bench);
}

static const char *outcome(const struct os_thread *thread)
{
	return py_current(thread)->timed_out ? "timed out" : "got it";
}

/* ---- Lock ---- */

static enum progress hold_lock_7_ms(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &lock));
	AWAIT(frame, py_sleep(thread, 7 * SIM_MS));
	thread_bench_note(thread, "release");
	AWAIT(frame, py_lock_release(thread, &lock));
	PROGRAM_END;
}

static enum progress try_lock_3_ms_and_again(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire_until(thread, &lock, 0));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_lock_acquire_until(thread, &lock, thread_bench_in_ms(thread, 3)));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_lock_acquire_until(thread, &lock, thread_bench_in_ms(thread, 6)));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_lock_release(thread, &lock));
	PROGRAM_END;
}

Test(threading, a_lock_is_waited_for_until_the_deadline)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		thread_bench_add(&bench, "holder", hold_lock_7_ms);
		thread_bench_add(&bench, "other", try_lock_3_ms_and_again);
		expect_notes(minors[i], "0.0:other timed out\n3.0:other timed out\n7.0:holder release\n"
					"7.0:other got it\n");
	}
}

/* Without a GIL 40 yields come first, here of 0.1 ms each: 4 ms, in which nobody looks at what is waited for. So the main thread
 * starts the second one at 4 ms, which finds at 8 that the lock has been free since 7. It does not release it before it wants it
 * again: its time-out of 6 ms begins after the yields. */
Test(threading, without_a_gil_a_lock_is_yielded_for)
{
	set_up(13);
	bench.costs.value[COST_SCHED_YIELD] = 100e3;
	bench.interpreter->runtime->has_gil = false;
	bench.interpreter->gil = NULL;
	thread_bench_add(&bench, "holder", hold_lock_7_ms);
	thread_bench_add(&bench, "other", try_lock_3_ms_and_again);
	expect_notes(13, "4.0:other timed out\n7.0:holder release\n8.0:other got it\n18.0:other timed out\n");
}

/* ---- RLock ---- */

static enum progress hold_rlock_twice(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_rlock_acquire_until(thread, &rlock, SIM_NS_MAX));
	AWAIT(frame, py_rlock_acquire_until(thread, &rlock, SIM_NS_MAX));
	AWAIT(frame, py_sleep(thread, 2 * SIM_MS));
	AWAIT(frame, py_rlock_release(thread, &rlock));
	AWAIT(frame, py_sleep(thread, 3 * SIM_MS));
	thread_bench_note(thread, "release");
	AWAIT(frame, py_rlock_release(thread, &rlock));
	PROGRAM_END;
}

static enum progress take_rlock(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_rlock_acquire_until(thread, &rlock, SIM_NS_MAX));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_rlock_release(thread, &rlock));
	PROGRAM_END;
}

Test(threading, an_rlock_is_free_when_it_was_released_as_often_as_taken)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		thread_bench_add(&bench, "owner", hold_rlock_twice);
		thread_bench_add(&bench, "other", take_rlock);
		expect_notes(minors[i], "5.0:owner release\n5.0:other got it\n");
	}
}

/* Its releaser takes an RLock back at once, and the woken waits on: until 3.14, whose mutex is handed to one that
 * has waited for longer than a millisecond. */
static enum progress hold_rlock_three_times_in_turn(struct os_thread *thread, struct frame *frame)
{
	int64_t *round = (void *)frame->locals;

	PROGRAM_BEGIN(frame);
	for (*round = 0; *round < 3; ++*round) {
		AWAIT(frame, py_rlock_acquire_until(thread, &rlock, SIM_NS_MAX));
		AWAIT(frame, py_sleep(thread, 2 * SIM_MS));
		AWAIT(frame, py_rlock_release(thread, &rlock));
	}
	PROGRAM_END;
}

Test(threading, an_rlock_is_handed_over_since_3_14)
{
	static const char *const notes[] = { "6.0:other got it\n", "6.0:other got it\n", "2.0:other got it\n" };

	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		thread_bench_add(&bench, "owner", hold_rlock_three_times_in_turn);
		thread_bench_add(&bench, "other", take_rlock);
		expect_notes(minors[i], notes[i]);
	}
}

/* ---- Condition ---- */

static enum progress wait_for_condition(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_condition_acquire_until(thread, &condition, SIM_NS_MAX));
	AWAIT(frame, py_condition_acquire_until(thread, &condition,
						SIM_NS_MAX)); /* an RLock twice: wait() lets go of both */
	AWAIT(frame, py_condition_wait(thread, &condition, SIM_NS_MAX));
	thread_bench_note(thread, "notified");
	AWAIT(frame, py_condition_release(thread, &condition));
	AWAIT(frame, py_sleep(thread, 1 * SIM_MS));
	AWAIT(frame, py_condition_release(thread, &condition));
	PROGRAM_END;
}

static enum progress wait_2_ms_for_condition(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_condition_acquire_until(thread, &condition, SIM_NS_MAX));
	AWAIT(frame, py_condition_wait(thread, &condition, thread_bench_in_ms(thread, 2)));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_condition_release(thread, &condition));
	PROGRAM_END;
}

static enum progress notify_two_then_one(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, 5 * SIM_MS));
	AWAIT(frame, py_condition_acquire_until(thread, &condition, SIM_NS_MAX));
	AWAIT(frame, py_condition_notify(thread, &condition, 2));
	AWAIT(frame, py_sleep(thread, 3 * SIM_MS)); /* the notified have to wait for the lock */
	AWAIT(frame, py_condition_release(thread, &condition));
	AWAIT(frame, py_sleep(thread, 12 * SIM_MS));
	AWAIT(frame, py_condition_acquire_until(thread, &condition, SIM_NS_MAX));
	AWAIT(frame, py_condition_notify(thread, &condition, INT64_MAX));
	AWAIT(frame, py_condition_release(thread, &condition));
	PROGRAM_END;
}

Test(threading, a_condition_notifies_in_order_of_arrival)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		thread_bench_add(&bench, "a", wait_for_condition);
		thread_bench_add(&bench, "b", wait_for_condition);
		thread_bench_add(&bench, "c", wait_for_condition);
		thread_bench_add(&bench, "notifier", notify_two_then_one);
		expect_notes(minors[i], "8.0:a notified\n9.0:b notified\n20.0:c notified\n");
	}
}

Test(threading, a_waiter_whose_time_is_up_takes_no_notification)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		thread_bench_add(&bench, "hasty", wait_2_ms_for_condition);
		thread_bench_add(&bench, "a", wait_for_condition);
		thread_bench_add(&bench, "b", wait_for_condition);
		thread_bench_add(&bench, "notifier", notify_two_then_one);
		expect_notes(minors[i], "2.0:hasty timed out\n8.0:a notified\n9.0:b notified\n");
	}
}

/* ---- Semaphore ---- */

static enum progress query_5_ms(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_semaphore_acquire_until(thread, &semaphore, SIM_NS_MAX));
	thread_bench_note(thread, "begins");
	AWAIT(frame, py_sleep(thread, 5 * SIM_MS));
	AWAIT(frame, py_semaphore_release(thread, &semaphore, 1));
	PROGRAM_END;
}

static enum progress wait_3_ms_for_semaphore(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_semaphore_acquire_until(thread, &semaphore, 0));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_semaphore_acquire_until(thread, &semaphore, thread_bench_in_ms(thread, 3)));
	thread_bench_note(thread, outcome(thread));
	PROGRAM_END;
}

Test(threading, a_semaphore_lets_in_as_many_as_it_has_permits)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		py_semaphore_init(&semaphore, &bench.region, 2);
		thread_bench_add(&bench, "a", query_5_ms);
		thread_bench_add(&bench, "b", query_5_ms);
		thread_bench_add(&bench, "hasty", wait_3_ms_for_semaphore);
		thread_bench_add(&bench, "c", query_5_ms);
		thread_bench_add(&bench, "d", query_5_ms);
		expect_notes(minors[i], "0.0:a begins\n0.0:b begins\n0.0:hasty timed out\n3.0:hasty timed out\n"
					"5.0:c begins\n5.0:d begins\n");
	}
}

/* Like ThreadPoolExecutor.submit(), which has no time to wait for an idle worker, and takes the lock twice for
 * that. */
static enum progress look_in_vain(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_semaphore_acquire_in_no_time(thread, &semaphore));
	thread_bench_note(thread, outcome(thread));
	PROGRAM_END;
}

static enum progress hold_the_semaphores_lock(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &semaphore.lock));
	AWAIT(frame, py_sleep(thread, 10 * SIM_MS));
	AWAIT(frame, py_lock_release(thread, &semaphore.lock));
	PROGRAM_END;
}

Test(threading, acquire_in_no_time_gives_the_lock_back_and_takes_it_again)
{
	sim_ns *cost_ns;

	set_up(11);
	cost_ns = bench.interpreter->runtime->cost_ns;
	cost_ns[COST_SEMAPHORE_OP] = 8 * SIM_MS;
	cost_ns[COST_CONDITION_WAIT] = 2 * SIM_MS;
	cost_ns[COST_LOCK_UNCONTENDED] = 2 * SIM_MS;
	py_semaphore_init(&semaphore, &bench.region, 0);
	thread_bench_add(&bench, "hasty", look_in_vain);
	thread_bench_add(&bench, "holder", hold_the_semaphores_lock);
	/* The lock by 1 ms, the count by 9, in wait() 1 ms more and its own lock by 11: then it gives back what the
	 * holder has waited for since 5 ms, who sleeps with it from 12 to 22 ms and takes 1 ms to give it back;
	 * half of wait() and the lock's end by 25. */
	expect_notes(11, "25.0:hasty timed out\n");
}

/* Who releases and takes again in one breath is faster than the one it has notified, who has to wait for the GIL.
 */
static enum progress query_twice(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_semaphore_acquire_until(thread, &semaphore, SIM_NS_MAX));
	AWAIT(frame, py_sleep(thread, 5 * SIM_MS));
	AWAIT(frame, py_semaphore_release(thread, &semaphore, 1));
	AWAIT(frame, py_semaphore_acquire_until(thread, &semaphore, SIM_NS_MAX));
	AWAIT(frame, py_sleep(thread, 5 * SIM_MS));
	AWAIT(frame, py_semaphore_release(thread, &semaphore, 1));
	PROGRAM_END;
}

Test(threading, a_semaphore_may_be_taken_before_the_notified_wakes)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		py_semaphore_init(&semaphore, &bench.region, 1);
		thread_bench_add(&bench, "a", query_twice);
		thread_bench_add(&bench, "b", query_5_ms);
		expect_notes(minors[i], "10.0:b begins\n");
	}
}

/* ---- Event ---- */

static enum progress wait_for_event(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, thread_event_wait(thread, &event, thread_bench_in_ms(thread, 3)));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, thread_event_wait(thread, &event, SIM_NS_MAX));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, thread_event_wait(thread, &event, 0)); /* it is set: no waiting */
	thread_bench_note(thread, outcome(thread));
	PROGRAM_END;
}

static enum progress set_event(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, thread_event_set(thread, &event));
	AWAIT(frame, thread_event_clear(thread, &event));
	AWAIT(frame, py_sleep(thread, 7 * SIM_MS));
	AWAIT(frame, thread_event_set(thread, &event));
	PROGRAM_END;
}

Test(threading, an_event_lets_all_go_on)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		thread_bench_add(&bench, "setter", set_event);
		thread_bench_add(&bench, "a", wait_for_event);
		thread_bench_add(&bench, "b", wait_for_event);
		expect_notes(minors[i], "3.0:a timed out\n3.0:b timed out\n7.0:a got it\n7.0:a got it\n"
					"7.0:b got it\n7.0:b got it\n");
	}
}

/* ---- Barrier ---- */

static enum progress meet_twice(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, 2 * SIM_MS * thread->id));
	AWAIT(frame, py_barrier_wait(thread, &barrier, SIM_NS_MAX));
	thread_bench_note(thread, py_current(thread)->timed_out ? "broken" : "met");
	AWAIT(frame, py_barrier_wait(thread, &barrier, SIM_NS_MAX));
	thread_bench_note(thread, py_current(thread)->timed_out ? "broken" : "met");
	PROGRAM_END;
}

static enum progress meet_hastily(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_barrier_wait(thread, &barrier, thread_bench_in_ms(thread, 3)));
	thread_bench_note(thread, py_current(thread)->timed_out ? "broken" : "met");
	PROGRAM_END;
}

/* The last comes at 6 ms. Nobody enters the second round before all have left the first. */
Test(threading, a_barrier_opens_when_all_have_come)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		py_barrier_init(&barrier, &bench.region, 3);
		thread_bench_add(&bench, "a", meet_twice);
		thread_bench_add(&bench, "b", meet_twice);
		thread_bench_add(&bench, "c", meet_twice);
		thread_bench_run(&bench);
		cr_expect(bench.ended);
		cr_expect(eq(int, barrier.state, BARRIER_FILLING));
		cr_expect(eq(i64, barrier.inside, 0));
		cr_expect(eq(i64, machine_now(bench.machine), 6 * SIM_MS));
		thread_bench_release(&bench);
	}
}

/* Its time is up at 3 ms, while one waits and one is yet to come at 4 ms. */
Test(threading, a_time_out_breaks_the_barrier_for_all)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		py_barrier_init(&barrier, &bench.region, 3);
		thread_bench_add(&bench, "a", meet_twice);
		thread_bench_add(&bench, "b", meet_twice);
		thread_bench_add(&bench, "hasty", meet_hastily);
		expect_notes(minors[i],
			     "3.0:hasty broken\n3.0:a broken\n3.0:a broken\n4.0:b broken\n4.0:b broken\n");
	}
}

/* ---- Queues ---- */

static int items[4] = { 11, 22, 33, 44 };

static enum progress put_four(struct os_thread *thread, struct frame *frame)
{
	int64_t *next = (void *)frame->locals;

	PROGRAM_BEGIN(frame);
	for (*next = 0; *next < 4; ++*next) {
		AWAIT(frame, py_queue_put(thread, &queue, &items[*next], *next % 2, SIM_NS_MAX));
		thread_bench_note(thread, "put");
	}
	PROGRAM_END;
}

struct get_locals {
	void *item;
	int64_t left;
};

static enum progress get_all(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);

	PROGRAM_BEGIN(frame);
	for (my->left = 4; my->left > 0; my->left--) {
		AWAIT(frame, py_sleep(thread, 3 * SIM_MS));
		AWAIT(frame, py_queue_get(thread, &queue, &my->item, SIM_NS_MAX));
		thread_bench_note(thread, region_format(&bench.region, "got %d", *(int *)my->item));
	}
	PROGRAM_END;
}

Test(threading, a_bounded_queue_holds_its_producer_back)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		py_queue_init(&queue, &bench.region, QUEUE_FIFO, 2);
		thread_bench_add(&bench, "p", put_four);
		thread_bench_add(&bench, "c", get_all);
		expect_notes(minors[i], "0.0:p put\n0.0:p put\n3.0:c got 11\n3.0:p put\n6.0:c got 22\n6.0:p put\n"
					"9.0:c got 33\n12.0:c got 44\n");
	}
}

static void expect_order(enum queue_order order, const char *notes)
{
	set_up(13);
	py_queue_init(&queue, &bench.region, order, 0);
	thread_bench_add(&bench, "p", put_four);
	thread_bench_add(&bench, "c", get_all);
	expect_notes(13, notes);
}

Test(threading, queues_differ_in_what_leaves_first)
{
	expect_order(QUEUE_FIFO, "0.0:p put\n0.0:p put\n0.0:p put\n0.0:p put\n"
				 "3.0:c got 11\n6.0:c got 22\n9.0:c got 33\n12.0:c got 44\n");
	expect_order(QUEUE_LIFO, "0.0:p put\n0.0:p put\n0.0:p put\n0.0:p put\n"
				 "3.0:c got 44\n6.0:c got 33\n9.0:c got 22\n12.0:c got 11\n");
	expect_order(QUEUE_PRIORITY, "0.0:p put\n0.0:p put\n0.0:p put\n0.0:p put\n"
				     "3.0:c got 11\n6.0:c got 33\n9.0:c got 22\n12.0:c got 44\n");
}

/* Many items in an order without a pattern leave a priority queue sorted, equal ones in the order they came. */
static enum progress sort_by_queue(struct os_thread *thread, struct frame *frame)
{
	static int values[61];
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);

	PROGRAM_BEGIN(frame);
	for (my->left = 0; my->left < 61; my->left++) {
		values[my->left] = (int)(my->left * 37 % 61 / 4 * 100 + my->left);
		AWAIT(frame, py_queue_put(thread, &queue, &values[my->left], values[my->left] / 100, SIM_NS_MAX));
	}
	cr_expect(eq(i64, py_queue_size(&queue), 61));
	for (my->left = 0; py_queue_size(&queue) > 0;) {
		AWAIT(frame, py_queue_get(thread, &queue, &my->item, SIM_NS_MAX));
		cr_expect(lt(int, (int)my->left, *(int *)my->item + 1));
		my->left = *(int *)my->item;
	}
	PROGRAM_END;
}

Test(threading, a_priority_queue_sorts)
{
	set_up(13);
	py_queue_init(&queue, &bench.region, QUEUE_PRIORITY, 0);
	thread_bench_add(&bench, "sorter", sort_by_queue);
	thread_bench_run(&bench);
	cr_expect(bench.ended);
	thread_bench_release(&bench);
}

static enum progress try_a_full_queue(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_queue_get(thread, &queue, &my->item, thread_bench_in_ms(thread, 2)));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_queue_put(thread, &queue, &items[0], 0, 0));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_queue_put(thread, &queue, &items[1], 0, thread_bench_in_ms(thread, 3)));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_queue_get(thread, &queue, &my->item, 0));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, py_queue_get(thread, &queue, &my->item, 0));
	thread_bench_note(thread, outcome(thread));
	PROGRAM_END;
}

Test(threading, queues_are_full_or_empty_at_the_deadline)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		py_queue_init(&queue, &bench.region, QUEUE_FIFO, 1);
		thread_bench_add(&bench, "t", try_a_full_queue);
		expect_notes(minors[i],
			     "2.0:t timed out\n2.0:t got it\n5.0:t timed out\n5.0:t got it\n5.0:t timed out\n");
	}
}

static enum progress work_off(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);

	PROGRAM_BEGIN(frame);
	for (my->left = 4; my->left > 0; my->left--) {
		AWAIT(frame, py_queue_get(thread, &queue, &my->item, SIM_NS_MAX));
		AWAIT(frame, py_sleep(thread, 3 * SIM_MS));
		AWAIT(frame, py_queue_task_done(thread, &queue));
	}
	PROGRAM_END;
}

static enum progress join_queue(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_queue_join(thread, &queue));
	thread_bench_note(thread, "all done");
	PROGRAM_END;
}

Test(threading, a_queue_is_joined_when_all_its_tasks_are_done)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		py_queue_init(&queue, &bench.region, QUEUE_FIFO, 0);
		thread_bench_add(&bench, "p", put_four);
		thread_bench_add(&bench, "w", work_off);
		thread_bench_add(&bench, "j", join_queue);
		expect_notes(minors[i], "0.0:p put\n0.0:p put\n0.0:p put\n0.0:p put\n12.0:j all done\n");
	}
}

static enum progress get_simple(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, simple_queue_get_until(thread, &simple, &my->item, 0));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, simple_queue_get_until(thread, &simple, &my->item, thread_bench_in_ms(thread, 3)));
	thread_bench_note(thread, outcome(thread));
	AWAIT(frame, simple_queue_get_until(thread, &simple, &my->item, thread_bench_in_ms(thread, 6)));
	thread_bench_note(thread, region_format(&bench.region, "got %d", *(int *)my->item));
	PROGRAM_END;
}

static enum progress put_simple(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, 7 * SIM_MS));
	AWAIT(frame, simple_queue_put(thread, &simple, &items[0]));
	AWAIT(frame, simple_queue_put(thread, &simple, &items[1]));
	PROGRAM_END;
}

Test(threading, a_simple_queue_is_waited_for_until_the_deadline)
{
	for (size_t i = 0; i < 3; i++) {
		set_up(minors[i]);
		thread_bench_add(&bench, "a", get_simple);
		thread_bench_add(&bench, "p", put_simple);
		thread_bench_add(&bench, "b", get_simple);
		expect_notes(minors[i], "0.0:a timed out\n0.0:b timed out\n3.0:a timed out\n3.0:b timed out\n"
					"7.0:a got 11\n7.0:b got 22\n");
	}
}
