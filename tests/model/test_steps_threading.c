/*
 * test_steps_threading.c - steps on what threads share, in whole workloads: outcomes, lost updates, deadlocks.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <string.h>

#include "tests/model/model_helper.h"

static struct model_bench bench;

static void set_up(void)
{
	model_bench_init(&bench, 4);
}

static void tear_down(void)
{
	model_bench_release(&bench);
}

TestSuite(steps_threading, .init = set_up, .fini = tear_down);

static double ns(double seconds)
{
	return round(seconds * 1e9);
}

static uint32_t add_resource(enum resource_kind kind, const char *name, int64_t size)
{
	uint32_t index = bench.workload.resource_count++;

	bench.resources[index] = (struct resource){ .kind = kind, .name = name, .size = size };
	return index;
}

static struct step *add_step(enum step_kind kind, uint32_t resource)
{
	struct step *step = model_bench_step(&bench, kind, 0);

	step->resource = resource;
	return step;
}

/* Seven queries of 5 ms, three at a time: three waves. */
Test(steps_threading, a_semaphore_bounds_the_concurrency)
{
	struct step *with = add_step(STEP_WITH, add_resource(RESOURCE_SEMAPHORE, "connections", 3));

	model_bench_step(&bench, STEP_IO, 5 * SIM_MS);
	model_bench_end(&bench, with);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 7);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 15e6));
	cr_expect(eq(dbl, ns(bench.result.time_in_s[TIME_LOCK_WAIT]), (3 * 5 + 10) * 1e6));
}

/* The same bound outside the program; 3 ms are enough for the first wave, and 8 ms for the second. */
Test(steps_threading, a_service_answers_in_waves)
{
	uint32_t service = add_resource(RESOURCE_SERVICE, "database", 3);
	struct step *request = add_step(STEP_REQUEST, service);

	bench.resources[service].time = (struct duration){ .constant_ns = 5 * SIM_MS };
	model_bench_run_count(&bench, MODEL_THREADS, 0, 7);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 15e6));
	cr_expect(eq(dbl, bench.result.completed, 7));

	request->timeout_ns = 8 * SIM_MS;
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 8e6));
	cr_expect(eq(dbl, bench.result.completed, 3));
	cr_expect(eq(dbl, bench.result.timed_out, 4));
}

static void add_increment(uint32_t variable, uint32_t lock)
{
	static const struct expression expressions[] = { { 0, 0 }, { 0, 3 } };
	static const struct operation operations[] = { { OPERATOR_VARIABLE, 0 },
						       { OPERATOR_CONSTANT, 1 },
						       { OPERATOR_ADD, 0 } };
	struct step *with = NULL, *write;

	bench.workload.expressions = expressions;
	bench.workload.operations = operations;
	bench.tasks[0].variable_count = 1;
	if (lock != INDEX_NONE)
		with = add_step(STEP_WITH, lock);
	add_step(STEP_READ, variable)->variable = 0;
	model_bench_step(&bench, STEP_IO, 100 * SIM_US);
	write = add_step(STEP_WRITE, variable);
	write->value.expression = 1; /* what was read, plus 1 */
	if (with)
		model_bench_end(&bench, with);
}

/* All read 0 before the first writes 1: only that write is no loss. */
Test(steps_threading, updates_are_lost_without_a_lock)
{
	add_increment(add_resource(RESOURCE_VARIABLE, "counter", 0), INDEX_NONE);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 100);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, bench.result.lost_updates, 99));
}

Test(steps_threading, none_is_lost_under_a_lock)
{
	uint32_t lock = add_resource(RESOURCE_LOCK, "guard", 0);

	add_increment(add_resource(RESOURCE_VARIABLE, "counter", 0), lock);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 100);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, bench.result.lost_updates, 0));
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 10e6));
}

Test(steps_threading, cells_of_an_array_are_apart)
{
	uint32_t array = add_resource(RESOURCE_ARRAY, "counters", 2);
	struct step *outside;

	bench.tasks[0].variable_count = 1;
	add_step(STEP_READ, array)->variable = 0;
	model_bench_step(&bench, STEP_IO, 100 * SIM_US);
	add_step(STEP_WRITE, array)->extra.constant = 1; /* of which nobody has read */
	model_bench_run_count(&bench, MODEL_THREADS, 0, 5);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, bench.result.lost_updates, 0));
	cr_expect(eq(dbl, bench.result.completed, 5));

	outside = add_step(STEP_READ, array);
	outside->variable = 0;
	outside->extra.constant = 2;
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, bench.result.failed, 5));
}

static struct step *nest(uint32_t outer_lock, uint32_t inner_lock)
{
	struct step *outer = add_step(STEP_WITH, outer_lock), *inner;

	model_bench_step(&bench, STEP_IO, 2 * SIM_MS);
	inner = add_step(STEP_WITH, inner_lock);
	model_bench_end(&bench, inner);
	model_bench_end(&bench, outer);
	return outer;
}

Test(steps_threading, a_lock_is_not_reentrant_and_an_rlock_is)
{
	uint32_t lock = add_resource(RESOURCE_LOCK, "guard", 0);

	nest(lock, lock);
	model_bench_run_count(&bench, MODEL_THREADS, 0, 1);
	model_bench_simulate(&bench);
	cr_expect(bench.result.deadlock);
	cr_expect(eq(str, (char *)bench.result.deadlock_report,
		     "work (thread 1) waits for lock 'guard' held by work (thread 1)"));

	bench.resources[lock].kind = RESOURCE_RLOCK;
	model_bench_simulate(&bench);
	cr_expect_not(bench.result.deadlock);
	cr_expect(eq(dbl, bench.result.completed, 1));
}

/* The third waits for a lock of the cycle, but is not in it. */
Test(steps_threading, a_cycle_of_waiting_is_reported)
{
	uint32_t a = add_resource(RESOURCE_LOCK, "a", 0), b = add_resource(RESOURCE_LOCK, "b", 0);
	uint32_t tasks[3], program;

	tasks[0] = model_bench_task(&bench, "first", false);
	nest(a, b);
	tasks[1] = model_bench_task(&bench, "second", false);
	nest(b, a);
	tasks[2] = model_bench_task(&bench, "third", false);
	model_bench_step(&bench, STEP_IO, 1 * SIM_MS);
	nest(a, a);
	program = model_bench_task(&bench, "main", false);
	for (int i = 0; i < 3; i++)
		model_bench_spawn(&bench, tasks[i], 1);
	model_bench_step(&bench, STEP_JOIN, 0)->group = GROUP_ALL;
	model_bench_run_program(&bench, program, SPAWN_THREAD);
	model_bench_simulate(&bench);
	cr_expect(bench.result.deadlock);
	cr_expect(eq(dbl, bench.result.unfinished, 3));
	cr_expect(eq(str, (char *)bench.result.deadlock_report,
		     "first (thread 1) waits for lock 'b' held by second (thread 2); "
		     "second (thread 2) waits for lock 'a' held by first (thread 1)"));
}

Test(steps_threading, waiting_for_what_never_comes_is_reported)
{
	add_step(STEP_GET, add_resource(RESOURCE_QUEUE, "jobs", 0));
	model_bench_run_count(&bench, MODEL_THREADS, 0, 11);
	model_bench_simulate(&bench);
	cr_expect(bench.result.deadlock);
	cr_expect_not_null(strstr(bench.result.deadlock_report, "work (thread 2) waits for queue 'jobs';"));
	cr_expect_not_null(strstr(bench.result.deadlock_report, "; and 3 more"));
}

static void expect_outcome(enum step_kind kind, enum resource_kind resource, int64_t size, sim_ns timeout_ns,
			   const char *what, double (*count)(const struct variant_result *result))
{
	tear_down();
	set_up();
	add_step(kind, add_resource(resource, "it", size))->timeout_ns = timeout_ns;
	bench.steps[0].count.constant = 1;
	model_bench_run_count(&bench, MODEL_SEQUENTIAL, 0, 1);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, count(&bench.result), 1), "%s", what);
}

static double failed(const struct variant_result *result)
{
	return result->failed;
}

static double timed_out(const struct variant_result *result)
{
	return result->timed_out;
}

/* As Python raises them: TimeoutError counts as timed out, all others as failed. */
Test(steps_threading, what_cannot_be_is_raised)
{
	expect_outcome(STEP_RELEASE, RESOURCE_LOCK, 0, TIMEOUT_NONE, "release of a free lock", failed);
	expect_outcome(STEP_RELEASE, RESOURCE_RLOCK, 0, TIMEOUT_NONE, "release of another's rlock", failed);
	expect_outcome(STEP_RELEASE, RESOURCE_BOUNDED_SEMAPHORE, 2, TIMEOUT_NONE, "one permit too many", failed);
	expect_outcome(STEP_WAIT, RESOURCE_CONDITION, 0, TIMEOUT_NONE, "wait without the lock", failed);
	expect_outcome(STEP_NOTIFY, RESOURCE_CONDITION, 0, TIMEOUT_NONE, "notify without the lock", failed);
	expect_outcome(STEP_WAIT, RESOURCE_BARRIER, 2, 3 * SIM_MS, "a barrier of two alone", failed);
	expect_outcome(STEP_GET, RESOURCE_QUEUE, 0, 3 * SIM_MS, "Empty", failed);
	expect_outcome(STEP_GET, RESOURCE_SIMPLE_QUEUE, 0, 3 * SIM_MS, "Empty", failed);
	expect_outcome(STEP_TASK_DONE, RESOURCE_QUEUE, 0, TIMEOUT_NONE, "task_done() of nothing", failed);
	expect_outcome(STEP_WAIT, RESOURCE_EVENT, 0, 3 * SIM_MS, "an event that nobody sets", timed_out);
	expect_outcome(STEP_ACQUIRE, RESOURCE_SEMAPHORE, 0, 0, "a semaphore without permits", timed_out);
}

/* Held from the first of them on, whoever releases: the second acquires once the first has released. */
Test(steps_threading, a_lock_may_be_released_by_another_thread)
{
	uint32_t lock = add_resource(RESOURCE_LOCK, "gate", 0), opener, program;

	opener = model_bench_task(&bench, "opener", false);
	model_bench_step(&bench, STEP_IO, 3 * SIM_MS);
	add_step(STEP_RELEASE, lock)->count.constant = 1;
	program = model_bench_task(&bench, "main", false);
	add_step(STEP_ACQUIRE, lock);
	model_bench_spawn(&bench, opener, 1);
	add_step(STEP_ACQUIRE, lock);
	model_bench_step(&bench, STEP_JOIN, 0)->group = GROUP_ALL;
	model_bench_run_program(&bench, program, SPAWN_THREAD);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 3e6));
	cr_expect_not(bench.result.deadlock);
}

/* Two items at a time: the consumer, slower than the producer, sets the pace; 6 x 3 ms. */
Test(steps_threading, a_bounded_queue_passes_items_on)
{
	uint32_t queue = add_resource(RESOURCE_QUEUE, "jobs", 2), producer, consumer, program;
	struct step *repeat;

	producer = model_bench_task(&bench, "producer", false);
	repeat = model_bench_begin(&bench, STEP_REPEAT);
	repeat->count.constant = 6;
	add_step(STEP_PUT, queue);
	model_bench_end(&bench, repeat);
	consumer = model_bench_task(&bench, "consumer", false);
	repeat = model_bench_begin(&bench, STEP_REPEAT);
	repeat->count.constant = 6;
	add_step(STEP_GET, queue);
	model_bench_step(&bench, STEP_IO, 3 * SIM_MS);
	add_step(STEP_TASK_DONE, queue);
	model_bench_end(&bench, repeat);
	program = model_bench_task(&bench, "main", false);
	model_bench_spawn(&bench, producer, 1);
	model_bench_spawn(&bench, consumer, 1);
	model_bench_step(&bench, STEP_JOIN, 0)->group = GROUP_ALL;
	add_step(STEP_JOIN_QUEUE, queue);
	model_bench_run_program(&bench, program, SPAWN_THREAD);
	model_bench_simulate(&bench);
	cr_expect(eq(dbl, ns(bench.result.makespan_s), 18e6));
	/* The first two puts at 0, the third when the first item leaves at 0, the next at 3, 6 and 9 ms. */
	cr_expect(eq(dbl, ns(bench.result.time_in_s[TIME_QUEUE_WAIT]), 9e6));
}
