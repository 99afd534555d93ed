/*
 * native_cpython.c - executes a compiled workload once on CPython, by the harness.
 *
 * Steps: the workload becomes JSON; harness and JSON go to a private folder; the interpreter runs the
 * harness in a session of its own, confined to the chosen CPUs; what each task did is read from memory
 * shared with it, the rest from the JSON that it prints.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native/native.h"

#include <assert.h>
#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/native/native_cpus.h"
#include "sim/native/native_embed.h"
#include "sim/native/native_process.h"
#include "sim/native/native_quota.h"
#include "sim/native/native_records.h"
#include "sim/native/native_trace.h"
#include "sim/native/workload_json.h"

/* Why this quota cannot be set for the program alone; NULL: it can. */
static const char *quota_why_not(const struct workload *workload)
{
	if (workload->run.kind == RUN_ARRIVALS || workload->machine.background > 0)
		return "a CPU quota beside other processes (arrivals, background) is not applied natively";
	if (!native_quota_is_allowed())
		return "a CPU quota cannot be set: that needs a cgroup with the cpu controller that may be written to";
	return NULL;
}

/* Whether any resource is an object that tasks use; a listener's socket is the server's own. */
static bool has_shared_resources(const struct workload *workload)
{
	for (uint32_t i = 0; i < workload->resource_count; i++)
		if (workload->resources[i].kind != RESOURCE_LISTENER)
			return true;
	return false;
}

bool native_can_run(const struct workload *workload, const struct native_python *python, const char **why_not)
{
	if (workload->python.gil == GIL_PER_INTERPRETER) {
		*why_not = "one GIL an interpreter is not run natively yet";
		return false;
	}
	if (workload->python.loop == LOOP_UVLOOP) {
		*why_not = "uvloop is no part of Python and not run natively: not measured";
		return false;
	}
	if (workload->python.gil == GIL_OFF && !python->free_threaded_build) {
		*why_not = "gil: off needs a free-threaded build";
		return false;
	}
	if (workload->machine.memory_bytes > 0) {
		*why_not = "a limit of the machine's memory is not applied natively";
		return false;
	}
	if (workload->machine.quota_cores > 0) {
		*why_not = quota_why_not(workload);
		if (*why_not)
			return false;
	}
	if (workload->python.start != START_FORK && has_shared_resources(workload) &&
	    (workload->model.kind == MODEL_PROCESSES || workload->model.kind == MODEL_POOL ||
	     workload->model.kind == MODEL_SERVER ||
	     (workload->model.kind == MODEL_PROGRAM && workload->model.spawn == SPAWN_PROCESS))) {
		*why_not = "resources shared by processes that are not forked are not run natively yet";
		return false;
	}
	return workload_json_is_possible(workload, why_not);
}

/* ---- The harness's answer ---------------------------------------------------------------------------- */

static bool read_rates(const json_t *rates, double out[3])
{
	if (json_array_size(rates) != 3)
		return false;
	for (size_t i = 0; i < 3; i++) {
		out[i] = json_number_value(json_array_get(rates, i));
		if (!(out[i] > 0) || !isfinite(out[i]))
			return false;
	}
	return true;
}

/* A stage lasts until the next one begins, the last one until the end. */
static void read_stages(const json_t *stages, double makespan_s, struct region *region,
			struct variant_result *result)
{
	size_t count = json_array_size(stages);

	result->stages = region_alloc_array(region, count, sizeof(*result->stages));
	result->stage_count = count;
	for (size_t i = 0; i < count; i++) {
		const json_t *stage = json_array_get(stages, i);
		const char *name = json_string_value(json_array_get(stage, 0));

		result->stages[i].name = region_strdup(region, name ? name : "");
		result->stages[i].start_s = json_number_value(json_array_get(stage, 1)) / 1e9;
		result->stages[i].end_s = makespan_s;
		if (i > 0)
			result->stages[i - 1].end_s = result->stages[i].start_s;
	}
}

static void read_others(const json_t *root, double cores_s, struct native_run *run)
{
	const json_t *everybody = json_object_get(root, "everybodys_cpu_s");
	double others_s = json_number_value(everybody) - json_number_value(json_object_get(root, "cpu_s"));

	if (json_is_number(everybody) && cores_s > 0)
		run->others_share = fmax(others_s, 0) / cores_s;
	if (json_is_number(json_object_get(root, "stolen_s")) && cores_s > 0)
		run->stolen_share = json_number_value(json_object_get(root, "stolen_s")) / cores_s;
}

/* The server that stands for those outside (io_via: socket): what it took, and what its answers were late by. */
static void add_server_note(const json_t *server, double makespan_s, struct region *region,
			    struct variant_result *result)
{
	if (json_array_size(server) != 4 || makespan_s <= 0)
		return;
	result->note = region_format(
		region, "the server on this machine answered %lld requests, %.0f us late on average and %.0f us at most; "
			"it took %.1f %% of a core",
		(long long)json_integer_value(json_array_get(server, 0)),
		1e6 * json_number_value(json_array_get(server, 1)), 1e6 * json_number_value(json_array_get(server, 2)),
		100 * json_number_value(json_array_get(server, 3)) / makespan_s);
}

static bool read_answer(const char *text, const struct workload *workload, struct region *region,
			struct native_run *run)
{
	json_t *root = json_loads(text, 0, NULL);
	double makespan_s = json_number_value(json_object_get(root, "makespan_ns")) / 1e9;
	const json_t *gil = json_object_get(root, "gil");
	const json_t *generator = json_object_get(root, "generator_cpu_s");
	bool ok = json_is_object(root) && json_is_integer(json_object_get(root, "makespan_ns")) &&
		  json_is_boolean(gil) && read_rates(json_object_get(root, "spin_before_ns"), run->spin_before) &&
		  read_rates(json_object_get(root, "spin_after_ns"), run->spin_after);

	if (ok) {
		struct variant_result *result = &run->result;
		const json_t *speeds = json_object_get(root, "all_busy_speed");
		double before = json_number_value(json_array_get(speeds, 0));
		double after = json_number_value(json_array_get(speeds, 1));

		if (before > 0 && after > 0)
			run->all_busy_speed = (before + after) / 2;
		run->library_ns = json_number_value(json_object_get(root, "library_ns"));
		read_others(root, makespan_s * workload->machine.cores, run);
		read_stages(json_object_get(root, "stages"), makespan_s, region, result);
		result->context_switches = json_number_value(json_object_get(root, "context_switches"));
		if (makespan_s > 0 && workload->machine.cores > 0)
			result->utilisation_cores = json_number_value(json_object_get(root, "cpu_s")) / makespan_s /
						    workload->machine.cores;
		if (json_is_number(generator) && makespan_s > 0)
			result->note = region_format(region, "the load generator took %.1f %% of a core",
						     100 * json_number_value(generator) / makespan_s);
		add_server_note(json_object_get(root, "server"), makespan_s, region, result);
		if (json_is_true(gil) != (workload->python.gil == GIL_ON))
			result->note = "the interpreter ran with the other setting of its GIL";
	}
	json_decref(root);
	return ok;
}

/* ---- One run ----------------------------------------------------------------------------------------- */

struct files {
	const char *folder, *harness, *workload, *steps;
};

static bool write_files(struct files *files, const struct workload_json *json, struct region *region,
			struct native_error *error)
{
	files->folder = native_folder_new(region, error);
	if (!files->folder)
		return false;
	if (!native_embed_write(files->folder, region, error))
		return false;
	files->harness = region_format(region, "%s/harness.py", files->folder);
	files->steps = region_format(region, "%s/steps", files->folder);
	files->workload =
		native_folder_write(files->folder, "workload.json", json->text, json->length_bytes, region, error);
	return files->workload != NULL;
}

static bool run_harness(const struct workload *workload, const struct native_python *python,
			const struct native_options *options, const struct files *files,
			const struct native_records *records, const struct native_quota *quota,
			int64_t *peak_memory_bytes, struct region *region, struct native_output *output,
			struct native_error *error)
{
	const char *argv[10];
	size_t count = 0;
	/* Whatever multiprocessing wants to put down goes where it will be removed. */
	const char *environment[] = {
		region_format(region, "TMPDIR=%s", files->folder),
		region_format(region, "GILSIM_RECORDS=/proc/%d/fd/%d", (int)getpid(), records->fd),
		/* Whether there is one or not, so that nobody else's is taken for it. */
		region_format(region, "GILSIM_QUOTA=%s", quota->folder ? quota->enter : ""),
		region_format(region, "GILSIM_NO_QUOTA=%s", quota->folder ? quota->leave : ""),
		options->glance ? "GILSIM_GLANCE=1" : "GILSIM_GLANCE=",
		options->trace ? region_format(region, "GILSIM_TRACE=%s", files->steps) : NULL, NULL
	};
	const struct native_command command = {
		.argv = argv,
		.environment = environment,
		.timeout_ns = options->timeout_ns > 0 ? options->timeout_ns : SIM_NS_MAX,
		.clock_started_ns = &records->clock->start_ns,
		.limit_ns = workload->limit_ns,
		.peak_memory_bytes = options->memory ? peak_memory_bytes : NULL,
	};

	argv[count++] = python->executable;
	if (python->free_threaded_build) {
		/* PYTHON_GIL would do, but -I ignores the environment. */
		argv[count++] = "-X";
		argv[count++] = workload->python.gil == GIL_OFF ? "gil=0" : "gil=1";
	}
	/* -I: no user site, no PYTHON* variables; -S: no site; -B: leaves no .pyc files. */
	argv[count++] = "-I";
	argv[count++] = "-S";
	argv[count++] = "-B";
	argv[count++] = files->harness;
	argv[count++] = files->workload;
	argv[count] = NULL;
	return native_process_run(&command, region, output, error);
}

static bool understand(const struct workload *workload, const struct native_python *python,
		       const struct native_output *output, const struct native_records *records,
		       struct region *region, struct native_run *run, struct native_error *error)
{
	struct variant_result *result = &run->result;
	bool is_counted = workload->run.kind == RUN_COUNT || workload->run.kind == RUN_ITEMS;
	size_t expected = is_counted ? (size_t)workload->run.count : SIZE_MAX;

	result->measured = true;
	if (output->timed_out || output->limit_reached) {
		/* The harness may have stopped the clock just before; the run is cut off all the same. */
		records->clock->end_ns = 0;
		result->limit_reached = output->limit_reached;
		if (output->timed_out)
			result->note = "killed when its time was up";
		native_records_summarise(records, expected, region, result);
		return true;
	}
	if (!WIFEXITED(output->status) || WEXITSTATUS(output->status) != 0) {
		native_error_set(error, "'%s' failed to run variant '%s': %s%s%s", python->executable,
				 workload->variant, native_process_fate(output->status, region),
				 output->last_words[0] ? ": " : "", output->last_words);
		return false;
	}
	if (!read_answer(output->output, workload, region, run)) {
		native_error_set(error, "'%s' answered nonsense for variant '%s': '%.60s'", python->executable,
				 workload->variant, output->output);
		for (char *c = error->text; *c; c++)
			*c = iscntrl((unsigned char)*c) ? '?' : *c;
		return false;
	}
	native_records_summarise(records, expected, region, result);
	native_records_pace(records, run->spin_during);
	if (is_counted)
		native_records_slowness(records, expected, region, run);
	return true;
}

bool native_execute(const struct workload *workload, const struct native_python *python,
		    const struct native_options *options, struct region *region, struct native_run *run,
		    struct native_error *error)
{
	struct files files = { 0 };
	struct native_records records;
	struct native_output output;
	struct workload_json json;
	struct native_cpus cpus;
	const char *why_not;
	struct native_quota quota = { 0 };
	int64_t peak_memory_bytes = 0;
	bool ok;

	memset(run, 0, sizeof(*run));
	variant_result_init(&run->result);
	run->result.name = workload->variant;
	run->result.model = model_names[workload->model.kind];
	if (workload->model.kind == MODEL_THREAD_POOL || workload->model.kind == MODEL_POOL ||
	    workload->model.kind == MODEL_SERVER)
		run->result.workers = workload->model.workers;
	for (int i = 0; i < 3; i++)
		run->spin_before[i] = run->spin_after[i] = run->spin_during[i] = NAN;
	run->all_busy_speed = run->library_ns = NAN;
	run->others_share = run->stolen_share = NAN;

	if (!native_can_run(workload, python, &why_not)) {
		native_error_set(error, "%s", why_not);
		return false;
	}
	if (!native_cpus_choose(&cpus, options->cpus, workload->machine.cores, error))
		return false;
	if (!workload_json_make(workload, &cpus, region, &json, &why_not)) {
		native_error_set(error, "%s", why_not);
		return false;
	}
	if (!native_records_init(&records, (size_t)json.instance_count, error))
		return false;
	ok = (workload->machine.quota_cores <= 0 ||
	      native_quota_begin(&quota, workload->machine.quota_cores, workload->machine.quota_period_ns, region, error)) &&
	     write_files(&files, &json, region, error) &&
	     run_harness(workload, python, options, &files, &records, &quota, &peak_memory_bytes, region, &output,
			 error) &&
	     understand(workload, python, &output, &records, region, run, error);
	if (ok && workload->run.mix_count > 0)
		native_records_classes(&records, workload, (size_t)json.run_count, region, &run->result);
	if (ok && peak_memory_bytes > 0)
		run->result.peak_memory_bytes = (double)peak_memory_bytes;
	if (ok && options->trace) {
		native_records_tasks(&records, region, run);
		native_trace_read(files.steps, records.clock->start_ns, region, run);
	}
	if (files.folder)
		native_folder_remove(files.folder);
	native_quota_end(&quota);
	native_records_release(&records);
	return ok;
}
