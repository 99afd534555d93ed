/*
 * html.h - text and pictures in HTML.
 */
#ifndef SIM_REPORT_HTML_H
#define SIM_REPORT_HTML_H

#include <stdio.h>

/* Text, with what has a meaning in HTML escaped. */
void html_text(FILE *stream, const char *text);
/* printf, escaped. */
void html_print(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Inside a <script> of JSON: quoted, and safe against what ends a script. */
void html_json_string(FILE *stream, const char *text);
/* The rest of `from`, in base 64. */
void html_base64(FILE *stream, FILE *from);

#endif
