/*
 * workload_runnable.c - see workload_runnable.h: who is started by whom, from the variant's first tasks on, and in what each step
 * is executed.
 */
#include <assert.h>
#include <string.h>

#include "sim/scenario/workload_runnable.h"

/* In what a step is executed: a function or a coroutine, in the main process or in another. */
#define IN_COROUTINE 1u
#define IN_PROCESS 2u
#define PLACE_COUNT 4u

struct reach {
	struct task *tasks; /* of the variant: they learn how they are started */
	struct resource *resources;
	const struct checked *checked;
	const struct checked_variant *variant;
	enum model_kind model;
	uint32_t *pending; /* task * PLACE_COUNT + place: started and not yet looked at */
	size_t pending_count;
	bool *is_reached;
	unsigned *users; /* of each resource: bits of the places where it is used */
	const struct yaml_node **uses; /* resource * PLACE_COUNT + place: the first step there that uses it */
	bool has_items;	 /* somebody starts instances with items */
	int minor;	 /* of Python */
};

/* Where the tasks of a run under this model are executed. */
static unsigned place_of_model(const struct model *model, unsigned from)
{
	unsigned place = from & IN_PROCESS;

	if (model->kind == MODEL_ASYNCIO)
		place |= IN_COROUTINE;
	if (model->kind == MODEL_PROCESSES || model->kind == MODEL_POOL || model->kind == MODEL_PROCESS_POOL ||
	    model->kind == MODEL_INTERPRETER_POOL || model->kind == MODEL_SERVER)
		place |= IN_PROCESS;
	return model->each != NULL ? place_of_model(model->each, place) : place;
}

/* Where what a step starts is executed. */
static unsigned place_of_child(const struct reach *reach, const struct step *step, unsigned place)
{
	const struct resource *to;

	switch (step->kind) {
	case STEP_SPAWN:
		if (reach->variant->keys.spawn == SPAWN_COROUTINE)
			return place | IN_COROUTINE;
		return (place & IN_PROCESS) | (reach->variant->keys.spawn == SPAWN_PROCESS ? IN_PROCESS : 0);
	case STEP_CREATE_TASK:
	case STEP_GATHER:
		return place | IN_COROUTINE;
	case STEP_RUN:
		return place_of_model(step->model, place);
	case STEP_SUBMIT:
		to = step->resource < reach->checked->program->resource_count ? &reach->resources[step->resource] : NULL;
		return to != NULL && to->model != NULL ? place_of_model(to->model, place) : place & IN_PROCESS;
	default:
		return place;
	}
}

/* Why a kind of step cannot be executed there; NULL: it can. */
static const char *why_not_there(const struct step *step, unsigned place, const struct reach *reach)
{
	int minor = reach->minor;

	if (step->kind == STEP_TASK_GROUP && !python_has(minor, PYTHON_TIMEOUT_BLOCK))
		return "in a version before 3.11, which has no TaskGroup";
	switch (step->kind) {
	case STEP_CREATE_TASK:
	case STEP_GATHER:
	case STEP_TIMEOUT:
	case STEP_SHIELD:
	case STEP_TASK_GROUP:
		if ((place & IN_COROUTINE) != 0)
			return NULL;
		return reach->model == MODEL_PROGRAM
			       ? "in a function, which cannot await; expected a coroutine, as 'spawn: coroutine' makes them"
			       : "in a function, which cannot await; expected a coroutine, as under model 'asyncio'";
	case STEP_RUN:
	case STEP_SEND:
	case STEP_RECV:
		return (place & IN_COROUTINE) != 0 ? "in a coroutine, whose loop it would block; expected a function"
						   : NULL;
	case STEP_SUBMIT:
		return (place & IN_COROUTINE) == 0 && step->resource == INDEX_NONE
			       ? "in a function without 'to', expected an executor"
			       : NULL;
	default:
		return NULL;
	}
}

static void check_step(struct reading *reading, struct reach *reach, uint32_t task, uint32_t index, unsigned place)
{
	const struct program *program = reach->checked->program;
	const struct step *step = &program->steps[index];
	const struct yaml_node *node = program->step_nodes[index];
	const char *why_not = why_not_there(step, place, reach);

	if ((step->kind == STEP_SPAWN || step->kind == STEP_JOIN) && reach->model != MODEL_PROGRAM)
		yaml_tree_error(reading->diagnostics, node, "'%s' with model '%s', expected model 'program'",
				step_names[step->kind], model_names[reach->model]);
	else if (why_not != NULL)
		yaml_tree_error_in(reading->diagnostics, node, reach->variant->name, "'%s' %s", step_names[step->kind], why_not);
	if (step->duration.kind == DURATION_ITEM && !reach->has_items)
		yaml_tree_error(reading->diagnostics, node, "'item' in a task that nobody starts with 'items'");
	if (step->resource < program->resource_count) {
		reach->users[step->resource] |= 1u << place;
		reach->resources[step->resource].joinable |= step->kind == STEP_TASK_DONE || step->kind == STEP_JOIN_QUEUE;
		if (reach->uses[step->resource * PLACE_COUNT + place] == NULL)
			reach->uses[step->resource * PLACE_COUNT + place] = node;
	}
	if (program->is_endless[index] && !program->tasks[task].daemon && reach->checked->keys.limit_ns < 0)
		yaml_tree_error(
			reading->diagnostics, node,
			"a loop without a break, expected one, or 'daemon: true' for its task, or a 'limit'");
}

static void reach_task(struct reach *reach, uint32_t task, unsigned place)
{
	uint32_t code = task * PLACE_COUNT + place;

	if (task >= reach->checked->program->task_count || reach->is_reached[code])
		return;
	reach->is_reached[code] = true;
	reach->pending[reach->pending_count++] = code;
	reach->tasks[task].ways |= (place & IN_COROUTINE) != 0 ? TASK_AS_COROUTINE : TASK_AS_FUNCTION;
	reach->tasks[task].ways |= (place & IN_PROCESS) != 0 ? TASK_IN_PROCESSES : TASK_IN_MAIN;
}

/* The first step that uses the resource in a place with that bit. */
static const struct yaml_node *first_use(const struct reach *reach, uint32_t index, unsigned bit)
{
	const struct yaml_node *found = NULL;

	for (unsigned place = 0; place < PLACE_COUNT && found == NULL; place++)
		if ((place & bit) != 0)
			found = reach->uses[index * PLACE_COUNT + place];
	return found;
}

/* Which class stands behind a resource follows from who uses it. */
static void choose_scope(struct reading *reading, const struct reach *reach, uint32_t index)
{
	struct resource *resource = &reach->resources[index];
	unsigned users = reach->users[index];
	bool by_coroutines = (users & (1u << IN_COROUTINE | 1u << (IN_COROUTINE | IN_PROCESS))) != 0;
	bool by_functions = (users & (1u << 0 | 1u << IN_PROCESS)) != 0;
	bool by_processes = (users & (1u << IN_PROCESS | 1u << (IN_PROCESS | IN_COROUTINE))) != 0;

	if (by_processes && !resource->per_process && resource->model == NULL)
		resource->scope = SCOPE_PROCESSES;
	else if (by_coroutines)
		resource->scope = SCOPE_COROUTINES;
	else
		resource->scope = SCOPE_THREADS;
	if (by_coroutines && by_functions && resource->kind <= RESOURCE_SIMPLE_QUEUE)
		yaml_tree_error_in(reading->diagnostics, first_use(reach, index, IN_COROUTINE), reach->variant->name,
				"'%s' is used by functions and by coroutines, which share no %s",
				resource->name, resource_names[resource->kind]);
	if (by_coroutines && (resource->kind == RESOURCE_RLOCK || resource->kind == RESOURCE_SIMPLE_QUEUE))
		yaml_tree_error_in(reading->diagnostics, first_use(reach, index, IN_COROUTINE), reach->variant->name,
				"'%s' is a %s, which coroutines do not have", resource->name,
				resource_names[resource->kind]);
	if (by_coroutines && resource->kind == RESOURCE_BARRIER && !python_has(reach->minor, PYTHON_AIO_BARRIER))
		yaml_tree_error_in(reading->diagnostics, first_use(reach, index, IN_COROUTINE), reach->variant->name,
				"'%s' is a barrier, which coroutines have since Python 3.11 only",
				resource->name);
	if (resource->scope == SCOPE_PROCESSES &&
	    (resource->kind == RESOURCE_LIFO_QUEUE || resource->kind == RESOURCE_PRIORITY_QUEUE))
		yaml_tree_error_in(reading->diagnostics, first_use(reach, index, IN_PROCESS), reach->variant->name,
				"'%s' is a %s, which processes cannot share", resource->name,
				resource_names[resource->kind]);
}

static bool starts_with_items(const struct program *program)
{
	bool found = false;

	for (uint32_t i = 0; i < program->step_count; i++)
		found |= program->steps[i].start != NULL && program->steps[i].start->items_ns != NULL;
	return found;
}

/* Looks at every step of every task that the variant starts. */
static void check_steps(struct reading *reading, struct reach *reach, uint32_t first_task, unsigned place)
{
	const struct program *program = reach->checked->program;
	size_t codes = (size_t)program->task_count * PLACE_COUNT;

	reach->pending = region_alloc_array(reading->region, codes, sizeof(reach->pending[0]));
	reach->is_reached = region_alloc_array(reading->region, codes, sizeof(reach->is_reached[0]));
	reach->users = region_alloc_array(reading->region, program->resource_count, sizeof(reach->users[0]));
	reach->uses = region_alloc_array(reading->region, (size_t)program->resource_count * PLACE_COUNT,
					 sizeof(reach->uses[0]));
	reach->has_items = (reach->model != MODEL_PROGRAM && reach->checked->run.items != NULL) ||
			   starts_with_items(program);
	reach_task(reach, first_task, place);
	for (uint32_t i = 0; reach->model != MODEL_PROGRAM && i < reach->checked->load.mix_count; i++)
		reach_task(reach, reach->checked->load.mix[i].task, place);
	while (reach->pending_count > 0) {
		uint32_t code = reach->pending[--reach->pending_count];
		uint32_t task = code / PLACE_COUNT;

		program->is_started[task] = true;
		for (uint32_t i = program->tasks[task].first; i < program->tasks[task].end; i++) {
			const struct step *step = &program->steps[i];

			check_step(reading, reach, task, i, code % PLACE_COUNT);
			if (step->start != NULL)
				reach_task(reach, step->start->task,
					   place_of_child(reach, step, code % PLACE_COUNT));
		}
	}
	for (uint32_t i = 0; i < program->resource_count; i++)
		choose_scope(reading, reach, i);
	region_free(reading->region, reach->pending);
	region_free(reading->region, reach->is_reached);
	region_free(reading->region, reach->users);
	region_free(reading->region, reach->uses);
}

/* The task that the variant starts with; NAME_NONE when there is none (reported). */
static uint32_t first_task(struct reading *reading, const struct checked *checked,
			   const struct checked_variant *variant, enum model_kind model)
{
	uint32_t task;

	if (model != MODEL_PROGRAM) {
		if (checked->keys.run == NULL)
			yaml_tree_error(reading->diagnostics, variant->model_node,
					"model '%s' without 'run', expected 'run' to say which task is started",
					model_names[model]);
		return checked->run_task;
	}
	task = name_table_find(&checked->program->task_names, "main");
	if (task == NAME_NONE)
		yaml_tree_error(reading->diagnostics, variant->model_node,
				"model 'program' without a task 'main', which is what it runs");
	else if (checked->program->tasks[task].daemon)
		yaml_tree_error(reading->diagnostics, checked->program->task_nodes[task],
				"the task 'main' as a daemon, expected one that ends");
	return task;
}

/* Who serves requests as they come. */
static void check_load(struct reading *reading, const struct checked *checked, const struct checked_variant *variant,
		       const struct workload *workload)
{
	enum model_kind model = workload->model.kind;

	if (workload->run.kind != RUN_ARRIVALS && workload->run.kind != RUN_USERS)
		return;
	if (model != MODEL_THREAD_POOL && model != MODEL_ASYNCIO && model != MODEL_SERVER)
		yaml_tree_error_in(reading->diagnostics, variant->model_node, variant->name,
				"model '%s' with %s, expected thread_pool, asyncio or server",
				model_names[model], workload->run.kind == RUN_USERS ? "users" : "arrivals");
	else if (model == MODEL_SERVER && workload->run.from_inside)
		yaml_tree_error_in(reading->diagnostics, yaml_tree_get(checked->run.arrivals, "from"), variant->name,
				"requests from inside a server, expected thread_pool or asyncio");
}

void workload_check_runnable(struct reading *reading, const struct checked *checked, const struct checked_variant *variant,
			     struct workload *workload, struct task *tasks, struct resource *resources)
{
	enum model_kind model = (enum model_kind)variant->keys.model;
	struct reach reach = {
		.tasks = tasks, .resources = resources, .checked = checked, .variant = variant, .model = model,
		.minor = workload->python.minor
	};
	uint32_t task = first_task(reading, checked, variant, model);

	check_load(reading, checked, variant, workload);
	if (workload->model.eager && !python_has(reach.minor, PYTHON_EAGER_TASKS))
		yaml_tree_error_in(reading->diagnostics, variant->model_node, variant->name,
				"'eager' in Python %s, which has no eager tasks, expected version 3.12 or later",
				workload->python.version);
	if (task < checked->program->task_count)
		check_steps(reading, &reach, task,
			    model == MODEL_PROGRAM && workload->model.spawn == SPAWN_COROUTINE
				    ? IN_COROUTINE
				    : place_of_model(&workload->model, 0));
}
