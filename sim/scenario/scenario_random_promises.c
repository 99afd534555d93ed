/*
 * scenario_random_promises.c - what tasks may count on: a queue or pipe gives what one task has put into it in that order,
 * and a lock or semaphore lets no more in than it has permits for.
 *
 * The tasks look for themselves. One to whom a promise was broken waits for an event that nobody sets: so a simulation
 * that breaks one ends in a deadlock that names the event.
 */
#include "sim/scenario/scenario_random_parts.h"

/* Pipes, locks and rlocks are not for every kind of task. */
static bool is_pipe(const struct random_generator *generator, const struct random_section *section)
{
	return generator->spawn == BY_PROCESSES && section->workers == 1;
}

static int permits_of(const struct random_section *section)
{
	return 1 + section->rounds % 3;
}

/* What lets in as many as it has permits. */
static void print_gate(struct random_generator *generator, const struct random_section *section)
{
	int permits = permits_of(section);

	if (permits == 1 && generator->spawn != BY_COROUTINES && random_happens(generator, 40))
		random_line(generator, 2, "gate%d: {kind: rlock}", section->number);
	else if (permits == 1 && random_happens(generator, 70))
		random_line(generator, 2, "gate%d: {kind: lock}", section->number);
	else
		random_line(generator, 2, "gate%d: {kind: %s, value: %d}", section->number,
			    random_happens(generator, 50) ? "semaphore" : "bounded_semaphore", permits);
}

void random_promise_resources(struct random_generator *generator, const struct random_section *section)
{
	int number = section->number;

	random_line(generator, 2, "broken%d: {kind: event}", number);
	if (section->kind == SECTION_PERMITS) {
		print_gate(generator, section);
		random_line(generator, 2, "door%d: {kind: lock}", number);
		random_line(generator, 2, "inside%d: {kind: variable}", number);
	} else if (is_pipe(generator, section)) {
		random_line(generator, 2, "way%d: {kind: pipe}", number);
	} else {
		random_line(generator, 2, "way%d: {kind: queue, size: %d}", number, random_between(generator, 0, 3));
	}
}

static void order_tasks(struct random_generator *generator, const struct random_section *section)
{
	bool by_pipe = is_pipe(generator, section);
	int number = section->number;

	random_line(generator, 2, "sender%d:", number);
	random_line(generator, 4, "- let: {n: 0}");
	random_line(generator, 4, "- repeat: %d", section->workers * section->rounds);
	random_line(generator, 4, "  do:");
	random_line(generator, 8, "- let: {n: n + 1}");
	if (random_happens(generator, 60))
		random_work_step(generator, 8);
	random_line(generator, 8, "- %s: {to: way%d, item: n}", by_pipe ? "send" : "put", number);
	random_line(generator, 2, "getter%d:", number);
	random_line(generator, 4, "- let: {last: 0}");
	random_line(generator, 4, "- repeat: %d", section->rounds);
	random_line(generator, 4, "  do:");
	random_line(generator, 8, "- %s: {from: way%d, as: x}", by_pipe ? "recv" : "get", number);
	random_line(generator, 8, "- if: x <= last");
	random_line(generator, 8, "  then: [{wait: broken%d}]", number);
	random_line(generator, 8, "- let: {last: x}");
	if (random_happens(generator, 60))
		random_work_step(generator, 8);
}

static void permit_tasks(struct random_generator *generator, const struct random_section *section)
{
	int number = section->number;

	random_line(generator, 2, "holder%d:", number);
	random_line(generator, 4, "- repeat: %d", section->rounds);
	random_line(generator, 4, "  do:");
	if (random_happens(generator, 50))
		random_work_step(generator, 8);
	random_line(generator, 8, "- with: gate%d", number);
	random_line(generator, 8, "  do:");
	random_line(generator, 12, "- with: door%d", number);
	random_line(generator, 12, "  do: [{read: {from: inside%d, as: n}}, {write: {to: inside%d, value: n + 1}}]", number,
		    number);
	random_line(generator, 12, "- if: n >= %d", permits_of(section));
	random_line(generator, 12, "  then: [{wait: broken%d}]", number);
	random_work_step(generator, 12);
	random_line(generator, 12, "- with: door%d", number);
	random_line(generator, 12, "  do: [{read: {from: inside%d, as: n}}, {write: {to: inside%d, value: n - 1}}]", number,
		    number);
}

void random_promise_tasks(struct random_generator *generator, const struct random_section *section)
{
	if (section->kind == SECTION_ORDER)
		order_tasks(generator, section);
	else
		permit_tasks(generator, section);
}
