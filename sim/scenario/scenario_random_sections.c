/*
 * scenario_random_sections.c - what tasks do together: queues, events, executors, groups of coroutines.
 */
#include "sim/scenario/scenario_random_parts.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Sections: resources ---- */

/* Which one a section has follows from its rounds. */
static const char *const executors[] = { "thread_pool", "process_pool", "pool" };

static bool is_pool(const struct random_section *section)
{
	return section->rounds % (int)LENGTH(executors) == 2;
}

void random_section_resources(struct random_generator *generator, const struct random_section *section)
{
	int number = section->number;

	switch (section->kind) {
	case SECTION_QUEUE:
		random_line(generator, 2, "queue%d: {kind: queue, size: %d}", number, random_between(generator, 0, 3));
		break;
	case SECTION_EVENT:
		random_line(generator, 2, "event%d: {kind: event}", number);
		break;
	case SECTION_CONDITION:
		random_line(generator, 2, "condition%d: {kind: condition}", number);
		random_line(generator, 2, "ready%d: {kind: variable}", number);
		break;
	case SECTION_EXECUTOR:
		random_line(generator, 2, "executor%d: {kind: %s, workers: %d}", number,
		     executors[section->rounds % (int)LENGTH(executors)], random_between(generator, 1, 4));
		break;
	case SECTION_TO_THREAD:
		random_line(generator, 2, "executor%d: {kind: thread_pool, workers: %d}", number, random_between(generator, 1, 4));
		break;
	case SECTION_BARRIER:
		random_line(generator, 2, "barrier%d: {kind: barrier, parties: %d}", number, section->workers);
		break;
	case SECTION_PIPE:
		random_line(generator, 2, "pipe%d: {kind: pipe}", number);
		break;
	case SECTION_ORDER:
	case SECTION_PERMITS:
		random_promise_resources(generator, section);
		break;
	default:
		break;
	}
}

/* ---- Sections: tasks ---- */

/* What takes items from somewhere, or puts them there, a number of times. */
static void exchange_task(struct random_generator *generator, const char *name, int number, int rounds, const char *how)
{
	random_line(generator, 2, "%s%d:", name, number);
	random_line(generator, 4, "- repeat: %d", rounds);
	random_line(generator, 4, "  do:");
	random_work_step(generator, 8);
	random_line(generator, 8, "- %s", how);
	if (random_happens(generator, 50))
		random_work_step(generator, 8);
}

static void meeting_tasks(struct random_generator *generator, const struct random_section *section)
{
	int number = section->number;

	switch (section->kind) {
	case SECTION_EVENT:
		random_line(generator, 2, "waiter%d: [{wait: event%d}, {python: %dus}]", number, number, random_some_us(generator));
		random_line(generator, 2, "setter%d: [{io: %dus}, {set: event%d}]", number, random_some_us(generator), number);
		break;
	case SECTION_CONDITION:
		random_line(generator, 2, "waiter%d:", number);
		random_line(generator, 4, "- with: condition%d", number);
		random_line(generator, 4, "  do:");
		random_line(generator, 8, "- read: {from: ready%d, as: is_ready}", number);
		random_line(generator, 8, "- while: is_ready == 0");
		random_line(generator, 8, "  do: [{wait: condition%d}, {read: {from: ready%d, as: is_ready}}]", number, number);
		random_line(generator, 2, "setter%d:", number);
		random_work_step(generator, 4);
		random_line(generator, 4, "- with: condition%d", number);
		random_line(generator, 4, "  do: [{write: {to: ready%d, value: 1}}, {notify: {on: condition%d, all: true}}]",
		     number, number);
		break;
	case SECTION_BARRIER:
		random_line(generator, 2, "meeter%d:", number);
		random_line(generator, 4, "- repeat: %d", section->rounds);
		random_line(generator, 4, "  do:");
		random_work_step(generator, 8);
		random_line(generator, 8, "- wait: barrier%d", number);
		break;
	default:
		break;
	}
}

void random_section_tasks(struct random_generator *generator, const struct random_section *section)
{
	int number = section->number;
	char how[64];

	switch (section->kind) {
	case SECTION_WORKERS:
		/* A coroutine's exception would come out where it is awaited. */
		random_worker_task(generator, number, 0, generator->spawn != BY_COROUTINES && random_happens(generator, 50));
		break;
	case SECTION_QUEUE:
		snprintf(how, sizeof(how), "put: {to: queue%d, item: 1}", number);
		exchange_task(generator, "producer", number, section->rounds, how);
		snprintf(how, sizeof(how), "get: {from: queue%d}", number);
		exchange_task(generator, "consumer", number, section->rounds, how);
		break;
	case SECTION_PIPE:
		snprintf(how, sizeof(how), "send: {to: pipe%d, item: 1, bytes: %dKiB}", number,
			 random_between(generator, 0, 100));
		exchange_task(generator, "sender", number, section->rounds, how);
		snprintf(how, sizeof(how), "recv: {from: pipe%d}", number);
		exchange_task(generator, "receiver", number, section->rounds, how);
		break;
	case SECTION_STREAM:
		snprintf(how, sizeof(how), "yield: 1");
		exchange_task(generator, "rows", number, section->rounds, how);
		random_line(generator, 2, "reader%d:", number);
		random_line(generator, 4, "- iterate: {task: rows%d, as: row}", number);
		random_line(generator, 4, "  do:");
		random_work_step(generator, 8);
		break;
	case SECTION_GATHER:
	case SECTION_CANCEL:
		random_worker_task(generator, number, 0, true);
		break;
	case SECTION_RUN:
	case SECTION_EXECUTOR:
	case SECTION_TIMEOUT:
	case SECTION_TASK_GROUP:
	case SECTION_COMPLETED:
		random_worker_task(generator, number, 0, false);
		break;
	case SECTION_TO_THREAD: /* coroutines and functions share no locks */
		random_worker_task(generator, number, GUARD_COUNT, false);
		break;
	case SECTION_ORDER:
	case SECTION_PERMITS:
		random_promise_tasks(generator, section);
		break;
	default:
		meeting_tasks(generator, section);
		break;
	}
}

/* ---- Sections: what `main` does ---- */

static void run_section(struct random_generator *generator, const struct random_section *section)
{
	static const char *const models[] = { "sequential", "threads", "thread_pool, workers: 2", "processes",
					      "pool, workers: 2", "process_pool, workers: 2" };

	random_line(generator, 4, "- run: {task: work%d, count: %d, model: %s}", section->number, section->workers,
	     RANDOM_CHOOSE(generator, models));
}

static void executor_section(struct random_generator *generator, const struct random_section *section)
{
	int number = section->number;

	random_line(generator, 4, "- with: executor%d", number);
	random_line(generator, 4, "  do:");
	random_line(generator, 8, "- submit: {task: work%d, count: %d, to: executor%d, as: g%d}", number, section->workers, number,
	     number);
	random_work_step(generator, 8);
	/* Leaving a multiprocessing.Pool ends it with what it is at. */
	switch (is_pool(section) ? 0 : random_between(generator, 0, 3)) {
	case 0:
		random_line(generator, 8, "- await: g%d", number);
		break;
	case 1:
		random_line(generator, 8, "- as_completed: g%d", number);
		random_line(generator, 8, "  do: [{python: 5us}]");
		break;
	case 2:
		random_line(generator, 8, "- wait: {for: first, of: g%d}", number);
		random_line(generator, 8, "- cancel: g%d", number);
		break;
	default: /* leaving the executor waits for them */
		break;
	}
}

static void coroutine_section(struct random_generator *generator, const struct random_section *section)
{
	int number = section->number, workers = section->workers;

	switch (section->kind) {
	case SECTION_GATHER:
		random_line(generator, 4, "- gather: {task: work%d, count: %d, return_exceptions: true}", number, workers);
		break;
	case SECTION_CANCEL:
		random_line(generator, 4, "- create_task: {task: work%d, count: %d, as: g%d}", number, workers, number);
		random_line(generator, 4, "- io: %dus", random_some_us(generator));
		random_line(generator, 4, "- cancel: g%d", number);
		random_line(generator, 4, "- wait: {for: all, of: g%d}", number);
		break;
	case SECTION_TIMEOUT:
		random_line(generator, 4, "- try:");
		random_line(generator, 4, "    - timeout: %dus", random_some_us(generator));
		random_line(generator, 4, "      do: [{gather: {task: work%d, count: %d}}]", number, workers);
		random_line(generator, 4, "  except: [{python: 3us}]");
		break;
	case SECTION_TASK_GROUP:
		random_line(generator, 4, "- task_group:");
		random_line(generator, 8, "- create_task: {task: work%d, count: %d}", number, workers);
		random_work_step(generator, 8);
		break;
	case SECTION_STREAM:
		random_line(generator, 4, "- create_task: {task: reader%d, count: %d, as: g%d}", number, workers, number);
		random_line(generator, 4, "- await: g%d", number);
		break;
	case SECTION_TO_THREAD:
		random_line(generator, 4, "- submit: {task: work%d, count: %d, to: executor%d, as: g%d}", number, workers, number,
		     number);
		random_work_step(generator, 4);
		random_line(generator, 4, "- await: g%d", number);
		break;
	case SECTION_COMPLETED:
		random_line(generator, 4, "- create_task: {task: work%d, count: %d, as: g%d}", number, workers, number);
		random_line(generator, 4, "- as_completed: g%d", number);
		random_line(generator, 4, "  do: [{python: 5us}]");
		break;
	default:
		break;
	}
}

static void spawn_and_join(struct random_generator *generator, const struct random_section *section, const char *first,
			   const char *second, int second_count)
{
	random_line(generator, 4, "- spawn: {task: %s%d, count: %d}", first, section->number, section->workers);
	if (second)
		random_line(generator, 4, "- spawn: {task: %s%d, count: %d}", second, section->number, second_count);
	if (random_happens(generator, 50))
		random_work_step(generator, 4);
	random_line(generator, 4, "- join: all");
}

void random_section_main(struct random_generator *generator, const struct random_section *section)
{
	if (random_happens(generator, 30))
		random_line(generator, 4, "- stage: s%d", section->number);
	switch (section->kind) {
	case SECTION_WORKERS:
		spawn_and_join(generator, section, "work", NULL, 0);
		break;
	case SECTION_QUEUE:
		spawn_and_join(generator, section, "producer", "consumer", section->workers);
		break;
	case SECTION_EVENT:
	case SECTION_CONDITION:
		spawn_and_join(generator, section, "waiter", "setter", 1);
		break;
	case SECTION_ORDER:
		random_line(generator, 4, "- spawn: {task: sender%d}", section->number);
		spawn_and_join(generator, section, "getter", NULL, 0);
		break;
	case SECTION_PERMITS:
		spawn_and_join(generator, section, "holder", NULL, 0);
		break;
	case SECTION_BARRIER:
		spawn_and_join(generator, section, "meeter", NULL, 0);
		break;
	case SECTION_PIPE:
		spawn_and_join(generator, section, "sender", "receiver", section->workers);
		break;
	case SECTION_RUN:
		run_section(generator, section);
		break;
	case SECTION_EXECUTOR:
		executor_section(generator, section);
		break;
	default:
		coroutine_section(generator, section);
		break;
	}
}
