/*
 * sweep_output.c - see sweep_output.h.
 */
#include "sim/cli/sweep_output.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/cli/output_file.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"

struct printing {
	FILE *stream;
	struct text_table table;
	uint64_t count;
};

static bool print_csv(void *context, const struct sweep_point *point)
{
	struct printing *printing = context;

	return fputs(point->csv, printing->stream) != EOF;
}

/* An array of what `run` prints of each. */
static bool print_json(void *context, const struct sweep_point *point)
{
	struct printing *printing = context;

	fputs(printing->count++ == 0 ? "[\n" : ",\n", printing->stream);
	/* Without the newline at its end. */
	return fwrite(point->json, strlen(point->json) - 1, 1, printing->stream) == 1;
}

static void time_cell(struct text_table *table, double seconds)
{
	char text[32] = "-";

	if (isfinite(seconds))
		units_format_duration_short(seconds, text);
	text_table_cell(table, "%s", text);
}

static void number_cell(struct text_table *table, double value, const char *format)
{
	if (!isfinite(value))
		text_table_cell(table, "-");
	else
		text_table_cell(table, "%s", region_format(table->region, format, value));
}

static bool add_row(void *context, const struct sweep_row *row)
{
	struct text_table *table = &((struct printing *)context)->table;

	text_table_cell(table, "%s", row->settings);
	text_table_cell(table, "%s", row->variant);
	time_cell(table, row->makespan_s);
	number_cell(table, row->speedup, "%.2fx");
	number_cell(table, row->throughput_per_s, "%.4g/s");
	time_cell(table, row->p50_s);
	time_cell(table, row->p99_s);
	number_cell(table, 100 * row->utilisation_cores, "%.0f%%");
	text_table_cell(table, "%s", row->is_overloaded ? "overloaded" : "");
	return true;
}

static bool print_table(struct sweep_store *store, struct printing *printing, struct region *region)
{
	static const char *const heads[] = { "point", "variant", "makespan", "speedup", "throughput",
					     "p50",   "p99",	 "cores",    "" };

	text_table_init(&printing->table, region, "llrrrrrrl");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&printing->table, "%s", heads[i]);
	if (!sweep_store_each_row(store, add_row, printing))
		return false;
	text_table_print(&printing->table, wants_color(printing->stream), printing->stream);
	return true;
}

static bool print_all(struct sweep_store *store, const char *csv_header, enum output_format format, FILE *stream,
		      struct region *region)
{
	struct printing printing = { .stream = stream };
	bool ok;

	if (format == FORMAT_TABLE) {
		ok = print_table(store, &printing, region);
	} else if (format == FORMAT_CSV) {
		fputs(csv_header, stream);
		ok = sweep_store_each(store, print_csv, &printing);
	} else {
		ok = sweep_store_each(store, print_json, &printing);
		fputs(printing.count == 0 ? "[]\n" : "\n]\n", stream);
	}
	return stream_finish(stream) && ok;
}

int sweep_print(struct sweep_store *store, const char *csv_header, const struct output_arguments *output,
		struct region *region)
{
	struct output_file file;

	if (!output_file_open(&file, output->path, region))
		return output_failed(output->path);
	if (!print_all(store, csv_header, output->format, file.stream, region)) {
		output_failed(output->path);
		output_file_discard(&file);
		return STATUS_ENVIRONMENT;
	}
	return output_file_close(&file) ? STATUS_DONE : output_failed(output->path);
}
