/*
 * c_instance.c - see c_instance.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native_c/c_instance.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/base/random.h"
#include "sim/native_c/c_clock.h"
#include "sim/native_c/c_steps.h"

struct c_run c_run;

/* ---- Activations ---- */

struct c_activation *c_activation_new(uint32_t task, struct c_activation *caller)
{
	const struct task *of = &c_run.workload->tasks[task];
	struct c_activation *activation = c_alloc(1, sizeof(*activation));

	activation->caller = caller;
	activation->task = task;
	activation->depth = caller ? caller->depth + 1 : 0;
	activation->variables = c_alloc(of->variable_count, sizeof(activation->variables[0]));
	activation->groups = c_alloc(of->group_count + 1, sizeof(activation->groups[0]));
	return activation;
}

void c_activation_free(struct c_activation *activation)
{
	const struct task *of = &c_run.workload->tasks[activation->task];

	for (uint32_t i = 0; i <= of->group_count; i++)
		free(activation->groups[i].handles);
	free(activation->groups);
	free(activation->variables);
	free(activation);
}

struct c_group *c_group_of(struct c_instance *instance, uint32_t group)
{
	return &instance->activation->groups[group];
}

struct c_handle *c_handle_new(struct c_instance *instance, uint32_t group)
{
	struct c_group *place = c_group_of(instance, group);

	if (place->count == place->capacity) {
		place->capacity = 2 * place->capacity + 8;
		place->handles = realloc(place->handles, place->capacity * sizeof(place->handles[0]));
		if (!place->handles)
			c_die("out of memory");
	}
	return place->handles[place->count++] = c_alloc(1, sizeof(struct c_handle));
}

/* ---- Values ---- */

void c_raise(struct c_instance *instance, uint32_t exception)
{
	instance->leaving = C_LEAVING_RAISE;
	instance->exception = exception;
}

int64_t c_value(struct c_instance *instance, struct value value)
{
	int64_t result = 0;

	if (!workload_value(c_run.workload, value, instance->activation->variables, &result))
		c_raise(instance, EXCEPTION_ARITHMETIC);
	return result;
}

void c_store(struct c_instance *instance, uint32_t variable, int64_t value)
{
	if (variable != INDEX_NONE)
		instance->activation->variables[variable] = value;
}

sim_ns c_duration_ns(struct c_instance *instance, const struct step *step)
{
	sim_ns ns = workload_duration(c_run.workload, step, &c_run.workload->tasks[instance->activation->task], 0,
				      instance->entity, instance->draw_count, instance->item_ns);

	instance->draw_count += step->duration.kind == DURATION_DRAWN;
	return ns;
}

/* ---- New instances ---- */

static struct c_instance *instance_new(uint32_t task, uint64_t entity, int64_t number, bool in_coroutine)
{
	struct c_instance *instance = c_alloc(1, sizeof(*instance));

	if (number >= (int64_t)c_run.record_count)
		c_die("more than %zu tasks are started", c_run.record_count);
	instance->task = task;
	instance->entity = entity;
	instance->record = number < 0 ? NULL : &c_run.records[number];
	instance->in_coroutine = in_coroutine;
	instance->activation = c_activation_new(task, NULL);
	return instance;
}

struct c_instance *c_instance_new(int64_t number, bool in_coroutine)
{
	const struct run *run = &c_run.workload->run;
	struct c_instance *instance = instance_new(workload_run_task(c_run.workload, 0, (uint64_t)number),
						   workload_entity((uint64_t)number), number, in_coroutine);

	instance->item_ns = run->items_ns ? run->items_ns[number] : 0;
	return instance;
}

struct c_instance *c_instance_new_main(bool in_coroutine)
{
	return instance_new(c_run.workload->run.task, random_hash_name("main"), -1, in_coroutine);
}

struct c_instance *c_instance_new_child(struct c_instance *parent, const struct start *start, int64_t index,
					bool in_coroutine)
{
	struct c_instance *child =
		instance_new(start->task, random_hash_path(parent->entity, parent->child_count++),
			     atomic_fetch_add(&c_run.shared->next_record, 1), in_coroutine);

	child->item_ns = start->items_ns ? start->items_ns[index] : parent->item_ns;
	c_store(parent, start->index_variable, index);
	for (uint32_t i = 0; i < start->argument_count; i++)
		child->activation->variables[i] =
			c_value(parent, c_run.workload->arguments[start->first_argument + i]);
	return child;
}

void c_instance_release(struct c_instance *instance)
{
	if (instance->record)
		instance->record->release_ns = c_clock_ns();
}

/* ---- What a thread notes ---- */

/* So much of a step can be timed without its being felt: of shorter ones every fourth, of those below half of it
 * none. */
#define TIMED_NS (250 * SIM_US)

static _Thread_local struct {
	struct {
		int64_t begin_ns, end_ns;
		uint64_t who;
		int64_t kind;
	} notes[256];
	size_t note_count;
	unsigned turn;
	pid_t process, id; /* whose notes these are: a forked child's are its own */
} here;

static uint64_t who_is_here(void)
{
	if (here.process != getpid()) {
		here.process = getpid();
		here.id = (pid_t)syscall(SYS_gettid);
		here.note_count = 0;
	}
	return (uint64_t)here.process << 32 | (uint64_t)here.id;
}

static double spin_ns_of(int kind)
{
	const struct python *python = &c_run.workload->python;

	return kind == 0 ? python->spin_python_ns : kind == 1 ? python->spin_c_ns : python->spin_native_ns;
}

void c_note_work(struct c_instance *instance, int kind, int64_t iterations, void (*work)(int64_t))
{
	struct native_pace *pace = instance->record ? &instance->record->pace[kind] : &c_run.clock->pace[kind];
	double expected_ns = (double)iterations * spin_ns_of(kind);
	int64_t before_ns;

	if (expected_ns < TIMED_NS && (expected_ns < TIMED_NS / 2.0 || ++here.turn & 3)) {
		work(iterations);
		return;
	}
	before_ns = c_clock_of(CLOCK_THREAD_CPUTIME_ID);
	work(iterations);
	pace->cpu_ns += c_clock_of(CLOCK_THREAD_CPUTIME_ID) - before_ns;
	pace->iterations += iterations;
}

static void write_notes(void)
{
	size_t bytes = here.note_count * sizeof(here.notes[0]);

	if (bytes > 0 && write(c_run.steps_fd, here.notes, bytes) != (ssize_t)bytes)
		c_die("cannot write the trace's steps");
	here.note_count = 0;
}

/* As KIND_OF of harness_trace.py. */
static int64_t trace_kind(enum step_kind kind)
{
	switch (kind) {
	case STEP_PYTHON:
		return 0;
	case STEP_C:
		return 1;
	case STEP_NATIVE:
		return 2;
	case STEP_IO:
	case STEP_BLOCK:
	case STEP_REQUEST:
		return 3;
	case STEP_ACQUIRE:
		return 4;
	case STEP_WAIT:
	case STEP_PUT:
	case STEP_GET:
	case STEP_JOIN:
	case STEP_JOIN_QUEUE:
	case STEP_AWAIT:
		return 5;
	default:
		return -1;
	}
}

void c_note_step(enum step_kind kind, int64_t begin_ns)
{
	if (trace_kind(kind) < 0)
		return;
	here.notes[here.note_count].who = who_is_here();
	here.notes[here.note_count].begin_ns = begin_ns;
	here.notes[here.note_count].end_ns = c_clock_ns();
	here.notes[here.note_count].kind = trace_kind(kind);
	if (++here.note_count == sizeof(here.notes) / sizeof(here.notes[0]))
		write_notes();
}

/* ---- A whole instance ---- */

static int64_t outcome_of(const struct c_instance *instance)
{
	if (instance->leaving != C_LEAVING_RAISE)
		return NATIVE_COMPLETED;
	switch (instance->exception) {
	case EXCEPTION_TIMEOUT:
		return NATIVE_TIMED_OUT;
	case EXCEPTION_CANCELLED:
		return NATIVE_CANCELLED;
	case EXCEPTION_REJECTED:
		return NATIVE_REJECTED;
	default:
		return NATIVE_FAILED;
	}
}

void c_instance_run(struct c_instance *instance)
{
	const struct task *task = &c_run.workload->tasks[instance->task];
	struct native_record *record = instance->record;

	if (record)
		record->start_ns = c_clock_ns();
	c_steps_run(instance, task->first, task->end);
	if (!record)
		return;
	record->outcome = outcome_of(instance);
	record->end_ns = c_clock_ns();
	if (c_is_traced()) {
		c_run.who[record - c_run.records] = who_is_here();
		write_notes();
	}
}

void c_instance_run_body(void *instance)
{
	c_instance_run(instance);
}
