/*
 * scenario_random.c - see scenario_random.h.
 *
 * A scenario is either a run (one task many times, under several models) or a program: sections one after the other,
 * each of which starts some tasks that meet in one way (a queue, an event, an executor) and waits for them. The
 * sections are decided first; resources, tasks and the steps of `main` are then three walks over them.
 */
#include "sim/scenario/scenario_random.h"

#include <stdarg.h>
#include <stdbool.h>

#include "sim/base/random.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define GUARD_COUNT 3 /* locks; each but the last guards a variable */
#define MAX_SECTIONS 3
#define MAX_DEPTH 3

enum section_kind {
	SECTION_WORKERS,
	SECTION_QUEUE,
	SECTION_EVENT,
	SECTION_CONDITION,
	SECTION_COUNT_ANYWHERE,
	/* Threads and processes. */
	SECTION_RUN = SECTION_COUNT_ANYWHERE,
	SECTION_EXECUTOR,
	SECTION_COUNT_FUNCTIONS,
	/* Threads. */
	SECTION_BARRIER = SECTION_COUNT_FUNCTIONS,
	/* Processes. */
	SECTION_PIPE,
	/* Coroutines. */
	SECTION_GATHER,
	SECTION_CANCEL,
	SECTION_TIMEOUT,
	SECTION_TASK_GROUP,
	SECTION_STREAM,
	SECTION_TO_THREAD,
	SECTION_COMPLETED,
};

struct section {
	enum section_kind kind;
	int number;
	int workers; /* tasks of each sort */
	int rounds;  /* of each task */
};

enum spawn { BY_THREADS, BY_PROCESSES, BY_COROUTINES };

struct generator {
	FILE *stream;
	struct variate variate;
	struct section sections[MAX_SECTIONS];
	int section_count;
	enum spawn spawn;
	bool has_items;
	bool may_fail; /* the tasks written now may raise what they do not catch */
	bool calls;    /* some task calls `leaf`, */
	bool iterates; /* or iterates over `count_up` */
	int variables; /* names given out */
};

/* ---- Choices ---- */

static int between(struct generator *generator, int least, int most)
{
	return least + (int)(variate_next(&generator->variate) % (uint64_t)(most - least + 1));
}

static bool happens(struct generator *generator, int percent)
{
	return between(generator, 1, 100) <= percent;
}

#define CHOOSE(generator, array) ((array)[between((generator), 0, (int)LENGTH(array) - 1)])

/* ---- Lines ---- */

static void line(struct generator *generator, int indent, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void line(struct generator *generator, int indent, const char *format, ...)
{
	va_list arguments;

	fprintf(generator->stream, "%*s", indent, "");
	va_start(arguments, format);
	vfprintf(generator->stream, format, arguments);
	va_end(arguments);
	fputc('\n', generator->stream);
}

/* Microseconds from 1 to 5000, small ones as often as large ones. */
static int some_us(struct generator *generator)
{
	static const int least[] = { 1, 7, 50, 300, 1000 };

	return CHOOSE(generator, least) * between(generator, 1, 5);
}

static void duration_step(struct generator *generator, int indent, const char *step)
{
	int us = some_us(generator);

	switch (between(generator, 0, generator->has_items ? 7 : 6)) {
	case 0:
		line(generator, indent, "- %s: exponential(%dus)", step, us);
		break;
	case 1:
		line(generator, indent, "- %s: 'uniform(%dus, %dus)'", step, us, 3 * us);
		break;
	case 2:
		line(generator, indent, "- %s: 'choice(%dus: 80%%, %dus: 20%%)'", step, us, 7 * us);
		break;
	case 3:
		line(generator, indent, "- %s: 'lognormal(mean %dus, p99 %dus)'", step, us, 5 * us);
		break;
	case 7:
		line(generator, indent, "- %s: item", step);
		break;
	default:
		line(generator, indent, "- %s: %dus", step, us);
		break;
	}
}

static void work_step(struct generator *generator, int indent)
{
	static const char *const kinds[] = { "python", "python", "c", "native", "io", "io", "block" };

	duration_step(generator, indent, CHOOSE(generator, kinds));
}

/* ---- Steps that are valid anywhere ---- */

static void steps(struct generator *generator, int indent, int depth, int first_guard);

/* An update that no other task may fall into. */
static void guarded_update(struct generator *generator, int indent, int guard)
{
	int variable = generator->variables++;

	line(generator, indent, "- with: guard%d", guard);
	line(generator, indent, "  do:");
	line(generator, indent, "    - read: {from: counter%d, as: v%d}", guard, variable);
	work_step(generator, indent + 4);
	line(generator, indent, "    - write: {to: counter%d, value: v%d + 1}", guard, variable);
}

static void bounded_while(struct generator *generator, int indent, int depth, int first_guard)
{
	int variable = generator->variables++;

	line(generator, indent, "- let: {v%d: 0}", variable);
	line(generator, indent, "- while: v%d < %d", variable, between(generator, 0, 3));
	line(generator, indent, "  do:");
	line(generator, indent, "    - let: {v%d: v%d + 1}", variable, variable);
	steps(generator, indent + 4, depth + 1, first_guard);
}

static void caught(struct generator *generator, int indent, int depth, int first_guard)
{
	bool before = generator->may_fail;

	line(generator, indent, "- try:");
	generator->may_fail = true;
	steps(generator, indent + 4, depth + 1, first_guard);
	line(generator, indent, "    - if: {chance: %d%%}", between(generator, 0, 100));
	line(generator, indent, "      then: [{raise: failure}]");
	generator->may_fail = before;
	line(generator, indent, "  except:");
	work_step(generator, indent + 4);
	if (happens(generator, 50)) {
		line(generator, indent, "  finally:");
		work_step(generator, indent + 4);
	}
}

static void retried(struct generator *generator, int indent, int depth, int first_guard)
{
	line(generator, indent, "- try:");
	line(generator, indent, "    - retry: {times: %d, backoff: %dus, jitter: 20%%}", between(generator, 1, 4),
	     some_us(generator));
	line(generator, indent, "      do:");
	steps(generator, indent + 8, depth + 1, first_guard);
	line(generator, indent, "        - if: {chance: 40%%}");
	line(generator, indent, "          then: [{raise: failure}]");
	line(generator, indent, "  except:");
	work_step(generator, indent + 4);
}

static void locked(struct generator *generator, int indent, int depth, int first_guard, int how)
{
	int guard;

	if (first_guard == GUARD_COUNT) {
		work_step(generator, indent);
		return;
	}
	guard = between(generator, first_guard, GUARD_COUNT - 1);
	switch (how % 3) {
	case 0:
		line(generator, indent, "- with: guard%d", guard);
		line(generator, indent, "  do:");
		steps(generator, indent + 4, depth + 1, guard + 1);
		break;
	case 1:
		line(generator, indent, "- try:");
		line(generator, indent, "    - with: {resource: guard%d, timeout: %dus}", guard, some_us(generator));
		line(generator, indent, "      do:");
		steps(generator, indent + 8, depth + 1, guard + 1);
		line(generator, indent, "  except:");
		line(generator, indent, "    timeout: [{python: 2us}]");
		break;
	default:
		line(generator, indent, "- acquire: guard%d", guard);
		line(generator, indent, "- try:");
		steps(generator, indent + 4, depth + 1, guard + 1);
		line(generator, indent, "  finally:");
		line(generator, indent, "    - release: guard%d", guard);
		break;
	}
}

static void step(struct generator *generator, int indent, int depth, int first_guard)
{
	int kind = between(generator, 0, depth < MAX_DEPTH ? 19 : 7);

	switch (kind) {
	case 5:
		if (first_guard < GUARD_COUNT - 1)
			guarded_update(generator, indent, between(generator, first_guard, GUARD_COUNT - 2));
		else
			work_step(generator, indent);
		break;
	case 6:
		line(generator, indent, "- allocate: %dKiB", between(generator, 1, 300));
		break;
	case 7:
		generator->calls = true;
		line(generator, indent, "- call: {task: leaf, args: [%d], as: v%d}", between(generator, 0, 3),
		     generator->variables++);
		break;
	case 8:
		line(generator, indent, "- repeat: %d", between(generator, 1, 4));
		line(generator, indent, "  do:");
		steps(generator, indent + 4, depth + 1, first_guard);
		break;
	case 9:
		bounded_while(generator, indent, depth, first_guard);
		break;
	case 10:
		line(generator, indent, "- if: {chance: %d%%}", between(generator, 0, 100));
		line(generator, indent, "  then:");
		steps(generator, indent + 4, depth + 1, first_guard);
		line(generator, indent, "  else:");
		steps(generator, indent + 4, depth + 1, first_guard);
		break;
	case 11:
		caught(generator, indent, depth, first_guard);
		break;
	case 12:
		retried(generator, indent, depth, first_guard);
		break;
	case 13:
		line(generator, indent, "- loop:");
		steps(generator, indent + 4, depth + 1, first_guard);
		line(generator, indent, "    - if: {chance: 60%%}");
		line(generator, indent, "      then: [{break: }]");
		break;
	case 14:
		line(generator, indent, "- request: server");
		break;
	case 15:
	case 16:
	case 17:
		locked(generator, indent, depth, first_guard, kind);
		break;
	case 18:
		line(generator, indent, "- iterate: {task: count_up, args: [%d], as: v%d}", between(generator, 0, 3),
		     generator->variables++);
		line(generator, indent, "  do:");
		work_step(generator, indent + 4);
		generator->iterates = true;
		break;
	default:
		work_step(generator, indent);
		break;
	}
}

/* One to three steps. Guards below `first_guard` may be held already. */
static void steps(struct generator *generator, int indent, int depth, int first_guard)
{
	int count = between(generator, 1, 3);

	for (int i = 0; i < count; i++)
		step(generator, indent, depth, first_guard);
	if (generator->may_fail && happens(generator, 10)) {
		line(generator, indent, "- if: {chance: 10%%}");
		line(generator, indent, "  then: [{raise: failure}]");
	}
}

/* A task of its own whose steps are valid anywhere. */
static void worker_task(struct generator *generator, int number, int first_guard, bool may_fail)
{
	generator->may_fail = may_fail;
	line(generator, 2, "work%d:", number);
	steps(generator, 4, 0, first_guard);
	generator->may_fail = false;
}

/* ---- Sections: resources ---- */

/* Which one a section has follows from its rounds. */
static const char *const executors[] = { "thread_pool", "process_pool", "pool" };

static bool is_pool(const struct section *section)
{
	return section->rounds % (int)LENGTH(executors) == 2;
}

static void section_resources(struct generator *generator, const struct section *section)
{
	int number = section->number;

	switch (section->kind) {
	case SECTION_QUEUE:
		line(generator, 2, "queue%d: {kind: queue, size: %d}", number, between(generator, 0, 3));
		break;
	case SECTION_EVENT:
		line(generator, 2, "event%d: {kind: event}", number);
		break;
	case SECTION_CONDITION:
		line(generator, 2, "condition%d: {kind: condition}", number);
		line(generator, 2, "ready%d: {kind: variable}", number);
		break;
	case SECTION_EXECUTOR:
		line(generator, 2, "executor%d: {kind: %s, workers: %d}", number,
		     executors[section->rounds % (int)LENGTH(executors)], between(generator, 1, 4));
		break;
	case SECTION_TO_THREAD:
		line(generator, 2, "executor%d: {kind: thread_pool, workers: %d}", number, between(generator, 1, 4));
		break;
	case SECTION_BARRIER:
		line(generator, 2, "barrier%d: {kind: barrier, parties: %d}", number, section->workers);
		break;
	case SECTION_PIPE:
		line(generator, 2, "pipe%d: {kind: pipe}", number);
		break;
	default:
		break;
	}
}

/* ---- Sections: tasks ---- */

/* What takes items from somewhere, or puts them there, a number of times. */
static void exchange_task(struct generator *generator, const char *name, int number, int rounds, const char *how)
{
	line(generator, 2, "%s%d:", name, number);
	line(generator, 4, "- repeat: %d", rounds);
	line(generator, 4, "  do:");
	work_step(generator, 8);
	line(generator, 8, "- %s", how);
	if (happens(generator, 50))
		work_step(generator, 8);
}

static void meeting_tasks(struct generator *generator, const struct section *section)
{
	int number = section->number;

	switch (section->kind) {
	case SECTION_EVENT:
		line(generator, 2, "waiter%d: [{wait: event%d}, {python: %dus}]", number, number, some_us(generator));
		line(generator, 2, "setter%d: [{io: %dus}, {set: event%d}]", number, some_us(generator), number);
		break;
	case SECTION_CONDITION:
		line(generator, 2, "waiter%d:", number);
		line(generator, 4, "- with: condition%d", number);
		line(generator, 4, "  do:");
		line(generator, 8, "- read: {from: ready%d, as: is_ready}", number);
		line(generator, 8, "- while: is_ready == 0");
		line(generator, 8, "  do: [{wait: condition%d}, {read: {from: ready%d, as: is_ready}}]", number, number);
		line(generator, 2, "setter%d:", number);
		work_step(generator, 4);
		line(generator, 4, "- with: condition%d", number);
		line(generator, 4, "  do: [{write: {to: ready%d, value: 1}}, {notify: {on: condition%d, all: true}}]",
		     number, number);
		break;
	case SECTION_BARRIER:
		line(generator, 2, "meeter%d:", number);
		line(generator, 4, "- repeat: %d", section->rounds);
		line(generator, 4, "  do:");
		work_step(generator, 8);
		line(generator, 8, "- wait: barrier%d", number);
		break;
	default:
		break;
	}
}

static void section_tasks(struct generator *generator, const struct section *section)
{
	int number = section->number;
	char how[64];

	switch (section->kind) {
	case SECTION_WORKERS:
		/* A coroutine's exception would come out where it is awaited. */
		worker_task(generator, number, 0, generator->spawn != BY_COROUTINES && happens(generator, 50));
		break;
	case SECTION_QUEUE:
		snprintf(how, sizeof(how), "put: {to: queue%d, item: 1}", number);
		exchange_task(generator, "producer", number, section->rounds, how);
		snprintf(how, sizeof(how), "get: {from: queue%d}", number);
		exchange_task(generator, "consumer", number, section->rounds, how);
		break;
	case SECTION_PIPE:
		snprintf(how, sizeof(how), "send: {to: pipe%d, item: 1, bytes: %dKiB}", number,
			 between(generator, 0, 100));
		exchange_task(generator, "sender", number, section->rounds, how);
		snprintf(how, sizeof(how), "recv: {from: pipe%d}", number);
		exchange_task(generator, "receiver", number, section->rounds, how);
		break;
	case SECTION_STREAM:
		snprintf(how, sizeof(how), "yield: 1");
		exchange_task(generator, "rows", number, section->rounds, how);
		line(generator, 2, "reader%d:", number);
		line(generator, 4, "- iterate: {task: rows%d, as: row}", number);
		line(generator, 4, "  do:");
		work_step(generator, 8);
		break;
	case SECTION_GATHER:
	case SECTION_CANCEL:
		worker_task(generator, number, 0, true);
		break;
	case SECTION_RUN:
	case SECTION_EXECUTOR:
	case SECTION_TIMEOUT:
	case SECTION_TASK_GROUP:
	case SECTION_COMPLETED:
		worker_task(generator, number, 0, false);
		break;
	case SECTION_TO_THREAD: /* coroutines and functions share no locks */
		worker_task(generator, number, GUARD_COUNT, false);
		break;
	default:
		meeting_tasks(generator, section);
		break;
	}
}

/* ---- Sections: what `main` does ---- */

static void run_section(struct generator *generator, const struct section *section)
{
	static const char *const models[] = { "sequential", "threads", "thread_pool, workers: 2", "processes",
					      "pool, workers: 2", "process_pool, workers: 2" };

	line(generator, 4, "- run: {task: work%d, count: %d, model: %s}", section->number, section->workers,
	     CHOOSE(generator, models));
}

static void executor_section(struct generator *generator, const struct section *section)
{
	int number = section->number;

	line(generator, 4, "- with: executor%d", number);
	line(generator, 4, "  do:");
	line(generator, 8, "- submit: {task: work%d, count: %d, to: executor%d, as: g%d}", number, section->workers, number,
	     number);
	work_step(generator, 8);
	/* Leaving a multiprocessing.Pool ends it with what it is at. */
	switch (is_pool(section) ? 0 : between(generator, 0, 3)) {
	case 0:
		line(generator, 8, "- await: g%d", number);
		break;
	case 1:
		line(generator, 8, "- as_completed: g%d", number);
		line(generator, 8, "  do: [{python: 5us}]");
		break;
	case 2:
		line(generator, 8, "- wait: {for: first, of: g%d}", number);
		line(generator, 8, "- cancel: g%d", number);
		break;
	default: /* leaving the executor waits for them */
		break;
	}
}

static void coroutine_section(struct generator *generator, const struct section *section)
{
	int number = section->number, workers = section->workers;

	switch (section->kind) {
	case SECTION_GATHER:
		line(generator, 4, "- gather: {task: work%d, count: %d, return_exceptions: true}", number, workers);
		break;
	case SECTION_CANCEL:
		line(generator, 4, "- create_task: {task: work%d, count: %d, as: g%d}", number, workers, number);
		line(generator, 4, "- io: %dus", some_us(generator));
		line(generator, 4, "- cancel: g%d", number);
		line(generator, 4, "- wait: {for: all, of: g%d}", number);
		break;
	case SECTION_TIMEOUT:
		line(generator, 4, "- try:");
		line(generator, 4, "    - timeout: %dus", some_us(generator));
		line(generator, 4, "      do: [{gather: {task: work%d, count: %d}}]", number, workers);
		line(generator, 4, "  except: [{python: 3us}]");
		break;
	case SECTION_TASK_GROUP:
		line(generator, 4, "- task_group:");
		line(generator, 8, "- create_task: {task: work%d, count: %d}", number, workers);
		work_step(generator, 8);
		break;
	case SECTION_STREAM:
		line(generator, 4, "- create_task: {task: reader%d, count: %d, as: g%d}", number, workers, number);
		line(generator, 4, "- await: g%d", number);
		break;
	case SECTION_TO_THREAD:
		line(generator, 4, "- submit: {task: work%d, count: %d, to: executor%d, as: g%d}", number, workers, number,
		     number);
		work_step(generator, 4);
		line(generator, 4, "- await: g%d", number);
		break;
	case SECTION_COMPLETED:
		line(generator, 4, "- create_task: {task: work%d, count: %d, as: g%d}", number, workers, number);
		line(generator, 4, "- as_completed: g%d", number);
		line(generator, 4, "  do: [{python: 5us}]");
		break;
	default:
		break;
	}
}

static void spawn_and_join(struct generator *generator, const struct section *section, const char *first,
			   const char *second, int second_count)
{
	line(generator, 4, "- spawn: {task: %s%d, count: %d}", first, section->number, section->workers);
	if (second)
		line(generator, 4, "- spawn: {task: %s%d, count: %d}", second, section->number, second_count);
	if (happens(generator, 50))
		work_step(generator, 4);
	line(generator, 4, "- join: all");
}

static void section_main(struct generator *generator, const struct section *section)
{
	if (happens(generator, 30))
		line(generator, 4, "- stage: s%d", section->number);
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

/* ---- The file ---- */

static void machine_and_python(struct generator *generator)
{
	static const char *const versions[] = { "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14" };
	static const char *const starts[] = { "fork", "spawn", "forkserver" };

	fprintf(generator->stream, "machine: {profile: %s, cores: %d", happens(generator, 20) ? "ideal" : "default",
		between(generator, 1, 6));
	if (happens(generator, 15))
		fprintf(generator->stream, ", quota: %d.%d", between(generator, 0, 3), between(generator, 1, 9));
	fputs("}\n", generator->stream);
	fprintf(generator->stream, "python: {version: \"%s\"", CHOOSE(generator, versions));
	if (happens(generator, 15))
		fprintf(generator->stream, ", switch_interval: %dus", between(generator, 1, 20) * 100);
	if (happens(generator, 25))
		fprintf(generator->stream, ", start: %s", CHOOSE(generator, starts));
	fputs("}\n", generator->stream);
}

static void shared_resources(struct generator *generator)
{
	line(generator, 0, "resources:");
	for (int i = 0; i < GUARD_COUNT - 1; i++) {
		line(generator, 2, "guard%d: {kind: lock}", i);
		line(generator, 2, "counter%d: {kind: variable}", i);
	}
	line(generator, 2, "guard%d: {kind: semaphore, value: %d}", GUARD_COUNT - 1, between(generator, 1, 3));
	line(generator, 2, "server: {kind: service, slots: %d, time: exponential(%dus)}", between(generator, 1, 4),
	     some_us(generator));
}

/* What the others call. */
static void helper_tasks(struct generator *generator)
{
	if (generator->iterates) {
		line(generator, 2, "count_up:");
		line(generator, 4, "args: [n]");
		line(generator, 4, "steps:");
		line(generator, 6, "- while: n > 0");
		line(generator, 6, "  do:");
		work_step(generator, 10);
		line(generator, 10, "- yield: n");
		line(generator, 10, "- let: {n: n - 1}");
	}
	if (!generator->calls)
		return;
	line(generator, 2, "leaf:");
	line(generator, 4, "args: [n]");
	line(generator, 4, "steps:");
	work_step(generator, 6);
	line(generator, 6, "- if: n > 0");
	line(generator, 6, "  then: [{call: {task: leaf, args: [n - 1], as: below}}, {return: below + 1}]");
}

static void run_variants(struct generator *generator)
{
	static const char *const models[] = {
		"model: sequential",
		"model: threads",
		"model: thread_pool, workers: 3",
		"model: thread_pool, workers: 2, warm: true",
		"model: processes",
		"model: processes, workers: 2, each: {model: thread_pool, workers: 2}",
		/* A coroutine that waits for other processes' lock would keep its loop from the one that holds it. */
		"model: processes, workers: 2, each: {model: asyncio}, set: {resources.guard0.per: process, "
		"resources.guard1.per: process, resources.guard2.per: process, resources.counter0.per: process, "
		"resources.counter1.per: process}",
		"model: pool, workers: 3",
		"model: pool, workers: 2, map: imap_unordered, chunksize: 2",
		"model: pool, workers: 2, max_tasks_per_child: 3, chunksize: 1",
		"model: process_pool, workers: 2",
		"model: process_pool, workers: 2, warm: true, chunksize: 3",
		"model: asyncio",
		"model: threads, set: {python.version: \"3.13\", python.gil: off}",
		"model: thread_pool, workers: 4, set: {python.version: \"3.14\", python.gil: off}",
		"model: interpreter_pool, workers: 2, set: {python.version: \"3.14\"}",
		"model: threads, set: {machine.cores: 1}",
		"model: thread_pool, workers: 2, return_when: first",
		"model: thread_pool, workers: 2, return_when: exception",
		"model: process_pool, workers: 2, return_when: first",
		"model: asyncio, return_when: first",
		"model: asyncio, return_exceptions: true",
		"model: asyncio, timeout: 3ms",
		"model: asyncio, set: {python.version: \"3.12\"}, eager: true",
	};
	int count = between(generator, 1, 4);

	for (int i = 0; i < count; i++)
		line(generator, 2, "v%d: {%s}", i, CHOOSE(generator, models));
}

static void print_run(struct generator *generator)
{
	int count = between(generator, 1, 12);

	generator->has_items = happens(generator, 30);
	line(generator, 0, "tasks:");
	worker_task(generator, 0, 0, happens(generator, 30));
	helper_tasks(generator);
	if (generator->has_items) {
		fputs("run: {task: work0, items: [", generator->stream);
		for (int i = 0; i < count; i++)
			fprintf(generator->stream, "%s%dus", i == 0 ? "" : ", ", some_us(generator));
		fputs("]}\n", generator->stream);
	} else {
		line(generator, 0, "run: {task: work0, count: %d}", count);
	}
	line(generator, 0, "variants:");
	run_variants(generator);
}

static void print_arrivals(struct generator *generator)
{
	int count = between(generator, 1, 3);

	line(generator, 0, "tasks:");
	worker_task(generator, 0, 0, happens(generator, 30));
	helper_tasks(generator);
	line(generator, 0, "run: {task: work0, arrivals: {rate: %d/s, count: %d, spacing: %s, from: %s}}",
	     between(generator, 20, 2000), between(generator, 1, 40), happens(generator, 70) ? "poisson" : "even",
	     happens(generator, 70) ? "outside" : "inside");
	line(generator, 0, "variants:");
	for (int i = 0; i < count; i++)
		line(generator, 2, "v%d: {model: thread_pool, workers: %d%s}", i, between(generator, 1, 6),
		     happens(generator, 30) ? ", queue: 2" : "");
}

static enum section_kind some_section(struct generator *generator)
{
	static const enum section_kind threads[] = { SECTION_BARRIER };
	static const enum section_kind processes[] = { SECTION_PIPE };
	static const enum section_kind coroutines[] = { SECTION_GATHER, SECTION_CANCEL,	   SECTION_TIMEOUT,  SECTION_TASK_GROUP,
							SECTION_STREAM, SECTION_TO_THREAD, SECTION_COMPLETED };
	bool in_functions = generator->spawn != BY_COROUTINES;

	if (happens(generator, in_functions ? 20 : 60))
		return generator->spawn == BY_THREADS	  ? CHOOSE(generator, threads)
		       : generator->spawn == BY_PROCESSES ? CHOOSE(generator, processes)
							  : CHOOSE(generator, coroutines);
	return (enum section_kind)between(generator, 0,
					  (in_functions ? SECTION_COUNT_FUNCTIONS : SECTION_COUNT_ANYWHERE) - 1);
}

static void plan_program(struct generator *generator)
{
	generator->spawn = (enum spawn)between(generator, BY_THREADS, BY_COROUTINES);
	generator->section_count = between(generator, 1, MAX_SECTIONS);
	for (int i = 0; i < generator->section_count; i++) {
		struct section *section = &generator->sections[i];

		*section = (struct section){ .kind = some_section(generator),
					     .number = i,
					     .workers = between(generator, 1, 5),
					     .rounds = between(generator, 1, 6) };
		/* One end of a pipe belongs to one process. */
		if (section->kind == SECTION_PIPE)
			section->workers = 1;
	}
}

static void print_program(struct generator *generator)
{
	static const char *const spawns[] = { "thread", "process", "coroutine" };

	for (int i = 0; i < generator->section_count; i++)
		section_resources(generator, &generator->sections[i]);
	line(generator, 0, "tasks:");
	for (int i = 0; i < generator->section_count; i++)
		section_tasks(generator, &generator->sections[i]);
	helper_tasks(generator);
	line(generator, 2, "main:");
	for (int i = 0; i < generator->section_count; i++)
		section_main(generator, &generator->sections[i]);
	line(generator, 0, "variants:");
	line(generator, 2, "v0: {model: program, spawn: %s}", spawns[generator->spawn]);
	if (happens(generator, 40))
		line(generator, 2, "v1: {model: program, spawn: %s, set: {machine.cores: %d}}", spawns[generator->spawn],
		     between(generator, 1, 8));
	if (generator->spawn == BY_THREADS && happens(generator, 40))
		line(generator, 2, "v2: {model: program, set: {python.version: \"3.13\", python.gil: off}}");
}

void scenario_random_print(uint64_t seed, FILE *stream)
{
	struct generator generator = {
		.stream = stream,
		.variate = variate_open(seed, 0, random_hash_name("scenario"), 0, 0),
	};
	int kind = between(&generator, 0, 99);

	line(&generator, 0, "name: random-%llu", (unsigned long long)seed);
	line(&generator, 0, "about: made by `gilsim new --random --seed %llu`", (unsigned long long)seed);
	machine_and_python(&generator);
	shared_resources(&generator);
	if (kind < 45) {
		print_run(&generator);
	} else if (kind < 55) {
		print_arrivals(&generator);
	} else {
		plan_program(&generator);
		print_program(&generator);
	}
}
