/*
 * workload_compile.c - the defaults that hold when a variant says nothing.
 *
 * Sources     ThreadPoolExecutor.__init__ (Lib/concurrent/futures/thread.py, 3.8 to 3.14): min(32, cpus + 4)
 *             workers. Pool.__init__ and Pool._map_async (Lib/multiprocessing/pool.py): as many workers as cpus,
 *             and four chunks a worker. multiprocessing's start method on Linux is fork up to 3.13 and forkserver
 *             since 3.14 (Lib/multiprocessing/context.py).
 * Assumed     Python counts the machine's cores, not its CPU quota: os.cpu_count() and os.process_cpu_count() know
 *             nothing of cgroups.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/scenario/workload_compile.h"
#include "sim/scenario/workload_runnable.h"

/* For a profile that describes no machine, such as `ideal`. */
#define DEFAULT_CORES 4

struct loaded_profile {
	const char *name;
	const struct profile *profile; /* NULL: could not be read (reported) */
	struct loaded_profile *next;
};

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
	if (model->kind == MODEL_POOL || model->kind == MODEL_PROCESS_POOL)
		model->chunksize = model_chunk_items(workload, model, workload->run.count);
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
	workload_check_runnable(compiler->reading, checked, variant, workload, tasks, resources);
}
