/*
 * csv_reader.h - the rows of a CSV file (RFC 4180), one after the other, fields by their column's name.
 */
#ifndef SIM_RESULTS_CSV_READER_H
#define SIM_RESULTS_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/region.h"

struct csv_reader {
	FILE *stream;	       /* borrowed */
	struct region *region; /* borrowed */
	const char **columns;
	size_t column_count;
	char *text; /* of the current row, fields terminated */
	size_t text_length, text_capacity;
	size_t *starts; /* of its fields */
	size_t field_count, start_capacity;
	size_t line; /* of the current row's end */
};

/* Reads the line with the names. False: there is none. */
bool csv_reader_open(struct csv_reader *reader, FILE *stream, struct region *region);
/* SIZE_MAX: there is no such column. */
size_t csv_reader_column(const struct csv_reader *reader, const char *name);
/* The next row; false at the end. */
bool csv_reader_next(struct csv_reader *reader);
/* Valid until the next row; "" where the row is short or `column` is SIZE_MAX. */
const char *csv_reader_field(const struct csv_reader *reader, size_t column);

#endif
