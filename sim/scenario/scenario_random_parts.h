/*
 * scenario_random_parts.h - what random scenarios are made of: steps that are valid anywhere, and sections of a program.
 *
 * Only for scenario_random.c and its parts.
 */
#ifndef SIM_SCENARIO_SCENARIO_RANDOM_PARTS_H
#define SIM_SCENARIO_SCENARIO_RANDOM_PARTS_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/base/random.h"

#define GUARD_COUNT 3 /* locks; each but the last guards a variable */
#define MAX_SECTIONS 3

enum section_kind {
	SECTION_WORKERS,
	SECTION_QUEUE,
	SECTION_EVENT,
	SECTION_CONDITION,
	SECTION_ORDER,	 /* one sends, others see that it comes in order */
	SECTION_PERMITS, /* holders of a lock or semaphore count each other */
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

struct random_section {
	enum section_kind kind;
	int number;
	int workers; /* tasks of each sort */
	int rounds;  /* of each task */
};

enum spawn { BY_THREADS, BY_PROCESSES, BY_COROUTINES };

struct random_generator {
	FILE *stream;
	struct variate variate;
	int minor; /* of the scenario's Python version */
	struct random_section sections[MAX_SECTIONS];
	int section_count;
	enum spawn spawn;
	bool has_items;
	bool may_fail; /* the tasks written now may raise what they do not catch */
	bool calls;    /* some task calls `leaf`, */
	bool iterates; /* or iterates over `count_up` */
	int variables; /* names given out */
};

/* ---- Choices and lines ---- */

/* A whole number between both, inclusive. */
int random_between(struct random_generator *generator, int least, int most);
bool random_happens(struct random_generator *generator, int percent);
/* Microseconds from 1 to 5000, small ones as often as large ones. */
int random_some_us(struct random_generator *generator);
#define RANDOM_CHOOSE(generator, array)                                                                            \
	((array)[random_between((generator), 0, (int)(sizeof(array) / sizeof((array)[0])) - 1)])
/* One line of the file. */
void random_line(struct random_generator *generator, int indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- scenario_random_steps.c ---- */

/* A step that takes time. */
void random_work_step(struct random_generator *generator, int indent);
/* A task `workN` whose steps are valid anywhere. It takes none of the guards below `first_guard`. */
void random_worker_task(struct random_generator *generator, int number, int first_guard, bool may_fail);

/* ---- scenario_random_sections.c ---- */

/* What a section shares, the tasks that it starts, and what `main` does of it. */
void random_section_resources(struct random_generator *generator, const struct random_section *section);
void random_section_tasks(struct random_generator *generator, const struct random_section *section);
void random_section_main(struct random_generator *generator, const struct random_section *section);

/* ---- scenario_random_promises.c: of SECTION_ORDER and SECTION_PERMITS ---- */

void random_promise_resources(struct random_generator *generator, const struct random_section *section);
void random_promise_tasks(struct random_generator *generator, const struct random_section *section);

#endif
