/*
 * fuzz_files.c - the other files that gilsim reads: profiles, results, traces.
 */
#include <stdio.h>
#include <unistd.h>

#include "sim/profile/profile.h"
#include "sim/results/csv_reader.h"
#include "sim/report/data_table.h"
#include "sim/report/trace_rows.h"
#include "tests/fuzz/fuzz.h"

static void read_profile(struct region *region, const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics;
	const struct profile *profile;
	struct costs costs;
	const char *note;
	char path[64];
	int descriptor = fuzz_file(data, size, path);

	diagnostics_init(&diagnostics, region);
	profile = profile_read(path, region, &diagnostics);
	close(descriptor);
	if (profile)
		profile_costs(profile, region, "3.12", true, &costs, &note);
}

static void read_rows(struct region *region, const uint8_t *data, size_t size)
{
	FILE *stream = fmemopen((void *)(uintptr_t)data, size, "r");
	struct csv_reader reader;

	if (!stream)
		return; /* of size 0 */
	if (csv_reader_open(&reader, stream, region))
		while (csv_reader_next(&reader))
			csv_reader_field(&reader, csv_reader_column(&reader, "variant"));
	fclose(stream);
}

static void read_trace(struct region *region, const char *path)
{
	struct trace_rows rows;
	struct trace_row row;
	struct data_error error = { 0 };

	trace_rows_init(&rows, &path, 1, region);
	while (trace_rows_next(&rows, &row, &error))
		continue;
}

static void read_table(struct region *region, const uint8_t *data, size_t size)
{
	struct data_table table;
	struct data_error error;
	char path[64];
	int descriptor = fuzz_file(data, size, path);

	if (data_table_read(&table, path, region, &error)) {
		if (table.kind == DATA_TRACE)
			read_trace(region, path);
		for (size_t i = 0; i < table.row_count; i++)
			data_table_number(&table, i, "makespan_s");
	}
	close(descriptor);
	read_rows(region, data, size);
}

void fuzz_profile(const uint8_t *data, size_t size)
{
	fuzz_in_region(read_profile, data, size);
}

void fuzz_result(const uint8_t *data, size_t size)
{
	fuzz_in_region(read_table, data, size);
}
