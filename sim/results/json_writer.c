/*
 * json_writer.c - JSON text, two blanks a level.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "sim/results/json_writer.h"
#include "sim/results/stream.h"

void json_writer_init(struct json_writer *writer, FILE *stream)
{
	*writer = (struct json_writer){ .stream = stream };
}

static bool is_compact(const struct json_writer *writer)
{
	return writer->compact_depth > 0 && writer->depth >= writer->compact_depth;
}

static void break_line(struct json_writer *writer)
{
	fprintf(writer->stream, "\n%*s", writer->depth * 2, "");
}

/* What stands between the member before and the next value or key. */
static void separate(struct json_writer *writer)
{
	if (writer->after_key) {
		writer->after_key = false;
		return;
	}
	if (writer->depth == 0)
		return;
	if (writer->has_member[writer->depth])
		fputs(is_compact(writer) ? ", " : ",", writer->stream);
	writer->has_member[writer->depth] = true;
	if (!is_compact(writer))
		break_line(writer);
}

void json_writer_open(struct json_writer *writer, char open)
{
	separate(writer);
	fputc(open, writer->stream);
	writer->depth++;
	assert(writer->depth < JSON_MAX_DEPTH);
	writer->has_member[writer->depth] = false;
}

void json_writer_open_compact(struct json_writer *writer, char open)
{
	json_writer_open(writer, open);
	if (writer->compact_depth == 0)
		writer->compact_depth = writer->depth;
}

void json_writer_close(struct json_writer *writer, char close)
{
	bool compact = is_compact(writer);
	bool empty = !writer->has_member[writer->depth];

	if (writer->compact_depth == writer->depth)
		writer->compact_depth = 0;
	writer->depth--;
	assert(writer->depth >= 0);
	if (!compact && !empty)
		break_line(writer);
	fputc(close, writer->stream);
}

/* The length of the valid UTF-8 sequence at `text`, 0 when there is none. */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80			    ? 1
			: text[0] >= 0xc2 && text[0] < 0xe0 ? 2
			: text[0] >= 0xe0 && text[0] < 0xf0 ? 3
			: text[0] >= 0xf0 && text[0] < 0xf5 ? 4
							    : 0;

	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what lies beyond U+10FFFF. */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

static void write_quoted(struct json_writer *writer, const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	fputc('"', writer->stream);
	while (*c) {
		size_t length = utf8_length(c);

		if (length == 0) {
			fputs("\xef\xbf\xbd", writer->stream);
			length = 1;
		} else if (*c == '"' || *c == '\\') {
			fprintf(writer->stream, "\\%c", *c);
		} else if (*c == '\n') {
			fputs("\\n", writer->stream);
		} else if (*c == '\t') {
			fputs("\\t", writer->stream);
		} else if (*c < 0x20 || *c == 0x7f) {
			fprintf(writer->stream, "\\u%04x", *c);
		} else {
			fwrite(c, 1, length, writer->stream);
		}
		c += length;
	}
	fputc('"', writer->stream);
}

void json_writer_key(struct json_writer *writer, const char *key)
{
	separate(writer);
	write_quoted(writer, key);
	fputs(": ", writer->stream);
	writer->after_key = true;
}

void json_writer_string(struct json_writer *writer, const char *text)
{
	separate(writer);
	if (text)
		write_quoted(writer, text);
	else
		fputs("null", writer->stream);
}

void json_writer_integer(struct json_writer *writer, int64_t value)
{
	separate(writer);
	fprintf(writer->stream, "%" PRId64, value);
}

void json_writer_unsigned(struct json_writer *writer, uint64_t value)
{
	separate(writer);
	fprintf(writer->stream, "%" PRIu64, value);
}

void json_writer_bool(struct json_writer *writer, bool value)
{
	separate(writer);
	fputs(value ? "true" : "false", writer->stream);
}

void json_writer_null(struct json_writer *writer)
{
	separate(writer);
	fputs("null", writer->stream);
}

void format_seconds(double seconds, char text[64])
{
	size_t length;

	text[0] = '\0';
	if (!isfinite(seconds) || fabs(seconds) > 1e12)
		return;
	length = (size_t)snprintf(text, 64, "%.9f", seconds);
	while (text[length - 1] == '0')
		text[--length] = '\0';
	if (text[length - 1] == '.')
		text[--length] = '\0';
	if (!strcmp(text, "-0"))
		memcpy(text, "0", 2);
}

void format_number(double value, char text[64])
{
	text[0] = '\0';
	if (isfinite(value))
		snprintf(text, 64, "%.12g", value == 0 ? 0.0 : value);
}

static void write_formatted(struct json_writer *writer, const char *text)
{
	separate(writer);
	fputs(text[0] ? text : "null", writer->stream);
}

void json_writer_seconds(struct json_writer *writer, double seconds)
{
	char text[64];

	format_seconds(seconds, text);
	write_formatted(writer, text);
}

void json_writer_number(struct json_writer *writer, double value)
{
	char text[64];

	format_number(value, text);
	write_formatted(writer, text);
}

void json_writer_text_member(struct json_writer *writer, const char *key, const char *text)
{
	json_writer_key(writer, key);
	json_writer_string(writer, text);
}

void json_writer_number_member(struct json_writer *writer, const char *key, double value)
{
	json_writer_key(writer, key);
	json_writer_number(writer, value);
}

bool json_writer_finish(struct json_writer *writer)
{
	assert(writer->depth == 0);
	fputc('\n', writer->stream);
	return stream_finish(writer->stream);
}
