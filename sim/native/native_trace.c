/*
 * native_trace.c - see native_trace.h.
 */
#include "sim/native/native_trace.h"

#include <stdio.h>
#include <stdlib.h>

/* The numbers of harness_trace.py: what the simulator calls a thread that is at such a step; then what is no step.
 */
static const char *const step_kinds[] = { "python",    "c",	     "native",	 "io",
					  "lock_wait", "queue_wait", "gil_wait", "run_queue" };
enum { NOTED_STEPS = sizeof(step_kinds) / sizeof(step_kinds[0]), GIL_HELD = NOTED_STEPS, SENT, RECEIVED, RELEASING };

struct note {
	int64_t first, second; /* begin and end, or time and number */
	uint64_t who;	       /* process << 32 | thread */
	int64_t kind;	       /* a message's: also its resource, << 8 */
};

struct reading {
	struct region *region;
	struct native_run *run;
	int64_t start_ns;
	size_t steps, holds, releases, messages; /* capacities */
};

static void read_stretch(struct reading *reading, const struct note *note, const char *what,
			 struct native_step **list, size_t *count, size_t *capacity)
{
	/* What took no time cannot be drawn. */
	if (note->second <= note->first)
		return;
	*list = region_grow(reading->region, *list, *count, capacity, sizeof(**list));
	(*list)[(*count)++] = (struct native_step){
		.begin_ns = note->first - reading->start_ns,
		.end_ns = note->second - reading->start_ns,
		.process = (int32_t)(note->who >> 32),
		.thread = (int32_t)(note->who & 0xffffffff),
		.what = what,
	};
}

static void read_message(struct reading *reading, const struct note *note)
{
	struct native_run *run = reading->run;

	run->messages = region_grow(reading->region, run->messages, run->message_count, &reading->messages,
				    sizeof(run->messages[0]));
	run->messages[run->message_count++] = (struct native_message){
		.time_ns = note->first - reading->start_ns,
		.process = (int32_t)(note->who >> 32),
		.thread = (int32_t)(note->who & 0xffffffff),
		.resource = (uint32_t)(note->kind >> 8),
		.received = (note->kind & 0xff) == RECEIVED,
		.number = note->second,
	};
}

/* By resource and number, who sent it first. */
static int by_number(const void *a, const void *b)
{
	const struct native_message *x = a, *y = b;

	if (x->resource != y->resource)
		return x->resource < y->resource ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (x->received != y->received)
		return x->received ? 1 : -1;
	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

static int by_setting_out(const void *a, const void *b)
{
	const struct native_message *x = *(struct native_message *const *)a,
				    *y = *(struct native_message *const *)b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return (x > y) - (x < y);
}

/* Numbers them anew; what came from nobody, or before it was sent, is dropped: its sender was killed before it
 * wrote its notes down. */
static void pair_messages(struct native_run *run, struct region *region)
{
	struct native_message *messages = run->messages;
	struct native_message **sent =
		region_alloc_array(region, run->message_count, sizeof(struct native_message *));
	size_t kept = 0, sent_count = 0;

	qsort(messages, run->message_count, sizeof(*messages), by_number);
	for (size_t i = 0; i < run->message_count; i++) {
		const struct native_message *last = kept > 0 ? &messages[kept - 1] : NULL;

		if (messages[i].received &&
		    !(last && !last->received && last->resource == messages[i].resource &&
		      last->number == messages[i].number && last->time_ns <= messages[i].time_ns))
			continue;
		messages[kept++] = messages[i];
	}
	run->message_count = kept;
	for (size_t i = 0; i < kept; i++)
		if (!messages[i].received)
			sent[sent_count++] = &messages[i];
	qsort(sent, sent_count, sizeof(*sent), by_setting_out);
	for (size_t i = 0; i < sent_count; i++)
		sent[i]->number = (int64_t)i + 1;
	for (size_t i = 1; i < kept; i++)
		if (messages[i].received)
			messages[i].number = messages[i - 1].number;
	region_free(region, sent);
}

void native_trace_read(const char *path, int64_t start_ns, struct region *region, struct native_run *run)
{
	FILE *file = fopen(path, "rb");
	struct reading reading = { .region = region, .run = run, .start_ns = start_ns };
	struct note note;

	while (file && fread(&note, sizeof(note), 1, file) == 1) {
		int64_t kind = note.kind & 0xff;

		if (kind < NOTED_STEPS)
			read_stretch(&reading, &note, step_kinds[kind], &run->steps, &run->step_count,
				     &reading.steps);
		else if (kind == GIL_HELD)
			read_stretch(&reading, &note, NULL, &run->holds, &run->hold_count, &reading.holds);
		else if (kind == RELEASING)
			read_stretch(&reading, &note, NULL, &run->releases, &run->release_count, &reading.releases);
		else if (kind == SENT || kind == RECEIVED)
			read_message(&reading, &note);
	}
	if (file)
		fclose(file);
	if (run->message_count > 0)
		pair_messages(run, region);
}
