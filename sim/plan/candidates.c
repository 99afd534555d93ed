/*
 * candidates.c - one variant a model, compiled by the scenario compiler itself, so that what cannot run says why.
 */
#include <string.h>

#include "sim/plan/candidates.h"
#include "sim/plan/workload_change.h"
#include "sim/scenario/scenario_keys.h"

#define FREE_THREADED_MINOR 13	  /* PEP 703: 3.13 is the first with such a build */
#define INTERPRETER_POOL_MINOR 14 /* InterpreterPoolExecutor is new in 3.14 */

struct form {
	const char *name, *group;
	const char *keys; /* of the variant, all but `set` */
	int least_minor;  /* of Python 3; 0: any */
	bool without_gil;
	const char *needs;
};

#define PROCESSES_AND_THREADS "processes and threads together"
#define PROCESSES_AND_ASYNCIO "processes and asyncio together"
#define FREE_THREADED_BUILD "a free-threaded build"

/* clang-format off */
static const struct form run_forms[] = {
	{ .name = "sequential", .group = "sequential", .keys = "model: sequential" },
	{ .name = "threads", .group = "threads", .keys = "model: threads" },
	{ .name = "thread_pool", .group = "threads", .keys = "model: thread_pool, workers: 4" },
	{ .name = "asyncio", .group = "asyncio", .keys = "model: asyncio" },
	{ .name = "processes", .group = "processes", .keys = "model: processes" },
	{ .name = "pool", .group = "processes", .keys = "model: pool, workers: 4" },
	{ .name = "process_pool", .group = "processes", .keys = "model: process_pool, workers: 4" },
	{ .name = "server", .group = "processes", .keys = "model: server, workers: 4" },
	{ .name = "threads-in-processes", .group = "mixed", .needs = PROCESSES_AND_THREADS,
	  .keys = "model: processes, workers: 4, each: {model: thread_pool, workers: 4}" },
	{ .name = "asyncio-in-processes", .group = "mixed", .needs = PROCESSES_AND_ASYNCIO,
	  .keys = "model: processes, workers: 4, each: {model: asyncio}" },
	{ .name = "server-threads", .group = "mixed", .needs = PROCESSES_AND_THREADS,
	  .keys = "model: server, workers: 4, each: {model: thread_pool, workers: 4}" },
	{ .name = "server-asyncio", .group = "mixed", .needs = PROCESSES_AND_ASYNCIO,
	  .keys = "model: server, workers: 4, each: {model: asyncio}" },
	{ .name = "free-threaded", .group = "threads", .needs = FREE_THREADED_BUILD,
	  .keys = "model: thread_pool, workers: 4", .least_minor = FREE_THREADED_MINOR, .without_gil = true },
	{ .name = "interpreter_pool", .group = "interpreters", .needs = "Python 3.14",
	  .keys = "model: interpreter_pool, workers: 4", .least_minor = INTERPRETER_POOL_MINOR },
};

static const struct form program_forms[] = {
	{ .name = "program-threads", .group = "threads", .keys = "model: program, spawn: thread" },
	{ .name = "program-processes", .group = "processes", .keys = "model: program, spawn: process" },
	{ .name = "program-coroutines", .group = "asyncio", .keys = "model: program, spawn: coroutine" },
	{ .name = "program-free-threaded", .group = "threads", .needs = FREE_THREADED_BUILD,
	  .keys = "model: program, spawn: thread", .least_minor = FREE_THREADED_MINOR, .without_gil = true },
};
/* clang-format on */

/* What the variant sets, ", set: {...}" or nothing: only what the scenario's own interpreter lacks. */
static const char *settings_of(const struct form *form, const struct python *python, struct region *region)
{
	bool newer = python->minor < form->least_minor;
	bool free_now = python->gil == GIL_OFF;

	if (!newer && (!form->without_gil || free_now))
		return "";
	return region_format(region, ", set: {%s%s%s}",
			     newer ? region_format(region, "python.version: \"3.%d\"", form->least_minor) : "",
			     newer && form->without_gil ? ", " : "", form->without_gil ? "python.gil: off" : "");
}

/* Keys of a scenario that speak of its own variants, as far as its language has them; a candidate has none. */
static const struct {
	const char *key, *none;
} about_variants[] = { { "expect", "expect=[]" }, { "measured", "measured={}" } };

static struct candidate compile(const struct scenario_source *source, const struct form *form,
				const struct python *python, int most_processes, struct region *region)
{
	const char *settings = settings_of(form, python, region);
	const char *overrides[2 + sizeof(about_variants) / sizeof(about_variants[0])];
	size_t count = 0;
	struct candidate candidate = { .name = form->name, .group = form->group };
	struct diagnostics diagnostics;
	struct scenario *scenario;

	for (size_t i = 0; i < sizeof(about_variants) / sizeof(about_variants[0]); i++)
		if (keys_find(&file_table, about_variants[i].key))
			overrides[count++] = about_variants[i].none;
	overrides[count++] = region_format(region, "baseline=%s", form->name);
	overrides[count++] = region_format(region, "variants={%s: {%s%s}}", form->name, form->keys, settings);
	diagnostics_init(&diagnostics, region);
	scenario = scenario_source_load(source, overrides, count, region, &diagnostics);
	/* An interpreter is not needed where the scenario has it already. */
	candidate.needs = form->least_minor > 0 && settings[0] == '\0' ? NULL : form->needs;
	if (!scenario) {
		candidate.why_not = "it cannot be compiled";
		for (size_t i = 0; i < diagnostics.count; i++) {
			if (diagnostics.items[i].severity == DIAGNOSTIC_ERROR) {
				candidate.why_not = diagnostics.items[i].text;
				break;
			}
		}
		return candidate;
	}
	candidate.workload = scenario->workloads[0];
	if (candidate.workload.model.kind == MODEL_PROCESSES && !candidate.workload.model.each &&
	    candidate.workload.run.count > most_processes) {
		candidate.why_not = region_format(region, "%lld processes, one a task, are more than %d (--max-processes)",
						  (long long)candidate.workload.run.count, most_processes);
		return candidate;
	}
	if (!workload_gets_results(&candidate.workload)) {
		candidate.why_not = "a process of its own hands no result back";
		return candidate;
	}
	candidate.has_workers = candidate.workload.model.workers > 0;
	candidate.has_inner_workers = candidate.workload.model.each && candidate.workload.model.each->workers > 0;
	candidate.has_chunksize =
		candidate.workload.model.kind == MODEL_POOL || candidate.workload.model.kind == MODEL_PROCESS_POOL;
	return candidate;
}

static const struct workload *find_run(const struct scenario *base)
{
	for (size_t i = 0; i < base->workload_count; i++)
		if (base->workloads[i].run.kind != RUN_PROGRAM)
			return &base->workloads[i];
	return NULL;
}

/* Work that is there from the start needs nobody who serves. */
static bool fits(const struct form *form, const struct workload *run)
{
	bool is_asked = run->run.kind == RUN_ARRIVALS || run->run.kind == RUN_USERS;

	return is_asked || strncmp(form->keys, "model: server", strlen("model: server")) != 0;
}

/* Whether it matters what `spawn` starts. */
static bool spawns(const struct workload *workload)
{
	for (uint32_t i = 0; i < workload->task_count; i++)
		for (uint32_t at = workload->tasks[i].first; workload->tasks[i].ways && at < workload->tasks[i].end; at++)
			if (workload->steps[at].kind == STEP_SPAWN)
				return true;
	return false;
}

/* A program's variant as it is; what its parts are is its author's decision. */
static struct candidate as_written(const struct workload *workload, struct region *region)
{
	return (struct candidate){
		.name = workload->variant,
		.group = region_format(region, "'%s' as written", workload->variant),
		.workload = *workload,
	};
}

struct candidate_list candidates_find(const struct scenario_source *source, const struct scenario *base,
				      int most_processes, struct region *region)
{
	const struct workload *run = find_run(base);
	const struct python *python = run ? &run->python : &base->workloads[base->baseline].python;
	const struct form *forms = run ? run_forms : program_forms;
	size_t form_count = run ? sizeof(run_forms) / sizeof(run_forms[0])
				: sizeof(program_forms) / sizeof(program_forms[0]);
	struct candidate_list list = { 0 };

	list.items = region_alloc_array(region, form_count + base->workload_count, sizeof(list.items[0]));
	for (size_t i = 0; i < form_count; i++) {
		if (run ? !fits(&forms[i], run) : !spawns(&base->workloads[base->baseline]))
			continue;
		list.items[list.count++] = compile(source, &forms[i], python, most_processes, region);
	}
	for (size_t i = 0; !run && i < base->workload_count; i++)
		list.items[list.count++] = as_written(&base->workloads[i], region);
	return list;
}
