/*
 * simulate.c - see simulate.h.
 */
#include "models/simulate/simulate.h"

#include <inttypes.h>

#include "models/library/aio_task.h"
#include "models/simulate/background.h"
#include "models/simulate/deadlock.h"
#include "models/simulate/drivers.h"
#include "models/simulate/resources.h"
#include "models/simulate/simulation.h"
#include "models/simulate/steps.h"
#include "models/simulate/task_program.h"
#include "sim/base/wish.h"

/* How long the main interpreter's GIL has been held so far. */
static sim_ns locked_ns(const struct simulation *simulation)
{
	struct gil *gil = simulation->interpreter->gil;

	if (!gil)
		return 0;
	gil_account(gil);
	return gil->locked_ns;
}

void simulation_start_clock(struct simulation *simulation)
{
	simulation->started = true;
	simulation->start_ns = engine_now(simulation->engine);
	task_statistics_start(simulation);
	simulation->locked_at_start_ns = locked_ns(simulation);
	machine_trace(simulation->machine, NULL, TRACE_MARK, "start", NULL, 0);
}

void simulation_stop_clock(struct simulation *simulation)
{
	simulation->finished = true;
	simulation->end_ns = engine_now(simulation->engine);
	machine_trace(simulation->machine, NULL, TRACE_MARK, "stop", NULL, 0);
	engine_stop(simulation->engine);
}

void simulation_mark_stage(struct simulation *simulation, const char *name)
{
	simulation->stages = region_grow(simulation->region, simulation->stages, simulation->stage_count,
					 &simulation->stage_capacity, sizeof(*simulation->stages));
	simulation->stages[simulation->stage_count++] =
		(struct stage_mark){ .name = name, .at_ns = engine_now(simulation->engine) };
}

/* ---- Building ---- */

static const enum mp_start_method start_methods[] = {
	[START_FORK] = MP_FORK,
	[START_SPAWN] = MP_SPAWN,
	[START_FORKSERVER] = MP_FORKSERVER,
};

/* What the program's modules keep, in each process that imports them. */
static int64_t imports_bytes(const struct workload *workload)
{
	bool has_coroutines = false;

	for (uint32_t i = 0; i < workload->task_count; i++)
		has_coroutines = has_coroutines || (workload->tasks[i].ways & TASK_AS_COROUTINE) != 0;
	return workload->python.imports_bytes +
	       (has_coroutines ? (int64_t)workload->machine.costs.value[COST_MEMORY_ASYNCIO] : 0);
}

static void build(struct simulation *simulation, const struct simulate_options *options)
{
	const struct workload *workload = simulation->workload;
	struct region *region = simulation->region;
	struct machine_config config = {
		.cores = workload->machine.cores,
		.kernel_cpus = workload->machine.kernel_cpus,
		.quota_cores = workload->machine.quota_cores,
		.quota_period_ns = workload->machine.quota_period_ns,
		.costs = &workload->machine.costs,
		.seed = workload->seed,
		.replication = options->replication,
		.trace = options->trace,
		.memory_bytes = workload->machine.memory_bytes,
		.activity_names = activity_names,
	};
	bool has_gil = workload->python.gil != GIL_OFF;
	struct os_process *process;
	struct py_thread *main_thread;

	simulation->replication = options->has_native_draws ? 0 : options->replication;
	simulation->engine = engine_new(region);
	engine_set_merging(simulation->engine, !options->unmerged);
	if (options->wish_to_stop)
		engine_heed(simulation->engine, options->wish_to_stop);
	if (options->limits.events > 0)
		engine_limit_events(simulation->engine, options->limits.events);
	simulation->machine = machine_new(region, simulation->engine, &config);
	simulation->runtime = py_runtime_new(simulation->machine, workload->python.minor, has_gil,
					     workload->python.switch_interval_ns);
	simulation->runtime->has_uvloop = workload->python.loop == LOOP_UVLOOP;
	process = os_process_new(simulation->machine, NULL, "main", 0);
	os_process_use_memory(process, machine_cost(simulation->machine, COST_MEMORY_INTERPRETER) + imports_bytes(workload));
	os_process_use_files(process, machine_cost(simulation->machine, COST_MEMORY_CODE));
	simulation->interpreter = interpreter_new(simulation->runtime, process);
	simulation->objects = region_alloc_array(region, workload->resource_count, sizeof(*simulation->objects));
	simulation->context = (struct mp_context){
		.method = start_methods[workload->python.start],
		.imports_ns = workload->python.imports_ns,
		.imports_bytes = imports_bytes(workload),
	};
	task_programs_init(simulation);
	task_statistics_init(simulation);
	sample_set_init(&simulation->loops.lags, region);
	if (workload->machine.background > 0)
		background_start(simulation);
	main_thread = py_thread_new(simulation->interpreter, "MainThread", driver_for(workload), simulation);
	os_thread_start(main_thread->os);
}

/* ---- Reading out ---- */

static const enum time_part part_of_activity[ACTIVITY_COUNT] = {
	[ACTIVITY_RUN_QUEUE] = TIME_RUN_QUEUE, [ACTIVITY_SWITCHING] = TIME_SWITCHING,
	[ACTIVITY_THROTTLED] = TIME_THROTTLED, [ACTIVITY_OVERHEAD] = TIME_SWITCHING,
	[ACTIVITY_PYTHON] = TIME_PYTHON,       [ACTIVITY_C] = TIME_C,
	[ACTIVITY_NATIVE] = TIME_NATIVE,       [ACTIVITY_GIL_WAIT] = TIME_GIL_WAIT,
	[ACTIVITY_IO] = TIME_IO,	       [ACTIVITY_LOCK_WAIT] = TIME_LOCK_WAIT,
	[ACTIVITY_QUEUE_WAIT] = TIME_QUEUE_WAIT, [ACTIVITY_IPC] = TIME_IPC,
	[ACTIVITY_START_UP] = TIME_START_UP,   [ACTIVITY_LOOP_WAIT] = TIME_LOOP_WAIT,
};

/* What unfinished tasks are at, or wait for, is counted up to the end of the run. */
static void take_stock(struct simulation *simulation)
{
	for (struct interpreter *it = simulation->runtime->interpreters; it; it = it->next) {
		for (struct os_thread *thread = it->process->threads; thread; thread = thread->next_in_process) {
			if (thread->state == THREAD_NEW)
				continue;
			if (!simulation->finished)
				os_thread_account_to(thread, thread->time_in);
			if (py_current(thread) && aio_running_loop(thread))
				aio_tasks_take_stock(aio_running_loop(thread));
		}
	}
}

static void read_times(struct simulation *simulation, struct variant_result *result)
{
	sim_ns behind_ns[GIL_HOLDER_KIND_COUNT] = { 0 };
	uint64_t switches = 0;

	for (int i = 0; i < TIME_PART_COUNT; i++)
		result->time_in_s[i] = 0;
	for (int i = 0; i < ACTIVITY_COUNT; i++)
		result->time_in_s[part_of_activity[i]] += sim_time_seconds(simulation->time_in_ns[i]);
	for (struct interpreter *it = simulation->runtime->interpreters; it; it = it->next) {
		if (!it->gil)
			continue;
		gil_account(it->gil);
		switches += it->gil->switch_count;
		for (int kind = 0; kind < GIL_HOLDER_KIND_COUNT; kind++)
			behind_ns[kind] += it->gil->waited_behind_ns[kind];
	}
	result->gil_wait_behind_python_s = sim_time_seconds(behind_ns[GIL_HOLDER_PYTHON]);
	result->gil_wait_behind_c_s = sim_time_seconds(behind_ns[GIL_HOLDER_C]);
	if (simulation->runtime->has_gil) {
		result->gil_switches = (double)switches;
		if (result->makespan_s > 0)
			result->utilisation_gil = sim_time_seconds(locked_ns(simulation) - simulation->locked_at_start_ns) /
						  result->makespan_s;
	}
}

/* How late the event loops were, and who held them up. */
static void read_loops(struct simulation *simulation, struct region *region, struct variant_result *result)
{
	struct sample_set *lags = &simulation->loops.lags;

	if (lags->count > 0) {
		result->loop_lag_mean_s = sample_set_mean(lags) / 1e9;
		result->loop_lag_p99_s = sample_set_percentile(lags, 0.99) / 1e9;
		result->loop_lag_max_s = sim_time_seconds(lags->max);
	}
	for (const struct aio_slow_callback *it = simulation->loops.slow; it; it = it->next)
		result->note = region_format(region,
					     "%s%sthe event loop stood still in '%s' %" PRIu64 " times, for up to %g ms",
					     result->note ? result->note : "", result->note ? "; " : "", it->name,
					     it->count, (double)it->longest_ns / 1e6);
}

/* A stage lasts until the next is marked, the last one until the end. */
static void read_stages(const struct simulation *simulation, struct region *region, struct variant_result *result)
{
	if (simulation->stage_count == 0)
		return;
	result->stages = region_alloc_array(region, simulation->stage_count, sizeof(*result->stages));
	result->stage_count = simulation->stage_count;
	for (size_t i = 0; i < simulation->stage_count; i++) {
		sim_ns end_ns = i + 1 < simulation->stage_count ? simulation->stages[i + 1].at_ns :
								   simulation->end_ns;

		result->stages[i].name = simulation->stages[i].name;
		result->stages[i].start_s = sim_time_seconds(simulation->stages[i].at_ns - simulation->start_ns);
		result->stages[i].end_s = sim_time_seconds(end_ns - simulation->start_ns);
	}
}

static void read_out(struct simulation *simulation, bool limited, struct region *region,
		     struct variant_result *result)
{
	const struct workload *workload = simulation->workload;
	const struct machine_model *machine = simulation->machine;

	if (!simulation->finished)
		simulation->end_ns = engine_now(simulation->engine);
	take_stock(simulation);
	result->measured = true;
	result->completed = (double)simulation->completed;
	result->failed = (double)simulation->failed;
	result->timed_out = (double)simulation->timed_out;
	result->cancelled = (double)simulation->cancelled;
	result->rejected = (double)simulation->rejected;
	result->retries = (double)simulation->retries;
	result->lost_updates = (double)simulation->lost_updates;
	result->unfinished = (double)(simulation->released - simulation->completed - simulation->failed -
				      simulation->timed_out - simulation->cancelled - simulation->rejected);
	result->deadlock = !simulation->finished && (simulation->stuck || !limited);
	result->limit_reached = !simulation->finished && !result->deadlock;
	if (result->deadlock)
		result->deadlock_report = deadlock_report(simulation, region);
	if (simulation->finished)
		result->makespan_s = sim_time_seconds(simulation->end_ns - simulation->start_ns);
	read_times(simulation, result);
	read_stages(simulation, region, result);
	result->context_switches = (double)machine->context_switches;
	result->peak_memory_bytes = (double)machine->peak_memory_bytes;
	result->events = (double)(engine_event_count(simulation->engine) + engine_advance_count(simulation->engine));
	result->note = workload->machine.note;
	task_statistics_read(simulation, region, result);
	if (machine->out_of_memory)
		result->note = region_format(region,
					     "out of memory: more than the machine's %g MiB were needed, and the "
					     "kernel would kill a process",
					     (double)workload->machine.memory_bytes / 1048576);
	read_loops(simulation, region, result);
}

void simulate_check(const struct workload *workload, struct diagnostics *diagnostics)
{
	steps_check(workload, diagnostics);
}

static void run(const struct workload *workload, const struct simulate_options *options, struct region *run_region,
		struct region *region, struct variant_result *result)
{
	struct simulation *simulation = region_alloc(run_region, sizeof(*simulation));
	bool limited;

	simulation->workload = workload;
	simulation->region = run_region;
	build(simulation, options);
	limited = engine_run(simulation->engine, workload->limit_ns);
	read_out(simulation, limited, region, result);
	if (simulation->finished)
		return;
	if (wish_is_there(options->wish_to_stop)) {
		result->limit_reached = false;
		result->note = "interrupted";
	} else if (engine_is_exhausted(simulation->engine)) {
		result->note = region_format(region, "stopped after %" PRIu64 " events, which is the limit (--max-events)",
					     options->limits.events);
	}
}

/* What is left of a run that its limit of memory has ended. */
static void report_memory(const struct simulate_options *options, struct region *region, struct variant_result *result)
{
	result->measured = true;
	result->limit_reached = true;
	result->note = region_format(region, "stopped: it takes more than %zu MiB of memory, which is the limit "
				     "(--max-memory)", options->limits.memory_bytes >> 20);
}

static void name_result(const struct workload *workload, struct variant_result *result)
{
	variant_result_init(result);
	result->name = workload->variant;
	result->model = model_names[workload->model.kind];
	result->workers = workload->model.workers;
}

void simulate(const struct workload *workload, const struct simulate_options *options, struct region *region,
	      struct variant_result *result)
{
	jmp_buf *outer = region->unwind;
	struct region run_region;
	jmp_buf failed;

	name_result(workload, result);
	region_init(&run_region);
	run_region.limit_bytes = options->limits.memory_bytes > 0 ? options->limits.memory_bytes : region->limit_bytes;
	/* What the results take may fail, too, while the run is still there. */
	run_region.unwind = region->unwind = &failed;
	if (setjmp(failed)) {
		bool is_limited = run_region.is_over_limit && options->limits.memory_bytes > 0;

		region->unwind = outer;
		region_release(&run_region);
		if (!is_limited)
			region_fail(region);
		name_result(workload, result);
		report_memory(options, region, result);
		return;
	}
	run(workload, options, &run_region, region, result);
	region->unwind = outer;
	region_release(&run_region);
}
