/*
 * bench_trace.c - writing traces: the records of a real run, again and again, into a file that only counts.
 *
 * A format's reference is a line by fprintf() for each record. Bytes a record have none: what a record needs is the
 * format's matter.
 */
#include "tests/bench/bench.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/simulate/simulate.h"
#include "sim/results/trace_writer.h"

/* Requests of the run whose records are kept, and records to be written. */
#define KEPT_REQUESTS 2000u
#define WRITTEN_RECORDS 10000000u

struct kept_records {
	struct trace_record *records;
	size_t count, capacity;
	struct region *region;
};

static void keep(void *context, const struct trace_record *record)
{
	struct kept_records *kept = context;

	kept->records = region_grow(kept->region, kept->records, kept->count, &kept->capacity, sizeof(*record));
	kept->records[kept->count] = *record;
	if (record->name) /* borrowed for the length of this call */
		kept->records[kept->count].name = region_strdup(kept->region, record->name);
	kept->count++;
}

static ssize_t count_bytes(void *cookie, const char *bytes, size_t length)
{
	(void)bytes;
	*(uint64_t *)cookie += length;
	return (ssize_t)length;
}

static FILE *counting_file(uint64_t *byte_count)
{
	FILE *file = fopencookie(byte_count, "w", (cookie_io_functions_t){ .write = count_bytes });

	if (!file) {
		perror("bench: fopencookie");
		exit(3);
	}
	return file;
}

/* How many of the records a format takes: text leaves those of the lanes out. */
static size_t taken_count(const struct kept_records *kept, const struct trace_sink *sink)
{
	size_t count = 0;

	for (size_t i = 0; i < kept->count; i++)
		count += trace_wants(sink, kept->records[i].phase);
	return count;
}

/* Writes about so many records; how many, and how many bytes that were. */
static uint64_t write_records(const struct kept_records *kept, enum trace_format format, uint64_t wanted,
			      uint64_t *byte_count, struct region *region)
{
	const struct trace_run run = {
		.scenario = "threaded-server", .variant = "threads", .source = "simulated", .seed = 1
	};
	FILE *file = counting_file(byte_count);
	struct trace_writer *writer = trace_writer_new(format, file, region);
	uint64_t written = 0;

	while (written < wanted) {
		const struct trace_sink *sink = trace_writer_begin_run(writer, &run);

		for (size_t i = 0; i < kept->count; i++)
			trace_emit(sink, &kept->records[i]);
		written += taken_count(kept, sink);
		trace_writer_end_run(writer);
	}
	trace_writer_finish(writer);
	fclose(file);
	return written;
}

static uint64_t print_records(const struct kept_records *kept, uint64_t wanted)
{
	uint64_t byte_count = 0, written = 0;
	FILE *file = counting_file(&byte_count);

	while (written < wanted) {
		for (size_t i = 0; i < kept->count; i++) {
			const struct trace_record *record = &kept->records[i];

			fprintf(file, "%" PRId64 ",%d,%" PRId32 ",%" PRId32 ",%" PRId32 ",%s,%s,%" PRId64 "\n",
				record->time_ns, (int)record->phase, record->process, record->thread, record->core,
				record->what, record->name ? record->name : "", record->value);
		}
		written += kept->count;
	}
	fclose(file);
	return written;
}

#define TRACE_ROUNDS 3

static void bench_format(const struct kept_records *kept, enum trace_format format, const char *rate_name,
			 const char *bytes_name, struct region *region)
{
	double rate[BENCH_ROUND_COUNT], printed_rate[BENCH_ROUND_COUNT];
	const int rounds = bench_rounds(TRACE_ROUNDS);
	uint64_t byte_count = 0, written = 0;

	for (int round = 0; round < rounds; round++) {
		int64_t start_ns = bench_cpu_ns(), middle_ns;
		uint64_t printed;

		byte_count = 0;
		written = write_records(kept, format, bench_size(WRITTEN_RECORDS), &byte_count, region);
		middle_ns = bench_cpu_ns();
		printed = print_records(kept, bench_size(WRITTEN_RECORDS) / 10);
		rate[round] = (double)written * 1e9 / (double)(middle_ns - start_ns);
		printed_rate[round] = (double)printed * 1e9 / (double)(bench_cpu_ns() - middle_ns);
	}
	bench_report(rate_name, bench_median(rate, rounds), "events/s", bench_median(printed_rate, rounds));
	bench_report(bytes_name, (double)byte_count / (double)written, "bytes/event", NAN);
}

void bench_trace(void)
{
	struct region region;
	struct kept_records kept = { .region = &region };
	const struct trace_sink sink = { .emit = keep, .context = &kept, .phases = TRACE_ALL_PHASES };
	struct simulate_options options = { .trace = &sink };
	struct variant_result result;
	const struct workload *workload;

	if (!bench_wants("trace"))
		return;
	region_init(&region);
	workload = bench_load("threaded-server", BENCH_ARRIVAL_COUNT, KEPT_REQUESTS, &region);
	if (!workload)
		exit(1);
	simulate(workload, &options, &region, &result);
	bench_format(&kept, TRACE_TEXT, "trace-text", "trace-text-bytes", &region);
	bench_format(&kept, TRACE_CSV, "trace-csv", "trace-csv-bytes", &region);
	bench_format(&kept, TRACE_JSON, "trace-json", "trace-json-bytes", &region);
	region_release(&region);
}
