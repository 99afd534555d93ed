/*
 * text_table.c - columns of text for people.
 */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "sim/results/results.h"
#include "sim/results/text_table.h"

void text_table_init(struct text_table *table, struct region *region, const char *alignment)
{
	*table = (struct text_table){
		.region = region, .alignment = alignment, .column_count = strlen(alignment), .bold_row = SIZE_MAX
	};
}

void text_table_cell(struct text_table *table, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	table->cells = region_grow(table->region, table->cells, table->cell_count, &table->cell_capacity,
				   sizeof(table->cells[0]));
	table->cells[table->cell_count++] = region_strdup(table->region, text);
}

void text_table_value(struct text_table *table, char unit, double value)
{
	char text[32];

	results_figure_text(value, unit, text);
	text_table_cell(table, "%s", text);
}

void text_table_change(struct text_table *table, double ratio)
{
	if (fabs(ratio) < 0.0005)
		text_table_cell(table, "0.0%%");
	else if (isfinite(ratio))
		text_table_cell(table, "%+.1f%%", 100 * ratio);
	else
		text_table_cell(table, "-");
}

size_t text_table_rows(const struct text_table *table)
{
	return table->cell_count / table->column_count;
}

/* Columns that a terminal gives the text: one a character, which holds for the scripts used here. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static size_t column_width(const struct text_table *table, size_t column)
{
	size_t width = 0;
	bool filled = false;

	for (size_t row = 0; row < text_table_rows(table); row++) {
		size_t cell = width_of(table->cells[row * table->column_count + column]);

		if (cell > width)
			width = cell;
		filled |= row > 0 && cell > 0;
	}
	return filled ? width : 0;
}

void text_table_print(const struct text_table *table, bool color, FILE *stream)
{
	size_t *widths = region_alloc_array(table->region, table->column_count, sizeof(*widths));
	size_t last = 0;

	assert(table->cell_count % table->column_count == 0);
	for (size_t column = 0; column < table->column_count; column++) {
		widths[column] = column_width(table, column);
		if (widths[column] > 0)
			last = column;
	}
	for (size_t row = 0; row < text_table_rows(table); row++) {
		bool bold = color && row == table->bold_row;
		size_t pending = 0; /* blanks owed before the next text, so that no line ends in blanks */

		if (bold)
			fputs("\033[1m", stream);
		for (size_t column = 0; column <= last; column++) {
			const char *cell = table->cells[row * table->column_count + column];
			size_t room;

			if (widths[column] == 0)
				continue;
			room = widths[column] - width_of(cell);
			pending += 2 + (table->alignment[column] == 'r' ? room : 0);
			if (*cell) {
				fprintf(stream, "%*s%s", (int)pending, "", cell);
				pending = 0;
			}
			if (table->alignment[column] == 'l')
				pending += room;
		}
		if (bold)
			fputs("\033[0m", stream);
		fputc('\n', stream);
	}
	region_free(table->region, widths);
}
