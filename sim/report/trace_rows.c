/*
 * trace_rows.c - see trace_rows.h.
 */
#include "sim/report/trace_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* No trace has more runs, threads or cores: a larger number is no trace's. */
#define ID_LIMIT 10000000

static const char *const column_names[] = { "run",  "kind", "process",	"thread", "core",
					    "what", "name", "start_ns", "end_ns", "value" };
enum {
	COLUMN_RUN,
	COLUMN_KIND,
	COLUMN_PROCESS,
	COLUMN_THREAD,
	COLUMN_CORE,
	COLUMN_WHAT,
	COLUMN_NAME,
	COLUMN_START,
	COLUMN_END,
	COLUMN_VALUE,
	COLUMN_COUNT
};

void trace_rows_init(struct trace_rows *rows, const char *const *inputs, size_t count, struct region *region)
{
	*rows = (struct trace_rows){ .inputs = inputs, .input_count = count, .region = region };
}

static bool open_next(struct trace_rows *rows, struct data_error *error)
{
	const char *path = rows->inputs[rows->input];

	/* Plots read a trace twice. */
	if (!strcmp(path, "-"))
		return data_fail(error, 2, "a trace cannot be read from standard input: name its file");
	rows->stream = fopen(path, "re");
	if (!rows->stream)
		return data_fail(error, 2, "%s: %s", path, strerror(errno));
	rows->input++;
	rows->first_run = rows->run_count;
	if (!csv_reader_open(&rows->reader, rows->stream, rows->region))
		return data_fail(error, 2, "%s: empty", path);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		rows->columns[i] = csv_reader_column(&rows->reader, column_names[i]);
		if (rows->columns[i] == SIZE_MAX)
			return data_fail(error, 2, "%s: no column '%s', so no trace of gilsim", path,
					 column_names[i]);
	}
	return true;
}

static bool read_number(const struct trace_rows *rows, size_t column, int64_t *value, struct data_error *error)
{
	const char *text = csv_reader_field(&rows->reader, rows->columns[column]);
	char *end;

	*value = -1;
	if (!*text)
		return true;
	errno = 0;
	*value = strtoll(text, &end, 10);
	if (!*end && !errno && *value >= 0)
		return true;
	return data_fail(error, 2, "%s:%zu: '%.40s' for '%s', expected a whole number",
			 rows->inputs[rows->input - 1], rows->reader.line, text, column_names[column]);
}

static bool read_row(struct trace_rows *rows, struct trace_row *row, struct data_error *error)
{
	int64_t run;

	row->kind = csv_reader_field(&rows->reader, rows->columns[COLUMN_KIND]);
	row->what = csv_reader_field(&rows->reader, rows->columns[COLUMN_WHAT]);
	row->name = csv_reader_field(&rows->reader, rows->columns[COLUMN_NAME]);
	if (!read_number(rows, COLUMN_RUN, &run, error) ||
	    !read_number(rows, COLUMN_PROCESS, &row->process, error) ||
	    !read_number(rows, COLUMN_THREAD, &row->thread, error) ||
	    !read_number(rows, COLUMN_CORE, &row->core, error) ||
	    !read_number(rows, COLUMN_START, &row->start_ns, error) ||
	    !read_number(rows, COLUMN_END, &row->end_ns, error) ||
	    !read_number(rows, COLUMN_VALUE, &row->value, error))
		return false;
	if (run < 0 || run > ID_LIMIT || row->thread > ID_LIMIT || row->process > ID_LIMIT || row->core > ID_LIMIT)
		return data_fail(error, 2, "%s:%zu: no row of a trace", rows->inputs[rows->input - 1],
				 rows->reader.line);
	row->run = rows->first_run + (size_t)run;
	if (row->run >= rows->run_count)
		rows->run_count = row->run + 1;
	return true;
}

bool trace_rows_next(struct trace_rows *rows, struct trace_row *row, struct data_error *error)
{
	for (;;) {
		if (rows->stream) {
			if (csv_reader_next(&rows->reader)) {
				if (read_row(rows, row, error))
					return true;
			} else if (rows->input < rows->input_count) {
				fclose(rows->stream);
				rows->stream = NULL;
				continue;
			}
			fclose(rows->stream);
			rows->stream = NULL;
			return false;
		}
		if (!open_next(rows, error)) {
			if (rows->stream)
				fclose(rows->stream);
			rows->stream = NULL;
			return false;
		}
	}
}

void trace_headings_add(struct trace_headings *headings, const struct trace_row *row, struct region *region)
{
	struct trace_heading *heading;
	const char **field = NULL;

	while (headings->count <= row->run) {
		headings->runs = region_grow(region, headings->runs, headings->count, &headings->capacity,
					     sizeof(headings->runs[0]));
		headings->runs[headings->count++] = (struct trace_heading){ .scenario = "",
									    .variant = "",
									    .source = "",
									    .seed = "",
									    .gilsim = "",
									    .replication = "0",
									    .wanted = true };
	}
	heading = &headings->runs[row->run];
	if (row->end_ns > heading->last_ns)
		heading->last_ns = row->end_ns;
	if (row->start_ns > heading->last_ns)
		heading->last_ns = row->start_ns;
	heading->has_states |= !strcmp(row->kind, "state");
	if (strcmp(row->kind, "meta") != 0)
		return;
	if (!strcmp(row->what, "scenario"))
		field = &heading->scenario;
	else if (!strcmp(row->what, "variant"))
		field = &heading->variant;
	else if (!strcmp(row->what, "source"))
		field = &heading->source;
	else if (!strcmp(row->what, "seed"))
		field = &heading->seed;
	else if (!strcmp(row->what, "gilsim"))
		field = &heading->gilsim;
	else if (!strcmp(row->what, "replication"))
		field = &heading->replication;
	if (field)
		*field = region_strdup(region, row->name);
}

/* Whether all wanted runs have the same text at this offset. */
static bool is_common(const struct trace_headings *headings, size_t offset)
{
	const char *first = NULL;

	for (size_t i = 0; i < headings->count; i++) {
		const char *text = *(const char *const *)((const char *)&headings->runs[i] + offset);

		if (!headings->runs[i].wanted)
			continue;
		if (first && strcmp(first, text) != 0)
			return false;
		first = text;
	}
	return first && *first;
}

static const struct trace_heading *first_wanted(const struct trace_headings *headings)
{
	for (size_t i = 0; i < headings->count; i++)
		if (headings->runs[i].wanted)
			return &headings->runs[i];
	return NULL;
}

const char *trace_headings_foot(const struct trace_headings *headings, struct region *region)
{
	static const struct {
		size_t offset;
		const char *before;
	} parts[] = { { offsetof(struct trace_heading, scenario), "" },
		      { offsetof(struct trace_heading, source), "" },
		      { offsetof(struct trace_heading, seed), "seed " },
		      { offsetof(struct trace_heading, gilsim), "gilsim " } };
	const struct trace_heading *first = first_wanted(headings);
	const char *foot = "";

	for (size_t i = 0; first && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (is_common(headings, parts[i].offset))
			foot = region_format(region, "%s%s%s%s", foot, *foot ? ", " : "", parts[i].before,
					     *(const char *const *)((const char *)first + parts[i].offset));
	return foot;
}

const char *trace_heading_label(const struct trace_headings *headings, size_t run, struct region *region)
{
	const struct trace_heading *heading = &headings->runs[run];
	const char *label = heading->variant;

	if (!is_common(headings, offsetof(struct trace_heading, scenario)))
		label = region_format(region, "%s, %s", heading->scenario, label);
	if (!is_common(headings, offsetof(struct trace_heading, source)))
		label = region_format(region, "%s, %s", label, heading->source);
	if (!is_common(headings, offsetof(struct trace_heading, replication)))
		label = region_format(region, "%s, replication %s", label, heading->replication);
	return label;
}
