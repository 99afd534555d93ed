/*
 * error_ledger.c - see error_ledger.h.
 */
#include "sim/plan/error_ledger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/profile/profile.h"
#include "sim/results/csv_reader.h"
#include "sim/results/results_stats.h"

/* Fewer rows say nothing about the next one. */
#define LEAST_ROWS 5

/* ---- What a workload is ------------------------------------------------------------------------------- */

enum family {
	FAMILY_PYTHON,
	FAMILY_C,
	FAMILY_NATIVE,
	FAMILY_IO,
	FAMILY_MEMORY,
	FAMILY_LOCK,
	FAMILY_QUEUE,
	FAMILY_SHARED,
	FAMILY_IPC,
	FAMILY_COUNT,
	FAMILY_NONE = FAMILY_COUNT
};

static const char *const family_names[FAMILY_COUNT] = {
	[FAMILY_PYTHON] = "python", [FAMILY_C] = "c",	      [FAMILY_NATIVE] = "native",
	[FAMILY_IO] = "io",	    [FAMILY_MEMORY] = "memory", [FAMILY_LOCK] = "lock",
	[FAMILY_QUEUE] = "queue",   [FAMILY_SHARED] = "shared", [FAMILY_IPC] = "ipc",
};

static enum family family_of(const struct workload *workload, const struct step *step)
{
	switch (step->kind) {
	case STEP_PYTHON:
		return FAMILY_PYTHON;
	case STEP_C:
		return FAMILY_C;
	case STEP_NATIVE:
		return FAMILY_NATIVE;
	case STEP_IO:
	case STEP_BLOCK:
	case STEP_REQUEST:
		return FAMILY_IO;
	case STEP_ALLOCATE:
		return FAMILY_MEMORY;
	case STEP_WITH:
	case STEP_ACQUIRE:
	case STEP_WAIT:
		return FAMILY_LOCK;
	case STEP_READ:
	case STEP_WRITE:
		return FAMILY_SHARED;
	case STEP_PUT:
	case STEP_GET:
		return workload->resources[step->resource].scope == SCOPE_PROCESSES ? FAMILY_IPC : FAMILY_QUEUE;
	case STEP_SEND:
	case STEP_RECV:
		return FAMILY_IPC;
	default:
		return FAMILY_NONE;
	}
}

const char *ledger_model(const struct workload *workload, struct region *region)
{
	const struct model *model = &workload->model;

	if (model->kind == MODEL_PROGRAM)
		return region_format(region, "program of %ss", spawn_names[model->spawn]);
	if (model->each)
		return region_format(region, "%s of %s", model_names[model->kind], model_names[model->each->kind]);
	return model_names[model->kind];
}

const char *ledger_steps(const struct workload *workload, struct region *region)
{
	bool has[FAMILY_COUNT + 1] = { false };
	const char *text = "";

	for (uint32_t task = 0; task < workload->task_count; task++)
		for (uint32_t at = workload->tasks[task].first; workload->tasks[task].ways && at < workload->tasks[task].end;
		     at++)
			has[family_of(workload, &workload->steps[at])] = true;
	for (enum family family = 0; family < FAMILY_COUNT; family++)
		if (has[family])
			text = region_format(region, "%s%s%s", text, text[0] ? "+" : "", family_names[family]);
	return text;
}

/* ---- The ledger --------------------------------------------------------------------------------------- */

struct ledger_row {
	const char *model, *steps, *metric;
	bool free_threaded;
	double error;
};

struct error_ledger {
	struct ledger_row *rows;
	size_t count, capacity;
};

const struct error_ledger *error_ledger_open(struct region *region)
{
	FILE *stream = fopen(region_format(region, "%s/ledger.csv", profile_data_directory(region)), "re");
	struct error_ledger *ledger = region_alloc_array(region, 1, sizeof(*ledger));
	struct csv_reader reader;
	size_t model, steps, metric, python, error;

	if (!stream)
		return NULL;
	if (!csv_reader_open(&reader, stream, region)) {
		fclose(stream);
		return NULL;
	}
	model = csv_reader_column(&reader, "model");
	steps = csv_reader_column(&reader, "steps");
	metric = csv_reader_column(&reader, "metric");
	python = csv_reader_column(&reader, "python");
	error = csv_reader_column(&reader, "error_ratio");
	while (csv_reader_next(&reader)) {
		const char *version = csv_reader_field(&reader, python);
		char *end;
		double value = strtod(csv_reader_field(&reader, error), &end);

		if (*end || end == csv_reader_field(&reader, error) || !isfinite(value))
			continue;
		ledger->rows = region_grow(region, ledger->rows, ledger->count, &ledger->capacity,
					   sizeof(ledger->rows[0]));
		ledger->rows[ledger->count++] = (struct ledger_row){
			.model = region_strdup(region, csv_reader_field(&reader, model)),
			.steps = region_strdup(region, csv_reader_field(&reader, steps)),
			.metric = region_strdup(region, csv_reader_field(&reader, metric)),
			.free_threaded = version[0] && version[strlen(version) - 1] == 't',
			.error = value,
		};
	}
	fclose(stream);
	return ledger;
}

/* A row as it is looked for; NULL: any. */
static struct known_error *errors_of(const struct error_ledger *ledger, const char *metric, bool free_threaded,
				     const char *model, const char *steps, struct region *region)
{
	double *errors = region_alloc_array(region, ledger->count, sizeof(*errors));
	struct known_error *known;
	double *sorted;
	size_t count = 0;

	for (size_t i = 0; i < ledger->count; i++) {
		const struct ledger_row *row = &ledger->rows[i];

		if (row->free_threaded == free_threaded && !strcmp(row->metric, metric) &&
		    (!model || !strcmp(row->model, model)) && (!steps || !strcmp(row->steps, steps)))
			errors[count++] = fabs(row->error);
	}
	if (count < LEAST_ROWS)
		return NULL;
	sorted = stats_sorted(errors, count, region);
	known = region_alloc_array(region, 1, sizeof(*known));
	known->metric = metric;
	known->rows = count;
	known->median = stats_quantile(sorted, count, 0.5);
	known->p90 = stats_quantile(sorted, count, 0.9);
	known->kind = model && steps ? region_format(region, "%s, %s", model, steps) : model ? model : "any model";
	return known;
}

const struct known_error *error_ledger_look_up(const struct error_ledger *ledger, const struct workload *workload,
					       const char *metric, struct region *region)
{
	bool free_threaded = workload->python.gil == GIL_OFF;
	const char *model = ledger_model(workload, region), *steps = ledger_steps(workload, region);
	const struct known_error *known;

	if (workload->machine.profile && !strcmp(workload->machine.profile, "ideal"))
		return NULL;
	known = errors_of(ledger, metric, free_threaded, model, steps, region);
	if (!known)
		known = errors_of(ledger, metric, free_threaded, model, NULL, region);
	if (!known)
		known = errors_of(ledger, metric, free_threaded, NULL, NULL, region);
	return known;
}
