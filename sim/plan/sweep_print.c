/*
 * sweep_print.c - see sweep_print.h.
 */
#include "sim/plan/sweep_print.h"

#include <math.h>
#include <string.h>

#include "sim/results/stream.h"
#include "sim/results/text_table.h"

struct printing {
	FILE *stream;
	uint64_t count;
};

static bool visit_csv(void *context, const struct sweep_point *point)
{
	struct printing *printing = context;

	return fputs(point->csv, printing->stream) != EOF;
}

/* An array of what `run` prints of each. */
static bool visit_json(void *context, const struct sweep_point *point)
{
	struct printing *printing = context;

	fputs(printing->count++ == 0 ? "[\n" : ",\n", printing->stream);
	/* Without the newline at its end. */
	return fwrite(point->json, strlen(point->json) - 1, 1, printing->stream) == 1;
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
	struct text_table *table = context;

	text_table_cell(table, "%s", row->settings);
	text_table_cell(table, "%s", row->variant);
	text_table_value(table, 's', row->makespan_s);
	number_cell(table, row->speedup, "%.2fx");
	text_table_value(table, '/', row->throughput_per_s);
	text_table_value(table, 's', row->p50_s);
	text_table_value(table, 's', row->p99_s);
	number_cell(table, 100 * row->utilisation_cores, "%.0f%%");
	text_table_cell(table, "%s", row->is_overloaded ? "overloaded" : "");
	return true;
}

bool sweep_print_table(struct sweep_store *store, bool color, struct region *region, FILE *stream)
{
	static const char *const heads[] = { "point", "variant", "makespan", "speedup", "throughput",
					     "p50",   "p99",	 "cores",    "" };
	struct text_table table;

	text_table_init(&table, region, "llrrrrrrl");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&table, "%s", heads[i]);
	if (!sweep_store_each_row(store, add_row, &table))
		return false;
	text_table_print(&table, color, stream);
	return stream_finish(stream);
}

bool sweep_print_json(struct sweep_store *store, FILE *stream)
{
	struct printing printing = { .stream = stream };
	bool visited = sweep_store_each(store, visit_json, &printing);

	fputs(printing.count == 0 ? "[]\n" : "\n]\n", stream);
	return stream_finish(stream) && visited;
}

bool sweep_print_csv(struct sweep_store *store, const char *csv_header, FILE *stream)
{
	struct printing printing = { .stream = stream };
	bool visited;

	fputs(csv_header, stream);
	visited = sweep_store_each(store, visit_csv, &printing);
	return stream_finish(stream) && visited;
}
