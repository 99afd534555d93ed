/*
 * trace_buffer.h - text for a stream, put together without printf: a trace has millions of lines.
 */
#ifndef SIM_RESULTS_TRACE_BUFFER_H
#define SIM_RESULTS_TRACE_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct trace_buffer {
	FILE *stream; /* borrowed; whether it has failed is its owner's to ask */
	size_t length;
	char bytes[1 << 15];
};

static inline void trace_buffer_flush(struct trace_buffer *buffer)
{
	fwrite(buffer->bytes, 1, buffer->length, buffer->stream);
	buffer->length = 0;
}

static inline void trace_buffer_bytes(struct trace_buffer *buffer, const char *bytes, size_t length)
{
	if (buffer->length + length > sizeof(buffer->bytes)) {
		trace_buffer_flush(buffer);
		if (length > sizeof(buffer->bytes)) {
			fwrite(bytes, 1, length, buffer->stream);
			return;
		}
	}
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
}

static inline void trace_buffer_text(struct trace_buffer *buffer, const char *text)
{
	trace_buffer_bytes(buffer, text, strlen(text));
}

static inline void trace_buffer_integer(struct trace_buffer *buffer, int64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		digits[--at] = '-';
	trace_buffer_bytes(buffer, digits + at, sizeof(digits) - at);
}

#endif
