/*
 * csv_reader.c - see csv_reader.h.
 */
#include "sim/results/csv_reader.h"

#include <stdint.h>
#include <string.h>

static void put(struct csv_reader *reader, char byte)
{
	reader->text = region_grow(reader->region, reader->text, reader->text_length, &reader->text_capacity, 1);
	reader->text[reader->text_length++] = byte;
}

static void start_field(struct csv_reader *reader)
{
	reader->starts = region_grow(reader->region, reader->starts, reader->field_count, &reader->start_capacity,
				     sizeof(reader->starts[0]));
	reader->starts[reader->field_count++] = reader->text_length;
}

bool csv_reader_next(struct csv_reader *reader)
{
	bool quoted = false;
	int byte = getc_unlocked(reader->stream);

	if (byte == EOF)
		return false;
	reader->text_length = reader->field_count = 0;
	start_field(reader);
	for (;; byte = getc_unlocked(reader->stream)) {
		reader->line += byte == '\n';
		if (byte == EOF || (!quoted && byte == '\n'))
			break;
		if (byte == '"') {
			int next = getc_unlocked(reader->stream);

			if (quoted && next == '"') {
				put(reader, '"');
				continue;
			}
			quoted = !quoted;
			ungetc(next, reader->stream);
		} else if (!quoted && byte == ',') {
			put(reader, '\0');
			start_field(reader);
		} else if (byte != '\r' || quoted) {
			put(reader, (char)byte);
		}
	}
	put(reader, '\0');
	return true;
}

bool csv_reader_open(struct csv_reader *reader, FILE *stream, struct region *region)
{
	*reader = (struct csv_reader){ .stream = stream, .region = region };
	if (!csv_reader_next(reader))
		return false;
	reader->column_count = reader->field_count;
	reader->columns = region_alloc_array(region, reader->field_count, sizeof(reader->columns[0]));
	for (size_t i = 0; i < reader->field_count; i++)
		reader->columns[i] = region_strdup(region, csv_reader_field(reader, i));
	return true;
}

size_t csv_reader_column(const struct csv_reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->column_count; i++)
		if (!strcmp(reader->columns[i], name))
			return i;
	return SIZE_MAX;
}

const char *csv_reader_field(const struct csv_reader *reader, size_t column)
{
	return column < reader->field_count ? reader->text + reader->starts[column] : "";
}
