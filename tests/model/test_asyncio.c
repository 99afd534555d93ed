/*
 * test_asyncio.c - the event loop and what stands on it, by the turns that each thing takes and by arithmetic done
 * by hand. The turns are those of CPython's selector loop (Lib/asyncio/base_events.py:_run_once).
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>

#include "models/library/aio_executor.h"
#include "models/library/aio_gather.h"
#include "models/library/aio_generator.h"
#include "models/library/aio_group.h"
#include "models/library/aio_queue.h"
#include "models/library/aio_timeout.h"
#include "tests/model/model_helper.h"

/* What happened, in order: a name, the loop's turn and the time. */
struct happening {
	const char *what;
	uint64_t turn;
	sim_ns at_ns;
};

static struct {
	struct region region;
	struct costs costs;
	int minor;
	struct engine *engine;
	struct machine_model *machine;
	struct aio_loop *loop;
	struct aio_statistics statistics;
	program_fn *main_program;
	struct happening happenings[64];
	size_t count;
	uint32_t exception; /* that main() raised */
	bool eager, finished;

	/* What the programs of a test share. */
	struct aio_task *tasks[16];
	struct aio_future *futures[16];
	near_ref future_refs[16];
	struct aio_future future;
	struct aio_lock lock;
	struct aio_semaphore semaphore;
	struct aio_event event;
	struct aio_condition condition;
	struct aio_queue queue;
	struct aio_group *group;
	struct aio_completion *completion;
	struct aio_executor_call *call;
	struct aio_generator generator;
	struct aio_timeout *timeout;
	int64_t number;
} test;

static void set_up(void)
{
	memset(&test, 0, sizeof(test));
	region_init(&test.region);
	test.timeout = region_alloc_near(&test.region, sizeof(*test.timeout));
	test.call = region_alloc_near(&test.region, sizeof(*test.call));
	test.minor = 12;
	for (int i = 0; i < COST_COUNT; i++)
		test.costs.value[i] = cost_infos[i].ideal;
}

static void tear_down(void)
{
	region_release(&test.region);
}

TestSuite(asyncio, .init = set_up, .fini = tear_down);

/* ---- The bench ---- */

static void note(const char *what)
{
	cr_assert(lt(sz, test.count, sizeof(test.happenings) / sizeof(test.happenings[0])));
	test.happenings[test.count++] = (struct happening){ what, test.loop->iterations, engine_now(test.engine) };
}

/* The n-th (from 0) happening of that name. */
static struct happening happened(const char *what, int n)
{
	struct happening none = { NULL, 0, 0 };

	for (size_t i = 0; i < test.count; i++)
		if (strcmp(test.happenings[i].what, what) == 0 && n-- == 0)
			return test.happenings[i];
	cr_expect(none.what != NULL, "'%s' happened", what);
	return none;
}

/* gather() takes over what it is given. */
static enum progress gather_all(struct os_thread *thread, struct aio_future *const *futures, size_t count,
				bool return_exceptions)
{
	near_ref *given = region_alloc_array(&test.region, count, sizeof(near_ref));

	for (size_t i = 0; i < count; i++) {
		given[i] = near_ref_to(futures[i]);
		aio_future_hold(futures[i]);
	}
	return aio_gather(thread, given, count, return_exceptions);
}

static uint64_t turns_between(const char *from, const char *to)
{
	return happened(to, 0).turn - happened(from, 0).turn;
}

static enum progress run_main(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	test.loop = aio_loop_new(py_current(thread)->interpreter, &test.statistics);
	test.loop->eager = test.eager;
	AWAIT(frame, aio_run(thread, test.loop, aio_task_new(test.loop, "main", test.main_program)));
	test.exception = py_catch(thread);
	test.finished = true;
	PROGRAM_END;
}

/* asyncio.run(main()) on a machine of four cores; returns the time that it took. */
static sim_ns run(program_fn *main_program)
{
	struct machine_config config = { .cores = 4, .kernel_cpus = 4, .costs = &test.costs, .seed = 1 };
	struct py_runtime *runtime;
	struct os_process *process;

	test.engine = engine_new(&test.region);
	test.machine = machine_new(&test.region, test.engine, &config);
	runtime = py_runtime_new(test.machine, test.minor, true, 5 * SIM_MS);
	process = os_process_new(test.machine, NULL, "main", 0);
	sample_set_init(&test.statistics.lags, &test.region);
	test.main_program = main_program;
	os_thread_start(py_thread_new(interpreter_new(runtime, process), "MainThread", run_main, NULL)->os);
	engine_run(test.engine, SIM_NS_MAX);
	return engine_now(test.engine);
}

/* A child that sleeps `duration` and notes its end; one that raises then, where `exception` is not 0. */
struct sleeper_locals {
	const char *name;
	sim_ns duration_ns;
	uint32_t exception;
};

static enum progress sleeper(struct os_thread *thread, struct frame *frame)
{
	struct sleeper_locals *my = FRAME_LOCALS(frame, struct sleeper_locals);

	PROGRAM_BEGIN(frame);
	if (py_exception(thread))
		return DONE;
	AWAIT(frame, aio_sleep(thread, my->duration_ns));
	if (py_exception(thread)) {
		note("cancelled");
		return DONE;
	}
	note(my->name);
	py_raise(thread, my->exception);
	PROGRAM_END;
}

static struct aio_task *new_sleeper(const char *name, sim_ns duration_ns, uint32_t exception)
{
	struct aio_task *task = aio_task_new(test.loop, name, sleeper);

	*(struct sleeper_locals *)aio_task_locals(task) = (struct sleeper_locals){ name, duration_ns, exception };
	return task;
}

/* Creates test.tasks[0..3) for children "a", "b" and "c". */
static void make_three(sim_ns a_ns, sim_ns b_ns, sim_ns c_ns)
{
	test.tasks[0] = new_sleeper("a", a_ns, 0);
	test.tasks[1] = new_sleeper("b", b_ns, 0);
	test.tasks[2] = new_sleeper("c", c_ns, 0);
	for (int i = 0; i < 3; i++) {
		test.futures[i] = &test.tasks[i]->future;
		test.future_refs[i] = near_ref_to(test.futures[i]);
	}
}

struct main_locals {
	size_t next, bytes;
	struct aio_item item;
	struct aio_future *future;
};

/* ---- Turns ---- */

static enum progress yielding(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	note("begin");
	AWAIT(frame, aio_sleep(thread, 0));
	note("yielded");
	AWAIT(frame, aio_sleep(thread, 7 * SIM_MS));
	note("slept");
	PROGRAM_END;
}

Test(asyncio, sleep_0_goes_on_in_the_next_turn_and_a_timer_one_turn_after_its_own)
{
	cr_expect(eq(i64, run(yielding), 7 * SIM_MS));
	cr_assert(test.finished);
	cr_expect(eq(u64, happened("begin", 0).turn, 1));
	cr_expect(eq(u64, turns_between("begin", "yielded"), 1));
	/* The turn after sets the future, the one after that runs the task. */
	cr_expect(eq(u64, turns_between("yielded", "slept"), 2));
	/* One more for the callback that stops the loop. */
	cr_expect(eq(u64, test.loop->iterations, happened("slept", 0).turn + 1));
}

static enum progress say(struct os_thread *thread, void *subject, struct aio_future *future)
{
	(void)future;
	note(subject);
	if (strcmp(subject, "first") == 0)
		aio_call_soon(aio_running_loop(thread), say, "third", NULL);
	return DONE;
}

static enum progress scheduling(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	aio_call_soon(test.loop, say, "first", NULL);
	aio_call_soon(test.loop, say, "second", NULL);
	AWAIT(frame, aio_sleep(thread, 7 * SIM_MS));
	PROGRAM_END;
}

Test(asyncio, what_a_callback_schedules_waits_for_the_next_turn)
{
	run(scheduling);
	cr_expect(eq(u64, turns_between("first", "second"), 0));
	cr_expect(eq(u64, turns_between("first", "third"), 1));
}

static enum progress awaiting_a_task(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	note("begin");
	test.tasks[0] = new_sleeper("child", 0, 0);
	AWAIT(frame, aio_task_start(thread, test.tasks[0]));
	AWAIT(frame, aio_await(thread, &test.tasks[0]->future, ACTIVITY_QUEUE_WAIT));
	note("end");
	PROGRAM_END;
}

Test(asyncio, a_task_begins_a_turn_after_its_creation_and_its_awaiter_goes_on_a_turn_after_its_end)
{
	run(awaiting_a_task);
	/* Its first step comes a turn later, ends in sleep(0), which takes another. */
	cr_expect(eq(u64, turns_between("begin", "child"), 2));
	cr_expect(eq(u64, turns_between("child", "end"), 1));
}

Test(asyncio, an_eager_task_begins_at_once)
{
	test.eager = true;
	run(awaiting_a_task);
	cr_expect(eq(u64, turns_between("begin", "child"), 1));
	cr_expect(eq(u64, turns_between("child", "end"), 1));
}

static enum progress gathering(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	make_three(13 * SIM_MS, 5 * SIM_MS, 8 * SIM_MS);
	for (my->next = 0; my->next < 3; my->next++)
		AWAIT(frame, aio_task_start(thread, test.tasks[my->next]));
	AWAIT(frame, gather_all(thread, test.futures, 3, false));
	note("gathered");
	PROGRAM_END;
}

Test(asyncio, gather_lasts_as_long_as_the_longest_and_goes_on_two_turns_after_it)
{
	cr_expect(eq(i64, run(gathering), 13 * SIM_MS));
	cr_expect(eq(i64, happened("b", 0).at_ns, 5 * SIM_MS));
	cr_expect(eq(i64, happened("c", 0).at_ns, 8 * SIM_MS));
	cr_expect(eq(u64, turns_between("a", "gathered"), 2));
}

/* ---- Time ---- */

static enum progress sleeping_oddly(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_sleep(thread, 7100 * SIM_US));
	note("7.1 ms");
	AWAIT(frame, aio_sleep(thread, 8500 * SIM_US));
	note("8.5 ms");
	PROGRAM_END;
}

/* ceil(7.1) = 8; ceil(8.5) * 1e-3 s is a little more than 9 ms in floating point, which epoll.poll() rounds up
 * to 10. */
Test(asyncio, select_rounds_up_to_milliseconds_as_floating_point_has_them)
{
	test.costs.value[COST_AIO_TIMER_ROUND] = 1e6;
	run(sleeping_oddly);
	cr_expect(eq(i64, happened("7.1 ms", 0).at_ns, 8 * SIM_MS));
	cr_expect(eq(i64, happened("8.5 ms", 0).at_ns, 18 * SIM_MS));
}

Test(asyncio, the_kernel_lets_a_long_select_be_late_by_a_thousandth)
{
	test.costs.value[COST_TIMER_SLACK] = 50e3;
	cr_expect(eq(i64, run(yielding), 7 * SIM_MS + 50 * SIM_US));
	tear_down();
	set_up();
	test.costs.value[COST_TIMER_SLACK] = 1e3;
	cr_expect(eq(i64, run(yielding), 7 * SIM_MS + 7 * SIM_US));
}

struct yields_locals {
	int left;
};

static enum progress many_yields(struct os_thread *thread, struct frame *frame)
{
	struct yields_locals *my = FRAME_LOCALS(frame, struct yields_locals);

	PROGRAM_BEGIN(frame);
	for (my->left = 17; my->left > 0; my->left--)
		AWAIT(frame, aio_sleep(thread, 0));
	PROGRAM_END;
}

/* 18 steps in 18 turns, and one turn for the callback that stops the loop. */
Test(asyncio, each_turn_callback_and_step_is_paid)
{
	test.costs.value[COST_AIO_ITERATION] = 1009;
	test.costs.value[COST_AIO_SELECT] = 211;
	test.costs.value[COST_AIO_CALLBACK] = 307;
	test.costs.value[COST_AIO_STEP] = 401;
	test.costs.value[COST_GIL_UNCONTENDED] = 62;
	cr_expect(eq(i64, run(many_yields), 62 / 2 + 19 * (1009 + 211 + 307 + 62) + 18 * 401));
}

static enum progress blocking_beside_sleeping(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	test.tasks[0] = new_sleeper("a", 7 * SIM_MS, 0);
	AWAIT(frame, aio_task_start(thread, test.tasks[0]));
	AWAIT(frame, aio_sleep(thread, 0));
	AWAIT(frame, py_sleep(thread, 230 * SIM_MS));
	AWAIT(frame, aio_await(thread, &test.tasks[0]->future, ACTIVITY_QUEUE_WAIT));
	PROGRAM_END;
}

Test(asyncio, a_blocking_call_stops_the_loop_and_is_named)
{
	run(blocking_beside_sleeping);
	cr_expect(test.finished);
	cr_expect(eq(i64, happened("a", 0).at_ns, 230 * SIM_MS));
	cr_expect(eq(i64, test.statistics.lags.max, 223 * SIM_MS));
	cr_assert_not_null(test.statistics.slow);
	cr_expect(eq(str, (char *)test.statistics.slow->name, "main"));
	cr_expect(eq(u64, test.statistics.slow->count, 1));
	cr_expect(eq(i64, test.statistics.slow->longest_ns, 230 * SIM_MS));
	cr_expect_null(test.statistics.slow->next);
}

/* ---- Timers ---- */

static enum progress ignore(struct os_thread *thread, void *subject, struct aio_future *future)
{
	(void)thread;
	(void)subject;
	(void)future;
	return DONE;
}

static struct aio_timer *next_due(struct aio_timers *timers)
{
	struct aio_due due;

	cr_assert_not_null(aio_timers_begin_call(timers, &due));
	return near_at(due.timer);
}

Test(asyncio, a_timer_that_is_cancelled_when_it_is_due_is_skipped)
{
	struct aio_timers timers;
	struct aio_timer *timer;
	struct aio_due due;

	aio_timers_init(&timers, &test.region);
	timer = aio_timers_add(&timers, 3, ignore, region_alloc_near(&test.region, 1));
	aio_timers_take_due(&timers, 3);
	aio_timers_cancel(&timers, timer);
	cr_expect(eq(sz, timers.cancelled_count, 0));
	cr_expect_null(aio_timers_begin_call(&timers, &due));
	cr_expect(eq(ptr, aio_timers_add(&timers, 5, ignore, timer), timer), "it serves again");
}

Test(asyncio, cancelled_timers_stay_until_they_are_more_than_half_of_more_than_a_hundred)
{
	struct aio_timers timers;
	struct aio_timer *all[120];
	void *subject = region_alloc_near(&test.region, 1);

	aio_timers_init(&timers, &test.region);
	for (int i = 0; i < 120; i++)
		all[i] = aio_timers_add(&timers, 1000 - i, ignore, subject);
	for (int i = 0; i < 60; i++)
		aio_timers_cancel(&timers, all[i]);
	aio_timers_tidy(&timers);
	cr_expect(eq(sz, timers.count, 120));
	aio_timers_cancel(&timers, all[60]);
	aio_timers_tidy(&timers);
	cr_expect(eq(sz, timers.count, 59));
	/* The earliest was added last; a cancelled one goes when it is on top. */
	aio_timers_cancel(&timers, all[119]);
	aio_timers_tidy(&timers);
	cr_expect(eq(sz, timers.count, 58));
	aio_timers_take_due(&timers, 1000);
	cr_expect(eq(ptr, next_due(&timers), all[118]));
}

/* heapq's order, as Python gives it: seven pushes of equal keys leave like this. */
Test(asyncio, timers_due_together_leave_in_the_order_of_heapq)
{
	const int order[] = { 0, 2, 5, 6, 4, 1, 3 };
	struct aio_timers timers;
	struct aio_timer *all[7];
	void *subject = region_alloc_near(&test.region, 1);

	aio_timers_init(&timers, &test.region);
	for (int i = 0; i < 7; i++)
		all[i] = aio_timers_add(&timers, 711, ignore, subject);
	aio_timers_take_due(&timers, 710);
	cr_expect(eq(sz, timers.dues.count, 0));
	aio_timers_take_due(&timers, 711);
	for (int i = 0; i < 7; i++)
		cr_expect(eq(ptr, next_due(&timers), all[order[i]]), "place %d", i);
}

/* ---- Errors and cancellation ---- */

static enum progress gathering_a_failure(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	make_three(13 * SIM_MS, 5 * SIM_MS, 8 * SIM_MS);
	((struct sleeper_locals *)aio_task_locals(test.tasks[1]))->exception = 77;
	for (my->next = 0; my->next < 3; my->next++)
		AWAIT(frame, aio_task_start(thread, test.tasks[my->next]));
	AWAIT(frame, gather_all(thread, test.futures, 3, test.number == 1));
	note("gathered");
	cr_expect(eq(u32, py_catch(thread), test.number == 1 ? 0 : 77));
	AWAIT(frame, aio_sleep(thread, 20 * SIM_MS));
	PROGRAM_END;
}

Test(asyncio, gather_hands_on_the_first_failure_while_the_others_run_on)
{
	run(gathering_a_failure);
	cr_expect(eq(i64, happened("gathered", 0).at_ns, 5 * SIM_MS));
	cr_expect(eq(i64, happened("a", 0).at_ns, 13 * SIM_MS));
	tear_down();
	set_up();
	test.number = 1;
	run(gathering_a_failure);
	cr_expect(eq(i64, happened("gathered", 0).at_ns, 13 * SIM_MS));
}

static enum progress cancelling(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	test.tasks[0] = new_sleeper("a", 50 * SIM_MS, 0);
	test.tasks[1] = new_sleeper("b", 50 * SIM_MS, 0);
	AWAIT(frame, aio_task_start(thread, test.tasks[0]));
	AWAIT(frame, aio_sleep(thread, 6 * SIM_MS));
	note("cancel");
	cr_expect(aio_task_cancel(test.loop, test.tasks[0]));
	AWAIT(frame, aio_task_start(thread, test.tasks[1]));
	/* Before its first step: it never runs. */
	aio_task_cancel(test.loop, test.tasks[1]);
	AWAIT(frame, aio_await(thread, &test.tasks[0]->future, ACTIVITY_QUEUE_WAIT));
	cr_expect(eq(u32, py_catch(thread), PY_CANCELLED_ERROR));
	note("end");
	AWAIT(frame, aio_sleep(thread, 0));
	cr_expect(eq(u8, test.tasks[1]->future.state, AIO_CANCELLED));
	cr_expect_not(aio_task_cancel(test.loop, test.tasks[1]));
	PROGRAM_END;
}

Test(asyncio, cancelled_error_is_thrown_at_the_next_step)
{
	cr_expect(eq(i64, run(cancelling), 6 * SIM_MS));
	cr_expect(eq(u64, turns_between("cancel", "cancelled"), 1));
	cr_expect(eq(u64, turns_between("cancelled", "end"), 1));
	cr_expect(test.finished);
}

/* main() and the task wake in one turn, main() first: the task's sleep is over, and its next step has not come. */
static enum progress cancelling_whose_sleep_is_over(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	test.tasks[0] = new_sleeper("a", 10 * SIM_MS, 0);
	AWAIT(frame, aio_task_start(thread, test.tasks[0]));
	AWAIT(frame, aio_sleep(thread, 10 * SIM_MS));
	note("cancel");
	cr_expect(eq(u8, test.tasks[0]->sleep, AIO_SLEEP_ENDED));
	cr_expect(aio_task_cancel(test.loop, test.tasks[0]));
	AWAIT(frame, aio_await(thread, &test.tasks[0]->future, ACTIVITY_QUEUE_WAIT));
	cr_expect(eq(u32, py_catch(thread), PY_CANCELLED_ERROR));
	PROGRAM_END;
}

Test(asyncio, a_task_whose_sleep_is_over_is_cancelled_nevertheless)
{
	run(cancelling_whose_sleep_is_over);
	cr_expect(eq(u64, turns_between("cancel", "cancelled"), 0));
	cr_expect(test.finished);
}

#define MANY_SLEEPERS 20000

static enum progress silent_sleeper(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	if (py_exception(thread))
		return DONE;
	AWAIT(frame, aio_sleep(thread, 10 * SIM_MS));
	PROGRAM_END;
}

static enum progress sleeping_in_numbers(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	/* A task with its frame, its timer, a place in the heap, which doubles, and in the queue, which keeps a
	 * block. */
	const size_t bytes_each = sizeof(struct aio_task) + FRAME_LOCALS_BYTES + sizeof(struct aio_timer) +
				  2 * sizeof(struct aio_timer_entry) + 2 * sizeof(struct aio_ready);

	PROGRAM_BEGIN(frame);
	my->bytes = test.region.size_bytes;
	for (my->next = 0; my->next < MANY_SLEEPERS; my->next++) {
		test.tasks[0] = aio_task_new(test.loop, "one of many", silent_sleeper);
		aio_task_schedule(test.loop, test.tasks[0]);
		aio_task_release(test.loop, test.tasks[0]);
	}
	AWAIT(frame, aio_sleep(thread, 5 * SIM_MS));
	cr_expect(lt(sz, test.region.size_bytes - my->bytes, MANY_SLEEPERS * bytes_each));
	PROGRAM_END;
}

Test(asyncio, a_sleeper_keeps_no_frame_of_sleep)
{
	run(sleeping_in_numbers);
	cr_expect(test.finished);
}

static enum progress one_after_another(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	my->bytes = test.region.size_bytes;
	for (my->next = 0; my->next < MANY_SLEEPERS; my->next++) {
		test.tasks[0] = aio_task_new_sized(test.loop, "short", silent_sleeper, 8 * (my->next % 9));
		AWAIT(frame, aio_task_start(thread, test.tasks[0]));
		AWAIT(frame, aio_await(thread, &test.tasks[0]->future, ACTIVITY_QUEUE_WAIT));
		aio_task_release(test.loop, test.tasks[0]);
	}
	/* A chunk for each size, and for timers; the lags, which double. */
	cr_expect(lt(sz, test.region.size_bytes - my->bytes,
		     20 * NEAR_CHUNK_BYTES + 2 * MANY_SLEEPERS * sizeof(sim_ns)));
	PROGRAM_END;
}

Test(asyncio, what_a_task_had_serves_the_next_one)
{
	run(one_after_another);
	cr_expect(test.finished);
}

#define NAMES 300
static char names[NAMES][8];

static enum progress tasks_of_many_names(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < 2 * NAMES; my->next++) {
		snprintf(names[my->next % NAMES], sizeof(names[0]), "t%d", (int)my->next % NAMES);
		test.tasks[0] = aio_task_new(test.loop, names[my->next % NAMES], silent_sleeper);
		AWAIT(frame, aio_task_start(thread, test.tasks[0]));
		AWAIT(frame, aio_await(thread, &test.tasks[0]->future, ACTIVITY_QUEUE_WAIT));
		cr_assert(eq(str, (char *)test.loop->accounts[test.tasks[0]->account].name,
			     names[my->next % NAMES]));
		aio_task_release(test.loop, test.tasks[0]);
	}
	PROGRAM_END;
}

Test(asyncio, each_name_has_one_account_however_many_there_are)
{
	run(tasks_of_many_names);
	cr_expect(test.finished);
	cr_expect(eq(sz, test.loop->account_count, NAMES + 1), "and main's");
}

Test(asyncio, a_heap_of_timers_gives_back_what_it_has_no_use_for)
{
	const int count = 200000, left = 20000;
	struct aio_timers timers;
	void *subject = region_alloc_near(&test.region, 1);
	size_t most_bytes;

	aio_timers_init(&timers, &test.region);
	for (int i = 0; i < count; i++)
		aio_timers_add(&timers, i, ignore, subject);
	most_bytes = test.region.size_bytes;
	aio_timers_take_due(&timers, count - left - 1);
	for (int i = 0; i < count - left; i++) {
		struct aio_due due;

		aio_timers_begin_call(&timers, &due);
		cr_assert(eq(i64, due.when_ns, i));
	}
	cr_expect(lt(sz, test.region.size_bytes, most_bytes - (size_t)count / 2 * sizeof(struct aio_timer_entry)));
	cr_expect(eq(sz, timers.count, (size_t)left));
}

static enum progress waiting_for_ten(struct os_thread *thread, struct frame *frame)
{
	struct sleeper_locals *locals;

	PROGRAM_BEGIN(frame);
	note("begin");
	locals = aio_wait_for(thread, "slow", sleeper, test.number);
	*locals = (struct sleeper_locals){ "slow", 10 * SIM_S, 0 };
	AWAIT(frame, os_thread_enter(thread));
	note("end");
	PROGRAM_END;
}

Test(asyncio, wait_for_ends_what_lasts_too_long_with_a_timeout)
{
	for (test.minor = 11; test.minor <= 12; test.minor++) {
		int minor = test.minor;

		test.number = 2 * SIM_S;
		run(waiting_for_ten);
		cr_expect(eq(u32, test.exception, PY_TIMEOUT_ERROR), "3.%d", minor);
		cr_expect(eq(i64, happened("end", 0).at_ns, 2 * SIM_S));
		cr_expect(eq(i64, happened("cancelled", 0).at_ns, 2 * SIM_S));
		tear_down();
		set_up();
		test.minor = minor;
	}
}

static enum progress waiting_for_a_yield(struct os_thread *thread, struct frame *frame)
{
	struct sleeper_locals *locals;

	PROGRAM_BEGIN(frame);
	note("begin");
	locals = aio_wait_for(thread, "quick", sleeper, 2 * SIM_S);
	*locals = (struct sleeper_locals){ "quick", 0, 0 };
	AWAIT(frame, os_thread_enter(thread));
	note("end");
	PROGRAM_END;
}

/* Up to 3.11 a task (1), its callback (1) and the waiter (1) on top of the one that sleep(0) takes. */
Test(asyncio, wait_for_takes_three_turns_less_since_3_12)
{
	test.minor = 11;
	run(waiting_for_a_yield);
	cr_expect(eq(u64, turns_between("begin", "end"), 4));
	tear_down();
	set_up();
	run(waiting_for_a_yield);
	cr_expect(eq(u64, turns_between("begin", "end"), 1));
	cr_expect(eq(u32, test.exception, 0));
}

/* Sleeps for 10 s; when it is cancelled its `finally` takes 3 s more. */
static enum progress cleaner(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_sleep(thread, 10 * SIM_S));
	py_catch(thread);
	note("finally");
	AWAIT(frame, aio_sleep(thread, 3 * SIM_S));
	note(py_catch(thread) == PY_CANCELLED_ERROR ? "cut short" : "cleaned");
	py_raise(thread, PY_CANCELLED_ERROR);
	PROGRAM_END;
}

static enum progress bounded_cleaner(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	aio_wait_for(thread, "cleaner", cleaner, test.number);
	AWAIT(frame, os_thread_enter(thread));
	note(py_exception(thread) == PY_CANCELLED_ERROR ? "cancelled" : "timed out");
	PROGRAM_END;
}

/* Cancels who waits for the cleaner at 2 s, and where the time is not yet over then, at 1 s as well. */
static enum progress cancelling_twice(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	test.tasks[0] = aio_task_new(test.loop, "bounded", bounded_cleaner);
	AWAIT(frame, aio_task_start(thread, test.tasks[0]));
	AWAIT(frame, aio_sleep(thread, SIM_S));
	if (test.number > SIM_S)
		aio_task_cancel(test.loop, test.tasks[0]);
	AWAIT(frame, aio_sleep(thread, SIM_S));
	aio_task_cancel(test.loop, test.tasks[0]);
	AWAIT(frame, aio_await(thread, &test.tasks[0]->future, ACTIVITY_QUEUE_WAIT));
	cr_expect(eq(u32, py_catch(thread), PY_CANCELLED_ERROR));
	note("end");
	AWAIT(frame, aio_sleep(thread, 8 * SIM_S));
	PROGRAM_END;
}

/*
 * tasks.py:wait_for() @3.11: _cancel_and_wait() cancels the coroutine's task and waits for its end by a future of
 * its own, which the second cancellation hits; `finally` goes on from 1 s to 4 s. Since 3.12 it is cancelled
 * itself.
 */
Test(asyncio, wait_for_up_to_3_11_leaves_a_finally_running_when_it_is_cancelled_meanwhile)
{
	static const sim_ns timeouts_ns[] = { 20 * SIM_S, SIM_S / 2 };

	for (int i = 0; i < 2; i++) {
		test.minor = 11;
		test.number = timeouts_ns[i];
		run(cancelling_twice);
		cr_expect(eq(i64, happened("finally", 0).at_ns, i == 0 ? SIM_S : SIM_S / 2));
		cr_expect(eq(i64, happened("cancelled", 0).at_ns, 2 * SIM_S));
		cr_expect(eq(i64, happened("end", 0).at_ns, 2 * SIM_S));
		cr_expect(eq(i64, happened("cleaned", 0).at_ns, happened("finally", 0).at_ns + 3 * SIM_S));
		tear_down();
		set_up();
	}
	test.number = timeouts_ns[0];
	run(cancelling_twice);
	cr_expect(eq(i64, happened("finally", 0).at_ns, SIM_S));
	cr_expect(eq(i64, happened("cut short", 0).at_ns, 2 * SIM_S));
	cr_expect(eq(i64, happened("end", 0).at_ns, 2 * SIM_S));
}

static enum progress failing_group(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	make_three(13 * SIM_MS, 5 * SIM_MS, 8 * SIM_MS);
	((struct sleeper_locals *)aio_task_locals(test.tasks[1]))->exception = 77;
	test.group = aio_group_new(thread);
	for (my->next = 0; my->next < 3; my->next++)
		AWAIT(frame, aio_group_start(thread, test.group, test.tasks[my->next]));
	AWAIT(frame, aio_sleep(thread, 2 * SIM_MS));
	AWAIT(frame, aio_group_leave(thread, test.group));
	note("left");
	PROGRAM_END;
}

Test(asyncio, a_failure_in_a_task_group_cancels_the_rest)
{
	cr_expect(eq(i64, run(failing_group), 5 * SIM_MS));
	cr_expect(eq(u32, test.exception, PY_EXCEPTION_GROUP));
	cr_expect(eq(i64, happened("cancelled", 1).at_ns, 5 * SIM_MS));
	/* b's callback cancels (1), the others end (2), their callbacks set the future (3), the block goes on (4).
	 */
	cr_expect(eq(u64, turns_between("b", "left"), 4));
}

static enum progress shielding(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	test.tasks[0] = new_sleeper("inner", 9 * SIM_MS, 0);
	AWAIT(frame, aio_task_start(thread, test.tasks[0]));
	AWAIT(frame, aio_timeout_enter(thread, test.timeout, 4 * SIM_MS));
	AWAIT(frame, aio_shield(thread, &test.tasks[0]->future));
	aio_timeout_leave(thread, test.timeout);
	note("timeout");
	cr_expect(eq(u32, py_catch(thread), PY_TIMEOUT_ERROR));
	AWAIT(frame, aio_await(thread, &test.tasks[0]->future, ACTIVITY_QUEUE_WAIT));
	note("end");
	PROGRAM_END;
}

Test(asyncio, what_is_shielded_runs_on_when_its_awaiter_is_cancelled)
{
	run(shielding);
	cr_expect(eq(i64, happened("timeout", 0).at_ns, 4 * SIM_MS));
	cr_expect(eq(i64, happened("inner", 0).at_ns, 9 * SIM_MS));
	cr_expect(eq(i64, happened("end", 0).at_ns, 9 * SIM_MS));
	cr_expect(eq(u32, test.exception, 0));
}

/* ---- wait() and as_completed() ---- */

static enum progress waiting(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	make_three(13 * SIM_MS, 5 * SIM_MS, 8 * SIM_MS);
	for (my->next = 0; my->next < 3; my->next++)
		AWAIT(frame, aio_task_start(thread, test.tasks[my->next]));
	AWAIT(frame, aio_wait(thread, test.future_refs, 3, AIO_FIRST_COMPLETED, AIO_NO_TIMEOUT));
	note("first");
	AWAIT(frame, aio_wait(thread, test.future_refs, 3, AIO_ALL_COMPLETED, 2 * SIM_MS));
	note("timeout");
	cr_expect(eq(u32, py_exception(thread), 0));
	AWAIT(frame, aio_wait(thread, test.future_refs, 3, AIO_ALL_COMPLETED, AIO_NO_TIMEOUT));
	note("all");
	PROGRAM_END;
}

Test(asyncio, wait_ends_with_the_first_the_last_or_the_time)
{
	run(waiting);
	cr_expect(eq(i64, happened("first", 0).at_ns, 5 * SIM_MS));
	cr_expect(eq(u64, turns_between("b", "first"), 2));
	cr_expect(eq(i64, happened("timeout", 0).at_ns, 7 * SIM_MS));
	cr_expect(eq(i64, happened("all", 0).at_ns, 13 * SIM_MS));
}

static enum progress completing(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	const int order[] = { 1, 2, 0 };

	PROGRAM_BEGIN(frame);
	make_three(13 * SIM_MS, 5 * SIM_MS, 8 * SIM_MS);
	for (my->next = 0; my->next < 3; my->next++)
		AWAIT(frame, aio_task_start(thread, test.tasks[my->next]));
	test.completion = aio_completion_new(test.loop, test.future_refs, 3, AIO_NO_TIMEOUT);
	for (my->next = 0; my->next < 3; my->next++) {
		AWAIT(frame, aio_completion_next(thread, test.completion, &my->future));
		note("next");
		cr_expect(eq(ptr, my->future, test.futures[order[my->next]]));
	}
	aio_completion_drop(test.loop, test.completion);
	PROGRAM_END;
}

Test(asyncio, as_completed_gives_the_futures_in_the_order_of_their_ends)
{
	run(completing);
	cr_expect(test.finished);
	cr_expect(eq(i64, happened("next", 1).at_ns, 8 * SIM_MS));
	cr_expect(eq(u64, turns_between("b", "next"), 2));
}

/* ---- Locks and queues ---- */

struct user_locals {
	const char *name;
	int64_t rounds;
	struct aio_item item;
};

/* Spawns `count` coroutines of one kind and gathers them. */
static program_fn *user_program;
static int user_count;
static struct aio_task *users[128];
static struct aio_future *user_futures[128];

static enum progress run_users(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < (size_t)user_count; my->next++) {
		users[my->next] = aio_task_new(test.loop, "user", user_program);
		((struct user_locals *)aio_task_locals(users[my->next]))->rounds = (int64_t)my->next;
		user_futures[my->next] = &users[my->next]->future;
		AWAIT(frame, aio_task_start(thread, users[my->next]));
	}
	AWAIT(frame, gather_all(thread, user_futures, (size_t)user_count, false));
	note("end");
	PROGRAM_END;
}

static sim_ns run_many(program_fn *program, int count)
{
	user_program = program;
	user_count = count;
	return run(run_users);
}

static enum progress behind_a_semaphore(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_semaphore_acquire(thread, &test.semaphore));
	AWAIT(frame, aio_sleep(thread, 100 * SIM_MS));
	AWAIT(frame, aio_semaphore_release(thread, &test.semaphore));
	PROGRAM_END;
}

Test(asyncio, a_semaphore_lets_in_as_many_as_it_has_permits)
{
	for (int minor = 9; minor <= 13; minor += 2) {
		tear_down();
		set_up();
		test.minor = minor;
		test.semaphore.value = 10;
		cr_expect(eq(i64, run_many(behind_a_semaphore, 100), SIM_S), "3.%d", minor);
		cr_expect(eq(i64, test.semaphore.value, 10));
	}
}

/* Each takes the permit again right after it has given it back. */
static enum progress greedy(struct os_thread *thread, struct frame *frame)
{
	struct user_locals *my = FRAME_LOCALS(frame, struct user_locals);

	PROGRAM_BEGIN(frame);
	my->name = my->rounds == 0 ? "one" : "two";
	for (my->rounds = 0; my->rounds < 3; my->rounds++) {
		AWAIT(frame, aio_semaphore_acquire(thread, &test.semaphore));
		AWAIT(frame, aio_sleep(thread, 5 * SIM_MS));
		AWAIT(frame, aio_semaphore_release(thread, &test.semaphore));
	}
	note(my->name);
	PROGRAM_END;
}

/* First come, first served: in turns, the first ends after five rounds. Before 3.10.13 it ends after three. */
Test(asyncio, a_semaphore_gives_its_permit_to_who_waits_since_3_11)
{
	test.semaphore.value = 1;
	run_many(greedy, 2);
	cr_expect(eq(i64, happened("one", 0).at_ns, 25 * SIM_MS));
	cr_expect(eq(i64, happened("two", 0).at_ns, 30 * SIM_MS));
	tear_down();
	set_up();
	test.minor = 9;
	test.semaphore.value = 1;
	run_many(greedy, 2);
	cr_expect(eq(i64, happened("one", 0).at_ns, 15 * SIM_MS));
	cr_expect(eq(i64, happened("two", 0).at_ns, 30 * SIM_MS));
}

static enum progress behind_a_lock(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_lock_acquire(thread, &test.lock));
	note("enter");
	AWAIT(frame, aio_sleep(thread, 3 * SIM_MS));
	note("leave");
	AWAIT(frame, aio_lock_release(thread, &test.lock));
	PROGRAM_END;
}

Test(asyncio, a_lock_is_handed_over_a_turn_after_its_release)
{
	cr_expect(eq(i64, run_many(behind_a_lock, 7), 21 * SIM_MS));
	for (int i = 0; i < 6; i++)
		cr_expect(eq(u64, happened("enter", i + 1).turn, happened("leave", i).turn + 1));
	cr_expect_not(test.lock.locked);
}

static enum progress at_an_event(struct os_thread *thread, struct frame *frame)
{
	struct user_locals *my = FRAME_LOCALS(frame, struct user_locals);

	PROGRAM_BEGIN(frame);
	if (my->rounds == 4) {
		AWAIT(frame, aio_sleep(thread, 11 * SIM_MS));
		note("set");
		aio_event_set(test.loop, &test.event);
	} else {
		AWAIT(frame, aio_event_wait(thread, &test.event));
		note("go");
	}
	PROGRAM_END;
}

Test(asyncio, an_event_lets_all_go_in_the_next_turn)
{
	cr_expect(eq(i64, run_many(at_an_event, 5), 11 * SIM_MS));
	for (int i = 0; i < 4; i++)
		cr_expect(eq(u64, happened("go", i).turn, happened("set", 0).turn + 1));
}

static enum progress at_a_condition(struct os_thread *thread, struct frame *frame)
{
	struct user_locals *my = FRAME_LOCALS(frame, struct user_locals);

	PROGRAM_BEGIN(frame);
	if (my->rounds == 4) {
		AWAIT(frame, aio_sleep(thread, 11 * SIM_MS));
		AWAIT(frame, aio_lock_acquire(thread, &test.condition.lock));
		aio_condition_notify(test.loop, &test.condition, test.number);
		AWAIT(frame, aio_lock_release(thread, &test.condition.lock));
	} else {
		AWAIT(frame, aio_lock_acquire(thread, &test.condition.lock));
		AWAIT(frame, aio_condition_wait(thread, &test.condition));
		note("notified");
		AWAIT(frame, aio_sleep(thread, 2 * SIM_MS));
		AWAIT(frame, aio_lock_release(thread, &test.condition.lock));
	}
	PROGRAM_END;
}

Test(asyncio, who_is_notified_goes_on_one_after_the_other_under_the_lock)
{
	cr_expect(eq(i64, run_many(at_a_condition, 5), 11 * SIM_MS + 4 * 2 * SIM_MS));
	cr_expect(eq(i64, happened("notified", 3).at_ns, 17 * SIM_MS));
	tear_down();
	set_up();
	test.number = 2;
	run_many(at_a_condition, 5);
	cr_expect_not(test.finished);
	cr_expect(eq(sz, test.count, 2));
}

static enum progress by_a_queue(struct os_thread *thread, struct frame *frame)
{
	struct user_locals *my = FRAME_LOCALS(frame, struct user_locals);

	PROGRAM_BEGIN(frame);
	if (my->rounds == 0) {
		for (my->rounds = 0; my->rounds < 7; my->rounds++) {
			my->item =
				(struct aio_item){ .value = my->rounds, .priority = 100 - 10 * (my->rounds % 3) };
			AWAIT(frame, aio_queue_put(thread, &test.queue, &my->item));
			note("put");
		}
	} else {
		for (my->rounds = 0; my->rounds < 7; my->rounds++) {
			AWAIT(frame, aio_sleep(thread, 3 * SIM_MS));
			AWAIT(frame, aio_queue_get(thread, &test.queue, &my->item));
			test.number = 10 * test.number + my->item.value;
			aio_queue_task_done(test.loop, &test.queue);
		}
	}
	PROGRAM_END;
}

static int64_t order_through(enum aio_queue_order order, size_t max_count)
{
	tear_down();
	set_up();
	aio_queue_init(&test.queue, &test.region, order, max_count);
	cr_expect(eq(i64, run_many(by_a_queue, 2), 21 * SIM_MS));
	cr_expect(eq(i64, test.queue.unfinished, 0));
	return test.number;
}

Test(asyncio, queues_keep_their_order_and_hold_back_who_puts_too_much)
{
	cr_expect(eq(i64, order_through(AIO_FIFO, 0), 123456));
	cr_expect(eq(i64, happened("put", 6).at_ns, 0));
	cr_expect(eq(i64, order_through(AIO_FIFO, 3), 123456));
	/* Three have room; each get makes room for one more. */
	cr_expect(eq(i64, happened("put", 2).at_ns, 0));
	cr_expect(eq(i64, happened("put", 3).at_ns, 3 * SIM_MS));
	cr_expect(eq(i64, happened("put", 6).at_ns, 12 * SIM_MS));
	cr_expect(eq(i64, order_through(AIO_LIFO, 0), 6543210));
	/* Priorities 100, 90, 80, 100, ...: the smallest first, among equals the first put. */
	cr_expect(eq(i64, order_through(AIO_PRIORITY, 0), 2514036));
}

/* ---- Executors ---- */

static enum progress sleep_in_a_thread(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, 30 * SIM_MS));
	PROGRAM_END;
}

static enum progress to_a_thread(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	test.tasks[0] = new_sleeper("a", 10 * SIM_MS, 0);
	test.tasks[1] = new_sleeper("c", 29 * SIM_MS, 0);
	AWAIT(frame, aio_task_start(thread, test.tasks[0]));
	AWAIT(frame, aio_task_start(thread, test.tasks[1]));
	AWAIT(frame, aio_run_in_executor(thread, (struct aio_executor){ NULL, NULL }, 3, test.call,
					 sleep_in_a_thread, NULL));
	AWAIT(frame, aio_await(thread, &test.call->future, ACTIVITY_QUEUE_WAIT));
	note("end");
	PROGRAM_END;
}

Test(asyncio, a_call_in_an_executor_leaves_the_loop_free)
{
	cr_expect(eq(i64, run(to_a_thread), 30 * SIM_MS));
	cr_expect(test.finished);
	cr_expect(eq(i64, happened("a", 0).at_ns, 10 * SIM_MS));
	cr_expect(eq(i64, happened("end", 0).at_ns, 30 * SIM_MS));
	/* The turn that the self-pipe wakes runs the read; what the worker scheduled too; the task a turn later.
	 * After c's end nothing but these two happened. */
	cr_expect(eq(u64, turns_between("c", "end"), 2));
	cr_expect_null(test.statistics.slow);
}

/* ---- Generators ---- */

static enum progress rows(struct os_thread *thread, struct frame *frame)
{
	struct yields_locals *my = FRAME_LOCALS(frame, struct yields_locals);

	PROGRAM_BEGIN(frame);
	for (my->left = 5; my->left > 0; my->left--) {
		if (my->left == 2)
			AWAIT(frame, aio_sleep(thread, 4 * SIM_MS));
		AWAIT(frame, aio_generator_yield(thread, &test.generator, my->left));
	}
	PROGRAM_END;
}

static enum progress iterating(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	aio_generator_init(thread->machine, &test.generator, rows);
	for (;;) {
		AWAIT(frame, aio_generator_next(thread, &test.generator));
		if (aio_generator_is_over(&test.generator))
			break;
		note("row");
		test.number = 10 * test.number + test.generator.value;
	}
	PROGRAM_END;
}

Test(asyncio, an_asynchronous_generator_takes_turns_only_where_it_awaits)
{
	run(iterating);
	cr_expect(eq(i64, test.number, 54321));
	cr_expect(eq(u64, happened("row", 2).turn, 1));
	cr_expect(eq(i64, happened("row", 2).at_ns, 0));
	cr_expect(eq(u64, happened("row", 3).turn, 3));
	cr_expect(eq(i64, happened("row", 4).at_ns, 4 * SIM_MS));
}

/* ---- Size ---- */

Test(asyncio, a_waiting_task_is_small)
{
	cr_expect(le(sz, sizeof(struct aio_task), 128));
}
