/*
 * workload_instances.c - see workload_instances.h.
 */
#include "sim/native/workload_instances.h"

#include <stdlib.h>

#include "sim/native/workload_json_draws.h"

/* Guards against scenarios that only a simulator can run: 2 million numbers are 30 MB of JSON. */
#define DRAW_LIMIT 2000000
#define INSTANCE_LIMIT 1000000
/* A second or so. What is longer is left to find its own way. */
#define WALK_LIMIT 20000000

static void *allocate(size_t count, size_t bytes)
{
	void *memory = calloc(count > 0 ? count : 1, bytes);

	if (!memory)
		abort();
	return memory;
}

bool instance_starts_at(const struct step *step)
{
	return step->start && step->kind != STEP_CALL && step->kind != STEP_ITERATE;
}

bool instance_draws_at(const struct workload *workload, const struct step *step)
{
	return workload_json_is_drawn(workload, step, false) || workload_json_is_drawn(workload, step, true);
}

static void mark_called(const struct workload *workload, uint32_t task, bool *called)
{
	if (called[task])
		return;
	called[task] = true;
	for (uint32_t at = workload->tasks[task].first; at < workload->tasks[task].end; at++)
		if (workload->steps[at].kind == STEP_CALL || workload->steps[at].kind == STEP_ITERATE)
			mark_called(workload, workload->steps[at].start->task, called);
}

static void find_facts(const struct workload *workload, uint32_t task, struct task_facts *fact)
{
	fact->called = allocate(workload->task_count, sizeof(*fact->called));
	mark_called(workload, task, fact->called);
	for (uint32_t other = 0; other < workload->task_count; other++) {
		const struct task *called = &workload->tasks[other];

		for (uint32_t at = called->first; fact->called[other] && at < called->end; at++) {
			fact->draws = fact->draws || instance_draws_at(workload, &workload->steps[at]);
			fact->spawns = fact->spawns || instance_starts_at(&workload->steps[at]);
		}
	}
}

void instance_list_init(struct instance_list *list, const struct workload *workload)
{
	*list = (struct instance_list){
		.workload = workload,
		.facts = allocate(workload->task_count, sizeof(*list->facts)),
		.draws_left = DRAW_LIMIT,
		.steps_left = WALK_LIMIT,
	};
	for (uint32_t task = 0; task < workload->task_count; task++)
		find_facts(workload, task, &list->facts[task]);
}

void instance_list_release(struct instance_list *list)
{
	for (uint32_t task = 0; task < list->workload->task_count; task++)
		free(list->facts[task].called);
	free(list->facts);
	free(list->instances);
	free(list->arguments);
}

bool instance_list_fail(struct instance_list *list, const char *why_not)
{
	list->why_not = why_not;
	return false;
}

static void *grow(void *items, size_t count, size_t *capacity, size_t bytes)
{
	if (count < *capacity)
		return items;
	*capacity = *capacity ? 2 * *capacity : 64;
	items = realloc(items, *capacity * bytes);
	if (!items)
		abort();
	return items;
}

bool instance_list_add(struct instance_list *list, struct instance instance)
{
	const struct instance *previous = list->count > 0 ? &list->instances[list->count - 1] : NULL;

	if (list->count == INSTANCE_LIMIT)
		return instance_list_fail(list, "more than 1000000 tasks are not run natively");
	instance.first_argument = previous ? previous->first_argument + previous->argument_count : 0;
	instance.argument_count = (uint32_t)(list->argument_count - instance.first_argument);
	list->instances = grow(list->instances, list->count, &list->capacity, sizeof(*list->instances));
	list->instances[list->count++] = instance;
	return true;
}

void instance_list_add_argument(struct instance_list *list, struct known_value argument)
{
	list->arguments =
		grow(list->arguments, list->argument_count, &list->argument_capacity, sizeof(*list->arguments));
	list->arguments[list->argument_count++] = argument;
}

void instance_list_truncate(struct instance_list *list, size_t count)
{
	const struct instance *last = count > 0 ? &list->instances[count - 1] : NULL;

	list->count = count;
	list->argument_count = last ? last->first_argument + last->argument_count : 0;
}
