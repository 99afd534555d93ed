/*
 * json_writer.h - JSON as results need it: keys in the order written, numbers with a stated precision.
 *
 * Written here and not with jansson, because jansson has one precision for all numbers of a
 * document: a makespan of 1234.567890123 s needs 13 digits, and 13 digits of a mean would show
 * what is below its meaning (0.1 as 0.10000000000000001 with 17). Reading is jansson's.
 */
#ifndef SIM_RESULTS_JSON_WRITER_H
#define SIM_RESULTS_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MAX_DEPTH 16

struct json_writer {
	FILE *stream; /* borrowed */
	int depth;
	int compact_depth; /* this level and those inside are written on one line; 0: none */
	bool has_member[JSON_MAX_DEPTH];
	bool after_key;
};

void json_writer_init(struct json_writer *writer, FILE *stream);
/* `open` is '{' or '['. Compact: all of it on one line. */
void json_writer_open(struct json_writer *writer, char open);
void json_writer_open_compact(struct json_writer *writer, char open);
void json_writer_close(struct json_writer *writer, char close);
void json_writer_key(struct json_writer *writer, const char *key);
/* NULL gives null. Bytes that are no UTF-8 become U+FFFD. */
void json_writer_string(struct json_writer *writer, const char *text);
void json_writer_integer(struct json_writer *writer, int64_t value);
void json_writer_unsigned(struct json_writer *writer, uint64_t value);
void json_writer_bool(struct json_writer *writer, bool value);
void json_writer_null(struct json_writer *writer);
/* Not finite gives null. To the nanosecond, as a plain decimal. */
void json_writer_seconds(struct json_writer *writer, double seconds);
/* Not finite gives null. 12 significant digits. */
void json_writer_number(struct json_writer *writer, double value);
/* A key and its value. */
void json_writer_text_member(struct json_writer *writer, const char *key, const char *text);
void json_writer_number_member(struct json_writer *writer, const char *key, double value);
/* Ends the document with a line break; false with errno set when the stream has failed. */
bool json_writer_finish(struct json_writer *writer);

/* The same two formats for CSV; "" for what is not finite. */
void format_seconds(double seconds, char text[64]);
void format_number(double value, char text[64]);

#endif
