/*
 * plot_rows.c - see plot_rows.h.
 */
#include "sim/report/plot_rows.h"

#include <math.h>
#include <string.h>

#include "sim/results/figures.h"

bool plot_column_differs(const struct plot *plot, const char *column)
{
	for (size_t row = 1; row < plot->table.row_count; row++)
		if (strcmp(data_table_text(&plot->table, row, column), data_table_text(&plot->table, 0, column)) !=
		    0)
			return true;
	return false;
}

const char *plot_row_label(const struct plot *plot, size_t row)
{
	const struct data_table *table = &plot->table;
	const char *label = data_table_text(table, row, "variant");

	if (plot_column_differs(plot, "scenario"))
		label = region_format(plot->region, "%s, %s", data_table_text(table, row, "scenario"), label);
	if (plot_column_differs(plot, "source"))
		label = region_format(plot->region, "%s, %s", label, data_table_text(table, row, "source"));
	return label;
}

const char *plot_subject(const struct plot *plot)
{
	if (plot_column_differs(plot, "scenario") || plot->table.row_count == 0)
		return "";
	return region_format(plot->region, "%s: ", data_table_text(&plot->table, 0, "scenario"));
}

size_t plot_different(const struct plot *plot, const char *column)
{
	size_t different = 0;

	for (size_t row = 0; row < plot->table.row_count; row++) {
		double value = data_table_number(&plot->table, row, column);
		bool seen = !isfinite(value);

		for (size_t other = 0; other < row && !seen; other++)
			seen = data_table_number(&plot->table, other, column) == value;
		different += !seen;
	}
	return different;
}

const char *plot_axis(struct plot *plot, const char *asked, const char *but, bool required)
{
	static const char *const common[] = { "workers", "machine_cores" };
	const struct data_table *table = &plot->table;

	if (asked) {
		if (data_table_column(table, asked) == SIZE_MAX || plot_different(plot, asked) == 0) {
			data_fail(plot->error, 2, "the results have no numbers in a column '%s'", asked);
			return NULL;
		}
		return asked;
	}
	for (size_t i = 0; i < table->column_count; i++)
		if (strchr(table->columns[i], '.') && (!but || strcmp(table->columns[i], but) != 0) &&
		    plot_different(plot, table->columns[i]) > 1)
			return table->columns[i];
	/* A varied path stands for what it sets. */
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if ((!but || (strcmp(common[i], but) != 0 && !strstr(but, i == 0 ? "workers" : "cores"))) &&
		    plot_different(plot, common[i]) > 1)
			return common[i];
	if (required)
		data_fail(plot->error, 2,
			  "the results have no axis: give those of a sweep, or several runs that differ in --set");
	return NULL;
}

const char *plot_axis_title(const char *column)
{
	static const char *const titles[][2] = { { "machine_cores", "cores" },
						 { "machine.cores", "cores" },
						 { "run.count", "tasks" },
						 { "run.arrivals.rate", "arrivals per second" } };
	size_t length = strlen(column);

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (!strcmp(column, titles[i][0]))
			return titles[i][1];
	return length > 8 && !strcmp(column + length - 8, ".workers") ? "workers" : column;
}

const char *plot_metric_column(const struct plot *plot, const char *metric)
{
	for (size_t i = 0; i < figure_count; i++)
		if ((!strcmp(figures[i].metric, metric) || !strcmp(figures[i].column, metric) ||
		     (!strncmp(figures[i].metric, "sojourn.", 8) && !strcmp(figures[i].metric + 8, metric))) &&
		    data_table_column(&plot->table, figures[i].column) != SIZE_MAX)
			return figures[i].column;
	return NULL;
}

bool plot_axis_is_parallelism(const char *column)
{
	return strstr(column, "workers") || strstr(column, "cores") || strstr(column, "processes");
}
