/*
 * workload_binding.c - see workload_binding.h.
 */
#include "sim/native/workload_binding.h"

#include <stdlib.h>

#include "sim/native/workload_json_draws.h"

static bool has_own_amount(const struct workload *workload, const struct step *step)
{
	return (workload_json_is_leaf(step->kind) && step->duration.kind == DURATION_ITEM) ||
	       workload_json_is_drawn(workload, step, false);
}

/* Whether what the step does is kept with the instance. */
static bool has_own_state(enum step_kind kind)
{
	return kind == STEP_JOIN || kind == STEP_READ || kind == STEP_WRITE || kind == STEP_RETRY || kind == STEP_ALLOCATE ||
	       kind == STEP_TASK_GROUP;
}

static bool differs_by_instance(const struct workload *workload, const struct task *task)
{
	for (uint32_t at = task->first; at < task->end; at++) {
		const struct step *step = &workload->steps[at];

		if (step->start || has_own_state(step->kind) || has_own_amount(workload, step))
			return true;
	}
	return task->variable_count > 0;
}

/* A gather whose results nobody keeps. */
static bool is_plain_gather(const struct step *step)
{
	return step->kind == STEP_GATHER && step->variable == INDEX_NONE && step->start->index_variable == INDEX_NONE &&
	       !step->start->items_ns;
}

/* Whether nothing but its arguments tells the task's instances, and those of all whom they start, apart. */
static bool differs_by_arguments_only(const struct workload *workload, uint32_t index, bool *seen)
{
	const struct task *task = &workload->tasks[index];

	if (seen[index])
		return true;
	seen[index] = true;
	if ((task->ways & (TASK_AS_FUNCTION | TASK_IN_PROCESSES)) || task->variable_count > task->parameter_count)
		return false;
	for (uint32_t at = task->first; at < task->end; at++) {
		const struct step *step = &workload->steps[at];

		if (has_own_state(step->kind) || has_own_amount(workload, step) || step->variable != INDEX_NONE ||
		    (step->start && !is_plain_gather(step)))
			return false;
		if (step->start && !differs_by_arguments_only(workload, step->start->task, seen))
			return false;
	}
	return true;
}

enum workload_binding workload_binding_of(const struct workload *workload, uint32_t task)
{
	bool *seen;
	bool is_shared;

	if (!differs_by_instance(workload, &workload->tasks[task]))
		return BINDING_ONCE;
	seen = calloc(workload->task_count, sizeof(*seen));
	if (!seen)
		abort();
	is_shared = differs_by_arguments_only(workload, task, seen);
	free(seen);
	return is_shared ? BINDING_ARGUMENTS : BINDING_INSTANCE;
}

const char *workload_binding_word(enum workload_binding binding)
{
	static const char *const words[] = { "once", "arguments", "instance" };

	return words[binding];
}
