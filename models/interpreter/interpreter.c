/*
 * interpreter.c - see interpreter.h.
 */
#include "models/interpreter/interpreter.h"

struct py_runtime *py_runtime_new(struct machine_model *machine, int minor, bool has_gil, sim_ns switch_interval_ns)
{
	struct py_runtime *runtime = region_alloc(machine->region, sizeof(*runtime));

	runtime->machine = machine;
	runtime->minor = minor;
	runtime->has_gil = has_gil;
	runtime->switch_interval_ns = switch_interval_ns;
	for (int i = 0; i < COST_COUNT; i++)
		runtime->cost_ns[i] = machine_cost(machine, (enum cost)i);
	return runtime;
}

static struct interpreter *new_in(struct py_runtime *runtime, struct os_process *process)
{
	struct interpreter *interpreter = region_alloc(runtime->machine->region, sizeof(*interpreter));

	interpreter->runtime = runtime;
	interpreter->process = process;
	if (runtime->has_gil)
		interpreter->gil = gil_new(
			runtime->machine, runtime->switch_interval_ns, runtime->cost_ns[COST_GIL_UNCONTENDED],
			runtime->cost_ns[COST_GIL_SIGNAL], runtime->cost_ns[COST_GIL_TAKE_AFTER_WAKE]);
	interpreter->gc = (struct garbage_collector){
		.has_generations = runtime->has_gil,
		.threshold = runtime->cost_ns[COST_GC_THRESHOLD],
		.near_objects = runtime->cost_ns[COST_GC_NEAR_OBJECTS],
		.per_object_ns = runtime->cost_ns[COST_GC_PER_OBJECT],
		.per_far_object_ns = runtime->cost_ns[COST_GC_PER_FAR_OBJECT],
		.heap_ns = runtime->cost_ns[COST_GC_HEAP],
	};
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

bool interpreter_first_time(struct interpreter *interpreter, unsigned what)
{
	bool is_first = interpreter->first_times & what;

	interpreter->first_times &= ~what;
	return is_first;
}
