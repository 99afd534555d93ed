/*
 * interpreter.c - see interpreter.h.
 */
#include "models/interpreter/interpreter.h"

/* Measured in processes that had just started: the first time is all there is. */
static const enum cost measured_fresh[] = {
	COST_PROCESS_BOOTSTRAP,	  COST_PROCESS_FINISH,	 COST_PROCESS_INTERPRETER_EXIT,
	COST_PROCESS_FIRST_TASK,  COST_SPAWN_EXEC,	 COST_SPAWN_CHILD,
	COST_SPAWN_FINISH,	  COST_SPAWN_HELPER,	 COST_SPAWN_TRACKER,
	COST_FORKSERVER_SERVER,	  COST_FORKSERVER_CHILD, COST_PPE_FIRST_CALL,
	COST_POOL_WORKER_ENTRY,	  COST_POOL_FIRST_TASK,	 COST_INTERPRETER_CREATE,
	COST_INTERPRETER_DESTROY, COST_MANAGER_START,
};

static bool is_measured_fresh(enum cost cost)
{
	for (size_t i = 0; i < sizeof(measured_fresh) / sizeof(measured_fresh[0]); i++)
		if (measured_fresh[i] == cost)
			return true;
	return false;
}

/* What a fresh interpreter has not executed: all that a library takes time for. */
static struct cost_set nothing_executed(const struct py_runtime *runtime)
{
	struct cost_set set = { { 0 } };

	for (unsigned cost = 0; cost < COST_COUNT && runtime->first > 0; cost++) {
		const struct cost_info *info = &cost_infos[cost];

		if (info->scope == SCOPE_PYTHON && info->nature == NATURE_WORK && info->unit == UNIT_ns &&
		    !is_measured_fresh((enum cost)cost))
			set.words[cost / 64] |= (uint64_t)1 << cost % 64;
	}
	return set;
}

sim_ns interpreter_first_cost(struct interpreter *interpreter, enum cost cost)
{
	const struct py_runtime *runtime = interpreter->runtime;

	interpreter->unexecuted.words[cost / 64] &= ~((uint64_t)1 << cost % 64);
	return sim_time_round((double)runtime->cost_ns[cost] * (1 + runtime->first));
}

struct py_runtime *py_runtime_new(struct machine_model *machine, int minor, bool has_gil, sim_ns switch_interval_ns)
{
	struct py_runtime *runtime = region_alloc(machine->region, sizeof(*runtime));

	runtime->machine = machine;
	runtime->minor = minor;
	runtime->has_gil = has_gil;
	runtime->switch_interval_ns = switch_interval_ns;
	for (int i = 0; i < COST_COUNT; i++)
		runtime->cost_ns[i] = machine_cost(machine, (enum cost)i);
	runtime->first = machine->costs->value[COST_COLD_FIRST];
	return runtime;
}

static struct interpreter *new_in(struct py_runtime *runtime, struct os_process *process)
{
	struct interpreter *interpreter = region_alloc(runtime->machine->region, sizeof(*interpreter));

	interpreter->runtime = runtime;
	interpreter->process = process;
	if (runtime->has_gil)
		interpreter->gil = gil_new(runtime->machine, runtime->switch_interval_ns,
					   runtime->cost_ns[COST_GIL_UNCONTENDED], runtime->cost_ns[COST_GIL_SIGNAL],
					   runtime->cost_ns[COST_GIL_TAKE_AFTER_WAKE]);
	if (runtime->has_gil) {
		interpreter->gc.threshold = runtime->cost_ns[COST_GC_THRESHOLD];
		interpreter->gc.per_object_ns = runtime->cost_ns[COST_GC_PER_OBJECT];
		interpreter->gc.per_far_object_ns = runtime->cost_ns[COST_GC_PER_FAR_OBJECT];
		interpreter->gc.near_objects = runtime->cost_ns[COST_GC_NEAR_OBJECTS];
	}
	interpreter->unexecuted = nothing_executed(runtime);
	interpreter->next = runtime->interpreters;
	runtime->interpreters = interpreter;
	return interpreter;
}

struct interpreter *interpreter_new(struct py_runtime *runtime, struct os_process *process)
{
	struct interpreter *interpreter = new_in(runtime, process);

	process->owner = interpreter;
	return interpreter;
}

struct interpreter *interpreter_new_sub(struct interpreter *main)
{
	return new_in(main->runtime, main->process);
}
