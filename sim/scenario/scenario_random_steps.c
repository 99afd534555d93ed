/*
 * scenario_random_steps.c - steps that are valid in functions and in coroutines, in threads and in processes.
 */
#include <stdarg.h>

#include "sim/scenario/scenario_random_parts.h"

#define MAX_DEPTH 3

/* ---- Choices ---- */

int random_between(struct random_generator *generator, int least, int most)
{
	return least + (int)(variate_next(&generator->variate) % (uint64_t)(most - least + 1));
}

bool random_happens(struct random_generator *generator, int percent)
{
	return random_between(generator, 1, 100) <= percent;
}

/* ---- Lines ---- */

void random_line(struct random_generator *generator, int indent, const char *format, ...)
{
	va_list arguments;

	fprintf(generator->stream, "%*s", indent, "");
	va_start(arguments, format);
	vfprintf(generator->stream, format, arguments);
	va_end(arguments);
	fputc('\n', generator->stream);
}

int random_some_us(struct random_generator *generator)
{
	static const int least[] = { 1, 7, 50, 300, 1000 };

	return RANDOM_CHOOSE(generator, least) * random_between(generator, 1, 5);
}

static void duration_step(struct random_generator *generator, int indent, const char *step)
{
	int us = random_some_us(generator);

	switch (random_between(generator, 0, generator->has_items ? 7 : 6)) {
	case 0:
		random_line(generator, indent, "- %s: exponential(%dus)", step, us);
		break;
	case 1:
		random_line(generator, indent, "- %s: 'uniform(%dus, %dus)'", step, us, 3 * us);
		break;
	case 2:
		random_line(generator, indent, "- %s: 'choice(%dus: 80%%, %dus: 20%%)'", step, us, 7 * us);
		break;
	case 3:
		random_line(generator, indent, "- %s: 'lognormal(mean %dus, p99 %dus)'", step, us, 5 * us);
		break;
	case 7:
		random_line(generator, indent, "- %s: item", step);
		break;
	default:
		random_line(generator, indent, "- %s: %dus", step, us);
		break;
	}
}

void random_work_step(struct random_generator *generator, int indent)
{
	static const char *const kinds[] = { "python", "python", "c", "native", "io", "io", "block" };

	duration_step(generator, indent, RANDOM_CHOOSE(generator, kinds));
}

/* ---- Steps that are valid anywhere ---- */

static void steps(struct random_generator *generator, int indent, int depth, int first_guard);

/* An update that no other task may fall into. */
static void guarded_update(struct random_generator *generator, int indent, int guard)
{
	int variable = generator->variables++;

	random_line(generator, indent, "- with: guard%d", guard);
	random_line(generator, indent, "  do:");
	random_line(generator, indent, "    - read: {from: counter%d, as: v%d}", guard, variable);
	random_work_step(generator, indent + 4);
	random_line(generator, indent, "    - write: {to: counter%d, value: v%d + 1}", guard, variable);
}

static void bounded_while(struct random_generator *generator, int indent, int depth, int first_guard)
{
	int variable = generator->variables++;

	random_line(generator, indent, "- let: {v%d: 0}", variable);
	random_line(generator, indent, "- while: v%d < %d", variable, random_between(generator, 0, 3));
	random_line(generator, indent, "  do:");
	random_line(generator, indent, "    - let: {v%d: v%d + 1}", variable, variable);
	steps(generator, indent + 4, depth + 1, first_guard);
}

static void caught(struct random_generator *generator, int indent, int depth, int first_guard)
{
	bool before = generator->may_fail;

	random_line(generator, indent, "- try:");
	generator->may_fail = true;
	steps(generator, indent + 4, depth + 1, first_guard);
	random_line(generator, indent, "    - if: {chance: %d%%}", random_between(generator, 0, 100));
	random_line(generator, indent, "      then: [{raise: failure}]");
	generator->may_fail = before;
	random_line(generator, indent, "  except:");
	random_work_step(generator, indent + 4);
	if (random_happens(generator, 50)) {
		random_line(generator, indent, "  finally:");
		random_work_step(generator, indent + 4);
	}
}

static void retried(struct random_generator *generator, int indent, int depth, int first_guard)
{
	random_line(generator, indent, "- try:");
	random_line(generator, indent, "    - retry: {times: %d, backoff: %dus, jitter: 20%%}", random_between(generator, 1, 4),
	     random_some_us(generator));
	random_line(generator, indent, "      do:");
	steps(generator, indent + 8, depth + 1, first_guard);
	random_line(generator, indent, "        - if: {chance: 40%%}");
	random_line(generator, indent, "          then: [{raise: failure}]");
	random_line(generator, indent, "  except:");
	random_work_step(generator, indent + 4);
}

static void locked(struct random_generator *generator, int indent, int depth, int first_guard, int how)
{
	int guard;

	if (first_guard == GUARD_COUNT) {
		random_work_step(generator, indent);
		return;
	}
	guard = random_between(generator, first_guard, GUARD_COUNT - 1);
	switch (how % 3) {
	case 0:
		random_line(generator, indent, "- with: guard%d", guard);
		random_line(generator, indent, "  do:");
		steps(generator, indent + 4, depth + 1, guard + 1);
		break;
	case 1:
		random_line(generator, indent, "- try:");
		random_line(generator, indent, "    - with: {resource: guard%d, timeout: %dus}", guard, random_some_us(generator));
		random_line(generator, indent, "      do:");
		steps(generator, indent + 8, depth + 1, guard + 1);
		random_line(generator, indent, "  except:");
		random_line(generator, indent, "    timeout: [{python: 2us}]");
		break;
	default:
		random_line(generator, indent, "- acquire: guard%d", guard);
		random_line(generator, indent, "- try:");
		steps(generator, indent + 4, depth + 1, guard + 1);
		random_line(generator, indent, "  finally:");
		random_line(generator, indent, "    - release: guard%d", guard);
		break;
	}
}

static void step(struct random_generator *generator, int indent, int depth, int first_guard)
{
	int kind = random_between(generator, 0, depth < MAX_DEPTH ? 19 : 7);

	switch (kind) {
	case 5:
		if (first_guard < GUARD_COUNT - 1)
			guarded_update(generator, indent, random_between(generator, first_guard, GUARD_COUNT - 2));
		else
			random_work_step(generator, indent);
		break;
	case 6:
		random_line(generator, indent, "- allocate: %dKiB", random_between(generator, 1, 300));
		break;
	case 7:
		generator->calls = true;
		random_line(generator, indent, "- call: {task: leaf, args: [%d], as: v%d}", random_between(generator, 0, 3),
		     generator->variables++);
		break;
	case 8:
		random_line(generator, indent, "- repeat: %d", random_between(generator, 1, 4));
		random_line(generator, indent, "  do:");
		steps(generator, indent + 4, depth + 1, first_guard);
		break;
	case 9:
		bounded_while(generator, indent, depth, first_guard);
		break;
	case 10:
		random_line(generator, indent, "- if: {chance: %d%%}", random_between(generator, 0, 100));
		random_line(generator, indent, "  then:");
		steps(generator, indent + 4, depth + 1, first_guard);
		random_line(generator, indent, "  else:");
		steps(generator, indent + 4, depth + 1, first_guard);
		break;
	case 11:
		caught(generator, indent, depth, first_guard);
		break;
	case 12:
		retried(generator, indent, depth, first_guard);
		break;
	case 13:
		random_line(generator, indent, "- loop:");
		steps(generator, indent + 4, depth + 1, first_guard);
		random_line(generator, indent, "    - if: {chance: 60%%}");
		random_line(generator, indent, "      then: [{break: }]");
		break;
	case 14:
		random_line(generator, indent, "- request: server");
		break;
	case 15:
	case 16:
	case 17:
		locked(generator, indent, depth, first_guard, kind);
		break;
	case 18:
		random_line(generator, indent, "- iterate: {task: count_up, args: [%d], as: v%d}", random_between(generator, 0, 3),
		     generator->variables++);
		random_line(generator, indent, "  do:");
		random_work_step(generator, indent + 4);
		generator->iterates = true;
		break;
	default:
		random_work_step(generator, indent);
		break;
	}
}

/* One to three steps. Guards below `first_guard` may be held already. */
static void steps(struct random_generator *generator, int indent, int depth, int first_guard)
{
	int count = random_between(generator, 1, 3);

	for (int i = 0; i < count; i++)
		step(generator, indent, depth, first_guard);
	if (generator->may_fail && random_happens(generator, 10)) {
		random_line(generator, indent, "- if: {chance: 10%%}");
		random_line(generator, indent, "  then: [{raise: failure}]");
	}
}

void random_worker_task(struct random_generator *generator, int number, int first_guard, bool may_fail)
{
	generator->may_fail = may_fail;
	random_line(generator, 2, "work%d:", number);
	steps(generator, 4, 0, first_guard);
	generator->may_fail = false;
}
