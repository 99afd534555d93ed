/*
 * html.c - see html.h.
 */
#include "sim/report/html.h"

#include <stdarg.h>

void html_text(FILE *stream, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		case '&':
			fputs("&amp;", stream);
			break;
		case '"':
			fputs("&quot;", stream);
			break;
		default:
			fputc(*text, stream);
		}
	}
}

void html_print(FILE *stream, const char *format, ...)
{
	char text[4096];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	html_text(stream, text);
}

void html_json_string(FILE *stream, const char *text)
{
	fputc('"', stream);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte == '"' || byte == '\\' || byte == '<')
			fprintf(stream, "\\u%04x", byte);
		else
			fputc(byte, stream);
	}
	fputc('"', stream);
}

void html_base64(FILE *stream, FILE *from)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char bytes[3];
	size_t count;

	while ((count = fread(bytes, 1, sizeof(bytes), from)) > 0) {
		unsigned word = (unsigned)bytes[0] << 16 | (count > 1 ? (unsigned)bytes[1] << 8 : 0) |
				(count > 2 ? bytes[2] : 0);

		fputc(digits[word >> 18], stream);
		fputc(digits[word >> 12 & 63], stream);
		fputc(count > 1 ? digits[word >> 6 & 63] : '=', stream);
		fputc(count > 2 ? digits[word & 63] : '=', stream);
	}
}
