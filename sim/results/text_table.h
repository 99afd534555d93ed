/*
 * text_table.h - columns of text for people, as wide as their widest cell.
 */
#ifndef SIM_RESULTS_TEXT_TABLE_H
#define SIM_RESULTS_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/region.h"

/* What is known of a column's cells. */
struct text_column {
	size_t width;
	bool is_filled; /* beneath its head */
};

struct text_table {
	struct region *region; /* borrowed */
	const char *alignment; /* one letter a column: l or r */
	size_t column_count;
	struct text_column *columns; /* of the rows that were measured; NULL: none was */
	const char **cells;	     /* row by row */
	size_t cell_count, cell_capacity;
	size_t bold_row; /* SIZE_MAX: none */
};

/* `alignment` is borrowed; it also says how many columns there are. */
void text_table_init(struct text_table *table, struct region *region, const char *alignment);
/* Adds the next cell; a row is full once it has a cell for each column, and the first row is the head. */
void text_table_cell(struct text_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A figure of a unit as results_metric_exists() gives them; "-" when it is not finite. */
void text_table_value(struct text_table *table, char unit, double value);
/* A relative change, "+3.1%"; "-" when it is not finite. */
void text_table_change(struct text_table *table, double ratio);
/* Full rows so far. */
size_t text_table_rows(const struct text_table *table);
/* Prints all rows, indented by two blanks; columns of which every cell but the head is empty are left out. */
void text_table_print(struct text_table *table, bool color, FILE *stream);

/* For tables that are too long to be held: all rows, the head first, are added twice, and let go of each time; the
 * columns are as wide as text_table_print() would have them. */
void text_table_measure(struct text_table *table);
/* Prints the rows that were added, all of which were measured before. */
void text_table_print_measured(struct text_table *table, bool color, FILE *stream);

#endif
