/*
 * diagnostic.h - what is wrong with an input: where, what, and what was expected.
 *
 * All errors of a file are collected in one run and printed together, in order of position:
 *
 *   scenarios/convoy.yaml:14:12: error: unknown unit 'mz' in '3mz', expected ns, us, ms or s
 *      14 |     - io: 3mz
 *         |           ^
 */
#ifndef SIM_BASE_DIAGNOSTIC_H
#define SIM_BASE_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/region.h"

enum diagnostic_severity { DIAGNOSTIC_ERROR, DIAGNOSTIC_WARNING };

struct diagnostic {
	const char *file; /* borrowed; NULL: no file, e.g. the command line ("--set") */
	int line;	  /* from 1; 0: no position */
	int column;	  /* from 1, in characters (UTF-8 aware); 0: none */
	enum diagnostic_severity severity;
	char *text; /* owned by the region */
	const char *variants; /* those that it is about, "'a', 'b'" (the region's); NULL: it is about the file */
};

/* A file under examination: its name and text, kept so that a message can show the line. */
struct diagnostic_source {
	const char *file;
	const char *text; /* may be NULL */
	size_t length_bytes;
	struct diagnostic_source *next;
};

struct diagnostics {
	struct region *region; /* borrowed */
	struct diagnostic *items;
	size_t count, capacity;
	size_t error_count;	 /* all errors, kept or not */
	size_t suppressed_count; /* errors and warnings beyond DIAGNOSTIC_LIMIT */
	struct diagnostic_source *sources;
};

/* At most this many are kept; what comes after is counted and said at the end. An error takes the
 * place of a warning when there is no other. */
#define DIAGNOSTIC_LIMIT 100

void diagnostics_init(struct diagnostics *diagnostics, struct region *region);
/* Registers a file's text; `file` and `text` are borrowed and must outlive the list. */
void diagnostics_add_source(struct diagnostics *diagnostics, const char *file, const char *text,
			    size_t length_bytes);
void diagnostics_error(struct diagnostics *diagnostics, const char *file, int line, int column, const char *format,
		       ...) __attribute__((format(printf, 5, 6)));
void diagnostics_warning(struct diagnostics *diagnostics, const char *file, int line, int column,
			 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The text is cut after DIAGNOSTIC_TEXT_BYTES, so a caller may quote whatever it was given. */
#define DIAGNOSTIC_TEXT_BYTES 1000
/* Prints all, sorted by file (in order of first mention), line, column; stable. Control characters and
 * invalid UTF-8 of the input are shown escaped, long lines cut around the column. */
void diagnostics_print(const struct diagnostics *diagnostics, FILE *stream);

/* The candidate nearest to `word` by edit distance, or NULL when none is near enough to be meant. */
const char *diagnostics_suggest(const char *word, const char *const *candidates, size_t count);

#endif
