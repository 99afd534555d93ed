/*
 * native_records.c - the memory shared with the harness, and the figures computed from it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native/native_records.h"

#include <assert.h>
#include <errno.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/native/native_process.h"

bool native_records_init(struct native_records *records, size_t task_count, struct native_error *error)
{
	memset(records, 0, sizeof(*records));
	records->count = task_count;
	records->size_bytes = (task_count + 1) * sizeof(struct native_record) + task_count * sizeof(uint64_t);
	records->fd = memfd_create("gilsim-records", MFD_CLOEXEC);
	if (records->fd >= 0 && ftruncate(records->fd, (off_t)records->size_bytes) == 0) {
		records->memory =
			mmap(NULL, records->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, records->fd, 0);
		if (records->memory != MAP_FAILED) {
			records->clock = records->memory;
			records->tasks = (const struct native_record *)records->memory + 1;
			records->who = (const uint64_t *)(records->tasks + task_count);
			return true;
		}
	}
	native_error_set(error, "cannot share %zu bytes with the interpreter: %s", records->size_bytes,
			 strerror(errno));
	records->memory = NULL;
	native_records_release(records);
	return false;
}

void native_records_release(struct native_records *records)
{
	if (records->memory)
		munmap(records->memory, records->size_bytes);
	if (records->fd >= 0)
		close(records->fd);
	records->memory = NULL;
	records->fd = -1;
}

/* When the task became the program's to do: its own release, that of all at once, else (in a sequential
 * run) its start. */
static int64_t release_of(const struct native_records *records, const struct native_record *task)
{
	if (task->release_ns != 0)
		return task->release_ns;
	return records->clock->released_at_once_ns != 0 ? records->clock->released_at_once_ns : task->start_ns;
}

/* Threads that nobody joins may end while the harness tidies up: not in the run, as in the simulator. */
static bool has_ended(const struct native_records *records, const struct native_record *task)
{
	return task->end_ns != 0 && (records->clock->end_ns == 0 || task->end_ns <= records->clock->end_ns);
}

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The most tasks that were released and had not ended, at one time. */
static size_t most_in_flight(int64_t *releases_ns, size_t release_count, int64_t *ends_ns, size_t end_count)
{
	size_t most = 0, ended = 0;

	qsort(releases_ns, release_count, sizeof(*releases_ns), compare_times);
	qsort(ends_ns, end_count, sizeof(*ends_ns), compare_times);
	for (size_t released = 0; released < release_count; released++) {
		while (ended < end_count && ends_ns[ended] <= releases_ns[released])
			ended++;
		if (released + 1 - ended > most)
			most = released + 1 - ended;
	}
	return most;
}

static void summarise_sojourns(double *sojourns_s, size_t count, struct summary *summary)
{
	gsl_sort(sojourns_s, 1, count);
	summary->mean = gsl_stats_mean(sojourns_s, 1, count);
	/* Linear interpolation of order statistics: type 7. */
	summary->p50 = gsl_stats_quantile_from_sorted_data(sojourns_s, 1, count, 0.50);
	summary->p90 = gsl_stats_quantile_from_sorted_data(sojourns_s, 1, count, 0.90);
	summary->p95 = gsl_stats_quantile_from_sorted_data(sojourns_s, 1, count, 0.95);
	summary->p99 = gsl_stats_quantile_from_sorted_data(sojourns_s, 1, count, 0.99);
	summary->max = sojourns_s[count - 1];
}

void native_records_summarise(const struct native_records *records, size_t expected, struct region *region,
			      struct variant_result *result)
{
	double *sojourns_s = region_alloc_array(region, records->count, sizeof(*sojourns_s));
	int64_t *releases_ns = region_alloc_array(region, records->count, sizeof(*releases_ns));
	int64_t *ends_ns = region_alloc_array(region, records->count, sizeof(*ends_ns));
	size_t ended = 0, released = 0, sojourn_count = 0;
	size_t outcomes[NATIVE_OUTCOME_COUNT] = { 0 };
	double makespan_s = sim_time_seconds(records->clock->end_ns - records->clock->start_ns);
	double in_flight_s = 0;

	result->retries = (double)records->clock->retries;
	result->lost_updates = (double)records->clock->lost_updates;
	for (size_t i = 0; i < records->count; i++) {
		const struct native_record *task = &records->tasks[i];
		int64_t release_ns = release_of(records, task);

		if (release_ns == 0)
			continue;
		releases_ns[released++] = release_ns;
		if (!has_ended(records, task)) {
			/* One that was still at it when the clock stopped. */
			in_flight_s += sim_time_seconds(records->clock->end_ns - release_ns);
			continue;
		}
		if (task->outcome >= 0 && task->outcome < NATIVE_OUTCOME_COUNT)
			outcomes[task->outcome]++;
		result->retries += (double)task->retries;
		result->lost_updates += (double)task->lost_updates;
		ends_ns[ended++] = task->end_ns;
		in_flight_s += sim_time_seconds(task->end_ns - release_ns);
		if (task->start_ns != 0) /* else it was turned away */
			sojourns_s[sojourn_count++] = sim_time_seconds(task->end_ns - release_ns);
	}
	if (expected == SIZE_MAX || expected < released) /* those that a run's tasks have started count too */
		expected = released;
	result->completed = (double)outcomes[NATIVE_COMPLETED];
	result->failed = (double)outcomes[NATIVE_FAILED];
	result->timed_out = (double)outcomes[NATIVE_TIMED_OUT];
	result->cancelled = (double)outcomes[NATIVE_CANCELLED];
	result->rejected = (double)outcomes[NATIVE_REJECTED];
	result->unfinished = (double)(expected - ended);
	result->percentiles_exact = true;
	if (sojourn_count > 0)
		summarise_sojourns(sojourns_s, sojourn_count, &result->sojourn);
	if (records->clock->end_ns != 0) {
		result->makespan_s = makespan_s;
		if (makespan_s > 0) {
			result->throughput_per_s = result->completed / makespan_s;
			result->in_flight_mean = in_flight_s / makespan_s;
		}
		result->in_flight_max = (double)most_in_flight(releases_ns, released, ends_ns, ended);
	}
	region_free(region, sojourns_s);
	region_free(region, releases_ns);
	region_free(region, ends_ns);
}

static struct class_result class_of(const struct native_records *records, const struct workload *workload, uint32_t task,
				    size_t run_count, double *sojourns_s)
{
	struct class_result of_class = { .name = workload->tasks[task].name,
					 .sojourn = { NAN, NAN, NAN, NAN, NAN, NAN } };
	size_t sojourn_count = 0;

	for (size_t i = 0; i < run_count; i++) {
		const struct native_record *record = &records->tasks[i];
		int64_t release_ns = release_of(records, record);

		if (release_ns == 0 || workload_run_task(workload, 0, i) != task)
			continue;
		of_class.released++;
		if (!has_ended(records, record))
			continue;
		of_class.completed += record->outcome == NATIVE_COMPLETED;
		of_class.not_completed += record->outcome != NATIVE_COMPLETED;
		if (record->start_ns != 0)
			sojourns_s[sojourn_count++] = sim_time_seconds(record->end_ns - release_ns);
	}
	if (sojourn_count > 0)
		summarise_sojourns(sojourns_s, sojourn_count, &of_class.sojourn);
	return of_class;
}

void native_records_classes(const struct native_records *records, const struct workload *workload, size_t run_count,
			    struct region *region, struct variant_result *result)
{
	const struct run *run = &workload->run;
	double *sojourns_s = region_alloc_array(region, run_count, sizeof(*sojourns_s));

	result->class_count = run->mix_count;
	result->classes = region_alloc_array(region, run->mix_count, sizeof(*result->classes));
	for (uint32_t i = 0; i < run->mix_count; i++)
		result->classes[i] = class_of(records, workload, run->mix[i].task, run_count, sojourns_s);
	region_free(region, sojourns_s);
}

void native_records_pace(const struct native_records *records, double spin_ns[3])
{
	for (int kind = 0; kind < 3; kind++) {
		int64_t cpu_ns = records->clock->pace[kind].cpu_ns;
		int64_t iterations = records->clock->pace[kind].iterations;

		for (size_t i = 0; i < records->count; i++) {
			cpu_ns += records->tasks[i].pace[kind].cpu_ns;
			iterations += records->tasks[i].pace[kind].iterations;
		}
		spin_ns[kind] = iterations > 0 && cpu_ns > 0 ? (double)cpu_ns / (double)iterations : NAN;
	}
}

void native_records_slowness(const struct native_records *records, size_t count, struct region *region,
			     struct native_run *run)
{
	double *slowness = region_alloc_array(region, count, sizeof(*slowness));

	for (size_t i = 0; i < count; i++) {
		double cpu_ns = 0, mean_ns = 0;

		for (int kind = 0; kind < 3; kind++) {
			const struct native_pace *pace = &records->tasks[i].pace[kind];

			if (pace->iterations == 0)
				continue;
			cpu_ns += (double)pace->cpu_ns;
			mean_ns += (double)pace->iterations * run->spin_during[kind];
		}
		if (!(cpu_ns > 0))
			return;
		slowness[i] = cpu_ns / mean_ns;
	}
	run->slowness = slowness;
	run->slowness_count = count;
}

void native_records_tasks(const struct native_records *records, struct region *region, struct native_run *run)
{
	run->tasks = region_alloc_array(region, records->count, sizeof(*run->tasks));
	for (size_t i = 0; i < records->count; i++) {
		const struct native_record *task = &records->tasks[i];

		if (task->start_ns == 0)
			continue;
		run->tasks[run->task_count++] = (struct native_task){
			.release_ns = release_of(records, task) - records->clock->start_ns,
			.start_ns = task->start_ns - records->clock->start_ns,
			.end_ns = task->end_ns == 0 ? -1 : task->end_ns - records->clock->start_ns,
			.process = (int32_t)(records->who[i] >> 32),
			.thread = (int32_t)(records->who[i] & 0xffffffff),
		};
	}
}
