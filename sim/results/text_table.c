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

/* Takes the rows that are held into account. */
static void widen(struct text_table *table)
{
	bool has_head = table->columns;

	assert(table->cell_count % table->column_count == 0);
	if (!has_head)
		table->columns = region_alloc_array(table->region, table->column_count, sizeof(table->columns[0]));
	for (size_t i = 0; i < table->cell_count; i++) {
		struct text_column *column = &table->columns[i % table->column_count];
		size_t width = width_of(table->cells[i]);

		if (width > column->width)
			column->width = width;
		column->is_filled |= (has_head || i >= table->column_count) && width > 0;
	}
}

static void let_go(struct text_table *table)
{
	for (size_t i = 0; i < table->cell_count; i++)
		region_free(table->region, (char *)table->cells[i]);
	table->cell_count = 0;
}

static void print_row(const struct text_table *table, const char *const *cells, FILE *stream)
{
	size_t pending = 0; /* blanks owed before the next text, so that no line ends in blanks */

	for (size_t i = 0; i < table->column_count; i++) {
		size_t room;

		if (!table->columns[i].is_filled)
			continue;
		room = table->columns[i].width - width_of(cells[i]);
		pending += 2 + (table->alignment[i] == 'r' ? room : 0);
		if (*cells[i]) {
			fprintf(stream, "%*s%s", (int)pending, "", cells[i]);
			pending = 0;
		}
		if (table->alignment[i] == 'l')
			pending += room;
	}
}

static void print_rows(const struct text_table *table, bool color, FILE *stream)
{
	for (size_t row = 0; row < text_table_rows(table); row++) {
		bool bold = color && row == table->bold_row;

		if (bold)
			fputs("\033[1m", stream);
		print_row(table, table->cells + row * table->column_count, stream);
		if (bold)
			fputs("\033[0m", stream);
		fputc('\n', stream);
	}
}

void text_table_print(struct text_table *table, bool color, FILE *stream)
{
	widen(table);
	print_rows(table, color, stream);
}

void text_table_measure(struct text_table *table)
{
	widen(table);
	let_go(table);
}

void text_table_print_measured(struct text_table *table, bool color, FILE *stream)
{
	print_rows(table, color, stream);
	let_go(table);
}
