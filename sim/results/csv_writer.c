/*
 * csv_writer.c - comma-separated values.
 */
#include <string.h>

#include "sim/results/csv_writer.h"
#include "sim/results/json_writer.h"
#include "sim/results/stream.h"

static void separate(struct csv_writer *writer)
{
	if (writer->in_line)
		fputc(',', writer->stream);
	writer->in_line = true;
}

void csv_text(struct csv_writer *writer, const char *text)
{
	separate(writer);
	if (!text)
		return;
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, writer->stream);
		return;
	}
	fputc('"', writer->stream);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', writer->stream);
		fputc(*text, writer->stream);
	}
	fputc('"', writer->stream);
}

void csv_seconds(struct csv_writer *writer, double seconds)
{
	char text[64];

	format_seconds(seconds, text);
	csv_text(writer, text);
}

void csv_number(struct csv_writer *writer, double value)
{
	char text[64];

	format_number(value, text);
	csv_text(writer, text);
}

void csv_end_line(struct csv_writer *writer)
{
	fputc('\n', writer->stream);
	writer->in_line = false;
}

bool csv_finish(struct csv_writer *writer)
{
	return stream_finish(writer->stream);
}
