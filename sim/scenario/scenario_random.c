/*
 * scenario_random.c - see scenario_random.h.
 *
 * A scenario is either a run (one task many times, under several models) or a program: sections one after the other,
 * each of which starts some tasks that meet in one way (a queue, an event, an executor) and waits for them. The
 * sections are decided first; resources, tasks and the steps of `main` are then three walks over them.
 */
#include "sim/scenario/scenario_random.h"

#include "sim/scenario/scenario_random_parts.h"

/* ---- The file ---- */

static void machine_and_python(struct random_generator *generator)
{
	static const char *const starts[] = { "fork", "spawn", "forkserver" };

	fprintf(generator->stream, "machine: {profile: %s, cores: %d", random_happens(generator, 20) ? "ideal" : "default",
		random_between(generator, 1, 6));
	if (random_happens(generator, 15))
		fprintf(generator->stream, ", quota: %d.%d", random_between(generator, 0, 3), random_between(generator, 1, 9));
	fputs("}\n", generator->stream);
	generator->minor = random_between(generator, 8, 14);
	fprintf(generator->stream, "python: {version: \"3.%d\"", generator->minor);
	if (random_happens(generator, 15))
		fprintf(generator->stream, ", switch_interval: %dus", random_between(generator, 1, 20) * 100);
	if (random_happens(generator, 25))
		fprintf(generator->stream, ", start: %s", RANDOM_CHOOSE(generator, starts));
	fputs("}\n", generator->stream);
}

static void shared_resources(struct random_generator *generator)
{
	random_line(generator, 0, "resources:");
	for (int i = 0; i < GUARD_COUNT - 1; i++) {
		random_line(generator, 2, "guard%d: {kind: lock}", i);
		random_line(generator, 2, "counter%d: {kind: variable}", i);
	}
	random_line(generator, 2, "guard%d: {kind: semaphore, value: %d}", GUARD_COUNT - 1, random_between(generator, 1, 3));
	random_line(generator, 2, "server: {kind: service, slots: %d, time: exponential(%dus)}", random_between(generator, 1, 4),
	     random_some_us(generator));
}

/* What the others call. */
static void helper_tasks(struct random_generator *generator)
{
	if (generator->iterates) {
		random_line(generator, 2, "count_up:");
		random_line(generator, 4, "args: [n]");
		random_line(generator, 4, "steps:");
		random_line(generator, 6, "- while: n > 0");
		random_line(generator, 6, "  do:");
		random_work_step(generator, 10);
		random_line(generator, 10, "- yield: n");
		random_line(generator, 10, "- let: {n: n - 1}");
	}
	if (!generator->calls)
		return;
	random_line(generator, 2, "leaf:");
	random_line(generator, 4, "args: [n]");
	random_line(generator, 4, "steps:");
	random_work_step(generator, 6);
	random_line(generator, 6, "- if: n > 0");
	random_line(generator, 6, "  then: [{call: {task: leaf, args: [n - 1], as: below}}, {return: below + 1}]");
}

/* Resources that each process has for itself. */
#define EACH_ITS_OWN                                                                                               \
	", set: {resources.guard0.per: process, resources.guard1.per: process, resources.guard2.per: process, "    \
	"resources.counter0.per: process, resources.counter1.per: process}"

static void run_variants(struct random_generator *generator)
{
	static const char *const models[] = {
		"model: sequential",
		"model: threads",
		"model: thread_pool, workers: 3",
		"model: thread_pool, workers: 2, warm: true",
		"model: processes",
		"model: processes, workers: 2, each: {model: thread_pool, workers: 2}",
		/* A coroutine that waits for other processes' lock would keep its loop from the one that holds it. */
		("model: processes, workers: 2, each: {model: asyncio}" EACH_ITS_OWN),
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
	int count = random_between(generator, 1, 4);

	for (int i = 0; i < count; i++)
		random_line(generator, 2, "v%d: {%s}", i, RANDOM_CHOOSE(generator, models));
}

static void print_run(struct random_generator *generator)
{
	int count = random_between(generator, 1, 12);

	generator->has_items = random_happens(generator, 30);
	random_line(generator, 0, "tasks:");
	random_worker_task(generator, 0, 0, random_happens(generator, 30));
	helper_tasks(generator);
	if (generator->has_items) {
		fputs("run: {task: work0, items: [", generator->stream);
		for (int i = 0; i < count; i++)
			fprintf(generator->stream, "%s%dus", i == 0 ? "" : ", ", random_some_us(generator));
		fputs("]}\n", generator->stream);
	} else {
		random_line(generator, 0, "run: {task: work0, count: %d}", count);
	}
	random_line(generator, 0, "variants:");
	run_variants(generator);
}

static void arrivals_variant(struct random_generator *generator, int number)
{
	int workers = random_between(generator, 1, 6);

	switch (random_between(generator, 0, 5)) {
	case 0:
		random_line(generator, 2, "v%d: {model: asyncio}", number);
		break;
	case 1:
		random_line(generator, 2, "v%d: {model: server, workers: %d" EACH_ITS_OWN "}", number, workers);
		break;
	case 2:
		random_line(generator, 2,
			    "v%d: {model: server, workers: 2, each: {model: thread_pool, workers: %d}" EACH_ITS_OWN "}",
			    number, workers);
		break;
	default:
		random_line(generator, 2, "v%d: {model: thread_pool, workers: %d%s}", number, workers,
			    random_happens(generator, 30) ? ", queue: 2" : "");
		break;
	}
}

static void print_arrivals(struct random_generator *generator)
{
	int count = random_between(generator, 1, 3);

	random_line(generator, 0, "tasks:");
	random_worker_task(generator, 0, 0, random_happens(generator, 30));
	helper_tasks(generator);
	random_line(generator, 0, "run: {task: work0, arrivals: {rate: %d/s, count: %d, spacing: %s}}",
	     random_between(generator, 20, 2000), random_between(generator, 1, 40), random_happens(generator, 70) ? "poisson" : "even");
	random_line(generator, 0, "variants:");
	for (int i = 0; i < count; i++)
		arrivals_variant(generator, i);
}

static enum section_kind section_of_coroutines(struct random_generator *generator)
{
	/* TaskGroup, the last, is there from 3.11 on. */
	static const enum section_kind kinds[] = { SECTION_GATHER,    SECTION_CANCEL,	 SECTION_TIMEOUT,   SECTION_STREAM,
						   SECTION_TO_THREAD, SECTION_COMPLETED, SECTION_TASK_GROUP };
	int count = (int)(sizeof(kinds) / sizeof(kinds[0]));

	return kinds[random_between(generator, 0, generator->minor < 11 ? count - 2 : count - 1)];
}

static enum section_kind some_section(struct random_generator *generator)
{
	bool in_functions = generator->spawn != BY_COROUTINES;

	if (random_happens(generator, in_functions ? 20 : 60))
		return generator->spawn == BY_THREADS	  ? SECTION_BARRIER
		       : generator->spawn == BY_PROCESSES ? SECTION_PIPE
							  : section_of_coroutines(generator);
	return (enum section_kind)random_between(generator, 0,
					  (in_functions ? SECTION_COUNT_FUNCTIONS : SECTION_COUNT_ANYWHERE) - 1);
}

static void plan_program(struct random_generator *generator)
{
	generator->spawn = (enum spawn)random_between(generator, BY_THREADS, BY_COROUTINES);
	generator->section_count = random_between(generator, 1, MAX_SECTIONS);
	for (int i = 0; i < generator->section_count; i++) {
		struct random_section *section = &generator->sections[i];

		*section = (struct random_section){ .kind = some_section(generator),
					     .number = i,
					     .workers = random_between(generator, 1, 5),
					     .rounds = random_between(generator, 1, 6) };
		/* One end of a pipe belongs to one process. */
		if (section->kind == SECTION_PIPE)
			section->workers = 1;
	}
}

static void print_program(struct random_generator *generator)
{
	static const char *const spawns[] = { "thread", "process", "coroutine" };

	for (int i = 0; i < generator->section_count; i++)
		random_section_resources(generator, &generator->sections[i]);
	random_line(generator, 0, "tasks:");
	for (int i = 0; i < generator->section_count; i++)
		random_section_tasks(generator, &generator->sections[i]);
	helper_tasks(generator);
	random_line(generator, 2, "main:");
	for (int i = 0; i < generator->section_count; i++)
		random_section_main(generator, &generator->sections[i]);
	random_line(generator, 0, "variants:");
	random_line(generator, 2, "v0: {model: program, spawn: %s}", spawns[generator->spawn]);
	if (random_happens(generator, 40))
		random_line(generator, 2, "v1: {model: program, spawn: %s, set: {machine.cores: %d}}", spawns[generator->spawn],
		     random_between(generator, 1, 8));
	if (generator->spawn == BY_THREADS && random_happens(generator, 40))
		random_line(generator, 2, "v2: {model: program, set: {python.version: \"3.13\", python.gil: off}}");
}

void scenario_random_print(uint64_t seed, FILE *stream)
{
	struct random_generator generator = {
		.stream = stream,
		.variate = variate_open(seed, 0, random_hash_name("scenario"), 0, 0),
	};
	int kind = random_between(&generator, 0, 99);

	random_line(&generator, 0, "name: random-%llu", (unsigned long long)seed);
	random_line(&generator, 0, "about: made by `gilsim new --random --seed %llu`", (unsigned long long)seed);
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
