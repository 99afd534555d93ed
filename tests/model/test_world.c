/*
 * test_world.c - stopping all threads of a build without a GIL, checked by arithmetic done by hand.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "models/interpreter/world.h"
#include "tests/model/program_bench.h"
#include "tests/model/steps_helper.h"

static struct program_bench bench;
static struct py_thread *others[2];
static program_fn *bodies[2];
static sim_ns ends_ns[2], collected_ns;

static void set_up(void)
{
	program_bench_init(&bench);
	bench.without_gil = true;
	bodies[1] = NULL;
}

static void tear_down(void)
{
	program_bench_release(&bench);
}

TestSuite(world, .init = set_up, .fini = tear_down);

static void note_end(const struct os_thread *thread)
{
	ends_ns[py_current(thread) == others[1]] = machine_now(thread->machine);
}

static enum progress compute(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, 10 * SIM_MS));
	note_end(thread);
	PROGRAM_END;
}

static enum progress sleep_and_compute(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_sleep(thread, 3 * SIM_MS));
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, 1 * SIM_MS));
	note_end(thread);
	PROGRAM_END;
}

static enum progress call_c(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_c_call(thread, 4 * SIM_MS));
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, 1 * SIM_MS));
	note_end(thread);
	PROGRAM_END;
}

static enum progress call_native(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_native_call(thread, 4 * SIM_MS));
	AWAIT(frame, py_bytecode(thread, ACTIVITY_PYTHON, 1 * SIM_MS));
	note_end(thread);
	PROGRAM_END;
}

struct main_locals {
	int next;
};

/* Starts the others, and collects garbage for 3 ms after 2 ms. */
static enum progress start_and_collect(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	struct interpreter *interpreter = py_current(thread)->interpreter;

	PROGRAM_BEGIN(frame);
	for (my->next = 0; my->next < 2 && bodies[my->next]; my->next++) {
		others[my->next] = py_thread_new(interpreter, "other", bodies[my->next], NULL);
		AWAIT(frame, py_thread_start(thread, others[my->next]));
	}
	AWAIT(frame, py_sleep(thread, 2 * SIM_MS));
	interpreter->world.collection_ns = 3 * SIM_MS;
	AWAIT(frame, py_collect(thread));
	collected_ns = machine_now(thread->machine);
	for (my->next = 0; my->next < 2 && bodies[my->next]; my->next++)
		AWAIT(frame, py_thread_join(thread, others[my->next]));
	PROGRAM_END;
}

Test(world, who_computes_stops_and_who_sleeps_waits_when_it_comes_back)
{
	bodies[0] = compute;
	bodies[1] = sleep_and_compute;
	cr_expect(eq(i64, program_bench_run(&bench, 3, 13, start_and_collect), 13 * SIM_MS));
	cr_expect(eq(i64, collected_ns, 5 * SIM_MS));
	cr_expect(eq(i64, ends_ns[0], 13 * SIM_MS));
	cr_expect(eq(i64, ends_ns[1], 6 * SIM_MS));
}

Test(world, a_c_call_is_waited_for)
{
	bodies[0] = call_c;
	cr_expect(eq(i64, program_bench_run(&bench, 2, 13, start_and_collect), 8 * SIM_MS));
	cr_expect(eq(i64, collected_ns, 7 * SIM_MS));
}

Test(world, a_call_that_would_release_a_gil_goes_on)
{
	bodies[0] = call_native;
	cr_expect(eq(i64, program_bench_run(&bench, 2, 13, start_and_collect), 6 * SIM_MS));
	cr_expect(eq(i64, collected_ns, 5 * SIM_MS));
}

/* The second thread's first write finds the variable on the first one's core, its second no more. */
Test(variable, without_a_gil_another_core_s_variable_takes_longer_once)
{
	static const char text[] =
		"name: t\nmachine: {profile: ideal, cores: 2}\npython: {version: \"3.13\", gil: off}\n"
		"resources: {v: {kind: variable}}\ntasks:\n"
		"  a: [{python: 10ms}, {write: {to: v, value: 1}}]\n"
		"  b: [{python: 20ms}, {write: {to: v, value: 2}}, {write: {to: v, value: 3}}]\n"
		"  main: [{spawn: a}, {spawn: b}, {join: all}]\n"
		"variants:\n  p: {model: program, set: {profile.variable.across: 1ms}}\n";
	struct helper helper;

	helper_open(&helper);
	cr_expect(eq(dbl, ms(helper_simulate(&helper, text).makespan_s), 21.0));
	helper_close(&helper);
}
