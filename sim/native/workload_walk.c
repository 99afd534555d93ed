/*
 * workload_walk.c - see workload_walk.h.
 *
 * A part of the steps that depends on data may be passed over when nothing in it matters to others: it neither
 * draws nor starts nor leaves a block. What it assigns is unknown from then on.
 */
#include "sim/native/workload_walk.h"

#include <stdlib.h>
#include <string.h>

#include "sim/native/workload_json_draws.h"

/* CPython needs seconds to make more of them ready, let alone to start them. */
#define SPAWN_LIMIT 100000

struct walk {
	struct instance_list *list;
	const struct workload *workload;
	const struct instance *instance; /* a copy: the list grows */
	uint64_t draw;			 /* number of the next drawn value */
	uint64_t child;			 /* ordinal of the next child */
	json_t *values;			 /* drawn so far; NULL: not wanted */
	struct known_value *variables;	 /* of the innermost call */
	int64_t *started;		 /* how many handles there are in each of its groups */
	uint32_t group_count;
	int64_t depth;			 /* of calls */
	struct known_value returned;
};

/* How the steps of a block end. OVER: nothing follows any more, after an endless loop or an exception. */
enum way { WAY_ON, WAY_BREAK, WAY_RETURN, WAY_OVER, WAY_UNKNOWN, WAY_FAILED };

bool workload_is_of_coroutines(const struct model *model)
{
	return model->kind == MODEL_ASYNCIO || (model->each && workload_is_of_coroutines(model->each)) ||
	       (model->kind == MODEL_PROGRAM && model->spawn == SPAWN_COROUTINE);
}

static enum way fail(struct walk *walk, const char *why_not)
{
	instance_list_fail(walk->list, why_not);
	return WAY_FAILED;
}

/* ---- Values ---- */

static struct known_value value_of(const struct walk *walk, struct value value)
{
	const struct expression *expression;
	const struct operation *operations;
	struct known_value result = { value.constant, true };
	int64_t *variables;
	uint32_t highest = 0;

	if (value.expression == 0)
		return result;
	expression = &walk->workload->expressions[value.expression];
	operations = &walk->workload->operations[expression->first];
	for (uint32_t i = 0; i < expression->count; i++) {
		if (operations[i].kind != OPERATOR_VARIABLE)
			continue;
		if (!walk->variables[operations[i].operand].is_known)
			return (struct known_value){ 0, false };
		if ((uint32_t)operations[i].operand > highest)
			highest = (uint32_t)operations[i].operand;
	}
	variables = calloc(highest + 1, sizeof(*variables));
	if (!variables)
		abort();
	for (uint32_t i = 0; i < expression->count; i++)
		if (operations[i].kind == OPERATOR_VARIABLE)
			variables[operations[i].operand] = walk->variables[operations[i].operand].value;
	result.is_known = workload_value(walk->workload, value, variables, &result.value);
	free(variables);
	return result;
}

static void assign(struct walk *walk, uint32_t variable, struct known_value value)
{
	if (variable != INDEX_NONE)
		walk->variables[variable] = value;
}

static const struct known_value unknown = { 0, false };

/* ---- Passing over ---- */

static bool is_quiet_call(const struct walk *walk, const struct step *step)
{
	const struct task_facts *callee = &walk->list->facts[step->start->task];

	return !callee->draws && !callee->spawns;
}

/* Whether walking through these steps would bring nothing to light. Breaks leave what they are in: when that is the first step,
 * the way goes on behind it. */
static bool is_plain(const struct walk *walk, uint32_t first, uint32_t end)
{
	enum step_kind around = walk->workload->steps[first].kind;
	bool is_loop = around == STEP_ITERATE || around == STEP_AS_COMPLETED;

	for (uint32_t at = first; at < end; at++) {
		const struct step *step = &walk->workload->steps[at];

		if (instance_draws_at(walk->workload, step) || instance_starts_at(step) ||
		    (step->kind == STEP_BREAK && !is_loop) || step->kind == STEP_RETURN ||
		    step->kind == STEP_LOOP ||
		    ((step->kind == STEP_CALL || step->kind == STEP_ITERATE) && !is_quiet_call(walk, step)))
			return false;
	}
	return true;
}

static enum way pass_over(struct walk *walk, uint32_t first, uint32_t end)
{
	if (!is_plain(walk, first, end))
		return WAY_UNKNOWN;
	for (uint32_t at = first; at < end; at++)
		assign(walk, walk->workload->steps[at].variable, unknown);
	return WAY_ON;
}

/* ---- Steps ---- */

static enum way walk_steps(struct walk *walk, uint32_t first, uint32_t end);

static void add_child(struct walk *walk, const struct step *step, int64_t index, bool *ok)
{
	const struct start *start = step->start;
	struct instance child = {
		.task = start->task,
		.entity = random_hash_path(walk->instance->entity, walk->child++),
		.item_ns = start->items_ns ? start->items_ns[index] : walk->instance->item_ns,
		.in_coroutine = step->kind == STEP_RUN ? workload_is_of_coroutines(step->model)
						       : walk->instance->in_coroutine && step->kind != STEP_SUBMIT,
	};

	assign(walk, start->index_variable, (struct known_value){ index, true });
	for (uint32_t i = 0; i < start->argument_count; i++)
		instance_list_add_argument(walk->list,
					   value_of(walk, walk->workload->arguments[start->first_argument + i]));
	*ok = instance_list_add(walk->list, child);
}

static enum way walk_start(struct walk *walk, const struct step *step)
{
	const struct start *start = step->start;
	struct known_value count =
		start->items_ns ? (struct known_value){ start->item_count, true } : value_of(walk, start->count);
	bool ok = true;

	if (!count.is_known)
		return WAY_UNKNOWN;
	if (walk->workload->run.kind != RUN_PROGRAM && !walk->instance->in_coroutine)
		return fail(walk, "spawn is run natively in the model `program` only");
	if (count.value > SPAWN_LIMIT - (int64_t)walk->list->count)
		return fail(walk, "more than 100000 tasks would be spawned");
	for (int64_t i = 0; ok && i < count.value; i++)
		add_child(walk, step, i, &ok);
	if (step->kind == STEP_CREATE_TASK || step->kind == STEP_SUBMIT || step->kind == STEP_SPAWN)
		walk->started[step->group] += count.value;
	assign(walk, step->variable, unknown);
	return ok ? WAY_ON : WAY_FAILED;
}

static enum way walk_draw(struct walk *walk, const struct step *step)
{
	if (walk->list->draws_left-- == 0)
		return fail(walk, "more than 2000000 durations would be drawn");
	if (walk->values)
		json_array_append_new(walk->values,
				      workload_json_draw(walk->workload, step, false, walk->instance->entity,
							 walk->draw, walk->instance->item_ns));
	walk->draw++;
	return WAY_ON;
}

static enum way walk_if(struct walk *walk, uint32_t at)
{
	const struct step *steps = walk->workload->steps;
	struct known_value condition;
	uint32_t arm = at + 1;
	enum way way;

	if (steps[at].chance >= 0) {
		condition = (struct known_value){
			workload_json_chance(walk->workload, &steps[at], walk->instance->entity, walk->draw), true
		};
		way = walk_draw(walk, &steps[at]);
		if (way != WAY_ON)
			return way;
	} else {
		condition = value_of(walk, steps[at].value);
	}
	if (!condition.is_known)
		return pass_over(walk, at + 1, steps[at].end);
	if (condition.value == 0)
		arm = steps[arm].end;
	return arm < steps[at].end ? walk_steps(walk, arm + 1, steps[arm].end) : WAY_ON;
}

static enum way walk_repeat(struct walk *walk, uint32_t at)
{
	const struct step *step = &walk->workload->steps[at];
	struct known_value count = value_of(walk, step->count);
	enum way way = WAY_ON;

	if (!count.is_known || is_plain(walk, at + 1, step->end))
		return pass_over(walk, at, step->end);
	for (int64_t i = 0; i < count.value && way == WAY_ON; i++) {
		assign(walk, step->variable, (struct known_value){ i, true });
		way = walk_steps(walk, at + 1, step->end);
	}
	return way == WAY_BREAK ? WAY_ON : way;
}

static enum way walk_while(struct walk *walk, uint32_t at)
{
	const struct step *step = &walk->workload->steps[at];
	struct known_value condition;
	enum way way = WAY_ON;

	if (is_plain(walk, at + 1, step->end))
		return pass_over(walk, at, step->end);
	while (way == WAY_ON) {
		condition = value_of(walk, step->value);
		if (!condition.is_known)
			return WAY_UNKNOWN;
		if (condition.value == 0)
			break;
		way = walk_steps(walk, at + 1, step->end);
	}
	return way == WAY_BREAK ? WAY_ON : way;
}

static bool can_be_left(const struct walk *walk, uint32_t first, uint32_t end)
{
	for (uint32_t at = first; at < end; at++) {
		enum step_kind kind = walk->workload->steps[at].kind;

		if (kind == STEP_BREAK || kind == STEP_RETURN || kind == STEP_RAISE)
			return true;
	}
	return false;
}

/* One that nothing leaves goes on until the program ends, or until its coroutine is cancelled. */
static enum way walk_loop(struct walk *walk, uint32_t at)
{
	const struct step *step = &walk->workload->steps[at];
	bool draws = false, starts = false;
	enum way way = WAY_ON;

	for (uint32_t i = at + 1; i < step->end; i++) {
		draws = draws || instance_draws_at(walk->workload, &walk->workload->steps[i]);
		starts = starts || instance_starts_at(&walk->workload->steps[i]);
	}
	if (can_be_left(walk, at + 1, step->end)) {
		while (way == WAY_ON)
			way = walk_steps(walk, at + 1, step->end);
		return way == WAY_BREAK ? WAY_ON : way;
	}
	if (starts)
		return WAY_UNKNOWN;
	if (draws)
		return fail(walk, "an endless loop that draws durations is not run natively");
	return WAY_OVER;
}

static void enter_groups(struct walk *walk, const struct task *task)
{
	walk->group_count = task->group_count > 0 ? task->group_count : 1;
	walk->started = calloc(walk->group_count, sizeof(*walk->started));
	if (!walk->started)
		abort();
}

static enum way walk_call(struct walk *walk, const struct step *step)
{
	const struct task *callee = &walk->workload->tasks[step->start->task];
	struct known_value *caller = walk->variables, *variables;
	int64_t *callers = walk->started;
	uint32_t callers_groups = walk->group_count;
	enum way way;

	if (is_quiet_call(walk, step)) {
		assign(walk, step->variable, unknown);
		return WAY_ON;
	}
	if (walk->depth == CALL_DEPTH_LIMIT)
		return WAY_UNKNOWN;
	variables = calloc(callee->variable_count + 1, sizeof(*variables));
	if (!variables)
		abort();
	for (uint32_t i = 0; i < callee->variable_count; i++)
		variables[i] = i < step->start->argument_count
				       ? value_of(walk, walk->workload->arguments[step->start->first_argument + i])
				       : (struct known_value){ 0, true };
	walk->variables = variables;
	enter_groups(walk, callee);
	walk->returned = (struct known_value){ 0, true };
	walk->depth++;
	way = walk_steps(walk, callee->first, callee->end);
	walk->depth--;
	walk->variables = caller;
	free(variables);
	free(walk->started);
	walk->started = callers;
	walk->group_count = callers_groups;
	assign(walk, step->variable, walk->returned);
	return way == WAY_RETURN ? WAY_ON : way;
}

static int64_t count_started(const struct walk *walk, const struct step *step)
{
	int64_t count = 0;

	for (uint32_t group = 0; group < walk->group_count; group++)
		if (step->group == GROUP_ALL || step->group == group)
			count += walk->started[group];
	return count;
}

/* Coroutines keep no reference to what they have awaited. */
static void forget_started(struct walk *walk, const struct step *step)
{
	for (uint32_t group = 0; walk->instance->in_coroutine && group < walk->group_count; group++)
		if (step->group == GROUP_ALL || step->group == group)
			walk->started[group] = 0;
}

/* Once for each handle: if one fails, the way ends there, which is data. */
static enum way walk_as_completed(struct walk *walk, uint32_t at)
{
	const struct step *step = &walk->workload->steps[at];
	int64_t count = count_started(walk, step);
	enum way way = WAY_ON;

	if (is_plain(walk, at, step->end)) {
		forget_started(walk, step);
		return pass_over(walk, at, step->end);
	}
	for (int64_t i = 0; i < count && way == WAY_ON; i++) {
		assign(walk, step->variable, unknown);
		way = walk_steps(walk, at + 1, step->end);
	}
	if (way == WAY_BREAK)
		return WAY_ON;
	forget_started(walk, step);
	return way;
}

static enum way walk_step(struct walk *walk, uint32_t at)
{
	const struct step *step = &walk->workload->steps[at];

	switch (step->kind) {
	case STEP_IF:
		return walk_if(walk, at);
	case STEP_REPEAT:
		return walk_repeat(walk, at);
	case STEP_WHILE:
		return walk_while(walk, at);
	case STEP_LOOP:
		return walk_loop(walk, at);
	case STEP_LET:
		assign(walk, step->variable, value_of(walk, step->value));
		return WAY_ON;
	case STEP_CALL:
		return walk_call(walk, step);
	case STEP_BREAK:
		return WAY_BREAK;
	case STEP_RETURN:
		walk->returned = value_of(walk, step->value);
		return WAY_RETURN;
	case STEP_RAISE:
		return WAY_OVER;
	case STEP_TRY: /* what is raised inside, and when, is data */
	case STEP_RETRY:
	case STEP_ITERATE:
		return pass_over(walk, at, step->end);
	case STEP_AS_COMPLETED:
		return walk_as_completed(walk, at);
	case STEP_AWAIT:
	case STEP_JOIN:
		forget_started(walk, step);
		assign(walk, step->variable, unknown);
		return WAY_ON;
	case STEP_WITH:
	case STEP_TIMEOUT:
	case STEP_TASK_GROUP:
		return walk_steps(walk, at + 1, step->end);
	default:
		if (instance_starts_at(step))
			return walk_start(walk, step);
		assign(walk, step->variable, unknown);
		return workload_json_is_drawn(walk->workload, step, false) ? walk_draw(walk, step) : WAY_ON;
	}
}

static enum way walk_steps(struct walk *walk, uint32_t first, uint32_t end)
{
	enum way way = WAY_ON;

	for (uint32_t at = first; at < end && way == WAY_ON; at = walk->workload->steps[at].end)
		way = walk->list->steps_left-- > 0 ? walk_step(walk, at) : WAY_UNKNOWN;
	return way;
}

enum walk_end workload_walk(struct instance_list *list, const struct instance *instance, json_t *values)
{
	const struct task *task = &list->workload->tasks[instance->task];
	struct instance copy = *instance;
	struct walk walk = { .list = list, .workload = list->workload, .instance = &copy, .values = values };
	enum way way;

	walk.variables = calloc(task->variable_count + 1, sizeof(*walk.variables));
	if (!walk.variables)
		abort();
	for (uint32_t i = 0; i < task->variable_count; i++)
		walk.variables[i] = i < instance->argument_count ? list->arguments[instance->first_argument + i]
								 : (struct known_value){ 0, true };
	enter_groups(&walk, task);
	way = walk_steps(&walk, task->first, task->end);
	free(walk.variables);
	free(walk.started);
	return way == WAY_FAILED ? WALK_FAILED : way == WAY_UNKNOWN ? WALK_UNKNOWN : WALK_DONE;
}
