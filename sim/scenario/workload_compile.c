/*
 * workload_compile.c - what a model can run, and the defaults that hold when a variant says nothing.
 *
 * Sources     ThreadPoolExecutor.__init__ (Lib/concurrent/futures/thread.py, 3.8 to 3.14): min(32, cpus + 4)
 *             workers. Pool.__init__ and Pool._map_async (Lib/multiprocessing/pool.py): as many workers
 *             as cpus, and four chunks a worker. multiprocessing's start method on Linux is fork up to
 *             3.13 and forkserver since 3.14 (Lib/multiprocessing/context.py).
 * Assumed     Python counts the machine's cores, not its CPU quota: os.cpu_count() and
 *             os.process_cpu_count() know nothing of cgroups.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/scenario/workload_compile.h"

/* For a profile that describes no machine, such as `ideal`. */
#define DEFAULT_CORES 4

struct loaded_profile {
	const char *name;
	const struct profile *profile; /* NULL: could not be read (reported) */
	struct loaded_profile *next;
};

/* ---- What the model can run ---- */

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
static const char *why_not_there(const struct step *step, unsigned place, int minor)
{
	if (step->kind == STEP_TASK_GROUP && !python_has(minor, PYTHON_TIMEOUT_BLOCK))
		return "in a version before 3.11, which has no TaskGroup";
	switch (step->kind) {
	case STEP_CREATE_TASK:
	case STEP_GATHER:
	case STEP_TIMEOUT:
	case STEP_SHIELD:
	case STEP_TASK_GROUP:
		return (place & IN_COROUTINE) == 0 ? "in a function, which cannot await; expected a coroutine" : NULL;
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
	const char *why_not = why_not_there(step, place, reach->minor);

	if ((step->kind == STEP_SPAWN || step->kind == STEP_JOIN) && reach->model != MODEL_PROGRAM)
		yaml_tree_error(reading->diagnostics, node, "'%s' with model '%s', expected model 'program'",
				step_names[step->kind], model_names[reach->model]);
	else if (why_not != NULL)
		yaml_tree_error(reading->diagnostics, node, "'%s' %s (variant '%s')", step_names[step->kind], why_not,
				reach->variant->name);
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
		yaml_tree_error(reading->diagnostics, first_use(reach, index, IN_COROUTINE),
				"'%s' is used by functions and by coroutines, which share no %s (variant '%s')",
				resource->name, resource_names[resource->kind], reach->variant->name);
	if (by_coroutines && (resource->kind == RESOURCE_RLOCK || resource->kind == RESOURCE_SIMPLE_QUEUE))
		yaml_tree_error(reading->diagnostics, first_use(reach, index, IN_COROUTINE),
				"'%s' is a %s, which coroutines do not have (variant '%s')", resource->name,
				resource_names[resource->kind], reach->variant->name);
	if (by_coroutines && resource->kind == RESOURCE_BARRIER && !python_has(reach->minor, PYTHON_AIO_BARRIER))
		yaml_tree_error(reading->diagnostics, first_use(reach, index, IN_COROUTINE),
				"'%s' is a barrier, which coroutines have since Python 3.11 only (variant '%s')",
				resource->name, reach->variant->name);
	if (resource->scope == SCOPE_PROCESSES &&
	    (resource->kind == RESOURCE_LIFO_QUEUE || resource->kind == RESOURCE_PRIORITY_QUEUE))
		yaml_tree_error(reading->diagnostics, first_use(reach, index, IN_PROCESS),
				"'%s' is a %s, which processes cannot share (variant '%s')", resource->name,
				resource_names[resource->kind], reach->variant->name);
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
		yaml_tree_error(reading->diagnostics, variant->model_node,
				"model '%s' with %s, expected thread_pool, asyncio or server (variant '%s')",
				model_names[model], workload->run.kind == RUN_USERS ? "users" : "arrivals", variant->name);
	else if (model == MODEL_SERVER && workload->run.from_inside)
		yaml_tree_error(reading->diagnostics, yaml_tree_get(checked->run.arrivals, "from"),
				"requests from inside a server, expected thread_pool or asyncio (variant '%s')",
				variant->name);
}

static void check_runnable(struct reading *reading, const struct checked *checked,
			   const struct checked_variant *variant, struct workload *workload,
			   struct task *tasks, struct resource *resources)
{
	enum model_kind model = (enum model_kind)variant->keys.model;
	struct reach reach = {
		.tasks = tasks, .resources = resources, .checked = checked, .variant = variant, .model = model,
		.minor = workload->python.minor
	};
	uint32_t task = first_task(reading, checked, variant, model);

	check_load(reading, checked, variant, workload);
	if (workload->model.eager && !python_has(reach.minor, PYTHON_EAGER_TASKS))
		yaml_tree_error(reading->diagnostics, variant->model_node,
				"'eager' in Python %s, which has no eager tasks, expected version 3.12 or later (variant '%s')",
				workload->python.version, variant->name);
	if (task < checked->program->task_count)
		check_steps(reading, &reach, task,
			    model == MODEL_PROGRAM && workload->model.spawn == SPAWN_COROUTINE
				    ? IN_COROUTINE
				    : place_of_model(&workload->model, 0));
}

/* ---- Machine and interpreter ---- */

/* Where the scenario names its profile; NULL if it does not. */
static const struct yaml_node *profile_node(const struct compiler *compiler, const struct checked *checked)
{
	const struct yaml_node *machine = checked->keys.machine;

	if (machine == NULL || compiler->options->profile != NULL)
		return NULL;
	return machine->kind == NODE_MAP ? yaml_tree_get(machine, "profile") : machine;
}

static const struct profile *load_profile(struct compiler *compiler, const char *name, const struct yaml_node *node)
{
	struct reading *reading = compiler->reading;
	struct loaded_profile *loaded = compiler->profiles;
	struct diagnostics *diagnostics = reading->diagnostics;
	size_t count = diagnostics->count;

	while (loaded != NULL && strcmp(loaded->name, name) != 0)
		loaded = loaded->next;
	if (loaded != NULL)
		return loaded->profile;
	loaded = region_alloc(reading->region, sizeof(*loaded));
	loaded->name = name;
	loaded->next = compiler->profiles;
	compiler->profiles = loaded;
	loaded->profile = profile_load(name, reading->region, diagnostics);
	/* profile_load() cannot know where a name that it does not know stands. */
	for (; node != NULL && node->origin->file != NULL && count < diagnostics->count; count++) {
		if (diagnostics->items[count].file != NULL)
			continue;
		diagnostics->items[count].file = node->origin->file;
		diagnostics->items[count].line = node->line;
		diagnostics->items[count].column = node->column;
	}
	return loaded->profile;
}

/* How much longer a step takes on the variant's build than on the GIL build, which its duration refers to. */
static double slowdown(const struct costs *costs, const struct costs *gil_costs, enum cost spin)
{
	double ratio = costs->value[spin] / gil_costs->value[spin];

	return isfinite(ratio) && ratio > 0 ? ratio : 1;
}

static void fill_python(const struct checked *checked, const struct costs *costs, const struct costs *gil_costs,
			struct python *python)
{
	python->imports_ns = checked->imports.time_ns >= 0 ? checked->imports.time_ns : 0;
	python->imports_bytes = checked->imports.memory_bytes >= 0 ? checked->imports.memory_bytes : 0;
	python->slowdown_python = slowdown(costs, gil_costs, COST_SPIN_PYTHON);
	python->slowdown_c = slowdown(costs, gil_costs, COST_SPIN_C);
	python->slowdown_native = slowdown(costs, gil_costs, COST_SPIN_NATIVE);
	python->spin_python_ns = gil_costs->value[COST_SPIN_PYTHON];
	python->spin_c_ns = gil_costs->value[COST_SPIN_C];
	python->spin_native_ns = gil_costs->value[COST_SPIN_NATIVE];
}

/* uvloop is a loop written in Cython on libuv; tasks and futures are CPython's own under it as well. */
static void apply_uvloop(struct costs *costs)
{
	static const enum cost of_the_loop[] = {
		COST_AIO_RUN,	    COST_AIO_ITERATION,	 COST_AIO_CALLBACK,    COST_AIO_SLEEP,	 COST_AIO_THREADSAFE,
		COST_AIO_SELF_PIPE, COST_AIO_STREAM_OPEN, COST_AIO_STREAM_WRITE, COST_AIO_STREAM_READ,
	};

	for (size_t i = 0; i < sizeof(of_the_loop) / sizeof(of_the_loop[0]); i++)
		costs->value[of_the_loop[i]] *= costs->value[COST_AIO_UVLOOP];
}

static int count_cores(struct compiler *compiler, const struct checked *checked, const struct profile *profile)
{
	int cores = profile->cores > 0 ? profile->cores : DEFAULT_CORES;

	if (checked->machine.cores > 0)
		cores = (int)checked->machine.cores;
	if (compiler->options->max_cores > 0 && cores > compiler->options->max_cores) {
		compiler->cores_clamped = true;
		cores = compiler->options->max_cores;
	}
	return cores;
}

static void compile_machine(struct compiler *compiler, const struct checked *checked,
			    const struct checked_variant *variant, struct workload *workload)
{
	struct reading *reading = compiler->reading;
	const struct machine_keys *keys = &checked->machine;
	const struct python_keys *python_keys = &checked->python;
	struct machine *machine = &workload->machine;
	struct python *python = &workload->python;
	const struct yaml_node *node = profile_node(compiler, checked);
	const char *name = compiler->options->profile;
	const struct profile *profile;
	struct costs gil_costs;
	const char *note = NULL, *gil_note = NULL;
	int version = python_keys->version >= 0 ? python_keys->version : 0;

	if (name == NULL)
		name = keys->profile != NULL ? keys->profile : "default";
	profile = load_profile(compiler, name, node);
	if (profile == NULL)
		return;
	if (node == NULL)
		node = variant->name_node;
	python->version = python_versions[version];
	python->minor = PYTHON_FIRST_MINOR + version;
	python->gil = python_keys->gil >= 0 ? (enum gil_kind)python_keys->gil : GIL_ON;
	if (python_keys->start >= 0)
		python->start = (enum start_method)python_keys->start;
	else
		python->start = python_has(python->minor, PYTHON_STARTS_BY_FORKSERVER) ? START_FORKSERVER : START_FORK;
	if (!profile_costs(profile, reading->region, python->version, python->gil != GIL_OFF, &machine->costs,
			   &note)) {
		yaml_tree_error(reading->diagnostics, node, "%s", note);
		return;
	}
	if (!profile_costs(profile, reading->region, python->version, true, &gil_costs, &gil_note)) {
		yaml_tree_error(reading->diagnostics, node, "%s", gil_note);
		return;
	}
	fill_python(checked, &machine->costs, &gil_costs, python);
	machine->profile = name;
	machine->cores = count_cores(compiler, checked, profile);
	/* A native run that uses fewer CPUs than it may is pinned to them; the kernel still counts the others. */
	machine->kernel_cpus =
		machine->cores > compiler->options->max_cores ? machine->cores : compiler->options->max_cores;
	machine->background = (int)keys->background;
	machine->memory_bytes = keys->memory_bytes > 0 ? keys->memory_bytes : 0;
	machine->note = note != NULL ? note : gil_note;
	for (size_t i = 0; i < checked->cost_count; i++)
		machine->costs.value[checked->costs[i].cost] = checked->costs[i].value;
	python->loop = python_keys->loop > 0 ? (enum loop_kind)python_keys->loop : LOOP_ASYNCIO;
	if (python->loop == LOOP_UVLOOP)
		apply_uvloop(&machine->costs);
	python->switch_interval_ns = python_keys->switch_interval_ns > 0
					     ? python_keys->switch_interval_ns
					     : cost_ns(&machine->costs, COST_GIL_INTERVAL);
	machine->quota_cores = keys->quota_cores > 0 ? keys->quota_cores : 0;
	machine->quota_period_ns =
		keys->quota_period_ns > 0 ? keys->quota_period_ns : cost_ns(&machine->costs, COST_QUOTA_PERIOD);
}

/* ---- Run and model ---- */

static void compile_run(const struct compiler *compiler, const struct checked *checked, struct workload *workload)
{
	struct run *run = &workload->run;
	bool is_scaled = compiler->options->scaled;

	if (workload->model.kind == MODEL_PROGRAM) {
		run->kind = RUN_PROGRAM;
		run->task = name_table_find(&checked->program->task_names, "main");
		return;
	}
	*run = checked->load;
	run->task = checked->run_task;
	run->bytes = checked->run.bytes > 0 ? checked->run.bytes : 0;
	run->result_bytes = checked->run.result_bytes > 0 ? checked->run.result_bytes : 0;
	if (checked->run.items != NULL) {
		run->kind = RUN_ITEMS;
		run->count = checked->item_count;
		run->items_ns = checked->items_ns;
		return;
	}
	if (checked->run.arrivals != NULL) {
		const struct arrivals_keys *keys = &checked->arrivals;

		run->kind = RUN_ARRIVALS;
		if (keys->for_ns > 0)
			run->arrivals_for_ns = sim_time_round((double)keys->for_ns * workload->scale);
		run->count = keys->count > 0 ? keys->count : 0;
		run->from_inside = keys->from == 1;
	} else if (checked->run.users > 0) {
		run->kind = RUN_USERS;
		run->users = checked->run.users;
		run->think = checked->think;
		run->count = checked->run.requests > 0 ? checked->run.requests : 0;
		if (checked->run.for_ns > 0)
			run->arrivals_for_ns = sim_time_round((double)checked->run.for_ns * workload->scale);
	} else {
		run->kind = RUN_COUNT;
		run->count = checked->run.count > 0 ? checked->run.count : 1;
	}
	/* Native runs measure every task, and so does what is compared with them. */
	if (is_scaled)
		run->warm_up_ns = 0;
	if (is_scaled && checked->keys.native_count > 0)
		run->count = checked->keys.native_count;
}

/* A server listens on the scenario's listener, if there is one. */
static int64_t default_backlog(const struct workload *workload)
{
	for (uint32_t i = 0; i < workload->resource_count; i++)
		if (workload->resources[i].kind == RESOURCE_LISTENER)
			return workload->resources[i].size;
	return 128;
}

static void compile_model(struct reading *reading, const struct checked_variant *variant, struct workload *workload)
{
	const struct variant_keys *keys = &variant->keys;
	struct model *model = &workload->model;

	*model = *program_parse_model(reading, keys, workload->scale);
	model->workers = model_workers(workload, model);
	if (model->kind == MODEL_SERVER && model->backlog == 0)
		model->backlog = default_backlog(workload);
	if (model->kind == MODEL_PROCESS_POOL && model->chunksize == 0)
		model->chunksize = 1;
	if (model->kind == MODEL_POOL && model->workers > 0) {
		int64_t chunk_count = 4 * (int64_t)model->workers;

		model->chunksize = keys->chunksize > 0 ? keys->chunksize
						       : workload->run.count / chunk_count +
								 (workload->run.count % chunk_count != 0);
	}
}

void workload_compile(struct compiler *compiler, const struct checked *checked,
		      const struct checked_variant *variant, struct workload *workload)
{
	const struct program *program = checked->program;
	struct region *region = compiler->reading->region;
	struct resource *resources;
	struct task *tasks;

	if (!variant->has_model)
		return;
	tasks = region_alloc_array(region, program->task_count, sizeof(tasks[0]));
	resources = region_alloc_array(region, program->resource_count, sizeof(resources[0]));
	if (program->task_count > 0)
		memcpy(tasks, program->tasks, program->task_count * sizeof(tasks[0]));
	if (program->resource_count > 0)
		memcpy(resources, program->resources, program->resource_count * sizeof(resources[0]));
	*workload = (struct workload){
		.scenario = compiler->scenario,
		.file = compiler->file,
		.variant = variant->name,
		.tasks = tasks,
		.task_count = program->task_count,
		.steps = program->steps,
		.step_count = program->step_count,
		.resources = resources,
		.resource_count = program->resource_count,
		.expressions = program->expressions.items,
		.operations = program->expressions.operations,
		.arguments = program->arguments,
		.exceptions = program->exceptions,
		.exception_count = program->exception_count,
		.limit_ns = checked->keys.limit_ns > 0 ? checked->keys.limit_ns : SIM_NS_MAX,
		.scale = compiler->options->scaled ? checked->keys.scale : 1,
		.seed = compiler->options->seed,
		.model.kind = (enum model_kind)variant->keys.model,
	};
	compile_machine(compiler, checked, variant, workload);
	compile_run(compiler, checked, workload);
	compile_model(compiler->reading, variant, workload);
	check_runnable(compiler->reading, checked, variant, workload, tasks, resources);
}
