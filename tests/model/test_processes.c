/*
 * test_processes.c - processes, their queues, pools and managers, checked by arithmetic done by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdlib.h>

#include "models/library/mp_condition.h"
#include "models/library/mp_manager.h"
#include "models/library/mp_pool.h"
#include "models/library/mp_queue.h"
#include "tests/model/program_bench.h"

static struct program_bench bench;
static struct mp_process children[8];
static sim_ns at_ns[8];

static void set_up(void)
{
	program_bench_init(&bench);
	memset(at_ns, 0, sizeof(at_ns));
}

static void tear_down(void)
{
	program_bench_release(&bench);
}

TestSuite(processes, .init = set_up, .fini = tear_down);

static bool is_about(sim_ns ns, sim_ns expected_ns)
{
	return llabs(ns - expected_ns) < 10 * SIM_US;
}

struct main_locals {
	int64_t next;
	void *item;
};

/* ---- Starting ---- */

static enum progress do_nothing(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	(void)thread;
	PROGRAM_END;
}

static enum progress start_and_join_two(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < 2; my->next++) {
		AWAIT(frame,
		      mp_process_start(thread, &bench.context, &children[my->next], "child", do_nothing, NULL));
		at_ns[my->next] = machine_now(thread->machine);
	}
	for (my->next = 0; my->next < 2; my->next++)
		AWAIT(frame, mp_process_join(thread, &children[my->next]));
	PROGRAM_END;
}

/* fork() pays for each byte of the parent, 2 ms here; vfork() since 3.10 does not. */
Test(processes, only_fork_grows_with_the_parents_memory)
{
	bench.costs.value[COST_FORK_PER_BYTE] = 0.01;
	bench.costs.value[COST_MEMORY_INTERPRETER] = 200e6;
	program_bench_run(&bench, 4, 12, start_and_join_two);
	cr_expect(is_about(at_ns[0], 2 * SIM_MS));
	bench.context = (struct mp_context){ .method = MP_SPAWN };
	program_bench_run(&bench, 4, 12, start_and_join_two);
	cr_expect(is_about(at_ns[0], 0));
	/* Before 3.10 the resource tracker and the child are forked. */
	bench.context = (struct mp_context){ .method = MP_SPAWN };
	program_bench_run(&bench, 4, 9, start_and_join_two);
	cr_expect(is_about(at_ns[0], 4 * SIM_MS));
	cr_expect(is_about(at_ns[1], 6 * SIM_MS));
}

/* Each spawned child imports everything, side by side; a fork server's too, but since 3.14 it has done so once. */
Test(processes, imports_are_paid_where_the_start_method_says)
{
	bench.costs.value[COST_SPAWN_CHILD] = 40e6;
	bench.costs.value[COST_FORKSERVER_SERVER] = 30e6;
	bench.costs.value[COST_FORKSERVER_CHILD] = 7e6;
	bench.context = (struct mp_context){ .method = MP_SPAWN, .imports_ns = 300 * SIM_MS };
	cr_expect(is_about(program_bench_run(&bench, 4, 12, start_and_join_two), 340 * SIM_MS));
	bench.context = (struct mp_context){ .method = MP_FORKSERVER, .imports_ns = 300 * SIM_MS };
	cr_expect(is_about(program_bench_run(&bench, 4, 12, start_and_join_two), (30 + 7 + 300) * SIM_MS));
	bench.context = (struct mp_context){ .method = MP_FORKSERVER, .imports_ns = 300 * SIM_MS };
	cr_expect(is_about(program_bench_run(&bench, 4, 14, start_and_join_two), (30 + 300 + 7) * SIM_MS));
	cr_expect(is_about(at_ns[0], 330 * SIM_MS), "the server answers when it has imported everything");
	bench.context = (struct mp_context){ .method = MP_FORK, .imports_ns = 300 * SIM_MS };
	cr_expect(is_about(program_bench_run(&bench, 4, 12, start_and_join_two), 0));
}

/* Two children of their own memory beside the parent's: copied pages, or whole interpreters and the tracker, which
 * has imported little. */
Test(processes, peak_memory_counts_what_is_shared_once)
{
	bench.costs.value[COST_MEMORY_INTERPRETER] = 20e6;
	bench.costs.value[COST_MEMORY_FORK] = 3e6;
	bench.costs.value[COST_PROCESS_BOOTSTRAP] = bench.costs.value[COST_SPAWN_CHILD] = 5e6;
	program_bench_run(&bench, 4, 12, start_and_join_two);
	cr_expect(eq(i64, bench.machine->peak_memory_bytes, 26000000));
	bench.costs.value[COST_MEMORY_TRACKER] = 8e6;
	bench.costs.value[COST_MEMORY_SPAWNED] = 18e6;
	bench.costs.value[COST_SPAWN_FINISH] = 5e6; /* so that both are there at once */
	bench.context = (struct mp_context){ .method = MP_SPAWN, .imports_bytes = 7000000 };
	program_bench_run(&bench, 4, 12, start_and_join_two);
	cr_expect(eq(i64, bench.machine->peak_memory_bytes, 20000000 + 8000000 + 2 * (18000000 + 7000000)));
}

/* ---- Queues ---- */

static struct mp_queue queue;
static int64_t limit;

/* Takes one item each 5 ms. */
static enum progress take_slowly(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	do {
		AWAIT(frame, py_sleep(thread, 5 * SIM_MS));
		AWAIT(frame, mp_queue_get(thread, &queue, &my->item, SIM_NS_MAX));
	} while (my->item);
	PROGRAM_END;
}

static enum progress put_six(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	mp_queue_init(&queue, bench.machine, limit);
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[0], "taker", take_slowly, NULL));
	for (my->next = 0; my->next < 6; my->next++) {
		AWAIT(frame, mp_queue_put(thread, &queue, my->next < 5 ? &queue : NULL,
					  (struct payload){ 100, 1 }, SIM_NS_MAX));
		at_ns[my->next] = machine_now(thread->machine);
	}
	AWAIT(frame, mp_process_join(thread, &children[0]));
	PROGRAM_END;
}

/* Two slots: the third put() waits for the first get(), at 5 ms, the fourth for the second. */
Test(processes, a_bounded_queue_holds_its_producer_up)
{
	limit = 2;
	cr_expect(is_about(program_bench_run(&bench, 3, 12, put_six), 30 * SIM_MS));
	cr_expect(is_about(at_ns[1], 0));
	cr_expect(is_about(at_ns[2], 5 * SIM_MS));
	cr_expect(is_about(at_ns[3], 10 * SIM_MS));
	cr_expect(is_about(at_ns[5], 20 * SIM_MS));
}

/* Pickling 100 bytes takes 3 ms: the feeder's, not that of put(). */
Test(processes, put_returns_before_its_item_is_pickled)
{
	limit = MP_QUEUE_UNBOUNDED;
	bench.costs.value[COST_PICKLE_DUMPS] = 30e3;
	program_bench_run(&bench, 3, 12, put_six);
	cr_expect(at_ns[0] < SIM_MS);
}

static int64_t sizes[3], size_count;

static enum progress take_all(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < size_count; my->next++)
		AWAIT(frame, mp_queue_get(thread, &queue, &my->item, SIM_NS_MAX));
	PROGRAM_END;
}

static enum progress put_all(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	mp_queue_init(&queue, bench.machine, MP_QUEUE_UNBOUNDED);
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[0], "taker", take_all, NULL));
	for (my->next = 0; my->next < size_count; my->next++)
		AWAIT(frame, mp_queue_put(thread, &queue, &queue, (struct payload){ sizes[my->next], 1 }, SIM_NS_MAX));
	AWAIT(frame, mp_process_join(thread, &children[0]));
	PROGRAM_END;
}

/* 10 us a page fault: 40 KB have none; 1 MiB has 256 for what is pickled, for the buffers of its reads, for the message that is put
 * together of them, and for what is unpickled. */
Test(processes, only_large_messages_pass_through_fresh_memory)
{
	sim_ns took_ns;

	bench.costs.value[COST_MEM_FAULT] = 10e3;
	sizes[0] = 40000;
	size_count = 1;
	cr_expect(is_about(program_bench_run(&bench, 3, 12, put_all), 0));
	sizes[0] = 1 << 20;
	took_ns = program_bench_run(&bench, 3, 12, put_all);
	cr_expect(took_ns > 4 * 256 * 10 * SIM_US && took_ns < 9 * 128 * 10 * SIM_US, "%ld", (long)took_ns);
}

static sim_ns got_ns;

/* Its buffer is written before it ends: 10 items, each pickled in 2 ms. */
static enum progress put_and_leave(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < 10; my->next++)
		AWAIT(frame, mp_queue_put(thread, &queue, &queue, (struct payload){ 100, 1 }, SIM_NS_MAX));
	PROGRAM_END;
}

static enum progress join_then_get(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	mp_queue_init(&queue, bench.machine, MP_QUEUE_UNBOUNDED);
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[0], "putter", put_and_leave, NULL));
	AWAIT(frame, mp_process_join(thread, &children[0]));
	got_ns = machine_now(thread->machine);
	for (my->next = 0; my->next < 10; my->next++)
		AWAIT(frame, mp_queue_get(thread, &queue, &my->item, SIM_NS_MAX));
	/* Nothing is left: a get() with a time-out of 7 ms waits for it. */
	AWAIT(frame, mp_queue_get(thread, &queue, &my->item, machine_now(thread->machine) + 7 * SIM_MS));
	at_ns[0] = machine_now(thread->machine);
	at_ns[1] = py_current(thread)->timed_out;
	PROGRAM_END;
}

Test(processes, a_process_flushes_its_queue_before_it_ends)
{
	bench.costs.value[COST_PICKLE_DUMPS] = 20e3;
	program_bench_run(&bench, 2, 12, join_then_get);
	cr_expect(is_about(got_ns, 20 * SIM_MS));
	cr_expect(is_about(at_ns[0], 27 * SIM_MS));
	cr_expect(eq(i64, at_ns[1], 1));
}

/* ---- Pool ---- */

static struct mp_pool *pool;
static struct mp_job job;
static const sim_ns *item_ns;
static int64_t max_tasks_per_child;
static bool in_order;

static enum progress work(struct os_thread *thread, struct frame *frame)
{
	struct mp_item_locals *my = FRAME_LOCALS(frame, struct mp_item_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, item_ns[my->index]));
	PROGRAM_END;
}

static enum progress iterate(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	pool = mp_pool_new(bench.interpreter, &bench.context, 2, max_tasks_per_child);
	AWAIT(frame, mp_pool_open(thread, pool));
	job = (struct mp_job){ .item_program = work, .item_count = 4, .chunk_items = 1 };
	AWAIT(frame, mp_pool_imap(thread, pool, &job, in_order));
	for (my->next = 0; my->next < 4; my->next++) {
		AWAIT(frame, mp_job_next(thread, &job));
		at_ns[my->next] = machine_now(thread->machine);
	}
	AWAIT(frame, mp_pool_join(thread, pool));
	PROGRAM_END;
}

/* On two workers 9 ms beside 2 + 3 + 5: done at 2, 5, 9 and 10; in order all wait for the first. */
Test(processes, imap_yields_in_order_and_imap_unordered_as_they_come)
{
	const sim_ns items[] = { 9 * SIM_MS, 2 * SIM_MS, 3 * SIM_MS, 5 * SIM_MS };
	const sim_ns unordered[] = { 2 * SIM_MS, 5 * SIM_MS, 9 * SIM_MS, 10 * SIM_MS };

	item_ns = items;
	in_order = true;
	program_bench_run(&bench, 6, 12, iterate);
	for (int i = 0; i < 3; i++)
		cr_expect(is_about(at_ns[i], 9 * SIM_MS), "in order, item %d at %ld", i, (long)at_ns[i]);
	in_order = false;
	program_bench_run(&bench, 6, 12, iterate);
	for (int i = 0; i < 4; i++)
		cr_expect(is_about(at_ns[i], unordered[i]), "item %d at %ld", i, (long)at_ns[i]);
}

/* A worker leaves after one task, and its successor takes 4 ms to start: 5 + 4 + 5 on each of the two. */
Test(processes, a_pool_replaces_workers_that_have_done_their_tasks)
{
	const sim_ns items[] = { 5 * SIM_MS, 5 * SIM_MS, 5 * SIM_MS, 5 * SIM_MS };

	item_ns = items;
	max_tasks_per_child = 1;
	bench.costs.value[COST_PROCESS_BOOTSTRAP] = 4e6;
	program_bench_run(&bench, 6, 12, iterate);
	max_tasks_per_child = 0;
	cr_expect(is_about(at_ns[3], (4 + 5 + 4 + 5) * SIM_MS), "%ld", (long)at_ns[3]);
}

/* ---- Sockets ---- */

static struct pipe *question, *answer;
static bool by_socket;

static enum progress answer_once(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, pipe_read(thread, question, INT64_MAX, NULL, &my->item));
	AWAIT(frame, os_thread_compute(thread, 5 * SIM_MS));
	pipe_begin_message(thread, answer, 10, NULL);
	AWAIT(frame, pipe_write(thread, answer, 10));
	PROGRAM_END;
}

static enum progress ask_once(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	if (by_socket) {
		pipe_new_socket(thread->machine, &question, &answer);
	} else {
		question = pipe_new(thread->machine);
		answer = pipe_new(thread->machine);
	}
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[0], "child", answer_once, NULL));
	AWAIT(frame, os_thread_compute(thread, 20 * SIM_MS)); /* until the child waits */
	at_ns[0] = machine_now(thread->machine);
	pipe_begin_message(thread, question, 10, NULL);
	AWAIT(frame, pipe_write(thread, question, 10));
	AWAIT(frame, pipe_read(thread, answer, INT64_MAX, NULL, &my->item));
	at_ns[1] = machine_now(thread->machine);
	AWAIT(frame, mp_process_join(thread, &children[0]));
	PROGRAM_END;
}

/* 0.1 ms a byte; 10 bytes are read by the child, and 10 by its parent, after 5 ms of work. Nobody was at the other
 * end before when they were written. */
Test(processes, bytes_that_another_core_wrote_take_longer)
{
	by_socket = false;
	bench.costs.value[COST_MEM_COPY_ACROSS] = 100e3;
	program_bench_run(&bench, 2, 12, ask_once);
	cr_expect(is_about(at_ns[1] - at_ns[0], (5 + 2) * SIM_MS), "%ld", (long)(at_ns[1] - at_ns[0]));
	program_bench_run(&bench, 1, 12, ask_once);
	cr_expect(is_about(at_ns[1] - at_ns[0], 5 * SIM_MS), "%ld", (long)(at_ns[1] - at_ns[0]));
}

/* 1 ms a byte: 10 ms until the question is written, 3 ms until the child runs, 10 ms of reading; 5 ms of work; the same way
 * back. */
Test(processes, pipes_wake_the_other_end_when_the_bytes_are_copied)
{
	by_socket = false;
	bench.costs.value[COST_MEM_COPY] = 1e6;
	bench.costs.value[COST_WAKE_IDLE_SHALLOW] = bench.costs.value[COST_WAKE_IDLE_DEEP] = 3e6;
	program_bench_run(&bench, 2, 12, ask_once);
	cr_expect(is_about(at_ns[1] - at_ns[0], (10 + 3 + 10 + 5 + 10 + 3 + 10) * SIM_MS), "%ld",
		  (long)(at_ns[1] - at_ns[0]));
}

static enum progress read_later(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, os_thread_compute(thread, 24 * SIM_MS));
	AWAIT(frame, pipe_read(thread, question, INT64_MAX, NULL, &my->item));
	at_ns[1] = machine_now(thread->machine);
	PROGRAM_END;
}

static enum progress write_meanwhile(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	question = pipe_new(thread->machine);
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[0], "child", read_later, NULL));
	AWAIT(frame, os_thread_compute(thread, 20 * SIM_MS - machine_now(thread->machine)));
	at_ns[0] = machine_now(thread->machine);
	pipe_begin_message(thread, question, 10, NULL);
	AWAIT(frame, pipe_write(thread, question, 10));
	AWAIT(frame, mp_process_join(thread, &children[0]));
	PROGRAM_END;
}

/* Written from 20 to 30 ms; who comes at 24 ms spins until then, without a wake-up's 3 ms, and reads for 10 ms. */
Test(processes, a_reader_waits_on_its_core_while_a_writer_copies)
{
	bench.costs.value[COST_MEM_COPY] = 1e6;
	bench.costs.value[COST_WAKE_IDLE_SHALLOW] = bench.costs.value[COST_WAKE_IDLE_DEEP] = 3e6;
	program_bench_run(&bench, 2, 12, write_meanwhile);
	cr_expect(is_about(at_ns[1] - at_ns[0], 20 * SIM_MS), "%ld", (long)(at_ns[1] - at_ns[0]));
}

static enum progress kill_the_first(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, os_thread_compute(thread, 26 * SIM_MS));
	os_process_kill(children[0].interpreter->process);
	PROGRAM_END;
}

static enum progress write_to_two(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	question = pipe_new(thread->machine);
	at_ns[1] = 0;
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[0], "spins", read_later, NULL));
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[1], "sleeps", read_later, NULL));
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[2], "kills", kill_the_first, NULL));
	AWAIT(frame, os_thread_compute(thread, 20 * SIM_MS - machine_now(thread->machine)));
	at_ns[0] = machine_now(thread->machine);
	pipe_begin_message(thread, question, 10, NULL);
	AWAIT(frame, pipe_write(thread, question, 10));
	AWAIT(frame, mp_process_join(thread, &children[1]));
	PROGRAM_END;
}

/* Written from 20 to 30 ms. Of two that come at 24 ms the first spins, and is killed; the other one, asleep, has its turn. */
Test(processes, who_is_killed_while_it_waits_on_its_core_keeps_nobody_waiting)
{
	bench.costs.value[COST_MEM_COPY] = 1e6;
	program_bench_run(&bench, 4, 12, write_to_two);
	cr_expect(is_about(at_ns[1] - at_ns[0], 20 * SIM_MS), "%ld", (long)(at_ns[1] - at_ns[0]));
}

static sim_ns round_trip_ns(bool socket)
{
	by_socket = socket;
	bench.costs.value[COST_WAKE_CALL_IDLE] = 1e6;
	bench.costs.value[COST_WAKE_IDLE_SHALLOW] = bench.costs.value[COST_WAKE_IDLE_DEEP] = 3e6;
	program_bench_run(&bench, 2, 12, ask_once);
	return at_ns[1] - at_ns[0];
}

/* 3 ms until the child reads, 5 ms of work, 3 ms until the answer is read. */
Test(processes, pipes_wake_who_they_have_something_for)
{
	cr_expect(is_about(round_trip_ns(false), 11 * SIM_MS));
}

/* The child's read wakes who waits for the answer, and pays for that; the other one finds nothing and waits again. */
Test(processes, a_socket_wakes_who_waits_for_an_answer_when_the_question_is_read)
{
	cr_expect(is_about(round_trip_ns(true), 12 * SIM_MS));
}

/* ---- Pages ---- */

struct message_locals {
	void *item;
	int count;
};

static int64_t message_bytes;
static int fitting_count;

/* A message each millisecond, from 100 ms on. */
static enum progress read_slowly(struct os_thread *thread, struct frame *frame)
{
	struct message_locals *my = FRAME_LOCALS(frame, struct message_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, 100 * SIM_MS));
	for (my->count = 0; my->count <= fitting_count; my->count++) {
		AWAIT(frame, py_sleep(thread, SIM_MS));
		AWAIT(frame, pipe_read(thread, question, INT64_MAX, NULL, &my->item));
	}
	PROGRAM_END;
}

static enum progress fill_a_pipe(struct os_thread *thread, struct frame *frame)
{
	struct message_locals *my = FRAME_LOCALS(frame, struct message_locals);

	PROGRAM_BEGIN(frame);
	question = pipe_new(thread->machine);
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[0], "child", read_slowly, NULL));
	for (my->count = 0; my->count < fitting_count; my->count++) {
		pipe_begin_message(thread, question, message_bytes, NULL);
		AWAIT(frame, pipe_write(thread, question, message_bytes));
	}
	at_ns[0] = machine_now(thread->machine);
	pipe_begin_message(thread, question, message_bytes, NULL);
	AWAIT(frame, pipe_write(thread, question, message_bytes));
	at_ns[1] = machine_now(thread->machine);
	AWAIT(frame, mp_process_join(thread, &children[0]));
	PROGRAM_END;
}

static void expect_room(int64_t bytes, int fitting, int read_until_room)
{
	message_bytes = bytes;
	fitting_count = fitting;
	program_bench_run(&bench, 2, 12, fill_a_pipe);
	cr_expect(lt(long, at_ns[0], 50 * SIM_MS));
	cr_expect(is_about(at_ns[1], (100 + read_until_room) * SIM_MS), "%ld", (long)at_ns[1]);
}

/* 16 pages. Of messages of 64 bytes a page holds 64, and all of them have to be read before a new one has room. */
Test(processes, a_full_pipe_has_room_when_a_page_is_empty)
{
	expect_room(64, 1024, 64);
	expect_room(3000, 16, 1);
	expect_room(4096, 16, 1);
}

/* ---- Semaphores ---- */

#define START_NS (30 * SIM_MS) /* of the child, and of whoever sleeps: an idle core's wake-up */

static struct mp_semaphore guard;

static enum progress hold_for_five_ms(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_semaphore_acquire(thread, &guard, SIM_NS_MAX));
	AWAIT(frame, os_thread_compute(thread, 5 * SIM_MS + SIM_US));
	AWAIT(frame, mp_semaphore_release(thread, &guard));
	PROGRAM_END;
}

static enum progress acquire_just_before_that(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	mp_semaphore_init(&guard, 1);
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[0], "child", hold_for_five_ms, NULL));
	AWAIT(frame, os_thread_compute(thread, START_NS + 5 * SIM_MS));
	AWAIT(frame, mp_semaphore_acquire(thread, &guard, SIM_NS_MAX));
	at_ns[0] = machine_now(thread->machine);
	AWAIT(frame, mp_process_join(thread, &children[0]));
	PROGRAM_END;
}

/* It is posted within the millisecond or so that the way into the kernel takes here. */
Test(processes, who_finds_a_semaphore_posted_on_the_way_to_sleep_stays_awake)
{
	bench.costs.value[COST_WAKE_IDLE_SHALLOW] = bench.costs.value[COST_WAKE_IDLE_DEEP] = START_NS;
	program_bench_run(&bench, 2, 12, acquire_just_before_that);
	cr_expect(gt(long, at_ns[0], 60 * SIM_MS));
	bench.costs.value[COST_FUTEX_CALL] = 1e6;
	program_bench_run(&bench, 2, 12, acquire_just_before_that);
	cr_expect(lt(long, at_ns[0], 50 * SIM_MS));
}

/* ---- Managers ---- */

static struct mp_manager *manager;

static enum progress call_thrice(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < 3; my->next++)
		AWAIT(frame, mp_manager_call(thread, manager, (struct payload){ 0 }, (struct payload){ 0 }));
	PROGRAM_END;
}

static enum progress two_clients(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	manager = mp_manager_new(&bench.region, &bench.context);
	AWAIT(frame, mp_manager_start(thread, manager));
	for (my->next = 0; my->next < 2; my->next++)
		AWAIT(frame,
		      mp_process_start(thread, &bench.context, &children[my->next], "client", call_thrice, NULL));
	for (my->next = 0; my->next < 2; my->next++)
		AWAIT(frame, mp_process_join(thread, &children[my->next]));
	PROGRAM_END;
}

/* Three calls, 1 ms of the caller and 2 ms of the server's each: alone 9 ms; two callers share the server's GIL,
 * which is then the bottleneck: 6 x 2 ms, and the first caller's 1 ms before them. */
Test(processes, calls_to_a_manager_share_its_servers_gil)
{
	bench.costs.value[COST_MANAGER_CALL] = 1e6;
	bench.costs.value[COST_MANAGER_SERVE] = 2e6;
	cr_expect(is_about(program_bench_run(&bench, 6, 12, two_clients), 13 * SIM_MS));
}

static enum progress one_client(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	manager = mp_manager_new(&bench.region, &bench.context);
	AWAIT(frame, mp_manager_start(thread, manager));
	AWAIT(frame, mp_process_start(thread, &bench.context, &children[0], "client", call_thrice, NULL));
	AWAIT(frame, mp_process_join(thread, &children[0]));
	PROGRAM_END;
}

/* A connection to count the inherited proxy, one for the calls, one to take the count back. */
Test(processes, a_forked_client_connects_to_a_manager_three_times)
{
	bench.costs.value[COST_MANAGER_CONNECT] = 5e6;
	cr_expect(is_about(program_bench_run(&bench, 6, 12, one_client), 15 * SIM_MS));
}

/* ---- Memory ---- */

static enum progress grow_and_shrink(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	at_ns[0] = os_process_grow_heap(thread->process, 5000);
	at_ns[1] = os_process_grow_heap(thread->process, 3000);
	at_ns[2] = os_process_grow_heap(thread->process, 1000);
	os_process_grow_heap(thread->process, -8000);
	at_ns[3] = os_process_grow_heap(thread->process, 8000);
	at_ns[4] = os_process_grow_heap(thread->process, 4096);
	PROGRAM_END;
}

/* 5,000 B are on two pages of 4,096, 8,000 still are, 9,000 on three; what was freed is used again. */
Test(processes, only_memory_that_a_process_never_had_costs_page_faults)
{
	static const sim_ns pages[] = { 2, 0, 1, 0, 1 };

	bench.costs.value[COST_MEM_FAULT] = 7;
	program_bench_run(&bench, 1, 12, grow_and_shrink);
	for (size_t i = 0; i < 5; i++)
		cr_expect(eq(i64, at_ns[i], 7 * pages[i]));
}

enum { BLOCK_BYTES = 16 << 20 };

static int64_t allocate_and_free(struct os_thread *thread, int64_t bytes)
{
	struct memory_block *block = memory_allocate(arena_of(thread), bytes);
	int64_t fresh_bytes = memory_touch(block, bytes);

	memory_free(block);
	return fresh_bytes;
}

static enum progress allocate_again(struct os_thread *thread, struct frame *frame)
{
	struct memory_block *first, *second;

	PROGRAM_BEGIN(frame);
	for (size_t i = 0; i < 4; i++)
		at_ns[i] = allocate_and_free(thread, BLOCK_BYTES);
	first = memory_allocate(arena_of(thread), BLOCK_BYTES);
	second = memory_allocate(arena_of(thread), 2 * BLOCK_BYTES);
	at_ns[4] = memory_touch(first, BLOCK_BYTES);
	at_ns[5] = memory_touch(second, 2 * BLOCK_BYTES);
	memory_free(first);
	memory_free(second);
	at_ns[6] = allocate_and_free(thread, BLOCK_BYTES);
	PROGRAM_END;
}

/* As Python 3.11 and 3.13 do with eight bytearrays of 16 MiB: 4,097 page faults, 4,080, and then none. The first is
 * a mapping, the second comes from the heap, which keeps up to 32 MiB from then on; a mapping of 32 MiB makes
 * that 64. */
Test(processes, the_third_large_block_is_in_memory_that_the_heap_has_kept)
{
	program_bench_run(&bench, 1, 12, allocate_again);
	cr_expect(at_ns[0] >= BLOCK_BYTES && at_ns[0] < BLOCK_BYTES + 3 * 4096);
	cr_expect(at_ns[1] >= BLOCK_BYTES - 3 * 4096 && at_ns[1] < BLOCK_BYTES + 3 * 4096);
	cr_expect(at_ns[2] == 0 && at_ns[3] == 0 && at_ns[4] == 0);
	cr_expect(at_ns[5] >= 2 * BLOCK_BYTES && at_ns[6] == 0);
}

static enum progress map_and_release(struct os_thread *thread, struct frame *frame)
{
	struct memory_block *block;

	PROGRAM_BEGIN(frame);
	block = memory_allocate(arena_of(thread), BLOCK_BYTES);
	memory_touch(block, 10 * 4096);
	at_ns[0] = memory_kernel_cost(thread);
	at_ns[1] = memory_kernel_cost(thread);
	memory_free(block);
	at_ns[2] = memory_kernel_cost(thread);
	PROGRAM_END;
}

/* 7 ns for the mapping; 7 and 10 times 2 ns for giving it back. The 100 ns are for other threads of the process. */
Test(processes, mappings_and_pages_given_back_cost_time)
{
	bench.costs.value[COST_MEM_MAP] = 7;
	bench.costs.value[COST_MEM_RELEASE] = 2;
	bench.costs.value[COST_MEM_SHOOTDOWN] = 100;
	program_bench_run(&bench, 2, 12, map_and_release);
	cr_expect(eq(i64, at_ns[0], 7));
	cr_expect(eq(i64, at_ns[1], 0));
	cr_expect(eq(i64, at_ns[2], 7 + 10 * 2));
}

static enum progress grow_a_block(struct os_thread *thread, struct frame *frame)
{
	struct memory_block *block, *wall;
	int64_t copied = 0, fresh = 0;

	PROGRAM_BEGIN(frame);
	block = memory_allocate(arena_of(thread), 50000);
	memory_touch(block, 50000);
	block = memory_resize(block, 60000, 50000, &copied, &fresh);
	at_ns[0] = copied;
	wall = memory_allocate(arena_of(thread), 1000);
	block = memory_resize(block, 70000, 50000, &copied, &fresh);
	at_ns[1] = copied;
	memory_free(wall);
	at_ns[2] = allocate_and_free(thread, 60000); /* where it was before */
	memory_free(block);
	PROGRAM_END;
}

Test(processes, a_block_grows_in_place_while_nothing_is_behind_it)
{
	program_bench_run(&bench, 1, 12, grow_a_block);
	cr_expect(at_ns[0] == 0);
	cr_expect(at_ns[1] == 50000);
	cr_expect(at_ns[2] < 4096 * 5);
}

/* ---- Locks, conditions ---- */

static struct mp_event event;

static enum progress wait_for_it(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_event_wait(thread, &event, SIM_NS_MAX));
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, 2 * SIM_MS));
	PROGRAM_END;
}

static enum progress set_after_a_while(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	mp_event_init(&event);
	for (my->next = 0; my->next < 3; my->next++)
		AWAIT(frame,
		      mp_process_start(thread, &bench.context, &children[my->next], "waiter", wait_for_it, NULL));
	AWAIT(frame, py_sleep(thread, 11 * SIM_MS));
	AWAIT(frame, mp_event_set(thread, &event));
	for (my->next = 0; my->next < 3; my->next++)
		AWAIT(frame, mp_process_join(thread, &children[my->next]));
	PROGRAM_END;
}

Test(processes, an_event_lets_all_waiting_processes_go)
{
	cr_expect(is_about(program_bench_run(&bench, 4, 12, set_after_a_while), 13 * SIM_MS));
}
