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

/* Of points there may be millions: the table's rows are read twice and never all held. */
struct tabulating {
	struct text_table table;
	FILE *stream; /* NULL: they are measured */
	bool color;
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

static void number_cell(struct text_table *table, double value, int digits, const char *unit)
{
	if (!isfinite(value))
		text_table_cell(table, "-");
	else
		text_table_cell(table, "%.*f%s", digits, value, unit);
}

static void finish_row(struct tabulating *tabulating)
{
	if (tabulating->stream)
		text_table_print_measured(&tabulating->table, tabulating->color, tabulating->stream);
	else
		text_table_measure(&tabulating->table);
}

static bool add_row(void *context, const struct sweep_row *row)
{
	struct tabulating *tabulating = context;
	struct text_table *table = &tabulating->table;

	text_table_cell(table, "%s", row->settings);
	text_table_cell(table, "%s", row->variant);
	text_table_value(table, 's', row->makespan_s);
	number_cell(table, row->speedup, 2, "x");
	text_table_value(table, '/', row->throughput_per_s);
	text_table_value(table, 's', row->p50_s);
	text_table_value(table, 's', row->p99_s);
	number_cell(table, 100 * row->utilisation_cores, 0, "%");
	text_table_cell(table, "%s", row->is_overloaded ? "overloaded" : "");
	finish_row(tabulating);
	return true;
}

static bool add_all(struct tabulating *tabulating, struct sweep_store *store)
{
	static const char *const heads[] = { "point", "variant", "makespan", "speedup", "throughput",
					     "p50",   "p99",	 "cores",    "" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&tabulating->table, "%s", heads[i]);
	finish_row(tabulating);
	return sweep_store_each_row(store, add_row, tabulating);
}

bool sweep_print_table(struct sweep_store *store, bool color, struct region *region, FILE *stream)
{
	struct tabulating tabulating = { .color = color };

	text_table_init(&tabulating.table, region, "llrrrrrrl");
	if (!add_all(&tabulating, store))
		return false;
	tabulating.stream = stream;
	return add_all(&tabulating, store) && stream_finish(stream);
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
