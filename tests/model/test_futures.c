/*
 * test_futures.c - futures and the process pool, checked by arithmetic done by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "models/library/process_pool.h"
#include "models/library/thread_pool.h"
#include "tests/model/program_bench.h"

#define CALLS_MAX 20

static struct program_bench bench;
static struct process_pool *pool;
static struct process_call calls[CALLS_MAX];
static sim_ns work_ns[CALLS_MAX];
static uint32_t call_count, workers;
static int64_t max_tasks_per_child;
static uint32_t cancelled, workers_after_first;

static void set_up(void)
{
	program_bench_init(&bench);
	memset(calls, 0, sizeof(calls));
	call_count = cancelled = 0;
	max_tasks_per_child = 0;
}

static void tear_down(void)
{
	program_bench_release(&bench);
}

TestSuite(futures, .init = set_up, .fini = tear_down);

struct work_locals {
	void *argument;
};

static enum progress compute(struct os_thread *thread, struct frame *frame)
{
	struct work_locals *my = FRAME_LOCALS(frame, struct work_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, *(sim_ns *)my->argument));
	PROGRAM_END;
}

static enum progress wait_a_while(struct os_thread *thread, struct frame *frame)
{
	struct work_locals *my = FRAME_LOCALS(frame, struct work_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, *(sim_ns *)my->argument));
	PROGRAM_END;
}

struct main_locals {
	uint32_t next;
	sim_ns cost_ns;
};

static enum progress submit_next(struct os_thread *thread, uint32_t index, program_fn *program)
{
	calls[index] = (struct process_call){ .exited = NULL };
	work_item_init(&calls[index].item, program, &work_ns[index]);
	return process_pool_submit(thread, pool, &calls[index]);
}

/* with ProcessPoolExecutor(workers) as pool: list(pool.map(compute, ...)) */
static enum progress map_all(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	pool = process_pool_new(bench.interpreter, &bench.context, workers, max_tasks_per_child);
	AWAIT(frame, process_pool_open(thread, pool));
	for (my->next = 0; my->next < call_count; my->next++) {
		AWAIT(frame, submit_next(thread, my->next, compute));
		if (my->next == 0)
			workers_after_first = pool->worker_count;
	}
	for (my->next = 0; my->next < call_count; my->next++)
		AWAIT(frame, py_future_wait(thread, &calls[my->next].item.future, SIM_NS_MAX));
	AWAIT(frame, process_pool_shutdown(thread, pool, false));
	PROGRAM_END;
}

static void set_work(const sim_ns *ns, uint32_t count)
{
	memcpy(work_ns, ns, count * sizeof(*ns));
	call_count = count;
}

/* All calls, with what surrounds them at no cost, on so many cores: then, and hardly later. */
static void expect_map_ends(int cores, sim_ns expected_ns)
{
	sim_ns end_ns = program_bench_run(&bench, cores, 12, map_all);

	cr_expect(ge(i64, end_ns, expected_ns));
	cr_expect(lt(i64, end_ns, expected_ns + 10 * SIM_US));
}

/* Free at 9, 7, 5, 4: the fifth job starts at 4 and ends at 12. */
Test(futures, a_process_pool_hands_calls_to_whoever_is_free)
{
	const sim_ns jobs_ns[] = { 9 * SIM_MS, 7 * SIM_MS, 5 * SIM_MS, 4 * SIM_MS, 8 * SIM_MS };

	workers = 4;
	set_work(jobs_ns, 5);
	expect_map_ends(5, 12 * SIM_MS);
	cr_expect(eq(u32, workers_after_first, 4));
}

/* One feeder pickles all calls, one after the other, whoever waits for them; the workers' sentinels are no calls. */
Test(futures, a_process_pools_feeder_packs_one_call_after_the_other)
{
	const sim_ns jobs_ns[] = { SIM_MS, SIM_MS, SIM_MS, SIM_MS };

	workers = 4;
	set_work(jobs_ns, 4);
	bench.costs.value[COST_PPE_FEED] = 10e6;
	expect_map_ends(6, 41 * SIM_MS);
}

/* 3 ms for the first of two calls, in the manager, before the only worker gets it. */
Test(futures, a_process_pools_first_call_copies_pages_in_the_parent)
{
	const sim_ns jobs_ns[] = { SIM_MS, SIM_MS };

	workers = 1;
	set_work(jobs_ns, 2);
	bench.costs.value[COST_PPE_FIRST_ROUND] = 3e6;
	expect_map_ends(3, 5 * SIM_MS);
}

/* With fork, and before 3.9 always, all workers start at the first submit(); else one a submit() while none is
 * idle. */
Test(futures, workers_start_as_the_version_does)
{
	static const struct {
		int minor;
		enum mp_start_method method;
		uint32_t expected;
	} cases[] = { { 8, MP_FORK, 3 },
		      { 8, MP_SPAWN, 3 },
		      { 11, MP_FORK, 3 },
		      { 11, MP_SPAWN, 1 },
		      { 13, MP_FORKSERVER, 1 } };
	const sim_ns jobs_ns[] = { 5 * SIM_MS, 5 * SIM_MS, 5 * SIM_MS, 5 * SIM_MS };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tear_down();
		set_up();
		workers = 3;
		set_work(jobs_ns, 4);
		bench.context.method = cases[i].method;
		program_bench_run(&bench, 4, cases[i].minor, map_all);
		cr_expect(eq(u32, workers_after_first, cases[i].expected), "case %zu", i);
	}
}

/* Four calls of 5 ms in one worker at a time, each after a start of 7 ms; a fifth worker is started in the last
 * one's place and only gets its sentinel. */
Test(futures, max_tasks_per_child_replaces_workers)
{
	const sim_ns jobs_ns[] = { 5 * SIM_MS, 5 * SIM_MS, 5 * SIM_MS, 5 * SIM_MS };

	workers = 1;
	set_work(jobs_ns, 4);
	bench.context.method = MP_SPAWN;
	bench.costs.value[COST_SPAWN_CHILD] = 7e6;
	max_tasks_per_child = 1;
	cr_expect(lt(i64, llabs(program_bench_run(&bench, 4, 12, map_all) - (4 * (7 + 5) + 7) * SIM_MS),
		     10 * SIM_US));
}

/* gh-115634: the permit that the first call left is taken for an idle worker when the second call's worker leaves,
 * so nobody is started in its place. The pool hangs; 3.11.7 and 3.13.0 do. */
Test(futures, max_tasks_per_child_may_leave_a_pool_without_workers)
{
	const sim_ns jobs_ns[] = { 5 * SIM_MS, 5 * SIM_MS, 5 * SIM_MS, 5 * SIM_MS };

	workers = 1;
	set_work(jobs_ns, 4);
	bench.context.method = MP_SPAWN;
	max_tasks_per_child = 2;
	cr_expect(eq(i64, program_bench_run(&bench, 4, 12, map_all), SIM_NS_MAX));
	cr_expect(calls[1].item.future.done);
	cr_expect_not(calls[2].item.future.done);
}

/* Three calls fill the call queue; when workers take two of them, nobody tells the manager that there is room,
 * until the first result. So of ten calls three are RUNNING, and the others can be cancelled; 3.11.7 and 3.13.0 do
 * the same. */
static enum progress cancel_after_start(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	pool = process_pool_new(bench.interpreter, &bench.context, workers, 0);
	for (my->next = 0; my->next < call_count; my->next++)
		AWAIT(frame, submit_next(thread, my->next, wait_a_while));
	AWAIT(frame, py_sleep(thread, SIM_MS));
	for (my->next = 0; my->next < call_count; my->next++)
		cancelled += py_future_cancel(thread, &calls[my->next].item.future, &my->cost_ns);
	AWAIT(frame, process_pool_shutdown(thread, pool, false));
	PROGRAM_END;
}

Test(futures, calls_in_the_call_queue_cannot_be_cancelled)
{
	sim_ns jobs_ns[10];

	for (int i = 0; i < 10; i++)
		jobs_ns[i] = 7 * SIM_MS;
	workers = 2;
	set_work(jobs_ns, 10);
	/* Three calls of 7 ms on two workers: two rounds. */
	cr_expect(lt(i64, llabs(program_bench_run(&bench, 3, 12, cancel_after_start) - 14 * SIM_MS), 10 * SIM_US));
	cr_expect(eq(u32, cancelled, 7));
	for (int i = 0; i < 10; i++)
		cr_expect(eq(int, calls[i].item.future.state, i < 3 ? FUTURE_FINISHED : FUTURE_CANCELLED),
			  "call %d", i);
}

static enum progress shut_down_at_once(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	pool = process_pool_new(bench.interpreter, &bench.context, workers, 0);
	for (my->next = 0; my->next < call_count; my->next++)
		AWAIT(frame, submit_next(thread, my->next, wait_a_while));
	AWAIT(frame, py_sleep(thread, SIM_MS));
	AWAIT(frame, process_pool_shutdown(thread, pool, true));
	PROGRAM_END;
}

Test(futures, shutdown_with_cancel_futures_leaves_only_what_runs)
{
	sim_ns jobs_ns[10];

	for (int i = 0; i < 10; i++)
		jobs_ns[i] = 7 * SIM_MS;
	workers = 2;
	set_work(jobs_ns, 10);
	cr_expect(lt(i64, llabs(program_bench_run(&bench, 3, 12, shut_down_at_once) - 14 * SIM_MS), 10 * SIM_US));
	for (int i = 0; i < 10; i++)
		cr_expect(eq(int, calls[i].item.future.state, i < 3 ? FUTURE_FINISHED : FUTURE_CANCELLED),
			  "call %d", i);
}

/* The manager and the feeder need the caller's GIL: while the caller computes, each gets it after an interval. */
static enum progress compute_after_submit(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	pool = process_pool_new(bench.interpreter, &bench.context, workers, 0);
	AWAIT(frame, submit_next(thread, 0, compute));
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, 100 * SIM_MS));
	work_ns[1] = calls[0].item.future.done ? 1 : 0;
	AWAIT(frame, process_pool_shutdown(thread, pool, false));
	PROGRAM_END;
}

Test(futures, a_busy_caller_delays_its_calls_but_does_not_stop_them)
{
	workers = 1;
	work_ns[0] = SIM_US;
	program_bench_run(&bench, 2, 12, compute_after_submit);
	cr_expect(eq(i64, work_ns[1], 1));
}

/* ---- Futures on a thread pool ---- */

static struct work_item items[3];
static struct py_futures set;
static sim_ns returned_ns;
static bool cancel_results[3];
static enum py_wait_for wait_for;
static sim_ns deadline_ns;

static enum progress fail_after(struct os_thread *thread, struct frame *frame)
{
	struct work_locals *my = FRAME_LOCALS(frame, struct work_locals);
	struct work_item *item = my->argument;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, work_ns[item - items]));
	item->failed = true;
	PROGRAM_END;
}

/* Three waits of 30, 10 and 20 ms on two threads; the one of 10 ms fails. */
static enum progress wait_for_three(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	static struct thread_pool *threads;

	PROGRAM_BEGIN(frame);
	threads = thread_pool_new(bench.interpreter, 2);
	py_futures_init(&set, &bench.region, 3);
	for (my->next = 0; my->next < 3; my->next++) {
		work_item_init(&items[my->next], wait_a_while, &work_ns[my->next]);
		if (my->next == 1)
			work_item_init(&items[1], fail_after, &items[1]);
		AWAIT(frame, thread_pool_submit(thread, threads, &items[my->next]));
		py_futures_add(&set, &items[my->next].future);
	}
	AWAIT(frame, py_futures_wait(thread, &set, wait_for, deadline_ns));
	returned_ns = machine_now(thread->machine);
	for (my->next = 0; my->next < 3; my->next++)
		cancel_results[my->next] = py_future_cancel(thread, &items[my->next].future, &my->cost_ns);
	AWAIT(frame, thread_pool_shutdown(thread, threads, false));
	PROGRAM_END;
}

static void check_wait(enum py_wait_for what, sim_ns until_ns, sim_ns expected_ns)
{
	const sim_ns jobs_ns[] = { 30 * SIM_MS, 10 * SIM_MS, 20 * SIM_MS };

	tear_down();
	set_up();
	set_work(jobs_ns, 3);
	wait_for = what;
	deadline_ns = until_ns;
	program_bench_run(&bench, 2, 12, wait_for_three);
	cr_expect(eq(i64, returned_ns, expected_ns), "condition %d", (int)what);
}

Test(futures, wait_returns_when_its_condition_holds)
{
	check_wait(WAIT_FIRST, SIM_NS_MAX, 10 * SIM_MS);
	check_wait(WAIT_EXCEPTION, SIM_NS_MAX, 10 * SIM_MS);
	check_wait(WAIT_ALL, SIM_NS_MAX, 30 * SIM_MS);
	check_wait(WAIT_ALL, 7 * SIM_MS, 7 * SIM_MS);
}

/* At 7 ms two run and one waits. */
Test(futures, cancel_has_no_effect_on_what_runs)
{
	check_wait(WAIT_ALL, 7 * SIM_MS, 7 * SIM_MS);
	cr_expect_not(cancel_results[0]);
	cr_expect_not(cancel_results[1]);
	cr_expect(cancel_results[2]);
	cr_expect(eq(i64, bench.end_ns, 30 * SIM_MS));
}

static uint32_t order[3];

static enum progress take_as_completed(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	static struct thread_pool *threads;
	static struct py_future *next;

	PROGRAM_BEGIN(frame);
	threads = thread_pool_new(bench.interpreter, 3);
	py_futures_init(&set, &bench.region, 3);
	for (my->next = 0; my->next < 3; my->next++) {
		work_item_init(&items[my->next], wait_a_while, &work_ns[my->next]);
		AWAIT(frame, thread_pool_submit(thread, threads, &items[my->next]));
		py_futures_add(&set, &items[my->next].future);
	}
	for (my->next = 0;; my->next++) {
		AWAIT(frame, py_futures_next(thread, &set, &next, SIM_NS_MAX));
		if (!next)
			break;
		for (uint32_t i = 0; i < 3; i++)
			if (next == &items[i].future)
				order[my->next] = i;
	}
	AWAIT(frame, thread_pool_shutdown(thread, threads, false));
	PROGRAM_END;
}

Test(futures, as_completed_yields_in_order_of_completion)
{
	const sim_ns jobs_ns[] = { 30 * SIM_MS, 10 * SIM_MS, 20 * SIM_MS };

	set_work(jobs_ns, 3);
	program_bench_run(&bench, 2, 12, take_as_completed);
	cr_expect(eq(u32, order[0], 1));
	cr_expect(eq(u32, order[1], 2));
	cr_expect(eq(u32, order[2], 0));
}

/* ---- InterpreterPoolExecutor ---- */

static bool own_interpreters;

static enum progress compute_on_threads(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	static struct thread_pool *threads;

	PROGRAM_BEGIN(frame);
	threads = thread_pool_new(bench.interpreter, 3);
	threads->own_interpreters = own_interpreters;
	for (my->next = 0; my->next < 3; my->next++) {
		work_item_init(&items[my->next], compute, &work_ns[my->next]);
		AWAIT(frame, thread_pool_submit(thread, threads, &items[my->next]));
	}
	AWAIT(frame, thread_pool_shutdown(thread, threads, false));
	PROGRAM_END;
}

/* Three times 23 ms of bytecode: in turn under one GIL; side by side when each worker has one, after 9 ms for its
 * interpreter. */
Test(futures, workers_with_own_interpreters_have_own_gils)
{
	const sim_ns jobs_ns[] = { 23 * SIM_MS, 23 * SIM_MS, 23 * SIM_MS };
	sim_ns end_ns;

	set_work(jobs_ns, 3);
	cr_expect(eq(i64, program_bench_run(&bench, 4, 14, compute_on_threads), 69 * SIM_MS));
	own_interpreters = true;
	bench.costs.value[COST_INTERPRETER_CREATE] = 9e6;
	end_ns = program_bench_run(&bench, 4, 14, compute_on_threads);
	own_interpreters = false;
	cr_expect(eq(i64, end_ns, 32 * SIM_MS));
}

/* ---- What futures are made of ---- */

static sim_ns made_ns[4];

static enum progress make_futures(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	for (int i = 0; i < 3; i++)
		made_ns[i] = py_future_made(thread);
	py_future_gone(thread);
	made_ns[3] = py_future_made(thread);
	PROGRAM_END;
}

/* Of half a page each: every second one needs another page; the third exceeds the threshold with 30 objects; the fourth
 * uses what the first has left. */
Test(futures, a_future_needs_fresh_memory_unless_another_has_gone_and_sets_off_collections)
{
	bench.costs.value[COST_MEMORY_FUTURE] = 2048;
	bench.costs.value[COST_MEM_FAULT] = 3000;
	bench.costs.value[COST_FUTURE_OBJECTS] = 10;
	bench.costs.value[COST_GC_THRESHOLD] = 25;
	bench.costs.value[COST_GC_PER_OBJECT] = 100;
	program_bench_run(&bench, 2, 12, make_futures);
	cr_expect(eq(i64, made_ns[0], 3000));
	cr_expect(eq(i64, made_ns[1], 0));
	cr_expect(eq(i64, made_ns[2], 3000 + 30 * 100));
	cr_expect(eq(i64, made_ns[3], 0));
}
