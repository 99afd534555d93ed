/*
 * workload_json.c - a compiled workload as the JSON that the harness executes.
 *
 * Where an instance's way through its steps does not depend on data, walking it tells all that it will ever draw
 * and spawn. Where it does (if, calls, retries), the values are written out by site, for more draws than there
 * should be.
 */
#include "sim/native/workload_json.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/native/native_cpus.h"
#include "sim/native/workload_json_steps.h"

/* Guards against scenarios that only a simulator can run: 2 million numbers are 30 MB of JSON, and CPython
 * needs seconds to make 100,000 threads ready, let alone to start them. */
#define DRAW_LIMIT 2000000
#define INSTANCE_LIMIT 1000000
#define SPAWN_LIMIT 100000
/* Tasks whose number depends on data; coroutines are cheap. */
#define UNNUMBERED_LIMIT 20000
#define UNNUMBERED_COROUTINE_LIMIT 200000
/* Values at each site of an instance whose way depends on data. */
#define DRAWS_EACH 64

static const char *const model_words[MODEL_KIND_COUNT] = {
	[MODEL_SEQUENTIAL] = "sequential", [MODEL_THREADS] = "threads", [MODEL_THREAD_POOL] = "thread_pool",
	[MODEL_PROCESSES] = "processes",   [MODEL_POOL] = "pool",	[MODEL_PROGRAM] = "program",
	[MODEL_PROCESS_POOL] = "process_pool", [MODEL_ASYNCIO] = "asyncio",
	[MODEL_SERVER] = "server",
};
static const char *const spawn_words[] = {
	[SPAWN_THREAD] = "thread", [SPAWN_PROCESS] = "process", [SPAWN_COROUTINE] = "coroutine"
};
static const char *const start_words[] = {
	[START_FORK] = "fork", [START_SPAWN] = "spawn", [START_FORKSERVER] = "forkserver"
};

/* Whether the instances that a model starts are coroutines. */
static bool is_of_coroutines(const struct model *model)
{
	return model->kind == MODEL_ASYNCIO || (model->each && is_of_coroutines(model->each)) ||
	       (model->kind == MODEL_PROGRAM && model->spawn == SPAWN_COROUTINE);
}

static bool has_coroutines(const struct workload *workload)
{
	for (uint32_t i = 0; i < workload->task_count; i++)
		if (workload->tasks[i].ways & TASK_AS_COROUTINE)
			return true;
	return false;
}

/* ---- What is known of a task beforehand ---------------------------------------------------------------- */

struct task_facts {
	bool is_static; /* its way through its steps does not depend on data */
	bool draws;	/* it, or a task that it calls, draws durations */
	bool spawns;	/* likewise */
	bool *called;	/* owned: by task, itself included */
};

static void *allocate(size_t count, size_t bytes)
{
	void *memory = calloc(count > 0 ? count : 1, bytes);

	if (!memory)
		abort();
	return memory;
}

/* Whether a step starts tasks that are numbered beforehand. */
static bool starts_at(const struct step *step)
{
	return step->start && step->kind != STEP_CALL && step->kind != STEP_ITERATE;
}

static bool has_start_and_no_break(const struct step *steps, uint32_t first, uint32_t end)
{
	bool has_start = false;

	for (uint32_t at = first; at < end; at++) {
		if (steps[at].kind == STEP_BREAK)
			return false;
		has_start = has_start || starts_at(&steps[at]);
	}
	return has_start;
}

static bool depends_on_data(const struct workload *workload, const struct step *step)
{
	if (starts_at(step) && !step->start->items_ns && step->start->count.expression != 0)
		return true;
	switch (step->kind) {
	case STEP_IF:
	case STEP_WHILE:
	case STEP_TRY:
	case STEP_RETRY:
	case STEP_CALL:
	case STEP_ITERATE:
	case STEP_RAISE:
	case STEP_RETURN:
		return true;
	case STEP_REPEAT:
		return step->count.expression != 0;
	case STEP_LOOP:
		/* It starts as many as come, until it is cancelled. */
		return has_start_and_no_break(workload->steps, (uint32_t)(step - workload->steps) + 1, step->end);
	default:
		return false;
	}
}

static bool draws_at(const struct workload *workload, const struct step *step)
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

static struct task_facts *find_facts(const struct workload *workload)
{
	struct task_facts *facts = allocate(workload->task_count, sizeof(*facts));

	for (uint32_t task = 0; task < workload->task_count; task++) {
		struct task_facts *fact = &facts[task];

		fact->is_static = true;
		fact->called = allocate(workload->task_count, sizeof(*fact->called));
		mark_called(workload, task, fact->called);
		for (uint32_t other = 0; other < workload->task_count; other++) {
			const struct task *called = &workload->tasks[other];

			for (uint32_t at = called->first; fact->called[other] && at < called->end; at++) {
				const struct step *step = &workload->steps[at];

				fact->is_static = fact->is_static && !depends_on_data(workload, step);
				fact->draws = fact->draws || draws_at(workload, step);
				fact->spawns = fact->spawns || starts_at(step);
			}
		}
	}
	return facts;
}

static void free_facts(const struct workload *workload, struct task_facts *facts)
{
	for (uint32_t task = 0; task < workload->task_count; task++)
		free(facts[task].called);
	free(facts);
}

/* ---- Instances: what each draws, and whom it starts -------------------------------------------------------- */

struct instance {
	uint32_t task;
	uint64_t entity;
	sim_ns item_ns;
	bool in_coroutine;
	int64_t first_child; /* number of the first that it starts; -1: they are numbered as they are started */
};

struct listing {
	const struct workload *workload;
	struct task_facts *facts;   /* owned */
	struct instance *instances; /* owned; in the order of their numbers */
	size_t count, capacity;
	bool has_unnumbered;
	int64_t draws_left;  /* of DRAW_LIMIT, over all instances */
	int64_t draws_each;  /* that an instance has at each site when its way depends on data */
	const char *why_not; /* set when it cannot be written out */
};

static bool fail(struct listing *listing, const char *why_not)
{
	listing->why_not = why_not;
	return false;
}

static bool add_instance(struct listing *listing, struct instance instance)
{
	if (listing->count == INSTANCE_LIMIT)
		return fail(listing, "more than 1000000 tasks are not run natively");
	if (listing->count == listing->capacity) {
		listing->capacity = listing->capacity ? 2 * listing->capacity : 64;
		listing->instances = realloc(listing->instances, listing->capacity * sizeof(*listing->instances));
		if (!listing->instances)
			abort();
	}
	listing->instances[listing->count++] = instance;
	return true;
}

/* ---- A way that is known: walking it tells all draws and starts, in their order ---- */

struct walk {
	struct listing *listing;
	const struct instance *instance; /* a copy: the listing grows */
	uint64_t draw;			 /* number of the next drawn value */
	uint64_t child;			 /* ordinal of the next child */
	json_t *values;			 /* drawn so far; NULL: not wanted */
};

enum way { WAY_ON, WAY_BREAK, WAY_ENDLESS, WAY_FAILED };

/* Whether walking through these steps would bring nothing to light. */
static bool is_plain(const struct workload *workload, uint32_t first, uint32_t end)
{
	for (uint32_t at = first; at < end; at++) {
		const struct step *step = &workload->steps[at];

		if (draws_at(workload, step) || starts_at(step) || step->kind == STEP_BREAK ||
		    step->kind == STEP_LOOP)
			return false;
	}
	return true;
}

static bool has_unbounded(const struct workload *workload, uint32_t first, uint32_t end)
{
	for (uint32_t at = first; at < end; at++)
		if (starts_at(&workload->steps[at]) || draws_at(workload, &workload->steps[at]))
			return true;
	return false;
}

static enum way walk_start(struct walk *walk, const struct step *step)
{
	struct listing *listing = walk->listing;
	const struct start *start = step->start;
	int64_t count = start->items_ns ? start->item_count : start->count.constant;

	if (listing->workload->run.kind != RUN_PROGRAM && !walk->instance->in_coroutine)
		return fail(listing, "spawn is run natively in the model `program` only"), WAY_FAILED;
	if (count > SPAWN_LIMIT - (int64_t)listing->count)
		return fail(listing, "more than 100000 tasks would be spawned"), WAY_FAILED;
	for (int64_t i = 0; i < count; i++) {
		if (!add_instance(listing,
				  (struct instance){
					  .task = start->task,
					  .entity = random_hash_path(walk->instance->entity, walk->child++),
					  .item_ns = start->items_ns ? start->items_ns[i] : walk->instance->item_ns,
					  .in_coroutine = step->kind == STEP_RUN ? is_of_coroutines(step->model) :
								  walk->instance->in_coroutine &&
									  step->kind != STEP_SUBMIT,
				  }))
			return WAY_FAILED;
	}
	return WAY_ON;
}

static enum way walk_draw(struct walk *walk, const struct step *step)
{
	if (walk->listing->draws_left-- == 0)
		return fail(walk->listing, "more than 2000000 durations would be drawn"), WAY_FAILED;
	if (walk->values)
		json_array_append_new(walk->values, workload_json_draw(walk->listing->workload, step, false,
								       walk->instance->entity, walk->draw,
								       walk->instance->item_ns));
	walk->draw++;
	return WAY_ON;
}

static enum way walk_steps(struct walk *walk, uint32_t first, uint32_t end);

static enum way walk_step(struct walk *walk, uint32_t at)
{
	const struct workload *workload = walk->listing->workload;
	const struct step *step = &workload->steps[at];
	enum way way = WAY_ON;

	switch (step->kind) {
	case STEP_REPEAT:
		if (is_plain(workload, at + 1, step->end))
			return WAY_ON;
		for (int64_t i = 0; i < step->count.constant && way == WAY_ON; i++)
			way = walk_steps(walk, at + 1, step->end);
		return way == WAY_BREAK ? WAY_ON : way;
	case STEP_LOOP:
		/* One pass either breaks out, or all further ones are the same. */
		way = walk_steps(walk, at + 1, step->end);
		if (way == WAY_BREAK)
			return WAY_ON;
		if (way == WAY_ON && has_unbounded(workload, at + 1, step->end))
			return fail(walk->listing,
				    "an endless loop that draws durations or spawns is not run natively"),
			       WAY_FAILED;
		return way == WAY_ON ? WAY_ENDLESS : way;
	case STEP_BREAK:
		return WAY_BREAK;
	case STEP_AS_COMPLETED:
		if (is_plain(workload, at + 1, step->end))
			return WAY_ON;
		return fail(walk->listing, "as_completed() around what draws or starts is not run natively"),
		       WAY_FAILED;
	case STEP_WITH:
	case STEP_TIMEOUT:
	case STEP_TASK_GROUP:
		return walk_steps(walk, at + 1, step->end);
	default:
		if (starts_at(step))
			return walk_start(walk, step);
		return workload_json_is_drawn(workload, step, false) ? walk_draw(walk, step) : WAY_ON;
	}
}

static enum way walk_steps(struct walk *walk, uint32_t first, uint32_t end)
{
	enum way way = WAY_ON;

	for (uint32_t at = first; at < end && way == WAY_ON; at = walk->listing->workload->steps[at].end)
		way = walk_step(walk, at);
	return way;
}

/* ---- A way that depends on data: at each site the values of so many draws ---- */

static void add_column(struct listing *listing, const struct instance *instance, const struct step *step,
		       bool is_jitter, json_t *table)
{
	json_t *column = json_array();
	char site[24];

	for (int64_t draw = 0; draw < listing->draws_each; draw++)
		json_array_append_new(column,
				      workload_json_draw(listing->workload, step, is_jitter, instance->entity,
							 (uint64_t)draw, instance->item_ns));
	snprintf(site, sizeof(site), "%lld", (long long)workload_json_site(listing->workload, step, is_jitter));
	json_object_set_new(table, site, column);
}

static json_t *table_new(struct listing *listing, const struct instance *instance)
{
	const struct workload *workload = listing->workload;
	json_t *table = json_object();

	for (uint32_t task = 0; task < workload->task_count; task++) {
		if (!listing->facts[instance->task].called[task])
			continue;
		for (uint32_t at = workload->tasks[task].first; at < workload->tasks[task].end; at++)
			for (int jitter = 0; jitter <= 1; jitter++)
				if (workload_json_is_drawn(workload, &workload->steps[at], jitter))
					add_column(listing, instance, &workload->steps[at], jitter, table);
	}
	return table;
}

/* Tasks that are started in numbers that depend on data have no entities beforehand, so they may draw nothing. */
static bool check_unnumbered(struct listing *listing, const struct task_facts *facts)
{
	const struct workload *workload = listing->workload;

	if (workload->model.spawn == SPAWN_PROCESS)
		return fail(listing, "processes whose number depends on data are not run natively");
	for (uint32_t task = 0; task < workload->task_count; task++)
		for (uint32_t at = workload->tasks[task].first;
		     facts->called[task] && at < workload->tasks[task].end; at++)
			if (starts_at(&workload->steps[at]) &&
			    (listing->facts[workload->steps[at].start->task].draws ||
			     workload->steps[at].start->items_ns))
				return fail(listing,
					    "tasks whose number depends on data and that draw durations are "
					    "not run natively");
	listing->has_unnumbered = true;
	return true;
}

/* What an instance draws, in `*draws` unless that is NULL: a list, a table, or null. Those whom it starts are added
 * to the listing. */
static bool list_one(struct listing *listing, struct instance *instance, json_t **draws)
{
	const struct task_facts *facts = &listing->facts[instance->task];
	const struct task *task = &listing->workload->tasks[instance->task];
	struct instance copy = *instance;
	struct walk walk = { .listing = listing, .instance = &copy };

	instance->first_child = (int64_t)listing->count;
	if (!facts->is_static) {
		instance->first_child = -1;
		if (draws)
			*draws = facts->draws ? table_new(listing, instance) : json_null();
		return !facts->spawns || check_unnumbered(listing, facts);
	}
	if (draws)
		*draws = walk.values = facts->draws ? json_array() : NULL;
	if (draws && !*draws)
		*draws = json_null();
	return (!facts->draws && !facts->spawns) || walk_steps(&walk, task->first, task->end) != WAY_FAILED;
}

/* So many values at each site as the limit allows; one that is asked for more begins anew. */
static void share_draws(struct listing *listing, int64_t instance_count)
{
	int64_t sites = 1;

	for (uint32_t at = 0; at < listing->workload->step_count; at++)
		sites += draws_at(listing->workload, &listing->workload->steps[at]);
	listing->draws_each = DRAW_LIMIT / (sites * (instance_count > 0 ? instance_count : 1));
	if (listing->draws_each > DRAWS_EACH)
		listing->draws_each = DRAWS_EACH;
	if (listing->draws_each < 1)
		listing->draws_each = 1;
}

/* Items as amounts, one column a kind of step: amounts of different kinds differ. Kinds that no step takes
 * an item with have no column (null). */
static json_t *items_new(const struct listing *listing)
{
	const struct workload *workload = listing->workload;
	json_t *columns = json_array();

	for (int kind = 0; kind <= STEP_BLOCK; kind++) {
		bool used = false;
		json_t *column;

		for (uint32_t at = 0; at < workload->step_count; at++)
			used = used || (workload->steps[at].kind == (enum step_kind)kind &&
					workload_json_is_leaf((enum step_kind)kind) &&
					workload->steps[at].duration.kind == DURATION_ITEM);
		column = used ? json_array() : json_null();
		for (size_t i = 0; used && i < listing->count; i++)
			json_array_append_new(column, workload_json_amount(workload, (enum step_kind)kind,
									   listing->instances[i].item_ns));
		json_array_append_new(columns, column);
	}
	return columns;
}

/* Lists what all instances draw and start; those that are started while it does so follow. */
static bool list_all(struct listing *listing, json_t *root)
{
	json_t *all_draws = json_array(), *tasks = json_array(), *first_children = json_array();
	json_t *in_coroutines = json_array();
	bool ok = true;

	share_draws(listing, (int64_t)listing->count);
	for (size_t i = 0; ok && i < listing->count; i++) {
		struct instance instance = listing->instances[i];
		json_t *draws = NULL;

		ok = list_one(listing, &instance, root ? &draws : NULL);
		if (root) {
			json_array_append_new(all_draws, draws);
			json_array_append_new(tasks, json_integer(instance.task));
			json_array_append_new(in_coroutines, json_boolean(instance.in_coroutine));
			json_array_append_new(first_children, json_integer(instance.first_child));
		}
	}
	if (ok && root) {
		json_object_set_new(root, "count", json_integer((json_int_t)listing->count));
		json_object_set_new(root, "spare",
				    json_integer(!listing->has_unnumbered	     ? 0
						 : has_coroutines(listing->workload) ? UNNUMBERED_COROUTINE_LIMIT
										       : UNNUMBERED_LIMIT));
		json_object_set(root, "instance_tasks", tasks);
		json_object_set(root, "in_coroutines", in_coroutines);
		json_object_set(root, "first_children", first_children);
		json_object_set(root, "draws", all_draws);
		json_object_set_new(root, "items", items_new(listing));
	}
	json_decref(all_draws);
	json_decref(tasks);
	json_decref(in_coroutines);
	json_decref(first_children);
	return ok;
}

/* `count` instances of one task. */
static bool list_run(struct listing *listing)
{
	const struct run *run = &listing->workload->run;

	for (int64_t i = 0; i < run->count; i++)
		if (!add_instance(listing, (struct instance){ .task = run->task,
							      .entity = workload_entity((uint64_t)i),
							      .item_ns = run->items_ns ? run->items_ns[i] : 0,
							      .in_coroutine = is_of_coroutines(&listing->workload->model) }))
			return false;
	return true;
}

/* One instance for each arrival, whose times are written. */
static bool list_arrivals(struct listing *listing, json_t *root)
{
	const struct workload *workload = listing->workload;
	const struct run *run = &workload->run;
	json_t *times = json_array();
	uint64_t stream = random_hash_name("arrivals");
	sim_ns time_ns = 0;
	bool ok = true;

	for (uint64_t index = 0; ok && (run->count <= 0 || index < (uint64_t)run->count); index++) {
		struct variate variate = variate_open(workload->seed, 0, stream, 0, index);

		time_ns = sim_time_add(time_ns, distribution_draw_ns(&run->spacing, &variate));
		if (run->arrivals_for_ns > 0 && time_ns >= run->arrivals_for_ns)
			break;
		ok = add_instance(listing,
				  (struct instance){ .task = run->task,
					     .entity = workload_entity(index),
					     .in_coroutine = is_of_coroutines(&workload->model) });
		json_array_append_new(times, json_integer(time_ns));
	}
	if (ok && root)
		json_object_set(root, "arrivals_ns", times);
	json_decref(times);
	return ok;
}

/* main; those that it starts come first in the listing. */
static bool list_main(struct listing *listing, json_t *root)
{
	struct instance main_instance = { .task = listing->workload->run.task,
					  .entity = random_hash_name("main"),
					  .in_coroutine = is_of_coroutines(&listing->workload->model) };
	json_t *draws = NULL;
	bool ok;

	share_draws(listing, 1);
	ok = list_one(listing, &main_instance, root ? &draws : NULL);
	if (root)
		json_object_set_new(root, "main",
				    json_pack("{sI so sI}", "task", (json_int_t)main_instance.task, "draws", draws,
					      "first_child", (json_int_t)main_instance.first_child));
	return ok;
}

static bool add_run(const struct workload *workload, json_t *root, const char **why_not)
{
	struct listing listing = { .workload = workload, .draws_left = DRAW_LIMIT };
	bool ok;

	if (workload->run.kind == RUN_ARRIVALS && workload->model.kind != MODEL_THREAD_POOL &&
	    workload->model.kind != MODEL_SERVER) {
		*why_not = "arrivals are run natively in the models `thread_pool` and `server` only";
		return false;
	}
	if (workload->run.kind == RUN_USERS) {
		*why_not = "users are not run natively yet";
		return false;
	}
	listing.facts = find_facts(workload);
	ok = workload->run.kind == RUN_ARRIVALS	 ? list_arrivals(&listing, root)
	     : workload->run.kind == RUN_PROGRAM ? list_main(&listing, root)
						 : list_run(&listing);
	ok = ok && list_all(&listing, root);
	if (!ok)
		*why_not = listing.why_not;
	free(listing.instances);
	free_facts(workload, listing.facts);
	return ok;
}

bool workload_json_is_possible(const struct workload *workload, const char **why_not)
{
	if (!workload_json_knows(workload) || !model_words[workload->model.kind]) {
		*why_not = "something in it is not run natively yet";
		return false;
	}
	return add_run(workload, NULL, why_not);
}

/* Where a load generator may run: on the allowed CPUs that the program does not have, if there are any. */
static json_t *generator_cpus_new(const struct native_cpus *cpus)
{
	struct native_cpus allowed;
	json_t *list = json_array();

	native_cpus_allowed(&allowed);
	for (size_t i = 0; i < allowed.count; i++) {
		bool used = false;

		for (size_t k = 0; k < cpus->count; k++)
			used = used || cpus->items[k] == allowed.items[i];
		if (!used)
			json_array_append_new(list, json_integer(allowed.items[i]));
	}
	for (size_t i = 0; json_array_size(list) == 0 && i < allowed.count; i++)
		json_array_append_new(list, json_integer(allowed.items[i]));
	return list;
}

bool workload_json_make(const struct workload *workload, const struct native_cpus *cpus, struct region *region,
			struct workload_json *json, const char **why_not)
{
	json_t *root = json_object(), *cpu_list = json_array();
	char *text;
	bool ok;

	for (size_t i = 0; i < cpus->count; i++)
		json_array_append_new(cpu_list, json_integer(cpus->items[i]));
	json_object_set_new(root, "generator_cpus", generator_cpus_new(cpus));
	json_object_set_new(root, "model", json_string(model_words[workload->model.kind]));
	json_object_set_new(root, "coroutines", json_boolean(has_coroutines(workload)));
	json_object_set_new(root, "run_count", json_integer(workload->run.count));
	json_object_set_new(root, "background", json_integer(workload->machine.background));
	json_object_set_new(root, "workers", json_integer(workload->model.workers));
	json_object_set_new(root, "chunksize", json_integer(workload->model.chunksize));
	json_object_set_new(root, "queue_limit", json_integer(workload->model.queue_limit));
	json_object_set_new(root, "warm", json_boolean(workload->model.warm));
	json_object_set_new(root, "how", workload_json_model(workload, &workload->model));
	json_object_set_new(root, "spawn",
			    json_string(spawn_words[workload->model.kind == MODEL_PROGRAM ? workload->model.spawn
											  : SPAWN_THREAD]));
	json_object_set_new(root, "start", json_string(start_words[workload->python.start]));
	json_object_set_new(root, "switch_interval_s",
			    json_real(sim_time_seconds(workload->python.switch_interval_ns)));
	json_object_set_new(root, "cpus", cpu_list);
	json_object_set_new(root, "resources", workload_json_resources(workload));
	json_object_set_new(root, "tasks", workload_json_tasks(workload));
	ok = add_run(workload, root, why_not);
	if (ok) {
		json->instance_count = json_integer_value(json_object_get(root, "count")) +
				       json_integer_value(json_object_get(root, "spare"));
		text = json_dumps(root, JSON_COMPACT);
		assert(text != NULL);
		json->text = region_strdup(region, text);
		json->length_bytes = strlen(text);
		free(text);
	}
	json_decref(root);
	return ok;
}
