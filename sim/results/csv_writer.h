/*
 * csv_writer.h - one line of comma-separated values after the other (RFC 4180, lines end in LF).
 */
#ifndef SIM_RESULTS_CSV_WRITER_H
#define SIM_RESULTS_CSV_WRITER_H

#include <stdbool.h>
#include <stdio.h>

struct csv_writer {
	FILE *stream; /* borrowed */
	bool in_line;
};

/* NULL is an empty field. A field is quoted where its text needs it. */
void csv_text(struct csv_writer *writer, const char *text);
/* Not finite is an empty field; formats as in JSON. */
void csv_seconds(struct csv_writer *writer, double seconds);
void csv_number(struct csv_writer *writer, double value);
void csv_end_line(struct csv_writer *writer);
/* False with errno set when the stream has failed. */
bool csv_finish(struct csv_writer *writer);

#endif
