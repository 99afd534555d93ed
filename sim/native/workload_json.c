/*
 * workload_json.c - a compiled workload as the JSON that the harness executes.
 *
 * Where an instance's way through its steps is known beforehand (workload_walk.h), all that it will ever draw and start
 * is written out in order. Where it depends on data, the values are written out by site, for more draws than there
 * should be.
 */
#include "sim/native/workload_json.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sim/native/native_cpus.h"
#include "sim/native/workload_binding.h"
#include "sim/native/workload_json_draws.h"
#include "sim/native/workload_json_steps.h"
#include "sim/native/workload_walk.h"

/* Tasks whose number depends on data; coroutines are cheap. */
#define UNNUMBERED_LIMIT 20000
#define UNNUMBERED_COROUTINE_LIMIT 200000
/* Values at each site of an instance whose way depends on data. */
#define DRAWS_EACH 64

static bool has_coroutines(const struct workload *workload)
{
	for (uint32_t i = 0; i < workload->task_count; i++)
		if (workload->tasks[i].ways & TASK_AS_COROUTINE)
			return true;
	return false;
}

/* ---- A way that depends on data: at each site the values of so many draws ---- */

static void add_column(struct instance_list *list, const struct instance *instance, const struct step *step,
		       bool is_jitter, json_t *table)
{
	json_t *column = json_array();
	char site[24];

	for (int64_t draw = 0; draw < list->draws_each; draw++)
		json_array_append_new(column,
				      workload_json_draw(list->workload, step, is_jitter, instance->entity,
							 (uint64_t)draw, instance->item_ns));
	snprintf(site, sizeof(site), "%lld", (long long)workload_json_site(list->workload, step, is_jitter));
	json_object_set_new(table, site, column);
}

static json_t *table_new(struct instance_list *list, const struct instance *instance)
{
	const struct workload *workload = list->workload;
	json_t *table = json_object();

	for (uint32_t task = 0; task < workload->task_count; task++) {
		if (!list->facts[instance->task].called[task])
			continue;
		for (uint32_t at = workload->tasks[task].first; at < workload->tasks[task].end; at++)
			for (int jitter = 0; jitter <= 1; jitter++)
				if (workload_json_is_drawn(workload, &workload->steps[at], jitter))
					add_column(list, instance, &workload->steps[at], jitter, table);
	}
	return table;
}

/* Whether a step starts tasks in processes, which know those tasks only that there were when they began. */
static bool is_of_processes(const struct workload *workload, const struct step *step)
{
	enum resource_kind kind;

	if (step->kind != STEP_SUBMIT || step->resource == INDEX_NONE)
		return false;
	kind = workload->resources[step->resource].kind;
	return kind == RESOURCE_PROCESS_POOL || kind == RESOURCE_POOL;
}

/* Tasks that are started in numbers that depend on data have no entities beforehand, so they may draw nothing. */
static bool check_unnumbered(struct instance_list *list, const struct task_facts *facts)
{
	const struct workload *workload = list->workload;

	if (workload->model.spawn == SPAWN_PROCESS)
		return instance_list_fail(list, "processes whose number depends on data are not run natively");
	for (uint32_t task = 0; task < workload->task_count; task++) {
		for (uint32_t at = workload->tasks[task].first;
		     facts->called[task] && at < workload->tasks[task].end; at++) {
			const struct step *step = &workload->steps[at];

			if (!instance_starts_at(step))
				continue;
			if (list->facts[step->start->task].draws || step->start->items_ns)
				return instance_list_fail(list, "tasks whose number depends on data and that draw "
								"durations are not run natively");
			if (is_of_processes(workload, step))
				return instance_list_fail(list, "calls in processes whose number depends on data are "
								"not run natively");
		}
	}
	list->has_unnumbered = true;
	return true;
}

/* What an instance draws, in `*draws` unless that is NULL: a list, a table, or null. Those whom it starts are added
 * to the list. */
static bool list_one(struct instance_list *list, struct instance *instance, json_t **draws)
{
	const struct task_facts *facts = &list->facts[instance->task];
	json_t *values = draws && facts->draws ? json_array() : NULL;
	int64_t draws_left = list->draws_left;
	enum walk_end end = WALK_DONE;

	if (facts->spawns && workload_binding_of(list->workload, instance->task) == BINDING_ARGUMENTS) {
		instance->first_child = -1;
		list->has_unnumbered = true;
		if (draws)
			*draws = json_null();
		return true;
	}
	instance->first_child = (int64_t)list->count;
	if (facts->draws || facts->spawns)
		end = workload_walk(list, instance, values);
	if (end == WALK_UNKNOWN) {
		instance_list_truncate(list, (size_t)instance->first_child);
		list->draws_left = draws_left;
		instance->first_child = -1;
		json_decref(values);
		values = draws && facts->draws ? table_new(list, instance) : NULL;
	}
	if (draws)
		*draws = values ? values : json_null();
	return end == WALK_DONE || (end == WALK_UNKNOWN && (!facts->spawns || check_unnumbered(list, facts)));
}

/* So many values at each site as the limit allows; one that is asked for more begins anew. */
static void share_draws(struct instance_list *list, int64_t instance_count)
{
	int64_t sites = 1;

	for (uint32_t at = 0; at < list->workload->step_count; at++)
		sites += instance_draws_at(list->workload, &list->workload->steps[at]);
	list->draws_each = list->draws_left / (sites * (instance_count > 0 ? instance_count : 1));
	if (list->draws_each > DRAWS_EACH)
		list->draws_each = DRAWS_EACH;
	if (list->draws_each < 1)
		list->draws_each = 1;
}

/* Items as amounts, one column a kind of step: amounts of different kinds differ. Kinds that no step takes
 * an item with have no column (null). */
static json_t *items_new(const struct instance_list *list)
{
	const struct workload *workload = list->workload;
	json_t *columns = json_array();

	for (int kind = 0; kind <= STEP_BLOCK; kind++) {
		bool used = false;
		json_t *column;

		for (uint32_t at = 0; at < workload->step_count; at++)
			used = used || (workload->steps[at].kind == (enum step_kind)kind &&
					workload_json_is_leaf((enum step_kind)kind) &&
					workload->steps[at].duration.kind == DURATION_ITEM);
		column = used ? json_array() : json_null();
		for (size_t i = 0; used && i < list->count; i++)
			json_array_append_new(column, workload_json_amount(workload, (enum step_kind)kind,
									   list->instances[i].item_ns));
		json_array_append_new(columns, column);
	}
	return columns;
}

/* Lists what all instances draw and start; those that are started while it does so follow. */
static bool list_all(struct instance_list *list, json_t *root)
{
	json_t *all_draws = json_array(), *tasks = json_array(), *first_children = json_array();
	json_t *in_coroutines = json_array();
	bool ok = true;

	share_draws(list, (int64_t)list->count);
	for (size_t i = 0; ok && i < list->count; i++) {
		struct instance instance = list->instances[i];
		json_t *draws = NULL;

		ok = list_one(list, &instance, root ? &draws : NULL);
		if (root) {
			json_array_append_new(all_draws, draws);
			json_array_append_new(tasks, json_integer(instance.task));
			json_array_append_new(in_coroutines, json_boolean(instance.in_coroutine));
			json_array_append_new(first_children, json_integer(instance.first_child));
		}
	}
	if (ok && root) {
		json_object_set_new(root, "count", json_integer((json_int_t)list->count));
		json_object_set_new(root, "spare",
				    json_integer(!list->has_unnumbered	     ? 0
						 : has_coroutines(list->workload) ? UNNUMBERED_COROUTINE_LIMIT
										       : UNNUMBERED_LIMIT));
		json_object_set(root, "instance_tasks", tasks);
		json_object_set(root, "in_coroutines", in_coroutines);
		json_object_set(root, "first_children", first_children);
		json_object_set(root, "draws", all_draws);
		json_object_set_new(root, "items", items_new(list));
	}
	json_decref(all_draws);
	json_decref(tasks);
	json_decref(in_coroutines);
	json_decref(first_children);
	return ok;
}

/* `count` instances of one task. */
static bool list_run(struct instance_list *list)
{
	const struct run *run = &list->workload->run;

	for (int64_t i = 0; i < run->count; i++)
		if (!instance_list_add(list, (struct instance){ .task = workload_run_task(list->workload, 0, (uint64_t)i),
							      .entity = workload_entity((uint64_t)i),
							      .item_ns = run->items_ns ? run->items_ns[i] : 0,
							      .in_coroutine = workload_is_of_coroutines(&list->workload->model) }))
			return false;
	return true;
}

/* One instance for each arrival, whose times are written. */
static bool list_arrivals(struct instance_list *list, json_t *root)
{
	const struct workload *workload = list->workload;
	struct arrival_source source;
	json_t *times = json_array();
	uint32_t task;
	bool ok = true;

	arrival_source_init(&source, workload, 0);
	while (ok && arrival_source_next(&source, &task)) {
		ok = instance_list_add(list,
				       (struct instance){ .task = task,
							  .entity = workload_entity(source.index - 1),
							  .in_coroutine = workload_is_of_coroutines(&workload->model) });
		json_array_append_new(times, json_integer(source.at_ns));
	}
	if (ok && root)
		json_object_set(root, "arrivals_ns", times);
	json_decref(times);
	return ok;
}

/* ---- Users: how many requests they make is known only where it is bounded ---- */

/* No request and no thinking is taken to be shorter, to bound how many there can be. */
#define USER_CYCLE_LEAST_NS SIM_MS
#define USER_REQUEST_LIMIT 200000
/* So much more than on average is made room for. */
#define USER_REQUEST_MARGIN 1.25
#define USER_REQUEST_SPARE 100
/* Thoughts of all users that are written out; one who has more of them begins anew. */
#define USER_THINK_LIMIT 100000
#define USER_THINK_EACH 1000

static sim_ns think_ns(const struct workload *workload, int64_t user, int64_t request)
{
	return workload_draw(workload, &workload->run.think, random_hash_name("think"), 0, (uint64_t)user,
			     (uint64_t)request);
}

static int64_t thinks_each(const struct run *run)
{
	int64_t each = USER_THINK_LIMIT / run->users;

	return each < 1 ? 1 : each > USER_THINK_EACH ? USER_THINK_EACH : each;
}

static int64_t most_requests(const struct workload *workload)
{
	const struct run *run = &workload->run;
	int64_t each = thinks_each(run);
	double cycle_ns = 0, requests;

	if (run->count > 0)
		return run->count;
	for (int64_t request = 0; request < each; request++)
		cycle_ns += (double)think_ns(workload, 0, request) / (double)each;
	if (cycle_ns < USER_CYCLE_LEAST_NS)
		cycle_ns = USER_CYCLE_LEAST_NS;
	requests = (double)run->users * (1 + (double)run->arrivals_for_ns / cycle_ns) * USER_REQUEST_MARGIN +
		   USER_REQUEST_SPARE;
	return requests < USER_REQUEST_LIMIT ? (int64_t)requests : USER_REQUEST_LIMIT;
}

static json_t *thinks_new(const struct workload *workload)
{
	json_t *users = json_array();
	int64_t each = thinks_each(&workload->run);

	for (int64_t user = 0; user < workload->run.users; user++) {
		json_t *thinks = json_array();

		for (int64_t request = 0; request < each; request++)
			json_array_append_new(thinks, json_integer(think_ns(workload, user, request)));
		json_array_append_new(users, thinks);
	}
	return users;
}

static bool list_users(struct instance_list *list, json_t *root)
{
	const struct workload *workload = list->workload;
	const struct run *run = &workload->run;
	int64_t most = most_requests(workload);

	if (root) {
		json_object_set_new(root, "users",
				    json_pack("{sI sI sI so}", "count", (json_int_t)run->users, "requests",
					      (json_int_t)run->count, "for_ns", (json_int_t)run->arrivals_for_ns,
					      "thinks_ns", thinks_new(workload)));
		json_object_set_new(root, "run_count", json_integer(most));
	}
	for (int64_t i = 0; i < most; i++)
		if (!instance_list_add(list, (struct instance){ .task = workload_run_task(workload, 0, (uint64_t)i),
								.entity = workload_entity((uint64_t)i),
								.in_coroutine = workload_is_of_coroutines(&workload->model) }))
			return false;
	return true;
}

/* ---- A program ---- */

/* main; those that it starts come first in the list. */
static bool list_main(struct instance_list *list, json_t *root)
{
	struct instance main_instance = { .task = list->workload->run.task,
					  .entity = random_hash_name("main"),
					  .in_coroutine = workload_is_of_coroutines(&list->workload->model) };
	json_t *draws = NULL;
	bool ok;

	share_draws(list, 1);
	ok = list_one(list, &main_instance, root ? &draws : NULL);
	if (root)
		json_object_set_new(root, "main",
				    json_pack("{sI so sI}", "task", (json_int_t)main_instance.task, "draws", draws,
					      "first_child", (json_int_t)main_instance.first_child));
	return ok;
}

/* `*run_count` becomes the number of instances that the run itself releases. */
static bool add_run(const struct workload *workload, json_t *root, int64_t *run_count, const char **why_not)
{
	struct instance_list list;
	bool ok;

	instance_list_init(&list, workload);
	*run_count = 0;
	ok = workload->run.kind == RUN_ARRIVALS	 ? list_arrivals(&list, root)
	     : workload->run.kind == RUN_USERS	 ? list_users(&list, root)
	     : workload->run.kind == RUN_PROGRAM ? list_main(&list, root)
						 : list_run(&list);
	if (workload->run.kind != RUN_PROGRAM)
		*run_count = (int64_t)list.count;
	ok = ok && list_all(&list, root);
	if (!ok)
		*why_not = list.why_not;
	instance_list_release(&list);
	return ok;
}

bool workload_json_is_possible(const struct workload *workload, const char **why_not)
{
	int64_t run_count;

	*why_not = workload_json_why_not(workload);
	return !*why_not && add_run(workload, NULL, &run_count, why_not);
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
	json_object_set_new(root, "model", json_string(model_names[workload->model.kind]));
	json_object_set_new(root, "coroutines", json_boolean(has_coroutines(workload)));
	json_object_set_new(root, "run_count", json_integer(workload->run.count));
	json_object_set_new(root, "bytes", json_integer(workload->run.bytes));
	json_object_set_new(root, "result_bytes", json_integer(workload->run.result_bytes));
	json_object_set_new(root, "from_inside", json_boolean(workload->run.from_inside));
	json_object_set_new(root, "background", json_integer(workload->machine.background));
	json_object_set_new(root, "workers", json_integer(workload->model.workers));
	json_object_set_new(root, "chunksize", json_integer(workload->model.chunksize));
	json_object_set_new(root, "queue_limit", json_integer(workload->model.queue_limit));
	json_object_set_new(root, "warm", json_boolean(workload->model.warm));
	json_object_set_new(root, "how", workload_json_model(workload, &workload->model));
	json_object_set_new(root, "spawn",
			    json_string(spawn_names[workload->model.kind == MODEL_PROGRAM ? workload->model.spawn
											  : SPAWN_THREAD]));
	json_object_set_new(root, "start", json_string(start_names[workload->python.start]));
	json_object_set_new(root, "switch_interval_s",
			    json_real(sim_time_seconds(workload->python.switch_interval_ns)));
	json_object_set_new(root, "cpus", cpu_list);
	json_object_set_new(root, "resources", workload_json_resources(workload));
	json_object_set_new(root, "tasks", workload_json_tasks(workload));
	ok = add_run(workload, root, &json->run_count, why_not);
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
