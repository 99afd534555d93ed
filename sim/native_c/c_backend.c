/*
 * c_backend.c - see c_backend.h. This is gilsim's side: the workload is executed by a child (c_program.c), which is
 * watched as an interpreter would be.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native_c/c_backend.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/native/native_cpus.h"
#include "sim/native/native_process.h"
#include "sim/native/native_records.h"
#include "sim/native/native_trace.h"
#include "sim/native_c/c_instance.h"
#include "sim/native_c/c_models.h"
#include "sim/native_c/c_program.h"
#include "sim/native_c/c_resources.h"
#include "sim/native_c/c_spin.h"
#include "sim/native_c/c_steps.h"
#include "sim/profile/python_version.h"

/* Tasks that tasks start: room for so many. */
#define STARTED_LIMIT 100000

/* ---- What it can run ---- */

static bool forks(const struct model *model)
{
	return model->kind == MODEL_PROCESSES || model->kind == MODEL_POOL ||
	       (model->kind == MODEL_PROGRAM && model->spawn == SPAWN_PROCESS);
}

static const char *why_not_step(const struct workload *workload, const struct task *task, const struct step *step)
{
	static const char *const unknown = "the c backend does not know a step in it under this model";

	if (((task->ways & TASK_AS_FUNCTION) && !c_step_is_known(step->kind, false)) ||
	    ((task->ways & TASK_AS_COROUTINE) && !c_step_is_known(step->kind, true)))
		return unknown;
	if (step->kind == STEP_IO && step->io_via == IO_SOCKET)
		return "the c backend has no sockets";
	/* Results, and waiting for them with a time limit. */
	if (step->kind == STEP_GATHER || step->kind == STEP_AWAIT || step->kind == STEP_JOIN)
		if (step->variable != INDEX_NONE || step->timeout_ns != TIMEOUT_NONE)
			return "the c backend has no results of tasks, and no time limits on them";
	if (step->resource < workload->resource_count)
		return c_resource_why_not(&workload->resources[step->resource]);
	return NULL;
}

static const char *why_not_workload(const struct workload *workload)
{
	const char *why_not = NULL;

	if (workload->run.kind == RUN_ARRIVALS || workload->run.kind == RUN_USERS)
		return "the c backend has no load generator";
	if (workload->python.gil == GIL_PER_INTERPRETER)
		return "the c backend has one GIL or none";
	if (workload->python.loop == LOOP_UVLOOP)
		return "the c backend's loop follows asyncio's, not uvloop";
	if (python_has(workload->python.minor, PYTHON_LOCK_IS_MUTEX))
		return "the c backend's locks are those of CPython up to 3.13";
	if (workload->machine.quota_cores > 0 || workload->machine.memory_bytes > 0)
		return "the c backend has no limits of CPU time and memory";
	if (forks(&workload->model) && workload->python.start != START_FORK)
		return "the c backend starts processes by fork only";
	why_not = c_model_why_not(workload, &workload->model);
	for (uint32_t i = 0; i < workload->task_count && !why_not; i++) {
		const struct task *task = &workload->tasks[i];

		for (uint32_t at = task->first; task->ways != 0 && at < task->end && !why_not; at++)
			why_not = why_not_step(workload, task, &workload->steps[at]);
	}
	return why_not;
}

bool c_backend_can_run(const struct workload *workload, const char **why_not)
{
	*why_not = why_not_workload(workload);
	return *why_not == NULL;
}

/* ---- Costs ---- */

/* What CPython's algorithms have in common with this backend's, and no time that its code takes. */
static bool stays(const struct cost_info *info)
{
	return info->scope == SCOPE_MACHINE || (info->nature == NATURE_RULE && info->unit == UNIT_ns);
}

void c_backend_adapt(struct workload *workload)
{
	double *costs = workload->machine.costs.value;
	double rates_ns[3];

	c_spin_nominal(rates_ns);
	for (enum cost cost = 0; cost < COST_COUNT; cost++)
		if (!stays(&cost_infos[cost]))
			costs[cost] = cost_infos[cost].ideal;
	costs[COST_SPIN_PYTHON] = workload->python.spin_python_ns = rates_ns[0];
	costs[COST_SPIN_C] = workload->python.spin_c_ns = rates_ns[1];
	costs[COST_SPIN_NATIVE] = workload->python.spin_native_ns = rates_ns[2];
	workload->python.slowdown_python = workload->python.slowdown_c = workload->python.slowdown_native = 1;
	workload->machine.note = "the machine's costs alone, for the c backend";
}

/* ---- One run ---- */

static int64_t task_count(const struct workload *workload)
{
	int64_t count = workload->run.kind == RUN_PROGRAM ? 0 : workload->run.count;

	for (uint32_t at = 0; at < workload->step_count; at++)
		if (workload->steps[at].start && workload->steps[at].kind != STEP_CALL)
			return count + STARTED_LIMIT;
	return count;
}

static void fill_stages(const struct native_records *records, double makespan_s, struct region *region,
			struct variant_result *result)
{
	const struct c_shared *shared = c_run.shared;
	size_t count = (size_t)shared->stage_count;

	result->stages = region_alloc_array(region, count, sizeof(*result->stages));
	result->stage_count = count;
	for (size_t i = 0; i < count; i++) {
		result->stages[i].name = shared->stages[i].name;
		result->stages[i].start_s = sim_time_seconds(shared->stages[i].at_ns - records->clock->start_ns);
		result->stages[i].end_s = makespan_s;
		if (i > 0)
			result->stages[i - 1].end_s = result->stages[i].start_s;
	}
}

static void fill_run(const struct workload *workload, const struct native_records *records, struct region *region,
		     struct native_run *run)
{
	const struct c_shared *shared = c_run.shared;
	double makespan_s = sim_time_seconds(records->clock->end_ns - records->clock->start_ns);
	double cores_s = makespan_s * workload->machine.cores;

	for (int kind = 0; kind < 3; kind++) {
		run->spin_before[kind] = shared->spin_before_ns[kind];
		run->spin_after[kind] = shared->spin_after_ns[kind];
	}
	if (isfinite(shared->all_busy_speed[0]) && isfinite(shared->all_busy_speed[1]))
		run->all_busy_speed = fmin((shared->all_busy_speed[0] + shared->all_busy_speed[1]) / 2, 1);
	run->result.context_switches = (double)shared->context_switches;
	if (cores_s > 0) {
		run->result.utilisation_cores = shared->cpu_s / cores_s;
		if (isfinite(shared->everybodys_cpu_s))
			run->others_share = fmax(shared->everybodys_cpu_s - shared->cpu_s, 0) / cores_s;
	}
	fill_stages(records, makespan_s, region, &run->result);
}

static bool understand(const struct workload *workload, const struct native_output *output,
		       const struct native_records *records, struct region *region, struct native_run *run,
		       struct native_error *error)
{
	bool was_cut_off = output->timed_out || output->limit_reached;
	bool is_counted = workload->run.kind == RUN_COUNT || workload->run.kind == RUN_ITEMS;

	if (!was_cut_off &&
	    (!WIFEXITED(output->status) || WEXITSTATUS(output->status) != 0 || !c_run.shared->is_complete)) {
		native_error_set(error, "the c backend failed to run variant '%s': %s%s%s", workload->variant,
				 native_process_fate(output->status, region), output->last_words[0] ? ": " : "",
				 output->last_words);
		return false;
	}
	run->result.measured = true;
	if (was_cut_off) {
		records->clock->end_ns = 0; /* it may have stopped just before */
		run->result.limit_reached = output->limit_reached;
		if (output->timed_out)
			run->result.note = "killed when its time was up";
	} else {
		fill_run(workload, records, region, run);
		native_records_pace(records, run->spin_during);
		if (is_counted)
			native_records_slowness(records, (size_t)workload->run.count, region, run);
	}
	native_records_summarise(records, is_counted ? (size_t)workload->run.count : SIZE_MAX, region,
				 &run->result);
	return true;
}

/* c_run, as the child inherits it. */
static bool share_with_child(const struct workload *workload, const struct native_options *options,
			     const struct native_records *records, const char *steps_path,
			     struct native_error *error)
{
	c_run = (struct c_run){
		.workload = workload,
		.shared = mmap(NULL, sizeof(*c_run.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			       0),
		.clock = records->memory,
		.records = (struct native_record *)records->memory + 1,
		.who = options->trace ? (uint64_t *)records->who : NULL,
		.record_count = records->count,
		.steps_fd = -1,
	};
	if (c_run.shared == MAP_FAILED) {
		native_error_set(error, "no memory to share with the c backend");
		return false;
	}
	atomic_init(&c_run.shared->next_record, workload->run.kind == RUN_PROGRAM ? 0 : workload->run.count);
	if (options->trace)
		c_run.steps_fd = open(steps_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return true;
}

static void end_sharing(void)
{
	munmap(c_run.shared, sizeof(*c_run.shared));
	if (c_run.steps_fd >= 0)
		close(c_run.steps_fd);
}

static bool run_in_child(const struct workload *workload, const struct native_options *options,
			 struct native_cpus *cpus, const struct native_records *records, struct region *region,
			 struct native_run *run, struct native_error *error)
{
	const char *folder = options->trace ? native_folder_new(region, error) : NULL;
	const char *steps_path = folder ? region_format(region, "%s/steps", folder) : NULL;
	const struct native_command command = {
		.body = c_program_main,
		.body_context = cpus,
		.argv = (const char *const[]){ "the c backend", NULL },
		.timeout_ns = options->timeout_ns > 0 ? options->timeout_ns : SIM_NS_MAX,
		.clock_started_ns = &records->clock->start_ns,
		.limit_ns = workload->limit_ns,
	};
	struct native_output output;
	bool ok = (!options->trace || folder) && share_with_child(workload, options, records, steps_path, error);

	if (ok) {
		ok = native_process_run(&command, region, &output, error) &&
		     understand(workload, &output, records, region, run, error);
		end_sharing();
	}
	if (ok && options->trace) {
		native_records_tasks(records, region, run);
		native_trace_read(steps_path, records->clock->start_ns, region, run);
	}
	if (folder)
		native_folder_remove(folder);
	return ok;
}

static void init_run(const struct workload *workload, struct native_run *run)
{
	memset(run, 0, sizeof(*run));
	variant_result_init(&run->result);
	run->result.name = workload->variant;
	run->result.model = model_names[workload->model.kind];
	if (workload->model.kind == MODEL_THREAD_POOL || workload->model.kind == MODEL_POOL)
		run->result.workers = workload->model.workers;
	for (int kind = 0; kind < 3; kind++)
		run->spin_before[kind] = run->spin_after[kind] = run->spin_during[kind] = NAN;
	run->all_busy_speed = run->others_share = run->stolen_share = run->library_ns = NAN;
}

bool c_backend_execute(const struct workload *workload, const struct native_options *options, struct region *region,
		       struct native_run *run, struct native_error *error)
{
	struct native_records records;
	struct native_cpus cpus;
	const char *why_not;
	bool ok;

	init_run(workload, run);
	if (!c_backend_can_run(workload, &why_not)) {
		native_error_set(error, "%s", why_not);
		return false;
	}
	if (!native_cpus_choose(&cpus, options->cpus, workload->machine.cores, error) ||
	    !native_records_init(&records, (size_t)task_count(workload), error))
		return false;
	ok = run_in_child(workload, options, &cpus, &records, region, run, error);
	if (ok && workload->run.mix_count > 0)
		native_records_classes(&records, workload, (size_t)workload->run.count, region, &run->result);
	native_records_release(&records);
	return ok;
}
